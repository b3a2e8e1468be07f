//! Fetch sessions of a client (KIP-227): after the first fetch it names only what has changed. Kafka 4.3: `FetchMetadata`,
//! `FetchSessionHandler`.

use crate::error::Errors;
use crate::ids::TopicPartition;
use crate::message::{FetchPartition, FetchResponse};

/// The session of a fetch, and which one in it this is. Kafka: `FetchMetadata`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchMetadata {
    /// The session; 0 is none.
    pub session_id: i32,
    /// Which fetch of the session this is, from 1; 0 begins a new session, −1 wants none.
    pub epoch: i32,
}

impl FetchMetadata {
    /// Begins a session.
    pub const INITIAL: FetchMetadata = FetchMetadata { session_id: 0, epoch: 0 };
    /// Wants none. Kafka: `LEGACY`.
    pub const NONE: FetchMetadata = FetchMetadata { session_id: 0, epoch: -1 };

    /// The request names all of its partitions.
    pub fn is_full(self) -> bool {
        self.epoch == 0 || self.epoch == -1
    }

    /// Kafka: `nextEpoch`.
    pub fn next_epoch(epoch: i32) -> i32 {
        match epoch {
            ..0 => -1,
            i32::MAX => 1,
            epoch => epoch.saturating_add(1),
        }
    }
}

/// What a client remembers of its session with one broker. Kafka: `FetchSessionHandler`.
#[derive(Clone, Debug, Default)]
pub struct FetchSessionHandler {
    next: FetchMetadata,
    /// How many partitions the last request named.
    named: usize,
    /// All partitions of the session as they were last asked for, in the order in which they came in.
    partitions: Vec<FetchPartition>,
}

/// What goes into the next request. Kafka: `FetchSessionHandler.FetchRequestData`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequestData {
    /// The session.
    pub session: FetchMetadata,
    /// What the request names: new partitions, then those that are asked for otherwise than before.
    pub to_send: Vec<FetchPartition>,
    /// What leaves the session.
    pub to_forget: Vec<TopicPartition>,
}

impl FetchSessionHandler {
    /// The session of the next request.
    pub fn next(&self) -> FetchMetadata {
        self.next
    }

    /// The partitions of the session.
    pub fn partitions(&self) -> &[FetchPartition] {
        &self.partitions
    }

    /// How many partitions its last request named.
    pub fn named(&self) -> usize {
        self.named
    }

    /// The next request, if all of `wanted` shall be asked for. Kafka: `Builder.build`.
    pub fn build(&mut self, wanted: Vec<FetchPartition>) -> FetchRequestData {
        let session = self.next;
        if session.is_full() {
            self.partitions.clone_from(&wanted);
            self.named = wanted.len();
            return FetchRequestData { session, to_send: wanted, to_forget: Vec::new() };
        }
        let same = |(held, wanted): (&FetchPartition, &FetchPartition)| held.partition == wanted.partition;
        if self.partitions.len() == wanted.len() && self.partitions.iter().zip(&wanted).all(same) {
            // Mostly nothing comes or goes.
            let pairs = self.partitions.iter().zip(&wanted);
            let altered = pairs.filter(|(held, wanted)| held != wanted);
            let to_send: Vec<FetchPartition> = altered.map(|(_, wanted)| wanted.clone()).collect();
            self.named = to_send.len();
            self.partitions = wanted;
            return FetchRequestData { session, to_send, to_forget: Vec::new() };
        }
        let mut by_name: Vec<usize> = (0..wanted.len()).collect();
        by_name.sort_by(|a, b| name(&wanted, *a).cmp(&name(&wanted, *b)));
        let mut is_known = vec![false; wanted.len()];
        let (mut altered, mut to_forget) = (Vec::new(), Vec::new());
        self.partitions.retain_mut(|held| {
            let found = by_name.binary_search_by(|at| name(&wanted, *at).cmp(&Some(&held.partition)));
            let Some((at, next)) =
                found.ok().and_then(|at| by_name.get(at)).and_then(|at| Some((*at, wanted.get(*at)?)))
            else {
                to_forget.push(held.partition.clone());
                return false;
            };
            if let Some(known) = is_known.get_mut(at) {
                *known = true;
            }
            if next != held {
                held.clone_from(next);
                altered.push(next.clone());
            }
            true
        });
        let is_new = |(wanted, known): (FetchPartition, bool)| (!known).then_some(wanted);
        let mut to_send: Vec<FetchPartition> = wanted.into_iter().zip(is_known).filter_map(is_new).collect();
        self.partitions.extend(to_send.iter().cloned());
        to_send.append(&mut altered);
        self.named = to_send.len();
        FetchRequestData { session, to_send, to_forget }
    }

    /// Takes up what the broker says of the session. False if the answer cannot be used. Kafka: `handleResponse`.
    pub fn on_response(&mut self, response: &FetchResponse) -> bool {
        if response.error == Errors::FetchSessionIdNotFound {
            self.next = FetchMetadata::INITIAL;
            return false;
        }
        let fits = self.fits(response);
        if response.error != Errors::None || (!fits && !self.next.is_full()) {
            self.next.epoch = 0; // closes the session and begins another
            return false;
        }
        self.next = match response.session_id {
            0 => FetchMetadata::INITIAL,
            _ if !fits => FetchMetadata::INITIAL,
            session_id if self.next.is_full() => FetchMetadata { session_id, epoch: 1 },
            session_id => FetchMetadata { session_id, epoch: FetchMetadata::next_epoch(self.next.epoch) },
        };
        fits
    }

    /// The answer is about partitions of the session, that to a full request about all. Kafka:
    /// `verifyFullFetchResponsePartitions`, `verifyIncrementalFetchResponsePartitions`.
    fn fits(&self, response: &FetchResponse) -> bool {
        if response.partitions.is_empty() {
            return !self.next.is_full() || self.partitions.is_empty();
        }
        let mut session: Vec<&TopicPartition> = self.partitions.iter().map(|held| &held.partition).collect();
        session.sort();
        let is_extra = response.partitions.iter().any(|part| session.binary_search(&&part.partition).is_err());
        !is_extra && (!self.next.is_full() || response.partitions.len() == session.len())
    }

    /// No answer came: the next request closes the session and begins another. Kafka: `handleError`.
    pub fn on_failed(&mut self) {
        self.next.epoch = 0;
    }

    /// The request that closes the session. Kafka: `notifyClose`.
    pub fn close(&mut self) -> FetchRequestData {
        self.next.epoch = -1;
        self.build(Vec::new())
    }
}

fn name(wanted: &[FetchPartition], at: usize) -> Option<&TopicPartition> {
    wanted.get(at).map(|wanted| &wanted.partition)
}

#[cfg(test)]
mod tests;
