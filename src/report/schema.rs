//! The JSON Schemas of the machine formats, as `rekon schema NAME` prints them.
//!
//! They say what this version writes: every member is known, and those that are
//! always there are required. What the service says or is sent is left open.

use serde_json::{Map, Value as Json, json};

use crate::model::{Attribute, Type};
use crate::plan::{Category, Outlook};

/// A machine format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What `plan --format json` prints and `plan --out` saves.
    Plan,
    /// What `apply --format json` prints.
    Outcome,
    /// What `validate --format json` prints, and every verb when it fails.
    Diagnostics,
    /// What `snapshot` prints.
    Snapshot,
    /// What `import --format json` prints.
    Import,
    /// What `accept --format json` prints.
    Acceptance,
    /// What `drift --format json` prints.
    Drift,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 7] = [
        Format::Plan,
        Format::Outcome,
        Format::Diagnostics,
        Format::Snapshot,
        Format::Import,
        Format::Acceptance,
        Format::Drift,
    ];

    /// Its name, and that of its schema.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Plan => "plan",
            Format::Outcome => "outcome",
            Format::Diagnostics => "diagnostics",
            Format::Snapshot => "snapshot",
            Format::Import => "import",
            Format::Acceptance => "acceptance",
            Format::Drift => "drift",
        }
    }
}

/// The schema of a format.
pub fn schema(format: Format) -> Json {
    let (about, body) = match format {
        Format::Plan => ("What would be done, call by call, and why.", plan()),
        Format::Outcome => ("What became of a plan.", outcome()),
        Format::Diagnostics => ("What is wrong, or why a command failed.", diagnostics()),
        Format::Snapshot => ("The live state of an account and region.", snapshot()),
        Format::Import => ("What was written for what exists, and what was not.", import()),
        Format::Acceptance => ("What the files took over of what lives.", acceptance()),
        Format::Drift => ("What moved away from what was applied.", drift()),
    };
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    schema.insert("title".into(), json!(format!("rekon {}", format.as_str())));
    schema.insert("description".into(), json!(about));
    if let Json::Object(body) = body {
        schema.extend(body);
    }
    Json::Object(schema)
}

const OPERATIONS: [&str; 7] = [
    "CreateStreamProcessor",
    "DeleteStreamProcessor",
    "StartStreamProcessor",
    "StopStreamProcessor",
    "TagResource",
    "UntagResource",
    "UpdateStreamProcessor",
];

const ACTIONS: [&str; 8] =
    ["delete", "replace", "create", "update", "adopt", "record", "start", "stop"];

/// An object of these members, those first that are always there.
fn object<const ALWAYS: usize, const SOMETIMES: usize>(
    always: [(&str, Json); ALWAYS],
    sometimes: [(&str, Json); SOMETIMES],
) -> Json {
    let required = always.each_ref().map(|(name, _)| *name).to_vec();
    let members = always.into_iter().chain(sometimes);
    let members: Map<String, Json> =
        members.map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({"type": "object", "properties": members, "required": required,
        "additionalProperties": false})
}

fn text() -> Json {
    json!({"type": "string"})
}

fn flag() -> Json {
    json!({"type": "boolean"})
}

/// A moment in UTC.
fn time() -> Json {
    json!({"type": "string", "format": "date-time"})
}

fn number() -> Json {
    json!({"type": "number", "minimum": 0})
}

fn count() -> Json {
    json!({"type": "integer", "minimum": 0})
}

fn position() -> Json {
    json!({"type": "integer", "minimum": 1})
}

fn list(items: Json) -> Json {
    json!({"type": "array", "items": items})
}

fn word(words: &[&str]) -> Json {
    json!({"enum": words})
}

fn or_null(schema: Json) -> Json {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// A stable name in kebab-case; others may come.
fn code() -> Json {
    json!({"type": "string", "pattern": "^[a-z][a-z0-9-]*$"})
}

fn sealed() -> Json {
    json!({"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"})
}

fn version() -> Json {
    json!({"type": "string", "pattern": "^1\\.[0-9]+$"})
}

fn account_id() -> Json {
    json!({"type": "string", "pattern": "^[0-9]{12}$"})
}

fn stack() -> Json {
    object([("name", text()), ("account_id", account_id()), ("region", text())], [])
}

fn location() -> Json {
    object([("file", text()), ("line", position()), ("column", position())], [])
}

fn operation() -> Json {
    word(&OPERATIONS)
}

/// Which side moved.
fn origin() -> Json {
    word(&["config", "drift", "both", "unknown"])
}

/// A request or an answer, as it is on the wire.
fn wire() -> Json {
    json!({"type": "object"})
}

fn record() -> Json {
    let label = object(
        [
            ("file", text()),
            ("line", position()),
            ("column", position()),
            ("end_line", position()),
            ("end_column", position()),
            ("message", text()),
        ],
        [],
    );
    object(
        [
            ("code", code()),
            ("severity", word(&["error", "warning", "note"])),
            ("message", text()),
            ("help", or_null(text())),
            ("labels", list(label)),
        ],
        [],
    )
}

fn diagnostics() -> Json {
    let summary = object([("errors", count()), ("warnings", count()), ("notes", count())], []);
    object(
        [("format_version", version()), ("summary", summary), ("diagnostics", list(record()))],
        [],
    )
}

/// A value in the TOML's shape.
fn value(kind: Type) -> Json {
    match kind {
        Type::Text { .. } => text(),
        Type::Percent => json!({"type": "number", "minimum": 0, "maximum": 100}),
        Type::Flag => flag(),
        Type::Labels => list(text()),
        Type::RunState => word(&["running", "stopped"]),
        Type::Regions => list(region()),
    }
}

/// A region of interest in the TOML's shape.
fn region() -> Json {
    let side = || json!({"type": "number"});
    let bounds =
        object([("left", side()), ("top", side()), ("width", side()), ("height", side())], []);
    let point = json!({"type": "array", "items": side(), "minItems": 2, "maxItems": 2});
    json!({"oneOf": [
        object([("bounding_box", bounds)], []),
        object([("polygon", list(point))], []),
    ]})
}

/// A definition with its tags and run state, as far as they are known.
fn definition() -> Json {
    let mut root = object([], []);
    for attribute in Attribute::FIXED {
        let mut table = &mut root;
        for segment in attribute.segments() {
            table = &mut table["properties"][segment];
            if table.is_null() {
                *table = object([], []);
            }
        }
        *table = value(attribute.shape().value);
    }
    root["properties"]["tags"] = json!({"type": "object", "additionalProperties": text()});
    root
}

fn plan() -> Json {
    let definition = || json!({"$ref": "#/definitions/definition"});
    let calls = object(
        [
            ("total", count()),
            (
                "by_operation",
                json!({"type": "object", "propertyNames": operation(),
                    "additionalProperties": position()}),
            ),
            ("seconds", number()),
        ],
        [],
    );
    let summary = object(
        [
            ("create", count()),
            ("update", count()),
            ("replace", count()),
            ("delete", count()),
            ("adopt", count()),
            ("record", count()),
            ("start", count()),
            ("stop", count()),
            ("unchanged", count()),
            ("undeclared", count()),
            ("other_stacks", count()),
            ("skipped", count()),
            ("left_out", count()),
            ("calls", calls),
        ],
        [],
    );
    let attribute = object(
        [
            ("path", text()),
            ("before", json!({})),
            ("after", json!({})),
            ("effect", word(&["in_place", "replace", "create", "delete"])),
            ("origin", origin()),
        ],
        [("source", location())],
    );
    let change = object(
        [
            ("name", text()),
            ("actions", list(word(&ACTIONS))),
            ("fingerprint", sealed()),
            ("attributes", list(attribute)),
            ("expect", or_null(definition())),
            ("result", or_null(definition())),
            ("group", text()),
            ("calls", list(text())),
        ],
        [("source", location()), ("frame", text()), ("moved_from", text())],
    );
    let fallback =
        object([("processor", text()), ("operation", operation()), ("request", wire())], []);
    let call = object(
        [
            ("id", text()),
            ("processor", text()),
            ("operation", operation()),
            ("group", text()),
            ("after", list(text())),
            ("request", wire()),
        ],
        [("after_verified", list(text())), ("on_failure", list(fallback))],
    );
    let refusal = object(
        [
            ("code", code()),
            ("name", or_null(text())),
            ("message", text()),
            ("help", or_null(text())),
        ],
        [],
    );
    let mut plan = object(
        [
            ("format_version", version()),
            ("rekon_version", text()),
            ("stack", stack()),
            ("fingerprint", sealed()),
            ("complete", flag()),
            ("summary", summary),
            ("changes", list(change)),
            ("calls", list(call)),
            ("refusals", list(refusal)),
            ("diagnostics", list(record())),
            ("undeclared", list(text())),
            ("digest", sealed()),
        ],
        [
            ("zones", json!({"type": "object", "additionalProperties": region()})),
            ("made", object([("at", time()), ("against", against())], [])),
            ("base", text()),
            ("changed_since", text()),
            ("unreviewed", list(unreviewed())),
            ("restores", flag()),
        ],
    );
    plan["definitions"] = json!({"definition": self::definition()});
    plan
}

/// A change that nobody agreed to.
fn unreviewed() -> Json {
    object([("name", text()), ("reason", word(&["new", "different", "dependent"]))], [])
}

/// What was taken for the live state when a plan was made.
fn against() -> Json {
    let kind = |kind: &str| ("kind", word(&[kind]));
    json!({"oneOf": [
        object([kind("service")], [("endpoint", text()), ("caller", text())]),
        object([kind("emulator")], []),
        object([kind("files"), ("base", text())], []),
        object([kind("snapshot"), ("file", text())], [("taken_at", time())]),
    ]})
}

fn outcome() -> Json {
    let calls = object(
        [
            ("planned", count()),
            ("made", count()),
            ("reads", count()),
            ("retried", count()),
            ("throttled", count()),
            ("seconds", number()),
        ],
        [],
    );
    let summary = object(
        [
            ("done", count()),
            ("failed", count()),
            ("not_tried", count()),
            ("moved", count()),
            ("removed", count()),
            ("calls", calls),
        ],
        [],
    );
    let difference = object([("path", text()), ("expected", json!({})), ("found", json!({}))], []);
    let processor = object(
        [
            ("name", text()),
            ("actions", list(word(&ACTIONS))),
            ("result", word(&["done", "not_tried", "moved", "failed"])),
            ("made", list(operation())),
        ],
        [
            ("call", text()),
            ("operation", operation()),
            ("reason_code", code()),
            ("reason", text()),
            ("help", text()),
            ("differences", list(difference)),
            ("notes", list(text())),
        ],
    );
    let call = object(
        [
            ("id", text()),
            ("processor", text()),
            ("operation", operation()),
            ("role", word(&["planned", "fallback"])),
            ("effect", word(&["none", "unknown", "taken", "others"])),
            ("settled", flag()),
        ],
        [],
    );
    let removed = object(
        [("name", text()), ("recovery_file", text()), ("restore", text()), ("planned", flag())],
        [],
    );
    object(
        [
            ("format_version", version()),
            ("rekon_version", text()),
            ("stack", stack()),
            ("fingerprint", sealed()),
            ("applied", word(&["all", "part", "nothing"])),
            ("interrupted", or_null(word(&["SIGHUP", "SIGINT", "SIGTERM"]))),
            ("summary", summary),
            ("processors", list(processor)),
            ("calls", list(call)),
            ("removed", list(removed)),
        ],
        [("unreviewed", list(unreviewed()))],
    )
}

fn problem() -> Json {
    object([("names", or_null(list(text()))), ("reason", text())], [])
}

fn import() -> Json {
    let summary = object(
        [
            ("imported", count()),
            ("left_alone", count()),
            ("differing", count()),
            ("refused", count()),
        ],
        [],
    );
    let file = object([("path", text()), ("processors", list(text()))], [("text", text())]);
    let left_alone = object([("name", text()), ("differs", list(text()))], []);
    let refused = object([("name", text()), ("reason", text())], []);
    object(
        [
            ("format_version", version()),
            ("stack", stack()),
            ("dry_run", flag()),
            ("complete", flag()),
            ("summary", summary),
            ("files", list(file)),
            ("include", or_null(text())),
            ("left_alone", list(left_alone)),
            ("refused", list(refused)),
            ("tags_unknown", list(text())),
            ("unmanaged", list(text())),
            ("notes", list(text())),
            ("problems", list(problem())),
        ],
        [],
    )
}

fn acceptance() -> Json {
    let summary = object([("accepted", count()), ("left", count()), ("files", count())], []);
    let accepted = object(
        [
            ("name", text()),
            ("path", text()),
            ("before", json!({})),
            ("after", json!({})),
            ("origin", word(&["drift", "both", "unknown", "config"])),
            ("table", text()),
            ("source", location()),
        ],
        [],
    );
    let left = object([("name", text()), ("reason", code())], []);
    let file = object([("path", text()), ("diff", text())], []);
    object(
        [
            ("format_version", version()),
            ("stack", stack()),
            ("dry_run", flag()),
            ("summary", summary),
            ("accepted", list(accepted)),
            ("left", list(left)),
            ("files", list(file)),
        ],
        [],
    )
}

fn drift() -> Json {
    let category = || word(&Category::ALL.map(Category::as_str));
    let recorded = json!({"oneOf": [
        object([("value", json!({}))], []),
        object([("digest", text())], []),
        word(&["none"]),
    ]});
    let attribute = object(
        [
            ("path", text()),
            ("recorded", recorded),
            ("live", json!({})),
            ("declared", json!({})),
            ("origin", origin()),
        ],
        [("source", location())],
    );
    let who = object(
        [
            ("principal", or_null(text())),
            ("operation", or_null(text())),
            ("at", or_null(time())),
            ("source_ip", or_null(text())),
            ("by_rekon", flag()),
            ("unknown", or_null(text())),
        ],
        [],
    );
    let seen = object([("standing", word(&["new", "altered", "known"])), ("since", time())], []);
    let finding = object(
        [("name", text()), ("category", category())],
        [
            ("attributes", list(attribute)),
            ("message", text()),
            ("outlook", word(&Outlook::ALL.map(Outlook::as_str))),
            ("source", location()),
            ("who", who),
            ("seen", seen),
        ],
    );
    let resolved = object([("name", text()), ("category", category()), ("since", time())], []);
    let since = object(
        [
            ("last", or_null(time())),
            ("new", count()),
            ("altered", count()),
            ("known", count()),
            ("resolved", list(resolved)),
        ],
        [],
    );
    let counts = ["processors", "clean", "ignored"];
    let counts = counts.into_iter().chain(Category::ALL.map(Category::as_str));
    let counts: Vec<&str> = counts.collect();
    let members: Map<String, Json> = counts.iter().map(|&name| (name.into(), count())).collect();
    let summary = json!({"type": "object", "properties": members, "required": counts,
        "additionalProperties": false});
    object(
        [
            ("format_version", version()),
            ("rekon_version", text()),
            ("stack", stack()),
            ("complete", flag()),
            ("summary", summary),
            ("findings", list(finding)),
            ("diagnostics", list(record())),
        ],
        [("since", since)],
    )
}

fn snapshot() -> Json {
    let processor = json!({
        "type": "object",
        "description": "What DescribeStreamProcessor shows, and its tags where they are known.",
        "properties": {
            "Name": text(),
            "Tags": {"type": "object", "additionalProperties": text()},
        },
        "required": ["Name"],
    });
    object(
        [
            ("format_version", version()),
            ("taken_at", text()),
            ("account_id", account_id()),
            ("region", text()),
            ("complete", flag()),
            ("processors", list(processor)),
        ],
        [("problems", list(problem())), ("emulator", wire())],
    )
}
