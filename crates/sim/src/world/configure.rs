//! A config that changes while the cluster runs.
//!
//! Differs from Kafka: every config of the table can change, at once and everywhere, also those that Kafka reads when a
//! process starts. What was made with the old value stays as it is: a batch keeps its size, a timer its moment, the pool
//! of a producer its memory.

use std::rc::Rc;

use super::{CommandError, World};
use crate::command::Owner;
use crate::config::{ConfigError, ConsumerConfig};

impl World {
    pub(super) fn configure(&mut self, owner: &Owner, name: &str, value: &str) -> Result<(), CommandError> {
        let invalid = |error: ConfigError| CommandError::Invalid(error.to_string());
        let unknown = || CommandError::Unknown(owner.to_string());
        match owner {
            Owner::Brokers => {
                for broker in self.brokers.values_mut() {
                    Rc::make_mut(&mut Rc::make_mut(broker).config).set(name, value).map_err(invalid)?;
                }
            }
            Owner::Topic(topic) => {
                let metadata = Rc::make_mut(&mut self.metadata);
                let image = Rc::make_mut(metadata.topics.get_mut(topic).ok_or_else(unknown)?);
                // What is scaled down stays so: little fills a segment then.
                let is_scaled = image.config.segment_bytes < 1 << 20;
                let config = Rc::make_mut(&mut image.config);
                match name {
                    "segment.bytes" if is_scaled => config.scale_segment_bytes(value),
                    _ => config.set(name, value),
                }
                .map_err(invalid)?;
                let config = Rc::clone(&image.config);
                for broker in self.brokers.values_mut() {
                    let broker = Rc::make_mut(broker);
                    for (_, partition) in broker.partitions.iter_mut().filter(|(id, _)| id.topic == *topic) {
                        Rc::make_mut(partition).set_config(&config);
                    }
                }
            }
            Owner::Producer(id) => {
                let producer = Rc::make_mut(self.producers.get_mut(id).ok_or_else(unknown)?);
                let mut config = (*producer.config).clone();
                config.set(name, value).map_err(invalid)?;
                config.check().map_err(invalid)?;
                if config.enable_idempotence != producer.config.enable_idempotence {
                    let why = "enable.idempotence is decided when a producer is made, not while it runs";
                    return Err(CommandError::Invalid(why.to_owned()));
                }
                producer.configure(config);
            }
            Owner::Consumer(id) => {
                let consumer = Rc::make_mut(self.consumers.get_mut(id).ok_or_else(unknown)?);
                let mut config = (*consumer.config).clone();
                config.set(name, value).map_err(invalid)?;
                let goes = if consumer.share.is_some() {
                    ConsumerConfig::check_of_share([name])
                } else {
                    config.check([name])
                };
                goes.map_err(invalid)?;
                consumer.configure(config, self.now);
            }
        }
        Ok(())
    }
}
