//! The replicas panel: all partitions of a topic on all brokers, less of each the more there are.

use super::cluster::{RecordCell, Standing};
use super::{MarkId, Shown};

/// A topic's partitions on their brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicasPanel {
    /// `replicas/orders`.
    pub id: MarkId,
    /// The topic.
    pub topic: String,
    /// How many partitions it has.
    pub partitions: i64,
    /// How many of them have fewer in the ISR than replicas.
    pub under_replicated: i64,
    /// They are so few that each shows its records.
    pub is_few: bool,
    /// The brokers, by number.
    pub brokers: Vec<BrokerColumn>,
    /// Partitions, by number; where there are more than fit, those that the step looks at and the first ones.
    pub rows: Vec<PartitionRow>,
    /// Where not every partition has a row: a line of ticks for each preferred leader, by its number.
    pub ticks: Vec<TickRow>,
}

/// A broker over the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerColumn {
    /// `replicas/orders/broker-1`.
    pub id: MarkId,
    /// Its number.
    pub broker: i32,
    /// How it is.
    pub standing: Standing,
    /// How many of the topic's partitions it leads.
    pub leads: i64,
    /// How many of its replicas it has.
    pub replicas: i64,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRow {
    /// `replicas/orders-0`.
    pub id: MarkId,
    /// `orders-0`.
    pub partition: String,
    /// Its leader; none if nobody leads.
    pub leader: Option<i32>,
    /// The brokers in its ISR, ascending.
    pub isr: Vec<i32>,
    /// The first offset that its bars show.
    pub first_offset: i64,
    /// The end of the longest of its logs.
    pub end_offset: i64,
    /// Its replicas, by broker.
    pub bars: Vec<ReplicaBar>,
}

/// A replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaBar {
    /// `replicas/orders-0/broker-1`.
    pub id: MarkId,
    /// The broker.
    pub broker: i32,
    /// It leads.
    pub is_leader: bool,
    /// It is in the ISR.
    pub in_isr: bool,
    /// Its high watermark.
    pub high_watermark: Shown<i64>,
    /// The offset after its last record.
    pub log_end_offset: Shown<i64>,
    /// How many records it has less than the longest log.
    pub behind: i64,
    /// Its newest records, where there is room for cells. They are no marks.
    pub records: Vec<RecordCell>,
}

/// The partitions that one broker is to lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickRow {
    /// `replicas/orders/preferred-1`.
    pub id: MarkId,
    /// The broker.
    pub broker: i32,
    /// Each partition, by number: the ISR is full.
    pub full: Vec<bool>,
}

impl TickRow {
    /// How many have fewer in the ISR than replicas.
    pub fn under_replicated(&self) -> i64 {
        i64::try_from(self.full.iter().filter(|full| !**full).count()).unwrap_or(i64::MAX)
    }
}
