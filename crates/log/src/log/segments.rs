//! The segments of a log, by base offset. Kafka 4.3: `LogSegments`.

use std::rc::Rc;

use crate::segment::Segment;

/// At least one segment; the last one takes appends. A clone costs a few counters.
#[derive(Clone, Debug)]
pub(super) struct Segments {
    sealed: Rc<Vec<Rc<Segment>>>,
    sealed_size: u64,
    sealed_batches: usize,
    active: Segment,
}

impl Segments {
    pub(super) fn new(active: Segment) -> Segments {
        Segments { sealed: Rc::default(), sealed_size: 0, sealed_batches: 0, active }
    }

    /// None of no segments.
    pub(super) fn from_list(mut segments: Vec<Segment>) -> Option<Segments> {
        let mut list = Segments::new(segments.pop()?);
        list.set_sealed(segments.into_iter().map(Rc::new).collect());
        Some(list)
    }

    fn set_sealed(&mut self, sealed: Vec<Rc<Segment>>) {
        self.sealed_size = sealed.iter().map(|segment| segment.size_in_bytes()).sum();
        self.sealed_batches = sealed.iter().map(|segment| segment.batch_count()).sum();
        self.sealed = Rc::new(sealed);
    }

    pub(super) fn active(&self) -> &Segment {
        &self.active
    }

    pub(super) fn active_mut(&mut self) -> &mut Segment {
        &mut self.active
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.sealed.iter().map(|segment| &**segment).chain(std::iter::once(&self.active))
    }

    pub(super) fn len(&self) -> usize {
        self.sealed.len().saturating_add(1)
    }

    pub(super) fn first(&self) -> &Segment {
        self.sealed.first().map_or(&self.active, |first| first)
    }

    fn get(&self, at: usize) -> Option<&Segment> {
        match self.sealed.get(at) {
            Some(segment) => Some(segment),
            None => (at == self.sealed.len()).then_some(&self.active),
        }
    }

    /// The place of the last segment that begins at an offset or before it.
    fn floor_at(&self, offset: i64) -> Option<usize> {
        if self.active.base_offset() <= offset {
            return Some(self.sealed.len());
        }
        self.sealed.partition_point(|segment| segment.base_offset() <= offset).checked_sub(1)
    }

    /// The last segment that begins at an offset or before it. Kafka: `floorSegment`.
    pub(super) fn floor(&self, offset: i64) -> Option<&Segment> {
        self.get(self.floor_at(offset)?)
    }

    /// The segments from the one on that holds an offset. Kafka: `floorSegment`, then `higherSegment` after it.
    pub(super) fn from(&self, offset: i64) -> impl Iterator<Item = &Segment> {
        let first = self.floor_at(offset).unwrap_or(usize::MAX);
        self.iter().skip(first)
    }

    /// The segments from the one on that holds `from`, which begin before `to`. Kafka: `values`.
    pub(super) fn values(&self, from: i64, to: i64) -> impl Iterator<Item = &Segment> {
        let first = if from < to { self.floor_at(from).unwrap_or(0) } else { usize::MAX };
        self.iter().skip(first).take_while(move |segment| segment.base_offset() < to)
    }

    /// The segments from the one on that holds an offset, without the active one. Kafka: `nonActiveLogSegmentsFrom`.
    pub(super) fn non_active_from(&self, offset: i64) -> impl Iterator<Item = &Segment> {
        self.values(offset, self.active.base_offset())
    }

    /// The present active segment takes no more, a new one does.
    pub(super) fn roll(&mut self, segment: Segment) {
        let sealed = std::mem::replace(&mut self.active, segment);
        self.sealed_size = self.sealed_size.saturating_add(sealed.size_in_bytes());
        self.sealed_batches = self.sealed_batches.saturating_add(sealed.batch_count());
        Rc::make_mut(&mut self.sealed).push(Rc::new(sealed));
    }

    /// Nothing but a new segment.
    pub(super) fn replace_all(&mut self, segment: Segment) {
        *self = Segments::new(segment);
    }

    /// Takes segments out, but never the active one.
    pub(super) fn remove(&mut self, base_offsets: &[i64]) {
        let kept =
            self.sealed.iter().filter(|segment| !base_offsets.contains(&segment.base_offset())).cloned().collect();
        self.set_sealed(kept);
    }

    /// Takes out the segments that begin behind an offset. The one before them is active then; its base offset must not be
    /// behind the offset.
    pub(super) fn remove_behind(&mut self, offset: i64) {
        while self.active.base_offset() > offset {
            let Some(last) = Rc::make_mut(&mut self.sealed).pop() else { return };
            self.sealed_size = self.sealed_size.saturating_sub(last.size_in_bytes());
            self.sealed_batches = self.sealed_batches.saturating_sub(last.batch_count());
            self.active = Rc::unwrap_or_clone(last);
        }
    }

    /// Puts a segment in the place of some that take no appends. Kafka: `replaceSegments`.
    pub(super) fn replace(&mut self, segment: Segment, old: &[i64]) {
        let mut sealed: Vec<Rc<Segment>> =
            self.sealed.iter().filter(|sealed| !old.contains(&sealed.base_offset())).cloned().collect();
        let at = sealed.partition_point(|sealed| sealed.base_offset() < segment.base_offset());
        sealed.insert(at, Rc::new(segment));
        self.set_sealed(sealed);
    }

    pub(super) fn size_in_bytes(&self) -> u64 {
        self.sealed_size.saturating_add(self.active.size_in_bytes())
    }

    pub(super) fn batch_count(&self) -> usize {
        self.sealed_batches.saturating_add(self.active.batch_count())
    }
}
