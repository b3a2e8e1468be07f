//! The programs of this workspace that tasks run. They are always built with the features that the whole workspace has, as
//! the tests are: what was compiled for one is not compiled again for the other.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::console::{cargo, output};

/// How a program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// As tests are.
    Debug,
    /// Optimized.
    Release,
}

/// Builds the program of this name, and says where it is.
///
/// # Errors
/// When it cannot be built; the terminal has shown why.
pub fn built(name: &str, speed: Speed) -> Result<PathBuf> {
    let mut build = cargo(["build", "--quiet", "--workspace", "--bin", name, "--message-format", "json"]);
    if speed == Speed::Release {
        build.arg("--release");
    }
    let told = output(&mut build)?;
    let messages = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executable = messages.filter_map(|message| Some(message.get("executable")?.as_str()?.into())).next_back();
    executable.with_context(|| format!("there is no program {name}"))
}

/// The command that runs the program of this name, after building it.
///
/// # Errors
/// As [`built`].
pub fn program(name: &str, speed: Speed) -> Result<Command> {
    Ok(Command::new(built(name, speed)?))
}
