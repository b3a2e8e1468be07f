//! A file of an author: its text, its tree, and where in the text each place is.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{ScenarioError, ScenarioErrors};
use crate::expression::Span;
use crate::script::MAX_FILE_BYTES;
use crate::script::place::{Place, Problem, Segment};

/// A file that was read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its name in errors.
    pub name: String,
    pub text: String,
}

impl Source {
    /// Reads a file, if it is not too large and is text.
    pub fn read(path: &Path) -> Result<Source, ScenarioErrors> {
        let name = path.display().to_string();
        let failed = |error: std::io::Error| ScenarioErrors::of_file(&name, format!("cannot be read: {error}"), None);
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        if bytes > u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX) {
            return Err(too_large(&name, bytes).into());
        }
        Source::new(&name, std::fs::read(path).map_err(failed)?)
    }

    /// The text of `bytes`, which came from `name`.
    pub fn new(name: &str, bytes: Vec<u8>) -> Result<Source, ScenarioErrors> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(too_large(name, u64::try_from(bytes.len()).unwrap_or(u64::MAX)).into());
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source { name: name.to_owned(), text }),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let source = Source { name: name.to_owned(), text: lossy };
                let range = valid..valid.saturating_add(1);
                Err(source
                    .error(range, String::new(), "this is not UTF-8", Some("save the file as UTF-8".to_owned()))
                    .into())
            }
        }
    }

    /// The tree of the file.
    pub fn tree(&self) -> Result<Spanned<DeTable<'_>>, Vec<ScenarioError>> {
        let (tree, errors) = DeTable::parse_recoverable(&self.text);
        if errors.is_empty() {
            return Ok(tree);
        }
        // One slip makes the parser stumble several times; the first few tell it.
        Err(errors.iter().take(3).map(|error| self.toml_error(error, "")).collect())
    }

    /// An error of the TOML reader, at `path` of the scenario.
    pub fn toml_error(&self, error: &toml::de::Error, path: &str) -> ScenarioError {
        let (message, help) = super::read::plainer(error.message());
        self.error(error.span().unwrap_or_default(), path.to_owned(), message, help)
    }

    /// An error at a range of bytes.
    pub fn error(
        &self,
        range: Range<usize>,
        path: String,
        message: impl Into<String>,
        help: Option<String>,
    ) -> ScenarioError {
        let start = floor_boundary(&self.text, range.start);
        let end = floor_boundary(&self.text, range.end.max(start));
        let line_start =
            self.text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at.saturating_add(1));
        let rest = self.text.get(line_start..).unwrap_or_default();
        let source = rest.lines().next().unwrap_or_default();
        let characters = |from: usize, to: usize| self.text.get(from..to).map_or(0, |text| text.chars().count());
        let line_end = line_start.saturating_add(source.len());
        ScenarioError {
            file: self.name.clone(),
            line: self.text.get(..start).map_or(1, |before| before.matches('\n').count().saturating_add(1)),
            column: characters(line_start, start).saturating_add(1),
            path,
            message: message.into(),
            help,
            source: source.to_owned(),
            length: characters(start, end.min(line_end)).max(1),
        }
    }

    /// A problem with its place found in this file.
    pub fn locate(&self, tree: Option<&Spanned<DeTable<'_>>>, problem: &Problem) -> ScenarioError {
        if problem.place.segments.is_empty() {
            return ScenarioError::of_file(&self.name, &problem.message, problem.help.clone());
        }
        let range = tree.map_or(0..0, |tree| self.range(tree, &problem.place, problem.span));
        self.error(range, problem.place.to_string(), &problem.message, problem.help.clone())
    }

    /// The bytes of a place, or of the nearest thing around it that is there.
    fn range(&self, tree: &Spanned<DeTable<'_>>, place: &Place, span: Option<Span>) -> Range<usize> {
        let mut table: Option<&DeTable<'_>> = Some(tree.get_ref());
        let mut value: Option<&Spanned<DeValue<'_>>> = None;
        for segment in &place.segments {
            let next = match segment {
                Segment::Key(key) => table.and_then(|table| entry(table, key)),
                Segment::Index(index) => {
                    value.and_then(|value| value.get_ref().as_array()).and_then(|array| array.get(*index))
                }
            };
            let Some(next) = next else {
                // The header of a table rather than all of its lines.
                return value.map_or(0..0, |value| self.first_line(value.span()));
            };
            value = Some(next);
            table = next.get_ref().as_table();
        }
        let Some(value) = value else { return 0..0 };
        let whole = value.span();
        match (value.get_ref(), span) {
            (DeValue::String(_), Some(span)) => {
                let literal = self.text.get(whole.clone()).unwrap_or_default();
                let start = literal_offset(literal, span.start);
                let end = literal_offset(literal, span.end).max(start.saturating_add(1));
                whole.start.saturating_add(start)..whole.start.saturating_add(end)
            }
            _ => self.first_line(whole),
        }
    }

    fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let length = text.find('\n').unwrap_or(text.len());
        range.start..range.start.saturating_add(length)
    }
}

fn too_large(name: &str, bytes: u64) -> ScenarioError {
    ScenarioError::of_file(
        name,
        format!("has {bytes} bytes; at most {MAX_FILE_BYTES} are read"),
        Some("nothing of it was read; split the scenario".to_owned()),
    )
}

/// The entry of a key; the name of a config may also stand there as nested tables.
fn entry<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
    if let Some(value) = table.get(key) {
        return Some(value);
    }
    key.match_indices('.').find_map(|(dot, _)| {
        let (head, tail) = (key.get(..dot)?, key.get(dot.saturating_add(1)..)?);
        entry(table.get(head)?.get_ref().as_table()?, tail)
    })
}

/// The largest boundary of a character at or before `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

/// Where character `wanted` of a TOML string begins in its literal, quotes included, in bytes.
fn literal_offset(literal: &str, wanted: usize) -> usize {
    let (quotes, escapes) = [("\"\"\"", true), ("'''", false), ("\"", true), ("'", false)]
        .into_iter()
        .find(|(quotes, _)| literal.starts_with(quotes))
        .unwrap_or(("", false));
    let mut position = quotes.len();
    if quotes.len() == 3 {
        // The first line break of a long string does not belong to it.
        let rest = literal.get(position..).unwrap_or_default();
        let skipped = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        position = position.saturating_add(skipped);
    }
    let mut decoded = 0_usize;
    while decoded < wanted {
        let rest = literal.get(position..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { break };
        let (length, makes) = match (escapes, first) {
            (true, '\\') => escape(rest),
            _ if rest.starts_with("\r\n") => (2, 1),
            _ => (first.len_utf8(), 1),
        };
        decoded = decoded.saturating_add(makes);
        position = position.saturating_add(length);
    }
    // A joined line that begins here belongs to what was before.
    if escapes && decoded == wanted {
        while let Some(rest) = literal.get(position..).filter(|rest| rest.starts_with('\\')) {
            match escape(rest) {
                (length, 0) => position = position.saturating_add(length),
                _ => break,
            }
        }
    }
    position.min(literal.len())
}

/// How many bytes an escape has, and how many characters it makes (none at a joined line).
fn escape(text: &str) -> (usize, usize) {
    match text.chars().nth(1) {
        Some('u') => (6, 1),
        Some('U') => (10, 1),
        Some('x') => (4, 1),
        Some(blank) if blank.is_whitespace() => {
            let after = text.get(1..).unwrap_or_default();
            (text.len().saturating_sub(after.trim_start().len()), 0)
        }
        Some(other) => (other.len_utf8().saturating_add(1), 1),
        None => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_a_string_are_found_in_its_literal() {
        let rows = [
            (r#""abc""#, 1, 2),
            (r#""a\"bc""#, 2, 4),
            (r#""a\u00e9b""#, 2, 8),
            (r#""水位 hw""#, 3, 8),
            ("'a\\b'", 2, 3),
            ("\"\"\"\nab\"\"\"", 1, 5),
            ("\"\"\"a\\\n   b\"\"\"", 1, 9),
            (r#""ab""#, 99, 4),
        ];
        for (literal, character, byte) in rows {
            assert_eq!(literal_offset(literal, character), byte, "{literal}, character {character}");
        }
    }
}
