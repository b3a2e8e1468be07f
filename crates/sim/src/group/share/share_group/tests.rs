use super::*;
use crate::group::records::Value;

fn cluster(partitions: i32) -> Vec<TopicPartitions> {
    vec![TopicPartitions { topic: "t".into(), id: TopicId(7), partitions }]
}

/// A group with its topics, and what it wrote since it was looked at last.
struct Story {
    group: ShareGroup,
    cluster: Vec<TopicPartitions>,
    now: SimTime,
    records: Vec<Record>,
}

impl Story {
    fn new(partitions: i32) -> Story {
        let config = ShareGroupConfig { assignment_interval_ms: 0, ..ShareGroupConfig::default() };
        let group = ShareGroup::new("g".to_owned(), config);
        Story { group, cluster: cluster(partitions), now: SimTime::ZERO, records: Vec::new() }
    }

    /// A heartbeat; states are made at once.
    fn beat(&mut self, member: &str, epoch: i32) -> Result<ShareHeartbeatResponse, GroupError> {
        let request = ShareHeartbeatRequest {
            group: "g".to_owned(),
            member_id: member.to_owned(),
            member_epoch: epoch,
            subscribed_topic_names: (epoch == 0).then(|| ["t".into()].into_iter().collect()),
            ..ShareHeartbeatRequest::default()
        };
        let (response, states) = self.group.heartbeat(self.now, &request, &self.cluster, &mut self.records)?;
        if let Some(states) = states {
            self.group.on_initialized(&states.partitions, &self.cluster, &mut self.records);
        }
        Ok(response)
    }

    fn assigned(&self, member: &str) -> Vec<i32> {
        let member = self.group.members.get(member).unwrap();
        member.assigned.values().flat_map(SortedSet::iter).copied().collect()
    }

    fn kinds(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.records).iter().map(|record| record.key.kind.name()).collect()
    }
}

#[test]
fn partitions_are_assigned_once_they_have_their_state() {
    let mut story = Story::new(2);
    let joined = story.beat("a", 0).unwrap();
    assert_eq!((joined.member_epoch, joined.assignment), (2, Some(Target::new())));
    let written = [
        "ShareGroupMemberMetadata",
        "ShareGroupMetadata",
        "ShareGroupTargetAssignmentMember",
        "ShareGroupTargetAssignmentMetadata",
        "ShareGroupCurrentMemberAssignment",
        "ShareGroupStatePartitionMetadata",
        "ShareGroupStatePartitionMetadata",
    ];
    assert_eq!(story.kinds(), written);
    let next = story.beat("a", 2).unwrap();
    assert_eq!((next.member_epoch, story.assigned("a")), (3, vec![0, 1]));
    assert!(next.assignment.is_some() && story.group.is_settled());
    assert_eq!(story.kinds(), ["ShareGroupMetadata", written[2], written[3], written[4]]);
    assert_eq!(story.beat("a", 3).unwrap().assignment, None);
    assert!(story.records.is_empty());
}

#[test]
fn more_members_than_partitions_share_them() {
    let mut story = Story::new(1);
    for member in ["a", "b", "c"] {
        story.beat(member, 0).unwrap();
        let epoch = story.group.epoch;
        for there in ["a", "b", "c"] {
            let old = story.group.members.get(there).map(|member| member.epoch);
            if let Some(old) = old.filter(|old| *old < epoch) {
                story.beat(there, old).unwrap();
            }
        }
    }
    story.beat("a", story.group.epoch).unwrap();
    assert_eq!(["a", "b", "c"].map(|member| story.assigned(member)), [[0], [0], [0]]);
}

#[test]
fn a_new_partition_gets_its_state_first() {
    let mut story = Story::new(1);
    story.beat("a", 0).unwrap();
    story.beat("a", 2).unwrap();
    story.cluster = cluster(2);
    assert_eq!(story.beat("a", 3).unwrap().member_epoch, 4);
    assert_eq!(story.assigned("a"), [0]);
    assert_eq!(story.beat("a", 4).unwrap().member_epoch, 5);
    assert_eq!(story.assigned("a"), [0, 1]);
}

#[test]
fn epochs_fence() {
    let mut story = Story::new(1);
    assert_eq!(story.beat("a", 3).unwrap_err(), GroupError::UnknownMemberId);
    story.beat("a", 0).unwrap();
    story.beat("a", 2).unwrap();
    assert_eq!(story.beat("a", 4).unwrap_err(), GroupError::FencedMemberEpoch);
    assert_eq!(story.beat("a", 1).unwrap_err(), GroupError::FencedMemberEpoch);
    // The answer with the new epoch may have been lost.
    assert_eq!(story.beat("a", 2).unwrap().member_epoch, 3);
    story.group.config.max_size = 1;
    assert_eq!(story.beat("b", 0).unwrap_err(), GroupError::GroupMaxSizeReached);
}

#[test]
fn who_leaves_or_is_silent_is_gone() {
    let mut story = Story::new(1);
    story.beat("a", 0).unwrap();
    story.beat("b", 0).unwrap();
    story.kinds();
    assert_eq!(story.beat("a", -1).unwrap().member_epoch, -1);
    let gone = [
        "ShareGroupCurrentMemberAssignment",
        "ShareGroupTargetAssignmentMember",
        "ShareGroupMemberMetadata",
        "ShareGroupMetadata",
    ];
    assert_eq!(story.kinds(), gone);
    assert_eq!(story.beat("a", -1).unwrap_err(), GroupError::UnknownMemberId);
    let over = story.group.next_deadline().unwrap();
    assert_eq!(over, SimTime::from_ms(45_000));
    story.group.on_time(over, &mut story.records);
    assert!(story.group.members.is_empty() && story.group.next_deadline().is_none());
    assert_eq!(story.kinds(), gone);
}

#[test]
fn targets_are_not_computed_more_often_than_the_interval_allows() {
    let mut story = Story::new(1);
    story.group.config.assignment_interval_ms = 1_000;
    story.beat("a", 0).unwrap();
    story.now = SimTime::from_ms(999);
    assert_eq!(story.beat("a", 2).unwrap().member_epoch, 2);
    assert_eq!((story.group.epoch, story.group.assignment_epoch), (3, 2));
    // Who comes meanwhile has nothing yet.
    story.beat("b", 0).unwrap();
    assert_eq!(story.assigned("b"), [] as [i32; 0]);
    story.now = SimTime::from_ms(1_000);
    assert_eq!(story.beat("a", 2).unwrap().member_epoch, 4);
    assert_eq!(story.assigned("a"), [0]);
}

#[test]
fn a_state_that_is_not_made_is_asked_for_again() {
    let mut story = Story::new(1);
    let request = |epoch| ShareHeartbeatRequest {
        member_id: "a".to_owned(),
        member_epoch: epoch,
        subscribed_topic_names: Some(["t".into()].into_iter().collect()),
        ..ShareHeartbeatRequest::default()
    };
    let ask = |story: &mut Story, epoch, at_ms| {
        let answer =
            story.group.heartbeat(SimTime::from_ms(at_ms), &request(epoch), &story.cluster, &mut story.records);
        answer.unwrap().1.map(|states| (states.state_epoch, states.partitions.len()))
    };
    assert_eq!(ask(&mut story, 0, 0), Some((2, 1)));
    assert_eq!(ask(&mut story, 2, 29_999), None);
    assert_eq!(ask(&mut story, 2, 30_000), Some((2, 1)));
    let states = story.records.iter().filter(|record| matches!(record.value, Some(Value::StatePartitions(_))));
    assert_eq!(states.count(), 2);
}
