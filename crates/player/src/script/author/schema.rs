//! The JSON Schema of the scenario file, for editors.

use super::form::ScenarioForm;

/// The schema of `scenario.toml` as pretty JSON with a line break at its end.
///
/// # Errors
/// Those of the JSON writer; none in practice.
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(ScenarioForm);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}
