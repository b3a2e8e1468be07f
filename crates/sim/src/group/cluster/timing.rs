//! What a story leaves to chance: whose heartbeat comes first, and whether a client knows its topics in time.

use super::super::message::{Request, Response};
use super::{GroupCluster, LATENCY_US, Mail, REQUESTS_MAX};
use crate::ids::MessageId;

/// How long metadata is on its way that comes late, in microseconds.
const LATE_US: u64 = 20 * LATENCY_US;

/// How much longer an answer takes to a client that is slow: longer than another's whole round, in microseconds.
const SLOW_US: u64 = 3 * LATENCY_US;

/// How things fall from a moment on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// When members of the consumer protocol send their next heartbeats, in microseconds from then; who is not here sends
    /// it when it is due.
    pub heartbeats: Vec<(String, u64)>,
    /// A client that is slower than the others.
    pub slow: Option<String>,
    /// A consumer that comes is in its group before it knows its topics.
    pub late_metadata: bool,
}

impl GroupCluster {
    /// Lets things fall like this from now on.
    pub fn set_timing(&mut self, timing: Timing) {
        for (name, after_us) in &timing.heartbeats {
            if let Some(client) = self.clients.get_mut(name) {
                client.member.set_next_heartbeat(self.now.plus_micros(*after_us));
            }
        }
        self.timing = timing;
    }

    /// How long an answer is on its way.
    pub(super) fn latency_of(&self, id: MessageId) -> u64 {
        let name = self.names.get(&(id.0 / REQUESTS_MAX));
        let is_slow = name.is_some() && name == self.timing.slow.as_ref();
        LATENCY_US.saturating_add(if is_slow { SLOW_US } else { 0 })
    }

    /// The background thread of a consumer by the consumer protocol commits before or after the application has taken what
    /// was fetched, as it happens. Whether it is after.
    pub(super) fn commits_after(&mut self) -> bool {
        self.chance.below(2) == 0
    }

    /// Asks for metadata if a client misses topics.
    pub(super) fn ask_for_metadata(&mut self, name: &str) {
        let wants = self.clients.get(name).is_some_and(|client| client.member.wants_metadata());
        if wants && !self.metadata_of.contains(name) {
            self.metadata_of.insert(name.to_owned());
            self.send_after(LATE_US, Mail::Metadata(name.to_owned()));
        }
    }

    pub(super) fn metadata_arrives(&mut self, name: &str) {
        self.metadata_of.remove(name);
        let (now, topics) = (self.now, self.topics.clone());
        self.with_member(name, |client, _| client.member.on_metadata(now, &topics));
    }
}

/// Something happens in the group: heartbeats that say nothing and commits are no such thing.
pub(super) fn is_observable_request(request: &Request) -> bool {
    match request {
        Request::ConsumerGroupHeartbeat(beat) => {
            beat.member_epoch <= 0 || beat.topic_partitions.is_some() || beat.subscribed_topic_names.is_some()
        }
        Request::Heartbeat(_) | Request::OffsetCommit(_) => false,
        _ => true,
    }
}

/// The same of an answer.
pub(super) fn is_observable_response(response: &Response) -> bool {
    match response {
        Response::ConsumerGroupHeartbeat(Ok(beat)) => beat.assignment.is_some() || beat.member_epoch <= 0,
        Response::Heartbeat(_) | Response::OffsetFetch(_) | Response::OffsetCommit(_) => false,
        _ => true,
    }
}
