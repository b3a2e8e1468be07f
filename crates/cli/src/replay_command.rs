//! `highwater replay`.

use std::path::PathBuf;

use clap::Args;
use highwater_cli::replay::{Difference, replay};
use highwater_cli::replay_cluster;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Out;

/// Play a story that was recorded on a real cluster, and say where the simulator does otherwise.
#[derive(Args)]
#[command(after_help = "\
A story is a folder with story.json, and of a group events.jsonl and rpcs.jsonl, of a cluster partition_changes.jsonl, \
states.jsonl and client.jsonl. Exit code 1 if anything differs; the first difference \
comes first. With --json: what the simulator did, in the form of the recording, and the differences.

Example:
  highwater replay tests/recordings/groups/coop-4p")]
pub struct Replay {
    /// The folder of the story.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Replay {
    /// Writes the differences.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        if replay_cluster::is_story(&self.folder) {
            return self.run_cluster(out);
        }
        let replayed =
            replay(&self.folder).map_err(|error| Failure::input(format!("{}: {error}", self.folder.display())))?;
        let differences = &replayed.differences;
        if out.json {
            let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
            out.json(&json!({
                "events": replayed.ours.events,
                "rpcs": replayed.ours.rpcs,
                "results": replayed.ours.results,
                "differences": told,
            }))?;
        }
        tell(differences, out)
    }

    fn run_cluster(&self, out: &mut Out) -> Result<(), Failure> {
        let replayed = replay_cluster::replay(&self.folder)
            .map_err(|error| Failure::input(format!("{}: {error}", self.folder.display())))?;
        let differences = &replayed.differences;
        if out.json {
            let told: Vec<_> = differences.iter().map(ToString::to_string).collect();
            out.json(&json!({
                "partition_changes": replayed.ours.changes,
                "states": replayed.ours.states,
                "client": replayed.ours.client,
                "results": replayed.ours.results,
                "differences": told,
            }))?;
        }
        tell(differences, out)
    }
}

/// Writes the differences as text; the command fails if there is any.
fn tell(differences: &[Difference], out: &mut Out) -> Result<(), Failure> {
    if !out.json {
        for difference in differences {
            out.line(difference)?;
        }
        if differences.is_empty() {
            out.line("the same")?;
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    out.finish()?;
    Err(Failure::Told)
}
