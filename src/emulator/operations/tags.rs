//! TagResource, UntagResource and ListTagsForResource.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Context, Object, Processor, ServiceError, State, Time};
use crate::emulator::options::Options;
use crate::emulator::state::{StaleTags, Tags};

pub(super) fn tag(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let (name, processor) = resource(state, input, context.now)?;
    let mut tags = processor.tags.clone();
    tags.extend(read(input.get("Tags")));
    check_quota(&tags, context.options)?;
    Ok(replace(state, name, tags, context))
}

pub(super) fn untag(state: &mut State, input: &Object, context: &Context<'_>) -> Answer {
    let (name, processor) = resource(state, input, context.now)?;
    let removed = input.get("TagKeys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut tags = processor.tags.clone();
    tags.retain(|key, _| !removed.iter().any(|removed| removed == key));
    Ok(replace(state, name, tags, context))
}

pub(super) fn list(state: &State, input: &Object, context: &Context<'_>) -> Answer {
    let (_, processor) = resource(state, input, context.now)?;
    Ok(json!({"Tags": processor.tags}))
}

/// Tags from the wire's map.
pub(super) fn read(tags: Option<&Value>) -> Tags {
    tags.and_then(|tags| Tags::deserialize(tags).ok()).unwrap_or_default()
}

/// Checks that a processor may have these tags; AWS's own do not count.
pub(super) fn check_quota(tags: &Tags, options: &Options) -> Result<(), ServiceError> {
    let limit = options.limits.tags;
    if tags.keys().filter(|key| !key.starts_with("aws:")).count() > limit {
        let message = format!("Tag limit exceeded for resource, limit - {limit}.");
        return Err(ServiceError::new("ServiceQuotaExceededException", 400, message));
    }
    Ok(())
}

/// Replaces the tags, which GetResources may notice later.
fn replace(state: &mut State, name: &str, tags: Tags, context: &Context<'_>) -> Value {
    let Context { now, lag, .. } = *context;
    state.change(name, |processor| {
        if !lag.tags.is_zero() {
            let tags = processor.tags_in_index(now).clone();
            processor.stale_tags = Some(StaleTags { until: now.after(lag.tags), tags });
        }
        processor.tags = tags;
    });
    json!({})
}

/// The processor whose ARN the request carries.
fn resource<'a, 's>(
    state: &'s State,
    input: &'a Object,
    now: Time,
) -> Result<(&'a str, &'s Processor), ServiceError> {
    let arn = super::text(input, "ResourceArn");
    if !arn.starts_with("arn:") || arn.split(':').count() < 6 {
        return Err(ServiceError::invalid(format!("ResourceArn is not a valid ARN: {arn}")));
    }
    let found = state.name_in(arn).and_then(|name| Some((name, state.visible(name, now)?)));
    found.ok_or_else(|| ServiceError::not_found(format!("Resource {arn} not found.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, label_detection};

    const ARN: &str = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a";

    fn service() -> Service {
        let mut service = Service::new();
        let mut request = label_detection("a");
        request["Tags"] = json!({"site": "north"});
        service.create(request);
        service
    }

    fn tags(service: &mut Service) -> Value {
        service.call(Operation::ListTagsForResource, json!({ "ResourceArn": ARN })).unwrap()["Tags"]
            .clone()
    }

    #[test]
    fn tags_come_and_go() {
        let mut service = service();
        assert_eq!(tags(&mut service), json!({"site": "north"}));
        let added = json!({"ResourceArn": ARN, "Tags": {"site": "south", "team": ""}});
        service.call(Operation::TagResource, added).unwrap();
        assert_eq!(tags(&mut service), json!({"site": "south", "team": ""}));
        let removed = json!({"ResourceArn": ARN, "TagKeys": ["site", "never-there"]});
        service.call(Operation::UntagResource, removed).unwrap();
        assert_eq!(tags(&mut service), json!({"team": ""}));
        assert_eq!(service.describe("a").get("Tags"), None);
        assert_eq!(service.describe("a")["LastUpdateTimestamp"], json!(1_700_000_000.0));
    }

    #[test]
    fn a_resource_must_exist_here() {
        let mut service = service();
        for (arn, expected) in [
            (
                "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/b",
                "ResourceNotFoundException",
            ),
            (
                "arn:aws:rekognition:us-west-2:111122223333:streamprocessor/a",
                "ResourceNotFoundException",
            ),
            (
                "arn:aws:rekognition:us-east-1:111122223333:collection/a",
                "ResourceNotFoundException",
            ),
            ("streamprocessor/a-long-enough-name", "InvalidParameterException"),
            ("a", "InvalidParameterException"),
        ] {
            let answer =
                service.call(Operation::ListTagsForResource, json!({ "ResourceArn": arn }));
            assert_eq!(code(answer), expected, "{arn}");
            let answer =
                service.call(Operation::TagResource, json!({"ResourceArn": arn, "Tags": {}}));
            assert_eq!(code(answer), expected, "{arn}");
        }
    }

    #[test]
    fn there_are_only_so_many_tags() {
        let mut service = service();
        service.options.limits.tags = 2;
        let tag = |key: &str| json!({"ResourceArn": ARN, "Tags": {key: "x"}});
        service.call(Operation::TagResource, tag("one")).unwrap();
        service.call(Operation::TagResource, tag("one")).unwrap();
        assert_eq!(
            code(service.call(Operation::TagResource, tag("two"))),
            "ServiceQuotaExceededException"
        );
    }
}
