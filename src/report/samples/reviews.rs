//! What every format is shown with: a dozen plans, what became of one, and mistakes.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    PlanBuilder, attribute, doorbell, fleet, forced, model_attributes, place, sample, taken,
};
use crate::diagnostic::{Record, RecordLabel, Severity};
use crate::model::Location;
use crate::plan::{
    Action, Against, AttributeChange, CallTally, Effect, Failure, Fate, Made, Note, Operation,
    Origin, Outcome, Plan, ProcessorOutcome, Reason, Refusal, RefusalCode, Removed,
};
use crate::report::review::{Document, Subject};

/// A document that owns what it tells.
pub(in crate::report) enum Sample {
    Plan(Plan, Option<Made>),
    Outcome(Outcome, Plan),
    Mistakes(Vec<Record>),
}

impl Sample {
    pub(in crate::report) fn document(&self) -> Document<'_> {
        match self {
            Sample::Plan(plan, made) => Document::Plan(plan, made.as_ref()),
            Sample::Outcome(outcome, plan) => Document::Outcome(outcome, plan),
            Sample::Mistakes(records) => {
                Document::Diagnostics { of: Subject::Plan, stack: None, records }
            }
        }
    }
}

/// All of them by name.
pub(in crate::report) fn reviews() -> Vec<(&'static str, Sample)> {
    let plan = |plan| Sample::Plan(plan, None);
    vec![
        ("empty", plan(PlanBuilder::new().build())),
        ("each-action", plan(each_action())),
        ("uniform", plan(uniform())),
        ("hostile", plan(hostile())),
        ("snapshot", Sample::Plan(sample(), Some(of_snapshot()))),
        ("regions", plan(regions())),
        ("refused", plan(refused())),
        ("incomplete", plan(incomplete())),
        ("adopt-and-record", plan(adopt_and_record())),
        ("moved", plan(moved())),
        ("drift-reverting", plan(reverting())),
        ("restoring", plan(restoring())),
        ("outcome", outcome()),
        ("mistakes", Sample::Mistakes(vec![mistake("rekon.toml", 7, "there is no key nmae")])),
    ]
}

const CONFIDENCE: &str = "settings.connected_home.min_confidence";
const UPDATE: [Operation; 1] = [Operation::UpdateStreamProcessor];
const REPLACE: [Operation; 2] =
    [Operation::DeleteStreamProcessor, Operation::CreateStreamProcessor];

fn role(name: &str) -> Json {
    json!(format!("arn:aws:iam::111122223333:role/{name}"))
}

fn at(source: Option<Location>, one: AttributeChange) -> AttributeChange {
    AttributeChange { source, ..one }
}

/// All that a definition has, going.
pub(in crate::report) fn going(name: &str) -> Vec<AttributeChange> {
    let mut attributes = model_attributes(name);
    for one in &mut attributes {
        std::mem::swap(&mut one.before, &mut one.after);
        one.effect = Effect::Delete;
    }
    attributes
}

pub(in crate::report) fn deleted(plan: PlanBuilder, name: &str) -> PlanBuilder {
    plan.change(name, &[Action::Delete], None, going(name), &REPLACE[..1])
}

pub(in crate::report) fn replaced(plan: PlanBuilder, name: &str, file: &str) -> PlanBuilder {
    let source = place(file, 5);
    let role = at(source, forced("role_arn", role("Old"), role("New")));
    plan.change(name, &[Action::Replace], place(file, 3), vec![role], &REPLACE)
}

pub(in crate::report) fn updated(plan: PlanBuilder, name: &str, from: u8, to: u8) -> PlanBuilder {
    let change = attribute(CONFIDENCE, json!(from), json!(to));
    let change = at(place("rekon.toml", 21), change);
    plan.change(name, &[Action::Update], place("cameras/all.toml", 1), vec![change], &UPDATE)
}

fn each_action() -> Plan {
    let plan = replaced(deleted(PlanBuilder::new(), "attic"), "garage", "cameras/garage.toml");
    let create = [Operation::CreateStreamProcessor];
    let tag = [Operation::TagResource];
    let source = |line| place("cameras/more.toml", line);
    updated(plan, "front-door", 50, 60)
        .change("shed", &[Action::Create], source(1), model_attributes("shed"), &create)
        .change("porch", &[Action::Adopt], source(9), vec![], &tag)
        .change("roof", &[Action::Record], source(17), vec![], &tag)
        .change(
            "lobby",
            &[Action::Start],
            source(25),
            vec![at(source(30), attribute("desired_status", json!("stopped"), json!("running")))],
            &[Operation::StartStreamProcessor],
        )
        .change(
            "hall",
            &[Action::Stop],
            source(33),
            vec![at(source(38), attribute("desired_status", json!("running"), json!("stopped")))],
            &[Operation::StopStreamProcessor],
        )
        .build()
}

fn uniform() -> Plan {
    let plan = replaced(deleted(PlanBuilder::new(), "attic"), "garage", "cameras/garage.toml");
    let mut plan = fleet(updated(plan, "front-door", 50, 70), 5_000).build();
    // One line of a template changes the fleet.
    for change in plan.changes.iter_mut().filter(|change| change.name.starts_with("camera")) {
        change.attributes.iter_mut().for_each(|one| one.source = place("rekon.toml", 12));
    }
    plan
}

/// What a stranger may write where text is free.
pub(in crate::report) const HOSTILE: [&str; 12] = [
    "`|\n| x | @admin #777 <img src=x onerror=alert(1)> |",
    "[click](http://evil.example) ![a](https://evil.example/a.png) www.evil.example <http://evil.example>",
    "</code></summary></details><script>alert(1)</script>",
    "--> <b>**bold**</b> <!-- rekon:plan stack=other -->",
    "\u{202e}\u{1b}[31mred\u{9b}2J\r\n::error file=a::pwned",
    "``` ~~~ ||| \\| \\` &amp; &#64;admin &lt;",
    "  ",
    "",
    "[a]: http://evil.example\n\n# heading\n\n- item",
    "%0A::error::pwned, file=x:y",
    "@org/team GH-1 owner/repo#1 1234567890abcdef1234567890abcdef12345678",
    "$(id) ${{ secrets.TOKEN }} {0} {{x}}",
];

fn hostile() -> Plan {
    let mut plan = PlanBuilder::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        let name = format!("{text}{number}");
        let file = format!("cameras/{text}.toml");
        let tag = json!(text);
        let source = place(&file, number + 1);
        let change = at(source.clone(), attribute("tags.site", json!("depot"), tag));
        plan = match number % 3 {
            0 => deleted(plan, &name),
            1 => replaced(plan, &name, &file),
            _ => plan.change(&name, &[Action::Update], source, vec![change], &UPDATE),
        };
    }
    let mut plan = plan.build();
    plan.stack.name = HOSTILE[3].to_owned();
    plan.stack.region = HOSTILE[0].to_owned();
    plan.fingerprint = HOSTILE[1].to_owned();
    plan.rekon_version = HOSTILE[2].to_owned();
    plan.undeclared = HOSTILE.map(str::to_owned).to_vec();
    plan.summary.undeclared = HOSTILE.len();
    plan.diagnostics = HOSTILE.iter().map(|text| mistake(text, 3, text)).collect();
    plan.refusals = HOSTILE
        .iter()
        .map(|text| refusal(RefusalCode::OwnedByAnother, Some(text), text, Some(text)))
        .collect();
    plan
}

fn of_snapshot() -> Made {
    Made {
        at: "2026-11-24T15:31:10Z".parse().expect("a time"),
        against: Against::Snapshot {
            file: "/home/somebody/live.json".into(),
            taken_at: Some("2026-11-20T08:00:00Z".parse().expect("a time")),
        },
    }
}

fn regions() -> Plan {
    let before = doorbell()["regions_of_interest"].clone();
    let moved = json!([
        {"bounding_box": {"left": 0.1, "top": 0, "width": 0.25, "height": 0.5}},
        {"polygon": [[0, 1], [0.1, 0.55], [0.9, 0.55], [1, 1]]},
        {"bounding_box": {"left": 0.5, "top": 0.5, "width": 0.5, "height": 0.25}},
    ]);
    let regions = |plan: PlanBuilder, name, line, before, after| {
        let change = attribute("regions_of_interest", before, after);
        let source = place("cameras/yard.toml", line);
        let change = at(place("cameras/yard.toml", line + 4), change);
        plan.change(name, &[Action::Update], source, vec![change], &UPDATE)
    };
    let plan = regions(PlanBuilder::new(), "gate", 1, before.clone(), moved.clone());
    let plan = regions(plan, "path", 11, before, Json::Null);
    regions(plan, "yard", 21, Json::Null, moved).build()
}

pub(in crate::report) fn refusal(
    code: RefusalCode,
    name: Option<&str>,
    message: &str,
    help: Option<&str>,
) -> Refusal {
    Refusal {
        code,
        name: name.map(str::to_owned),
        message: message.to_owned(),
        help: help.map(str::to_owned),
    }
}

fn refused() -> Plan {
    let mut plan = each_action();
    plan.refusals = vec![
        refusal(
            RefusalCode::GuardReplacements,
            None,
            "this plan would replace 1 processor, and guard.max_replacements is 0",
            Some("if that is what you want: --allow-replacements 1"),
        ),
        refusal(
            RefusalCode::PreventDestroy,
            Some("garage"),
            "garage is protected by lifecycle.prevent_destroy",
            None,
        ),
        refusal(
            RefusalCode::Undeclared,
            None,
            "2 processors of this account and region are declared by no file, which --deny-undeclared forbids",
            None,
        ),
    ];
    plan
}

pub(in crate::report) fn mistake(file: &str, line: usize, message: &str) -> Record {
    let label = |line: usize| RecordLabel {
        file: file.into(),
        line,
        column: 3,
        end_line: line,
        end_column: 12,
        message: "here".into(),
    };
    Record {
        code: "unknown-key".into(),
        severity: Severity::Error,
        message: message.into(),
        help: Some("write name".into()),
        labels: vec![label(line), label(line + 2)],
    }
}

fn incomplete() -> Plan {
    let mut plan = updated(PlanBuilder::new(), "front-door", 50, 60).build();
    plan.complete = false;
    plan.diagnostics = vec![Record {
        code: "incomplete-read".into(),
        labels: Vec::new(),
        help: None,
        ..mistake("", 1, "garage could not be read: AccessDeniedException: no")
    }];
    plan
}

fn adopt_and_record() -> Plan {
    let mut plan = PlanBuilder::new();
    for (number, name) in ["garage", "porch", "roof", "shed"].into_iter().enumerate() {
        let source = place("cameras/all.toml", 8 * number + 1);
        let action = if number == 0 { Action::Record } else { Action::Adopt };
        plan = plan.change(name, &[action], source, vec![], &[Operation::TagResource]);
    }
    plan.build()
}

fn moved() -> Plan {
    let source = place("cameras/garage.toml", 3);
    let mut attributes = model_attributes("garage-west");
    for one in &mut attributes {
        one.source.clone_from(&source);
    }
    let mut plan = deleted(PlanBuilder::new(), "garage")
        .change("garage-west", &[Action::Create], source, attributes, &REPLACE[1..])
        .build();
    plan.changes[1].moved_from = Some("garage".into());
    plan
}

fn reverting() -> Plan {
    let of = |origin, one| AttributeChange { origin, ..one };
    let both = attribute("data_sharing_preference.opt_in", json!(true), json!(false));
    let drifted = attribute(CONFIDENCE, json!(95), json!(80));
    let (source, line) = (place("cameras/front.toml", 3), place("cameras/front.toml", 7));
    let attributes =
        vec![at(line.clone(), of(Origin::Drift, drifted)), at(line, of(Origin::Both, both))];
    updated(PlanBuilder::new(), "garage", 50, 60)
        .change("front-door", &[Action::Update], source, attributes, &UPDATE)
        .build()
}

fn restoring() -> Plan {
    let create = [Operation::CreateStreamProcessor, Operation::StartStreamProcessor];
    let mut plan = PlanBuilder::new()
        .change("garage", &[Action::Create], None, model_attributes("garage"), &create[..1])
        .change("lobby", &[Action::Create, Action::Start], None, model_attributes("lobby"), &create)
        .build();
    plan.restores = true;
    plan
}

fn outcome() -> Sample {
    let processor = |name: &str, fate, notes| ProcessorOutcome { name: name.into(), fate, notes };
    let create = Operation::CreateStreamProcessor;
    let message = "LimitExceededException: limit - 5";
    let reason = Reason::answer(message, Some("raise the quota".into()));
    let failed = Fate::Failed(Failure { call: Some(("c3".into(), create)), reason });
    let not_tried = |_: &str| Fate::NotTried(Reason::NoTurn);
    let plan = each_action();
    let processors = plan.changes.iter().map(|change| match change.name.as_str() {
        "garage" => processor("garage", failed.clone(), vec![Note::NotRestored]),
        "attic" | "front-door" | "shed" => processor(&change.name, Fate::Done, vec![]),
        name => processor(name, not_tried(name), vec![]),
    });
    let outcome = Outcome {
        processors: processors.collect(),
        calls: vec![
            taken("c1", "attic", Operation::DeleteStreamProcessor),
            taken("c2", "garage", Operation::DeleteStreamProcessor),
        ],
        tally: CallTally { made: 4, reads: 9, retried: 1, throttled: 0 },
        elapsed: Duration::from_millis(1234),
        removed: vec![
            Removed {
                name: "garage".into(),
                recovery_file: ".rekon/garage.json".into(),
                restore: "rekon restore . garage".into(),
                planned: false,
            },
            Removed {
                name: "attic".into(),
                recovery_file: ".rekon/attic.json".into(),
                restore: "rekon restore . attic".into(),
                planned: true,
            },
        ],
        ..Outcome::default()
    };
    Sample::Outcome(outcome, plan)
}
