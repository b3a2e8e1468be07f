//! A thing with all its values, before it has a language.

use highwater_sim::fact::FactKind;

use super::bytes::Bytes;
use super::configs::Rule;
use crate::phrase::Phrase;
use crate::scene::ValueKey;

/// What a value is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Nothing: an offset, a count, a name.
    #[default]
    None,
    /// Milliseconds.
    Ms,
    /// Bytes.
    Bytes,
}

/// Which fact is behind a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Because {
    /// The last one that is about the thing.
    Thing,
    /// The last one that set the value of this key.
    Key(ValueKey),
    /// The last one that is about this mark.
    Mark(String),
    /// The one with this number.
    Fact(usize),
}

/// A value under Kafka's name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub name: String,
    pub text: String,
    pub unit: Unit,
    pub because: Because,
}

/// Values of one of Kafka's classes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sheet {
    pub name: String,
    pub fields: Vec<Field>,
}

/// A thing: what it is called, what is known of it, which configurations rule it, and its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub title: Phrase,
    /// What kind of thing it is: a key of `inspect.kind`.
    pub kind: &'static str,
    /// Its term in the glossary.
    pub term: &'static str,
    pub sheets: Vec<Sheet>,
    pub rules: Vec<Rule>,
    pub bytes: Option<Bytes>,
}

#[expect(clippy::needless_pass_by_value, reason = "numbers and flags are given, not lent")]
impl Thing {
    pub fn new(kind: &'static str, term: &'static str, title: Phrase) -> Thing {
        Thing { title, kind, term, sheets: Vec::new(), rules: Vec::new(), bytes: None }
    }

    /// The values that follow are of this class.
    pub fn sheet(&mut self, name: &str) -> &mut Thing {
        self.sheets.push(Sheet { name: name.to_owned(), fields: Vec::new() });
        self
    }

    fn put(&mut self, name: &str, text: String, unit: Unit, because: Because) -> &mut Thing {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.fields.push(Field { name: name.to_owned(), text, unit, because });
        }
        self
    }

    /// A value that is as the thing is.
    pub fn has(&mut self, name: &str, value: impl ToString) -> &mut Thing {
        self.put(name, value.to_string(), Unit::None, Because::Thing)
    }

    /// A value that facts set under a key.
    pub fn set(&mut self, name: &str, value: impl ToString, key: &str) -> &mut Thing {
        self.put(name, value.to_string(), Unit::None, Because::Key(key.to_owned()))
    }

    /// A value that the facts about another mark explain.
    pub fn by(&mut self, name: &str, value: impl ToString, mark: &str) -> &mut Thing {
        self.put(name, value.to_string(), Unit::None, Because::Mark(mark.to_owned()))
    }

    /// A value that a certain fact explains, if it is known which.
    pub fn since(&mut self, name: &str, value: impl ToString, fact: Option<usize>) -> &mut Thing {
        self.put(name, value.to_string(), Unit::None, fact.map_or(Because::Thing, Because::Fact))
    }

    /// A value that may not be there: it says `null` then, as Kafka does.
    pub fn maybe(&mut self, name: &str, value: Option<impl ToString>) -> &mut Thing {
        self.has(name, shown(value))
    }

    /// The last value is counted in this.
    pub fn unit(&mut self, unit: Unit) -> &mut Thing {
        if let Some(field) = self.sheets.last_mut().and_then(|sheet| sheet.fields.last_mut()) {
            field.unit = unit;
        }
        self
    }

    /// Everything about it in order, with its place.
    pub fn fields(&self) -> impl Iterator<Item = (&Sheet, &Field)> {
        self.sheets.iter().flat_map(|sheet| sheet.fields.iter().map(move |field| (sheet, field)))
    }
}

/// A value, or `null`.
pub(crate) fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}

/// `[1, 2]`, as Kafka writes a list.
pub(crate) fn list(items: impl IntoIterator<Item = impl ToString>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    ["[", &items.join(", "), "]"].concat()
}

/// Bytes as text between quotes, `0x…` if they are none; `null` without any.
pub(crate) fn quoted(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(
        || "null".to_owned(),
        |bytes| ["“", &highwater_sim::bytes::Bytes::from(bytes).text(), "”"].concat(),
    )
}

/// The place of the last fact that `is_it`.
pub(crate) fn last(facts: crate::facts::Facts<'_>, is_it: impl Fn(&FactKind) -> bool) -> Option<usize> {
    facts.iter().rposition(|fact| is_it(&fact.kind))
}
