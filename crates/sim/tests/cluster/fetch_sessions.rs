//! Fetch sessions of followers and consumers (KIP-227), event by event.

use highwater_sim::command::Command;
use highwater_sim::config::TopicConfig;
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::error::Errors;
use highwater_sim::fact::{Fact, FactKind, Says, SessionSays};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, NodeId, TopicPartition};
use highwater_sim::message::Api;

use crate::story::{EARLIEST, PLAIN, Story, broker, broker_config, client};

/// How many partitions orders has.
const PARTITIONS: i32 = 10;

/// orders with ten partitions, all led by broker 1 and followed by broker 2; c1 reads all of them.
fn cluster(slots: &str) -> Story {
    let mut story = Story::new(2, 1_000, broker_config(&[("max.incremental.fetch.session.cache.slots", slots)]));
    story.add_producer("p1", &PLAIN);
    story.add_consumer("c1", &EARLIEST);
    let assignment = (0..PARTITIONS).map(|_| [1, 2].map(BrokerId).to_vec()).collect();
    story.create_partitions("orders", assignment, TopicConfig::default());
    story.assign_first(PARTITIONS);
    story.run_ms(2_000);
    story
}

fn consumer() -> NodeId {
    NodeId::Client(client("c1"))
}

fn follower() -> NodeId {
    broker(2)
}

impl Story {
    /// c1 reads so many partitions.
    fn assign_first(&mut self, partitions: i32) {
        let partitions = (0..partitions).map(|partition| TopicPartition::new("orders", partition)).collect();
        self.command(Command::Assign { consumer: client("c1"), partitions, from: None });
    }

    fn produce_to(&mut self, partition: i32) {
        self.send_by("p1", "orders", Some(partition), Some("new"));
    }

    /// What the fetches of a node said of their session.
    fn asked(&self, from: &NodeId) -> Vec<SessionSays> {
        let asked = |fact: &Fact| match &fact.kind {
            FactKind::Sent(message) if message.from == *from => match message.says {
                Says::Fetch { session, .. } => Some(session),
                _ => None,
            },
            _ => None,
        };
        self.new_facts().iter().filter_map(asked).collect()
    }

    /// How many partitions the answers to a node named, and their errors.
    fn answered(&self, to: &NodeId) -> Vec<(i32, Errors)> {
        let answered = |fact: &Fact| match &fact.kind {
            FactKind::Sent(message) if message.to == *to => match message.says {
                Says::Fetched { named, error, .. } => Some((named, error)),
                _ => None,
            },
            _ => None,
        };
        self.new_facts().iter().filter_map(answered).collect()
    }
}

#[test]
fn idle_partitions_are_named_once() {
    let cluster = cluster("1000");
    for node in [follower(), consumer()] {
        let asked = cluster.asked(&node);
        assert_eq!((asked[0].epoch, asked[0].named, asked[0].partitions), (0, PARTITIONS, PARTITIONS));
        let epochs: Vec<i32> = asked.iter().map(|session| session.epoch).collect();
        assert_eq!(epochs, (0..).take(epochs.len()).collect::<Vec<i32>>(), "one session, one fetch after another");
        let last = asked.last().unwrap();
        assert_eq!((last.named, last.partitions), (0, PARTITIONS), "{node}");
        assert_eq!(cluster.answered(&node).last(), Some(&(0, Errors::None)), "{node}");
    }
}

#[test]
fn one_record_names_one_partition() {
    let mut cluster = cluster("1000");
    cluster.mark();
    cluster.produce_to(3);
    cluster.run_ms(900);
    // The follower gets the record, asks on from behind it, and hears of the high watermark with the next answer.
    let answers = cluster.answered(&follower());
    assert_eq!(answers[..2], [(1, Errors::None), (1, Errors::None)], "{answers:?}");
    assert!(cluster.asked(&follower()).iter().all(|session| session.named <= 1));
    assert_eq!(cluster.answered(&consumer())[0], (1, Errors::None));
    assert_eq!(cluster.world.consumer("c1").unwrap().returned(), 1);
}

#[test]
fn a_restarted_leader_knows_no_session() {
    let mut cluster = cluster("1000");
    cluster.fault(Fault::Stop(BrokerId(2)));
    cluster.run_ms(5_000);
    cluster.mark();
    // c1 has a session with broker 1 that nobody knows any more.
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.fault(Fault::Start(BrokerId(1)));
    cluster.run_ms(20_000);
    let first = cluster.asked(&consumer())[0];
    assert!(
        first.id != 0 && first.epoch == 0 && first.named == PARTITIONS,
        "closes the old one, begins anew: {first:?}"
    );
    cluster.produce_to(0);
    cluster.run_ms(1_000);
    assert_eq!(cluster.world.consumer("c1").unwrap().returned(), 1);
}

#[test]
fn partitions_that_are_given_up_are_forgotten() {
    let mut cluster = cluster("1000");
    cluster.mark();
    cluster.assign_first(4);
    cluster.run_ms(1_000);
    let forgets: Vec<SessionSays> =
        cluster.asked(&consumer()).into_iter().filter(|session| session.forgotten > 0).collect();
    assert_eq!((forgets.len(), forgets[0].forgotten, forgets[0].partitions), (1, PARTITIONS - 4, 4));
}

#[test]
fn a_closed_consumer_ends_its_session_and_a_crashed_one_does_not() {
    for (action, left) in [(ConsumerAction::Close, 1), (ConsumerAction::Crash, 2)] {
        let mut cluster = cluster("1000");
        cluster.command(Command::Consumer { consumer: client("c1"), action });
        cluster.run_ms(1_000);
        let sessions = cluster.world.broker(BrokerId(1)).unwrap().fetch_sessions.sessions().count();
        assert_eq!(sessions, left, "that of broker 2 stays");
    }
}

#[test]
fn without_a_slot_every_fetch_names_everything() {
    let mut cluster = cluster("0");
    cluster.produce_to(3);
    cluster.run_ms(1_000);
    for node in [follower(), consumer()] {
        assert!(cluster.asked(&node).iter().all(|session| session.id == 0 && session.named == PARTITIONS));
    }
    assert_eq!(cluster.world.consumer("c1").unwrap().returned(), 1, "and all works as well");
    let fetches = |fact: &&Fact| matches!(&fact.kind, FactKind::Received(message) if message.api == Api::Fetch);
    assert!(cluster.facts.iter().filter(fetches).count() > 10);
}
