//! What goes wrong on purpose: paused and killed brokers, cut links.

use highwater_sim::command::Command;
use highwater_sim::config::TopicConfig;
use highwater_sim::fact::{Fact, FactKind};
use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, NodeId, TopicPartition};
use highwater_sim::producer::Fate;
use highwater_sim::world::CommandError;

use crate::story::{PLAIN, Story, broker, broker_config, client};

/// Three brokers, orders-0 on all of them with broker 1 as its leader, p1 with acks=all, c1.
fn cluster() -> Story {
    // Longer than `replica.lag.time.max.ms`: the leader shrinks the ISR before the controller fences.
    let session = ("broker.session.timeout.ms", "40000");
    let mut story = Story::new(3, 2_000, broker_config(&[("replica.lag.time.max.ms", "10000"), session]));
    story.add_producer("p1", &PLAIN);
    story.add_consumer("c1", &[]);
    story.create_topic("orders", &[1, 2, 3], TopicConfig::default());
    story.run_ms(100);
    story
}

fn link(from: i32, to: i32, one_way: bool) -> Link {
    Link { from: broker(from), to: broker(to), one_way }
}

impl Story {
    fn refused_fault(&mut self, fault: Fault) -> CommandError {
        self.refused(Command::Fault(fault))
    }
}

#[test]
fn a_paused_follower_does_nothing_until_it_goes_on() {
    let mut cluster = cluster();
    cluster.fault(Fault::Pause(BrokerId(3)));
    cluster.run_ms(1_200);
    assert!(!cluster.world.is_running(BrokerId(3)));
    cluster.produce("a");
    cluster.run_ms(2_000);
    assert_eq!((cluster.ends(), cluster.hw(1)), ([1, 1, 0], 0), "acks=all waits for the paused follower");
    let waiting = cluster.world.on_the_wire().iter().any(|message| message.to == broker(3));
    assert!(waiting, "what the leader answered it waits for it");
    cluster.fault(Fault::Resume(BrokerId(3)));
    cluster.run_ms(1_500);
    assert_eq!((cluster.ends(), cluster.hw(1), cluster.hw(3)), ([1, 1, 1], 1, 1));
    assert_eq!((cluster.count("MessageLost"), cluster.fates().len()), (0, 1), "nothing is lost by a pause");
}

#[test]
fn a_follower_that_pauses_too_long_leaves_the_isr_and_comes_back() {
    let mut cluster = cluster();
    cluster.fault(Fault::Pause(BrokerId(3)));
    cluster.produce("a");
    cluster.run_ms(20_000);
    assert_eq!((cluster.isr(), cluster.hw(1)), (vec![1, 2], 1));
    cluster.fault(Fault::Resume(BrokerId(3)));
    cluster.run_ms(2_000);
    assert_eq!((cluster.isr(), cluster.ends()), (vec![1, 2, 3], [1, 1, 1]));
}

#[test]
fn a_paused_leader_answers_nobody_and_all_give_up_in_time() {
    let mut cluster = cluster();
    cluster.fault(Fault::Pause(BrokerId(1)));
    cluster.run_ms(29_000);
    assert_eq!(cluster.facts.iter().filter(|fact| is_timeout(&fact.kind)).count(), 0);
    cluster.run_ms(2_000);
    let timeouts = cluster.facts.iter().filter(|fact| is_timeout(&fact.kind)).count();
    assert_eq!(timeouts, 2, "both followers' fetches");
    cluster.fault(Fault::Resume(BrokerId(1)));
    cluster.run_ms(3_000);
    cluster.produce("a");
    cluster.run_ms(1_000);
    assert_eq!((cluster.ends(), cluster.hw(1)), ([1, 1, 1], 1));
}

fn is_timeout(kind: &FactKind) -> bool {
    matches!(kind, FactKind::TimerFired { timer, .. } if timer.name() == "request_timeout")
}

#[test]
fn what_is_on_a_link_when_it_is_cut_is_lost_and_so_is_what_follows() {
    let mut cluster = cluster();
    cluster.produce("a");
    cluster.run_ms(7);
    let on_it = |from: i32, to: i32, cluster: &Story| {
        cluster.world.on_the_wire().iter().filter(|one| one.from == broker(from) && one.to == broker(to)).count()
    };
    let lost = on_it(1, 3, &cluster) + on_it(3, 1, &cluster);
    assert!(lost > 0);
    cluster.fault(Fault::Cut(link(1, 3, false)));
    assert_eq!((cluster.count("MessageLost"), on_it(1, 3, &cluster) + on_it(3, 1, &cluster)), (lost, 0));
    cluster.run_ms(20_000);
    assert_eq!((cluster.isr(), cluster.ends(), cluster.hw(1)), (vec![1, 2], [1, 1, 0], 1));
    cluster.fault(Fault::Heal(link(1, 3, false)));
    cluster.run_ms(32_000);
    assert_eq!((cluster.isr(), cluster.ends()), (vec![1, 2, 3], [1, 1, 1]), "after its timeout the follower asks anew");
}

#[test]
fn one_way_cut_means_one_way_lost() {
    let mut cluster = cluster();
    cluster.fault(Fault::Cut(link(1, 2, true)));
    cluster.produce("a");
    cluster.run_ms(3_000);
    assert_eq!(cluster.ends(), [1, 0, 1]);
    let lost = cluster.facts.iter().filter_map(|fact| match &fact.kind {
        FactKind::MessageLost(message) => Some((message.from.clone(), message.response)),
        _ => None,
    });
    assert!(lost.clone().count() > 0 && lost.into_iter().all(|lost| lost == (broker(1), true)));
    let error = cluster.refused_fault(Fault::Heal(link(1, 3, true)));
    assert_eq!(error.to_string(), "the link from broker-1 to broker-3 is not cut");
    cluster.fault(Fault::Heal(link(1, 2, false)));
}

#[test]
fn a_broker_without_the_controller_catches_up_when_the_link_heals() {
    let mut cluster = cluster();
    let link = Link { from: NodeId::Controller, to: broker(2), one_way: false };
    cluster.fault(Fault::Cut(link.clone()));
    cluster.create_topic("more", &[2, 1], TopicConfig::default());
    cluster.run_ms(1_000);
    let more = TopicPartition::new("more", 0);
    assert!(cluster.world.leader(&more).is_none());
    cluster.fault(Fault::Heal(link));
    cluster.run_ms(10);
    assert!(cluster.world.leader(&more).is_some_and(highwater_sim::broker::partition::Partition::is_leader));
}

#[test]
fn a_killed_broker_has_what_it_wrote_and_the_high_watermark_of_its_checkpoint() {
    let mut cluster = cluster();
    for value in ["a", "b", "c"] {
        cluster.produce(value);
        cluster.run_ms(100);
    }
    cluster.run_ms(6_000);
    cluster.produce("d");
    cluster.run_ms(1_000);
    assert_eq!((cluster.ends(), cluster.hw(3)), ([4, 4, 4], 4));
    cluster.fault(Fault::Kill(BrokerId(3)));
    cluster.run_ms(30_000);
    assert_eq!(cluster.isr(), [1, 2, 3], "who has everything does not lag");
    cluster.fault(Fault::Start(BrokerId(3)));
    let loaded = cluster.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::LogLoaded { is_clean, log_end_offset, high_watermark, .. } => {
            Some((*is_clean, log_end_offset.0, high_watermark.0))
        }
        _ => None,
    });
    assert_eq!(loaded, Some((false, 4, 3)), "the last checkpoint was written before the last record");
    cluster.run_ms(15_000);
    assert_eq!((cluster.isr(), cluster.hw(3)), (vec![1, 2, 3], 4), "once its old session is over");
}

#[test]
fn requests_to_a_killed_broker_break_and_nothing_of_it_is_left() {
    let mut cluster = cluster();
    cluster.produce("a");
    cluster.run_ms(1_000);
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.produce("b");
    cluster.run_ms(50);
    let broken =
        |fact: &&Fact| matches!(&fact.kind, FactKind::TimerFired { timer, .. } if timer.name() == "disconnected");
    let who: Vec<String> = cluster
        .facts
        .iter()
        .filter(broken)
        .map(|fact| fact.kind.fields().get("node").map(|node| format!("{node:?}")).unwrap())
        .collect();
    assert!(["broker-2", "broker-3", "p1"].iter().all(|name| who.iter().any(|who| who.contains(name))), "{who:?}");
    let before = cluster.facts.len();
    cluster.run_ms(60_000);
    let acts = |fact: &Fact| match &fact.kind {
        FactKind::Sent(message) => message.from == broker(1),
        FactKind::Received(message) => message.to == broker(1),
        FactKind::TimerFired { node, .. } => *node == broker(1),
        _ => false,
    };
    assert!(!cluster.facts[before..].iter().any(acts), "a broker that is gone does nothing");
    cluster.fault(Fault::Start(BrokerId(1)));
    cluster.run_ms(5_000);
    assert_eq!(cluster.ends(), [2, 2, 2], "the producer went on trying");
    assert!(cluster.fates().iter().all(|fate| matches!(fate, Fate::Acknowledged(_))), "{:?}", cluster.fates());
}

#[test]
fn a_broker_that_is_killed_while_it_is_paused_forgets_what_waited() {
    let mut cluster = cluster();
    cluster.fault(Fault::Pause(BrokerId(2)));
    cluster.run_ms(1_000);
    cluster.fault(Fault::Kill(BrokerId(2)));
    assert!(cluster.world.on_the_wire().iter().all(|message| message.to != broker(2)));
    cluster.fault(Fault::Start(BrokerId(2)));
    cluster.produce("a");
    cluster.run_ms(45_000);
    assert_eq!(cluster.ends(), [1, 1, 1]);
}

#[test]
fn faults_that_cannot_be_are_refused() {
    let mut cluster = cluster();
    let told = |error: CommandError| error.to_string();
    assert_eq!(
        told(cluster.refused_fault(Fault::Kill(BrokerId(4)))),
        "BROKER_ID_NOT_REGISTERED: Broker ID 4 is not currently registered"
    );
    assert_eq!(told(cluster.refused_fault(Fault::Resume(BrokerId(1)))), "broker 1 is not paused");
    assert_eq!(told(cluster.refused_fault(Fault::Start(BrokerId(1)))), "broker 1 is running already");
    assert_eq!(told(cluster.refused_fault(Fault::Cut(link(2, 2, false)))), "broker-2 has no link to itself");
    assert_eq!(
        told(cluster.refused_fault(Fault::Cut(link(2, 9, false)))),
        "BROKER_ID_NOT_REGISTERED: Broker ID 9 is not currently registered"
    );
    let nobody = Link { from: NodeId::Client(client("nobody")), to: broker(1), one_way: false };
    assert_eq!(told(cluster.refused_fault(Fault::Cut(nobody))), "there is no client nobody");
    cluster.fault(Fault::Pause(BrokerId(1)));
    assert_eq!(told(cluster.refused_fault(Fault::Pause(BrokerId(1)))), "broker 1 is paused already");
    cluster.fault(Fault::Kill(BrokerId(1)));
    assert_eq!(told(cluster.refused_fault(Fault::Kill(BrokerId(1)))), "broker 1 is not running");
    assert_eq!(told(cluster.refused_fault(Fault::Pause(BrokerId(1)))), "broker 1 is not running");
    assert_eq!(told(cluster.refused_fault(Fault::Resume(BrokerId(1)))), "broker 1 is not paused");
}

#[test]
fn the_same_faults_give_the_same_facts() {
    let run = || {
        let mut cluster = cluster();
        for (at, fault) in [
            (3, Fault::Pause(BrokerId(2))),
            (700, Fault::Cut(link(1, 3, true))),
            (900, Fault::Kill(BrokerId(2))),
            (40_000, Fault::Start(BrokerId(2))),
            (5, Fault::Heal(link(1, 3, true))),
        ] {
            cluster.produce("a");
            cluster.run_ms(at);
            cluster.fault(fault);
        }
        cluster.run_ms(40_000);
        cluster.facts.iter().map(highwater_sim::fact::Fact::to_line).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
