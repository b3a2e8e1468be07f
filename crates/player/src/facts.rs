//! All facts of a history, kept small: of a long one the latest as they are, those before as packed groups that are read
//! when somebody asks. No scenario of the course is that long: what asks for all of its facts at every key press reads
//! them where they lie.

mod group;
mod packed;
mod values;

use std::borrow::Cow;
use std::iter::FusedIterator;
use std::ops::{Bound, RangeBounds};
use std::rc::Rc;

use highwater_sim::fact::Fact;

use group::{GROUP, Group};
use values::Names;

/// A history with no more facts is not packed: it takes some 20 MB at the most. (In these tests it is soon.)
const WHOLE_MAX: usize = if cfg!(test) { 4_000 } else { 50_000 };
/// In a longer one so many may lie as they are; then the older half is packed.
const RECENT_MAX: usize = 4_000;

/// A fact: lent where it lies as it is, read from its group otherwise.
pub type FactRef<'a> = Cow<'a, Fact>;

/// Facts in their order, without gaps in their numbers. A clone shares what is packed.
#[derive(Clone, Debug, Default)]
pub struct FactLog {
    packed: Vec<Rc<Group>>,
    names: Rc<Names>,
    recent: Vec<Fact>,
}

impl FactLog {
    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.packed_len().saturating_add(self.recent.len())
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them.
    pub fn all(&self) -> Facts<'_> {
        Facts { log: self, from: 0, to: self.len() }
    }

    /// Lets `add` put facts at the end.
    pub fn add<T>(&mut self, add: impl FnOnce(&mut Vec<Fact>) -> T) -> T {
        let result = add(&mut self.recent);
        if self.len() >= WHOLE_MAX && self.recent.len() >= RECENT_MAX {
            self.pack();
        }
        result
    }

    /// Forgets those from a place on.
    pub fn truncate(&mut self, len: usize) {
        if let Some(recent) = len.checked_sub(self.packed_len()) {
            self.recent.truncate(recent);
            return;
        }
        self.recent = self
            .packed
            .get(len / GROUP)
            .map_or_else(Vec::new, |group| group.read(&self.names).take(len % GROUP).collect());
        self.packed.truncate(len / GROUP);
    }

    #[inline(never)]
    fn pack(&mut self) {
        let groups = self.recent.len().saturating_sub(RECENT_MAX / 2) / GROUP;
        let names = Rc::make_mut(&mut self.names);
        for group in self.recent.chunks_exact(GROUP).take(groups) {
            self.packed.push(Rc::new(Group::of(group, names)));
        }
        self.recent.drain(..groups.saturating_mul(GROUP));
        // What lay there before the first packing needs its room no more.
        self.recent.shrink_to(2 * RECENT_MAX);
    }

    fn packed_len(&self) -> usize {
        self.packed.len().saturating_mul(GROUP)
    }
}

/// Facts of a history that follow on each other.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    log: &'a FactLog,
    from: usize,
    to: usize,
}

impl<'a> Facts<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.to.saturating_sub(self.from)
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fact at a place among these, from 0.
    pub fn get(&self, place: usize) -> Option<FactRef<'a>> {
        let place = self.from.saturating_add(place);
        if place >= self.to {
            return None;
        }
        match place.checked_sub(self.log.packed_len()) {
            Some(recent) => self.log.recent.get(recent).map(Cow::Borrowed),
            None => self.log.packed.get(place / GROUP)?.read(&self.log.names).nth(place % GROUP).map(Cow::Owned),
        }
    }

    /// Facts one by one, each near the one before.
    pub fn near(self) -> Near<'a> {
        Near { facts: self, number: 0, group: Vec::new() }
    }

    /// Some of these, by their places; what is beyond the last one is left out.
    #[must_use]
    pub fn part(&self, places: impl RangeBounds<usize>) -> Facts<'a> {
        let from = match places.start_bound() {
            Bound::Included(place) => *place,
            Bound::Excluded(place) => place.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let to = match places.end_bound() {
            Bound::Included(place) => place.saturating_add(1),
            Bound::Excluded(place) => *place,
            Bound::Unbounded => usize::MAX,
        };
        let at = |place: usize| self.from.saturating_add(place).min(self.to);
        Facts { log: self.log, from: at(from), to: at(to.max(from)) }
    }

    /// One after the other, from either end.
    pub fn iter(self) -> Iter<'a> {
        Iter { left: self, front: Vec::new(), back: Vec::new() }
    }
}

/// Gives facts one by one; the group of the last one stays open.
#[derive(Clone, Debug)]
pub struct Near<'a> {
    facts: Facts<'a>,
    number: usize,
    group: Vec<Fact>,
}

impl<'a> Near<'a> {
    /// The fact at a place, from 0.
    pub fn get(&mut self, place: usize) -> Option<FactRef<'a>> {
        let Facts { log, from, to } = self.facts;
        let place = from.saturating_add(place);
        if place >= to || place >= log.packed_len() {
            return self.facts.get(place.saturating_sub(from));
        }
        if self.group.is_empty() || self.number != place / GROUP {
            self.number = place / GROUP;
            self.group = log.packed.get(self.number)?.read(&log.names).collect();
        }
        self.group.get(place % GROUP).cloned().map(Cow::Owned)
    }
}

impl<'a> IntoIterator for Facts<'a> {
    type Item = FactRef<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Facts one after the other.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    left: Facts<'a>,
    /// What is left of the group that was read for the first ones, the next one last.
    front: Vec<Fact>,
    /// What is left of the group that was read for the last ones.
    back: Vec<Fact>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = FactRef<'a>;

    fn next(&mut self) -> Option<FactRef<'a>> {
        let Facts { log, from, to } = self.left;
        if from >= to {
            return None;
        }
        self.left.from = from.saturating_add(1);
        if let Some(place) = from.checked_sub(log.packed_len()) {
            return log.recent.get(place).map(Cow::Borrowed);
        }
        if self.front.is_empty() {
            self.front = log.packed.get(from / GROUP)?.read(&log.names).collect();
            self.front.reverse();
            self.front.truncate(GROUP.saturating_sub(from % GROUP));
        }
        self.front.pop().map(Cow::Owned)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left.len(), Some(self.left.len()))
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<FactRef<'a>> {
        let Facts { log, from, to } = self.left;
        let last = to.checked_sub(1).filter(|last| *last >= from)?;
        self.left.to = last;
        if let Some(place) = last.checked_sub(log.packed_len()) {
            return log.recent.get(place).map(Cow::Borrowed);
        }
        if self.back.is_empty() {
            self.back = log.packed.get(last / GROUP)?.read(&log.names).collect();
            self.back.truncate((last % GROUP).saturating_add(1));
        }
        self.back.pop().map(Cow::Owned)
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

#[cfg(test)]
mod tests;
