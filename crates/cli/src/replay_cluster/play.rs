//! Plays a story in the simulator.

use std::rc::Rc;

use highwater_log::batch::RecordBatch;
use highwater_log::record::NewRecord;
use highwater_sim::bytes::Bytes;
use highwater_sim::command::Command;
use highwater_sim::config::{Acks, BrokerConfig, ProducerConfig, TopicConfig};
use highwater_sim::error::Errors;
use highwater_sim::fact::Fact;
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, ClientId, LeaderEpoch, MessageId, Offset, TopicPartition};
use highwater_sim::message::{Body, FetchPartition, FetchRequest, FetchedPartition, ProduceRequest};
use highwater_sim::producer::Fate;
use highwater_sim::world::{World, WorldConfig};
use serde_json::{Map, Value, json};

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
        playing.settle(action.at)?;
        playing.ours.results.push((action.at, result));
        let mut state = told::state(&playing.world).as_object().cloned().unwrap_or_default();
        state.insert("after".to_owned(), json!(action.at));
        playing.ours.states.push(Value::Object(state));
    }
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
                return Ok(if action.result.is_array() { None } else { ok });
            }
            "elect preferred" => return self.elect_preferred(action).map(Some),
            "reassign" => self.reassign(action)?,
            "offset for leader epoch" => return self.offset_for_leader_epoch(action).map(Some),
            "fetch" => return self.fetch(action).map(Some),
            "produce" => match action.arguments.get("client").and_then(Value::as_str) {
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
            let mut config = TopicConfig::default();
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

    fn elect_preferred(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let command = Command::ElectPreferred { partition: partition(action)? };
        let error = match self.world.command(command, &mut self.facts) {
            Ok(_) => "NONE".to_owned(),
            Err(error) => error.to_string(),
        };
        self.ours.client.push(json!({"at": action.at, "client": "admin", "op": "elect preferred", "error": error}));
        Ok(if error == "NONE" { json!("ok") } else { json!(error) })
    }

    fn reassign(&mut self, action: &Action) -> Result<(), ReplayError> {
        let named = action.arguments.get("replicas").and_then(Value::as_array);
        let Some(named) = named else { return Err(not_simulated(action, "taking a reassignment back")) };
        let ids = named.iter().filter_map(Value::as_i64).filter_map(|id| i32::try_from(id).ok());
        self.command(Command::Reassign { partition: partition(action)?, replicas: ids.map(BrokerId).collect() })?;
        let line = json!({"at": action.at, "client": "admin", "op": "reassign", "replicas": named, "error": "NONE"});
        self.ours.client.push(line);
        Ok(())
    }

    /// Asks a broker at once, without a message: nobody in the simulator sends this one.
    fn offset_for_leader_epoch(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let (id, from) = (partition(action)?, action.broker("from")?);
        let epoch =
            |name: &str| action.optional_number(name).and_then(|epoch| i32::try_from(epoch).ok()).map(LeaderEpoch);
        let asked = epoch("leader_epoch").unwrap_or_default();
        let answer = match self.world.replica(BrokerId(from), &id) {
            Some(replica) => replica.last_offset_for_leader_epoch(epoch("current_leader_epoch"), asked),
            None => Err(Errors::UnknownTopicOrPartition),
        };
        let (error, end) = match answer {
            Ok(end) => (Errors::None, end),
            Err(error) => (error, None),
        };
        let (found, end) = end.map_or((-1, -1), |end| (end.epoch, end.end_offset));
        self.ours.client.push(json!({
            "at": action.at, "client": "raw", "op": action.what, "from": from, "asked_epoch": asked.0,
            "current_leader_epoch": action.optional_number("current_leader_epoch"), "error": error.name(),
            "leader_epoch": found, "end_offset": end,
        }));
        Ok(json!({"error": error.name(), "leader_epoch": found, "end_offset": end}))
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

    fn fetch(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let (id, from) = (partition(action)?, BrokerId(action.broker("from")?));
        let epoch =
            |name: &str| action.optional_number(name).and_then(|epoch| i32::try_from(epoch).ok()).map(LeaderEpoch);
        let part = FetchPartition {
            partition: id,
            fetch_offset: Offset(action.number("offset")?),
            current_leader_epoch: epoch("current_leader_epoch"),
            log_start_offset: Offset(-1),
            last_fetched_epoch: epoch("last_fetched_epoch"),
            max_bytes: 1_048_576,
        };
        let request = FetchRequest {
            replica: None,
            replica_epoch: -1,
            max_wait_ms: 0,
            min_bytes: 1,
            max_bytes: 1_048_576,
            partitions: vec![part],
        };
        let request = self.world.request(&raw(), from, Body::FetchRequest(request), &mut self.facts);
        let answer = self.answer(action.at, request)?;
        let Body::FetchResponse(response) = &*answer else { return Ok(Value::Null) };
        let result = response.partitions.first().map_or(Value::Null, fetched);
        let mut line: Map<String, Value> = action.arguments.clone();
        line.insert("at".to_owned(), json!(action.at));
        line.insert("client".to_owned(), json!("raw"));
        line.insert("op".to_owned(), json!("fetch"));
        line.extend(result.as_object().cloned().unwrap_or_default());
        self.ours.client.push(Value::Object(line));
        Ok(result)
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

/// A fetch's answer. Without transactions the last stable offset is the high watermark.
fn fetched(part: &FetchedPartition) -> Value {
    let mut told = json!({
        "error": part.error.name(), "high_watermark": part.high_watermark.0,
        "last_stable_offset": part.high_watermark.0, "log_start_offset": part.log_start_offset.0,
        "records": told::records(&part.records),
    });
    if let (Some(diverging), Some(told)) = (part.diverging_epoch, told.as_object_mut()) {
        let epoch = json!({"epoch": diverging.epoch, "end_offset": diverging.end_offset});
        told.insert("diverging_epoch".to_owned(), epoch);
    }
    told
}
