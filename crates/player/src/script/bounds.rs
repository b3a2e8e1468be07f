//! What a packed scenario that somebody brought may ask for: so much, and no more. That its names mean something is seen
//! when it runs; nothing here or there is trusted to end by itself.

use super::{
    Action, MAX_BROKERS, MAX_CLIENTS, MAX_ENTRIES, MAX_PARTITIONS, MAX_PER_STEP, MAX_RECORD_BYTES, MAX_RECORDS,
    MAX_REPLICAS, MAX_STEPS, MAX_TOPICS, Place, Problem, Scenario, Step, Topic, WITHIN_MS,
};

/// The longest travel of a message, in ms.
pub(super) const MAX_LATENCY_MS: u64 = 60_000;
/// The longest time that a step can run, in ms of virtual time: a day.
pub(super) const MAX_STEP_MS: u64 = 86_400_000;
/// The most records that one `produce_many` sends.
pub(super) const MAX_MANY: u32 = 10_000;
/// The largest value of a record, in bytes; Kafka's `message.max.bytes` is a little more.
pub(super) const MAX_VALUE: usize = 1_000_000;
/// The most keys of a measurement.
pub(super) const MAX_MEASURED: u32 = 100_000;

type Within = Result<(), Box<Problem>>;

/// The first thing that is out of bounds, with its place.
pub(super) fn check(scenario: &Scenario) -> Within {
    let root = Place::root();
    let cluster = root.key("cluster");
    let brokers = scenario.cluster.brokers;
    within(&cluster.key("brokers"), brokers, 1, MAX_BROKERS)?;
    within(&cluster.key("latency_ms"), scenario.cluster.latency_ms, 0, MAX_LATENCY_MS)?;
    if !scenario.cluster.racks.is_empty() {
        let racks = i32::try_from(scenario.cluster.racks.len()).unwrap_or(i32::MAX);
        within(&cluster.key("racks"), racks, brokers, brokers)?;
    }
    within(&root.key("topic"), scenario.topics.len(), 1, MAX_TOPICS)?;
    for (index, topic) in scenario.topics.iter().enumerate() {
        self::topic(&root.key("topic").index(index), topic, brokers)?;
    }
    let replicas = |topic: &Topic| i64::from(topic.partitions).saturating_mul(i64::from(topic.replication));
    within(&root.key("topic"), scenario.topics.iter().map(replicas).fold(0, i64::saturating_add), 1, MAX_REPLICAS)?;
    within(&root.key("producer"), scenario.producers.len(), 0, MAX_CLIENTS)?;
    within(&root.key("consumer"), scenario.consumers.len(), 0, MAX_CLIENTS)?;
    for (index, consumer) in scenario.consumers.iter().enumerate() {
        let least = usize::from(consumer.group.is_none());
        within(&root.key("consumer").index(index).key("assign"), consumer.assign.len(), least, MAX_ENTRIES)?;
    }
    within(&root.key("chapter"), scenario.chapters.len(), 1, MAX_STEPS)?;
    within(&root.key("step"), scenario.steps.len(), 1, MAX_STEPS)?;
    within(&root.key("picture"), scenario.picture, 0, scenario.steps.len().saturating_sub(1))?;
    for (index, step) in scenario.steps.iter().enumerate() {
        self::step(&root.key("step").index(index), step, scenario)?;
    }
    load(scenario)
}

fn topic(place: &Place, topic: &Topic, brokers: i32) -> Within {
    within(&place.key("partitions"), topic.partitions, 1, MAX_PARTITIONS)?;
    within(&place.key("replication"), topic.replication, 1, brokers)?;
    let Some(assignment) = &topic.assignment else { return Ok(()) };
    let place = place.key("assignment");
    within(&place, assignment.len(), topic.partitions, topic.partitions)?;
    for (index, replicas) in assignment.iter().enumerate() {
        let place = place.index(index);
        within(&place, replicas.len(), topic.replication, topic.replication)?;
        for (at, broker) in replicas.iter().enumerate() {
            within(&place.index(at), *broker, 1, brokers)?;
            if replicas.iter().take(at).any(|other| other == broker) {
                return Err(Box::new(Problem::new(place.index(at), "a broker twice")));
            }
        }
    }
    Ok(())
}

fn step(place: &Place, step: &Step, scenario: &Scenario) -> Within {
    within(&place.key("chapter"), step.chapter, 0, scenario.chapters.len().saturating_sub(1))?;
    within(&place.key("do"), step.actions.len(), 0, MAX_PER_STEP)?;
    within(&place.key("look"), step.look.len(), 0, MAX_PER_STEP)?;
    within(&place.key("expect"), step.expect.len(), 0, MAX_PER_STEP)?;
    within(&place.key("terms"), step.terms.len(), 0, MAX_PER_STEP)?;
    for (index, action) in step.actions.iter().enumerate() {
        let place = place.key("do").index(index);
        match action {
            Action::ProduceMany { count, value_size, .. } => {
                within(&place.key("count"), *count, 1, MAX_MANY)?;
                within(&place.key("value_size"), *value_size, 0, MAX_VALUE)?;
            }
            Action::AddPartitions { total, .. } => within(&place.key("total"), *total, 1, MAX_PARTITIONS)?,
            Action::Wait { ms: Some(ms), .. } => within(&place.key("ms"), *ms, 1, WITHIN_MS)?,
            _ => {}
        }
    }
    if let Some(until) = &step.until {
        let place = place.key("until");
        within(&place.key("within_ms"), until.within_ms, 1, MAX_STEP_MS)?;
        within(&place.key("ms"), until.ms.unwrap_or(0), 0, until.within_ms)?;
        if let Some(fact) = &until.fact {
            within(&place.key("fact").key("fields"), fact.fields.len(), 0, MAX_ENTRIES)?;
        }
    }
    let show = place.key("show");
    within(&show.key("panels"), step.show.panels.len(), 1, 3)?;
    within(&show.key("before"), step.show.before.unwrap_or(1), 1, MAX_PARTITIONS)?;
    if let Some(moves) = &step.show.moves {
        let place = show.key("moves");
        within(&place.key("count"), moves.count, 1, MAX_MEASURED)?;
        within(&place.key("from"), moves.from, 1, MAX_PARTITIONS)?;
        within(&place.key("to"), moves.to, 1, MAX_PARTITIONS)?;
    }
    match &step.ask {
        Some(ask) => within(&place.key("ask").key("after"), ask.after, 0, scenario.steps.len().saturating_sub(1)),
        None => Ok(()),
    }
}

/// What all steps together send: it stays in memory.
fn load(scenario: &Scenario) -> Within {
    let (mut records, mut bytes) = (0_u64, 0_u64);
    for action in scenario.steps.iter().flat_map(|step| &step.actions) {
        let (count, size) = match action {
            Action::Produce { value, .. } => (1, value.as_ref().map_or(0, |value| value.len() as u64)),
            Action::ProduceMany { count, value_size, .. } => (u64::from(*count), u64::from(*value_size)),
            _ => continue,
        };
        records = records.saturating_add(count);
        bytes = bytes.saturating_add(count.saturating_mul(size));
    }
    let place = Place::root().key("step").key("do");
    within(&place, records, 0, MAX_RECORDS)?;
    within(&place, bytes, 0, MAX_RECORD_BYTES)
}

fn within<N: TryInto<i64>, L: TryInto<i64>, M: TryInto<i64>>(place: &Place, number: N, least: L, most: M) -> Within {
    let plain = (number.try_into(), least.try_into(), most.try_into());
    let (Ok(number), Ok(least), Ok(most)) = plain else {
        return Err(Box::new(Problem::new(place.clone(), "this is too much")));
    };
    between(place, number, least, most)
}

fn between(place: &Place, number: i64, least: i64, most: i64) -> Within {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    Err(Box::new(Problem::new(place.clone(), format!("{number}")).help(format!("{least} to {most} are possible"))))
}
