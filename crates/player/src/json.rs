//! JSON as a tree, and its fields one by one.
//!
//! What the page reads (packed scenarios, the list of the course) goes through here and not through derived readers: those
//! make the page larger by several times what they read, and do not know where in the tree they are.

mod parse;

use std::fmt;

#[cfg(feature = "author")]
use crate::expression::nearest;
use crate::script::{Place, Problem};

/// The most keys of a table: to see that none stands twice takes the square of their number.
const KEYS_MAX: usize = 128;

/// A value. There are no fractions in what we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Truth(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    /// In the order of the text; each key once.
    Table(Vec<(String, Json)>),
}

impl Json {
    fn what(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Truth(_) => "true or false",
            Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::List(_) => "a list",
            Json::Table(_) => "a table",
        }
    }
}

/// Text that is not JSON, or not what was to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON.
    Malformed {
        /// The line, from 1; 0 if the whole is meant.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// JSON of another form.
    Invalid(Box<Problem>),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::Malformed { line, column, message } => write!(f, "line {line}, column {column}: {message}"),
            JsonError::Invalid(problem) => write!(f, "{problem}"),
        }
    }
}

impl std::error::Error for JsonError {}

impl From<Box<Problem>> for JsonError {
    fn from(problem: Box<Problem>) -> JsonError {
        JsonError::Invalid(problem)
    }
}

pub(crate) use parse::parse;

/// What is read, or the one thing that is wrong.
pub(crate) type Read<T> = Result<T, Box<Problem>>;

fn wrong(place: &Place, message: impl Into<String>) -> Problem {
    Problem::new(place.clone(), message)
}

/// That something else is at `place` than should be.
fn instead(place: &Place, wanted: &str, found: &Json) -> Problem {
    wrong(place, format!("{wanted} is wanted, not {}", found.what()))
}

/// A table being read: each field is taken out, and none may be left.
pub(crate) struct Fields {
    place: Place,
    left: Vec<(String, Json)>,
    known: Vec<&'static str>,
}

impl Fields {
    /// The fields of the table at `place`.
    pub(crate) fn of(json: Json, place: Place) -> Read<Fields> {
        match json {
            Json::Table(left) => Ok(Fields { place, left, known: Vec::new() }),
            other => Err(instead(&place, "a table", &other).into()),
        }
    }

    /// The place of a field.
    pub(crate) fn at(&self, key: &str) -> Place {
        self.place.key(key)
    }

    /// The value of a field, if it is there and not null.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Json> {
        self.known.push(key);
        let index = self.left.iter().position(|(name, _)| name == key)?;
        let (_, value) = self.left.swap_remove(index);
        (value != Json::Null).then_some(value)
    }

    /// The value of a field.
    pub(crate) fn value(&mut self, key: &'static str) -> Read<Json> {
        match self.optional(key) {
            Some(value) => Ok(value),
            None => Err(wrong(&self.place, format!("the key {key} is missing")).into()),
        }
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Read<String> {
        let value = self.value(key)?;
        text(value, &self.at(key))
    }

    pub(crate) fn optional_text(&mut self, key: &'static str) -> Read<Option<String>> {
        match self.optional(key) {
            Some(value) => text(value, &self.at(key)).map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn truth(&mut self, key: &'static str) -> Read<bool> {
        match self.value(key)? {
            Json::Truth(truth) => Ok(truth),
            other => Err(instead(&self.at(key), "true or false", &other).into()),
        }
    }

    /// A field that is false if it is not there.
    pub(crate) fn optional_truth(&mut self, key: &'static str) -> Read<bool> {
        match self.optional(key) {
            None => Ok(false),
            Some(Json::Truth(truth)) => Ok(truth),
            Some(other) => Err(instead(&self.at(key), "true or false", &other).into()),
        }
    }

    /// A number of a type that may not hold every number.
    pub(crate) fn number<T: TryFrom<i64>>(&mut self, key: &'static str) -> Read<T> {
        let value = self.value(key)?;
        number(&value, &self.at(key))
    }

    pub(crate) fn optional_number<T: TryFrom<i64>>(&mut self, key: &'static str) -> Read<Option<T>> {
        match self.optional(key) {
            Some(value) => number(&value, &self.at(key)).map(Some),
            None => Ok(None),
        }
    }

    /// A list, each element with its place.
    pub(crate) fn list(&mut self, key: &'static str) -> Read<Vec<(Json, Place)>> {
        let value = self.value(key)?;
        list(value, &self.at(key))
    }

    pub(crate) fn texts(&mut self, key: &'static str) -> Read<Vec<String>> {
        let mut texts = Vec::new();
        for (value, place) in self.list(key)? {
            texts.push(text(value, &place)?);
        }
        Ok(texts)
    }

    pub(crate) fn table(&mut self, key: &'static str) -> Read<Fields> {
        let value = self.value(key)?;
        Fields::of(value, self.at(key))
    }

    pub(crate) fn optional_table(&mut self, key: &'static str) -> Read<Option<Fields>> {
        match self.optional(key) {
            Some(value) => Fields::of(value, self.at(key)).map(Some),
            None => Ok(None),
        }
    }

    /// The one field of a table that says by its key what it is.
    pub(crate) fn choice(mut self) -> Read<(String, Json, Place)> {
        match (self.left.pop(), self.left.is_empty()) {
            (Some((key, value)), true) => {
                let place = self.at(&key);
                Ok((key, value, place))
            }
            _ => Err(wrong(&self.place, "one key is wanted here").into()),
        }
    }

    /// All fields with their values, for tables of any keys.
    pub(crate) fn into_entries(self) -> (Place, Vec<(String, Json)>) {
        (self.place, self.left)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Read<()> {
        let Some((key, _)) = self.left.first() else {
            return Ok(());
        };
        Err(unknown(&self.at(key), key, &self.known).into())
    }
}

/// That a key or a word is not one of those that are known.
pub(crate) fn unknown(place: &Place, word: &str, known: &[&str]) -> Problem {
    let help = format!("possible here: {}", known.join(", "));
    #[cfg(feature = "author")]
    let help = nearest(word, known.iter().copied()).map_or(help, |near| format!("did you mean {near}?"));
    let short: String = word.chars().take(40).collect();
    Problem::new(place.clone(), format!("{short:?} is unknown here")).help(help)
}

pub(crate) fn text(json: Json, place: &Place) -> Read<String> {
    match json {
        Json::Text(text) => Ok(text),
        other => Err(instead(place, "a text", &other).into()),
    }
}

pub(crate) fn number<T: TryFrom<i64>>(json: &Json, place: &Place) -> Read<T> {
    let Json::Number(number) = json else {
        return Err(instead(place, "a number", json).into());
    };
    T::try_from(*number).map_err(|_| wrong(place, format!("the number {number} is not possible here")).into())
}

pub(crate) fn list(json: Json, place: &Place) -> Read<Vec<(Json, Place)>> {
    match json {
        Json::List(elements) => {
            Ok(elements.into_iter().enumerate().map(|(index, element)| (element, place.index(index))).collect())
        }
        other => Err(instead(place, "a list", &other).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_one_by_one() {
        let fields = |text: &str| Fields::of(parse(text).unwrap(), Place::root().key("it"));
        let mut table = fields(r#"{"name": "a", "count": 3, "no": null, "colour": true}"#).unwrap();
        assert_eq!(table.text("name"), Ok("a".to_owned()));
        assert_eq!(table.number::<u8>("count"), Ok(3));
        assert_eq!(table.optional_text("no"), Ok(None));
        assert_eq!(table.optional("other"), None);
        assert_eq!(
            table.end().unwrap_err().to_string(),
            "it.colour: \"colour\" is unknown here; possible here: name, count, no, other"
        );
        let mut table = fields(r#"{"name": 1, "count": 300}"#).unwrap();
        assert_eq!(table.text("name").unwrap_err().to_string(), "it.name: a text is wanted, not a number");
        assert_eq!(
            table.number::<u8>("count").unwrap_err().to_string(),
            "it.count: the number 300 is not possible here"
        );
        assert_eq!(table.truth("on").unwrap_err().to_string(), "it: the key on is missing");
        assert_eq!(fields("[]").err().unwrap().to_string(), "it: a table is wanted, not a list");
    }
}
