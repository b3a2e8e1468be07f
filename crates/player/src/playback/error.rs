//! What can go wrong with a player.

use crate::phrase::Phrase;
use crate::run::RunError;
use crate::script;

/// Why a packed scenario cannot be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not a scenario.
    #[error(transparent)]
    Script(#[from] script::OpenError),
    /// It does not run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A question of it has no answer, or a text no value.
    #[error("step {step}: {message}")]
    Step {
        /// The step's id.
        step: String,
        /// What is wrong.
        message: String,
    },
}

impl OpenError {
    /// What it says, for a screen.
    pub fn phrase(&self) -> Phrase {
        Phrase::new("scene.cannot_open").with("why", self.to_string())
    }
}

/// Why a command is not followed. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// There is no such step.
    #[error("there is no step {step}: this scenario has steps 1 to {steps}")]
    NoStep {
        /// What was asked for.
        step: usize,
        /// How many there are.
        steps: usize,
    },
    /// The step has no open question, or the question has no such choice.
    #[error("there is no open question with a choice {0} here")]
    NoChoice(usize),
    /// The step has no open question that a number answers.
    #[error("there is no open question about a number here")]
    NoNumber,
}

impl CommandError {
    /// What it says, for a screen.
    pub fn phrase(&self) -> Phrase {
        let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        match self {
            CommandError::NoStep { step, steps } => {
                Phrase::new("scene.no_step").with("step", number(*step)).with("steps", number(*steps))
            }
            CommandError::NoChoice(_) | CommandError::NoNumber => Phrase::new("scene.no_choice"),
        }
    }
}
