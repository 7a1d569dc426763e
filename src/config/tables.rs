//! The tables of a configuration file: one description of them all.
//!
//! What a file may hold, what is said of a key that does not exist, and the JSON
//! Schema follow from it. Its part about processors follows in turn from the
//! model's table of attributes, which knows their paths and types.
//!
//! The comments on keys are the schema's descriptions, which editors show; they
//! are written for the person who writes the file. Nothing is required here:
//! what must be there is known only after the layers have been merged, and
//! included files hold parts.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::pattern::portable;
use crate::model::{Attribute, Default, Float32, KNOWN_LABELS, Type};

/// A table with a fixed set of keys.
#[derive(Debug)]
pub(crate) struct Table {
    /// How the schema names it.
    pub(super) name: String,
    /// How messages name it.
    pub(super) noun: String,
    pub(super) about: &'static str,
    pub(crate) keys: Vec<Key>,
    /// What the schema says beside that.
    pub(super) rules: Json,
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(super) about: &'static str,
    pub(crate) shape: Shape,
    /// What of a processor it gives.
    pub(crate) property: Option<Property>,
    /// What the schema says beside that.
    pub(super) rules: Json,
}

/// What may stand at a key.
#[derive(Debug)]
pub(crate) enum Shape {
    Text,
    /// A whole number from 0.
    Count,
    Number,
    Flag,
    /// A day, as a date or in quotes.
    Date,
    /// A value of a type that another key decides.
    Any,
    /// One of a few words.
    Word(&'static [&'static str]),
    List(Box<Shape>),
    /// A name, or a list of names.
    Names,
    /// A corner of a polygon: `[x, y]`.
    Point,
    Table(Table),
    /// Tables under names of the user's choice.
    Named(Table),
    /// Texts under names of the user's choice.
    Texts,
}

/// What a layer may give a processor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Property {
    Attribute(Attribute),
    PreventDestroy,
    IgnoreChanges,
    /// The picture of what the camera sees, which the service never hears of.
    Frame,
}

/// A configuration file.
pub(crate) static FILE: LazyLock<Table> = LazyLock::new(file);

/// The keys that defaults, templates and processors have in common.
pub(crate) static ATTRIBUTES: LazyLock<Vec<Key>> = LazyLock::new(attributes);

impl Property {
    /// The segments of its dotted path.
    pub(crate) fn segments(&self) -> Vec<&str> {
        match self {
            Property::Attribute(attribute) => attribute.segments().collect(),
            Property::PreventDestroy => vec!["lifecycle", "prevent_destroy"],
            Property::IgnoreChanges => vec!["lifecycle", "ignore_changes"],
            Property::Frame => vec!["frame"],
        }
    }
}

/// The least that a percentage may be: the service raises what is under the
/// default of a threshold, which canonical form writes out.
pub(crate) fn least(attribute: &Attribute) -> Float32 {
    match attribute.shape().default {
        Default::Written(least) => least,
        _ => Float32::whole(0),
    }
}

impl Table {
    /// The names of its keys.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }

    /// The description of a key.
    pub(super) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Key {
    /// What the key and those below it give of a processor.
    pub(crate) fn properties(&self) -> Vec<Property> {
        match &self.shape {
            Shape::Table(table) => table.keys.iter().flat_map(Key::properties).collect(),
            _ => self.property.iter().cloned().collect(),
        }
    }

    /// The dotted paths of the key and of those below it.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = vec![self.name.to_owned()];
        if let Shape::Table(table) = &self.shape {
            let below = table.keys.iter().flat_map(Key::paths);
            paths.extend(below.map(|path| format!("{}.{path}", self.name)));
        }
        paths
    }
}

/// Puts a key where a dotted path leads.
fn place(keys: &mut Vec<Key>, path: &str, key: Key) {
    let Some((outer, rest)) = path.split_once('.') else { return keys.push(key) };
    let outer = keys.iter_mut().find(|key| key.name == outer);
    if let Some(Key { shape: Shape::Table(table), .. }) = outer {
        place(&mut table.keys, rest, key);
    }
}

/// The keys of the attributes and of the tables around them.
fn attributes() -> Vec<Key> {
    let mut keys = Vec::new();
    for (path, about, itself) in ABOUT {
        let name = path.rsplit('.').next().unwrap_or(path);
        let (shape, property, rules) = match (path.parse::<Attribute>(), *path) {
            (Ok(attribute), _) => {
                let rules = value_rules(&attribute);
                (attribute.shape().value.into(), Some(Property::Attribute(attribute)), rules)
            }
            (_, "lifecycle.prevent_destroy") => {
                (Shape::Flag, Some(Property::PreventDestroy), json!({}))
            }
            (_, "lifecycle.ignore_changes") => {
                (Shape::List(Shape::Text.into()), Some(Property::IgnoreChanges), json!({}))
            }
            (_, "frame") => (Shape::Text, Some(Property::Frame), frame_rules()),
            (_, "tags") => (Shape::Texts, None, tag_rules()),
            _ => {
                let one_of = Attribute::FIXED.iter().filter_map(Attribute::variant);
                let rules = match one_of.map(|(table, _)| table).any(|table| table == *path) {
                    true => json!({ "maxProperties": 1 }),
                    false => json!({}),
                };
                let table = Table {
                    name: title(name),
                    noun: format!("`{name}`"),
                    about: itself.trim(),
                    keys: vec![],
                    rules,
                };
                (Shape::Table(table), None, json!({}))
            }
        };
        place(&mut keys, path, Key { name, about: about.trim(), shape, property, rules });
    }
    keys
}

/// `s3_destination` as the schema names it: `S3Destination`.
fn title(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

impl From<Type> for Shape {
    fn from(kind: Type) -> Shape {
        match kind {
            Type::Text { .. } => Shape::Text,
            Type::Percent => Shape::Number,
            Type::Flag => Shape::Flag,
            Type::Labels => Shape::List(Shape::Text.into()),
            Type::Regions => Shape::List(Shape::Table(region()).into()),
            Type::RunState => Shape::Word(&["running", "stopped"]),
        }
    }
}

/// What the schema says of an attribute's value.
fn value_rules(attribute: &Attribute) -> Json {
    let mut rules = json!({});
    match attribute.shape().value {
        Type::Text { shortest, longest, pattern } => {
            if shortest > 0 {
                rules["minLength"] = json!(shortest);
            }
            if longest < usize::MAX {
                rules["maxLength"] = json!(longest);
            }
            if !pattern.is_empty() {
                rules["pattern"] = json!(format!("^{}$", portable(pattern)));
            }
        }
        Type::Percent => {
            rules["minimum"] = least(attribute).to_json();
            rules["maximum"] = json!(100);
        }
        Type::Labels => {
            // Editors suggest what is known; the service may know more.
            let label = json!({ "anyOf": [{ "enum": KNOWN_LABELS }, { "type": "string" }] });
            rules = json!({ "minItems": 1, "maxItems": 128, "items": label });
        }
        Type::Regions => rules = json!({ "maxItems": 10 }),
        Type::Flag | Type::RunState => {}
    }
    rules
}

/// What `frame_path` holds of a path, as far as a pattern can say it.
fn frame_rules() -> Json {
    json!({ "minLength": 1, "not": { "pattern": "^/|(^|/)\\.\\.(/|$)" } })
}

fn tag_rules() -> Json {
    json!({
        "propertyNames": { "minLength": 1, "maxLength": 128, "not": { "pattern": "^(aws|rekon):" } },
        "additionalProperties": { "type": "string", "maxLength": 256 },
    })
}

/// A table that names one of its variants: `settings.face_search`.
fn naming(table: &str, variant: &str) -> Json {
    json!({ "required": [table], "properties": { table: { "required": [variant] } } })
}

/// What contradicts itself within the table of a processor, whatever lies under
/// it. In lower layers the same may be right, as higher ones can replace a part.
fn own_contradictions() -> Json {
    let label_detection = naming("settings", "connected_home");
    let face_search = naming("settings", "face_search");
    json!([
        { "not": { "allOf": [label_detection, { "required": ["desired_status"] }] } },
        { "not": { "allOf": [label_detection, naming("output", "kinesis_data_stream")] } },
        { "not": { "allOf": [face_search, naming("output", "s3_destination")] } },
        { "properties": { "tags": { "maxProperties": 200 } } },
    ])
}

/// Declares tables as functions: a table's names, its keys, and what the schema
/// says beside that. The comments are the descriptions.
macro_rules! tables {
    ($(
        #[doc = $about:literal]
        $function:ident $name:literal $noun:literal {
            $( #[doc = $key_about:literal] $key:ident: $shape:expr $(, $key_rules:expr)?; )*
            $( ..$inner:expr )?
        } $( $rules:expr )?;
    )*) => {$(
        fn $function() -> Table {
            let own = vec![$( Key {
                name: stringify!($key),
                about: $key_about.trim_ascii(),
                shape: $shape,
                property: None,
                rules: said([$( $key_rules )?]),
            }, )*];
            Table {
                name: $name.to_owned(),
                noun: $noun.to_owned(),
                about: $about.trim_ascii(),
                keys: own.into_iter()$( .chain($inner) )?.collect(),
                rules: said([$( $rules )?]),
            }
        }
    )*};
}

fn said<const COUNT: usize>(rules: [Json; COUNT]) -> Json {
    rules.into_iter().next().unwrap_or_else(|| json!({}))
}

fn texts() -> Shape {
    Shape::List(Shape::Text.into())
}

tables! {
    /// A rekon project: `rekon.toml`, or a file that its `stack.include` names.
    file "File" "a configuration file" {
        /// Whose fleet this is and where: one account, one region. In `rekon.toml` only.
        stack: Shape::Table(stack());
        /// How many changes of a kind a plan may hold. In `rekon.toml` only.
        guard: Shape::Table(guard());
        /// What lies under every processor. In `rekon.toml` only.
        defaults: Shape::Table(defaults());
        /// Templates by name; a processor takes them up with `extends`.
        template: Shape::Named(template());
        /// Named regions of interest, usable by every processor as `{ zone = "NAME" }`.
        zone: Shape::Named(zone());
        /// Stream processors. The table's name is the processor's name: 1 to 128 letters, digits, `_`, `.` and `-`. A name with a dot needs quotes.
        processor: Shape::Named(processor()), json!({ "propertyNames": { "pattern": "^[a-zA-Z0-9_.-]{1,128}$" } });
        /// Processors that the files no longer declare, and what becomes of them.
        removed: Shape::List(Shape::Table(removed()).into());
        /// Processors that go on under another name or in another stack.
        moved: Shape::List(Shape::Table(moved()).into());
        /// What `rekon drift` takes for granted.
        drift: Shape::Table(drift());
    };

    /// A processor, or several, that the files no longer declare.
    removed "Removed" "an entry of `removed`" {
        /// The processor's name, or a glob of names. Required.
        name: Shape::Text;
        /// False leaves the processors and takes away rekon's marks. Default: true, which deletes them, as leaving out their tables does.
        destroy: Shape::Flag;
    } json!({ "required": ["name"] });

    /// What `rekon drift` takes for granted.
    drift "Drift" "`[drift]`" {
        /// Differences that are known, and left as they are for a while.
        ignore: Shape::List(Shape::Table(drift_ignore()).into());
    };

    /// A difference that is known, and left as it is for a while.
    drift_ignore "DriftIgnore" "an entry of `drift.ignore`" {
        /// The processor's name, or a glob of names. Required.
        processor: Shape::Text;
        /// The dotted path of the attribute, such as `settings.connected_home.min_confidence`. Required.
        attribute: Shape::Text;
        /// The live value that is known; left out where there is none. With another value it is drift again.
        value: Shape::Any;
        /// The last day on which it is known, such as `2026-12-31`. Left out: for ever.
        until: Shape::Date, json!({ "format": "date" });
        /// Why it is as it is. Required.
        reason: Shape::Text;
    } json!({ "required": ["processor", "attribute", "reason"] });

    /// A processor that goes on under another name or in another stack.
    moved "Moved" "an entry of `moved`" {
        /// The name that it had. Required.
        from: Shape::Text;
        /// The name that it is declared under now: it is deleted and created again.
        to: Shape::Text;
        /// The stack that takes it over, which names this one in `accepts_from`: nothing is done to it here.
        to_stack: Shape::Text;
    } json!({ "required": ["from"], "oneOf": [{ "required": ["to"] }, { "required": ["to_stack"] }] });

    /// Whose fleet this is and where: one account, one region.
    stack "Stack" "`[stack]`" {
        /// The stack's name, the owner's mark on everything that this project manages. Required; 1 to 256 characters that a tag value may have.
        name: Shape::Text, json!({ "minLength": 1, "maxLength": 256 });
        /// The AWS account, twelve digits in quotes. Required; rekon refuses to touch any other account.
        account_id: Shape::Text, json!({ "pattern": "^[0-9]{12}$" });
        /// The AWS region, such as `us-east-1`. Required.
        region: Shape::Text, json!({ "pattern": "^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$" });
        /// Globs of further files, relative to the project's folder: `*`, `?`, `[a-z]`, `{a,b}` and `**` for any folders. Default: none.
        include: texts(), json!({ "items": { "type": "string", "pattern": "^[^/]" } });
        /// Which tags rekon manages: `declared`, the keys that the file declares (the default), or `exclusive`, every key.
        tags: Shape::Word(&["declared", "exclusive"]);
        /// Tag keys that rekon never touches; `*` stands for any text.
        ignore_tags: texts();
        /// How rekon knows what it manages: `tags`, by the marks `rekon:stack` and `rekon:applied` (the default), or `none`, for those who may not tag. Without marks nothing is deleted because no file declares it.
        ownership: Shape::Word(&["tags", "none"]);
        /// What the mark `rekon:applied` says: `attributes`, a digest of each that was applied (the default), or `none`, which spares the call after each update. Then nobody knows whether the file or the service moved.
        record: Shape::Word(&["attributes", "none"]);
        /// What a plan does about attributes that the service changed: `revert` (the default), `keep` or `refuse`.
        on_drift: Shape::Word(&["revert", "keep", "refuse"]);
        /// The stacks whose processors this one takes over where it declares them.
        accepts_from: texts();
    } json!({ "required": ["name", "account_id", "region"] });

    /// How many changes of a kind a plan may hold. A plan that goes over is refused unless the exact number is allowed on the command line.
    guard "Guard" "`[guard]`" {
        /// The most processors that a plan may delete. A count from 0; default 5.
        max_deletes: Shape::Count;
        /// The most processors that a plan may replace. A count from 0; default 0.
        max_replacements: Shape::Count;
        /// The most processors that a plan may update. A count from 0; default: no limit.
        max_updates: Shape::Count;
        /// The most processors that a plan may create. A count from 0; default: no limit.
        max_creates: Shape::Count;
    };

    /// What lies under every processor, the lowest of the layers.
    defaults "Defaults" "`[defaults]`" {
        /// What lies under every label detection processor, over `[defaults]`.
        label_detection: Shape::Table(kind_defaults()), json!({ "not": naming("settings", "face_search") });
        /// What lies under every face search processor, over `[defaults]`.
        face_search: Shape::Table(kind_defaults()), json!({ "not": naming("settings", "connected_home") });
        ..attributes()
    };

    /// What lies under every processor of a kind, over `[defaults]`.
    kind_defaults "KindDefaults" "the defaults of a kind" {
        /// Dotted paths of attributes that `[defaults]` gives and this table takes back.
        unset: texts();
        ..attributes()
    };

    /// Attributes for several processors, over the defaults.
    template "Template" "a template" {
        /// The template under this one, or a list of them, later ones over earlier ones.
        extends: Shape::Names;
        /// Dotted paths of attributes that lower layers give and this table takes back.
        unset: texts();
        ..attributes()
    };

    /// A stream processor.
    processor "Processor" "a processor" {
        /// The template under this processor, or a list of them, later ones over earlier ones.
        extends: Shape::Names;
        /// Dotted paths of attributes that lower layers give and this table takes back.
        unset: texts();
        ..attributes()
    } json!({ "allOf": own_contradictions() });

    /// A region of interest: a zone, a box or a polygon.
    region "Region" "a region of interest" {
        /// The name of a `[zone.NAME]`.
        zone: Shape::Text;
        ..shapes()
    } json!({ "minProperties": 1, "maxProperties": 1 });

    /// A named region of interest: a box or a polygon.
    zone "Zone" "a zone" {
        ..shapes()
    } json!({ "minProperties": 1, "maxProperties": 1 });

    /// The shapes that a region or a zone may have.
    shape "Shape" "a shape" {
        /// A box.
        bounding_box: Shape::Table(bounding_box());
        /// An outline of 3 to 10 points, each `[x, y]` in fractions of the frame from its upper left corner, 0 to 1.
        polygon: Shape::List(Shape::Point.into()), json!({ "minItems": 3, "maxItems": 10 });
    };

    /// A box, in fractions of the frame from its upper left corner.
    bounding_box "BoundingBox" "`bounding_box`" {
        /// The left edge, as a fraction of the frame's width: 0 to 1. Required.
        left: Shape::Number;
        /// The upper edge, as a fraction of the frame's height: 0 to 1. Required.
        top: Shape::Number;
        /// The width, as a fraction of the frame's width: 0 to 1. Required.
        width: Shape::Number;
        /// The height, as a fraction of the frame's height: 0 to 1. Required.
        height: Shape::Number;
    } json!({ "required": ["left", "top", "width", "height"] });
}

fn shapes() -> Vec<Key> {
    shape().keys
}

/// Declares the keys of processors: path and, of a table, what it is itself.
macro_rules! about {
    ($( #[doc = $about:literal] $path:literal $(=> $itself:literal)?; )*) => {
        &[$( ($path, $about, concat!("", $($itself)?)), )*]
    };
}

/// What the schema says of the attributes' keys and of the tables around them.
const ABOUT: &[(&str, &str, &str)] = about! {
    /// The IAM role that the service takes on to read the stream and write results: `arn:aws:iam::ACCOUNT:role/NAME`. Required once merged; a change replaces the processor.
    "role_arn";
    /// Where the video comes from. Required once merged; a change replaces the processor.
    "input" => "Where the video comes from.";
    /// A Kinesis video stream, which one processor at most may use.
    "input.kinesis_video_stream" => "A Kinesis video stream.";
    /// The stream's ARN, in the stack's region: `arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATED`.
    "input.kinesis_video_stream.arn";
    /// Where results go: an S3 destination for label detection, a Kinesis data stream for face search. Required once merged; a change replaces the processor.
    "output" => "Where results go: one of the two.";
    /// Results of label detection go to S3.
    "output.s3_destination" => "A place in S3.";
    /// The bucket's name, 3 to 255 characters. Required once merged.
    "output.s3_destination.bucket";
    /// What the keys of results begin with, up to 1024 characters. Default: nothing.
    "output.s3_destination.key_prefix";
    /// Results of face search go to a Kinesis data stream, which one processor at most may use.
    "output.kinesis_data_stream" => "A Kinesis data stream.";
    /// The stream's ARN: `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`.
    "output.kinesis_data_stream.arn";
    /// What is looked for, which makes the kind of processor: label detection (`connected_home`) or face search (`face_search`). Required once merged.
    "settings" => "What is looked for: one of the two.";
    /// Label detection.
    "settings.connected_home" => "Label detection.";
    /// What to look for: `PERSON`, `PET`, `PACKAGE` or `ALL`; 1 to 128 labels. Required once merged. Changed in place.
    "settings.connected_home.labels";
    /// The least confidence, in percent, that a detection must have: 0 to 100. Default: 50. Changed in place.
    "settings.connected_home.min_confidence";
    /// Face search.
    "settings.face_search" => "Face search. Every change replaces the processor.";
    /// The face collection to search, 1 to 255 letters, digits, `_`, `.` and `-`. Required once merged.
    "settings.face_search.collection_id";
    /// The least similarity, in percent, that a match must have: 80 to 100, since the service raises less to 80. Default: 80.
    "settings.face_search.face_match_threshold";
    /// Where label detection announces its results. A change replaces the processor.
    "notification_channel" => "Where label detection announces its results.";
    /// The SNS topic's ARN: `arn:aws:sns:REGION:ACCOUNT:NAME`.
    "notification_channel.sns_topic_arn";
    /// The KMS key that encrypts label detection's results: a key id, an alias or an ARN, 1 to 2048 characters. A change replaces the processor.
    "kms_key_id";
    /// Where in the frame label detection looks, 0 to 10 regions. Left out: everywhere. Changed in place.
    "regions_of_interest";
    /// A picture of what the camera sees, over which `rekon render` and reports draw regions: the path of a JPEG or PNG within the project. The service never hears of it.
    "frame";
    /// Whether AWS may use the video to improve its models.
    "data_sharing_preference" => "Whether AWS may use the video to improve its models.";
    /// True if it may. Default: false. Changed in place, on label detection.
    "data_sharing_preference.opt_in";
    /// Tags, at most 200. Keys have 1 to 128 characters and begin with neither `aws:` nor `rekon:`; values have up to 256.
    "tags";
    /// How rekon treats the processor.
    "lifecycle" => "How rekon treats the processor.";
    /// True refuses every plan that would delete or replace the processor. Default: false.
    "lifecycle.prevent_destroy";
    /// Dotted paths of attributes that are used at creation and ignored afterwards, such as `tags.site`; a path covers all below it.
    "lifecycle.ignore_changes";
    /// Whether a face search processor should run: `running` or `stopped`. Left out: not managed, and kept over a replacement. Face search only.
    "desired_status";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_has_its_key_and_description() {
        let described: Vec<Attribute> =
            ABOUT.iter().filter_map(|(path, ..)| path.parse().ok()).collect();
        for attribute in Attribute::FIXED {
            assert!(described.contains(attribute), "{attribute} is not described");
        }
    }
}
