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
