//! Producers and consumers. Kafka: `KafkaProducer`, `RecordAccumulator`, `KafkaConsumer`, `SubscriptionState`.

use highwater_sim::client_metadata::ClientMetadata;
use highwater_sim::command::Command;
use highwater_sim::consumer::Consumer;
use highwater_sim::fact::{FactKind, GroupFact};
use highwater_sim::group::member::Wanted;
use highwater_sim::ids::TopicPartition;
use highwater_sim::producer::accumulator::ProducerBatch;
use highwater_sim::producer::{Fate, Producer};

use super::Seen;
use super::bytes::Bytes;
use super::thing::{Thing, Unit, last, list, quoted, shown};
use crate::phrase::Phrase;
use crate::scene::Panel;

/// The most topics or partitions that are shown one by one.
const SHOWN_MAX: usize = 24;

/// A producer or a consumer by its mark.
pub(super) fn client(seen: &Seen<'_>, name: &str) -> Option<Thing> {
    match seen.world.producer(name) {
        Some(found) => Some(producer(found)),
        None => seen.world.consumer(name).map(|found| consumer(seen, found)),
    }
}

fn producer(producer: &Producer) -> Thing {
    let mut thing =
        Thing::new("producer", "producer", Phrase::new("interface.producer").with("name", producer.id.to_string()));
    let accumulator = producer.accumulator();
    thing.sheet("KafkaProducer");
    thing.has("client.id", &producer.id);
    thing.has("record-send-total", producer.sent_total());
    thing.has("acknowledged", producer.acknowledged_total());
    thing.sheet("RecordAccumulator");
    thing.has("availableMemory", accumulator.available_memory()).unit(Unit::Bytes);
    thing.has("waitingThreads", accumulator.memory_waiters());
    thing.has("incomplete", accumulator.incomplete().len());
    let queued: usize = accumulator.queues().map(|(_, _, queue)| queue.len()).sum();
    thing.has("batches", queued);
    thing.sheet("Sender").has("inFlightBatches", producer.batches_in_flight().count());
    sequences(&mut thing, producer);
    for (topic, _) in producer.metadata.topics().take(SHOWN_MAX) {
        if let Some((partition, bytes)) = producer.sticky_partition(topic) {
            let sticky = format!("sticky/{}/{topic}", producer.id);
            thing.sheet(&format!("BuiltInPartitioner {topic}"));
            thing.set("stickyPartition", partition, &sticky);
            thing.set("producedBytes", bytes, &sticky).unit(Unit::Bytes);
        }
    }
    metadata(&mut thing, &producer.id.to_string(), &producer.metadata);
    thing.ruled_by_all(&*producer.config);
    thing
}

/// What an idempotent producer knows of its id and its sequence numbers.
fn sequences(thing: &mut Thing, producer: &Producer) {
    let Some(manager) = producer.accumulator().transaction_manager() else { return };
    let (id, known) = (format!("producer_id/{}", producer.id), manager.producer_id_and_epoch());
    thing.sheet("TransactionManager");
    thing.set("producerId", known.producer_id, &id).set("producerEpoch", known.epoch, &id);
    for (partition, sequences) in manager.partitions().take(SHOWN_MAX) {
        let assigned = format!("sequence/{}/{partition}", producer.id);
        let acked = format!("acked/{}/{partition}", producer.id);
        thing.sheet(&format!("TxnPartitionEntry {partition}"));
        thing.set("producerEpoch", sequences.producer().epoch, &assigned);
        thing.set("nextSequence", sequences.next_sequence(), &assigned);
        thing.set("inflightBatchesBySequence", sequences.in_flight(), &assigned);
        thing.set("lastAckedSequence", sequences.last_acked_sequence(), &acked);
        thing.set("lastAckedOffset", sequences.last_acked_offset(), &acked);
        if manager.has_unresolved_sequence(partition) {
            thing.set("partitionsWithUnresolvedSequences", "true", &assigned);
        }
    }
}

/// What it subscribes to. Kafka: `SubscriptionState`.
fn subscription(seen: &Seen<'_>, thing: &mut Thing, consumer: &Consumer) {
    let Some(membership) = &consumer.membership else { return };
    let Some(wanted) = membership.member.wanted() else { return };
    let (pattern, by) = match wanted {
        Wanted::Topics(_) => return,
        Wanted::Pattern(pattern) => (pattern.text(), "subscribedPattern"),
        Wanted::Expression(text) => (text.as_str(), "subscribedRe2JPattern"),
    };
    let given = last(seen.facts, |kind| match kind {
        FactKind::CommandGiven { command: Command::Consumer { consumer: id, action } } => {
            *id == consumer.id && action.subscribes()
        }
        _ => false,
    });
    thing.sheet("SubscriptionState").since(by, pattern, given);
    if matches!(wanted, Wanted::Pattern(_)) {
        let found = last(seen.facts, |kind| match kind {
            FactKind::Group(fact) => {
                matches!(&**fact, GroupFact::SubscribedFromPattern { consumer: id, .. } if *id == consumer.id)
            }
            _ => false,
        });
        thing.since("subscription", list(membership.member.subscription()), found.or(given));
    }
}

fn consumer(seen: &Seen<'_>, consumer: &Consumer) -> Thing {
    let mut thing =
        Thing::new("consumer", "consumer", Phrase::new("interface.consumer").with("name", consumer.id.to_string()));
    thing.sheet("KafkaConsumer").has("client.id", &consumer.id);
    subscription(seen, &mut thing, consumer);
    for (partition, position) in consumer.positions().take(SHOWN_MAX) {
        let key = format!("position/{}/{partition}", consumer.id);
        thing.sheet(&format!("TopicPartitionState {partition}"));
        thing.set("position.offset", shown(position.offset), &key);
        thing.set("highWatermark", shown(position.high_watermark), &key);
        if let (Some(at), Some(water)) = (position.offset, position.high_watermark) {
            thing.set("records-lag", water.0.saturating_sub(at.0).max(0), &key);
        }
        thing.set("records-consumed-total", position.records, &key);
        if let Some(preferred) = position.preferred {
            let named = format!("reads_from/{}/{partition}", consumer.id);
            thing.set("preferredReadReplica", preferred.replica, &named);
            thing.set("preferredReadReplicaExpireTimeMs", preferred.until.timestamp_ms(), &named).unit(Unit::Ms);
        }
    }
    for (broker, session) in consumer.sessions() {
        super::node::own_session(&mut thing, *broker, session);
    }
    metadata(&mut thing, &consumer.id.to_string(), &consumer.metadata);
    thing.ruled_by_all(&*consumer.config);
    thing
}

fn metadata(thing: &mut Thing, client: &str, known: &ClientMetadata) {
    for (topic, image) in known.topics().take(SHOWN_MAX) {
        thing.sheet(&format!("Metadata {topic}"));
        thing.set("partitions", image.partitions.len(), &format!("known_partitions/{client}/{topic}"));
        let leaders = image.partitions.iter().take(SHOWN_MAX).map(|known| shown(known.leader));
        thing.set("leaderId", super::thing::list(leaders), &format!("known_leaders/{client}/{topic}"));
    }
}

/// A record that a producer was given, by its number.
pub(super) fn line(seen: &Seen<'_>, name: &str, number: i64) -> Option<Thing> {
    let Some(producer) = seen.world.producer(name) else { return client(seen, name) };
    let sent = producer.sent().iter().find(|sent| sent.number == number)?;
    let title = Phrase::new("inspect.sent").with("n", number.saturating_add(1)).with("name", name);
    let mut thing = Thing::new("sent", "record", title);
    // The last thing that this producer heard, or the `send()` itself.
    let given = nth_send(seen, name, number);
    let heard = last(seen.facts, |kind| match kind {
        FactKind::BatchAcknowledged { producer, .. } | FactKind::SendFailed { producer, .. } => *producer.0 == *name,
        _ => false,
    });
    thing.sheet("ProducerRecord");
    thing.since("topic", &sent.topic, given);
    thing.since("partition", shown(sent.partition), given);
    thing.since("key", quoted(sent.key.as_ref().map(|key| &*key.0)), given);
    thing.since("value", quoted(sent.value.as_ref().map(|value| &*value.0)), given);
    thing.sheet("FutureRecordMetadata");
    let card = format!("client-{name}");
    match &sent.fate {
        Fate::AwaitsMetadata => thing.since("isDone", "false", given).since("waits for", "metadata", given),
        Fate::Accumulated => thing.by("isDone", "false", &card).by("waits for", "RecordAccumulator", &card),
        Fate::InFlight(request) => {
            let mark = format!("message-{request}");
            thing.by("isDone", "false", &mark).by("waits for", format!("Produce response {request}"), &mark)
        }
        Fate::Acknowledged(offset) => {
            thing.since("isDone", "true", heard).since("recordMetadata.offset", offset, heard)
        }
        Fate::Failed(error) => thing.since("isDone", "true", heard).since("exception", error, heard),
    };
    let names = ["acks", "linger.ms", "batch.size", "delivery.timeout.ms", "request.timeout.ms", "retries"];
    thing.ruled(&*producer.config, &names);
    Some(thing)
}

/// Where the application gave a producer its record of a number.
fn nth_send(seen: &Seen<'_>, name: &str, number: i64) -> Option<usize> {
    let number = usize::try_from(number).ok()?;
    let sends = seen.facts.iter().enumerate().filter(|(_, fact)| {
        matches!(&fact.kind, FactKind::CommandGiven { command: highwater_sim::command::Command::Send { producer, .. } } if *producer.0 == *name)
    });
    sends.map(|(at, _)| at).nth(number)
}

/// A queue of the accumulator.
pub(super) fn queue(seen: &Seen<'_>, name: &str, partition: &TopicPartition) -> Option<Thing> {
    let producer = seen.world.producer(name)?;
    let title = Phrase::new("inspect.queue_of").with("partition", partition.to_string()).with("name", name);
    let mut thing = Thing::new("queue", "accumulator", title);
    let batches = producer.batches(partition);
    thing.sheet("RecordAccumulator");
    thing.has("batches", batches.iter().filter(|batch| !batch.in_flight).count());
    thing.has("inFlightBatches", batches.iter().filter(|batch| batch.in_flight).count());
    let bytes: i64 = batches.iter().map(|batch| batch.bytes).sum();
    thing.has("bytes", bytes).unit(Unit::Bytes);
    if let Some((sticky, produced)) = producer.sticky_partition(&partition.topic) {
        let key = format!("sticky/{name}/{}", partition.topic);
        thing.sheet("BuiltInPartitioner");
        thing.set("stickyPartition", sticky, &key).set("producedBytes", produced, &key).unit(Unit::Bytes);
    }
    rules(&mut thing, producer);
    Some(thing)
}

/// What all producers of the spread panel have put into batches.
pub(super) fn spread(seen: &Seen<'_>) -> Option<Thing> {
    let panel = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Spread(panel) => Some(panel),
        _ => None,
    })?;
    let title = Phrase::new("text.spread").with("topic", panel.topic.as_str());
    let mut thing = Thing::new("filled", "accumulator", title);
    for chart in &panel.charts {
        thing.sheet(&chart.producer);
        thing.has("bytes", chart.bytes).unit(Unit::Bytes);
        thing.has("batches", chart.batches).has("records", chart.records);
    }
    Some(thing)
}

/// What a producer has put into batches for a partition.
pub(super) fn filled(seen: &Seen<'_>, name: &str, partition: &TopicPartition) -> Option<Thing> {
    let producer = seen.world.producer(name)?;
    let filled = producer.filled(partition);
    let title = Phrase::new("inspect.filled_of").with("partition", partition.to_string()).with("name", name);
    let mut thing = Thing::new("filled", "accumulator", title);
    let key = format!("filled/{name}/{partition}");
    thing.sheet("RecordAccumulator");
    thing.set("bytes", filled.bytes, &key).unit(Unit::Bytes);
    thing.set("batches", filled.batches, &key).set("records", filled.records, &key);
    thing.ruled(&*producer.config, &["partitioner.class", "batch.size", "linger.ms"]);
    Some(thing)
}

/// A batch of the accumulator, by its number.
pub(super) fn batch(seen: &Seen<'_>, name: &str, partition: &TopicPartition, number: u64) -> Option<Thing> {
    let producer = seen.world.producer(name)?;
    let flying = producer.batches_in_flight().find(|batch| batch.id.0 == number);
    let queue = producer.accumulator().queue(partition);
    let queued = queue.into_iter().flatten().find(|batch| batch.id.0 == number).map(|batch| &**batch);
    let batch: &ProducerBatch = flying.or(queued)?;
    let title = Phrase::new("inspect.batch_of").with("partition", partition.to_string()).with("name", name);
    let mut thing = Thing::new("producer_batch", "batch", title);
    let now = seen.world.now();
    let made = seen.facts.iter().position(|fact| {
        matches!(&fact.kind, FactKind::RecordAccumulated { producer, batch, .. } if *producer.0 == *name && batch.0 == number)
    });
    thing.sheet("ProducerBatch");
    thing.since("topicPartition", &batch.partition, made);
    thing.since("createdMs", batch.created.timestamp_ms(), made).unit(Unit::Ms);
    thing.has("recordCount", batch.records().len());
    thing.has("estimatedSizeInBytes", batch.size_in_bytes()).unit(Unit::Bytes);
    thing.has("waitedTimeMs", batch.waited_ms(now)).unit(Unit::Ms);
    thing.has("isFull", batch.is_full());
    thing.has("attempts", batch.attempts());
    thing.has("isInflight", flying.is_some());
    thing.maybe("drainedMs", batch.drained().map(highwater_sim::time::SimTime::timestamp_ms)).unit(Unit::Ms);
    if let Some(state) = batch.producer_state() {
        let assigned = format!("sequence/{name}/{partition}");
        thing.set("producerId", state.producer.producer_id, &assigned);
        thing.set("producerEpoch", state.producer.epoch, &assigned);
        thing.set("baseSequence", state.base_sequence, &assigned);
        thing.set("sequenceHasBeenReset", batch.sequence_has_been_reset(), &assigned);
    }
    thing.sheet("records");
    for (index, record) in batch.records().iter().take(SHOWN_MAX).enumerate() {
        let text = [quoted(record.key.as_deref()), quoted(record.value.as_deref())].join(" → ");
        thing.has(&index.to_string(), text);
    }
    thing.bytes = batch.to_record_batch().ok().map(|batch| Bytes::of_batch(&batch, None, None));
    rules(&mut thing, producer);
    Some(thing)
}

fn rules(thing: &mut Thing, producer: &Producer) {
    let names = ["batch.size", "linger.ms", "buffer.memory", "delivery.timeout.ms", "retries", "retry.backoff.ms"];
    thing.ruled(&*producer.config, &names);
}
