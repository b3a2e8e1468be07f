//! Stories of groups, told as a chain: who joins, what is done, how long it runs.

use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, TopicConfig};
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::consumer::membership::GroupName;
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, TopicPartition};

use crate::story::{Configs, EARLIEST, PLAIN, Story, client, consumer_config};

pub fn orders(partition: i32) -> TopicPartition {
    TopicPartition::new("orders", partition)
}

/// Three brokers, the topic `orders` with so many partitions, a producer `p1`.
pub fn cluster(partitions: i32) -> Story {
    group_cluster().create("orders", partitions)
}

/// Three brokers and a producer `p1`.
pub fn group_cluster() -> Story {
    let broker = BrokerConfig { offsets_topic_num_partitions: 3, ..BrokerConfig::default() };
    group_cluster_on(broker, &PLAIN)
}

/// The same with these configurations.
pub fn group_cluster_on(broker: BrokerConfig, producer: Configs<'_>) -> Story {
    let mut story = Story::new(3, 1_000, broker);
    story.add_producer("p1", producer);
    let offsets = story.world.create_offsets_topic();
    story.then(offsets)
}

impl Story {
    /// A topic with so many partitions, on all brokers.
    pub fn create(mut self, topic: &str, partitions: i32) -> Story {
        let place = |partition: i32| (0..3).map(|at| BrokerId((partition + at) % 3 + 1)).collect();
        self.create_partitions(topic, (0..partitions).map(place).collect(), TopicConfig::default());
        self
    }

    /// A member of group `g`, which does nothing yet.
    pub fn member(mut self, id: &str, configs: Configs<'_>) -> Story {
        let is_instance = |(name, _): &&(&str, &str)| *name == "group.instance.id";
        let instance_id = configs.iter().find(is_instance).map(|(_, value)| (*value).to_owned());
        let of_client = EARLIEST.iter().chain(configs.iter().filter(|pair| !is_instance(pair)));
        let config = consumer_config(&of_client.copied().collect::<Vec<_>>());
        self.world.add_member(&client(id), config, GroupName { group: "g".to_owned(), instance_id }).unwrap();
        self
    }

    /// A consumer of group `g` joins with these configs, and reads orders.
    pub fn join(self, id: &str, configs: Configs<'_>) -> Story {
        self.member(id, configs).subscribe(id, "orders")
    }

    pub fn subscribe(self, id: &str, topic: &str) -> Story {
        self.act(id, ConsumerAction::Subscribe { topics: vec![topic.into()] })
    }

    pub fn then(mut self, command: Command) -> Story {
        self.command(command);
        self
    }

    pub fn act(self, id: &str, action: ConsumerAction) -> Story {
        self.then(Command::Consumer { consumer: client(id), action })
    }

    pub fn then_fault(self, fault: Fault) -> Story {
        self.then(Command::Fault(fault))
    }

    /// p1 sends so many records to a partition.
    pub fn send(mut self, topic: &str, partition: i32, records: usize) -> Story {
        for _ in 0..records {
            self.send_by("p1", topic, Some(partition), Some("v"));
        }
        self
    }

    pub fn run(mut self, ms: u64) -> Story {
        self.run_ms(ms);
        self
    }

    /// `c1: orders-0; c2: orders-1` as the members see it.
    pub fn owned(&self) -> String {
        self.owned_as(ToString::to_string)
    }

    /// `c1: 0 1; c2: 2 3`, where there is one topic.
    pub fn assignment(&self) -> String {
        self.owned_as(|partition| partition.partition.to_string())
    }

    fn owned_as(&self, name: impl Fn(&TopicPartition) -> String) -> String {
        let members = self.world.members("g").map(|consumer| {
            let owned: Vec<String> = consumer.positions().map(|(partition, _)| name(partition)).collect();
            format!("{}: {}", consumer.id, owned.join(" "))
        });
        members.collect::<Vec<_>>().join("; ")
    }
}
