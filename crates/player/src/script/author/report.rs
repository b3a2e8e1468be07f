//! What is wrong in an author's files, with file, line and column, and the line itself.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioError {
    /// The file, as it was named or found; empty if the message names it.
    pub file: String,
    /// The line, from 1; 0 if the whole file is meant.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The place in the scenario, such as `step[3].say`; empty if the file as a whole is meant.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The text of the line; empty if the whole file is meant.
    pub source: String,
    /// How many characters from `column` on are meant.
    pub length: usize,
}

/// All that is wrong: never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ScenarioErrors(pub Vec<ScenarioError>);

impl ScenarioError {
    /// An error about a file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>, help: Option<String>) -> ScenarioError {
        ScenarioError {
            file: file.into(),
            line: 0,
            column: 0,
            path: String::new(),
            message: message.into(),
            help,
            source: String::new(),
            length: 0,
        }
    }
}

impl ScenarioErrors {
    /// In the order of the files and their lines, each once.
    pub(super) fn sorted(mut errors: Vec<ScenarioError>) -> ScenarioErrors {
        errors.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        errors.dedup();
        ScenarioErrors(errors)
    }

    /// One error about a file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>, help: Option<String>) -> ScenarioErrors {
        ScenarioError::of_file(file, message, help).into()
    }
}

impl From<ScenarioError> for ScenarioErrors {
    fn from(error: ScenarioError) -> ScenarioErrors {
        ScenarioErrors(vec![error])
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            f.write_str(&self.message)?;
        } else if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        if self.line == 0 || self.source.trim().is_empty() {
            return Ok(());
        }
        let (shown, before) = window(&self.source, self.column.saturating_sub(1));
        let gap: usize = shown.chars().take(before).map(width).sum();
        let marked: usize = shown.chars().skip(before).take(self.length.max(1)).map(width).sum();
        write!(f, "\n{:>5} | {shown}\n      | {}{}", self.line, " ".repeat(gap), "^".repeat(marked.max(1)))
    }
}

impl fmt::Display for ScenarioErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioErrors {}

/// The part of a long line round character `at`, and where `at` is in it.
fn window(line: &str, at: usize) -> (String, usize) {
    const WIDTH: usize = 110;
    const BEFORE: usize = 50;
    let length = line.chars().count();
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    if length <= WIDTH {
        return (line.chars().map(clean).collect(), at.min(length));
    }
    let start = at.saturating_sub(BEFORE).min(length.saturating_sub(WIDTH));
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    shown.extend(line.chars().skip(start).take(WIDTH).map(clean));
    if start.saturating_add(WIDTH) < length {
        shown.push('…');
    }
    let before = at.min(length).saturating_sub(start).saturating_add(usize::from(start > 0));
    (shown, before)
}

/// Columns of a terminal: Chinese characters and full-width signs take two.
fn width(character: char) -> usize {
    let wide = matches!(u32::from(character), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x2_0000..=0x3_fffd);
    if wide { 2 } else { 1 }
}
