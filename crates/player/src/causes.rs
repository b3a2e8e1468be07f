//! Why a value is what it is: the last fact that set it, and the walk along causes to a command.

use highwater_sim::fact::Fact;
use highwater_sim::ids::FactId;

/// At most so many facts in a chain.
pub const CHAIN_MAX: usize = 10_000;

/// The chain behind a value, newest first: the last fact among `facts` that set `key`, then cause after cause; it ends
/// at a command. Empty if nothing set the value.
pub fn why<'a>(facts: &'a [Fact], key: &str) -> Vec<&'a Fact> {
    let last = facts.iter().rev().find(|fact| fact.kind.sets().iter().any(|set| set == key));
    chain(facts, last)
}

/// The chain that begins at a fact, newest first.
pub fn chain<'a>(facts: &'a [Fact], from: Option<&'a Fact>) -> Vec<&'a Fact> {
    std::iter::successors(from, |fact| find(facts, fact.cause?)).take(CHAIN_MAX).collect()
}

/// A fact by its number: they are numbered without gaps.
pub fn find(facts: &[Fact], id: FactId) -> Option<&Fact> {
    let index = usize::try_from(id.0).ok()?;
    facts.get(index).filter(|fact| fact.id == id)
}
