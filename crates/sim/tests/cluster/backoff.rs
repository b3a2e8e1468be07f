//! How long clients wait while a leader is gone: for metadata (KIP-580), and before they connect again (KIP-144).

use highwater_sim::command::Command;
use highwater_sim::config::{BrokerConfig, TopicConfig};
use highwater_sim::fact::{Fact, FactKind};
use highwater_sim::fault::Fault;
use highwater_sim::ids::{BrokerId, NodeId};
use highwater_sim::message::Api;

use crate::story::{Configs, PLAIN, Story, broker, client};

/// How long a message takes, in µs.
const LATENCY_US: u64 = 1_000;

/// orders-0 on brokers 2 and 3, and c1 that reads it.
fn cluster(consumer: Configs<'_>) -> Story {
    let mut story = Story::new(3, LATENCY_US, BrokerConfig::default());
    story.add_producer("p1", &PLAIN);
    story.add_consumer("c1", consumer);
    story.create_topic("orders", &[2, 3], TopicConfig::default());
    story.assign("c1", None);
    story.run_ms(1_000);
    story.mark();
    story
}

impl Story {
    /// When a client sent requests of a kind, and to whom.
    fn sent(&self, from: &str, api: Api) -> Vec<(u64, NodeId)> {
        let from = NodeId::Client(client(from));
        let sent = |fact: &Fact| match &fact.kind {
            FactKind::Sent(message) if message.from == from && message.api == api => {
                Some((fact.at.0 / 1_000, message.to.clone()))
            }
            _ => None,
        };
        self.new_facts().iter().filter_map(sent).collect()
    }
}

/// The waits between them, in ms.
fn waits(sent: &[(u64, NodeId)]) -> Vec<u64> {
    sent.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
}

/// Each wait is one of these, up to a fifth longer or shorter, but never longer than the last; and the answer takes its way.
fn assert_grow(waits: &[u64], expected: &[u64]) {
    let round_trip = 2 * LATENCY_US / 1_000;
    let most = expected.last().copied().unwrap_or_default();
    for (index, wait) in waits.iter().enumerate() {
        let about = expected.get(index).copied().unwrap_or(most);
        let range = about * 4 / 5..=(about * 6 / 5).min(most) + round_trip;
        assert!(range.contains(wait), "wait {index} of {waits:?} is not about {about} ms");
    }
    assert!(waits.len() >= expected.len(), "{waits:?}");
}

#[test]
fn a_consumer_whose_leader_is_gone_waits_longer_each_time() {
    let mut cluster = cluster(&[]);
    cluster.fault(Fault::Kill(BrokerId(2)));
    cluster.run_ms(6_000);
    let fetches = cluster.sent("c1", Api::Fetch);
    assert!(fetches.iter().all(|(_, to)| *to == broker(2)), "{fetches:?}");
    assert_grow(&waits(&fetches), &[100, 200, 400, 800, 1_000]);
    let metadata = cluster.sent("c1", Api::Metadata);
    assert!(metadata.iter().all(|(_, to)| *to == broker(1)), "{metadata:?}");
    assert_grow(&waits(&metadata), &[100, 200, 400, 800, 1_000]);
    cluster.run_ms(6_000);
    let last = cluster.sent("c1", Api::Fetch).last().cloned().unwrap();
    assert_eq!(last.1, broker(3), "the new leader is found once metadata tells of it");
}

#[test]
fn the_waits_are_configured() {
    let metadata = [("retry.backoff.ms", "300"), ("retry.backoff.max.ms", "300")];
    let connect = [("reconnect.backoff.ms", "100"), ("reconnect.backoff.max.ms", "100")];
    let mut cluster = cluster(&[metadata, connect].concat());
    cluster.fault(Fault::Kill(BrokerId(2)));
    cluster.run_ms(4_000);
    assert_eq!(waits(&cluster.sent("c1", Api::Fetch))[..3], [102, 102, 102]);
    assert_eq!(waits(&cluster.sent("c1", Api::Metadata))[..3], [302, 302, 302]);
}

#[test]
fn a_broker_that_answers_is_connected_at_once_the_next_time() {
    let mut cluster = cluster(&[]);
    cluster.fault(Fault::Kill(BrokerId(2)));
    cluster.run_ms(3_000);
    cluster.fault(Fault::Start(BrokerId(2)));
    cluster.run_ms(3_000);
    cluster.mark();
    cluster.fault(Fault::Kill(BrokerId(2)));
    cluster.run_ms(2_000);
    assert_grow(&waits(&cluster.sent("c1", Api::Fetch))[..2], &[100, 200]);
}

#[test]
fn a_producer_does_not_send_to_a_broker_before_it_connects_again() {
    let mut cluster = cluster(&[]);
    cluster.produce("new");
    cluster.run_ms(1_000);
    cluster.mark();
    cluster.fault(Fault::Kill(BrokerId(2)));
    for _ in 0..40 {
        cluster.produce("new");
        cluster.run_ms(50);
    }
    let produces = cluster.sent("p1", Api::Produce);
    assert!((4..=6).contains(&produces.len()), "one an attempt to connect: {produces:?}");
}

#[test]
fn metadata_is_asked_of_another_broker_while_a_connection_is_broken() {
    let mut cluster = cluster(&[]);
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.run_ms(1_000);
    cluster.mark();
    for _ in 0..3 {
        cluster.command(Command::RefreshMetadata { client: client("c1") });
        cluster.run_ms(200);
    }
    let asked: Vec<NodeId> = cluster.sent("c1", Api::Metadata).into_iter().map(|(_, to)| to).collect();
    assert_eq!(asked, [broker(1), broker(2), broker(2), broker(2)]);
}
