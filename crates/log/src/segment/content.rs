//! The bytes of a `.log` file: as the batches that they are, or, where some of them are none, as they stand.

use std::borrow::Cow;
use std::rc::Rc;

use thiserror::Error;

use crate::batch::RecordBatch;
use crate::chunks::{Chunks, ChunksFrom};
use crate::file::{SMALLEST_RECORD, Step, step};

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

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Batch behind batch, and nothing else.
    Batches(Chunks<PlacedBatch>),
    /// Something else is among them.
    Bytes(Rc<[u8]>),
}

impl Default for Content {
    fn default() -> Content {
        Content::Batches(Chunks::default())
    }
}

impl Content {
    pub(super) fn from_bytes(bytes: Rc<[u8]>) -> Content {
        let mut batches = Chunks::default();
        let mut end = 0;
        for placed in walk(&bytes) {
            match placed {
                Ok(placed) if !placed.batch.is_legacy() => {
                    end = placed.end();
                    batches.push(placed);
                }
                _ => return Content::Bytes(bytes),
            }
        }
        if end == bytes.len() as u64 { Content::Batches(batches) } else { Content::Bytes(bytes) }
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Content::Batches(batches) => batches.last().map_or(0, PlacedBatch::end),
            Content::Bytes(bytes) => bytes.len() as u64,
        }
    }

    pub(super) fn batch_count(&self) -> usize {
        match self {
            Content::Batches(batches) => batches.len(),
            Content::Bytes(_) => 0,
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Content::Bytes(bytes) => bytes.to_vec(),
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
            Content::Bytes(bytes) => {
                let mut more = bytes.to_vec();
                batch.write_to(&mut more);
                // It may just be what was missing.
                *self = Content::from_bytes(more.into());
            }
        }
    }

    pub(super) fn truncate(&mut self, size: u64) {
        match self {
            Content::Batches(batches) => batches.truncate(batches.partition_point(|placed| placed.end() <= size)),
            Content::Bytes(bytes) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                *self = Content::from_bytes(bytes.get(..size).unwrap_or(bytes).into());
            }
        }
    }

    pub(super) fn batches_at(&self, position: u64) -> BatchesAt<'_> {
        if let Content::Batches(batches) = self {
            let at = batches.partition_point(|placed| placed.position < position);
            if position == self.size() || batches.get(at).is_some_and(|placed| placed.position == position) {
                return BatchesAt::Placed(batches.iter_from(at));
            }
        }
        // An index that is damaged points anywhere.
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        let bytes = match self {
            Content::Bytes(bytes) => Rc::clone(bytes),
            Content::Batches(_) => self.to_bytes().into(),
        };
        BatchesAt::Bytes(BytesFrom { bytes, position, is_over: false })
    }

    pub(super) fn batches_from(&self, offset: i64) -> impl Iterator<Item = &RecordBatch> {
        let from = match self {
            Content::Batches(batches) => {
                Some(batches.iter_from(batches.partition_point(|placed| placed.batch.last_offset() < offset)))
            }
            Content::Bytes(_) => None,
        };
        from.into_iter().flatten().map(|placed| &placed.batch)
    }
}

/// Batches from a position on.
pub(super) enum BatchesAt<'a> {
    Placed(ChunksFrom<'a, PlacedBatch>),
    Bytes(BytesFrom),
}

impl<'a> Iterator for BatchesAt<'a> {
    type Item = Result<Cow<'a, PlacedBatch>, CorruptFile>;

    fn next(&mut self) -> Option<Result<Cow<'a, PlacedBatch>, CorruptFile>> {
        match self {
            BatchesAt::Placed(batches) => batches.next().map(|placed| Ok(Cow::Borrowed(placed))),
            BatchesAt::Bytes(batches) => batches.next().map(|placed| placed.map(Cow::Owned)),
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
