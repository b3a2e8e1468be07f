//! A request or a response, wherever it is. Kafka: `RequestHeader`, and the messages of `common/message/*.json`.

use highwater_log::batch::RecordBatch;
use highwater_sim::error::Errors;
use highwater_sim::fact::{FactKind, FieldValue, MessageFact};
use highwater_sim::ids::{MessageId, NodeId};
use highwater_sim::message::{Body, CurrentLeaders, LeaderIdAndEpoch, ListOffsetsSpec, Message, MetadataRequest};
use highwater_sim::world::World;

use super::Seen;
use super::bytes::Bytes;
use super::record::header;
use super::thing::{Thing, Unit, list, shown};
use crate::facts::Facts;
use crate::phrase::Phrase;

/// The most partitions of a message that are shown.
const PARTITIONS_MAX: usize = 12;

/// What facts tell of a message: where they lie among the facts.
pub(crate) struct Trail {
    pub sent: usize,
    pub received: Option<usize>,
    pub lost: Option<usize>,
    parked: Option<(usize, u64)>,
    completed: Option<usize>,
}

impl Trail {
    /// The trail of a message; none if it was never sent.
    pub fn of(facts: Facts<'_>, id: MessageId) -> Option<Trail> {
        let mut trail = None::<Trail>;
        for (at, fact) in facts.iter().enumerate() {
            match (&fact.kind, &mut trail) {
                (FactKind::Sent(message), None) if message.message == id => {
                    trail = Some(Trail { sent: at, received: None, lost: None, parked: None, completed: None });
                }
                (FactKind::Received(message), Some(trail)) if message.message == id => trail.received = Some(at),
                (FactKind::MessageLost(message), Some(trail)) if message.message == id => trail.lost = Some(at),
                (
                    FactKind::FetchParked { message, wait_ms, .. } | FactKind::ProduceParked { message, wait_ms, .. },
                    Some(trail),
                ) if *message == id => trail.parked = Some((at, *wait_ms)),
                (
                    FactKind::FetchCompleted { message, .. } | FactKind::ProduceCompleted { message, .. },
                    Some(trail),
                ) if *message == id => trail.completed = Some(at),
                _ => {}
            }
        }
        trail
    }
}

/// The number of a message's mark.
pub(crate) fn number(mark: &str) -> Option<MessageId> {
    mark.strip_prefix("message-")?.parse().ok().map(MessageId)
}

/// A message. `then` is the world just after it was sent, where it is on the wire.
pub(super) fn message(seen: &Seen<'_>, id: MessageId, then: Option<&World>) -> Option<Thing> {
    let trail = Trail::of(seen.facts, id)?;
    let sent = seen.facts.get(trail.sent)?;
    let FactKind::Sent(told) = &sent.kind else { return None };
    let title = if told.response { "interface.response" } else { "inspect.request" };
    let kind = if told.response { "response" } else { "request" };
    let mut thing = Thing::new(kind, "", Phrase::new(title).with("api", told.api.name()));
    delivery(&mut thing, seen.facts, &trail, told);
    match then.and_then(|world| world.on_the_wire().into_iter().find(|message| message.id == id)) {
        Some(message) if !matches!(&*message.body, Body::Group(_) | Body::Share(_)) => {
            body(&mut thing, message, trail.sent, seen.world);
        }
        _ => fields(&mut thing, told, trail.sent),
    }
    rules(seen, &mut thing, told);
    Some(thing)
}

/// From where to where, and how far it is.
fn delivery(thing: &mut Thing, facts: Facts<'_>, trail: &Trail, told: &MessageFact) {
    let ms = |at: usize| {
        facts.get(at).map_or_else(String::new, |fact| {
            let tenths = fact.at.0 % 1_000 / 100;
            let whole = fact.at.as_ms().to_string();
            if tenths == 0 { whole } else { [whole.as_str(), ".", &tenths.to_string()].concat() }
        })
    };
    let sent = Some(trail.sent);
    thing.sheet("RequestHeader");
    thing.since("apiKey", told.api.name(), sent);
    thing.since("correlationId", told.correlation, sent);
    thing.since("from", &told.from, sent).since("to", &told.to, sent);
    thing.sheet("NetworkClient");
    thing.since("sent", ms(trail.sent), sent).unit(Unit::Ms);
    match (trail.received, trail.lost) {
        (Some(at), _) => thing.since("received", ms(at), Some(at)).unit(Unit::Ms),
        (None, Some(at)) => thing.since("lost", ms(at), Some(at)).unit(Unit::Ms),
        (None, None) => thing.since("received", "–", sent),
    };
    if let Some((at, wait_ms)) = trail.parked {
        thing.sheet(if told.api.name() == "Fetch" { "DelayedFetch" } else { "DelayedProduce" });
        thing.since("waits since", ms(at), Some(at)).unit(Unit::Ms);
        thing.since("delayMs", wait_ms, Some(at)).unit(Unit::Ms);
        match trail.completed {
            Some(done) => thing.since("completed", ms(done), Some(done)).unit(Unit::Ms),
            None => thing.since("completed", "–", Some(at)),
        };
    }
}

fn body(thing: &mut Thing, message: &Message, at: usize, world: &World) {
    let sent = Some(at);
    let mut batch = None::<&RecordBatch>;
    match &*message.body {
        Body::ProduceRequest(request) => {
            thing.sheet("ProduceRequest").since("acks", request.acks.name(), sent);
            thing.since("timeoutMs", request.timeout_ms, sent).unit(Unit::Ms);
            for (partition, records) in request.batches.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("PartitionProduceData {partition}"));
                header(thing, records, sent);
                batch = batch.or(Some(records));
            }
        }
        Body::ProduceResponse(response) => {
            for part in response.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("PartitionProduceResponse {}", part.partition));
                error(thing, part.error, sent);
                thing.since("baseOffset", part.base_offset, sent);
                thing.since("logStartOffset", part.log_start_offset, sent);
                current_leader(thing, response.current_leaders.of(&part.partition), sent);
            }
            node_endpoints(thing, &response.current_leaders, sent);
        }
        Body::FetchRequest(request) => {
            thing.sheet("FetchRequest");
            thing.since("replicaId", request.replica.map_or(-1, |id| id.0), sent);
            thing.since("replicaEpoch", request.replica_epoch, sent);
            thing.since("maxWaitMs", request.max_wait_ms, sent).unit(Unit::Ms);
            thing.since("minBytes", request.min_bytes, sent).unit(Unit::Bytes);
            thing.since("maxBytes", request.max_bytes, sent).unit(Unit::Bytes);
            thing.since("sessionId", request.session.session_id, sent);
            thing.since("sessionEpoch", request.session.epoch, sent);
            thing.since("topics.partitions", request.partitions.len(), sent);
            thing.since("forgottenTopicsData", list(&request.forgotten), sent);
            for part in request.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("FetchPartition {}", part.partition));
                thing.since("currentLeaderEpoch", part.current_leader_epoch.map_or(-1, |epoch| epoch.0), sent);
                thing.since("fetchOffset", part.fetch_offset, sent);
                thing.since("lastFetchedEpoch", part.last_fetched_epoch.map_or(-1, |epoch| epoch.0), sent);
                thing.since("logStartOffset", part.log_start_offset, sent);
                thing.since("partitionMaxBytes", part.max_bytes, sent).unit(Unit::Bytes);
            }
        }
        Body::FetchResponse(response) => {
            thing.sheet("FetchResponse");
            error(thing, response.error, sent);
            thing.since("sessionId", response.session_id, sent);
            thing.since("responses.partitions", response.partitions.len(), sent);
            for part in response.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("FetchResponse.PartitionData {}", part.partition));
                error(thing, part.error, sent);
                thing.since("highWatermark", part.high_watermark, sent);
                thing.since("logStartOffset", part.log_start_offset, sent);
                if let Some(diverging) = &part.diverging_epoch {
                    thing.since("divergingEpoch.epoch", diverging.epoch, sent);
                    thing.since("divergingEpoch.endOffset", diverging.end_offset, sent);
                }
                current_leader(thing, response.current_leaders.of(&part.partition), sent);
                let records: i64 = part.records.iter().map(|batch| i64::from(batch.record_count())).sum();
                thing.since("records", records, sent);
                if let Some(first) = part.records.first() {
                    header(thing, first, sent);
                    batch = batch.or(Some(first));
                }
            }
            node_endpoints(thing, &response.current_leaders, sent);
        }
        Body::ListOffsetsRequest(request) => {
            for (partition, spec) in request.partitions.iter().take(PARTITIONS_MAX) {
                let timestamp = match spec {
                    ListOffsetsSpec::Earliest => "-2 (earliest)".to_owned(),
                    ListOffsetsSpec::Latest => "-1 (latest)".to_owned(),
                    ListOffsetsSpec::Timestamp(ms) => ms.to_string(),
                };
                thing.sheet(&format!("ListOffsetsPartition {partition}")).since("timestamp", timestamp, sent);
            }
        }
        Body::ListOffsetsResponse(response) => {
            for part in response.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("ListOffsetsPartitionResponse {}", part.partition));
                error(thing, part.error, sent);
                thing.since("offset", part.offset, sent);
            }
        }
        Body::OffsetForLeaderEpochRequest(request) => {
            for part in request.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("OffsetForLeaderPartition {}", part.partition));
                thing.since("currentLeaderEpoch", part.current_leader_epoch.map_or(-1, |epoch| epoch.0), sent);
                thing.since("leaderEpoch", part.leader_epoch, sent);
            }
        }
        Body::OffsetForLeaderEpochResponse(response) => {
            for part in response.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("EpochEndOffset {}", part.partition));
                error(thing, part.error, sent);
                if let Some(end) = &part.end {
                    thing.since("leaderEpoch", end.epoch, sent);
                    thing.since("endOffset", end.end_offset, sent);
                }
            }
        }
        Body::MetadataRequest(request) => {
            thing.sheet("MetadataRequest");
            match request {
                MetadataRequest::Names(names) => thing.since("topics", list(names), sent),
                MetadataRequest::Ids(ids) => {
                    let names = ids.iter().filter_map(|id| world.metadata().topic_with_id(*id));
                    thing.since("topicIds", list(names), sent)
                }
                // `null` asks for all.
                MetadataRequest::All => thing.since("topics", "null", sent),
            };
        }
        Body::MetadataResponse(response) => {
            thing.sheet("MetadataResponse").since("brokers", list(&response.brokers), sent);
            for (topic, image) in response.topics.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("MetadataResponseTopic {topic}"));
                thing.since("partitions", image.partitions.len(), sent);
                let leaders = image.partitions.iter().take(PARTITIONS_MAX).map(|known| shown(known.leader));
                thing.since("leaderId", list(leaders), sent);
            }
        }
        Body::AlterPartitionRequest(request) => {
            thing.sheet("AlterPartitionRequest").since("brokerId", request.broker, sent);
            for (partition, asked) in request.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("PartitionData {partition}"));
                thing.since("leaderEpoch", asked.leader_epoch, sent);
                thing.since("partitionEpoch", asked.partition_epoch, sent);
                thing.since("newIsrWithEpochs", list(asked.isr.iter().map(|(id, _)| id)), sent);
            }
        }
        // What its fact tells is shown, and `InitProducerId` without transactions asks for nothing more.
        Body::Group(_) | Body::Share(_) | Body::InitProducerIdRequest => {}
        Body::InitProducerIdResponse(response) => {
            thing.sheet("InitProducerIdResponse");
            error(thing, response.error, sent);
            thing.since("producerId", response.producer.producer_id, sent);
            thing.since("producerEpoch", response.producer.epoch, sent);
        }
        Body::AllocateProducerIdsRequest(request) => {
            thing.sheet("AllocateProducerIdsRequest").since("brokerId", request.broker, sent);
            thing.since("brokerEpoch", request.broker_epoch, sent);
        }
        Body::AllocateProducerIdsResponse(response) => {
            thing.sheet("AllocateProducerIdsResponse");
            error(thing, response.error, sent);
            thing.since("producerIdStart", response.producer_id_start, sent);
            thing.since("producerIdLen", response.producer_id_len, sent);
        }
        Body::AlterPartitionResponse(response) => {
            for (partition, answer) in response.partitions.iter().take(PARTITIONS_MAX) {
                thing.sheet(&format!("PartitionData {partition}"));
                match answer {
                    Ok(altered) => {
                        error(thing, Errors::None, sent);
                        thing.since("leaderEpoch", altered.leader_epoch, sent);
                        thing.since("partitionEpoch", altered.partition_epoch, sent);
                        thing.since("isr", list(&altered.isr), sent);
                    }
                    Err(problem) => error(thing, *problem, sent),
                }
            }
        }
    }
    thing.bytes = batch.map(|batch| Bytes::of_batch(batch, None, None));
}

/// The leader that a refusal names (KIP-951).
fn current_leader(thing: &mut Thing, named: Option<LeaderIdAndEpoch>, at: Option<usize>) {
    if let Some(LeaderIdAndEpoch { leader_id, leader_epoch }) = named {
        thing.since("currentLeader.leaderId", leader_id.map_or(-1, |leader| leader.0), at);
        thing.since("currentLeader.leaderEpoch", leader_epoch, at);
    }
}

/// The brokers that the client can reach the named leaders at.
fn node_endpoints(thing: &mut Thing, named: &CurrentLeaders, at: Option<usize>) {
    if !named.leaders.is_empty() {
        thing.sheet("NodeEndpoints").since("nodeId", list(&named.node_endpoints), at);
    }
}

fn error(thing: &mut Thing, error: Errors, at: Option<usize>) {
    thing.since("errorCode", error.name(), at);
}

/// What the fact tells of it, where the message itself cannot be had.
fn fields(thing: &mut Thing, told: &MessageFact, at: usize) {
    thing.sheet(told.api.name());
    let known = ["message", "correlation", "from", "to", "api", "response"];
    for (name, value) in FactKind::Sent(told.clone()).fields().iter() {
        if known.contains(name) {
            continue;
        }
        let value = match value {
            FieldValue::Number(number) => number.to_string(),
            FieldValue::Text(text) if text.is_empty() => "–".to_owned(),
            FieldValue::Text(text) => text.clone(),
            FieldValue::Flag(flag) => flag.to_string(),
            FieldValue::Numbers(numbers) => list(numbers),
            FieldValue::None => "null".to_owned(),
        };
        thing.since(name, value, Some(at));
    }
}

/// What rules a message: the configurations of who sent the request.
fn rules(seen: &Seen<'_>, thing: &mut Thing, told: &MessageFact) {
    let asked = if told.response { &told.to } else { &told.from };
    match (asked, told.api.name()) {
        (NodeId::Client(id), "Produce") => {
            if let Some(producer) = seen.world.producer(&id.0) {
                thing.ruled(
                    &*producer.config,
                    &["acks", "request.timeout.ms", "max.request.size", "delivery.timeout.ms"],
                );
            }
        }
        (NodeId::Client(id), "Fetch") => {
            if let Some(consumer) = seen.world.consumer(&id.0) {
                let names = ["fetch.max.wait.ms", "fetch.min.bytes", "fetch.max.bytes", "max.partition.fetch.bytes"];
                thing.ruled(&*consumer.config, &names);
            }
        }
        (NodeId::Client(id), _) => {
            if let Some(producer) = seen.world.producer(&id.0) {
                thing.ruled(&*producer.config, &["metadata.max.age.ms", "request.timeout.ms"]);
            } else if let Some(consumer) = seen.world.consumer(&id.0) {
                thing.ruled(&*consumer.config, &["metadata.max.age.ms", "auto.offset.reset", "request.timeout.ms"]);
            }
        }
        (NodeId::Broker(id), "Fetch") => {
            if let Some(broker) = seen.world.broker(*id) {
                let names = [
                    "replica.fetch.wait.max.ms",
                    "replica.fetch.min.bytes",
                    "replica.fetch.max.bytes",
                    "replica.fetch.response.max.bytes",
                ];
                thing.ruled(&*broker.config, &names);
            }
        }
        (NodeId::Broker(id), _) => {
            if let Some(broker) = seen.world.broker(*id) {
                thing.ruled(&*broker.config, &["replica.lag.time.max.ms"]);
            }
        }
        (NodeId::Controller, _) => {}
    }
}
