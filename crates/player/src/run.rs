//! Runs the steps of a scenario: its commands, and events until its `until` holds.

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use highwater_sim::consumer::membership::GroupName;
use highwater_sim::consumer::work::{Commits, Work};
use highwater_sim::fact::{Fact, FieldValue};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, Offset, TopicPartition};
use highwater_sim::time::SimTime;
use highwater_sim::world::{World, WorldConfig};

use crate::environment::Situation;
use crate::history::{EVENTS_MAX, History, Moment};
use crate::script::{
    Action, ApplicationWork, Configs, Consumer, FactWanted, GroupMembership, Scalar, Scenario, StartAt, Step, Topic,
    Until, WITHIN_MS, action_of, fault_of, message_of, partition_from_name, subscription,
};

/// Why a scenario does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The cluster cannot be built.
    #[error("{0}")]
    Setup(String),
    /// A step cannot be done.
    #[error("step {step}: {message}")]
    Step {
        /// Its id.
        step: String,
        /// Why.
        message: String,
    },
}

/// The end of a step: the moment, and the world then.
#[derive(Clone, Debug)]
pub struct StepEnd {
    /// The moment.
    pub moment: Moment,
    /// The world.
    pub world: World,
}

/// A scenario that has run: its history, and where each step ends.
#[derive(Clone, Debug)]
pub struct Run {
    /// Everything that happened.
    pub history: History,
    /// The world before the first step.
    pub start: StepEnd,
    /// A step each.
    pub ends: Vec<StepEnd>,
    /// The other future, where the scenario compares two by itself.
    pub other: Option<Rc<Run>>,
}

/// Runs all steps of `scenario`.
///
/// # Errors
/// A cluster that cannot be built, a command that the world refuses, or a step that does not come to its end.
pub fn run(scenario: &Scenario) -> Result<Run, RunError> {
    run_within(scenario, EVENTS_MAX)
}

/// As [`run`], in at most so many events.
///
/// # Errors
/// As [`run`], and when it takes more events.
pub fn run_within(scenario: &Scenario, events: u64) -> Result<Run, RunError> {
    let (history, start) = set_up(scenario)?;
    let mut history = history.at_most(events);
    let mut ends = Vec::with_capacity(scenario.steps.len());
    for step in &scenario.steps {
        let fail = |message: String| RunError::Step { step: step.id.clone(), message };
        run_step(scenario, step, &mut history).map_err(fail)?;
        ends.push(end_of(&mut history));
    }
    let mut run = Run { history, start, ends, other: None };
    if let Some(compare) = &scenario.compare {
        let other = crate::compare::other(scenario, &run, compare).map_err(RunError::Setup)?;
        run.other = Some(Rc::new(other));
    }
    Ok(run)
}

/// The cluster with its topics and clients, before the first step.
pub(crate) fn set_up(scenario: &Scenario) -> Result<(History, StepEnd), RunError> {
    let mut history = History::new(build(scenario)?);
    for topic in scenario.topics.iter().filter(|topic| !topic.later) {
        let command = create_topic(topic, scenario.cluster.brokers, history.world())?;
        history.command(command).map_err(|error| RunError::Setup(error.to_string()))?;
    }
    if scenario.consumers.iter().any(|consumer| consumer.group.is_some()) {
        let command = history.world().create_offsets_topic();
        history.command(command).map_err(|error| RunError::Setup(error.to_string()))?;
    }
    for consumer in scenario.consumers.iter().filter(|consumer| consumer.start) {
        history.command(assign(consumer)).map_err(|error| RunError::Setup(error.to_string()))?;
    }
    let start = end_of(&mut history);
    Ok((history, start))
}

pub(crate) fn end_of(history: &mut History) -> StepEnd {
    history.keep();
    StepEnd { moment: history.end(), world: history.world().clone() }
}

fn build(scenario: &Scenario) -> Result<World, RunError> {
    let setup = |error: &dyn std::fmt::Display| RunError::Setup(error.to_string());
    let mut broker = BrokerConfig::default();
    for (name, value) in scenario.cluster.config.iter() {
        broker.set(name, &value.to_string()).map_err(|error| setup(&error))?;
    }
    let mut world = World::new(WorldConfig {
        brokers: scenario.cluster.brokers,
        latency_us: scenario.cluster.latency_ms.saturating_mul(1_000),
        seed: scenario.seed,
        broker,
    })
    .map_err(|error| setup(&error))?;
    if let Some(bytes) = scenario.cluster.page_cache_bytes {
        world.bound_page_caches(bytes);
    }
    for (id, rack) in (1..).zip(&scenario.cluster.racks) {
        world.set_rack(BrokerId(id), rack).map_err(|error| setup(&error))?;
    }
    for producer in &scenario.producers {
        let mut config = ProducerConfig::default();
        set_all(&producer.config, |name, value| config.set(name, value).map_err(|error| error.to_string()))?;
        config.check().map_err(|error| setup(&error))?;
        world.add_producer(ClientId(producer.id.as_str().into()), config).map_err(|error| setup(&error))?;
    }
    for consumer in &scenario.consumers {
        let mut config = ConsumerConfig::default();
        config
            .set("auto.offset.reset", if consumer.from == StartAt::Latest { "latest" } else { "earliest" })
            .map_err(|error| setup(&error))?;
        set_all(&consumer.config, |name, value| config.set(name, value).map_err(|error| error.to_string()))?;
        let given = consumer.config.iter().map(|(name, _)| name);
        let share = consumer.group.as_ref().and_then(|group| group.share.as_deref());
        match share {
            Some(_) => ConsumerConfig::check_of_share(given),
            None => config.check(given),
        }
        .map_err(|error| setup(&error))?;
        let id = ClientId(consumer.id.as_str().into());
        match (&consumer.group, share) {
            (Some(group), Some(reset)) => {
                let mut begins = ConsumerConfig::default();
                begins.set("auto.offset.reset", reset).map_err(|error| setup(&error))?;
                world.add_share_member(&id, config, &group.id, begins.auto_offset_reset)
            }
            (Some(group), None) => world.add_member(&id, config, member_of(group)),
            (None, _) => world.add_consumer(id.clone(), config),
        }
        .map_err(|error| setup(&error))?;
        if let Some(application) = &consumer.application {
            world.set_work(&id, work_of(application)).map_err(|error| setup(&error))?;
        }
    }
    Ok(world)
}

fn set_all(configs: &Configs, mut set: impl FnMut(&str, &str) -> Result<(), String>) -> Result<(), RunError> {
    configs.iter().try_for_each(|(name, value)| set(name, &value.to_string())).map_err(RunError::Setup)
}

fn create_topic(topic: &Topic, brokers: i32, world: &World) -> Result<Command, RunError> {
    let broker = world.brokers().next().map(|broker| Rc::clone(&broker.config)).unwrap_or_default();
    let assignment = match &topic.assignment {
        Some(assignment) => {
            assignment.iter().map(|replicas| replicas.iter().copied().map(BrokerId).collect()).collect()
        }
        None => (0..topic.partitions).map(|partition| placed(partition, topic.replication, brokers)).collect(),
    };
    let mut config = TopicConfig::of_cluster(&broker);
    set_all(&topic.config, |name, value| {
        match name {
            "segment.bytes" if topic.scaled => config.scale_segment_bytes(value),
            _ => config.set(name, value),
        }
        .map_err(|error| format!("topic {}: {error}", topic.name))
    })?;
    Ok(Command::CreateTopic { topic: topic.name.as_str().into(), assignment, config: Rc::new(config) })
}

/// Where a partition's replicas lie if the scenario does not say: the first on broker `partition + 1`, the others on the
/// brokers after it.
fn placed(partition: i32, replication: i32, brokers: i32) -> Vec<BrokerId> {
    let broker = |replica: i32| partition.saturating_add(replica).checked_rem(brokers).unwrap_or(0).saturating_add(1);
    (0..replication).map(|replica| BrokerId(broker(replica))).collect()
}

/// What an application does.
#[inline(never)]
fn work_of(application: &ApplicationWork) -> Work {
    Work {
        ms_per_record: application.ms_per_record,
        commits: match application.commit.as_deref() {
            Some("before") => Commits::Before,
            Some("after") => Commits::After,
            Some(_) => Commits::AfterAsync,
            None => Commits::Never,
        },
        threads: application.threads.and_then(|threads| usize::try_from(threads).ok()).unwrap_or(0),
        fails: application.fails.clone(),
    }
}

#[inline(never)]
fn member_of(group: &GroupMembership) -> GroupName {
    GroupName { group: group.id.clone(), instance_id: group.instance_id.clone() }
}

/// What begins a consumer: its partitions, or the topics that it subscribes to.
fn assign(consumer: &Consumer) -> Command {
    if let Some(group) = consumer.group.as_ref().filter(|group| group.subscribes()) {
        let (pattern, by_coordinator) = (group.pattern.as_deref(), group.subscription_pattern.as_deref());
        let action = subscription(&group.subscribe, pattern, by_coordinator);
        return Command::Consumer { consumer: ClientId(consumer.id.as_str().into()), action };
    }
    Command::Assign {
        consumer: ClientId(consumer.id.as_str().into()),
        partitions: consumer.assign.clone(),
        from: match consumer.from {
            StartAt::Offset(offset) => Some(Offset(offset)),
            StartAt::Earliest | StartAt::Latest => None,
        },
    }
}

fn run_step(scenario: &Scenario, step: &Step, history: &mut History) -> Result<(), String> {
    let begin = (history.end(), history.world().now());
    for action in &step.actions {
        if let Some(until) = waiting(action) {
            run_until(&until, (history.end(), history.world().now()), history, &Limits::of(&until))?;
            continue;
        }
        for command in commands(scenario, action, history.world())? {
            history.command(command).map_err(|error| error.to_string())?;
        }
    }
    match &step.until {
        None => pass_until(history, history.world().now()),
        Some(until) => run_until(until, begin, history, &Limits::of(until)),
    }
}

/// What an action waits for, if it waits.
pub(crate) fn waiting(action: &Action) -> Option<Until> {
    let Action::Wait { ms, when } = action else { return None };
    Some(Until { fact: None, ms: *ms, when: when.clone(), within_ms: WITHIN_MS })
}

/// How far a run goes to see a condition hold.
pub(crate) struct Limits {
    /// In ms of virtual time.
    pub within_ms: u64,
    /// In events.
    pub events: u64,
}

impl Limits {
    /// Those of the scenario.
    fn of(until: &Until) -> Limits {
        Limits { within_ms: until.within_ms, events: u64::MAX }
    }
}

/// Does every event up to a moment.
pub(crate) fn pass_until(history: &mut History, until: SimTime) -> Result<(), String> {
    while history.world().next_event_at().is_some_and(|at| at <= until) {
        history.step().map_err(|error| error.to_string())?;
    }
    Ok(())
}

pub(crate) fn commands(scenario: &Scenario, action: &Action, world: &World) -> Result<Vec<Command>, String> {
    let client = |id: &str| ClientId(id.into());
    Ok(match action {
        Action::Produce { producer, topic, key, value, partition, timestamp_ago_ms } => vec![Command::Send {
            producer: client(producer),
            topic: topic.as_str().into(),
            partition: *partition,
            key: key.as_deref().map(Bytes::from),
            value: value.as_deref().map(Bytes::from),
            timestamp_ms: timestamp_ago_ms.map(|ago_ms| world.now().timestamp_ms().saturating_sub(ago_ms)),
        }],
        Action::ProduceMany { producer, topic, key_prefix, count, value_size, partition } => {
            let value = Bytes::from("x".repeat(usize::try_from(*value_size).unwrap_or(0)).as_str());
            let send = |number: u32| Command::Send {
                producer: client(producer),
                topic: topic.as_str().into(),
                partition: *partition,
                key: key_prefix.as_ref().map(|prefix| Bytes::from(format!("{prefix}{number}").as_str())),
                value: Some(value.clone()),
                timestamp_ms: None,
            };
            (0..*count).map(send).collect()
        }
        Action::AddPartitions { topic, total } => {
            let image =
                world.metadata().topics.get(topic.as_str()).ok_or_else(|| format!("there is no topic {topic}"))?;
            let there = i32::try_from(image.partitions.len()).unwrap_or(i32::MAX);
            if *total <= there {
                return Err(format!("{topic} has {there} partitions already; partitions cannot be taken away"));
            }
            let replication = image.partitions.first().map_or(1, |first| first.replicas.len());
            let replication = i32::try_from(replication).unwrap_or(i32::MAX);
            let assignment =
                (there..*total).map(|number| placed(number, replication, scenario.cluster.brokers)).collect();
            vec![Command::CreatePartitions { topic: topic.as_str().into(), assignment }]
        }
        Action::CreateTopic { topic } => {
            let known = scenario.topics.iter().find(|known| known.name == *topic);
            let known = known.ok_or_else(|| format!("there is no topic {topic}"))?;
            vec![create_topic(known, scenario.cluster.brokers, world).map_err(|error| error.to_string())?]
        }
        Action::DeleteTopic { topic } => vec![Command::DeleteTopic { topic: topic.as_str().into() }],
        Action::StartConsumer { consumer } => {
            let known = scenario.consumers.iter().find(|known| known.id == *consumer);
            vec![assign(known.ok_or_else(|| format!("there is no consumer {consumer}"))?)]
        }
        Action::RefreshMetadata { client: id } => vec![Command::RefreshMetadata { client: client(id) }],
        Action::Wait { .. } => Vec::new(),
        Action::Reassign { partition, replicas } => {
            let id = partition_from_name(partition).ok_or_else(|| format!("there is no partition {partition}"))?;
            vec![Command::Reassign { partition: id, replicas: replicas.iter().copied().map(BrokerId).collect() }]
        }
        Action::DuplicateMessage { from, to, message } => {
            let id = message_of(world, (from, to), message.as_deref())?;
            vec![Command::Fault(Fault::Duplicate(id))]
        }
        Action::ElectUnclean { partition } => {
            let id = partition_from_name(partition).ok_or_else(|| format!("there is no partition {partition}"))?;
            vec![Command::ElectUnclean { partition: id }]
        }
        Action::CancelReassignment { partition } => {
            let id = partition_from_name(partition).ok_or_else(|| format!("there is no partition {partition}"))?;
            vec![Command::CancelReassignment { partition: id }]
        }
        Action::AlterConfig { topic, name, value } => vec![Command::AlterConfig {
            topic: topic.as_str().into(),
            name: name.as_str().into(),
            value: value.as_ref().map(|value| value.to_string().into()),
        }],
        Action::ElectPreferred { partition } => {
            let id = partition_from_name(partition).ok_or_else(|| format!("there is no partition {partition}"))?;
            vec![Command::ElectPreferred { partition: id }]
        }
        other => match action_of(other, world.now().timestamp_ms()) {
            Some((consumer, action)) => vec![Command::Consumer { consumer: client(consumer), action }],
            None => fault_of(other).map(Command::Fault).into_iter().collect(),
        },
    })
}

pub(crate) fn run_until(
    until: &Until,
    (from, since): (Moment, SimTime),
    history: &mut History,
    limits: &Limits,
) -> Result<(), String> {
    let limit = since.plus_ms(limits.within_ms);
    let last = history.end().events.saturating_add(limits.events);
    let mut seen = 0_u64;
    let mut looked = from.facts;
    loop {
        let new = history.facts().part(looked..);
        if let Some(wanted) = &until.fact {
            seen = seen.saturating_add(new.iter().filter(|fact| matches(wanted, fact)).count() as u64);
        }
        looked = history.facts().len();
        let passed = until.ms.is_none_or(|ms| history.world().now() >= since.plus_ms(ms));
        let seen_all = until.fact.as_ref().is_none_or(|wanted| seen >= wanted.count);
        if passed && seen_all && holds(until, history)? {
            return Ok(());
        }
        // What only waits for time lets it pass, also where nothing happens.
        let due = until.ms.map(|ms| since.plus_ms(ms)).filter(|due| history.world().now() < *due);
        match history.world().next_event_at() {
            Some(at) if due.is_none_or(|due| at <= due) => {
                if at > limit || history.end().events >= last {
                    let message = format!("its until did not come to hold within {} ms", limits.within_ms);
                    return Err(never(until, history, &message));
                }
                history.step().map_err(|error| error.to_string())?;
            }
            _ => match due {
                Some(due) => history.idle_until(due),
                None => return Err(never(until, history, "its until does not hold, and nothing more happens")),
            },
        }
    }
}

/// Why a step does not end.
#[cfg(not(feature = "author"))]
fn never(_: &Until, _: &History, message: &str) -> String {
    message.to_owned()
}

#[cfg(feature = "author")]
fn never(until: &Until, history: &History, message: &str) -> String {
    format!("{message}{}", unknown_field(until, history))
}

/// Says which field the wanted fact does not have, if that is why none was seen, and which one comes near.
#[cfg(feature = "author")]
fn unknown_field(until: &Until, history: &History) -> String {
    let Some(wanted) = &until.fact else { return String::new() };
    let Some(fact) = history.facts().iter().find(|fact| fact.kind.name() == wanted.name) else { return String::new() };
    let fields = fact.kind.fields();
    let names = || fields.iter().map(|(name, _)| *name);
    let Some(wrong) = wanted.fields.keys().find(|name| *name != "partition" && fields.get(name).is_none()) else {
        return String::new();
    };
    let near = crate::expression::nearest(wrong, names())
        .map_or_else(|| names().collect::<Vec<_>>().join(", "), |near| format!("did you mean {near}?"));
    format!("; {} has no field {wrong}: {near}", wanted.name)
}

fn holds(until: &Until, history: &History) -> Result<bool, String> {
    let Some(condition) = &until.when else { return Ok(true) };
    let situation = Situation { world: history.world(), facts: history.facts(), other: None };
    condition.holds(&situation).map_err(|error| error.to_string())
}

/// The fact is of the wanted kind, and its fields have the wanted values.
pub fn matches(wanted: &FactWanted, fact: &Fact) -> bool {
    if fact.kind.name() != wanted.name {
        return false;
    }
    if wanted.fields.is_empty() {
        return true;
    }
    let fields = fact.kind.fields();
    wanted.fields.iter().all(|(name, value)| match (value, fields.get(name)) {
        (Scalar::Text(text), _) if name == "partition" => {
            fact.kind.partition().is_some_and(|partition: &TopicPartition| partition.to_string() == *text)
        }
        (Scalar::Text(text), Some(FieldValue::Text(field))) => field == text,
        (Scalar::Number(number), Some(FieldValue::Number(field))) => field == number,
        (Scalar::Truth(truth), Some(FieldValue::Flag(field))) => field == truth,
        _ => false,
    })
}

/// The keys of the records that the scenario sends one by one, in order: they get the colours.
pub fn keys(scenario: &Scenario) -> Vec<Option<Rc<str>>> {
    let actions = scenario.steps.iter().flat_map(|step| &step.actions);
    let key = |action: &Action| match action {
        Action::Produce { key, .. } => Some(key.as_deref().map(Rc::from)),
        _ => None,
    };
    actions.filter_map(key).collect()
}

impl Run {
    /// The same run up to the end of its first `steps` steps; nothing is run again, and the worlds share their nodes.
    pub(crate) fn up_to(&self, steps: usize) -> Run {
        let ends: Vec<StepEnd> = self.ends.iter().take(steps).cloned().collect();
        let last = ends.last().unwrap_or(&self.start);
        let mut history = self.history.clone();
        history.back_to(last.moment);
        Run { history, start: self.start.clone(), ends, other: None }
    }

    /// A number that differs wherever two runs differ in a fact: FNV-1a of the facts as lines, 16 hex digits. The same on
    /// every machine, native or wasm.
    pub fn digest(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for fact in self.history.facts() {
            for byte in fact.to_line().bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("{hash:016x}")
    }
}
