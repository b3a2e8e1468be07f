//! A record where it is stored, its batch, and an index entry. Kafka: `Record`, `DefaultRecordBatch`.

use highwater_log::batch::{RecordBatch, TimestampType};
use highwater_log::log::Log;
use highwater_sim::fact::FactKind;
use highwater_sim::ids::TopicPartition;

use super::Seen;
use super::bytes::Bytes;
use super::replica::Spot;
use super::thing::{Thing, Unit, last, quoted};
use crate::phrase::Phrase;
use crate::scene::Panel;

/// A log where it lies.
pub(super) struct Shelf<'a> {
    pub seen: &'a Seen<'a>,
    pub log: &'a Log,
    pub partition: &'a TopicPartition,
    /// Whose log it is.
    pub broker: i32,
    /// How far it is committed there.
    pub high_watermark: i64,
}

impl Shelf<'_> {
    fn title(&self, key: &str) -> Phrase {
        Phrase::new(key).with("partition", self.partition.to_string()).with("broker", self.broker)
    }

    /// The append that brought an offset here.
    fn appended(&self, offset: i64) -> Option<usize> {
        last(self.seen.facts, |kind| {
            matches!(kind, FactKind::RecordAppended { broker, partition, first_offset, last_offset, .. }
                if broker.0 == self.broker && partition == self.partition && (first_offset.0..=last_offset.0).contains(&offset))
        })
    }

    /// The record at an offset.
    pub fn record(&self, offset: i64) -> Option<Thing> {
        let placed = self.log.floor_segment(offset)?.translate_offset(offset).ok()??;
        let batch = &placed.batch;
        let records = batch.records().ok()?;
        let (index, record) = records.iter().enumerate().find(|(_, record)| record.offset == offset)?;
        let mut thing = Thing::new("record", "record", self.title("inspect.record_at").with("offset", offset));
        let at = self.appended(offset);
        thing.sheet("Record").since("offset", record.offset, at);
        thing.since("timestamp", record.timestamp, at).unit(Unit::Ms);
        thing.since("key", quoted(record.key.as_deref()), at);
        thing.since("value", quoted(record.value.as_deref()), at);
        let headers: Vec<String> = record.headers.iter().map(|header| header.key.to_string()).collect();
        thing.since("headers", ["[", &headers.join(", "), "]"].concat(), at);
        if record.sequence >= 0 {
            thing.since("sequence", record.sequence, at);
        }
        let hw = format!("hw/{}/broker-{}", self.partition, self.broker);
        thing.sheet("UnifiedLog").set("offset < highWatermark", offset < self.high_watermark, &hw);
        thing.sheet("DefaultRecordBatch");
        header(&mut thing, batch, at);
        self.place(&mut thing, placed.position, offset, at);
        thing.bytes = Some(Bytes::of_batch(batch, Some(index), None));
        self.rules(&mut thing);
        Some(thing)
    }

    /// The batch that holds an offset; `field` is what of it is asked for.
    pub fn batch(&self, offset: i64, field: Option<(&str, Option<usize>)>) -> Option<Thing> {
        let placed = self.log.floor_segment(offset)?.translate_offset(offset).ok()??;
        let batch = &placed.batch;
        let title = self.title("inspect.batch_at").with("first", batch.base_offset()).with("last", batch.last_offset());
        let mut thing = Thing::new("batch", "batch", title);
        let at = self.appended(batch.base_offset());
        thing.sheet("DefaultRecordBatch");
        header(&mut thing, batch, at);
        self.place(&mut thing, placed.position, batch.base_offset(), at);
        thing.bytes = Some(Bytes::of_batch(batch, field.and_then(|(_, record)| record), field.map(|(name, _)| name)));
        self.rules(&mut thing);
        Some(thing)
    }

    fn place(&self, thing: &mut Thing, position: u64, offset: i64, at: Option<usize>) {
        let Some(segment) = self.log.floor_segment(offset) else { return };
        thing.sheet("LogSegment");
        thing.since("baseOffset", segment.base_offset(), at);
        thing.since("position", position, at).unit(Unit::Bytes);
        thing.set(
            "offset < recoveryPoint",
            offset < self.log.recovery_point(),
            &format!("flushed/{}/broker-{}", self.partition, self.broker),
        );
    }

    fn rules(&self, thing: &mut Thing) {
        let Some(topic) = self.seen.world.metadata().topics.get(&self.partition.topic) else { return };
        let names = ["message.timestamp.type", "max.message.bytes", "cleanup.policy", "retention.ms"];
        thing.ruled(&*topic.config, &names);
    }

    /// An entry of an index, by its offset.
    pub fn entry(&self, offset: i64, by_time: bool) -> Option<Thing> {
        let because = self.appended(offset);
        let title = self.title("inspect.entry_at").with("offset", offset);
        for segment in self.log.segments() {
            let base = segment.base_offset();
            let mut thing = Thing::new("index_entry", "index-entry", title.clone());
            if by_time {
                let entries = segment.time_index().entries();
                let Some((slot, entry)) = entries.iter().enumerate().find(|(_, entry)| entry.offset == offset) else {
                    continue;
                };
                thing.sheet("TimestampOffset").since("timestamp", entry.timestamp, because).unit(Unit::Ms);
                thing.since("offset", entry.offset, because);
                self.slot(&mut thing, "timeindex", base, slot, entries.len(), because);
                thing.bytes = Some(Bytes::of_time_entry(base, slot.saturating_mul(12), *entry));
            } else {
                let entries = segment.offset_index().entries();
                let Some((slot, entry)) = entries.iter().enumerate().find(|(_, entry)| entry.offset == offset) else {
                    continue;
                };
                thing.sheet("OffsetPosition").since("offset", entry.offset, because);
                thing.since("position", entry.position, because).unit(Unit::Bytes);
                self.slot(&mut thing, "index", base, slot, entries.len(), because);
                thing.bytes = Some(Bytes::of_offset_entry(base, slot.saturating_mul(8), *entry));
            }
            let topic = self.seen.world.metadata().topics.get(&self.partition.topic);
            if let Some(topic) = topic {
                thing.ruled(&*topic.config, &["index.interval.bytes", "segment.index.bytes"]);
            }
            return Some(thing);
        }
        None
    }

    fn slot(&self, thing: &mut Thing, suffix: &str, base: i64, slot: usize, entries: usize, because: Option<usize>) {
        thing.sheet(if suffix == "index" { "OffsetIndex" } else { "TimeIndex" });
        thing.set(
            "file",
            format!("{base:020}.{suffix}"),
            &format!("segments/{}/broker-{}", self.partition, self.broker),
        );
        thing.since("slot", slot, because);
        thing.since("entries", entries, because);
    }
}

/// The fields of a batch's header.
pub(super) fn header(thing: &mut Thing, batch: &RecordBatch, at: Option<usize>) {
    let header = batch.header();
    thing.since("baseOffset", batch.base_offset(), at);
    thing.since("lastOffset", batch.last_offset(), at);
    thing.since("recordsCount", batch.record_count(), at);
    thing.since("sizeInBytes", batch.size_in_bytes(), at).unit(Unit::Bytes);
    thing.since("partitionLeaderEpoch", batch.partition_leader_epoch(), at);
    thing.since("baseTimestamp", batch.base_timestamp(), at).unit(Unit::Ms);
    thing.since("maxTimestamp", batch.max_timestamp(), at).unit(Unit::Ms);
    let timestamp_type = match header.timestamp_type() {
        TimestampType::CreateTime => "CreateTime",
        TimestampType::LogAppendTime => "LogAppendTime",
    };
    thing.since("timestampType", timestamp_type, at);
    thing.since("compressionType", header.codec().map_or_else(|_| "?".to_owned(), |codec| codec.to_string()), at);
    thing.since("producerId", batch.producer_id(), at);
    thing.since("producerEpoch", batch.producer_epoch(), at);
    thing.since("baseSequence", batch.base_sequence(), at);
    thing.since("isTransactional", batch.is_transactional(), at);
    thing.since("isControlBatch", batch.is_control(), at);
    thing.since("crc", format!("0x{:08x}", batch.crc()), at);
}

/// A record that was here and has been cut off, as the picture remembers it.
pub(super) fn ghost(seen: &Seen<'_>, spot: &Spot<'_>, mark: &str) -> Option<Thing> {
    let cell = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Cluster(panel) => {
            let ghosts = panel.replicas.iter().flat_map(|row| &row.ghosts);
            ghosts.into_iter().map(|ghost| &ghost.cell).find(|cell| cell.id == mark)
        }
        _ => None,
    })?;
    let (partition, broker) = (&spot.replica.id, spot.broker.id);
    let title = Phrase::new("inspect.record_at").with("offset", cell.offset);
    let title = title.with("partition", partition.to_string()).with("broker", broker.0);
    let mut thing = Thing::new("ghost", "truncation", title);
    let cut = last(seen.facts, |kind| {
        matches!(kind, FactKind::LogTruncated { broker: at, partition: of, from, to, .. }
            if *at == broker && of == partition && (to.0..from.0).contains(&cell.offset))
    });
    let text = |text: &Option<String>| text.as_ref().map_or_else(|| "null".to_owned(), |text| format!("“{text}”"));
    thing.sheet("Record").since("offset", cell.offset, cut);
    thing.since("key", text(&cell.key), cut).since("value", text(&cell.value), cut);
    let told = cut.and_then(|cut| seen.facts.get(cut));
    if let Some(FactKind::LogTruncated { from, to, leader_end, .. }) = told.as_ref().map(|fact| &fact.kind) {
        thing.sheet("UnifiedLog.truncateTo").since("targetOffset", to, cut).since("logEndOffset", from, cut);
        if let Some((epoch, end)) = leader_end {
            thing.sheet("FetchResponse.PartitionData").since("divergingEpoch.epoch", epoch, cut);
            thing.since("divergingEpoch.endOffset", end, cut);
        }
    }
    Some(thing)
}
