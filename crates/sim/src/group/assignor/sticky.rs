//! Everybody keeps what they own as far as the balance allows. Kafka 4.3: `AbstractStickyAssignor`, with `StickyAssignor`
//! and `CooperativeStickyAssignor` on it.

mod constrained;
mod general;
mod movements;

use super::table::{Given, Partition, Table, topics_of};
use super::{AssignError, Member};

/// Kafka: `AbstractStickyAssignor.DEFAULT_GENERATION`.
const NO_GENERATION: i32 = -1;

/// What is taken from the members at first. Kafka: the locals of `AbstractStickyAssignor.assignPartitions`.
struct Claims {
    /// The members in the order in which Kafka's map has them.
    order: Vec<usize>,
    /// Each member's partitions as it says itself.
    said: Vec<Vec<Partition>>,
    /// Each member's partitions that nobody else has a better claim to.
    owned: Vec<Vec<Partition>>,
    /// What two owned in one generation, in the order of partitions.
    twice: Vec<Partition>,
}

/// Assigns at once, since all members give up what they have first; or, if `cooperative`, withholds what somebody else has
/// to give up first. Kafka: `AbstractStickyAssignor.assignPartitions`, `CooperativeStickyAssignor.assignPartitions`.
pub(super) fn assign(table: &Table<'_>, cooperative: bool) -> Result<Given, AssignError> {
    if table.members.is_empty() {
        return Ok(Given::new());
    }
    let claims = claims(table);
    if all_subscriptions_equal(table, &claims.order) {
        let constrained::Built { mut given, transferring } = constrained::build(table, &claims)?;
        if cooperative {
            for (partition, member) in transferring {
                if let Some(own) = given.get_mut(member) {
                    own.retain(|kept| *kept != partition);
                }
            }
        }
        return Ok(given);
    }
    let mut given = general::build(table, &claims)?;
    if cooperative {
        withhold(table, &claims, &mut given);
    }
    Ok(given)
}

/// Takes out what a member gets that another one says to own and loses.
/// Kafka: `CooperativeStickyAssignor.computePartitionsTransferringOwnership`.
fn withhold(table: &Table<'_>, claims: &Claims, given: &mut Given) {
    let mut revoked = vec![false; table.total()];
    for (own, said) in given.iter_mut().zip(&claims.said) {
        own.sort_unstable();
        for partition in said.iter().filter(|partition| own.binary_search(partition).is_err()) {
            if let Some(revoked) = table.index(*partition).and_then(|index| revoked.get_mut(index)) {
                *revoked = true;
            }
        }
    }
    for (own, said) in given.iter_mut().zip(&claims.said) {
        let mut said = said.clone();
        said.sort_unstable();
        own.retain(|partition| {
            let revoked = table.index(*partition).and_then(|index| revoked.get(index));
            revoked != Some(&true) || said.binary_search(partition).is_ok()
        });
    }
}

/// A member says that it owned a partition.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    partition: Partition,
    /// The place of this claim among all.
    turn: usize,
    member: usize,
}

/// Settles who owned what. Kafka: the second half of `AbstractStickyAssignor.allSubscriptionsEqual`, which goes through
/// the members; here a partition comes after the other, which is the same, since none looks at another.
fn claims(table: &Table<'_>) -> Claims {
    let order = table.in_hash_order();
    let said: Vec<Vec<Partition>> = table.members.iter().map(|member| table.owned(member)).collect();
    let mut made: Vec<Claim> = Vec::with_capacity(said.iter().map(Vec::len).sum());
    for member in &order {
        for partition in said.get(*member).into_iter().flatten() {
            made.push(Claim { partition: *partition, turn: made.len(), member: *member });
        }
    }
    made.sort_unstable();
    let mut owned = vec![Vec::new(); said.len()];
    let mut twice = Vec::new();
    for rivals in made.chunk_by(|one, other| one.partition == other.partition) {
        // The last one with a claim, and whether it holds the partition.
        let mut last: Option<(&Claim, bool)> = None;
        for claim in rivals {
            let generation = |claim: &Claim| table.members.get(claim.member).map_or(NO_GENERATION, generation_of);
            last = match last {
                Some((other, _)) if generation(claim) == generation(other) => {
                    if twice.last() != Some(&claim.partition) {
                        twice.push(claim.partition);
                    }
                    Some((claim, false))
                }
                Some((other, holds)) if generation(claim) < generation(other) => Some((other, holds)),
                _ => Some((claim, true)),
            };
        }
        if let Some(own) = last.filter(|(_, holds)| *holds).and_then(|(claim, _)| owned.get_mut(claim.member)) {
            own.extend(rivals.first().map(|claim| claim.partition));
        }
    }
    Claims { order, said, owned, twice }
}

fn generation_of(member: &Member) -> i32 {
    member.generation.unwrap_or(NO_GENERATION)
}

/// Whether all subscribe to the same. Members who subscribe to nothing are passed over as long as they come first.
/// Kafka: the first half of `AbstractStickyAssignor.allSubscriptionsEqual`.
fn all_subscriptions_equal(table: &Table<'_>, order: &[usize]) -> bool {
    let mut first: Option<(&Member, Vec<&str>)> = None;
    for member in order.iter().filter_map(|member| table.members.get(*member)) {
        match &first {
            // Mostly they come in the same order too.
            Some((same, _)) if same.topics == member.topics => {}
            Some((_, topics)) if topics_of(member) == *topics => {}
            Some(_) => return false,
            None if member.topics.is_empty() => {}
            None => first = Some((member, topics_of(member))),
        }
    }
    true
}
