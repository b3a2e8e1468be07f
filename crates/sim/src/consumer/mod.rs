//! A consumer that is assigned its partitions and polls all the time. Kafka 4.3: `KafkaConsumer`, `Fetcher`,
//! `SubscriptionState`, `OffsetFetcher`.
//!
//! Differs from Kafka: the application takes no time between two polls, so a fetched record is returned at once; no
//! groups and no commits yet.

use crate::sorted::SortedMap;
use std::rc::Rc;

use crate::client_metadata::ClientMetadata;
use crate::config::{AutoOffsetReset, ConsumerConfig};
use crate::error::Errors;
use crate::fact::FactKind;
use crate::ids::{BrokerId, ClientId, MessageId, NodeId, Offset, TopicPartition};
use crate::message::{
    Body, FetchPartition, FetchRequest, FetchResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsSpec,
    Message,
};
use crate::outbox::Outbox;
use crate::timer::Timer;

/// A consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Its `client.id`.
    pub id: ClientId,
    /// Its configuration.
    pub config: Rc<ConsumerConfig>,
    /// What it knows of the cluster.
    pub metadata: ClientMetadata,
    positions: SortedMap<TopicPartition, Position>,
    in_flight: SortedMap<BrokerId, MessageId>,
}

/// Where a consumer is in one partition. Kafka: `SubscriptionState.TopicPartitionState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The offset that it will read next; none until it knows.
    pub offset: Option<Offset>,
    /// Records returned to the application so far.
    pub records: i64,
    /// The high watermark of the last answer; none before the first.
    pub high_watermark: Option<Offset>,
}

impl Consumer {
    /// A consumer without partitions.
    pub fn new(id: ClientId, config: Rc<ConsumerConfig>, bootstrap: BrokerId) -> Consumer {
        let metadata = ClientMetadata::new(id.clone(), bootstrap, config.metadata_max_age_ms, config.retry_backoff_ms);
        Consumer { id, config, metadata, positions: SortedMap::new(), in_flight: SortedMap::new() }
    }

    /// Where it is in each of its partitions.
    pub fn positions(&self) -> impl Iterator<Item = (&TopicPartition, &Position)> {
        self.positions.iter()
    }

    /// Where it is in a partition, if that is assigned.
    pub fn position(&self, partition: &TopicPartition) -> Option<&Position> {
        self.positions.get(partition)
    }

    /// `assign()`, with `seek()` where a position is given; begins to poll.
    pub fn assign(&mut self, partitions: &[TopicPartition], from: Option<Offset>, out: &mut Outbox) {
        self.positions = partitions
            .iter()
            .map(|partition| (partition.clone(), Position { offset: from, ..Position::default() }))
            .collect();
        for partition in partitions {
            self.metadata.want(&partition.topic, out);
        }
        self.poll(out);
    }

    /// Refreshes the metadata now.
    pub fn refresh_metadata(&mut self, out: &mut Outbox) {
        self.metadata.request(out);
    }

    /// Handles a response.
    pub fn on_message(&mut self, message: &Message, out: &mut Outbox) {
        match &*message.body {
            Body::MetadataResponse(response) => {
                self.metadata.on_response(message.correlation, response, out);
                self.poll(out);
            }
            Body::ListOffsetsResponse(response) => self.on_list_offsets(message, response, out),
            Body::FetchResponse(response) => self.on_fetched(message, response, out),
            _ => {}
        }
    }

    /// Handles a timer.
    pub fn on_timer(&mut self, timer: &Timer, out: &mut Outbox) {
        match timer {
            Timer::MetadataRefresh => {
                self.metadata.on_timer(out);
            }
            Timer::RequestTimeout { request } | Timer::Disconnected { request } => {
                self.on_request_failed(*request, timer, out);
            }
            Timer::ConsumerRetry => {
                out.timer_fired(timer.clone());
                self.poll(out);
            }
            _ => {}
        }
    }

    /// Asks each leader that owes no answer: for positions first, then for records.
    fn poll(&mut self, out: &mut Outbox) {
        let mut by_leader: SortedMap<BrokerId, Vec<TopicPartition>> = SortedMap::new();
        for partition in self.positions.keys() {
            match self.metadata.partition(partition).map(|known| known.leader) {
                Some(Some(leader)) => by_leader.get_or_insert_with(leader, Vec::new).push(partition.clone()),
                Some(None) => self.metadata.request_later(out),
                None => {} // asked for, not answered yet
            }
        }
        for (leader, partitions) in by_leader {
            if self.in_flight.contains_key(&leader) {
                continue;
            }
            let lost: Vec<_> = partitions.iter().filter(|id| self.offset_of(id).is_none()).cloned().collect();
            let body = if lost.is_empty() { self.fetch(&partitions) } else { self.list_offsets(lost) };
            let id = out.send(NodeId::Broker(leader), body);
            self.in_flight.insert(leader, id);
        }
    }

    fn offset_of(&self, partition: &TopicPartition) -> Option<Offset> {
        self.positions.get(partition).and_then(|position| position.offset)
    }

    fn fetch(&self, partitions: &[TopicPartition]) -> Body {
        let part = |id: &TopicPartition| {
            Some(FetchPartition {
                partition: id.clone(),
                fetch_offset: self.offset_of(id)?,
                current_leader_epoch: self.metadata.partition(id).map(|known| known.leader_epoch),
                log_start_offset: Offset(-1),
                last_fetched_epoch: None,
                max_bytes: self.config.max_partition_fetch_bytes,
            })
        };
        Body::FetchRequest(FetchRequest {
            replica: None,
            replica_epoch: -1,
            max_wait_ms: self.config.fetch_max_wait_ms,
            min_bytes: self.config.fetch_min_bytes,
            max_bytes: self.config.fetch_max_bytes,
            partitions: partitions.iter().filter_map(part).collect(),
        })
    }

    fn list_offsets(&self, partitions: Vec<TopicPartition>) -> Body {
        let spec = match self.config.auto_offset_reset {
            AutoOffsetReset::Earliest => ListOffsetsSpec::Earliest,
            AutoOffsetReset::Latest | AutoOffsetReset::None => ListOffsetsSpec::Latest,
        };
        let partitions = partitions.into_iter().map(|partition| (partition, spec)).collect();
        Body::ListOffsetsRequest(ListOffsetsRequest { partitions })
    }

    fn on_list_offsets(&mut self, message: &Message, response: &ListOffsetsResponse, out: &mut Outbox) {
        if !self.answers_me(message) {
            return;
        }
        let received = out.cause();
        let mut failed = false;
        for (partition, error, offset) in &response.partitions {
            let Some(position) = self.positions.get_mut(partition) else {
                continue;
            };
            if *error == Errors::None {
                position.offset = Some(*offset);
                out.because(received);
                out.then(FactKind::PositionReset {
                    consumer: self.id.clone(),
                    partition: partition.clone(),
                    position: *offset,
                });
            } else {
                failed = true;
            }
        }
        self.go_on(failed, out);
    }

    fn on_fetched(&mut self, message: &Message, response: &FetchResponse, out: &mut Outbox) {
        if !self.answers_me(message) {
            return;
        }
        let mut failed = false;
        for part in &response.partitions {
            let Some(position) = self.positions.get_mut(&part.partition) else {
                continue;
            };
            match part.error {
                Errors::None => {}
                Errors::OffsetOutOfRange => {
                    position.offset = None; // asks again where to begin, as auto.offset.reset says
                    continue;
                }
                _ => {
                    failed = true;
                    continue;
                }
            }
            position.high_watermark = Some(part.high_watermark);
            let Some(from) = position.offset else { continue };
            let Some(last) = part.records.last().map(|batch| Offset(batch.last_offset())) else {
                continue;
            };
            if last < from {
                continue;
            }
            let first = part.records.first().map_or(from, |batch| Offset(batch.base_offset()).max(from));
            let records = last.0.saturating_sub(first.0).saturating_add(1);
            position.offset = Some(last.plus(1));
            position.records = position.records.saturating_add(records);
            out.fact(FactKind::RecordsPolled {
                consumer: self.id.clone(),
                partition: part.partition.clone(),
                first_offset: first,
                last_offset: last,
                position: last.plus(1),
                records,
            });
        }
        self.go_on(failed, out);
    }

    /// A request got no answer in time, or its connection broke.
    fn on_request_failed(&mut self, request: MessageId, timer: &Timer, out: &mut Outbox) {
        self.metadata.on_request_failed(request, timer, out);
        let asked = self.in_flight.iter().find(|(_, id)| **id == request).map(|(leader, _)| *leader);
        if let Some(leader) = asked {
            out.timer_fired(timer.clone());
            self.in_flight.remove(&leader);
            self.go_on(true, out);
        }
    }

    fn answers_me(&mut self, message: &Message) -> bool {
        let NodeId::Broker(leader) = message.from else {
            return false;
        };
        let mine = self.in_flight.get(&leader) == Some(&message.correlation);
        if mine {
            self.in_flight.remove(&leader);
        }
        mine
    }

    fn go_on(&mut self, failed: bool, out: &mut Outbox) {
        if failed {
            self.metadata.request(out);
            out.timer(out.now.plus_ms(self.config.retry_backoff_ms), Timer::ConsumerRetry);
        } else {
            self.poll(out);
        }
    }
}
