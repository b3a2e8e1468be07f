//! A broker, and the controller. Kafka: `KafkaBroker`, `ReplicaManager`, `BrokerRegistration`.

use highwater_sim::broker::fetch_session::FetchSession;
use highwater_sim::fact::FactKind;
use highwater_sim::fetch_session::FetchSessionHandler;
use highwater_sim::ids::BrokerId;

use super::Seen;
use super::thing::{Thing, Unit, last, list};
use crate::phrase::Phrase;

/// At most so many sessions are shown.
const SESSIONS_MAX: usize = 32;

/// A broker.
pub(super) fn broker(seen: &Seen<'_>, id: BrokerId) -> Option<Thing> {
    let broker = seen.world.broker(id)?;
    let registered = seen.world.metadata().brokers.get(&id);
    let mut thing = Thing::new("broker", "broker", Phrase::new("interface.broker").with("id", id.0));
    let change = last(seen.facts, |kind| match kind {
        FactKind::RegisterBrokerRecord { broker, .. } | FactKind::BrokerRegistrationChangeRecord { broker, .. } => {
            *broker == id
        }
        FactKind::CommandGiven { command: highwater_sim::command::Command::Fault(fault) } => fault.broker() == Some(id),
        _ => false,
    });
    thing.sheet("BrokerRegistration");
    thing.since("node.id", id, change);
    if let Some(registered) = registered {
        thing.since("epoch", registered.epoch, change);
        if let Some(rack) = registered.rack.name() {
            thing.since("rack", rack, change);
        }
        thing.since("fenced", registered.fenced, change);
        thing.since("inControlledShutdown", registered.in_controlled_shutdown, change);
    }
    thing.sheet("KafkaBroker");
    thing.since("running", seen.world.is_running(id), change);
    thing.since("paused", seen.world.is_paused(id), change);
    let leads = broker.partitions.values().filter(|replica| replica.is_leader()).count();
    thing.sheet("ReplicaManager");
    thing.has("PartitionCount", broker.partitions.len());
    thing.has("LeaderCount", leads);
    let under = broker.partitions.values().filter(|replica| replica.is_under_min_isr()).count();
    thing.has("UnderMinIsrPartitionCount", under);
    let size: u64 = broker.partitions.values().map(|replica| replica.log.size_in_bytes()).sum();
    thing.has("Size", size).unit(Unit::Bytes);
    thing.sheet("DelayedOperationPurgatory");
    thing.has("DelayedFetch", broker.purgatory.fetches.len());
    thing.has("DelayedProduce", broker.purgatory.produces.len());
    thing.sheet("FetchSessionCache");
    thing.has("NumIncrementalFetchSessions", broker.fetch_sessions.sessions().count());
    let cached: usize = broker.fetch_sessions.sessions().map(FetchSession::len).sum();
    thing.has("NumIncrementalFetchPartitionsCached", cached);
    thing.has("IncrementalFetchSessionEvictions", broker.fetch_sessions.evicted());
    for session in broker.fetch_sessions.sessions().take(SESSIONS_MAX) {
        thing.sheet(&format!("FetchSession {}", session.id));
        thing.has("privileged", session.is_followers);
        thing.has("epoch", session.epoch);
        thing.has("partitionMap.size", session.len());
    }
    for (leader, session) in broker.own_sessions() {
        own_session(&mut thing, *leader, session);
    }
    thing.ruled_by_all(&*broker.config);
    Some(thing)
}

/// A client's side of its fetch session with a broker.
pub(super) fn own_session(thing: &mut Thing, with: BrokerId, session: &FetchSessionHandler) {
    thing.sheet(&format!("FetchSessionHandler {with}"));
    thing.has("nextMetadata.sessionId", session.next().session_id);
    thing.has("nextMetadata.epoch", session.next().epoch);
    thing.has("sessionPartitions", session.partitions().len());
}

/// The controller.
pub(super) fn controller(seen: &Seen<'_>) -> Thing {
    let image = seen.world.metadata();
    let mut thing = Thing::new("controller", "controller", Phrase::new("inspect.controller"));
    let written = last(seen.facts, |kind| {
        matches!(
            kind,
            FactKind::PartitionChangeRecord { .. }
                | FactKind::PartitionRecord { .. }
                | FactKind::RegisterBrokerRecord { .. }
                | FactKind::BrokerRegistrationChangeRecord { .. }
        )
    });
    thing.sheet("MetadataImage").since("offset", image.offset, written);
    thing.since("brokers", list(image.brokers.keys()), written);
    let fenced = image.brokers.iter().filter(|(_, broker)| broker.fenced).map(|(id, _)| id);
    thing.since("fenced", list(fenced), written);
    thing.since("topics", list(image.topics.keys()), written);
    thing.since("partitions", image.partitions().count(), written);
    if let Some(broker) = seen.world.brokers().next() {
        let names = [
            "broker.session.timeout.ms",
            "broker.heartbeat.interval.ms",
            "auto.leader.rebalance.enable",
            "leader.imbalance.check.interval.seconds",
        ];
        thing.ruled(&*broker.config, &names);
    }
    thing
}
