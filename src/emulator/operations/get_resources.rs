//! GetResources of the Resource Groups Tagging API, as far as it is about stream processors.
//!
//! It reads an index that follows the tags at a distance: it may lag behind them and go on listing what is deleted.
//! It never lists a processor that never had tags.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Context, Object, ServiceError, State};
use crate::emulator::quirks::{Tagging, UntaggedResources};
use crate::emulator::rules::demand;
use crate::emulator::state::Tags;
use crate::emulator::token;

/// The resource types under which stream processors are found.
const TYPES: [&str; 2] = ["rekognition", "rekognition:streamprocessor"];
/// Resources on a page, if the request does not say.
const DEFAULT_PAGE: usize = 50;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    pagination_token: String,
    resources_per_page: Option<i64>,
    tags_per_page: Option<i64>,
    #[serde(rename = "ResourceARNList")]
    arns: Vec<String>,
    resource_type_filters: Vec<String>,
    tag_filters: Vec<TagFilter>,
    include_compliance_details: bool,
    exclude_compliant_resources: bool,
}

/// A key that a resource must have, with one of the values if there are any.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagFilter {
    key: Option<String>,
    values: Vec<String>,
}

pub(super) fn get_resources(state: &State, input: &Object, context: &Context<'_>) -> Answer {
    let request: Request = super::parsed(input)?;
    let page = Page::read(&request, token::purpose("GetResources", input, "PaginationToken"))?;
    demand(
        request.tag_filters.iter().all(|filter| filter.key.is_some()),
        "TagFilters: each filter must specify a Key.",
    )?;
    demand(
        request.include_compliance_details || !request.exclude_compliant_resources,
        "ExcludeCompliantResources can only be used with IncludeComplianceDetails.",
    )?;

    let covered = context.options.quirks.tagging == Tagging::Covered;
    let types = &request.resource_type_filters;
    let of_type = types.is_empty() || types.iter().any(|wanted| TYPES.contains(&wanted.as_str()));
    // Without a tag policy every resource complies.
    let listed = covered && of_type && !request.exclude_compliant_resources;
    let index = if listed { index(state, context) } else { BTreeMap::new() };
    let wanted: Vec<&str> = request.arns.iter().filter_map(|arn| state.name_in(arn)).collect();
    let rest = (page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
    let found = index.range::<str, _>(rest).filter(|(name, tags)| {
        (request.arns.is_empty() || wanted.contains(name))
            && request.tag_filters.iter().all(|filter| filter.matches(tags))
    });

    let mut mappings = Vec::new();
    let mut tag_count = 0;
    let mut last = "";
    let mut token = String::new();
    for (name, tags) in found {
        tag_count += tags.len();
        if mappings.len() == page.resources || (tag_count > page.tags && !mappings.is_empty()) {
            token = token::write(&page.purpose, last);
            break;
        }
        let tags: Vec<Value> =
            tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let mut mapping = json!({"ResourceARN": state.arn(name), "Tags": tags});
        if request.include_compliance_details {
            mapping["ComplianceDetails"] = json!({"ComplianceStatus": true});
        }
        mappings.push(mapping);
        last = name;
    }
    Ok(json!({"PaginationToken": token, "ResourceTagMappingList": mappings}))
}

/// The tagged processors by name, as the index has them.
fn index<'a>(state: &'a State, context: &Context<'_>) -> BTreeMap<&'a str, &'a Tags> {
    let formerly = context.options.quirks.untagged_resources == UntaggedResources::Listed;
    let living = state.visible_after(None, context.now).filter_map(|(name, processor)| {
        let tags = processor.tags_in_index(context.now);
        (!tags.is_empty() || formerly && processor.was_tagged).then_some((name, tags))
    });
    let departed = state.departed(context.now).filter(|(_, tags)| !tags.is_empty());
    departed.chain(living).collect()
}

/// Which part of the result a request wants.
struct Page {
    resources: usize,
    tags: usize,
    after: Option<String>,
    /// What the page's tokens are good for.
    purpose: String,
}

impl Page {
    fn read(request: &Request, purpose: String) -> Result<Page, ServiceError> {
        let resources = size("ResourcesPerPage", request.resources_per_page, 1..=100)?;
        let tags = size("TagsPerPage", request.tags_per_page, 100..=500)?;
        let token = Some(&request.pagination_token).filter(|token| !token.is_empty());
        let paged = resources.is_some() || tags.is_some() || token.is_some();
        demand(
            !paged || request.arns.is_empty(),
            "ResourceARNList cannot be used with ResourcesPerPage, TagsPerPage or PaginationToken.",
        )?;
        let after = token.map(|token| token::read(&purpose, token));
        demand(after != Some(None), "The PaginationToken is not valid for this request.")?;
        let resources = resources.unwrap_or(if tags.is_some() { usize::MAX } else { DEFAULT_PAGE });
        let (tags, after) = (tags.unwrap_or(usize::MAX), after.flatten());
        Ok(Page { resources, tags, after, purpose })
    }
}

fn size(
    member: &str,
    given: Option<i64>,
    range: RangeInclusive<i64>,
) -> Result<Option<usize>, ServiceError> {
    let Some(size) = given else { return Ok(None) };
    let met = range.contains(&size);
    let (least, most) = range.into_inner();
    demand(met, format_args!("{member} must be from {least} to {most}, but is {size}."))?;
    Ok(usize::try_from(size).ok())
}

impl TagFilter {
    fn matches(&self, tags: &Tags) -> bool {
        let value = self.key.as_ref().and_then(|key| tags.get(key));
        value.is_some_and(|value| self.values.is_empty() || self.values.contains(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::{Service, code, label_detection};
    use std::time::Duration;

    const GET: Operation = Operation::GetResources;

    fn service() -> Service {
        let mut service = Service::new();
        for (name, tags) in [
            ("a", json!({"site": "north", "team": "home"})),
            ("b", json!({"site": "south"})),
            ("c", json!({})),
            ("d", json!({"site": "west", "team": "shop"})),
        ] {
            let mut request = label_detection(name);
            request["Tags"] = tags;
            service.create(request);
        }
        service
    }

    fn names(service: &mut Service, request: Value) -> String {
        names_in(&service.call(GET, request).unwrap())
    }

    fn names_in(page: &Value) -> String {
        let mappings = page["ResourceTagMappingList"].as_array().unwrap();
        mappings
            .iter()
            .filter_map(|mapping| mapping["ResourceARN"].as_str()?.rsplit('/').next())
            .collect()
    }

    #[test]
    fn tagged_processors_are_listed_with_their_tags() {
        let mut service = service();
        let all = service.call(GET, json!({})).unwrap();
        assert_eq!(names_in(&all), "abd");
        assert_eq!(all["PaginationToken"], "");
        assert_eq!(
            all["ResourceTagMappingList"][1],
            json!({
                "ResourceARN": "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/b",
                "Tags": [{"Key": "site", "Value": "south"}],
            })
        );
    }

    #[test]
    fn what_was_tagged_once_may_be_remembered() {
        for (quirk, expected) in [("absent", "bd"), ("listed", "abd")] {
            let mut service = service();
            let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a";
            let untag = json!({"ResourceArn": arn, "TagKeys": ["site", "team"]});
            service.call(Operation::UntagResource, untag).unwrap();
            // Also after a restart.
            let kept = service.state.render(service.now);
            service.state = State::parse(kept.as_bytes(), &service.options).unwrap();
            service.options.quirks.apply(&format!("untagged-resources={quirk}")).unwrap();
            let all = service.call(GET, json!({})).unwrap();
            assert_eq!(names_in(&all), expected);
            if quirk == "listed" {
                assert_eq!(all["ResourceTagMappingList"][0]["Tags"], json!([]));
                assert_eq!(names(&mut service, json!({"TagFilters": [{"Key": "site"}]})), "bd");
            }
        }
    }

    #[test]
    fn filters_narrow() {
        let mut service = service();
        let types = |types: Value| json!({ "ResourceTypeFilters": types });
        assert_eq!(
            names(&mut service, types(json!(["ec2:instance", "rekognition:streamprocessor"]))),
            "abd"
        );
        assert_eq!(names(&mut service, types(json!(["rekognition"]))), "abd");
        assert_eq!(names(&mut service, types(json!(["rekognition:collection"]))), "");
        let tags = |filters: Value| json!({ "TagFilters": filters });
        assert_eq!(names(&mut service, tags(json!([{"Key": "team"}]))), "ad");
        assert_eq!(
            names(&mut service, tags(json!([{"Key": "site", "Values": ["south", "west"]}]))),
            "bd"
        );
        assert_eq!(
            names(
                &mut service,
                tags(json!([{"Key": "team"}, {"Key": "site", "Values": ["west"]}]))
            ),
            "d"
        );
        assert_eq!(
            code(service.call(GET, tags(json!([{"Values": ["west"]}])))),
            "InvalidParameterException"
        );
        let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/b";
        assert_eq!(
            names(&mut service, json!({"ResourceARNList": [arn, "arn:aws:s3:::other"]})),
            "b"
        );
        assert_eq!(
            names(
                &mut service,
                json!({"IncludeComplianceDetails": true, "ExcludeCompliantResources": true})
            ),
            ""
        );
        assert_eq!(
            code(service.call(GET, json!({"ExcludeCompliantResources": true}))),
            "InvalidParameterException"
        );
    }

    #[test]
    fn pages_lead_to_an_empty_token() {
        let mut service = service();
        let first = service.call(GET, json!({"ResourcesPerPage": 2})).unwrap();
        assert_eq!(names_in(&first), "ab");
        let token = first["PaginationToken"].clone();
        let second =
            service.call(GET, json!({"ResourcesPerPage": 2, "PaginationToken": token})).unwrap();
        assert_eq!((names_in(&second).as_str(), &second["PaginationToken"]), ("d", &json!("")));
        for bad in [
            json!({"ResourcesPerPage": 0}),
            json!({"ResourcesPerPage": 101}),
            json!({"TagsPerPage": 99}),
            json!({"ResourcesPerPage": 2, "PaginationToken": "nonsense"}),
            json!({"ResourcesPerPage": 3, "PaginationToken": token}),
            json!({"ResourcesPerPage": 2, "ResourceARNList": ["arn:aws:s3:::other"]}),
        ] {
            assert_eq!(code(service.call(GET, bad.clone())), "InvalidParameterException", "{bad}");
        }
    }

    #[test]
    fn a_page_can_be_bounded_by_tags() {
        let mut service = Service::new();
        for name in ["a", "b", "c"] {
            let mut request = label_detection(name);
            request["Tags"] = (0..45).map(|tag| (format!("tag{tag}"), json!("x"))).collect();
            service.create(request);
        }
        let first = service.call(GET, json!({"TagsPerPage": 100})).unwrap();
        assert_eq!(names_in(&first), "ab");
        let token = first["PaginationToken"].clone();
        assert_eq!(names(&mut service, json!({"TagsPerPage": 100, "PaginationToken": token})), "c");
    }

    #[test]
    fn the_index_lags_and_lingers() {
        let mut service = service();
        service.options.lag.tags = Duration::from_secs(5);
        service.options.lag.deleted = Duration::from_secs(60);
        let arn = |name: &str| {
            format!("arn:aws:rekognition:us-east-1:111122223333:streamprocessor/{name}")
        };
        service
            .call(
                Operation::TagResource,
                json!({"ResourceArn": arn("c"), "Tags": {"site": "east"}}),
            )
            .unwrap();
        service
            .call(Operation::UntagResource, json!({"ResourceArn": arn("b"), "TagKeys": ["site"]}))
            .unwrap();
        service.on(Operation::DeleteStreamProcessor, "a").unwrap();
        service.wait(4);
        assert_eq!(names(&mut service, json!({})), "abd");
        service.wait(1);
        assert_eq!(names(&mut service, json!({})), "acd");
        service.wait(55);
        assert_eq!(names(&mut service, json!({})), "cd");
    }

    #[test]
    fn a_recreated_processor_may_show_its_predecessors_tags() {
        let mut service = service();
        service.options.lag.tags = Duration::from_secs(5);
        service.options.lag.deleted = Duration::from_secs(60);
        service.on(Operation::DeleteStreamProcessor, "a").unwrap();
        service.wait(10);
        service.create(label_detection("a"));
        assert_eq!(
            names(&mut service, json!({"TagFilters": [{"Key": "site", "Values": ["north"]}]})),
            "a"
        );
        service.wait(5);
        assert_eq!(names(&mut service, json!({})), "bd");
    }

    #[test]
    fn the_type_may_not_be_covered_at_all() {
        let mut service = service();
        service.options.quirks.apply("tagging=absent").unwrap();
        assert_eq!(names(&mut service, json!({})), "");
    }
}
