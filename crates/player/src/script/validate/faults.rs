//! What must be so where something is made to go wrong. Whether a broker runs at that moment is seen when it is.

use super::Checker;
use super::steps::Counts;
use crate::script::{Action, Place, Scalar, partition_from_name};

impl Checker {
    /// The broker or the nodes of a fault.
    pub(super) fn fault(&mut self, place: &Place, action: &Action, counts: &Counts) {
        if self.consumer_action(place, action, counts) {
            return;
        }
        match action {
            Action::Pause { broker } => self.faulty_broker(&place.key("pause").key("broker"), (*broker).into()),
            Action::Resume { broker } => self.faulty_broker(&place.key("resume").key("broker"), (*broker).into()),
            Action::Kill { broker } => self.faulty_broker(&place.key("kill").key("broker"), (*broker).into()),
            Action::Stop { broker } => self.faulty_broker(&place.key("stop").key("broker"), (*broker).into()),
            Action::Start { broker } => self.faulty_broker(&place.key("start").key("broker"), (*broker).into()),
            Action::Cut { from, to, .. } => self.link(&place.key("cut"), from, to),
            Action::Heal { from, to, .. } => self.link(&place.key("heal"), from, to),
            Action::PowerLoss { broker } => {
                self.faulty_broker(&place.key("power_loss").key("broker"), (*broker).into());
            }
            Action::WriteBack { broker } => {
                self.faulty_broker(&place.key("write_back").key("broker"), (*broker).into());
            }
            Action::SlowDisk { broker, .. } => {
                self.faulty_broker(&place.key("slow_disk").key("broker"), (*broker).into());
            }
            Action::FillDisk { broker } => self.faulty_broker(&place.key("fill_disk").key("broker"), (*broker).into()),
            Action::FreeDisk { broker } => self.faulty_broker(&place.key("free_disk").key("broker"), (*broker).into()),
            Action::SkewClock { node, .. } => self.node(&place.key("skew_clock").key("node"), node),
            Action::DuplicateMessage { from, to, .. } => self.link(&place.key("duplicate_message"), from, to),
            Action::ElectPreferred { partition } => {
                self.partition_named(&place.key("elect_preferred").key("partition"), partition, counts);
            }
            Action::ElectUnclean { partition } => {
                self.partition_named(&place.key("elect_unclean").key("partition"), partition, counts);
            }
            Action::CancelReassignment { partition } => {
                self.partition_named(&place.key("cancel_reassignment").key("partition"), partition, counts);
            }
            Action::AlterConfig { topic, name, value } => {
                let place = place.key("alter_config");
                self.partition(&place.key("topic"), topic, None, Some(counts));
                let mut config = highwater_sim::config::TopicConfig::default();
                let said = match value {
                    Some(value) => config.set(name, &value.to_string()),
                    None => config.get(name).map(|_| ()),
                };
                if let Err(error) = said {
                    self.say(place, error.to_string(), "a configuration of topics");
                }
            }
            Action::Reassign { partition, replicas } => {
                let place = place.key("reassign");
                self.partition_named(&place.key("partition"), partition, counts);
                for (at, broker) in replicas.iter().enumerate() {
                    self.faulty_broker(&place.key("replicas").index(at), (*broker).into());
                }
                if (1..replicas.len()).any(|at| replicas.iter().take(at).any(|other| replicas.get(at) == Some(other))) {
                    self.say(place.key("replicas"), "a broker twice", "name each once");
                }
                if replicas.is_empty() {
                    self.say(place.key("replicas"), "no brokers", "a partition has at least one replica");
                }
            }
            _ => {}
        }
    }

    fn partition_named(&mut self, place: &Place, name: &str, counts: &Counts) {
        match partition_from_name(name) {
            Some(id) => self.partition(place, &id.topic, Some(id.partition), Some(counts)),
            None => self.say(place.clone(), "this is no partition", "for example \"orders-0\""),
        }
    }

    fn faulty_broker(&mut self, place: &Place, broker: i64) {
        let brokers = self.names.brokers;
        if !(1..=i64::from(brokers)).contains(&broker) {
            self.say(place.clone(), format!("there is no broker {broker}"), format!("the brokers are 1 to {brokers}"));
        }
    }

    fn node(&mut self, place: &Place, node: &Scalar) {
        match node {
            Scalar::Number(broker) => self.faulty_broker(place, *broker),
            Scalar::Text(name) if name == "controller" => {}
            Scalar::Text(name) if self.names.is_producer(name) || self.names.is_consumer(name) => {}
            Scalar::Text(name) => self.unknown(place, "client", name),
            Scalar::Truth(_) => {
                self.say(place.clone(), "this is no node", "a broker's number, a client's id or \"controller\"");
            }
        }
    }

    fn link(&mut self, place: &Place, from: &Scalar, to: &Scalar) {
        for (key, end) in [("from", from), ("to", to)] {
            self.node(&place.key(key), end);
        }
        if from == to {
            self.say(place.key("to"), "a node has no link to itself", "name another node");
        }
    }
}
