//! The fetch sessions of a broker (KIP-227). Kafka 4.3: `FetchManager`, `FetchContext`, `FetchSessionCacheShard`.
//!
//! Differs from Kafka: the cache is one piece, where Kafka's has eight that share its slots.

use std::rc::Rc;

use super::fetch_session::FetchSession;
use crate::error::Errors;
use crate::fetch_session::FetchMetadata;
use crate::message::{CurrentLeaders, FetchPartition, FetchRequest, FetchResponse, FetchedPartition};
use crate::rng::Pcg;
use crate::sorted::SortedMap;

/// How long a session must have been unused, or have been there, before another may take its place, in ms. Kafka:
/// `KafkaBroker.MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`.
const EVICTION_MS: i64 = 120_000;

/// All sessions of a broker, in bounds.
#[derive(Clone, Debug)]
pub struct FetchManager {
    sessions: SortedMap<i32, Rc<FetchSession>>,
    chance: Pcg,
    evicted: i64,
}

/// What a request is about. Kafka: `FetchContext`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchContext {
    /// Its session is not there, or it is not the next in it.
    Error(Errors),
    /// It belongs to none, and begins none.
    Sessionless,
    /// It begins one, if there is room.
    Full {
        /// For a follower.
        is_followers: bool,
    },
    /// It belongs to one.
    Incremental(FetchMetadata),
}

impl FetchManager {
    /// Without a session. `chance` draws their numbers.
    pub fn new(chance: Pcg) -> FetchManager {
        FetchManager { sessions: SortedMap::new(), chance, evicted: 0 }
    }

    /// A process has none when it begins.
    pub fn clear(&mut self) {
        self.sessions.clear();
    }

    /// Its sessions, by their numbers.
    pub fn sessions(&self) -> impl Iterator<Item = &FetchSession> {
        self.sessions.values().map(Rc::as_ref)
    }

    /// How many had to go for others.
    pub fn evicted(&self) -> i64 {
        self.evicted
    }

    /// What a request is about, and the partitions to read if it does not name them all itself. Kafka: `newContext`.
    pub fn new_context(&mut self, request: &FetchRequest, now_ms: i64) -> (FetchContext, Option<Vec<FetchPartition>>) {
        let FetchMetadata { session_id, epoch } = request.session;
        if request.session.is_full() {
            self.sessions.remove(&session_id);
            let is_followers = request.replica.is_some();
            let context = if epoch == -1 { FetchContext::Sessionless } else { FetchContext::Full { is_followers } };
            return (context, None);
        }
        let Some(session) = self.sessions.get_mut(&session_id) else {
            return (FetchContext::Error(Errors::FetchSessionIdNotFound), Some(Vec::new()));
        };
        if session.epoch != epoch {
            return (FetchContext::Error(Errors::InvalidFetchSessionEpoch), Some(Vec::new()));
        }
        let session = Rc::make_mut(session);
        session.update(&request.partitions, &request.forgotten);
        if session.is_empty() {
            self.sessions.remove(&session_id);
            return (FetchContext::Sessionless, None);
        }
        session.last_used_ms = now_ms;
        session.epoch = FetchMetadata::next_epoch(epoch);
        (FetchContext::Incremental(request.session), Some(session.requests()))
    }

    /// The response to what was read of `asked`; of a session only what its client must hear. Kafka:
    /// `updateAndGenerateResponseData`.
    pub fn respond(
        &mut self,
        context: FetchContext,
        asked: &[FetchPartition],
        read: Vec<FetchedPartition>,
        slots: u64,
        now_ms: i64,
    ) -> FetchResponse {
        let about = asked.first().map(|part| part.partition.clone());
        let response = |error, session_id, partitions| FetchResponse {
            error,
            session_id,
            partitions,
            current_leaders: CurrentLeaders::default(),
            about,
        };
        match context {
            FetchContext::Error(error) => response(error, 0, Vec::new()),
            FetchContext::Sessionless => response(Errors::None, 0, read),
            FetchContext::Full { is_followers } => {
                let session_id = self.maybe_create(is_followers, asked, &read, slots, now_ms).unwrap_or(0);
                response(Errors::None, session_id, read)
            }
            FetchContext::Incremental(FetchMetadata { session_id, epoch }) => {
                let next = FetchMetadata::next_epoch(epoch);
                match self.sessions.get_mut(&session_id) {
                    Some(session) if session.epoch == next => {
                        response(Errors::None, session_id, Rc::make_mut(session).select(read))
                    }
                    // Kafka still holds the session that was closed meanwhile, and selects from that.
                    None => response(Errors::None, session_id, read),
                    Some(_) => response(Errors::InvalidFetchSessionEpoch, session_id, Vec::new()),
                }
            }
        }
    }

    /// A new session, if there is a slot or another can go. Kafka: `maybeCreateSession`.
    fn maybe_create(
        &mut self,
        is_followers: bool,
        asked: &[FetchPartition],
        read: &[FetchedPartition],
        slots: u64,
        now_ms: i64,
    ) -> Option<i32> {
        let has_room = u64::try_from(self.sessions.len()).unwrap_or(u64::MAX) < slots;
        if !has_room && !self.try_evict(is_followers, read.len(), now_ms) {
            return None;
        }
        let id = loop {
            let id = 1_u32.saturating_add(self.chance.below(i32::MAX.unsigned_abs().saturating_sub(1))).cast_signed();
            if !self.sessions.contains_key(&id) {
                break id;
            }
        };
        self.sessions.insert(id, Rc::new(FetchSession::new(id, is_followers, asked, read, now_ms)));
        Some(id)
    }

    /// A session goes that was not used for long; or else the least one, if the new one is worth more: a follower's more than
    /// a consumer's, one of more partitions more than one of fewer. Who is young stays, but for a follower. Kafka: `tryEvict`.
    fn try_evict(&mut self, is_followers: bool, size: usize, now_ms: i64) -> bool {
        let oldest = self.sessions.values().min_by_key(|session| (session.last_used_ms, session.id));
        let Some(oldest) = oldest else { return false };
        let mut goes = None;
        if now_ms.saturating_sub(oldest.last_used_ms) > EVICTION_MS {
            goes = Some(oldest.id);
        } else {
            // Kafka decides this when a session is used.
            let is_old = |session: &FetchSession| {
                session.last_used_ms.saturating_sub(session.created_ms) > EVICTION_MS
                    || (is_followers && !session.is_followers)
            };
            let worth = |session: &FetchSession| (session.is_followers, session.len(), session.id);
            let least = self.sessions().filter(|session| is_old(session)).map(worth).min();
            if let Some(least) = least.filter(|least| (is_followers, size, 0) >= *least) {
                goes = Some(least.2);
            }
        }
        goes.is_some_and(|id| {
            self.evicted = self.evicted.saturating_add(1);
            self.sessions.remove(&id).is_some()
        })
    }
}

#[cfg(test)]
mod tests;
