//! What must be so in the cluster and its clients.

use highwater_sim::config::Rack;

use super::{Checker, is_new, short};
use crate::script::bounds::MAX_LATENCY_MS;
use crate::script::{
    Action, Cluster, ConfigOwner, Consumer, MAX_BROKERS, MAX_CLIENTS, MAX_ENTRIES, MAX_PARTITIONS, MAX_REPLICAS,
    MAX_STEPS, MAX_TOPICS, Place, Scenario, StartAt, Topic,
};

/// The longest id of a client.
const MAX_ID: usize = 64;
/// The longest topic name that Kafka allows.
const MAX_TOPIC_NAME: usize = 249;

impl Checker {
    pub(super) fn cluster(&mut self, cluster: &Cluster) {
        let place = Place::root().key("cluster");
        if !(1..=MAX_BROKERS).contains(&cluster.brokers) {
            self.say(
                place.key("brokers"),
                format!("{} brokers", cluster.brokers),
                format!("1 to {MAX_BROKERS} are possible"),
            );
        }
        if cluster.latency_ms > MAX_LATENCY_MS {
            self.say(
                place.key("latency_ms"),
                format!("a message would travel {} ms", cluster.latency_ms),
                format!("at most {MAX_LATENCY_MS}"),
            );
        }
        self.configs(&place.key("config"), &cluster.config, ConfigOwner::Broker);
        self.racks(&place.key("racks"), cluster);
    }

    fn racks(&mut self, place: &Place, cluster: &Cluster) {
        let count = cluster.racks.len();
        if count > 0 && i32::try_from(count) != Ok(cluster.brokers) {
            let message = format!("{count} racks for {} brokers", cluster.brokers);
            self.say(place.clone(), message, "a rack for each broker, in order");
        }
        for (index, rack) in cluster.racks.iter().enumerate().take(MAX_ENTRIES) {
            if Rack::from_name(rack).is_none_or(|rack| rack.name().is_none()) {
                let message = format!("{:?} is not the name of a rack", short(rack));
                self.say(place.index(index), message, "a name of at most 23 bytes");
            }
        }
    }

    pub(super) fn topics(&mut self, scenario: &Scenario) {
        let place = Place::root().key("topic");
        let count = scenario.topics.len();
        if count == 0 || count > MAX_TOPICS {
            self.say(
                place.clone(),
                format!("{count} topics"),
                format!("a scenario has 1 to {MAX_TOPICS}: add [[topic]]"),
            );
        }
        let mut seen = Vec::new();
        for (index, topic) in scenario.topics.iter().enumerate().take(MAX_TOPICS) {
            self.topic(&place.index(index), topic, scenario.cluster.brokers);
            if !is_new(&mut seen, &topic.name) {
                self.say(place.index(index).key("name"), format!("a second topic {}", topic.name), "names are unique");
            }
        }
        if count > 0 && scenario.topics.iter().all(|topic| topic.later) {
            self.say(place.index(0).key("later"), "no topic is there at the beginning", "one has to be");
        }
        self.replicas(scenario);
    }

    /// All partitions together, with those that are added later.
    fn replicas(&mut self, scenario: &Scenario) {
        let of = |topic: &Topic| {
            let partitions = self.names.topic(&topic.name).unwrap_or(topic.partitions);
            i64::from(partitions).saturating_mul(i64::from(topic.replication))
        };
        let replicas = scenario.topics.iter().map(of).fold(0, i64::saturating_add);
        if replicas > MAX_REPLICAS {
            let message = format!("{replicas} replicas in all topics together");
            self.say(Place::root().key("topic"), message, format!("at most {MAX_REPLICAS} are simulated"));
        }
    }

    fn topic(&mut self, place: &Place, topic: &Topic, brokers: i32) {
        let legal = topic.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        let length = topic.name.chars().count();
        if !legal || length == 0 || length > MAX_TOPIC_NAME || topic.name == "." || topic.name == ".." {
            self.say(
                place.key("name"),
                format!("{:?} is not the name of a topic", short(&topic.name)),
                "Kafka allows letters, digits, '.', '_' and '-', at most 249",
            );
        }
        if !(1..=MAX_PARTITIONS).contains(&topic.partitions) {
            self.say(
                place.key("partitions"),
                format!("{} partitions", topic.partitions),
                format!("1 to {MAX_PARTITIONS} are possible"),
            );
        }
        if !(1..=brokers.max(1)).contains(&topic.replication) {
            self.say(
                place.key("replication"),
                format!("{} replicas on {brokers} brokers", topic.replication),
                "each replica needs a broker of its own (Kafka: INVALID_REPLICATION_FACTOR)",
            );
        }
        self.configs(&place.key("config"), &topic.config, ConfigOwner::Topic { scaled: topic.scaled });
        let Some(assignment) = &topic.assignment else { return };
        let place = place.key("assignment");
        if i32::try_from(assignment.len()) != Ok(topic.partitions) {
            self.say(
                place.clone(),
                format!("{} lists of replicas for {} partitions", assignment.len(), topic.partitions),
                "a list for each partition",
            );
        }
        for (index, replicas) in assignment.iter().enumerate().take(usize::try_from(MAX_PARTITIONS).unwrap_or(0)) {
            let known = |broker: &i32| (1..=brokers).contains(broker);
            let twice = |(at, broker): (usize, &i32)| replicas.iter().take(at).any(|other| other == broker);
            let possible = i32::try_from(replicas.len()) == Ok(topic.replication)
                && replicas.iter().all(known)
                && !replicas.iter().enumerate().any(twice);
            if !possible {
                self.say(
                    place.index(index),
                    "these replicas are not possible",
                    format!("{} different brokers of 1 to {brokers}, the preferred leader first", topic.replication),
                );
            }
        }
    }

    pub(super) fn clients(&mut self, scenario: &Scenario) {
        let root = Place::root();
        for (key, count) in [("producer", scenario.producers.len()), ("consumer", scenario.consumers.len())] {
            if count > MAX_CLIENTS {
                self.say(root.key(key), format!("{count} of them"), format!("at most {MAX_CLIENTS}"));
            }
        }
        let mut seen = Vec::new();
        for (index, producer) in scenario.producers.iter().enumerate().take(MAX_CLIENTS) {
            let place = root.key("producer").index(index);
            self.client(&place.key("id"), &producer.id, is_new(&mut seen, &producer.id));
            self.configs(&place.key("config"), &producer.config, ConfigOwner::Producer);
        }
        for (index, consumer) in scenario.consumers.iter().enumerate().take(MAX_CLIENTS) {
            let place = root.key("consumer").index(index);
            self.client(&place.key("id"), &consumer.id, is_new(&mut seen, &consumer.id));
            let is_share = consumer.group.as_ref().is_some_and(|group| group.share.is_some());
            let owner = if is_share { ConfigOwner::ShareConsumer } else { ConfigOwner::Consumer };
            self.configs(&place.key("config"), &consumer.config, owner);
            self.consumer(&place, consumer, scenario);
        }
    }

    fn client(&mut self, place: &Place, id: &str, is_new: bool) {
        let legal = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        if !legal || !id.starts_with(|c: char| c.is_ascii_alphabetic()) || id.len() > MAX_ID {
            self.say(
                place.clone(),
                format!("{:?} is not the id of a client", short(id)),
                "it has letters, digits, '_' and '-', and begins with a letter",
            );
        } else if !is_new {
            self.say(place.clone(), format!("a second client {id}"), "ids are unique among producers and consumers");
        }
    }

    fn consumer(&mut self, place: &Place, consumer: &Consumer, scenario: &Scenario) {
        if let Some(group) = &consumer.group {
            self.membership(place, group, &consumer.assign);
        } else if consumer.assign.is_empty() || consumer.assign.len() > MAX_ENTRIES {
            let message = format!("{} partitions", consumer.assign.len());
            self.say(place.key("assign"), message, format!("a consumer reads 1 to {MAX_ENTRIES}"));
        }
        if let Some(application) = &consumer.application {
            self.application(&place.key("application"), application, consumer.group.is_some());
        }
        for (index, partition) in consumer.assign.iter().enumerate().take(MAX_ENTRIES) {
            self.partition(&place.key("assign").index(index), &partition.topic, Some(partition.partition), None);
        }
        if let StartAt::Offset(offset) = consumer.from
            && offset < 0
        {
            self.say(place.key("from"), format!("offset {offset}"), "offsets begin at 0");
        }
        let mut starts = usize::from(consumer.start);
        for (index, step) in scenario.steps.iter().enumerate().take(MAX_STEPS) {
            for (number, action) in step.actions.iter().enumerate() {
                if matches!(action, Action::StartConsumer { consumer: id } if *id == consumer.id) {
                    starts = starts.saturating_add(1);
                    // A member of a group may come back after it has gone.
                    if starts == 2 && consumer.group.is_none() {
                        let place = Place::root().key("step").index(index).key("do").index(number);
                        self.say(place, format!("{} has been started already", consumer.id), "start it once");
                    }
                }
            }
        }
    }
}
