//! Which rules of a scenario were checked against Kafka, and how: the page's `scenarios/checked.json`. A scenario names the
//! checks (`checked` in `scenario.toml`), and `scenarios/checked.toml` has their words and counts, which a test holds
//! against the answers and recordings in `tests/`.

use crate::json::{self, Fields, Json, JsonError, Read};
use crate::script::{Localized, Place, all, localized};

/// How rules were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum How {
    /// Against answers of Kafka's own classes: `vectors/…`.
    Answers,
    /// Against stories of real clusters: `recordings/cluster…`, `recordings/groups…`.
    Stories,
    /// Against files that real brokers wrote: `recordings/segments`.
    Files,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Check {
    /// The rules.
    pub what: Localized,
    /// How they were checked.
    pub how: How,
    /// By how many answers, stories or folders of files.
    pub count: u32,
}

/// The checks of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Checked {
    /// The scenario's id.
    pub scenario: String,
    /// Its checks.
    pub checks: Vec<Check>,
}

/// Reads `checked.json`.
///
/// # Errors
/// Text that is not JSON or not of this form.
pub fn from_json(text: &str) -> Result<Vec<Checked>, JsonError> {
    let mut fields = Fields::of(json::parse(text)?, Place::root())?;
    let checked = all(fields.list("scenarios")?, |json, place| {
        let mut fields = Fields::of(json, place)?;
        let checked = Checked { scenario: fields.text("scenario")?, checks: all(fields.list("checks")?, check)? };
        fields.end()?;
        Ok(checked)
    })?;
    fields.end()?;
    Ok(checked)
}

fn check(json: Json, place: Place) -> Read<Check> {
    let mut fields = Fields::of(json, place)?;
    let how = match fields.text("how")?.as_str() {
        "stories" => How::Stories,
        "files" => How::Files,
        _ => How::Answers,
    };
    let check = Check { what: localized(fields.table("what")?)?, how, count: fields.number("count")? };
    fields.end()?;
    Ok(check)
}

#[cfg(feature = "author")]
mod author {
    use std::path::Path;

    use serde::Deserialize;

    use super::{Check, How};
    use crate::script::Localized;
    use crate::script::author::{ScenarioErrors, Source};

    /// A check with the name that scenarios call it by: the path of its answers or recordings under `tests/`.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct NamedCheck {
        /// `vectors/partition`.
        pub id: String,
        /// The check.
        pub check: Check,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(default)]
        check: Vec<CheckForm>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct CheckForm {
        id: String,
        count: u32,
        en: String,
        zh: String,
    }

    /// The checks that a `checked.toml` lists; none if there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read or is not of this form.
    pub fn checks_of(path: &Path) -> Result<Vec<NamedCheck>, ScenarioErrors> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let source = Source::read(path)?;
        source.tree().map_err(ScenarioErrors)?;
        let form: Form = toml::from_str(&source.text).map_err(|error| source.toml_error(&error, ""))?;
        let named = |form: CheckForm| {
            let how = match form.id.as_str() {
                id if id.starts_with("vectors/") => How::Answers,
                id if id.starts_with("recordings/segments") => How::Files,
                _ => How::Stories,
            };
            let what = Localized { en: form.en, zh: form.zh };
            NamedCheck { id: form.id, check: Check { what, how, count: form.count } }
        };
        Ok(form.check.into_iter().map(named).collect())
    }
}

#[cfg(feature = "author")]
pub use author::{NamedCheck, checks_of};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read() {
        let text = r#"{"scenarios": [{"scenario": "a", "checks": [{"what": {"en": "murmur2", "zh": "murmur2"}, "how": "answers", "count": 200}]}]}"#;
        let read = from_json(text).unwrap();
        assert_eq!(
            (read[0].scenario.as_str(), read[0].checks[0].count, read[0].checks[0].how),
            ("a", 200, How::Answers)
        );
        for broken in ["", "{}", r#"{"scenarios": [{"scenario": "a"}]}"#] {
            assert!(from_json(broken).is_err(), "{broken}");
        }
    }
}
