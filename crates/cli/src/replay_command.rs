//! `highwater replay`.

use std::path::PathBuf;

use clap::Args;
use highwater_cli::replay::replay;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Out;

/// Play a story that was recorded on a real cluster, and say where the simulator does otherwise.
#[derive(Args)]
#[command(after_help = "\
A story is a folder with story.json, events.jsonl and rpcs.jsonl. Exit code 1 if anything differs; the first difference \
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
        } else {
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
}
