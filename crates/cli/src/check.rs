//! `highwater check`.

use clap::Args;
use highwater_player::script::author::{ScenarioError, ScenarioErrors};
use serde::Serialize;

use crate::failure::Failure;
use crate::input::{Course, Loaded, Translation, load, scenario_ids};
use crate::output::Out;

/// Check scenarios: files, texts, translations, and that what they expect holds at every step.
#[derive(Args)]
#[command(after_help = "\
Every error comes with file, line and column, and with what to do about it.

Examples:
  highwater check                      all scenarios of the course
  highwater check hw-two-rounds
  highwater check scenarios/key-hash/scenario.toml
  highwater check - --zh zh.toml < scenario.toml")]
pub struct Check {
    /// Scenarios: ids, folders, files, or - for standard input; all of the course if none is named.
    #[arg(value_name = "FILE|ID")]
    scenarios: Vec<String>,

    #[command(flatten)]
    translation: Translation,
}

#[derive(Serialize)]
struct Report {
    scenario: String,
    ok: bool,
    steps: usize,
    questions: usize,
    expectations: usize,
    errors: Vec<ScenarioError>,
    lints: Vec<ScenarioError>,
}

impl Check {
    /// Writes what was found; fails if anything is wrong.
    pub fn run(&self, course: &Course, out: &mut Out) -> Result<(), Failure> {
        let mut names = self.scenarios.clone();
        if names.is_empty() {
            names = scenario_ids(&course.folder()?);
        }
        let mut reports = Vec::new();
        for name in &names {
            let report = match load(name, course, &self.translation) {
                Ok(loaded) => report(&loaded),
                Err(Failure::Scenario(errors)) => Report::failed(name, errors.0),
                Err(Failure::Input(message)) => Report::failed(name, vec![ScenarioError::of_file("", message, None)]),
                Err(other) => return Err(other),
            };
            if !out.json && report.ok {
                out.line(format!(
                    "{}: {} steps, {} questions, {} expectations hold",
                    report.scenario, report.steps, report.questions, report.expectations
                ))?;
            }
            reports.push(report);
        }
        if out.json {
            out.json(&reports)?;
        }
        out.finish()?;
        let ok = reports.iter().all(|report| report.ok);
        let complaints = reports.into_iter().flat_map(|report| report.errors.into_iter().chain(report.lints));
        match ok {
            true => Ok(()),
            false if out.json => Err(Failure::Told),
            false => Err(ScenarioErrors(complaints.collect()).into()),
        }
    }
}

impl Report {
    /// Of something that is no scenario.
    fn failed(name: &str, errors: Vec<ScenarioError>) -> Report {
        Report {
            scenario: name.to_owned(),
            ok: false,
            steps: 0,
            questions: 0,
            expectations: 0,
            errors,
            lints: Vec::new(),
        }
    }
}

fn report(loaded: &Loaded) -> Report {
    let (errors, lints) = loaded.complaints();
    let steps = &loaded.scenario.steps;
    Report {
        scenario: loaded.scenario.id.clone(),
        ok: errors.is_empty() && lints.is_empty(),
        steps: steps.len(),
        questions: steps.iter().filter(|step| step.ask.is_some()).count(),
        expectations: steps.iter().map(|step| step.expect.len()).sum(),
        errors,
        lints,
    }
}
