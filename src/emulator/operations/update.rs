//! UpdateStreamProcessor, for label detection only.
//!
//! An absent member is left as it is; regions of interest are replaced as a whole list.

use serde_json::{Value, json};

use super::create::{DEFAULT_MIN_CONFIDENCE, settings};
use super::{Answer, Context};
use crate::emulator::error::ServiceError;
use crate::emulator::quirks::{
    DeletedMinConfidence, EmptyRegionsUpdate, EmptyUpdate, LabelsUpdate, Quirks, SetAndDelete,
    UpdateWhileBusy,
};
use crate::emulator::rules::{self, Kind, lookup};
use crate::emulator::state::{Next, State, Status};
use crate::emulator::validate::Object;

/// What an update does, once it is clear what it means.
#[derive(Debug, Default, PartialEq)]
struct Changes {
    labels: Option<Vec<Value>>,
    min_confidence: Change,
    regions: Change,
    opt_in: Option<Value>,
}

/// What an update does to one parameter.
#[derive(Debug, Default, PartialEq)]
enum Change {
    #[default]
    Keep,
    Set(Value),
    Delete,
}

pub(super) fn update(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let Context { now, options, .. } = *context;
    let quirks = &options.quirks;
    let (name, processor) = super::found(state, input, now)?;
    if processor.kind() == Kind::FaceSearch {
        return Err(ServiceError::invalid("A FaceSearch stream processor cannot be updated."));
    }
    let changes = read(input, quirks)?;
    let settled = matches!(processor.status, Status::Stopped | Status::Failed);
    if !settled && quirks.update_while_busy == UpdateWhileBusy::Refuse {
        return Err(ServiceError::in_use("Specified resource is in use."));
    }
    state.change(name, |processor| {
        apply(changes, &mut processor.definition, quirks);
        processor.updated = now;
        if settled {
            let message = processor.message.take();
            let status = std::mem::replace(&mut processor.status, Status::Updating);
            processor.next = Some(Next { at: now.after(options.settle.updating), status, message });
        } else if let (Status::Updating, Some(next)) = (processor.status, &mut processor.next) {
            next.at = now.after(options.settle.updating);
        }
    });
    Ok(json!({}))
}

fn read(input: &Object, quirks: &Quirks) -> Result<Changes, ServiceError> {
    let deleted = |parameter: &str| {
        let all = input.get("ParametersToDelete").and_then(Value::as_array);
        all.is_some_and(|all| all.iter().any(|deleted| deleted == parameter))
    };
    let mut regions = input.get("RegionsOfInterestForUpdate").cloned();
    rules::regions(regions.as_ref())?;
    if regions.as_ref().and_then(Value::as_array).is_some_and(Vec::is_empty) {
        match quirks.empty_regions_update {
            EmptyRegionsUpdate::Refuse => {
                return Err(ServiceError::invalid("RegionsOfInterestForUpdate must not be empty."));
            }
            EmptyRegionsUpdate::Clear => {}
            EmptyRegionsUpdate::Ignore => regions = None,
        }
    }
    let connected_home =
        |member: &str| lookup(input, &format!("SettingsForUpdate.ConnectedHomeForUpdate.{member}"));
    let changes = Changes {
        labels: connected_home("Labels").and_then(Value::as_array).cloned(),
        min_confidence: change(
            "ConnectedHomeMinConfidence",
            connected_home("MinConfidence").cloned(),
            deleted("ConnectedHomeMinConfidence"),
            quirks,
        )?,
        regions: change("RegionsOfInterest", regions, deleted("RegionsOfInterest"), quirks)?,
        opt_in: input.get("DataSharingPreferenceForUpdate").cloned(),
    };
    if changes == Changes::default() && quirks.empty_update == EmptyUpdate::Refuse {
        return Err(ServiceError::invalid("The request must update at least one parameter."));
    }
    Ok(changes)
}

fn change(
    parameter: &str,
    set: Option<Value>,
    delete: bool,
    quirks: &Quirks,
) -> Result<Change, ServiceError> {
    Ok(match (set, delete, quirks.set_and_delete) {
        (Some(_), true, SetAndDelete::Refuse) => {
            let message = format!("{parameter} must not be both updated and deleted.");
            return Err(ServiceError::invalid(message));
        }
        (None, true, _) | (Some(_), true, SetAndDelete::DeleteWins) => Change::Delete,
        (Some(value), false, _) | (Some(value), true, SetAndDelete::SetWins) => Change::Set(value),
        (None, false, _) => Change::Keep,
    })
}

fn apply(changes: Changes, definition: &mut Object, quirks: &Quirks) {
    let Changes { labels, min_confidence, regions, opt_in } = changes;
    if let Some(connected_home) = settings(definition, "ConnectedHome") {
        if let Some(labels) = labels {
            let before = connected_home.insert("Labels".to_owned(), json!(labels));
            if quirks.labels_update == LabelsUpdate::Merge
                && let (Some(Value::Array(mut merged)), Some(Value::Array(now))) =
                    (before, connected_home.get_mut("Labels"))
            {
                merged.retain(|label| !now.contains(label));
                now.extend(merged);
            }
        }
        match min_confidence {
            Change::Keep => {}
            Change::Set(value) => drop(connected_home.insert("MinConfidence".to_owned(), value)),
            Change::Delete => match quirks.deleted_min_confidence {
                DeletedMinConfidence::Absent => drop(connected_home.remove("MinConfidence")),
                DeletedMinConfidence::Shown => {
                    connected_home
                        .insert("MinConfidence".to_owned(), json!(DEFAULT_MIN_CONFIDENCE));
                }
            },
        }
    }
    match regions {
        Change::Keep => {}
        Change::Set(value) => {
            definition.insert("RegionsOfInterest".to_owned(), value);
            rules::drop_empty_regions(definition);
        }
        Change::Delete => drop(definition.remove("RegionsOfInterest")),
    }
    if let Some(opt_in) = opt_in {
        definition.insert("DataSharingPreference".to_owned(), opt_in);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, face_search, label_detection};

    fn service(quirks: &[&str]) -> Service {
        let mut service = Service::with_quirks(quirks);
        let mut request = label_detection("a");
        request["Settings"]["ConnectedHome"]["MinConfidence"] = json!(80);
        request["RegionsOfInterest"] = json!([region(0.0)]);
        service.create(request);
        service
    }

    fn region(left: f64) -> Value {
        json!({"BoundingBox": {"Left": left, "Top": 0.0, "Width": 0.5, "Height": 0.5}})
    }

    fn update(service: &mut Service, members: Value) -> Result<Value, ServiceError> {
        let mut request = members;
        request["Name"] = json!("a");
        service.call(Operation::UpdateStreamProcessor, request)
    }

    fn connected_home(member: &str, value: Value) -> Value {
        json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {member: value}}})
    }

    #[test]
    fn an_update_touches_what_it_names() {
        let mut service = service(&[]);
        let before = service.describe("a");
        service.wait(5);
        update(&mut service, connected_home("Labels", json!(["PACKAGE"]))).unwrap();
        let during = service.describe("a");
        assert_eq!(
            (&during["Status"], &during["LastUpdateTimestamp"]),
            (&json!("UPDATING"), &json!(1_700_000_005.0))
        );
        service.wait(10);
        let mut expected = before;
        expected["Settings"]["ConnectedHome"]["Labels"] = json!(["PACKAGE"]);
        expected["LastUpdateTimestamp"] = json!(1_700_000_015.0);
        assert_eq!(service.describe("a"), expected);
    }

    #[test]
    fn every_parameter_can_be_updated() {
        let mut service = service(&[]);
        let mut request = connected_home("MinConfidence", json!(60));
        request["RegionsOfInterestForUpdate"] = json!([region(0.25), region(0.5)]);
        request["DataSharingPreferenceForUpdate"] = json!({"OptIn": true});
        update(&mut service, request).unwrap();
        let shown = service.describe("a");
        assert_eq!(
            shown["Settings"]["ConnectedHome"],
            json!({"Labels": ["PERSON", "PET"], "MinConfidence": 60.0})
        );
        assert_eq!(shown["RegionsOfInterest"], json!([region(0.25), region(0.5)]));
        assert_eq!(shown["DataSharingPreference"], json!({"OptIn": true}));
    }

    #[test]
    fn parameters_can_be_deleted() {
        let delete =
            json!({"ParametersToDelete": ["ConnectedHomeMinConfidence", "RegionsOfInterest"]});
        for (quirk, expected) in [("absent", json!(null)), ("shown", json!(50.0))] {
            let mut service = service(&[&format!("deleted-min-confidence={quirk}")]);
            update(&mut service, delete.clone()).unwrap();
            let shown = service.describe("a");
            assert_eq!(
                shown["Settings"]["ConnectedHome"]
                    .get("MinConfidence")
                    .cloned()
                    .unwrap_or_default(),
                expected
            );
            assert_eq!(shown.get("RegionsOfInterest"), None);
        }
    }

    #[test]
    fn setting_and_deleting_is_what_the_quirk_makes_of_it() {
        let mut both = connected_home("MinConfidence", json!(60));
        both["ParametersToDelete"] = json!(["ConnectedHomeMinConfidence"]);
        assert_eq!(code(update(&mut service(&[]), both.clone())), "InvalidParameterException");
        for (quirk, expected) in [("set-wins", json!(60.0)), ("delete-wins", json!(null))] {
            let mut service = service(&[&format!("set-and-delete={quirk}")]);
            update(&mut service, both.clone()).unwrap();
            assert_eq!(
                service.describe("a")["Settings"]["ConnectedHome"]["MinConfidence"],
                expected
            );
        }
    }

    #[test]
    fn an_empty_list_of_regions_is_what_the_quirk_makes_of_it() {
        let empty = json!({"RegionsOfInterestForUpdate": []});
        assert_eq!(code(update(&mut service(&[]), empty.clone())), "InvalidParameterException");
        let mut clearing = service(&["empty-regions-update=clear"]);
        update(&mut clearing, empty.clone()).unwrap();
        assert_eq!(clearing.describe("a").get("RegionsOfInterest"), None);
        let mut ignoring = service(&["empty-regions-update=ignore", "empty-update=accept"]);
        update(&mut ignoring, empty).unwrap();
        assert_eq!(ignoring.describe("a")["RegionsOfInterest"], json!([region(0.0)]));
    }

    #[test]
    fn an_update_of_nothing_is_what_the_quirk_makes_of_it() {
        assert_eq!(code(update(&mut service(&[]), json!({}))), "InvalidParameterException");
        assert!(update(&mut service(&["empty-update=accept"]), json!({})).is_ok());
    }

    #[test]
    fn labels_can_be_merged_as_a_quirk() {
        let mut service = service(&["labels-update=merge"]);
        update(&mut service, connected_home("Labels", json!(["PACKAGE", "PET"]))).unwrap();
        assert_eq!(
            service.describe("a")["Settings"]["ConnectedHome"]["Labels"],
            json!(["PACKAGE", "PET", "PERSON"])
        );
    }

    #[test]
    fn while_busy_the_quirk_decides() {
        let flip = json!({"DataSharingPreferenceForUpdate": {"OptIn": true}});
        let mut strict = service(&[]);
        strict.start_session("a", 60).unwrap();
        let refused = update(&mut strict, flip.clone()).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("ResourceInUseException", "Specified resource is in use.")
        );
        let mut lenient = service(&["update-while-busy=accept"]);
        lenient.start_session("a", 60).unwrap();
        update(&mut lenient, flip.clone()).unwrap();
        assert_eq!(lenient.status("a"), "STARTING");
        lenient.wait(60);
        assert_eq!(lenient.status("a"), "STOPPED");
        update(&mut lenient, flip.clone()).unwrap();
        lenient.wait(9);
        update(&mut lenient, flip).unwrap();
        lenient.wait(9);
        assert_eq!(lenient.status("a"), "UPDATING");
    }

    #[test]
    fn a_failed_processor_is_failed_again_after_an_update() {
        let mut service = service(&[]);
        service.options.failures.insert("a".to_owned(), "Access denied to Role".to_owned());
        service.start_session("a", 60).unwrap();
        service.wait(10);
        update(&mut service, connected_home("MinConfidence", json!(60))).unwrap();
        assert_eq!(service.status("a"), "UPDATING");
        service.wait(10);
        let shown = service.describe("a");
        assert_eq!(
            (&shown["Status"], &shown["StatusMessage"]),
            (&json!("FAILED"), &json!("Access denied to Role"))
        );
    }

    #[test]
    fn face_search_cannot_be_updated() {
        let mut service = Service::new();
        service.create(face_search("a"));
        assert_eq!(
            code(update(&mut service, json!({"ParametersToDelete": ["RegionsOfInterest"]}))),
            "InvalidParameterException"
        );
        assert_eq!(
            code(service.on(Operation::UpdateStreamProcessor, "b")),
            "ResourceNotFoundException"
        );
    }
}
