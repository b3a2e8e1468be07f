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

    /// The items from the first one on for which `is_before` is no longer true; it must be true for the first ones and
    /// false for the others.
    pub(crate) fn iter_from(&self, is_before: impl Fn(&T) -> bool) -> impl Iterator<Item = &T> {
        let is_chunk_before = |chunk: &Rc<[T]>| chunk.last().is_none_or(&is_before);
        let first = self.sealed.partition_point(is_chunk_before);
        let mut chunks = self.sealed.get(first..).unwrap_or_default().iter();
        // Only one chunk can begin with items that are before.
        let begun = chunks.next().map_or(self.tail.as_slice(), |chunk| chunk);
        let begun = begun.get(begun.partition_point(is_before)..).unwrap_or_default();
        let tail = if first < self.sealed.len() { self.tail.as_slice() } else { &[] };
        begun.iter().chain(chunks.flat_map(|chunk| chunk.iter())).chain(tail)
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
                let from: Vec<_> = chunks.iter_from(|item| *item < start).copied().collect();
                assert_eq!(from, (start..size).collect::<Vec<_>>(), "{size} from {start}");
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
        assert!(before.iter_from(|_| false).copied().eq(0..130));
        assert!(now.iter_from(|_| false).copied().eq(0..200));
    }
}
