//! A plan as a unified diff: the canonical TOML of what lives, against that of
//! what is declared.
//!
//! The output is what `patch` and review tools read: a pair of headers for each
//! processor, `/dev/null` on the side where it does not exist. It needs nothing
//! but the plan, so a saved one can be shown this way too.

use similar::{ChangeTag, TextDiff};

use super::layout::Line;
use super::palette::Meaning;
use super::{Settings, toml};
use crate::model::Definition;
use crate::plan::{Change, EditedFile, Plan};

/// Lines of context around a difference.
const CONTEXT: usize = 3;

/// Draws every change of a plan whose definition differs; empty if none does.
pub fn plan(plan: &Plan, settings: Settings) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        let sides = if plan.base.is_some() { ["before", "after"] } else { ["live", "declared"] };
        one(&mut out, change, sides, settings);
    }
    out
}

fn one(out: &mut String, change: &Change, sides: [&str; 2], settings: Settings) {
    let Change { name, expect, result, .. } = change;
    let text = |side: &Option<Definition>| {
        let Some(mut definition) = side.clone() else { return String::new() };
        // No file declares rekon's marks.
        definition.retain(|attribute| attribute.tag().is_none_or(|key| !key.starts_with("rekon:")));
        toml::processor(name, &definition)
    };
    let header = |side: &Option<Definition>, folder: &str| match side {
        Some(_) => format!("{folder}/{name}"),
        None => "/dev/null".to_owned(),
    };
    let (before, after) = (text(expect), text(result));
    let headers = [header(expect, sides[0]), header(result, sides[1])];
    hunks(out, headers, [&before, &after], settings);
}

/// Draws what changes in files.
pub fn files(files: &[EditedFile], settings: Settings) -> String {
    let mut out = String::new();
    for EditedFile { path, before, after } in files {
        hunks(&mut out, [path.clone(), path.clone()], [before, after], settings);
    }
    out
}

/// Draws what differs between two texts, under the names of both.
fn hunks(out: &mut String, names: [String; 2], texts: [&str; 2], settings: Settings) {
    let diff = TextDiff::from_lines(texts[0], texts[1]);
    let mut line = |meaning, text: &str| Line::new(settings).push(meaning, text).finish(out);
    for (at, hunk) in diff.unified_diff().context_radius(CONTEXT).iter_hunks().enumerate() {
        if at == 0 {
            line(Meaning::Strong, &format!("--- {}", names[0]));
            line(Meaning::Strong, &format!("+++ {}", names[1]));
        }
        line(Meaning::Note, &hunk.header().to_string());
        for row in hunk.iter_changes() {
            let meaning = match row.tag() {
                ChangeTag::Equal => Meaning::Plain,
                ChangeTag::Delete => Meaning::Before,
                ChangeTag::Insert => Meaning::After,
            };
            line(meaning, &format!("{}{}", row.tag(), row.value().trim_end_matches(['\r', '\n'])));
            if row.missing_newline() {
                line(Meaning::Faint, "\\ No newline at end of file");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::{Action, Effect};
    use crate::report::samples::{PlanBuilder, attribute, model_attributes, sample, verbose};

    #[test]
    fn each_processor_is_compared_with_what_is_declared() {
        let plan = PlanBuilder::new()
            .change(
                "front-door",
                &[Action::Update],
                None,
                vec![
                    attribute(
                        "settings.connected_home.labels",
                        json!(["PERSON", "PET"]),
                        json!(["PACKAGE", "PERSON"]),
                    ),
                    attribute("data_sharing_preference.opt_in", json!(true), Value::Null),
                    attribute("tags.site", Value::Null, json!("depot\u{1b}[2J")),
                ],
                &[],
            )
            .build();
        insta::assert_snapshot!(super::plan(&plan, Settings::default()), @r#"
    --- live/front-door
    +++ declared/front-door
    @@ -2,11 +2,10 @@
     role_arn = "arn:aws:iam::111122223333:role/RekognitionStreams"
     input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/front-door/1574421418636"
     output.s3_destination = { bucket = "doorbell-results", key_prefix = "front-door/" }
    -settings.connected_home = { labels = ["PERSON", "PET"], min_confidence = 80 }
    +settings.connected_home = { labels = ["PACKAGE", "PERSON"], min_confidence = 80 }
     notification_channel.sns_topic_arn = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
    -data_sharing_preference.opt_in = true
     regions_of_interest = [
       { bounding_box = { left = 0.0, top = 0.0, width = 0.25, height = 0.5 } },
       { polygon = [[0.0, 1.0], [0.1, 0.55], [0.9, 0.55], [1.0, 1.0]] },
     ]
    -tags = { team = "home-security" }
    +tags = { site = "depot\u001B[2J", team = "home-security" }
    "#);
    }

    #[test]
    fn what_comes_and_what_goes_is_compared_with_nothing() {
        let mut gone = model_attributes("old");
        for change in &mut gone {
            std::mem::swap(&mut change.before, &mut change.after);
            change.effect = Effect::Delete;
        }
        let plan = PlanBuilder::new()
            .change("old", &[Action::Delete], None, gone, &[])
            .change("new", &[Action::Create], None, model_attributes("new"), &[])
            .build();
        insta::assert_snapshot!(super::plan(&plan, Settings::default()), @r#"
    --- live/old
    +++ /dev/null
    @@ -1,12 +0,0 @@
    -[processor.old]
    -role_arn = "arn:aws:iam::111122223333:role/RekognitionStreams"
    -input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/front-door/1574421418636"
    -output.s3_destination = { bucket = "doorbell-results", key_prefix = "front-door/" }
    -settings.connected_home = { labels = ["PERSON", "PET"], min_confidence = 80 }
    -notification_channel.sns_topic_arn = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
    -data_sharing_preference.opt_in = true
    -regions_of_interest = [
    -  { bounding_box = { left = 0.0, top = 0.0, width = 0.25, height = 0.5 } },
    -  { polygon = [[0.0, 1.0], [0.1, 0.55], [0.9, 0.55], [1.0, 1.0]] },
    -]
    -tags = { team = "home-security" }
    --- /dev/null
    +++ declared/new
    @@ -0,0 +1,12 @@
    +[processor.new]
    +role_arn = "arn:aws:iam::111122223333:role/RekognitionStreams"
    +input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/new/1574421418636"
    +output.s3_destination = { bucket = "doorbell-results", key_prefix = "front-door/" }
    +settings.connected_home = { labels = ["PERSON", "PET"], min_confidence = 80 }
    +notification_channel.sns_topic_arn = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
    +data_sharing_preference.opt_in = true
    +regions_of_interest = [
    +  { bounding_box = { left = 0.0, top = 0.0, width = 0.25, height = 0.5 } },
    +  { polygon = [[0.0, 1.0], [0.1, 0.55], [0.9, 0.55], [1.0, 1.0]] },
    +]
    +tags = { team = "home-security" }
    "#);
    }

    #[test]
    fn what_does_not_change_a_definition_does_not_appear() {
        let plan = PlanBuilder::new().change("a", &[Action::Record], None, vec![], &[]).build();
        assert_eq!(super::plan(&plan, Settings::default()), "");
        assert_eq!(super::plan(&PlanBuilder::new().build(), Settings::default()), "");
    }

    #[test]
    fn colour_adds_styles_and_nothing_else() {
        let colored = super::plan(&sample(), Settings { color: true, ..verbose() });
        assert!(colored.contains("\u{1b}[31m-"));
        assert_eq!(
            anstream::adapter::strip_str(&colored).to_string(),
            super::plan(&sample(), verbose())
        );
    }
}
