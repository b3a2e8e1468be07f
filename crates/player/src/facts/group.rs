//! Some facts in a row as bytes: of each when, after which cause, and what; those of seldom kinds lie beside them as they are.

use highwater_sim::fact::{Fact, FactKind};
use highwater_sim::ids::FactId;
use highwater_sim::time::SimTime;

use super::values::{Names, Packed, Reader, Writer};

/// The facts of a group.
pub(super) const GROUP: usize = 64;
/// Stands where a fact is not packed.
const WHOLE: u8 = 0;

/// Facts in a row, packed.
#[derive(Debug)]
pub(super) struct Group {
    first: FactId,
    bytes: Box<[u8]>,
    /// Those that are not packed, in order.
    whole: Box<[FactKind]>,
}

impl Group {
    /// Packs facts, whose numbers have no gaps.
    pub(super) fn of(facts: &[Fact], names: &mut Names) -> Group {
        let first = facts.first().map_or(FactId(0), |fact| fact.id);
        let mut to = Writer { bytes: Vec::with_capacity(facts.len().saturating_mul(24)), names };
        let mut whole = Vec::new();
        let mut before = 0;
        for Fact { id, at, cause, kind } in facts {
            let begin = to.bytes.len();
            if kind.put(&mut to).is_none() {
                to.bytes.truncate(begin);
                to.bytes.push(WHOLE);
                whole.push(kind.clone());
            }
            to.number(at.0.wrapping_sub(before));
            to.number(cause.map_or(0, |cause| id.0.wrapping_sub(cause.0)));
            before = at.0;
        }
        Group { first, bytes: to.bytes.into(), whole: whole.into() }
    }

    /// The facts again, one after the other.
    pub(super) fn read<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = Fact> + 'a {
        let mut from = Reader { bytes: &self.bytes, names };
        let mut whole = self.whole.iter();
        let mut before = SimTime::ZERO;
        let mut id = self.first;
        std::iter::from_fn(move || {
            let kind = if from.bytes.first() == Some(&WHOLE) {
                from.byte()?;
                whole.next()?.clone()
            } else {
                FactKind::take(&mut from)?
            };
            let at = SimTime(before.0.wrapping_add(u64::take(&mut from)?));
            let back = u64::take(&mut from)?;
            let fact = Fact { id, at, cause: (back != 0).then(|| FactId(id.0.wrapping_sub(back))), kind };
            before = at;
            id = FactId(id.0.saturating_add(1));
            Some(fact)
        })
    }

    /// What it takes in memory, without what others share.
    #[cfg(test)]
    pub(super) fn size_in_bytes(&self) -> usize {
        size_of::<Group>() + self.bytes.len() + size_of_val(&*self.whole)
    }
}
