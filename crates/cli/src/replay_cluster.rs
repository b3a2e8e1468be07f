//! Stories of a cluster, recorded on a real one, played in the simulator and held against what was recorded: the records of
//! the controller, the states after each action, what clients saw.

mod play;
mod story;
mod told;
mod wanted;

use std::path::Path;

use serde_json::Value;

use crate::replay::{Difference, ReplayError};

/// What the simulator did, in the form of a recording.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// As `partition_changes.jsonl`.
    pub changes: Vec<Value>,
    /// As `states.jsonl`.
    pub states: Vec<Value>,
    /// As `client.jsonl`.
    pub client: Vec<Value>,
    /// As `batches.jsonl`: what the logs hold in the end.
    pub batches: Vec<Value>,
    /// What the actions gave, by step: as in `story.json`.
    pub results: Vec<(usize, Value)>,
}

/// A story that was played.
#[derive(Debug)]
pub struct Replayed {
    /// What the simulator did.
    pub ours: Ours,
    /// Where that differs from the recording, first difference first.
    pub differences: Vec<Difference>,
}

/// The folder holds a story of a cluster.
pub fn is_story(folder: &Path) -> bool {
    folder.join("partition_changes.jsonl").is_file()
}

/// Plays the story in a folder.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(folder: &Path) -> Result<Replayed, ReplayError> {
    let recorded = story::read(folder)?;
    let ours = play::play(&recorded)?;
    let differences = told::compare(&recorded, &ours);
    Ok(Replayed { ours, differences })
}

#[cfg(test)]
mod tests;
