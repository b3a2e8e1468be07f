//! Why a command ends without its result.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use highwater_player::script::author::ScenarioErrors;

/// The end of a command that did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// What was given is wrong; the message says what, where and what to do.
    Input(String),
    /// A scenario is wrong.
    Scenario(ScenarioErrors),
    /// The command was called wrongly.
    Usage(String),
    /// The result says itself what is wrong.
    Told,
    /// Nobody reads the output any more.
    Closed,
}

impl Failure {
    /// Bad input, with what it is about.
    pub fn input(message: impl Display) -> Failure {
        Failure::Input(message.to_string())
    }

    /// Says it on standard error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let (message, code) = match self {
            Failure::Input(message) => (message.clone(), 1),
            Failure::Scenario(errors) => (told(errors), 1),
            Failure::Usage(message) => (message.clone(), 2),
            Failure::Told => (String::new(), 1),
            Failure::Closed => return ExitCode::SUCCESS,
        };
        if !message.is_empty() {
            // If standard error is closed too, the exit code remains.
            let _ = writeln!(io::stderr(), "{message}");
        }
        ExitCode::from(code)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::Closed;
        }
        Failure::Input(format!("cannot write: {error}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        match error.io_error_kind() {
            Some(kind) => io::Error::from(kind).into(),
            None => Failure::Input(error.to_string()),
        }
    }
}

impl From<ScenarioErrors> for Failure {
    fn from(errors: ScenarioErrors) -> Failure {
        Failure::Scenario(errors)
    }
}

/// The errors, and how many there are if one could lose count.
fn told(errors: &ScenarioErrors) -> String {
    match errors.0.len() {
        0 | 1 => errors.to_string(),
        count => format!("{errors}\n{count} errors"),
    }
}
