//! Percentages, as the API model bounds them: `Percent` is 0 to 100.
//!
//! All numbers travel as float32 and are judged as such. That a face match
//! threshold below 80 is raised to 80 is in the service's documentation of
//! FaceSearchSettings; a value that would be altered is refused.

use crate::config::{At, Attributes};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Float32;

const DEFAULT_FACE_MATCH_THRESHOLD: Float32 = Float32::whole(80);

const MOST: Float32 = Float32::whole(100);
const LEAST: Float32 = Float32::whole(0);

/// Checks every percentage of a table.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Vec<Diagnostic>) {
    let Some(settings) = attributes.settings.get() else { return };
    if let Some(at) = settings.connected_home.get().and_then(|home| home.min_confidence.at())
        && let Some(value) = finite(at, "min_confidence", diagnostics)
    {
        diagnostics.extend(percent(at, value, "min_confidence", LEAST));
    }
    if let Some(at) = settings.face_search.get().and_then(|face| face.face_match_threshold.at())
        && let Some(value) = finite(at, "face_match_threshold", diagnostics)
    {
        let range = percent(at, value, "face_match_threshold", DEFAULT_FACE_MATCH_THRESHOLD);
        if range.is_none() && value < DEFAULT_FACE_MATCH_THRESHOLD {
            diagnostics.push(
                Diagnostic::new(
                    Code::ThresholdTooLow,
                    "`face_match_threshold` is under 80, which the service raises to 80",
                )
                .label(at.span, "would be taken for 80")
                .help("write 80 to 100, or leave it out for 80"),
            );
        }
        diagnostics.extend(range);
    }
}

fn percent(at: &At<f64>, value: Float32, name: &str, least: Float32) -> Option<Diagnostic> {
    (value < LEAST || value > MOST).then(|| {
        Diagnostic::new(Code::OutOfRange, format!("`{name}` is out of range"))
            .label(at.span, "not a percentage")
            .help(format!("it is from {least} to 100"))
    })
}

/// A number as a float32, unless it is none, which is reported.
pub(super) fn finite(
    at: &At<f64>,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Float32> {
    let number = *at.get()?;
    Float32::from_f64(number)
        .map_err(|_| {
            let fault = match number {
                _ if number.is_nan() => "not a number",
                _ if number.is_infinite() => "infinite",
                _ => "too large for a float32",
            };
            diagnostics.push(
                Diagnostic::new(Code::NotFinite, format!("`{name}` must be a finite number"))
                    .label(at.span, fault)
                    .help("the service keeps numbers as float32"),
            );
        })
        .ok()
}
