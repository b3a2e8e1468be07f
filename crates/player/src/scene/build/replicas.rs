//! Builds the replicas panel.

use highwater_sim::broker::partition::Partition;
use highwater_sim::ids::{BrokerId, TopicPartition};
use highwater_sim::metadata::PartitionRegistration;
use highwater_sim::sorted::sort_short_by_key;
use highwater_sim::world::World;

use super::cluster::{records, standing};
use super::{Palette, View};
use crate::scene::replicas::{BrokerColumn, PartitionRow, ReplicaBar, ReplicasPanel, TickRow};
use crate::scene::{MarkId, Shown};

/// The most brokers that are shown.
const BROKERS_MAX: usize = 24;
/// The most partitions with a row.
const ROWS_MAX: usize = 24;
/// With more replicas than this only the partitions that the step looks at have rows.
const BARS_MAX: usize = 720;
/// With more replicas than this there is no room for cells.
const CELLS_MAX: usize = 24;
/// How many offsets a bar shows.
const BAR_OFFSETS: i64 = 60;
/// How many offsets there are cells for.
const CELL_OFFSETS: i64 = 12;

#[inline(never)]
pub(super) fn panel(world: &World, view: &View, palette: &Palette) -> Option<ReplicasPanel> {
    let topic = view.topic()?;
    let partitions = &world.metadata().topics.get(topic)?.partitions;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let bars = partitions.iter().map(|partition| partition.replicas.len()).sum::<usize>();
    let is_full = |partition: &PartitionRegistration| partition.isr.len() >= partition.replicas.len();
    let brokers = world.brokers().take(BROKERS_MAX).map(|broker| BrokerColumn {
        id: format!("replicas/{topic}/broker-{}", broker.id),
        broker: broker.id.0,
        standing: standing(world, broker.id),
        leads: count(partitions.iter().filter(|partition| partition.leader == Some(broker.id)).count()),
        replicas: count(partitions.iter().filter(|partition| partition.replicas.contains(&broker.id)).count()),
    });
    let numbered = || (0..).zip(partitions.iter());
    let looked_at = |number: i32| view.look.iter().any(|mark| is_about(mark, topic, number));
    let mut rows: Vec<i32> = numbered().map(|(number, _)| number).filter(|number| looked_at(*number)).collect();
    if bars <= BARS_MAX {
        rows.extend(numbered().map(|(number, _)| number).filter(|number| !looked_at(*number)));
    }
    rows.truncate(ROWS_MAX);
    sort_short_by_key(&mut rows, |number| *number);
    let cells = (bars <= CELLS_MAX).then_some(palette);
    let row = |number: &i32| row(world, &TopicPartition::new(topic, *number), cells);
    let ticks = if rows.len() < partitions.len() { ticks(world, topic) } else { Vec::new() };
    Some(ReplicasPanel {
        id: format!("replicas/{topic}"),
        topic: topic.to_owned(),
        partitions: count(partitions.len()),
        under_replicated: count(partitions.iter().filter(|partition| !is_full(partition)).count()),
        is_few: cells.is_some(),
        brokers: brokers.collect(),
        rows: rows.iter().filter_map(row).collect(),
        ticks,
    })
}

/// The mark is of this partition.
fn is_about(mark: &MarkId, topic: &str, number: i32) -> bool {
    let partition = format!("{topic}-{number}");
    mark.split('/').nth(1) == Some(&partition) || *mark == format!("topic/{topic}/partition-{number}")
}

fn row(world: &World, partition: &TopicPartition, cells: Option<&Palette>) -> Option<PartitionRow> {
    let registration = world.metadata().partition(partition)?;
    let mut replicas: Vec<(BrokerId, &Partition)> =
        registration.replicas.iter().filter_map(|broker| Some((*broker, world.replica(*broker, partition)?))).collect();
    sort_short_by_key(&mut replicas, |(broker, _)| broker.0);
    let end_offset = replicas.iter().map(|(_, replica)| replica.log_end_offset().0).max().unwrap_or(0);
    let start = replicas.iter().map(|(_, replica)| replica.log_start_offset().0).min().unwrap_or(0);
    let shown = if cells.is_some() { CELL_OFFSETS } else { BAR_OFFSETS };
    let first_offset = start.max(end_offset.saturating_sub(shown));
    let mut isr: Vec<i32> = registration.isr.iter().map(|id| id.0).collect();
    sort_short_by_key(&mut isr, |id| *id);
    let bar = |(broker, replica): &(BrokerId, &Partition)| {
        let place = format!("broker-{broker}/{partition}");
        let end = replica.log_end_offset().0;
        ReplicaBar {
            broker: broker.0,
            is_leader: registration.leader == Some(*broker),
            in_isr: isr.contains(&broker.0),
            high_watermark: Shown { value: replica.high_watermark().0, key: format!("hw/{partition}/broker-{broker}") },
            log_end_offset: Shown { value: end, key: format!("leo/{partition}/broker-{broker}") },
            behind: end_offset.saturating_sub(end),
            records: cells.map_or_else(Vec::new, |palette| records(&place, replica, first_offset, palette)),
            id: format!("replicas/{partition}/broker-{broker}"),
        }
    };
    Some(PartitionRow {
        id: format!("replicas/{partition}"),
        partition: partition.to_string(),
        leader: registration.leader.map(|id| id.0),
        first_offset,
        end_offset,
        bars: replicas.iter().map(bar).collect(),
        isr,
    })
}

/// All partitions, by the broker that is to lead them.
fn ticks(world: &World, topic: &str) -> Vec<TickRow> {
    let Some(image) = world.metadata().topics.get(topic) else { return Vec::new() };
    let of = |broker: BrokerId| {
        let mine = image.partitions.iter().filter(|partition| partition.replicas.first() == Some(&broker));
        mine.map(|partition| partition.isr.len() >= partition.replicas.len()).collect::<Vec<bool>>()
    };
    let rows = world.brokers().take(BROKERS_MAX).map(|broker| TickRow {
        id: format!("replicas/{topic}/preferred-{}", broker.id),
        broker: broker.id.0,
        full: of(broker.id),
    });
    rows.filter(|row| !row.full.is_empty()).collect()
}
