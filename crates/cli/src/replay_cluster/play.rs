//! Plays a story in the simulator.

mod administration;
mod consumers;
mod sequences;
mod single;

use std::rc::Rc;

use highwater_log::batch::RecordBatch;
use highwater_log::record::NewRecord;
use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{Acks, BrokerConfig, ProducerConfig, TopicConfig};
use highwater_sim::error::Errors;
use highwater_sim::fact::Fact;
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, MessageId, TopicPartition};
use highwater_sim::message::{Body, ProduceRequest};
use highwater_sim::producer::Fate;
use highwater_sim::world::{World, WorldConfig};
use serde_json::{Value, json};

use super::Ours;
use super::story::{Action, Recorded, Story};
use super::told;
use super::wanted::holds;
use crate::replay::ReplayError;

/// An action ends when nothing was seen to change for so long, in ms.
const SETTLED_MS: u64 = 1_200;
/// How often is looked, in ms.
const LOOK_MS: u64 = 100;
/// The longest that is waited for anything, in ms.
const WAIT_MAX_MS: u64 = 300_000;
/// The way of a message, in µs.
const LATENCY_US: u64 = 500;

/// A cluster that plays a story.
struct Playing<'a> {
    story: &'a Story,
    world: World,
    facts: Vec<Fact>,
    ours: Ours,
    /// Values that were sent and not waited for, with their step: by a single request, or by the producer.
    pending: Vec<(usize, Value, Option<MessageId>)>,
    /// Answers to single requests.
    answers: Vec<(MessageId, Rc<Body>)>,
    /// How many records the producer was given.
    sent: usize,
    /// A fetch that waits in a broker.
    parked: Option<single::Parked>,
    /// The idempotent producers that the story names, in the order in which they come.
    producers: Vec<String>,
    /// What consumers were sent.
    fetched: consumers::Fetched,
}

/// Plays all actions.
///
/// # Errors
/// What is not simulated, a wait in vain, a story that makes no sense.
pub fn play(recorded: &Recorded) -> Result<Ours, ReplayError> {
    let story = &recorded.story;
    let mut playing = Playing {
        story,
        world: build(story)?,
        facts: Vec::new(),
        ours: Ours::default(),
        pending: Vec::new(),
        answers: Vec::new(),
        sent: 0,
        parked: None,
        producers: Vec::new(),
        fetched: consumers::Fetched::default(),
    };
    for action in &story.actions {
        let result = playing.act(action)?;
        if let Some(wanted) = &action.wait_for {
            playing.wait_until(action.at, "wait_for", |playing| holds(playing.story, &playing.world, wanted))?;
        }
        let result = match result {
            Some(result) => result,
            None => playing.late_result(action)?,
        };
        playing.make_consumers(action)?;
        playing.settle(action.at)?;
        playing.ours.results.push((action.at, result));
        let mut state = told::state(&playing.world).as_object().cloned().unwrap_or_default();
        state.insert("after".to_owned(), json!(action.at));
        playing.ours.states.push(Value::Object(state));
    }
    playing.ours.batches = playing.batches();
    playing.ours.changes = told::changes(story, &playing.facts);
    Ok(playing.ours)
}

fn wrong(error: &dyn std::fmt::Display) -> ReplayError {
    ReplayError::File(format!("story.json: {error}"))
}

fn build(story: &Story) -> Result<World, ReplayError> {
    let mut broker = BrokerConfig::default();
    for (name, value) in &story.cluster.config {
        // Those of internal topics and of what is not simulated change nothing here.
        let _ = broker.set(name, value);
    }
    let brokers = i32::try_from(story.cluster.brokers.len()).unwrap_or(i32::MAX);
    if !story.cluster.brokers.iter().copied().eq(1..=brokers) {
        return Err(ReplayError::NotSimulated { step: 0, what: format!("brokers {:?}", story.cluster.brokers) });
    }
    let config = WorldConfig { brokers, latency_us: LATENCY_US, seed: 1, broker };
    let mut world = World::new(config).map_err(|error| wrong(&error))?;
    let mut config = ProducerConfig::default();
    config.set("enable.idempotence", "false").map_err(|error| wrong(&error))?;
    world.add_producer(kafka_producer(), config).map_err(|error| wrong(&error))?;
    consumers::add(story, &mut world)?;
    Ok(world)
}

fn kafka_producer() -> ClientId {
    ClientId("KafkaProducer".into())
}

impl Playing<'_> {
    /// Does an action; its result, or nothing if that comes later.
    fn act(&mut self, action: &Action) -> Result<Option<Value>, ReplayError> {
        let ok = Some(json!("ok"));
        match action.what.as_str() {
            "start cluster and create topics" => self.create_topics()?,
            "kill" => self.fault(action, Fault::Kill)?,
            "pause" => {
                self.fault(action, Fault::Pause)?;
                self.run_ms(SETTLED_MS);
            }
            "resume" => {
                self.fault(action, Fault::Resume)?;
                return Ok(if action.result.is_array() { None } else { ok });
            }
            "start" => self.fault(action, Fault::Start)?,
            "stop" => {
                self.fault(action, Fault::Stop)?;
                let id = BrokerId(action.broker("broker")?);
                self.wait_until(action.at, "the process to be gone", |playing| !playing.world.is_running(id))?;
            }
            "wait" => {
                if let Some(seconds) = action.arguments.get("seconds").and_then(Value::as_u64) {
                    self.run_ms(seconds.saturating_mul(1_000));
                }
                if let Some(parked) = self.parked.take() {
                    return self.answer_of_parked(action, parked).map(Some);
                }
                return Ok(if action.result.is_array() { None } else { ok });
            }
            "elect preferred" | "elect unclean" | "reassign" | "alter config" => {
                return self.administrate(action).map(Some);
            }
            "offset for leader epoch" => return self.offset_for_leader_epoch(action).map(Some),
            "fetch" => return self.fetch(action).map(Some),
            "fetch as replica" => return self.fetch_as_replica(action).map(Some),
            "fetch as replica, parked" => return self.park_fetch(action).map(Some),
            "poll consumers" => return Ok(Some(self.poll_consumers(action))),
            seek if seek.starts_with("seek consumers to ") => return self.seek_and_poll(action).map(Some),
            "produce" => match action.arguments.get("client").and_then(Value::as_str) {
                None if action.arguments.contains_key("producer") => {
                    return self.produce_in_sequence(action).map(Some);
                }
                None => return self.produce(action).map(Some),
                Some("KafkaProducer") => return self.send(action),
                Some(other) => return Err(not_simulated(action, other)),
            },
            other => return Err(not_simulated(action, other)),
        }
        Ok(ok)
    }

    fn command(&mut self, command: Command) -> Result<(), ReplayError> {
        self.world.command(command, &mut self.facts).map(|_| ()).map_err(|error| wrong(&error))
    }

    fn create_topics(&mut self) -> Result<(), ReplayError> {
        for topic in &self.story.topics {
            let broker = self.world.brokers().next().map(|broker| Rc::clone(&broker.config)).unwrap_or_default();
            let mut config = TopicConfig::of_cluster(&broker);
            for (name, value) in &topic.config {
                config.set(name, value).map_err(|error| wrong(&error))?;
            }
            let assignment = topic.assignment.iter().map(|ids| ids.iter().copied().map(BrokerId).collect()).collect();
            let topic = topic.name.as_str().into();
            self.command(Command::CreateTopic { topic, assignment, config: Rc::new(config) })?;
        }
        Ok(())
    }

    fn fault(&mut self, action: &Action, fault: fn(BrokerId) -> Fault) -> Result<(), ReplayError> {
        let brokers = match action.arguments.get("brokers").and_then(Value::as_array) {
            Some(brokers) => brokers.iter().filter_map(Value::as_i64).filter_map(|id| i32::try_from(id).ok()).collect(),
            None => vec![action.broker("broker")?],
        };
        brokers.into_iter().try_for_each(|id| self.command(Command::Fault(fault(BrokerId(id)))))
    }

    /// Sends each value as its own request, one after another.
    fn produce(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let (id, to) = (partition(action)?, BrokerId(action.broker("to")?));
        let acks = match action.number("acks")? {
            0 => Acks::None,
            1 => Acks::Leader,
            _ => Acks::All,
        };
        let mut results = Vec::new();
        for value in action.arguments.get("values").and_then(Value::as_array).into_iter().flatten() {
            let timestamp = self.world.now().timestamp_ms();
            let record = NewRecord {
                timestamp,
                value: value.as_str().map(|value| value.as_bytes().into()),
                ..NewRecord::default()
            };
            let batch = RecordBatch::encode(&highwater_log::batch::BatchSpec::default(), &[record])
                .map_err(|error| wrong(&error))?;
            let timeout_ms = u64::try_from(action.optional_number("timeout_ms").unwrap_or(30_000)).unwrap_or(0);
            let body = Body::ProduceRequest(ProduceRequest { acks, timeout_ms, batches: vec![(id.clone(), batch)] });
            let request = self.world.request(&raw(), to, body, &mut self.facts);
            if action.result == json!("pending") {
                self.pending.push((action.at, value.clone(), Some(request)));
                continue;
            }
            let (error, offset) = if acks == Acks::None {
                self.run_ms(LOOK_MS);
                (Errors::None, Value::Null)
            } else {
                self.produced(action.at, request)?
            };
            results.push(json!({"error": error.name(), "offset": offset}));
            self.ours.client.push(json!({
                "at": action.at, "client": "raw", "op": "produce", "topic": *id.topic, "partition": id.partition, "to": to.0,
                "acks": action.number("acks")?, "value": value, "error": error.name(), "offset": offset,
            }));
        }
        Ok(if action.result == json!("pending") { json!("pending") } else { Value::Array(results) })
    }

    fn produced(&mut self, step: usize, request: MessageId) -> Result<(Errors, Value), ReplayError> {
        match &*self.answer(step, request)? {
            Body::ProduceResponse(response) => {
                let first = response.partitions.first();
                Ok(first.map_or((Errors::None, Value::Null), |part| (part.error, json!(part.base_offset.0))))
            }
            _ => Ok((Errors::UnknownServerError, Value::Null)),
        }
    }

    /// Waits for the answer to a single request.
    fn answer(&mut self, step: usize, request: MessageId) -> Result<Rc<Body>, ReplayError> {
        let find = |playing: &Playing<'_>| {
            playing.answers.iter().find(|(id, _)| *id == request).map(|(_, body)| Rc::clone(body))
        };
        self.wait_until(step, "an answer", |playing| find(playing).is_some())?;
        find(self).ok_or(ReplayError::Waits { step, what: "an answer".to_owned() })
    }

    /// Gives values to the producer.
    fn send(&mut self, action: &Action) -> Result<Option<Value>, ReplayError> {
        let id = partition(action)?;
        for value in action.arguments.get("values").and_then(Value::as_array).into_iter().flatten() {
            self.command(Command::Send {
                producer: kafka_producer(),
                topic: Rc::clone(&id.topic),
                partition: Some(id.partition),
                key: None,
                value: value.as_str().map(Bytes::from),
                timestamp_ms: None,
            })?;
            self.pending.push((action.at, value.clone(), None));
        }
        Ok((action.result == json!("pending")).then(|| json!("pending")))
    }

    /// What came of the values that were sent and not waited for.
    fn late_result(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let mut results = Vec::new();
        for (sent_at, value, request) in std::mem::take(&mut self.pending) {
            if let Some(request) = request {
                let (error, offset) = self.produced(action.at, request)?;
                results.push(json!({"error": error.name(), "offset": offset}));
                let asked = self.story.actions.iter().find(|asked| asked.at == sent_at).unwrap_or(action);
                let id = partition(asked)?;
                self.ours.client.push(json!({
                    "at": action.at, "client": "raw", "op": format!("produce (sent at step {sent_at})"),
                    "topic": *id.topic, "partition": id.partition, "to": asked.number("to")?, "acks": asked.number("acks")?,
                    "value": value, "error": error.name(), "offset": offset,
                }));
                continue;
            }
            let number = self.sent;
            self.sent = self.sent.saturating_add(1);
            let fate = |playing: &Playing<'_>| {
                playing
                    .world
                    .producer("KafkaProducer")
                    .and_then(|producer| producer.sent().get(number).map(|sent| sent.fate.clone()))
            };
            let is_done =
                |playing: &Playing<'_>| matches!(fate(playing), Some(Fate::Acknowledged(_) | Fate::Failed(_)));
            self.wait_until(action.at, "the producer", is_done)?;
            let (error, offset) = match fate(self) {
                Some(Fate::Acknowledged(offset)) => ("NONE".to_owned(), offset.0),
                Some(Fate::Failed(error)) => (error.to_string(), -1),
                _ => return Err(ReplayError::Waits { step: action.at, what: "the producer".to_owned() }),
            };
            let op = if sent_at == action.at { "send".to_owned() } else { format!("send (sent at step {sent_at})") };
            results.push(json!({"value": value, "error": error, "partition": 0, "offset": offset}));
            self.ours.client.push(json!({
                "at": action.at, "client": "KafkaProducer", "op": op, "acks": -1, "value": value, "error": error,
                "partition": 0, "offset": offset,
            }));
        }
        Ok(Value::Array(results))
    }

    /// Lets time pass, and notes the answers to single requests.
    fn run_ms(&mut self, ms: u64) {
        let until = self.world.now().plus_ms(ms);
        while self.world.next_event_at().is_some_and(|at| at <= until) {
            self.world.step(&mut self.facts);
            let raw = highwater_sim::ids::NodeId::Client(raw());
            for message in self.world.on_the_wire() {
                let known = |(id, _): &(MessageId, Rc<Body>)| *id == message.correlation;
                if message.to == raw && !self.answers.iter().any(known) {
                    self.answers.push((message.correlation, Rc::clone(&message.body)));
                }
                self.fetched.note(message);
            }
        }
        self.world.idle_until(until);
    }

    fn wait_until(&mut self, step: usize, what: &str, holds: impl Fn(&Playing<'_>) -> bool) -> Result<(), ReplayError> {
        let end = self.world.now().plus_ms(WAIT_MAX_MS);
        while !holds(self) {
            if self.world.now() >= end {
                return Err(ReplayError::Waits { step, what: what.to_owned() });
            }
            self.run_ms(if what == "an answer" || what == "the producer" { 1 } else { LOOK_MS });
        }
        Ok(())
    }

    /// Lets time pass until nothing changes any more.
    fn settle(&mut self, step: usize) -> Result<(), ReplayError> {
        let end = self.world.now().plus_ms(WAIT_MAX_MS);
        let mut last = told::state(&self.world);
        let mut since = self.world.now();
        while self.world.now() < since.plus_ms(SETTLED_MS) {
            if self.world.now() >= end {
                return Err(ReplayError::Waits { step, what: "the cluster to settle".to_owned() });
            }
            self.run_ms(LOOK_MS);
            let now = told::state(&self.world);
            if now != last {
                last = now;
                since = self.world.now();
            }
        }
        Ok(())
    }
}

fn raw() -> ClientId {
    ClientId("raw".into())
}

fn partition(action: &Action) -> Result<TopicPartition, ReplayError> {
    Ok(TopicPartition::new(action.text("topic")?, action.broker("partition")?))
}

fn not_simulated(action: &Action, what: &str) -> ReplayError {
    ReplayError::NotSimulated { step: action.at, what: what.to_owned() }
}
