//! Who reads from whom: long polls, and consumers that read from a replica in their own rack (KIP-392).

use std::rc::Rc;

use highwater_sim::command::{Command, Owner};
use highwater_sim::config::TopicConfig;
use highwater_sim::consumer::Consumer;
use highwater_sim::error::Errors;
use highwater_sim::fact::{Completion, FactKind, Says};
use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, FactId, LeaderEpoch, MessageId, NodeId, Offset};
use highwater_sim::message::{Body, CurrentLeaders, FetchResponse, FetchedPartition, Message, MetadataResponse};
use highwater_sim::metadata::{PartitionRegistration, TopicImage};
use highwater_sim::outbox::{Counters, Effect, Outbox};
use highwater_sim::time::SimTime;

use crate::story::{Configs, EARLIEST, PLAIN, Story, broker, broker_config, client, consumer_config, orders};

/// orders-0 on brokers 1, 3, 2 in these racks, which lead in this order; c1 in no rack, c2 in rack b.
fn cluster(racks: [&str; 3], brokers: Configs<'_>, c2: Configs<'_>) -> Story {
    let own = [("replica.selector.class", "RackAwareReplicaSelector"), ("auto.leader.rebalance.enable", "false")];
    let mut story = Story::new(3, 2_000, broker_config(&[&own, brokers].concat()));
    for (id, rack) in (1..).zip(racks) {
        story.world.set_rack(BrokerId(id), rack).unwrap();
    }
    story.add_producer("p1", &PLAIN);
    story.add_consumer("c1", &EARLIEST);
    story.add_consumer("c2", &[&EARLIEST, &[("client.rack", "b")], c2].concat());
    story.create_topic("orders", &[1, 3, 2], TopicConfig::default());
    story.run_ms(100);
    story
}

/// A broker's number.
fn number(node: &NodeId) -> String {
    node.to_string().replace("broker-", "")
}

impl Story {
    fn start(&mut self, consumer: &str) -> &mut Story {
        self.assign(consumer, None);
        self
    }

    fn consumer(&self, id: &str) -> &Consumer {
        self.world.consumer(id).unwrap()
    }

    /// The broker that c2 reads from.
    fn c2_reads_from(&self) -> i32 {
        self.consumer("c2").reads_from(&orders()).unwrap().0
    }

    /// What became of c2's fetches in the present part, such as `→1`, `1: read 2`, `2: 3 records`.
    fn fetches(&self) -> Vec<String> {
        let told = self.new_facts().iter().filter_map(|fact| match &fact.kind {
            FactKind::Sent(message) if message.from == NodeId::Client(client("c2")) => match message.says {
                Says::Fetch { .. } => Some(format!("→{}", number(&message.to))),
                _ => None,
            },
            FactKind::Received(message) if message.to == NodeId::Client(client("c2")) => match message.says {
                Says::Fetched { preferred_read_replica: Some(replica), records: 0, .. } => {
                    Some(format!("{}: read {replica}", number(&message.from)))
                }
                Says::Fetched { error: Errors::None, records, .. } => {
                    Some(format!("{}: {records}", number(&message.from)))
                }
                Says::Fetched { error, .. } => Some(format!("{}: {}", number(&message.from), error.name())),
                _ => None,
            },
            FactKind::PreferredReadReplica(told) => told.cleared.map(|because| because.name().to_owned()),
            _ => None,
        });
        told.collect()
    }
}

const RACKS: [&str; 3] = ["a", "b", "c"];

#[test]
fn the_leader_names_the_replica_in_the_consumers_rack_and_reads_nothing_itself() {
    let mut cluster = cluster(RACKS, &[], &[]);
    cluster.produce("new");
    cluster.run_ms(1_000);
    cluster.mark();
    cluster.start("c2").run_ms(20);
    assert_eq!(cluster.fetches(), ["→1", "1: read 2", "→2", "2: 1", "→2"]);
    assert_eq!(cluster.c2_reads_from(), 2);
    assert_eq!(cluster.consumer("c2").position(&orders()).unwrap().high_watermark, Some(Offset(1)));
}

#[test]
fn nobody_is_sent_elsewhere_without_a_selector_a_rack_or_a_replica_there() {
    let without_selector = [("replica.selector.class", "null")];
    let there: [(Configs<'_>, Configs<'_>, [&str; 3]); 4] = [
        (&without_selector, &[], RACKS),
        (&[], &[("client.rack", "")], RACKS),
        (&[], &[("client.rack", "d")], RACKS),
        // The leader itself is in that rack.
        (&[], &[], ["b", "b", "c"]),
    ];
    for (brokers, c2, racks) in there {
        let mut cluster = cluster(racks, brokers, c2);
        cluster.produce("new");
        cluster.run_ms(1_000);
        cluster.mark();
        cluster.start("c2").run_ms(20);
        assert_eq!(cluster.fetches(), ["→1", "1: 1", "→1"], "{brokers:?} {c2:?} {racks:?}");
    }
}

#[test]
fn of_several_replicas_the_one_that_goes_farthest_is_named_then_the_greatest_id() {
    let mut cluster = cluster(["a", "b", "b"], &[], &[]);
    cluster.produce("new");
    cluster.run_ms(1_000);
    let named = |cluster: &Story, offset: i64| {
        let leader = cluster.world.leader(&orders()).unwrap();
        let now_ms = cluster.world.now().timestamp_ms();
        leader.preferred_read_replica("b", Offset(offset), now_ms, cluster.world.metadata()).map(|id| id.0)
    };
    // Both have all; 3 was level last.
    assert_eq!(named(&cluster, 0), Some(3));
    let link = |from: i32| Link { from: broker(from), to: broker(1), one_way: false };
    cluster.fault(Fault::Cut(link(3)));
    cluster.produce("new");
    cluster.run_ms(1_000);
    assert_eq!(named(&cluster, 0), Some(2), "2 is known to have more");
    assert_eq!(named(&cluster, 2), Some(2), "and 3 not to have what is before the offset");
    assert_eq!(named(&cluster, 3), None, "nobody has");
    // What left the ISR lags, and would go on lagging.
    cluster.fault(Fault::Cut(link(2)));
    cluster.run_ms(60_000);
    assert_eq!(named(&cluster, 0), None);
}

#[test]
fn a_follower_shows_a_record_once_it_has_heard_that_it_is_committed() {
    let mut cluster = cluster(RACKS, &[], &[]);
    cluster.start("c1").start("c2").run_ms(1_100);
    cluster.produce("new");
    cluster.mark();
    cluster.run_ms(30);
    let replica = cluster.world.replica(BrokerId(2), &orders()).unwrap();
    assert_eq!((replica.log_end_offset(), replica.high_watermark()), (Offset(1), Offset(0)));
    assert_eq!((cluster.consumer("c1").returned(), cluster.consumer("c2").returned()), (1, 0));
    // On a quiet partition broker 2 hears it in the answer to a fetch that waits replica.fetch.wait.max.ms.
    cluster.run_ms(500);
    assert_eq!(cluster.consumer("c2").returned(), 1);
    assert!(cluster.consumer("c1").last_delay_ms().unwrap() < 20, "{:?}", cluster.consumer("c1").last_delay_ms());
    assert!(cluster.consumer("c2").last_delay_ms().unwrap() > 500, "{:?}", cluster.consumer("c2").last_delay_ms());
    // The waiting fetch is answered because the high watermark is another one now.
    let updated = cluster
        .new_facts()
        .iter()
        .find(|fact| matches!(&fact.kind, FactKind::HighWatermarkUpdated { broker, .. } if *broker == BrokerId(2)));
    let completed = cluster.new_facts().iter().find(
        |fact| matches!(&fact.kind, FactKind::FetchCompleted { broker, completion: Completion::Satisfied, .. } if *broker == BrokerId(2)),
    );
    assert_eq!(completed.unwrap().cause, Some(updated.unwrap().id));
}

#[test]
fn the_next_record_brings_the_word_that_the_one_before_is_committed() {
    let mut cluster = cluster(RACKS, &[], &[]);
    cluster.start("c2").run_ms(1_100);
    cluster.produce("new");
    cluster.run_ms(50);
    assert_eq!(cluster.consumer("c2").returned(), 0);
    cluster.produce("new");
    cluster.run_ms(50);
    assert_eq!(cluster.consumer("c2").returned(), 1);
}

#[test]
fn a_fetch_past_what_a_follower_may_show_is_answered_at_once_with_nothing() {
    let mut cluster = cluster(RACKS, &[], &[]);
    cluster.run_ms(1_000);
    cluster.produce("new");
    cluster.run_ms(20);
    cluster.mark();
    // Broker 2 has offset 0 and does not know that it is committed; c2 has read it from somewhere.
    cluster.assign("c2", Some(1));
    cluster.run_ms(30);
    assert_eq!(cluster.fetches()[..7], ["→1", "1: read 2", "→2", "2: 0", "→2", "2: 0", "→2"]);
    assert!(
        !cluster.new_facts().iter().any(
            |fact| matches!(&fact.kind, FactKind::FetchParked { node, .. } if *node == NodeId::Client(client("c2")))
        )
    );
    cluster.run_ms(600);
    assert!(cluster.consumer("c2").empty_fetches() > 90);
    let before = cluster.consumer("c2").empty_fetches();
    cluster.run_ms(2_000);
    assert!(cluster.consumer("c2").empty_fetches() - before <= 4, "at the end itself a fetch waits");
}

#[test]
fn an_idle_consumer_gets_an_empty_answer_as_often_as_it_waits() {
    let mut cluster = cluster(RACKS, &[], &[]);
    cluster.start("c1").run_ms(100);
    let before = cluster.consumer("c1").empty_fetches();
    cluster.run_ms(5_040);
    assert_eq!(cluster.consumer("c1").empty_fetches() - before, 10);
    let (owner, value) = (Owner::Consumer(client("c1")), "0".into());
    cluster.command(Command::Configure { owner, name: "fetch.max.wait.ms".into(), value });
    cluster.run_ms(1_000);
    let before = cluster.consumer("c1").empty_fetches();
    cluster.run_ms(1_000);
    assert_eq!(cluster.consumer("c1").empty_fetches() - before, 250, "a round trip takes 4 ms");
}

#[test]
fn the_leader_is_asked_again_when_the_metadata_is_old() {
    let mut cluster = cluster(RACKS, &[], &[("metadata.max.age.ms", "3000")]);
    cluster.start("c2").run_ms(100);
    cluster.mark();
    cluster.run_ms(4_000);
    let fetches = cluster.fetches();
    let at = fetches.iter().position(|told| told == "expired").unwrap();
    assert_eq!(fetches[at..at + 4], ["expired", "→1", "1: read 2", "→2"]);
    assert!(at >= 5 * 2, "until then it does not ask the leader: {fetches:?}");
}

#[test]
fn a_consumer_stays_with_a_follower_that_is_cut_off_until_its_metadata_is_old() {
    let mut cluster = cluster(RACKS, &[("replica.lag.time.max.ms", "10000")], &[("metadata.max.age.ms", "40000")]);
    cluster.start("c1").start("c2").run_ms(1_000);
    let (from, to) = (broker(2), broker(1));
    cluster.fault(Fault::Cut(Link { from: from.clone(), to: to.clone(), one_way: false }));
    cluster.produce("new");
    cluster.run_ms(20_000);
    assert_eq!(cluster.isr().len(), 2, "broker 2 has left the ISR");
    assert_eq!(cluster.consumer("c1").returned(), 1);
    assert_eq!((cluster.c2_reads_from(), cluster.consumer("c2").returned()), (2, 0), "and c2 has not heard of it");
    cluster.run_ms(25_000);
    assert_eq!((cluster.c2_reads_from(), cluster.consumer("c2").returned()), (1, 1));
    // Once the follower is level again and in the ISR the leader names it at the next fetch.
    cluster.fault(Fault::Heal(Link { from, to, one_way: false }));
    cluster.run_ms(40_000);
    assert_eq!(cluster.isr().len(), 3);
    assert_eq!(cluster.c2_reads_from(), 2);
}

#[test]
fn a_consumer_leaves_a_follower_that_is_gone_and_is_sent_back_until_that_is_fenced() {
    let mut cluster = cluster(RACKS, &[], &[]);
    cluster.start("c2").run_ms(1_000);
    cluster.mark();
    cluster.fault(Fault::Kill(BrokerId(2)));
    cluster.produce("new");
    cluster.run_ms(300);
    let fetches = cluster.fetches();
    assert_eq!(fetches[..5], ["disconnected", "→1", "1: read 2", "→2", "disconnected"], "{fetches:?}");
    assert_eq!(cluster.consumer("c2").returned(), 0);
    cluster.run_ms(12_000);
    assert_eq!((cluster.c2_reads_from(), cluster.consumer("c2").returned()), (1, 1));
}

#[test]
fn another_leader_ends_it_and_what_waits_at_the_follower_is_answered() {
    let mut cluster = cluster(RACKS, &[], &[("fetch.max.wait.ms", "20000")]);
    cluster.start("c2").run_ms(1_000);
    cluster.mark();
    cluster.fault(Fault::Kill(BrokerId(1)));
    cluster.run_ms(15_000);
    assert_eq!(cluster.world.leader(&orders()).unwrap().broker, BrokerId(3));
    let fetches = cluster.fetches();
    assert_eq!(fetches[..2], ["2: FENCED_LEADER_EPOCH", "new_leader"], "{fetches:?}");
    let at = fetches.iter().position(|told| told == "→3").unwrap();
    assert_eq!(fetches[at..at + 3], ["→3", "3: read 2", "→2"], "{fetches:?}");
}

#[test]
fn a_replica_without_the_offset_is_left_and_the_position_stays() {
    let mut consumer =
        Consumer::new(client("c2"), Rc::new(consumer_config(&[EARLIEST[0], ("client.rack", "b")])), BrokerId(1));
    let mut counters = Counters::default();
    let mut act = |act: &mut dyn FnMut(&mut Consumer, &mut Outbox)| {
        let node = NodeId::Client(client("c2"));
        let mut out = Outbox::new(SimTime::ZERO, node, FactId(0), counters, Vec::new());
        act(&mut consumer, &mut out);
        let left = out.finish();
        counters = left.counters;
        let sent = left.effects.into_iter().filter_map(|effect| match effect {
            Effect::Send(message, _) => Some(message),
            _ => None,
        });
        sent.collect::<Vec<Message>>()
    };
    let answer = |to: &Message, body: Body| Message {
        id: MessageId(1_000),
        correlation: to.id,
        from: to.to.clone(),
        to: to.from.clone(),
        body: Rc::new(body),
    };
    let fetched = |error: Errors, preferred_read_replica: Option<BrokerId>| {
        let (high_watermark, log_start_offset) = (Offset(9), Offset(0));
        let (partition, records) = (orders(), Vec::new());
        let diverging_epoch = None;
        let part = FetchedPartition {
            partition,
            error,
            high_watermark,
            log_start_offset,
            diverging_epoch,
            preferred_read_replica,
            records,
        };
        let (error, current_leaders) = (Errors::None, CurrentLeaders::default());
        Body::FetchResponse(FetchResponse {
            error,
            session_id: 0,
            partitions: vec![part],
            current_leaders,
            about: None,
        })
    };
    let registration = PartitionRegistration {
        replicas: [1, 2].map(BrokerId).to_vec(),
        leader: Some(BrokerId(1)),
        leader_epoch: LeaderEpoch(0),
        ..PartitionRegistration::default()
    };
    let image = TopicImage { partitions: vec![Rc::new(registration)], ..TopicImage::default() };
    let asks = act(&mut |consumer, out| consumer.assign(&[orders()], Some(Offset(7)), out));
    let topics = vec![("orders".into(), Rc::new(image))];
    let metadata = Body::MetadataResponse(MetadataResponse { brokers: [1, 2].map(BrokerId).to_vec(), topics });
    let asks = act(&mut |consumer, out| consumer.on_message(&answer(&asks[0], metadata.clone()), out));
    assert_eq!(asks[0].to, broker(1));
    let named = fetched(Errors::None, Some(BrokerId(2)));
    let asks = act(&mut |consumer, out| consumer.on_message(&answer(&asks[0], named.clone()), out));
    assert_eq!(asks[0].to, broker(2));
    let refused = fetched(Errors::OffsetOutOfRange, None);
    let asks = act(&mut |consumer, out| consumer.on_message(&answer(&asks[0], refused.clone()), out));
    let Body::FetchRequest(fetch) = &*asks[0].body else { panic!("{:?}", asks[0].body) };
    assert_eq!((&asks[0].to, fetch.partitions[0].fetch_offset), (&broker(1), Offset(7)));
    // From the leader the same answer means what it says.
    let asks = act(&mut |consumer, out| consumer.on_message(&answer(&asks[0], refused.clone()), out));
    assert!(matches!(&*asks[0].body, Body::ListOffsetsRequest(_)), "{:?}", asks[0].body);
}
