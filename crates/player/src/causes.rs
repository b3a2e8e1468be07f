//! Why a value is what it is: the last fact that set it, and the walk along causes to a command.

use highwater_sim::ids::FactId;

use crate::facts::{FactRef, Facts};

/// At most so many facts in a chain.
pub const CHAIN_MAX: usize = 10_000;

/// The chain behind a value, newest first: the last fact among `facts` that set `key`, then cause after cause; it ends
/// at a command. Empty if nothing set the value.
pub fn why<'a>(facts: Facts<'a>, key: &str) -> Vec<FactRef<'a>> {
    let last = facts.iter().rev().find(|fact| fact.kind.sets().iter().any(|set| set == key));
    chain(facts, last)
}

/// The chain that begins at a fact, newest first.
pub fn chain<'a>(facts: Facts<'a>, from: Option<FactRef<'a>>) -> Vec<FactRef<'a>> {
    let mut near = facts.near();
    let cause = |fact: &FactRef<'a>| {
        let id = fact.cause?;
        near.get(usize::try_from(id.0).ok()?).filter(|fact| fact.id == id)
    };
    std::iter::successors(from, cause).take(CHAIN_MAX).collect()
}

/// A fact by its number: they are numbered without gaps.
pub fn find(facts: Facts<'_>, id: FactId) -> Option<FactRef<'_>> {
    let index = usize::try_from(id.0).ok()?;
    facts.get(index).filter(|fact| fact.id == id)
}
