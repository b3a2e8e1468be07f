//! What can be done to a world that runs, as one table: its names, what each is done to, and what it takes beside that.
//! A command that a reader shall be able to give in the middle of a run is a row here; nothing else has to know it.

use std::rc::Rc;

use super::{Command, Owner};
use crate::bytes::Bytes;
use crate::consumer::action::{ConsumerAction, SeekTo};
use crate::fault::{Fault, Link};
use crate::group::regular_expression::Pattern;
use crate::group::share::consumer::{AcknowledgementMode, Delivered};
use crate::group::share::message::AcknowledgeType;
use crate::ids::{BrokerId, ClientId, MessageId, NodeId, Offset, Topic, TopicPartition};
use crate::world::World;

/// What a command is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A message that is on its way: its number.
    Message,
    /// A broker: its number.
    Broker,
    /// Two nodes: `1/3`, `p1/2`, `2/controller`.
    Link,
    /// A partition: `orders-0`.
    Partition,
    /// A producer or a consumer: its `client.id`.
    Client,
    /// A producer and a partition to write to: `p1/orders-0`.
    Write,
    /// A consumer: its `client.id`.
    Consumer,
    /// A consumer and a partition that it reads: `c1/orders-0`.
    Read,
    /// A record that a member of a share group has: `w1/jobs-0/3`.
    Held,
    /// Whose config it is: `broker`, `topic/orders`, `producer/p1`, `consumer/c1`.
    Owner,
}

/// What a command takes beside the thing that it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A number of ms.
    Ms,
    /// A key, which may be empty for null.
    Key,
    /// The brokers of a partition: `2,3`.
    Brokers,
    /// What becomes of a record, in small letters: `release`.
    Acknowledgement,
    /// A config and its value: `linger.ms:20`.
    Config,
    /// Topics: `orders,payments`.
    Topics,
    /// A regular expression over the names of topics: `orders-.*`.
    Pattern,
    /// An offset, `beginning` or `end`.
    Offset,
}

/// A row of the table.
#[derive(Clone, Copy)]
pub struct CommandKind {
    /// Its name, as facts say it.
    pub name: &'static str,
    /// What it is done to.
    pub on: On,
    /// What it takes beside that.
    pub takes: Takes,
    make: fn(&Target, &str) -> Option<Command>,
}

/// A thing that something can be done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A message.
    Message(MessageId),
    /// A broker.
    Broker(BrokerId),
    /// Two nodes.
    Link(NodeId, NodeId),
    /// A partition.
    Partition(TopicPartition),
    /// A client.
    Client(ClientId),
    /// A producer that writes to a partition.
    Write(ClientId, TopicPartition),
    /// A consumer that reads a partition.
    Read(ClientId, TopicPartition),
    /// A share consumer that has a record.
    Held(ClientId, TopicPartition, Offset),
    /// Whose configs.
    Owner(Owner),
}

/// All of them. Those that concern what is on the stage come first.
pub const COMMAND_KINDS: &[CommandKind] = &[
    row("drop", On::Message, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Drop(message(target)?)))),
    row("delay", On::Message, Takes::Ms, |target, ms| {
        Some(Command::Fault(Fault::Delay { message: message(target)?, ms: ms.parse().ok()? }))
    }),
    row("duplicate", On::Message, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Duplicate(message(target)?)))),
    row("stop", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Stop(broker(target)?)))),
    row("kill", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Kill(broker(target)?)))),
    row("start", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Start(broker(target)?)))),
    row("pause", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Pause(broker(target)?)))),
    row("resume", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Resume(broker(target)?)))),
    row("power_loss", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::PowerLoss(broker(target)?)))),
    row("write_back", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::WriteBack(broker(target)?)))),
    row("slow_disk", On::Broker, Takes::Ms, |target, ms| {
        Some(Command::Fault(Fault::SlowDisk(broker(target)?, ms.parse().ok()?)))
    }),
    row("fill_disk", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::FillDisk(broker(target)?)))),
    row("free_disk", On::Broker, Takes::Nothing, |target, _| Some(Command::Fault(Fault::FreeDisk(broker(target)?)))),
    row("skew_clock", On::Broker, Takes::Ms, |target, ms| {
        Some(Command::Fault(Fault::SkewClock(NodeId::Broker(broker(target)?), ms.parse().ok()?)))
    }),
    row("cut", On::Link, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Cut(link(target)?)))),
    row("heal", On::Link, Takes::Nothing, |target, _| Some(Command::Fault(Fault::Heal(link(target)?)))),
    row("send", On::Write, Takes::Key, |target, key| match target {
        Target::Write(producer, partition) => Some(Command::Send {
            producer: producer.clone(),
            topic: Rc::clone(&partition.topic),
            partition: Some(partition.partition),
            key: (!key.is_empty()).then(|| Bytes::from(key)),
            value: Some(Bytes::from("extra")),
            timestamp_ms: None,
        }),
        _ => None,
    }),
    row("refresh_metadata", On::Client, Takes::Nothing, |target, _| match target {
        Target::Client(client) => Some(Command::RefreshMetadata { client: client.clone() }),
        _ => None,
    }),
    row("seek", On::Read, Takes::Offset, |target, to| {
        let Target::Read(id, partition) = target else { return None };
        let to = match to {
            "beginning" => SeekTo::Beginning,
            "end" => SeekTo::End,
            offset => SeekTo::Offset(Offset(offset.parse().ok().filter(|offset| *offset >= 0)?)),
        };
        let action = ConsumerAction::Seek { partition: partition.clone(), to };
        Some(Command::Consumer { consumer: id.clone(), action })
    }),
    row("commit_sync", On::Consumer, Takes::Nothing, |target, _| {
        application(target, ConsumerAction::Commit { sync: true, offsets: Vec::new() })
    }),
    row("commit_async", On::Consumer, Takes::Nothing, |target, _| {
        application(target, ConsumerAction::Commit { sync: false, offsets: Vec::new() })
    }),
    row("pause_polling", On::Consumer, Takes::Nothing, |target, _| application(target, ConsumerAction::PausePolling)),
    row("resume_polling", On::Consumer, Takes::Nothing, |target, _| application(target, ConsumerAction::ResumePolling)),
    row("poll_once", On::Consumer, Takes::Nothing, |target, _| application(target, ConsumerAction::PollOnce)),
    row("subscribe", On::Consumer, Takes::Topics, |target, topics| {
        let topics: Vec<Topic> = topics.split(',').map(|topic| Topic::from(topic.trim())).collect();
        let named = topics.iter().all(|topic| !topic.is_empty());
        named.then(|| application(target, ConsumerAction::Subscribe { topics })).flatten()
    }),
    row("subscribe_pattern", On::Consumer, Takes::Pattern, |target, pattern| {
        let action = ConsumerAction::SubscribePattern { pattern: pattern.into() };
        Pattern::compile(pattern).ok().filter(|_| !pattern.is_empty())?;
        application(target, action)
    }),
    row("subscribe_subscription_pattern", On::Consumer, Takes::Pattern, |target, pattern| {
        let action = ConsumerAction::SubscribeSubscriptionPattern { pattern: pattern.into() };
        (!pattern.is_empty()).then(|| application(target, action)).flatten()
    }),
    row("unsubscribe", On::Consumer, Takes::Nothing, |target, _| application(target, ConsumerAction::Unsubscribe)),
    row("close_consumer", On::Consumer, Takes::Nothing, |target, _| application(target, ConsumerAction::Close)),
    row("crash_consumer", On::Consumer, Takes::Nothing, |target, _| application(target, ConsumerAction::Crash)),
    row("acknowledge", On::Held, Takes::Acknowledgement, |target, how| match target {
        Target::Held(consumer, partition, offset) => {
            let how = AcknowledgeType::named(&how.to_ascii_uppercase())?;
            let action = ConsumerAction::Acknowledge { partition: partition.clone(), offset: *offset, how };
            Some(Command::Consumer { consumer: consumer.clone(), action })
        }
        _ => None,
    }),
    row("elect_preferred", On::Partition, Takes::Nothing, |target, _| match target {
        Target::Partition(partition) => Some(Command::ElectPreferred { partition: partition.clone() }),
        _ => None,
    }),
    row("reassign", On::Partition, Takes::Brokers, |target, brokers| match target {
        Target::Partition(partition) => Some(Command::Reassign {
            partition: partition.clone(),
            replicas: brokers.split(',').map(|id| id.trim().parse().ok().map(BrokerId)).collect::<Option<_>>()?,
        }),
        _ => None,
    }),
    row("configure", On::Owner, Takes::Config, |target, config| match (target, config.split_once(':')?) {
        (Target::Owner(owner), (name, value)) => {
            Some(Command::Configure { owner: owner.clone(), name: name.into(), value: value.into() })
        }
        _ => None,
    }),
];

const fn row(name: &'static str, on: On, takes: Takes, make: fn(&Target, &str) -> Option<Command>) -> CommandKind {
    CommandKind { name, on, takes, make }
}

fn message(target: &Target) -> Option<MessageId> {
    if let Target::Message(id) = target { Some(*id) } else { None }
}

fn broker(target: &Target) -> Option<BrokerId> {
    if let Target::Broker(id) = target { Some(*id) } else { None }
}

fn link(target: &Target) -> Option<Link> {
    let Target::Link(from, to) = target else { return None };
    Some(Link { from: from.clone(), to: to.clone(), one_way: false })
}

/// What the application of a consumer does.
fn application(target: &Target, action: ConsumerAction) -> Option<Command> {
    let Target::Client(consumer) = target else { return None };
    Some(Command::Consumer { consumer: consumer.clone(), action })
}

/// The kind of this name.
pub fn command_kind(name: &str) -> Option<&'static CommandKind> {
    COMMAND_KINDS.iter().find(|kind| kind.name == name)
}

impl CommandKind {
    /// The command; none if `target` or `argument` is not what it takes.
    pub fn command(&self, target: &Target, argument: &str) -> Option<Command> {
        (self.make)(target, argument)
    }
}

impl Target {
    /// Reads what `Display` writes; none if that is no such thing.
    pub fn parse(on: On, text: &str) -> Option<Target> {
        Some(match on {
            On::Message => Target::Message(MessageId(text.parse().ok()?)),
            On::Broker => Target::Broker(BrokerId(text.parse().ok()?)),
            On::Link => {
                let (from, to) = text.split_once('/')?;
                Target::Link(node(from)?, node(to)?)
            }
            On::Partition => Target::Partition(partition(text)?),
            On::Client | On::Consumer => Target::Client(client(text)?),
            On::Write => {
                let (producer, to) = text.split_once('/')?;
                Target::Write(client(producer)?, partition(to)?)
            }
            On::Read => {
                let (consumer, from) = text.split_once('/')?;
                Target::Read(client(consumer)?, partition(from)?)
            }
            On::Held => {
                let mut parts = text.splitn(3, '/');
                let (consumer, held, offset) = (parts.next()?, parts.next()?, parts.next()?);
                Target::Held(client(consumer)?, partition(held)?, Offset(offset.parse().ok()?))
            }
            On::Owner => Target::Owner(match text.split_once('/') {
                None if text == "broker" => Owner::Brokers,
                Some(("topic", topic)) if !topic.is_empty() => Owner::Topic(topic.into()),
                Some(("producer", id)) => Owner::Producer(client(id)?),
                Some(("consumer", id)) => Owner::Consumer(client(id)?),
                _ => return None,
            }),
        })
    }
}

fn node(text: &str) -> Option<NodeId> {
    if text == "controller" {
        return Some(NodeId::Controller);
    }
    text.parse().map_or_else(|_| client(text).map(NodeId::Client), |id| Some(NodeId::Broker(BrokerId(id))))
}

fn client(text: &str) -> Option<ClientId> {
    (!text.is_empty()).then(|| ClientId(text.into()))
}

fn partition(text: &str) -> Option<TopicPartition> {
    let (topic, number) = text.rsplit_once('-')?;
    Some(TopicPartition::new(topic, number.parse().ok()?))
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |node: &NodeId| match node {
            NodeId::Broker(id) => id.to_string(),
            node => node.to_string(),
        };
        match self {
            Target::Message(id) => write!(f, "{id}"),
            Target::Broker(id) => write!(f, "{id}"),
            Target::Link(from, to) => write!(f, "{}/{}", short(from), short(to)),
            Target::Partition(partition) => write!(f, "{partition}"),
            Target::Client(client) => write!(f, "{client}"),
            Target::Write(client, partition) | Target::Read(client, partition) => write!(f, "{client}/{partition}"),
            Target::Held(consumer, partition, offset) => write!(f, "{consumer}/{partition}/{offset}"),
            Target::Owner(owner) => write!(f, "{owner}"),
        }
    }
}

impl World {
    /// Everything that a command on `on` could be done to now.
    pub fn targets(&self, on: On) -> Vec<Target> {
        let clients = || self.clients().map(|id| (id.clone(), self.producer(&id.0).is_some()));
        let partitions = || self.metadata().partitions().map(|(id, _)| id);
        match on {
            On::Message => self.on_the_wire().into_iter().map(|message| Target::Message(message.id)).collect(),
            On::Broker => self.brokers().map(|broker| Target::Broker(broker.id)).collect(),
            On::Link => {
                let brokers: Vec<NodeId> = self.brokers().map(|broker| NodeId::Broker(broker.id)).collect();
                let mut links = Vec::new();
                for (index, to) in brokers.iter().enumerate() {
                    let before = brokers.iter().take(index).cloned();
                    links.extend(before.map(|from| Target::Link(from, to.clone())));
                }
                let others = clients().map(|(id, _)| NodeId::Client(id)).chain([NodeId::Controller]);
                for from in others {
                    links.extend(brokers.iter().map(|to| Target::Link(from.clone(), to.clone())));
                }
                links
            }
            On::Partition => partitions().map(Target::Partition).collect(),
            On::Client => clients().map(|(id, _)| Target::Client(id)).collect(),
            On::Write => {
                let mut writes = Vec::new();
                for (producer, _) in clients().filter(|(_, produces)| *produces) {
                    writes.extend(partitions().map(|id| Target::Write(producer.clone(), id)));
                }
                writes
            }
            On::Consumer => self.consumers().map(|consumer| Target::Client(consumer.id.clone())).collect(),
            On::Read => {
                let mut reads = Vec::new();
                for consumer in self.consumers() {
                    reads.extend(consumer.positions().map(|(id, _)| Target::Read(consumer.id.clone(), id.clone())));
                }
                reads
            }
            On::Held => {
                let mut held = Vec::new();
                for consumer in self.consumers() {
                    let explicit = consumer
                        .share
                        .as_ref()
                        .filter(|share| share.member.config.mode == AcknowledgementMode::Explicit);
                    let records = explicit.map(|share| share.member.in_flight()).unwrap_or_default();
                    let target =
                        |there: Delivered| Target::Held(consumer.id.clone(), there.partition, Offset(there.offset));
                    held.extend(records.into_iter().map(target));
                }
                held
            }
            On::Owner => {
                let topics = self.metadata().topics.keys().map(|topic| Owner::Topic(Rc::clone(topic)));
                let clients =
                    clients().map(|(id, produces)| if produces { Owner::Producer(id) } else { Owner::Consumer(id) });
                [Owner::Brokers].into_iter().chain(topics).chain(clients).map(Target::Owner).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_makes_a_command_of_its_name() {
        let partition = TopicPartition::new("orders-x", 3);
        let client = ClientId("p1".into());
        for kind in COMMAND_KINDS {
            let target = match kind.on {
                On::Message => Target::Message(MessageId(4)),
                On::Broker => Target::Broker(BrokerId(2)),
                On::Link => Target::Link(NodeId::Client(client.clone()), NodeId::Controller),
                On::Partition => Target::Partition(partition.clone()),
                On::Client | On::Consumer => Target::Client(client.clone()),
                On::Write => Target::Write(client.clone(), partition.clone()),
                On::Read => Target::Read(client.clone(), partition.clone()),
                On::Held => Target::Held(client.clone(), partition.clone(), Offset(3)),
                On::Owner => Target::Owner(Owner::Topic(Topic::from("orders-x"))),
            };
            let argument = match kind.takes {
                Takes::Nothing => "",
                Takes::Ms => "500",
                Takes::Key => "u17",
                Takes::Brokers => "3, 1",
                Takes::Acknowledgement => "release",
                Takes::Config => "retention.ms:1",
                Takes::Topics => "orders, payments",
                Takes::Pattern => "orders-.*",
                Takes::Offset => "7",
            };
            assert_eq!(kind.command(&target, argument).unwrap().name(), kind.name);
            assert_eq!(Target::parse(kind.on, &target.to_string()), Some(target), "{}", kind.name);
            for broken in ["", "/", "x/", "-", "topic/", "cat/x", "99999999999999999999999"] {
                let _ = Target::parse(kind.on, broken);
            }
            assert_eq!(command_kind(kind.name).unwrap().name, kind.name);
        }
        assert!(command_kind("explode").is_none());
    }

    #[test]
    fn a_consumer_goes_where_it_is_told() {
        let target = Target::Read(ClientId("c1".into()), TopicPartition::new("orders", 0));
        let seek = |to: &str| command_kind("seek").unwrap().command(&target, to);
        for (text, to) in [("beginning", SeekTo::Beginning), ("end", SeekTo::End), ("12", SeekTo::Offset(Offset(12)))] {
            let Some(Command::Consumer { action: ConsumerAction::Seek { to: there, .. }, .. }) = seek(text) else {
                panic!("{text}")
            };
            assert_eq!(there, to);
        }
        assert!(["", "-1", "middle"].iter().all(|text| seek(text).is_none()));
        let subscribe = command_kind("subscribe").unwrap();
        let consumer = Target::Client(ClientId("c1".into()));
        assert!(["", "orders,", " "].iter().all(|topics| subscribe.command(&consumer, topics).is_none()));
        let takes = |kind: &str, pattern: &str| command_kind(kind).unwrap().command(&consumer, pattern).is_some();
        assert!(!takes("subscribe_pattern", "") && !takes("subscribe_pattern", "orders-("));
        // Nobody but the coordinator says what is wrong with this one.
        assert!(!takes("subscribe_subscription_pattern", "") && takes("subscribe_subscription_pattern", "orders-("));
    }

    /// Whoever adds something that an application does is told so too.
    #[test]
    fn every_action_of_a_consumer_has_a_row() {
        let partition = TopicPartition::new("orders", 0);
        let next = |action: Option<&ConsumerAction>| match action {
            None => Some(ConsumerAction::Subscribe { topics: Vec::new() }),
            Some(ConsumerAction::Subscribe { .. }) => Some(ConsumerAction::SubscribePattern { pattern: ".*".into() }),
            Some(ConsumerAction::SubscribePattern { pattern }) => {
                Some(ConsumerAction::SubscribeSubscriptionPattern { pattern: Rc::clone(pattern) })
            }
            Some(ConsumerAction::SubscribeSubscriptionPattern { .. }) => Some(ConsumerAction::Unsubscribe),
            Some(ConsumerAction::Unsubscribe) => Some(ConsumerAction::PausePolling),
            Some(ConsumerAction::PausePolling) => Some(ConsumerAction::ResumePolling),
            Some(ConsumerAction::ResumePolling) => Some(ConsumerAction::PollOnce),
            Some(ConsumerAction::PollOnce) => Some(ConsumerAction::Commit { sync: true, offsets: Vec::new() }),
            Some(ConsumerAction::Commit { sync: true, .. }) => {
                Some(ConsumerAction::Commit { sync: false, offsets: Vec::new() })
            }
            Some(ConsumerAction::Commit { sync: false, .. }) => {
                Some(ConsumerAction::Seek { partition: partition.clone(), to: SeekTo::End })
            }
            Some(ConsumerAction::Seek { .. }) => Some(ConsumerAction::Close),
            Some(ConsumerAction::Close) => Some(ConsumerAction::Crash),
            Some(ConsumerAction::Crash) => {
                let how = AcknowledgeType::Accept;
                Some(ConsumerAction::Acknowledge { partition: partition.clone(), offset: Offset(0), how })
            }
            Some(ConsumerAction::Acknowledge { .. }) => None,
        };
        let mut action = next(None);
        while let Some(here) = action {
            assert!(command_kind(here.name()).is_some(), "{} is no row of COMMAND_KINDS", here.name());
            action = next(Some(&here));
        }
    }

    /// Whoever adds a fault is told here that a reader could give it in the middle of a run.
    #[test]
    fn every_fault_has_a_row() {
        let named = |fault: &Fault| COMMAND_KINDS.iter().any(|kind| kind.name == fault.name());
        let link = Link { from: NodeId::Controller, to: NodeId::Broker(BrokerId(1)), one_way: false };
        let broker = BrokerId(1);
        let next = |fault: Option<&Fault>| match fault {
            None => Some(Fault::Pause(broker)),
            Some(Fault::Pause(_)) => Some(Fault::Resume(broker)),
            Some(Fault::Resume(_)) => Some(Fault::Kill(broker)),
            Some(Fault::Kill(_)) => Some(Fault::Stop(broker)),
            Some(Fault::Stop(_)) => Some(Fault::Start(broker)),
            Some(Fault::Start(_)) => Some(Fault::PowerLoss(broker)),
            Some(Fault::PowerLoss(_)) => Some(Fault::WriteBack(broker)),
            Some(Fault::WriteBack(_)) => Some(Fault::SlowDisk(broker, 1)),
            Some(Fault::SlowDisk(..)) => Some(Fault::FillDisk(broker)),
            Some(Fault::FillDisk(_)) => Some(Fault::FreeDisk(broker)),
            Some(Fault::FreeDisk(_)) => Some(Fault::SkewClock(NodeId::Broker(broker), 1)),
            Some(Fault::SkewClock(..)) => Some(Fault::Duplicate(MessageId(0))),
            Some(Fault::Duplicate(_)) => Some(Fault::Cut(link.clone())),
            Some(Fault::Cut(_)) => Some(Fault::Heal(link.clone())),
            Some(Fault::Heal(_)) => Some(Fault::Drop(MessageId(0))),
            Some(Fault::Drop(_)) => Some(Fault::Delay { message: MessageId(0), ms: 1 }),
            Some(Fault::Delay { .. }) => None,
        };
        let mut fault = next(None);
        while let Some(here) = fault {
            assert!(named(&here), "{} is no row of COMMAND_KINDS", here.name());
            fault = next(Some(&here));
        }
    }
}
