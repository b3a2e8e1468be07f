//! What a scenario or a person can do to the cluster.

mod kinds;

use std::fmt;
use std::rc::Rc;

pub use kinds::{COMMAND_KINDS, CommandKind, On, Takes, Target, command_kind};

use crate::bytes::Bytes;
use crate::config::TopicConfig;
use crate::consumer::action::ConsumerAction;
use crate::fault::Fault;
use crate::ids::{BrokerId, ClientId, Offset, Topic, TopicPartition};

/// One thing done to the world from outside. It becomes a fact, and everything that follows from it has it as its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The admin client creates a topic (`CreateTopics`).
    CreateTopic {
        /// Its name.
        topic: Topic,
        /// The replicas of each partition, the preferred leader first.
        assignment: Vec<Vec<BrokerId>>,
        /// Its configs.
        config: Rc<TopicConfig>,
    },
    /// The admin client deletes a topic (`DeleteTopics`).
    DeleteTopic {
        /// Its name.
        topic: Topic,
    },
    /// The admin client raises the number of partitions (`CreatePartitions`). No record moves.
    CreatePartitions {
        /// The topic.
        topic: Topic,
        /// The replicas of each *new* partition.
        assignment: Vec<Vec<BrokerId>>,
    },
    /// The application calls `producer.send(record)`.
    Send {
        /// The producer.
        producer: ClientId,
        /// The record's topic.
        topic: Topic,
        /// The partition, if the application names one.
        partition: Option<i32>,
        /// The serialized key; none for null.
        key: Option<Bytes>,
        /// The serialized value; none for null.
        value: Option<Bytes>,
        /// The record's timestamp in ms, if the application gives one; otherwise it is the producer's clock.
        timestamp_ms: Option<i64>,
    },
    /// The application assigns partitions to a consumer and begins to poll (`consumer.assign`).
    Assign {
        /// The consumer.
        consumer: ClientId,
        /// The partitions.
        partitions: Vec<TopicPartition>,
        /// Where it begins; none: where `auto.offset.reset` says.
        from: Option<Offset>,
    },
    /// A client refreshes its metadata now instead of waiting for `metadata.max.age.ms`.
    RefreshMetadata {
        /// The client.
        client: ClientId,
    },
    /// The admin client has the first replica of a partition lead it (`ElectLeaders`).
    ElectPreferred {
        /// Which.
        partition: TopicPartition,
    },
    /// The admin client has any live replica of a partition lead it that nobody leads (`ElectLeaders` with `UNCLEAN`).
    ElectUnclean {
        /// Which.
        partition: TopicPartition,
    },
    /// The admin client moves a partition to other brokers (`AlterPartitionReassignments`).
    Reassign {
        /// Which.
        partition: TopicPartition,
        /// The replicas that it shall have, the preferred leader first.
        replicas: Vec<BrokerId>,
    },
    /// The application of a consumer does something.
    Consumer {
        /// The consumer.
        consumer: ClientId,
        /// What.
        action: ConsumerAction,
    },
    /// A config has another value from now on (`IncrementalAlterConfigs`). Kafka changes some so and others only when a
    /// process starts; here all change at once, to see what would be.
    Configure {
        /// Whose.
        owner: Owner,
        /// Kafka's name.
        name: Rc<str>,
        /// The value, as a configuration file has it.
        value: Rc<str>,
    },
    /// The admin client takes a move to other brokers back (`AlterPartitionReassignments` without replicas).
    CancelReassignment {
        /// Which.
        partition: TopicPartition,
    },
    /// The admin client changes a configuration of a topic (`IncrementalAlterConfigs`).
    AlterConfig {
        /// Which.
        topic: Topic,
        /// Kafka's name of the configuration.
        name: Rc<str>,
        /// Its value; none: as the cluster has it.
        value: Option<Rc<str>>,
    },
    /// Something goes wrong, or right again.
    Fault(Fault),
}

/// Whose a config is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// All brokers'.
    Brokers,
    /// A topic's.
    Topic(Topic),
    /// A producer's.
    Producer(ClientId),
    /// A consumer's.
    Consumer(ClientId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Brokers => f.write_str("broker"),
            Owner::Topic(topic) => write!(f, "topic/{topic}"),
            Owner::Producer(id) => write!(f, "producer/{id}"),
            Owner::Consumer(id) => write!(f, "consumer/{id}"),
        }
    }
}

impl Command {
    /// Its name, as facts say it.
    pub fn name(&self) -> &'static str {
        match self {
            Command::CreateTopic { .. } => "create_topic",
            Command::DeleteTopic { .. } => "delete_topic",
            Command::CreatePartitions { .. } => "create_partitions",
            Command::Send { .. } => "send",
            Command::Assign { .. } => "assign",
            Command::RefreshMetadata { .. } => "refresh_metadata",
            Command::ElectPreferred { .. } => "elect_preferred",
            Command::ElectUnclean { .. } => "elect_unclean",
            Command::Reassign { .. } => "reassign",
            Command::Consumer { action, .. } => action.name(),
            Command::Configure { .. } => "configure",
            Command::CancelReassignment { .. } => "cancel_reassignment",
            Command::AlterConfig { .. } => "alter_config",
            Command::Fault(fault) => fault.name(),
        }
    }
}
