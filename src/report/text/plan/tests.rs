use serde_json::{Value, json};

use super::plan;
use crate::plan::Plan;
use crate::report::Settings;
use crate::report::samples::*;

#[test]
fn show() {
    for s in [Settings::default(), at(80), at(60), at(120), verbose()] {
        println!("{:?}\n{}", s, plan(&sample(), s).chars().take(4000).collect::<String>());
    }
}
