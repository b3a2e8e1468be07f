//! The history panel: who led a partition when, and who was in its ISR.

use super::MarkId;

/// A partition's past, a row for each replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPanel {
    /// `history/orders-0`.
    pub id: MarkId,
    /// `orders-0`.
    pub partition: String,
    /// Until when it is told, in microseconds of virtual time.
    pub until_us: u64,
    /// The replicas, in assignment order.
    pub rows: Vec<HistoryRow>,
    /// Where a leader epoch begins: the epoch, and the time in microseconds.
    pub epochs: Vec<(i32, u64)>,
}

/// A replica's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// `history/orders-0/broker-1`.
    pub id: MarkId,
    /// The broker.
    pub broker: i32,
    /// Its spans, oldest first; each lasts until the next begins.
    pub spans: Vec<Span>,
}

/// A time during which a replica was one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it begins, in microseconds of virtual time.
    pub from_us: u64,
    /// What the replica was.
    pub was: Was,
}

/// What a replica is to the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// It leads.
    Leader,
    /// It is in the ISR.
    InIsr,
    /// It is an eligible leader replica.
    InElr,
    /// None of these.
    Out,
}
