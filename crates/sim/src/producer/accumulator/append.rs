//! A record goes into a batch. Kafka 4.3: `RecordAccumulator.append`, `tryAppend`, `appendNewBatch`.

use std::collections::VecDeque;
use std::rc::Rc;

use highwater_log::record::NewRecord;
use thiserror::Error;

use super::super::buffer_pool::{AllocateError, Buffer};
use super::super::cluster_view::ClusterView;
use super::super::sticky_partitioner::PartitionSwitch;
use super::batch::{ProducerBatch, size_upper_bound};
use super::{RecordAccumulator, TopicQueues};
use crate::ids::{BatchId, Topic, TopicPartition};
use crate::rng::{Random, RandomError};
use crate::time::SimTime;

/// What an append did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendOutcome {
    /// The partition that was tried last; none if none could be chosen.
    pub partition: Option<i32>,
    /// Where the sticky partitioner went before the record found its place: the first choice, or a switch that had been
    /// put off.
    pub switches_before: Vec<PartitionSwitch>,
    /// The batch that was closed because the record did not fit.
    pub closed: Option<BatchId>,
    /// What came of it.
    pub result: Result<Appended, AppendError>,
}

impl AppendOutcome {
    fn before_it() -> AppendOutcome {
        AppendOutcome { partition: None, switches_before: Vec::new(), closed: None, result: Err(AppendError::Closed) }
    }
}

/// A record that is in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The batch.
    pub batch: BatchId,
    /// The batch was made for this record.
    pub new_batch: bool,
    /// A batch of the partition can be sent: more than one waits, or the only one is full. The sender is woken.
    pub batch_is_full: bool,
    /// By how many bytes the batch grew; for a new one its whole size.
    pub appended_bytes: u64,
    /// Records in the batch now.
    pub batch_records: usize,
    /// The batch's size now, in bytes.
    pub batch_bytes: u64,
    /// Where the sticky partitioner went after it.
    pub switched: Option<PartitionSwitch>,
}

/// Why a record is in no batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AppendError {
    /// There is no memory for a new batch.
    #[error(transparent)]
    NoMemory(AllocateError),
    /// No partition could be chosen.
    #[error("no partition could be chosen: {0}")]
    NoPartition(RandomError),
    /// The record would begin a batch, and the caller wants to hear of it first. Kafka 2.4 to 3.9:
    /// `RecordAppendResult.abortForNewBatch`.
    #[error("the record would begin a batch")]
    AbortForNewBatch,
    /// The producer is closed. Kafka: `KafkaException("Producer closed while send in progress")`.
    #[error("Producer closed while send in progress")]
    Closed,
}

/// A record on its way into a batch.
struct Appending<'a> {
    topic: &'a Topic,
    partition: Option<i32>,
    abort_on_new_batch: bool,
    record: &'a NewRecord,
    number: i64,
    now: SimTime,
    cluster: &'a dyn ClusterView,
    random: &'a mut dyn Random,
}

impl RecordAccumulator {
    /// Puts a record into the last batch of its partition, or into a new one. Without a `partition` the topic's sticky
    /// partitioner decides. `number` is the caller's name for the record. `buffer` is memory that the caller waited for;
    /// what is not needed of it goes back.
    #[expect(clippy::too_many_arguments, reason = "Kafka's append has them all, and each is a different thing")]
    pub fn append(
        &mut self,
        topic: &Topic,
        partition: Option<i32>,
        record: &NewRecord,
        number: i64,
        buffer: Option<Buffer>,
        now: SimTime,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> AppendOutcome {
        let abort_on_new_batch = false;
        let mut appending = Appending { topic, partition, abort_on_new_batch, record, number, now, cluster, random };
        let mut buffer = buffer;
        let mut outcome = AppendOutcome::before_it();
        outcome.result = self.append_with(&mut appending, &mut buffer, &mut outcome);
        if let Some(unused) = buffer {
            self.pool.deallocate(unused);
        }
        outcome
    }

    /// Puts a record into the last batch of its partition if that takes it, and does not begin another: the first of the
    /// two appends of Kafka 2.4 to 3.9 (`abortOnNewBatch`).
    #[expect(clippy::too_many_arguments, reason = "as for `append`")]
    pub fn append_unless_new_batch(
        &mut self,
        topic: &Topic,
        partition: i32,
        record: &NewRecord,
        number: i64,
        now: SimTime,
        cluster: &dyn ClusterView,
        random: &mut dyn Random,
    ) -> AppendOutcome {
        let (partition, abort_on_new_batch) = (Some(partition), true);
        let mut appending = Appending { topic, partition, abort_on_new_batch, record, number, now, cluster, random };
        let mut outcome = AppendOutcome::before_it();
        outcome.result = self.append_with(&mut appending, &mut None, &mut outcome);
        outcome
    }

    fn append_with(
        &mut self,
        appending: &mut Appending<'_>,
        buffer: &mut Option<Buffer>,
        outcome: &mut AppendOutcome,
    ) -> Result<Appended, AppendError> {
        // A new turn comes only after a switch, which sets the bytes of the partition back to 0, so that no switch is due
        // in the turn after it: three turns at most.
        loop {
            let closed = self.closed;
            let queues = self.topic_mut(appending.topic);
            let partition = queues.effective_partition(appending, outcome)?;
            if queues.completes_switch(partition, appending, outcome)? {
                continue;
            }
            if closed {
                return Err(AppendError::Closed);
            }
            if let Some(appended) = queues.try_append(partition, appending, outcome)? {
                return Ok(appended);
            }
            if appending.abort_on_new_batch {
                return Err(AppendError::AbortForNewBatch);
            }
            let memory = match buffer.take() {
                Some(memory) => memory,
                None => self.allocate(appending.record)?,
            };
            // In Kafka another thread could have appended meanwhile. Here only the batch that was closed just now can
            // make a switch due.
            if self.topic_mut(appending.topic).completes_switch(partition, appending, outcome)? {
                *buffer = Some(memory);
                continue;
            }
            let id = BatchId(self.next_batch);
            self.next_batch += 1;
            self.incomplete.insert(id);
            return self.topic_mut(appending.topic).append_new_batch(id, partition, memory, appending);
        }
    }

    fn allocate(&mut self, record: &NewRecord) -> Result<Buffer, AppendError> {
        let size = self.config.batch_size.max(size_upper_bound(record));
        self.pool.allocate(size).map_err(AppendError::NoMemory)
    }
}

impl TopicQueues {
    fn effective_partition(
        &mut self,
        appending: &mut Appending<'_>,
        outcome: &mut AppendOutcome,
    ) -> Result<i32, AppendError> {
        let partition = if let Some(partition) = appending.partition {
            partition
        } else {
            let peeked = self.partitioner.peek_current(appending.cluster, &mut *appending.random);
            let (partition, first) = peeked.map_err(AppendError::NoPartition)?;
            outcome.switches_before.extend(first);
            partition
        };
        outcome.partition = Some(partition);
        self.queues.get_or_insert_with(partition, VecDeque::new);
        Ok(partition)
    }

    /// A switch that was put off because of a half full batch is made up for once no batch is. Kafka: `partitionChanged`.
    fn completes_switch(
        &mut self,
        partition: i32,
        appending: &mut Appending<'_>,
        outcome: &mut AppendOutcome,
    ) -> Result<bool, AppendError> {
        if appending.partition.is_some() || !all_batches_full(self.queues.get(&partition)) {
            return Ok(false);
        }
        let switch = self.count(0, true, appending)?;
        outcome.switches_before.extend(switch);
        Ok(switch.is_some())
    }

    fn try_append(
        &mut self,
        partition: i32,
        appending: &mut Appending<'_>,
        outcome: &mut AppendOutcome,
    ) -> Result<Option<Appended>, AppendError> {
        let queue = self.queues.get_or_insert_with(partition, VecDeque::new);
        let waiting = queue.len();
        let Some(last) = queue.back_mut() else { return Ok(None) };
        if last.is_full() {
            return Ok(None);
        }
        let batch = Rc::make_mut(last);
        let Some(appended_bytes) = batch.try_append(appending.record, appending.number, appending.now) else {
            batch.close_for_record_appends();
            outcome.closed = Some(batch.id);
            return Ok(None);
        };
        let mut appended = Appended {
            batch: batch.id,
            new_batch: false,
            batch_is_full: waiting > 1 || batch.is_full(),
            appended_bytes,
            batch_records: batch.records().len(),
            batch_bytes: batch.size_in_bytes(),
            switched: None,
        };
        let enable_switch = batch.is_full();
        appended.switched = self.count(appended_bytes, enable_switch, appending)?;
        Ok(Some(appended))
    }

    fn append_new_batch(
        &mut self,
        id: BatchId,
        partition: i32,
        memory: Buffer,
        appending: &mut Appending<'_>,
    ) -> Result<Appended, AppendError> {
        let name = TopicPartition::new(Rc::clone(appending.topic), partition);
        let mut batch = ProducerBatch::new(id, name, appending.now, memory);
        batch.try_append(appending.record, appending.number, appending.now);
        let queue = self.queues.get_or_insert_with(partition, VecDeque::new);
        let (enable_switch, batch_bytes) = (batch.is_full(), batch.size_in_bytes());
        queue.push_back(Rc::new(batch));
        let batch_is_full = queue.len() > 1 || enable_switch;
        let switched = self.count(batch_bytes, enable_switch, appending)?;
        Ok(Appended {
            batch: id,
            new_batch: true,
            batch_is_full,
            appended_bytes: batch_bytes,
            batch_records: 1,
            batch_bytes,
            switched,
        })
    }

    /// Counts bytes for the sticky partitioner, if it chose the partition.
    fn count(
        &mut self,
        bytes: u64,
        enable_switch: bool,
        appending: &mut Appending<'_>,
    ) -> Result<Option<PartitionSwitch>, AppendError> {
        if appending.partition.is_some() {
            return Ok(None);
        }
        let switch = self.partitioner.update(bytes, enable_switch, appending.cluster, &mut *appending.random);
        switch.map_err(AppendError::NoPartition)
    }
}

/// Only the last batch of a queue can be half full.
fn all_batches_full(queue: Option<&VecDeque<Rc<ProducerBatch>>>) -> bool {
    queue.and_then(VecDeque::back).is_none_or(|last| last.is_full())
}
