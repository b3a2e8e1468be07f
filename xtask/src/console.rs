//! What a person reads while a task runs, and the commands that a task runs.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::io::{self, Read, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// Writes a line of progress to standard error; standard output is for results.
pub fn say(line: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a result to standard output.
///
/// # Errors
/// When standard output is closed.
pub fn print(result: &str) -> Result<()> {
    writeln!(io::stdout(), "{result}").context("cannot write to standard output")
}

/// A cargo command: the same cargo that runs this program.
pub fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs `command` with this terminal.
///
/// # Errors
/// When it cannot be started or fails; the message holds the whole command.
pub fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs `command` and gives its standard output; standard error goes to this terminal.
///
/// # Errors
/// As [`run`], and when the output is not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` wrote something that is not UTF-8"))
}

/// A command failed, and the terminal has shown why.
#[derive(Debug)]
pub struct Failed {
    command: String,
    status: ExitStatus,
    /// All that it wrote to standard error, without colours.
    pub said: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed ({})", self.command, self.status)
    }
}

impl std::error::Error for Failed {}

/// Runs `command`, shows its standard error as it comes, and keeps it.
///
/// # Errors
/// When it cannot be started; [`Failed`] when it fails.
pub fn run_and_keep(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let mut child = command.stderr(Stdio::piped()).spawn().with_context(|| format!("cannot run `{line}`"))?;
    let mut kept = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        let mut buffer = [0; 4096];
        loop {
            let length = stderr.read(&mut buffer)?;
            let Some(read) = buffer.get(..length).filter(|read| !read.is_empty()) else {
                break;
            };
            // Nobody is left to tell when standard error is closed.
            let _ = io::stderr().write_all(read);
            kept.extend_from_slice(read);
        }
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(());
    }
    let said = without_colours(&String::from_utf8_lossy(&kept));
    Err(Failed { command: line, status, said }.into())
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    if let Some(name) = std::path::Path::new(&line).file_stem() {
        line = name.to_string_lossy().into_owned();
    }
    for argument in command.get_args() {
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}

/// `text` without ANSI escape sequences (`ESC [ … letter`).
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut in_escape = false;
    for letter in text.chars() {
        match letter {
            '\u{1b}' => in_escape = true,
            'a'..='z' | 'A'..='Z' if in_escape => in_escape = false,
            _ if in_escape => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(without_colours("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: no [x]"), "error: no [x]");
    }

    #[test]
    fn a_failed_command_says_what_ran_and_what_it_wrote() {
        let error = run_and_keep(&mut cargo(["no-such-command"])).unwrap_err();
        let failed = error.downcast_ref::<Failed>().unwrap();
        assert!(failed.to_string().starts_with("`cargo no-such-command` failed"), "{failed}");
        assert!(failed.said.contains("no such command"), "{}", failed.said);
    }
}
