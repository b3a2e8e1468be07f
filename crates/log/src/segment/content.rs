//! The bytes of a `.log` file: as the batches that they are, or, where some of them are none, as they stand.

use std::borrow::Cow;
use std::rc::Rc;

use thiserror::Error;

use crate::batch::{Field, RecordBatch};
use crate::chunks::{Chunks, ChunksFrom};
use crate::file::{SMALLEST_RECORD, Step, step};
use crate::location::Location;

/// A batch and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedBatch {
    /// Where it begins in the file, in bytes.
    pub position: u64,
    /// The batch.
    pub batch: RecordBatch,
}

impl PlacedBatch {
    fn end(&self) -> u64 {
        self.position.saturating_add(self.batch.size_in_bytes())
    }
}

/// A length field that cannot be, so that nobody knows where the next batch begins. Kafka: `CorruptRecordException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "Found record size {length} smaller than minimum record overhead ({SMALLEST_RECORD}) in file {base_offset:020}.log."
)]
pub struct CorruptFile {
    /// The segment.
    pub base_offset: i64,
    /// What the length field says.
    pub length: i32,
    /// Where the batch begins in the file.
    pub position: u64,
}

impl CorruptFile {
    /// Where it is.
    pub fn location(&self) -> Location {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        let Location { field, position: within } = Field::BatchLength.location();
        Location { field, position: position.saturating_add(within) }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Batch behind batch, and nothing else.
    Batches(Chunks<PlacedBatch>),
    /// Something else is among them. Only who opens files makes these, so that others need not link what reads them.
    Foreign(Rc<dyn Foreign>),
}

/// A file as it stands, with something else among its batches, or with an index that points between them.
pub(super) trait Foreign: std::fmt::Debug {
    fn bytes(&self) -> &Rc<[u8]>;

    /// The batches from a position on.
    fn batches_at(&self, position: u64) -> Box<dyn Iterator<Item = Result<PlacedBatch, CorruptFile>>>;

    /// The same file with other bytes, which may now be sound.
    fn with_bytes(&self, bytes: Vec<u8>) -> Content;
}

#[derive(Debug)]
struct Bytes(Rc<[u8]>);

impl Foreign for Bytes {
    fn bytes(&self) -> &Rc<[u8]> {
        &self.0
    }

    fn batches_at(&self, position: u64) -> Box<dyn Iterator<Item = Result<PlacedBatch, CorruptFile>>> {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        Box::new(BytesFrom { bytes: Rc::clone(&self.0), position, is_over: false })
    }

    fn with_bytes(&self, bytes: Vec<u8>) -> Content {
        Content::from_bytes(bytes.into(), &[])
    }
}

impl Default for Content {
    fn default() -> Content {
        Content::Batches(Chunks::default())
    }
}

impl Content {
    /// What a file holds; `positions` are where its index points.
    pub(super) fn from_bytes(bytes: Rc<[u8]>, positions: &[u64]) -> Content {
        let mut batches = Chunks::default();
        let mut end = 0;
        for placed in walk(&bytes) {
            match placed {
                Ok(placed) if !placed.batch.is_legacy() => {
                    end = placed.end();
                    batches.push(placed);
                }
                _ => return Content::Foreign(Rc::new(Bytes(bytes))),
            }
        }
        let content = Content::Batches(batches);
        let is_sound = end == bytes.len() as u64 && positions.iter().all(|position| content.begins_at(*position));
        if is_sound { content } else { Content::Foreign(Rc::new(Bytes(bytes))) }
    }

    /// A batch begins at the position, or the file ends there.
    fn begins_at(&self, position: u64) -> bool {
        let Content::Batches(batches) = self else { return false };
        let at = batches.partition_point(|placed| placed.position < position);
        batches.get(at).map_or(position == self.size(), |placed| placed.position == position)
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Content::Batches(batches) => batches.last().map_or(0, PlacedBatch::end),
            Content::Foreign(file) => file.bytes().len() as u64,
        }
    }

    pub(super) fn batch_count(&self) -> usize {
        match self {
            Content::Batches(batches) => batches.len(),
            Content::Foreign(_) => 0,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Content::Foreign(file) => file.bytes().to_vec(),
            Content::Batches(batches) => {
                let mut bytes = Vec::with_capacity(usize::try_from(self.size()).unwrap_or(0));
                for placed in batches.iter_from(0) {
                    placed.batch.write_to(&mut bytes);
                }
                bytes
            }
        }
    }

    pub(super) fn push(&mut self, batch: RecordBatch) {
        match self {
            Content::Batches(batches) => {
                let position = batches.last().map_or(0, PlacedBatch::end);
                batches.push(PlacedBatch { position, batch });
            }
            Content::Foreign(file) => {
                let mut more = file.bytes().to_vec();
                batch.write_to(&mut more);
                // It may just be what was missing.
                *self = file.with_bytes(more);
            }
        }
    }

    pub(super) fn truncate(&mut self, size: u64) {
        match self {
            Content::Batches(batches) => batches.truncate(batches.partition_point(|placed| placed.end() <= size)),
            Content::Foreign(file) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let bytes = file.bytes();
                *self = file.with_bytes(bytes.get(..size).unwrap_or(bytes).to_vec());
            }
        }
    }

    pub(super) fn batches_at(&self, position: u64) -> BatchesAt<'_> {
        match self {
            Content::Batches(batches) => {
                BatchesAt::Placed(batches.iter_from(batches.partition_point(|placed| placed.position < position)))
            }
            Content::Foreign(file) => BatchesAt::Foreign(file.batches_at(position)),
        }
    }

    pub(super) fn batches_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        let from = match self {
            Content::Batches(batches) => {
                Some(batches.iter_from(batches.partition_point(|placed| placed.batch.last_offset() < offset)))
            }
            Content::Foreign(_) => None,
        };
        from.into_iter().flatten().map(|placed| &placed.batch)
    }
}

/// Batches from a position on.
pub(super) enum BatchesAt<'a> {
    Placed(ChunksFrom<'a, PlacedBatch>),
    Foreign(Box<dyn Iterator<Item = Result<PlacedBatch, CorruptFile>>>),
}

impl<'a> Iterator for BatchesAt<'a> {
    type Item = Result<Cow<'a, PlacedBatch>, CorruptFile>;

    fn next(&mut self) -> Option<Result<Cow<'a, PlacedBatch>, CorruptFile>> {
        match self {
            BatchesAt::Placed(batches) => batches.next().map(|placed| Ok(Cow::Borrowed(placed))),
            BatchesAt::Foreign(batches) => batches.next().map(|placed| placed.map(Cow::Owned)),
        }
    }
}

/// The batches of a file, from its beginning.
pub(super) fn walk(bytes: &Rc<[u8]>) -> BytesFrom {
    BytesFrom { bytes: Rc::clone(bytes), position: 0, is_over: false }
}

/// Reads batch after batch. Kafka: `FileLogInputStream`.
pub(super) struct BytesFrom {
    bytes: Rc<[u8]>,
    position: usize,
    is_over: bool,
}

impl Iterator for BytesFrom {
    type Item = Result<PlacedBatch, CorruptFile>;

    fn next(&mut self) -> Option<Result<PlacedBatch, CorruptFile>> {
        let rest = self.bytes.get(self.position..).filter(|_| !self.is_over)?;
        let position = self.position as u64;
        match step(rest, rest.len() as u64) {
            Step::End => None,
            Step::TooSmall { length } => {
                self.is_over = true;
                Some(Err(CorruptFile { base_offset: 0, length, position }))
            }
            Step::Batch { size, .. } => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                let bytes = rest.get(..size)?;
                // A batch of version 2 that is shorter than its own header is as unreadable as one of an older format.
                let batch = RecordBatch::decode(bytes).ok().or_else(|| RecordBatch::legacy(bytes))?;
                self.position = self.position.saturating_add(size);
                Some(Ok(PlacedBatch { position, batch }))
            }
        }
    }
}
