use std::time::Duration;

use super::*;
use crate::diff::Difference;
use crate::model::{Attribute, Value};
use crate::plan::{
    CallEffect, CallTally, Deviation, Failure, Fate, Note, Operation, ProcessorOutcome, Reason,
    Role, Seal,
};
use crate::report::samples::{self, taken};
use crate::report::schema::{Format, schema};

#[test]
fn a_plan_reads_back_as_itself_and_keeps_the_documented_order_of_keys() {
    let before = samples::sample();
    let text = plan(&before);
    assert_eq!(Plan::parse(&text).expect("a plan"), (before, Seal::Intact));
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
        "undeclared",
        "left_out",
        "calls",
        "total",
        "by_operation",
        "seconds",
        "undeclared",
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
        "result",
        "group",
        "calls",
        "id",
        "processor",
        "operation",
        "group",
        "after",
        "request",
        "on_failure",
        "refusals",
        "diagnostics",
        "digest",
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
    assert_eq!(Plan::parse(&text).expect("a plan"), (before, Seal::Intact));
}

#[test]
fn an_outcome_tells_every_processor_with_what_happened_to_it() {
    let processor =
        |name: &str, fate| ProcessorOutcome { name: name.into(), fate, notes: Vec::new() };
    let create = Operation::CreateStreamProcessor;
    let opted_in = |flag| Some(Value::Flag(flag));
    let difference = Difference {
        attribute: Attribute::DataSharing,
        before: opted_in(true),
        after: opted_in(false),
    };
    let result = Outcome {
        processors: vec![
            ProcessorOutcome {
                notes: vec![Note::NotRestored],
                ..processor(
                    "garage",
                    Fate::Failed(Failure {
                        call: Some(("c2".into(), create)),
                        reason: Reason::answer(
                            "LimitExceededException: limit - 5",
                            Some("raise the quota".into()),
                        ),
                    }),
                )
            },
            processor("front-door", Fate::Done),
            processor("shed", Fate::NotTried(Reason::NoTurn)),
            processor("porch", Fate::Moved(vec![Deviation::Attribute(difference)])),
            processor("yard", Fate::Moved(vec![Deviation::Missing])),
        ],
        calls: vec![
            taken("c1", "garage", Operation::DeleteStreamProcessor),
            CallOutcome { effect: CallEffect::None, ..taken("c2", "garage", create) },
            CallOutcome {
                role: Role::Fallback,
                effect: CallEffect::Unknown,
                settled: false,
                ..taken("c2", "garage", create)
            },
            taken("c3", "front-door", Operation::UpdateStreamProcessor),
        ],
        tally: CallTally { made: 2, reads: 5, retried: 3, throttled: 1 },
        elapsed: Duration::from_millis(1234),
        interrupted: Some(Signal::Interrupt),
        broken_off: false,
        removed: vec![Removed {
            name: "garage".into(),
            recovery_file: ".rekon/removed/garage.toml".into(),
            restore: "rekon apply .rekon/removed/garage.toml".into(),
            planned: false,
        }],
    };
    let text = outcome(&result, &samples::sample());
    let schema = jsonschema::draft7::new(&schema(Format::Outcome)).expect("a schema");
    // A sample's fingerprint is a short one.
    let real = text.replace("sha256:00", &format!("sha256:{}", "0".repeat(64)));
    let document = serde_json::from_str(&real).expect("JSON");
    let errors: Vec<String> = schema.iter_errors(&document).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    insta::assert_snapshot!(text, @r#"
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
        "moved": 2,
        "removed": 1,
        "calls": {
          "planned": 416,
          "made": 2,
          "reads": 5,
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
          "reason_code": "answer",
          "reason": "LimitExceededException: limit - 5",
          "help": "raise the quota",
          "notes": [
            "its old definition could not be put back"
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
          "reason_code": "no-turn",
          "reason": "the run ended before its turn"
        },
        {
          "name": "porch",
          "actions": [],
          "result": "moved",
          "made": [],
          "differences": [
            {
              "path": "data_sharing_preference.opt_in",
              "expected": false,
              "found": true
            }
          ]
        },
        {
          "name": "yard",
          "actions": [],
          "result": "moved",
          "made": [],
          "differences": [
            {
              "path": "",
              "expected": true,
              "found": false
            }
          ]
        }
      ],
      "calls": [
        {
          "id": "c1",
          "processor": "garage",
          "operation": "DeleteStreamProcessor",
          "role": "planned",
          "effect": "taken",
          "settled": true
        },
        {
          "id": "c2",
          "processor": "garage",
          "operation": "CreateStreamProcessor",
          "role": "planned",
          "effect": "none",
          "settled": true
        },
        {
          "id": "c2",
          "processor": "garage",
          "operation": "CreateStreamProcessor",
          "role": "fallback",
          "effect": "unknown",
          "settled": false
        },
        {
          "id": "c3",
          "processor": "front-door",
          "operation": "UpdateStreamProcessor",
          "role": "planned",
          "effect": "taken",
          "settled": true
        }
      ],
      "removed": [
        {
          "name": "garage",
          "recovery_file": ".rekon/removed/garage.toml",
          "restore": "rekon apply .rekon/removed/garage.toml",
          "planned": false
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
