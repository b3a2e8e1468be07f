//! What can run out.

use crate::ids::{BrokerId, MessageId};

/// A timer of a node. One that has become pointless by the time it runs out does nothing and leaves no fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A producer looks for batches to send (`Sender.runOnce`): something came in, linger.ms or a backoff ran out.
    SenderRun,
    /// A request that waits in a broker's purgatory has waited as long as it may.
    DelayedOperation {
        /// The waiting request.
        request: MessageId,
    },
    /// A follower tries a leader again after an error (`replica.fetch.backoff.ms`).
    FetchBackoff {
        /// The leader.
        leader: BrokerId,
    },
    /// A client's request got no answer in time (`request.timeout.ms`).
    RequestTimeout {
        /// The request.
        request: MessageId,
    },
    /// A record has waited in `send()` as long as it may (`max.block.ms`).
    MaxBlock {
        /// Its number.
        record: i64,
    },
    /// A client's metadata is as old as it may get (`metadata.max.age.ms`), or a retry of a refresh is due.
    MetadataRefresh,
    /// A consumer tries again after an error (`retry.backoff.ms`).
    ConsumerRetry,
}

impl Timer {
    /// A short name, as facts say it.
    pub fn name(&self) -> &'static str {
        match self {
            Timer::SenderRun => "sender_run",
            Timer::DelayedOperation { .. } => "delayed_operation",
            Timer::FetchBackoff { .. } => "fetch_backoff",
            Timer::RequestTimeout { .. } => "request_timeout",
            Timer::MaxBlock { .. } => "max_block",
            Timer::MetadataRefresh => "metadata_refresh",
            Timer::ConsumerRetry => "consumer_retry",
        }
    }
}
