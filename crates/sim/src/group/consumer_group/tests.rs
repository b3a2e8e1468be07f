use super::*;
use crate::group::message::{OffsetCommit, OffsetToCommit};

const T0: TopicId = TopicId(7);

fn cluster(partitions: i32) -> Vec<TopicPartitions> {
    vec![TopicPartitions { topic: "t0".into(), id: T0, partitions }]
}

/// A group, what it wrote, and what its members have.
struct Story {
    group: ConsumerGroup,
    now: SimTime,
    partitions: i32,
    members: Vec<(String, i32, Target)>,
}

fn story() -> Story {
    let config = ConsumerGroupConfig {
        heartbeat_interval_ms: 500,
        session_timeout_ms: 6_000,
        assignment_interval_ms: 0,
        ..ConsumerGroupConfig::default()
    };
    Story { group: ConsumerGroup::new("g".to_owned(), config), now: SimTime::ZERO, partitions: 4, members: Vec::new() }
}

fn numbers(partitions: &[records::Partitions]) -> String {
    let all: Vec<String> = partitions.iter().flat_map(|there| &there.partitions).map(i32::to_string).collect();
    all.join(",")
}

/// As `events.jsonl` of the recordings has them, shorter.
fn told(record: &Record) -> String {
    let who = match &record.key.part {
        Part::Member(member) => member.as_str(),
        _ => "",
    };
    match &record.value {
        None => format!("-{who} {}", record.key.kind.id()),
        Some(Value::Member(_)) => format!("{who} joins"),
        Some(Value::Epoch(epoch)) => format!("epoch {}", epoch.epoch),
        Some(Value::TargetEpoch(epoch)) => format!("target {}", epoch.assignment_epoch),
        Some(Value::TargetAssignment(target)) => format!("{who} is to have {}", numbers(&target.topic_partitions)),
        Some(Value::CurrentAssignment(current)) => {
            let state = ["STABLE", "UNREVOKED", "UNRELEASED"][usize::try_from(current.state).unwrap()];
            let (epoch, before) = (current.member_epoch, current.previous_member_epoch);
            let (has, gives) = (numbers(&current.assigned_partitions), numbers(&current.partitions_pending_revocation));
            format!("{who} {before}-{epoch} {state} [{has}] [{gives}]")
        }
        Some(other) => format!("{other:?}"),
    }
}

impl Story {
    fn ask(&mut self, request: &HeartbeatRequest) -> (Result<HeartbeatResponse, GroupError>, Vec<String>) {
        let mut out = Outcome::default();
        let response = self.group.heartbeat(self.now, request, &cluster(self.partitions), &mut out);
        (response, out.records.iter().map(told).collect())
    }

    fn join(&mut self, id: &str, instance: Option<&str>) -> (Result<HeartbeatResponse, GroupError>, Vec<String>) {
        let request = HeartbeatRequest {
            group: "g".to_owned(),
            member_id: id.to_owned(),
            instance_id: instance.map(str::to_owned),
            rebalance_timeout_ms: Some(300_000),
            subscribed_topic_names: Some(["t0".into()].into_iter().collect()),
            server_assignor: Some("uniform".to_owned()),
            topic_partitions: Some(Target::new()),
            ..HeartbeatRequest::default()
        };
        let (response, records) = self.ask(&request);
        if let Ok(response) = &response {
            self.members.retain(|(there, ..)| there != id);
            let assignment = response.assignment.clone().unwrap_or_default();
            self.members.push((id.to_owned(), response.member_epoch, assignment));
        }
        (response, records)
    }

    /// A heartbeat that says what the member has if `tells`; it takes what it is given.
    fn beat(&mut self, id: &str, tells: bool) -> Vec<String> {
        let (_, epoch, has) = self.members.iter().find(|(there, ..)| there == id).cloned().unwrap();
        let request = HeartbeatRequest {
            group: "g".to_owned(),
            member_id: id.to_owned(),
            member_epoch: epoch,
            topic_partitions: tells.then_some(has),
            ..HeartbeatRequest::default()
        };
        let (response, records) = self.ask(&request);
        let response = response.unwrap();
        let member = self.members.iter_mut().find(|(there, ..)| there == id).unwrap();
        member.1 = response.member_epoch;
        if let Some(assignment) = response.assignment {
            member.2 = assignment;
        }
        records
    }

    fn leave(&mut self, id: &str, instance: Option<&str>, epoch: i32) -> Vec<String> {
        let request = HeartbeatRequest {
            group: "g".to_owned(),
            member_id: id.to_owned(),
            member_epoch: epoch,
            instance_id: instance.map(str::to_owned),
            ..HeartbeatRequest::default()
        };
        let (response, records) = self.ask(&request);
        assert_eq!(response.unwrap().member_epoch, epoch);
        records
    }
}

/// The records of the recorded story `next-uniform-4p`, in its order of heartbeats.
#[test]
fn one_gives_up_what_another_receives_as_recorded() {
    let mut story = story();
    let first = ["C0 joins", "epoch 2", "C0 is to have 0,1,2,3", "target 2", "C0 0-2 STABLE [0,1,2,3] []"];
    assert_eq!(story.join("C0", None).1, first);
    assert_eq!(story.beat("C0", true), [""; 0]);
    let second =
        ["C1 joins", "epoch 3", "C0 is to have 0,1", "C1 is to have 2,3", "target 3", "C1 0-3 UNRELEASED [] []"];
    assert_eq!(story.join("C1", None).1, second);
    assert_eq!(story.beat("C1", true), ["C1 3-3 UNRELEASED [] []"]);
    assert_eq!(story.beat("C0", false), ["C0 2-2 UNREVOKED [0,1] [2,3]"]);
    assert_eq!(story.beat("C1", false), [""; 0]);
    assert_eq!(story.beat("C0", true), ["C0 2-3 STABLE [0,1] []"]);
    assert_eq!(story.beat("C1", false), ["C1 3-3 STABLE [2,3] []"]);
    assert_eq!(story.leave("C0", None, -1), ["-C0 8", "-C0 7", "-C0 5", "epoch 4"]);
    let third = ["C1 is to have 0,1,2,3", "target 4", "C1 3-4 STABLE [0,1,2,3] []"];
    assert_eq!(story.beat("C1", false), third);
}

#[test]
fn more_partitions_are_assigned_with_the_next_heartbeat() {
    let mut story = story();
    assert!(story.join("C0", None).0.is_ok());
    story.partitions = 5;
    let records = ["epoch 3", "C0 is to have 0,1,2,3,4", "target 3", "C0 2-3 STABLE [0,1,2,3,4] []"];
    assert_eq!(story.beat("C0", false), records);
}

#[test]
fn who_is_not_heard_of_or_keeps_what_it_must_give_up_is_put_out() {
    let mut story = story();
    assert!(story.join("C0", None).0.is_ok());
    assert_eq!(story.group.next_deadline(), Some(SimTime::from_ms(6_000)));
    let mut out = Outcome::default();
    story.group.on_time(SimTime::from_ms(6_000), &cluster(4), &mut out);
    assert_eq!(out.records.iter().map(told).collect::<Vec<_>>(), ["-C0 8", "-C0 7", "-C0 5", "epoch 3"]);
    assert!(story.group.members.is_empty());

    let mut story = self::story();
    assert!(story.join("C0", None).0.is_ok());
    assert!(story.join("C1", None).0.is_ok());
    story.beat("C0", false);
    for at in (0..=300_000).step_by(5_000) {
        story.now = SimTime::from_ms(at);
        let mut out = Outcome::default();
        story.group.on_time(story.now, &cluster(4), &mut out);
        if at < 300_000 {
            assert!(out.records.is_empty(), "{at}");
            story.beat("C0", false);
            story.beat("C1", false);
        }
    }
    assert_eq!(story.group.members.keys().collect::<Vec<_>>(), ["C1"]);
}

#[test]
fn a_static_member_keeps_its_partitions_and_its_name_until_it_has_left() {
    let mut story = story();
    assert!(story.join("C0", Some("i")).0.is_ok());
    assert_eq!(story.join("C1", Some("i")).0, Err(GroupError::UnreleasedInstanceId));
    assert_eq!(story.leave("C0", Some("i"), -2), ["C0 0--2 STABLE [0,1,2,3] []"]);
    let (response, records) = story.join("C1", Some("i"));
    assert_eq!(response.unwrap().assignment.unwrap().get(&T0).unwrap().len(), 4);
    assert!(records.contains(&"C1 is to have 0,1,2,3".to_owned()) && !records.contains(&"epoch 3".to_owned()));
}

#[test]
fn epochs_fence_heartbeats_and_commits() {
    let mut story = story();
    assert!(story.join("C0", None).0.is_ok());
    let mut request = HeartbeatRequest { member_id: "C0".to_owned(), member_epoch: 3, ..HeartbeatRequest::default() };
    assert_eq!(story.ask(&request).0, Err(GroupError::FencedMemberEpoch));
    request.member_id = "C9".to_owned();
    assert_eq!(story.ask(&request).0, Err(GroupError::UnknownMemberId));
    let commit =
        |member: &str, generation| OffsetCommit { member_id: member.to_owned(), generation, ..OffsetCommit::default() };
    let cluster = cluster(4);
    let may = |story: &Story, commit: &OffsetCommit| story.group.validate_commit(commit, false, &cluster);
    let of_0 = |commit: OffsetCommit| {
        let offset = OffsetToCommit {
            topic: "t0".into(),
            topic_id: T0,
            partition: 0,
            offset: 1,
            leader_epoch: -1,
            metadata: String::new(),
        };
        OffsetCommit { offsets: vec![offset], ..commit }
    };
    assert_eq!(may(&story, &commit("C0", 2)), Ok(()));
    assert_eq!(may(&story, &of_0(commit("C0", 1))), Err(GroupError::StaleMemberEpoch));
    assert_eq!(may(&story, &commit("C0", 3)), Err(GroupError::StaleMemberEpoch));
    assert_eq!(may(&story, &commit("C9", 2)), Err(GroupError::UnknownMemberId));
    assert_eq!(may(&story, &commit("", -1)), Err(GroupError::UnknownMemberId));
    let transactional = |commit: &OffsetCommit| story.group.validate_commit(commit, true, &cluster);
    assert_eq!(transactional(&of_0(commit("C0", 1))), Err(GroupError::IllegalGeneration));
    assert_eq!(transactional(&commit("", -1)), Ok(()));
    assert_eq!(transactional(&commit("", -2)), Err(GroupError::UnknownMemberId));
    // What a member has had since an older epoch it may commit with that one.
    story.partitions = 5;
    story.beat("C0", false);
    assert_eq!(may(&story, &of_0(commit("C0", 2))), Ok(()));
}

/// The records of the recorded story `next-regex`, and what follows when the last subscriber goes.
#[test]
fn an_expression_is_held_against_the_topics_behind_the_heartbeat_and_forgotten_with_its_last_member() {
    let topics = |names: &[&str]| -> Vec<TopicPartitions> {
        let one = |(number, name): (usize, &&str)| TopicPartitions {
            topic: (*name).into(),
            id: TopicId(7 + number as u128),
            partitions: 3,
        };
        names.iter().enumerate().map(one).collect()
    };
    let (one, two) = (topics(&["ev-a"]), topics(&["ev-a", "ev-b"]));
    let mut group = story().group;
    let mut out = Outcome::default();
    let mut beat = |group: &mut ConsumerGroup, at: u64, epoch: i32, text: Option<&str>, topics: &[TopicPartitions]| {
        let request = HeartbeatRequest {
            group: "g".to_owned(),
            member_id: "C0".to_owned(),
            member_epoch: epoch,
            rebalance_timeout_ms: text.map(|_| 300_000),
            subscribed_topic_names: text.map(|_| SortedSet::new()),
            subscribed_topic_regex: text.map(str::to_owned),
            topic_partitions: text.map(|_| Target::new()),
            ..HeartbeatRequest::default()
        };
        out.records.clear();
        let answer = group.heartbeat(SimTime::from_ms(at), &request, topics, &mut out);
        group.on_time(SimTime::from_ms(at), topics, &mut out);
        let kinds: Vec<i16> = out.records.iter().map(|record| record.key.kind.id()).collect();
        (answer.map(|answer| answer.member_epoch), kinds)
    };
    let invalid = beat(&mut group, 0, 0, Some("ev-(.*"), &one);
    assert_eq!(invalid, (Err(GroupError::InvalidRegularExpression), Vec::new()));
    group.version = TopicsVersion { now: 1, with_new_topics: 1 };
    // It is in epoch 1 until the expression is resolved, which makes epoch 2.
    assert_eq!(beat(&mut group, 0, 0, Some("ev-.*"), &one), (Ok(1), vec![5, 8, 16, 3]));
    assert_eq!(beat(&mut group, 500, 1, None, &one), (Ok(2), vec![7, 6, 8]));
    assert!(group.knows_topics_of(1) && !group.knows_topics_of(2));
    // A topic comes: ten seconds after the last look there is another.
    group.version = TopicsVersion { now: 2, with_new_topics: 2 };
    assert_eq!(beat(&mut group, 10_000, 2, None, &two), (Ok(2), Vec::new()));
    assert_eq!(beat(&mut group, 10_001, 2, None, &two), (Ok(2), vec![16, 3]));
    assert_eq!(beat(&mut group, 10_500, 2, None, &two), (Ok(3), vec![7, 6, 8]));
    assert_eq!(group.members.get("C0").unwrap().assigned.len(), 2);
    assert_eq!(beat(&mut group, 11_000, -1, None, &two), (Ok(-1), vec![8, 7, 5, 16, 3]));
    assert!(group.expressions.is_empty());
}
