//! Builds the tables: leader epochs, producers, aborted transactions.

use highwater_log::leader_epochs::EpochEntry;
use highwater_log::log::Log;
use highwater_log::offset_index::OffsetIndexEntry;
use highwater_log::producer_state::ProducerStateEntry;
use highwater_log::producer_state::snapshot::SnapshotEntry;
use highwater_log::time_index::TimestampOffset;
use highwater_log::transaction_index::AbortedTxn;
use highwater_sim::world::World;

use super::View;
use crate::phrase::Phrase;
use crate::scene::table::{TablePanel, TableRow};

/// The most rows of a table that are shown: the last ones.
const ROWS_MAX: usize = 40;
/// The file with the leader epochs.
const LEADER_EPOCHS: &str = "leader-epoch-checkpoint";

#[inline(never)]
pub(super) fn epochs_panel(world: &World, view: &View) -> Option<TablePanel> {
    let partition = view.partition.as_ref()?;
    let log = &world.leader(partition)?.log;
    Some(epochs(log.leader_epochs(), log.log_end_offset(), &partition.to_string()))
}

#[inline(never)]
pub(super) fn producers_panel(world: &World, view: &View) -> Option<TablePanel> {
    let partition = view.partition.as_ref()?;
    let log: &Log = &world.leader(partition)?.log;
    let rows: Vec<SnapshotEntry> = log.producers().producers().map(ProducerStateEntry::to_snapshot).collect();
    Some(producers(&rows, "ProducerStateManager", &partition.to_string()))
}

/// The epochs of `leader-epoch-checkpoint`, and where each ends.
pub(crate) fn epochs(epochs: &[EpochEntry], log_end: i64, partition: &str) -> TablePanel {
    let ends = epochs.iter().skip(1).map(|next| next.start_offset).chain([log_end]);
    let rows = epochs.iter().zip(ends).map(|(entry, end)| TableRow {
        id: format!("log/{partition}/epoch-{}", entry.epoch),
        cells: vec![entry.epoch.to_string(), entry.start_offset.to_string(), end.to_string()],
        is_now: epochs.last() == Some(entry),
    });
    let columns = ["epoch", "start_offset", "end_offset"].map(|key| Phrase::new(&format!("interface.table.{key}")));
    table(partition, "epochs", LEADER_EPOCHS, columns.to_vec(), rows.collect())
}

/// The producers of a snapshot.
pub(crate) fn producers(entries: &[SnapshotEntry], file: &str, partition: &str) -> TablePanel {
    let rows = entries.iter().map(|entry| TableRow {
        id: format!("log/{partition}/producer-{}", entry.producer_id),
        cells: vec![
            entry.producer_id.to_string(),
            entry.epoch.to_string(),
            entry.last_sequence.to_string(),
            entry.last_offset.to_string(),
            entry.offset_delta.to_string(),
            entry.last_timestamp.to_string(),
            entry.coordinator_epoch.to_string(),
            entry.current_txn_first_offset.map_or_else(|| "–".to_owned(), |offset| offset.to_string()),
        ],
        is_now: entry.current_txn_first_offset.is_some(),
    });
    let columns = fields(&[
        "producerId",
        "producerEpoch",
        "lastSequence",
        "lastOffset",
        "offsetDelta",
        "timestamp",
        "coordinatorEpoch",
        "currentTxnFirstOffset",
    ]);
    table(partition, "producers", file, columns, rows.collect())
}

/// The aborted transactions of a `.txnindex`.
pub(crate) fn aborted(entries: &[AbortedTxn], file: &str, partition: &str) -> TablePanel {
    let rows = entries.iter().map(|entry| TableRow {
        id: format!("log/{partition}/aborted-{}-{}", entry.producer_id, entry.first_offset),
        cells: [entry.producer_id, entry.first_offset, entry.last_offset, entry.last_stable_offset]
            .map(|number| number.to_string())
            .to_vec(),
        is_now: false,
    });
    let columns = fields(&["producerId", "firstOffset", "lastOffset", "lastStableOffset"]);
    table(partition, "aborted", file, columns, rows.collect())
}

/// The entries of an `.index` without its `.log`.
pub(crate) fn offset_index(entries: &[OffsetIndexEntry], base: i64, file: &str, partition: &str) -> TablePanel {
    let rows = entries.iter().map(|entry| TableRow {
        id: format!("log/{partition}/entry-{}", entry.offset),
        cells: vec![
            entry.offset.saturating_sub(base).to_string(),
            entry.offset.to_string(),
            entry.position.to_string(),
        ],
        is_now: false,
    });
    let columns = fields(&["relativeOffset", "offset", "position"]);
    table(partition, "offset_index", file, columns, rows.collect())
}

/// The entries of a `.timeindex` without its `.log`.
pub(crate) fn time_index(entries: &[TimestampOffset], file: &str, partition: &str) -> TablePanel {
    let rows = entries.iter().map(|entry| TableRow {
        id: format!("log/{partition}/time-{}-{}", entry.timestamp, entry.offset),
        cells: vec![entry.timestamp.to_string(), entry.offset.to_string()],
        is_now: false,
    });
    table(partition, "time_index", file, fields(&["timestamp", "offset"]), rows.collect())
}

/// Kafka's own names of fields.
fn fields(names: &[&str]) -> Vec<Phrase> {
    names.iter().map(|name| Phrase::new("interface.table.field").with("name", *name)).collect()
}

fn table(partition: &str, kind: &str, file: &str, columns: Vec<Phrase>, mut rows: Vec<TableRow>) -> TablePanel {
    let more = rows.len().saturating_sub(ROWS_MAX);
    rows.drain(..more);
    TablePanel {
        id: format!("log/{partition}/{kind}"),
        heading: Phrase::new(&format!("interface.table.{kind}")).with("partition", partition),
        file: file.to_owned(),
        columns,
        rows,
        more,
        empty: Phrase::new(&format!("interface.table.no_{kind}")),
    }
}
