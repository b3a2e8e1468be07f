//! What an administrator asks the controller for. Kafka 4.3: `ReplicationControlManager.createTopic`, `deleteTopics`,
//! `createPartitions`, `validateManualPartitionAssignment`, `electLeaders`, `alterPartitionReassignments`,
//! `ConfigurationControlManager.incrementalAlterConfigs`.
//!
//! Differs from Kafka: all brokers know of new partitions at once.

use std::rc::Rc;

use super::{CommandError, PARTITIONS_MAX, World};
use crate::command::Command;
use crate::config::TopicConfig;
use crate::controller::election;
use crate::controller::partition_change::PartitionChange;
use crate::controller::refusal::Refusal;
use crate::fact::ConfigRecord;
use crate::fact::{Fact, FactKind};
use crate::ids::{BrokerId, FactId, LeaderEpoch, Topic, TopicId, TopicPartition};
use crate::metadata::{PartitionRegistration, TopicImage};

impl World {
    /// Why the controller would not do it.
    pub(super) fn check_administration(&self, command: &Command) -> Result<(), CommandError> {
        match command {
            Command::CreateTopic { topic, assignment, .. } => {
                if self.metadata.topics.contains_key(topic) {
                    let why = format!("Topic '{topic}' already exists.");
                    return Err(CommandError::Refused(Refusal::told("TOPIC_ALREADY_EXISTS", why)));
                }
                let replication = assignment.first().map_or(0, Vec::len);
                self.check_new_partitions(assignment, replication, 0)
            }
            Command::DeleteTopic { topic } if self.metadata.topics.contains_key(topic) => Ok(()),
            Command::DeleteTopic { .. } => {
                let why = "This server does not host this topic-partition.";
                Err(CommandError::Refused(Refusal::new("UNKNOWN_TOPIC_OR_PARTITION", why)))
            }
            Command::CreatePartitions { topic, assignment } => {
                let image = self.metadata.topics.get(topic);
                let image = image.ok_or_else(|| CommandError::Unknown(format!("topic {topic}")))?;
                let replication = image.partitions.first().map_or(0, |first| first.replicas.len());
                self.check_new_partitions(assignment, replication, image.partitions.len())
            }
            Command::Reassign { partition, replicas } => {
                self.reassigned(partition, Some(replicas))?;
                self.check_replicas(replicas)
            }
            Command::AlterConfig { topic, name, value } => self.altered(topic, name, value.as_deref()).map(|_| ()),
            command => self.elected(command).map(|_| ()),
        }
    }

    /// Does it.
    pub(super) fn administrate(&mut self, command: Command, given: FactId, facts: &mut Vec<Fact>) {
        match command {
            Command::CreateTopic { topic, assignment, config } => {
                let image = TopicImage { id: self.new_topic_id(&topic), partitions: Vec::new(), config };
                Rc::make_mut(&mut self.metadata).topics.insert(Rc::clone(&topic), Rc::new(image));
                self.add_partitions(&topic, &assignment, given, facts);
            }
            Command::DeleteTopic { topic } => self.delete_topic(&topic, given, facts),
            Command::CreatePartitions { topic, assignment } => self.add_partitions(&topic, &assignment, given, facts),
            Command::AlterConfig { topic, name, value } => {
                self.alter_config(&topic, &name, value.as_deref(), given, facts);
            }
            command => {
                if let Ok(Some((partition, change))) = self.elected(&command) {
                    self.write_and_publish(vec![(partition, change)], given, facts);
                }
            }
        }
    }

    /// The change of a partition that an election or a reassignment makes; none if nothing changes.
    #[inline(never)]
    fn elected(&self, command: &Command) -> Result<Option<(TopicPartition, PartitionChange)>, CommandError> {
        let (partition, change) = match command {
            Command::ElectPreferred { partition } => {
                (partition, election::elect_preferred(&self.metadata, partition).map(Some))
            }
            Command::ElectUnclean { partition } => {
                (partition, election::elect_unclean(&self.metadata, partition).map(Some))
            }
            Command::Reassign { partition, replicas } => (partition, Ok(self.reassigned(partition, Some(replicas))?)),
            Command::CancelReassignment { partition } => (partition, Ok(self.reassigned(partition, None)?)),
            _ => return Ok(None),
        };
        let change = change.map_err(CommandError::Refused)?;
        Ok(change.map(|change| (partition.clone(), change)))
    }

    fn reassigned(
        &self,
        partition: &TopicPartition,
        replicas: Option<&[BrokerId]>,
    ) -> Result<Option<PartitionChange>, CommandError> {
        election::reassign(&self.metadata, partition, replicas).map_err(CommandError::Refused)
    }

    fn check_new_partitions(
        &self,
        assignment: &[Vec<BrokerId>],
        replication: usize,
        first: usize,
    ) -> Result<(), CommandError> {
        let there: usize = self.metadata.topics.values().map(|topic| topic.partitions.len()).sum();
        if there.saturating_add(assignment.len()) > PARTITIONS_MAX {
            return Err(CommandError::Limit { what: "partitions", limit: PARTITIONS_MAX });
        }
        if assignment.is_empty() {
            let why = "Number of partitions was set to an invalid non-positive value.";
            return Err(CommandError::Refused(Refusal::new("INVALID_PARTITIONS", why)));
        }
        for (number, replicas) in assignment.iter().enumerate() {
            self.check_replicas(replicas)?;
            if replicas.len() != replication {
                return Err(wrong_assignment(format!(
                    "The manual partition assignment includes a partition with {} replica(s), but this is not consistent \
                     with previous partitions, which have {replication} replica(s).",
                    replicas.len()
                )));
            }
            if !replicas.iter().any(|id| self.metadata.is_active(*id)) {
                return Err(wrong_assignment(format!(
                    "All brokers specified in the manual partition assignment for partition {} are fenced or in \
                     controlled shutdown.",
                    first.saturating_add(number)
                )));
            }
        }
        Ok(())
    }

    /// Kafka: `validateManualPartitionAssignment`.
    fn check_replicas(&self, replicas: &[BrokerId]) -> Result<(), CommandError> {
        if replicas.is_empty() {
            let why = "The manual partition assignment includes an empty replica list.";
            return Err(CommandError::Refused(Refusal::new("INVALID_REPLICA_ASSIGNMENT", why)));
        }
        let mut sorted = replicas.to_vec();
        sorted.sort_unstable();
        let mut before = None;
        for id in sorted {
            if !self.brokers.contains_key(&id) {
                return Err(wrong_assignment(format!(
                    "The manual partition assignment includes broker {id}, but no such broker is registered."
                )));
            }
            if before == Some(id) {
                return Err(wrong_assignment(format!(
                    "The manual partition assignment includes the broker {id} more than once."
                )));
            }
            before = Some(id);
        }
        Ok(())
    }

    /// The topic's configuration with one value changed.
    #[inline(never)]
    fn altered(&self, topic: &Topic, name: &str, value: Option<&str>) -> Result<TopicConfig, CommandError> {
        let unknown = || {
            let why = format!("The topic '{topic}' does not exist.");
            CommandError::Refused(Refusal::told("UNKNOWN_TOPIC_OR_PARTITION", why))
        };
        let mut config = TopicConfig::clone(&self.metadata.topics.get(topic).ok_or_else(unknown)?.config);
        let invalid = |error: crate::config::ConfigError| {
            CommandError::Refused(Refusal::told("INVALID_CONFIG", error.to_string()))
        };
        let mut of_cluster = None;
        if value.is_none() {
            let broker = self.brokers.values().next().map(|broker| Rc::clone(&broker.config)).unwrap_or_default();
            of_cluster = Some(TopicConfig::of_cluster(&broker).get(name).map_err(invalid)?.to_string());
        }
        config.set(name, value.or(of_cluster.as_deref()).unwrap_or_default()).map_err(invalid)?;
        Ok(config)
    }

    #[inline(never)]
    fn alter_config(&mut self, topic: &Topic, name: &str, value: Option<&str>, given: FactId, facts: &mut Vec<Fact>) {
        let Ok(config) = self.altered(topic, name, value) else { return };
        let metadata = Rc::make_mut(&mut self.metadata);
        let Some(image) = metadata.topics.get_mut(topic).filter(|image| *image.config != config) else { return };
        metadata.offset = metadata.offset.saturating_add(1);
        let image = Rc::make_mut(image);
        image.config = Rc::new(config);
        let clears = name == "min.insync.replicas";
        if clears {
            // What was eligible was so under the old minimum. Kafka: `removeTopicElrs`.
            for partition in &mut image.partitions {
                if !partition.elr.is_empty() || !partition.last_known_elr.is_empty() {
                    let change = PartitionChange {
                        elr: Some(Vec::new()),
                        last_known_elr: Some(Vec::new()),
                        ..PartitionChange::default()
                    };
                    *partition = Rc::new(partition.merge(&change));
                }
            }
        }
        let kind = FactKind::ConfigRecord(ConfigRecord {
            topic: Rc::clone(topic),
            name: name.into(),
            value: value.map(Rc::from),
        });
        let mut because = self.tell(kind, given, facts);
        if clears {
            because = self.tell(FactKind::ClearElrRecord(Rc::clone(topic)), because, facts);
        }
        self.publish(because, facts);
        self.watch(because, facts);
    }

    /// An id that no topic had before: of the first one with a name it is the name's.
    fn new_topic_id(&self, topic: &Topic) -> TopicId {
        match self.deleted_topics {
            0 => TopicId::of_name(topic),
            deleted => TopicId::of_name(&format!("{topic}/{deleted}")),
        }
    }

    #[inline(never)]
    fn delete_topic(&mut self, topic: &Topic, given: FactId, facts: &mut Vec<Fact>) {
        let metadata = Rc::make_mut(&mut self.metadata);
        metadata.topics.remove(topic);
        metadata.offset = metadata.offset.saturating_add(1);
        self.deleted_topics = self.deleted_topics.saturating_add(1);
        let because = self.tell(FactKind::RemoveTopicRecord(Rc::clone(topic)), given, facts);
        self.publish(because, facts);
        self.watch(because, facts);
    }

    fn add_partitions(&mut self, topic: &Topic, assignment: &[Vec<BrokerId>], given: FactId, facts: &mut Vec<Fact>) {
        let mut because = given;
        let mut is_imbalanced = false;
        let before = Rc::clone(&self.metadata);
        let metadata = Rc::make_mut(&mut self.metadata);
        metadata.offset = metadata.offset.saturating_add(1);
        if let Some(image) = metadata.topics.get_mut(topic) {
            let image = Rc::make_mut(image);
            for replicas in assignment {
                let number = i32::try_from(image.partitions.len()).unwrap_or(i32::MAX);
                let isr: Vec<BrokerId> = replicas.iter().copied().filter(|id| before.is_active(*id)).collect();
                let leader = isr.first().copied();
                is_imbalanced |= leader != replicas.first().copied();
                because = FactId(self.counters.fact);
                self.counters.fact = self.counters.fact.saturating_add(1);
                let kind = FactKind::PartitionRecord {
                    partition: TopicPartition::new(Rc::clone(topic), number),
                    replicas: replicas.clone(),
                    isr: isr.clone(),
                    leader: leader.unwrap_or(BrokerId(-1)),
                    leader_epoch: LeaderEpoch(0),
                    partition_epoch: 0,
                };
                facts.push(Fact { id: because, at: self.now, cause: Some(given), kind });
                image.partitions.push(Rc::new(PartitionRegistration {
                    replicas: replicas.clone(),
                    isr,
                    leader,
                    leader_epoch: LeaderEpoch(0),
                    partition_epoch: 0,
                    ..PartitionRegistration::default()
                }));
            }
        }
        let image = Rc::clone(&self.metadata);
        let ids: Vec<BrokerId> = self.brokers.keys().copied().collect();
        for id in ids {
            if self.faults.is_empty() || self.hears_controller(id, &image, because, facts) {
                self.with_broker(id, because, facts, |broker, out| broker.on_metadata(&image, out));
            }
        }
        if is_imbalanced {
            self.watch(because, facts);
        }
    }
}

fn wrong_assignment(why: String) -> CommandError {
    CommandError::Refused(Refusal::told("INVALID_REPLICA_ASSIGNMENT", why))
}
