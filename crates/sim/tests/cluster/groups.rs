//! Groups in the cluster: coordinators on brokers, members among the consumers.

use highwater_sim::consumer::action::{ConsumerAction, SeekTo};
use highwater_sim::consumer::work::{Commits, Work};
use highwater_sim::fact::FactKind;
use highwater_sim::fault::Fault;
use highwater_sim::group::coordinator::State;
use highwater_sim::ids::{BrokerId, Offset};
use highwater_sim::time::SimTime;

use crate::group_story::{cluster, orders};
use crate::story::{Story, client};

impl Story {
    fn generation(&self) -> i32 {
        self.world.group("g").unwrap().generation
    }
}

#[test]
fn three_members_share_six_partitions_after_the_initial_delay() {
    let story = cluster(6).join("c1", &[]).join("c2", &[]).join("c3", &[]).run(2_900);
    assert_eq!(story.world.group("g").unwrap().state, State::PreparingRebalance);
    let story = story.run(4_000);
    assert_eq!(story.assignment(), "c1: 0 1; c2: 2 3; c3: 4 5");
    assert_eq!(story.world.group("g").unwrap().state, State::Stable);
    assert_eq!(story.told("RebalanceStarted", "because"), ["member_added"]);
    assert_eq!(story.told("GenerationStarted", "members").last().unwrap(), "c2, c3, c1");
    let written = story.told("GroupMetadata", "assignment");
    assert_eq!(written.last().unwrap(), "c2: orders-2, orders-3; c3: orders-4, orders-5; c1: orders-0, orders-1");
}

#[test]
fn a_generation_is_in_the_log_of_all_replicas_before_anyone_has_its_assignment() {
    let story = cluster(2).join("c1", &[]).run(5_000);
    let log = story.world.offsets_partition_of("g").unwrap();
    let ends: Vec<Offset> =
        (1..=3).map(|id| story.world.replica(BrokerId(id), &log).unwrap().log_end_offset()).collect();
    assert_eq!(ends, [Offset(2); 3], "an empty group, and its first generation");
    let at = |name: &str| story.facts.iter().rposition(|fact| fact.kind.name() == name).unwrap();
    let committed = story.facts.iter().rposition(
        |fact| matches!(&fact.kind, FactKind::HighWatermarkAdvanced { partition, to: Offset(2), .. } if *partition == log),
    );
    assert!(at("GroupMetadata") < committed.unwrap());
    assert!(committed.unwrap() < at("SyncGroupResponseSent"));
    assert!(at("SyncGroupResponseReceived") < at("PartitionsAssigned"));
}

#[test]
fn everyone_gives_up_everything_when_a_member_joins_eagerly() {
    let story = cluster(6).join("c1", &[]).join("c2", &[]).run(8_000).join("c3", &[]).run(4_000);
    assert_eq!(story.assignment(), "c1: 0 1; c2: 2 3; c3: 4 5");
    assert_eq!(story.told("PartitionsRevoked", "revoked").len(), 2);
    assert_eq!(story.generation(), 2);
}

#[test]
fn a_cooperative_member_gives_up_only_what_moves() {
    let cooperative = [("partition.assignment.strategy", "cooperative-sticky")];
    let story = cluster(4).join("c1", &cooperative).run(8_000).join("c2", &cooperative).run(8_000);
    assert_eq!(story.assignment(), "c1: 0 1; c2: 2 3");
    assert_eq!(story.told("PartitionsRevoked", "revoked"), ["orders-2, orders-3"]);
    assert_eq!(story.generation(), 3, "one round to give up, one to take over");
}

#[test]
fn who_closes_is_gone_at_once_and_who_crashes_after_its_session() {
    let two = || cluster(4).join("c1", &[]).join("c2", &[]).run(8_000);
    let closed = two().act("c2", ConsumerAction::Close).run(4_000);
    assert_eq!(closed.assignment(), "c1: 0 1 2 3; c2: ");
    assert_eq!(closed.told("MemberRemoved", "because"), ["left"]);
    let crashed = two().act("c2", ConsumerAction::Crash).run(41_000);
    assert_eq!(crashed.assignment(), "c1: 0 1; c2: ");
    let crashed = crashed.run(8_000);
    assert_eq!(crashed.assignment(), "c1: 0 1 2 3; c2: ");
    assert_eq!(crashed.told("MemberRemoved", "because"), ["session_expired"]);
}

#[test]
fn who_does_not_poll_leaves_by_itself_and_finds_out_when_it_polls() {
    let slow = [("max.poll.interval.ms", "10000")];
    let story = cluster(2).join("c1", &slow).join("c2", &slow).run(8_000);
    let story = story.act("c1", ConsumerAction::PausePolling).run(9_000);
    assert_eq!(story.told("PollTimeoutExpired", "consumer"), Vec::<String>::new());
    let story = story.run(6_000);
    assert_eq!(story.told("PollTimeoutExpired", "consumer"), ["c1"]);
    assert_eq!(story.assignment(), "c1: 0; c2: 0 1", "c1 does not know yet");
    let story = story.act("c1", ConsumerAction::ResumePolling).run(6_000);
    assert_eq!(story.told("PartitionsLost", "lost"), ["orders-0"]);
    assert_eq!(story.assignment(), "c1: 0; c2: 1");
}

#[test]
fn a_static_member_that_comes_back_in_time_changes_nothing() {
    let named = |id| [("group.instance.id", id), ("session.timeout.ms", "20000")];
    let story = cluster(4).join("c1", &named("i1")).join("c2", &named("i2")).run(8_000);
    let story = story.act("c2", ConsumerAction::Close).run(5_000);
    let story = story.act("c2", ConsumerAction::Subscribe { topics: vec!["orders".into()] }).run(5_000);
    assert_eq!(story.assignment(), "c1: 0 1; c2: 2 3");
    assert_eq!(story.generation(), 1);
    assert_eq!(story.told("StaticMemberReplaced", "instance_id"), ["i2"]);
    assert_eq!(story.told("MemberRemoved", "because"), Vec::<String>::new());
}

#[test]
fn positions_are_committed_by_themselves_and_the_next_owner_begins_there() {
    let story = cluster(1).send("orders", 0, 5).join("c1", &[]).run(4_000);
    assert_eq!(story.world.consumer("c1").unwrap().position(&orders(0)).unwrap().offset, Some(Offset(5)));
    assert_eq!(story.world.committed("g", &orders(0)), None);
    let story = story.run(6_000);
    assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(5)));
    // What was read and not committed when the process goes is read again.
    let story = story.send("orders", 0, 3).run(1_000).act("c1", ConsumerAction::Crash).run(1_000);
    let story = story.join("c2", &[]).run(60_000);
    assert_eq!(story.world.consumer("c2").unwrap().returned(), 3);
    assert_eq!(story.told("PositionRestored", "position"), ["5"]);
}

#[test]
fn who_closes_commits_first() {
    let story = cluster(1).send("orders", 0, 5).join("c1", &[]).run(4_000).act("c1", ConsumerAction::Close).run(1_000);
    assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(5)));
    let manual = [("enable.auto.commit", "false")];
    let story =
        cluster(1).send("orders", 0, 5).join("c1", &manual).run(4_000).act("c1", ConsumerAction::Close).run(1_000);
    assert_eq!(story.world.committed("g", &orders(0)), None);
}

#[test]
fn at_most_so_many_records_come_from_one_poll() {
    let few = [("max.poll.records", "2"), ("enable.auto.commit", "false")];
    let story = cluster(1).send("orders", 0, 5).join("c1", &few).act("c1", ConsumerAction::PollOnce).run(5_000);
    let position = |story: &Story| story.world.consumer("c1").unwrap().position(&orders(0)).unwrap().offset;
    assert_eq!(position(&story), Some(Offset(2)));
    let story = story.act("c1", ConsumerAction::Commit { sync: true, offsets: Vec::new() }).run(100);
    assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(2)));
    let story = story.act("c1", ConsumerAction::PollOnce).run(100);
    assert_eq!(position(&story), Some(Offset(4)));
    assert_eq!(story.told("CommitStarted", "by"), ["sync"]);
}

#[test]
fn a_consumer_goes_where_its_application_wants() {
    let manual = [("enable.auto.commit", "false")];
    let story = cluster(1).send("orders", 0, 3).run(10_000).send("orders", 0, 2).join("c1", &manual).run(5_000);
    let at = |story: &Story| story.told("Seeked", "position").last().cloned();
    let seek = |story: Story, to| story.act("c1", ConsumerAction::Seek { partition: orders(0), to }).run(1_000);
    let story = seek(story, SeekTo::Offset(Offset(1)));
    assert_eq!(at(&story).as_deref(), Some("1"));
    let story = seek(story, SeekTo::Beginning);
    assert_eq!(at(&story).as_deref(), Some("0"));
    let story = seek(story, SeekTo::End);
    assert_eq!(at(&story).as_deref(), Some("5"));
    let story = seek(story, SeekTo::Timestamp(SimTime::from_ms(5_000).timestamp_ms()));
    assert_eq!(at(&story).as_deref(), Some("3"), "the first record that is not older");
    let story = seek(story, SeekTo::Timestamp(SimTime::from_ms(50_000).timestamp_ms()));
    assert_eq!(at(&story).as_deref(), Some("5"), "none is that new");
    assert_eq!(story.world.consumer("c1").unwrap().returned(), 5 + 4 + 5 + 2);
}

#[test]
fn another_broker_takes_the_group_over_from_its_log() {
    let story = cluster(4).send("orders", 0, 3).join("c1", &[]).join("c2", &[]).run(12_000);
    let (before, generation) = (story.assignment(), story.generation());
    let broker = story.world.coordinator("g").unwrap().0.id;
    let story = story.then_fault(Fault::Kill(broker)).run(20_000);
    let (now, _) = story.world.coordinator("g").unwrap();
    assert_ne!(now.id, broker);
    assert_eq!(story.told("CoordinatorLoaded", "groups"), ["g"]);
    assert_eq!((story.assignment(), story.generation()), (before, generation), "nobody had to join again");
    assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(3)));
    let story = story.run(60_000);
    assert_eq!(story.world.group("g").unwrap().members.len(), 2);
    assert_eq!(story.told("MemberRemoved", "because"), Vec::<String>::new(), "heartbeats reach the new coordinator");
}

#[test]
fn a_commit_that_waits_is_tried_again_and_one_that_does_not_is_not() {
    let manual = [("enable.auto.commit", "false")];
    for (sync, ends) in [(true, Some(Offset(3))), (false, None)] {
        let story = cluster(1).send("orders", 0, 3).join("c1", &manual).run(5_000);
        let log = story.world.offsets_partition_of("g").unwrap();
        let broker = story.world.metadata().partition(&log).unwrap().leader.unwrap();
        // The coordinator is gone before anybody knows.
        let story = story.then_fault(Fault::Kill(broker));
        let story = story.act("c1", ConsumerAction::Commit { sync, offsets: vec![(orders(0), 3)] }).run(30_000);
        assert_eq!(story.world.committed("g", &orders(0)), ends, "sync {sync}");
        let first = story.told("CommitCompleted", "error").first().cloned();
        let error = if sync { "COORDINATOR_NOT_AVAILABLE" } else { "RetriableCommitFailedException" };
        assert_eq!(first.as_deref(), Some(error));
    }
}

/// A group of one in front of ten records that take its application 100 ms each.
fn at_work(commits: Commits, threads: usize, configs: &[(&str, &str)]) -> Story {
    let mut story = cluster(1).send("orders", 0, 10).join("c1", configs);
    story.world.set_work(&client("c1"), Work { ms_per_record: 100, commits, threads, fails: Vec::new() }).unwrap();
    story
}

/// Runs until the application has finished so many records.
fn until_done(mut story: Story, records: usize) -> Story {
    while story.told("RecordProcessed", "offset").len() < records {
        assert!(story.step(), "nothing happens any more");
    }
    story
}

/// The next member takes over, and works on all that is left.
fn successor(mut story: Story) -> Story {
    story = story.act("c1", ConsumerAction::Crash).join("c2", &[("enable.auto.commit", "false")]);
    let work = Work { ms_per_record: 100, commits: Commits::After, threads: 0, fails: Vec::new() };
    story.world.set_work(&client("c2"), work).unwrap();
    story.run(90_000)
}

#[test]
fn a_commit_before_the_work_loses_and_one_after_it_repeats() {
    let manual = [("enable.auto.commit", "false"), ("max.poll.records", "5")];
    // Of the second five, two are finished when the process goes: committed before, three are lost; after, two are repeated.
    for (commits, lost, repeated) in [(Commits::Before, 3, 0), (Commits::After, 0, 2)] {
        let story = successor(until_done(at_work(commits, 0, &manual), 7));
        assert_eq!(story.world.worked("g", &orders(0)), (lost, repeated), "{commits:?}");
        assert_eq!(story.world.committed("g", &orders(0)), Some(Offset(10)));
    }
}

#[test]
fn who_works_on_the_thread_that_polls_does_not_poll_meanwhile() {
    let story = at_work(Commits::Never, 0, &[("max.poll.records", "4"), ("max.poll.interval.ms", "300")]);
    let story = until_done(story, 2).run(250);
    assert_eq!(story.told("RecordsPolled", "records"), ["4"]);
    assert_eq!(story.told("PollTimeoutExpired", "consumer"), ["c1"], "four records take longer than the poll interval");
}

#[test]
fn auto_commit_covers_what_other_threads_still_work_on() {
    let often = [("auto.commit.interval.ms", "100")];
    let pool = until_done(at_work(Commits::Never, 2, &often), 4);
    assert_eq!(pool.world.consumer("c1").unwrap().application.as_ref().unwrap().unfinished(), 6);
    let pool = successor(pool);
    assert_eq!(pool.world.worked("g", &orders(0)), (6, 0), "committed, and in the hands of a process that is gone");
    let alone = successor(until_done(at_work(Commits::Never, 0, &often), 4));
    assert_eq!(alone.world.worked("g", &orders(0)), (0, 4), "nothing is committed before the poll's records are done");
}

#[test]
fn without_a_policy_a_member_without_an_offset_fails() {
    let none = [("auto.offset.reset", "none"), ("enable.auto.commit", "false")];
    let story = cluster(1).send("orders", 0, 3).join("c1", &none).run(5_000);
    assert_eq!(story.told("PollThrew", "error"), ["NoOffsetForPartitionException"]);
    // With a committed offset it begins there; one that the log does not have is another exception.
    for (committed, error) in [(2, None), (9, Some("OffsetOutOfRangeException"))] {
        let manual = [("enable.auto.commit", "false")];
        let story = cluster(1).send("orders", 0, 3).join("c1", &manual).run(5_000);
        let offsets = vec![(orders(0), committed)];
        let story = story.act("c1", ConsumerAction::Commit { sync: true, offsets }).run(1_000);
        let story = story.act("c1", ConsumerAction::Close).run(1_000).join("c2", &none).run(5_000);
        assert_eq!(story.told("PollThrew", "error").first().map(String::as_str), error);
        assert_eq!(story.told("PositionRestored", "position"), [committed.to_string()]);
    }
}

#[test]
fn by_duration_begins_at_the_first_record_that_is_young_enough() {
    let old = [("auto.offset.reset", "by_duration:PT5S"), ("enable.auto.commit", "false")];
    let story = cluster(1).send("orders", 0, 3).run(10_000).send("orders", 0, 2).run(100).join("c1", &old).run(4_500);
    assert_eq!(story.told("PositionReset", "position"), ["3"]);
    // Where no record is young enough it has no position, and asks again after request.timeout.ms.
    let story = cluster(1).send("orders", 0, 3).run(10_000).join("c1", &old).run(5_000);
    assert_eq!(story.world.consumer("c1").unwrap().position(&orders(0)).unwrap().offset, None);
    let story = story.run(26_000).send("orders", 0, 1).run(5_000);
    assert_eq!(story.told("PositionReset", "position"), ["3"]);
    assert_eq!(story.world.consumer("c1").unwrap().returned(), 1);
    assert_eq!(story.told("ListOffsetsSent", "to").len(), 2);
}
