//! From `send()` into a batch. Kafka 4.3: `KafkaProducer.doSend`, `waitOnMetadata`, `partition`. For a partitioner of an
//! older client, as history: `doSend` of Kafka 2.4 with its two appends.

use std::rc::Rc;

use highwater_log::record::NewRecord;

use super::Producer;
use super::accumulator::{AppendError, AppendOutcome};
use super::buffer_pool::{AllocateError, Buffer, WaiterId};
use super::futures::Fate;
use super::partitioner::{PartitionChoice, PartitionError, choose_partition};
use super::plugged_partitioner::{PluggedPartitioner, StickyMove};
use super::sticky_partitioner::PartitionSwitch;
use crate::bytes::Bytes;
use crate::fact::{AbortedForNewBatch, ChosenBy, FactKind, StickyPartitionSwitched, SwitchedBecause};
use crate::ids::{FactId, Topic, TopicPartition};
use crate::outbox::Outbox;
use crate::rng::Pcg;
use crate::timer::Timer;

/// At most so many batches of records without a key are remembered.
const PAST_MAX: usize = 12;
/// At most so many records wait for metadata or memory.
const BLOCKED_MAX: usize = 100_000;

/// A record that is in no batch yet: its topic is not known, or there is no memory.
#[derive(Clone, Debug)]
pub(super) struct Blocked {
    number: i64,
    topic: Topic,
    partition: Option<i32>,
    key: Option<Bytes>,
    value: Option<Bytes>,
    timestamp_ms: Option<i64>,
    because: FactId,
    waits_for: Option<WaiterId>,
    /// How its partition was chosen, once nothing can change it any more.
    choice: Option<PartitionChoice>,
}

impl Blocked {
    pub(super) fn new(number: i64, record: Unplaced, out: &Outbox) -> Blocked {
        let Unplaced { topic, partition, key, value, timestamp_ms } = record;
        Blocked {
            number,
            topic,
            partition,
            key,
            value,
            timestamp_ms,
            because: out.cause(),
            waits_for: None,
            choice: None,
        }
    }
}

/// A record as the application gives it to `send()`. Kafka: `ProducerRecord`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// The topic.
    pub topic: Topic,
    /// The partition, if the application names one.
    pub partition: Option<i32>,
    /// The serialized key; none for null.
    pub key: Option<Bytes>,
    /// The serialized value; none for null.
    pub value: Option<Bytes>,
    /// Its timestamp in ms, if the application gives one; otherwise it is the producer's clock.
    pub timestamp_ms: Option<i64>,
}

/// What became of an attempt to place a record.
enum Placed {
    /// It is in a batch, or failed for good.
    Done,
    /// It waits for metadata that is on its way.
    AwaitsMetadata,
    /// It waits for memory.
    AwaitsMemory(WaiterId),
}

impl Producer {
    /// Places the records that wait, in their order, as far as metadata and memory allow.
    pub(super) fn place_blocked(&mut self, rng: &mut Pcg, out: &mut Outbox) {
        let because = out.cause();
        let mut served = self.accumulator.take_served();
        while let Some(mut record) = self.blocked.pop_front() {
            // A record that has just been sent is caused by its own command, one that waited by what came.
            out.because(because.max(record.because));
            let mut buffer = None;
            if let Some(waiter) = record.waits_for {
                let Some(index) = served.iter().position(|(served, _)| *served == waiter) else {
                    self.blocked.push_front(record);
                    break;
                };
                buffer = Some(served.swap_remove(index).1);
            }
            record.waits_for = None;
            match self.place(&mut record, buffer, rng, out) {
                Placed::Done => {}
                Placed::AwaitsMetadata => {
                    self.blocked.push_front(record);
                    break;
                }
                Placed::AwaitsMemory(waiter) => {
                    record.waits_for = Some(waiter);
                    self.blocked.push_front(record);
                    break;
                }
            }
        }
        out.because(because);
    }

    /// A record that was just sent and did not find its place waits at most `max.block.ms`.
    pub(super) fn watch_blocked(&mut self, number: i64, out: &mut Outbox) {
        if !self.blocked.iter().any(|record| record.number == number) {
            return;
        }
        if self.blocked.len() > BLOCKED_MAX {
            self.blocked.pop_back();
            let limit = BLOCKED_MAX as u64;
            let what = "records that wait in send()".into();
            out.fact(FactKind::LimitReached { node: Some(out.node().clone()), what, limit });
            self.futures.set([number], &Fate::Failed("LimitReached".into()));
            return;
        }
        out.timer(out.now.plus_ms(self.config.max_block_ms), Timer::MaxBlock { record: number });
    }

    /// `max.block.ms` is over for a record.
    pub(super) fn give_up_blocked(&mut self, number: i64, out: &mut Outbox) {
        let Some(index) = self.blocked.iter().position(|record| record.number == number) else {
            return;
        };
        let Some(record) = self.blocked.remove(index) else {
            return;
        };
        out.timer_fired(Timer::MaxBlock { record: number });
        let error = match record.waits_for {
            Some(waiter) => {
                self.accumulator.cancel_wait(waiter);
                "BufferExhaustedException"
            }
            None => "TimeoutException",
        };
        self.fail(&record, error, out);
    }

    fn fail(&mut self, record: &Blocked, error: &str, out: &mut Outbox) {
        self.futures.set([record.number], &Fate::Failed(error.into()));
        out.fact(FactKind::SendFailed {
            producer: self.id.clone(),
            topic: Rc::clone(&record.topic),
            batch: None,
            error: error.to_owned(),
            records: 1,
        });
    }

    fn place(&mut self, record: &mut Blocked, buffer: Option<Buffer>, rng: &mut Pcg, out: &mut Outbox) -> Placed {
        let Some(image) = self.metadata.topic(&record.topic) else {
            return Placed::AwaitsMetadata;
        };
        let partitions = i32::try_from(image.partitions.len()).unwrap_or(i32::MAX);
        let new = NewRecord {
            timestamp: record.timestamp_ms.unwrap_or_else(|| out.clock_ms()),
            key: record.key.as_ref().map(|key| Rc::clone(&key.0)),
            value: record.value.as_ref().map(|value| Rc::clone(&value.0)),
            headers: Vec::new(),
        };
        // A record that waited for memory has its partition: `doSend` asks once, and blocks later.
        let first = match record.choice {
            Some(_) => None,
            None => match self.choose(record, partitions, rng, out) {
                Ok(choice) => Some(choice),
                Err(placed) => return placed,
            },
        };
        if let (Some(choice), true) = (first, self.hears_of_new_batches()) {
            match self.append_or_choose_again(record, choice, partitions, &new, rng, out) {
                Ok(()) => {}
                Err(placed) => return placed,
            }
        }
        let Some(choice) = record.choice.or(first) else { return Placed::Done };
        record.choice = Some(choice);
        let outcome = self.accumulator.append(
            &record.topic,
            choice.partition(),
            &new,
            record.number,
            buffer,
            out.now,
            &self.metadata,
            rng,
        );
        self.tell(record, choice, partitions, &outcome, out);
        match outcome.result {
            Ok(_) => Placed::Done,
            Err(AppendError::NoMemory(AllocateError::Exhausted { size, .. })) => {
                Placed::AwaitsMemory(self.accumulator.wait_for_memory(size))
            }
            Err(AppendError::NoMemory(AllocateError::TooLarge { .. })) => {
                self.fail(record, "RecordTooLargeException", out);
                Placed::Done
            }
            Err(
                AppendError::NoMemory(AllocateError::Closed)
                | AppendError::NoPartition(_)
                | AppendError::AbortForNewBatch
                | AppendError::Closed,
            ) => {
                self.fail(record, "KafkaException", out);
                Placed::Done
            }
        }
    }

    fn hears_of_new_batches(&self) -> bool {
        self.plugged.as_ref().is_some_and(PluggedPartitioner::hears_of_new_batches)
    }

    /// The first append of `doSend` in Kafka 2.4 to 3.9. A record whose partition has no batch that takes it is not
    /// appended: the partitioner hears of it, and is asked again, whether it forgot the first question or not.
    fn append_or_choose_again(
        &mut self,
        record: &mut Blocked,
        first: PartitionChoice,
        partitions: i32,
        new: &NewRecord,
        rng: &mut Pcg,
        out: &mut Outbox,
    ) -> Result<(), Placed> {
        let Some(previous) = first.partition() else { return Ok(()) };
        let (topic, number) = (&record.topic, record.number);
        let outcome =
            self.accumulator.append_unless_new_batch(topic, previous, new, number, out.now, &self.metadata, rng);
        if outcome.result != Err(AppendError::AbortForNewBatch) {
            self.tell(record, first, partitions, &outcome, out);
            return Err(Placed::Done);
        }
        out.then(FactKind::AbortedForNewBatch(AbortedForNewBatch {
            producer: self.id.clone(),
            partition: TopicPartition::new(Rc::clone(topic), previous),
        }));
        let told = self.plugged.as_mut().map(|plugged| plugged.on_new_batch(topic, previous, &self.metadata, rng));
        let Ok(moved) = told.unwrap_or(Ok(None)) else {
            self.fail(record, "KafkaException", out);
            return Err(Placed::Done);
        };
        self.tell_move(topic, moved, out);
        record.choice = Some(self.choose(record, partitions, rng, out)?);
        Ok(())
    }

    /// Kafka: `KafkaProducer.partition`: what the application named, else the partitioner of `partitioner.class`, else the
    /// key, else the built-in partitioner.
    fn choose(
        &mut self,
        record: &Blocked,
        partitions: i32,
        rng: &mut Pcg,
        out: &mut Outbox,
    ) -> Result<PartitionChoice, Placed> {
        let key = record.key.as_ref().map(|key| &*key.0);
        let ignore_keys = self.config.partitioner_ignore_keys;
        let choice = choose_partition(record.partition, key, ignore_keys, partitions).map_err(|error| match error {
            PartitionError::Negative(_) => {
                self.fail(record, "IllegalArgumentException", out);
                Placed::Done
            }
            PartitionError::Missing { .. } | PartitionError::NoPartitions => {
                self.metadata.request(out);
                Placed::AwaitsMetadata
            }
        })?;
        let Some(plugged) = self.plugged.as_mut().filter(|_| record.partition.is_none()) else {
            return Ok(choice);
        };
        let Ok((choice, moved)) = plugged.partition(&record.topic, key, &self.metadata, rng) else {
            self.fail(record, "KafkaException", out);
            return Err(Placed::Done);
        };
        self.tell_move(&record.topic, moved, out);
        Ok(choice)
    }

    /// The facts of an append, in the order in which the accumulator did things.
    fn tell(
        &mut self,
        record: &Blocked,
        choice: PartitionChoice,
        partitions: i32,
        outcome: &AppendOutcome,
        out: &mut Outbox,
    ) {
        for switch in &outcome.switches_before {
            self.tell_switch(&record.topic, switch, out);
        }
        let (Some(number), Ok(appended)) = (outcome.partition, &outcome.result) else {
            if outcome.closed.is_some() {
                self.wake_sender(out); // the batch that was closed can go, though the record waits
            }
            return;
        };
        let partition = TopicPartition::new(Rc::clone(&record.topic), number);
        let by = match choice {
            PartitionChoice::Explicit { .. } => ChosenBy::Application,
            PartitionChoice::KeyHash { murmur2, positive, .. } => ChosenBy::KeyHash { murmur2, positive },
            PartitionChoice::RoundRobin { counter, of, .. } => ChosenBy::RoundRobin { counter, of },
            PartitionChoice::Sticky | PartitionChoice::StickyBatch { .. } => ChosenBy::Sticky,
        };
        if by == ChosenBy::Sticky && appended.new_batch {
            if self.past.len() >= PAST_MAX {
                self.past.pop_front();
            }
            self.past.push_back((Rc::clone(&record.topic), number));
        }
        self.futures.placed(record.number, number);
        self.filled.note(&partition, appended);
        out.then(FactKind::PartitionChosen {
            producer: self.id.clone(),
            partition: partition.clone(),
            key: record.key.clone(),
            partitions,
            by,
        });
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        out.then(FactKind::RecordAccumulated {
            producer: self.id.clone(),
            partition,
            batch: appended.batch,
            new_batch: appended.new_batch,
            records: i64::try_from(appended.batch_records).unwrap_or(i64::MAX),
            bytes: signed(appended.batch_bytes),
            batch_size: signed(self.config.batch_size),
        });
        if let Some(switch) = &appended.switched {
            self.tell_switch(&record.topic, switch, out);
        }
        if appended.batch_is_full || appended.new_batch {
            self.wake_sender(out);
        }
    }

    fn tell_switch(&self, topic: &Topic, switch: &PartitionSwitch, out: &mut Outbox) {
        let bytes = switch.from.map_or(0, |from| i64::try_from(from.produced_bytes).unwrap_or(i64::MAX));
        out.fact(FactKind::StickyPartitionSwitched(StickyPartitionSwitched {
            producer: self.id.clone(),
            topic: Rc::clone(topic),
            from: switch.from.map(|from| from.partition),
            to: switch.to,
            because: SwitchedBecause::Bytes(bytes),
        }));
    }

    /// A sticky partitioner of `partitioner.class` has gone somewhere.
    fn tell_move(&self, topic: &Topic, moved: Option<StickyMove>, out: &mut Outbox) {
        let Some(StickyMove { from, to }) = moved else { return };
        out.then(FactKind::StickyPartitionSwitched(StickyPartitionSwitched {
            producer: self.id.clone(),
            topic: Rc::clone(topic),
            from,
            to,
            because: SwitchedBecause::NewBatch,
        }));
    }
}
