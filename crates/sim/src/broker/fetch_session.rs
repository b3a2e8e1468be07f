//! What a broker remembers of one client's fetches (KIP-227). Kafka 4.3: `FetchSession`, `CachedPartition`,
//! `IncrementalFetchContext.PartitionIterator`.

use crate::error::Errors;
use crate::ids::{Offset, TopicPartition};
use crate::message::{FetchPartition, FetchedPartition};
use crate::sorted::SortedMap;

/// A session of a client.
#[derive(Clone, Debug)]
pub struct FetchSession {
    /// Its number, which is not 0.
    pub id: i32,
    /// It is a follower's. Kafka: `privileged`.
    pub is_followers: bool,
    /// The epoch of the next request.
    pub epoch: i32,
    /// When it began, in ms.
    pub created_ms: i64,
    /// When it was asked last, in ms.
    pub last_used_ms: i64,
    partitions: SortedMap<TopicPartition, CachedPartition>,
    /// In which order they are read: what brought records goes to the end.
    order: SortedMap<u64, TopicPartition>,
    next_turn: u64,
}

/// What was asked and answered last.
#[derive(Clone, Debug)]
struct CachedPartition {
    turn: u64,
    request: FetchPartition,
    high_watermark: Offset,
    log_start_offset: Offset,
}

impl FetchSession {
    /// A session that begins with what was asked and answered.
    pub fn new(
        id: i32,
        is_followers: bool,
        asked: &[FetchPartition],
        answered: &[FetchedPartition],
        now_ms: i64,
    ) -> FetchSession {
        let mut session = FetchSession {
            id,
            is_followers,
            epoch: 1,
            created_ms: now_ms,
            last_used_ms: now_ms,
            partitions: SortedMap::new(),
            order: SortedMap::new(),
            next_turn: 0,
        };
        for (request, answer) in asked.iter().zip(answered) {
            session.add(request, answer.high_watermark, answer.log_start_offset);
        }
        session
    }

    /// How many partitions it has.
    pub fn len(&self) -> usize {
        self.partitions.len()
    }

    /// It has none, and ends.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    fn add(&mut self, request: &FetchPartition, high_watermark: Offset, log_start_offset: Offset) {
        let turn = self.take_turn(&request.partition);
        let cached = CachedPartition { turn, request: request.clone(), high_watermark, log_start_offset };
        self.partitions.insert(request.partition.clone(), cached);
    }

    fn take_turn(&mut self, partition: &TopicPartition) -> u64 {
        let turn = self.next_turn;
        self.next_turn = turn.saturating_add(1);
        self.order.insert(turn, partition.clone());
        turn
    }

    /// What an incremental request names changes the session. Kafka: `update`.
    pub fn update(&mut self, named: &[FetchPartition], forgotten: &[TopicPartition]) {
        for request in named {
            match self.partitions.get_mut(&request.partition) {
                Some(cached) => cached.request.clone_from(request),
                None => self.add(request, Offset(-1), Offset(-1)),
            }
        }
        for partition in forgotten {
            if let Some(cached) = self.partitions.remove(partition) {
                self.order.remove(&cached.turn);
            }
        }
    }

    /// All that is read for a fetch, named or not, in its order.
    pub fn requests(&self) -> Vec<FetchPartition> {
        self.order.values().filter_map(|id| Some(self.partitions.get(id)?.request.clone())).collect()
    }

    /// What of it the client must hear: records, another high watermark or log start offset, errors, and where to go. What
    /// brings records is read last the next time. Kafka: `maybeUpdateResponseData`.
    pub fn select(&mut self, read: Vec<FetchedPartition>) -> Vec<FetchedPartition> {
        read.into_iter().filter(|part| self.must_answer(part)).collect()
    }

    fn must_answer(&mut self, part: &FetchedPartition) -> bool {
        let Some(cached) = self.partitions.get_mut(&part.partition) else { return false };
        let brings_records = !part.records.is_empty();
        let failed = part.error != Errors::None;
        let has_moved =
            cached.high_watermark != part.high_watermark || cached.log_start_offset != part.log_start_offset;
        // Once an error is over, the client is told of the partition again.
        cached.high_watermark = if failed { Offset(-1) } else { part.high_watermark };
        cached.log_start_offset = part.log_start_offset;
        if brings_records {
            let before = cached.turn;
            self.order.remove(&before);
            let turn = self.take_turn(&part.partition);
            if let Some(cached) = self.partitions.get_mut(&part.partition) {
                cached.turn = turn;
            }
        }
        brings_records || failed || has_moved || part.preferred_read_replica.is_some() || part.diverging_epoch.is_some()
    }
}
