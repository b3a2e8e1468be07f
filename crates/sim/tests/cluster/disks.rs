//! What disks, clocks and older rules do to what was committed.

use highwater_sim::command::Command;
use highwater_sim::config::TopicConfig;
use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::BrokerId;
use highwater_sim::invariants::Invariant;
use highwater_sim::world::World;

use crate::story::{Configs, PLAIN, Story, broker, broker_config, orders};

/// orders-0 on brokers 1 and 2 of three, broker 1 leads; p1 with acks=all.
fn cluster(broker: Configs<'_>, topic: Configs<'_>) -> Story {
    let broker = broker_config(&[broker, &[("auto.leader.rebalance.enable", "false")]].concat());
    let mut of_topic = TopicConfig::of_cluster(&broker);
    for (name, value) in topic {
        of_topic.set(name, value).unwrap();
    }
    let mut story = Story::new(3, 1_000, broker);
    story.add_producer("p1", &PLAIN);
    story.create_topic("orders", &[1, 2], of_topic);
    story.run_ms(100);
    story
}

impl Story {
    /// A record, and time for the follower to have it.
    fn produce_and_copy(&mut self, value: &str) {
        self.produce(value);
        self.run_ms(700);
    }
}

#[test]
fn a_power_loss_takes_what_was_not_on_the_disk_and_the_others_bring_it_back() {
    let mut cluster = cluster(&[], &[]);
    cluster.produce_and_copy("v0");
    cluster.fault(Fault::WriteBack(BrokerId(2)));
    cluster.produce_and_copy("v1");
    cluster.fault(Fault::PowerLoss(BrokerId(2)));
    assert_eq!((cluster.values(2), cluster.values(1).len()), (vec!["v0".to_owned()], 2));
    assert_eq!(cluster.count("UnflushedLost"), 1);
    cluster.run_ms(15_000);
    cluster.fault(Fault::Start(BrokerId(2)));
    cluster.run_ms(15_000);
    assert_eq!(cluster.values(2), ["v0", "v1"]);
    assert_eq!(cluster.isr().len(), 2);
    // What Kafka itself has flushed stays as well.
    let mut flushed = self::cluster(&[], &[("flush.messages", "1")]);
    flushed.produce_and_copy("v0");
    flushed.fault(Fault::PowerLoss(BrokerId(1)));
    assert_eq!((flushed.values(1), flushed.count("UnflushedLost")), (vec!["v0".to_owned()], 0));
}

#[test]
fn power_gone_everywhere_is_a_loss_of_what_was_acknowledged() {
    let mut cluster = cluster(&[], &[]);
    cluster.produce_and_copy("v0");
    assert_eq!(cluster.acknowledged(), [0]);
    for id in [1, 2] {
        cluster.fault(Fault::PowerLoss(BrokerId(id)));
    }
    cluster.run_ms(15_000);
    for id in [1, 2] {
        cluster.fault(Fault::Start(BrokerId(id)));
    }
    cluster.run_ms(20_000);
    assert_eq!((cluster.values(1).len(), cluster.values(2).len()), (0, 0), "acks=all waits for no disk");
}

#[test]
fn a_slow_disk_holds_back_the_answer() {
    let mut cluster = cluster(&[], &[]);
    cluster.produce_and_copy("v0");
    cluster.fault(Fault::SlowDisk(BrokerId(2), 300));
    cluster.produce("v1");
    cluster.run_ms(250);
    assert_eq!(cluster.acknowledged(), [0, -1], "the follower has not written it yet");
    cluster.run_ms(400);
    assert_eq!(cluster.acknowledged(), [0, 1]);
    cluster.fault(Fault::SlowDisk(BrokerId(2), 0));
    cluster.produce("v2");
    cluster.run_ms(100);
    assert_eq!(cluster.acknowledged(), [0, 1, 2]);
}

#[test]
fn a_full_disk_halts_its_broker() {
    let mut cluster = cluster(&[], &[]);
    cluster.produce_and_copy("v0");
    cluster.fault(Fault::FillDisk(BrokerId(1)));
    cluster.produce("v1");
    cluster.run_ms(20_000);
    assert_eq!(cluster.count("LogDirFailed"), 1);
    assert!(!cluster.world.is_running(BrokerId(1)));
    assert_eq!((cluster.acknowledged(), cluster.values(2)), (vec![0, 1], vec!["v0".to_owned(), "v1".to_owned()]));
    let refused = |cluster: &mut Story, fault| cluster.refused(Command::Fault(fault)).to_string();
    let full = "the disk of broker 1 is full: it would halt again";
    assert_eq!(refused(&mut cluster, Fault::Start(BrokerId(1))), full);
    assert_eq!(refused(&mut cluster, Fault::FreeDisk(BrokerId(2))), "the disk of broker 2 is not full");
    cluster.fault(Fault::FreeDisk(BrokerId(1)));
    cluster.fault(Fault::Start(BrokerId(1)));
    cluster.run_ms(15_000);
    assert_eq!(cluster.values(1).len(), 2);
}

#[test]
fn a_clock_that_is_ahead_stamps_so_and_leaves_the_isr_alone() {
    let mut cluster = cluster(&[], &[("message.timestamp.type", "LogAppendTime")]);
    cluster.fault(Fault::SkewClock(broker(1), 60_000));
    cluster.produce_and_copy("v0");
    let replica = cluster.world.replica(BrokerId(1), &orders()).unwrap();
    let stamped = replica.log.records_from(0).next().unwrap().unwrap().timestamp;
    assert!(stamped > cluster.world.now().timestamp_ms().saturating_add(50_000));
    let nobody = Command::Fault(Fault::SkewClock(broker(9), 1));
    let told = cluster.refused(nobody).to_string();
    assert_eq!(told, "BROKER_ID_NOT_REGISTERED: Broker ID 9 is not currently registered");
}

#[test]
fn a_message_that_arrives_twice_is_stored_twice_without_idempotence() {
    let mut cluster = cluster(&[], &[]);
    cluster.produce_and_copy("v0");
    cluster.produce("v1");
    let produce = |world: &World| {
        world.on_the_wire().iter().find(|message| message.body.api().name() == "Produce").map(|message| message.id)
    };
    while produce(&cluster.world).is_none() {
        cluster.step();
    }
    let id = produce(&cluster.world).unwrap();
    cluster.fault(Fault::Duplicate(id));
    cluster.run_ms(1_000);
    assert_eq!(cluster.values(1), ["v0", "v1", "v1"]);
    assert_eq!(cluster.acknowledged()[0], 0);
    let gone = cluster.refused(Command::Fault(Fault::Duplicate(id)));
    assert!(gone.to_string().starts_with("there is no message"));
}

/// Kafka before 0.11: the anomaly of KIP-101. Broker 2 has m2 and does not know that it is committed; it comes back as a
/// follower, cuts it, and leads.
fn restart_and_take_over(version: &str) -> Story {
    let mut cluster = cluster(&[("inter.broker.protocol.version", version)], &[]);
    cluster.produce_and_copy("m1");
    cluster.run_ms(6_000);
    cluster.produce("m2");
    // It has been appended by both; the next fetch of broker 2 commits it, but no answer has told broker 2.
    while cluster.acknowledged() != [0, 1] {
        cluster.run_ms(1);
    }
    let link = Link { from: broker(1), to: broker(2), one_way: true };
    cluster.fault(Fault::Cut(link.clone()));
    cluster.fault(Fault::Kill(BrokerId(2)));
    cluster.run_ms(15_000);
    cluster.fault(Fault::Start(BrokerId(2)));
    cluster.run_ms(15_000);
    cluster.fault(Fault::Heal(link));
    cluster
}

#[test]
fn before_leader_epochs_a_follower_cut_what_was_committed() {
    assert_eq!(restart_and_take_over("4.3").values(2), ["m1", "m2"], "today it asks first");
    let old = restart_and_take_over("0.10.2");
    assert_eq!(old.values(2), ["m1"], "until 0.11 it cut at its high watermark, and has to copy again");
    assert_eq!(old.count("LogTruncated"), 1);
}

#[test]
fn before_3_7_the_high_watermark_advanced_below_the_minimum() {
    let advanced = |version: &str, broken: Option<Invariant>| {
        let topic = [("min.insync.replicas", "2")];
        let mut cluster = cluster(&[("inter.broker.protocol.version", version)], &topic).breaking(broken);
        cluster.produce_and_copy("v0");
        cluster.fault(Fault::Pause(BrokerId(2)));
        cluster.run_ms(600);
        cluster.produce("v1");
        cluster.run_ms(20_000);
        cluster.hw(1)
    };
    let below_min_isr = Some(Invariant::NoAdvanceBelowMinIsr);
    assert_eq!((advanced("3.6", below_min_isr), advanced("3.7", None)), (2, 1));
}

#[test]
fn without_elr_who_is_last_stays_in_the_isr() {
    let isr = |elr: &str| {
        let mut cluster = cluster(&[("eligible.leader.replicas.version", elr)], &[]);
        for id in [2, 1] {
            cluster.fault(Fault::Kill(BrokerId(id)));
            cluster.run_ms(15_000);
        }
        let at = cluster.world.metadata().partition(&orders()).unwrap();
        (at.isr.clone(), at.elr.clone())
    };
    assert_eq!(isr("1"), (vec![], vec![BrokerId(1)]));
    assert_eq!(isr("0"), (vec![BrokerId(1)], vec![]));
}
