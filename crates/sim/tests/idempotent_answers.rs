//! What an idempotent producer makes of answers that brokers of other versions give. There is no cluster around it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_sim::bytes::Bytes;
use highwater_sim::config::ProducerConfig;
use highwater_sim::error::Errors;
use highwater_sim::ids::{BrokerId, ClientId, FactId, LeaderEpoch, MessageId, NodeId, Offset, TopicId, TopicPartition};
use highwater_sim::message::{
    Body, CurrentLeaders, InitProducerIdResponse, Message, MetadataResponse, ProducePartition, ProduceResponse,
};
use highwater_sim::metadata::{PartitionRegistration, TopicImage};
use highwater_sim::outbox::{Counters, Effect, Outbox};
use highwater_sim::producer::transaction_manager::ProducerIdAndEpoch;
use highwater_sim::producer::{Fate, Producer, Unplaced};
use highwater_sim::rng::Pcg;
use highwater_sim::time::SimTime;
use highwater_sim::timer::Timer;

/// A producer alone.
struct Alone {
    producer: Producer,
    counters: Counters,
    now_ms: u64,
    rng: Pcg,
}

fn client() -> ClientId {
    ClientId("p1".into())
}

impl Alone {
    /// It knows orders-0, which broker 1 leads, and has id 7.
    fn with_an_id() -> Alone {
        let config = ProducerConfig::from_pairs([("linger.ms", "0")]).unwrap();
        let producer = Producer::new(client(), Rc::new(config), BrokerId(1));
        let mut alone = Alone { producer, counters: Counters::default(), now_ms: 0, rng: Pcg::new(1) };
        alone.producer.metadata.set_bootstrap_servers(vec![BrokerId(1)]);
        let mut sent = alone.send("a");
        sent.extend(alone.look());
        let of = |name: &str| sent.iter().find(|message| message.body.api().name() == name).unwrap().clone();
        let (metadata, id) = (of("Metadata"), of("InitProducerId"));
        let leader = PartitionRegistration {
            leader: Some(BrokerId(1)),
            leader_epoch: LeaderEpoch(0),
            ..PartitionRegistration::default()
        };
        let image = TopicImage { id: TopicId::default(), partitions: vec![Rc::new(leader)], config: Rc::default() };
        let topics = vec![("orders".into(), Rc::new(image))];
        alone.answer(&metadata, Body::MetadataResponse(MetadataResponse { brokers: vec![BrokerId(1)], topics }));
        let producer = ProducerIdAndEpoch { producer_id: 7, epoch: 0 };
        alone.answer(&id, Body::InitProducerIdResponse(InitProducerIdResponse { error: Errors::None, producer }));
        alone
    }

    fn act(&mut self, act: impl FnOnce(&mut Producer, &mut Pcg, &mut Outbox)) -> Vec<Message> {
        let (now, node) = (SimTime::from_ms(self.now_ms), NodeId::Client(client()));
        let mut out = Outbox::new(now, node, FactId(0), self.counters, Vec::new());
        act(&mut self.producer, &mut self.rng, &mut out);
        let left = out.finish();
        self.counters = left.counters;
        let sent = left.effects.into_iter().filter_map(|effect| match effect {
            Effect::Send(message, _) => Some(message),
            _ => None,
        });
        sent.collect()
    }

    fn send(&mut self, value: &str) -> Vec<Message> {
        let (topic, value) = ("orders".into(), Some(Bytes::from(value)));
        let record = Unplaced { topic, partition: Some(0), key: None, value, timestamp_ms: None };
        self.act(|producer, rng, out| producer.send(record, rng, out))
    }

    /// The sender looks.
    fn look(&mut self) -> Vec<Message> {
        self.act(|producer, rng, out| producer.on_timer(&Timer::SenderRun, rng, out))
    }

    fn answer(&mut self, to: &Message, body: Body) -> Vec<Message> {
        let answer = Message {
            id: MessageId(1_000),
            correlation: to.id,
            from: to.to.clone(),
            to: to.from.clone(),
            body: Rc::new(body),
        };
        self.act(|producer, rng, out| producer.on_message(&answer, rng, out))
    }

    fn refuse(&mut self, request: &Message, error: Errors, log_start_offset: i64) {
        let partition = TopicPartition::new("orders", 0);
        let (base_offset, log_start_offset) = (Offset(-1), Offset(log_start_offset));
        let part = ProducePartition { partition, error, base_offset, log_start_offset };
        self.answer(
            request,
            Body::ProduceResponse(ProduceResponse {
                partitions: vec![part],
                current_leaders: CurrentLeaders::default(),
            }),
        );
    }

    fn fates(&self) -> Vec<Fate> {
        self.producer.sent().iter().map(|sent| sent.fate.clone()).collect()
    }
}

/// The only request of what was sent, with what its batch says: producer id, epoch, sequence.
fn produced(sent: &[Message]) -> (Message, (i64, i16, i32)) {
    let [request] = sent else { panic!("{} messages", sent.len()) };
    let Body::ProduceRequest(produce) = &*request.body else { panic!("{:?}", request.body) };
    let batch = &produce.batches[0].1;
    (request.clone(), (batch.producer_id(), batch.producer_epoch(), batch.base_sequence()))
}

#[test]
fn a_duplicate_whose_place_nobody_knows_is_stored_all_the_same() {
    let mut alone = Alone::with_an_id();
    let (request, says) = produced(&alone.look());
    assert_eq!(says, (7, 0, 0));
    alone.refuse(&request, Errors::DuplicateSequenceNumber, 0);
    assert_eq!(alone.fates(), [Fate::Acknowledged(Offset(-1))]);
    alone.send("b");
    assert_eq!(produced(&alone.look()).1, (7, 0, 1), "the sequence goes on");
}

#[test]
fn a_broker_that_forgot_the_producer_gets_the_batch_in_another_epoch() {
    let mut alone = Alone::with_an_id();
    let (request, _) = produced(&alone.look());
    alone.refuse(&request, Errors::UnknownProducerId, 0);
    assert_eq!(alone.fates(), [Fate::Accumulated]);
    alone.now_ms = 200;
    assert_eq!(produced(&alone.look()).1, (7, 1, 0));
}

#[test]
fn a_producer_that_was_fenced_goes_on_in_another_epoch() {
    let mut alone = Alone::with_an_id();
    let (request, _) = produced(&alone.look());
    alone.refuse(&request, Errors::InvalidProducerEpoch, 0);
    assert_eq!(alone.fates(), [Fate::Failed("INVALID_PRODUCER_EPOCH".into())]);
    alone.send("b");
    assert_eq!(produced(&alone.look()).1, (7, 1, 0));
}
