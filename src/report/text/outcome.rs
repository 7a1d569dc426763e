//! placeholder
use crate::plan::{Fate, Outcome, Plan};
use crate::report::Settings;
pub fn outcome(_o: &Outcome, _p: &Plan, _s: Settings) -> String {
    String::new()
}
pub fn event(_n: &str, _f: &Fate, _s: Settings) -> String {
    String::new()
}
