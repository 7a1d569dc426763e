//! UpdateStreamProcessor, for label detection only.
//!
//! An absent member is left as it is; regions of interest are replaced as a whole list.

use serde_json::{Value, json};

use super::create::{DEFAULT_MIN_CONFIDENCE, settings};
use super::{Answer, Context, Object, ServiceError, State};
use crate::emulator::quirks::{
    DeletedMinConfidence, EmptyRegionsUpdate, EmptyUpdate, LabelsUpdate, Quirks, SetAndDelete,
    UpdateWhileBusy,
};
use crate::emulator::rules::{self, Kind, demand, lookup};
use crate::emulator::state::{Next, Status};

pub(super) fn update(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let Context { now, options, .. } = *context;
    let (name, processor) = super::found(state, input, now)?;
    demand(
        processor.kind() == Kind::LabelDetection,
        "A FaceSearch stream processor cannot be updated.",
    )?;
    let definition = updated(processor.definition(), input, &options.quirks)?;
    let settled = matches!(processor.status, Status::Stopped | Status::Failed);
    if !settled && options.quirks.update_while_busy == UpdateWhileBusy::Refuse {
        return Err(ServiceError::in_use("Specified resource is in use."));
    }
    state.change(name, |processor| {
        processor.define(&definition);
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

/// The definition after the update.
fn updated(
    mut definition: Object,
    input: &Object,
    quirks: &Quirks,
) -> Result<Object, ServiceError> {
    let mut regions = input.get("RegionsOfInterestForUpdate");
    rules::regions(regions)?;
    if regions == Some(&json!([])) {
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
    let labels = connected_home("Labels");
    let min_confidence = change(
        input,
        "ConnectedHomeMinConfidence",
        connected_home("MinConfidence"),
        quirks.set_and_delete,
    )?;
    let regions = change(input, "RegionsOfInterest", regions, quirks.set_and_delete)?;
    let sharing = input.get("DataSharingPreferenceForUpdate");
    let empty =
        (labels, min_confidence, regions, sharing) == (None, Change::Keep, Change::Keep, None);
    demand(
        !empty || quirks.empty_update == EmptyUpdate::Accept,
        "The request must update at least one parameter.",
    )?;

    if let Some(connected_home) = settings(&mut definition, "ConnectedHome") {
        if let Some(Value::Array(labels)) = labels {
            let mut labels = labels.clone();
            if quirks.labels_update == LabelsUpdate::Merge
                && let Some(Value::Array(before)) = connected_home.get("Labels")
            {
                for label in before {
                    if !labels.contains(label) {
                        labels.push(label.clone());
                    }
                }
            }
            connected_home.insert("Labels".to_owned(), json!(labels));
        }
        min_confidence.apply(connected_home, "MinConfidence");
        let shown = quirks.deleted_min_confidence == DeletedMinConfidence::Shown;
        if min_confidence == Change::Delete && shown {
            connected_home.insert("MinConfidence".to_owned(), json!(DEFAULT_MIN_CONFIDENCE));
        }
    }
    regions.apply(&mut definition, "RegionsOfInterest");
    rules::drop_empty_regions(&mut definition);
    sharing.map_or(Change::Keep, Change::Set).apply(&mut definition, "DataSharingPreference");
    Ok(definition)
}

/// What an update does to one parameter.
#[derive(Clone, Copy, PartialEq)]
enum Change<'a> {
    Keep,
    Set(&'a Value),
    Delete,
}

impl Change<'_> {
    fn apply(self, object: &mut Object, member: &str) {
        match self {
            Change::Keep => {}
            Change::Set(value) => drop(object.insert(member.to_owned(), value.clone())),
            Change::Delete => drop(object.remove(member)),
        }
    }
}

/// What becomes of a parameter that the request sets, deletes, or both.
fn change<'a>(
    input: &Object,
    parameter: &str,
    set: Option<&'a Value>,
    both: SetAndDelete,
) -> Result<Change<'a>, ServiceError> {
    let deleted = input.get("ParametersToDelete").and_then(Value::as_array);
    let delete = deleted.is_some_and(|all| all.iter().any(|deleted| deleted == parameter));
    Ok(match (set, delete, both) {
        (Some(_), true, SetAndDelete::Refuse) => {
            let message = format!("{parameter} must not be both updated and deleted.");
            return Err(ServiceError::invalid(message));
        }
        (None, true, _) | (Some(_), true, SetAndDelete::DeleteWins) => Change::Delete,
        (Some(value), false, _) | (Some(value), true, SetAndDelete::SetWins) => Change::Set(value),
        (None, false, _) => Change::Keep,
    })
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
