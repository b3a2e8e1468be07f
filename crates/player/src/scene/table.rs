//! A panel that shows what stands in a file as rows: leader epochs, producers, aborted transactions.

use super::MarkId;
use crate::phrase::Phrase;

/// Rows under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePanel {
    /// `log/orders-0/epochs`.
    pub id: MarkId,
    /// What it shows.
    pub heading: Phrase,
    /// Where it comes from: the name of a file.
    pub file: String,
    /// The names of the columns, Kafka's own where they are fields.
    pub columns: Vec<Phrase>,
    /// The rows, in the file's order.
    pub rows: Vec<TableRow>,
    /// How many rows more there are than are shown.
    pub more: usize,
    /// What is said where there are no rows.
    pub empty: Phrase,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// `log/orders-0/epoch-3`.
    pub id: MarkId,
    /// A cell for each column.
    pub cells: Vec<String>,
    /// It counts now, such as the epoch of the next record.
    pub is_now: bool,
}
