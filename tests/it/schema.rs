//! The schema and rekon itself agree on what is wrong, and the machine formats are as
//! their schemas say.

use std::path::Path;

use rekon::config::{self, Loaded};
use rekon::report::schema::Format;
use rekon::{desired, report};
use serde_json::Value;

use crate::support::{copy_of, examples, run};

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&config::schema()).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
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
                false => "[stack]\nname = 's'\naccount_id = '111122223333'\nregion = 'us-east-1'\n",
            }
        );
        assert!(!validator.is_valid(&json(&whole)), "{text}");
        let checked = desired::resolve(&Loaded::from_texts([("rekon.toml", &*whole)]));
        assert!(checked.has_errors(), "{text} is refused by the schema only");
    }
}

#[test]
fn the_schema_takes_whatever_is_no_error() {
    let mut texts: Vec<String> = Vec::new();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diagnostics");
    for entry in std::fs::read_dir(cases).unwrap() {
        let loaded = config::load(&entry.unwrap().path());
        if !desired::resolve(&loaded).has_errors() {
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
        "[zone.a.bounding_box]\nleft = -0.5\ntop = 0.5\nwidth = 2\nheight = 0\n".to_owned(),
    ];
    for layer in layers {
        let text = format!("{stack}{layer}");
        let checked = desired::resolve(&Loaded::from_texts([("rekon.toml", &*text)]));
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

/// A machine format's validator.
fn validator_of(format: Format) -> jsonschema::Validator {
    jsonschema::draft7::new(&report::schema::schema(format)).unwrap()
}

/// A text as the document that it has to be.
fn valid(format: Format, text: &str) -> Value {
    let document: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let validator = validator_of(format);
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{text}");
    document
}

#[test]
fn the_schemas_of_the_machine_formats_are_those_in_the_documentation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    for format in Format::ALL {
        let printed = run(&["schema", format.as_str()]);
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        let path = folder.join(format!("{}.json", format.as_str()));
        if std::env::var_os("REKON_UPDATE_CASES").is_some() {
            std::fs::write(&path, &printed.stdout).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, printed.stdout, "REKON_UPDATE_CASES=1 writes {} anew", path.display());
        assert!(jsonschema::draft7::meta::is_valid(&serde_json::from_str(&kept).unwrap()));
    }
    assert_eq!(run(&["schema"]).stdout, format!("{:#}\n", config::schema()));
}

/// Real documents of every kind, from every example and from what goes wrong.
fn documents() -> Vec<(Format, Value)> {
    let mut documents = Vec::new();
    let mut add = |format, args: &[&str], code| {
        let run = run(args);
        assert_eq!(run.code, code, "{args:?}: {}{}", run.stdout, run.stderr);
        documents.push((format, valid(format, &run.stdout)));
    };
    for example in examples() {
        let (_folder, dir) = copy_of(&example);
        let args = |verb: &'static str| [verb, &dir, "--emulator", "--format", "json"];
        add(Format::Snapshot, &args("snapshot"), 0);
        add(Format::Plan, &args("plan"), 0);
        add(Format::Plan, &[&args("plan")[..], &["--limit", "1"]].concat(), 0);
        add(Format::Acceptance, &[&args("accept")[..], &["--dry-run"]].concat(), 0);
        add(Format::Outcome, &[&args("apply")[..], &["--auto-approve"]].concat(), 0);
        add(Format::Plan, &args("plan"), 0);
        let state = std::fs::read_to_string(Path::new(&dir).join(".rekon/emulator.json"));
        valid(Format::Snapshot, &state.unwrap());
        add(Format::Diagnostics, &["validate", &dir, "--format", "json"], 0);
        add(Format::Drift, &args("drift"), 0);
    }
    // What the service, the files, both and nobody known changed, and what is gone.
    let (_folder, dir) = copy_of("doorbells");
    let state = Path::new(&dir).join("live.json");
    let text = std::fs::read_to_string(&state).unwrap();
    assert!(text.contains("\"Status\": \"STOPPED\""));
    let text = text.replacen("\"STOPPED\"", "\"FAILED\", \"StatusMessage\": \"no stream\"", 1);
    std::fs::write(&state, text).unwrap();
    let args = ["drift", &dir, "--emulator", "--undeclared", "--format", "json"];
    add(Format::Drift, &args, 2);
    let since = format!("{dir}/seen.json");
    let args = [&args[..], &["--who", "--since", &since]].concat();
    add(Format::Drift, &args, 2);
    let text = std::fs::read_to_string(&state).unwrap();
    std::fs::write(&state, text.replacen("\"FAILED\"", "\"STOPPED\"", 1)).unwrap();
    add(Format::Drift, &args, 2);
    // An import into a project that declares some of it otherwise, and one that is new
    // and finds what cannot be declared.
    let (folder, dir) = copy_of("doorbells");
    add(Format::Import, &["import", &dir, "--emulator", "--format", "json"], 0);
    let (_folder, dir) = copy_of("lobby");
    let state = Path::new(&dir).join("live.json");
    let text = std::fs::read_to_string(&state).unwrap();
    assert!(text.contains("92.5"));
    std::fs::write(&state, text.replacen("92.5", "70", 1)).unwrap();
    let (new, state) = (folder.path().join("new"), state.display().to_string());
    let new = new.to_str().unwrap();
    let args = ["import", new, "--live", &state, "--dry-run", "--format", "json"];
    add(Format::Import, &args, 0);
    // The guard refuses, and the plan warns.
    let (_folder, dir) = copy_of("doorbells");
    let file = Path::new(&dir).join("rekon.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("max_replacements = 1") && text.contains("\"PERSON\""));
    let text = text.replace("max_replacements = 1", "max_replacements = 0");
    std::fs::write(&file, text.replace("\"PERSON\"", "\"PERSON\", \"DRAGON\"")).unwrap();
    add(Format::Plan, &["plan", &dir, "--emulator", "--format", "json"], 3);
    add(Format::Outcome, &["apply", &dir, "--emulator", "--format", "json"], 3);
    std::fs::write(&file, "[stack]\nname = 's'\nregion = \n").unwrap();
    add(Format::Diagnostics, &["validate", &dir, "--format", "json"], 1);
    documents
}

#[test]
fn every_document_is_as_its_schema_says_and_a_member_that_is_otherwise_is_noticed() {
    /// Renames each member in turn, but for those whose names the schema leaves open.
    fn misspell(
        document: &mut Value,
        path: &mut Vec<String>,
        check: &mut impl FnMut(&Value, &str),
    ) {
        let open = [
            "request",
            "before",
            "after",
            "live",
            "declared",
            "value",
            "by_operation",
            "tags",
            "zones",
            "emulator",
            "Tags",
        ];
        let at = format!("/{}", path.join("/")).trim_end_matches('/').to_owned();
        let here = document.pointer(&at).unwrap().clone();
        if let Value::Array(items) = &here {
            for index in 0..items.len() {
                path.push(index.to_string());
                misspell(document, path, check);
                path.pop();
            }
        }
        let Value::Object(members) = &here else { return };
        for name in members.keys() {
            // A processor of a snapshot is what the service shows.
            let is_wire = members.contains_key("StreamProcessorArn");
            if !is_wire || name == "Name" {
                let mut wrong = members.clone();
                let value = wrong.remove(name).unwrap();
                wrong.insert(format!("{name}x"), value);
                *document.pointer_mut(&at).unwrap() = Value::Object(wrong);
                check(document, &format!("{at}/{name}"));
                *document.pointer_mut(&at).unwrap() = here.clone();
            }
            if !is_wire && !open.contains(&name.as_str()) {
                path.push(name.clone());
                misspell(document, path, check);
                path.pop();
            }
        }
    }
    let mut kinds = std::collections::BTreeSet::new();
    for (format, mut document) in documents() {
        let validator = validator_of(format);
        kinds.insert(format.as_str());
        misspell(&mut document, &mut Vec::new(), &mut |wrong, at| {
            assert!(
                !validator.is_valid(wrong),
                "{}: {at} misspelt is not noticed",
                format.as_str()
            );
        });
        let optional = ["emulator", "zones", "restores", "since"];
        for name in
            document.as_object().unwrap().keys().filter(|name| !optional.contains(&name.as_str()))
        {
            let mut wrong = document.clone();
            wrong.as_object_mut().unwrap().remove(name);
            assert!(!validator.is_valid(&wrong), "{}: nobody misses {name}", format.as_str());
        }
    }
    assert_eq!(kinds.len(), Format::ALL.len());
}

#[test]
fn every_verb_tells_its_errors_as_json_where_json_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("rekon.toml"), "[stack]\nname = 's'\n").unwrap();
    let (_copy, dir) = copy_of("minimal");
    let no_plan = format!("{dir}/rekon.toml");
    let cases: &[(&[&str], &str)] = &[
        (&["validate", broken], "missing-stack-key"),
        (&["plan", broken], "missing-stack-key"),
        (&["plan", "/nonexistent", "--emulator"], "missing-project"),
        (&["apply", broken, "--auto-approve"], "missing-stack-key"),
        (&["snapshot", broken], "missing-stack-key"),
        (&["accept", broken], "missing-stack-key"),
        (&["accept", &dir, "nobody", "--emulator"], "failed"),
        (&["plan", &dir], "failed"),
        (&["plan", &dir, "--emulator", "--only", "nobody"], "failed"),
        (&["plan", &dir, "--live", &no_plan], "failed"),
        (&["apply", &dir, "--emulator"], "failed"),
        (&["apply", &no_plan, "--emulator"], "failed"),
        (&["restore", "/nonexistent"], "failed"),
        (&["drift", broken], "missing-stack-key"),
        (&["drift", &dir, "--emulator", "--only", "nobody"], "failed"),
        (&["import", broken, "--emulator"], "missing-stack-key"),
        (&["import", &dir, "--live", "/nonexistent"], "failed"),
        (&["import", &dir, "nobody", "--emulator"], "failed"),
        (&["import", &dir, "--tag", "a"], "failed"),
        (&["import", &dir, "--split", "a"], "usage"),
        (&["show", &no_plan], "failed"),
        (&["show", "/nonexistent"], "failed"),
        (&["snapshot", &dir], "failed"),
        (&["plan", &dir, "--region", "us-west-2"], "failed"),
        (&["plan", "--unheard-of"], "usage"),
        (&["pln"], "usage"),
        (&["destroy"], "usage"),
    ];
    for (args, code) in cases {
        let run = run(&[args, &["--format", "json"][..]].concat());
        assert_eq!(run.code, 1, "{args:?}: {}", run.stderr);
        let document = valid(Format::Diagnostics, &run.stdout);
        assert_eq!(document["diagnostics"][0]["code"], *code, "{args:?}");
        assert_ne!(document["summary"]["errors"], 0, "{args:?}");
        // People are told as well.
        assert!(args[0] == "validate" || !run.stderr.is_empty(), "{args:?}");
    }
    // Where text was asked for, stdout holds no error.
    assert_eq!(run(&["plan", broken]).stdout, "");
    assert_eq!(run(&["plan", "--unheard-of"]).stdout, "");
}
