//! The form of an accumulator question.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Question {
    pub config: Config,
    pub partitions: i32,
    pub start_ms: u64,
    pub metadata: Metadata,
    pub ops: Vec<Op>,
}

#[derive(Deserialize)]
pub(super) struct Config {
    pub batch_size: u64,
    pub linger_ms: u64,
    pub buffer_memory: u64,
    pub retry_backoff_ms: u64,
    pub retry_backoff_max_ms: u64,
    pub delivery_timeout_ms: u64,
    pub adaptive: bool,
    pub availability_timeout_ms: u64,
    pub idempotent: bool,
}

/// What the client knows of the topic.
#[derive(Deserialize)]
pub(super) struct Metadata {
    /// Of each partition.
    pub leaders: Vec<Option<i32>>,
    /// Of each partition.
    pub leader_epochs: Vec<i32>,
    /// Of each node, in the order in which it is drained.
    pub partitions_for_node: BTreeMap<String, Vec<i32>>,
    /// In the order in which the partitioner counts them.
    pub available: Vec<i32>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Op {
    Append {
        partition: Option<i32>,
        key_size: Option<usize>,
        value_size: Option<usize>,
        #[serde(default)]
        drawn: Vec<i32>,
    },
    Ready {
        order: Vec<i32>,
    },
    NodeLatency {
        node: i32,
        can_drain: bool,
    },
    Drain {
        nodes: Vec<i32>,
        max_size: u64,
    },
    Complete {
        batch: String,
    },
    Reenqueue {
        batch: String,
    },
    Expire {
        order: Vec<i32>,
    },
    Mute {
        partition: i32,
    },
    Unmute {
        partition: i32,
    },
    Metadata(Metadata),
    BeginFlush,
    AdvanceMs {
        ms: u64,
    },
}
