//! A recorded story of a cluster, as it is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::replay::ReplayError;

/// A file may have at most so many bytes.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// `story.json`, as far as it is played.
#[derive(Debug, Deserialize)]
pub struct Story {
    /// The cluster.
    pub cluster: Cluster,
    /// The topics.
    pub topics: Vec<Topic>,
    /// The order of the records of different partitions and brokers is not compared.
    #[serde(default)]
    pub interleaving_varies: bool,
    /// What was done.
    pub actions: Vec<Action>,
}

/// The cluster of a story.
#[derive(Debug, Deserialize)]
pub struct Cluster {
    /// The brokers.
    pub brokers: Vec<i32>,
    /// What differs from the defaults.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
}

/// A topic of a story.
#[derive(Debug, Deserialize)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// The replicas of each partition.
    pub assignment: Vec<Vec<i32>>,
    /// Its configurations.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
}

/// Something that was done.
#[derive(Debug, Deserialize)]
pub struct Action {
    /// The step.
    pub at: usize,
    /// What.
    #[serde(rename = "do")]
    pub what: String,
    /// What had to hold before the next action.
    pub wait_for: Option<Map<String, Value>>,
    /// What it gave.
    #[serde(default)]
    pub result: Value,
    /// Everything else.
    #[serde(flatten)]
    pub arguments: Map<String, Value>,
}

impl Action {
    /// A text that the action needs.
    pub fn text(&self, name: &str) -> Result<&str, ReplayError> {
        self.arguments.get(name).and_then(Value::as_str).ok_or_else(|| self.lacks(name))
    }

    /// A number that the action needs.
    pub fn number(&self, name: &str) -> Result<i64, ReplayError> {
        self.optional_number(name).ok_or_else(|| self.lacks(name))
    }

    /// A number that the action may have.
    pub fn optional_number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name).and_then(Value::as_i64)
    }

    /// A broker, as every action names it.
    pub fn broker(&self, name: &str) -> Result<i32, ReplayError> {
        i32::try_from(self.number(name)?).map_err(|_| self.lacks(name))
    }

    fn lacks(&self, name: &str) -> ReplayError {
        ReplayError::File(format!("story.json: step {}: no {name}", self.at))
    }
}

/// What was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// `story.json`.
    pub story: Story,
    /// The same as it is written.
    #[cfg(test)]
    pub as_it_is: Value,
    /// `partition_changes.jsonl`.
    pub changes: Vec<Value>,
    /// `states.jsonl`.
    pub states: Vec<Value>,
    /// `client.jsonl`; nothing if there is none.
    pub client: Vec<Value>,
    /// `batches.jsonl`, of stories that have it.
    pub batches: Option<Vec<Value>>,
}

/// Reads the files of a story.
///
/// # Errors
/// [`ReplayError::File`] with the file's name.
pub fn read(folder: &Path) -> Result<Recorded, ReplayError> {
    let written = text(folder, "story.json")?;
    let story = serde_json::from_str(&written).map_err(|error| ReplayError::File(format!("story.json: {error}")))?;
    let optional = |name: &str| folder.join(name).exists().then(|| lines(folder, name)).transpose();
    Ok(Recorded {
        story,
        #[cfg(test)]
        as_it_is: serde_json::from_str(&written).unwrap_or_default(),
        changes: lines(folder, "partition_changes.jsonl")?,
        states: lines(folder, "states.jsonl")?,
        client: optional("client.jsonl")?.unwrap_or_default(),
        batches: optional("batches.jsonl")?,
    })
}

fn text(folder: &Path, name: &str) -> Result<String, ReplayError> {
    let file = |error: &dyn std::fmt::Display| ReplayError::File(format!("{name}: {error}"));
    let path = folder.join(name);
    let size = fs::metadata(&path).map_err(|error| file(&error))?.len();
    if size > FILE_MAX_BYTES {
        return Err(file(&format!("has {size} bytes; at most {FILE_MAX_BYTES} are read")));
    }
    fs::read_to_string(&path).map_err(|error| file(&error))
}

fn lines(folder: &Path, name: &str) -> Result<Vec<Value>, ReplayError> {
    let text = text(folder, name)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| ReplayError::File(format!("{name}: line {}: {error}", number.saturating_add(1))))
    };
    lines.map(read).collect()
}
