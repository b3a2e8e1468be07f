//! Three replicas, a controller and messages that are late or lost, by many seeds: what is committed stays.
//!
//! No world around them: the same state machines, and a schedule that a network would hardly come up with.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

use std::rc::Rc;

use highwater_log::batch::{BatchSpec, RecordBatch};
use highwater_log::producer_state::AppendOrigin;
use highwater_log::record::NewRecord;
use highwater_sim::broker::alter_partition::{AlterPartitionItem, AlterPartitionManager};
use highwater_sim::broker::fetch::{FetchedBy, Read};
use highwater_sim::broker::isr::AlteredPartition;
use highwater_sim::broker::partition::{Partition, Surroundings};
use highwater_sim::config::TopicConfig;
use highwater_sim::controller::alter_partition::alter_partition;
use highwater_sim::controller::partition_change::{PartitionChange, PartitionChangeBuilder};
use highwater_sim::error::Errors;
use highwater_sim::ids::{BrokerId, FactId, NodeId, Offset, TopicId, TopicPartition};
use highwater_sim::message::{Acks, FetchPartition, FetchedPartition};
use highwater_sim::metadata::{BrokerRegistration, MetadataImage, PartitionRegistration, TopicImage};
use highwater_sim::outbox::{Counters, Outbox};
use highwater_sim::rng::{Pcg, Random};
use highwater_sim::time::SimTime;

const BROKERS: [BrokerId; 3] = [BrokerId(1), BrokerId(2), BrokerId(3)];
const LAG_MS: i64 = 1_000;

fn orders() -> TopicPartition {
    TopicPartition::new("orders", 0)
}

/// A broker with its replica.
struct Node {
    partition: Partition,
    view: Rc<MetadataImage>,
    alter_partition: AlterPartitionManager,
    waits_for_fetch: bool,
    /// It gave up a change because the state from before it came late. Kafka does so too, and the replica that joined by
    /// that change counts for the high watermark only as one that has caught up until the next state comes.
    gave_up: bool,
}

/// On the way; taken in any order, but those of one kind to one broker in theirs.
enum Message {
    Metadata(BrokerId, Rc<MetadataImage>),
    AlterPartition(BrokerId, AlterPartitionItem),
    Altered(BrokerId, Result<AlteredPartition, Errors>),
    Fetch { from: BrokerId, to: BrokerId, fetch: FetchPartition },
    Fetched { from: BrokerId, to: BrokerId, answer: FetchedPartition },
}

impl Message {
    /// Messages of one lane keep their order.
    fn lane(&self) -> (u8, BrokerId) {
        match self {
            Message::Metadata(to, _) => (0, *to),
            Message::AlterPartition(from, _) => (1, *from),
            Message::Altered(to, _) => (2, *to),
            Message::Fetch { from, .. } => (3, *from),
            Message::Fetched { to, .. } => (4, *to),
        }
    }
}

struct Cluster {
    rng: Pcg,
    now_ms: i64,
    truth: MetadataImage,
    nodes: Vec<Node>,
    messages: Vec<Message>,
    /// What a leader exposed, by offset: its epoch and its value. It must stay so for ever.
    committed: Vec<(i32, Vec<u8>)>,
    next_value: u32,
    seen: Seen,
}

/// What the seeds came by, so that the test tests something.
#[derive(Default)]
struct Seen {
    elections: u32,
    shrunk: u32,
    expanded: u32,
    truncated: u32,
    committed: usize,
}

impl Cluster {
    fn new(seed: u64, min_isr: i32) -> Cluster {
        let config = Rc::new(TopicConfig { min_insync_replicas: min_isr, ..TopicConfig::default() });
        let registration = PartitionRegistration {
            replicas: BROKERS.to_vec(),
            isr: BROKERS.to_vec(),
            leader: Some(BROKERS[0]),
            ..PartitionRegistration::default()
        };
        let mut truth = MetadataImage::default();
        for broker in BROKERS {
            let epoch = i64::from(broker.0);
            truth.brokers.insert(broker, BrokerRegistration { epoch, ..BrokerRegistration::default() });
        }
        let topic =
            TopicImage { id: TopicId::default(), partitions: vec![Rc::new(registration)], config: Rc::clone(&config) };
        truth.topics.insert("orders".into(), Rc::new(topic));
        let now_ms = 1_000_000;
        let node = |broker| Node {
            partition: Partition::new(orders(), broker, Rc::clone(&config), now_ms),
            view: Rc::default(),
            alter_partition: AlterPartitionManager::default(),
            waits_for_fetch: false,
            gave_up: false,
        };
        let mut cluster = Cluster {
            rng: Pcg::new(seed),
            now_ms,
            truth,
            nodes: BROKERS.map(node).into(),
            messages: Vec::new(),
            committed: Vec::new(),
            next_value: 0,
            seen: Seen::default(),
        };
        cluster.publish();
        cluster
    }

    fn below(&mut self, bound: usize) -> usize {
        self.rng.next_int_below(bound as i32).unwrap() as usize
    }

    fn registration(&self) -> &Rc<PartitionRegistration> {
        self.truth.partition(&orders()).unwrap()
    }

    fn publish(&mut self) {
        let image = Rc::new(self.truth.clone());
        self.messages.extend(BROKERS.map(|broker| Message::Metadata(broker, Rc::clone(&image))));
    }

    fn change(&mut self, change: &PartitionChange) {
        let after = self.registration().merge(change);
        self.seen.elections += u32::from(change.leader.is_some());
        let topic = self.truth.topics.get_mut("orders").unwrap();
        Rc::make_mut(topic).partitions[0] = Rc::new(after);
    }

    /// The controller fences a broker or lets it in again, and does with the partition what follows from that.
    fn fence(&mut self, broker: BrokerId, fenced: bool) {
        self.truth.brokers.get_mut(&broker).unwrap().fenced = fenced;
        let truth = self.truth.clone();
        let is_acceptable = |id: BrokerId| truth.has_alive_broker(id);
        let registration = Rc::clone(self.registration());
        let min_isr = truth.topics.get("orders").unwrap().config.min_insync_replicas as usize;
        let mut builder = PartitionChangeBuilder::new(&registration, &is_acceptable, min_isr);
        builder.use_last_known_leader = false;
        if fenced {
            builder.isr.retain(|id| *id != broker);
        }
        if let Some(change) = builder.build() {
            self.change(&change);
        }
        self.publish();
    }

    fn act<T>(&mut self, index: usize, act: impl FnOnce(&mut Partition, &mut Surroundings<'_>) -> T) -> T {
        let Node { partition, view, alter_partition, .. } = &mut self.nodes[index];
        let node = NodeId::Broker(partition.broker);
        let mut out = Outbox::new(SimTime::ZERO, node, FactId(0), Counters::default(), Vec::new());
        let done = act(
            partition,
            &mut Surroundings {
                now_ms: self.now_ms,
                broker_epoch: i64::from(partition.broker.0),
                replica_lag_time_max_ms: LAG_MS,
                metadata: view,
                alter_partition,
                out: &mut out,
            },
        );
        let broker = partition.broker;
        self.messages
            .extend(alter_partition.next_request().into_iter().map(|item| Message::AlterPartition(broker, item)));
        done
    }

    fn step(&mut self) {
        let index = self.below(BROKERS.len());
        let broker = BROKERS[index];
        match self.below(100) {
            0..=54 => self.deliver(),
            55..=69 => self.fetch(index),
            70..=84 => self.append(index),
            85..=89 => self.now_ms += self.below(700) as i64,
            90..=95 => self.act(index, Partition::maybe_shrink_isr),
            _ => {
                let fenced = self.truth.brokers.get(&broker).unwrap().fenced;
                // Kafka has no leader when all are fenced, and that is dull.
                let alive = self.truth.brokers.values().filter(|broker| !broker.fenced).count();
                if fenced || alive > 1 {
                    self.fence(broker, !fenced);
                }
            }
        }
    }

    fn append(&mut self, index: usize) {
        self.next_value += 1;
        let value = self.next_value.to_be_bytes();
        let record = NewRecord { value: Some(value.as_slice().into()), ..NewRecord::default() };
        let batch = RecordBatch::encode(&BatchSpec::default(), &[record]).unwrap();
        // Who does not lead, or has too few replicas, refuses.
        let _ = self.act(index, |partition, around| {
            partition.append_as_leader(&batch, Acks::All, AppendOrigin::Client, around)
        });
    }

    fn fetch(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        let partition = &node.partition;
        let (Some(to), from) = (partition.leader(), partition.broker) else { return };
        if partition.is_leader() || node.waits_for_fetch {
            return;
        }
        let fetch = FetchPartition {
            partition: orders(),
            fetch_offset: partition.log_end_offset(),
            current_leader_epoch: Some(partition.leader_epoch()),
            log_start_offset: partition.log_start_offset(),
            last_fetched_epoch: partition.last_fetched_epoch(),
            max_bytes: 200,
        };
        node.waits_for_fetch = true;
        self.messages.push(Message::Fetch { from, to, fetch });
    }

    fn deliver(&mut self) {
        if self.messages.is_empty() {
            return;
        }
        let chosen = self.below(self.messages.len());
        let lane = self.messages[chosen].lane();
        let first = self.messages.iter().position(|message| message.lane() == lane).unwrap();
        let is_lost = self.below(12) == 0;
        match self.messages.remove(first) {
            Message::Metadata(to, image) => self.learn(to, image),
            Message::AlterPartition(from, (id, asked)) => {
                let altered = alter_partition(&self.truth, from, &id, &asked);
                if let Some(change) = &altered.change {
                    self.change(change);
                    self.publish();
                }
                // An answer that does not come is one that says nothing.
                let answer = if is_lost { Err(Errors::NetworkException) } else { altered.answer };
                self.messages.push(Message::Altered(from, answer));
            }
            Message::Altered(to, answer) => {
                let index = index(to);
                let node = &mut self.nodes[index];
                node.alter_partition.request_done();
                let asked = node.alter_partition.take_answered(&orders()).unwrap();
                let before = node.partition.state().isr().len();
                self.act(index, |partition, around| {
                    partition.on_alter_partition_response(&asked, answer.as_ref().map_err(|error| *error), around)
                });
                let after = self.nodes[index].partition.state().isr().len();
                self.seen.expanded += u32::from(after > before);
                self.seen.shrunk += u32::from(after < before);
            }
            Message::Fetch { from, .. } | Message::Fetched { to: from, .. } if is_lost => {
                self.nodes[index(from)].waits_for_fetch = false;
            }
            Message::Fetch { from, to, fetch } => self.answer_fetch(from, to, &fetch),
            Message::Fetched { from, to, answer } => {
                let node = &mut self.nodes[index(to)];
                node.waits_for_fetch = false;
                // A fetcher that was set to another leader throws away what the old one says.
                let is_current = node.partition.leader() == Some(from);
                if is_current && answer.error == Errors::None {
                    let end = node.partition.log_end_offset();
                    self.act(index(to), |partition, around| partition.take_over(&answer, around.out)).unwrap();
                    self.seen.truncated += u32::from(self.nodes[index(to)].partition.log_end_offset() < end);
                }
            }
        }
    }

    fn learn(&mut self, to: BrokerId, image: Rc<MetadataImage>) {
        let index = index(to);
        let registration = Rc::clone(image.partition(&orders()).unwrap());
        let epoch = self.nodes[index].partition.leader_epoch();
        let known = &mut self.nodes[index];
        known.view = image;
        if Rc::ptr_eq(&known.partition.registration, &registration) {
            return; // Brokers hear of partitions that changed.
        }
        let is_newer = registration.partition_epoch > known.partition.partition_epoch();
        let is_same = registration.partition_epoch == known.partition.partition_epoch();
        known.gave_up = !is_newer && (known.gave_up || (is_same && known.partition.state().pending().is_some()));
        if registration.leader == Some(to) {
            self.act(index, |partition, around| partition.make_leader(&registration, around));
        } else {
            self.nodes[index].partition.make_follower(&registration);
        }
        if self.nodes[index].partition.leader_epoch() != epoch {
            // Fetching begins anew with each leader epoch.
            self.nodes[index].waits_for_fetch = false;
            self.messages.retain(|message| !matches!(message.lane(), (3 | 4, of) if of == to));
        }
    }

    fn answer_fetch(&mut self, from: BrokerId, to: BrokerId, fetch: &FetchPartition) {
        let leader = &self.nodes[index(to)].partition;
        let mut answer = FetchedPartition {
            preferred_read_replica: None,
            partition: orders(),
            error: Errors::None,
            high_watermark: Offset(-1),
            log_start_offset: Offset(-1),
            diverging_epoch: None,
            records: Vec::new(),
        };
        match leader.read(FetchedBy::Follower(from), fetch) {
            Err(error) => answer.error = error,
            Ok(info) => {
                answer.high_watermark = info.high_watermark;
                answer.log_start_offset = info.log_start_offset;
                match &info.read {
                    Read::Diverging(epoch) => answer.diverging_epoch = Some(*epoch),
                    Read::Elsewhere(replica) => answer.preferred_read_replica = Some(*replica),
                    Read::Fetched(read) => answer.records = leader.log.batches_of(read).unwrap(),
                }
                let epoch = i64::from(from.0);
                let recorded = self.act(index(to), |partition, around| {
                    partition.record_follower_fetch(from, epoch, fetch, &info, around)
                });
                answer.error = recorded.err().unwrap_or_default();
            }
        }
        self.messages.push(Message::Fetched { from: to, to: from, answer });
    }

    /// What must hold after every step.
    fn check(&mut self) {
        let registration = Rc::clone(self.registration());
        for node in &self.nodes {
            let partition = &node.partition;
            let (start, high_watermark, end) =
                (partition.log_start_offset(), partition.high_watermark(), partition.log_end_offset());
            assert!(start <= high_watermark && high_watermark <= end, "{start} <= {high_watermark} <= {end}");
            if !partition.is_leader() {
                continue;
            }
            // Committed once, committed for ever: also a leader that nobody needs any more exposes nothing else.
            for (offset, epoch, value) in records(partition, 0).take_while(|record| record.0 < high_watermark.0) {
                match self.committed.get(offset as usize) {
                    Some(known) => assert_eq!(*known, (epoch, value), "the record at {offset} changed"),
                    None => self.committed.push((epoch, value)),
                }
            }
            if registration.leader == Some(partition.broker) && registration.leader_epoch == partition.leader_epoch() {
                let state = partition.state();
                for member in &registration.isr {
                    assert!(
                        node.gave_up || state.is_in_maximal_isr(*member),
                        "{member} is in the controller's ISR, not in the leader's"
                    );
                }
                let there: Vec<_> = records(partition, 0).map(|(_, epoch, value)| (epoch, value)).collect();
                assert!(there.starts_with(&self.committed), "the leader lacks what is committed");
            }
        }
        self.seen.committed = self.committed.len();
    }
}

fn index(broker: BrokerId) -> usize {
    BROKERS.iter().position(|known| *known == broker).unwrap()
}

/// Offset, epoch and value of each record.
fn records(partition: &Partition, from: i64) -> impl Iterator<Item = (i64, i32, Vec<u8>)> {
    partition.log.batches_from(from).map(|batch| {
        let record = batch.iter().next().unwrap().unwrap();
        (record.offset, batch.partition_leader_epoch(), record.value.unwrap().to_vec())
    })
}

#[test]
fn what_is_committed_stays_and_every_leader_has_it() {
    let mut seen = Seen::default();
    for seed in 0..150 {
        let mut cluster = Cluster::new(seed, 1 + (seed % 2) as i32);
        for _ in 0..800 {
            cluster.step();
            cluster.check();
        }
        seen.elections += cluster.seen.elections;
        seen.shrunk += cluster.seen.shrunk;
        seen.expanded += cluster.seen.expanded;
        seen.truncated += cluster.seen.truncated;
        seen.committed += cluster.seen.committed;
    }
    let Seen { elections, shrunk, expanded, truncated, committed } = seen;
    let told =
        format!("{elections} elections, {shrunk} shrunk, {expanded} expanded, {truncated} cut, {committed} committed");
    assert!(elections > 100 && shrunk > 20 && expanded > 100 && truncated > 20 && committed > 1_000, "{told}");
}
