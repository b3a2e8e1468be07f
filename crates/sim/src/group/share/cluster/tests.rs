use super::super::consumer::AcknowledgementMode;
use super::super::partition::{AcquireMode, SharePartitionConfig};
use super::super::share_group::ShareGroupConfig;
use super::*;
use crate::rng::Pcg;

fn cluster() -> ShareCluster {
    let share =
        ShareGroupConfig { heartbeat_interval_ms: 500, session_timeout_ms: 6_000, ..ShareGroupConfig::default() };
    let config = GroupConfig { share, ..GroupConfig::default() };
    let partition = SharePartitionConfig { record_lock_duration_ms: 10_000, ..SharePartitionConfig::default() };
    let leader = LeaderConfig { partition: Rc::new(partition), ..LeaderConfig::default() };
    let mut cluster = ShareCluster::new(config, leader, ShareReset::Earliest);
    cluster.set_partitions("t", TopicId(1), 1);
    cluster
}

fn config(name: &str, mode: AcknowledgementMode) -> ShareConsumerConfig {
    ShareConsumerConfig {
        group: "g".to_owned(),
        client_id: name.to_owned(),
        member_id: name.to_owned(),
        mode,
        max_poll_records: 2,
        ..ShareConsumerConfig::default()
    }
}

fn t0() -> TopicPartition {
    TopicPartition::new("t", 0)
}

fn run(cluster: &mut ShareCluster, ms: u64) {
    let end = cluster.now().plus_ms(ms);
    while cluster.now() < end {
        cluster.step(end);
    }
}

/// What `poll()` returns within a second, as `offset x delivery count`, or what it throws.
fn poll(cluster: &mut ShareCluster, name: &str) -> Vec<String> {
    cluster.begin_poll(name);
    let end = cluster.now().plus_ms(1_000);
    while cluster.now() < end && cluster.polled(name) == Polled::Waits {
        cluster.step(end);
    }
    cluster.end_poll(name);
    match cluster.polled(name) {
        Polled::Waits => Vec::new(),
        Polled::Records(records) => {
            records.iter().map(|record| format!("{} x{}", record.offset, record.delivery_count)).collect()
        }
        Polled::Failed(error) => vec![error.to_string()],
    }
}

/// Acknowledges, and commits; gives how that ended.
fn commit(cluster: &mut ShareCluster, name: &str, acks: &[(i64, AcknowledgeType)]) -> Vec<&'static str> {
    for (offset, how) in acks {
        cluster.acknowledge(name, &t0(), *offset, *how).unwrap();
    }
    let id = cluster.commit_sync(name).unwrap();
    run(cluster, 600);
    cluster.committed(name, id).unwrap().iter().map(|(_, error)| error.name()).collect()
}

/// So many records, each a batch, and members that have joined.
fn with_members(records: i64, members: &[&str], mode: AcknowledgementMode) -> ShareCluster {
    let mut cluster = cluster();
    for _ in 0..records {
        cluster.append(&t0(), 1, 0);
    }
    for name in members {
        cluster.join(name, config(name, mode), &["t"]);
        run(&mut cluster, 2_000);
    }
    cluster
}

use AcknowledgeType::{Accept, Reject, Release, Renew};
use AcknowledgementMode::{Explicit, Implicit};

#[test]
fn a_commit_says_nothing_if_there_is_nothing_to_say() {
    let mut cluster = with_members(0, &["A"], Explicit);
    assert_eq!(commit(&mut cluster, "A", &[]), [] as [&str; 0]);
    assert!(
        !cluster
            .happenings
            .iter()
            .any(|there| matches!(there, ShareHappening::Asked(_, _, ShareRequest::Acknowledge(_))))
    );
}

#[test]
fn records_are_not_handed_out_twice_until_they_are_released() {
    let mut cluster = with_members(3, &["A", "B"], Explicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1", "1 x1"]);
    assert_eq!(poll(&mut cluster, "B"), ["2 x1"]);
    assert_eq!(commit(&mut cluster, "B", &[(2, Accept)]), ["NONE"]);
    assert!(poll(&mut cluster, "B").is_empty());
    assert_eq!(commit(&mut cluster, "A", &[(0, Accept), (1, Release)]), ["NONE"]);
    assert_eq!(poll(&mut cluster, "B"), ["1 x2"]);
    assert_eq!(cluster.offsets("g", &t0()), Some((0, Some(1))));
    assert_eq!(commit(&mut cluster, "B", &[(1, Reject)]), ["NONE"]);
    assert_eq!(cluster.offsets("g", &t0()), Some((1, Some(0))));
}

#[test]
fn who_has_not_said_what_became_of_records_may_not_poll() {
    let mut cluster = with_members(2, &["A"], Explicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1", "1 x1"]);
    let words = "All records must be acknowledged in explicit acknowledgement mode.";
    assert_eq!(poll(&mut cluster, "A"), [words]);
    assert_eq!(cluster.acknowledge("A", &t0(), 5, Accept), Err(SharePollError::NotInFlight));
    assert_eq!(commit(&mut cluster, "A", &[(0, Accept)]), ["NONE"]);
    assert_eq!(poll(&mut cluster, "A"), [words]);
    assert_eq!(commit(&mut cluster, "A", &[(1, Accept)]), ["NONE"]);
    assert!(poll(&mut cluster, "A").is_empty());
}

#[test]
fn implicitly_the_next_poll_accepts_and_close_gives_back() {
    let mut cluster = with_members(4, &["A"], Implicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1", "1 x1"]);
    assert_eq!(cluster.acknowledge("A", &t0(), 0, Accept), Err(SharePollError::Implicit));
    assert_eq!(poll(&mut cluster, "A"), ["2 x1", "3 x1"]);
    cluster.close("A");
    run(&mut cluster, 1_000);
    assert!(cluster.is_closed("A"));
    // Nobody was left: what the group knew is read again from what was kept.
    assert!(cluster.leader().partition("g", &t0()).is_none());
    cluster.join("B", config("B", Implicit), &["t"]);
    run(&mut cluster, 2_000);
    assert_eq!(poll(&mut cluster, "B"), ["2 x2", "3 x2"]);
    assert_eq!(cluster.offsets("g", &t0()), Some((2, Some(2))));
}

#[test]
fn a_lock_ends_and_a_late_acknowledgement_is_refused() {
    let mut cluster = with_members(1, &["A", "B"], Explicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1"]);
    run(&mut cluster, 10_000);
    assert_eq!(poll(&mut cluster, "B"), ["0 x2"]);
    assert_eq!(commit(&mut cluster, "A", &[(0, Accept)]), ["INVALID_RECORD_STATE"]);
    assert_eq!(commit(&mut cluster, "B", &[(0, Accept)]), ["NONE"]);
}

#[test]
fn a_renewed_lock_lasts_longer_and_comes_back_with_the_next_poll() {
    let mut cluster = with_members(1, &["A", "B"], Explicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1"]);
    for _ in 0..3 {
        run(&mut cluster, 6_000);
        assert_eq!(commit(&mut cluster, "A", &[(0, Renew)]), ["NONE"]);
        assert_eq!(cluster.acknowledge("A", &t0(), 0, Accept), Err(SharePollError::NotInFlight));
        assert_eq!(poll(&mut cluster, "A"), ["0 x1"]);
    }
    assert!(poll(&mut cluster, "B").is_empty());
    assert_eq!(commit(&mut cluster, "A", &[(0, Accept)]), ["NONE"]);
}

#[test]
fn a_record_that_nobody_can_use_is_given_up() {
    let mut cluster = with_members(1, &["A"], Explicit);
    for count in 1..=5 {
        assert_eq!(poll(&mut cluster, "A"), [format!("0 x{count}")]);
        assert_eq!(commit(&mut cluster, "A", &[(0, Release)]), ["NONE"]);
    }
    assert!(poll(&mut cluster, "A").is_empty());
    assert_eq!(cluster.offsets("g", &t0()), Some((0, Some(0))));
}

#[test]
fn a_process_that_dies_frees_its_records_at_once() {
    let mut cluster = with_members(1, &["A", "B"], Explicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1"]);
    cluster.crash("A");
    assert_eq!(poll(&mut cluster, "B"), ["0 x2"]);
    // The group learns of it when the session is over.
    assert_eq!(cluster.coordinator().share_group("g").unwrap().members.len(), 2);
    run(&mut cluster, 6_000);
    assert_eq!(cluster.coordinator().share_group("g").unwrap().members.len(), 1);
}

#[test]
fn batches_come_whole_unless_records_are_limited() {
    for (mode, first) in
        [(AcquireMode::BatchOptimized, vec!["0 x1", "1 x1", "2 x1"]), (AcquireMode::RecordLimit, vec!["0 x1", "1 x1"])]
    {
        let mut cluster = cluster();
        cluster.append(&t0(), 3, 0);
        let config = ShareConsumerConfig { acquire_mode: mode, ..config("A", Explicit) };
        cluster.join("A", config, &["t"]);
        run(&mut cluster, 2_000);
        assert_eq!(poll(&mut cluster, "A"), first, "{mode:?}");
    }
}

#[test]
fn where_a_group_begins_is_its_own_configuration() {
    for (reset, first) in [(ShareReset::Earliest, 0), (ShareReset::Latest, 3), (ShareReset::ByDuration(60_000), 2)] {
        let mut cluster = cluster();
        cluster.reset = reset;
        run(&mut cluster, 100_000);
        let now_ms = cluster.now().timestamp_ms();
        for timestamp in [now_ms - 90_000, now_ms - 70_000, now_ms - 50_000] {
            cluster.append(&t0(), 1, timestamp);
        }
        cluster.join("A", config("A", Explicit), &["t"]);
        run(&mut cluster, 2_000);
        cluster.append(&t0(), 1, cluster.now().timestamp_ms());
        let offset = poll(&mut cluster, "A")[0].split(' ').next().unwrap().parse::<i64>().unwrap();
        assert_eq!(offset, first, "{reset:?}");
    }
}

#[test]
fn an_application_that_does_not_poll_is_put_out_and_comes_back() {
    let mut cluster = cluster();
    let config = ShareConsumerConfig { max_poll_interval_ms: 5_000, ..config("A", Explicit) };
    cluster.join("A", config, &["t"]);
    run(&mut cluster, 6_000);
    assert!(cluster.coordinator().share_group("g").unwrap().members.is_empty());
    cluster.append(&t0(), 1, 0);
    cluster.begin_poll("A");
    run(&mut cluster, 3_000);
    assert!(matches!(cluster.polled("A"), Polled::Records(_)));
    assert_eq!(cluster.consumer("A").unwrap().member_epoch(), cluster.coordinator().share_group("g").unwrap().epoch);
}

#[test]
fn what_the_log_lost_is_nobodys() {
    let mut cluster = with_members(6, &["A"], Explicit);
    assert_eq!(poll(&mut cluster, "A"), ["0 x1", "1 x1"]);
    cluster.delete_records(&t0(), 4);
    assert_eq!(commit(&mut cluster, "A", &[(0, Accept), (1, Release)]), ["NONE"]);
    assert_eq!(poll(&mut cluster, "A"), ["4 x1", "5 x1"]);
}

/// Whoever comes, goes, dies or forgets: no record is with two members at once, none is delivered more often than the limit
/// allows, what was accepted is never delivered again, and in the end every record is done with.
#[test]
fn no_record_is_with_two_members_at_once() {
    for seed in 0..30 {
        let mut rng = Pcg::new(seed);
        let mut cluster = cluster();
        let (mut alive, mut accepted): (Vec<String>, Vec<i64>) = (Vec::new(), Vec::new());
        for step in 0..60 {
            match rng.below(8) {
                0 if alive.len() < 4 => {
                    let name = format!("C{step}");
                    cluster.join(&name, config(&name, Explicit), &["t"]);
                    alive.push(name);
                }
                1 if !alive.is_empty() => cluster.crash(&alive.swap_remove(0)),
                2 if !alive.is_empty() => cluster.close(&alive.swap_remove(0)),
                3 => {
                    cluster.append(&t0(), i64::from(rng.below(3)), 0);
                }
                _ if !alive.is_empty() => {
                    let name = alive[usize::try_from(rng.below(u32::try_from(alive.len()).unwrap())).unwrap()].clone();
                    act(&mut cluster, &name, &mut rng, &mut accepted);
                }
                _ => {}
            }
            run(&mut cluster, u64::from(rng.below(2_000)));
            check(&cluster, seed);
        }
        for name in std::mem::take(&mut alive) {
            cluster.close(&name);
        }
        run(&mut cluster, 12_000);
        cluster.join("last", ShareConsumerConfig { max_poll_records: 500, ..config("last", Implicit) }, &["t"]);
        run(&mut cluster, 3_000);
        for _ in 0..20 {
            poll(&mut cluster, "last");
        }
        run(&mut cluster, 1_000);
        assert_eq!(cluster.offsets("g", &t0()).map_or(Some(0), |(_, lag)| lag), Some(0), "seed {seed}");
    }
}

/// An application polls, and does something with what it has.
fn act(cluster: &mut ShareCluster, name: &str, rng: &mut Pcg, accepted: &mut Vec<i64>) {
    if cluster.consumer(name).is_none_or(|consumer| consumer.in_flight().is_empty()) {
        poll(cluster, name);
    }
    let there: Vec<Delivered> = cluster.consumer(name).map(ShareConsumer::in_flight).unwrap_or_default();
    let mut mine = Vec::new();
    for record in &there {
        assert!(!accepted.contains(&record.offset), "{} comes again", record.offset);
        let how = [Accept, Accept, Release, Reject][usize::try_from(rng.below(4)).unwrap()];
        cluster.acknowledge(name, &t0(), record.offset, how).unwrap();
        mine.extend((how == Accept).then_some(record.offset));
    }
    if rng.below(3) > 0
        && let Some(id) = cluster.commit_sync(name)
    {
        run(cluster, 700);
        let is_done = |(_, error): &(TopicPartition, ShareError)| *error == ShareError::None;
        if cluster.committed(name, id).is_some_and(|results| results.iter().all(is_done)) {
            accepted.extend(mine);
        }
    }
}

fn check(cluster: &ShareCluster, seed: u64) {
    let Some(partition) = cluster.leader().partition("g", &t0()) else { return };
    let mut before = -1;
    for (first, last, state) in partition.batches().iter().flat_map(super::super::in_flight::InFlightBatch::states) {
        assert!(first > before && last >= first, "seed {seed}");
        assert!(state.delivery_count <= 5, "seed {seed}");
        let is_acquired = state.state == super::super::in_flight::RecordState::Acquired;
        assert_eq!(state.member.is_some(), is_acquired, "seed {seed}: {first}");
        before = last;
    }
    assert!(partition.start_offset() <= partition.end_offset().max(0) + 1, "seed {seed}");
    let end = cluster.log(&t0()).map_or(0, ShareLog::end);
    assert!(partition.delivery_complete_count() >= 0 && partition.start_offset() <= end, "seed {seed}");
}
