//! Terraform's states and plans, as `terraform show -json` prints them; OpenTofu's are
//! the same.
//!
//! The AWS provider names attributes as rekon does, since both follow the API, and
//! writes each table as a list of at most one (older versions, as a table). What a plan
//! says is known only after it is applied is never guessed.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::foreign::{Complaint, Foreign, Whereabouts};
use super::{Found, Inventory};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};
use crate::model::{Attribute, Definition, Dialect, ProcessorName};

/// The provider's resource type.
const TYPE: &str = "aws_rekognition_stream_processor";
/// Attributes of a resource that are none of a processor's definition.
const BESIDE: [&str; 7] =
    ["arn", "id", "name", "region", "stream_processor_arn", "tags_all", "timeouts"];
/// Attributes that the provider or the service fills in where nobody sets them.
const COMPUTED: [&str; 6] = [
    "arn",
    "id",
    "region",
    "stream_processor_arn",
    "settings.connected_home.min_confidence",
    "settings.face_search.face_match_threshold",
];

/// Reads what `terraform show -json` printed. Of several accounts and regions, what is
/// known of the fleet says which is meant.
pub fn terraform(path: &str, text: &str, known: &Whereabouts) -> Foreign {
    let mut foreign = Foreign::default();
    let file = File { source: foreign.sources.add(path, text), text };
    let fault = |message: String, help: &str| {
        let place = Span::new(file.source, 0..0);
        let diagnostic = Diagnostic::new(Code::ForeignFile, message).label(place, "").help(help);
        vec![Complaint { name: None, diagnostic }]
    };
    let help = "write it with `terraform show -json > state.json`, or of a plan: \
                `terraform show -json plan.out > plan.json`";
    let json: Json = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => {
            foreign.complaints = fault(format!("`{path}` is no JSON: {error}"), help);
            return foreign;
        }
    };
    let root = ["planned_values", "values"].into_iter().find_map(|values| {
        json.get(values).map(|values| values.get("root_module").unwrap_or(&Json::Null))
    });
    let Some(root) = root else {
        // A state without anything in it has nothing but its versions.
        if json.get("format_version").is_none() {
            let message = format!("`{path}` is not what `terraform show -json` prints");
            foreign.complaints = fault(message, help);
        }
        return foreign;
    };
    let mut resources = Vec::new();
    gather(root, &mut resources);
    let unknown = unknown_after_apply(&json);
    let mut taken = Taken::default();
    for resource in resources {
        let address = resource.get("address").and_then(Json::as_str).unwrap_or(TYPE);
        let values = resource.get("values").unwrap_or(&Json::Null);
        let unknown = unknown.get(address).map_or(&[][..], Vec::as_slice);
        match read(address, values, unknown, &file) {
            Ok(one) => taken.add(one, &file, &mut foreign.complaints),
            Err(complaints) => foreign.complaints.extend(complaints),
        }
    }
    taken.finish(known, &mut foreign);
    foreign
}

/// A text with places in it.
struct File<'a> {
    source: SourceId,
    text: &'a str,
}

impl File<'_> {
    /// Where a resource's address stands first.
    fn place(&self, address: &str) -> Span {
        let written = json!(address).to_string();
        let at = self.text.find(&written).unwrap_or_default();
        let length = if self.text[at..].starts_with(&written) { written.len() } else { 0 };
        Span::new(self.source, at..at + length)
    }

    fn complain(&self, code: Code, address: &str, name: Option<&str>, what: &str) -> Complaint {
        let diagnostic = Diagnostic::new(code, format!("`{address}`: {what}"))
            .label(self.place(address), "this resource");
        Complaint { name: name.map(str::to_owned), diagnostic }
    }
}

/// One resource, read.
struct Resource {
    address: String,
    name: ProcessorName,
    found: Found,
    account_id: Option<String>,
    region: Option<String>,
}

/// The stream processors of a module and those below it.
fn gather<'a>(module: &'a Json, resources: &mut Vec<&'a Json>) {
    let list = |name: &str| module.get(name).and_then(Json::as_array).into_iter().flatten();
    resources.extend(list("resources").filter(|resource| {
        let is =
            |member: &str, word: &str| resource.get(member).and_then(Json::as_str) == Some(word);
        // What is deposed only waits to be destroyed.
        is("type", TYPE) && !is("mode", "data") && resource.get("deposed_key").is_none()
    }));
    list("child_modules").for_each(|child| gather(child, resources));
}

/// Of each resource of a plan, the attributes that are known only after it is applied.
fn unknown_after_apply(json: &Json) -> BTreeMap<&str, Vec<String>> {
    let changes = json.get("resource_changes").and_then(Json::as_array);
    let unknown = changes.into_iter().flatten().filter_map(|change| {
        let address = change.get("address")?.as_str()?;
        let mut paths = Vec::new();
        leaves(change.get("change")?.get("after_unknown")?, &mut Vec::new(), &mut paths);
        paths.retain(|path| !COMPUTED.contains(&path.as_str()));
        Some((address, paths))
    });
    unknown.collect()
}

/// The dotted paths of what is true, lists left out.
fn leaves<'a>(json: &'a Json, path: &mut Vec<&'a str>, found: &mut Vec<String>) {
    match json {
        Json::Bool(true) => found.push(path.join(".")),
        Json::Array(items) => items.iter().for_each(|item| leaves(item, path, found)),
        Json::Object(members) => {
            for (name, member) in members {
                path.push(name);
                leaves(member, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn read(
    address: &str,
    values: &Json,
    unknown: &[String],
    file: &File<'_>,
) -> Result<Resource, Vec<Complaint>> {
    let text = |member: &str| values.get(member).and_then(Json::as_str);
    let name = text("name");
    let complain = |code, what: &str| file.complain(code, address, name, what);
    // Tags of the provider's own may be unknown where those of the resource are not.
    let unknown = unknown.iter().filter(|path| *path != "tags_all");
    let unresolved: Vec<Complaint> = unknown
        .map(|path| {
            let what = format!("`{path}` is known only after the plan is applied");
            let mut complaint = complain(Code::UnresolvedValue, &what);
            complaint.diagnostic = complaint.diagnostic.help("import the state once it is applied");
            complaint
        })
        .collect();
    if !unresolved.is_empty() {
        return Err(unresolved);
    }
    let fault = |what: &str| vec![complain(Code::ForeignValue, what)];
    let Some(name) = name else { return Err(fault("it has no name")) };
    let name = ProcessorName::new(name).map_err(|error| fault(&format!("{name:?}: {error}")))?;
    let mut members = plain(values);
    let tags = members.remove("tags").filter(Json::is_object);
    let all = members.get("tags_all").filter(|tags| tags.is_object()).cloned();
    let others: Vec<String> = unknown_members(&members);
    members.insert("tags".to_owned(), all.or(tags).unwrap_or_else(|| json!({})));
    let definition = Definition::from_json(&Json::Object(members), Dialect::Toml)
        .map_err(|error| fault(&error.to_string()))?;
    let remarks = match others.as_slice() {
        [] => Vec::new(),
        others => {
            let others = others.join(", ");
            vec![format!("Terraform has attributes that rekon cannot declare: {others}")]
        }
    };
    let arn = text("arn").or_else(|| text("stream_processor_arn"));
    let part = |at: usize| arn.and_then(|arn| arn.split(':').nth(at)).map(str::to_owned);
    Ok(Resource {
        address: address.to_owned(),
        name,
        found: Found { definition, remarks },
        account_id: part(4),
        region: part(3).or_else(|| text("region").map(str::to_owned)),
    })
}

/// A resource's values as the TOML has them: a list of one table is the table, a point
/// is a pair, and what is empty or null is not there.
fn plain(values: &Json) -> Map<String, Json> {
    let members = values.as_object().into_iter().flatten();
    let mut plain: Map<String, Json> = Map::new();
    for (name, value) in members {
        let value = match name.as_str() {
            "tags" | "tags_all" => Some(value.clone()),
            "regions_of_interest" => Some(value.as_array().map_or(json!(value), |regions| {
                regions.iter().map(|region| Json::Object(plain_region(region))).collect()
            })),
            _ => unlisted(value),
        };
        plain.extend(value.map(|value| (name.clone(), value)));
    }
    plain
}

fn plain_region(region: &Json) -> Map<String, Json> {
    let mut plain = self::plain(region);
    if let Some(points) = region.get("polygon").and_then(Json::as_array).filter(|it| !it.is_empty())
    {
        let points = points.iter().map(|point| json!([point.get("x"), point.get("y")]));
        plain.insert("polygon".to_owned(), points.collect());
    }
    plain
}

fn unlisted(value: &Json) -> Option<Json> {
    match value {
        Json::Null => None,
        Json::String(text) if text.is_empty() => None,
        Json::Array(items) => match items.as_slice() {
            [] => None,
            [only @ Json::Object(_)] => unlisted(only),
            _ => Some(value.clone()),
        },
        Json::Object(_) => Some(Json::Object(plain(value))),
        _ => Some(value.clone()),
    }
}

/// Attributes that have a value and no place in a definition, by their dotted paths.
fn unknown_members(members: &Map<String, Json>) -> Vec<String> {
    fn walk(json: &Json, path: &str, found: &mut Vec<String>) {
        let known = Attribute::FIXED.iter().map(|attribute| attribute.shape().path);
        if known.clone().any(|known| known == path) {
            return;
        }
        match json {
            Json::Object(members)
                if known.clone().any(|known| known.starts_with(&format!("{path}."))) =>
            {
                for (name, member) in members {
                    walk(member, &format!("{path}.{name}"), found);
                }
            }
            _ => found.push(path.to_owned()),
        }
    }
    let mut found = Vec::new();
    for (name, member) in members.iter().filter(|(name, _)| !BESIDE.contains(&name.as_str())) {
        walk(member, name, &mut found);
    }
    found
}

/// What was read, by account and region.
#[derive(Default)]
struct Taken(BTreeMap<(Option<String>, Option<String>), BTreeMap<ProcessorName, Resource>>);

impl Taken {
    fn add(&mut self, one: Resource, file: &File<'_>, complaints: &mut Vec<Complaint>) {
        let place = self.0.entry((one.account_id.clone(), one.region.clone())).or_default();
        if let Some(first) = place.get(&one.name) {
            let what = format!("{} is there twice, first as `{}`", one.name, first.address);
            let name = Some(one.name.as_str());
            complaints.push(file.complain(Code::ForeignValue, &one.address, name, &what));
            return;
        }
        place.insert(one.name.clone(), one);
    }

    /// Keeps what is of the account and region that are meant, and counts the rest.
    fn finish(self, known: &Whereabouts, foreign: &mut Foreign) {
        let fits = |said: &Option<String>, known: &Option<String>| {
            said.is_none() || known.is_none() || said == known
        };
        let (meant, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.0.into_iter().partition(|((account_id, region), _)| {
                fits(account_id, &known.account_id) && fits(region, &known.region)
            });
        let Inventory { account_id, region, processors, notes, .. } = &mut foreign.inventory;
        let left_out: usize = others.values().map(BTreeMap::len).sum();
        if left_out > 0 {
            notes.push(format!(
                "{left_out} more in that file are of another account or region, and are left out"
            ));
        }
        for ((of_account, of_region), resources) in meant {
            for (said, found) in [(of_account, &mut *account_id), (of_region, &mut *region)] {
                if let (Some(said), Some(found)) = (&said, &*found)
                    && said != found
                {
                    let diagnostic = Diagnostic::new(
                        Code::ForeignFile,
                        format!("this holds stream processors of {found} and of {said}"),
                    )
                    .help("say which are meant: --account ACCOUNT_ID, --region REGION");
                    foreign.complaints.push(Complaint { name: None, diagnostic });
                    return;
                }
                *found = said.or(found.take());
            }
            for (name, resource) in resources {
                processors.entry(name).or_insert(resource.found);
            }
        }
    }
}
