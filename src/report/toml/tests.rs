use serde_json::{Value as Json, json};

use super::*;
use crate::model::TagKnowledge;
use crate::report::samples::{definition, doorbell, stack as sample_stack};

/// Reads a definition whose tags are known.
fn read(json: &Json) -> Definition {
    let mut definition = definition(json);
    definition.tags = TagKnowledge::Confirmed;
    definition
}

/// Parses the text with the `toml` crate and gives back the processor's table.
fn parse(text: &str, name: &str) -> Json {
    let document: ::toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    serde_json::to_value(&document["processor"][name]).expect("TOML without dates is JSON")
}

fn face() -> Json {
    json!({
        "role_arn": "arn:aws:iam::111122223333:role/RekognitionFaces",
        "input": {"kinesis_video_stream": {"arn": "arn:aws:kinesisvideo:us-east-1:111122223333:stream/lobby/1"}},
        "output": {"kinesis_data_stream": {"arn": "arn:aws:kinesis:us-east-1:111122223333:stream/AmazonRekognitionLobby"}},
        "settings": {"face_search": {"collection_id": "staff", "face_match_threshold": 92.5}},
        "desired_status": "running",
    })
}

#[test]
fn a_definition_has_one_spelling_in_the_order_of_the_documentation() {
    insta::assert_snapshot!(processor("front-door", &read(&doorbell())), @r#"
    [processor.front-door]
    role_arn = "arn:aws:iam::111122223333:role/RekognitionStreams"
    input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/front-door/1574421418636"
    output.s3_destination = { bucket = "doorbell-results", key_prefix = "front-door/" }
    settings.connected_home = { labels = ["PERSON", "PET"], min_confidence = 80 }
    notification_channel.sns_topic_arn = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
    data_sharing_preference.opt_in = true
    regions_of_interest = [
      { bounding_box = { left = 0.0, top = 0.0, width = 0.25, height = 0.5 } },
      { polygon = [[0.0, 1.0], [0.1, 0.55], [0.9, 0.55], [1.0, 1.0]] },
    ]
    tags = { team = "home-security" }
    "#);
    insta::assert_snapshot!(processor("lobby", &read(&face())), @r#"
    [processor.lobby]
    role_arn = "arn:aws:iam::111122223333:role/RekognitionFaces"
    input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/lobby/1"
    output.kinesis_data_stream.arn = "arn:aws:kinesis:us-east-1:111122223333:stream/AmazonRekognitionLobby"
    settings.face_search = { collection_id = "staff", face_match_threshold = 92.5 }
    desired_status = "running"
    "#);
    insta::assert_snapshot!(stack(&sample_stack()), @r#"
    [stack]
    name = "doorbells"
    account_id = "111122223333"
    region = "us-east-1"
    "#);
}

#[test]
fn what_is_written_reads_back_as_the_same_definition() {
    let mut odd = doorbell();
    odd["tags"] =
        json!({"a.b": "quote \" backslash \\ tab \t", "": "\u{1b}\u{202e}\u{e0041}", "ü": "é"});
    odd["settings"]["connected_home"]["min_confidence"] = json!(80.1);
    odd["regions_of_interest"] = json!([{"bounding_box":
        {"left": 1e-7, "top": 0.1, "width": 0.333_333_34, "height": 0.7}}]);
    let mut bare = doorbell();
    for path in ["regions_of_interest", "data_sharing_preference", "tags", "notification_channel"] {
        bare.as_object_mut().expect("an object").remove(path);
    }
    bare["output"] = json!({"s3_destination": {}});
    for (name, definition) in
        [("front-door", doorbell()), ("front.door", odd), ("a", bare), ("lobby", face())]
    {
        let before = read(&definition);
        let text = processor(name, &before);
        assert_eq!(read(&parse(&text, name)), before, "{text}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"));
        assert!(text.chars().all(|character| character == '\n' || !is_unsafe(character)));
    }
}

#[test]
fn names_and_keys_are_quoted_only_when_they_must_be() {
    let text = processor("front.door", &read(&doorbell()));
    assert!(text.starts_with("[processor.\"front.door\"]\n"));
    assert_eq!(
        assignment(&Attribute::Tag("cost:center".into()), &Value::text("7")),
        "tags.\"cost:center\" = \"7\""
    );
    assert_eq!(
        assignment(&Attribute::KmsKeyId, &Value::text("alias/a")),
        "kms_key_id = \"alias/a\""
    );
}

#[test]
fn many_tags_get_a_line_each() {
    let mut definition = doorbell();
    definition["tags"] = json!({"a": "x".repeat(60), "b": "y".repeat(60)});
    let text = processor("a", &read(&definition));
    assert!(text.contains("\ntags.a = \"xxx") && text.contains("\ntags.b = \"yyy"), "{text}");
    assert_eq!(read(&parse(&text, "a")), read(&definition));
}

#[test]
fn tags_that_no_file_may_declare_are_comments() {
    let mut definition = doorbell();
    definition["tags"]["aws:cloudformation:stack-id"] = json!("x");
    definition["tags"]["rekon:stack"] = json!("doorbells");
    let text = processor("a", &read(&definition));
    assert!(text.contains("\n# tags.\"aws:cloudformation:stack-id\" = \"x\"\n"), "{text}");
    assert!(text.contains("\n# tags.\"rekon:stack\" = \"doorbells\"\n"), "{text}");
    assert_eq!(parse(&text, "a")["tags"], json!({"team": "home-security"}));
}

#[test]
fn what_is_reserved_in_files_is_written_as_an_escape() {
    let mut definition = doorbell();
    definition["output"]["s3_destination"]["key_prefix"] = json!("$${a}/${b}$/{c}");
    definition["tags"] = json!({"${k}": "v${", "$": "$"});
    let text = processor("${name}", &read(&definition));
    assert!(!text.contains("${"), "{text}");
    assert!(text.contains(r#"key_prefix = "$\u0024{a}/\u0024{b}$/{c}""#), "{text}");
    assert!(text.contains(r#""$" = "$""#), "{text}");
    assert_eq!(read(&parse(&text, "${name}")), read(&definition));
}
