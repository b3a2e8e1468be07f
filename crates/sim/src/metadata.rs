//! What a broker knows of the cluster. Kafka 4.3: `MetadataImage`, `TopicImage`, `PartitionRegistration`.

use crate::sorted::SortedMap;
use std::rc::Rc;

use crate::config::{AutoOffsetReset, BrokerConfig, InterBrokerProtocol, Rack, TopicConfig};
use crate::ids::{BrokerId, LeaderEpoch, Topic, TopicId, TopicPartition};

/// Whether a leader was elected without knowing all that was committed. Kafka: `LeaderRecoveryState`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaderRecoveryState {
    /// It knows what was committed.
    #[default]
    Recovered,
    /// It was elected uncleanly and has not said yet that it has recovered.
    Recovering,
}

/// A registered broker. Kafka: `BrokerRegistration`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrokerRegistration {
    /// Grows with each registration (Kafka: the offset of its record); −1 in a request says nothing.
    pub epoch: i64,
    /// The controller heard nothing of it for a while, or it has not caught up since its start.
    pub fenced: bool,
    /// It is about to stop.
    pub in_controlled_shutdown: bool,
    /// Where it is.
    pub rack: Rack,
}

/// The state of one partition, as the controller decided it. Kafka: `PartitionRegistration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionRegistration {
    /// The assigned replicas (AR), the preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// The in-sync replicas.
    pub isr: Vec<BrokerId>,
    /// The eligible leader replicas (ELR, KIP-966): they left the ISR below the minimum and hold all that is committed.
    pub elr: Vec<BrokerId>,
    /// Who led last, once nobody is left in ISR and ELR.
    pub last_known_elr: Vec<BrokerId>,
    /// The replicas that a reassignment adds.
    pub adding_replicas: Vec<BrokerId>,
    /// The replicas that a reassignment removes.
    pub removing_replicas: Vec<BrokerId>,
    /// The leader; none if there is none.
    pub leader: Option<BrokerId>,
    /// Whether the leader was elected cleanly.
    pub leader_recovery_state: LeaderRecoveryState,
    /// Grows with each leader.
    pub leader_epoch: LeaderEpoch,
    /// Grows with each change.
    pub partition_epoch: i32,
}

/// A topic's partitions, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicImage {
    /// Its id, which a topic that comes later under the same name does not have.
    pub id: TopicId,
    /// The partitions in order.
    pub partitions: Vec<Rc<PartitionRegistration>>,
    /// What the topic is told.
    pub config: Rc<TopicConfig>,
}

/// The rules that all nodes follow. Kafka: `FeaturesImage`, and what older versions did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule of its own, on or off")]
pub struct Features {
    /// `eligible.leader.replicas.version` is 1 (KIP-966).
    pub elr: bool,
    /// Every ISR that shrinks begins a leader epoch (until metadata version 3.6, KAFKA-15021).
    pub bumps_epoch_on_shrink: bool,
    /// The high watermark stands still while the ISR is below the minimum (since 3.7).
    pub freezes_high_watermark: bool,
    /// A follower cuts its log where the leader's epochs end (KIP-101, KIP-279), not at its own high watermark.
    pub truncates_by_epoch: bool,
    /// Who refuses a request because of the leader names the one that it knows (KIP-951, since 3.7).
    pub names_leaders: bool,
    /// A rule that is broken on purpose.
    #[cfg(test)]
    pub sabotage: Option<Sabotage>,
}

/// A rule that a test breaks, to see that the invariants notice.
#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A follower joins the ISR wherever its log ends.
    JoinsAnywhere,
    /// A leader takes a smaller ISR for committed before the controller has answered.
    ShrinksBeforeTheAnswer,
    /// A follower does not say of which epoch its last record is.
    NoEpochInFetch,
    /// A consumer reads to the log end.
    ExposesLogEnd,
    /// A new leader goes on in the old epoch.
    KeepsLeaderEpoch,
    /// `acks=all` is answered after the append.
    AcknowledgesEarly,
    /// A leader's high watermark follows the slowest replica, also down.
    HighWatermarkFalls,
    /// A fenced broker may lead.
    ElectsFenced,
    /// A coordinator gives a member what another still has.
    AssignsWhatIsHeld,
    /// A coordinator gives one member everything.
    AssignsAllToOne,
    /// A leader looks at no sequence number.
    ChecksNoSequence,
    /// A leader hands out what another member has.
    HandsOutTwice,
    /// A leader hands out records as often as they come back.
    DeliversForEver,
    /// A new leader begins where the group began.
    ForgetsShareState,
}

impl Default for Features {
    /// Those of Kafka 4.3.
    fn default() -> Features {
        Features {
            elr: true,
            bumps_epoch_on_shrink: false,
            freezes_high_watermark: true,
            truncates_by_epoch: true,
            names_leaders: true,
            #[cfg(test)]
            sabotage: None,
        }
    }
}

impl Features {
    /// Those that a cluster is told to follow.
    pub fn of(config: &BrokerConfig) -> Features {
        let version = config.inter_broker_protocol_version;
        Features {
            elr: config.eligible_leader_replicas_version > 0 && version >= InterBrokerProtocol::V4_3,
            bumps_epoch_on_shrink: version < InterBrokerProtocol::V3_6,
            freezes_high_watermark: version >= InterBrokerProtocol::V3_7,
            truncates_by_epoch: version >= InterBrokerProtocol::V0_11_0,
            names_leaders: version >= InterBrokerProtocol::V3_7,
            #[cfg(test)]
            sabotage: None,
        }
    }

    /// A test breaks this rule.
    #[cfg(test)]
    pub(crate) fn breaks(self, rule: Sabotage) -> bool {
        self.sabotage == Some(rule)
    }
}

/// Everything that the controller has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataImage {
    /// Grows with each change (Kafka: the offset of the last record in the metadata log).
    pub offset: u64,
    /// The rules that all nodes follow.
    pub features: Features,
    /// The registered brokers.
    pub brokers: SortedMap<BrokerId, BrokerRegistration>,
    /// The topics by name.
    pub topics: SortedMap<Topic, Rc<TopicImage>>,
    /// `share.auto.offset.reset` of share groups, by name. Kafka: the configs of the resource `GROUP`.
    pub groups: SortedMap<String, AutoOffsetReset>,
}

impl MetadataImage {
    /// The registration of a broker that is not fenced.
    fn alive_broker(&self, broker: BrokerId) -> Option<&BrokerRegistration> {
        self.brokers.get(&broker).filter(|broker| !broker.fenced)
    }

    /// A broker is registered and not fenced. Kafka: `hasAliveBroker`.
    pub fn has_alive_broker(&self, broker: BrokerId) -> bool {
        self.alive_broker(broker).is_some()
    }

    /// The rack of a broker that is registered and not fenced; none if that broker is not, or is in none. Kafka:
    /// `getPartitionReplicaEndpoints`.
    pub fn rack_of(&self, broker: BrokerId) -> Option<&str> {
        self.alive_broker(broker)?.rack.name()
    }

    /// The epoch of a broker that is registered and not fenced. Kafka: `getAliveBrokerEpoch`.
    pub fn alive_broker_epoch(&self, broker: BrokerId) -> Option<i64> {
        self.alive_broker(broker).map(|broker| broker.epoch)
    }

    /// A broker is registered and about to stop. Kafka: `isBrokerShuttingDown`.
    pub fn is_broker_shutting_down(&self, broker: BrokerId) -> bool {
        self.brokers.get(&broker).is_some_and(|broker| broker.in_controlled_shutdown)
    }

    /// A broker may lead and be in an ISR: it is not fenced, and not about to stop. Kafka: `ClusterControlManager.isActive`.
    pub fn is_active(&self, broker: BrokerId) -> bool {
        #[cfg(test)]
        if self.features.breaks(Sabotage::ElectsFenced) {
            return true;
        }
        self.has_alive_broker(broker) && !self.is_broker_shutting_down(broker)
    }

    /// The topic that has this id.
    pub fn topic_with_id(&self, id: TopicId) -> Option<&Topic> {
        self.topics.iter().find(|(_, image)| image.id == id).map(|(topic, _)| topic)
    }

    /// The registration of a partition, if there is one.
    pub fn partition(&self, partition: &TopicPartition) -> Option<&Rc<PartitionRegistration>> {
        let index = usize::try_from(partition.partition).ok()?;
        self.topics.get(&partition.topic)?.partitions.get(index)
    }

    /// Every partition with its registration, by topic name and number.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, &Rc<PartitionRegistration>)> {
        self.topics.iter().flat_map(|(topic, image)| {
            (0_i32..)
                .zip(&image.partitions)
                .map(|(number, registration)| (TopicPartition::new(topic.clone(), number), registration))
        })
    }
}
