//! What several targets hold.

use std::borrow::Cow;
use std::fmt::Debug;

use rekon::plan::{Plan, Seal};
use rekon::report::{self, Detail, MaxBytes, MaxDiagnostics, Pictures, Settings};

/// How differently the same may be drawn.
pub const LOOKS: [Settings; 3] = [
    look(false, None, Detail::Normal),
    look(false, Some(1), Detail::Verbose),
    look(true, Some(80), Detail::Normal),
];

const fn look(color: bool, width: Option<usize>, detail: Detail) -> Settings {
    let (max_diagnostics, max_bytes) = (MaxDiagnostics(100), MaxBytes(MaxBytes::LEAST));
    Settings { color, width, detail, max_diagnostics, max_bytes, pictures: Pictures::Drawn }
}

/// Asserts that nothing in what is drawn could act on a terminal or hide in a line.
pub fn assert_harmless(text: &str) {
    for line in text.split('\n') {
        assert!(matches!(report::escape(line), Cow::Borrowed(_)), "it is printed raw: {line:?}");
    }
}

/// Asserts that a text comes out harmless however it is drawn.
pub fn assert_drawn(draw: impl Fn(Settings) -> String) {
    for settings in LOOKS {
        let text = draw(settings);
        // What colours consist of is what nobody else may write.
        if !settings.color {
            assert_harmless(&text);
        }
    }
}

/// Asserts that a plan can be shown in each format, and that what is saved of it is sealed
/// and reads as the same plan.
pub fn assert_sound(plan: &Plan) {
    let saved = report::json::plan(plan);
    assert_harmless(&saved);
    let (again, seal) = Plan::parse(&saved).expect("what is saved can be read");
    assert_same(&seal, &Seal::Intact);
    assert_same(&again, plan);
    assert_drawn(|settings| report::text::plan(plan, settings));
    assert_drawn(|settings| report::diff::plan(plan, settings));
}

/// Asserts that two values are the same.
pub fn assert_same<T: PartialEq + Debug>(one: &T, other: &T) {
    assert!(one == other, "they are not the same:\n{one:#?}\n{other:#?}");
}
