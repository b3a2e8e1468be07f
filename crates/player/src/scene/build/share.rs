//! Builds the share panel.

use highwater_sim::consumer::{Consumer, Life, Polls};
use highwater_sim::fact::{MessageFact, Says};
use highwater_sim::group::share::body::ShareSays;
use highwater_sim::group::share::in_flight::{InFlightState, RecordState};
use highwater_sim::group::share::message::ShareError;
use highwater_sim::group::share::partition::SharePartition;
use highwater_sim::ids::{NodeId, TopicPartition};
use highwater_sim::message::Api;
use highwater_sim::world::World;

use super::{Palette, View, cells_of};
use crate::phrase::Phrase;
use crate::scene::Shown;
use crate::scene::group::{MemberMessage, MemberRole};
use crate::scene::share::{ShareMember, SharePanel, ShareRecord, ShareState};

/// At most so many members are shown.
const MEMBERS_MAX: usize = 12;
/// At most so many records.
const RECORDS_MAX: i64 = 24;

#[inline(never)]
pub(super) fn panel(world: &World, view: &View, palette: &Palette) -> Option<SharePanel> {
    let (group, id) = (view.group.as_deref()?, view.partition.as_ref()?);
    if !world.is_share_group(group) {
        return None;
    }
    let panel = format!("share-{group}/{id}");
    let there = world.share_partition(group, id);
    let leader = world.metadata().partition(id)?.leader;
    let replica = world.leader(id);
    let (hw, leo) = replica.map_or((0, 0), |replica| (replica.high_watermark().0, replica.log_end_offset().0));
    let first = replica.map_or(0, |replica| replica.log_start_offset().0.max(leo.saturating_sub(RECORDS_MAX)));
    let cells = replica.map(|replica| cells_of(&panel, replica, first, palette)).unwrap_or_default();
    let records = cells.into_iter().map(|cell| {
        let (state, known) = state_of(there, cell.offset);
        let member = known.and_then(|known| known.member.as_deref());
        ShareRecord {
            state: Shown { value: state, key: format!("share_record/{group}/{id}/{}", cell.offset) },
            member: member.and_then(|member| world.share_member_named(member)).map(ToString::to_string),
            delivery_count: known.map_or(0, |known| known.delivery_count),
            lock_left_ms: known.and_then(InFlightState::lock_ends).map(|at| at.ms_since(world.now())),
            is_in_transition: known.is_some_and(InFlightState::is_in_transition),
            id: cell.id,
            offset: cell.offset,
            key: cell.key,
            value: cell.value,
            color: cell.color,
        }
    });
    let config = leader.and_then(|leader| world.broker(leader)).map(|broker| broker.config.clone()).unwrap_or_default();
    let next = |there: &SharePartition| {
        if there.in_flight() > 0 { there.end_offset().saturating_add(1) } else { there.end_offset() }
    };
    Some(SharePanel {
        group: group.to_owned(),
        partition: id.to_string(),
        leader: leader.map(|leader| leader.0),
        start: Shown { value: there.map(SharePartition::start_offset), key: format!("share_start/{group}/{id}") },
        end: there.map(next),
        high_watermark: hw,
        log_end_offset: leo,
        delivery_count_limit: config.group_share_delivery_count_limit,
        lock_duration_ms: config.group_share_record_lock_duration_ms,
        records: records.collect(),
        members: world.share_members(group).take(MEMBERS_MAX).filter_map(|there| member(world, there, id)).collect(),
        id: panel,
    })
}

fn state_of(there: Option<&SharePartition>, offset: i64) -> (ShareState, Option<&InFlightState>) {
    let Some(there) = there else { return (ShareState::Waiting, None) };
    if offset < there.start_offset() {
        return (ShareState::Done, None);
    }
    let Some(known) = there.state_of(offset) else { return (ShareState::Waiting, None) };
    let state = match known.state {
        RecordState::Available if known.delivery_count == 0 => ShareState::Waiting,
        RecordState::Available => ShareState::Available,
        RecordState::Acquired => ShareState::Acquired,
        RecordState::Acknowledged => ShareState::Acknowledged,
        RecordState::Archived => ShareState::Archived,
    };
    (state, Some(known))
}

fn member(world: &World, consumer: &Consumer, id: &TopicPartition) -> Option<ShareMember> {
    let share = consumer.share.as_deref()?;
    let known = world.share_group(&share.group).is_some_and(|group| {
        group.members.iter().any(|(_, member)| *member.client_id == *consumer.id.0 && share.has_been(&member.id))
    });
    let role = match consumer.life {
        Life::Closed => MemberRole::Closed,
        Life::Crashed => MemberRole::Crashed,
        Life::Running if share.moments.is_empty() => MemberRole::Idle,
        Life::Running if known => MemberRole::Member,
        Life::Running => MemberRole::Outside,
    };
    let runs = consumer.life == Life::Running;
    let in_hand = share.member.in_flight().into_iter().filter(|there| there.partition == *id && runs);
    Some(ShareMember {
        id: format!("member-{}", consumer.id),
        name: consumer.id.to_string(),
        role,
        polls: consumer.polls != Polls::Never,
        is_assigned: runs && share.member.assigned().contains(id),
        in_hand: in_hand.map(|there| there.offset).collect(),
        returned: consumer.returned(),
        message: message(world, consumer),
    })
}

/// What is on the wire between a member and a leader: the last that tells something.
fn message(world: &World, consumer: &Consumer) -> Option<MemberMessage> {
    let node = NodeId::Client(consumer.id.clone());
    let is_its = |message: &MessageFact| {
        let tells = match &message.says {
            Says::Share(says) => says.acquired.is_some() || !says.acknowledgements.is_empty(),
            _ => false,
        };
        matches!(message.api, Api::Share(_)) && (message.from == node || message.to == node) && tells
    };
    let message = world.on_the_wire().into_iter().map(MessageFact::of).rfind(is_its)?;
    let error = match &message.says {
        Says::Share(says) if says.error != ShareError::None => Some(says.error.name().to_owned()),
        _ => None,
    };
    Some(MemberMessage { api: message.api.name().to_owned(), response: message.response, waits: false, error })
}

/// What a message between a share consumer and a leader says, in short.
#[inline(never)]
pub(super) fn summary(says: &ShareSays) -> Phrase {
    let leader = says.current_leader.and_then(|named| named.leader_id).filter(|_| says.error.is_about_leader());
    if let Some(leader) = leader {
        return Phrase::new("scene.msg_error_leader").with("error", says.error.name()).with("leader", leader.0);
    }
    match says.acquired {
        _ if says.error != ShareError::None => Phrase::new("scene.msg_error").with("error", says.error.name()),
        Some((first, records)) => Phrase::new("scene.msg_acquired").with("first", first).with("records", records),
        None if !says.acknowledgements.is_empty() => {
            Phrase::new("scene.msg_acknowledges").with("acknowledgements", says.acknowledgements.as_str())
        }
        None => Phrase::new("scene.msg_share"),
    }
}
