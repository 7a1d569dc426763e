//! Differences that an update closes: each member's one minimal request, several
//! in one call, and what means the same and so is no difference.

use serde_json::{Value, json};

use super::world::{CONFIDENCE, LABELS, camera};

fn update(members: Value) -> Vec<(&'static str, Value)> {
    let mut request = json!({"Name": "a"});
    for (member, value) in members.as_object().unwrap() {
        request[member] = value.clone();
    }
    vec![("UpdateStreamProcessor", request)]
}

#[test]
fn each_member_of_an_update_has_its_one_minimal_request() {
    assert_eq!(
        camera().declare("a", LABELS, json!(["PET"])).calls(),
        update(json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": ["PET"]}}}))
    );
    assert_eq!(
        camera().declare("a", CONFIDENCE, json!(60.5)).calls(),
        update(json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": 60.5}}}))
    );
    assert_eq!(
        camera().declare("a", CONFIDENCE, Value::Null).calls(),
        update(json!({"ParametersToDelete": ["ConnectedHomeMinConfidence"]}))
    );
    let one = json!([{"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}}]);
    assert_eq!(
        camera().declare("a", "regions_of_interest", one).calls(),
        update(json!({"RegionsOfInterestForUpdate": [
            {"BoundingBox": {"Left": 0, "Top": 0, "Width": 0.25, "Height": 0.5}}
        ]}))
    );
    assert_eq!(
        camera().declare("a", "regions_of_interest", Value::Null).calls(),
        update(json!({"ParametersToDelete": ["RegionsOfInterest"]}))
    );
    assert_eq!(
        camera().declare("a", "data_sharing_preference.opt_in", json!(true)).calls(),
        update(json!({"DataSharingPreferenceForUpdate": {"OptIn": true}}))
    );
}

#[test]
fn several_changes_share_one_update() {
    let world = camera()
        .declare("a", LABELS, json!(["PET"]))
        .declare("a", CONFIDENCE, Value::Null)
        .declare("a", "regions_of_interest", Value::Null)
        .declare("a", "data_sharing_preference.opt_in", json!(true));
    assert_eq!(
        world.calls(),
        update(json!({
            "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": ["PET"]}},
            "ParametersToDelete": ["ConnectedHomeMinConfidence", "RegionsOfInterest"],
            "DataSharingPreferenceForUpdate": {"OptIn": true},
        }))
    );
}

#[test]
fn what_means_the_same_is_no_difference() {
    let rotated = json!([
        {"polygon": [[1, 1], [1, 0], [0, 0]]},
        {"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}},
    ]);
    let same = [
        camera().declare("a", "regions_of_interest", rotated),
        camera().move_live("a", CONFIDENCE, json!(80.099_998_474_121_1)),
        camera().move_live("a", "data_sharing_preference.opt_in", json!(false)),
        camera().declare("a", CONFIDENCE, Value::Null).move_live("a", CONFIDENCE, json!(50)),
        camera().declare("a", CONFIDENCE, Value::Null).move_live("a", CONFIDENCE, Value::Null),
        camera().move_live("a", "kms_key_id", json!("arn:aws:kms:us-east-1:1:key/k")).declare(
            "a",
            "kms_key_id",
            json!("k"),
        ),
        camera().move_live("a", "tags.other", json!("x")),
    ];
    for world in same {
        assert_eq!(world.calls(), []);
    }
}

#[test]
fn a_written_default_confidence_must_be_there() {
    let world =
        camera().declare("a", CONFIDENCE, json!(50)).move_live("a", CONFIDENCE, Value::Null);
    assert_eq!(
        world.calls(),
        update(json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": 50}}}))
    );
}

#[test]
fn an_alias_against_a_key_is_a_warning_and_never_a_difference() {
    let world = camera().declare("a", "kms_key_id", json!("alias/x")).move_live(
        "a",
        "kms_key_id",
        json!("arn:aws:kms:us-east-1:1:key/k"),
    );
    let plan = world.plan();
    assert_eq!(plan.calls, []);
    assert_eq!(plan.diagnostics[0].code, "kms-key-unclear");
}
