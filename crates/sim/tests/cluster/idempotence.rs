//! Idempotent producers in a cluster where things go wrong.

use highwater_log::producer_state::ProducerStateEntry;
use highwater_sim::config::TopicConfig;
use highwater_sim::fact::{FactKind, IdempotenceFact};
use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, MessageId, Offset};
use highwater_sim::message::Message;
use highwater_sim::producer::Fate;
use highwater_sim::world::World;

use crate::story::{Configs, Story, broker, broker_config, orders};

/// So many brokers, orders-0 on all of them with broker 1 as its leader, and p1, whose batches go at once.
fn cluster(brokers: i32, given: Configs<'_>, of_brokers: Configs<'_>) -> Story {
    let mut story = Story::new(brokers, 2_000, broker_config(of_brokers));
    let soon = [("linger.ms", "0"), ("request.timeout.ms", "3000"), ("delivery.timeout.ms", "60000")];
    story.add_producer("p1", &[&soon, given].concat());
    story.create_topic("orders", &(1..=brokers).collect::<Vec<_>>(), TopicConfig::default());
    story.run_ms(100);
    story
}

impl Story {
    /// What a log knows of the only producer.
    fn known(&self, id: i32) -> Option<ProducerStateEntry> {
        let replica = self.world.replica(BrokerId(id), &orders()).unwrap();
        let mut known = replica.log.producers().producers();
        assert!(replica.log.producers().producers().count() <= 1);
        known.next().cloned()
    }

    fn idempotence(&self) -> impl Iterator<Item = &IdempotenceFact> {
        self.facts.iter().filter_map(|fact| match &fact.kind {
            FactKind::Idempotence(fact) => Some(&**fact),
            _ => None,
        })
    }
}

/// A Produce request on its way, or a response.
fn produce_on_the_wire(world: &World, response: bool) -> Option<MessageId> {
    let is_it = |message: &&&Message| message.body.api().name() == "Produce" && message.body.is_response() == response;
    world.on_the_wire().iter().find(is_it).map(|message| message.id)
}

fn stored(offsets: impl IntoIterator<Item = i64>) -> Vec<Fate> {
    offsets.into_iter().map(|offset| Fate::Acknowledged(Offset(offset))).collect()
}

#[test]
fn a_producer_has_an_id_before_its_first_batch_goes() {
    let mut cluster = cluster(3, &[], &[]);
    cluster.produce("a");
    cluster.run_ms(2_000);
    cluster.produce("b");
    cluster.run_ms(2_000);
    let wanted = [
        "InitProducerIdSent",
        "InitProducerIdReceived",
        "AllocateProducerIdsSent",
        "InitProducerIdResponseSent",
        "AllocateProducerIdsReceived",
        "ProducerIdsRecord",
        "AllocateProducerIdsResponseSent",
        "InitProducerIdResponseReceived",
        "AllocateProducerIdsResponseReceived",
        // The broker had no id yet: the producer asks again after retry.backoff.ms.
        "InitProducerIdSent",
        "InitProducerIdReceived",
        "InitProducerIdResponseSent",
        "InitProducerIdResponseReceived",
        "ProducerIdSet",
        "SequenceAssigned",
        "SequenceAssigned",
    ];
    let told: Vec<_> = cluster.names().into_iter().filter(|name| wanted.contains(name)).collect();
    assert_eq!(told, wanted);
    assert_eq!(cluster.fates(), stored([0, 1]));
    let known = cluster.known(1).unwrap();
    assert_eq!((known.producer_id, known.producer_epoch, known.last_sequence()), (0, 0, 1));
    assert_eq!(
        (cluster.known(2), cluster.known(3)),
        (Some(known.clone()), Some(known)),
        "from the batches they copied"
    );
}

#[test]
fn another_broker_gives_ids_of_another_block() {
    let mut cluster = cluster(3, &[], &[]);
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.run_ms(15_000);
    cluster.produce("a");
    cluster.run_ms(10_000);
    cluster.fault(Fault::Start(BrokerId(1)));
    cluster.run_ms(10_000);
    assert_eq!(cluster.fates(), stored([0]));
    cluster.add_producer("p2", &[("linger.ms", "0")]);
    cluster.send_by("p2", "orders", Some(0), None);
    cluster.run_ms(2_000);
    let ids =
        ["p1", "p2"].map(|name| cluster.world.producer(name).unwrap().producer_id_and_epoch().unwrap().producer_id);
    assert_eq!(ids, [0, 1_000], "p1 asked broker 2, p2 broker 1");
}

/// The leader dies when all have the record and its answer is on its way.
fn dies_before_the_ack(idempotence: &str) -> Story {
    let mut cluster = cluster(3, &[("enable.idempotence", idempotence)], &[]);
    cluster.produce("first");
    cluster.run_ms(1_000);
    cluster.produce("a");
    cluster.run_until(|world| produce_on_the_wire(world, true).is_some());
    assert_eq!([1, 2, 3].map(|id| cluster.values(id).len()), [2; 3]);
    let answer = produce_on_the_wire(&cluster.world, true).unwrap();
    cluster.fault(Fault::Drop(answer));
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.run_ms(40_000);
    cluster
}

#[test]
fn a_leader_that_dies_before_its_ack_leaves_one_copy() {
    let cluster = dies_before_the_ack("true");
    assert_eq!(cluster.values(2), ["first", "a"]);
    assert_eq!(cluster.fates(), stored([0, 1]), "the offset of the original");
    let duplicates: Vec<_> = cluster
        .idempotence()
        .filter_map(|fact| match fact {
            IdempotenceFact::DuplicateBatch { broker, first_offset, state, .. } => {
                Some((broker.0, first_offset.0, state.base_sequence))
            }
            _ => None,
        })
        .collect();
    assert_eq!(duplicates, [(2, 1, 1)], "the new leader knows it from what it copied");
}

#[test]
fn without_idempotence_it_leaves_two() {
    let cluster = dies_before_the_ack("false");
    assert_eq!(cluster.values(2), ["first", "a", "a"]);
    assert_eq!(cluster.fates(), stored([0, 2]));
}

/// Five batches, each in a request of its own; with the first one's request or response lost.
fn five_in_flight(idempotence: &str, response: bool) -> Story {
    let mut cluster = cluster(3, &[("enable.idempotence", idempotence)], &[]);
    cluster.produce("first");
    cluster.run_ms(1_000);
    for value in ["a", "b", "c", "d", "e"] {
        cluster.produce(value);
        cluster.run_until(|world| world.producer("p1").unwrap().batches(&orders()).iter().all(|batch| batch.in_flight));
    }
    assert_eq!(cluster.world.producer("p1").unwrap().batches_in_flight().count(), 5);
    cluster.run_until(|world| produce_on_the_wire(world, response).is_some());
    let lost = produce_on_the_wire(&cluster.world, response).unwrap();
    cluster.fault(Fault::Drop(lost));
    cluster.run_ms(20_000);
    cluster
}

#[test]
fn five_in_flight_with_a_lost_answer_are_stored_once_and_in_order() {
    let cluster = five_in_flight("true", true);
    assert_eq!(cluster.values(1).concat(), "firstabcde");
    assert_eq!(cluster.fates(), stored(0..6));
    assert_eq!(cluster.count("DuplicateBatch"), 1);
    assert_eq!(five_in_flight("false", true).values(1).concat(), "firstabcdea");
}

#[test]
fn what_comes_behind_a_lost_request_is_refused_and_sent_again_in_order() {
    let cluster = five_in_flight("true", false);
    assert_eq!(cluster.values(1).concat(), "firstabcde");
    assert_eq!(cluster.fates(), stored(0..6));
    let expected: Vec<_> = cluster
        .idempotence()
        .filter_map(|fact| match fact {
            IdempotenceFact::OutOfOrderSequence { state, expected, .. } => Some((state.base_sequence, *expected)),
            _ => None,
        })
        .collect();
    assert_eq!(expected, [(2, 1), (3, 1), (4, 1), (5, 1)]);
    assert_eq!((cluster.count("ProducerEpochBumped"), cluster.count("DuplicateBatch")), (0, 0));
    assert_eq!(five_in_flight("false", false).values(1).concat(), "firstbcdea", "without idempotence it comes last");
}

#[test]
fn a_restart_keeps_what_a_log_knows() {
    for is_clean in [true, false] {
        let mut cluster = cluster(1, &[], &[]);
        for value in ["a", "b"] {
            cluster.produce(value);
            cluster.run_ms(1_000);
        }
        let before = cluster.known(1).unwrap();
        cluster.produce("c");
        cluster.run_until(|world| produce_on_the_wire(world, true).is_some());
        let answer = produce_on_the_wire(&cluster.world, true).unwrap();
        cluster.fault(Fault::Drop(answer));
        cluster.fault(if is_clean { Fault::Stop(BrokerId(1)) } else { Fault::Kill(BrokerId(1)) });
        cluster.run_ms(12_000);
        assert!(cluster.world.is_down(BrokerId(1)));
        cluster.fault(Fault::Start(BrokerId(1)));
        cluster.run_ms(30_000);
        let after = cluster.known(1).unwrap();
        assert_eq!((before.last_sequence(), after.last_sequence()), (1, 2), "clean: {is_clean}");
        assert_eq!((after.producer_id, after.producer_epoch), (before.producer_id, before.producer_epoch));
        assert_eq!(cluster.values(1).concat(), "abc", "clean: {is_clean}");
        assert_eq!((cluster.fates(), cluster.count("DuplicateBatch")), (stored(0..3), 1));
    }
}

#[test]
fn what_a_follower_cuts_off_it_forgets() {
    let mut cluster = cluster(3, &[], &[("replica.lag.time.max.ms", "60000")]);
    cluster.produce("a");
    cluster.run_ms(1_000);
    let links = [2, 3].map(|id| {
        let (from, to) = (broker(1), broker(id));
        Link { from, to, one_way: false }
    });
    for link in &links {
        cluster.fault(Fault::Cut(link.clone()));
    }
    cluster.produce("b");
    cluster.run_ms(100);
    assert_eq!((cluster.values(1).len(), cluster.known(1).unwrap().last_sequence()), (2, 1));
    cluster.fault(Fault::Kill(BrokerId(1)));
    for link in links {
        cluster.fault(Fault::Heal(link));
    }
    // The producer gives the new leader what only the old one had.
    cluster.run_ms(20_000);
    cluster.fault(Fault::Start(BrokerId(1)));
    cluster.run_ms(20_000);
    let leader = cluster.world.metadata().partition(&orders()).unwrap().leader.unwrap();
    assert_ne!(leader, BrokerId(1));
    assert_eq!(cluster.count("LogTruncated"), 1);
    assert_eq!(cluster.values(1).concat(), "ab");
    let entries = [1, 2, 3].map(|id| {
        let known = cluster.known(id).unwrap();
        (known.last_sequence(), known.last_data_offset(), known.producer_epoch)
    });
    assert_eq!(entries, [(1, 1, 0); 3]);
    assert_eq!(cluster.fates(), stored(0..2));
}

#[test]
fn a_partition_forgets_a_producer_that_is_silent_and_takes_it_back() {
    let expire = [("producer.id.expiration.ms", "60000"), ("producer.id.expiration.check.interval.ms", "10000")];
    let mut cluster = cluster(1, &[], &expire);
    cluster.produce("a");
    cluster.run_ms(50_000);
    assert!(cluster.known(1).is_some());
    cluster.run_ms(30_000);
    assert_eq!((cluster.known(1), cluster.count("ProducersExpired")), (None, 1));
    cluster.produce("b");
    cluster.run_ms(1_000);
    assert_eq!(cluster.fates(), stored([0, 1]));
    assert_eq!(cluster.known(1).unwrap().last_sequence(), 1, "of somebody unknown any sequence is taken");
}

#[test]
fn a_batch_that_was_given_up_begins_another_epoch() {
    let given = [("request.timeout.ms", "1000"), ("delivery.timeout.ms", "2500")];
    let mut cluster = cluster(1, &given, &[]);
    cluster.produce("first");
    cluster.run_ms(1_000);
    cluster.fault(Fault::Pause(BrokerId(1)));
    cluster.produce("a");
    cluster.run_ms(4_000);
    assert!(matches!(&cluster.fates()[1], Fate::Failed(why) if &**why == "TimeoutException"));
    let bumped = cluster.idempotence().find_map(|fact| match fact {
        IdempotenceFact::EpochBumped { from, to, .. } => Some((from.epoch, to.epoch)),
        _ => None,
    });
    assert_eq!(bumped, Some((0, 1)), "nobody knows whether the broker has it");
    cluster.fault(Fault::Resume(BrokerId(1)));
    cluster.produce("b");
    cluster.run_ms(4_000);
    assert_eq!(cluster.values(1).concat(), "firstab", "it has, and takes the next one all the same");
    let known = cluster.known(1).unwrap();
    assert_eq!((known.producer_epoch, known.last_sequence()), (1, 0));
    assert_eq!(cluster.fates()[2], Fate::Acknowledged(Offset(2)));
}

#[test]
fn an_id_that_does_not_come_holds_everything_back_and_another_broker_is_asked() {
    let mut cluster = cluster(3, &[("delivery.timeout.ms", "4000")], &[]);
    cluster.fault(Fault::Pause(BrokerId(1)));
    cluster.produce("a");
    cluster.run_ms(2_500);
    assert_eq!(cluster.count("ProduceSent"), 0);
    cluster.run_ms(30_000);
    let asked = cluster.facts.iter().filter(|fact| fact.kind.name() == "InitProducerIdSent");
    assert!(asked.count() >= 2);
    assert!(cluster.world.producer("p1").unwrap().producer_id_and_epoch().is_some());
}
