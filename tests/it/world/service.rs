//! The service as its documentation has it, at rest: no time, no quotas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::camera::{ACCOUNT, REGION};
use super::goal::streams;
use super::strategy::World;

/// Processors by name: the members of CreateStreamProcessor but for the name,
/// with `Tags` and a `Status` that is RUNNING or STOPPED.
pub type State = BTreeMap<String, Value>;

/// A write, as the wire has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub operation: String,
    pub request: Value,
}

impl Call {
    pub fn new(operation: &str, request: Value) -> Call {
        Call { operation: operation.to_owned(), request }
    }

    /// The processor that it is about.
    pub fn processor(&self) -> &str {
        match self.request.get("Name").or(self.request.get("ResourceArn")) {
            Some(Value::String(name)) => name.rsplit('/').next().unwrap(),
            _ => panic!("{} names no processor", self.request),
        }
    }
}

pub fn arn(name: &str) -> String {
    format!("arn:aws:rekognition:{REGION}:{ACCOUNT}:streamprocessor/{name}")
}

/// The state in which a world begins, with every status settled.
pub fn beginning(world: &World) -> State {
    let processors = world.live.iter().map(|(index, lived)| {
        let mut wire = lived.camera.wire(world.widened);
        wire.insert("Tags".into(), json!(world.live_tags(*index)));
        let status = if lived.counts_as_running() { "RUNNING" } else { "STOPPED" };
        wire.insert("Status".into(), json!(status));
        (World::name(*index).to_owned(), Value::Object(wire))
    });
    processors.collect()
}

/// Carries out a call; what the service would refuse is an error.
pub fn perform(state: &mut State, call: &Call) -> Result<(), String> {
    let name = call.processor().to_owned();
    let refuse = |why: &str| Err(format!("{} of {name}: {why}", call.operation));
    if call.operation == "CreateStreamProcessor" {
        if state.contains_key(&name) {
            return refuse("the name is taken");
        }
        let mut wire = call.request.clone();
        let wanted = streams(&wire);
        if state.values().any(|other| streams(other).iter().any(|held| wanted.contains(held))) {
            return refuse("a stream is taken");
        }
        let members = wire.as_object_mut().unwrap();
        members.remove("Name");
        members.entry("Tags").or_insert(json!({}));
        members.insert("Status".into(), json!("STOPPED"));
        state.insert(name, wire);
        return Ok(());
    }
    let Some(processor) = state.get_mut(&name) else { return refuse("there is no such processor") };
    let running = processor["Status"] == "RUNNING";
    let face = processor.pointer("/Settings/FaceSearch").is_some();
    match call.operation.as_str() {
        "DeleteStreamProcessor" if running => return refuse("it runs"),
        "DeleteStreamProcessor" => drop(state.remove(&name)),
        "StartStreamProcessor" if running || !face => return refuse("it cannot be started"),
        "StartStreamProcessor" => processor["Status"] = json!("RUNNING"),
        "StopStreamProcessor" if !running => return refuse("it does not run"),
        "StopStreamProcessor" => processor["Status"] = json!("STOPPED"),
        "UpdateStreamProcessor" if face => return refuse("it is a face search"),
        "UpdateStreamProcessor" => update(processor, &call.request)?,
        "TagResource" => {
            for (key, value) in members(&call.request["Tags"]) {
                if key.starts_with("aws:") {
                    return refuse("the tag is AWS's");
                }
                processor["Tags"][key] = value;
            }
        }
        "UntagResource" => {
            for key in call.request["TagKeys"].as_array().unwrap() {
                processor["Tags"].as_object_mut().unwrap().remove(key.as_str().unwrap());
            }
        }
        other => panic!("no such operation: {other}"),
    }
    Ok(())
}

fn update(processor: &mut Value, request: &Value) -> Result<(), String> {
    let mut touched = Vec::new();
    let home = request.pointer("/SettingsForUpdate/ConnectedHomeForUpdate");
    for (member, value) in home.into_iter().flat_map(members) {
        touched.push(member.clone());
        processor["Settings"]["ConnectedHome"][member] = value;
    }
    if let Some(regions) = request.get("RegionsOfInterestForUpdate") {
        if regions.as_array().unwrap().is_empty() {
            return Err("an empty list of regions is undocumented".to_owned());
        }
        touched.push("RegionsOfInterest".to_owned());
        processor["RegionsOfInterest"] = regions.clone();
    }
    if let Some(preference) = request.get("DataSharingPreferenceForUpdate") {
        touched.push("DataSharingPreference".to_owned());
        processor["DataSharingPreference"] = preference.clone();
    }
    for parameter in request["ParametersToDelete"].as_array().into_iter().flatten() {
        let (holder, member) = match parameter.as_str().unwrap() {
            "ConnectedHomeMinConfidence" => {
                (&mut processor["Settings"]["ConnectedHome"], "MinConfidence")
            }
            "RegionsOfInterest" => (&mut *processor, "RegionsOfInterest"),
            other => return Err(format!("{other} cannot be deleted")),
        };
        if touched.iter().any(|touched| touched == member) {
            return Err(format!("{member} is set and deleted"));
        }
        holder.as_object_mut().unwrap().remove(member);
        touched.push(member.to_owned());
    }
    if touched.is_empty() { Err("the update is empty".to_owned()) } else { Ok(()) }
}

/// Every request that lacks one thing which this one carries: a member of an
/// update, a tag. None if nothing would be left, for then it is no call at all.
pub fn lighter(call: &Call) -> Vec<Option<Call>> {
    let request = &call.request;
    let without = |pointer: &str, key: &str| {
        let mut lighter = request.clone();
        let holder = lighter.pointer_mut(pointer).unwrap();
        match holder {
            Value::Object(members) => drop(members.remove(key)),
            Value::Array(items) => items.retain(|item| item != key),
            _ => unreachable!(),
        }
        lighter
    };
    let mut all = Vec::new();
    match call.operation.as_str() {
        "UpdateStreamProcessor" => {
            let home = "/SettingsForUpdate/ConnectedHomeForUpdate";
            for (member, _) in request.pointer(home).into_iter().flat_map(members) {
                all.push(without(home, &member));
            }
            for parameter in request["ParametersToDelete"].as_array().into_iter().flatten() {
                all.push(without("/ParametersToDelete", parameter.as_str().unwrap()));
            }
            for member in ["RegionsOfInterestForUpdate", "DataSharingPreferenceForUpdate"] {
                if request.get(member).is_some() {
                    all.push(without("", member));
                }
            }
        }
        "TagResource" => {
            all.extend(
                members(&request["Tags"]).into_iter().map(|(key, _)| without("/Tags", &key)),
            );
        }
        "UntagResource" => {
            let keys = request["TagKeys"].as_array().unwrap().iter();
            all.extend(keys.map(|key| without("/TagKeys", key.as_str().unwrap())));
        }
        _ => return vec![None],
    }
    all.into_iter()
        .map(|request| {
            let call = Call { operation: call.operation.clone(), request };
            let empty = match call.operation.as_str() {
                "UpdateStreamProcessor" => {
                    let mut processor = json!({"Settings": {"ConnectedHome": {}}});
                    update(&mut processor, &call.request).is_err()
                }
                "TagResource" => members(&call.request["Tags"]).is_empty(),
                _ => call.request["TagKeys"].as_array().unwrap().is_empty(),
            };
            (!empty).then_some(call)
        })
        .collect()
}

fn members(value: &Value) -> Vec<(String, Value)> {
    let members: Option<&Map<String, Value>> = value.as_object();
    members.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}
