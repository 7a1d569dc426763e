//! The JSON Schema of a configuration file, for editors.

use serde_json::{Map, Value as Json, json};

use super::tables::{FILE, Key, Shape, Table};

/// The schema of `rekon.toml` and of the files that it includes.
///
/// It is generated from the description that files are checked against. Draft 7
/// is what the TOML language servers of common editors know in full.
pub fn schema() -> Json {
    let mut definitions = Map::new();
    let mut root = table(&FILE, &mut definitions);
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root["title"] = json!("rekon configuration");
    root["definitions"] = Json::Object(definitions);
    root
}

fn table(table: &Table, definitions: &mut Map<String, Json>) -> Json {
    let keys = table.keys.iter();
    let properties: Map<String, Json> =
        keys.map(|key| (key.name.to_owned(), entry(key, definitions))).collect();
    let schema = json!({
        "type": "object",
        "description": table.about,
        "properties": properties,
        "additionalProperties": false,
    });
    with(schema, &table.rules)
}

fn entry(key: &Key, definitions: &mut Map<String, Json>) -> Json {
    let schema = match &key.shape {
        // Beside a reference, draft 7 takes nothing else.
        Shape::Table(inner) => json!({ "allOf": [reference(inner, definitions)] }),
        shape => value(shape, definitions),
    };
    with(with(schema, &json!({ "description": key.about })), &key.rules)
}

fn value(shape: &Shape, definitions: &mut Map<String, Json>) -> Json {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Date => json!({ "type": "string" }),
        Shape::Any => json!({}),
        Shape::Count => json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
        Shape::Number => json!({ "type": "number", "format": "double" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Word(words) => json!({ "type": "string", "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": value(item, definitions) }),
        Shape::Names => json!({
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        }),
        Shape::Point => json!({
            "description": "A corner: `[x, y]` in fractions of the frame from its upper left corner, 0 to 1.",
            "type": "array",
            "items": { "type": "number" },
            "minItems": 2,
            "maxItems": 2,
        }),
        Shape::Table(inner) => reference(inner, definitions),
        Shape::Named(inner) => {
            json!({ "type": "object", "additionalProperties": reference(inner, definitions) })
        }
        Shape::Texts => json!({ "type": "object" }),
    }
}

/// A reference to a table, which is thereby defined.
fn reference(inner: &Table, definitions: &mut Map<String, Json>) -> Json {
    if !definitions.contains_key(&inner.name) {
        let schema = table(inner, definitions);
        definitions.insert(inner.name.clone(), schema);
    }
    json!({ "$ref": format!("#/definitions/{}", inner.name) })
}

fn with(mut schema: Json, rules: &Json) -> Json {
    for (name, rule) in rules.as_object().into_iter().flatten() {
        schema[name] = rule.clone();
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Map, Value};

    use super::*;
    use crate::config::Loaded;
    use crate::diagnostic::Code;

    #[test]
    fn the_schema_at_the_root_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.json");
        let expected = format!("{:#}\n", schema());
        if std::env::var_os("REKON_UPDATE_CASES").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == expected, "REKON_UPDATE_CASES=1 writes schema.json anew");
    }

    fn validator() -> jsonschema::Validator {
        jsonschema::draft7::new(&schema()).unwrap()
    }

    fn json(text: &str) -> Value {
        serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
    }

    /// Follows a reference of the schema.
    fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
        match reference {
            Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    /// Every place for a value that a schema knows, as TOML with `HERE` in it.
    fn places(root: &Value, schema: &Value, around: &str, found: &mut Vec<String>) {
        let schema = resolved(root, schema);
        found.push(around.to_owned());
        for (key, inner) in schema["properties"].as_object().unwrap_or(&Map::new()) {
            places(root, inner, &around.replace("HERE", &format!("{{ {key} = HERE }}")), found);
        }
        if schema["additionalProperties"].is_object() {
            let inner = &schema["additionalProperties"];
            places(root, inner, &around.replace("HERE", "{ name = HERE }"), found);
        }
        if schema["items"].is_object() {
            places(root, &schema["items"], &around.replace("HERE", "[HERE]"), found);
        }
    }

    #[test]
    fn the_schema_and_the_reading_know_the_same_keys() {
        let root = schema();
        let mut found = Vec::new();
        for (key, inner) in root["properties"].as_object().unwrap() {
            places(&root, inner, &format!("{key} = HERE"), &mut found);
        }
        assert!(found.len() > 200, "{}", found.len());
        let validator = validator();
        let complains = |text: &str| {
            let loaded = Loaded::from_texts([("rekon.toml", text)]);
            loaded.diagnostics.iter().any(|it| {
                matches!(it.code, Code::UnknownKey | Code::UnknownTable | Code::UnquotedDot)
            })
        };
        for place in found {
            let known = place.replace("HERE", "1");
            assert!(!complains(&known), "{known} is in the schema and not read");
            let unknown = place.replace("HERE", "{ surely_no_key = 1 }");
            // A table of names takes any name; the schema then dislikes its value.
            if complains(&unknown) {
                assert!(!validator.is_valid(&json(&unknown)), "{unknown} is in the schema only");
            }
        }
    }

    #[test]
    fn every_attribute_says_what_it_is() {
        let root = schema();
        let tables = root["definitions"].as_object().unwrap().values().chain([&root]);
        for table in tables {
            assert!(table["description"].is_string(), "{table:#}");
            for (key, value) in table["properties"].as_object().unwrap() {
                let description = value["description"].as_str().unwrap_or_default();
                assert!(description.len() > 5, "{key}: {value:#}");
            }
            assert_eq!(table["additionalProperties"], false);
            assert!(table.get("unevaluatedProperties").is_none());
        }
        assert!(root.get("required").is_none());
    }

    #[test]
    fn the_schema_takes_projects_that_are_right_and_refuses_wrong_ones() {
        let validator = validator();
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diagnostics");
        let valid = |case: &str| {
            let text = std::fs::read_to_string(cases.join(case)).unwrap();
            validator.iter_errors(&json(&text)).map(|error| error.to_string()).collect::<Vec<_>>()
        };
        for right in ["clean/rekon.toml", "clean/cameras/lobby.toml", "unset-nothing/rekon.toml"] {
            assert_eq!(valid(right), Vec::<String>::new(), "{right}");
        }
        for wrong in [
            "unknown-key",
            "unknown-table",
            "wrong-type",
            "unknown-word",
            "out-of-range",
            "threshold-too-low",
            "invalid-string",
            "invalid-arn",
            "wrong-service",
            "no-labels",
            "too-many-labels",
            "too-many-regions",
            "region-shape",
            "incomplete-box",
            "polygon-size",
            "two-kinds",
            "two-outputs",
            "too-many-tags",
            "invalid-account-id",
            "invalid-region",
            "unquoted-dot",
            "invalid-name",
        ] {
            assert!(!valid(&format!("{wrong}/rekon.toml")).is_empty(), "{wrong}");
        }
    }

    #[test]
    fn labels_that_are_known_are_suggested_and_others_are_taken() {
        let schema = schema();
        let labels = schema["definitions"].as_object().unwrap().values();
        let labels: Vec<&Value> = labels.map(|table| &table["properties"]["labels"]).collect();
        let labels: Vec<_> = labels.into_iter().filter(|labels| !labels.is_null()).collect();
        assert_eq!(labels.len(), 1);
        assert_eq!(
            labels[0]["items"]["anyOf"][0]["enum"],
            json!(["PERSON", "PET", "PACKAGE", "ALL"])
        );
        let validator = validator();
        let valid = |labels: &str| {
            let text = format!("processor.a.settings.connected_home.labels = {labels}");
            validator.is_valid(&json(&text))
        };
        for taken in ["['PERSON']", "['BICYCLE', 'PERSON']", "['person']", "['']"] {
            assert!(valid(taken), "{taken}");
        }
        for refused in ["[1]", "'PERSON'", "[]", "[['PERSON']]"] {
            assert!(!valid(refused), "{refused}");
        }
    }

    #[test]
    fn the_schema_takes_every_example() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let mut folders = vec![examples];
        let validator = validator();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "toml") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let errors: Vec<String> =
                        validator.iter_errors(&json(&text)).map(|it| it.to_string()).collect();
                    assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
                }
            }
        }
    }
}
