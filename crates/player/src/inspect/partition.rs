//! A partition as the controller decided it, and a partition with its keys. Kafka: `PartitionRegistration`.

use highwater_sim::fact::FactKind;
use highwater_sim::ids::TopicPartition;
use highwater_sim::metadata::{LeaderRecoveryState, PartitionRegistration};

use super::Seen;
use super::thing::{Thing, Unit, list, shown};
use crate::phrase::Phrase;
use crate::scene::Panel;
use crate::scene::history::Was;

/// The ISR of a partition, and all that the controller knows of it.
pub(super) fn isr(seen: &Seen<'_>, partition: &TopicPartition) -> Option<Thing> {
    let registration = seen.world.metadata().partition(partition)?;
    let title = Phrase::new("inspect.isr_of").with("partition", partition.to_string());
    let mut thing = Thing::new("isr", "isr", title);
    registration_of(&mut thing, partition, registration);
    rules(seen, &mut thing, partition);
    Some(thing)
}

fn registration_of(thing: &mut Thing, partition: &TopicPartition, registration: &PartitionRegistration) {
    let key = |what: &str| format!("{what}/{partition}");
    let (isr, leader, epoch) = (key("isr"), key("leader"), key("epoch"));
    thing.sheet("PartitionRegistration");
    thing.set("replicas", list(&registration.replicas), &isr);
    thing.set("isr", list(&registration.isr), &isr);
    thing.set("elr", list(&registration.elr), &isr);
    thing.set("lastKnownElr", list(&registration.last_known_elr), &isr);
    thing.set("addingReplicas", list(&registration.adding_replicas), &isr);
    thing.set("removingReplicas", list(&registration.removing_replicas), &isr);
    thing.set("leader", registration.leader.map_or(-1, |leader| leader.0), &leader);
    let recovery = match registration.leader_recovery_state {
        LeaderRecoveryState::Recovered => "RECOVERED",
        LeaderRecoveryState::Recovering => "RECOVERING",
    };
    thing.set("leaderRecoveryState", recovery, &leader);
    thing.set("leaderEpoch", registration.leader_epoch, &epoch);
    thing.set("partitionEpoch", registration.partition_epoch, &isr);
}

fn rules(seen: &Seen<'_>, thing: &mut Thing, partition: &TopicPartition) {
    if let Some(topic) = seen.world.metadata().topics.get(&partition.topic) {
        thing.ruled(&*topic.config, &["min.insync.replicas"]);
    }
    if let Some(broker) = seen.world.brokers().next() {
        let names = ["replica.lag.time.max.ms", "auto.leader.rebalance.enable", "broker.session.timeout.ms"];
        thing.ruled(&*broker.config, &names);
    }
}

/// Who led a partition when, and who was in its ISR; of one replica, if the mark is one's.
pub(super) fn history(seen: &Seen<'_>, mark: &str, partition: &TopicPartition) -> Option<Thing> {
    let panel = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::History(panel) if mark.starts_with(&panel.id) => Some(panel),
        _ => None,
    })?;
    let title = Phrase::new("inspect.history_of").with("partition", partition.to_string());
    let mut thing = Thing::new("history", "leader-epoch", title);
    let ms = |us: u64| format!("{} ms", us / 1_000);
    for row in panel.rows.iter().filter(|row| mark == panel.id || row.id == mark) {
        thing.sheet(&format!("broker {}", row.broker));
        for span in &row.spans {
            let was = match span.was {
                Was::Leader => "leader",
                Was::InIsr => "isr",
                Was::InElr => "elr",
                Was::Out => "–",
            };
            let at = record_at(seen, partition, span.from_us);
            thing.since(&ms(span.from_us), was, at);
        }
    }
    thing.sheet("leaderEpoch");
    for (epoch, from_us) in &panel.epochs {
        thing.since(&ms(*from_us), epoch, record_at(seen, partition, *from_us));
    }
    thing.sheets.retain(|sheet| !sheet.fields.is_empty());
    rules(seen, &mut thing, partition);
    Some(thing)
}

/// The controller's record of a moment.
fn record_at(seen: &Seen<'_>, partition: &TopicPartition, us: u64) -> Option<usize> {
    seen.facts.iter().position(|fact| {
        fact.at.0 == us
            && matches!(&fact.kind, FactKind::PartitionRecord { partition: of, .. } | FactKind::PartitionChangeRecord { partition: of, .. } if of == partition)
    })
}

/// A partition among those that keys go to.
pub(super) fn lane(seen: &Seen<'_>, partition: &TopicPartition) -> Option<Thing> {
    let registration = seen.world.metadata().partition(partition)?;
    let title = Phrase::new("inspect.partition").with("partition", partition.to_string());
    let mut thing = Thing::new("partition", "partition", title);
    if let Some(leader) = seen.world.leader(partition) {
        let at = format!("broker-{}", leader.broker);
        let leo = format!("leo/{partition}/{at}");
        thing.sheet("UnifiedLog");
        thing.set("logStartOffset", leader.log_start_offset(), &format!("log_start/{partition}/{at}"));
        thing.set("logEndOffset", leader.log_end_offset(), &leo);
        thing.set("highWatermark", leader.high_watermark(), &format!("hw/{partition}/{at}"));
        thing.set("size", leader.log.size_in_bytes(), &leo).unit(Unit::Bytes);
    }
    registration_of(&mut thing, partition, registration);
    rules(seen, &mut thing, partition);
    Some(thing)
}

/// A topic as a whole.
pub(super) fn topic(seen: &Seen<'_>, topic: &str) -> Option<Thing> {
    let image = seen.world.metadata().topics.get(topic)?;
    let first = TopicPartition::new(topic, 0);
    let mut thing = Thing::new("topic", "topic", Phrase::new("inspect.topic").with("topic", topic));
    let isr = format!("isr/{first}");
    let under = image.partitions.iter().filter(|partition| partition.isr.len() < partition.replicas.len()).count();
    let offline = image.partitions.iter().filter(|partition| partition.leader.is_none()).count();
    thing.sheet("TopicImage");
    thing.set("name", topic, &isr).set("partitions", image.partitions.len(), &isr);
    thing.set("UnderReplicatedPartitions", under, &isr).set("OfflinePartitionsCount", offline, &isr);
    rules(seen, &mut thing, &first);
    Some(thing)
}

/// A key in a partition.
pub(super) fn key(seen: &Seen<'_>, mark: &str, partition: &TopicPartition) -> Option<Thing> {
    let panels = seen.scene.panels.iter();
    let (panel, chip) = panels
        .filter_map(|panel| match panel {
            Panel::Partitioner(panel) => Some(panel),
            _ => None,
        })
        .find_map(|panel| {
            Some((panel, panel.lanes.iter().flat_map(|lane| &lane.keys).find(|chip| chip.id == mark)?))
        })?;
    let title = Phrase::new("inspect.key").with("key", chip.key.as_str());
    let mut thing = Thing::new("key", "key", title);
    let murmur2 = highwater_sim::producer::partitioner::murmur2(chip.key.as_bytes());
    let positive = highwater_sim::producer::partitioner::to_positive(murmur2);
    thing.sheet("BuiltInPartitioner.partitionForKey");
    thing.has("murmur2", murmur2);
    thing.has("toPositive(murmur2)", positive);
    thing.has("numPartitions", panel.partitions);
    thing.has("partition", shown(positive.checked_rem(panel.partitions)));
    thing.sheet("UnifiedLog").has(&format!("{partition}: records"), chip.records);
    let bytes: Vec<(u8, String)> = chip.key.bytes().map(|byte| (byte, char::from(byte).to_string())).collect();
    thing.bytes = Some(super::bytes::Bytes::of_key(&bytes));
    Some(thing)
}

/// How many keys move.
pub(super) fn moves(seen: &Seen<'_>, mark: &str) -> Option<Thing> {
    let moves = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Partitioner(panel) => panel.moves.as_ref().filter(|moves| moves.id == mark),
        _ => None,
    })?;
    let mut thing = Thing::new("moves", "partitioner", Phrase::new("inspect.moves"));
    thing.sheet("BuiltInPartitioner.partitionForKey");
    thing.has("keys", moves.keys);
    thing.has("numPartitions", format!("{} → {}", moves.from, moves.to));
    thing.has("moved", moves.moved);
    thing.has(&format!("keys a partition, of {}", moves.from), list(&moves.counts_before));
    thing.has(&format!("keys a partition, of {}", moves.to), list(&moves.counts_after));
    Some(thing)
}
