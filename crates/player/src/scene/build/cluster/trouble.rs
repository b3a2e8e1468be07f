//! What the cluster panel shows only when something goes wrong: ghosts, clocks, what is lost, what the controller says.

use highwater_sim::broker::Broker;
use highwater_sim::broker::partition::Partition;
use highwater_sim::ids::{BrokerId, NodeId, Offset, TopicPartition};
use highwater_sim::metadata::PartitionRegistration;
use highwater_sim::producer::SentRecord;
use highwater_sim::sorted::sort_short_by_key;
use highwater_sim::world::World;

use super::mark_of;
use crate::past::{Seen, What, Written};
use crate::phrase::Phrase;
use crate::scene::cluster::{ClientCard, ClientKind, ClientLine, Clock, ClockOf, Cut, Ghost, ReplicaRow, Role, Status};

/// A clock is shown when so much of its time has passed: at rest, none runs.
const CLOCK_FROM_MS: u64 = 500;

/// Notes which records of other replicas are not those that the leader has at their offsets.
pub(super) fn differing(rows: &mut [ReplicaRow]) {
    let Some(leader) = rows.iter().position(|row| row.role == Role::Leader) else { return };
    let own = rows.get_mut(leader).map(|row| std::mem::take(&mut row.records)).unwrap_or_default();
    for cell in rows.iter_mut().flat_map(|row| &mut row.records) {
        let there = own.binary_search_by_key(&cell.offset, |record| record.offset).ok().and_then(|at| own.get(at));
        cell.differs = there.is_some_and(|there| there.key != cell.key || there.value != cell.value);
    }
    if let Some(row) = rows.get_mut(leader) {
        row.records = own;
    }
}

/// Puts the records that were cut off into their empty slots.
#[inline(never)]
pub(super) fn ghosts(rows: &mut [ReplicaRow], seen: &Seen, partition: &TopicPartition, first_offset: i64) {
    for cut in seen.cuts().iter().filter(|cut| cut.partition == *partition) {
        let Some(row) = rows.iter_mut().find(|row| row.broker == cut.broker) else { continue };
        for cell in &cut.cells {
            let is_empty = cell.offset >= row.log_end_offset.value;
            if !is_empty || cell.offset < first_offset {
                continue;
            }
            let ghost = Ghost { cell: cell.clone(), is_new: cut.fact >= seen.since_step };
            match row.ghosts.iter_mut().find(|there| there.cell.offset == cell.offset) {
                Some(there) => *there = ghost,
                None => row.ghosts.push(ghost),
            }
        }
    }
}

/// The links of a broker that are cut; both directions of one are together.
pub(super) fn cuts(world: &World, broker: BrokerId) -> Vec<Cut> {
    let here = NodeId::Broker(broker);
    let mut cuts: Vec<Cut> = Vec::new();
    for (from, to) in world.cut_links() {
        let (is_sent, other) = if *from == here { (true, to) } else { (false, from) };
        if *from != here && *to != here {
            continue;
        }
        let other = mark_of(other);
        match cuts.iter_mut().find(|cut| cut.other == other) {
            Some(cut) => {
                cut.loses_sent |= is_sent;
                cut.loses_heard |= !is_sent;
            }
            None => cuts.push(Cut { other, loses_sent: is_sent, loses_heard: !is_sent }),
        }
    }
    cuts
}

/// What is about to change about a replica, if it goes on like this.
pub(super) fn clock(world: &World, broker: &Broker, replica: &Partition, isr: &[i32]) -> Option<Clock> {
    let clock = |about: ClockOf, waited_ms: u64, limit_ms: u64| {
        (waited_ms >= CLOCK_FROM_MS).then_some(Clock { about, waited_ms, limit_ms })
    };
    if let Some((waited_ms, limit_ms)) = world.silence_of(broker.id) {
        return clock(ClockOf::Silence, waited_ms, limit_ms);
    }
    if !isr.contains(&broker.id.0) {
        return None;
    }
    let leader = world.leader(&replica.id).filter(|leader| world.is_running(leader.broker))?;
    let (_, known) = leader.replicas().iter().find(|(id, _)| **id == broker.id)?;
    if known.known_end() == Some(leader.log_end_offset()) {
        return None;
    }
    let since = u64::try_from(known.last_caught_up_ms).ok().filter(|since| *since > 0)?;
    let now = u64::try_from(world.now().timestamp_ms()).unwrap_or(0);
    clock(ClockOf::Lag, now.saturating_sub(since), broker.config.replica_lag_time_max_ms)
}

/// A record that was acknowledged is not where it was said to be, in the log of whoever leads now.
pub(crate) fn is_lost(world: &World, sent: &SentRecord, offset: Offset) -> bool {
    let Some(number) = sent.partition else { return false };
    let Some(leader) = world.leader(&TopicPartition::new(sent.topic.clone(), number)) else { return false };
    if leader.log_end_offset() <= offset {
        return true;
    }
    if offset < leader.log_start_offset() {
        return false;
    }
    let record = leader.log.batches_from(offset.0).next().and_then(|batch| {
        let records = batch.records().ok()?;
        records.into_iter().find(|record| record.offset == offset.0)
    });
    record.is_some_and(|record| {
        let same = |there: Option<&[u8]>, mine: Option<&highwater_sim::bytes::Bytes>| match (there, mine) {
            (Some(there), Some(mine)) => *there == *mine.0,
            (None, None) => true,
            _ => false,
        };
        !(same(record.key.as_deref(), sent.key.as_ref()) && same(record.value.as_deref(), sent.value.as_ref()))
    })
}

/// The controller's card: how the partition is, and what was written last.
#[inline(never)]
pub(super) fn controller(registration: &PartitionRegistration, seen: &Seen, partition: &TopicPartition) -> ClientCard {
    let list = |ids: &[BrokerId]| {
        let mut ids: Vec<i32> = ids.iter().map(|id| id.0).collect();
        sort_short_by_key(&mut ids, |id| *id);
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let key = if registration.leader.is_some() { "scene.controller_leader" } else { "scene.controller_no_leader" };
    let now = Phrase::new(key)
        .with("leader", registration.leader.map_or(-1, |leader| leader.0))
        .with("epoch", registration.leader_epoch.0)
        .with("isr", list(&registration.isr));
    let about = |written: &&Written| match &written.what {
        What::Partition(of, _) => of == partition,
        What::Broker(..) => true,
    };
    let line = |number: usize, text: Phrase, status: Option<(Status, Phrase)>| ClientLine {
        id: format!("controller/line-{number}"),
        record: None,
        text,
        status,
    };
    let mut lines = vec![line(0, now, None)];
    if let Some(last) = seen.written().iter().rev().find(about) {
        let text = match &last.what {
            What::Partition(..) => Phrase::new("scene.controller_wrote"),
            What::Broker(broker, change) => change.phrase(*broker),
        };
        let at = Phrase::new("scene.at_ms").with("ms", i64::try_from(last.at_us / 1_000).unwrap_or(i64::MAX));
        lines.push(line(1, text, Some((Status::Plain, at))));
    }
    ClientCard {
        id: "controller".to_owned(),
        name: partition.to_string(),
        kind: ClientKind::Controller,
        lines,
        earlier: 0,
        lost: 0,
    }
}
