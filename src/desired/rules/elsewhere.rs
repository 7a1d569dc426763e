//! ARNs of another region or account than the stack's.
//!
//! Those that are elsewhere are told where they stand. Where more than three quarters
//! of all agree with each other and not with the stack, it is the stack's line that is
//! wrong, and that is told once. That the video stream must be in the stack's region
//! follows from how it is read; that another region or account will not do for the
//! rest is likely, not certain.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::StackFacts;
use crate::config::concerning;
use crate::diagnostic::{Code, Diagnostic, Span};

/// Where the resources are that the files name.
#[derive(Debug, Default)]
pub(in super::super) struct Resources<'a>(Vec<Resource<'a>>);

/// A resource, by a well-formed ARN.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'a> {
    /// Where the ARN is written.
    pub(super) span: Span,
    /// The processor in whose table it is, if it is in one's.
    pub(super) processor: Option<&'a str>,
    /// Its region, if it has one, and what being in another than the stack's is.
    pub(super) region: Option<(&'a str, Code)>,
    pub(super) account: &'a str,
}

impl<'a> Resources<'a> {
    pub(super) fn add(&mut self, resource: Resource<'a>) {
        self.0.push(resource);
    }

    /// Reports what is elsewhere: each resource, or the stack's line. Gives what of
    /// the stack nothing contradicts.
    pub(in super::super) fn report<'s>(
        &self,
        stack: &StackFacts<'s>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> StackFacts<'s> {
        let region = |resource: &Resource<'a>| resource.region.map(|(region, _)| region);
        let account = |resource: &Resource<'a>| Some(resource.account);
        let common_region = stack.region.and_then(|(stack, _)| self.common(stack, region));
        let common_account = stack.account_id.and_then(|(stack, _)| self.common(stack, account));
        for resource in &self.0 {
            if let (Some((found, code)), Some((stack, span))) = (resource.region, stack.region)
                && found != stack
                && common_region != Some(found)
            {
                diagnostics.push(
                    Diagnostic::new(code, format!("this ARN is of another region than `{stack}`"))
                        .label(resource.span, format!("in `{found}`"))
                        .label(span, "the stack's region")
                        .help("a stack is one region: use a resource of its own"),
                );
            } else if let Some((stack, span)) = stack.account_id
                && resource.account != stack
                && common_account != Some(resource.account)
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::OtherAccount,
                        format!("this ARN is of another account than {stack}"),
                    )
                    .label(resource.span, format!("of account {}", resource.account))
                    .label(span, "the stack's account")
                    .help("check that it is meant, and that the role may use it from here"),
                );
            }
        }
        if let (Some((stack, span)), Some(common)) = (stack.region, common_region) {
            let there = self.of(common, region);
            let codes = there.iter().filter_map(|resource| resource.region);
            let code = codes.map(|(_, code)| code).min().unwrap_or(Code::OtherRegion);
            let message = format!(
                "the stack is in `{stack}`, but {} in `{common}`",
                self.share(&there, region)
            );
            let help = format!(
                "write `region = \"{common}\"`, or use resources of the stack's own region"
            );
            diagnostics.push(contradiction(code, message, (span, "region"), &there).help(help));
        }
        if let (Some((stack, span)), Some(common)) = (stack.account_id, common_account) {
            let there = self.of(common, account);
            let message = format!(
                "the stack is of account {stack}, but {} of account {common}",
                self.share(&there, account)
            );
            let help = format!(
                "write `account_id = \"{common}\"`, or check that it is meant, and that the role \
                 may use them from here"
            );
            let place = (span, "account");
            diagnostics.push(contradiction(Code::OtherAccount, message, place, &there).help(help));
        }
        StackFacts {
            name: stack.name,
            account_id: stack.account_id.filter(|_| common_account.is_none()),
            region: stack.region.filter(|_| common_region.is_none()),
        }
    }

    /// What nearly all resources have in common that the stack has not.
    fn common(
        &self,
        stack: &str,
        read: impl Fn(&Resource<'a>) -> Option<&'a str>,
    ) -> Option<&'a str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for value in self.0.iter().filter_map(read) {
            *counts.entry(value).or_default() += 1;
        }
        let total: usize = counts.values().sum();
        let (common, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        (common != stack && count > 1 && 4 * count > 3 * total).then_some(common)
    }

    /// The resources of which this is so.
    fn of(
        &self,
        value: &str,
        read: impl Fn(&Resource<'a>) -> Option<&'a str>,
    ) -> Vec<&Resource<'a>> {
        self.0.iter().filter(|resource| read(resource) == Some(value)).collect()
    }

    /// How many of the resources these are, in words.
    fn share(
        &self,
        there: &[&Resource<'a>],
        read: impl Fn(&Resource<'a>) -> Option<&'a str>,
    ) -> String {
        match self.0.iter().filter_map(read).count() {
            total if total == there.len() => format!("all {total} ARNs are"),
            total => format!("{} of {total} ARNs are", there.len()),
        }
    }
}

/// Tells that the stack's line is at odds with the resources.
fn contradiction(
    code: Code,
    message: String,
    (stack, what): (Span, &str),
    there: &[&Resource<'_>],
) -> Diagnostic {
    let names: BTreeSet<&str> = there.iter().filter_map(|resource| resource.processor).collect();
    let first = there.iter().map(|resource| resource.span).min();
    let diagnostic = Diagnostic::new(code, format!("{message}{}", concerning(&names)))
        .label(stack, format!("the stack's {what}"));
    match first {
        Some(first) => diagnostic.label(first, "such as this one"),
        None => diagnostic,
    }
}
