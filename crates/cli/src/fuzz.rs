//! `highwater fuzz`.

mod scenario;

use std::fs;
use std::path::PathBuf;

use clap::Args;
use highwater_sim::fuzz::fuzz;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Out;

/// Play clusters under random faults and load, and hold every event against the invariants of replication.
#[derive(Args)]
#[command(after_help = "\
The same seed plays the same clusters on any machine. Exit code 1 if an invariant breaks: the shortest schedule found that \
breaks it is written as a scenario.

Examples:
  highwater fuzz
  highwater fuzz --events 100000 --seed 7 --to broken")]
pub struct Fuzz {
    /// How many events at least.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: u64,

    /// The seed of all clusters.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// The folder for the scenario of what breaks; without it, its scenario.toml goes to standard output.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl Fuzz {
    /// Plays, and writes what came of it.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let fuzzed = fuzz(self.seed, self.events);
        let Some((schedule, violation)) = &fuzzed.broken else {
            let (clusters, events) = (fuzzed.clusters, fuzzed.events);
            return if out.json {
                out.json(&json!({"clusters": clusters, "events": events, "violation": null}))
            } else {
                out.line(format!("{events} events in {clusters} clusters: all invariants hold"))
            };
        };
        let written = scenario::of(schedule, violation);
        if let Some(folder) = &self.to {
            let failed = |error: std::io::Error| Failure::input(format!("{}: {error}", folder.display()));
            fs::create_dir_all(folder).map_err(failed)?;
            fs::write(folder.join("scenario.toml"), &written.toml).map_err(failed)?;
            fs::write(folder.join("zh.toml"), &written.zh).map_err(failed)?;
        }
        if out.json {
            let steps = schedule.steps.len();
            out.json(&json!({"events": fuzzed.events, "violation": violation.to_string(), "steps": steps, "scenario": written.toml}))?;
        } else {
            out.line(format!("after {} events: {violation}", fuzzed.events))?;
            match &self.to {
                Some(folder) => out.line(format!("{} steps in {}", schedule.steps.len(), folder.display()))?,
                None => out.line(&written.toml)?,
            }
        }
        out.finish()?;
        Err(Failure::Told)
    }
}
