use super::super::message::{
    CONSUMER, FetchedOffset, Heartbeat, JoinGroup, LeaveGroup, OffsetFetch, OffsetToCommit, Opaque, SyncGroup,
};
use super::super::protocol::Subscription;
use super::super::records::Value;
use super::*;

/// A coordinator, what it wrote, and who asks it.
struct Story {
    coordinator: GroupCoordinator,
    now_ms: u64,
    asked: u64,
    records: Vec<String>,
    answers: Vec<(u64, Response)>,
}

fn story(config: GroupConfig) -> Story {
    let coordinator = GroupCoordinator::new(Rc::new(config), SimTime::ZERO);
    Story { coordinator, now_ms: 0, asked: 0, records: Vec::new(), answers: Vec::new() }
}

fn at_once() -> GroupConfig {
    GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() }
}

/// `0 null null` for generation, protocol and leader; `-t-0` for a tombstone.
fn told(record: &Record) -> String {
    let of = match &record.key.part {
        Part::Partition(topic, partition) => format!("{topic}-{partition}"),
        _ => record.key.group.clone(),
    };
    match &record.value {
        None => format!("-{of}"),
        Some(Value::GroupMetadata(group)) => {
            let name = |name: &Option<String>| name.clone().unwrap_or("null".to_owned());
            format!("{} {} {}", group.generation, name(&group.protocol), name(&group.leader))
        }
        Some(Value::OffsetCommit(commit)) => format!("{of}@{}", commit.offset),
        Some(other) => format!("{other:?}"),
    }
}

fn metadata(text: &str) -> Opaque {
    let topics = vec![text.into()];
    Subscription { topics, ..Subscription::default() }.encode().unwrap().into()
}

fn join(member_id: &str, instance: Option<&str>, protocols: &[&str]) -> JoinGroup {
    JoinGroup {
        group: "g".to_owned(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        member_id: member_id.to_owned(),
        instance_id: instance.map(str::to_owned),
        protocol_type: CONSUMER.to_owned(),
        protocols: protocols.iter().map(|name| ((*name).to_owned(), metadata("t"))).collect(),
        client_id: "c".to_owned(),
        client_host: "/h".to_owned(),
    }
}

impl Story {
    fn take(&mut self, out: Outcome) {
        self.records.extend(out.records.iter().map(told));
        self.answers.extend(out.responses.into_iter().map(|(id, response)| (id.0, response)));
    }

    /// Asks, and gives the request's number. A new member gets the id `new` (after the instance id, if it has one).
    fn ask(&mut self, request: &Request, new: &str) -> u64 {
        self.asked += 1;
        let mut out = Outcome::default();
        let now = SimTime::from_ms(self.now_ms);
        let mut new_id = |_: &str| new.to_owned();
        self.coordinator.on_request(now, MessageId(self.asked), request, &mut new_id, &mut out);
        self.take(out);
        self.run_to(self.now_ms);
        self.asked
    }

    fn run_to(&mut self, ms: u64) {
        while self.coordinator.next_deadline() <= SimTime::from_ms(ms) {
            let mut out = Outcome::default();
            self.coordinator.on_time(self.coordinator.next_deadline(), &mut out);
            self.take(out);
        }
        self.now_ms = ms;
    }

    fn answer(&self, id: u64) -> Option<&Response> {
        self.answers.iter().find(|(there, _)| *there == id).map(|(_, response)| response)
    }

    fn joined(&self, id: u64) -> Option<(&str, i32, &str, usize)> {
        match self.answer(id)? {
            Response::JoinGroup(joined) => {
                Some((joined.error.name(), joined.generation, &joined.leader, joined.members.len()))
            }
            _ => None,
        }
    }

    fn join(&mut self, request: JoinGroup) -> u64 {
        self.ask(&Request::JoinGroup(request), "new")
    }

    /// A dynamic member comes: it gets its id and joins with that.
    fn come(&mut self, id: &str, protocols: &[&str]) -> u64 {
        let first = self.ask(&Request::JoinGroup(join("", None, protocols)), id);
        assert_eq!(self.joined(first), Some(("MEMBER_ID_REQUIRED", -1, "", 0)));
        self.join(join(id, None, protocols))
    }

    fn sync(&mut self, id: &str, generation: i32, assignments: &[&str]) -> u64 {
        let assigned = |id: &&str| ((*id).to_owned(), Opaque::from(id.as_bytes()));
        let request = SyncGroup {
            group: "g".to_owned(),
            generation,
            member_id: id.to_owned(),
            instance_id: None,
            protocol_type: Some(CONSUMER.to_owned()),
            protocol: None,
            assignments: assignments.iter().map(assigned).collect(),
        };
        self.ask(&Request::SyncGroup(request), "")
    }

    fn heartbeat(&mut self, id: &str, generation: i32, instance: Option<&str>) -> &'static str {
        let instance_id = instance.map(str::to_owned);
        let request = Heartbeat { group: "g".to_owned(), generation, member_id: id.to_owned(), instance_id };
        let asked = self.ask(&Request::Heartbeat(request), "");
        match self.answer(asked) {
            Some(Response::Heartbeat(error)) => error.name(),
            other => panic!("{other:?}"),
        }
    }

    fn leave(&mut self, id: &str, instance: Option<&str>) -> &'static str {
        let members = vec![(id.to_owned(), instance.map(str::to_owned))];
        let asked = self.ask(&Request::LeaveGroup(LeaveGroup { group: "g".to_owned(), members }), "");
        match self.answer(asked) {
            Some(Response::LeaveGroup(left)) => left.members[0].2.name(),
            other => panic!("{other:?}"),
        }
    }

    fn commit(&mut self, id: &str, generation: i32, offsets: &[(&str, i32, i64)]) -> &'static str {
        let offset = |(topic, partition, offset): &(&str, i32, i64)| OffsetToCommit {
            topic: (*topic).into(),
            topic_id: crate::ids::TopicId(1),
            partition: *partition,
            offset: *offset,
            leader_epoch: -1,
            metadata: String::new(),
        };
        let request = OffsetCommit {
            group: "g".to_owned(),
            generation,
            member_id: id.to_owned(),
            instance_id: None,
            offsets: offsets.iter().map(offset).collect(),
        };
        let asked = self.ask(&Request::OffsetCommit(request), "");
        match self.answer(asked) {
            Some(Response::OffsetCommit(answer)) => answer[0].2.name(),
            other => panic!("{other:?}"),
        }
    }

    fn state(&self) -> State {
        self.coordinator.group("g").unwrap().state
    }

    /// One stable member in generation 1.
    fn with_one(config: GroupConfig) -> Story {
        let mut story = story(config);
        story.come("a", &["range"]);
        story.sync("a", 1, &["a"]);
        assert_eq!(story.state(), State::Stable);
        story
    }
}

#[test]
fn a_member_comes_and_a_second_one_after_it() {
    let mut story = Story::with_one(at_once());
    assert_eq!(story.records, ["0 null null", "1 range a"]);
    let second = story.come("b", &["range"]);
    assert_eq!((story.joined(second), story.state()), (None, State::PreparingRebalance));
    assert_eq!(story.heartbeat("a", 1, None), "REBALANCE_IN_PROGRESS");
    let first = story.join(join("a", None, &["range"]));
    assert_eq!(story.joined(first), Some(("NONE", 2, "a", 2)));
    assert_eq!(story.joined(second), Some(("NONE", 2, "a", 0)));
    assert_eq!(story.commit("b", 2, &[("t", 0, 1)]), "REBALANCE_IN_PROGRESS");
    let waits = story.sync("b", 2, &[]);
    assert_eq!(story.answer(waits), None);
    story.sync("a", 2, &["b"]);
    let Some(Response::SyncGroup(synced)) = story.answer(waits) else { panic!("no answer") };
    assert_eq!((&*synced.assignment, synced.protocol.as_deref()), (&b"b"[..], Some("range")));
    assert_eq!(story.records.last().unwrap(), "2 range a");
    assert_eq!(story.heartbeat("a", 1, None), "ILLEGAL_GENERATION");
    assert_eq!(story.heartbeat("x", 2, None), "UNKNOWN_MEMBER_ID");
}

#[test]
fn who_says_nothing_is_put_out_and_who_leaves_is_gone_at_once() {
    let mut story = Story::with_one(at_once());
    story.run_to(9_999);
    assert_eq!(story.state(), State::Stable);
    story.run_to(10_000);
    assert_eq!((story.state(), story.records.last().unwrap().as_str()), (State::Empty, "2 null null"));
    let mut story = Story::with_one(at_once());
    assert_eq!((story.leave("x", None), story.leave("a", None)), ("UNKNOWN_MEMBER_ID", "NONE"));
    assert_eq!((story.state(), story.records.last().unwrap().as_str()), (State::Empty, "2 null null"));
    let late = story.join(join("a", None, &["range"]));
    assert_eq!(story.joined(late).unwrap().0, "UNKNOWN_MEMBER_ID");
}

#[test]
fn a_member_that_does_not_come_back_loses_its_place_after_the_rebalance_timeout() {
    let mut story = Story::with_one(at_once());
    let second = story.come("b", &["range"]);
    for at in (5_000..60_000).step_by(5_000) {
        story.run_to(at);
        assert_eq!(story.heartbeat("a", 1, None), "REBALANCE_IN_PROGRESS");
    }
    assert_eq!(story.joined(second), None);
    story.run_to(60_000);
    assert_eq!(story.joined(second), Some(("NONE", 2, "b", 1)));
    // It joined and brings no assignment.
    story.run_to(70_001);
    assert_eq!(story.state(), State::Empty);
}

#[test]
fn a_new_group_waits_in_whole_windows() {
    let mut story = story(GroupConfig::default());
    let first = story.come("a", &["range"]);
    story.run_to(2_000);
    let second = story.come("b", &["range"]);
    story.run_to(5_999);
    assert_eq!((story.joined(first), story.joined(second)), (None, None));
    story.run_to(6_000);
    assert_eq!(story.joined(first), Some(("NONE", 1, "a", 2)));
    assert_eq!(story.joined(second), Some(("NONE", 1, "a", 0)));
}

#[test]
fn the_protocol_is_voted_for_among_those_that_all_have() {
    let mut story = story(GroupConfig::default());
    let join = story.come("a", &["range", "roundrobin", "sticky"]);
    story.come("b", &["sticky", "roundrobin"]);
    story.come("c", &["sticky", "roundrobin", "range"]);
    story.run_to(10_000);
    let Some(Response::JoinGroup(joined)) = story.answer(join) else { panic!("no answer") };
    assert_eq!(joined.protocol.as_deref(), Some("sticky"));
    let other = story.ask(&Request::JoinGroup(self::join("", None, &["uniform"])), "d");
    assert_eq!(story.joined(other).unwrap().0, "INCONSISTENT_GROUP_PROTOCOL");
}

#[test]
fn a_static_member_comes_back_without_a_rebalance_and_fences_the_old_one() {
    let mut story = story(at_once());
    story.ask(&Request::JoinGroup(join("", Some("i"), &["range"])), "i-1");
    story.sync("i-1", 1, &["i-1"]);
    let back = story.ask(&Request::JoinGroup(join("", Some("i"), &["range"])), "i-2");
    assert_eq!(story.joined(back), Some(("NONE", 1, "i-2", 1)));
    let Some(Response::JoinGroup(joined)) = story.answer(back) else { panic!("no answer") };
    assert!(joined.skip_assignment);
    assert_eq!((story.state(), story.records.last().unwrap().as_str()), (State::Stable, "1 range i-2"));
    assert_eq!(story.heartbeat("i-1", 1, Some("i")), "FENCED_INSTANCE_ID");
    assert_eq!(story.heartbeat("i-1", 1, None), "UNKNOWN_MEMBER_ID");
    assert_eq!(story.leave("", Some("j")), "UNKNOWN_MEMBER_ID");
    assert_eq!(story.leave("", Some("i")), "NONE");
    assert_eq!(story.state(), State::Empty);
}

#[test]
fn a_request_that_cannot_be_is_refused() {
    let mut story = story(GroupConfig { max_size: 1, ..at_once() });
    let mut ask = |request: JoinGroup| {
        let id = story.join(request);
        story.joined(id).unwrap().0.to_owned()
    };
    assert_eq!(ask(JoinGroup { group: String::new(), ..join("", None, &["range"]) }), "INVALID_GROUP_ID");
    let session_timeout_ms = 5_999;
    assert_eq!(ask(JoinGroup { session_timeout_ms, ..join("", None, &["range"]) }), "INVALID_SESSION_TIMEOUT");
    assert_eq!(ask(join("a", None, &["range"])), "UNKNOWN_MEMBER_ID");
    assert_eq!(ask(join("", None, &[])), "INCONSISTENT_GROUP_PROTOCOL");
    story.come("a", &["range"]);
    story.sync("a", 1, &["a"]);
    let second = story.join(join("", None, &["range"]));
    assert_eq!(story.joined(second).unwrap().0, "GROUP_MAX_SIZE_REACHED");
}

#[test]
fn commits_are_the_present_generations_or_of_nobody_in_an_empty_group() {
    let mut story = Story::with_one(at_once());
    assert_eq!(story.commit("a", 0, &[("t", 0, 1)]), "ILLEGAL_GENERATION");
    assert_eq!(story.commit("b", 1, &[("t", 0, 1)]), "UNKNOWN_MEMBER_ID");
    assert_eq!(story.commit("", -1, &[("t", 0, 1)]), "UNKNOWN_MEMBER_ID");
    assert_eq!(story.commit("a", 1, &[("t", 0, 1), ("t", 7, 99)]), "NONE");
    story.leave("a", None);
    assert_eq!(story.commit("", -1, &[("t", 0, 2)]), "NONE");
    let partitions = Some(vec![("t".into(), 0), ("t".into(), 1)]);
    let fetch = OffsetFetch { group: "g".to_owned(), partitions, require_stable: true };
    let asked = story.ask(&Request::OffsetFetch(fetch), "");
    let Some(Response::OffsetFetch(fetched)) = story.answer(asked) else { panic!("no answer") };
    assert_eq!(fetched.iter().map(|one: &FetchedOffset| one.offset).collect::<Vec<_>>(), [2, -1]);
}

#[test]
fn a_transaction_decides_what_it_commits() {
    let mut story = Story::with_one(at_once());
    let commit = |generation, offset| {
        let offset = OffsetToCommit {
            topic: "t".into(),
            topic_id: crate::ids::TopicId(1),
            partition: 0,
            offset,
            leader_epoch: -1,
            metadata: String::new(),
        };
        let (group, member_id) = ("g".to_owned(), "a".to_owned());
        let commit = OffsetCommit { group, generation, member_id, instance_id: None, offsets: vec![offset] };
        Request::TxnOffsetCommit(TxnOffsetCommit { commit, producer_id: 7 })
    };
    let refused = story.ask(&commit(9, 1), "");
    let taken = story.ask(&commit(1, 1), "");
    let error = |story: &Story, id| match story.answer(id) {
        Some(Response::TxnOffsetCommit(answer)) => answer[0].2.name(),
        other => panic!("{other:?}"),
    };
    assert_eq!((error(&story, refused), error(&story, taken)), ("ILLEGAL_GENERATION", "NONE"));
    assert!(story.coordinator.committed("g").is_empty());
    story.coordinator.end_transaction(7, false);
    story.ask(&commit(1, 5), "");
    story.coordinator.end_transaction(7, true);
    assert_eq!(story.coordinator.committed("g").iter().map(|one| one.offset).collect::<Vec<_>>(), [5]);
}

#[test]
fn offsets_go_with_their_group_or_when_they_are_old() {
    let config = GroupConfig { offsets_retention_ms: 60_000, offsets_retention_check_interval_ms: 1_000, ..at_once() };
    let mut story = Story::with_one(config.clone());
    story.commit("a", 1, &[("t", 0, 1), ("t", 1, 1)]);
    for at in (5_000..120_000).step_by(5_000) {
        story.run_to(at);
        assert_eq!(story.heartbeat("a", 1, None), "NONE");
    }
    assert_eq!(story.coordinator.committed("g").len(), 2, "somebody subscribes to them");
    story.leave("a", None);
    story.run_to(174_999);
    assert_eq!(story.coordinator.committed("g").len(), 2);
    story.run_to(175_000);
    assert_eq!(story.records.split_off(story.records.len() - 3), ["-t-0", "-t-1", "-g"]);
    assert!(story.coordinator.group("g").is_none());

    let mut story = Story::with_one(config);
    story.commit("a", 1, &[("t", 0, 1)]);
    let delete = Request::DeleteGroup("g".to_owned());
    let asked = story.ask(&delete, "");
    assert_eq!(story.answer(asked), Some(&Response::DeleteGroup(GroupError::NonEmptyGroup)));
    story.leave("a", None);
    let asked = story.ask(&delete, "");
    assert_eq!(story.answer(asked), Some(&Response::DeleteGroup(GroupError::None)));
    assert_eq!(story.records.split_off(story.records.len() - 2), ["-t-0", "-g"]);
}
