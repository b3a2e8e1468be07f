use super::*;
use crate::fact::Fact;
use crate::ids::LeaderEpoch;
use crate::message::{CurrentLeaders, LeaderIdAndEpoch};
use crate::outbox::Counters;

fn orders(partition: i32) -> TopicPartition {
    TopicPartition::new("orders", partition)
}

/// A client that knows brokers 1 and 2, and that broker 1 leads orders-0 in epoch 5.
fn client() -> ClientMetadata {
    let config = ClientMetadataConfig::from(&ProducerConfig::default());
    let mut client = ClientMetadata::new(ClientId("p1".into()), BrokerId(1), config);
    client.set_bootstrap_servers(vec![BrokerId(1), BrokerId(2)]);
    let known = PartitionRegistration {
        replicas: vec![BrokerId(1), BrokerId(2)],
        leader: Some(BrokerId(1)),
        leader_epoch: LeaderEpoch(5),
        ..PartitionRegistration::default()
    };
    let image = TopicImage { partitions: vec![Rc::new(known)], ..TopicImage::default() };
    client.topics.insert("orders".into(), Rc::new(image));
    client
}

/// A response names a leader; what the client tells of that.
fn named(client: &mut ClientMetadata, partition: i32, leader: i32, epoch: i32, endpoint: Option<i32>) -> Vec<Fact> {
    let leader_id = Some(BrokerId(leader)).filter(|id| id.0 >= 0);
    let leader = LeaderIdAndEpoch { leader_id, leader_epoch: LeaderEpoch(epoch) };
    let node_endpoints = endpoint.map(BrokerId).into_iter().collect();
    let leaders = CurrentLeaders { leaders: vec![(orders(partition), leader)], node_endpoints };
    let node = NodeId::Client(ClientId("p1".into()));
    let mut out = Outbox::new(SimTime::ZERO, node, FactId(0), Counters::default(), Vec::new());
    let is_updated = client.update_partition_leadership(&leaders, &mut out);
    let facts = out.finish().facts;
    assert_eq!(is_updated, !facts.is_empty());
    facts
}

#[test]
fn only_a_newer_leader_is_taken_of_a_known_partition_on_a_known_broker() {
    // Which partition, leader and epoch are named, with which endpoint; who leads in the client's eyes then.
    let cases = [
        (0, 2, 6, None, (2, 6)),
        (0, 3, 6, Some(3), (3, 6)),
        (0, 1, 6, Some(1), (1, 6)),
        (0, 2, 5, Some(2), (1, 5)),
        (0, 2, 4, Some(2), (1, 5)),
        (0, 3, 6, Some(2), (1, 5)),
        (0, -1, 6, None, (1, 5)),
        (1, 2, 6, Some(2), (1, 5)),
    ];
    for (partition, leader, epoch, endpoint, expected) in cases {
        let mut client = client();
        let facts = named(&mut client, partition, leader, epoch, endpoint);
        let known = client.partition(&orders(0)).unwrap();
        let case = (partition, leader, epoch, endpoint);
        assert_eq!((known.leader.unwrap().0, known.leader_epoch.0), expected, "{case:?}");
        assert_eq!(known.replicas.len(), 2, "what else is known stays");
        assert_eq!(facts.len(), usize::from(expected != (1, 5)), "{case:?}");
        assert!(facts.iter().all(|fact| fact.kind.name() == "PartitionLeadershipUpdated"));
        assert_eq!(client.is_online(BrokerId(3)), expected.0 == 3, "{case:?}");
    }
}

#[test]
fn metadata_that_tells_what_an_answer_has_told_counts_as_nothing_new() {
    let mut client = client();
    client.wanted.insert("orders".into());
    named(&mut client, 0, 2, 6, Some(2));
    let told = Rc::clone(client.topic("orders").unwrap());
    let node = NodeId::Client(ClientId("p1".into()));
    let mut out = Outbox::new(SimTime::ZERO, node, FactId(0), Counters::default(), Vec::new());
    client.request_now(&mut out);
    let asked = client.in_flight.unwrap().0;
    let response = MetadataResponse { brokers: vec![BrokerId(1), BrokerId(2)], topics: vec![("orders".into(), told)] };
    client.on_response(asked, &response, &mut out);
    assert_eq!(client.equivalent_responses, 1);
}
