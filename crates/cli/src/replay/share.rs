//! Plays the actions of a share group's story.

mod settings;
pub mod told;

use std::collections::BTreeMap;

use highwater_sim::group::share::cluster::{Polled, ShareCluster, ShareHappening};
use highwater_sim::group::share::consumer::SharePollError;
use highwater_sim::group::share::message::{AcknowledgeType, ShareError};
use highwater_sim::ids::{TopicId, TopicPartition};
use serde_json::{Map, Value, json};

use super::pace::{API_TIMEOUT_MS, LOOK_MS, Paced};
use super::play::{partition_named, topic_id};
use super::story::{Action, Recorded, Story};
use super::told::{Names, exception_named};
use super::{Ours, ReplayError};

/// How long a `poll()` takes that comes back empty and does not say its timeout, in ms.
const EMPTY_POLL_MS: u64 = 1_000;
/// No story appends more records at once.
const RECORDS_MAX: i64 = 100_000;

/// A story being played.
struct Play<'a> {
    story: &'a Story,
    cluster: ShareCluster,
    names: Names,
    ours: Ours,
    /// How much of what happened has been told.
    told: usize,
}

/// Plays a story.
///
/// # Errors
/// What is not simulated, and waits that have no end.
pub fn play(recorded: &Recorded) -> Result<Ours, ReplayError> {
    let story = &recorded.story;
    let mut cluster = settings::cluster(story)?;
    let mut names = Names::default();
    for (number, (topic, partitions)) in (1_u128..).zip(&story.topics) {
        let id = match story.topic_ids.get(topic) {
            Some(text) => topic_id(text)?,
            None => TopicId(number),
        };
        cluster.set_partitions(topic, id, *partitions);
        names.topics.push((id, topic.clone()));
    }
    let mut play = Play { story, cluster, names, ours: Ours::default(), told: 0 };
    for action in &story.actions {
        play.act(action)?;
        play.wait(action)?;
        let is_described = recorded.describes(action.step);
        if is_described && action.wait_for.is_none() {
            // Asking takes its time.
            play.cluster.run_for(LOOK_MS);
        }
        play.tell(action.step);
        if is_described {
            let settled = told::settled(action.step, &story.group.id, &play.cluster, &play.names);
            play.ours.events.push(settled);
        }
    }
    Ok(play.ours)
}

impl Play<'_> {
    fn act(&mut self, action: &Action) -> Result<(), ReplayError> {
        let member = action.member.as_deref().unwrap_or_default();
        match action.what.as_str() {
            "produce" => self.produce(action)?,
            "join" => self.join(action)?,
            "leave" => {
                self.cluster.close(member);
                self.cluster.run_until(action, "the close", API_TIMEOUT_MS, |cluster| cluster.is_closed(member))?;
            }
            "crash" => self.cluster.crash(member),
            "subscribe" => self.cluster.subscribe(member, &action.texts("topics")),
            "poll" => self.poll(action, member),
            "acknowledge" => {
                self.acknowledge(action, member)?;
            }
            "acknowledge_and_commit" => {
                if self.acknowledge(action, member)? {
                    self.commit_sync(action, member)?;
                }
            }
            "commit_sync" => self.commit_sync(action, member)?,
            "commit_async" => self.cluster.commit_async(member),
            "share_offsets" => {
                self.cluster.run_for(LOOK_MS);
                let offsets = self.offsets();
                self.result(action, "result", offsets);
            }
            "add_partitions" => {
                let to = action.number("to").and_then(|to| i32::try_from(to).ok()).unwrap_or(0);
                let topic = action.text("topic").unwrap_or_default();
                let id = self.names.topics.iter().find(|(_, name)| name == topic).map_or(TopicId(0), |(id, _)| *id);
                self.cluster.set_partitions(topic, id, to);
            }
            "delete_records" => {
                let before = action.number("before").unwrap_or(0);
                if let Some(partition) = action.text("tp").and_then(partition_named) {
                    self.cluster.delete_records(&partition, before);
                }
            }
            "wait" | "sleep" => self.cluster.run_for(action.ms()),
            other => {
                return Err(ReplayError::NotSimulated { step: action.step, what: format!("the action {other}") });
            }
        }
        Ok(())
    }

    fn produce(&mut self, action: &Action) -> Result<(), ReplayError> {
        self.cluster.run_for(LOOK_MS);
        let count = action.number("count").unwrap_or(0).clamp(0, RECORDS_MAX);
        let sizes: Vec<i64> = match action.arguments.get("batches") {
            None => vec![1],
            Some(Value::String(words)) if words == "one record each" => vec![1],
            Some(Value::String(words)) if words == "one batch" => vec![count],
            // How many records each batch has.
            Some(Value::Array(sizes)) => sizes.iter().filter_map(Value::as_i64).collect(),
            Some(other) => {
                let what = format!("records in batches: {other}");
                return Err(ReplayError::NotSimulated { step: action.step, what });
            }
        };
        let partition = action.text("tp").and_then(partition_named).unwrap_or_else(|| self.only_partition());
        let now_ms = self.cluster.now().timestamp_ms();
        let mut offsets = Vec::new();
        let mut left = count;
        let last = sizes.last().copied().unwrap_or(1);
        let mut sizes = sizes.into_iter();
        while left > 0 {
            let records = sizes.next().unwrap_or(last).clamp(1, left);
            let Some(base) = self.cluster.append(&partition, records, now_ms) else { break };
            offsets.extend(base..base.saturating_add(records));
            left = left.saturating_sub(records);
        }
        if action.arguments.contains_key("result") {
            self.result(action, "result", json!(offsets));
        }
        Ok(())
    }

    fn join(&mut self, action: &Action) -> Result<(), ReplayError> {
        for name in action.names() {
            let own = self.story.members.iter().find(|member| member.name == *name);
            let own_topics = || own.map(|own| own.topics.iter().map(String::as_str).collect());
            let told = action.texts("topics");
            let topics: Vec<&str> = if told.is_empty() { own_topics().unwrap_or_default() } else { told };
            let config = settings::consumer(self.story, name)?;
            self.names.members.insert(config.member_id.clone(), name.clone());
            self.cluster.join(name, config, &topics);
        }
        Ok(())
    }

    fn poll(&mut self, action: &Action, member: &str) {
        let end = action.poll_ends(self.cluster.now(), "got", EMPTY_POLL_MS);
        self.cluster.begin_poll(member);
        self.cluster.run_while(end, |cluster| cluster.polled(member) == Polled::Waits);
        self.cluster.end_poll(member);
        match self.cluster.polled(member) {
            Polled::Failed(error) => self.result(action, "error", told::poll_error(error)),
            polled => {
                let records = if let Polled::Records(records) = polled { records } else { Vec::new() };
                let is_one = self.story.topics.values().sum::<i32>() == 1;
                let told = records.iter().map(|record| told::delivered(record, is_one));
                let told: Vec<String> = told.collect();
                self.result(action, "got", json!(told));
            }
        }
    }

    /// `acks`: what becomes of which offset of the only partition, or of `topic-partition@offset`. Whether nothing was thrown.
    fn acknowledge(&mut self, action: &Action, member: &str) -> Result<bool, ReplayError> {
        let acks = action.arguments.get("acks").and_then(Value::as_object);
        let mut failed = None;
        let mut told: Vec<(TopicPartition, i64, AcknowledgeType)> = Vec::new();
        for (place, how) in acks.into_iter().flatten() {
            let (partition, offset) = match place.split_once('@') {
                Some((partition, offset)) => (partition_named(partition), offset),
                None => (Some(self.only_partition()), place.as_str()),
            };
            let how = how.as_str().and_then(AcknowledgeType::named);
            let (Some(partition), Ok(offset), Some(how)) = (partition, offset.parse(), how) else {
                let what = format!("the acknowledgement of {place}");
                return Err(ReplayError::NotSimulated { step: action.step, what });
            };
            told.push((partition, offset, how));
        }
        told.sort_by(|(one, at, _), (other, there, _)| (one, at).cmp(&(other, there)));
        for (partition, offset, how) in told {
            failed = failed.or(self.cluster.acknowledge(member, &partition, offset, how).err());
        }
        if let Some(error) = failed {
            self.result(action, "error", told::poll_error(error));
        }
        Ok(failed.is_none())
    }

    fn commit_sync(&mut self, action: &Action, member: &str) -> Result<(), ReplayError> {
        let Some(id) = self.cluster.commit_sync(member) else { return Ok(()) };
        self.cluster
            .run_until(action, "the commit", API_TIMEOUT_MS, |cluster| cluster.committed(member, id).is_some())?;
        let results = self.cluster.committed(member, id).unwrap_or_default();
        let one = |(partition, error): &(TopicPartition, ShareError)| {
            let told = if *error == ShareError::None { json!("ok") } else { told::error(*error) };
            (partition.to_string(), told)
        };
        let results: Map<String, Value> = results.iter().map(one).collect();
        self.result(action, "result", Value::Object(results));
        Ok(())
    }

    /// `Admin.listShareGroupOffsets`.
    fn offsets(&self) -> Value {
        let mut told = Map::new();
        for (topic, partitions) in &self.story.topics {
            for number in 0..*partitions {
                let partition = TopicPartition::new(topic.as_str(), number);
                let offsets = self.cluster.offsets(&self.story.group.id, &partition);
                if let Some((start, lag)) = offsets {
                    let mut of = BTreeMap::from([("start", start)]);
                    of.extend(lag.map(|lag| ("lag", lag)));
                    told.insert(partition.to_string(), json!(of));
                }
            }
        }
        Value::Object(told)
    }

    fn result(&mut self, action: &Action, name: &str, value: Value) {
        let result = Map::from_iter([(name.to_owned(), value)]);
        self.ours.results.push((action.step, Value::Object(result)));
    }

    /// The first partition of the story's first topic.
    fn only_partition(&self) -> TopicPartition {
        TopicPartition::new(self.story.topics.keys().next().map_or("", String::as_str), 0)
    }

    /// What an action waits for after it is done.
    fn wait(&mut self, action: &Action) -> Result<(), ReplayError> {
        let Some(wait_for) = &action.wait_for else { return Ok(()) };
        match action.settles_with() {
            Some(members) => self.cluster.settle(action, &self.story.group.id, members),
            None => Err(ReplayError::NotSimulated { step: action.step, what: format!("to wait for {wait_for}") }),
        }
    }

    /// Tells what happened since the last time: first what applications saw, then the log, as in a recording.
    fn tell(&mut self, step: usize) {
        let happenings = self.cluster.happenings.get(self.told..).unwrap_or_default();
        let is_seen = |happening: &&ShareHappening| matches!(happening, ShareHappening::Seen(..));
        let events = happenings.iter().filter(is_seen).chain(happenings.iter().filter(|there| !is_seen(there)));
        self.ours.events.extend(events.filter_map(|happening| told::event(step, happening, &self.names)));
        for happening in happenings {
            self.ours.rpcs.extend(told::rpc(step, happening, &mut self.names));
        }
        self.told = self.cluster.happenings.len();
    }
}

/// The Java exception of what a call throws.
fn thrown(error: SharePollError) -> String {
    match error {
        SharePollError::Refused(error) => exception_named(error.name()),
        _ => "IllegalStateException".to_owned(),
    }
}
