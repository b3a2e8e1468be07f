//! A step as it plays: facts and pictures in causal order.

use std::rc::Rc;

use crate::scene::{MarkId, Scene};

/// What moves because of a fact; the screen has a motion for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Motion {
    /// A message leaves its sender.
    MessageSent(MarkId),
    /// A message arrives at its receiver.
    MessageReceived(MarkId),
    /// A record's cell comes to its slot; the log end offset follows.
    RecordAppended(Vec<MarkId>),
    /// The leader's float of a follower goes to its new offset.
    FollowerCredited(MarkId),
    /// Water, line and flag move.
    HighWatermarkMoved(MarkId),
    /// A line of a client's card changes.
    LineChanged(MarkId),
    /// A key goes along its path to a partition.
    TokenMoved(MarkId),
    /// Partitions go to the member that owns them now.
    TokensMoved(Vec<MarkId>),
    /// A mark shows a new value.
    ValueChanged(MarkId),
    /// Nothing moves.
    Still,
}

/// A fact of a beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeatFact {
    /// The fact's number.
    pub id: u64,
    /// Its name, such as `FetchReceived`.
    pub name: String,
    /// The fact that caused it; its motion ends (or is far enough) before this one's begins.
    pub cause: Option<u64>,
    /// What moves.
    pub motion: Motion,
}

/// What happens at one moment of virtual time, and the picture after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The facts, in order.
    pub facts: Vec<BeatFact>,
    /// The picture after them.
    pub scene: Rc<Scene>,
}
