//! A list that grows at its end and whose clones share what is old.

use std::rc::Rc;

/// So many items are sealed together.
const CHUNK: usize = 64;

/// Items in their order. A clone costs two counters; the next push after a clone copies fewer than [`CHUNK`] items,
/// and once in [`CHUNK`] pushes the list of the sealed chunks (a pointer each).
#[derive(Clone, Debug)]
pub(crate) struct Chunks<T> {
    /// Each of [`CHUNK`] items.
    sealed: Rc<Vec<Rc<[T]>>>,
    /// Fewer than [`CHUNK`] items.
    tail: Rc<Vec<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Chunks<T> {
        Chunks { sealed: Rc::default(), tail: Rc::default() }
    }
}

impl<T> Chunks<T> {
    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.sealed.len().saturating_mul(CHUNK).saturating_add(self.tail.len())
    }

    /// The item at a place, from 0.
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        match self.sealed.get(at / CHUNK) {
            Some(chunk) => chunk.get(at % CHUNK),
            None => self.tail.get(at.checked_sub(self.sealed.len().saturating_mul(CHUNK))?),
        }
    }

    /// The last item.
    pub(crate) fn last(&self) -> Option<&T> {
        self.tail.last().or_else(|| self.sealed.last()?.last())
    }

    /// The place of the first item for which `is_before` is no longer true; it must be true for the first ones and false
    /// for the others.
    pub(crate) fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let is_chunk_before = |chunk: &Rc<[T]>| chunk.last().is_none_or(&is_before);
        let first = self.sealed.partition_point(is_chunk_before);
        let begun = self.sealed.get(first).map_or(self.tail.as_slice(), |chunk| chunk);
        first.saturating_mul(CHUNK).saturating_add(begun.partition_point(is_before))
    }

    /// The items from a place on.
    pub(crate) fn iter_from(&self, at: usize) -> ChunksFrom<'_, T> {
        ChunksFrom { chunks: self, at }
    }
}

/// The items from a place on.
#[derive(Clone, Debug)]
pub(crate) struct ChunksFrom<'a, T> {
    chunks: &'a Chunks<T>,
    at: usize,
}

impl<'a, T> Iterator for ChunksFrom<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let item = self.chunks.get(self.at)?;
        self.at = self.at.saturating_add(1);
        Some(item)
    }
}

impl<T: Clone> Chunks<T> {
    /// Adds an item at the end.
    pub(crate) fn push(&mut self, item: T) {
        let tail = Rc::make_mut(&mut self.tail);
        tail.push(item);
        if tail.len() >= CHUNK {
            Rc::make_mut(&mut self.sealed).push(std::mem::take(tail).into());
        }
    }

    /// Drops the items from a place on.
    pub(crate) fn truncate(&mut self, len: usize) {
        let whole = len / CHUNK;
        if let Some(begun) = self.sealed.get(whole) {
            self.tail = Rc::new(begun.get(..len % CHUNK).unwrap_or_default().to_vec());
            Rc::make_mut(&mut self.sealed).truncate(whole);
        } else {
            Rc::make_mut(&mut self.tail).truncate(len.saturating_sub(whole.saturating_mul(CHUNK)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(items: std::ops::Range<usize>) -> Chunks<usize> {
        let mut chunks = Chunks::default();
        items.for_each(|item| chunks.push(item));
        chunks
    }

    #[test]
    fn every_item_comes_from_every_start() {
        for size in [0, 1, 63, 64, 65, 128, 200] {
            let chunks = chunks(0..size);
            assert_eq!(chunks.len(), size);
            for start in 0..=size {
                let from: Vec<_> = chunks.iter_from(chunks.partition_point(|item| *item < start)).copied().collect();
                assert_eq!(from, (start..size).collect::<Vec<_>>(), "{size} from {start}");
                let mut cut = chunks.clone();
                cut.truncate(start);
                assert_eq!((cut.len(), cut.last().copied()), (start, start.checked_sub(1)), "{size} cut at {start}");
                cut.push(start);
                assert!(cut.iter_from(0).copied().eq(0..=start));
            }
        }
    }

    #[test]
    fn clones_share_what_is_there_and_then_part() {
        let mut now = chunks(0..130);
        let before = now.clone();
        assert!(Rc::ptr_eq(&before.sealed, &now.sealed) && Rc::ptr_eq(&before.tail, &now.tail));
        (130..200).for_each(|item| now.push(item));
        assert_eq!((before.len(), now.len()), (130, 200));
        assert!(before.sealed.iter().zip(&*now.sealed).all(|(old, new)| Rc::ptr_eq(old, new)));
        assert!(before.iter_from(0).copied().eq(0..130));
        assert!(now.iter_from(0).copied().eq(0..200));
    }
}
