//! Groups by the consumer protocol (KIP-848) in the cluster.

use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::fault::Fault;
use highwater_sim::group::consumer_group::ConsumerGroup;
use highwater_sim::ids::Offset;

use crate::group_story::{cluster, orders};
use crate::story::{Configs, Story};

impl Story {
    /// A consumer of group `g` joins by the consumer protocol, with these configs.
    fn join_by_consumer_protocol(self, id: &str, configs: Configs<'_>) -> Story {
        self.join(id, &[&[("group.protocol", "consumer")], configs].concat())
    }

    fn group(&self) -> &ConsumerGroup {
        self.world.consumer_group("g").unwrap()
    }

    /// `3/3: c1 3 STABLE, c2 3 STABLE`: the group epoch, that of the target assignment, the members' epochs and states.
    fn epochs(&self) -> String {
        let group = self.group();
        let mut members: Vec<String> = group
            .members
            .values()
            .map(|member| format!("{} {} {}", member.client_id, member.epoch, member.state.name()))
            .collect();
        members.sort_unstable();
        format!("{}/{}: {}", group.epoch, group.assignment_epoch, members.join(", "))
    }
}

#[test]
fn a_member_has_its_partitions_with_its_first_heartbeat() {
    let story = cluster(4).join_by_consumer_protocol("c1", &[]).run(400);
    assert_eq!(story.assignment(), "c1: 0 1 2 3", "nobody waits for others");
    assert_eq!(story.epochs(), "2/2: c1 2 STABLE");
    assert_eq!(story.group().state().name(), "Stable");
    assert_eq!(story.told("PartitionsAssigned", "member_epoch"), ["2"]);
    assert_eq!(story.told("ConsumerGroupMetadata", "epoch"), ["2"]);
    assert_eq!(story.told("ConsumerGroupTargetAssignmentMetadata", "assignment_epoch"), ["2"]);
    let current = story.told("ConsumerGroupCurrentMemberAssignment", "assigned");
    assert_eq!(current, ["orders-0, orders-1, orders-2, orders-3"]);
    let at = |name: &str| story.facts.iter().position(|fact| fact.kind.name() == name).unwrap();
    assert!(at("ConsumerGroupMemberMetadata") < at("ConsumerGroupHeartbeatResponseSent"), "first it is in the log");
    assert!(at("ConsumerGroupHeartbeatResponseReceived") < at("PartitionsAssigned"));
}

#[test]
fn an_owner_gives_up_and_says_so_before_the_newcomer_has_what_moves() {
    let story =
        cluster(4).join_by_consumer_protocol("c1", &[]).run(3_000).join_by_consumer_protocol("c2", &[]).run(500);
    assert_eq!(story.epochs(), "3/3: c1 2 STABLE, c2 3 UNRELEASED_PARTITIONS", "c1 does not know yet");
    assert_eq!(story.assignment(), "c1: 0 1 2 3; c2: ");
    let story = story.run(2_600);
    assert_eq!(story.told("PartitionsRevoked", "revoked"), ["orders-2, orders-3"]);
    assert_eq!(story.epochs(), "3/3: c1 3 STABLE, c2 3 UNRELEASED_PARTITIONS", "c2 has not asked again yet");
    assert_eq!(story.assignment(), "c1: 0 1; c2: ");
    let story = story.run(5_000);
    assert_eq!(story.assignment(), "c1: 0 1; c2: 2 3");
    assert_eq!(story.epochs(), "3/3: c1 3 STABLE, c2 3 STABLE");
    let pending = story.told("ConsumerGroupCurrentMemberAssignment", "pending_revocation");
    assert!(pending.contains(&"orders-2, orders-3".to_owned()), "{pending:?}");
}

#[test]
fn who_closes_is_gone_at_once_and_who_crashes_after_the_brokers_session_timeout() {
    let two =
        || cluster(4).join_by_consumer_protocol("c1", &[]).run(2_000).join_by_consumer_protocol("c2", &[]).run(12_000);
    let closed = two().act("c2", ConsumerAction::Close).run(6_000);
    assert_eq!(closed.assignment(), "c1: 0 1 2 3; c2: ");
    assert_eq!(closed.told("MemberRemoved", "because"), ["left"]);
    let crashed = two().act("c2", ConsumerAction::Crash).run(39_000);
    assert_eq!(crashed.assignment(), "c1: 0 1; c2: ");
    let crashed = crashed.run(12_000);
    assert_eq!(crashed.assignment(), "c1: 0 1 2 3; c2: ");
    assert_eq!(crashed.told("MemberRemoved", "because"), ["session_expired"]);
}

#[test]
fn who_does_not_poll_leaves_by_itself_and_comes_back_when_it_polls() {
    let slow = [("max.poll.interval.ms", "10000")];
    let story =
        cluster(2).join_by_consumer_protocol("c1", &slow).run(2_000).join_by_consumer_protocol("c2", &slow).run(12_000);
    let story = story.act("c1", ConsumerAction::PausePolling).run(9_000);
    assert_eq!(story.told("PollTimeoutExpired", "consumer"), Vec::<String>::new());
    let story = story.run(7_000);
    assert_eq!(story.told("PollTimeoutExpired", "consumer"), ["c1"]);
    assert_eq!(story.assignment(), "c1: 0; c2: 0 1", "c1 does not know yet");
    let story = story.act("c1", ConsumerAction::ResumePolling).run(12_000);
    assert_eq!(story.told("PartitionsLost", "lost"), ["orders-0"]);
    assert_eq!(story.group().members.len(), 2);
    assert_eq!(story.group().state().name(), "Stable");
}

#[test]
fn who_keeps_what_it_must_give_up_is_put_out_and_finds_itself_fenced() {
    let slow = [("max.poll.interval.ms", "20000"), ("enable.auto.commit", "false")];
    let story = cluster(2).join_by_consumer_protocol("c1", &slow).run(2_000);
    // Its application hangs: it hears that it must give something up, and does not.
    let story = story.act("c1", ConsumerAction::PausePolling).join_by_consumer_protocol("c2", &slow).run(18_000);
    assert_eq!(story.told("ConsumerGroupCurrentMemberAssignment", "state").last().unwrap(), "UNREVOKED_PARTITIONS");
    let story = story.run(8_000);
    assert_eq!(story.assignment(), "c1: 0 1; c2: 0 1");
    let story = story.act("c1", ConsumerAction::ResumePolling).run(15_000);
    assert_eq!(story.told("PartitionsLost", "lost"), ["orders-0, orders-1"]);
    assert_eq!(story.group().members.len(), 2);
}

#[test]
fn a_static_member_keeps_its_place_while_it_is_away_and_nobody_can_take_its_name() {
    let named = |id| [("group.instance.id", id)];
    let story = cluster(4)
        .join_by_consumer_protocol("c1", &named("one"))
        .run(2_000)
        .join_by_consumer_protocol("c2", &named("two"))
        .run(12_000);
    let before = story.assignment();
    let story = story.join_by_consumer_protocol("twin", &named("two")).run(2_000);
    assert_eq!(story.told("PollFailed", "error"), ["UnreleasedInstanceIdException"]);
    let story = story.act("c2", ConsumerAction::Close).run(3_000);
    assert_eq!(story.told("ConsumerGroupCurrentMemberAssignment", "member_epoch").last().unwrap(), "-2");
    let story = story.subscribe("c2", "orders").run(6_000);
    assert_eq!(story.assignment(), format!("{before}; twin: "));
    assert_eq!(story.told("StaticMemberReplaced", "instance_id"), ["two"]);
    assert_eq!(story.told("MemberRemoved", "because"), Vec::<String>::new());
    assert_eq!(story.group().epoch, 3, "the group did not notice");
}

#[test]
fn offsets_are_committed_with_the_member_epoch_and_the_next_owner_begins_there() {
    let story = cluster(1).send("orders", 0, 5).join_by_consumer_protocol("c1", &[]).run(7_000);
    assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(5)));
    let story = story.act("c1", ConsumerAction::Crash).join_by_consumer_protocol("c2", &[]).run(60_000);
    assert_eq!(story.told("PositionRestored", "position"), ["5"]);
    assert_eq!(story.assignment(), "c1: ; c2: 0");
    // One that was put out meanwhile may not commit.
    let manual = [("enable.auto.commit", "false"), ("max.poll.interval.ms", "5000")];
    let story = cluster(1)
        .send("orders", 0, 3)
        .join_by_consumer_protocol("c1", &manual)
        .run(2_000)
        .join_by_consumer_protocol("c2", &manual[..1])
        .run(12_000);
    let story = story.act("c1", ConsumerAction::PausePolling).run(8_000);
    let story = story.act("c1", ConsumerAction::Commit { sync: true, offsets: vec![(orders(0), 3)] }).run(1_000);
    assert_eq!(story.told("CommitCompleted", "error"), ["CommitFailedException"]);
    assert_eq!(story.world.committed("g", &orders(0)), None);
}

#[test]
fn a_revoked_partition_is_committed_before_it_is_given_up() {
    let story = cluster(2)
        .send("orders", 0, 4)
        .send("orders", 1, 4)
        .join_by_consumer_protocol("c1", &[("auto.commit.interval.ms", "60000")])
        .run(2_000);
    assert_eq!(story.world.committed("g", &orders(1)), None);
    let story = story.join_by_consumer_protocol("c2", &[]).run(10_000);
    assert_eq!(story.assignment(), "c1: 0; c2: 1");
    assert_eq!(story.told("PositionRestored", "position"), ["4"], "c2 reads nothing twice");
}

#[test]
fn another_broker_takes_the_group_over_with_the_same_epochs() {
    let story = cluster(4)
        .send("orders", 0, 3)
        .join_by_consumer_protocol("c1", &[])
        .run(2_000)
        .join_by_consumer_protocol("c2", &[])
        .run(14_000);
    let (before, epochs) = (story.assignment(), story.epochs());
    assert_eq!(epochs, "3/3: c1 3 STABLE, c2 3 STABLE");
    let target = story.group().target.clone();
    let broker = story.world.coordinator("g").unwrap().0.id;
    let story = story.then_fault(Fault::Kill(broker)).run(20_000);
    assert_ne!(story.world.coordinator("g").unwrap().0.id, broker);
    assert_eq!(story.told("CoordinatorLoaded", "groups"), ["g"]);
    assert_eq!((story.assignment(), story.epochs()), (before, epochs), "nobody had to join again");
    assert_eq!(story.group().target, target);
    assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(3)));
    let story = story.run(60_000);
    assert_eq!(story.told("MemberRemoved", "because"), Vec::<String>::new(), "heartbeats reach the new coordinator");
    assert_eq!(story.group().epoch, 3);
    // And it goes on from there.
    let story = story.act("c2", ConsumerAction::Close).run(8_000);
    assert_eq!(story.epochs(), "4/4: c1 4 STABLE");
}

#[test]
fn a_coordinator_that_takes_over_in_the_middle_knows_who_waits_for_whom() {
    let manual = [("enable.auto.commit", "false")];
    let story = cluster(4)
        .join_by_consumer_protocol("c1", &manual)
        .run(4_000)
        .join_by_consumer_protocol("c2", &manual)
        .run(500);
    assert_eq!(story.epochs(), "3/3: c1 2 STABLE, c2 3 UNRELEASED_PARTITIONS");
    let broker = story.world.coordinator("g").unwrap().0.id;
    let story = story.then_fault(Fault::Kill(broker)).run(40_000);
    assert_eq!(story.epochs(), "3/3: c1 3 STABLE, c2 3 STABLE");
    assert_eq!(story.assignment(), "c1: 0 1; c2: 2 3");
}

#[test]
fn no_member_of_the_other_protocol_joins_while_a_group_has_members() {
    let story = cluster(2).join_by_consumer_protocol("c1", &[]).run(2_000);
    let story = story.join_by_consumer_protocol("old", &[("group.protocol", "classic")]).run(2_000);
    assert_eq!(story.told("PollFailed", "error"), ["InconsistentGroupProtocolException"]);
    assert_eq!(story.assignment(), "c1: 0 1; old: ");
}

#[test]
fn range_is_what_a_member_may_ask_for() {
    let range = [("group.remote.assignor", "range")];
    let story = cluster(3)
        .join_by_consumer_protocol("c1", &range)
        .run(2_000)
        .join_by_consumer_protocol("c2", &range)
        .run(12_000);
    assert_eq!(story.told("ConsumerGroupMemberMetadata", "assignor"), ["range", "range"]);
    let mut sizes: Vec<usize> = story.world.members("g").map(|member| member.positions().count()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2]);
}
