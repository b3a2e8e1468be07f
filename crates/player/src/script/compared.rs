//! Whose config a knob turns, where its author does not say.

use highwater_sim::config::{Scope, config_of};

use super::Scenario;

/// The scopes in the order in which they are looked through.
const SCOPES: [Scope; 4] = [Scope::Broker, Scope::Topic, Scope::Producer, Scope::Consumer];

/// Whoever has a config that is called so: the brokers, the first topic, producer or consumer. None if nobody has.
pub(crate) fn owner_of(scenario: &Scenario, config: &str) -> Option<String> {
    let owner = |scope: Scope| match scope {
        Scope::Broker => Some("broker".to_owned()),
        Scope::Topic => scenario.topics.first().map(|topic| format!("topic/{}", topic.name)),
        Scope::Producer => scenario.producers.first().map(|producer| format!("producer/{}", producer.id)),
        Scope::Consumer => scenario.consumers.first().map(|consumer| format!("consumer/{}", consumer.id)),
    };
    SCOPES.into_iter().filter(|scope| config_of(*scope, config).is_ok_and(|config| config.simulated)).find_map(owner)
}
