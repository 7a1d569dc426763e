use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;

use super::*;
use crate::report::samples::reviews::{Sample, mistake, reviews};

fn published() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/sarif-schema-2.1.0.json");
    let text = std::fs::read_to_string(path).expect("the published schema");
    let schema = serde_json::from_str(&text).expect("JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn log(sample: &Sample) -> Json {
    serde_json::from_str(&review(sample.document())).expect("JSON")
}

fn results(log: &Json) -> &Vec<Json> {
    log["runs"][0]["results"].as_array().expect("results")
}

#[test]
fn every_log_is_valid_by_the_published_schema_and_by_what_it_cannot_say() {
    let schema = published();
    for (name, sample) in reviews() {
        let log = log(&sample);
        let errors: Vec<String> = schema.iter_errors(&log).map(|one| one.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
        let ids: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
        assert_eq!(ids.len(), rules.len(), "{name}: a rule stands twice");
        let mut fingerprints = BTreeSet::new();
        for result in results(&log) {
            let index = result["ruleIndex"].as_u64().expect("an index");
            let rule = &rules[usize::try_from(index).expect("few")];
            assert_eq!(rule["id"], result["ruleId"], "{name}");
            assert!(
                fingerprints.insert(result["partialFingerprints"]["rekon/v1"].as_str()),
                "{name}"
            );
            for place in result["locations"].as_array().expect("locations") {
                let place = &place["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().expect("a reference");
                let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~%".contains(&byte);
                assert!(uri.bytes().all(is_safe) && !uri.starts_with('/'), "{uri}");
                let region = &place["region"];
                if let (Some(end), Some(start)) =
                    (region["endLine"].as_u64(), region["startLine"].as_u64())
                {
                    assert!(end >= start, "{name}");
                }
            }
        }
    }
    let mut broken = log(&Sample::Mistakes(vec![mistake("a.toml", 1, "no")]));
    broken["runs"][0]["results"][0]["level"] = json!("fatal");
    assert!(!schema.is_valid(&broken), "the schema is asked");
}

#[test]
fn a_result_keeps_its_fingerprint_when_its_line_moves_and_no_other_has_it() {
    let fingerprints = |records: Vec<crate::diagnostic::Record>| -> Vec<Json> {
        let log = log(&Sample::Mistakes(records));
        results(&log).iter().map(|one| one["partialFingerprints"].clone()).collect()
    };
    let of = |line, message: &str| mistake("a b/ü.toml", line, message);
    let before = fingerprints(vec![of(3, "one"), of(9, "one"), of(12, "two")]);
    let after = fingerprints(vec![of(30, "one"), of(90, "one"), of(120, "two")]);
    assert_eq!(before, after);
    let different: BTreeSet<String> = before.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), 3);
    assert_ne!(before[0], fingerprints(vec![mistake("other.toml", 3, "one")])[0]);
}

#[test]
fn a_path_is_a_reference_and_a_text_has_no_links() {
    let log = log(&Sample::Mistakes(vec![mistake("a b/ü:%.toml", 3, "[a](http://evil.example)")]));
    let result = &results(&log)[0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/%C3%BC%3A%25.toml");
    assert_eq!(
        place["region"],
        json!({"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 12})
    );
    let text = result["message"]["text"].as_str().expect("a text");
    assert!(text.contains("\\[a\\](http"), "{text}");
    assert_eq!(result["relatedLocations"][0]["id"], 1);
}
