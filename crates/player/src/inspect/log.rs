//! What the panels about files show: a log, its segments, indexes, batches and tables. Kafka: `UnifiedLog`, `LogSegment`.

use highwater_log::log::Log;
use highwater_log::segment::Segment;
use highwater_sim::fact::{CheckpointFile, FactKind};

use super::Seen;
use super::bytes::Bytes;
use super::record::Shelf;
use super::replica::Spot;
use super::thing::{Thing, Unit, last};
use crate::phrase::Phrase;
use crate::scene::{MarkId, Panel};
use crate::script::partition_from_name;

/// A mark that begins with `log/`.
pub(super) fn log(seen: &Seen<'_>, mark: &MarkId) -> Option<Thing> {
    let rest = mark.strip_prefix("log/")?;
    let (name, part) = rest.split_once('/').unwrap_or((rest, ""));
    let partition = partition_from_name(name)?;
    let replica = seen.world.leader(&partition)?;
    let broker = seen.world.broker(replica.broker)?;
    let spot = Spot { seen, broker, replica };
    let shelf = Shelf {
        seen,
        log: &replica.log,
        partition: &partition,
        broker: broker.id.0,
        high_watermark: replica.high_watermark().0,
    };
    let number = |prefix: &str| part.strip_prefix(prefix)?.strip_prefix('-')?.parse::<i64>().ok();
    match part {
        "" | "epochs" | "start" | "leo" => return Some(spot.whole()),
        "hw" => return Some(spot.high_watermark()),
        "producers" => return Some(producers(&shelf)),
        "dirty" => return Some(dirty(&spot)),
        _ => {}
    }
    if let Some(base) = number("segment") {
        return segment(&shelf, base);
    }
    if let Some(offset) = number("record") {
        return shelf.record(offset);
    }
    if let Some(offset) = number("batch") {
        return shelf.batch(offset, None);
    }
    if let Some(offset) = number("entry") {
        return shelf.entry(offset, searches_by_time(seen)).or_else(|| shelf.entry(offset, !searches_by_time(seen)));
    }
    if let Some(epoch) = number("epoch") {
        return epoch_of(&shelf, epoch);
    }
    if let Some(id) = number("producer") {
        return producer(&shelf, id);
    }
    if part.starts_with("probe-") {
        return probe(&shelf, mark);
    }
    if part.starts_with("field-") {
        return field(&shelf, mark);
    }
    if let Some(key) = part.strip_prefix("key-") {
        return map_entry(&spot, mark, key);
    }
    None
}

fn searches_by_time(seen: &Seen<'_>) -> bool {
    seen.scene.panels.iter().any(|panel| match panel {
        Panel::Files(panel) => panel.search.as_ref().is_some_and(|search| search.by_time),
        _ => false,
    })
}

/// A segment with its files.
fn segment(shelf: &Shelf<'_>, base: i64) -> Option<Thing> {
    let segment = shelf.log.segments().find(|segment| segment.base_offset() == base)?;
    let key = |what: &str| format!("{what}/{}/broker-{}", shelf.partition, shelf.broker);
    let rolled = last(shelf.seen.facts, |kind| {
        matches!(kind, FactKind::SegmentRolled { broker, partition, base_offset, .. }
            if broker.0 == shelf.broker && partition == shelf.partition && base_offset.0 == base)
    });
    let made = rolled.or_else(|| {
        shelf.seen.facts.iter().position(
            |fact| matches!(&fact.kind, FactKind::PartitionRecord { partition, .. } if partition == shelf.partition),
        )
    });
    let title = Phrase::new("inspect.segment").with("base", base).with("partition", shelf.partition.to_string());
    let mut thing = Thing::new("segment", "segment", title);
    let is_active = shelf.log.active_segment().base_offset() == base;
    thing.sheet("LogSegment").since("baseOffset", base, made);
    thing.since("log", format!("{base:020}.log"), made);
    thing.set("active", is_active, &key("segments"));
    let leo = key("leo");
    thing.set("size", segment.size_in_bytes(), &leo).unit(Unit::Bytes);
    thing.set("batches", segment.batch_count(), &leo);
    let next = segment.read_next_offset().unwrap_or(base);
    thing.set("readNextOffset", next, &leo);
    thing.set("largestTimestamp", segment.largest_timestamp(), &leo).unit(Unit::Ms);
    thing.set("lastModified", segment.last_modified_ms(), &leo).unit(Unit::Ms);
    thing.set("recovered", shelf.log.recovery_point() >= next, &key("flushed"));
    indexes(&mut thing, segment, &leo);
    thing.bytes = segment.batches_from(base).next().map(|batch| Bytes::of_batch(batch, None, None));
    ruled(
        shelf,
        &mut thing,
        &[
            "segment.bytes",
            "segment.ms",
            "segment.index.bytes",
            "index.interval.bytes",
            "retention.ms",
            "retention.bytes",
            "cleanup.policy",
        ],
    );
    Some(thing)
}

fn indexes(thing: &mut Thing, segment: &Segment, leo: &str) {
    thing.sheet("OffsetIndex");
    thing.set("entries", segment.offset_index().entries().len(), leo);
    thing.set("sizeInBytes", segment.offset_index().size_in_bytes(), leo).unit(Unit::Bytes);
    thing.sheet("TimeIndex");
    thing.set("entries", segment.time_index().entries().len(), leo);
    thing.set("sizeInBytes", segment.time_index().size_in_bytes(), leo).unit(Unit::Bytes);
    if !segment.aborted().is_empty() {
        thing.sheet("TransactionIndex").set("entries", segment.aborted().len(), leo);
    }
}

fn ruled(shelf: &Shelf<'_>, thing: &mut Thing, names: &[&str]) {
    if let Some(topic) = shelf.seen.world.metadata().topics.get(&shelf.partition.topic) {
        thing.ruled(&*topic.config, names);
    }
}

/// A leader epoch: where it begins and ends.
fn epoch_of(shelf: &Shelf<'_>, epoch: i64) -> Option<Thing> {
    let epochs = shelf.log.leader_epochs();
    let at = epochs.iter().position(|entry| i64::from(entry.epoch) == epoch)?;
    let entry = epochs.get(at)?;
    let end = epochs.get(at.saturating_add(1)).map_or(shelf.log.log_end_offset(), |next| next.start_offset);
    let title = Phrase::new("inspect.epoch_of").with("epoch", epoch).with("partition", shelf.partition.to_string());
    let mut thing = Thing::new("epoch", "leader-epoch", title);
    thing.sheet("EpochEntry").has("epoch", entry.epoch).has("startOffset", entry.start_offset);
    thing.sheet("EpochEndOffset").has("endOffset", end);
    thing.sheet("LeaderEpochCheckpointFile").has("file", "leader-epoch-checkpoint");
    Some(thing)
}

/// What the log knows of producers.
fn producers(shelf: &Shelf<'_>) -> Thing {
    let title = Phrase::new("inspect.producers_of").with("partition", shelf.partition.to_string());
    let mut thing = Thing::new("producers", "idempotence", title);
    let known: Vec<&highwater_log::producer_state::ProducerStateEntry> = shelf.log.producers().producers().collect();
    thing.sheet("ProducerStateManager").has("producers", known.len());
    thing.has("mapEndOffset", shelf.log.producers().map_end_offset());
    thing.maybe("firstUnstableOffset", shelf.log.first_unstable_offset());
    thing.has("lastStableOffset", shelf.log.last_stable_offset());
    thing
}

fn producer(shelf: &Shelf<'_>, id: i64) -> Option<Thing> {
    let entry = shelf.log.producers().producer(id)?;
    let title = Phrase::new("inspect.producer_state").with("id", id).with("partition", shelf.partition.to_string());
    let mut thing = Thing::new("producer_state", "idempotence", title);
    thing.sheet("ProducerStateEntry");
    thing.has("producerId", entry.producer_id).has("producerEpoch", entry.producer_epoch);
    thing.has("coordinatorEpoch", entry.coordinator_epoch);
    thing.has("lastTimestamp", entry.last_timestamp).unit(Unit::Ms);
    thing.maybe("currentTxnFirstOffset", entry.current_txn_first_offset);
    for (index, batch) in entry.batches().enumerate() {
        thing.sheet(&format!("BatchMetadata {index}"));
        thing.has("firstSeq", batch.first_sequence()).has("lastSeq", batch.last_sequence);
        thing.has("firstOffset", batch.first_offset()).has("lastOffset", batch.last_offset);
    }
    Some(thing)
}

/// A comparison of a search.
fn probe(shelf: &Shelf<'_>, mark: &str) -> Option<Thing> {
    let search = shelf.seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Files(panel) => panel.search.as_deref(),
        _ => None,
    })?;
    let row = search.probes.iter().flatten().find(|row| row.id == mark)?;
    let entry = search.entries.get(row.slot)?;
    let offset = if search.by_time { entry.stored } else { entry.key };
    let mut thing = shelf.entry(offset, search.by_time)?;
    thing.title = Phrase::new("inspect.probe").with("n", number_of(mark));
    thing.kind = "probe";
    let compared = match row.compared {
        crate::scene::files::Compared::Less => "<",
        crate::scene::files::Compared::Equal => "=",
        crate::scene::files::Compared::More => ">",
    };
    thing.sheet("AbstractIndex.indexSlotRangeFor");
    thing.has("target", search.target).has("low", row.low).has("mid", row.slot).has("high", row.high);
    thing.has("compareIndexEntry", format!("{} {compared} {}", row.key, search.target));
    Some(thing)
}

fn number_of(mark: &str) -> i64 {
    mark.rsplit_once('-')
        .and_then(|(_, number)| number.parse::<i64>().ok())
        .map_or(0, |number| number.saturating_add(1))
}

/// A field of the batch that is shown byte by byte.
fn field(shelf: &Shelf<'_>, mark: &str) -> Option<Thing> {
    let bytes = shelf.seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Files(panel) => panel.bytes.as_deref(),
        _ => None,
    })?;
    let field = bytes.fields.iter().find(|field| field.id == mark)?;
    let mut thing = shelf.batch(bytes.base_offset, Some((field.name, field.record)))?;
    thing.title = Phrase::new("inspect.field").with("name", field.name);
    thing.kind = "field";
    let whole = std::mem::take(&mut thing.sheets);
    let because = whole.iter().flat_map(|sheet| &sheet.fields).next().map(|field| field.because.clone());
    thing.sheet("DefaultRecordBatch").has(field.name, &field.value);
    thing.has("bytes", field.bytes).unit(Unit::Bytes);
    thing.has("hex", &field.hex).has("crc covers it", field.in_crc);
    for own in thing.sheets.iter_mut().flat_map(|sheet| &mut sheet.fields) {
        own.because = because.clone().unwrap_or(super::thing::Because::Thing);
    }
    thing.sheets.extend(whole);
    Some(thing)
}

/// Where the dirty part of a log begins.
fn dirty(spot: &Spot<'_>) -> Thing {
    let (log, partition): (&Log, _) = (&spot.replica.log, &spot.replica.id);
    let key = format!("checkpoint/{}/{partition}/broker-{}", CheckpointFile::Cleaner.name(), spot.broker.id);
    let leo = format!("leo/{partition}/broker-{}", spot.broker.id);
    let checkpoint = spot.broker.checkpoints.cleaner.get(partition).map(|offset| offset.0);
    let found = log.log_to_clean(checkpoint, spot.seen.world.now().timestamp_ms());
    let title = Phrase::new("inspect.dirty_of").with("partition", partition.to_string());
    let mut thing = Thing::new("dirty", "compaction", title);
    thing.sheet("OffsetCheckpointFile");
    thing.set(CheckpointFile::Cleaner.name(), super::thing::shown(checkpoint), &key);
    thing.sheet("LogToClean");
    thing.set("firstDirtyOffset", found.first_dirty_offset, &key);
    thing.set("firstUncleanableOffset", found.first_uncleanable_offset, &leo);
    thing.set("cleanBytes", found.clean_bytes, &key).unit(Unit::Bytes);
    thing.set("cleanableBytes", found.cleanable_bytes, &leo).unit(Unit::Bytes);
    let total = found.total_bytes();
    if let Some(ratio) = found.cleanable_bytes.saturating_mul(100).checked_div(total) {
        thing.set("cleanableRatio", format!("{}.{:02}", ratio / 100, ratio % 100), &leo);
    }
    thing.ruled(
        &*spot.replica.config,
        &[
            "cleanup.policy",
            "min.cleanable.dirty.ratio",
            "min.compaction.lag.ms",
            "max.compaction.lag.ms",
            "delete.retention.ms",
        ],
    );
    thing.ruled(&*spot.broker.config, &["log.cleaner.backoff.ms"]);
    thing
}

/// A key of the cleaner's offset map.
fn map_entry(spot: &Spot<'_>, mark: &str, key: &str) -> Option<Thing> {
    let entry = spot.seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Compaction(panel) => panel.map.iter().flatten().find(|entry| entry.id == mark),
        _ => None,
    })?;
    let mut thing = Thing::new("map_entry", "compaction", Phrase::new("inspect.map_entry").with("key", key));
    thing.sheet("OffsetMap").has("key", ["“", key, "”"].concat()).has("offset", entry.offset);
    thing.ruled(&*spot.replica.config, &["cleanup.policy", "min.cleanable.dirty.ratio", "delete.retention.ms"]);
    Some(thing)
}
