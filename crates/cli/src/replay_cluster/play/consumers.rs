//! Consumers of a story: three that live from the first records on, one for each `auto.offset.reset`, and three that are made
//! anew and seek. They poll only when the story says so.

use highwater_log::batch::RecordBatch;
use highwater_sim::command::Command;
use highwater_sim::config::ConsumerConfig;
use highwater_sim::consumer::Consumer;
use highwater_sim::fact::FactKind;
use highwater_sim::fact::PollThrew;
use highwater_sim::ids::{ClientId, NodeId, Offset, TopicPartition};
use highwater_sim::message::{Body, Message};
use highwater_sim::world::World;
use serde_json::{Map, Value, json};

use super::{Playing, wrong};
use crate::replay::ReplayError;
use crate::replay_cluster::story::{Action, Story};
use crate::replay_cluster::told;

/// Their `auto.offset.reset`, in the order in which they poll.
const POLICIES: [&str; 3] = ["earliest", "latest", "none"];
/// A poll without records gives up after so long, in ms.
const POLL_MAX_MS: u64 = 10_000;

/// The batches that consumers were sent.
#[derive(Debug, Default)]
pub(super) struct Fetched(Vec<(ClientId, TopicPartition, RecordBatch)>);

impl Fetched {
    /// Notes what is on its way to a consumer.
    pub(super) fn note(&mut self, message: &Message) {
        let (NodeId::Client(consumer), Body::FetchResponse(response)) = (&message.to, &*message.body) else { return };
        for part in &response.partitions {
            for batch in &part.records {
                let known = |(of, partition, known): &(ClientId, TopicPartition, RecordBatch)| {
                    of == consumer
                        && *partition == part.partition
                        && known.base_offset() == batch.base_offset()
                        && known.partition_leader_epoch() == batch.partition_leader_epoch()
                };
                if !self.0.iter().any(known) {
                    self.0.push((consumer.clone(), part.partition.clone(), batch.clone()));
                }
            }
        }
    }

    /// What a consumer was sent, newest last; forgotten then.
    fn take(&mut self, consumer: &ClientId) -> Vec<RecordBatch> {
        let (mine, others) = std::mem::take(&mut self.0).into_iter().partition(|(of, ..)| of == consumer);
        self.0 = others;
        let mine: Vec<(ClientId, TopicPartition, RecordBatch)> = mine;
        mine.into_iter().map(|(.., batch)| batch).collect()
    }
}

/// Adds the consumers of a story in which any polls.
pub(super) fn add(story: &Story, world: &mut World) -> Result<(), ReplayError> {
    if !polls(story) {
        return Ok(());
    }
    let generations = story.actions.iter().filter(|action| seeks_to(action).is_some()).count();
    for policy in POLICIES {
        for generation in 0..=generations {
            let mut config = ConsumerConfig::default();
            config.set("auto.offset.reset", policy).map_err(|error| wrong(&error))?;
            world.add_consumer(id(policy, generation), config).map_err(|error| wrong(&error))?;
        }
    }
    Ok(())
}

fn polls(story: &Story) -> bool {
    story.actions.iter().any(|action| action.what == "poll consumers")
}

fn seeks_to(action: &Action) -> Option<i64> {
    action.what.strip_prefix("seek consumers to ")?.strip_suffix(" and poll")?.parse().ok()
}

/// A consumer's id; those of generation 0 live through the story.
fn id(policy: &str, generation: usize) -> ClientId {
    ClientId(format!("{policy} {generation}").as_str().into())
}

impl Playing<'_> {
    /// After the first records the consumers are made: at the beginning of the partition, and they poll once.
    pub(super) fn make_consumers(&mut self, action: &Action) -> Result<(), ReplayError> {
        let first = self.story.actions.iter().find(|action| action.what == "produce").map(|action| action.at);
        if !polls(self.story) || first != Some(action.at) {
            return Ok(());
        }
        for policy in POLICIES {
            self.seek(policy, 0, 0)?;
            self.poll(action.at, policy, 0, &format!("consumer-{policy}"));
        }
        Ok(())
    }

    pub(super) fn poll_consumers(&mut self, action: &Action) -> Value {
        for policy in POLICIES {
            self.poll(action.at, policy, 0, &format!("consumer-{policy}"));
        }
        json!("see client.jsonl")
    }

    pub(super) fn seek_and_poll(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let Some(offset) = seeks_to(action) else { return Err(super::not_simulated(action, &action.what)) };
        let before = self.story.actions.iter().filter(|other| seeks_to(other).is_some() && other.at <= action.at);
        let generation = before.count();
        for policy in POLICIES {
            self.seek(policy, generation, offset)?;
            self.poll(action.at, policy, generation, &format!("fresh-{policy}"));
        }
        Ok(json!("see client.jsonl"))
    }

    fn partition_of_consumers(&self) -> TopicPartition {
        TopicPartition::new(self.story.topics.first().map_or("", |topic| topic.name.as_str()), 0)
    }

    fn seek(&mut self, policy: &str, generation: usize, offset: i64) -> Result<(), ReplayError> {
        let (consumer, partitions) = (id(policy, generation), vec![self.partition_of_consumers()]);
        self.world.let_poll(&consumer, false, &mut self.facts);
        self.command(Command::Assign { consumer, partitions, from: Some(Offset(offset)) })
    }

    /// Polls until there are records, an exception, or nothing for too long; tells what came.
    fn poll(&mut self, at: usize, policy: &str, generation: usize, name: &str) {
        let consumer = id(policy, generation);
        let before = self.position(&consumer);
        let seen = self.facts.len();
        self.fetched.take(&consumer);
        self.world.let_poll(&consumer, true, &mut self.facts);
        let end = self.world.now().plus_ms(POLL_MAX_MS);
        while self.world.now() < end && self.world.consumer(&consumer.0).is_some_and(Consumer::is_polling) {
            self.run_ms(1);
        }
        self.world.let_poll(&consumer, false, &mut self.facts);
        let mut line = Map::new();
        for (key, value) in
            [("at", json!(at)), ("client", json!(name)), ("op", json!("poll")), ("position_before", before)]
        {
            line.insert(key.to_owned(), value);
        }
        let batches = self.fetched.take(&consumer);
        let (mut records, mut error) = (Vec::new(), "NONE");
        for fact in self.facts.get(seen..).unwrap_or_default() {
            match &fact.kind {
                FactKind::RecordsPolled { consumer: of, first_offset, last_offset, .. } if *of == consumer => {
                    let polled = first_offset.0..=last_offset.0;
                    let is_polled = |record: &Value| {
                        record.pointer("/0").and_then(Value::as_i64).is_some_and(|at| polled.contains(&at))
                    };
                    records.extend(told::records(&batches).into_iter().filter(is_polled));
                }
                FactKind::PollThrew(PollThrew { consumer: of, error: exception, position, diverged, .. })
                    if *of == consumer =>
                {
                    error = exception;
                    line.insert("fetch_position".to_owned(), json!(position.map(|offset| offset.0)));
                    if *exception == "LogTruncationException" {
                        let divergent = diverged.map(|(at, epoch)| json!({"offset": at.0, "leader_epoch": epoch.0}));
                        line.insert("divergent_offset".to_owned(), json!(divergent));
                        // position() waits for a valid one.
                        line.insert("position_after_error".to_owned(), json!("TimeoutException"));
                    }
                }
                _ => {}
            }
        }
        line.insert("records".to_owned(), Value::Array(records));
        line.insert("error".to_owned(), json!(error));
        let after = if error == "LogTruncationException" { Value::Null } else { self.position(&consumer) };
        line.insert("position_after".to_owned(), after);
        self.ours.client.push(Value::Object(line));
    }

    fn position(&self, consumer: &ClientId) -> Value {
        let partition = self.partition_of_consumers();
        let position = self.world.consumer(&consumer.0).and_then(|consumer| consumer.position(&partition));
        json!(position.and_then(|position| position.offset).map(|offset| offset.0))
    }
}
