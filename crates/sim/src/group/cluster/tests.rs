use super::super::assignor::Assignor;
use super::super::consumer_group::ConsumerGroupConfig;
use super::super::member::GroupProtocol;
use super::super::protocol::Assigned;
use super::super::records::Value;
use super::*;
use crate::rng::Pcg;

fn config(assignor: Assignor) -> MemberConfig {
    MemberConfig {
        group: "g".to_owned(),
        assignors: vec![assignor],
        heartbeat_interval_ms: 300,
        session_timeout_ms: 6_000,
        max_poll_interval_ms: 20_000,
        auto_commit_interval_ms: Some(1_000),
        ..MemberConfig::default()
    }
}

fn by_consumer_protocol(name: &str) -> MemberConfig {
    let protocol = GroupProtocol::Consumer { member_id: name.to_owned(), remote_assignor: None };
    MemberConfig { protocol, ..config(Assignor::Range) }
}

fn cluster() -> GroupCluster {
    let consumer = ConsumerGroupConfig {
        heartbeat_interval_ms: 500,
        session_timeout_ms: 6_000,
        assignment_interval_ms: 0,
        ..ConsumerGroupConfig::default()
    };
    let config = GroupConfig { initial_rebalance_delay_ms: 0, consumer, ..GroupConfig::default() };
    let mut cluster = GroupCluster::new(config);
    cluster.set_partitions("t", 4);
    cluster
}

fn join(cluster: &mut GroupCluster, name: &str, config: &MemberConfig) {
    let config = MemberConfig { client_id: name.to_owned(), ..config.clone() };
    cluster.join(name, config, wanted(&["t"]), ResetPolicy::Earliest, 500, Polls::Always);
}

fn run(cluster: &mut GroupCluster, ms: u64) {
    let end = cluster.now().plus_ms(ms);
    while cluster.now() < end {
        cluster.step(end);
    }
}

/// What applications saw, as `C0 revoked 2 3`.
fn seen(cluster: &mut GroupCluster) -> Vec<String> {
    let told = |happening: Happening| {
        let (name, event) = match happening {
            Happening::Seen(name, event) => (name, event),
            Happening::PollFailed(name, failure) => return Some(format!("{name} {failure}")),
            _ => return None,
        };
        let (word, partitions) = match event {
            Event::Assigned(partitions) => ("assigned", partitions),
            Event::Revoked(partitions) => ("revoked", partitions),
            Event::Lost(partitions) => ("lost", partitions),
            Event::Committed(..) | Event::Closed => return None,
        };
        let numbers: Vec<String> = partitions.iter().map(|there| there.partition.to_string()).collect();
        Some(format!("{name} {word} {}", numbers.join(" ")).trim_end().to_owned())
    };
    std::mem::take(&mut cluster.happenings).into_iter().filter_map(told).collect()
}

#[test]
fn an_eager_member_gives_up_everything_and_a_cooperative_one_what_moves() {
    let mut eager = cluster();
    let mut cooperative = cluster();
    for (cluster, assignor) in [(&mut eager, Assignor::Range), (&mut cooperative, Assignor::CooperativeSticky)] {
        join(cluster, "A", &config(assignor));
        run(cluster, 2_000);
        assert_eq!(seen(cluster), ["A assigned 0 1 2 3"]);
        join(cluster, "B", &config(assignor));
        run(cluster, 2_000);
    }
    // Which member hears first is a matter of the order of a hash table.
    let of = |cluster: &mut GroupCluster| {
        let seen = seen(cluster);
        let (a, b): (Vec<String>, Vec<String>) = seen.into_iter().partition(|told| told.starts_with('A'));
        [a, b].concat()
    };
    assert_eq!(of(&mut eager), ["A revoked 0 1 2 3", "A assigned 0 1", "B assigned 2 3"]);
    let moved = ["A revoked 2 3", "A assigned", "A assigned", "B assigned", "B assigned 2 3"];
    assert_eq!(of(&mut cooperative), moved);
}

#[test]
fn an_application_that_does_not_poll_loses_its_partitions() {
    let mut cluster = cluster();
    join(&mut cluster, "A", &config(Assignor::Range));
    join(&mut cluster, "B", &config(Assignor::Range));
    run(&mut cluster, 5_000);
    cluster.set_polls("B", Polls::Never);
    seen(&mut cluster);
    run(&mut cluster, 25_000);
    assert_eq!(seen(&mut cluster), ["A revoked 0 1", "A assigned 0 1 2 3"]);
    let id = cluster.commit("B", Some(&[(TopicPartition::new("t", 2), 1, -1)])).unwrap();
    assert_eq!(cluster.finished("B", id), Some(Err(CommitError::CommitFailed)));
    cluster.set_polls("B", Polls::Always);
    run(&mut cluster, 2_000);
    assert_eq!(seen(&mut cluster)[0], "B lost 2 3");
}

#[test]
fn two_members_with_one_instance_id_fence_each_other() {
    let mut cluster = cluster();
    let config = MemberConfig { instance_id: Some("i".to_owned()), ..config(Assignor::Range) };
    join(&mut cluster, "A", &config);
    run(&mut cluster, 1_000);
    join(&mut cluster, "B", &config);
    run(&mut cluster, 1_000);
    assert_eq!(seen(&mut cluster), ["A assigned 0 1 2 3", "B assigned 0 1 2 3", "A FENCED_INSTANCE_ID"]);
}

#[test]
fn what_was_read_is_committed_and_read_on_from_there() {
    let mut cluster = cluster();
    join(&mut cluster, "A", &config(Assignor::Range));
    for _ in 0..10 {
        cluster.log_mut(&TopicPartition::new("t", 1)).unwrap().append(0);
    }
    run(&mut cluster, 3_000);
    assert_eq!(cluster.position("A", &TopicPartition::new("t", 1)), Some(10));
    cluster.close("A", MembershipOperation::Default);
    run(&mut cluster, 100);
    assert!(cluster.is_closed("A"));
    let committed = cluster.coordinator().committed("g");
    assert_eq!(committed.iter().map(|there| there.offset).collect::<Vec<_>>(), [0, 10, 0, 0]);
    join(&mut cluster, "B", &config(Assignor::Range));
    cluster.happenings.clear();
    cluster.log_mut(&TopicPartition::new("t", 1)).unwrap().append(0);
    run(&mut cluster, 2_000);
    let read = cluster.happenings.iter().find_map(|happening| match happening {
        Happening::Records(name, records) => Some((name.clone(), records.clone())),
        _ => None,
    });
    assert_eq!(read, Some(("B".to_owned(), vec![(TopicPartition::new("t", 1), 10)])));
}

/// Invariants 17, 18, 19 and 22: whoever comes, goes, dies or falls silent, no generation gives a partition to two members,
/// no two members that hold a partition are in one generation, commits never go beyond what was read, and in the end all is
/// assigned, evenly.
#[test]
fn nobody_shares_a_partition_whatever_happens() {
    for seed in 0..60 {
        let assignor = [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky, Assignor::CooperativeSticky][seed % 4];
        let mut rng = Pcg::new(u64::try_from(seed).unwrap());
        let mut cluster = cluster();
        cluster.set_partitions("t", 7);
        let mut alive: Vec<String> = Vec::new();
        for step in 0..40 {
            match rng.below(8) {
                0..3 if alive.len() < 6 => {
                    let name = format!("C{step}");
                    join(&mut cluster, &name, &config(assignor));
                    alive.push(name);
                }
                3 if !alive.is_empty() => cluster.crash(&alive.swap_remove(0)),
                4 if !alive.is_empty() => cluster.close(&alive.swap_remove(0), MembershipOperation::Default),
                5 if !alive.is_empty() => cluster.set_polls(&alive[0], Polls::Never),
                6 => {
                    for name in &alive {
                        cluster.set_polls(name, Polls::Always);
                    }
                }
                _ => {
                    let partition = TopicPartition::new("t", i32::try_from(rng.below(7)).unwrap());
                    cluster.log_mut(&partition).unwrap().append(0);
                }
            }
            run(&mut cluster, u64::from(rng.below(3_000)));
            check(&cluster, &alive, seed);
        }
        for name in &alive {
            cluster.set_polls(name, Polls::Always);
        }
        run(&mut cluster, 60_000);
        check(&cluster, &alive, seed);
        if !alive.is_empty() {
            let sizes: Vec<usize> = alive.iter().map(|name| cluster.member(name).unwrap().assigned.len()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), 7, "seed {seed}");
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "seed {seed}: {sizes:?}");
        }
    }
}

/// Of what it gives up it commits first where it is; only then it says that it has given it up, and another gets it.
#[test]
fn by_the_consumer_protocol_a_member_commits_before_it_gives_up() {
    let mut cluster = cluster();
    let rarely = |name: &str| MemberConfig { auto_commit_interval_ms: Some(600_000), ..by_consumer_protocol(name) };
    join(&mut cluster, "A", &rarely("A"));
    run(&mut cluster, 1_000);
    for _ in 0..7 {
        cluster.log_mut(&TopicPartition::new("t", 3)).unwrap().append(0);
    }
    cluster.wake();
    run(&mut cluster, 1_000);
    assert!(cluster.coordinator().committed("g").is_empty());
    seen(&mut cluster);
    join(&mut cluster, "B", &rarely("B"));
    run(&mut cluster, 2_000);
    let committed = cluster.coordinator().committed("g");
    assert!(committed.iter().any(|there| there.partition == 3 && there.offset == 7));
    assert_eq!(cluster.position("B", &TopicPartition::new("t", 3)), Some(7));
    assert_eq!(seen(&mut cluster), ["B assigned", "A revoked 2 3", "A assigned", "B assigned 2 3"]);
}

#[test]
fn by_the_consumer_protocol_who_unsubscribes_leaves_and_can_come_back() {
    let mut cluster = cluster();
    join(&mut cluster, "A", &by_consumer_protocol("A"));
    run(&mut cluster, 1_000);
    cluster.unsubscribe("A");
    run(&mut cluster, 1_000);
    assert!(cluster.coordinator().consumer_group("g").unwrap().members.is_empty());
    cluster.subscribe("A", wanted(&["t"]));
    cluster.set_polls("A", Polls::Always);
    run(&mut cluster, 1_000);
    let told = ["A assigned 0 1 2 3", "A revoked 0 1 2 3"];
    let told: Vec<String> = told.iter().chain(&told[..1]).map(|text| (*text).to_owned()).collect();
    let seen: Vec<String> = seen(&mut cluster).into_iter().filter(|text| !text.contains("subscribed")).collect();
    assert_eq!(seen, told);
    // Epochs go on where they were.
    assert_eq!(cluster.member("A").unwrap().generation.id, 4);
}

/// The coordinator gives a partition to nobody before the last one has given it up, whatever happens.
#[test]
fn by_the_consumer_protocol_nobody_shares_a_partition() {
    for seed in 0..40 {
        let mut rng = Pcg::new(seed);
        let mut cluster = cluster();
        cluster.set_partitions("t", 7);
        let mut alive: Vec<String> = Vec::new();
        for step in 0..30 {
            match rng.below(7) {
                0..3 if alive.len() < 6 => {
                    let name = format!("C{step}");
                    join(&mut cluster, &name, &by_consumer_protocol(&name));
                    alive.push(name);
                }
                3 if !alive.is_empty() => cluster.crash(&alive.swap_remove(0)),
                4 if !alive.is_empty() => cluster.close(&alive.swap_remove(0), MembershipOperation::Default),
                5 if !alive.is_empty() => cluster.set_polls(&alive[0], Polls::Never),
                _ => {
                    for name in &alive {
                        cluster.set_polls(name, Polls::Always);
                    }
                }
            }
            run(&mut cluster, u64::from(rng.below(3_000)));
            assert_nothing_is_shared(&cluster, &alive, seed);
        }
        for name in &alive {
            cluster.set_polls(name, Polls::Always);
        }
        run(&mut cluster, 60_000);
        assert_nothing_is_shared(&cluster, &alive, seed);
        let sizes: Vec<usize> = alive.iter().map(|name| cluster.member(name).unwrap().assigned.len()).collect();
        if let (Some(most), Some(least)) = (sizes.iter().max(), sizes.iter().min()) {
            assert_eq!(sizes.iter().sum::<usize>(), 7, "seed {seed}");
            assert!(most - least <= 1, "seed {seed}: {sizes:?}");
        }
    }
}

fn assert_nothing_is_shared(cluster: &GroupCluster, alive: &[String], seed: u64) {
    let in_group = |name: &String| cluster.member(name).filter(|member| member.generation.id > 0);
    let mut owned: Vec<&TopicPartition> =
        alive.iter().filter_map(in_group).flat_map(|member| &member.assigned).collect();
    let count = owned.len();
    owned.sort_unstable();
    owned.dedup();
    assert_eq!(owned.len(), count, "seed {seed}");
}

fn check(cluster: &GroupCluster, alive: &[String], seed: usize) {
    for happening in &cluster.happenings {
        let Happening::Written(Record { value: Some(Value::GroupMetadata(group)), .. }) = happening else { continue };
        let assignments = group.members.iter().filter(|member| !member.assignment.is_empty());
        let mut all: Vec<(Topic, i32)> = assignments
            .flat_map(|member| Assigned::decode(&member.assignment).unwrap().partitions)
            .flat_map(|(topic, numbers)| numbers.into_iter().map(move |number| (topic.clone(), number)))
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "seed {seed}: generation {}", group.generation);
    }
    let members: Vec<&GroupMember> = alive.iter().filter_map(|name| cluster.member(name)).collect();
    for (at, one) in members.iter().enumerate() {
        for other in members.iter().skip(at + 1).filter(|other| other.generation.id == one.generation.id) {
            let shared = one.assigned.iter().find(|there| other.assigned.contains(*there));
            assert!(one.generation.id == -1 || shared.is_none(), "seed {seed}: {shared:?}");
        }
    }
    for committed in cluster.coordinator().committed("g") {
        let log = cluster.log(&TopicPartition::new(committed.topic.clone(), committed.partition)).unwrap();
        assert!(committed.offset <= log.end(), "seed {seed}");
    }
}
