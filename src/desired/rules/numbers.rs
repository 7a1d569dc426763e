//! Percentages, as the API model bounds them: `Percent` is 0 to 100.
//!
//! All numbers travel as float32 and are judged as such. That a face match
//! threshold below 80 is raised to 80 is in the service's documentation of
//! FaceSearchSettings; a value that would be altered is refused.

use crate::config::{Node, least};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{Attribute, Float32};

const MOST: Float32 = Float32::whole(100);
const ZERO: Float32 = Float32::whole(0);

/// Checks a percentage.
pub(super) fn check(attribute: &Attribute, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let name = attribute.segments().last().unwrap_or_default();
    let Some(value) = finite(node, name, node.span, diagnostics) else { return };
    let least = least(attribute);
    if value < ZERO || value > MOST {
        diagnostics.push(
            Diagnostic::new(Code::OutOfRange, format!("`{name}` is out of range"))
                .label(node.span, "not a percentage")
                .help(format!("it is from {least} to 100")),
        );
    } else if value < least {
        diagnostics.push(
            Diagnostic::new(
                Code::ThresholdTooLow,
                format!("`{name}` is under {least}, which the service raises to {least}"),
            )
            .label(node.span, format!("would be taken for {least}"))
            .help(match meant(value) {
                Some(percent) => format!("did you mean {percent}? it is from {least} to 100"),
                None => format!("write {least} to 100, or leave it out for {least}"),
            }),
        );
    } else if let Some(percent) = meant(value) {
        diagnostics.push(
            Diagnostic::new(
                Code::FractionForPercent,
                format!("`{name}` is in percent, and this is less than one"),
            )
            .label(node.span, format!("{value} of 100"))
            .help(format!("did you mean {percent}?")),
        );
    }
}

/// The percentage that a fraction was probably meant as.
fn meant(value: Float32) -> Option<Float32> {
    let is_fraction = value > ZERO && value < Float32::whole(1);
    is_fraction.then(|| Float32::from_f64(f64::from(value.get()) * 100.0).ok()).flatten()
}

/// A number as a float32, unless it is none, which is reported at a place.
pub(super) fn finite(
    node: &Node,
    name: &str,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Float32> {
    let number = node.number()?;
    Float32::from_f64(number)
        .map_err(|_| {
            let fault = match number {
                _ if number.is_nan() => "not a number",
                _ if number.is_infinite() => "infinite",
                _ => "too large for a float32",
            };
            diagnostics.push(
                Diagnostic::new(Code::NotFinite, format!("`{name}` must be a finite number"))
                    .label(span, fault)
                    .help("the service keeps numbers as float32"),
            );
        })
        .ok()
}
