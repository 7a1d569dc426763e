use serde_json::{Value, json};

use super::plan;
use crate::diagnostic::{Record, RecordLabel, Severity};
use crate::plan::{Action, AttributeChange, Operation, Origin, Refusal, RefusalCode};
use crate::report::layout::width;
use crate::report::samples::*;
use crate::report::{Detail, Settings};

#[test]
fn a_plan_reads_as_it_was_designed() {
    insta::assert_snapshot!(plan(&sample(), Settings::default()), @r#"
    ± garage                             replace: the camera is blind meanwhile    cameras/garage.toml:3
        role_arn    role/OldRole → role/RekognitionStreams   forces replacement (cameras/garage.toml:5)
        blind for at least 0.2 s
        DeleteStreamProcessor, CreateStreamProcessor

    ~ front-door                                                        update in place    rekon.toml:24
        settings.connected_home.labels    PERSON, PET → PACKAGE, PERSON   (+PACKAGE −PET)
        data_sharing_preference.opt_in    true → false
        regions_of_interest               2 regions → none
        UpdateStreamProcessor

    + shed                                                                 create    cameras/shed.toml:1
        role_arn                                  role/RekognitionStreams
        input.kinesis_video_stream.arn            stream/shed/1574421418636
        output.s3_destination.bucket              doorbell-results
        output.s3_destination.key_prefix          front-door/
        notification_channel.sns_topic_arn        AmazonRekognitionDoorbells
        settings.connected_home.labels            PERSON, PET
        settings.connected_home.min_confidence    80
        regions_of_interest                       2 regions
        data_sharing_preference.opt_in            true
        tags                                      team = home-security
        CreateStreamProcessor

    ~ 412 processors          settings.connected_home.min_confidence   50 → 60    (--verbose lists them)

    Plan: 1 to create, 413 to update, 1 to replace, 0 to delete, 3 unchanged. 416 API calls, about 21 s.
    "#);
}

#[test]
fn at_80_columns_everything_has_its_place() {
    let text = plan(&sample(), at(80));
    insta::assert_snapshot!(text, @r#"
    ± garage         replace: the camera is blind meanwhile    cameras/garage.toml:3
        role_arn    role/OldRole → role/RekognitionStreams
                    forces replacement (cameras/garage.toml:5)
        blind for at least 0.2 s
        DeleteStreamProcessor, CreateStreamProcessor

    ~ front-door                                    update in place    rekon.toml:24
        settings.connected_home.labels    PERSON, PET → PACKAGE, PERSON
                                          (+PACKAGE −PET)
        data_sharing_preference.opt_in    true → false
        regions_of_interest               2 regions → none
        UpdateStreamProcessor

    + shed                                             create    cameras/shed.toml:1
        role_arn                                  role/RekognitionStreams
        input.kinesis_video_stream.arn            stream/shed/1574421418636
        output.s3_destination.bucket              doorbell-results
        output.s3_destination.key_prefix          front-door/
        notification_channel.sns_topic_arn        AmazonRekognitionDoorbells
        settings.connected_home.labels            PERSON, PET
        settings.connected_home.min_confidence    80
        regions_of_interest                       2 regions
        data_sharing_preference.opt_in            true
        tags                                      team = home-security
        CreateStreamProcessor

    ~ 412 processors                       update in place    (--verbose lists them)
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each

    Plan: 1 to create, 413 to update, 1 to replace, 0 to delete, 3 unchanged.
          416 API calls, about 21 s.
    "#);
    assert!(text.lines().all(|line| width(line) <= 80));
}

#[test]
fn narrow_terminals_get_values_below_their_paths() {
    let text = plan(&sample(), at(44));
    assert!(text.contains("\n    settings.connected_home.labels\n        PERSON, PET →"), "{text}");
    assert!(text.lines().all(|line| width(line) <= 44), "{text}");
}

#[test]
fn colour_adds_styles_and_nothing_else() {
    let colored = plan(&sample(), Settings { color: true, ..at(80) });
    assert!(colored.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plan(&sample(), at(80)));
}

#[test]
fn verbose_summarises_nothing() {
    let plan_of_few = fleet(
        PlanBuilder::new().change(
            "front-door",
            &[Action::Update],
            place("rekon.toml", 24),
            vec![AttributeChange {
                source: place("rekon.toml", 30),
                ..attribute(
                    "regions_of_interest",
                    doorbell()["regions_of_interest"].clone(),
                    json!([doorbell()["regions_of_interest"][1]]),
                )
            }],
            &[Operation::UpdateStreamProcessor],
        ),
        3,
    );
    insta::assert_snapshot!(plan(&plan_of_few.build(), verbose()), @r#"
    ~ front-door                                                        update in place    rekon.toml:24
        regions_of_interest    2 regions → 1 region   (−1)   (rekon.toml:30)
                               − box at (0, 0), 0.25 wide, 0.5 high
                                 polygon (0, 1) (0.1, 0.55) (0.9, 0.55) (1, 1)
        UpdateStreamProcessor

    ~ 3 processors                                                                       update in place
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each
        camera-00000   cameras/fleet.toml:1
        camera-00001   cameras/fleet.toml:2
        camera-00002   cameras/fleet.toml:3

    Plan: 0 to create, 4 to update, 0 to replace, 0 to delete, 3 unchanged. 4 API calls, under a second.
    "#);
}

#[test]
fn quiet_keeps_the_summary_and_the_complaints() {
    let text = plan(&sample(), Settings { detail: Detail::Quiet, ..Settings::default() });
    assert!(text.starts_with("Plan: 1 to create"), "{text}");
}

#[test]
fn a_replacement_says_why_and_which_line_would_avoid_it() {
    let plan_of_one = PlanBuilder::new()
        .change(
            "lobby",
            &[Action::Replace],
            place("rekon.toml", 9),
            vec![
                forced("kms_key_id", json!("alias/doorbells"), Value::Null),
                forced("settings.face_search.face_match_threshold", json!(92.5), json!(80)),
                attribute("tags.team", json!("a"), json!("b")),
            ],
            &[
                Operation::StopStreamProcessor,
                Operation::DeleteStreamProcessor,
                Operation::CreateStreamProcessor,
                Operation::StartStreamProcessor,
            ],
        )
        .build();
    insta::assert_snapshot!(plan(&plan_of_one, at(80)), @r#"
    ± lobby                   replace: the camera is blind meanwhile    rekon.toml:9
        kms_key_id                                   alias/doorbells → none
                                                     forces replacement
        settings.face_search.face_match_threshold    92.5 → 80   forces replacement
        tags.team                                    a → b
        help: the file leaves this out; to keep it, write below [processor.lobby]
              kms_key_id = "alias/doorbells"
              settings.face_search.face_match_threshold = 92.5
        it is running: stopped first, started again at the end
        blind for at least 0.6 s
        StopStreamProcessor, DeleteStreamProcessor, CreateStreamProcessor,
        StartStreamProcessor

    Plan: 0 to create, 0 to update, 1 to replace, 0 to delete, 3 unchanged.
          4 API calls, under a second.
    "#);
}

#[test]
fn a_change_of_kind_does_not_ask_for_lines_of_both_kinds() {
    let plan_of_one = PlanBuilder::new()
        .change(
            "lobby",
            &[Action::Replace],
            None,
            vec![
                forced("settings.connected_home.labels", json!(["PERSON"]), Value::Null),
                forced("settings.face_search.collection_id", Value::Null, json!("staff")),
            ],
            &[],
        )
        .build();
    assert!(!plan(&plan_of_one, Settings::default()).contains("the file leaves"));
}

#[test]
fn run_state_and_origin_are_told() {
    let drifted = AttributeChange {
        origin: Origin::Drift,
        ..attribute("desired_status", json!("stopped"), json!("running"))
    };
    let started = PlanBuilder::new()
        .change("lobby", &[Action::Start], None, vec![drifted], &[Operation::StartStreamProcessor])
        .build();
    insta::assert_snapshot!(plan(&started, Settings::default()), @r#"
    ▶ lobby                                                                                        start
        desired_status    stopped → running   (the service changed)
        StartStreamProcessor

    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 to start, 3 unchanged. 1 API call, under a second.
    "#);
}

#[test]
fn nothing_to_do_is_said_in_a_line() {
    let nothing = PlanBuilder::new();
    assert_eq!(
        plan(&nothing.build(), Settings::default()),
        "No changes. All 3 processors are as declared.\n"
    );
}

#[test]
fn what_the_plan_does_not_touch_is_counted_above_the_summary() {
    let counted = |undeclared, left_out| {
        fleet(PlanBuilder::new(), 3).with(move |plan| {
            (plan.summary.undeclared, plan.summary.left_out) = (undeclared, left_out);
        })
    };
    insta::assert_snapshot!(plan(&counted(300, 12).build(), at(80)), @r#"
    ~ 3 processors                         update in place    (--verbose lists them)
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each

    300 more in this account and region are declared by no file.
    12 changes are left out by --only, --exclude, --tag or --limit.
    Plan: 0 to create, 3 to update, 0 to replace, 0 to delete, 3 unchanged.
          3 API calls, under a second.
    "#);
    let few = plan(&counted(1, 1).build(), Settings::default());
    assert!(few.contains("\n1 more in this account and region is declared by no file.\n"), "{few}");
    assert!(few.contains("\n1 change is left out by --only, --exclude, --tag or --limit.\n"));
    let nothing = PlanBuilder::new().with(|plan| plan.summary.undeclared = 2).build();
    let text = plan(&nothing, Settings::default());
    assert!(
        text.starts_with("2 more in this account and region are declared by no file.\nNo changes.")
    );
    let quiet = plan(&nothing, Settings { detail: Detail::Quiet, ..Settings::default() });
    assert!(quiet.starts_with("No changes."), "{quiet}");
}

#[test]
fn an_incomplete_read_is_never_called_clean() {
    let partial = PlanBuilder::new().with(|plan| plan.complete = false).build();
    let text = plan(&partial, Settings::default());
    assert!(!text.contains("No changes."), "{text}");
    assert!(text.contains("Incomplete: part of the live state could not be read."), "{text}");
}

#[test]
fn refusals_and_diagnostics_follow_the_plan() {
    let refused = fleet(PlanBuilder::new(), 3)
        .with(|plan| {
            plan.refusals = vec![
                Refusal {
                    code: RefusalCode::GuardReplacements,
                    name: None,
                    message: "the plan replaces 1 processor, the guard allows 0".into(),
                    help: Some("add --allow-replacements 1 if that is meant".into()),
                },
                Refusal {
                    code: RefusalCode::StreamHeld,
                    name: Some("garage".into()),
                    message: "its video stream is held by shed".into(),
                    help: None,
                },
            ];
            plan.diagnostics = vec![
                Record {
                    code: "processor-failed".into(),
                    severity: Severity::Note,
                    message: "porch is FAILED: Access denied to Role\u{1b}[2J".into(),
                    help: Some("mend the role".into()),
                    labels: Vec::new(),
                },
                Record {
                    code: "unknown-label".into(),
                    severity: Severity::Warning,
                    message: "the service may not know the label DOG".into(),
                    help: None,
                    labels: vec![RecordLabel {
                        file: "rekon.toml".into(),
                        line: 7,
                        column: 3,
                        end_line: 7,
                        end_column: 8,
                        message: "here".into(),
                    }],
                },
            ];
        })
        .build();
    insta::assert_snapshot!(plan(&refused, at(80)), @r#"
    ~ 3 processors                         update in place    (--verbose lists them)
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each

    Plan: 0 to create, 3 to update, 0 to replace, 0 to delete, 3 unchanged.
          3 API calls, under a second.

    note[processor-failed]: porch is FAILED: Access denied to Role\u{1b}[2J
        help: mend the role
    warning[unknown-label]: the service may not know the label DOG (rekon.toml:7)

    refused[guard-replacements]: the plan replaces 1 processor, the guard allows 0
        help: add --allow-replacements 1 if that is meant
    refused[stream-held]: garage: its video stream is held by shed
    Refused: nothing of this plan will be applied, for the 2 reasons above.
    "#);
}

#[test]
fn what_destroys_or_creates_is_never_gathered() {
    let mut builder = PlanBuilder::new();
    for number in 0..5 {
        let (gone, new) = (format!("gone-{number}"), format!("new-{number}"));
        builder = builder
            .change(&gone, &[Action::Delete], None, vec![], &[Operation::DeleteStreamProcessor])
            .change(&new, &[Action::Create], None, vec![], &[Operation::CreateStreamProcessor]);
    }
    let text = plan(&builder.build(), Settings::default());
    for number in 0..5 {
        assert!(
            text.contains(&format!("- gone-{number} "))
                && text.contains(&format!("+ new-{number} "))
        );
    }
}

#[test]
fn two_alike_are_shown_each_and_three_as_one() {
    let two = plan(&fleet(PlanBuilder::new(), 2).build(), Settings::default());
    assert!(two.contains("~ camera-00000 ") && two.contains("~ camera-00001 "), "{two}");
    let three = plan(&fleet(PlanBuilder::new(), 3).build(), Settings::default());
    assert!(three.contains("~ 3 processors ") && !three.contains("camera-"), "{three}");
}
