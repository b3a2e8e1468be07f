//! The accumulator panel: a producer's queues of batches, one for each partition.

use super::{MarkId, Shown};

/// The accumulator of one producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccumulatorPanel {
    /// The producer's client id.
    pub producer: String,
    /// The topic.
    pub topic: String,
    /// `batch.size` in bytes.
    pub batch_size: i64,
    /// `linger.ms`.
    pub linger_ms: i64,
    /// The queues that hold a batch or that the step looks at, by partition.
    pub queues: Vec<Queue>,
    /// The partition where the sticky partitioner stands, and the bytes sent to it since it went there; none before the first record without a key.
    pub sticky: Option<(Shown<i32>, i64)>,
    /// The partitions of the batches so far, oldest first (at most the last 12), for records without a key.
    pub past: Vec<i32>,
}

/// A partition's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// `accumulator/p1/orders-0`.
    pub id: MarkId,
    /// The partition's number.
    pub partition: i32,
    /// Oldest first.
    pub batches: Vec<Batch>,
}

/// Where a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchState {
    /// Takes records.
    Open,
    /// Takes no more; waits for the sender.
    Closed,
    /// Drained: in a Produce request.
    InFlight,
}

/// A batch in the accumulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// `accumulator/p1/orders-0/batch-2`.
    pub id: MarkId,
    /// Its size now, header included, in bytes.
    pub bytes: i64,
    /// The size after each record, in bytes: where the ticks stand.
    pub ticks: Vec<i64>,
    /// How long it has waited, in ms.
    pub waited_ms: i64,
    /// Where it is.
    pub state: BatchState,
}
