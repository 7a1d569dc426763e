//! The JSON Schema of a configuration file, for editors.

use schemars::generate::SchemaSettings;

use super::raw::File;

/// The schema of `rekon.toml` and of the files that it includes.
///
/// It is generated from the types that the files are read into. Draft 7 is
/// what the TOML language servers of common editors know in full.
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<File>();
    schema.insert("title".to_owned(), "rekon configuration".into());
    schema.to_value()
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
    fn the_schema_refuses_what_is_wrong_wherever_it_stands() {
        let validator = validator();
        let wrong = [
            "[processor.'front door!']".to_owned(),
            "[processor.'']".to_owned(),
            format!("[processor.{}]", "x".repeat(129)),
            "[processor.a]\ntags = { 'aws:x' = 'y' }".to_owned(),
            "[template.a.tags]\n'rekon:stack' = 'y'".to_owned(),
            "[defaults]\ntags = { '' = 'y' }".to_owned(),
            format!("[defaults]\ntags = {{ {} = 'y' }}", "k".repeat(129)),
            format!("[defaults]\ntags = {{ k = '{}' }}", "v".repeat(257)),
            "[stack]".to_owned(),
            "[stack]\nname = 's'\naccount_id = '111122223333'".to_owned(),
            "[stack]\nname = 's'\nregion = 'us-east-1'".to_owned(),
            "[stack]\naccount_id = '111122223333'\nregion = 'us-east-1'".to_owned(),
            "[template.a]\nsettings = { connected_home = {}, face_search = {} }".to_owned(),
            "[defaults]\noutput = { s3_destination = {}, kinesis_data_stream = {} }".to_owned(),
            "[defaults.label_detection]\nsettings.face_search.collection_id = 'c'".to_owned(),
            "[defaults.face_search]\nsettings.connected_home.labels = ['PET']".to_owned(),
            "[processor.a]\nsettings.connected_home = {}\ndesired_status = 'running'".to_owned(),
            "[processor.a]\nsettings.connected_home = {}\noutput.kinesis_data_stream = {}".to_owned(),
            "[processor.a]\nsettings.face_search = {}\noutput.s3_destination = {}".to_owned(),
            "[zone.a]".to_owned(),
            "[zone.a]\npolygon = [[0, 0], [1, 0], [1, 1]]\n[zone.a.bounding_box]\nleft = 0\ntop = 0\nwidth = 1\nheight = 1".to_owned(),
            "[defaults]\nregions_of_interest = [{}]".to_owned(),
            "[defaults]\nregions_of_interest = [{ zone = 'a', polygon = [[0, 0], [1, 0], [1, 1]] }]".to_owned(),
            "[defaults]\nregions_of_interest = [{ bounding_box = { left = 0 } }]".to_owned(),
        ];
        for text in wrong {
            let whole = format!(
                "{}{text}",
                match text.starts_with("[stack]") {
                    true => "",
                    false =>
                        "[stack]\nname = 's'\naccount_id = '111122223333'\nregion = 'us-east-1'\n",
                }
            );
            assert!(!validator.is_valid(&json(&whole)), "{text}");
            let checked = crate::desired::resolve(&Loaded::from_texts([("rekon.toml", &*whole)]));
            assert!(checked.has_errors(), "{text} is refused by the schema only");
        }
    }

    #[test]
    fn the_schema_takes_whatever_is_no_error() {
        let mut texts: Vec<String> = Vec::new();
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diagnostics");
        for entry in std::fs::read_dir(cases).unwrap() {
            let loaded = crate::config::load(&entry.unwrap().path());
            if !crate::desired::resolve(&loaded).has_errors() {
                texts.extend(loaded.sources.iter().map(|(_, source)| source.text.to_string()));
            }
        }
        assert!(texts.len() > 20, "{}", texts.len());
        // Layers that are right because of what lies over them.
        let stack = "[stack]\nname = 's'\naccount_id = '111122223333'\nregion = 'us-east-1'\n";
        let tags: String = (0..201).map(|at| format!("tags.k{at} = 'v'\n")).collect();
        let layers = [
            "[template.a]\nsettings.connected_home = {}\ndesired_status = 'running'\n".to_owned(),
            "[defaults]\nsettings.face_search = {}\noutput.s3_destination = {}\n".to_owned(),
            "[defaults.label_detection]\ndesired_status = 'stopped'\n".to_owned(),
            format!("[template.a]\n{tags}"),
            "[zone.a]\npolygon = [[-1, 0], [2, 0], [2, 3]]\n".to_owned(),
            "[zone.a.bounding_box]\nleft = -0.5\ntop = 1.5\nwidth = 2\nheight = 0\n".to_owned(),
        ];
        for layer in layers {
            let text = format!("{stack}{layer}");
            let checked = crate::desired::resolve(&Loaded::from_texts([("rekon.toml", &*text)]));
            assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
            texts.push(text);
        }
        let validator = validator();
        for text in texts {
            let errors: Vec<String> =
                validator.iter_errors(&json(&text)).map(|it| it.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "{text}");
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
