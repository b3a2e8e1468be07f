//! Who leads when brokers go and come: what the controller writes, in its order, as a real one did
//! (`recordings/cluster`: leader-kill, leader-pause, controlled-shutdown, single-replica-stop, elr-kill).

use highwater_sim::command::Command;
use highwater_sim::config::BrokerConfig;
use highwater_sim::fact::{Fact, FactKind, PollThrew, TruncationDetected};
use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, NodeId, TopicPartition};
use highwater_sim::metadata::LeaderRecoveryState;

use crate::story::{EARLIEST, PLAIN, Story, broker, broker_config, orders, topic_config};

/// orders-0 on these brokers of three; p1 with acks=all, c1 that reads from the beginning.
fn cluster(replicas: &[i32], min_isr: &str) -> Story {
    let long = [("broker.session.timeout.ms", "12000"), ("replica.lag.time.max.ms", "60000")];
    let broker = broker_config(&[&long[..], &[("auto.leader.rebalance.enable", "false")]].concat());
    cluster_on(broker, replicas, min_isr)
}

fn cluster_on(broker: BrokerConfig, replicas: &[i32], min_isr: &str) -> Story {
    let mut story = Story::new(3, 1_000, broker);
    story.add_producer("p1", &PLAIN);
    story.add_consumer("c1", &EARLIEST);
    story.create_topic("orders", replicas, topic_config(&[("min.insync.replicas", min_isr)]));
    story.assign("c1", None);
    story.run_ms(100);
    story
}

fn list(ids: &[BrokerId]) -> String {
    ids.iter().map(|id| id.0.to_string()).collect::<Vec<_>>().join(",")
}

impl Story {
    /// A fault, and how long the others need to see it.
    fn kill(&mut self, id: i32) {
        self.fault(Fault::Kill(BrokerId(id)));
        self.run_ms(15_000);
    }

    fn stop(&mut self, id: i32) {
        self.fault(Fault::Stop(BrokerId(id)));
        self.run_ms(15_000);
    }

    fn start_again(&mut self, id: i32) {
        self.fault(Fault::Start(BrokerId(id)));
        self.run_ms(15_000);
    }

    fn alter(&mut self, name: &str, value: Option<&str>) {
        self.command(Command::AlterConfig { topic: "orders".into(), name: name.into(), value: value.map(Into::into) });
    }

    /// A record, and time for all to hear of it.
    fn produce_calmly(&mut self, value: &str) {
        self.produce(value);
        self.run_ms(500);
    }

    /// What the controller wrote since the last time.
    fn records(&mut self) -> Vec<String> {
        let new = self.new_facts().iter().filter_map(|fact| match &fact.kind {
            FactKind::PartitionChangeRecord { registration: at, .. } => {
                let leader = at.leader.map_or(-1, |leader| leader.0);
                let recovering = at.leader_recovery_state == LeaderRecoveryState::Recovering;
                Some(format!(
                    "leader {leader} epoch {} isr {} elr {} last {}{}",
                    at.leader_epoch,
                    list(&at.isr),
                    list(&at.elr),
                    list(&at.last_known_elr),
                    if recovering { " recovering" } else { "" }
                ))
            }
            FactKind::RegisterBrokerRecord { broker, .. } => Some(format!("register {broker}")),
            FactKind::BrokerRegistrationChangeRecord { broker, fenced, in_controlled_shutdown } => {
                let stopping = if *in_controlled_shutdown { " stopping" } else { "" };
                Some(format!("broker {broker} {}{stopping}", if *fenced { "fenced" } else { "unfenced" }))
            }
            _ => None,
        });
        let new = new.collect();
        self.mark();
        new
    }
}

#[test]
fn a_killed_leader_is_fenced_and_the_next_of_the_isr_leads() {
    let mut cluster = cluster(&[1, 2, 3], "1");
    cluster.produce_calmly("v0");
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.produce_calmly("v1");
    assert_eq!((cluster.records(), cluster.acknowledged()), (vec![], vec![0, -1]), "nobody knows yet");
    cluster.run_ms(15_000);
    assert_eq!(cluster.records(), ["leader 2 epoch 1 isr 2,3 elr  last ", "broker 1 fenced"]);
    assert_eq!(
        (cluster.acknowledged(), cluster.position()),
        (vec![0, 1], Some(2)),
        "both clients found the new leader"
    );
    cluster.start_again(1);
    assert_eq!(cluster.records(), ["register 1", "broker 1 unfenced", "leader 2 epoch 1 isr 1,2,3 elr  last "]);
    cluster.command(Command::ElectPreferred { partition: orders() });
    assert_eq!(cluster.records(), ["leader 1 epoch 2 isr 1,2,3 elr  last "]);
    cluster.run_ms(1_000);
    let again = cluster.refused(Command::ElectPreferred { partition: orders() });
    assert_eq!(again.to_string(), "ELECTION_NOT_NEEDED: Leader election not needed for topic partition.");
    cluster.produce_calmly("v2");
    cluster.run_ms(1_000);
    assert_eq!((cluster.acknowledged(), cluster.ends(), cluster.position()), (vec![0, 1, 2], [3, 3, 3], Some(3)));
    let nobody = TopicPartition::new("nobody", 0);
    let unknown = cluster.refused(Command::ElectPreferred { partition: nobody });
    assert_eq!(unknown.to_string(), "UNKNOWN_TOPIC_OR_PARTITION: No such topic as nobody");
}

#[test]
fn a_paused_leader_learns_that_it_leads_no_more() {
    let mut cluster = cluster(&[1, 2, 3], "2");
    cluster.produce_calmly("v0");
    cluster.fault(Fault::Pause(BrokerId(1)));
    cluster.run_ms(15_000);
    assert_eq!(cluster.records(), ["leader 2 epoch 1 isr 2,3 elr  last ", "broker 1 fenced"]);
    cluster.fault(Fault::Resume(BrokerId(1)));
    cluster.run_ms(15_000);
    assert_eq!(cluster.records(), ["broker 1 unfenced", "leader 2 epoch 1 isr 1,2,3 elr  last "]);
    assert!(!cluster.world.replica(BrokerId(1), &orders()).unwrap().is_leader());
}

#[test]
fn a_leader_that_stops_hands_over_first() {
    let mut cluster = cluster(&[1, 2, 3], "1");
    cluster.produce_calmly("v0");
    cluster.stop(1);
    let records = ["broker 1 unfenced stopping", "leader 2 epoch 1 isr 2,3 elr  last ", "broker 1 fenced stopping"];
    assert_eq!(cluster.records(), records);
    assert!(!cluster.world.is_running(BrokerId(1)));
    cluster.produce_calmly("v1");
    cluster.start_again(1);
    assert_eq!(cluster.records(), ["register 1", "broker 1 unfenced", "leader 2 epoch 1 isr 1,2,3 elr  last "]);
    let clean = |fact: &Fact| matches!(fact.kind, FactKind::LogLoaded { is_clean: true, high_watermark, .. } if high_watermark.0 == 1);
    assert!(cluster.facts.iter().any(clean), "it has the high watermark that it stopped with");
    // Who leads nothing needs no handing over, and writes nothing of it.
    cluster.stop(3);
    cluster.start_again(3);
    let records = ["leader 2 epoch 1 isr 1,2 elr  last ", "broker 3 fenced", "register 3", "broker 3 unfenced"];
    assert_eq!(cluster.records()[..4], records);
}

#[test]
fn who_stops_last_is_eligible_and_leads_again() {
    let mut cluster = cluster(&[3], "1");
    cluster.produce_calmly("v0");
    cluster.stop(3);
    cluster.start_again(3);
    let records = [
        "broker 3 unfenced stopping",
        "leader -1 epoch 1 isr  elr 3 last 3",
        "broker 3 fenced stopping",
        "register 3",
        "broker 3 unfenced",
        "leader 3 epoch 2 isr 3 elr  last ",
    ];
    assert_eq!(cluster.records(), records);
    cluster.produce_calmly("v1");
    cluster.run_ms(5_000);
    assert_eq!(cluster.acknowledged(), [0, 1]);
}

#[test]
fn who_is_killed_last_is_not_eligible_any_more_but_known() {
    let mut cluster = cluster(&[3], "1");
    cluster.produce_calmly("v0");
    cluster.kill(3);
    assert_eq!(cluster.records(), ["leader -1 epoch 1 isr  elr 3 last 3", "broker 3 fenced"]);
    cluster.start_again(3);
    let records = [
        "leader -1 epoch 1 isr  elr  last 3",
        "register 3",
        "broker 3 unfenced",
        "leader 3 epoch 2 isr 3 elr  last  recovering",
    ];
    assert_eq!(cluster.records()[..4], records);
}

#[test]
fn a_quick_restart_waits_until_the_old_session_is_over() {
    let mut cluster = cluster(&[1, 2, 3], "1");
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.fault(Fault::Start(BrokerId(1)));
    cluster.run_ms(5_000);
    assert_eq!(cluster.records(), [""; 0]);
    cluster.run_ms(15_000);
    let records = ["leader 2 epoch 1 isr 2,3 elr  last ", "broker 1 fenced", "register 1", "broker 1 unfenced"];
    assert_eq!(cluster.records()[..4], records);
}

#[test]
fn a_broker_that_the_controller_does_not_hear_is_fenced_and_comes_back() {
    let mut cluster = cluster(&[1, 2, 3], "1");
    let link = Link { from: broker(1), to: NodeId::Controller, one_way: true };
    cluster.fault(Fault::Cut(link.clone()));
    cluster.run_ms(15_000);
    assert_eq!(cluster.records(), ["leader 2 epoch 1 isr 2,3 elr  last ", "broker 1 fenced"]);
    cluster.fault(Fault::Heal(link));
    cluster.run_ms(5_000);
    assert_eq!(cluster.records(), ["broker 1 unfenced", "leader 2 epoch 1 isr 1,2,3 elr  last "]);
}

#[test]
fn every_five_minutes_the_first_replica_leads_again() {
    let mut cluster = cluster_on(BrokerConfig::default(), &[1, 2, 3], "1");
    cluster.kill(1);
    cluster.start_again(1);
    cluster.records();
    let next = 300_000 - cluster.world.now().0 / 1_000;
    cluster.run_ms(next - 1);
    assert_eq!(cluster.records(), [""; 0]);
    cluster.run_ms(1);
    assert_eq!(cluster.records(), ["leader 1 epoch 2 isr 1,2,3 elr  last "]);
}

#[test]
fn what_only_the_old_leader_had_is_cut_when_it_comes_back() {
    let mut cluster = cluster(&[1, 2, 3], "1");
    cluster.produce_calmly("v0");
    cluster.fault(Fault::Pause(BrokerId(2)));
    cluster.fault(Fault::Pause(BrokerId(3)));
    cluster.run_ms(1_200);
    cluster.produce_calmly("lost");
    assert_eq!(cluster.ends(), [2, 1, 1]);
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.fault(Fault::Resume(BrokerId(2)));
    cluster.fault(Fault::Resume(BrokerId(3)));
    cluster.run_ms(15_000);
    assert_eq!(cluster.records(), ["leader 2 epoch 1 isr 2,3 elr  last ", "broker 1 fenced"]);
    cluster.start_again(1);
    let cut = cluster.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::LogTruncated { broker, from, to, .. } => Some((broker.0, from.0, to.0)),
        _ => None,
    });
    assert_eq!(cut, Some((1, 2, 1)));
    // The producer had no answer, and sent it again to the new leader.
    assert_eq!((cluster.ends(), cluster.acknowledged()), ([2, 2, 2], vec![0, 1]));
}

#[test]
fn a_partition_moves_and_its_old_replica_is_gone() {
    let mut cluster = cluster(&[1, 2], "1");
    cluster.produce_calmly("v0");
    cluster.command(Command::Reassign { partition: orders(), replicas: vec![BrokerId(3), BrokerId(2)] });
    cluster.run_ms(5_000);
    let records = ["leader 1 epoch 0 isr 1,2 elr  last ", "leader 3 epoch 1 isr 2,3 elr  last "];
    assert_eq!(cluster.records(), records);
    assert_eq!(cluster.ends(), [-1, 1, 1]);
    cluster.produce_calmly("v1");
    cluster.run_ms(5_000);
    assert_eq!((cluster.acknowledged(), cluster.position()), (vec![0, 1], Some(2)), "the clients found it");
    let refused = |cluster: &mut Story, replicas: Vec<BrokerId>| {
        cluster.refused(Command::Reassign { partition: orders(), replicas }).to_string()
    };
    let told = "INVALID_REPLICA_ASSIGNMENT: The manual partition assignment includes ";
    let why = |cluster: &mut Story, replicas: &[i32]| {
        refused(cluster, replicas.iter().copied().map(BrokerId).collect()).replace(told, "")
    };
    assert_eq!(why(&mut cluster, &[4]), "broker 4, but no such broker is registered.");
    assert_eq!(why(&mut cluster, &[1, 1]), "the broker 1 more than once.");
    assert_eq!(why(&mut cluster, &[]), "an empty replica list.");
}

#[test]
fn a_move_is_taken_back() {
    let mut cluster = cluster(&[1, 2], "1");
    cluster.produce_calmly("v0");
    cluster.fault(Fault::Kill(BrokerId(3)));
    cluster.command(Command::Reassign { partition: orders(), replicas: vec![BrokerId(3), BrokerId(2)] });
    cluster.run_ms(500);
    let at = |cluster: &Story| {
        let at = cluster.world.metadata().partition(&orders()).unwrap();
        (list(&at.replicas), list(&at.adding_replicas), list(&at.removing_replicas), at.leader_epoch.0)
    };
    assert_eq!(at(&cluster), ("3,2,1".into(), "3".into(), "1".into(), 0));
    cluster.command(Command::CancelReassignment { partition: orders() });
    assert_eq!(at(&cluster), ("2,1".into(), String::new(), String::new(), 1), "in another order, and a new epoch");
    let again = Command::CancelReassignment { partition: orders() };
    let refused = cluster.refused(again).to_string();
    assert_eq!(refused, "NO_REASSIGNMENT_IN_PROGRESS: No partition reassignment is in progress.");
}

/// The only one in sync dies, and who lags is there.
fn only_a_laggard_is_left(unclean: bool) -> Story {
    let mut cluster = cluster(&[1, 2], "1");
    if unclean {
        cluster.alter("unclean.leader.election.enable", Some("true"));
    }
    cluster.produce_calmly("v0");
    cluster.kill(2);
    cluster.produce_calmly("lost");
    cluster.kill(1);
    cluster.records();
    cluster.start_again(2);
    cluster
}

#[test]
fn unclean_election_takes_a_laggard_and_what_it_lacks_is_lost() {
    let mut cluster = only_a_laggard_is_left(true);
    let records = ["register 2", "broker 2 unfenced", "leader 2 epoch 2 isr 2 elr  last  recovering"];
    assert_eq!(cluster.records(), records);
    cluster.produce_calmly("v1");
    cluster.run_ms(1_000);
    assert_eq!(
        (cluster.acknowledged(), cluster.position()),
        (vec![0, 1, 1], Some(2)),
        "two records were acknowledged at 1"
    );
    let detected = cluster.facts.iter().find_map(|fact| match &fact.kind {
        FactKind::TruncationDetected(TruncationDetected { from, to, .. }) => Some((from.0, to.0)),
        _ => None,
    });
    assert_eq!(detected, Some((2, 1)), "the consumer had read what is lost, and goes back");
    cluster.start_again(1);
    assert_eq!(cluster.records()[2], "leader 2 epoch 2 isr 1,2 elr  last ", "recovered");
    assert_eq!(cluster.ends(), [2, 2, -1]);
}

#[test]
fn who_asks_for_it_gets_an_unclean_leader() {
    let mut cluster = only_a_laggard_is_left(false);
    assert_eq!(cluster.records(), ["register 2", "broker 2 unfenced"], "nobody may lead");
    let refused = |cluster: &mut Story| cluster.refused(Command::ElectUnclean { partition: orders() }).to_string();
    cluster.command(Command::ElectUnclean { partition: orders() });
    assert_eq!(cluster.records(), ["leader 2 epoch 2 isr 2 elr  last  recovering"]);
    assert!(refused(&mut cluster).starts_with("ELECTION_NOT_NEEDED"));
    cluster.kill(2);
    let none = "ELIGIBLE_LEADERS_NOT_AVAILABLE: Eligible topic partition leaders are not available.";
    assert_eq!(refused(&mut cluster), none);
}

#[test]
fn allowed_later_it_happens_at_the_next_round() {
    let mut cluster = only_a_laggard_is_left(false);
    cluster.records();
    cluster.alter("unclean.leader.election.enable", Some("true"));
    let next = 300_000 - cluster.world.now().0 / 1_000;
    cluster.run_ms(next - 1);
    assert_eq!(cluster.records(), [""; 0]);
    cluster.run_ms(1);
    assert_eq!(cluster.records(), ["leader 2 epoch 2 isr 2 elr  last  recovering"]);
}

#[test]
fn another_minimum_clears_who_is_eligible() {
    let mut cluster = cluster(&[1, 2], "2");
    cluster.kill(2);
    assert_eq!(cluster.records(), ["leader 1 epoch 0 isr 1 elr 2 last ", "broker 2 fenced"]);
    cluster.alter("min.insync.replicas", Some("1"));
    let at = cluster.world.metadata().partition(&orders()).unwrap();
    assert_eq!((list(&at.elr), at.partition_epoch), (String::new(), 2));
    cluster.run_ms(100);
    cluster.produce_calmly("v0");
    assert_eq!(cluster.acknowledged(), [0], "one replica suffices now");
    let unknown = Command::AlterConfig { topic: "orders".into(), name: "nothing".into(), value: None };
    assert!(cluster.refused(unknown).to_string().starts_with("INVALID_CONFIG: "));
}

#[test]
fn without_a_policy_a_consumer_that_read_what_is_lost_ends() {
    let mut cluster = only_a_laggard_is_left(true);
    for (id, from) in [("c2", Some(9)), ("c3", None)] {
        cluster.add_consumer(id, &[("auto.offset.reset", "none")]);
        cluster.assign(id, from);
    }
    cluster.run_ms(1_000);
    let failed = |cluster: &Story| {
        let failed = cluster.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::PollThrew(PollThrew { consumer, error, .. }) => Some(format!("{consumer} {error}")),
            _ => None,
        });
        let mut failed: Vec<String> = failed.collect();
        failed.sort(); // each client waits a time of its own before it asks another broker
        failed
    };
    assert_eq!(failed(&cluster), ["c2 OffsetOutOfRangeException", "c3 NoOffsetForPartitionException"]);
    let threw = |cluster: &Story, id: &str| cluster.world.consumer(id).unwrap().threw();
    assert_eq!((threw(&cluster, "c1"), threw(&cluster, "c2")), (None, Some("OffsetOutOfRangeException")));
}
