//! CloudFormation templates, written a second time: random fleets as JSON and as YAML,
//! with intrinsics in both forms, and what cannot be resolved.

use std::collections::BTreeMap;

use rekon::import::{Foreign, Whereabouts, cloudformation};
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

/// A text, plainly or as an intrinsic that comes to it.
fn text(text: &str, dice: &mut Dice) -> Value {
    let around =
        |text: &str| text.replace(ACCOUNT, "${AWS::AccountId}").replace(REGION, "${AWS::Region}");
    match dice.below(8) {
        0 => json!({"Fn::Sub": around(text)}),
        1 => {
            let sub = around(text).replacen("arn:aws:", "arn:${partition}:", 1);
            json!({"Fn::Sub": [sub, {"partition": {"Ref": "AWS::Partition"}}]})
        }
        2 => {
            let parts: Vec<Value> = text
                .split(':')
                .map(|part| match part {
                    ACCOUNT => json!({"Ref": "AWS::AccountId"}),
                    REGION => json!({"Ref": "AWS::Region"}),
                    part => json!(part),
                })
                .collect();
            json!({"Fn::Join": [":", parts]})
        }
        3 => json!({"Fn::If": ["Yes", text, {"Ref": "Other"}]}),
        4 => json!({"Fn::Select": ["1", {"Fn::Split": ["|", format!("x|{text}|y")]}]}),
        _ => json!(text),
    }
}

fn properties(name: &str, camera: &Camera, dice: &mut Dice) -> Value {
    let number = |text: &str, dice: &mut Dice| match dice.below(3) {
        0 => json!(text),
        1 => json!(f64::from(text.parse::<f32>().unwrap())),
        _ => json!(text.parse::<f64>().unwrap()),
    };
    let mut all = json!({
        "Name": text(name, dice),
        "RoleArn": text(&role(camera.role), dice),
        "KinesisVideoStream": {"Arn": text(&video(camera.video), dice)},
    });
    match &camera.kind {
        Kind::Home { labels: _, confidence, bucket, prefix, kms } => {
            all["ConnectedHomeSettings"] = json!({"Labels": camera.labels()});
            if let Some(confidence) = confidence {
                let confidence = number(CONFIDENCES[usize::from(*confidence)], dice);
                all["ConnectedHomeSettings"]["MinConfidence"] = confidence;
            }
            all["S3Destination"] = json!({"BucketName": text(&format!("results-{bucket}"), dice)});
            if let Some(prefix) = prefix {
                all["S3Destination"]["ObjectKeyPrefix"] = text(&format!("camera/{prefix}/"), dice);
            } else if dice.once_in(2) {
                all["S3Destination"]["ObjectKeyPrefix"] = json!({"Ref": "AWS::NoValue"});
            }
            if let Some(kms) = kms {
                all["KmsKeyId"] = text(&kms.spelled(), dice);
            }
        }
        Kind::Face { data: stream, collection, threshold } => {
            all["FaceSearchSettings"] = json!({"CollectionId": format!("people-{collection}")});
            if let Some(threshold) = threshold {
                let threshold = number(THRESHOLDS[usize::from(*threshold)], dice);
                all["FaceSearchSettings"]["FaceMatchThreshold"] = threshold;
            }
            all["KinesisDataStream"] = json!({"Arn": text(&data(*stream), dice)});
        }
    }
    if let Some(channel) = camera.topic {
        all["NotificationChannel"] = json!({"Arn": text(&topic(channel), dice)});
    }
    match camera.sharing {
        Sharing::Unsaid => {}
        Sharing::Off => all["DataSharingPreference"] = json!({"OptIn": false}),
        Sharing::On => all["DataSharingPreference"] = json!({"OptIn": "true"}),
    }
    let (mut boxes, mut polygons) = (Vec::new(), Vec::new());
    for region in &camera.regions {
        match region.shape() {
            Shape::Box([left, top, width, height]) => boxes.push(json!({
                "Left": number(left, dice), "Top": number(top, dice),
                "Width": number(width, dice), "Height": number(height, dice),
            })),
            Shape::Polygon(_) => polygons.push(
                region
                    .points()
                    .iter()
                    .map(|(x, y)| json!({"X": number(x, dice), "Y": number(y, dice)}))
                    .collect::<Value>(),
            ),
        }
    }
    if !boxes.is_empty() || dice.once_in(2) {
        all["BoundingBoxRegionsOfInterest"] = json!(boxes);
    }
    if !polygons.is_empty() || dice.once_in(2) {
        all["PolygonRegionsOfInterest"] = json!(polygons);
    }
    if !camera.tags.is_empty() || dice.once_in(2) {
        let tags = camera.tags_spelled().into_iter();
        let tags = tags.map(|(key, value)| json!({"Key": key, "Value": text(value, dice)}));
        all["Tags"] = tags.collect();
    }
    all
}

/// A world as a template; some resources hang on conditions.
fn template(world: &World, dice: &mut Dice) -> Value {
    let mut resources = json!({
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "${Unknown}"}}},
        "Absent": {
            "Type": "AWS::Rekognition::StreamProcessor", "Condition": "No",
            "Properties": {"Name": {"Fn::ImportValue": "x"}},
        },
    });
    for (at, (index, lived)) in world.live.iter().enumerate() {
        let mut resource = json!({
            "Type": "AWS::Rekognition::StreamProcessor",
            "DeletionPolicy": "Retain",
            "Properties": properties(World::name(*index), &lived.camera, dice),
        });
        if dice.once_in(3) {
            resource["Condition"] = json!("Yes");
        }
        resources[format!("Camera{at}")] = resource;
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Cameras: \"of\" all sorts # not a comment",
        "Parameters": {
            "Stage": {"Type": "String", "Default": "prod"},
            "Other": {"Type": "String"},
        },
        "Conditions": {
            "Yes": {"Fn::And": [{"Fn::Equals": [{"Ref": "Stage"}, "prod"]}, {"Fn::Not": [{"Condition": "No"}]}]},
            "No": {"Fn::Or": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, {"Fn::Equals": [1, 2]}]},
        },
        "Resources": resources,
    })
}

/// JSON as YAML in block style, with the short forms of intrinsics where the dice say so.
fn yaml(json: &Value, indent: usize, dice: &mut Dice) -> String {
    let pad = "  ".repeat(indent);
    let scalar = |value: &Value| match value {
        Value::String(text) => format!("{}", json!(text)),
        other => other.to_string(),
    };
    match json {
        Value::Object(members) if members.is_empty() => " {}\n".to_owned(),
        Value::Array(items) if items.is_empty() => " []\n".to_owned(),
        Value::Object(members) => {
            if let [(key, inner)] = members.iter().collect::<Vec<_>>()[..]
                && (key == "Ref" || key == "Condition" || key.starts_with("Fn::"))
                && dice.once_in(2)
            {
                let tag = key.trim_start_matches("Fn::");
                // One short form may not stand directly behind another.
                let is_nested = inner.as_object().is_some_and(|inner| inner.len() == 1);
                if !is_nested {
                    return format!(" !{tag}{}", yaml(inner, indent, dice));
                }
            }
            let mut text = "\n".to_owned();
            for (key, value) in members {
                let key = if key.contains(':') { format!("'{key}'") } else { key.clone() };
                text.push_str(&format!("{pad}{key}:{}", yaml(value, indent + 1, dice)));
            }
            text
        }
        Value::Array(items) => {
            let mut text = "\n".to_owned();
            for item in items {
                text.push_str(&format!("{pad}-{}", yaml(item, indent + 1, dice)));
            }
            text
        }
        Value::String(text)
            if dice.once_in(2)
                && !text.is_empty()
                && text
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "/.".contains(letter))
                && !text.starts_with('.') =>
        {
            format!(" {text}\n")
        }
        other => format!(" {}\n", scalar(other)),
    }
}

fn known() -> Whereabouts {
    Whereabouts { account_id: Some(ACCOUNT.into()), region: Some(REGION.into()) }
}

fn read(text: &str) -> Foreign {
    cloudformation(&[("fleet.yaml".to_owned(), text.to_owned())], &BTreeMap::new(), &known())
}

/// What is wrong: code, message, the text that is pointed at, and help.
fn complaints(foreign: &Foreign) -> Vec<String> {
    let all = foreign.about(|_| true).into_iter();
    all.map(|one| {
        let label = &one.labels[0];
        let text = &foreign.sources.get(label.span.source).text[label.span.range()];
        format!(
            "{} {}: {} | {text} | {}",
            foreign.sources.locate(label.span).line,
            one.code.as_str(),
            one.message,
            one.help.unwrap_or_default()
        )
    })
    .collect()
}

#[test]
fn whatever_a_template_says_is_no_change_after_its_import() {
    for_worlds(150, |world, seed| {
        let mut dice = Dice::new(seed);
        let live: Live = paused(async { super::read(&world.snapshot()) });
        let template = template(world, &mut dice);
        let texts = [
            template.to_string(),
            format!("{template:#}"),
            format!("{template:#}").replace("  ", "\t"),
            format!("---\n# a comment\n{}", yaml(&template, 0, &mut dice).trim_start()),
        ];
        let one = read(&texts[0]).inventory;
        for text in texts {
            let foreign = read(&text);
            if !foreign.complaints.is_empty() {
                return Err(format!("{:#?}\n{text}", complaints(&foreign)));
            }
            if foreign.inventory != one {
                return Err(format!("{:#?}\n{one:#?}\n{text}", foreign.inventory));
            }
        }
        round_trip(&one, &live, &mut dice)
    });
}

/// Around one processor, whose lines are given.
fn around(lines: &str) -> String {
    format!(
        "Description: x\nParameters:\n  Prefix: {{Type: String}}\n  Secret: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}\n  \
         Labels: {{Type: CommaDelimitedList, Default: 'PET, PERSON'}}\nMappings:\n  ByRegion:\n    us-east-1: {{bucket: results}}\n\
         Resources:\n  Door:\n    Type: AWS::Rekognition::StreamProcessor\n    Properties:\n      Name: door\n{lines}"
    )
}

const ROLE: &str = "      RoleArn: !Sub 'arn:aws:iam::${AWS::AccountId}:role/R'\n";
const VIDEO: &str =
    "      KinesisVideoStream: {Arn: 'arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1'}\n";
const HOME: &str = "      ConnectedHomeSettings: {Labels: !Ref Labels}\n      S3Destination: {BucketName: !FindInMap [ByRegion, !Ref AWS::Region, bucket]}\n";

#[test]
fn lists_and_mappings_come_to_what_the_template_says() {
    let foreign = read(&around(&format!("{ROLE}{VIDEO}{HOME}")));
    assert_eq!(complaints(&foreign), Vec::<String>::new());
    let found = &foreign.inventory.processors["door"].definition;
    let json = found.to_json(rekon::model::Dialect::Toml);
    assert_eq!(json["settings"]["connected_home"]["labels"], json!(["PERSON", "PET"]));
    assert_eq!(json["output"]["s3_destination"]["bucket"], "results");
    assert_eq!(json["role_arn"], "arn:aws:iam::111122223333:role/R");
}

#[test]
fn what_only_aws_knows_is_told_with_resource_property_and_intrinsic() {
    let told = |lines: &str| complaints(&read(&around(&format!("{VIDEO}{HOME}{lines}"))));
    let service = "write the value in its place, or import from the service itself";
    assert_eq!(
        told("      RoleArn: !GetAtt Role.Arn\n      KmsKeyId: !ImportValue shared-key\n"),
        [
            format!(
                "17 unresolved-value: `Door`: `RoleArn` is `Fn::GetAtt` of `Role.Arn`, which only AWS knows | !GetAtt Role.Arn | {service}"
            ),
            format!(
                "18 unresolved-value: `Door`: `KmsKeyId` is `Fn::ImportValue` of `shared-key`, which only AWS knows | !ImportValue shared-key | {service}"
            ),
        ]
    );
    assert_eq!(
        told("      RoleArn: {'Fn::GetAtt': [Role, Arn]}\n"),
        [format!(
            "17 unresolved-value: `Door`: `RoleArn` is `Fn::GetAtt` of `Role.Arn`, which only AWS knows | {{'Fn::GetAtt': [Role, Arn]}} | {service}"
        )]
    );
    assert_eq!(
        told("      RoleArn: !Sub '${Role.Arn}'\n      KmsKeyId: '{{resolve:ssm:key:1}}'\n"),
        [
            format!(
                "17 unresolved-value: `Door`: `RoleArn` takes `Role.Arn`, which only AWS knows | !Sub '${{Role.Arn}}' | {service}"
            ),
            format!(
                "18 unresolved-value: `Door`: `KmsKeyId` is the dynamic reference `{{{{resolve:ssm:key:1}}}}`, which only AWS knows | '{{{{resolve:ssm:key:1}}}}' | {service}"
            ),
        ]
    );
    assert_eq!(
        told("      RoleArn: !Ref Prefix\n      KmsKeyId: !Ref Secret\n      NotificationChannel: {Arn: !Ref Topic}\n"),
        [
            "17 unresolved-value: `Door`: `RoleArn` takes the parameter `Prefix`, which has no default | !Ref Prefix | say it: --parameter NAME=VALUE".to_owned(),
            "18 unresolved-value: `Door`: `KmsKeyId` takes the parameter `Secret`, whose value is in Parameter Store | !Ref Secret | say it: --parameter NAME=VALUE".to_owned(),
            format!("19 unresolved-value: `Door`: `NotificationChannel.Arn` takes `Topic`, a resource of which only AWS knows the rest | !Ref Topic | {service}"),
        ]
    );
    let parameters =
        BTreeMap::from([("Prefix".to_owned(), "arn:aws:iam::111122223333:role/P".to_owned())]);
    let text = around(&format!("{VIDEO}{HOME}      RoleArn: !Ref Prefix\n"));
    let foreign = cloudformation(&[("x".to_owned(), text.clone())], &parameters, &known());
    assert!(foreign.complaints.is_empty(), "{:#?}", complaints(&foreign));

    let nowhere = Whereabouts::default();
    let foreign = cloudformation(
        &[("x".to_owned(), around(&format!("{ROLE}{VIDEO}{HOME}")))],
        &BTreeMap::new(),
        &nowhere,
    );
    let told = complaints(&foreign);
    assert!(told[0].ends_with("| say it: --account ACCOUNT_ID"), "{told:#?}");
    assert!(told[1].contains("`AWS::Region`, and the region is not known"), "{told:#?}");
    assert_eq!(foreign.about(|name| name != "door"), []);
}

#[test]
fn what_is_wrong_with_a_template_points_at_its_place() {
    let told = |text: &str| complaints(&read(text));
    let lines = |lines: &str| told(&around(&format!("{ROLE}{VIDEO}{HOME}{lines}")));
    assert_eq!(
        lines(
            "      Novelty: 3\n      DataSharingPreference: {OptIn: maybe}\n      Tags: {a: b}\n"
        ),
        [
            "18 foreign-value: `Door`: `Novelty` is no property that rekon knows | Novelty | ",
            "19 foreign-value: `Door`: `DataSharingPreference.OptIn` must be true or false | maybe | ",
            "20 foreign-value: `Door`: `Tags` must be a list | {a: b} | ",
        ]
    );
    assert_eq!(
        lines(
            "      BoundingBoxRegionsOfInterest: [{Left: 0, Top: 0, Width: x, Height: 1}]\n      PolygonRegionsOfInterest: [[{X: 1}]]\n"
        ),
        [
            "18 foreign-value: `Door`: `BoundingBoxRegionsOfInterest` must be a number | x | ",
            "19 foreign-value: `Door`: `PolygonRegionsOfInterest` needs X, Y | {X: 1} | ",
        ]
    );
    assert_eq!(
        told(&around(&format!("{VIDEO}{HOME}"))),
        ["10 foreign-value: `Door`: `RoleArn` is missing | Door | "]
    );
    assert_eq!(
        told(&around(&format!("{ROLE}{VIDEO}"))),
        [
            "10 foreign-value: `Door`: `ConnectedHomeSettings` or `FaceSearchSettings` is missing | Door | "
        ]
    );
    let unnamed = around(&format!("{ROLE}{VIDEO}{HOME}")).replace("      Name: door\n", "");
    assert_eq!(
        told(&unnamed),
        ["10 foreign-value: `Door`: `Name` is missing, and CloudFormation makes one up | Door | "]
    );
    assert_eq!(
        told("Resources:\n  'Fn::ForEach::Doors': [Id, [A], {}]\n"),
        [
            "2 unresolved-value: `Fn::ForEach::Doors` makes resources that only AWS knows | 'Fn::ForEach::Doors' | import the template as AWS processed it"
        ]
    );
    for (text, words) in [
        ("", "it is empty"),
        ("Parameters: {}", "it has no `Resources`"),
        ("a: [", "neither YAML nor JSON"),
        ("a: 1\na: 2", "the key `a` is written twice"),
        ("a: 1\n---\nb: 1", "more than one document"),
        ("a: &x [*x]", "neither YAML nor JSON"),
    ] {
        let told = told(text);
        assert!(told.len() == 1 && told[0].contains(words), "{text}: {told:#?}");
    }
}

#[test]
fn a_template_cannot_make_rekon_run_away() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let list = vec![format!("*a{}", at - 1); 10].join(", ");
        bomb.push_str(&format!("a{at}: &a{at} [{list}]\n"));
    }
    assert!(complaints(&read(&bomb))[0].contains("it is too large"));
    let deep = format!("Resources: {}1{}", "{a: ".repeat(200), "}".repeat(200));
    assert_eq!(complaints(&read(&deep)), Vec::<String>::new());
    let deeper = format!("Resources: {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(complaints(&read(&deeper)).len(), 1);
    let sub = format!("{}x{}", "!Join ['', [".repeat(100), "]]".repeat(100));
    let nested = complaints(&read(&around(&format!("{VIDEO}{HOME}      RoleArn: {sub}\n"))));
    assert!(nested[0].contains("is nested beyond reason"), "{nested:#?}");
    let circle = "Conditions: {A: !Not [!Condition A]}\nResources:\n  D: {Type: 'AWS::Rekognition::StreamProcessor', Condition: A}\n";
    assert!(complaints(&read(circle))[0].contains("nested beyond reason"));
}

#[test]
fn json_that_yaml_writes_otherwise_is_read_too() {
    let text = "{\"Resources\": {\"D\": {\"Type\": \"AWS::Rekognition::StreamProcessor\", \"Properties\": {\"Name\": \"\\ud83d\\ude00\"}}}}";
    let told = complaints(&read(text));
    assert!(told[0].contains("`D`: `Name` is \"😀\": a name is 1 to 128"), "{told:#?}");
}

#[test]
fn the_program_imports_templates_and_draws_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let one = file("one.yaml", &around(&format!("{ROLE}{VIDEO}{HOME}")));
    let new = folder.path().join("new").display().to_string();
    let nested = file(
        "two.json",
        r#"{"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {}}}}"#,
    );
    let args = ["import", &new, "--cloudformation", &one, "--cloudformation", &nested];
    let place = ["--account", ACCOUNT, "--region", REGION];
    let import = run(&[&args[..], &place].concat());
    assert_eq!(import.code, 0, "{}", import.stderr);
    assert!(import.stderr.contains("has nested stacks, which are not looked into: Inner"));
    assert_eq!(run(&["validate", &new]).code, 0);

    let wrong =
        file("wrong.yaml", &around(&format!("{VIDEO}{HOME}      RoleArn: !GetAtt Role.Arn\n")));
    let other = folder.path().join("other").display().to_string();
    let args = ["import", &other, "--cloudformation", &wrong];
    let drawn = run(&[&args[..], &place].concat());
    assert_eq!(drawn.code, 1);
    for words in
        ["error[unresolved-value]", "wrong.yaml:17:16", "17 │       RoleArn: !GetAtt Role.Arn"]
    {
        assert!(drawn.stderr.contains(words), "{words}: {}", drawn.stderr);
    }
    // What is not meant does not matter, and neither does it if the rest is.
    let none = run(&[&args[..], &place, &["--exclude", "door"]].concat());
    assert!(
        none.code == 1 && none.stderr.contains("matches no stream processor"),
        "{}",
        none.stderr
    );
    let both = ["import", &other, "d*", "--cloudformation", &wrong, "--cloudformation", &one];
    let both = run(&[&both[..], &place].concat());
    assert!(both.code == 1 && both.stderr.contains("unresolved-value"), "{}", both.stderr);
    let parameter = run(&[&args[..], &["--parameter", "x"]].concat());
    assert!(parameter.stderr.contains("must be NAME=VALUE"), "{}", parameter.stderr);
}
