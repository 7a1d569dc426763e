//! The schema and rekon itself agree on what is wrong.

use std::path::Path;

use rekon::config::{self, Loaded};
use rekon::desired;
use serde_json::Value;

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
        "[zone.a.bounding_box]\nleft = -0.5\ntop = 1.5\nwidth = 2\nheight = 0\n".to_owned(),
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
