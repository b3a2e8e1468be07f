//! The compaction panel: a log that is compacted, what is newer, and the offset map of the cleaner.

use super::{MarkId, Shown};

/// A compacted log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactionPanel {
    /// `log/profile-0`.
    pub id: MarkId,
    /// The partition's name.
    pub partition: String,
    /// The broker.
    pub broker: i32,
    /// The columns: every offset from the log start to the end, records or not (at most 24, the newest).
    pub columns: Vec<Column>,
    /// The segments as bands over the columns.
    pub segments: Vec<Band>,
    /// The high watermark.
    pub high_watermark: Shown<i64>,
    /// The log end offset.
    pub log_end: Shown<i64>,
    /// Where the dirty part begins: the cleaner's checkpoint.
    pub first_dirty: Shown<i64>,
    /// How much of the log is dirty, in thousandths; none if there is nothing.
    pub dirty_thousandths: Option<i64>,
    /// `min.cleanable.dirty.ratio`, in thousandths.
    pub least_dirty_thousandths: i64,
    /// The offset map that a round would make now: each key with its last offset; none unless the step shows it.
    pub map: Option<Vec<MapEntry>>,
    /// The first offset that a round would not look at.
    pub uncleanable: i64,
}

/// An offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The offset.
    pub offset: i64,
    /// The record there; none where one was removed.
    pub record: Option<CompactedRecord>,
}

/// A record of a compacted log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactedRecord {
    /// `log/profile-0/record-3`.
    pub id: MarkId,
    /// Its key.
    pub key: String,
    /// 1 to 6.
    pub color: u8,
    /// Its value; none for a tombstone.
    pub value: Option<String>,
    /// The offset of the next record with this key.
    pub newer: Option<i64>,
    /// When it may go, in ms from now, if it is a tombstone that was cleaned before; less than 0: it may go now.
    pub horizon_ms: Option<i64>,
}

/// A segment over the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// `log/profile-0/segment-5`.
    pub id: MarkId,
    /// Its base offset.
    pub base_offset: i64,
    /// The offset behind its last column.
    pub end_offset: i64,
    /// It takes what is appended, and is not cleaned.
    pub active: bool,
    /// Nothing in it is dirty.
    pub clean: bool,
}

/// A key of the offset map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapEntry {
    /// `log/profile-0/key-u17`.
    pub id: MarkId,
    /// The key.
    pub key: String,
    /// 1 to 6.
    pub color: u8,
    /// Its last offset.
    pub offset: i64,
}
