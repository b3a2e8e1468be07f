use super::*;
use crate::ids::TopicId;

/// Lines of `kind key value`, the bytes as Kafka 4.3.1's own classes write them; those of the end from a real
/// `__consumer_offsets`.
const KAFKA: &str = include_str!("kafka.txt");

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn lines() -> impl Iterator<Item = (&'static str, Vec<u8>, Vec<u8>)> {
    KAFKA.lines().map(|line| {
        let mut parts = line.split(' ');
        let mut next = || parts.next().unwrap();
        (next(), bytes(next()), bytes(next()))
    })
}

/// The value of the `n`th line of a kind.
fn value(kind: Kind, n: usize) -> Value {
    let (_, _, value) = lines().filter(|(name, ..)| *name == kind.name()).nth(n).unwrap();
    Value::decode(kind, &value).unwrap()
}

#[test]
fn kafkas_bytes_are_read_and_written() {
    for (name, key, value) in lines() {
        let read = Key::decode(&key).unwrap();
        assert_eq!((read.kind.name(), read.group.is_empty()), (name, false));
        assert_eq!(read.encode().unwrap(), key, "{name}");
        let version = i16::from_be_bytes([value[0], value[1]]);
        let read = Value::decode(read.kind, &value).unwrap();
        assert_eq!(
            read.encode_as(Kind::with_id(i16::from_be_bytes([key[0], key[1]])).unwrap(), version).unwrap(),
            value
        );
    }
    assert_eq!(Kind::ALL.into_iter().filter(|(kind, ..)| lines().any(|(name, ..)| name == kind.name())).count(), 15);
}

#[test]
fn the_fields_are_where_they_belong() {
    let id = TopicId(0x0102_0304_0506_0708_1112_1314_1516_1718);
    let other = TopicId(0xffff_ffff_ffff_fffe_0000_0000_0000_0007);
    let commit = OffsetCommit {
        offset: 5,
        leader_epoch: 9,
        metadata: "m".to_owned(),
        commit_timestamp: 1_700_000_000_000,
        topic_id: id,
        ..OffsetCommit::default()
    };
    assert_eq!(value(Kind::OffsetCommit, 4), Value::OffsetCommit(commit));
    let Value::GroupMetadata(group) = value(Kind::GroupMetadata, 3) else { panic!("not of its kind") };
    assert_eq!((group.generation, group.leader.as_deref(), group.current_state_timestamp), (7, Some("m-1"), 123));
    assert_eq!(group.members[0].group_instance_id.as_deref(), Some("i"));
    assert_eq!((group.members[1].session_timeout_ms, &*group.members[1].subscription), (45_000, &[1, 2][..]));
    let Value::Member(member) = value(Kind::ConsumerGroupMemberMetadata, 0) else { panic!("not of its kind") };
    assert_eq!((member.classic, member.server_assignor.as_deref()), (None, Some("uniform")));
    let Value::Member(member) = value(Kind::ConsumerGroupMemberMetadata, 2) else { panic!("not of its kind") };
    assert_eq!(member.classic.unwrap().supported_protocols, [("range".to_owned(), vec![1, 2, 3])]);
    let partitions = |topic_id, partitions: &[i32], epochs: Option<&[i32]>| Partitions {
        topic_id,
        partitions: partitions.to_vec(),
        assignment_epochs: epochs.map(<[i32]>::to_vec),
    };
    let current = CurrentAssignment {
        member_epoch: 5,
        previous_member_epoch: 4,
        state: 2,
        assigned_partitions: vec![partitions(id, &[0, 2], Some(&[5, 4])), partitions(other, &[1], None)],
        partitions_pending_revocation: vec![partitions(other, &[8], Some(&[]))],
    };
    assert_eq!(value(Kind::ConsumerGroupCurrentMemberAssignment, 0), Value::CurrentAssignment(current));
}

#[test]
fn a_broker_writes_todays_versions() {
    let version = |value: &Value, kind| value.encode(kind).unwrap()[..2].to_vec();
    assert_eq!(version(&Value::OffsetCommit(OffsetCommit::default()), Kind::OffsetCommit), [0, 4]);
    let expires = OffsetCommit { expire_timestamp: 5, ..OffsetCommit::default() };
    assert_eq!(version(&Value::OffsetCommit(expires), Kind::OffsetCommit), [0, 1]);
    assert_eq!(version(&Value::GroupMetadata(GroupMetadata::default()), Kind::GroupMetadata), [0, 3]);
    assert_eq!(version(&Value::Epoch(Epoch::default()), Kind::ConsumerGroupMetadata), [0, 0]);
}

#[test]
fn what_is_wrong_is_said() {
    assert_eq!(Key::decode(&[]), Err(WireError::Truncated));
    assert_eq!(Key::decode(&[0, 9, 0, 0]), Err(WireError::UnknownType(9)));
    assert_eq!(Key::decode(&[0, 2, 0xff, 0xff]), Err(WireError::Null));
    assert_eq!(Key::decode(&[0, 2, 0, 1, 0xff]), Err(WireError::NotUtf8));
    assert_eq!(Value::decode(Kind::OffsetCommit, &[0, 5]), Err(WireError::UnknownVersion(5)));
    assert_eq!(Value::decode(Kind::ConsumerGroupMetadata, &[0, 1]), Err(WireError::UnknownVersion(1)));
    let long = Key { kind: Kind::GroupMetadata, group: "g".repeat(40_000), part: Part::Group };
    assert_eq!(long.encode(), Err(WireError::TooLong));
}

#[test]
fn whatever_is_cut_or_changed_is_read_or_refused() {
    for (_, key, value) in lines() {
        let kind = Key::decode(&key).unwrap().kind;
        for cut in 0..value.len() {
            assert!(Value::decode(kind, &value[..cut]).is_err());
            for byte in [0, 1, 0x7f, 0xff] {
                let mut changed = value.clone();
                changed[cut] = byte;
                let _ = Value::decode(kind, &changed);
            }
        }
    }
}
