//! How a broker copies from another. Kafka 4.3: `ReplicaFetcherThread`, `AbstractFetcherThread.doWork`,
//! `RemoteLeaderEndPoint.buildFetch`.

use std::rc::Rc;

use super::{Broker, leader_of, node};
use crate::config::Rack;
use crate::error::Errors;
use crate::fetch_session::{FetchRequestData, FetchSessionHandler};
use crate::ids::{BrokerId, MessageId, TopicPartition};
use crate::message::{
    AsksFor, Body, FetchPartition, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse,
    ListOffsetsSpec, Message,
};
use crate::outbox::Outbox;
use crate::time::SimTime;
use crate::timer::Timer;

/// The fetcher of one leader: one request at a time.
#[derive(Clone, Debug, Default)]
pub struct Fetcher {
    in_flight: Option<MessageId>,
    backs_off_until: Option<SimTime>,
    session: FetchSessionHandler,
}

impl Fetcher {
    /// This request is under way.
    pub fn is_in_flight(&self, request: MessageId) -> bool {
        self.in_flight == Some(request)
    }

    /// The backoff of this fetcher is over at `now`.
    pub fn backs_off_until(&self, now: SimTime) -> bool {
        self.backs_off_until.is_some_and(|until| until <= now)
    }
}

impl Broker {
    /// Sends the next fetch to `leader`, unless one is under way or the fetcher backs off.
    pub(super) fn fetch_from(&mut self, leader: BrokerId, out: &mut Outbox) {
        let fetcher = self.fetchers.get_or_insert_with(leader, Fetcher::default);
        if fetcher.in_flight.is_some() || fetcher.backs_off_until.is_some_and(|until| until > out.now) {
            return;
        }
        let names_epoch = self.metadata.features.truncates_by_epoch;
        #[cfg(test)]
        let names_epoch = names_epoch && !self.metadata.features.breaks(crate::metadata::Sabotage::NoEpochInFetch);
        let wanted: Vec<FetchPartition> = self
            .partitions
            .values()
            .filter(|replica| leader_of(replica) == Some(leader))
            .map(|replica| FetchPartition {
                partition: replica.id.clone(),
                fetch_offset: replica.log_end_offset(),
                current_leader_epoch: Some(replica.leader_epoch()),
                log_start_offset: replica.log_start_offset(),
                last_fetched_epoch: replica.last_fetched_epoch().filter(|_| names_epoch),
                max_bytes: self.config.replica_fetch_max_bytes,
            })
            .collect();
        let fetcher = self.fetchers.get_or_insert_with(leader, Fetcher::default);
        if wanted.is_empty() {
            // Kafka ends the thread that has nothing to fetch, and its session with it.
            fetcher.session = FetchSessionHandler::default();
            return;
        }
        let FetchRequestData { session, to_send, to_forget } = fetcher.session.build(wanted);
        let asks_for = AsksFor::all(fetcher.session.partitions());
        let request = FetchRequest {
            rack: Rack::NONE,
            zero_copy: true,
            replica: Some(self.id),
            replica_epoch: self.epoch,
            max_wait_ms: self.config.replica_fetch_wait_max_ms,
            min_bytes: self.config.replica_fetch_min_bytes,
            max_bytes: self.config.replica_fetch_response_max_bytes,
            session,
            partitions: to_send,
            forgotten: to_forget,
            asks_for,
        };
        let id = out.send(node(leader), Body::FetchRequest(request));
        (fetcher.in_flight, fetcher.backs_off_until) = (Some(id), None);
    }

    /// Appends what came, takes over the high watermark and fetches again.
    pub(super) fn on_fetch_response(&mut self, message: &Message, response: &FetchResponse, out: &mut Outbox) {
        let crate::ids::NodeId::Broker(leader) = message.from else {
            return;
        };
        let Some(fetcher) = self.fetchers.get_mut(&leader) else {
            return;
        };
        if fetcher.in_flight != Some(message.correlation) {
            return; // the answer to a request that this fetcher has given up
        }
        fetcher.in_flight = None;
        if !fetcher.session.on_response(response) {
            return self.fetch_from(leader, out);
        }
        let mut failed = false;
        let mut updated = Vec::new();
        let mut out_of_range = Vec::new();
        for part in &response.partitions {
            let Some(replica) = self.partitions.get_mut(&part.partition) else {
                continue;
            };
            if leader_of(replica) != Some(leader) {
                continue;
            }
            let from = replica.log_end_offset();
            let taken =
                if part.error == Errors::None { Rc::make_mut(replica).take_over(part, out) } else { Err(part.error) };
            if taken == Err(Errors::OffsetOutOfRange) {
                out_of_range.push(part.partition.clone());
            } else {
                failed |= taken.is_err();
            }
            if taken.is_ok() && !part.records.is_empty() {
                self.cache_appended(&part.partition, from, out);
            }
            if let Ok(Some(fact)) = taken {
                updated.push((part.partition.clone(), fact));
            }
        }
        // Consumers that wait here see farther now. Kafka: `completeDelayedFetchRequests`.
        for (id, fact) in updated {
            let before = out.because(fact);
            self.try_complete_fetches(&id, out);
            out.because(before);
        }
        if !out_of_range.is_empty() {
            self.ask_for_range(leader, out_of_range, out);
        } else if failed {
            self.back_off(leader, out);
        } else {
            self.fetch_from(leader, out);
        }
    }

    /// Asks where the leader's logs begin and end that have not what was asked for. Kafka: `fetchOffsetAndTruncate`.
    fn ask_for_range(&mut self, leader: BrokerId, partitions: Vec<TopicPartition>, out: &mut Outbox) {
        let both = |id: TopicPartition| [(id.clone(), ListOffsetsSpec::Earliest), (id, ListOffsetsSpec::Latest)];
        let partitions = partitions.into_iter().flat_map(both).collect();
        let request = ListOffsetsRequest { replica: Some(self.id), partitions };
        let id = out.send(node(leader), Body::ListOffsetsRequest(request));
        let fetcher = self.fetchers.get_or_insert_with(leader, Fetcher::default);
        (fetcher.in_flight, fetcher.backs_off_until) = (Some(id), None);
    }

    /// Moves the logs into the leader's range and fetches on.
    #[inline(never)]
    pub(super) fn on_leader_offsets(&mut self, message: &Message, response: &ListOffsetsResponse, out: &mut Outbox) {
        let crate::ids::NodeId::Broker(leader) = message.from else { return };
        let Some(fetcher) = self.fetchers.get_mut(&leader).filter(|it| it.is_in_flight(message.correlation)) else {
            return;
        };
        fetcher.in_flight = None;
        let mut failed = false;
        for pair in response.partitions.chunks(2) {
            let [start, end] = pair else { continue };
            let Some(replica) = self.partitions.get_mut(&start.partition) else { continue };
            if start.error != Errors::None || end.error != Errors::None {
                failed = true;
            } else if leader_of(replica) == Some(leader) {
                Rc::make_mut(replica).move_into_range(start.offset, end.offset, out);
            }
        }
        if failed {
            self.back_off(leader, out);
        } else {
            self.fetch_from(leader, out);
        }
    }

    /// Fetches from `leader` again after `replica.fetch.backoff.ms`.
    pub(super) fn back_off(&mut self, leader: BrokerId, out: &mut Outbox) {
        let until = out.now.plus_ms(self.config.replica_fetch_backoff_ms);
        let fetcher = self.fetchers.get_or_insert_with(leader, Fetcher::default);
        (fetcher.in_flight, fetcher.backs_off_until) = (None, Some(until));
        out.timer(until, Timer::FetchBackoff { leader });
    }

    /// A leader did not answer: the next fetch begins another session.
    pub(super) fn lose_leader(&mut self, leader: BrokerId, out: &mut Outbox) {
        if let Some(fetcher) = self.fetchers.get_mut(&leader) {
            fetcher.session.on_failed();
        }
        self.back_off(leader, out);
    }

    /// Its fetch sessions, by leader.
    pub fn own_sessions(&self) -> impl Iterator<Item = (&BrokerId, &FetchSessionHandler)> {
        self.fetchers.iter().map(|(leader, fetcher)| (leader, &fetcher.session))
    }
}
