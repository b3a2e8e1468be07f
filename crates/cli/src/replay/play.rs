//! Plays the actions of a group's story.

mod offsets;
mod settings;

use std::collections::BTreeMap;

use highwater_sim::group::cluster::{GroupCluster, Happening, Polls, Timing, wanted};
use highwater_sim::group::member::{CommitId, Event, MembershipOperation, Wanted};
use highwater_sim::group::message::{LeaveGroup, Request};
use highwater_sim::group::records::Kind;
use highwater_sim::ids::TopicPartition;
use serde_json::{Value, json};

use super::pace::{API_TIMEOUT_MS, LOOK_MS, Paced, ms};
use super::story::{Action, Recorded, Story};
use super::told::{self, Names};
use super::{Ours, ReplayError};
use settings::Settings;
pub use settings::{duration_ms, topic_id};

/// How long a `poll()` takes that comes back empty and does not say its timeout, in ms.
const EMPTY_POLL_MS: u64 = 2_000;
/// How long an application works on a record, in ms.
const PROCESS_MS: u64 = 100;
/// The actions whose records are their results.
const RESULTS: [&str; 3] = ["poll", "poll_and_look", "assign_and_poll"];

/// A story being played.
struct Play<'a> {
    story: &'a Story,
    cluster: GroupCluster,
    names: Names,
    ours: Ours,
    /// `commitAsync()` calls, whose ends applications are told.
    asynchronous: Vec<(String, CommitId, Option<Value>)>,
    /// Records that applications are done with.
    processed: Vec<String>,
    /// How much of what happened has been told.
    told: usize,
    settings: Settings<'a>,
}

/// Plays a story; what was recorded says only which records were there before it began. Of each action that has one,
/// `timings` says how things fall from then on; the story ends with the step `until`.
///
/// # Errors
/// What is not simulated, and waits that have no end.
pub fn play(recorded: &Recorded, timings: &BTreeMap<usize, Timing>, until: usize) -> Result<Ours, ReplayError> {
    let story = &recorded.story;
    if story.group.protocol != "classic" && story.group.protocol != "consumer" {
        let what = format!("a group of protocol {}", story.group.protocol);
        return Err(ReplayError::NotSimulated { step: 0, what });
    }
    let settings = Settings::new(story);
    let mut cluster = GroupCluster::new(settings.coordinator()?);
    for (topic, partitions) in &story.topics {
        cluster.set_partitions(topic, *partitions);
    }
    for (name, ids) in &story.member_ids {
        cluster.give_member_ids(name, ids.clone());
    }
    let names = story.member_ids.iter().flat_map(|(name, ids)| ids.iter().map(|id| (id.clone(), name.clone())));
    let mut names = Names { members: names.collect(), ..Names::default() };
    for (topic, text) in &story.topic_ids {
        let id = settings::topic_id(text)?;
        cluster.set_topic_id(topic, id);
        names.topics.push((id, topic.clone()));
    }
    let mut play = Play {
        story,
        cluster,
        names,
        ours: Ours::default(),
        asynchronous: Vec::new(),
        processed: Vec::new(),
        told: 0,
        settings,
    };
    play.write_what_was_there(&recorded.events);
    for action in story.actions.iter().filter(|action| action.step <= until) {
        if let Some(timing) = timings.get(&action.step) {
            play.cluster.set_timing(timing.clone());
        }
        play.act(action)?;
        play.wait(action)?;
        let is_described = recorded.describes(action.step);
        if is_described && action.wait_for.is_none() {
            // Asking takes its time.
            play.cluster.run_for(LOOK_MS);
        }
        play.tell(action);
        if is_described {
            let settled = told::settled(action.step, &story.group.id, &play.cluster, &play.names);
            play.ours.events.push(settled);
        }
    }
    Ok(play.ours)
}

impl Play<'_> {
    /// Records that members read although no action wrote them were there before the story began.
    fn write_what_was_there(&mut self, events: &[Value]) {
        if self.story.actions.iter().any(|action| action.what == "produce") {
            return;
        }
        let records = events.iter().filter_map(|event| event.get("records").and_then(Value::as_array)).flatten();
        for (partition, offset) in records.filter_map(Value::as_str).filter_map(|text| text.split_once('@')) {
            let Some(partition) = partition_named(partition) else { continue };
            let end = offset.parse::<i64>().map_or(0, |offset| offset.saturating_add(1));
            let now_ms = self.cluster.now().timestamp_ms();
            let Some(log) = self.cluster.log_mut(&partition) else { continue };
            while log.end() < end {
                log.append(now_ms);
            }
        }
    }

    fn act(&mut self, action: &Action) -> Result<(), ReplayError> {
        let member = action.member.as_deref().unwrap_or_default();
        match action.what.as_str() {
            "join" => self.join(action)?,
            "leave" => {
                let operation = match action.text("op") {
                    Some("LEAVE_GROUP") => MembershipOperation::LeaveGroup,
                    Some("REMAIN_IN_GROUP") => MembershipOperation::RemainInGroup,
                    _ => MembershipOperation::Default,
                };
                self.cluster.close(member, operation);
                self.cluster.run_until(action, "the close", API_TIMEOUT_MS, |cluster| cluster.is_closed(member))?;
            }
            "crash" => self.cluster.crash(member),
            "poll_off" => self.cluster.set_polls(member, Polls::Never),
            "resume_poll" => self.cluster.set_polls(member, Polls::Always),
            "subscribe" => {
                self.cluster.subscribe(member, wanted(&action.texts("topics")));
            }
            "unsubscribe" => self.cluster.unsubscribe(member),
            "enforce_rebalance" => self.cluster.enforce_rebalance(member),
            "commit_sync" => {
                let offsets = offsets::given(action);
                let Some(id) = self.cluster.commit(member, offsets.as_deref()) else { return Ok(()) };
                self.cluster.run_until(action, "the commit", API_TIMEOUT_MS, |cluster| {
                    cluster.finished(member, id).is_some()
                })?;
                self.commit_result(action, member, id);
            }
            "commit_async" => {
                let offsets = offsets::given(action);
                if let Some(id) = self.cluster.commit(member, offsets.as_deref()) {
                    self.asynchronous.push((member.to_owned(), id, action.arguments.get("offsets").cloned()));
                }
            }
            "poll" => self.poll(action, member)?,
            "add_partitions" => {
                let to = action.number("to").and_then(|to| i32::try_from(to).ok()).unwrap_or(0);
                self.cluster.set_partitions(action.text("topic").unwrap_or_default(), to);
            }
            "create_topics" => {
                for (topic, partitions) in action.numbers("topics") {
                    self.cluster.set_partitions(topic, i32::try_from(partitions).unwrap_or(0));
                    if let Some(text) = self.story.topic_ids.get(topic) {
                        self.cluster.set_topic_id(topic, settings::topic_id(text)?);
                    }
                }
            }
            "delete_topics" => {
                for topic in action.texts("topics") {
                    self.cluster.delete_topic(topic);
                }
            }
            "admin_remove_members" => {
                let members = action.texts("instances").into_iter().map(|one| (String::new(), Some(one.to_owned())));
                let group = self.story.group.id.clone();
                self.cluster.ask(&Request::LeaveGroup(LeaveGroup { group, members: members.collect() }));
            }
            "delete_group" => {
                self.cluster.ask(&Request::DeleteGroup(self.story.group.id.clone()));
            }
            "process" => {
                let records = u64::try_from(action.texts("records").len()).unwrap_or(0);
                self.cluster.run_for(records.saturating_mul(PROCESS_MS));
                self.processed.extend(action.texts("records").into_iter().map(str::to_owned));
            }
            "wait" | "sleep" => {
                self.cluster.run_for(action.ms());
                if action.arguments.contains_key("received") {
                    self.look_at_deliveries(action);
                }
            }
            _ => self.act_on_offsets(action)?,
        }
        Ok(())
    }

    fn join(&mut self, action: &Action) -> Result<(), ReplayError> {
        for name in action.names() {
            let wanted = match (action.text("pattern"), action.text("re2")) {
                (Some(pattern), _) => settings::pattern(action.step, pattern)?,
                (_, Some(expression)) => Wanted::Expression(expression.to_owned()),
                _ => wanted(&self.settings.topics(action, name)),
            };
            let member = self.settings.member(action, name)?;
            let polls = if self.settings.polls_by_hand(action, name) { Polls::Never } else { Polls::Always };
            self.cluster.join(name, member.config, wanted, member.reset, member.max_poll_records, polls);
        }
        Ok(())
    }

    fn poll(&mut self, action: &Action, member: &str) -> Result<(), ReplayError> {
        if self.cluster.member(member).is_none() {
            self.assign(action, member)?;
        }
        self.cluster.set_polls(member, Polls::Once);
        let end = action.poll_ends(self.cluster.now(), "result", EMPTY_POLL_MS);
        let polls = |cluster: &GroupCluster| cluster.taken(member).is_some_and(|(_, polls)| polls != Polls::Never);
        self.cluster.run_while(end, polls);
        let taken = self.cluster.taken(member).map(|(records, _)| records.to_vec()).unwrap_or_default();
        let records: Vec<String> = taken.iter().map(|(partition, offset)| format!("{partition}@{offset}")).collect();
        let result = match self.cluster.failed(member) {
            Some(failure) => json!({"error": told::poll_error(failure)}),
            None => json!({"result": records}),
        };
        self.ours.results.push((action.step, result));
        self.look_at_repetition(action, &taken);
        self.cluster.set_polls(member, Polls::Never);
        Ok(())
    }

    fn commit_result(&mut self, action: &Action, member: &str, id: CommitId) {
        let error = self.cluster.finished(member, id).and_then(Result::err).map(told::commit_error);
        self.ours.results.push((action.step, json!({"error": error})));
    }

    /// What an action waits for after it is done.
    fn wait(&mut self, action: &Action) -> Result<(), ReplayError> {
        let Some(wait_for) = &action.wait_for else { return Ok(()) };
        if let Some(members) = action.settles_with() {
            return self.cluster.settle(action, &self.story.group.id, members);
        }
        match wait_for.strip_suffix(" s").and_then(|seconds| seconds.trim().parse::<f64>().ok()) {
            Some(seconds) => {
                self.cluster.run_for(ms(seconds));
                Ok(())
            }
            None => Err(ReplayError::NotSimulated { step: action.step, what: format!("to wait for {wait_for}") }),
        }
    }

    /// The callback of a `commitAsync()`.
    fn commit_callback(&self, step: usize, happening: &Happening) -> Option<Value> {
        let Happening::Seen(member, Event::Committed(id, result)) = happening else { return None };
        let (.., offsets) = self.asynchronous.iter().find(|(there, one, _)| there == member && one == id)?;
        let mut told = json!({"step": step, "member": member, "event": "commit_cb", "offsets": offsets});
        if let Err(error) = result {
            told::put(&mut told, "error", told::commit_error(*error));
        }
        Some(told)
    }

    /// Tells what happened since the last time.
    fn tell(&mut self, action: &Action) {
        let step = action.step;
        let has_results = RESULTS.contains(&action.what.as_str());
        // What a single `poll()` returned or threw is its result; of other groups nothing was recorded, and nothing of
        // what polls committed that were looked at one by one.
        let is_elsewhere = |happening: &&Happening| match happening {
            Happening::Records(member, _) | Happening::PollFailed(member, _) => {
                has_results && Some(member) == action.member.as_ref()
            }
            Happening::Written(record) => {
                record.key.group != self.story.group.id
                    || action.what == "poll_and_look" && record.key.kind == Kind::OffsetCommit
            }
            _ => false,
        };
        let happenings = self.cluster.happenings.get(self.told..).unwrap_or_default();
        // As in a recording: first what applications saw, then the log.
        let (log, seen): (Vec<Value>, Vec<Value>) = happenings
            .iter()
            .filter(|happening| !is_elsewhere(happening))
            .filter_map(|happening| {
                self.commit_callback(step, happening).or_else(|| told::event(step, happening, &self.names))
            })
            .partition(|event| event.get("record").is_some());
        self.ours.events.extend(seen.into_iter().chain(log));
        let names = &mut self.names;
        self.ours.rpcs.extend(happenings.iter().filter_map(|happening| told::rpc(step, happening, names)));
        self.told = self.cluster.happenings.len();
    }
}

/// A partition by its name: topic, hyphen, number.
pub fn partition_named(name: &str) -> Option<TopicPartition> {
    let (topic, partition) = name.rsplit_once('-')?;
    Some(TopicPartition::new(topic, partition.parse().ok()?))
}
