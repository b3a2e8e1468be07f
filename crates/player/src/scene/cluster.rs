//! The cluster panel: one partition on all its brokers, the network beside it, the clients above it.

use super::{MarkId, Shown};
use crate::phrase::Phrase;

/// One partition on its brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterPanel {
    /// `orders-0`.
    pub partition: String,
    /// The broker ids in the ISR, ascending.
    pub isr: Shown<Vec<i32>>,
    /// The eligible leader replicas, ascending.
    pub elr: Vec<i32>,
    /// The leader; none if there is none.
    pub leader: Option<i32>,
    /// Links that are cut, a direction each: what the first sends to the second is lost.
    pub cuts: Vec<(MarkId, MarkId)>,
    /// The first offset that every track shows (all replicas share it, so that offsets stay in columns).
    pub first_offset: i64,
    /// A row for each replica, in assignment order (the leader of the first epoch on top).
    pub replicas: Vec<ReplicaRow>,
    /// Producers and consumers, in the order of the scenario.
    pub clients: Vec<ClientCard>,
    /// Messages on the network and those that wait in a broker.
    pub messages: Vec<Envelope>,
}

/// What a replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Takes produce requests and answers fetches.
    Leader,
    /// Copies from the leader.
    Follower,
}

/// How a broker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does its work.
    Up,
    /// It does nothing, and does not know it.
    Paused,
    /// It runs, and the controller does not count on it.
    Fenced,
    /// Its process is gone.
    Down,
}

/// A time that runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What it is about.
    pub about: ClockOf,
    /// How much has passed, in ms of virtual time.
    pub waited_ms: u64,
    /// How much may pass.
    pub limit_ms: u64,
}

/// What a clock is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockOf {
    /// Since a member of the ISR was level with the leader: `replica.lag.time.max.ms`.
    Lag,
    /// Since the controller heard of a broker: `broker.session.timeout.ms`.
    Silence,
}

/// One replica of the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a sign of its own at the row")]
pub struct ReplicaRow {
    /// `broker-1/orders-0`.
    pub id: MarkId,
    /// The broker's id.
    pub broker: i32,
    /// The broker's rack; none if it is in none.
    pub rack: Option<String>,
    /// Leader or follower.
    pub role: Role,
    /// Whether the broker is in the ISR.
    pub in_isr: bool,
    /// The broker is an eligible leader replica.
    pub in_elr: bool,
    /// How the broker is.
    pub standing: Standing,
    /// Its links that are cut.
    pub cuts: Vec<Cut>,
    /// It holds itself for the leader, and the controller has another, or none.
    pub is_deposed: bool,
    /// What is about to change about it, if it goes on like this.
    pub clock: Option<Clock>,
    /// The records from the panel's first offset on.
    pub records: Vec<RecordCell>,
    /// Where each of these records is stored, where machines have only so much memory; empty otherwise.
    pub stored: Vec<Stored>,
    /// Records that were cut off in this chapter and whose slots are empty since.
    pub ghosts: Vec<Ghost>,
    /// What `replica.highWatermark` is here: on a follower, its copy.
    pub high_watermark: Shown<i64>,
    /// The offset that the next record will get.
    pub log_end_offset: Shown<i64>,
    /// The leader epochs of the records in the window, `(epoch, first offset)`, oldest first.
    pub epochs: Vec<(i32, i64)>,
    /// On the leader: what it credits each follower with. Empty on a follower.
    pub floats: Vec<Float>,
}

/// A link of a broker that is cut, one way or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The other end: `broker-3`, `client-p1` or `controller`.
    pub other: MarkId,
    /// What the broker sends there is lost.
    pub loses_sent: bool,
    /// What it would hear from there is lost.
    pub loses_heard: bool,
}

/// A record in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordCell {
    /// `broker-1/orders-0/record-3`.
    pub id: MarkId,
    /// The record's offset.
    pub offset: i64,
    /// The key as text (or `0x…` if it is not UTF-8); none if null.
    pub key: Option<String>,
    /// The value, likewise; none for a tombstone.
    pub value: Option<String>,
    /// 1 to 6 by order of the key's first appearance in the partition; records without a key count as one key.
    pub color: u8,
    /// Below this replica's high watermark.
    pub committed: bool,
    /// The leader has another record at this offset.
    pub differs: bool,
    /// The base offset of the batch that holds the record; records of one batch share it.
    pub batch: i64,
}

/// Where a record is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The record's offset.
    pub offset: i64,
    /// In the page cache.
    pub in_memory: bool,
    /// On the disk; what is not would be lost with the power.
    pub on_disk: bool,
}

/// A record that was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// The record as it was; its id ends in `/cut-3`.
    pub cell: RecordCell,
    /// It was cut off in this step.
    pub is_new: bool,
}

/// What the leader knows about a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Float {
    /// `broker-1/orders-0/float-2`.
    pub id: MarkId,
    /// The follower.
    pub replica: i32,
    /// The log end offset that its last fetch proved; none before its first fetch.
    pub log_end_offset: Shown<Option<i64>>,
    /// In the maximal ISR, so that the high watermark waits for it.
    pub holds_water: bool,
}

/// What a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// A producer.
    Producer {
        /// Its `acks` as Kafka writes it: `0`, `1` or `all`.
        acks: String,
    },
    /// The controller, as far as it is about the partition.
    Controller,
    /// A consumer.
    Consumer {
        /// The next offset that it will read; none before it has asked for one.
        position: Shown<Option<i64>>,
        /// Its first line says what the scenario is about (from whom it reads, say), and stands in the narrowest picture too.
        both_lines: bool,
    },
}

/// A producer or consumer as a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCard {
    /// `client-p1`.
    pub id: MarkId,
    /// `p1`.
    pub name: String,
    /// Producer or consumer.
    pub kind: ClientKind,
    /// At most two lines: a producer's records with their fate (the newest), what a consumer has read and what it cannot see.
    pub lines: Vec<ClientLine>,
    /// Records that no longer fit in the lines.
    pub earlier: i64,
    /// Of a producer: how many records were acknowledged and are lost.
    pub lost: i64,
}

impl ClientCard {
    /// How many records are lost, in words; none where lines that are shown tell of each.
    pub fn lost_beside(&self, shown: &[ClientLine]) -> Option<Phrase> {
        let is_told =
            |line: &&ClientLine| line.status.as_ref().is_some_and(|(_, fate)| *fate == Phrase::new("scene.lost"));
        let told = i64::try_from(shown.iter().filter(is_told).count()).unwrap_or(i64::MAX);
        (self.lost > told).then(|| Phrase::new("scene.lost_count").with("n", self.lost))
    }
}

/// One line of a client's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLine {
    /// `client-p1/line-3` (the number is the record's, so the id stays when lines move up).
    pub id: MarkId,
    /// A record chip before the words: its value and key, colour and whether it is known to be committed.
    pub record: Option<LineRecord>,
    /// The words.
    pub text: Phrase,
    /// The fate at the right, such as "waits for HW 4" or "acknowledged".
    pub status: Option<(Status, Phrase)>,
}

/// The record of a client's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRecord {
    /// Value and key as in a record cell.
    pub value: String,
    /// The key; none if null.
    pub key: Option<String>,
    /// As in the log.
    pub color: u8,
    /// Filled if so.
    pub committed: bool,
}

/// How a line's status looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waits for something.
    Waiting,
    /// Acknowledged or read.
    Good,
    /// Failed or lost.
    Bad,
    /// None of these.
    Plain,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// On the wire.
    Travelling,
    /// Waits inside the broker that received it (purgatory).
    Parked {
        /// How long it may wait, in ms of virtual time.
        wait_ms: u64,
        /// How long it has waited.
        waited_ms: u64,
    },
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `message-14`.
    pub id: MarkId,
    /// The sender: a broker (`broker-2`) or a client (`client-p1`).
    pub from: MarkId,
    /// The receiver, likewise.
    pub to: MarkId,
    /// The API by Kafka's name: `Fetch`, `Produce`, `Metadata`, `ListOffsets`.
    pub api: String,
    /// A response, not a request.
    pub response: bool,
    /// Its telling fields in a few words, such as "offset 4 · epoch 1".
    pub summary: Phrase,
    /// On the wire or waiting.
    pub whereabouts: Whereabouts,
    /// The mark that made the sender send it, with why in at most six words.
    pub cause: Option<(MarkId, Phrase)>,
}
