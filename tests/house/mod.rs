//! The rules of the house as functions over texts and package lists, so that each can be shown to catch what it forbids.

pub mod crates;
pub mod rust;
pub mod text;

use std::fmt;

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The line, from 1; 0 when it is about a whole file or crate.
    pub line: usize,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl Breach {
    fn new(line: usize, what: impl Into<String>) -> Breach {
        Breach { line, what: what.into() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.what),
            line => write!(f, "line {line}: {}", self.what),
        }
    }
}

/// Where `word` stands in `text` as a whole word: the byte offsets.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let (before, from) = text.split_at(*at);
        let after = from.split_at(word.len()).1;
        !is_letter(before.chars().next_back()) && !is_letter(after.chars().next())
    })
}

/// The line, from 1, of a byte offset.
fn line_of(text: &str, at: usize) -> usize {
    text.split_at(at).0.matches('\n').count() + 1
}
