//! What a broker knows of the cluster. Kafka 4.3: `MetadataImage`, `TopicImage`, `PartitionRegistration`.

use crate::sorted::SortedMap;
use std::rc::Rc;

use crate::config::TopicConfig;
use crate::ids::{BrokerId, LeaderEpoch, Topic, TopicPartition};

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
    /// The partitions in order.
    pub partitions: Vec<Rc<PartitionRegistration>>,
    /// What the topic is told.
    pub config: Rc<TopicConfig>,
}

/// Everything that the controller has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataImage {
    /// Grows with each change (Kafka: the offset of the last record in the metadata log).
    pub offset: u64,
    /// The registered brokers.
    pub brokers: SortedMap<BrokerId, BrokerRegistration>,
    /// The topics by name.
    pub topics: SortedMap<Topic, Rc<TopicImage>>,
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

    /// The epoch of a broker that is registered and not fenced. Kafka: `getAliveBrokerEpoch`.
    pub fn alive_broker_epoch(&self, broker: BrokerId) -> Option<i64> {
        self.alive_broker(broker).map(|broker| broker.epoch)
    }

    /// A broker is registered and about to stop. Kafka: `isBrokerShuttingDown`.
    pub fn is_broker_shutting_down(&self, broker: BrokerId) -> bool {
        self.brokers.get(&broker).is_some_and(|broker| broker.in_controlled_shutdown)
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
