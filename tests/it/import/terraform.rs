//! What `terraform show -json` prints, written a second time: random fleets as states
//! and plans, in modules, with `count` and `for_each`.

use rekon::import::{Foreign, Whereabouts, terraform};
use rekon::model::Live;
use serde_json::{Value, json};

use super::fleets::round_trip;
use crate::convergence::for_worlds;
use crate::support::run;
use crate::world::camera::{
    ACCOUNT, CONFIDENCES, REGION, Shape, Sharing, THRESHOLDS, data, role, topic, video,
};
use crate::world::stage::paused;
use crate::world::strategy::World;
use crate::world::{Camera, Dice, Kind};

/// A resource's values, as the provider keeps them: every block a list, what is unset
/// null or an empty list, by the dice.
fn values(name: &str, camera: &Camera, dice: &mut Dice) -> Value {
    let number = |text: &str, dice: &mut Dice| -> Value {
        // A float32 that went through a double, or the number as it was written.
        let narrow: f32 = text.parse().unwrap();
        match dice.once_in(2) {
            true => json!(f64::from(narrow)),
            false => json!(text.parse::<f64>().unwrap()),
        }
    };
    let block = |inner: Value| json!([inner]);
    let regions: Vec<Value> = camera
        .regions
        .iter()
        .map(|region| match region.shape() {
            Shape::Box([left, top, width, height]) => json!({
                "bounding_box": [{
                    "left": number(left, dice), "top": number(top, dice),
                    "width": number(width, dice), "height": number(height, dice),
                }],
                "polygon": [],
            }),
            Shape::Polygon(_) => json!({
                "bounding_box": [],
                "polygon": region.points().iter().map(|(x, y)| json!({"x": number(x, dice), "y": number(y, dice)})).collect::<Value>(),
            }),
        })
        .collect();
    let (output, settings, kms) = match &camera.kind {
        Kind::Home { labels: _, confidence, bucket, prefix, kms } => {
            let confidence = confidence.map(|at| number(CONFIDENCES[usize::from(at)], dice));
            let prefix = prefix.map(|prefix| format!("camera/{prefix}/"));
            (
                json!({
                    "kinesis_data_stream": [],
                    "s3_destination": [{"bucket": format!("results-{bucket}"), "key_prefix": prefix}],
                }),
                json!({
                    "connected_home": [{"labels": camera.labels(), "min_confidence": confidence}],
                    "face_search": [],
                }),
                kms.map(|kms| kms.spelled()),
            )
        }
        Kind::Face { data: stream, collection, threshold } => {
            let threshold = threshold.map_or("80", |at| THRESHOLDS[usize::from(at)]);
            (
                json!({"kinesis_data_stream": [{"arn": data(*stream)}], "s3_destination": []}),
                json!({
                    "connected_home": [],
                    "face_search": [{
                        "collection_id": format!("people-{collection}"),
                        "face_match_threshold": number(threshold, dice),
                    }],
                }),
                None,
            )
        }
    };
    let sharing = match camera.sharing {
        Sharing::Unsaid => json!([]),
        Sharing::Off => json!([{"opt_in": false}]),
        Sharing::On => json!([{"opt_in": true}]),
    };
    let arn = format!("arn:aws:rekognition:{REGION}:{ACCOUNT}:streamprocessor/{name}");
    let tags = camera.tags_spelled();
    json!({
        "arn": arn, "stream_processor_arn": arn, "name": name, "role_arn": role(camera.role),
        "region": REGION, "kms_key_id": kms, "timeouts": null,
        "input": block(json!({"kinesis_video_stream": [{"arn": video(camera.video)}]})),
        "output": block(output),
        "settings": block(settings),
        "notification_channel": match camera.topic {
            Some(channel) => json!([{"sns_topic_arn": topic(channel)}]),
            None if dice.once_in(2) => json!([]),
            None => json!([{"sns_topic_arn": null}]),
        },
        "data_sharing_preference": sharing,
        "regions_of_interest": regions,
        "tags": if tags.is_empty() && dice.once_in(2) { json!(null) } else { json!(tags) },
        "tags_all": tags,
    })
}

/// A resource under an address of one of the three kinds.
fn resource(module: &str, name: &str, values: Value, dice: &mut Dice) -> Value {
    let (label, index) = match dice.below(3) {
        0 => (name.replace('.', "_"), json!(null)),
        1 => ("cameras".to_owned(), json!(name)),
        _ => (name.replace('.', "-"), json!(0)),
    };
    let at = if index.is_null() { String::new() } else { format!("[{index}]") };
    json!({
        "address": format!("{module}aws_rekognition_stream_processor.{label}{at}"),
        "mode": "managed",
        "type": "aws_rekognition_stream_processor",
        "name": label,
        "index": index,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "schema_version": 1,
        "values": values,
        "sensitive_values": {"tags": {}},
    })
}

/// A world as a state or a plan.
fn show(world: &World, dice: &mut Dice) -> Value {
    let (mut root, mut child, mut grandchild) = (Vec::new(), Vec::new(), Vec::new());
    root.push(json!({
        "address": "aws_s3_bucket.results", "mode": "managed", "type": "aws_s3_bucket",
        "name": "results", "values": {"bucket": "results-0"},
    }));
    let mut changes = Vec::new();
    for (index, lived) in &world.live {
        let name = World::name(*index);
        let values = values(name, &lived.camera, dice);
        let (module, list) = match dice.below(3) {
            0 => ("", &mut root),
            1 => ("module.site[\"a\"].", &mut child),
            _ => ("module.site[\"a\"].module.porch.", &mut grandchild),
        };
        let resource = resource(module, name, values, dice);
        changes.push(json!({
            "address": resource["address"],
            "change": {"actions": ["no-op"], "after_unknown": {"settings": [{"connected_home": []}]}},
        }));
        list.push(resource);
    }
    let root_module = json!({
        "resources": root,
        "child_modules": [{
            "address": "module.site[\"a\"]", "resources": child,
            "child_modules": [{"address": "module.site[\"a\"].module.porch", "resources": grandchild}],
        }],
    });
    let values = json!({"outputs": {}, "root_module": root_module});
    match dice.once_in(2) {
        true => json!({"format_version": "1.0", "terraform_version": "1.9.0", "values": values}),
        false => json!({
            "format_version": "1.2", "terraform_version": "1.9.0", "planned_values": values,
            "resource_changes": changes, "prior_state": {"values": {"root_module": {}}},
        }),
    }
}

fn read(json: &Value) -> Foreign {
    terraform("state.json", &json.to_string(), &Whereabouts::default())
}

/// What is wrong, by code and message.
fn complaints(foreign: &Foreign) -> Vec<String> {
    let all = foreign.about(|_| true).into_iter();
    all.map(|one| format!("{}: {}", one.code.as_str(), one.message)).collect()
}

#[test]
fn whatever_terraform_made_is_no_change_after_its_import() {
    for_worlds(150, |world, seed| {
        let mut dice = Dice::new(seed);
        let live: Live = paused(async { super::read(&world.snapshot()) });
        let foreign = read(&show(world, &mut dice));
        if !foreign.complaints.is_empty() {
            return Err(format!("{:#?}", foreign.complaints));
        }
        let place = (foreign.inventory.account_id.as_deref(), foreign.inventory.region.as_deref());
        if place != (Some(ACCOUNT), Some(REGION)) {
            return Err(format!("{place:?}"));
        }
        round_trip(&foreign.inventory, &live, &mut dice)
    });
}

/// One processor's state, with its values otherwise, by JSON pointers.
fn state(members: &[(&str, Value)]) -> Value {
    let world = crate::world::strategy::world_of(1);
    let lived = world.live.values().find(|lived| !lived.camera.is_face()).unwrap();
    let mut dice = Dice::new(0);
    let values = values("a", &lived.camera, &mut dice);
    let mut resource = resource("", "a", values, &mut dice);
    for (pointer, value) in members {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        resource.pointer_mut(parent).unwrap()[member] = value.clone();
    }
    json!({"format_version": "1.0", "values": {"root_module": {"resources": [resource]}}})
}

#[test]
fn older_states_hold_tables_where_newer_ones_hold_lists() {
    let new = read(&state(&[]));
    let mut old = state(&[]);
    let values = &mut old["values"]["root_module"]["resources"][0]["values"];
    for block in ["input", "output", "settings", "data_sharing_preference", "notification_channel"]
    {
        values[block] = values[block].get(0).cloned().unwrap_or_default();
    }
    values["input"]["kinesis_video_stream"] = values["input"]["kinesis_video_stream"][0].take();
    assert_eq!(complaints(&read(&old)), Vec::<String>::new());
    assert_eq!(read(&old).inventory, new.inventory);
}

#[test]
fn default_tags_of_the_provider_are_tags_and_what_nobody_knows_is_remarked() {
    let foreign = read(&state(&[
        ("/values/tags", json!({"a": "b"})),
        ("/values/tags_all", json!({"a": "b", "team": "x"})),
        ("/values/novelty", json!({"level": 3})),
        ("/values/settings/0/connected_home/0/sensitivity", json!(1)),
        ("/values/settings/0/connected_home/0/empty", json!(null)),
    ]));
    let found = foreign.inventory.processors.values().next().unwrap();
    assert_eq!(found.definition.tags().collect::<Vec<_>>(), [("a", "b"), ("team", "x")]);
    assert_eq!(
        found.remarks,
        ["Terraform has attributes that rekon cannot declare: novelty, \
          settings.connected_home.sensitivity"]
    );
}

#[test]
fn what_cannot_be_taken_is_told_by_its_address_all_at_once() {
    let wrong = |members: &[(&str, Value)]| complaints(&read(&state(members)));
    let address = "aws_rekognition_stream_processor.a[0]";
    let value = |what: &str| vec![format!("foreign-value: `{address}`: {what}")];
    assert_eq!(
        wrong(&[("/address", json!(address)), ("/values/name", json!(null))]),
        value("it has no name")
    );
    assert_eq!(
        wrong(&[("/address", json!(address)), ("/values/name", json!("front door!"))]),
        value("\"front door!\": a name is 1 to 128 letters, digits, '_', '.' and '-'")
    );
    assert_eq!(
        wrong(&[("/address", json!(address)), ("/values/input", json!([]))]),
        value("input.kinesis_video_stream.arn is missing")
    );

    // What a plan does not know yet, but for what the service fills in.
    let mut plan = state(&[("/address", json!(address)), ("/values/role_arn", json!(null))]);
    plan["planned_values"] = plan["values"].take();
    plan["resource_changes"] = json!([{"address": address, "change": {"after_unknown": {
        "arn": true, "role_arn": true, "tags": {}, "tags_all": true,
        "input": [{"kinesis_video_stream": [{"arn": true}]}],
        "settings": [{"connected_home": [{"labels": [false], "min_confidence": true}]}],
    }}}]);
    assert_eq!(
        complaints(&read(&plan)),
        [
            format!(
                "unresolved-value: `{address}`: `input.kinesis_video_stream.arn` is known only after the plan is applied"
            ),
            format!(
                "unresolved-value: `{address}`: `role_arn` is known only after the plan is applied"
            ),
        ]
    );
    // It points at the resource, and concerns nobody who does not mean it.
    let foreign = read(&plan);
    assert_eq!(foreign.about(|name| name != "a"), []);
    let place = foreign.sources.locate(foreign.about(|_| true)[0].labels[0].span);
    assert!(place.column > 1, "{place:?}");

    let twice = json!({"format_version": "1.0", "values": {"root_module": {"resources": [
        state(&[])["values"]["root_module"]["resources"][0],
        state(&[("/address", json!("other"))])["values"]["root_module"]["resources"][0],
    ]}}});
    assert!(
        complaints(&read(&twice))[0]
            .starts_with("foreign-value: `other`: a is there twice, first as")
    );
}

#[test]
fn a_file_that_is_something_else_is_told_how_to_make_the_right_one() {
    for text in ["", "{", "[]", r#"{"version": 4, "resources": []}"#] {
        let foreign = terraform("x.tfstate", text, &Whereabouts::default());
        let [one] = foreign.about(|_| true).try_into().unwrap();
        assert_eq!(one.code.as_str(), "foreign-file");
        assert!(one.help.unwrap().contains("terraform show -json"));
    }
    let empty = read(&json!({"format_version": "1.0", "terraform_version": "1.9.0"}));
    assert!(empty.complaints.is_empty() && empty.inventory.processors.is_empty());
}

#[test]
fn of_several_regions_one_has_to_be_meant_and_the_rest_is_counted() {
    let elsewhere = "arn:aws:rekognition:eu-west-1:111122223333:streamprocessor/b";
    let mut both = state(&[]);
    let other = state(&[
        ("/address", json!("b")),
        ("/values/name", json!("b")),
        ("/values/arn", json!(elsewhere)),
        ("/values/region", json!("eu-west-1")),
    ]);
    let other = other["values"]["root_module"]["resources"][0].clone();
    both["values"]["root_module"]["resources"].as_array_mut().unwrap().push(other);
    let told = complaints(&read(&both));
    assert_eq!(told, ["foreign-file: this holds stream processors of eu-west-1 and of us-east-1"]);
    let known = Whereabouts { account_id: None, region: Some("eu-west-1".into()) };
    let foreign = terraform("x", &both.to_string(), &known);
    assert!(foreign.complaints.is_empty());
    assert_eq!(foreign.inventory.processors.len(), 1);
    assert_eq!(
        foreign.inventory.notes,
        ["1 more in that file are of another account or region, and are left out"]
    );
}

#[test]
fn the_program_reads_a_state_from_a_file_and_from_stdin() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    std::fs::write(&file, state(&[]).to_string()).unwrap();
    let new = folder.path().join("new").display().to_string();
    let import = run(&["import", &new, "--terraform", file.to_str().unwrap()]);
    assert_eq!(import.code, 0, "{}", import.stderr);
    assert_eq!(run(&["validate", &new]).code, 0);

    let piped = folder.path().join("piped").display().to_string();
    let mut child = crate::support::rekon(&["import", &piped, "--terraform", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let input = state(&[]).to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let text = |dir: &str| std::fs::read_to_string(format!("{dir}/rekon.toml")).unwrap();
    assert_eq!(text(&piped), text(&new).replace("\"new\"", "\"piped\""));

    std::fs::write(&file, state(&[("/values/role_arn", json!(null))]).to_string()).unwrap();
    let none = folder.path().join("none");
    let args = ["import", none.to_str().unwrap(), "--terraform", file.to_str().unwrap()];
    let wrong = run(&args);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("error[foreign-value]"), "{}", wrong.stderr);
    let json = run(&[&args[..], &["--format", "json"]].concat());
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["diagnostics"][0]["code"], "foreign-value");
    assert!(!none.exists());
}
