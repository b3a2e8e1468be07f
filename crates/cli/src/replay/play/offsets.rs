//! The actions of a story that are about records and offsets.

use std::collections::{BTreeMap, BTreeSet};

use highwater_sim::group::cluster::{Failure, GroupCluster, Happening, Log, Polls};
use highwater_sim::group::error::GroupError;
use highwater_sim::group::message::{OffsetCommit, OffsetFetch, OffsetToCommit, Request, Response, TxnOffsetCommit};
use highwater_sim::group::partition_for;
use highwater_sim::ids::{TopicId, TopicPartition};
use serde_json::{Map, Value, json};

use super::super::ReplayError;
use super::super::pace::{LOOK_MS, POLL_MAX_MS, Paced, SETTLING_MS, ms};
use super::super::story::Action;
use super::super::told::{exception, poll_error, put};
use super::{Play, partition_named};

/// No story polls more often in one action.
const POLLS_MAX: i64 = 10_000;

/// The offsets that an action names.
pub fn given(action: &Action) -> Option<Vec<(TopicPartition, i64, i32)>> {
    action.arguments.get("offsets")?;
    let offsets = action.numbers("offsets").into_iter();
    Some(offsets.filter_map(|(name, offset)| Some((partition_named(name)?, offset, -1))).collect())
}

impl Play<'_> {
    pub(super) fn act_on_offsets(&mut self, action: &Action) -> Result<(), ReplayError> {
        let member = action.member.as_deref().unwrap_or_default();
        let partition = action.text("tp").and_then(partition_named);
        // It takes its time.
        self.cluster.run_for(LOOK_MS);
        match action.what.as_str() {
            "produce" => self.produce(action)?,
            "assign_and_poll" => self.assign_and_poll(action, member)?,
            "poll_and_look" => self.poll_and_look(action, member)?,
            "position" => {
                let partition = self.only_partition();
                if let Some(position) = self.cluster.position(member, &partition) {
                    self.result(action, "result", json!(position));
                } else {
                    let error = json!({"class": "TimeoutException", "code": "REQUEST_TIMED_OUT"});
                    self.result(action, "error", error);
                }
            }
            "delete_records" => {
                let before = action.number("before").unwrap_or(0);
                if let Some(log) = partition.and_then(|partition| self.cluster.log_mut(&partition)) {
                    log.start = before;
                }
            }
            "committed_offsets" => {
                let committed = self.committed();
                self.result(action, "result", committed);
            }
            "list_offsets" => {
                let log = partition.as_ref().and_then(|partition| self.cluster.log(partition));
                let ends = log.map(|log| json!({"earliest": log.start, "latest": log.end()}));
                self.result(action, "result", json!(ends));
            }
            "begin_end" => self.begin_end(action),
            "offsets_for_times" => self.offsets_for_times(action),
            "positions" => {
                let member = self.cluster.member(member);
                let there: Vec<TopicPartition> =
                    member.iter().flat_map(|member| member.assigned.iter().cloned()).collect();
                let name = action.member.as_deref().unwrap_or_default();
                let position = |partition: TopicPartition| {
                    Some((partition.to_string(), json!(self.cluster.position(name, &partition)?)))
                };
                let positions: Map<String, Value> = there.into_iter().filter_map(position).collect();
                self.result(action, "result", Value::Object(positions));
            }
            "consumer.currentLag" => {
                let lag = partition.and_then(|partition| {
                    let position = self.cluster.position(member, &partition)?;
                    Some(self.cluster.log(&partition)?.end().saturating_sub(position))
                });
                // The client's own lag is as of its last fetch, which read to the end.
                let lag = lag.map(|lag| {
                    if self.cluster.taken(member).is_some_and(|(_, polls)| polls == Polls::Never) { 0 } else { lag }
                });
                self.result(action, "result", json!(lag));
            }
            "group_partition" => {
                let group = action.text("group").unwrap_or_default();
                self.result(action, "result", json!(partition_for(group, 50)));
            }
            "describe_tool" => self.describe(action),
            "admin_alter_offsets" => {
                let commit = self.commit_of(action, -1, "");
                let answer = self.cluster.ask(&Request::OffsetCommit(commit));
                let error = first_error(answer.as_ref());
                let told =
                    (error != GroupError::None).then(|| json!({"class": exception(error), "code": error.name()}));
                self.result(action, "error", json!(told));
            }
            "txn_offset_commit" => self.commit_in_transaction(action),
            other => {
                return Err(ReplayError::NotSimulated { step: action.step, what: format!("the action {other}") });
            }
        }
        Ok(())
    }

    fn result(&mut self, action: &Action, name: &str, value: Value) {
        let result = Map::from_iter([(name.to_owned(), value)]);
        self.ours.results.push((action.step, Value::Object(result)));
    }

    fn produce(&mut self, action: &Action) -> Result<(), ReplayError> {
        let now_ms = self.cluster.now().timestamp_ms();
        let partition = action.text("tp").and_then(partition_named);
        let mut offsets = Vec::new();
        if let Some(timestamps) = action.arguments.get("timestamps").and_then(Value::as_array) {
            for timestamp in timestamps.iter().filter_map(Value::as_i64) {
                offsets.extend(
                    partition
                        .as_ref()
                        .and_then(|partition| self.cluster.log_mut(partition))
                        .map(|log| log.append(timestamp)),
                );
            }
        } else if let Some(partition) = &partition {
            let count = action.number("count").unwrap_or(0);
            let ages = ages_ms(action.text("age").unwrap_or("now"), count).ok_or_else(|| {
                ReplayError::NotSimulated { step: action.step, what: "records of that age".to_owned() }
            })?;
            for age_ms in ages {
                offsets.extend(self.cluster.log_mut(partition).map(|log| log.append(now_ms.saturating_sub(age_ms))));
            }
        } else if let Some(count) = action.number("count").or(action.number("records")) {
            // One partition after the other in turn; `records` go to the partitions in equal parts, one part after the other.
            let in_turn = action.number("count").is_some();
            let (topic, partitions) =
                self.story.topics.iter().next().map_or(("", 0), |(topic, count)| (topic.as_str(), *count));
            let partitions = i64::from(partitions).max(1);
            let share = count.checked_div(partitions).unwrap_or(0).max(1);
            for number in 0..count {
                let place = if in_turn { number.checked_rem(partitions) } else { number.checked_div(share) };
                let partition =
                    TopicPartition::new(topic, place.and_then(|place| i32::try_from(place).ok()).unwrap_or(0));
                offsets.extend(self.cluster.log_mut(&partition).map(|log| log.append(now_ms)));
            }
        }
        if action.arguments.contains_key("result") {
            self.result(action, "result", json!(offsets));
        }
        self.cluster.wake();
        Ok(())
    }

    /// Which of the polled records an application was done with before, and which nobody will ever see.
    pub(super) fn look_at_repetition(&mut self, action: &Action, polled: &[(TopicPartition, i64)]) {
        if !action.arguments.contains_key("repeated") && !action.arguments.contains_key("never_processed") {
            return;
        }
        let partition = self.only_partition();
        let is_processed = |offset: &i64| self.processed.contains(&format!("{partition}@{offset}"));
        let repeated: Vec<i64> = polled.iter().map(|(_, offset)| *offset).filter(is_processed).collect();
        let end = self.cluster.log(&partition).map_or(0, Log::end);
        let is_polled = |offset: &i64| polled.iter().any(|(_, there)| there == offset);
        let never: Vec<i64> = (0..end).filter(|offset| !is_processed(offset) && !is_polled(offset)).collect();
        self.result(action, "repeated", json!(repeated));
        self.result(action, "never_processed", json!(never));
    }

    /// How many records each member has read by now, and how often each record was read.
    pub(super) fn look_at_deliveries(&mut self, action: &Action) {
        let mut received: BTreeMap<&str, usize> = BTreeMap::new();
        let mut deliveries: BTreeMap<String, usize> = BTreeMap::new();
        for happening in &self.cluster.happenings {
            let Happening::Records(member, records) = happening else { continue };
            let read = received.entry(member.as_str()).or_default();
            *read = read.saturating_add(records.len());
            for (partition, offset) in records {
                let times = deliveries.entry(format!("{partition}@{offset}")).or_default();
                *times = times.saturating_add(1);
            }
        }
        let times: BTreeSet<usize> = deliveries.values().copied().collect();
        let told = json!({
            "received": received,
            "deliveries_per_record": times,
            "distinct_records": deliveries.len(),
        });
        self.ours.results.push((action.step, told));
    }

    /// The first partition of the story's first topic.
    fn only_partition(&self) -> TopicPartition {
        TopicPartition::new(self.story.topics.keys().next().map_or("", String::as_str), 0)
    }

    /// A consumer takes all partitions of its topics.
    pub(super) fn assign(&mut self, action: &Action, member: &str) -> Result<(), ReplayError> {
        let settings = self.settings.member(action, member)?;
        let topics = self.settings.topics(action, member);
        let counted = topics.iter().filter_map(|topic| Some((*topic, *self.story.topics.get(*topic)?)));
        let partitions: Vec<TopicPartition> = counted
            .flat_map(|(topic, count)| (0..count).map(move |number| TopicPartition::new(topic, number)))
            .collect();
        self.cluster.assign(member, settings.config, &partitions, settings.reset, settings.max_poll_records);
        Ok(())
    }

    /// A consumer without group management begins where its group's offset or its reset policy says.
    fn assign_and_poll(&mut self, action: &Action, member: &str) -> Result<(), ReplayError> {
        let partition = self.only_partition();
        let mut settings = self.settings.member(action, member)?;
        // Every such consumer has a group of its own.
        settings.config.group = format!("{}-{member}", settings.config.group);
        if let Some(offset) = action.number("committed") {
            let mut commit = self.commit_of(action, -1, "");
            commit.group.clone_from(&settings.config.group);
            commit.offsets = vec![to_commit((partition.clone(), offset, -1))];
            self.cluster.ask(&Request::OffsetCommit(commit));
        }
        let one = [partition.clone()];
        self.cluster.assign(member, settings.config, &one, settings.reset, settings.max_poll_records);
        self.cluster.set_polls(member, Polls::Always);
        self.cluster.run_for(SETTLING_MS);
        let records = self.cluster.taken(member).map(|(records, _)| records.to_vec()).unwrap_or_default();
        let position = self.cluster.position(member, &partition).or_else(|| action.number("committed"));
        let failed = self.cluster.failed(member).cloned();
        let position = match (&failed, position) {
            (Some(Failure::NoOffset(_)), _) => json!("NoOffsetForPartitionException"),
            (Some(_), position) => json!(position),
            (None, _) => match self.cluster.position(member, &partition) {
                Some(position) => json!(position),
                None => json!("TimeoutException"),
            },
        };
        let mut result = json!({"position": position});
        if let Some(failure) = &failed {
            put(&mut result, "error", poll_error(failure));
        } else {
            put(&mut result, "first_record", json!(records.first().map(|(_, offset)| offset)));
            put(&mut result, "count", json!(records.len()));
        }
        self.ours.results.push((action.step, result));
        self.cluster.crash(member);
        Ok(())
    }

    /// Polls again and again, and looks after each time what that committed.
    fn poll_and_look(&mut self, action: &Action, member: &str) -> Result<(), ReplayError> {
        let times = action.number("times").unwrap_or(0);
        let between = action.arguments.get("between_seconds").and_then(Value::as_f64).unwrap_or(0.0);
        let partition = self.only_partition();
        let name = partition.to_string();
        let mut outcomes = Vec::new();
        for _ in 0..times.min(POLLS_MAX) {
            let committed = self.committed().get(&name).and_then(Value::as_i64);
            let returned = self.cluster.position(member, &partition);
            self.cluster.set_polls(member, Polls::Once);
            let is_done = |cluster: &GroupCluster| cluster.taken(member).is_none_or(|(_, polls)| polls == Polls::Never);
            self.cluster.run_until(action, "records", POLL_MAX_MS, is_done)?;
            self.cluster.run_for(LOOK_MS);
            let now = self.committed().get(&name).and_then(Value::as_i64);
            let outcome =
                if now == returned { "what earlier polls returned" } else { "also what this poll() returned" };
            if now.is_some() && now != committed && !outcomes.contains(&outcome) {
                outcomes.push(outcome);
            }
            self.cluster.run_for(ms(between));
        }
        outcomes.sort_unstable();
        self.result(action, "committed_by_a_poll", json!(outcomes));
        Ok(())
    }

    fn committed(&mut self) -> Value {
        let group = self.story.group.id.clone();
        let fetch = Request::OffsetFetch(OffsetFetch { group, partitions: None, require_stable: false });
        let Some(Response::OffsetFetch(offsets)) = self.cluster.ask(&fetch) else { return Value::Null };
        let told = offsets.iter().map(|there| (format!("{}-{}", there.topic, there.partition), json!(there.offset)));
        Value::Object(told.collect())
    }

    fn begin_end(&mut self, action: &Action) {
        let (mut begins, mut ends) = (Map::new(), Map::new());
        let topics = action.arguments.get("partitions").and_then(Value::as_object);
        for (topic, partitions) in topics.into_iter().flatten() {
            for number in partitions.as_array().into_iter().flatten().filter_map(Value::as_i64) {
                let partition = TopicPartition::new(topic.as_str(), i32::try_from(number).unwrap_or(-1));
                if let Some(log) = self.cluster.log(&partition) {
                    begins.insert(partition.to_string(), json!(log.start));
                    ends.insert(partition.to_string(), json!(log.end()));
                }
            }
        }
        self.result(action, "result", json!({"beginning": begins, "end": ends}));
    }

    fn offsets_for_times(&mut self, action: &Action) {
        let mut found = Map::new();
        for (name, timestamp) in action.numbers("times") {
            let log = partition_named(name).and_then(|partition| self.cluster.log(&partition));
            let there = log.and_then(|log| log.offset_for_time(timestamp));
            found.insert(
                name.to_owned(),
                json!(there.map(|(offset, timestamp)| json!({"offset": offset, "timestamp": timestamp}))),
            );
        }
        self.result(action, "result", Value::Object(found));
    }

    /// `kafka-consumer-groups --describe`.
    fn describe(&mut self, action: &Action) {
        let committed = self.committed();
        let mut rows = Vec::new();
        for (topic, partitions) in &self.story.topics {
            for number in 0..*partitions {
                let partition = TopicPartition::new(topic.as_str(), number);
                let end = self.cluster.log(&partition).map_or(0, Log::end);
                let offset = committed.get(partition.to_string()).and_then(Value::as_i64);
                let or_none = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
                rows.push(json!({
                    "topic": topic,
                    "partition": number,
                    "current_offset": or_none(offset),
                    "log_end_offset": end.to_string(),
                    "lag": or_none(offset.map(|offset| end.saturating_sub(offset))),
                }));
            }
        }
        self.result(action, "result", json!(rows));
    }

    fn commit_of(&self, action: &Action, generation: i32, member: &str) -> OffsetCommit {
        let member_id = self.story.member_ids.get(member).and_then(|ids| ids.last()).map_or(member, String::as_str);
        OffsetCommit {
            group: self.story.group.id.clone(),
            generation,
            member_id: member_id.to_owned(),
            instance_id: None,
            offsets: given(action).unwrap_or_default().into_iter().map(to_commit).collect(),
        }
    }

    fn commit_in_transaction(&mut self, action: &Action) {
        let generation = action.number("generation").and_then(|number| i32::try_from(number).ok()).unwrap_or(-1);
        let commit = self.commit_of(action, generation, action.text("as_member").unwrap_or_default());
        let producer_id = 1;
        let answer = self.cluster.ask(&Request::TxnOffsetCommit(TxnOffsetCommit { commit, producer_id }));
        let error = first_error(answer.as_ref());
        self.cluster.end_transaction(producer_id, error == GroupError::None);
        // The producer says of every such error that the commit failed.
        let told = (error != GroupError::None).then(|| json!({"class": "CommitFailedException"}));
        self.result(action, "error", json!(told));
        let then = if error == GroupError::None { "commit ok" } else { "abort ok" };
        self.result(action, "then", json!(then));
    }
}

fn to_commit((partition, offset, leader_epoch): (TopicPartition, i64, i32)) -> OffsetToCommit {
    OffsetToCommit {
        topic: partition.topic,
        topic_id: TopicId(1),
        partition: partition.partition,
        offset,
        leader_epoch,
        metadata: String::new(),
    }
}

fn first_error(response: Option<&Response>) -> GroupError {
    match response {
        Some(Response::OffsetCommit(answer) | Response::TxnOffsetCommit(answer)) => {
            answer.first().map(|(.., error)| *error).unwrap_or_default()
        }
        _ => GroupError::None,
    }
}

/// How old each of so many records is, in ms.
fn ages_ms(words: &str, count: i64) -> Option<Vec<i64>> {
    let (minute, hours) = (60_000, 7_200_000);
    let count = usize::try_from(count).ok()?;
    match words {
        "now" => Some(vec![0; count]),
        "two hours" => Some(vec![hours; count]),
        "the last 4 are a minute old, the others two hours" => {
            let old = count.saturating_sub(4);
            Some((0..count).map(|number| if number < old { hours } else { minute }).collect())
        }
        _ => None,
    }
}
