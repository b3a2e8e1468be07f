//! The spread panel: how much each producer has put into batches, partition by partition.

use super::{MarkId, ValueKey};

/// The producers side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadPanel {
    /// `spread`.
    pub id: MarkId,
    /// The topic.
    pub topic: String,
    /// The most bytes that one producer has put into one partition.
    pub most: i64,
    /// A chart for each producer.
    pub charts: Vec<SpreadChart>,
}

/// A producer's partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadChart {
    /// `spread/p1`.
    pub id: MarkId,
    /// The producer's `client.id`.
    pub producer: String,
    /// Its partitioner: its `partitioner.class`.
    pub class: &'static str,
    /// Records that it put into batches.
    pub records: i64,
    /// Batches that it began.
    pub batches: i64,
    /// All their bytes.
    pub bytes: i64,
    /// Its partitions, by number.
    pub bars: Vec<SpreadBar>,
}

/// A partition of a producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadBar {
    /// `spread/p1/orders-0`.
    pub id: MarkId,
    /// The value's key: `filled/p1/orders-0`.
    pub key: ValueKey,
    /// The partition's number.
    pub partition: i32,
    /// Records.
    pub records: i64,
    /// Batches.
    pub batches: i64,
    /// The batches' bytes, headers included.
    pub bytes: i64,
}

impl SpreadPanel {
    /// The chart that a step looks at: at it, or at a bar of it.
    pub fn looked_at(&self, look: &[MarkId]) -> Option<&SpreadChart> {
        self.charts.iter().find(|chart| look.iter().any(|mark| chart.is_or_has(mark)))
    }
}

impl SpreadChart {
    /// The mark is the chart or one of its bars.
    pub fn is_or_has(&self, mark: &str) -> bool {
        self.id == mark || self.bars.iter().any(|bar| bar.id == mark)
    }
}
