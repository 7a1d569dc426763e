//! Requests in the wire's JSON, as the table of attributes places each value.

use serde_json::{Map, Value as Json, json};

use crate::diff::Difference;
use crate::model::{Change, Definition, Dialect, insert};

/// CreateStreamProcessor for a definition.
///
/// Tags that begin with `aws:` belong to AWS: the service refuses to set them.
pub(super) fn create(name: &str, definition: &Definition) -> Json {
    let mut request = definition.to_json(Dialect::Wire);
    request["Name"] = json!(name);
    if let Some(Json::Object(tags)) = request.get_mut("Tags") {
        tags.retain(|key, _| !key.starts_with("aws:"));
        if tags.is_empty()
            && let Json::Object(members) = &mut request
        {
            members.remove("Tags");
        }
    }
    request
}

/// The one UpdateStreamProcessor that closes the differences; `None` when none
/// of them is its business.
///
/// The service leaves an absent member as it is, so the request carries only
/// what changed. What is removed goes into `ParametersToDelete` and nowhere
/// else: setting and deleting the same thing, or an empty list of regions, is
/// undocumented.
pub(super) fn update(name: &str, differences: &[Difference]) -> Option<Json> {
    let mut request = Map::new();
    let mut removals = Vec::new();
    for Difference { attribute, before: _, after } in differences {
        let Change::Update { member, removal } = attribute.shape().change else { continue };
        match after {
            Some(value) => insert(&mut request, member, value.to_json(Dialect::Wire)),
            None => removals.extend(removal),
        }
    }
    if !removals.is_empty() {
        request.insert("ParametersToDelete".into(), json!(removals));
    }
    if request.is_empty() {
        return None;
    }
    request.insert("Name".into(), json!(name));
    Some(Json::Object(request))
}

/// TagResource with what is new or changed; `None` when nothing is.
pub(super) fn tag<'a>(
    arn: &str,
    differences: impl Iterator<Item = &'a Difference>,
) -> Option<Json> {
    let changed: Map<String, Json> = differences
        .filter_map(|difference| {
            let value = difference.after.as_ref()?.to_json(Dialect::Wire);
            Some((difference.attribute.tag()?.to_owned(), value))
        })
        .collect();
    (!changed.is_empty()).then(|| json!({"ResourceArn": arn, "Tags": changed}))
}

/// UntagResource with what is gone; `None` when nothing is.
pub(super) fn untag<'a>(
    arn: &str,
    differences: impl Iterator<Item = &'a Difference>,
) -> Option<Json> {
    let gone = differences.filter(|difference| difference.after.is_none());
    let gone: Vec<&str> = gone.filter_map(|difference| difference.attribute.tag()).collect();
    (!gone.is_empty()).then(|| json!({"ResourceArn": arn, "TagKeys": gone}))
}

/// StartStreamProcessor, StopStreamProcessor or DeleteStreamProcessor: a face
/// search processor takes no selectors, so the name is all there is.
pub(super) fn by_name(name: &str) -> Json {
    json!({"Name": name})
}
