use serde_json::{Value, json};

use super::plan;
use crate::diagnostic::{Record, RecordLabel, Severity};
use crate::model::Attribute;
use crate::plan::{Action, AttributeChange, FallbackCall, Operation, Origin, Refusal, RefusalCode};
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
        regions_of_interest               2 regions → whole frame   (53% → 100% of the frame)
                                          1 − box 0.25×0.5 at (0,0), 12.5%
                                          2 − polygon (0,1) (0.1,0.55) (0.9,0.55) (1,1), 40.5%
        ┌ before ────────────────────┐   ┌ after ─────────────────────┐
        │⣏⠝⢉⠝⢉⠝⢉⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣇⠔⢁⠔⢁⠔⢁⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣇⠔ 1 ⠔⢁⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣇⠔⢁⠔⢁⠔⢁⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⠉⠉⣹⠟⢛⠟⢛⠗⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⢆  │   │⢕⢕⢕⢕⢕⢕⢕⢕ whole frame ⢕⢕⢕⢕⢕⢕⢕│
        │ ⢠⢃⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠜⡄ │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⢀⠞⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔ 2 ⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢹⡀│   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣜⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣧│   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        └────────────────────────────┘   └────────────────────────────┘
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
                                                  1 box 0.25×0.5 at (0,0), 12.5%
                                                  2 polygon (0,1) (0.1,0.55) (0.9,0.55) (1,1), 40.5%
        data_sharing_preference.opt_in            true
        tags                                      team = home-security
        CreateStreamProcessor

    ~ 412 processors                                                                     update in place
        camera-00000, camera-00001, camera-00002 … camera-00411   (--verbose lists all)
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each: 412 writes

    Plan: 1 to create, 413 to update, 1 to replace, 0 to delete, 3 unchanged. 416 writes, about 21 s.
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
        regions_of_interest               2 regions → whole frame
                                          (53% → 100% of the frame)
                                          1 − box 0.25×0.5 at (0,0), 12.5%
                                          2 − polygon (0,1) (0.1,0.55) (0.9,0.55)
                                              (1,1), 40.5%
        ┌ before ────────────────────┐   ┌ after ─────────────────────┐
        │⣏⠝⢉⠝⢉⠝⢉⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣇⠔⢁⠔⢁⠔⢁⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣇⠔ 1 ⠔⢁⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣇⠔⢁⠔⢁⠔⢁⡇                    │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⠉⠉⣹⠟⢛⠟⢛⠗⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⠖⢒⢆  │   │⢕⢕⢕⢕⢕⢕⢕⢕ whole frame ⢕⢕⢕⢕⢕⢕⢕│
        │ ⢠⢃⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠜⡄ │   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⢀⠞⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔ 2 ⠔⢁⠔⢁⠔⢁⠔⢁⠔⢁⠔⢹⡀│   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        │⣜⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣔⣁⣧│   │⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕⢕│
        └────────────────────────────┘   └────────────────────────────┘
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
                                                  1 box 0.25×0.5 at (0,0), 12.5%
                                                  2 polygon (0,1) (0.1,0.55)
                                                    (0.9,0.55) (1,1), 40.5%
        data_sharing_preference.opt_in            true
        tags                                      team = home-security
        CreateStreamProcessor

    ~ 412 processors                                                 update in place
        camera-00000, camera-00001, camera-00002 … camera-00411
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each: 412 writes

    Plan: 1 to create, 413 to update, 1 to replace, 0 to delete, 3 unchanged.
          416 writes, about 21 s.
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
        regions_of_interest    2 regions → 1 region   (1 kept, 1 removed; 53% → 40.5% of the frame)   (rekon.toml:30)
                               1 − box 0.25×0.5 at (0,0), 12.5%
                               2   polygon (0,1) (0.1,0.55) (0.9,0.55) (1,1), 40.5%
        ┌ before ────────────────────┐   ┌ after ─────────────────────┐
        │⣏⠝⢉⠝⢉⠝⢉⡇                    │   │                            │
        │⣇⠔⢁⠔⢁⠔⢁⡇                    │   │                            │
        │⣇⠔ 1 ⠔⢁⡇                    │   │                            │
        │⣇⠔⢁⠔⢁⠔⢁⡇                    │   │                            │
        │⠉⠉⡹⠛⠛⠛⠛⠓⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⢆  │   │  ⡰⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⢆  │
        │ ⢠⠃                      ⠘⡄ │   │ ⢠⠃                      ⠘⡄ │
        │⢀⠎           2            ⠸⡀│   │⢀⠎           2            ⠸⡀│
        │⣜⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣣│   │⣜⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣣│
        └────────────────────────────┘   └────────────────────────────┘
        UpdateStreamProcessor

    ~ 3 processors                                                                       update in place
        camera-00000   cameras/fleet.toml:1
        camera-00001   cameras/fleet.toml:2
        camera-00002   cameras/fleet.toml:3
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each: 3 writes

    Plan: 0 to create, 4 to update, 0 to replace, 0 to delete, 3 unchanged. 4 writes, under a second.
    "#);
}

#[test]
fn a_crowd_blames_each_its_own_line() {
    let mut alike = PlanBuilder::new();
    for number in 0..3 {
        let written = |line| AttributeChange {
            source: place("cameras.toml", line),
            ..attribute("tags.site", json!("a"), json!("b"))
        };
        let common = AttributeChange {
            source: place("rekon.toml", 7),
            ..attribute("tags.team", json!("a"), json!("b"))
        };
        alike = alike.change(
            &format!("camera-{number}"),
            &[Action::Update],
            place("cameras.toml", 10 * number + 1),
            vec![written(10 * number + 4), common],
            &[Operation::TagResource],
        );
    }
    let alike = alike.build();
    insta::assert_snapshot!(plan(&alike, at(80)), @r#"
    ~ 3 processors                                                   update in place
        camera-0, camera-1, camera-2
        tags.site    a → b
        tags.team    a → b   (rekon.toml:7)
        TagResource each: 3 writes

    Plan: 0 to create, 3 to update, 0 to replace, 0 to delete, 3 unchanged.
          3 writes, under a second.
    "#);
    insta::assert_snapshot!(plan(&alike, Settings { detail: Detail::Verbose, ..at(80) }), @r#"
    ~ 3 processors                                                   update in place
        camera-0   cameras.toml:4, rekon.toml:7
        camera-1   cameras.toml:14, rekon.toml:7
        camera-2   cameras.toml:24, rekon.toml:7
        tags.site    a → b
        tags.team    a → b   (rekon.toml:7)
        TagResource each: 3 writes

    Plan: 0 to create, 3 to update, 0 to replace, 0 to delete, 3 unchanged.
          3 writes, under a second.
    "#);
}

#[test]
fn quiet_says_only_what_is_wrong() {
    let quiet = Settings { detail: Detail::Quiet, ..Settings::default() };
    assert_eq!(plan(&sample(), quiet), "");
    assert_eq!(plan(&PlanBuilder::new().build(), quiet), "");
    let wrong = PlanBuilder::new().with(|plan| {
        plan.complete = false;
        plan.diagnostics = [Severity::Note, Severity::Warning]
            .map(|severity| Record {
                code: "odd".into(),
                severity,
                message: "it is".into(),
                help: None,
                labels: Vec::new(),
            })
            .to_vec();
    });
    let text = plan(&wrong.build(), quiet);
    assert!(text.starts_with("warning[odd]: it is\n\nIncomplete: "), "{text}");
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
        help: the file leaves these out; to keep them, write below [processor.lobby]
              kms_key_id = "alias/doorbells"
              settings.face_search.face_match_threshold = 92.5
              tags.team = "a"
        it is running: stopped first, started again at the end
        blind for at least 0.6 s
        StopStreamProcessor, DeleteStreamProcessor, CreateStreamProcessor,
        StartStreamProcessor

    Plan: 0 to create, 0 to update, 1 to replace, 0 to delete, 3 unchanged.
          4 writes, under a second.
    "#);
}

#[test]
fn what_is_left_out_is_told_with_all_that_would_be_lost() {
    let forced = |name: &str, written| {
        let role = AttributeChange {
            source: written,
            ..forced("kms_key_id", json!("alias/doorbells"), Value::Null)
        };
        let confidence =
            attribute("settings.connected_home.min_confidence", json!(80), Value::Null);
        let mark = attribute("tags.rekon:stack", json!("x"), Value::Null);
        (name.to_owned(), vec![role, confidence, mark])
    };
    let planned = |changes: Vec<(String, Vec<AttributeChange>)>| {
        let replaced = |plan: PlanBuilder, (name, attributes): (String, _)| {
            plan.change(&name, &[Action::Replace], None, attributes, &[])
        };
        changes.into_iter().fold(PlanBuilder::new(), replaced)
    };
    let one = || planned(vec![forced("lobby", None)]);
    let text = plan(&one().build(), Settings::default());
    assert!(
        text.contains(
            "help: the file leaves these out; to keep them, write below [processor.lobby]\n          \
             kms_key_id = \"alias/doorbells\"\n          \
             settings.connected_home.min_confidence = 80\n\n"
        ),
        "{text}"
    );
    let many = planned(["a", "b", "c"].map(|name| forced(name, None)).to_vec()).build();
    let text = plan(&many, Settings::default());
    assert!(text.contains("help: the files leave these out; to keep them, write in"), "{text}");
    // What looks alike but is written by one file and left out by another is not alike.
    let written =
        ["a", "b", "c"].map(|name| forced(name, place("rekon.toml", 3).filter(|_| name == "a")));
    let text = plan(&planned(written.to_vec()).build(), Settings::default());
    assert!(text.starts_with("± a ") && text.contains("\n± b "), "{text}");
    // Where runs are undone, no file leaves anything out.
    let restored = one().with(|plan| plan.restores = true).build();
    assert!(!plan(&restored, Settings::default()).contains("leave"));
}

#[test]
fn nothing_is_promised_for_a_call_without_a_remedy() {
    let mut replaced = PlanBuilder::new()
        .change(
            "lobby",
            &[Action::Replace],
            None,
            vec![],
            &[Operation::DeleteStreamProcessor, Operation::CreateStreamProcessor],
        )
        .build();
    let [delete, create] = replaced.calls.as_mut_slice() else { panic!("two calls") };
    delete.on_failure = Some(Vec::new());
    let other =
        FallbackCall { processor: "hall".into(), ..create.on_failure.clone().unwrap().remove(0) };
    create.on_failure.as_mut().unwrap().push(other);
    let text = plan(&replaced, verbose());
    assert!(!text.contains("if DeleteStreamProcessor fails"), "{text}");
    let promised = "if CreateStreamProcessor fails, the old one is put back: \
                    CreateStreamProcessor, CreateStreamProcessor of hall\n";
    assert!(text.contains(promised), "{text}");
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

    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 to start, 3 unchanged. 1 write, under a second.
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
    ~ 3 processors                                                   update in place
        camera-00000, camera-00001, camera-00002
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each: 3 writes

    300 more in this account and region are declared by no file.
    12 changes are left out by --only, --exclude, --tag or --limit.
    Plan: 0 to create, 3 to update, 0 to replace, 0 to delete, 3 unchanged.
          3 writes, under a second.
    "#);
    let few = plan(&counted(1, 1).build(), Settings::default());
    assert!(few.contains("\n1 more in this account and region is declared by no file.\n"), "{few}");
    assert!(few.contains("\n1 change is left out by --only, --exclude, --tag or --limit.\n"));
    let nothing = PlanBuilder::new().with(|plan| {
        plan.undeclared = (0..9).map(|number| format!("old-{number}")).collect();
        plan.summary.undeclared = 9;
    });
    let nothing = nothing.build();
    assert_eq!(
        plan(&nothing, Settings::default()),
        "9 more in this account and region are declared by no file: \
         old-0, old-1, old-2, old-3, old-4 and 4 more (--verbose lists them).\n\
         No changes. All 3 processors are as declared.\n"
    );
    let all = plan(&nothing, Settings { detail: Detail::Verbose, ..at(40) });
    assert!(all.contains("no file:\n    old-0   old-3   old-6\n    old-1 "), "{all}");
    let cut = PlanBuilder::new().with(|plan| plan.summary.left_out = 2).build();
    let text = plan(&cut, Settings::default());
    assert!(text.ends_with("No changes. The 3 processors that were chosen are as declared.\n"));
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
    ~ 3 processors                                                   update in place
        camera-00000, camera-00001, camera-00002
        settings.connected_home.min_confidence    50 → 60
        UpdateStreamProcessor each: 3 writes

    Plan: 0 to create, 3 to update, 0 to replace, 0 to delete, 3 unchanged.
          3 writes, under a second.

    note[processor-failed]: porch is FAILED: Access denied to Role\u{1b}[2J
        help: mend the role
    warning[unknown-label]: the service may not know the label DOG (rekon.toml:7:3)

    refused[guard-replacements]: the plan replaces 1 processor, the guard allows 0
        help: add --allow-replacements 1 if that is meant
    refused[stream-held]: garage: its video stream is held by shed
    Refused: nothing of this plan will be applied, for the 2 reasons above.
    "#);
}

#[test]
fn what_destroys_is_gathered_with_every_name_and_comes_first() {
    let mut builder = fleet(PlanBuilder::new(), 1);
    for number in 0..50 {
        let role = || json!(format!("arn:aws:iam::1:role/{}", number / 30));
        let (gone, old) = (format!("gone-{number:02}"), format!("old-{number:02}"));
        builder = builder
            .change(&gone, &[Action::Delete], None, vec![], &[Operation::DeleteStreamProcessor])
            .change(
                &old,
                &[Action::Replace],
                None,
                vec![forced("role_arn", role(), json!("r"))],
                &[],
            );
    }
    let text = plan(&builder.build(), at(60));
    for number in 0..50 {
        assert!(
            text.contains(&format!("gone-{number:02}"))
                && text.contains(&format!("old-{number:02}"))
        );
    }
    let titles: Vec<&str> =
        text.lines().filter(|line| line.contains("     ") && !line.starts_with(' ')).collect();
    assert_eq!(titles.len(), 4, "{text}");
    for (title, start) in titles.iter().zip(["- 50 ", "± 30 ", "± 20 ", "~ camera-00000 "]) {
        assert!(title.starts_with(start), "{title}");
    }
}

#[test]
fn creations_are_alike_but_for_what_each_has_of_its_own() {
    let created = |name: &str, bucket: &str| {
        let mut all = model_attributes(name);
        for one in &mut all {
            if one.attribute == Attribute::OutputBucket {
                one.after = Some(crate::model::Value::text(bucket));
            }
        }
        all
    };
    let mut builder = PlanBuilder::new();
    for (name, bucket) in [("a", "x"), ("b", "x"), ("c", "x"), ("d", "y")] {
        builder = builder.change(
            name,
            &[Action::Create],
            place("rekon.toml", 1),
            created(name, bucket),
            &[Operation::CreateStreamProcessor],
        );
    }
    let created = builder.build();
    let text = plan(&created, Settings::default());
    assert!(text.starts_with("+ d "), "{text}");
    assert!(text.contains("\n+ 3 processors ") && text.contains("\n    a, b, c\n"), "{text}");
    assert!(text.contains("input.kinesis_video_stream.arn            each its own\n"), "{text}");
    assert!(text.contains("output.s3_destination.key_prefix          front-door/\n"), "{text}");
    assert_eq!(plan(&created, verbose()).matches("\n+ ").count(), 3);
}

#[test]
fn nothing_is_shortened_and_every_line_told_where_all_is_asked_for() {
    let mut created = model_attributes("shed");
    created[0].source = place("rekon.toml", 13);
    let role = |name: &str| json!(format!("arn:aws:iam::111122223333:role/{name}"));
    let both = PlanBuilder::new()
        .change("shed", &[Action::Create], None, created, &[])
        .change(
            "hall",
            &[Action::Replace],
            None,
            vec![forced("role_arn", role("A"), role("B"))],
            &[],
        )
        .build();
    let text = plan(&both, verbose());
    assert!(
        text.contains("arn:aws:iam::111122223333:role/A → arn:aws:iam::111122223333:role/B"),
        "{text}"
    );
    assert!(
        text.contains("arn:aws:iam::111122223333:role/RekognitionStreams   (rekon.toml:13)\n"),
        "{text}"
    );
    assert!(text.contains("tags.team                                 home-security\n"), "{text}");
}

#[test]
fn two_alike_are_shown_each_and_three_as_one() {
    let two = plan(&fleet(PlanBuilder::new(), 2).build(), Settings::default());
    assert!(two.contains("~ camera-00000 ") && two.contains("~ camera-00001 "), "{two}");
    let three = plan(&fleet(PlanBuilder::new(), 3).build(), Settings::default());
    assert!(three.contains("~ 3 processors ") && !three.contains("~ camera-"), "{three}");
}
