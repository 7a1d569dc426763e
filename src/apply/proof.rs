//! Proving that a recovery file restores what it was written from.

use crate::config::Loaded;
use crate::desired;
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::diff::differences;
use crate::model::{Definition, TagPolicy};
use crate::report;

/// How much of a line of the file is told.
const LONGEST_LINE: usize = 120;

/// Why a file does not bring a definition back.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) reason: String,
    pub(super) help: Option<String>,
}

/// Reads the text of a recovery file as rekon would, and compares what it
/// declares with the live definition.
pub(super) fn prove(text: &str, name: &str, live: &Definition) -> Result<(), Flaw> {
    let loaded = Loaded::from_texts([(crate::config::PROJECT_FILE, text)]);
    let checked = desired::resolve(&loaded);
    let Some(desired) = checked.desired else {
        let mut errors = checked.diagnostics.iter();
        let error = errors.find(|diagnostic| diagnostic.severity() == Severity::Error);
        return Err(match error {
            Some(error) => refused(error, &loaded.sources),
            None => Flaw { reason: "it declares nothing".to_owned(), help: None },
        });
    };
    let mut declared = desired.processors.into_iter();
    let Some((_, declared)) = declared.find(|(declared, _)| declared.as_str() == name) else {
        return Err(Flaw { reason: "it is not declared".to_owned(), help: None });
    };
    // No file may declare these, and the service or rekon sets them again.
    let mut live = live.clone();
    live.retain(|attribute| attribute.tag().is_none_or(|key| !TagPolicy::is_reserved(key)));
    let differences = differences(&declared.definition, &live);
    if differences.is_empty() {
        return Ok(());
    }
    let told: Vec<String> =
        differences.iter().map(|difference| report::told(difference, "would be")).collect();
    Err(Flaw { reason: told.join("; "), help: None })
}

/// A complaint about the file, with the line that it is about.
fn refused(error: &Diagnostic, sources: &Sources) -> Flaw {
    let mut reason = error.message.clone();
    if let Some(label) = error.labels.first() {
        if !label.message.is_empty() {
            reason = format!("{reason}: {}", label.message);
        }
        let line = sources.locate(label.span).line;
        let text = &sources.get(label.span.source).text;
        if let Some(text) = text.lines().nth(line.saturating_sub(1)) {
            let shown: String = text.trim().chars().take(LONGEST_LINE).collect();
            reason = format!("{reason}, in `{shown}`");
        }
    }
    Flaw { reason, help: error.help.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Dialect;

    const STACK: &str =
        "[stack]\nname = \"s\"\naccount_id = \"111122223333\"\nregion = \"us-east-1\"\n";

    fn face(threshold: f64, tags: Value) -> Definition {
        let json = json!({
            "role_arn": "arn:aws:iam::111122223333:role/Faces",
            "input": {"kinesis_video_stream":
                {"arn": "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1590000000000"}},
            "output": {"kinesis_data_stream":
                {"arn": "arn:aws:kinesis:us-east-1:111122223333:stream/AmazonRekognition-a"}},
            "settings":
                {"face_search": {"collection_id": "staff", "face_match_threshold": threshold}},
            "tags": tags,
            "desired_status": "running",
        });
        Definition::from_json(&json, Dialect::Toml).unwrap()
    }

    fn text(processor: &Definition) -> String {
        format!("{STACK}{}", report::toml::processor("a", processor))
    }

    #[test]
    fn what_comes_back_the_same_is_proven_but_for_tags_that_nobody_may_declare() {
        let tags = json!({"team": "home", "aws:x": "y", "rekon:stack": "s"});
        for threshold in [80.0, 92.5] {
            let processor = face(threshold, tags.clone());
            assert!(prove(&text(&processor), "a", &processor).is_ok());
        }
    }

    #[test]
    fn what_the_validator_refuses_is_told_with_its_line() {
        let processor = face(70.0, json!({}));
        let flaw = prove(&text(&processor), "a", &processor).unwrap_err();
        assert_eq!(
            flaw.reason,
            "`face_match_threshold` is under 80, which the service raises to 80: would be taken \
             for 80, in `settings.face_search = { collection_id = \"staff\", \
             face_match_threshold = 70 }`"
        );
        let processor = face(90.0, json!({"": "x"}));
        let flaw = prove(&text(&processor), "a", &processor).unwrap_err();
        assert!(flaw.reason.ends_with("in `tags = { \"\" = \"x\" }`"), "{}", flaw.reason);
        assert!(flaw.help.is_some());
    }

    #[test]
    fn what_comes_back_otherwise_is_told_by_its_attributes() {
        let processor = face(90.0, json!({"a": "1"}));
        let other = text(&face(95.0, json!({})));
        let flaw = prove(&other, "a", &processor).unwrap_err();
        assert_eq!(
            flaw.reason,
            "settings.face_search.face_match_threshold would be 95 instead of 90; \
             tags.a would be none instead of 1"
        );
        let stopped = other.replace("\"running\"", "\"stopped\"");
        let flaw = prove(&stopped, "a", &face(95.0, json!({}))).unwrap_err();
        assert_eq!(flaw.reason, "desired_status would be stopped instead of running");
        assert!(prove(&other, "b", &processor).is_err());
    }
}
