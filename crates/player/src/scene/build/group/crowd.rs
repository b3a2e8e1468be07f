//! A group with more members or partitions than there is room for cards: how many partitions each member has.

use highwater_sim::consumer::{Consumer, Life, Polls};
use highwater_sim::group::coordinator::ClassicGroup;
use highwater_sim::ids::TopicPartition;
use highwater_sim::sorted::{SortedSet, sort_short_by_key};
use highwater_sim::world::World;

use super::role;
use crate::phrase::Phrase;
use crate::scene::group::{CrowdMember, GroupCrowd, MemberRole};

const SECOND_US: u64 = 1_000_000;

/// All members; `partitions` are those of the topics that they read.
#[inline(never)]
pub(super) fn of(
    world: &World,
    consumers: &[&Consumer],
    group: Option<&ClassicGroup>,
    partitions: usize,
) -> GroupCrowd {
    let members = consumers.iter().filter_map(|consumer| member(world, consumer, group)).collect();
    // Of a partition that two believe to own, both say so; that makes none that nobody owns.
    let owned: SortedSet<&TopicPartition> =
        consumers.iter().flat_map(|consumer| consumer.positions().map(|(partition, _)| partition)).collect();
    GroupCrowd { partitions: count(partitions), unowned: count(partitions.saturating_sub(owned.len())), members }
}

/// c2 before c10.
#[inline(never)]
pub(super) fn by_number(consumers: &mut [&Consumer]) {
    // At most as many as a scenario has clients.
    sort_short_by_key(consumers, |consumer| (consumer.id.0.len(), consumer.id.clone()));
}

/// Of many that come or go within a second, how many.
#[inline(never)]
pub(super) fn together(mut events: Vec<(u64, Phrase)>) -> Vec<(u64, Phrase)> {
    // At most as many as a scenario has clients, and what they did in the time that is shown.
    sort_short_by_key(&mut events, |(at, _)| *at);
    let mut groups: Vec<(u64, Phrase, i64)> = Vec::new();
    for (at, said) in events {
        match groups.iter_mut().find(|(since, first, _)| first.key == said.key && at.saturating_sub(*since) < SECOND_US)
        {
            Some((.., many)) => *many = many.saturating_add(1),
            None => groups.push((at, said, 1)),
        }
    }
    let said = |(at, said, many): (u64, Phrase, i64)| match many {
        1 => (at, said),
        _ => (at, Phrase::new(&[said.key.as_str(), "_many"].concat()).with("n", many)),
    };
    groups.into_iter().map(said).collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn member(world: &World, consumer: &Consumer, group: Option<&ClassicGroup>) -> Option<CrowdMember> {
    let membership = consumer.membership.as_deref()?;
    let member_id = &membership.member.generation.member_id;
    let known = group.is_some_and(|group| !member_id.is_empty() && group.members.contains_key(member_id));
    let leads = known && group.is_some_and(|group| group.is_leader(member_id));
    let is_known = known || world.consumer_group_member(&consumer.id.0).is_some();
    let (mut kept, mut came) = (0_usize, 0_usize);
    for (partition, _) in consumer.positions() {
        let had = membership.before.contains(partition);
        kept = kept.saturating_add(usize::from(had));
        came = came.saturating_add(usize::from(!had));
    }
    Some(CrowdMember {
        id: format!("member-{}", consumer.id),
        name: consumer.id.to_string(),
        role: match role(consumer, membership, is_known) {
            MemberRole::Member if leads => MemberRole::Leader,
            role => role,
        },
        polls: consumer.polls == Polls::Always,
        kept: count(kept),
        came: count(came),
        gone: if consumer.life == Life::Running { count(membership.before.len().saturating_sub(kept)) } else { 0 },
    })
}
