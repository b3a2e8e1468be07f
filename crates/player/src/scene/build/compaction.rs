//! Builds the compaction panel.

use highwater_log::cleaner::OffsetMap;
use highwater_sim::bytes::Bytes;
use highwater_sim::sorted::sort_short_by_key;
use highwater_sim::world::World;

use super::cluster::text;
use super::{Palette, View};
use crate::scene::Shown;
use crate::scene::compaction::{Band, Column, CompactedRecord, CompactionPanel, MapEntry};

/// The most columns.
const COLUMNS_MAX: i64 = 24;

// Apart from the other panels in the built page too, which the first scenario does not need.
#[inline(never)]
pub(super) fn panel(world: &World, view: &View, palette: &Palette) -> Option<CompactionPanel> {
    let partition = view.partition.as_ref()?;
    let replica = world.leader(partition)?;
    let broker = replica.registration.leader?;
    let log = &replica.log;
    let (id, now_ms) = (format!("log/{partition}"), world.now().timestamp_ms());
    let checkpoint = world.broker(broker)?.checkpoints.cleaner.get(partition).map(|offset| offset.0);
    let to_clean = log.log_to_clean(checkpoint, now_ms);
    let end = log.log_end_offset();
    let first = log.log_start_offset().max(end.saturating_sub(COLUMNS_MAX));
    let mut columns: Vec<Column> = (first..end).map(|offset| Column { offset, record: None }).collect();
    for batch in log.batches_from(first) {
        let horizon = batch.header().delete_horizon_ms();
        for record in batch.records().into_iter().flatten() {
            let place = usize::try_from(record.offset.saturating_sub(first)).ok();
            let Some(column) = place.and_then(|place| columns.get_mut(place)) else { continue };
            let key = text(record.key.as_deref()).unwrap_or_default();
            column.record = Some(CompactedRecord {
                id: format!("{id}/record-{}", record.offset),
                color: palette.color(Some(&key)),
                key,
                value: text(record.value.as_deref()),
                newer: None,
                horizon_ms: horizon.filter(|_| record.value.is_none()).map(|horizon| horizon.saturating_sub(now_ms)),
            });
        }
    }
    note_newer(&mut columns);
    let map = view.files.map.then(|| {
        // The map of a real round, on a copy: the log itself stays as it is.
        let mut map = OffsetMap::with_keys_max(usize::MAX);
        let _ = log.clone().clean(&to_clean, &mut map, now_ms);
        map_entries(&id, &columns, &map)
    });
    let mut bases: Vec<i64> = log.segments().map(highwater_log::segment::Segment::base_offset).collect();
    bases.push(end);
    let active = log.active_segment().base_offset();
    let bands = bases.windows(2).filter_map(|pair| {
        let [base_offset, end_offset] = pair else { return None };
        (*end_offset > first).then(|| Band {
            id: format!("{id}/segment-{base_offset}"),
            base_offset: *base_offset,
            end_offset: *end_offset,
            active: *base_offset == active,
            clean: *base_offset < to_clean.first_dirty_offset,
        })
    });
    let ratio = to_clean.cleanable_bytes.saturating_mul(1_000).checked_div(to_clean.total_bytes());
    Some(CompactionPanel {
        partition: partition.to_string(),
        broker: broker.0,
        segments: bands.collect(),
        columns,
        high_watermark: Shown { value: log.high_watermark(), key: format!("hw/{partition}/broker-{broker}") },
        log_end: Shown { value: end, key: format!("leo/{partition}/broker-{broker}") },
        first_dirty: Shown {
            value: to_clean.first_dirty_offset,
            key: format!("checkpoint/cleaner-offset-checkpoint/{partition}/broker-{broker}"),
        },
        dirty_thousandths: ratio.and_then(|ratio| i64::try_from(ratio).ok()),
        least_dirty_thousandths: replica.config.min_cleanable_dirty_ratio.0.into(),
        map,
        uncleanable: to_clean.first_uncleanable_dirty_offset,
        id,
    })
}

/// Where the next record with the same key is.
fn note_newer(columns: &mut [Column]) {
    let mut seen: Vec<(String, i64)> = Vec::new();
    for column in columns.iter_mut().rev() {
        let Some(record) = &mut column.record else { continue };
        match seen.iter_mut().find(|(key, _)| *key == record.key) {
            Some((_, offset)) => record.newer = Some(std::mem::replace(offset, column.offset)),
            None => seen.push((record.key.clone(), column.offset)),
        }
    }
}

fn map_entries(id: &str, columns: &[Column], map: &OffsetMap) -> Vec<MapEntry> {
    let mut entries: Vec<MapEntry> = Vec::new();
    for record in columns.iter().filter_map(|column| column.record.as_ref()) {
        let Some(offset) = map.get(&Bytes::from(record.key.as_str()).0) else { continue };
        if entries.iter().all(|entry| entry.key != record.key) {
            entries.push(MapEntry {
                id: format!("{id}/key-{}", record.key),
                key: record.key.clone(),
                color: record.color,
                offset,
            });
        }
    }
    sort_short_by_key(&mut entries, |entry| entry.offset);
    entries
}
