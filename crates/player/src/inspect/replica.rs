//! A replica, its marks, and what a leader knows of a follower. Kafka: `Partition`, `UnifiedLog`, `Replica`.

use highwater_sim::broker::Broker;
use highwater_sim::broker::isr::IsrChange;
use highwater_sim::broker::partition::Partition;
use highwater_sim::fact::{CheckpointFile, FactKind};
use highwater_sim::ids::BrokerId;

use super::Seen;
use super::thing::{Thing, Unit, last, list, shown};
use crate::phrase::Phrase;

/// The most producers of a log that are shown one by one.
const PRODUCERS_MAX: usize = 8;

/// A replica with what is around it.
pub(super) struct Spot<'a> {
    pub seen: &'a Seen<'a>,
    pub broker: &'a Broker,
    pub replica: &'a Partition,
}

impl Spot<'_> {
    fn key(&self, what: &str) -> String {
        format!("{what}/{}/broker-{}", self.replica.id, self.broker.id)
    }

    fn title(&self, key: &str) -> Phrase {
        Phrase::new(key).with("partition", self.replica.id.to_string()).with("broker", self.broker.id.0)
    }

    /// Everything of the replica.
    pub fn whole(&self) -> Thing {
        let mut thing = Thing::new("replica", "replica", self.title("inspect.on_broker"));
        self.log(&mut thing);
        self.partition(&mut thing);
        if !self.replica.is_leader() {
            self.fetcher(&mut thing);
        }
        self.producers(&mut thing);
        self.checkpoints(&mut thing);
        self.rules(&mut thing);
        thing
    }

    pub fn high_watermark(&self) -> Thing {
        let replica = self.replica;
        let mut thing = Thing::new("high_watermark", "hw", self.title("inspect.hw_of"));
        let hw = self.key("hw");
        thing.sheet("UnifiedLog").set("highWatermark", replica.high_watermark(), &hw);
        thing.set("logEndOffset", replica.log_end_offset(), &self.key("leo"));
        thing.set("lastStableOffset", replica.log.last_stable_offset(), &hw);
        if replica.is_leader() {
            // What the minimum is taken of.
            thing.sheet("Partition.maybeIncrementLeaderHW");
            thing.set(&format!("logEndOffset({})", replica.broker), replica.log_end_offset(), &self.key("leo"));
            for (follower, known) in replica.replicas() {
                if replica.state().is_in_maximal_isr(*follower) {
                    thing.set(
                        &format!("logEndOffset({follower})"),
                        known.log_end_offset.offset,
                        &self.credited(*follower),
                    );
                }
            }
        } else if let Some((at, told)) = self.last_told() {
            thing.sheet("FetchResponse.PartitionData").since("highWatermark", told, Some(at));
        }
        self.checkpoint(&mut thing, CheckpointFile::HighWatermark);
        thing.ruled(&*replica.config, &["min.insync.replicas"]);
        thing
            .ruled(&*self.broker.config, &["replica.high.watermark.checkpoint.interval.ms", "replica.lag.time.max.ms"]);
        thing
    }

    /// What the last response of the leader said of the high watermark.
    fn last_told(&self) -> Option<(usize, i64)> {
        let facts = self.seen.facts;
        let at = last(
            facts,
            |kind| matches!(kind, FactKind::HighWatermarkUpdated { broker, partition, .. } if *broker == self.broker.id && *partition == self.replica.id),
        )?;
        match &facts.get(at)?.kind {
            FactKind::HighWatermarkUpdated { leader_high_watermark, .. } => Some((at, leader_high_watermark.0)),
            _ => None,
        }
    }

    pub fn log_end_offset(&self) -> Thing {
        let mut thing = Thing::new("log_end_offset", "leo", self.title("inspect.leo_of"));
        self.log(&mut thing);
        thing
    }

    pub fn float(&self, follower: BrokerId) -> Option<Thing> {
        let replica = self.replica;
        let known = replica.replicas().get(&follower)?;
        let title = self.title("inspect.float_of").with("follower", follower.0);
        let mut thing = Thing::new("follower_state", "replica-lag", title);
        let credited = self.credited(follower);
        thing.sheet("ReplicaState");
        thing.set("logStartOffset", known.log_start_offset, &credited);
        thing.set("logEndOffset", known.log_end_offset.offset, &credited);
        thing.set("lastFetchLeaderLogEndOffset", known.last_fetch_leader_log_end_offset, &credited);
        thing.set("lastFetchTimeMs", known.last_fetch_ms, &credited).unit(Unit::Ms);
        thing.set("lastCaughtUpTimeMs", known.last_caught_up_ms, &credited).unit(Unit::Ms);
        thing.set("brokerEpoch", shown(known.broker_epoch), &credited);
        let now_ms = self.seen.world.now().timestamp_ms();
        let isr = format!("isr/{}", replica.id);
        thing.sheet("Partition");
        thing.set("inSyncReplica", replica.state().isr().contains(&follower), &isr);
        thing.set("maximalIsr", replica.state().is_in_maximal_isr(follower), &isr);
        thing.set("lag", replica.log_end_offset().0.saturating_sub(known.log_end_offset.offset.max(0)), &credited);
        if known.last_caught_up_ms > 0 {
            let behind_ms = now_ms.saturating_sub(known.last_caught_up_ms);
            thing.set("now − lastCaughtUpTimeMs", behind_ms, &credited).unit(Unit::Ms);
        }
        thing.ruled(&*self.broker.config, &["replica.lag.time.max.ms", "replica.fetch.wait.max.ms"]);
        Some(thing)
    }

    /// What the log knows of idempotent producers.
    fn producers(&self, thing: &mut Thing) {
        let leo = self.key("leo");
        for known in self.replica.log.producers().producers().take(PRODUCERS_MAX) {
            thing.sheet(&format!("ProducerStateEntry {}", known.producer_id));
            thing.set("producerEpoch", known.producer_epoch, &leo);
            thing.set("lastSeq", known.last_sequence(), &leo);
            thing.set("lastDataOffset", known.last_data_offset(), &leo);
            thing.set("batchMetadata", known.batches().count(), &leo);
            thing.set("lastTimestamp", known.last_timestamp, &leo).unit(Unit::Ms);
        }
    }

    fn credited(&self, follower: BrokerId) -> String {
        format!("{}/{follower}", self.key("credited"))
    }

    fn log(&self, thing: &mut Thing) {
        let (replica, log) = (self.replica, &self.replica.log);
        let leo = self.key("leo");
        thing.sheet("UnifiedLog");
        thing.set("logStartOffset", log.log_start_offset(), &self.key("log_start"));
        thing.set("logEndOffset", log.log_end_offset(), &leo);
        thing.set("highWatermark", replica.high_watermark(), &self.key("hw"));
        thing.set("lastStableOffset", log.last_stable_offset(), &self.key("hw"));
        thing.set("recoveryPoint", log.recovery_point(), &self.key("flushed"));
        thing.set("leaderEpochCache", epochs(replica), &leo);
        thing.set("size", log.size_in_bytes(), &leo).unit(Unit::Bytes);
        thing.set("numberOfSegments", log.segments().count(), &self.key("segments"));
        thing.set("batches", log.batch_count(), &leo);
    }

    fn partition(&self, thing: &mut Thing) {
        let replica = self.replica;
        let (leader, epoch, isr) =
            (format!("leader/{}", replica.id), format!("epoch/{}", replica.id), format!("isr/{}", replica.id));
        thing.sheet("Partition");
        thing.set("leaderReplicaId", shown(replica.leader()), &leader);
        thing.set("leaderEpoch", replica.leader_epoch(), &epoch);
        thing.set("partitionEpoch", replica.partition_epoch(), &isr);
        if !replica.is_leader() {
            return;
        }
        thing.set("leaderEpochStartOffset", shown(replica.leader_epoch_start_offset()), &epoch);
        thing.set("isr", list(replica.state().isr().iter()), &isr);
        if let Some(pending) = replica.state().pending() {
            let change = match &pending.change {
                IsrChange::Expand(joining) => format!("PendingExpandIsr({joining})"),
                IsrChange::Shrink(leaving) => format!("PendingShrinkIsr({})", list(leaving.iter())),
            };
            let at = last(
                self.seen.facts,
                |kind| matches!(kind, FactKind::IsrUpdate { partition, .. } if *partition == replica.id),
            );
            thing.since("partitionState", change, at);
        }
        thing.set("isUnderMinIsr", replica.is_under_min_isr(), &isr);
    }

    fn fetcher(&self, thing: &mut Thing) {
        let replica = self.replica;
        thing.sheet("PartitionFetchState");
        thing.set("fetchOffset", replica.log_end_offset(), &self.key("leo"));
        thing.set("lastFetchedEpoch", shown(replica.last_fetched_epoch()), &self.key("leo"));
        thing.set("currentLeaderEpoch", replica.leader_epoch(), &format!("epoch/{}", replica.id));
    }

    fn checkpoints(&self, thing: &mut Thing) {
        for file in [CheckpointFile::HighWatermark, CheckpointFile::RecoveryPoint, CheckpointFile::LogStartOffset] {
            self.checkpoint(thing, file);
        }
    }

    /// A line of a checkpoint file, if it is written.
    fn checkpoint(&self, thing: &mut Thing, file: CheckpointFile) {
        let Some(offset) = self.broker.checkpoints.file(file).get(&self.replica.id) else { return };
        if thing.sheets.last().is_none_or(|sheet| sheet.name != "OffsetCheckpointFile") {
            thing.sheet("OffsetCheckpointFile");
        }
        thing.set(file.name(), offset, &self.key(&format!("checkpoint/{}", file.name())));
    }

    fn rules(&self, thing: &mut Thing) {
        let topic = &*self.replica.config;
        if self.replica.is_leader() {
            thing.ruled(topic, &["min.insync.replicas", "max.message.bytes"]);
            thing.ruled(&*self.broker.config, &["replica.lag.time.max.ms"]);
        } else {
            let names = [
                "replica.fetch.wait.max.ms",
                "replica.fetch.min.bytes",
                "replica.fetch.max.bytes",
                "replica.fetch.backoff.ms",
            ];
            thing.ruled(&*self.broker.config, &names);
        }
        thing.ruled(topic, &["segment.bytes", "segment.ms", "retention.ms", "retention.bytes", "cleanup.policy"]);
    }
}

/// `0 → 0, 1 → 2`: each epoch with the offset where it begins.
fn epochs(replica: &Partition) -> String {
    let epochs = replica.log.leader_epochs().iter().map(|entry| format!("{} → {}", entry.epoch, entry.start_offset));
    let epochs: Vec<String> = epochs.collect();
    if epochs.is_empty() { "–".to_owned() } else { epochs.join(", ") }
}
