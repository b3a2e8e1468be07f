//! Builds the spread panel.

use highwater_sim::ids::TopicPartition;
use highwater_sim::producer::Producer;
use highwater_sim::world::World;

use super::View;
use crate::scene::spread::{SpreadBar, SpreadChart, SpreadPanel};

/// The most producers that are shown.
const CHARTS_MAX: usize = 8;
/// The most partitions of each.
const BARS_MAX: i32 = 12;

#[inline(never)]
pub(super) fn panel(world: &World, view: &View) -> Option<SpreadPanel> {
    let topic = view.topic()?;
    let there = world.metadata().topics.get(topic)?.partitions.len();
    let partitions = i32::try_from(there).unwrap_or(BARS_MAX).min(BARS_MAX);
    let charts: Vec<SpreadChart> =
        world.producers().take(CHARTS_MAX).map(|producer| chart(producer, topic, partitions)).collect();
    let most = charts.iter().flat_map(|chart| &chart.bars).map(|bar| bar.bytes).max().unwrap_or(0);
    Some(SpreadPanel { id: "spread".to_owned(), topic: topic.to_owned(), most, charts })
}

fn chart(producer: &Producer, topic: &str, partitions: i32) -> SpreadChart {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let bars: Vec<SpreadBar> = (0..partitions)
        .map(|partition| {
            let name = TopicPartition::new(topic, partition);
            let filled = producer.filled(&name);
            SpreadBar {
                id: format!("spread/{}/{name}", producer.id),
                key: format!("filled/{}/{name}", producer.id),
                partition,
                records: number(filled.records),
                batches: number(filled.batches),
                bytes: number(filled.bytes),
            }
        })
        .collect();
    SpreadChart {
        id: format!("spread/{}", producer.id),
        producer: producer.id.to_string(),
        class: producer.config.partitioner_class.name(),
        records: bars.iter().map(|bar| bar.records).sum(),
        batches: bars.iter().map(|bar| bar.batches).sum(),
        bytes: bars.iter().map(|bar| bar.bytes).sum(),
        bars,
    }
}
