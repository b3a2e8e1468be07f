//! Stories recorded on a real cluster, played in the simulator and held against what was recorded.

mod compare;
mod pace;
mod play;
mod share;
mod story;
mod timing;
mod told;

use std::path::Path;

use serde_json::Value;
use thiserror::Error;

pub use compare::Difference;

/// Why a story cannot be played.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// A file of it is wrong.
    #[error("{0}")]
    File(String),
    /// It needs what the simulator does not do.
    #[error("step {step}: {what} is not simulated")]
    NotSimulated {
        /// The step; 0 is the story as a whole.
        step: usize,
        /// What.
        what: String,
    },
    /// A wait that has no end.
    #[error("step {step}: waited in vain: {what}")]
    Waits {
        /// The step.
        step: usize,
        /// What for.
        what: String,
    },
}

/// What the simulator did, in the form of a recording.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    /// As `events.jsonl`.
    pub events: Vec<Value>,
    /// As `rpcs.jsonl`.
    pub rpcs: Vec<Value>,
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

/// Plays the story in a folder.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(folder: &Path) -> Result<Replayed, ReplayError> {
    let recorded = story::read(folder)?;
    let ours = play_story(&recorded)?;
    let differences = compare::compare(&recorded, &ours);
    Ok(Replayed { ours, differences })
}

fn play_story(recorded: &story::Recorded) -> Result<Ours, ReplayError> {
    if recorded.story.group.protocol == "share" { share::play(recorded) } else { timing::play(recorded) }
}

#[cfg(test)]
mod tests;
