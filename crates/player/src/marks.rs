//! Which marks of the picture a fact is about, and what moves because of it.

mod groups;
mod idempotence;
mod share;

use highwater_sim::command::Command;
use highwater_sim::fact::{
    AbortedForNewBatch, PollThrew, PreferredReadReplica, StickyPartitionSwitched, TruncationDetected, UnflushedLost,
};
use highwater_sim::fact::{Fact, FactKind};
use highwater_sim::ids::{NodeId, TopicPartition};

use crate::beat::{BeatFact, Motion};
use crate::facts::Facts;
use crate::scene::MarkId;

/// The marks that a fact is about, the one that changes first.
pub fn marks(kind: &FactKind) -> Vec<MarkId> {
    match kind {
        FactKind::Sent(message) | FactKind::Received(message) | FactKind::MessageLost(message) => {
            vec![format!("message-{}", message.message)]
        }
        FactKind::FetchParked { message, .. }
        | FactKind::FetchCompleted { message, .. }
        | FactKind::ProduceParked { message, .. }
        | FactKind::ProduceCompleted { message, .. } => vec![format!("message-{message}")],
        FactKind::RecordAppended { broker, partition, first_offset, last_offset, .. } => {
            let row = format!("broker-{broker}/{partition}");
            let cells = (first_offset.0..=last_offset.0).take(64).map(|offset| format!("{row}/record-{offset}"));
            cells.chain([format!("{row}/leo")]).collect()
        }
        FactKind::FollowerCredited { broker, partition, follower, .. } => {
            vec![format!("broker-{broker}/{partition}/float-{follower}")]
        }
        FactKind::HighWatermarkAdvanced { broker, partition, .. }
        | FactKind::HighWatermarkUpdated { broker, partition, .. } => vec![format!("broker-{broker}/{partition}/hw")],
        FactKind::PartitionChosen { partition, key, .. } => {
            let lane = lane(partition);
            match key {
                Some(key) => vec![format!("{lane}/key-{}", key.text()), lane],
                None => vec![lane],
            }
        }
        FactKind::LogTruncated { broker, partition, from, to, .. } => {
            let row = format!("broker-{broker}/{partition}");
            let cut = (to.0..from.0).take(64).map(|offset| format!("{row}/cut-{offset}"));
            [format!("{row}/leo")].into_iter().chain(cut).collect()
        }
        FactKind::UnflushedLost(UnflushedLost { broker, partition, .. }) => {
            vec![format!("broker-{broker}/{partition}/leo")]
        }
        FactKind::IsrUpdate { partition, .. } | FactKind::PartitionChangeRecord { partition, .. } => {
            vec![format!("isr/{partition}")]
        }
        FactKind::PartitionRecord { partition, .. } => vec![lane(partition), format!("isr/{partition}")],
        FactKind::RecordAccumulated { producer, partition, batch, .. }
        | FactKind::BatchReady { producer, partition, batch, .. }
        | FactKind::BatchDrained { producer, partition, batch, .. }
        | FactKind::BatchRetried { producer, partition, batch, .. } => {
            let batch = format!("accumulator/{producer}/{partition}/batch-{batch}");
            vec![batch, format!("spread/{producer}/{partition}"), format!("client-{producer}")]
        }
        FactKind::BatchAcknowledged { producer, .. } | FactKind::SendFailed { producer, .. } => {
            vec![format!("client-{producer}")]
        }
        FactKind::StickyPartitionSwitched(switched) => {
            let StickyPartitionSwitched { producer, topic, to, .. } = switched;
            vec![format!("accumulator/{producer}/{topic}-{to}"), format!("spread/{producer}/{topic}-{to}")]
        }
        FactKind::AbortedForNewBatch(AbortedForNewBatch { producer, partition }) => {
            vec![format!("spread/{producer}/{partition}"), format!("client-{producer}")]
        }
        FactKind::PositionReset { consumer, .. }
        | FactKind::TruncationDetected(TruncationDetected { consumer, .. })
        | FactKind::PreferredReadReplica(PreferredReadReplica { consumer, .. })
        | FactKind::PollThrew(PollThrew { consumer, .. })
        | FactKind::RecordsPolled { consumer, .. } => vec![format!("client-{consumer}")],
        FactKind::PartitionLeadershipUpdated(told) => vec![format!("client-{}", told.client)],
        FactKind::MetadataUpdated { client, .. } => {
            vec![format!("client-{client}"), "partitioner/remainder".to_owned()]
        }
        FactKind::SegmentRolled { partition, base_offset, .. }
        | FactKind::SegmentDeleted { partition, base_offset, .. }
        | FactKind::RetentionChecked { partition, kept: base_offset, .. } => {
            vec![format!("log/{partition}/segment-{base_offset}")]
        }
        FactKind::LogStartOffsetIncremented { partition, .. } => vec![format!("log/{partition}/start")],
        FactKind::LogCleaned { partition, .. } | FactKind::LogFlushed { partition, .. } => {
            vec![format!("log/{partition}")]
        }
        FactKind::CheckpointWritten { partition, file, .. } => vec![format!("log/{partition}/{}", file.name())],
        FactKind::LogDirFailed(broker) => vec![format!("broker-{broker}")],
        FactKind::LogLoaded { broker, partition, .. } => {
            ["leo", "hw"].into_iter().map(|value| format!("broker-{broker}/{partition}/{value}")).collect()
        }
        FactKind::Group(fact) => groups::marks(fact),
        FactKind::Share(fact) => share::marks(fact),
        FactKind::PageCache(fact) => vec![format!("broker-{}/{}", fact.broker(), fact.partition())],
        FactKind::Idempotence(fact) => idempotence::marks(fact),
        FactKind::CommandGiven { .. }
        | FactKind::TimerFired { .. }
        | FactKind::RegisterBrokerRecord { .. }
        | FactKind::BrokerRegistrationChangeRecord { .. }
        | FactKind::ConfigRecord(_)
        | FactKind::ClearElrRecord(_)
        | FactKind::RemoveTopicRecord(_)
        | FactKind::LimitReached { .. } => Vec::new(),
    }
}

/// Of what the step looks at, the marks that its facts changed; all of it if they changed none.
pub fn what_is_new(look: &[MarkId], facts: Facts<'_>) -> Vec<MarkId> {
    let mut rest: Vec<&MarkId> = look.iter().collect();
    for fact in facts {
        if rest.is_empty() {
            break;
        }
        let changed = marks(&fact.kind);
        rest.retain(|mark| !changed.contains(mark));
    }
    if rest.len() == look.len() {
        return look.to_vec();
    }
    look.iter().filter(|mark| !rest.contains(mark)).cloned().collect()
}

fn lane(partition: &TopicPartition) -> MarkId {
    format!("topic/{}/partition-{}", partition.topic, partition.partition)
}

/// The fact as part of a beat.
pub fn beat_fact(fact: &Fact) -> BeatFact {
    let mut marks = marks(&fact.kind);
    let first = if marks.is_empty() { None } else { Some(marks.swap_remove(0)) };
    let motion = match (&fact.kind, first) {
        (FactKind::Sent(_), Some(mark)) => Motion::MessageSent(mark),
        (FactKind::Received(_), Some(mark)) => Motion::MessageReceived(mark),
        (FactKind::RecordAppended { .. }, Some(_)) => {
            let mut cells = self::marks(&fact.kind);
            cells.pop();
            Motion::RecordAppended(cells)
        }
        (FactKind::FollowerCredited { .. }, Some(mark)) => Motion::FollowerCredited(mark),
        (FactKind::HighWatermarkAdvanced { .. } | FactKind::HighWatermarkUpdated { .. }, Some(mark)) => {
            Motion::HighWatermarkMoved(mark)
        }
        (
            FactKind::BatchAcknowledged { .. }
            | FactKind::SendFailed { .. }
            | FactKind::RecordsPolled { .. }
            | FactKind::TruncationDetected(_)
            | FactKind::PreferredReadReplica(_)
            | FactKind::PollThrew(_)
            | FactKind::PositionReset { .. },
            Some(mark),
        ) => Motion::LineChanged(mark),
        (FactKind::PartitionChosen { .. }, Some(mark)) => Motion::TokenMoved(mark),
        (FactKind::Group(fact), Some(mark)) => groups::motion(fact, mark),
        (FactKind::Share(fact), Some(mark)) => share::motion(fact, mark),
        (
            FactKind::RecordAccumulated { .. }
            | FactKind::BatchDrained { .. }
            | FactKind::StickyPartitionSwitched(_)
            | FactKind::AbortedForNewBatch(_)
            | FactKind::MetadataUpdated { .. }
            | FactKind::PartitionLeadershipUpdated(_)
            | FactKind::IsrUpdate { .. }
            | FactKind::PartitionChangeRecord { .. }
            | FactKind::LogTruncated { .. }
            | FactKind::UnflushedLost(_)
            | FactKind::LogLoaded { .. }
            | FactKind::Idempotence(_),
            Some(mark),
        ) => Motion::ValueChanged(mark),
        _ => Motion::Still,
    };
    BeatFact { id: fact.id.0, name: fact.kind.name().to_owned(), cause: fact.cause.map(|cause| cause.0), motion }
}

/// The brokers that a fact is about, for a filter.
pub fn brokers(kind: &FactKind) -> Vec<i32> {
    let of_node = |node: &NodeId| match node {
        NodeId::Broker(id) => Some(id.0),
        NodeId::Client(_) | NodeId::Controller => None,
    };
    match kind {
        FactKind::Sent(message) | FactKind::Received(message) | FactKind::MessageLost(message) => {
            [&message.from, &message.to].into_iter().filter_map(of_node).collect()
        }
        FactKind::RecordAppended { broker, .. }
        | FactKind::HighWatermarkAdvanced { broker, .. }
        | FactKind::HighWatermarkUpdated { broker, .. }
        | FactKind::IsrUpdate { broker, .. }
        | FactKind::LogTruncated { broker, .. }
        | FactKind::LogLoaded { broker, .. }
        | FactKind::UnflushedLost(UnflushedLost { broker, .. })
        | FactKind::LogDirFailed(broker)
        | FactKind::RegisterBrokerRecord { broker, .. }
        | FactKind::BrokerRegistrationChangeRecord { broker, .. }
        | FactKind::FetchCompleted { broker, .. }
        | FactKind::ProduceParked { broker, .. }
        | FactKind::ProduceCompleted { broker, .. }
        | FactKind::BatchDrained { broker, .. }
        | FactKind::SegmentRolled { broker, .. }
        | FactKind::SegmentDeleted { broker, .. }
        | FactKind::RetentionChecked { broker, .. }
        | FactKind::LogStartOffsetIncremented { broker, .. }
        | FactKind::LogCleaned { broker, .. }
        | FactKind::LogFlushed { broker, .. }
        | FactKind::CheckpointWritten { broker, .. } => vec![broker.0],
        FactKind::PartitionLeadershipUpdated(told) => told.from.into_iter().chain(told.to).map(|id| id.0).collect(),
        FactKind::FollowerCredited { broker, follower, .. } => vec![broker.0, follower.0],
        FactKind::FetchParked { broker, node, .. } => [Some(broker.0), of_node(node)].into_iter().flatten().collect(),
        FactKind::TimerFired { node, .. } => of_node(node).into_iter().collect(),
        FactKind::PartitionChangeRecord { registration, .. } => registration.replicas.iter().map(|id| id.0).collect(),
        FactKind::PartitionRecord { replicas, .. } => replicas.iter().map(|id| id.0).collect(),
        FactKind::LimitReached { node, .. } => node.as_ref().and_then(of_node).into_iter().collect(),
        FactKind::CommandGiven { command: Command::Fault(fault) } => {
            fault.broker().map(|broker| broker.0).into_iter().collect()
        }
        FactKind::Group(fact) => fact.broker().map(|broker| broker.0).into_iter().collect(),
        FactKind::Share(fact) => fact.broker().map(|broker| broker.0).into_iter().collect(),
        FactKind::PageCache(fact) => vec![fact.broker().0],
        FactKind::Idempotence(fact) => fact.broker().map(|broker| broker.0).into_iter().collect(),
        FactKind::CommandGiven { .. }
        | FactKind::MetadataUpdated { .. }
        | FactKind::PartitionChosen { .. }
        | FactKind::StickyPartitionSwitched(_)
        | FactKind::AbortedForNewBatch(_)
        | FactKind::RecordAccumulated { .. }
        | FactKind::BatchReady { .. }
        | FactKind::BatchAcknowledged { .. }
        | FactKind::BatchRetried { .. }
        | FactKind::SendFailed { .. }
        | FactKind::ConfigRecord(_)
        | FactKind::ClearElrRecord(_)
        | FactKind::RemoveTopicRecord(_)
        | FactKind::PositionReset { .. }
        | FactKind::TruncationDetected(_)
        | FactKind::PreferredReadReplica(_)
        | FactKind::PollThrew(_)
        | FactKind::RecordsPolled { .. } => Vec::new(),
    }
}
