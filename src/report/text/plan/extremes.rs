//! Plans that are long, wide, or written by an enemy.

use allocation_counter::measure;
use serde_json::{Value, json};

use super::plan;
use crate::diagnostic::{Record, RecordLabel, Severity};
use crate::model::Attribute;
use crate::plan::{Action, Operation, Refusal, RefusalCode};
use crate::report::layout::width;
use crate::report::samples::*;
use crate::report::{Detail, Settings, escape};

fn assert_harmless(text: &str) {
    assert!(text.split('\n').all(|line| escape(line) == line), "{text:?}");
}

#[test]
fn long_values_are_wrapped_where_they_change_and_shortened_where_they_come() {
    let long = |fill: &str| json!(format!("{}/{}", fill.repeat(120), "end"));
    let mut created = model_attributes("shed");
    for attribute in &mut created {
        if attribute.attribute == Attribute::OutputKeyPrefix {
            attribute.after = value(&Attribute::OutputKeyPrefix, &long("玄"));
        }
    }
    let both = PlanBuilder::new()
        .change(
            "front-door",
            &[Action::Update],
            None,
            vec![attribute("tags.note", long("a"), long("b"))],
            &[],
        )
        .change("shed", &[Action::Create], None, created, &[])
        .build();
    let text = plan(&both, at(80));
    assert!(text.lines().all(|line| width(line) <= 80), "{text}");
    let shown: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    assert!(shown.contains(&format!("{}/end→{}/end", "a".repeat(120), "b".repeat(120))), "{text}");
    assert!(text.contains('…') && text.contains("玄/end"), "{text}");
}

#[test]
fn hostile_names_and_values_are_spelled_out() {
    let hostile = "\u{1b}[2J\u{202e}\n\u{9b}x";
    let mut created = model_attributes("shed");
    created.push(attribute(&format!("tags.{hostile}"), Value::Null, json!(hostile)));
    let all = PlanBuilder::new()
        .change(hostile, &[Action::Delete], place(hostile, 1), vec![], &[])
        .change(
            &format!("{hostile}2"),
            &[Action::Replace],
            None,
            vec![
                forced("kms_key_id", json!(hostile), Value::Null),
                forced(
                    "role_arn",
                    json!(format!("arn:aws:iam::1:role/{hostile}")),
                    json!("arn:aws:iam::1:role/b"),
                ),
                attribute("settings.connected_home.labels", json!([hostile]), json!(["PET"])),
                attribute(&format!("tags.{hostile}"), json!(hostile), Value::Null),
            ],
            &[Operation::CreateStreamProcessor],
        )
        .change("shed", &[Action::Create], None, created, &[])
        .with(|plan| {
            plan.refusals.push(Refusal {
                code: RefusalCode::StreamHeld,
                name: Some(hostile.into()),
                message: hostile.into(),
                help: Some(hostile.into()),
            });
            plan.diagnostics.push(Record {
                code: hostile.into(),
                severity: Severity::Error,
                message: hostile.into(),
                help: Some(hostile.into()),
                labels: vec![
                    RecordLabel {
                        file: hostile.into(),
                        line: 1,
                        column: 1,
                        end_line: 1,
                        end_column: 1,
                        message: hostile.into(),
                    };
                    2
                ],
            });
        })
        .build();
    for settings in [Settings::default(), verbose(), at(40), at(80)] {
        assert_harmless(&plan(&all, settings));
    }
}

#[test]
fn a_large_fleet_takes_work_in_proportion() {
    let fleets = [1_000, 10_000].map(|count| fleet(PlanBuilder::new(), count).build());
    for settings in [at(80), Settings { detail: Detail::Verbose, ..at(80) }] {
        let [small, large] = fleets.each_ref().map(|fleet| measure(|| drop(plan(fleet, settings))));
        assert_in_proportion(small, large);
        assert!(plan(&fleets[1], settings).contains("~ 10000 processors"));
    }
}
