//! What must hold after every event, whatever goes wrong. Kafka: the invariants of its replication protocol, as its TLA+ models
//! name them; the scheme is that of its own `RaftEventSimulationTest`.
//!
//! What is committed is kept beside the world: the highest high watermark that a leader had, and the batches below it. Losses
//! that Kafka does not promise to prevent end that and begin it anew: a leader from outside of ISR and ELR, and a power loss
//! of as many brokers as `min.insync.replicas`. So does one that Kafka 4.3 brings about: a replica that a reassignment takes
//! away while it is eligible stays in the ELR, and may be elected with an empty log once it is a replica again
//! (`PartitionChangeBuilder.maybePopulateTargetElr` looks at no replicas).

mod groups;
mod sequences;
mod share;

use std::fmt;

use crate::broker::partition::Partition;
use crate::command::Command;
use crate::fact::UnflushedLost;
use crate::fact::{Fact, FactKind};
use crate::ids::{BrokerId, LeaderEpoch, TopicPartition};
use crate::metadata::PartitionRegistration;
use crate::sorted::{SortedMap, SortedSet};
use crate::world::World;

/// An invariant, by its number and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// 1. A leader has everything that is committed.
    LeaderCompleteness,
    /// 2. Whoever runs and is in the ISR has everything that is committed: it could lead.
    LeaderCandidateCompleteness,
    /// 3. A leader's maximal ISR has everybody whom the controller's ISR has.
    QuorumSuperset,
    /// 4. Below both of their high watermarks two logs are the same.
    LogMatching,
    /// 5. Below the high watermark of whoever takes itself for the leader, all logs of the ISR are the same.
    StrongIsr,
    /// 6. A consumer reads only what is committed.
    ConsistentRead,
    /// 7. Somebody has everything that is committed.
    NoGlobalLoss,
    /// 8. A leader epoch has one leader.
    OneLeaderPerEpoch,
    /// 9. What is acknowledged with `acks=all` is committed.
    AcknowledgedDurable,
    /// 10. Log start ≤ last stable offset ≤ high watermark ≤ log end, and a leader's high watermark never falls.
    OrderedOffsets,
    /// 11. The high watermark does not advance while the ISR is smaller than `min.insync.replicas`.
    NoAdvanceBelowMinIsr,
    /// 12. A fenced broker leads nothing, and joins no ISR.
    FencedOut,
    /// 13. In a log a producer's sequence numbers follow on, or begin at 0 with a new epoch: none missing, none twice.
    SequencesContiguous,
    /// 14. In each epoch an idempotent producer's records are in a log in the order in which it sent them.
    SendOrder,
    /// 17. In a group a partition has one owner at a time: in a generation, or among the members that the coordinator knows.
    OneOwner,
    /// 22. Members with equal subscriptions get as many partitions as the others, or one more.
    EvenShares,
    /// Of a share group a record is one member's at a time.
    OneHolder,
    /// A record is delivered to a share group at most `group.share.delivery.count.limit` times.
    DeliveryCountLimit,
    /// What a share group has acknowledged or archived, and that is written, nobody gets again.
    DoneOnce,
    /// The start offset of a share partition never goes back.
    ShareStartOffset,
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Of which partition.
    pub partition: TopicPartition,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {}: {}", self.invariant, self.partition, self.why)
    }
}

/// What a batch is: two that are equal in all of this are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    base_offset: i64,
    last_offset: i64,
    leader_epoch: i32,
    crc: u32,
}

/// What is known of a partition beside the world.
#[derive(Clone, Debug, Default)]
struct Tracked {
    registration: PartitionRegistration,
    /// What is before it is committed.
    high_watermark: i64,
    committed: Vec<Identity>,
    /// Up to where each replica was held against what is committed.
    verified: SortedMap<BrokerId, i64>,
    /// The leader epoch, and the high watermark, of each replica at its last look.
    seen: SortedMap<BrokerId, (LeaderEpoch, i64)>,
    /// Replicas that have not heard yet of a leader from outside of the ISR: their logs may be other ones, from here on.
    parted: SortedMap<BrokerId, (LeaderEpoch, i64)>,
    /// Brokers that lost committed records with their power.
    lossy: SortedSet<BrokerId>,
    /// Members of the ELR that were taken out of the replicas meanwhile, and of the ISR that nobody knows to be in sync.
    strangers: SortedSet<BrokerId>,
    /// The smallest `min.insync.replicas` so far: as many have what is committed.
    least_min_isr: Option<usize>,
    leaders: SortedMap<LeaderEpoch, BrokerId>,
    /// Everything committed may be lost: nothing is looked at until somebody leads again.
    is_lost: bool,
    /// Something committed was lost at some time.
    has_lost: bool,
}

/// The invariants of a world.
#[derive(Clone, Debug)]
pub struct Invariants {
    partitions: SortedMap<TopicPartition, Tracked>,
    shares: share::Shares,
    excuses: bool,
    sent: sequences::Sent,
}

impl Default for Invariants {
    fn default() -> Invariants {
        let (shares, sent) = (share::Shares::default(), sequences::Sent::default());
        Invariants { partitions: SortedMap::new(), shares, excuses: true, sent }
    }
}

type Checked = Result<(), Violation>;

impl Invariants {
    /// The same without the losses that Kafka does not promise to prevent: these are violations, too.
    pub fn strict() -> Invariants {
        Invariants { excuses: false, ..Invariants::default() }
    }

    /// The same with the order of producers that are not idempotent, which Kafka does not promise.
    pub fn ordered() -> Invariants {
        Invariants { sent: sequences::Sent::of_all(), ..Invariants::default() }
    }

    /// Looks at everything after an event or a command that told `facts`.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&mut self, world: &World, facts: &[Fact]) -> Checked {
        for fact in facts {
            self.take(world, fact)?;
        }
        let excuses = self.excuses;
        for (id, tracked) in &mut self.partitions {
            tracked.look(world, id, excuses)?;
        }
        let is_whole = |log: &TopicPartition| self.partitions.get(log).is_none_or(|tracked| !tracked.has_lost);
        for fact in facts {
            self.shares.take(world, fact, &is_whole)?;
        }
        groups::look(world, is_whole)
    }

    fn take(&mut self, world: &World, fact: &Fact) -> Checked {
        match &fact.kind {
            FactKind::PartitionRecord { partition, .. } => {
                let registration = world.metadata().partition(partition).map(|at| (**at).clone()).unwrap_or_default();
                let tracked = Tracked { registration, ..Tracked::default() };
                self.partitions.insert(partition.clone(), tracked);
            }
            FactKind::RemoveTopicRecord(topic) => self.partitions.retain(|partition, _| partition.topic != *topic),
            FactKind::PartitionChangeRecord { partition, registration, .. } => {
                let excuses = self.excuses;
                let Some(tracked) = self.partitions.get_mut(partition) else { return Ok(()) };
                tracked.change(world, partition, registration, excuses)?;
            }
            FactKind::HighWatermarkAdvanced { broker, partition, to, .. } => {
                let Some(tracked) = self.partitions.get_mut(partition) else { return Ok(()) };
                tracked.advance(world, partition, *broker, to.0)?;
            }
            FactKind::RecordsPolled { partition, last_offset, consumer, .. } => {
                let Some(tracked) = self.partitions.get(partition).filter(|tracked| !tracked.is_lost) else {
                    return Ok(());
                };
                if last_offset.0 >= tracked.high_watermark && tracked.parted.is_empty() {
                    let why = format!(
                        "{consumer} read {last_offset}, committed is what is before {}",
                        tracked.high_watermark
                    );
                    return Err(violation(Invariant::ConsistentRead, partition, why));
                }
            }
            FactKind::BatchAcknowledged { producer, partition, base_offset, records, .. } => {
                let acks_all = world
                    .producer(&producer.0)
                    .is_some_and(|producer| producer.config.acks == crate::config::Acks::All);
                let Some(tracked) = self.partitions.get(partition).filter(|tracked| acks_all && !tracked.is_lost)
                else {
                    return Ok(());
                };
                let end = base_offset.0.saturating_add(*records);
                if end > tracked.high_watermark && tracked.parted.is_empty() {
                    let why = format!("{end} is acknowledged, committed is what is before {}", tracked.high_watermark);
                    return Err(violation(Invariant::AcknowledgedDurable, partition, why));
                }
            }
            FactKind::CommandGiven { command: Command::Send { producer, value: Some(value), .. } } => {
                self.sent.note(producer, value);
            }
            FactKind::RecordAppended { broker, partition, first_offset, as_leader: true, .. } => {
                self.sent.check(world, partition, *broker, *first_offset)?;
            }
            FactKind::UnflushedLost(UnflushedLost { broker, partition, to, .. }) => {
                if let Some(tracked) = self.partitions.get_mut(partition) {
                    tracked.cut(*broker, to.0);
                    tracked.seen.remove(broker);
                    if to.0 < tracked.high_watermark {
                        tracked.lossy.insert(*broker);
                    }
                }
            }
            FactKind::LogTruncated { broker, partition, to, .. } => {
                if let Some(tracked) = self.partitions.get_mut(partition) {
                    tracked.cut(*broker, to.0);
                }
            }
            FactKind::LogLoaded { broker, partition, log_end_offset, .. } => {
                if let Some(tracked) = self.partitions.get_mut(partition) {
                    tracked.cut(*broker, log_end_offset.0);
                    tracked.seen.remove(broker);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn violation(invariant: Invariant, partition: &TopicPartition, why: String) -> Violation {
    Violation { invariant, partition: partition.clone(), why }
}

fn identities(replica: &Partition, from: i64, to: i64) -> Vec<Identity> {
    let batches = replica.log.batches_from(from).take_while(|batch| batch.base_offset() < to);
    let identity = |batch: &highwater_log::batch::RecordBatch| Identity {
        base_offset: batch.base_offset(),
        last_offset: batch.last_offset(),
        leader_epoch: batch.partition_leader_epoch(),
        crc: batch.crc(),
    };
    batches.map(identity).collect()
}

impl Tracked {
    /// The end of a log is another one.
    fn cut(&mut self, broker: BrokerId, end: i64) {
        if let Some(verified) = self.verified.get_mut(&broker) {
            *verified = (*verified).min(end);
        }
    }

    /// Takes what the controller wrote.
    fn change(&mut self, world: &World, id: &TopicPartition, to: &PartitionRegistration, excuses: bool) -> Checked {
        let is_fenced = |broker: BrokerId| world.metadata().brokers.get(&broker).is_none_or(|broker| broker.fenced);
        let before = std::mem::replace(&mut self.registration, to.clone());
        let was_stranger = to.leader.is_some_and(|leader| self.strangers.contains(&leader));
        // Taking a reassignment back when only what it added is in sync puts the first replica into the ISR, whoever that is.
        let is_revert = !before.adding_replicas.is_empty()
            && to.adding_replicas.is_empty()
            && !before.isr.iter().any(|member| to.replicas.contains(member) && to.isr.contains(member));
        let joined = to.isr.iter().find(|member| !before.isr.contains(member) && is_fenced(**member));
        if let Some(joined) = joined.filter(|_| !is_revert) {
            return Err(violation(Invariant::FencedOut, id, format!("fenced broker {joined} joins the ISR")));
        }
        for member in to.isr.iter().filter(|_| to.leader.is_some()) {
            self.strangers.remove(member);
        }
        if is_revert && to.leader.is_none() {
            for member in &to.isr {
                self.strangers.insert(*member);
            }
        }
        for member in to.elr.iter().filter(|member| !to.replicas.contains(member)) {
            self.strangers.insert(*member);
        }
        let Some(leader) = to.leader.filter(|_| before.leader_epoch != to.leader_epoch || before.leader != to.leader)
        else {
            return Ok(());
        };
        if let Some(other) = self.leaders.insert(to.leader_epoch, leader).filter(|other| *other != leader) {
            let why = format!("brokers {other} and {leader} lead in epoch {}", to.leader_epoch);
            return Err(violation(Invariant::OneLeaderPerEpoch, id, why));
        }
        let is_known = !was_stranger && (before.isr.contains(&leader) || before.elr.contains(&leader));
        let is_clean = before.leader == Some(leader) || is_known;
        if (!is_clean && excuses) || self.is_lost {
            self.begin_anew(world, id, leader, to);
        }
        Ok(())
    }

    /// What only others had than this leader is lost.
    fn begin_anew(&mut self, world: &World, id: &TopicPartition, leader: BrokerId, to: &PartitionRegistration) {
        let log = world.replica(leader, id);
        let theirs = log.map(|replica| identities(replica, 0, i64::MAX)).unwrap_or_default();
        let shared = self.committed.iter().zip(&theirs).take_while(|(one, other)| one == other).count();
        self.has_lost |= shared < self.committed.len();
        self.committed.truncate(shared);
        let end = self.committed.last().map_or(0, |last| last.last_offset.saturating_add(1));
        self.high_watermark = self.high_watermark.min(end);
        for verified in self.verified.values_mut() {
            *verified = (*verified).min(end);
        }
        for broker in world.brokers().filter(|broker| broker.id != leader) {
            self.parted.insert(broker.id, (to.leader_epoch, end));
        }
        self.lossy.clear();
        self.seen.clear();
        self.is_lost = false;
    }

    /// A leader's high watermark advanced: what is before it is committed.
    fn advance(&mut self, world: &World, id: &TopicPartition, broker: BrokerId, to: i64) -> Checked {
        let Some(replica) = world.replica(broker, id).filter(|_| !self.is_lost) else { return Ok(()) };
        if self.parted.contains_key(&broker) {
            return Ok(());
        }
        if replica.is_under_min_isr() {
            let why = format!("broker {broker} advanced to {to} with ISR of {}", replica.state().isr().len());
            return Err(violation(Invariant::NoAdvanceBelowMinIsr, id, why));
        }
        if to > self.high_watermark {
            let from = self.committed.last().map_or(0, |last| last.last_offset.saturating_add(1));
            self.committed.extend(identities(replica, from, to).into_iter().filter(|batch| batch.base_offset >= from));
            self.high_watermark = to;
        }
        Ok(())
    }

    /// Looks at all replicas.
    fn look(&mut self, world: &World, id: &TopicPartition, excuses: bool) -> Checked {
        let registration = world.metadata().partition(id);
        let (leader, epoch) = registration.map_or((None, LeaderEpoch(-1)), |at| (at.leader, at.leader_epoch));
        let is_fenced = |broker: BrokerId| world.metadata().brokers.get(&broker).is_none_or(|broker| broker.fenced);
        if let Some(fenced) = leader.filter(|leader| is_fenced(*leader)) {
            return Err(violation(Invariant::FencedOut, id, format!("fenced broker {fenced} leads")));
        }
        if self.is_lost {
            return Ok(());
        }
        let min_isr = registration.map_or(1, |at| min_isr(world, id, at));
        self.least_min_isr = Some(self.least_min_isr.map_or(min_isr, |least| least.min(min_isr)));
        let mut holders = 0_usize;
        let mut claimed: Vec<(LeaderEpoch, BrokerId)> = Vec::new();
        for broker in world.brokers() {
            let Some(replica) = broker.partitions.get(id) else { continue };
            let (end, high_watermark) = (replica.log_end_offset().0, replica.high_watermark().0);
            holders = holders
                .saturating_add(usize::from(end >= self.high_watermark && !self.parted.contains_key(&broker.id)));
            self.check_order(id, replica, high_watermark)?;
            if let Some((since, from)) = self.parted.get(&broker.id).copied() {
                if replica.leader_epoch() < since || (end > from && replica.log.latest_epoch() < Some(since.0)) {
                    continue;
                }
                self.parted.remove(&broker.id);
            }
            if end >= self.high_watermark {
                self.lossy.remove(&broker.id);
            }
            let is_running = world.is_running(broker.id);
            let registered = world.metadata().brokers.get(&broker.id).map(|registered| registered.epoch);
            let is_present = is_running && registered == Some(broker.epoch);
            let in_isr = registration.is_some_and(|at| at.isr.contains(&broker.id));
            if replica.is_leader() && is_running {
                let claim = (replica.leader_epoch(), broker.id);
                if let Some((epoch, other)) = claimed.iter().find(|(epoch, _)| *epoch == claim.0) {
                    let why =
                        format!("brokers {other} and {} take themselves for the leader of epoch {epoch}", broker.id);
                    return Err(violation(Invariant::OneLeaderPerEpoch, id, why));
                }
                claimed.push(claim);
            }
            let leads = replica.is_leader() && leader == Some(broker.id) && replica.leader_epoch() == epoch;
            if is_present && leads && end < self.high_watermark {
                let why =
                    format!("leader {} ends at {end}, committed is what is before {}", broker.id, self.high_watermark);
                return Err(violation(Invariant::LeaderCompleteness, id, why));
            }
            if is_present && in_isr && end < self.high_watermark && leader != Some(broker.id) {
                let why =
                    format!("broker {} ends at {end}, committed is what is before {}", broker.id, self.high_watermark);
                return Err(violation(Invariant::LeaderCandidateCompleteness, id, why));
            }
            if leads
                && let Some(missing) = registration
                    .and_then(|at| at.isr.iter().find(|member| !replica.state().is_in_maximal_isr(**member)))
            {
                let why = format!("leader {} does not count broker {missing}, which is in the ISR", broker.id);
                return Err(violation(Invariant::QuorumSuperset, id, why));
            }
            let (to, invariant) = if is_present && leads {
                (self.high_watermark, Invariant::LeaderCompleteness)
            } else if is_present && in_isr {
                (self.high_watermark, Invariant::StrongIsr)
            } else {
                (high_watermark.min(self.high_watermark), Invariant::LogMatching)
            };
            self.verify(id, replica, to.min(end), invariant)?;
        }
        if holders == 0 && self.high_watermark > 0 {
            if excuses && Some(self.lossy.len()) >= self.least_min_isr {
                self.is_lost = true;
                self.has_lost = true;
                return Ok(());
            }
            if self.parted.is_empty() {
                let why = format!("nobody has what is before {}", self.high_watermark);
                return Err(violation(Invariant::NoGlobalLoss, id, why));
            }
        }
        Ok(())
    }

    fn check_order(&mut self, id: &TopicPartition, replica: &Partition, high_watermark: i64) -> Checked {
        let log = &replica.log;
        let (start, stable, end) = (log.log_start_offset(), log.last_stable_offset(), log.log_end_offset());
        if start > stable || stable > high_watermark || high_watermark > end {
            let why = format!(
                "broker {}: start {start}, last stable offset {stable}, high watermark {high_watermark}, end {end}",
                replica.broker
            );
            return Err(violation(Invariant::OrderedOffsets, id, why));
        }
        let before = self.seen.insert(replica.broker, (replica.leader_epoch(), high_watermark));
        let fell = before.is_some_and(|(epoch, before)| epoch == replica.leader_epoch() && high_watermark < before);
        if fell && replica.is_leader() {
            let why = format!("the high watermark of leader {} fell to {high_watermark}", replica.broker);
            return Err(violation(Invariant::OrderedOffsets, id, why));
        }
        Ok(())
    }

    /// Holds a log against what is committed, from where it was last held against it.
    fn verify(&mut self, id: &TopicPartition, replica: &Partition, to: i64, invariant: Invariant) -> Checked {
        let from = self.verified.get(&replica.broker).copied().unwrap_or(0);
        if to <= from {
            return Ok(());
        }
        let first = self.committed.partition_point(|batch| batch.last_offset < from);
        let wanted = self.committed.iter().skip(first).take_while(|batch| batch.base_offset < to);
        let theirs = identities(replica, from, to);
        for (at, wanted) in wanted.enumerate() {
            if theirs.get(at) != Some(wanted) {
                let why = format!("broker {} has {:?}, committed is {wanted:?}", replica.broker, theirs.get(at));
                return Err(violation(invariant, id, why));
            }
        }
        self.verified.insert(replica.broker, to);
        Ok(())
    }
}

fn min_isr(world: &World, id: &TopicPartition, at: &PartitionRegistration) -> usize {
    let wanted = world.metadata().topics.get(&id.topic).map_or(1, |topic| topic.config.min_insync_replicas);
    usize::try_from(wanted).unwrap_or(1).min(at.replicas.len())
}
