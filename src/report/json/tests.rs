use std::time::Duration;

use super::*;
use crate::plan::{CallTally, ProcessorOutcome};
use crate::report::samples;

#[test]
fn a_plan_reads_back_as_itself_and_keeps_the_documented_order_of_keys() {
    let before = samples::sample();
    let text = plan(&before);
    let after: Plan = serde_json::from_str(&text).expect("a plan");
    assert_eq!(after, before);
    let mut rest = text.as_str();
    for key in [
        "format_version",
        "rekon_version",
        "stack",
        "name",
        "account_id",
        "region",
        "fingerprint",
        "complete",
        "summary",
        "create",
        "update",
        "replace",
        "delete",
        "adopt",
        "record",
        "start",
        "stop",
        "unchanged",
        "calls",
        "total",
        "by_operation",
        "seconds",
        "changes",
        "name",
        "actions",
        "fingerprint",
        "source",
        "file",
        "line",
        "column",
        "attributes",
        "path",
        "before",
        "after",
        "effect",
        "origin",
        "source",
        "expect",
        "calls",
        "id",
        "processor",
        "operation",
        "after",
        "request",
        "on_failure",
        "refusals",
        "diagnostics",
    ] {
        let key = format!("\"{key}\":");
        let at = rest.find(&key).unwrap_or_else(|| panic!("{key} is out of order"));
        rest = &rest[at + key.len()..];
    }
    assert!(text.ends_with("}\n"));
}

#[test]
fn what_could_act_on_a_terminal_is_escaped_and_still_the_same_text() {
    let hostile = "a\u{9b}2J\u{7f}\u{202e}\u{e0041}\u{1b}";
    let before = samples::PlanBuilder::new()
        .change(hostile, &[crate::plan::Action::Update], None, Vec::new(), &[])
        .build();
    let text = plan(&before);
    assert!(text.chars().all(|character| character == '\n' || !is_unsafe(character)));
    assert_eq!(serde_json::from_str::<Plan>(&text).expect("a plan"), before);
}

#[test]
fn an_outcome_tells_every_processor_with_what_happened_to_it() {
    let processor = |name: &str, fate, made: &[Operation]| ProcessorOutcome {
        name: name.into(),
        fate,
        made: made.to_vec(),
        notes: Vec::new(),
    };
    let result = Outcome {
        processors: vec![
            ProcessorOutcome {
                notes: vec!["the old definition could not be put back".into()],
                ..processor(
                    "garage",
                    Fate::Failed {
                        call: Some("c2".into()),
                        operation: Some(Operation::CreateStreamProcessor),
                        reason: "LimitExceededException: limit - 5".into(),
                        help: Some("raise the quota".into()),
                    },
                    &[Operation::DeleteStreamProcessor],
                )
            },
            processor("front-door", Fate::Done, &[Operation::UpdateStreamProcessor]),
            processor("shed", Fate::NotTried { reason: "interrupted".into() }, &[]),
            processor("porch", Fate::Moved { differences: vec!["role_arn".into()] }, &[]),
        ],
        tally: CallTally { made: 2, retried: 3, throttled: 1 },
        elapsed: Duration::from_millis(1234),
        interrupted: Some("SIGINT"),
        broken_off: false,
        removed: vec![Removed {
            name: "garage".into(),
            recovery_file: ".rekon/removed/garage.toml".into(),
            restore: "rekon apply .rekon/removed/garage.toml".into(),
        }],
    };
    insta::assert_snapshot!(outcome(&result, &samples::sample()), @r#"
    {
      "format_version": "1.0",
      "rekon_version": "0.1.0",
      "stack": {
        "name": "doorbells",
        "account_id": "111122223333",
        "region": "us-east-1"
      },
      "fingerprint": "sha256:00",
      "applied": "part",
      "interrupted": "SIGINT",
      "summary": {
        "done": 1,
        "failed": 1,
        "not_tried": 1,
        "moved": 1,
        "removed": 1,
        "calls": {
          "planned": 416,
          "made": 2,
          "retried": 3,
          "throttled": 1,
          "seconds": 1.3
        }
      },
      "processors": [
        {
          "name": "garage",
          "actions": [
            "replace"
          ],
          "result": "failed",
          "made": [
            "DeleteStreamProcessor"
          ],
          "call": "c2",
          "operation": "CreateStreamProcessor",
          "reason": "LimitExceededException: limit - 5",
          "help": "raise the quota",
          "notes": [
            "the old definition could not be put back"
          ]
        },
        {
          "name": "front-door",
          "actions": [
            "update"
          ],
          "result": "done",
          "made": [
            "UpdateStreamProcessor"
          ]
        },
        {
          "name": "shed",
          "actions": [
            "create"
          ],
          "result": "not_tried",
          "made": [],
          "reason": "interrupted"
        },
        {
          "name": "porch",
          "actions": [],
          "result": "moved",
          "made": [],
          "differences": [
            "role_arn"
          ]
        }
      ],
      "removed": [
        {
          "name": "garage",
          "recovery_file": ".rekon/removed/garage.toml",
          "restore": "rekon apply .rekon/removed/garage.toml"
        }
      ]
    }
    "#);
}

#[test]
fn diagnostics_are_counted_and_listed() {
    let record = Record {
        code: "unknown-key".into(),
        severity: Severity::Error,
        message: "there is no key `colour`".into(),
        help: None,
        labels: Vec::new(),
    };
    insta::assert_snapshot!(diagnostics(&[record]), @r#"
    {
      "format_version": "1.0",
      "summary": {
        "errors": 1,
        "warnings": 0,
        "notes": 0
      },
      "diagnostics": [
        {
          "code": "unknown-key",
          "severity": "error",
          "message": "there is no key `colour`",
          "help": null,
          "labels": []
        }
      ]
    }
    "#);
}
