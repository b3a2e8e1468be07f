//! A recorded story of a group, as it is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::ReplayError;

/// A file may have at most so many bytes.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// `story.json`, as far as it is played.
#[derive(Debug, Deserialize)]
pub struct Story {
    /// Topics with their number of partitions.
    pub topics: BTreeMap<String, i32>,
    /// The group.
    pub group: Group,
    /// Members that differ from the others.
    #[serde(default)]
    pub members: Vec<Member>,
    /// What was done.
    pub actions: Vec<Action>,
    /// The member ids that the broker made up, by name.
    #[serde(default)]
    pub member_ids: BTreeMap<String, Vec<String>>,
    /// Topic ids, by name.
    #[serde(default)]
    pub topic_ids: BTreeMap<String, String>,
    /// How far two recordings agree.
    pub recording: Recording,
}

/// The group of a story.
#[derive(Debug, Deserialize)]
pub struct Group {
    /// `group.id`.
    pub id: String,
    /// `classic`, `consumer` or `share`.
    pub protocol: String,
    /// The assignors of members that do not say; none for the defaults.
    #[serde(default)]
    pub assignors: Vec<String>,
    /// Configurations.
    #[serde(default)]
    pub config: GroupConfigs,
}

/// Configurations of a story by Kafka's names.
#[derive(Debug, Default, Deserialize)]
pub struct GroupConfigs {
    /// Of all members.
    #[serde(default)]
    pub members: BTreeMap<String, String>,
    /// Of the group.
    #[serde(default)]
    pub group: BTreeMap<String, String>,
    /// Of the broker.
    #[serde(default)]
    pub broker: BTreeMap<String, String>,
}

/// A member that differs from the others.
#[derive(Debug, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The topics that it subscribes to.
    #[serde(default)]
    pub topics: Vec<String>,
    /// `group.instance.id`.
    pub instance_id: Option<String>,
    /// Its assignors.
    pub assignors: Option<Vec<String>>,
    /// Its configuration by Kafka's names.
    #[serde(default)]
    pub props: BTreeMap<String, String>,
    /// Its group, if it is another.
    pub group: Option<String>,
    /// Its member id, if it made it up itself.
    #[serde(rename = "member_id")]
    pub id: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Its number, from 1.
    pub step: usize,
    /// What.
    #[serde(rename = "do")]
    pub what: String,
    /// To whom.
    pub member: Option<String>,
    /// To whom, if to several.
    pub members: Option<Vec<String>>,
    /// What was waited for.
    pub wait_for: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub arguments: Map<String, Value>,
}

impl Recorded {
    /// It was recorded how the group stood after a step.
    pub fn describes(&self, step: usize) -> bool {
        let is_of = |event: &Value| event.get("settled").is_some() && event.get("step") == Some(&step.into());
        self.events.iter().any(is_of)
    }
}

impl Action {
    /// Who does it: one member or several.
    pub fn names(&self) -> &[String] {
        self.members.as_deref().unwrap_or(self.member.as_slice())
    }

    /// An argument that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.arguments.get(name).and_then(Value::as_str)
    }

    /// An argument that is a list of texts.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.arguments.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// An argument that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name).and_then(Value::as_i64)
    }

    /// An argument that is a map of numbers.
    pub fn numbers(&self, name: &str) -> Vec<(&str, i64)> {
        let map = self.arguments.get(name).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(name, number)| Some((name.as_str(), number.as_i64()?))).collect()
    }
}

/// How far two recordings agree.
#[derive(Debug, Deserialize)]
pub struct Recording {
    /// In the events.
    pub two_runs_agree_in: Option<String>,
    /// In the requests and responses.
    #[serde(default)]
    pub rpcs_agree: bool,
}

/// A story with what was recorded of it.
#[derive(Debug)]
pub struct Recorded {
    /// The story.
    pub story: Story,
    /// `events.jsonl`.
    pub events: Vec<Value>,
    /// `rpcs.jsonl`, if there is one.
    pub rpcs: Vec<Value>,
}

/// Reads the folder of a story.
///
/// # Errors
/// A file that is missing, too long or not what it should be.
pub fn read(folder: &Path) -> Result<Recorded, ReplayError> {
    let story = text(&folder.join("story.json"))?;
    let story = serde_json::from_str(&story).map_err(|error| ReplayError::File(format!("story.json: {error}")))?;
    let rpcs = folder.join("rpcs.jsonl");
    Ok(Recorded {
        story,
        events: lines(&folder.join("events.jsonl"))?,
        rpcs: if rpcs.exists() { lines(&rpcs)? } else { Vec::new() },
    })
}

fn text(path: &Path) -> Result<String, ReplayError> {
    let name = path.display();
    let size = fs::metadata(path).map_err(|error| ReplayError::File(format!("{name}: {error}")))?.len();
    if size > FILE_MAX_BYTES {
        return Err(ReplayError::File(format!("{name}: is longer than {FILE_MAX_BYTES} bytes")));
    }
    fs::read_to_string(path).map_err(|error| ReplayError::File(format!("{name}: {error}")))
}

fn lines(path: &Path) -> Result<Vec<Value>, ReplayError> {
    let text = text(path)?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            ReplayError::File(format!("{}: line {}: {error}", path.display(), number.saturating_add(1)))
        })
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}
