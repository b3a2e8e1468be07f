//! A packed scenario from JSON, for the page.

use std::fmt;

use super::validate::validate;
use super::{MAX_PACKED_BYTES, Problem, Scenario};
use crate::phrase::Phrase;

/// Why a packed scenario cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It has more bytes than [`MAX_PACKED_BYTES`]; nothing of it was read.
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// It is not JSON, or not of the form of a scenario.
    Malformed {
        /// The line, from 1; 0 if the whole is meant.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It has the right form and does not make sense.
    Invalid(Box<Problem>),
}

impl OpenError {
    /// As words for a screen.
    pub fn phrase(&self) -> Phrase {
        match self {
            OpenError::TooLarge { bytes } => Phrase::new("errors.scenario_too_large")
                .with("bytes", i64::try_from(*bytes).unwrap_or(i64::MAX))
                .with("most", i64::try_from(MAX_PACKED_BYTES).unwrap_or(i64::MAX)),
            OpenError::Malformed { line, column, message } => Phrase::new("errors.scenario_malformed")
                .with("line", i64::try_from(*line).unwrap_or(i64::MAX))
                .with("column", i64::try_from(*column).unwrap_or(i64::MAX))
                .with("message", message.as_str()),
            OpenError::Invalid(problem) => Phrase::new("errors.scenario_invalid").with("message", problem.to_string()),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.phrase().say(crate::lang::Lang::En))
    }
}

impl std::error::Error for OpenError {}

pub(super) fn from_json(json: &str) -> Result<Scenario, OpenError> {
    if json.len() > MAX_PACKED_BYTES {
        return Err(OpenError::TooLarge { bytes: json.len() });
    }
    let mut scenario: Scenario = serde_json::from_str(json).map_err(|error| OpenError::Malformed {
        line: error.line(),
        column: error.column(),
        message: without_place(&error.to_string()),
    })?;
    match validate(&mut scenario).into_iter().next() {
        None => Ok(scenario),
        Some(problem) => Err(OpenError::Invalid(Box::new(problem))),
    }
}

/// The message without the " at line 1 column 7" that the JSON reader appends.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}
