//! The tables of new files.

use std::fmt::Write as _;

use super::layers::{Defaults, Given, Own, Wanted};
use super::starter::SCHEMA_FILE;
use super::templates::Template;
use crate::desired::Stack;
use crate::model::{Attribute, Definition, Kind, ProcessorName};
use crate::report::toml::{self, Values};

/// The line by which editors find the schema.
pub(super) fn schema_line() -> String {
    format!("#:schema {SCHEMA_FILE}\n")
}

/// `[stack]`, its values in a column, and a `[guard]` that lets nothing be destroyed.
pub(super) fn head(stack: &Stack, include: Option<&str>) -> String {
    let Stack { name, account_id, region } = stack;
    let mut out = schema_line();
    out.push_str("\n[stack]\n");
    for (key, value) in [("name", name), ("account_id", account_id), ("region", region)] {
        let _ = writeln!(out, "{key:<10} = {}", toml::string(value));
    }
    if let Some(pattern) = include {
        let _ = writeln!(out, "{:<10} = {}", "include", texts([pattern]));
    }
    out.push_str("\n[guard]\nmax_deletes      = 0\nmax_replacements = 0\n");
    out
}

/// `[defaults]` and those of each kind.
pub(super) fn defaults(defaults: &Defaults) -> String {
    let Defaults { all, kinds } = defaults;
    let mut out = String::new();
    table(&mut out, "[defaults]", all);
    for (kind, given) in kinds {
        let key = match kind {
            Kind::LabelDetection => "label_detection",
            Kind::FaceSearch => "face_search",
        };
        table(&mut out, &format!("[defaults.{key}]"), given);
    }
    out
}

/// A template, behind a blank line.
pub(super) fn template(template: &Template) -> String {
    let mut out = String::new();
    table(&mut out, &format!("[template.{}]", toml::key(&template.name)), &template.values);
    unset(&mut out, &template.unset);
    out
}

/// A processor's table, below what is to be said of it.
pub(super) fn processor(
    wanted: &Wanted,
    own: &Own,
    template: Option<&Template>,
    remarks: &[String],
) -> String {
    let mut out: String = remarks.iter().map(|remark| toml::comment(remark)).collect();
    let _ = writeln!(out, "{}", toml::header(wanted.name.as_str()));
    if let Some(template) = template {
        let _ = writeln!(out, "extends = {}", toml::string(&template.name));
    }
    out.push_str(&toml::layer(&values(&own.values)));
    unset(&mut out, &own.unset);
    out
}

/// A processor that no file can declare as it is, as a comment to make something of.
pub(super) fn refused(name: &ProcessorName, definition: &Definition, reason: &str) -> String {
    let mut out = toml::comment(&format!("{name} cannot be declared as it is: {reason}"));
    out.push_str(&toml::comment(&toml::processor(name.as_str(), definition)));
    out
}

fn table(out: &mut String, header: &str, given: &Given) {
    if !given.is_empty() {
        let _ = write!(out, "\n{header}\n{}", toml::layer(&values(given)));
    }
}

fn unset(out: &mut String, attributes: &[Attribute]) {
    if !attributes.is_empty() {
        let paths: Vec<String> = attributes.iter().map(Attribute::to_string).collect();
        let _ = writeln!(out, "unset = {}", texts(paths.iter().map(String::as_str)));
    }
}

fn values(given: &Given) -> Values<'_> {
    given.iter().collect()
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    toml::list(texts.into_iter().map(toml::string))
}
