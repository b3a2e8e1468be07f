//! What happened to a share partition, as events: made of what it decided, batch by batch.

use std::rc::Rc;

use super::super::event::{Left, ShareEventKind};
use super::super::message::{AcknowledgeType, AcknowledgementBatch};
use super::super::partition::{SharePartition, StateWrite};
use super::super::persister::StateBatch;
use super::{ShareKey, ShareLeader};
use crate::time::SimTime;

type Events = Vec<(ShareKey, ShareEventKind)>;

impl ShareLeader {
    pub(super) fn tell_start(&mut self, key: &ShareKey, from: i64, to: i64) {
        if from != to {
            self.events.push((key.clone(), ShareEventKind::StartMoved { from, to }));
        }
    }
}

/// The members whose locks end now, with the first and the last offset of each lock.
pub(super) fn owners_of_ended(partition: &SharePartition, now: SimTime) -> Vec<(i64, i64, Rc<str>)> {
    let ended = |(first, last, state): (i64, i64, &super::super::in_flight::InFlightState)| {
        let is_due = state.lock.is_some_and(|lock| !lock.expired && lock.at <= now);
        state.member.clone().filter(|_| is_due).map(|member| (first, last, member))
    };
    partition.batches().iter().flat_map(super::super::in_flight::InFlightBatch::states).filter_map(ended).collect()
}

/// Locks ended.
pub(super) fn expired(key: &ShareKey, owners: &[(i64, i64, Rc<str>)], writes: &[StateWrite]) -> Events {
    let batches: Vec<StateBatch> = writes.iter().flat_map(|write| write.batches.iter().copied()).collect();
    let owner = |batch: &StateBatch| {
        let is_its = |(first, last, _): &&(i64, i64, Rc<str>)| (*first..=*last).contains(&batch.first);
        owners.iter().find(is_its).map(|(.., member)| Rc::clone(member))
    };
    let one = |(member, records)| (key.clone(), ShareEventKind::LockExpired { member, records });
    joined(batches.iter().filter_map(|batch| Some((owner(batch)?, *batch)))).into_iter().map(one).collect()
}

/// A session ended.
pub(super) fn released(key: &ShareKey, member: &str, write: Option<&StateWrite>) -> Events {
    let member: Rc<str> = member.into();
    let batches = write.into_iter().flat_map(|write| &write.batches).map(|batch| (Rc::clone(&member), *batch));
    let one = |(member, records)| (key.clone(), ShareEventKind::Released { member, records });
    joined(batches).into_iter().map(one).collect()
}

/// A member said what is to become of records.
pub(super) fn acknowledged(
    key: &ShareKey,
    member: &str,
    told: &[AcknowledgementBatch],
    write: Option<&StateWrite>,
    until: SimTime,
) -> Events {
    let member: Rc<str> = member.into();
    let how = |offset: i64| {
        let batch = told.iter().find(|batch| (batch.first..=batch.last).contains(&offset));
        batch.map_or(AcknowledgeType::Gap, |batch| batch.type_of(offset))
    };
    let batches = write.into_iter().flat_map(|write| &write.batches).map(|batch| (how(batch.first), *batch));
    let changed = |(how, records)| ShareEventKind::Acknowledged { member: Rc::clone(&member), records, how };
    let mut events: Vec<ShareEventKind> = joined(batches).into_iter().map(changed).collect();
    for batch in told {
        let renews = |offset: &i64| batch.type_of(*offset) == AcknowledgeType::Renew;
        let mut offsets = (batch.first..=batch.last).filter(renews);
        if let Some(first) = offsets.next() {
            let last = offsets.next_back().unwrap_or(first);
            events.push(ShareEventKind::Renewed { member: Rc::clone(&member), first, last, until });
        }
    }
    events.into_iter().map(|event| (key.clone(), event)).collect()
}

/// Neighbours that are alike are one.
fn joined<T: PartialEq>(batches: impl Iterator<Item = (T, StateBatch)>) -> Vec<(T, Left)> {
    let mut joined: Vec<(T, Left)> = Vec::new();
    for (of, batch) in batches {
        let StateBatch { first, last, state, delivery_count } = batch;
        let is_next = |(other, there): &&mut (T, Left)| {
            *other == of
                && there.last.saturating_add(1) == first
                && (there.state, there.delivery_count) == (state, delivery_count)
        };
        match joined.last_mut().filter(|there| is_next(there)) {
            Some((_, there)) => there.last = last,
            None => joined.push((of, Left { first, last, state, delivery_count })),
        }
    }
    joined
}
