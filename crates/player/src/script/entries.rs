//! Named values in the order in which they were written: configs, and the fields of a fact that a step waits for.
//!
//! A list rather than a map: they are few, and every kind of map makes the page larger.

use super::Scalar;

/// Named values; a name stands once. As JSON they are an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<(String, Scalar)>);

impl Entries {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Gives a name a value, instead of an earlier one.
    pub(crate) fn set(&mut self, name: String, value: Scalar) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A name that comes again has the later value.
impl FromIterator<(String, Scalar)> for Entries {
    fn from_iter<I: IntoIterator<Item = (String, Scalar)>>(entries: I) -> Entries {
        let mut all = Entries::default();
        for (name, value) in entries {
            all.set(name, value);
        }
        all
    }
}

#[cfg(feature = "author")]
impl serde::Serialize for Entries {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
