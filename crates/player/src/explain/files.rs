//! Which fact is behind a mark of the panels about files.

use highwater_sim::fact::FactKind;
use highwater_sim::ids::TopicPartition;

use crate::facts::Facts;
use crate::scene::{CompactionPanel, FilesPanel, Panel, Scene};
use crate::script::partition_from_name;

/// The fact that made what a mark shows; none if the mark is not one of these panels'.
#[inline(never)]
pub(super) fn made(facts: Facts<'_>, scene: &Scene, mark: &str) -> Option<usize> {
    let (partition, part) = mark.strip_prefix("log/")?.split_once('/').unwrap_or((mark.strip_prefix("log/")?, ""));
    let partition = partition_from_name(partition)?;
    let number = |name: &str| part.strip_prefix(name)?.strip_prefix('-')?.parse::<i64>().ok();
    if let Some(base_offset) = number("segment") {
        return rolled(facts, &partition, base_offset).or_else(|| created(facts, &partition));
    }
    if let Some(epoch) = number("epoch") {
        return epoch_began(facts, scene, &partition, epoch).or_else(|| created(facts, &partition));
    }
    let offset = number("entry").or_else(|| number("batch")).or_else(|| number("record"));
    let offset = offset.or_else(|| {
        scene.panels.iter().find_map(|panel| match panel {
            Panel::Files(panel) => offset_in(panel, mark),
            Panel::Compaction(panel) => key_in(panel, mark),
            _ => None,
        })
    });
    match offset {
        Some(offset) => appended(facts, &partition, offset),
        None => created(facts, &partition),
    }
}

/// The append that brought the first record of an epoch.
fn epoch_began(facts: Facts<'_>, scene: &Scene, partition: &TopicPartition, epoch: i64) -> Option<usize> {
    let wanted = epoch.to_string();
    let start = scene.panels.iter().find_map(|panel| match panel {
        Panel::Table(panel) => {
            panel.rows.iter().find(|row| row.cells.first() == Some(&wanted))?.cells.get(1)?.parse().ok()
        }
        _ => None,
    })?;
    appended(facts, partition, start)
}

/// The offset that a comparison or a field is about.
fn offset_in(panel: &FilesPanel, mark: &str) -> Option<i64> {
    let field = panel.bytes.as_ref().filter(|bytes| bytes.fields.iter().any(|field| field.id == mark));
    if let Some(bytes) = field {
        return Some(bytes.base_offset);
    }
    let search = panel.search.as_ref()?;
    let row = search.probes.iter().flatten().find(|row| row.id == mark)?;
    let entry = search.entries.get(row.slot)?;
    Some(if search.by_time { entry.stored } else { entry.key })
}

fn key_in(panel: &CompactionPanel, mark: &str) -> Option<i64> {
    panel.map.iter().flatten().find(|entry| entry.id == mark).map(|entry| entry.offset)
}

fn rolled(facts: Facts<'_>, partition: &TopicPartition, base: i64) -> Option<usize> {
    facts.iter().rposition(|fact| match &fact.kind {
        FactKind::SegmentRolled { partition: at, base_offset, .. } => at == partition && base_offset.0 == base,
        FactKind::LogStartOffsetIncremented { partition: at, to, .. } => at == partition && to.0 == base,
        _ => false,
    })
}

fn appended(facts: Facts<'_>, partition: &TopicPartition, offset: i64) -> Option<usize> {
    facts.iter().position(|fact| match &fact.kind {
        FactKind::RecordAppended { partition: at, first_offset, last_offset, as_leader: true, .. } => {
            at == partition && (first_offset.0..=last_offset.0).contains(&offset)
        }
        _ => false,
    })
}

fn created(facts: Facts<'_>, partition: &TopicPartition) -> Option<usize> {
    facts
        .iter()
        .position(|fact| matches!(&fact.kind, FactKind::PartitionRecord { partition: at, .. } if at == partition))
}
