//! What the application of a consumer does.

use std::rc::Rc;

use crate::group::share::message::AcknowledgeType;
use crate::ids::{Offset, Topic, TopicPartition};

/// Something that an application does with its consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerAction {
    /// `subscribe()`; a consumer that was closed or whose process is gone begins anew, and polls.
    Subscribe {
        /// The topics.
        topics: Vec<Topic>,
    },
    /// `subscribe(Pattern)`: the client finds the topics whose names match.
    SubscribePattern {
        /// The pattern.
        pattern: Rc<str>,
    },
    /// `subscribe(SubscriptionPattern)`: the coordinator finds the topics whose names match (KIP-848).
    SubscribeSubscriptionPattern {
        /// The pattern.
        pattern: Rc<str>,
    },
    /// `unsubscribe()`.
    Unsubscribe,
    /// The application does not call `poll()` any more: it is busy with a record, or stuck.
    PausePolling,
    /// The application polls again.
    ResumePolling,
    /// The application polls until it gets records, and then no more.
    PollOnce,
    /// `commitSync()` or `commitAsync()`.
    Commit {
        /// It waits for the answer.
        sync: bool,
        /// The offsets; none for the positions in all partitions.
        offsets: Vec<(TopicPartition, i64)>,
    },
    /// `seek()` and its relatives.
    Seek {
        /// The partition.
        partition: TopicPartition,
        /// Where to.
        to: SeekTo,
    },
    /// `acknowledge()` of a share consumer.
    Acknowledge {
        /// The partition.
        partition: TopicPartition,
        /// The record's offset.
        offset: Offset,
        /// What is to become of it.
        how: AcknowledgeType,
    },
    /// `close()`.
    Close,
    /// Its process is gone at once.
    Crash,
}

/// Where a consumer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekTo {
    /// `seek()`.
    Offset(Offset),
    /// `seekToBeginning()`.
    Beginning,
    /// `seekToEnd()`.
    End,
    /// `offsetsForTimes()` and then `seek()`: to the first record that is not older, in ms since the epoch.
    Timestamp(i64),
}

impl ConsumerAction {
    /// It subscribes, to whatever.
    pub fn subscribes(&self) -> bool {
        matches!(
            self,
            ConsumerAction::Subscribe { .. }
                | ConsumerAction::SubscribePattern { .. }
                | ConsumerAction::SubscribeSubscriptionPattern { .. }
        )
    }

    /// Its name, as facts say it.
    pub fn name(&self) -> &'static str {
        match self {
            ConsumerAction::Subscribe { .. } => "subscribe",
            ConsumerAction::SubscribePattern { .. } => "subscribe_pattern",
            ConsumerAction::SubscribeSubscriptionPattern { .. } => "subscribe_subscription_pattern",
            ConsumerAction::Unsubscribe => "unsubscribe",
            ConsumerAction::PausePolling => "pause_polling",
            ConsumerAction::ResumePolling => "resume_polling",
            ConsumerAction::PollOnce => "poll_once",
            ConsumerAction::Commit { sync: true, .. } => "commit_sync",
            ConsumerAction::Commit { sync: false, .. } => "commit_async",
            ConsumerAction::Seek { .. } => "seek",
            ConsumerAction::Acknowledge { .. } => "acknowledge",
            ConsumerAction::Close => "close_consumer",
            ConsumerAction::Crash => "crash_consumer",
        }
    }
}
