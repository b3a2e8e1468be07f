//! Builds the files panel.

mod commits;

use std::cmp::Ordering;
use std::fmt::Write;

use highwater_log::batch::{Field, FieldValue, HEADER_SIZE};
use highwater_log::index_search::{Probe, ProbeReason};
use highwater_log::log::Log;
use highwater_log::segment::Segment;
use highwater_sim::world::World;

use super::View;
use crate::say::files::{roll, verdict};
use crate::scene::Shown;
use crate::scene::files::{
    BytesView, Compared, EntryCard, FieldBox, FilesPanel, GaugeRow, ProbeKind, ProbeRow, ScanBatch, ScanState,
    SearchView, SegmentCard,
};
use crate::script::{FilesShow, Gauges, SearchStage};

/// The least `segment.bytes` of a real topic.
const SEGMENT_BYTES_LEAST: u64 = 1 << 20;
/// So many batches stand before the place where a scan begins, and behind the one that is found.
const AROUND: usize = 2;
/// The most batches of a scan that are shown.
const SCANNED_MAX: usize = 12;
/// The most bytes of a field that are shown.
const HEX_MAX: usize = 12;
/// The most fields that are shown.
const FIELDS_MAX: usize = 64;

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

// Apart from the other panels in the built page too, which the first scenario does not need.
#[inline(never)]
pub(super) fn panel(world: &World, view: &View) -> Option<FilesPanel> {
    let partition = view.partition.as_ref()?;
    let replica = world.leader(partition)?;
    let broker = replica.registration.leader.map(|leader| leader.0);
    let key = format!("{partition}/broker-{}", broker.unwrap_or(-1));
    Some(of_log(&replica.log, &partition.to_string(), broker, &key, world.now().timestamp_ms(), &view.files))
}

/// A log as files.
pub(crate) fn of_log(
    log: &Log,
    partition: &str,
    broker: Option<i32>,
    key: &str,
    now_ms: i64,
    show: &FilesShow,
) -> FilesPanel {
    let id = format!("log/{partition}");
    let search = search(log, &id, show);
    let picked = search.as_ref().map(|search| search.base_offset);
    let scaled = broker.is_some() && log.config().segment_bytes < SEGMENT_BYTES_LEAST;
    FilesPanel {
        segments: segments(log, &id, picked, now_ms, show),
        gauges: gauges(log, now_ms, show.gauges),
        active_entries: show.entries.then(|| offset_entries(&id, log.active_segment(), None)),
        bytes: show.batch.and_then(|offset| bytes(log, &id, offset, show)).map(|mut view| {
            if partition.starts_with("__consumer_offsets-") {
                commits::split(&mut view, log, show);
            }
            Box::new(view)
        }),
        search: search.map(Box::new),
        log_start: Shown { value: log.log_start_offset(), key: format!("log_start/{key}") },
        scaled_bytes: scaled.then(|| number(log.config().segment_bytes)),
        partition: partition.to_owned(),
        broker,
        id,
    }
}

fn segments(log: &Log, id: &str, picked: Option<i64>, now_ms: i64, show: &FilesShow) -> Vec<SegmentCard> {
    // What retention would do now, asked of a copy: the files are shared.
    let checks = match show.gauges {
        Some(Gauges::Retention) => log.clone().delete_old_segments(now_ms).unwrap_or_default(),
        _ => Vec::new(),
    };
    let active = log.active_segment().base_offset();
    let mut cards: Vec<SegmentCard> = log
        .segments()
        .map(|segment| {
            let base_offset = segment.base_offset();
            let check = checks.iter().find(|check| check.base_offset == base_offset && check.is_deleted());
            let check = check.or_else(|| checks.iter().rev().find(|check| check.base_offset == base_offset));
            SegmentCard {
                id: format!("{id}/segment-{base_offset}"),
                base_offset,
                last_offset: None,
                bytes: number(segment.size_in_bytes()),
                active: base_offset == active,
                picked: picked == Some(base_offset),
                deletable: check.is_some_and(highwater_log::log::DeletionCheck::is_deleted),
                note: check.map(|check| verdict(check.verdict)),
            }
        })
        .collect();
    if show.gauges == Some(Gauges::Roll)
        && let Some(card) = cards.last_mut()
    {
        let reason = log.active_segment().should_roll(log.config(), now_ms, 0, now_ms, log.log_end_offset());
        card.note = reason.map(roll);
    }
    let ends: Vec<i64> = cards.iter().skip(1).map(|card| card.base_offset).chain([log.log_end_offset()]).collect();
    for (card, end) in cards.iter_mut().zip(ends) {
        card.last_offset = (end > card.base_offset && card.bytes > 0).then(|| end.saturating_sub(1));
    }
    cards
}

fn gauges(log: &Log, now_ms: i64, wanted: Option<Gauges>) -> Vec<GaugeRow> {
    let config = log.config();
    let active = log.active_segment().base_offset();
    let each = |value: &dyn Fn(&Segment) -> Option<(i64, bool)>| log.segments().map(value).collect::<Vec<_>>();
    let bytes = |segment: &Segment| number(segment.size_in_bytes());
    match wanted {
        None => Vec::new(),
        Some(Gauges::Roll) => {
            let age = |segment: &Segment| {
                let first = segment.batches_from(segment.base_offset()).next()?;
                (segment.base_offset() == active)
                    .then(|| now_ms.saturating_sub(first.max_timestamp()))
                    .map(|age_ms| (age_ms, age_ms > config.segment_ms))
            };
            let index = |segment: &Segment| {
                let (offsets, times) = (segment.offset_index(), segment.time_index());
                let size = offsets.size_in_bytes().max(times.size_in_bytes());
                let limit = config.segment_index_bytes;
                Some((i64::try_from(size).unwrap_or(i64::MAX), offsets.is_full(limit) || times.is_full(limit)))
            };
            let index_limit = i64::try_from(config.segment_index_bytes).unwrap_or(i64::MAX);
            let row = |config, limit, values, is_time| GaugeRow { config, limit, values, is_time };
            vec![
                row(
                    "segment.bytes",
                    number(config.segment_bytes),
                    each(&|segment| Some((bytes(segment), false))),
                    false,
                ),
                row("segment.ms", config.segment_ms, each(&age), true),
                row("segment.index.bytes", index_limit, each(&index), false),
            ]
        }
        Some(Gauges::Retention) => {
            let mut rows = Vec::new();
            if config.retention_ms >= 0 {
                let age = |segment: &Segment| {
                    let age_ms = now_ms.saturating_sub(segment.largest_timestamp());
                    Some((age_ms, age_ms > config.retention_ms))
                };
                rows.push(GaugeRow {
                    config: "retention.ms",
                    limit: config.retention_ms,
                    values: each(&age),
                    is_time: true,
                });
            }
            if config.retention_bytes >= 0 {
                // What the log would have without the segment and all before it.
                let mut rest = number(log.size_in_bytes());
                let values = log.segments().map(|segment| {
                    rest = rest.saturating_sub(bytes(segment));
                    Some((rest, rest >= config.retention_bytes))
                });
                let values = values.collect();
                let limit = config.retention_bytes;
                rows.push(GaugeRow { config: "retention.bytes", limit, values, is_time: false });
            }
            rows
        }
    }
}

fn offset_entries(id: &str, segment: &Segment, found: Option<i64>) -> Vec<EntryCard> {
    let entry = |entry: &highwater_log::offset_index::OffsetIndexEntry| EntryCard {
        id: format!("{id}/entry-{}", entry.offset),
        key: entry.offset,
        stored: entry.offset.saturating_sub(segment.base_offset()),
        position: Some(entry.position.into()),
        found: found == Some(entry.offset),
    };
    segment.offset_index().entries().iter().map(entry).collect()
}

fn search(log: &Log, id: &str, show: &FilesShow) -> Option<SearchView> {
    let target = show.lookup.or(show.timestamp)?;
    let by_time = show.lookup.is_none();
    let segment = if by_time { log.segment_for_timestamp(target) } else { log.floor_segment(target) }?;
    let rows_of = |probes: &[Probe], entries: usize| {
        let shown = show.probes.map_or(usize::MAX, |probes| usize::try_from(probes).unwrap_or(usize::MAX));
        (show.through >= SearchStage::Entry).then(|| probe_rows(id, probes, entries, shown))
    };
    // The entry that was found is marked once all comparisons are shown.
    let all_shown = |probes: &[Probe]| {
        show.through >= SearchStage::Entry && show.probes.is_none_or(|shown| probes.len() <= shown as usize)
    };
    let (entries, probes, entry, found, record, headers_read);
    if by_time {
        let how = segment.lookup_timestamp(target, log.log_start_offset()).ok()?;
        let key = how.time_index_entry.timestamp;
        entries = segment
            .time_index()
            .entries()
            .iter()
            .map(|entry| EntryCard {
                id: format!("{id}/entry-{}", entry.offset),
                key: entry.timestamp,
                stored: entry.offset,
                position: None,
                found: all_shown(&how.time_probes) && entry.timestamp == key,
            })
            .collect::<Vec<_>>();
        probes = rows_of(&how.time_probes, entries.len());
        entry = how.index_entry;
        record = how.found.map(|(found, _)| (found.offset, found.timestamp));
        headers_read = 0;
        found = record.and_then(|(offset, _)| segment.translate_offset(offset).ok().flatten().map(|b| b.position));
    } else {
        let how = segment.lookup_offset(target).ok()?;
        entries = offset_entries(id, segment, all_shown(&how.probes).then_some(how.index_entry.offset));
        probes = rows_of(&how.probes, entries.len());
        entry = how.index_entry;
        record = None;
        headers_read = how.headers_read;
        found = how.found.map(|found| found.position);
    }
    let from = u64::from(entry.position.unsigned_abs());
    let scan = (show.through == SearchStage::Scan).then(|| scan(id, segment, from, found, headers_read));
    Some(SearchView {
        target,
        by_time,
        base_offset: segment.base_offset(),
        entries,
        entry_bytes: if by_time { 12 } else { 8 },
        probes,
        from: number(from),
        scan,
        record: record.filter(|_| show.through == SearchStage::Scan),
    })
}

fn probe_rows(id: &str, probes: &[Probe], entries: usize, shown: usize) -> Vec<ProbeRow> {
    let (mut low, mut high) = (0, entries.saturating_sub(1));
    let mut rows = Vec::new();
    for (index, probe) in probes.iter().enumerate() {
        let kind = match probe.reason {
            ProbeReason::WarmSection => ProbeKind::Warm,
            ProbeReason::Least => ProbeKind::Least,
            ProbeReason::Middle => ProbeKind::Middle,
        };
        let compared = match probe.compared {
            Ordering::Less => Compared::Less,
            Ordering::Equal => Compared::Equal,
            Ordering::Greater => Compared::More,
        };
        if index < shown {
            rows.push(ProbeRow {
                id: format!("{id}/probe-{index}"),
                kind,
                low,
                high,
                slot: probe.slot,
                key: probe.key,
                compared,
                last: index + 1 == probes.len(),
            });
        }
        match (kind, compared) {
            (ProbeKind::Warm | ProbeKind::Middle, Compared::Less) => low = probe.slot,
            (ProbeKind::Warm, _) => high = probe.slot,
            (ProbeKind::Middle, Compared::More) => high = probe.slot.saturating_sub(1),
            (ProbeKind::Middle, Compared::Equal) => (low, high) = (probe.slot, probe.slot),
            (ProbeKind::Least, _) => {}
        }
    }
    rows
}

fn scan(id: &str, segment: &Segment, from: u64, found: Option<u64>, headers_read: usize) -> Vec<ScanBatch> {
    let mut batches: Vec<ScanBatch> = Vec::new();
    let (mut behind, mut looked_at) = (0, 0);
    for placed in segment.batches_at(0) {
        let Ok(placed) = placed else { break };
        looked_at += usize::from(placed.position >= from);
        let state = match found {
            _ if placed.position < from => ScanState::Before,
            Some(found) if placed.position == found => ScanState::Found,
            Some(found) if placed.position > found && looked_at <= headers_read => ScanState::Beyond,
            Some(found) if placed.position > found => ScanState::After,
            _ => ScanState::Read,
        };
        if matches!(state, ScanState::After | ScanState::Beyond) {
            behind += 1;
            if behind > AROUND {
                break;
            }
        }
        batches.push(ScanBatch {
            id: format!("{id}/batch-{}", placed.batch.base_offset()),
            base_offset: placed.batch.base_offset(),
            last_offset: placed.batch.last_offset(),
            position: number(placed.position),
            bytes: number(placed.batch.size_in_bytes()),
            max_timestamp: placed.batch.max_timestamp(),
            state,
        });
    }
    let before = batches.iter().filter(|batch| batch.state == ScanState::Before).count();
    batches.drain(..before.saturating_sub(1));
    batches.truncate(SCANNED_MAX);
    batches
}

fn bytes(log: &Log, id: &str, offset: i64, show: &FilesShow) -> Option<BytesView> {
    let segment = log.floor_segment(offset)?;
    let placed = segment.translate_offset(offset).ok()??;
    let batch = &placed.batch;
    let whole = batch.to_bytes();
    let layout = batch.layout();
    let wanted = |field: Field, record: Option<usize>| match record {
        None => !show.records || field == Field::Records,
        Some(_) => show.records,
    };
    let fields = layout
        .fields
        .iter()
        .filter(|field| wanted(field.field, field.record))
        .take(FIELDS_MAX)
        .map(|field| {
            let name = field.field.name();
            let there = whole.get(field.bytes.clone()).unwrap_or_default();
            FieldBox {
                id: match field.record {
                    Some(record) => format!("{id}/field-{record}-{name}"),
                    None => format!("{id}/field-{name}"),
                },
                name,
                hex: hex(there),
                bytes: there.len(),
                value: value(field.field, field.value),
                record: field.record,
                accent: show.fields.iter().any(|wanted| wanted == name) && field.record.unwrap_or(0) == 0,
                in_crc: field.bytes.start >= Field::Attributes.position(),
            }
        })
        .collect();
    Some(BytesView {
        base_offset: batch.base_offset(),
        last_offset: batch.last_offset(),
        position: number(placed.position),
        bytes: number(batch.size_in_bytes()),
        records: i64::try_from(batch.records().map_or(0, |records| records.len())).unwrap_or(i64::MAX),
        fields,
        of_records: show.records && whole.len() > HEADER_SIZE,
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().take(HEX_MAX).enumerate() {
        if index > 0 {
            text.push(' ');
        }
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > HEX_MAX {
        text.push_str(" …");
    }
    text
}

fn value(field: Field, value: FieldValue<'_>) -> String {
    match value {
        FieldValue::Number(number) if field == Field::Crc => format!("0x{number:08x}"),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let short: String = text.chars().take(16).collect();
            if short.len() < text.len() { format!("{short}…") } else { short }
        }
    }
}
