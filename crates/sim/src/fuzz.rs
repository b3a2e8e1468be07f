//! Clusters under random faults and load, every event of which is held against the invariants. The same seed gives the same
//! schedule, on any machine.
//!
//! A schedule is a list of commands with the time that passes before each. One that breaks an invariant is made shorter by
//! leaving out whatever is not needed for that.

mod share;

use std::rc::Rc;

pub use share::{SHARE_MEMBERS, SHARE_WORK};

use crate::bytes::Bytes;
use crate::command::Command;
use crate::config::{AutoOffsetReset, BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use crate::consumer::action::ConsumerAction;
use crate::consumer::membership::GroupName;
use crate::consumer::work::{Commits, Work};
use crate::fact::Fact;
use crate::fault::{Fault, Link};
use crate::ids::{BrokerId, ClientId, NodeId, TopicPartition};
use crate::invariants::{Invariants, Violation};
use crate::metadata::Features;
use crate::rng::Pcg;
use crate::world::{World, WorldConfig};

/// The topic of all schedules.
pub const TOPIC: &str = "orders";
/// At most so many events in one cluster.
const EVENTS_MAX: u64 = 20_000;
/// How long a message travels, in ms.
pub const LATENCY_MS: u64 = 1;
/// Configurations of all brokers: faults are noticed soon, so that much happens in little time.
pub const BROKER_CONFIGS: [(&str, &str); 4] = [
    ("replica.lag.time.max.ms", "4000"),
    ("broker.session.timeout.ms", "3000"),
    ("broker.heartbeat.interval.ms", "1000"),
    ("leader.imbalance.check.interval.seconds", "20"),
];
/// Configurations of all producers.
pub const PRODUCER_CONFIGS: [(&str, &str); 3] =
    [("linger.ms", "0"), ("delivery.timeout.ms", "8000"), ("request.timeout.ms", "3000")];

/// A cluster and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The seed that it is made of.
    pub seed: u64,
    /// How many brokers.
    pub brokers: i32,
    /// The replicas of each partition.
    pub assignment: Vec<Vec<BrokerId>>,
    /// `min.insync.replicas` of the topic.
    pub min_isr: i32,
    /// `unclean.leader.election.enable` of the topic.
    pub unclean: bool,
    /// The producer with `acks=all` is idempotent.
    pub idempotent: bool,
    /// Brokers and consumers are in racks, and consumers read from the replica in theirs.
    pub has_racks: bool,
    /// The members of groups; without any there is no `__consumer_offsets`.
    pub members: Vec<Member>,
    /// What is done.
    pub steps: Vec<Step>,
}

/// A consumer in a group of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its `client.id`.
    pub id: &'static str,
    /// `group.id`.
    pub group: &'static str,
    /// Its configurations.
    pub configs: &'static [(&'static str, &'static str)],
    /// It is a share group.
    pub is_share: bool,
}

/// The groups of the schedules that have some: one by each protocol.
pub const MEMBERS: [Member; 6] = [
    Member { id: "n1", group: "next", configs: NEXT, is_share: false },
    Member { id: "n2", group: "next", configs: NEXT, is_share: false },
    Member { id: "n3", group: "next", configs: NEXT, is_share: false },
    Member { id: "m1", group: "classic", configs: CLASSIC, is_share: false },
    Member { id: "m2", group: "classic", configs: CLASSIC, is_share: false },
    Member { id: "m3", group: "classic", configs: CLASSIC, is_share: false },
];
const NEXT: &[(&str, &str)] = &[("group.protocol", "consumer"), ("max.poll.interval.ms", "8000")];
const CLASSIC: &[(&str, &str)] = &[
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("session.timeout.ms", "10000"),
    ("max.poll.interval.ms", "8000"),
];
/// Partitions of the topic, where there are groups.
const PARTITIONS_OF_GROUPS: i32 = 5;
/// Configurations of all brokers, where there are groups.
pub const BROKER_CONFIG_OF_GROUPS: (&str, &str) = ("offsets.topic.num.partitions", "2");

/// Something that is done, after a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the step before, in ms.
    pub after_ms: u64,
    /// What.
    pub command: Command,
}

/// How a schedule ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Events that happened.
    pub events: u64,
    /// The steps that the world did not refuse, by their places.
    pub done: Vec<usize>,
    /// The invariant that broke, and at which step: the schedule ends there.
    pub violation: Option<(usize, Violation)>,
}

/// The clients of all schedules: producers with `acks=all` and `acks=1`, a consumer.
pub const PRODUCERS: [(&str, &str); 2] = [("p1", "all"), ("p2", "1")];
/// The consumer of all schedules.
pub const CONSUMER: &str = "c1";
/// The racks of the schedules that have some.
pub const RACKS: [&str; 2] = ["a", "b"];
/// Configuration of all brokers, where there are racks.
pub const BROKER_CONFIG_OF_RACKS: (&str, &str) = ("replica.selector.class", "RackAwareReplicaSelector");
/// Configuration of all consumers, where there are racks.
pub const CONSUMER_CONFIG_OF_RACKS: (&str, &str) = ("client.rack", "b");

impl Schedule {
    /// The schedule of a seed: 2 to 5 brokers, 1 to 3 replicas, `steps` commands.
    pub fn random(seed: u64, steps: usize) -> Schedule {
        let mut rng = Pcg::new(seed);
        let brokers = 2_i32.saturating_add(pick(&mut rng, 4));
        let replicas = 1_i32.saturating_add(pick(&mut rng, 3)).min(brokers);
        let partitions = 1_i32.saturating_add(pick(&mut rng, 2));
        let place = |partition: i32| (0..replicas).map(|at| BrokerId((partition + at) % brokers + 1)).collect();
        let min_isr = 1_i32.saturating_add(pick(&mut rng, replicas));
        let unclean = pick(&mut rng, 4) == 0;
        let assignment: Vec<Vec<BrokerId>> = (0..partitions).map(place).collect();
        let mut schedule = Schedule {
            seed,
            brokers,
            assignment,
            min_isr,
            unclean,
            idempotent: seed % 2 == 1,
            has_racks: seed % 3 == 1,
            members: Vec::new(),
            steps: Vec::new(),
        };
        for number in 0..steps {
            let after_ms = match pick(&mut rng, 4) {
                0 => 0,
                1 => rng.below(20).into(),
                2 => rng.below(600).into(),
                _ => rng.below(4_000).into(),
            };
            let command = schedule.draw(&mut rng, number);
            schedule.steps.push(Step { after_ms, command });
        }
        schedule
    }

    /// The schedule of a seed with two groups: every second command is one to a member.
    pub fn random_with_groups(seed: u64, steps: usize) -> Schedule {
        let mut schedule = Schedule::random(seed, steps);
        let mut rng = Pcg::new(seed ^ 0x6f66_6673_6574_7321);
        let replicas = i32::try_from(schedule.assignment.first().map_or(1, Vec::len)).unwrap_or(1);
        let brokers = schedule.brokers;
        let place = |partition: i32| (0..replicas).map(|at| BrokerId((partition + at) % brokers + 1)).collect();
        schedule.assignment = (0..PARTITIONS_OF_GROUPS).map(place).collect();
        schedule.members = MEMBERS.to_vec();
        for step in schedule.steps.iter_mut().step_by(2) {
            let at = usize::try_from(rng.below(6)).unwrap_or(0);
            let consumer = client(schedule.members.get(at).map_or(CONSUMER, |member| member.id));
            let action = match rng.below(12) {
                0..=4 => ConsumerAction::Subscribe { topics: vec![TOPIC.into()] },
                5 | 6 => ConsumerAction::Close,
                7 | 8 => ConsumerAction::Crash,
                9 => ConsumerAction::PausePolling,
                10 => ConsumerAction::ResumePolling,
                _ => ConsumerAction::Commit { sync: false, offsets: Vec::new() },
            };
            step.command = Command::Consumer { consumer, action };
        }
        schedule
    }

    /// The schedule of a seed with a share group: every second command is one to a member, or a record.
    pub fn random_with_share(seed: u64, steps: usize) -> Schedule {
        let mut schedule = Schedule::random(seed, steps);
        let mut rng = Pcg::new(seed ^ 0x7368_6172_6521_2121);
        schedule.members = SHARE_MEMBERS.to_vec();
        let partitions = i32::try_from(schedule.assignment.len()).unwrap_or(1);
        for (number, step) in schedule.steps.iter_mut().enumerate().step_by(2) {
            let at = usize::try_from(rng.below(4)).unwrap_or(0);
            let consumer = client(schedule.members.get(at).map_or(CONSUMER, |member| member.id));
            let partition = pick(&mut rng, partitions);
            let action = match rng.below(12) {
                0..=3 => ConsumerAction::Subscribe { topics: vec![TOPIC.into()] },
                4 => ConsumerAction::Close,
                5 | 6 => ConsumerAction::Crash,
                7 => ConsumerAction::PausePolling,
                8 => ConsumerAction::ResumePolling,
                _ => {
                    let value = Some(Bytes::from(format!("s{number}").as_str()));
                    let (topic, partition) = (TOPIC.into(), Some(partition));
                    let producer = client(PRODUCERS[0].0);
                    step.command = Command::Send { producer, topic, partition, key: None, value, timestamp_ms: None };
                    continue;
                }
            };
            step.command = Command::Consumer { consumer, action };
        }
        schedule
    }

    fn draw(&self, rng: &mut Pcg, number: usize) -> Command {
        let broker = BrokerId(1_i32.saturating_add(pick(rng, self.brokers)));
        let partition = TopicPartition::new(TOPIC, pick(rng, i32::try_from(self.assignment.len()).unwrap_or(1)));
        let fault = match rng.below(40) {
            0..=11 => {
                let (producer, _) = if rng.below(3) == 0 { PRODUCERS[1] } else { PRODUCERS[0] };
                return Command::Send {
                    producer: client(producer),
                    topic: TOPIC.into(),
                    partition: Some(partition.partition),
                    key: None,
                    value: Some(Bytes::from(format!("v{number}").as_str())),
                    timestamp_ms: None,
                };
            }
            12..=14 => Fault::Kill(broker),
            15..=19 => Fault::Start(broker),
            20 | 21 => Fault::Pause(broker),
            22 | 23 => Fault::Resume(broker),
            24 => Fault::Stop(broker),
            25 | 26 => Fault::Cut(self.link(rng, broker)),
            27..=29 => Fault::Heal(self.link(rng, broker)),
            30 => Fault::PowerLoss(broker),
            31 => Fault::WriteBack(broker),
            32 => Fault::SlowDisk(broker, one_of(rng, [0, 40, 700])),
            33 => Fault::FillDisk(broker),
            34 => Fault::FreeDisk(broker),
            35 => Fault::SkewClock(NodeId::Broker(broker), one_of(rng, [0, 3_000, -3_000])),
            36 => return Command::ElectPreferred { partition },
            37 => {
                let mut replicas: Vec<BrokerId> = (1..=self.brokers).map(BrokerId).collect();
                for at in (1..replicas.len()).rev() {
                    replicas.swap(at, usize::try_from(rng.below(u32::try_from(at).unwrap_or(0) + 1)).unwrap_or(0));
                }
                replicas.truncate(self.assignment.first().map_or(1, Vec::len));
                return Command::Reassign { partition, replicas };
            }
            38 => return Command::CancelReassignment { partition },
            _ => {
                let replicas = i32::try_from(self.assignment.first().map_or(1, Vec::len)).unwrap_or(1);
                let value = 1_i32.saturating_add(pick(rng, replicas)).to_string();
                let (topic, name) = (TOPIC.into(), "min.insync.replicas".into());
                return Command::AlterConfig { topic, name, value: Some(value.as_str().into()) };
            }
        };
        Command::Fault(fault)
    }

    fn link(&self, rng: &mut Pcg, broker: BrokerId) -> Link {
        let other = BrokerId(1_i32.saturating_add(pick(rng, self.brokers)));
        let to = if other == broker { NodeId::Controller } else { NodeId::Broker(other) };
        Link { from: NodeId::Broker(broker), to, one_way: rng.below(2) == 0 }
    }

    /// The configurations of a producer.
    pub fn producer_configs<'a>(&self, acks: &'a str) -> Vec<(&'static str, &'a str)> {
        let idempotence = if self.idempotent && acks == "all" { "true" } else { "false" };
        PRODUCER_CONFIGS.into_iter().chain([("acks", acks), ("enable.idempotence", idempotence)]).collect()
    }

    /// The configurations of all brokers, without their racks.
    pub fn broker_configs(&self) -> Vec<(&'static str, &'static str)> {
        let of_groups = (!self.members.is_empty()).then_some(BROKER_CONFIG_OF_GROUPS);
        let of_racks = self.has_racks.then_some(BROKER_CONFIG_OF_RACKS);
        BROKER_CONFIGS.into_iter().chain(of_groups).chain(of_racks).collect()
    }

    /// The configurations of a consumer that has these of its own.
    pub fn consumer_configs(&self, own: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
        own.iter().copied().chain(self.has_racks.then_some(CONSUMER_CONFIG_OF_RACKS)).collect()
    }

    /// The racks of all brokers by id; none without racks.
    pub fn racks(&self) -> Vec<&'static str> {
        let brokers = usize::try_from(self.brokers).unwrap_or(0);
        if self.has_racks { RACKS.into_iter().cycle().take(brokers).collect() } else { Vec::new() }
    }

    fn world(&self, features: Option<Features>) -> Option<(World, Vec<Fact>)> {
        let mut broker = BrokerConfig::default();
        for (name, value) in self.broker_configs() {
            broker.set(name, value).ok()?;
        }
        let config = WorldConfig { brokers: self.brokers, latency_us: LATENCY_MS * 1_000, seed: self.seed, broker };
        let mut world = World::new(config).ok()?;
        if let Some(features) = features {
            world.set_features(features);
        }
        for (id, rack) in (1..).zip(self.racks()) {
            world.set_rack(BrokerId(id), rack).ok()?;
        }
        for (id, acks) in PRODUCERS {
            let config = ProducerConfig::from_pairs(self.producer_configs(acks)).ok()?;
            world.add_producer(client(id), config).ok()?;
        }
        world.add_consumer(client(CONSUMER), self.consumer_config(&[])?).ok()?;
        let mut facts = Vec::new();
        for Member { id, group, configs, is_share } in &self.members {
            let config = self.consumer_config(configs)?;
            if *is_share {
                world.add_share_member(&client(id), config, group, AutoOffsetReset::Earliest).ok()?;
                let (ms_per_record, fails) = SHARE_WORK;
                let work = Work { ms_per_record, commits: Commits::Never, threads: 0, fails: fails.to_vec() };
                world.set_work(&client(id), work).ok()?;
                continue;
            }
            let name = GroupName { group: (*group).to_owned(), instance_id: None };
            world.add_member(&client(id), config, name).ok()?;
        }
        if !self.members.is_empty() {
            let offsets = world.create_offsets_topic();
            world.command(offsets, &mut facts).ok()?;
        }
        let mut config = TopicConfig::default();
        config.set("min.insync.replicas", &self.min_isr.to_string()).ok()?;
        config.set("unclean.leader.election.enable", &self.unclean.to_string()).ok()?;
        let assignment = self.assignment.clone();
        let create = Command::CreateTopic { topic: TOPIC.into(), assignment, config: Rc::new(config) };
        world.command(create, &mut facts).ok()?;
        let numbers = 0..i32::try_from(self.assignment.len()).unwrap_or(0);
        let partitions = numbers.map(|number| TopicPartition::new(TOPIC, number)).collect();
        world.command(Command::Assign { consumer: client(CONSUMER), partitions, from: None }, &mut facts).ok()?;
        Some((world, facts))
    }

    fn consumer_config(&self, own: &[(&'static str, &'static str)]) -> Option<ConsumerConfig> {
        let mut config = ConsumerConfig::default();
        for (name, value) in self.consumer_configs(own).into_iter().chain([("auto.offset.reset", "earliest")]) {
            config.set(name, value).ok()?;
        }
        Some(config)
    }

    /// Plays it until its last step has had some time, or an invariant breaks. What the world refuses is left out.
    pub fn play(&self, invariants: Invariants) -> Outcome {
        self.play_with(invariants, None)
    }

    /// The same under other rules.
    pub fn play_with(&self, mut invariants: Invariants, features: Option<Features>) -> Outcome {
        let mut outcome = Outcome::default();
        let Some((mut world, mut facts)) = self.world(features) else { return outcome };
        let mut look = |world: &World, facts: &mut Vec<Fact>, step: usize, outcome: &mut Outcome| {
            let broken = invariants.check(world, facts).err();
            facts.clear();
            outcome.violation = broken.map(|violation| (step, violation));
            outcome.violation.is_some()
        };
        if look(&world, &mut facts, 0, &mut outcome) {
            return outcome;
        }
        let rest = [(self.steps.len(), None)];
        let steps = self.steps.iter().enumerate().map(|(at, step)| (at, Some(step)));
        for (at, step) in steps.chain(rest) {
            let until = world.now().plus_ms(step.map_or(10_000, |step| step.after_ms));
            while world.next_event_at().is_some_and(|next| next <= until) && outcome.events < EVENTS_MAX {
                world.step(&mut facts);
                outcome.events = outcome.events.saturating_add(1);
                if look(&world, &mut facts, at.saturating_sub(1), &mut outcome) {
                    return outcome;
                }
            }
            world.idle_until(until);
            let Some(step) = step else { break };
            if world.command(step.command.clone(), &mut facts).is_ok() {
                outcome.done.push(at);
            }
            if look(&world, &mut facts, at, &mut outcome) {
                return outcome;
            }
        }
        outcome
    }

    /// The shortest schedule found that breaks the same invariant: leaves out parts, smaller and smaller ones, then single
    /// steps, and what was refused. `play` says how one ends.
    #[must_use]
    pub fn shrunk(&self, play: &dyn Fn(&Schedule) -> Outcome) -> Schedule {
        let mut best = self.clone();
        let outcome = play(&best);
        let Some((last, wanted)) = outcome.violation else { return best };
        best.steps.truncate(last.saturating_add(1));
        let mut size = best.steps.len();
        while size > 0 {
            let mut at = 0;
            while at < best.steps.len() {
                let end = at.saturating_add(size).min(best.steps.len());
                let shorter = best.without(at, end);
                let broken = play(&shorter).violation;
                if let Some((last, _)) = broken.filter(|(_, other)| other.invariant == wanted.invariant) {
                    best = shorter;
                    best.steps.truncate(last.saturating_add(1));
                } else {
                    at = end;
                }
            }
            size /= 2;
        }
        let done = play(&best).done;
        let mut kept = Vec::new();
        let mut owed_ms = 0_u64;
        for (at, step) in best.steps.iter().enumerate() {
            let after_ms = owed_ms.saturating_add(step.after_ms);
            owed_ms = if done.contains(&at) { 0 } else { after_ms };
            if done.contains(&at) {
                kept.push(Step { after_ms, command: step.command.clone() });
            }
        }
        best.steps = kept;
        best
    }

    /// Without some steps; their time passes all the same.
    fn without(&self, from: usize, to: usize) -> Schedule {
        let mut shorter = self.clone();
        let gone: u64 = shorter.steps.drain(from..to).map(|step| step.after_ms).sum();
        if let Some(next) = shorter.steps.get_mut(from) {
            next.after_ms = next.after_ms.saturating_add(gone);
        }
        shorter
    }
}

/// What became of many schedules.
#[derive(Clone, Debug, Default)]
pub struct Fuzzed {
    /// Clusters.
    pub clusters: u64,
    /// Their events.
    pub events: u64,
    /// The first schedule that broke an invariant, as short as it was found.
    pub broken: Option<(Schedule, Violation)>,
}

/// Plays schedules, each of its own seed, until there were so many events, or an invariant broke.
pub fn fuzz(seed: u64, events: u64) -> Fuzzed {
    let mut seeds = Pcg::new(seed);
    let mut fuzzed = Fuzzed::default();
    while fuzzed.events < events {
        let (seed, steps) = (seeds.next_u64() >> 1, 60);
        let schedule = match fuzzed.clusters % 4 {
            3 => Schedule::random_with_groups(seed, steps),
            1 => Schedule::random_with_share(seed, steps),
            _ => Schedule::random(seed, steps),
        };
        let outcome = schedule.play(Invariants::default());
        fuzzed.clusters = fuzzed.clusters.saturating_add(1);
        fuzzed.events = fuzzed.events.saturating_add(outcome.events);
        if outcome.violation.is_some() {
            let play = |schedule: &Schedule| schedule.play(Invariants::default());
            let shrunk = schedule.shrunk(&play);
            let violation = play(&shrunk).violation.or(outcome.violation);
            fuzzed.broken = violation.map(|(_, violation)| (shrunk, violation));
            break;
        }
    }
    fuzzed
}

fn client(id: &str) -> ClientId {
    ClientId(id.into())
}

fn one_of<T: Copy + Default>(rng: &mut Pcg, values: [T; 3]) -> T {
    let at = usize::try_from(rng.below(3)).unwrap_or(0);
    values.get(at).copied().unwrap_or_default()
}

fn pick(rng: &mut Pcg, bound: i32) -> i32 {
    i32::try_from(rng.below(u32::try_from(bound).unwrap_or(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests;
