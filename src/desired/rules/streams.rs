//! One processor for each Kinesis stream.
//!
//! An account and region holds one processor for a Kinesis video stream and one
//! for a Kinesis data stream; the service answers another with
//! ResourceInUseException.

use std::collections::BTreeMap;

use super::facts::Processor;
use crate::config::first_of;
use crate::desired::layer::Merged;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{Attribute, Kind};

/// Who uses which stream.
#[derive(Debug, Default)]
pub(in super::super) struct Streams<'a>(BTreeMap<&'a str, Vec<User<'a>>>);

#[derive(Debug)]
struct User<'a> {
    name: &'a str,
    /// The processor's name, and where the stream is written.
    named: Span,
    written: Span,
}

impl<'a> Streams<'a> {
    /// Notes the streams of a merged processor.
    pub(in super::super) fn add(&mut self, processor: &Processor<'a>, merged: &Merged<'a>) {
        // A data stream under label detection is wrong for that alone.
        let has_output = merged.kind().is_none_or(|(kind, _)| kind != Kind::LabelDetection);
        let output = merged.get(Attribute::OutputDataStream).filter(|_| has_output);
        for node in merged.get(Attribute::Input).into_iter().chain(output) {
            let Some(arn) = node.text() else { continue };
            let user = User { name: processor.name, named: processor.span, written: node.span };
            self.0.entry(arn).or_default().push(user);
        }
    }

    /// Reports each stream with more than one user, once.
    pub(in super::super) fn report(self, diagnostics: &mut Vec<Diagnostic>) {
        const MOST: usize = 4;
        for (arn, users) in self.0 {
            let [first, second, ..] = users.as_slice() else { continue };
            let mut names: Vec<&str> = users.iter().map(|user| user.name).collect();
            names.dedup();
            let message = format!("the stream `{arn}` is used by {}", first_of(&names));
            let mut diagnostic = Diagnostic::new(Code::StreamUsedTwice, message)
                .help("a stream has one processor in an account and region");
            if first.written == second.written {
                // One layer gives the stream to all of them.
                diagnostic = diagnostic.label(first.written, "one stream for several processors");
                for user in users.iter().take(MOST) {
                    diagnostic = diagnostic.label(user.named, format!("used by `{}`", user.name));
                }
            } else {
                diagnostic = diagnostic.label(second.written, format!("used by `{}`", second.name));
                diagnostic = diagnostic.label(first.written, format!("used by `{}`", first.name));
                for user in users.iter().take(MOST).skip(2) {
                    diagnostic = diagnostic.label(user.written, format!("used by `{}`", user.name));
                }
            }
            diagnostics.push(diagnostic);
        }
    }
}
