//! From files to forms. Each part of a file is read by itself, so that all that is wrong is told at once.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::form::{ScenarioForm, TranslationForm};
use super::report::ScenarioError;
use super::source::Source;
use crate::expression::nearest;
use crate::script::{MAX_CLIENTS, MAX_STEPS, MAX_TOPICS};

/// scenario.toml as a form; what could not be read is missing in it, and told. None if nothing could be read.
pub(super) fn scenario(
    source: &Source,
    tree: &Spanned<DeTable<'_>>,
    errors: &mut Vec<ScenarioError>,
) -> Option<ScenarioForm> {
    let mut head = tree.clone();
    let mut parts = Parts { source, table: head.get_mut(), errors };
    let topic = parts.list("topic", MAX_TOPICS);
    let producer = parts.list("producer", MAX_CLIENTS);
    let consumer = parts.list("consumer", MAX_CLIENTS);
    let knob = parts.list("knob", MAX_TOPICS);
    let chapter = parts.list("chapter", MAX_STEPS);
    let step = parts.list("step", MAX_STEPS);
    let whole = Spanned::new(head.span(), DeValue::Table(head.into_inner()));
    let form: Option<ScenarioForm> = value(source, whole, "", errors);
    Some(ScenarioForm {
        topic: topic?,
        producer: producer?,
        consumer: consumer?,
        knob: knob?,
        chapter: chapter?,
        step: step?,
        ..form?
    })
}

/// zh.toml as a form, likewise.
pub(super) fn translation(
    source: &Source,
    tree: &Spanned<DeTable<'_>>,
    errors: &mut Vec<ScenarioError>,
) -> Option<TranslationForm> {
    let mut head = tree.clone();
    let mut parts = Parts { source, table: head.get_mut(), errors };
    let chapter = parts.table("chapter");
    let step = parts.table("step");
    let whole = Spanned::new(head.span(), DeValue::Table(head.into_inner()));
    let form: Option<TranslationForm> = value(source, whole, "", errors);
    Some(TranslationForm { chapter: chapter?.into_iter().collect(), step: step?.into_iter().collect(), ..form? })
}

struct Parts<'a, 'i> {
    source: &'a Source,
    table: &'a mut DeTable<'i>,
    errors: &'a mut Vec<ScenarioError>,
}

impl Parts<'_, '_> {
    /// Takes the list `key` out of the table and reads each element; none if one could not be read.
    fn list<T: DeserializeOwned>(&mut self, key: &str, most: usize) -> Option<Vec<T>> {
        let Some(list) = self.table.remove(key) else {
            return Some(Vec::new());
        };
        let span = list.span();
        let DeValue::Array(array) = list.into_inner() else {
            self.error(span, key, format!("{key} is a list: write [[{key}]]"));
            return None;
        };
        if array.len() > most {
            self.error(span, key, format!("{} times [[{key}]]; at most {most} are possible", array.len()));
            return None;
        }
        let values: Vec<Option<T>> = array
            .into_iter()
            .enumerate()
            .map(|(index, element)| value(self.source, element, &format!("{key}[{index}]"), self.errors))
            .collect();
        values.into_iter().collect()
    }

    /// Takes the table `key` out of the table and reads each entry; none if one could not be read.
    fn table<T: DeserializeOwned>(&mut self, key: &str) -> Option<Vec<(String, T)>> {
        let Some(table) = self.table.remove(key) else {
            return Some(Vec::new());
        };
        let span = table.span();
        let DeValue::Table(table) = table.into_inner() else {
            self.error(span, key, format!("{key} is a table: write [{key}.its-id]"));
            return None;
        };
        let entries: Vec<Option<(String, T)>> = table
            .into_iter()
            .map(|(id, entry)| {
                let id = id.into_inner().into_owned();
                let path = format!("{key}.{id}");
                Some((id, value(self.source, entry, &path, self.errors)?))
            })
            .collect();
        entries.into_iter().collect()
    }

    fn error(&mut self, span: std::ops::Range<usize>, path: &str, message: String) {
        self.errors.push(self.source.error(span, path.to_owned(), message, None));
    }
}

/// A value of type `T`; if it cannot be read, that is told.
pub(super) fn value<T: DeserializeOwned>(
    source: &Source,
    value: Spanned<DeValue<'_>>,
    path: &str,
    errors: &mut Vec<ScenarioError>,
) -> Option<T> {
    let whole = value.span();
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(value) => Some(value),
        Err(error) => {
            let mut told = source.toml_error(&error, path);
            if error.span().is_none() {
                let (message, help) = plainer(error.message());
                told = source.error(whole, path.to_owned(), message, help);
            }
            errors.push(told);
            None
        }
    }
}

/// A message of the readers in plainer words, with the nearest right name.
pub(super) fn plainer(message: &str) -> (String, Option<String>) {
    let message = message.trim();
    if let Some(told) = unexpected_key(message) {
        return told;
    }
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let rest = names.get(1..).unwrap_or_default();
    let all = || rest.join(", ");
    match names.first() {
        Some(wrong) if message.starts_with("unknown field") => {
            let help = nearest(wrong, rest.iter().copied())
                .map_or_else(|| format!("possible here: {}", all()), |near| format!("did you mean {near}?"));
            (format!("unknown key {wrong:?}"), Some(help))
        }
        Some(wrong) if message.starts_with("unknown variant") => {
            let help = nearest(wrong, rest.iter().copied())
                .map_or_else(|| format!("possible here: {}", all()), |near| format!("did you mean {near}?"));
            (format!("{wrong:?} is not possible here"), Some(help))
        }
        Some(missing) if message.starts_with("missing field") => (format!("the key {missing} is missing"), None),
        _ => (without_rust(&message.replace('\n', "; ")), None),
    }
}

/// The first of the keys that a table of a command does not have.
fn unexpected_key(message: &str) -> Option<(String, Option<String>)> {
    let (wrong, right) = message.strip_prefix("unexpected keys in table: ")?.split_once(", available keys: ")?;
    let wrong = wrong.split(", ").next()?;
    let help = nearest(wrong, right.split(", "))
        .map_or_else(|| format!("possible here: {right}"), |near| format!("did you mean {near}?"));
    Some((format!("unknown key {wrong:?}"), Some(help)))
}

/// The message without the names of our types.
fn without_rust(message: &str) -> String {
    const PLAIN: [(&str, &str); 9] = [
        ("expected struct", "a table"),
        ("expected map", "a table"),
        ("expected a map", "a table"),
        ("expected a sequence", "a list"),
        ("expected i32", "a whole number"),
        ("expected i64", "a whole number"),
        ("expected u32", "a whole number from 0"),
        ("expected u64", "a whole number from 0"),
        ("expected a boolean", "true or false"),
    ];
    let found = PLAIN.into_iter().find_map(|(ours, plain)| Some((message.split_once(ours)?.0, plain)));
    found.map_or_else(|| message.to_owned(), |(before, plain)| format!("{before}expected {plain}"))
}
