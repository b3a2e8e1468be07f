//! Share groups in the cluster: members among the consumers, share partitions on the brokers that lead them.

use highwater_sim::command::Command;
use highwater_sim::config::{AutoOffsetReset, BrokerConfig, ConsumerConfig, TopicConfig};
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::consumer::work::{Commits, Work};
use highwater_sim::fact::{Fact, FactKind};
use highwater_sim::fault::Fault;
use highwater_sim::group::share::message::AcknowledgeType;
use highwater_sim::ids::{BrokerId, NodeId, Offset, TopicPartition};

use crate::group_story::group_cluster_on;
use crate::story::{Configs, Story, broker, client, consumer_config};

fn jobs() -> TopicPartition {
    TopicPartition::new("jobs", 0)
}

/// Three brokers, the topic `jobs` with a partition on all of them, a producer `p1`.
fn cluster() -> Story {
    let broker = BrokerConfig {
        offsets_topic_num_partitions: 1,
        broker_session_timeout_ms: 3_000,
        broker_heartbeat_interval_ms: 1_000,
        ..BrokerConfig::default()
    };
    let mut story = group_cluster_on(broker, &[("enable.idempotence", "false"), ("linger.ms", "5")]);
    story.create_topic("jobs", &[2, 3, 1], TopicConfig::default());
    story
}

impl Story {
    /// A consumer of the share group `g` joins, with these configs.
    fn join_share(mut self, id: &str, configs: Configs<'_>) -> Story {
        let config = consumer_config(configs);
        self.world.add_share_member(&client(id), config, "g", AutoOffsetReset::Earliest).unwrap();
        self.subscribe(id, "jobs")
    }

    /// The same; its application polls until it gets something, and then no more.
    fn hold(self, id: &str) -> Story {
        self.join_share(id, &EXPLICIT).act(id, ConsumerAction::PollOnce)
    }

    fn acknowledge(self, id: &str, offset: i64, how: AcknowledgeType) -> Story {
        self.act(id, ConsumerAction::Acknowledge { partition: jobs(), offset: Offset(offset), how })
    }

    fn work(mut self, id: &str, ms_per_record: u64, fails: &[i64]) -> Story {
        let work = Work { ms_per_record, commits: Commits::Never, threads: 0, fails: fails.to_vec() };
        self.world.set_work(&client(id), work).unwrap();
        self
    }

    /// The start offset, and what is in flight: `2: ACQUIRED c1 1`.
    fn in_flight(&self) -> (i64, Vec<String>) {
        let there = self.world.share_partition("g", &jobs()).unwrap();
        let one = |offset: i64| {
            let state = there.state_of(offset)?;
            let member = state.member.as_ref().and_then(|id| self.world.share_member_named(id));
            let member = member.map_or("-".to_owned(), ToString::to_string);
            Some(format!("{offset}: {} {member} {}", state.state.name(), state.delivery_count))
        };
        (there.start_offset(), (there.start_offset()..=there.end_offset()).filter_map(one).collect())
    }

    fn returned(&self, id: &str) -> i64 {
        self.world.consumer(id).unwrap().returned()
    }
}

const EXPLICIT: [(&str, &str); 1] = [("share.acknowledgement.mode", "explicit")];

/// Three members that have a record each, of six in the one partition.
fn three_at_work() -> Story {
    let mut story = cluster().hold("c1").hold("c2").hold("c3").run(12_000);
    for _ in 0..6 {
        story = story.send("jobs", 0, 1).run(50);
    }
    story
}

#[test]
fn all_members_have_the_one_partition_and_each_record_has_one_member() {
    let story = three_at_work();
    let group = story.world.share_group("g").unwrap();
    assert_eq!((group.members.len(), group.is_settled()), (3, true));
    assert_eq!(story.in_flight(), (0, of(["0: ACQUIRED c1 1", "1: ACQUIRED c2 1", "2: ACQUIRED c3 1"])));
}

fn of<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

#[test]
fn what_is_accepted_is_done_what_is_released_comes_again_what_is_rejected_never() {
    let story = cluster().hold("c1").run(12_000).send("jobs", 0, 4).run(100);
    let mut story = story.acknowledge("c1", 0, AcknowledgeType::Release);
    for offset in 1..4 {
        story = story.acknowledge("c1", offset, AcknowledgeType::Reject);
    }
    let story = story.act("c1", ConsumerAction::Commit { sync: true, offsets: Vec::new() }).run(100);
    let (start, in_flight) = story.in_flight();
    assert_eq!((start, in_flight[0].as_str()), (0, "0: AVAILABLE - 1"));
    let story = story.act("c1", ConsumerAction::PollOnce).run(200);
    assert_eq!(story.in_flight().1[0], "0: ACQUIRED c1 2");
    let story = story.acknowledge("c1", 0, AcknowledgeType::Accept);
    let story = story.act("c1", ConsumerAction::ResumePolling).run(2_000);
    assert_eq!(story.in_flight(), (4, Vec::new()));
    assert_eq!(story.told_together("ShareStartOffsetMoved", &["to"]).last().unwrap(), "4");
}

#[test]
fn a_lock_that_ends_gives_the_record_to_another_member() {
    let story = cluster().hold("c1").run(12_000).send("jobs", 0, 1).run(100);
    assert_eq!(story.in_flight().1, ["0: ACQUIRED c1 1"]);
    let story = story.hold("c2").run(29_500);
    assert_eq!(story.in_flight().1, ["0: ACQUIRED c1 1"]);
    let story = story.run(1_000);
    assert_eq!(story.told_together("AcquisitionLockExpired", &["first_offset", "member", "state"]), ["0 c1 AVAILABLE"]);
    assert_eq!(story.in_flight(), (0, of(["0: ACQUIRED c2 2"])));
    assert_eq!(story.told_together("ShareRecordsPolled", &["consumer", "delivery_count"]), ["c1 1", "c2 2"]);
    // What the first one says now comes too late.
    let story = story.acknowledge("c1", 0, AcknowledgeType::Accept);
    let story = story.act("c1", ConsumerAction::Commit { sync: true, offsets: Vec::new() }).run(100);
    assert_eq!(story.told_together("AcknowledgementsCompleted", &["consumer", "error"]), ["c1 INVALID_RECORD_STATE"]);
    assert_eq!(story.in_flight(), (0, of(["0: ACQUIRED c2 2"])));
}

#[test]
fn a_killed_member_frees_its_records_at_once() {
    let story = three_at_work().act("c1", ConsumerAction::Crash).run(100);
    let released = story.told_together("RecordsReleased", &["first_offset", "last_offset", "member", "state"]);
    assert_eq!(released, ["0 0 c1 AVAILABLE"]);
    // The coordinator knows it for 45 s longer.
    assert_eq!(story.world.share_group("g").unwrap().members.len(), 3);
    let story = story.run(60_000);
    assert_eq!(story.world.share_group("g").unwrap().members.len(), 2);
}

#[test]
fn a_record_that_nobody_can_process_is_archived_after_five_deliveries() {
    let story =
        cluster().join_share("c1", &EXPLICIT).join_share("c2", &EXPLICIT).work("c1", 10, &[1]).work("c2", 10, &[1]);
    let story = story.run(12_000).send("jobs", 0, 3).run(5_000);
    let told = story.told_together("RecordsAcknowledged", &["first_offset", "type", "state", "delivery_count"]);
    let poison: Vec<&String> = told.iter().filter(|line| line.contains("RELEASE")).collect();
    let expected = [
        "1 RELEASE AVAILABLE 1",
        "1 RELEASE AVAILABLE 2",
        "1 RELEASE AVAILABLE 3",
        "1 RELEASE AVAILABLE 4",
        "1 RELEASE ARCHIVED 5",
    ];
    assert_eq!(poison, expected);
    assert_eq!(story.in_flight(), (3, Vec::new()));
}

#[test]
fn the_next_leader_goes_on_where_the_group_is() {
    let story = three_at_work().acknowledge("c2", 1, AcknowledgeType::Accept);
    let story = story.act("c2", ConsumerAction::Commit { sync: true, offsets: Vec::new() }).run(100);
    assert_eq!(story.told_together("RecordsAcknowledged", &["first_offset", "member", "state"]), ["1 c2 ACKNOWLEDGED"]);
    let story = story.then_fault(Fault::Kill(BrokerId(2))).run(8_000);
    assert_eq!(story.world.metadata().partition(&jobs()).unwrap().leader, Some(BrokerId(3)));
    // c1 and c3 hold what they got, and say nothing; c2 asks for more.
    let story = story.act("c2", ConsumerAction::PollOnce).run(3_000);
    let loaded = story.told_together("SharePartitionLoaded", &["broker", "start_offset"]);
    assert_eq!(loaded, ["2 0", "3 0"]);
    let read = story.told_together("ShareGroupStateRead", &["leader_epoch", "start_offset", "error"]);
    assert_eq!(read, ["0 -1 NONE", "1 0 NONE"]);
    // What was accepted is accepted; who had what else is forgotten with the old leader, and so is its delivery.
    let (start, in_flight) = story.in_flight();
    assert_eq!((start, in_flight[0].as_str(), in_flight[1].as_str()), (0, "0: ACQUIRED c2 1", "1: ACKNOWLEDGED - 1"));
}

#[test]
fn the_next_coordinator_knows_the_group() {
    let story = three_at_work();
    let epoch = story.world.share_group("g").unwrap().epoch;
    let (coordinator, _) = story.world.coordinator("g").unwrap();
    let id = coordinator.id;
    let story = story.then_fault(Fault::Kill(id)).run(20_000);
    let (coordinator, _) = story.world.coordinator("g").unwrap();
    assert_ne!(coordinator.id, id);
    let group = story.world.share_group("g").unwrap();
    assert_eq!((group.members.len(), group.epoch), (3, epoch));
    assert!(group.is_settled());
    // What is kept of the partition was not begun anew.
    let kept = story.world.kept_share_state("g", &jobs()).unwrap();
    assert!(kept.start_offset >= 0 || kept.state_epoch == 2, "{kept:?}");
    assert_eq!(story.told_together("ShareGroupStateInitialized", &["partitions"]), ["jobs-0"]);
}

#[test]
fn a_member_goes_to_the_leader_that_a_refusal_names_at_once() {
    let story = cluster().hold("c1").run(12_000);
    let replicas = [3, 2, 1].map(BrokerId).to_vec();
    let mut story = story;
    story.command(Command::Reassign { partition: jobs(), replicas });
    let story = story.run(100);
    let mut story = story;
    story.mark();
    story.command(Command::ElectPreferred { partition: jobs() });
    let story = story.run(10);
    let own = |fact: &&Fact| match &fact.kind {
        FactKind::Sent(message) => message.from == NodeId::Client(client("c1")),
        FactKind::Received(message) => message.to == NodeId::Client(client("c1")),
        FactKind::PartitionLeadershipUpdated(_) => true,
        _ => false,
    };
    let told: Vec<_> = story.new_facts().iter().filter(own).collect();
    let names: Vec<&str> = told.iter().map(|fact| fact.kind.name()).collect();
    let expected = ["ShareFetchResponseReceived", "PartitionLeadershipUpdated", "ShareFetchSent", "MetadataSent"];
    assert_eq!(names[..4], expected, "{names:?}");
    let fields: Vec<String> = told[0].kind.fields().iter().map(|(name, value)| format!("{name} {value:?}")).collect();
    let has = |what: &str| fields.iter().any(|field| field.contains(what));
    assert!(has("NOT_LEADER_OR_FOLLOWER") && has("current_leader Number(3)"), "{fields:?}");
    let FactKind::Sent(fetch) = &told[2].kind else { panic!("{:?}", told[2]) };
    assert_eq!(fetch.to, broker(3));
}

#[test]
fn a_close_gives_everything_back_and_leaves() {
    let story = three_at_work().act("c2", ConsumerAction::Close).run(200);
    assert_eq!(story.world.share_group("g").unwrap().members.len(), 2);
    assert_eq!(story.told_together("RecordsReleased", &["member", "state"]), ["c2 AVAILABLE"]);
    assert_eq!(story.told_together("ConsumerClosed", &["consumer"]), ["c2"]);
}

#[test]
fn who_acknowledges_implicitly_may_not_say_anything() {
    let story = cluster().join_share("c1", &[]).run(12_000).send("jobs", 0, 2).run(100);
    assert_eq!((story.returned("c1"), story.in_flight()), (2, (2, Vec::new())));
    let story = story.acknowledge("c1", 0, AcknowledgeType::Reject);
    assert_eq!(story.told_together("PollFailed", &["error"]), ["Implicit acknowledgement of delivery is being used."]);
}

#[test]
fn a_member_that_does_not_poll_leaves() {
    let story = cluster().join_share("c1", &[("max.poll.interval.ms", "10000")]).run(12_000);
    let story = story.act("c1", ConsumerAction::PausePolling).run(11_000);
    assert_eq!(story.told_together("PollTimeoutExpired", &["consumer", "interval_ms"]), ["c1 10000"]);
    assert_eq!(story.world.share_group("g").unwrap().members.len(), 0);
    let story = story.act("c1", ConsumerAction::ResumePolling).run(12_000);
    assert_eq!(story.world.share_group("g").unwrap().members.len(), 1);
}

#[test]
fn records_that_were_there_before_are_not_for_a_group_that_begins_at_the_end() {
    let mut story = cluster().send("jobs", 0, 3).run(1_000);
    let config = ConsumerConfig::default();
    story.world.add_share_member(&client("c1"), config, "g", AutoOffsetReset::Latest).unwrap();
    let story = story.subscribe("c1", "jobs").run(12_000).send("jobs", 0, 1).run(100);
    assert_eq!(story.told_together("ShareRecordsPolled", &["first_offset"]), ["3"]);
}
