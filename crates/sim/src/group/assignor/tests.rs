use super::*;

const ALL: [Assignor; 6] = Assignor::ALL;

fn topics(topics: &[(&str, i32)]) -> Vec<TopicPartitions> {
    let topic = |(number, (name, partitions)): (u128, &(&str, i32))| TopicPartitions {
        topic: (*name).into(),
        id: TopicId(number << 64),
        partitions: *partitions,
    };
    (1..).zip(topics).map(topic).collect()
}

fn member(id: &str, topics: &[&str]) -> Member {
    Member { id: id.to_owned(), topics: topics.iter().map(|topic| (*topic).into()).collect(), ..Member::default() }
}

fn owner(id: &str, topics: &[&str], owned: &Partitions, generation: i32) -> Member {
    let owned = owned.iter().map(|(topic, numbers)| (Topic::clone(topic), numbers.clone())).collect();
    Member { owned, generation: Some(generation), ..member(id, topics) }
}

fn partitions(of_topic: &[(&str, &[i32])]) -> Partitions {
    of_topic.iter().map(|(topic, numbers)| (Topic::from(*topic), numbers.to_vec())).collect()
}

/// `A: t 0 1, u 2`
fn told(members: &[Member], assignment: &Assignment) -> String {
    let mut lines = Vec::new();
    for (member, partitions) in members.iter().zip(assignment) {
        let topics: Vec<String> = partitions
            .iter()
            .map(|(topic, numbers)| numbers.iter().fold(topic.to_string(), |text, number| format!("{text} {number}")))
            .collect();
        lines.push(format!("{}: {}", member.id, topics.join(", ")));
    }
    lines.join("\n")
}

fn assigned(assignor: Assignor, of: &[(&str, i32)], members: &[Member]) -> String {
    told(members, &assignor.assign(&topics(of), members).unwrap())
}

/// Kafka: `RangeAssignorTest.testTwoConsumersTwoTopicsSixPartitions`.
#[test]
fn ranges_begin_anew_with_each_topic() {
    let members = ["C2", "C1"].map(|id| member(id, &["t1", "t2"]));
    assert_eq!(assigned(Assignor::Range, &[("t1", 3), ("t2", 3)], &members), "C2: t1 2, t2 2\nC1: t1 0 1, t2 0 1");
}

#[test]
fn static_members_come_first() {
    let mut members = ["A", "B", "C"].map(|id| member(id, &["t"]));
    members[2].instance_id = Some("i1".to_owned());
    members[1].instance_id = Some("i2".to_owned());
    assert_eq!(assigned(Assignor::Range, &[("t", 2)], &members), "A: \nB: t 1\nC: t 0");
}

/// Kafka: `RoundRobinAssignorTest.testMultipleConsumersMixedTopicSubscriptions`.
#[test]
fn who_does_not_subscribe_is_passed_over() {
    let members = [member("C1", &["t1"]), member("C2", &["t1", "t2"]), member("C3", &["t1"])];
    let told = assigned(Assignor::RoundRobin, &[("t1", 3), ("t2", 2)], &members);
    assert_eq!(told, "C1: t1 0\nC2: t1 1, t2 0 1\nC3: t1 2");
}

#[test]
fn a_partition_that_moves_is_withheld_for_a_round() {
    for (other, of_other) in [("t", "t 2 3"), ("u", "t 2 3")] {
        // With `u`, which is not there, the subscriptions differ.
        let group = |generation, owned| {
            let a = owner("A", &["t"], &partitions(&[("t", owned)]), generation);
            [a, owner("B", if other == "t" { &["t"] } else { &["t", "u"] }, &Partitions::new(), generation)]
        };
        let first = group(1, &[0, 1, 2, 3]);
        let eager = assigned(Assignor::Sticky, &[("t", 4)], &first);
        assert!(eager.ends_with(if other == "t" { of_other } else { "t 0 1" }), "{eager}");
        let first = assigned(Assignor::CooperativeSticky, &[("t", 4)], &first);
        assert!(first.ends_with("B: "), "{first}");
        let kept: &[i32] = if other == "t" { &[0, 1] } else { &[2, 3] };
        assert_eq!(assigned(Assignor::CooperativeSticky, &[("t", 4)], &group(2, kept)), eager);
    }
}

#[test]
fn what_two_own_in_one_generation_neither_keeps() {
    let [both, none] = [partitions(&[("t", &[0, 1])]), Partitions::new()];
    let members = [owner("A", &["t"], &both, 5), owner("B", &["t"], &both, 5), owner("C", &["t"], &none, 5)];
    assert_eq!(assigned(Assignor::Sticky, &[("t", 3)], &members), "A: t 0\nB: t 1\nC: t 2");
    // Both were owned by two, so nobody gets them in this round.
    assert_eq!(assigned(Assignor::CooperativeSticky, &[("t", 3)], &members), "A: \nB: \nC: t 2");
    let members = [owner("A", &["t"], &both, 4), owner("B", &["t"], &both, 5), owner("C", &["t"], &none, 5)];
    assert_eq!(assigned(Assignor::Sticky, &[("t", 3)], &members), "A: t 1\nB: t 0\nC: t 2");
}

#[test]
fn more_members_than_partitions_share_in_a_share_group() {
    let members = ["A", "B", "C", "D"].map(|id| member(id, &["t"]));
    assert_eq!(assigned(Assignor::Simple, &[("t", 2)], &members), "A: t 1\nB: t 1\nC: t 0\nD: t 0");
    assert_eq!(assigned(Assignor::Uniform, &[("t", 2)], &members), "A: \nB: \nC: t 0\nD: t 1");
}

#[test]
fn nobody_and_nothing_are_assigned() {
    for assignor in ALL {
        assert_eq!(assigned(assignor, &[("t", 2)], &[]), "");
        assert_eq!(assigned(assignor, &[], &[member("A", &["t"]), member("B", &[])]), "A: \nB: ");
        assert_eq!(Assignor::named(assignor.name()), Some(assignor));
    }
    assert_eq!(Assignor::named("best"), None);
}

/// Every partition has one owner, counts differ by at most one, and what is balanced stays.
#[test]
fn assignments_are_whole_balanced_and_sticky() {
    use Assignor::{CooperativeSticky, Sticky, Uniform};
    for (count, number) in (1..12).flat_map(|count| [0, 1, 7, 24, 31].map(|number| (count, number))) {
        let of = [("t", number), ("u", 3)];
        for (assignor, mixed) in
            [Sticky, CooperativeSticky, Uniform].into_iter().flat_map(|it| [(it, false), (it, true)])
        {
            let ids: Vec<String> = (0..count).map(|number| format!("consumer-{number}")).collect();
            let subscription =
                |place: usize| if mixed && place == 0 { &["t", "u", "none"][..] } else { &["t", "u"][..] };
            let owners = |owned: &Assignment| -> Vec<Member> {
                let owned = ids.iter().zip(owned).enumerate();
                owned.map(|(place, (id, owned))| owner(id, subscription(place), owned, 1)).collect()
            };
            let none = vec![Partitions::new(); ids.len()];
            let assignment = assignor.assign(&topics(&of), &owners(&none)).unwrap();
            let counts: Vec<usize> = assignment.iter().map(|own| own.values().map(Vec::len).sum()).collect();
            assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
            for (topic, number) in of {
                let numbers = |own: &Partitions| own.get(topic).cloned().unwrap_or_default();
                let mut all: Vec<i32> = assignment.iter().flat_map(numbers).collect();
                all.sort_unstable();
                assert_eq!(all, (0..number).collect::<Vec<_>>());
            }
            assert_eq!(assignor.assign(&topics(&of), &owners(&assignment)).unwrap(), assignment, "{assignor:?}");
        }
    }
}

/// A topic made anew has fewer partitions than a member remembers. Kafka keeps the dead ones, and all after them are given
/// anew.
#[test]
fn partitions_that_are_gone_disturb_sticky_assignors() {
    let owned = partitions(&[("t", &[0, 7]), ("u", &[0, 1])]);
    let members = [owner("A", &["t", "u"], &owned, 1), owner("B", &["t", "u", "v"], &Partitions::new(), 1)];
    assert_eq!(assigned(Assignor::Sticky, &[("t", 2), ("u", 2)], &members), "A: t 0 7, u 0 1\nB: t 1, u 0 1");
}

#[test]
fn strings_compare_as_in_java() {
    let strings =
        ["", "a", "a😀", "a\u{e000}", "b", "bé", "消费者", "\u{d7ff}", "😀", "😀a", "😁", "\u{e000}", "\u{ffff}"];
    for (one, other) in strings.iter().flat_map(|one| strings.map(|other| (*one, other))) {
        assert_eq!(compare_strings(one, other), one.encode_utf16().cmp(other.encode_utf16()), "{one:?} {other:?}");
    }
}
