//! The leader against what a real broker answered: `tests/recordings/cluster/hw-two-rounds`, in which single Fetch requests
//! were sent in a paused follower's name.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::record::NewRecord;
use highwater_sim::broker::Broker;
use highwater_sim::config::{BrokerConfig, Rack};
use highwater_sim::fetch_session::FetchMetadata;
use highwater_sim::ids::{BrokerId, ClientId, FactId, LeaderEpoch, MessageId, NodeId, Offset, TopicId, TopicPartition};
use highwater_sim::message::{Acks, AsksFor, Body, FetchPartition, FetchRequest, Message, ProduceRequest};
use highwater_sim::metadata::{BrokerRegistration, MetadataImage, PartitionRegistration, TopicImage};
use highwater_sim::outbox::{Counters, Effect, Outbox};
use highwater_sim::rng::Pcg;
use highwater_sim::time::SimTime;
use serde_json::{Value, json};

const LEADER: BrokerId = BrokerId(1);

/// A leader that is asked one request after the other; what it sends is collected.
struct Story {
    leader: Broker,
    counters: Counters,
    sent: Vec<Message>,
}

impl Story {
    fn new() -> Story {
        let replicas = vec![BrokerId(1), BrokerId(2)];
        let registration = PartitionRegistration {
            isr: replicas.clone(),
            replicas,
            leader: Some(LEADER),
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
            ..PartitionRegistration::default()
        };
        let topic = TopicImage {
            id: TopicId::default(),
            partitions: vec![Rc::new(registration)],
            config: std::rc::Rc::default(),
        };
        let image = MetadataImage {
            brokers: (1..=3).map(|id| (BrokerId(id), BrokerRegistration::default())).collect(),
            topics: [(Rc::from("hw-two-rounds"), Rc::new(topic))].into(),
            ..MetadataImage::default()
        };
        let leader = Broker::new(LEADER, 0, Rc::new(BrokerConfig::default()), Pcg::new(1));
        let mut story = Story { leader, counters: Counters::default(), sent: Vec::new() };
        story.with(|leader, out| leader.on_metadata(&Rc::new(image), out));
        story
    }

    fn with(&mut self, act: impl FnOnce(&mut Broker, &mut Outbox)) {
        let mut out = Outbox::new(SimTime::ZERO, NodeId::Broker(LEADER), FactId(0), self.counters, Vec::new());
        act(&mut self.leader, &mut out);
        let left = out.finish();
        self.counters = left.counters;
        self.sent.extend(left.effects.into_iter().filter_map(|effect| match effect {
            Effect::Send(message, _) => Some(message),
            Effect::Timer(..) | Effect::Metadata(..) | Effect::ShareState(..) | Effect::Disconnect(..) => None,
        }));
    }

    fn ask(&mut self, from: NodeId, body: Body) -> MessageId {
        let id = MessageId(1_000_000 + self.counters.message);
        self.counters.message += 1;
        let message = Message { id, correlation: id, from, to: NodeId::Broker(LEADER), body: Rc::new(body) };
        self.with(|leader, out| leader.on_message(&message, out));
        id
    }

    fn answer_to(&self, request: MessageId) -> Option<&Body> {
        self.sent.iter().find(|message| message.correlation == request).map(|message| &*message.body)
    }

    fn produce(&mut self, value: &str, acks: Acks) -> MessageId {
        let record = NewRecord { value: Some(value.as_bytes().into()), ..NewRecord::default() };
        let batch = RecordBatch::encode(&BatchSpec::default(), &[record]).unwrap();
        let request = ProduceRequest { acks, timeout_ms: 10_000, batches: vec![(partition(), batch)] };
        self.ask(NodeId::Client(ClientId("raw".into())), Body::ProduceRequest(request))
    }

    fn fetch(&mut self, replica: i32, offset: i64, max_wait_ms: u64) -> MessageId {
        let part = FetchPartition {
            partition: partition(),
            fetch_offset: Offset(offset),
            // The recording client names it: the answer to a stranger says so.
            current_leader_epoch: Some(LeaderEpoch(0)),
            log_start_offset: Offset::ZERO,
            last_fetched_epoch: Some(LeaderEpoch(0)),
            max_bytes: 1 << 20,
        };
        let replica = BrokerId(replica);
        let request = FetchRequest {
            rack: Rack::NONE,
            zero_copy: true,
            replica: Some(replica),
            replica_epoch: -1,
            max_wait_ms,
            min_bytes: 1,
            max_bytes: 1 << 20,
            session: FetchMetadata::NONE,
            partitions: vec![part],
            forgotten: Vec::new(),
            asks_for: AsksFor::default(),
        };
        self.ask(NodeId::Broker(replica), Body::FetchRequest(request))
    }

    /// The answer in the recording's form.
    fn fetched(&self, request: MessageId) -> Value {
        let Some(Body::FetchResponse(response)) = self.answer_to(request) else { panic!("no answer") };
        let part = &response.partitions[0];
        let record = |batch: &RecordBatch| {
            let epoch = batch.partition_leader_epoch();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let told =
                |record: highwater_log::record::Record| json!([record.offset, epoch, text(&record.value.unwrap())]);
            batch.records().unwrap().into_iter().map(told).collect::<Vec<_>>()
        };
        let records: Vec<Value> = part.records.iter().flat_map(record).collect();
        json!({"error": part.error.name(), "high_watermark": part.high_watermark.0, "records": records})
    }
}

fn partition() -> TopicPartition {
    TopicPartition::new("hw-two-rounds", 0)
}

#[test]
fn every_answer_carries_the_high_watermark_that_kafka_sent() {
    let mut story = Story::new();
    let mut parked = None;
    let mut compared = 0;
    for line in include_str!("../../../tests/recordings/cluster/hw-two-rounds/client.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let at = line["at"].as_i64().unwrap();
        let want =
            json!({"error": line["error"], "high_watermark": line["high_watermark"], "records": line["records"]});
        match line["op"].as_str().unwrap() {
            "produce" => {
                let acks = if line["acks"] == -1 { Acks::All } else { Acks::Leader };
                let request = story.produce(line["value"].as_str().unwrap(), acks);
                if acks == Acks::All {
                    // The real follower fetched the record, and its next fetch proved it.
                    assert!(story.answer_to(request).is_none(), "step {at}: it waits for the ISR");
                    let offset = line["offset"].as_i64().unwrap();
                    story.fetch(2, offset, 0);
                    story.fetch(2, offset + 1, 0);
                }
                let Some(Body::ProduceResponse(response)) = story.answer_to(request) else { panic!("step {at}") };
                let part = &response.partitions[0];
                assert_eq!(
                    (part.error.name(), part.base_offset.0),
                    ("NONE", line["offset"].as_i64().unwrap()),
                    "step {at}"
                );
                if at == 4 {
                    continue;
                }
                if at == 9 {
                    assert!(story.answer_to(parked.unwrap()).is_some(), "an append ends the wait of a parked fetch");
                }
            }
            "fetch as replica" => {
                let max_wait_ms = line["max_wait_ms"].as_u64().unwrap();
                let id = i32::try_from(line["replica"].as_i64().unwrap()).unwrap();
                let request = story.fetch(id, line["offset"].as_i64().unwrap(), max_wait_ms);
                assert_eq!(story.fetched(request), want, "step {at}");
                compared += 1;
                if at == 7 {
                    // Step 8: the same fetch once more, but it may wait.
                    parked = Some(story.fetch(2, 3, 20_000));
                    assert!(story.answer_to(parked.unwrap()).is_none(), "nothing to read: it is parked");
                }
            }
            "answer to the fetch of step 8" => {
                assert_eq!(story.fetched(parked.unwrap()), want, "step {at}: the high watermark is read again");
                compared += 1;
            }
            other => panic!("step {at}: {other}"),
        }
    }
    assert_eq!(compared, 7);
}
