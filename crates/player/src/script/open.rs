//! A packed scenario from JSON.

use std::fmt;

use super::read as reader;
#[cfg(feature = "author")]
use super::validate::validate;
use super::{Action, Choices, MAX_PACKED_BYTES, Problem, Scenario, Until};
use crate::expression::Definitions;
use crate::json::{self, JsonError};
use crate::phrase::Phrase;

/// Why a packed scenario cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It has more bytes than [`MAX_PACKED_BYTES`]; nothing of it was read.
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// It is not JSON.
    Malformed {
        /// The line, from 1; 0 if the whole is meant.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It is not of the form of a scenario, or does not make sense.
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

impl From<JsonError> for OpenError {
    fn from(error: JsonError) -> OpenError {
        match error {
            JsonError::Malformed { line, column, message } => OpenError::Malformed { line, column, message },
            JsonError::Invalid(problem) => OpenError::Invalid(problem),
        }
    }
}

impl From<Box<Problem>> for OpenError {
    fn from(problem: Box<Problem>) -> OpenError {
        OpenError::Invalid(problem)
    }
}

fn read(text: &str) -> Result<Scenario, OpenError> {
    if text.len() > MAX_PACKED_BYTES {
        return Err(OpenError::TooLarge { bytes: text.len() });
    }
    Ok(reader::scenario(json::parse(text)?)?)
}

pub(super) fn from_json(text: &str) -> Result<Scenario, OpenError> {
    let mut scenario = read(text)?;
    link(&mut scenario);
    Ok(scenario)
}

pub(super) fn brought(text: &str) -> Result<Scenario, OpenError> {
    let mut scenario = read(text)?;
    super::bounds::check(&scenario)?;
    link(&mut scenario);
    Ok(scenario)
}

#[cfg(feature = "author")]
pub(super) fn checked(text: &str) -> Result<Scenario, OpenError> {
    let mut scenario = read(text)?;
    match validate(&mut scenario).into_iter().next() {
        None => Ok(scenario),
        Some(problem) => Err(OpenError::Invalid(Box::new(problem))),
    }
}

/// Links all expressions.
fn link(scenario: &mut Scenario) {
    let definitions = Definitions::of(&scenario.definitions);
    for step in &mut scenario.steps {
        let texts = [&mut step.title, &mut step.say];
        let asked = step.ask.as_mut().map(|ask| (&mut ask.question, &mut ask.why, &mut ask.choices));
        for text in texts.into_iter().chain(&mut step.say_b) {
            text.en.link(&definitions);
            text.zh.link(&definitions);
        }
        for expectation in &mut step.expect {
            expectation.link(&definitions);
        }
        for action in &mut step.actions {
            if let Action::Wait { when: Some(when), .. } = action {
                when.link(&definitions);
            }
        }
        if let Some(Until { when: Some(when), .. }) = &mut step.until {
            when.link(&definitions);
        }
        let Some((question, why, choices)) = asked else { continue };
        for text in [question, why] {
            text.en.link(&definitions);
            text.zh.link(&definitions);
        }
        match choices {
            Choices::Near(about) => about.link(&definitions),
            Choices::Listed(listed) => {
                for choice in listed {
                    choice.say.en.link(&definitions);
                    choice.say.zh.link(&definitions);
                    choice.when.link(&definitions);
                }
            }
            Choices::Number(asked) => asked.about.link(&definitions),
            Choices::Point(pointed) => pointed.when.link(&definitions),
        }
    }
}
