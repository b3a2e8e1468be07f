//! The files panel: the segments of a partition's log on its leader, a search in their indexes, and the bytes of a batch.

use super::{MarkId, Shown};
use crate::phrase::Phrase;

/// A log as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesPanel {
    /// `log/orders-0`.
    pub id: MarkId,
    /// The partition's name: its folder.
    pub partition: String,
    /// Whose disk it is; none for files that somebody brought.
    pub broker: Option<i32>,
    /// `segment.bytes` where it is less than a real topic takes.
    pub scaled_bytes: Option<i64>,
    /// The first offset that can be read.
    pub log_start: Shown<i64>,
    /// The segments, oldest first.
    pub segments: Vec<SegmentCard>,
    /// What the segments are measured by.
    pub gauges: Vec<GaugeRow>,
    /// The entries of the active segment's index, if the step shows them.
    pub active_entries: Option<Vec<EntryCard>>,
    /// A search, if the step shows one.
    pub search: Option<Box<SearchView>>,
    /// The bytes of a batch, if the step shows them.
    pub bytes: Option<Box<BytesView>>,
}

/// A segment: a `.log` file with its indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentCard {
    /// `log/orders-0/segment-522`.
    pub id: MarkId,
    /// Its base offset: its name.
    pub base_offset: i64,
    /// The last offset in it; none if it is empty.
    pub last_offset: Option<i64>,
    /// The size of its `.log`, in bytes.
    pub bytes: i64,
    /// It takes what is appended.
    pub active: bool,
    /// The search looks into it.
    pub picked: bool,
    /// It would be deleted now.
    pub deletable: bool,
    /// What the step says of it.
    pub note: Option<Phrase>,
}

/// A measure of every segment against a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaugeRow {
    /// The config that is the limit, such as `segment.bytes`.
    pub config: &'static str,
    /// The limit.
    pub limit: i64,
    /// For each segment in order: how much of it, and whether that is too much. None where it says nothing of a segment.
    pub values: Vec<Option<(i64, bool)>>,
    /// In milliseconds, not bytes.
    pub is_time: bool,
}

/// An entry of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryCard {
    /// `log/orders-0/entry-587`.
    pub id: MarkId,
    /// The offset, or in a time index the timestamp.
    pub key: i64,
    /// As it stands in the file: the offset less the base offset. In a time index the offset.
    pub stored: i64,
    /// The position in the `.log`; in a time index none.
    pub position: Option<i64>,
    /// The search ends here.
    pub found: bool,
}

/// How an entry lies to what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// It is less.
    Less,
    /// It is that.
    Equal,
    /// It is more.
    More,
}

/// Why an entry was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// The first of the warm section.
    Warm,
    /// The first of all.
    Least,
    /// The middle of what is left.
    Middle,
}

/// A comparison of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRow {
    /// `log/orders-0/probe-1`.
    pub id: MarkId,
    /// Why.
    pub kind: ProbeKind,
    /// The first entry that is still in question, from 0.
    pub low: usize,
    /// The last one.
    pub high: usize,
    /// The entry that was looked at.
    pub slot: usize,
    /// Its offset or timestamp.
    pub key: i64,
    /// How it lies to the target.
    pub compared: Compared,
    /// No comparison follows.
    pub last: bool,
}

/// What becomes of a batch in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanState {
    /// It is before the place where the scan begins.
    Before,
    /// Its header was read.
    Read,
    /// It holds what is looked for.
    Found,
    /// Its header was read too: it begins behind what is looked for, so the one before holds that.
    Beyond,
    /// It is behind that.
    After,
}

/// A batch of the scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanBatch {
    /// `log/orders-0/batch-588`.
    pub id: MarkId,
    /// Its first offset.
    pub base_offset: i64,
    /// Its last offset.
    pub last_offset: i64,
    /// Where it begins, in bytes.
    pub position: i64,
    /// Its size in bytes.
    pub bytes: i64,
    /// Its largest timestamp.
    pub max_timestamp: i64,
    /// What becomes of it.
    pub state: ScanState,
}

/// A search for an offset or a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchView {
    /// What is looked for.
    pub target: i64,
    /// It is a timestamp, not an offset.
    pub by_time: bool,
    /// The base offset of the segment.
    pub base_offset: i64,
    /// The entries of its index, or of its time index.
    pub entries: Vec<EntryCard>,
    /// How many bytes one has.
    pub entry_bytes: i64,
    /// The comparisons that the step shows; none before the step shows the index.
    pub probes: Option<Vec<ProbeRow>>,
    /// Where the scan begins, in bytes; shown with the scan.
    pub from: i64,
    /// The batches around the place; none before the step shows the scan.
    pub scan: Option<Vec<ScanBatch>>,
    /// The record that was found: offset and timestamp. Only of a search by timestamp.
    pub record: Option<(i64, i64)>,
}

/// A field with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldBox {
    /// `log/orders-0/field-crc`; of a record `log/orders-0/field-2-offsetDelta`.
    pub id: MarkId,
    /// Kafka's name.
    pub name: &'static str,
    /// The bytes, as two hex digits each; long ones are cut.
    pub hex: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// What it says.
    pub value: String,
    /// The record that it belongs to, from 0.
    pub record: Option<usize>,
    /// The step is about it.
    pub accent: bool,
    /// The CRC covers it.
    pub in_crc: bool,
}

/// The bytes of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytesView {
    /// Its first offset.
    pub base_offset: i64,
    /// Its last offset.
    pub last_offset: i64,
    /// Where it begins in the file.
    pub position: i64,
    /// Its size in bytes.
    pub bytes: i64,
    /// Its records, or how many there are.
    pub records: i64,
    /// The fields that are shown: those of the header, or those of the records.
    pub fields: Vec<FieldBox>,
    /// They are the records'.
    pub of_records: bool,
}
