//! What a reader can change: every command of the table that the world would take now.

use highwater_sim::command::{COMMAND_KINDS, CommandKind, On, Owner, Takes, Target};
use highwater_sim::config::{ConfigDef, Scope, config_of, configs_of};
use highwater_sim::group::OFFSETS_TOPIC;
use highwater_sim::group::member::Wanted;
use highwater_sim::ids::ClientId;
use highwater_sim::world::World;

use super::KnobOffer;
use super::change::{Change, target_phrase};
use crate::phrase::Phrase;
use crate::script::{Knob, Scalar, Scenario};

/// At most so many things are offered for one command.
const TARGETS_MAX: usize = 64;

/// A command that can be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: &'static str,
    /// What it does, in words.
    pub label: Phrase,
    /// What it can be done to.
    pub targets: Vec<TargetOffer>,
    /// What its argument is, in words; none if it takes none.
    pub takes: Option<Phrase>,
}

/// A thing that a command can be done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOffer {
    /// As text, for a change.
    pub target: String,
    /// In words.
    pub label: Phrase,
    /// A sensible argument to begin with; empty if there is none.
    pub argument: String,
    /// The configs to choose from; empty if this is not about configs.
    pub configs: Vec<ConfigOffer>,
}

/// A config that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigOffer {
    /// Kafka's name.
    pub name: &'static str,
    /// The value now.
    pub value: String,
    /// The least and the largest number; none if it is no number.
    pub range: Option<(i64, i64)>,
    /// The words that it takes; empty if it takes others.
    pub words: Vec<&'static str>,
}

pub(super) fn offers(scenario: &Scenario, world: &World) -> Vec<Offer> {
    COMMAND_KINDS.iter().filter_map(|kind| offer(kind, scenario, world)).collect()
}

fn offer(kind: &'static CommandKind, scenario: &Scenario, world: &World) -> Option<Offer> {
    let mut targets = Vec::new();
    for target in world.targets(kind.on) {
        let configs = if let Target::Owner(owner) = &target { configs(owner, scenario, world) } else { Vec::new() };
        let argument = match (kind.takes, configs.first()) {
            (Takes::Config, None) => continue,
            (Takes::Config, Some(config)) => format!("{}:{}", config.name, config.value),
            (takes, _) => argument(takes, &target, world),
        };
        // A command that the world would not take now, or that would change nothing, is not offered.
        let makes_sense = |command| world.allows(&command).is_ok() && !world.changes_nothing(&command);
        let allowed = kind.command(&target, &argument).is_some_and(makes_sense);
        if allowed && targets.len() < TARGETS_MAX {
            let label = target_phrase(&target, world);
            targets.push(TargetOffer { target: target.to_string(), label, argument, configs });
        }
    }
    let takes = match kind.takes {
        Takes::Nothing => None,
        Takes::Ms => Some("compare.takes_ms"),
        Takes::Key => Some("compare.takes_key"),
        Takes::Brokers => Some("compare.takes_brokers"),
        Takes::Acknowledgement => Some("compare.takes_acknowledgement"),
        Takes::Config => Some("compare.takes_config"),
        Takes::Topics => Some("compare.takes_topics"),
        Takes::Pattern => Some("compare.takes_pattern"),
        Takes::Offset => Some("compare.takes_offset"),
    };
    let label = Phrase::new(&format!("compare.do.{}", kind.name));
    (!targets.is_empty()).then(|| Offer { name: kind.name, label, targets, takes: takes.map(Phrase::new) })
}

fn argument(takes: Takes, target: &Target, world: &World) -> String {
    match (takes, target) {
        (Takes::Ms, _) => "500".to_owned(),
        (Takes::Acknowledgement, _) => "release".to_owned(),
        (Takes::Brokers, Target::Partition(partition)) => {
            // The same replicas, led by another.
            let replicas = world.metadata().partition(partition).map(|known| known.replicas.clone());
            let mut ids: Vec<String> = replicas.unwrap_or_default().iter().map(ToString::to_string).collect();
            if !ids.is_empty() {
                ids.rotate_left(1);
            }
            ids.join(",")
        }
        (Takes::Offset, _) => "beginning".to_owned(),
        (Takes::Pattern, Target::Client(id)) => pattern_of(id, world),
        (Takes::Topics, Target::Client(id)) => topics_of(id, world).join(","),
        _ => String::new(),
    }
}

/// What a consumer could subscribe to by an expression: what it does, or all topics that begin like its first one.
fn pattern_of(id: &ClientId, world: &World) -> String {
    let membership = world.consumer(&id.0).and_then(|consumer| consumer.membership.as_ref());
    match membership.and_then(|membership| membership.member.wanted()) {
        Some(Wanted::Pattern(pattern)) => pattern.text().to_owned(),
        Some(Wanted::Expression(text)) => text.clone(),
        _ => topics_of(id, world).first().map_or_else(|| ".*".to_owned(), |topic| format!("{topic}.*")),
    }
}

/// The topics that a consumer subscribes to, or could.
fn topics_of(id: &ClientId, world: &World) -> Vec<String> {
    let membership = world.consumer(&id.0).and_then(|consumer| consumer.membership.as_ref());
    let subscription = membership.map(|membership| membership.member.subscription());
    match subscription.filter(|topics| !topics.is_empty()) {
        Some(topics) => topics.iter().map(ToString::to_string).collect(),
        None => {
            world.metadata().topics.keys().map(ToString::to_string).filter(|topic| topic != OFFSETS_TOPIC).collect()
        }
    }
}

/// The configs of an owner that the simulation heeds, with their values now.
fn configs(owner: &Owner, scenario: &Scenario, world: &World) -> Vec<ConfigOffer> {
    let scope = scope_of(owner);
    // Those that the scenario names come first: they are what it is about.
    let named = |name: &str| scenario.knobs.iter().any(|knob| knob.config == name);
    let known = || configs_of(scope).filter(|config| config.simulated && config.name != "enable.idempotence");
    let first = known().filter(|config| named(config.name));
    let rest = known().filter(|config| !named(config.name));
    first.chain(rest).filter_map(|config| config_offer(config, owner, world)).collect()
}

fn config_offer(config: &ConfigDef, owner: &Owner, world: &World) -> Option<ConfigOffer> {
    let value = config_now(owner, config.name, world)?;
    Some(ConfigOffer { name: config.name, value, range: config.range, words: config.words.to_vec() })
}

/// The value of a config now.
pub(super) fn config_now(owner: &Owner, name: &str, world: &World) -> Option<String> {
    let value = match owner {
        Owner::Brokers => world.brokers().next()?.config.get(name),
        Owner::Topic(topic) => world.metadata().topics.get(topic)?.config.get(name),
        Owner::Producer(id) => world.producer(&id.0)?.config.get(name),
        Owner::Consumer(id) => world.consumer(&id.0)?.config.get(name),
    };
    value.ok().map(|value| value.to_string())
}

/// Whether a command is about configs.
pub(super) fn is_about_configs(kind: &CommandKind) -> bool {
    kind.on == On::Owner
}

/// The knobs of a scenario. One of a client or a config that is not there is left out: what others packed may name any.
pub(super) fn knobs(scenario: &Scenario, start: &World) -> Vec<KnobOffer> {
    let offer = |knob: &Knob| {
        let target = Target::parse(On::Owner, &knob.of)?;
        let Target::Owner(owner) = &target else { return None };
        let default = config_of(scope_of(owner), &knob.config).ok()?.default.to_string();
        let now = config_now(owner, &knob.config, start)?;
        let change = |value: &Scalar| {
            let argument = format!("{}:{value}", knob.config);
            (value.to_string(), Change { step: 0, name: "configure".to_owned(), target: knob.of.clone(), argument })
        };
        Some(KnobOffer {
            config: knob.config.clone(),
            of: target_phrase(&target, start),
            now,
            default,
            why: knob.why.clone(),
            values: knob.values.iter().map(change).collect(),
        })
    };
    scenario.knobs.iter().filter_map(offer).collect()
}

fn scope_of(owner: &Owner) -> Scope {
    match owner {
        Owner::Brokers => Scope::Broker,
        Owner::Topic(_) => Scope::Topic,
        Owner::Producer(_) => Scope::Producer,
        Owner::Consumer(_) => Scope::Consumer,
    }
}
