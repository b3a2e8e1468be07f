//! `cargo xtask test`: every kind of test, one stage after the other, up to the first that breaks.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::console::{cargo, run, say};
use crate::project::{Project, files_under};
use crate::{fuzz, scenarios, site, tools};

/// The name of a test that takes too long without optimization begins so, and it is `#[ignore]`d in quick runs.
const HEAVY: &str = "heavy_";

/// How much of the page is walked in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walks {
    /// Nothing: no browser is needed.
    None,
    /// Every scenario once, spread over languages, widths and themes.
    Spread,
    /// Every scenario in every language, width and theme.
    Full,
}

impl Walks {
    /// What `--no-browser` and `--full` ask for.
    pub fn from_flags(no_browser: bool, full: bool) -> Walks {
        match (no_browser, full) {
            (true, _) => Walks::None,
            (false, false) => Walks::Spread,
            (false, true) => Walks::Full,
        }
    }
}

/// Runs all stages.
///
/// # Errors
/// When a stage breaks; the stages after it do not run.
pub fn check(project: &Project, walks: Walks) -> Result<()> {
    let mut stages = Stages::default();
    let browser = stages.run("tools", || bring_tools(project, walks))?;
    stages.run("format", || run(&mut cargo(["fmt", "--all", "--check"])))?;
    stages.run("lints", || {
        lint(&["--workspace", "--all-targets"])?;
        lint(&["--package", "highwater", "--target", tools::WASM_TARGET])
    })?;
    stages.run("native tests", || run(&mut cargo(["test", "--workspace"])))?;
    if has_heavy_tests(project)? {
        stages.run("heavy tests", || {
            run(&mut cargo(["test", "--workspace", "--release", "--tests", "--", "--ignored", HEAVY]))
        })?;
    }
    stages.run("fuzz", || fuzz::fuzz(fuzz::EVENTS, 1))?;
    stages.run("scenarios", || scenarios::check(project))?;
    stages.run("site", || site::build_and_tell(project))?;
    if let Some(browser) = browser {
        stages.run("browser tests", || walk(&browser, walks))?;
    }
    stages.tell();
    if walks == Walks::None {
        say("The browser tests were left out (--no-browser).");
    }
    Ok(())
}

/// Brings what the stages need, so that a missing tool is known before anything is built; gives the browser, if one is needed.
fn bring_tools(project: &Project, walks: Walks) -> Result<Option<PathBuf>> {
    tools::component("rustfmt")?;
    tools::component("clippy")?;
    tools::wasm_target()?;
    tools::bring_npm()?;
    tools::wasm_opt(project)?;
    if walks == Walks::None {
        return Ok(None);
    }
    tools::axe_core(project)?;
    tools::chinese_font()?;
    tools::firefox()?;
    tools::browser().map(Some)
}

fn lint(what: &[&str]) -> Result<()> {
    let mut clippy = cargo(["clippy"]);
    run(clippy.args(what).args(["--", "--deny", "warnings"]))
}

/// Whether any source has a test for the optimized build: compiling everything again is worth it only then.
fn has_heavy_tests(project: &Project) -> Result<bool> {
    let crates = project.root.join("crates");
    let test = format!("fn {HEAVY}");
    for file in files_under(&crates)? {
        let is_rust = file.extension().is_some_and(|extension| extension == "rs");
        if is_rust && fs::read_to_string(crates.join(&file))?.contains(&test) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The browser tests; they are ignored in a plain `cargo test`, because they need the site and a browser.
fn walk(browser: &Path, walks: Walks) -> Result<()> {
    let mut tests = cargo(["test", "--workspace", "--test", "harness", "--test", "browser", "--", "--ignored"]);
    tests.env("CHROME", browser).env_remove("HIGHWATER_DIST");
    if walks == Walks::Full {
        tests.env("HIGHWATER_WALKS", "full");
    }
    run(&mut tests)
}

/// The stages that ran, and how long each took.
#[derive(Default)]
struct Stages {
    done: Vec<(&'static str, Duration)>,
}

impl Stages {
    fn run<T>(&mut self, name: &'static str, stage: impl FnOnce() -> Result<T>) -> Result<T> {
        say(&format!("\n== {name}"));
        let started = Instant::now();
        let result = stage();
        let took = started.elapsed();
        self.done.push((name, took));
        if result.is_err() {
            self.tell();
        }
        let result = result.with_context(|| format!("broken: {name}"))?;
        say(&format!("== {name}: {:.1} s", took.as_secs_f32()));
        Ok(result)
    }

    /// How long each stage took, and all of them.
    fn tell(&self) {
        say("");
        let all: Duration = self.done.iter().map(|(_, took)| took).sum();
        for (name, took) in self.done.iter().chain([&("all", all)]) {
            say(&format!("{name:<14} {:>7.1} s", took.as_secs_f32()));
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_broken_stage_is_named_with_its_reason() {
        let mut stages = Stages::default();
        stages.run("first", || Ok(())).unwrap();
        let broken = stages.run("second", || -> Result<()> { bail!("no such thing") });
        assert_eq!(format!("{:#}", broken.unwrap_err()), "broken: second: no such thing");
        let names: Vec<_> = stages.done.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["first", "second"]);
    }

    #[test]
    fn no_browser_wins() {
        assert_eq!(Walks::from_flags(true, false), Walks::None);
        assert_eq!(Walks::from_flags(false, false), Walks::Spread);
        assert_eq!(Walks::from_flags(false, true), Walks::Full);
    }
}
