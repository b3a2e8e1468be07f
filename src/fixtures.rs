//! Scenes with the numbers of the design's pictures, for tests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "fixtures of tests")]

use highwater_player::phrase::Phrase;
use highwater_player::scene::accumulator::{Batch, BatchState, Queue};
use highwater_player::scene::cluster::{
    ClientCard, ClientKind, ClientLine, Cut, Envelope, Float, LineRecord, RecordCell, ReplicaRow, Role, Standing,
    Status, Whereabouts,
};
use highwater_player::scene::group::{
    CrowdMember, GroupCrowd, GroupLog, GroupPanel, GroupTime, MemberRole, TimeRow, TimeSpan,
};
use highwater_player::scene::partitioner::{Division, HashStage, KeyChip, KeyStages, MovedShare, PartitionLane};
use highwater_player::scene::replicas::{BrokerColumn, PartitionRow, ReplicaBar, TickRow};
use highwater_player::scene::{AccumulatorPanel, ClusterPanel, Panel, PartitionerPanel, ReplicasPanel, Scene, Shown};

/// A phrase that says exactly these words in any language.
pub fn words(words: &str) -> Phrase {
    Phrase::new(words)
}

/// A value with a key that nobody asks for.
pub fn shown<T>(value: T) -> Shown<T> {
    Shown { value, key: "test".to_owned() }
}

const RECORDS: [(&str, &str, u8); 8] = [
    ("new", "u17", 1),
    ("new", "u42", 2),
    ("paid", "u17", 1),
    ("ship", "u17", 1),
    ("paid", "u42", 2),
    ("new", "u8", 3),
    ("refund", "u1234567", 4),
    ("ship", "u42", 2),
];

/// A replica of `orders-0` with records from 0 to `leo`.
pub fn replica(broker: i32, leo: i64, hw: i64, floats: &[(i32, Option<i64>)]) -> ReplicaRow {
    let id = format!("broker-{broker}/orders-0");
    ReplicaRow {
        rack: None,
        stored: Vec::new(),
        broker,
        role: if floats.is_empty() { Role::Follower } else { Role::Leader },
        in_isr: true,
        in_elr: false,
        standing: Standing::Up,
        cuts: Vec::new(),
        is_deposed: false,
        clock: None,
        ghosts: Vec::new(),
        records: (0..leo)
            .map(|offset| {
                let (value, key, color) = RECORDS[usize::try_from(offset).unwrap() % RECORDS.len()];
                RecordCell {
                    id: format!("{id}/record-{offset}"),
                    offset,
                    key: Some(key.to_owned()),
                    value: Some(value.to_owned()),
                    color,
                    committed: offset < hw,
                    differs: false,
                    batch: offset,
                }
            })
            .collect(),
        high_watermark: shown(hw),
        log_end_offset: shown(leo),
        epochs: if leo > 3 { vec![(0, 0), (1, 3)] } else { vec![(0, 0)] },
        floats: floats
            .iter()
            .map(|(replica, offset)| Float {
                id: format!("{id}/float-{replica}"),
                replica: *replica,
                log_end_offset: shown(*offset),
                holds_water: true,
            })
            .collect(),
        id,
    }
}

/// A message between two ends.
pub fn message(number: u32, from: &str, to: &str, api: &str, response: bool, summary: &str) -> Envelope {
    Envelope {
        id: format!("message-{number}"),
        from: from.to_owned(),
        to: to.to_owned(),
        api: api.to_owned(),
        response,
        summary: words(summary),
        whereabouts: Whereabouts::Travelling,
        cause: None,
    }
}

fn line(id: &str, record: Option<(&str, &str, u8)>, text: &str, status: Option<(Status, &str)>) -> ClientLine {
    ClientLine {
        id: id.to_owned(),
        record: record.map(|(value, key, color)| LineRecord {
            value: value.to_owned(),
            key: Some(key.to_owned()),
            color,
            committed: false,
        }),
        text: words(text),
        status: status.map(|(status, text)| (status, words(text))),
    }
}

/// The cluster of `mocks/replication.html`.
pub fn cluster() -> ClusterPanel {
    let mut fetch = message(14, "broker-2", "broker-1", "Fetch", false, "offset 4 · epoch 1");
    fetch.cause = Some(("broker-2/orders-0/record-3".to_owned(), words("because it has 3 now")));
    ClusterPanel {
        partition: "orders-0".to_owned(),
        isr: shown(vec![1, 2, 3]),
        elr: Vec::new(),
        leader: Some(1),
        cuts: Vec::new(),
        first_offset: 0,
        replicas: vec![replica(1, 5, 3, &[(2, Some(3)), (3, Some(4))]), replica(2, 4, 3, &[]), replica(3, 5, 3, &[])],
        clients: vec![
            ClientCard {
                id: "client-c1".to_owned(),
                name: "c1".to_owned(),
                kind: ClientKind::Consumer { position: shown(Some(3)), both_lines: false },
                lines: vec![
                    line("client-c1/line-0", None, "Position 3: it has read 0, 1 and 2.", None),
                    line("client-c1/line-1", None, "Offset 3 is stored but dry: not visible yet.", None),
                ],
                earlier: 0,
                lost: 0,
            },
            ClientCard {
                id: "client-p1".to_owned(),
                name: "p1".to_owned(),
                kind: ClientKind::Producer { acks: "all".to_owned() },
                lines: vec![
                    line(
                        "client-p1/line-3",
                        Some(("ship", "u17", 1)),
                        "at offset 3",
                        Some((Status::Waiting, "waits for HW 4")),
                    ),
                    line(
                        "client-p1/line-4",
                        Some(("paid", "u42", 2)),
                        "at offset 4",
                        Some((Status::Waiting, "waits for HW 5")),
                    ),
                ],
                earlier: 0,
                lost: 0,
            },
        ],
        messages: vec![fetch],
    }
}

/// A scene of one panel.
pub fn scene(panels: Vec<Panel>) -> Scene {
    Scene { time_us: 1_201_000, panels, look: Vec::new(), new: Vec::new() }
}

/// `mocks/replication.html`.
pub fn replication() -> Scene {
    let mut scene = scene(vec![Panel::Cluster(cluster())]);
    scene.new = vec!["message-14".to_owned(), "broker-2/orders-0/record-3".to_owned()];
    scene.look = vec!["broker-1/orders-0/hw".to_owned()];
    scene
}

/// Every lane of the cluster with a message, and both followers' fetches waiting.
pub fn busy() -> Scene {
    let mut panel = cluster();
    let parked = |number, from: &str| Envelope {
        whereabouts: Whereabouts::Parked { wait_ms: 500, waited_ms: 88 },
        ..message(number, from, "broker-1", "Fetch", false, "offset 5")
    };
    panel.messages = vec![
        parked(20, "broker-2"),
        parked(21, "broker-3"),
        message(22, "client-p1", "broker-1", "Produce", false, "1 record · acks=all"),
        message(23, "broker-1", "client-c1", "Fetch", true, "1 record · HW 4"),
    ];
    scene(vec![Panel::Cluster(panel)])
}

/// Links that are cut: between two followers, of the leader and the controller one way, and what a consumer would hear.
pub fn cut() -> Scene {
    let mut panel = cluster();
    let cut =
        |other: &str, loses_sent: bool, loses_heard: bool| Cut { other: other.to_owned(), loses_sent, loses_heard };
    let cuts = [
        vec![cut("broker-3", false, true), cut("controller", true, false), cut("client-c1", true, false)],
        vec![cut("broker-3", true, true)],
        vec![cut("broker-2", true, true), cut("broker-1", true, false), cut("broker-4", false, true)],
    ];
    for (row, cuts) in panel.replicas.iter_mut().zip(cuts) {
        row.cuts = cuts;
    }
    scene(vec![Panel::Cluster(panel)])
}

/// A group of 100 members with 1,000 partitions; `c7` is gone, and the last one has just come.
pub fn group_crowd() -> Scene {
    let member = |number: i64| CrowdMember {
        id: format!("member-c{number}"),
        name: format!("c{number}"),
        role: match number {
            1 => MemberRole::Leader,
            7 => MemberRole::Crashed,
            _ => MemberRole::Member,
        },
        polls: number != 12,
        kept: if number == 100 { 0 } else { 10 - number % 3 },
        came: if number == 100 { 9 } else { number % 2 },
        gone: i64::from(number % 10 == 0),
    };
    let row = |number: u64| TimeRow {
        id: format!("member-c{number}/time"),
        name: format!("c{number}"),
        spans: [(0, 20 + number / 5, true), (20 + number / 5, 26 + number / 9, false), (26 + number / 9, 60, true)]
            .map(|(from, to, works)| TimeSpan { from_us: from * 1_000_000, to_us: to * 1_000_000, works })
            .to_vec(),
        heartbeats: Vec::new(),
        without_ms: Some(6_000),
        had_some: true,
    };
    scene(vec![Panel::Group(Box::new(GroupPanel {
        id: "group-billing".to_owned(),
        group: "billing".to_owned(),
        coordinator: shown(Some(2)),
        state: shown("PreparingRebalance".to_owned()),
        generation: shown(5),
        assignment_epoch: None,
        protocol: Some("cooperative-sticky".to_owned()),
        members: Vec::new(),
        unowned: Vec::new(),
        crowd: Some(GroupCrowd { partitions: 1_000, unowned: 9, members: (1..=100).map(member).collect() }),
        time: GroupTime {
            id: "group-billing/time".to_owned(),
            from_us: 0,
            now_us: 60_000_000,
            rows: (1..=100).map(row).collect(),
            events: vec![(20_000_000, words("50 start")), (21_000_000, words("49 start"))],
        },
        log: GroupLog {
            id: "group-billing/log".to_owned(),
            partition: "__consumer_offsets-31".to_owned(),
            records: Vec::new(),
        },
    }))])
}

/// Both followers, producer and consumer on the wire.
pub fn crowded() -> Scene {
    let mut panel = cluster();
    panel.messages = vec![
        message(20, "broker-2", "broker-1", "Fetch", false, "offset 5 · epoch 1"),
        message(21, "broker-1", "broker-3", "Fetch", true, "1 record · HW 3 · and more words than one line"),
        message(22, "broker-1", "client-p1", "Produce", true, "offset 3 · no error"),
        message(23, "client-c1", "broker-1", "Fetch", false, "offset 3"),
    ];
    scene(vec![Panel::Cluster(panel)])
}

/// Nothing written yet.
pub fn empty() -> Scene {
    let mut panel = cluster();
    panel.replicas = vec![replica(1, 0, 0, &[(2, None), (3, Some(0))]), replica(2, 0, 0, &[]), replica(3, 0, 0, &[])];
    panel.messages.clear();
    scene(vec![Panel::Cluster(panel)])
}

fn chip(topic: i32, key: &str, color: u8, next: bool, records: i64) -> KeyChip {
    KeyChip { id: format!("topic/orders/partition-{topic}/key-{key}"), key: key.to_owned(), color, next, records }
}

/// The partitioner of `mocks/partitioner.html`.
pub fn partitioner() -> PartitionerPanel {
    let lanes = [
        vec![chip(0, "user-17", 1, true, 2), chip(0, "user-8", 3, false, 1)],
        vec![chip(1, "user-42", 2, false, 1), chip(1, "user-64", 6, true, 1)],
        vec![chip(2, "user-7", 4, true, 1), chip(2, "user-99", 5, false, 1)],
        vec![chip(3, "user-8", 3, true, 0)],
        vec![chip(4, "user-42", 2, true, 0)],
        vec![chip(5, "user-99", 5, true, 0)],
    ];
    PartitionerPanel {
        topic: "orders".to_owned(),
        partitions: 6,
        key: Some(Box::new(KeyStages {
            text: "user-8".to_owned(),
            color: 3,
            bytes: "user-8".chars().map(|c| (u8::try_from(c).unwrap(), c.to_string())).collect(),
            hash: Some(HashStage {
                initial: -1_756_908_918,
                turns: vec![("user".to_owned(), 1_234_567_890)],
                tail: Some(("-8".to_owned(), -987_654_321)),
                murmur2: shown(-1_644_747_527),
            }),
            positive: Some(shown(502_736_121)),
            remainder: Some(Division { dividend: 502_736_121, divisor: 6, quotient: 83_789_353, remainder: shown(3) }),
            partition: Some(shown(3)),
            before: Some((3, 0)),
        })),
        lanes: (0..)
            .zip(lanes)
            .map(|(partition, keys)| PartitionLane {
                id: format!("topic/orders/partition-{partition}"),
                partition,
                records: keys.iter().map(|key| key.records).sum(),
                is_now: partition == 3,
                keys,
            })
            .collect(),
        moves: None,
    }
}

/// The accumulator of `mocks/partitioner.html`.
pub fn accumulator() -> AccumulatorPanel {
    AccumulatorPanel {
        producer: "p1".to_owned(),
        topic: "orders".to_owned(),
        batch_size: 16_384,
        linger_ms: 5,
        queues: vec![Queue {
            id: "accumulator/p1/orders-1".to_owned(),
            partition: 1,
            batches: vec![Batch {
                id: "accumulator/p1/orders-1/batch-3".to_owned(),
                bytes: 11_264,
                ticks: vec![2_294, 5_078, 7_046, 9_503, 11_264],
                waited_ms: 3,
                state: BatchState::Open,
            }],
        }],
        sticky: Some((shown(1), 11_264)),
        past: vec![0, 4, 4],
    }
}

/// `mocks/partitioner.html`.
pub fn key_hash() -> Scene {
    scene(vec![Panel::Partitioner(partitioner()), Panel::Accumulator(accumulator())])
}

/// The measured share of keys that move.
pub fn moved() -> Scene {
    let mut panel = partitioner();
    panel.moves = Some(MovedShare {
        id: "moves/orders".to_owned(),
        keys: 1_000,
        from: 3,
        to: 6,
        moved: 497,
        counts_before: vec![331, 340, 329],
        counts_after: vec![160, 172, 171, 171, 168, 158],
    });
    scene(vec![Panel::Partitioner(panel)])
}

/// Before the first key.
pub fn no_key() -> Scene {
    let mut panel = partitioner();
    panel.key = None;
    for lane in &mut panel.lanes {
        lane.is_now = false;
        lane.keys.clear();
    }
    scene(vec![Panel::Partitioner(panel)])
}

/// A topic on all its brokers; the frozen one has left every ISR.
pub fn replicas(brokers: i32, partitions: i32, frozen: Option<i32>) -> Scene {
    let cells = partitions * 3 <= 24;
    let first = if cells { 0 } else { 40 };
    let row = |partition: i32| {
        let name = format!("orders-{partition}");
        let mut assigned: Vec<i32> = (0..brokers.min(3)).map(|copy| (partition + copy) % brokers + 1).collect();
        let preferred = assigned.first().copied();
        assigned.sort_unstable();
        let isr: Vec<i32> = assigned.iter().copied().filter(|broker| Some(*broker) != frozen).collect();
        let leader = preferred.filter(|broker| isr.contains(broker)).or(isr.first().copied());
        let bar = |broker: i32| {
            let (hw, end) = if Some(broker) == frozen { (first + 3, first + 5) } else { (first + 6, first + 8) };
            let mut whole = replica(broker, end, hw, &[]);
            whole.records.retain(|record| record.offset >= first);
            ReplicaBar {
                broker,
                is_leader: Some(broker) == leader,
                in_isr: isr.contains(&broker),
                high_watermark: shown(hw),
                log_end_offset: shown(end),
                behind: first + 8 - end,
                records: if cells { whole.records } else { Vec::new() },
                id: format!("replicas/{name}/broker-{broker}"),
            }
        };
        PartitionRow {
            id: format!("replicas/{name}"),
            partition: name.clone(),
            leader,
            first_offset: first,
            end_offset: first + 8,
            bars: assigned.iter().map(|broker| bar(*broker)).collect(),
            isr,
        }
    };
    let rows: Vec<PartitionRow> = (0..partitions.min(24)).map(row).collect();
    let column = |broker: i32| BrokerColumn {
        id: format!("replicas/orders/broker-{broker}"),
        broker,
        standing: if Some(broker) == frozen { Standing::Paused } else { Standing::Up },
        leads: rows.iter().filter(|row| row.leader == Some(broker)).count().try_into().unwrap(),
        replicas: i64::from(partitions * 3 / brokers),
    };
    let tick = |broker: i32| TickRow {
        id: format!("replicas/orders/preferred-{broker}"),
        broker,
        full: (0..partitions / brokers).map(|_| Some(broker) != frozen).collect(),
    };
    scene(vec![Panel::Replicas(ReplicasPanel {
        id: "replicas/orders".to_owned(),
        topic: "orders".to_owned(),
        partitions: i64::from(partitions),
        under_replicated: i64::from(frozen.map_or(0, |_| partitions * 3 / brokers)),
        is_few: cells,
        brokers: (1..=brokers).map(column).collect(),
        rows: if partitions > 240 { Vec::new() } else { rows.clone() },
        ticks: if partitions > 24 { (1..=brokers).map(tick).collect() } else { Vec::new() },
    })])
}

/// All of them, by name.
pub fn all() -> Vec<(&'static str, Scene)> {
    vec![
        ("replication", replication()),
        ("busy", busy()),
        ("crowded", crowded()),
        ("cut", cut()),
        ("empty", empty()),
        ("key-hash", key_hash()),
        ("moved", moved()),
        ("no-key", no_key()),
        ("replicas-few", replicas(3, 3, Some(2))),
        ("replicas-many", replicas(10, 24, Some(7))),
        ("replicas-more", replicas(10, 100, Some(7))),
        ("replicas-most", replicas(10, 1_000, Some(7))),
    ]
}
