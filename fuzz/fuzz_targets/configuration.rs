//! A project's files. What stands between two bytes 0xFF, which no UTF-8 has, is a file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rekon::config::{Loaded, PROJECT_FILE};
use rekon::desired::{self, Desired};
use rekon::diagnostic::{Record, Severity};
use rekon::model::Live;
use rekon::plan::{Options, plan};
use rekon::report;
use rekon_fuzz::{assert_drawn, assert_harmless, assert_same, assert_sound};

fuzz_target!(|data: &[u8]| {
    let texts = data.split(|byte| *byte == 0xff).map(String::from_utf8_lossy);
    let files: Vec<(String, String)> = texts
        .enumerate()
        .map(|(at, text)| match at {
            0 => (PROJECT_FILE.to_owned(), text.into_owned()),
            _ => (format!("cameras/{at}.toml"), text.into_owned()),
        })
        .collect();
    let loaded = Loaded::from_texts(files.iter().map(|(path, text)| (&**path, &**text)));
    let checked = desired::resolve(&loaded);

    for label in checked.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        let source = loaded.sources.get(label.span.source);
        assert!(source.text.get(label.span.range()).is_some(), "it points at nothing: {label:?}");
    }
    assert_drawn(|settings| {
        report::diagnostics::draw(&checked.diagnostics, &loaded.sources, settings)
    });
    let records = checked.diagnostics.iter().map(|one| Record::new(one, &loaded.sources));
    assert_harmless(&report::json::diagnostics(&records.collect::<Vec<_>>()));

    let errors = checked.diagnostics.iter().any(|one| one.severity() == Severity::Error);
    assert_eq!(
        errors,
        checked.desired.is_none(),
        "there is a desired state unless there are errors"
    );
    let Some(desired) = checked.desired else { return };
    let stack = &desired.stack;
    let live = Live {
        account_id: stack.account_id.clone(),
        region: stack.region.clone(),
        ..Live::default()
    };
    let options = Options::default();
    assert_sound(&plan(&desired, &loaded.sources, &checked.diagnostics, &live, &options));
    assert_written(&desired);
});

/// Asserts that what the files mean can be written as one file that means the same.
fn assert_written(desired: &Desired) {
    let processors = desired.processors.iter();
    let tables = processors
        .map(|(name, declared)| report::toml::processor(name.as_str(), &declared.definition));
    let text: String = std::iter::once(report::toml::stack(&desired.stack)).chain(tables).collect();
    assert_harmless(&text);
    let loaded = Loaded::from_texts([(PROJECT_FILE, &*text)]);
    let checked = desired::resolve(&loaded);
    let Some(again) = checked.desired else { panic!("{:#?}\n{text}", checked.diagnostics) };
    assert_same(&again.stack, &desired.stack);
    let definitions = |desired: &Desired| -> Vec<_> {
        let each = desired.processors.iter();
        each.map(|(name, declared)| (name.clone(), declared.definition.clone())).collect()
    };
    assert_same(&definitions(&again), &definitions(desired));
}
