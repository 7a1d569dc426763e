//! CreateStreamProcessor.
//!
//! It checks little: a role that cannot be used, a stream or collection that does not exist, a polygon without area are
//! all accepted, and show after a start. What it does check: names and Kinesis streams are used once.

use serde_json::{Value, json};

use super::{Answer, Context, Object, Processor, ServiceError, State};
use crate::emulator::quirks::{UnsetDataSharing, UnsetMinConfidence};
use crate::emulator::rules::{self, Kind};
use crate::emulator::state::{self, StaleTags, Tags};

/// MinConfidence where none is given.
pub(super) const DEFAULT_MIN_CONFIDENCE: f64 = 50.0;
/// FaceMatchThreshold where none or a lower one is given.
const LEAST_FACE_MATCH_THRESHOLD: f64 = 80.0;

pub(super) fn create(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let mut definition = input.clone();
    definition.remove("Name");
    let tags = super::tags::read(definition.remove("Tags").as_ref());
    let name = super::text(input, "Name");
    let options = context.options;

    let kind = rules::definition(&definition)?;
    rules::creation(&definition, kind, state.region(), &options.quirks)?;
    super::tags::check_quota(&tags, options)?;
    if state.name_in_use(name, context.now) {
        return Err(ServiceError::in_use("Stream processor name already in use."));
    }
    if state::streams(&definition).any(|stream| state.stream_in_use(stream)) {
        return Err(ServiceError::in_use("Specified resource is in use."));
    }
    let limit = options.limits.processors;
    if state.processors().len() >= limit {
        let message = format!("Stream processor limit exceeded for account, limit - {limit}.");
        return Err(ServiceError::limit_exceeded(message));
    }

    fill_in(&mut definition, kind, context);
    let mut processor = Processor::new(definition, tags, context.now);
    processor.hidden_until = context.now.after(context.lag.created);
    if !context.lag.tags.is_zero() {
        // A processor of this name that was deleted a moment ago has the same ARN, and its tags may still be listed.
        let departed = state.departed(context.now).find(|(departed, _)| *departed == name);
        let tags = departed.map_or_else(Tags::new, |(_, tags)| tags.clone());
        processor.stale_tags = Some(StaleTags { until: context.now.after(context.lag.tags), tags });
    }
    state.insert(name, processor);
    Ok(json!({"StreamProcessorArn": state.arn(name)}))
}

/// Adds the defaults that show.
fn fill_in(definition: &mut Object, kind: Kind, context: &Context<'_>) {
    let quirks = &context.options.quirks;
    rules::drop_empty_regions(definition);
    match kind {
        Kind::FaceSearch => {
            if let Some(face_search) = settings(definition, "FaceSearch") {
                let given = face_search.get("FaceMatchThreshold").and_then(Value::as_f64);
                let threshold = given.unwrap_or_default().max(LEAST_FACE_MATCH_THRESHOLD);
                face_search.insert("FaceMatchThreshold".to_owned(), json!(threshold));
            }
        }
        Kind::LabelDetection => {
            if quirks.unset_min_confidence == UnsetMinConfidence::Shown
                && let Some(connected_home) = settings(definition, "ConnectedHome")
            {
                connected_home.entry("MinConfidence").or_insert(json!(DEFAULT_MIN_CONFIDENCE));
            }
            if quirks.unset_data_sharing == UnsetDataSharing::Shown {
                definition.entry("DataSharingPreference").or_insert(json!({"OptIn": false}));
            }
        }
    }
}

/// The settings of one kind.
pub(super) fn settings<'a>(definition: &'a mut Object, kind: &str) -> Option<&'a mut Object> {
    definition.get_mut("Settings")?.get_mut(kind)?.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, face_search, label_detection};
    use std::time::Duration;

    const CREATE: Operation = Operation::CreateStreamProcessor;

    #[test]
    fn what_was_created_is_described() {
        let mut service = Service::new();
        let answer = service.call(CREATE, label_detection("front-door")).unwrap();
        let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/front-door";
        assert_eq!(answer, json!({ "StreamProcessorArn": arn }));
        let mut expected = label_detection("front-door");
        expected["StreamProcessorArn"] = json!(arn);
        expected["Status"] = json!("STOPPED");
        expected["CreationTimestamp"] = json!(1_700_000_000.0);
        expected["LastUpdateTimestamp"] = json!(1_700_000_000.0);
        assert_eq!(service.describe("front-door"), expected);
    }

    #[test]
    fn each_kind_has_its_regions() {
        for (region, labels, faces) in [
            ("us-east-1", true, true),
            ("us-east-2", true, false),
            ("ap-northeast-1", false, true),
            ("sa-east-1", false, false),
        ] {
            for quirk in ["refuse", "accept"] {
                let mut service = Service::with_quirks(&[&format!("unsupported-region={quirk}")]);
                service.state = State::new("111122223333", region);
                let anywhere = quirk == "accept";
                assert_eq!(service.call(CREATE, label_detection("a")).is_ok(), labels || anywhere);
                assert_eq!(service.call(CREATE, face_search("b")).is_ok(), faces || anywhere);
            }
        }
    }

    #[test]
    fn a_threshold_is_at_least_80() {
        let mut service = Service::new();
        let mut threshold = |name: &str, given: Value| {
            let mut request = face_search(name);
            request["Settings"]["FaceSearch"]["FaceMatchThreshold"] = given;
            service.create(request);
            service.describe(name)["Settings"]["FaceSearch"]["FaceMatchThreshold"].to_string()
        };
        assert_eq!(threshold("a", json!(null)), "80.0");
        assert_eq!(threshold("b", json!(30)), "80.0");
        assert_eq!(threshold("c", json!(92.5)), "92.5");
    }

    #[test]
    fn defaults_show_where_the_quirks_say_so() {
        let mut service = Service::with_quirks(&[
            "unset-min-confidence=shown",
            "unset-data-sharing=shown",
            "no-regions=empty",
        ]);
        service.create(label_detection("a"));
        let shown = service.describe("a");
        assert_eq!(shown["Settings"]["ConnectedHome"]["MinConfidence"], json!(50.0));
        assert_eq!(shown["DataSharingPreference"], json!({"OptIn": false}));
        assert_eq!(shown["RegionsOfInterest"], json!([]));
        service.create(face_search("b"));
        assert_eq!(service.describe("b").get("RegionsOfInterest"), None);
    }

    #[test]
    fn a_name_is_used_once_and_stays_held_after_a_delete() {
        let mut service = Service::new();
        service.create(label_detection("a"));
        let refused = service.call(CREATE, label_detection("a")).unwrap_err();
        assert_eq!((refused.code.as_str(), refused.status), ("ResourceInUseException", 400));
        assert_eq!(refused.message, "Stream processor name already in use.");
        service.on(Operation::DeleteStreamProcessor, "a").unwrap();
        service.wait(9);
        assert_eq!(
            service.call(CREATE, label_detection("a")).unwrap_err().message,
            "Stream processor name already in use."
        );
        service.wait(1);
        service.create(label_detection("a"));
    }

    #[test]
    fn a_stream_serves_one_processor() {
        let mut service = Service::new();
        service.create(face_search("a"));
        let mut same_video = label_detection("b");
        same_video["Input"] = face_search("a")["Input"].clone();
        assert_eq!(
            service.call(CREATE, same_video.clone()).unwrap_err().message,
            "Specified resource is in use."
        );
        let mut same_data = face_search("b");
        same_data["Output"] = face_search("a")["Output"].clone();
        assert_eq!(code(service.call(CREATE, same_data)), "ResourceInUseException");
        service.on(Operation::DeleteStreamProcessor, "a").unwrap();
        service.create(same_video);
    }

    #[test]
    fn an_account_has_a_limit() {
        let mut service = Service::new();
        service.options.limits.processors = 1;
        service.create(label_detection("a"));
        let refused = service.call(CREATE, label_detection("b")).unwrap_err();
        assert_eq!(refused.code, "LimitExceededException");
        assert_eq!(refused.message, "Stream processor limit exceeded for account, limit - 1.");
    }

    #[test]
    fn a_new_processor_may_be_unknown_for_a_while() {
        let mut service = Service::new();
        service.options.lag.created = Duration::from_secs(3);
        service.create(label_detection("a"));
        assert_eq!(
            code(service.on(Operation::DescribeStreamProcessor, "a")),
            "ResourceNotFoundException"
        );
        assert_eq!(code(service.call(CREATE, label_detection("a"))), "ResourceInUseException");
        service.wait(3);
        assert_eq!(service.status("a"), "STOPPED");
    }

    #[test]
    fn a_notification_channel_is_needed_where_the_quirk_says_so() {
        let mut without = label_detection("a");
        without["NotificationChannel"] = json!(null);
        Service::new().create(without.clone());
        let mut service = Service::with_quirks(&["notification-channel=required"]);
        assert_eq!(code(service.call(CREATE, without)), "InvalidParameterException");
        service.create(face_search("b"));
    }
}
