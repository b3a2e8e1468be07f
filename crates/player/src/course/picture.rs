//! The picture on a scenario's card: what of its decisive moment is left without words.

use crate::json::{Fields, Json, Read, list, number};

use crate::scene::cluster::{ClusterPanel, RecordCell, ReplicaRow, Role};
use crate::scene::compaction::{Column, CompactedRecord, CompactionPanel};
use crate::scene::files::{FilesPanel, SegmentCard};
use crate::scene::partitioner::{KeyChip, PartitionLane, PartitionerPanel};
use crate::scene::{Panel, Scene, Shown};
use crate::script::{Place, Problem, all};

/// At most so many of the newest records of a log.
const RECORDS: usize = 10;

/// A small picture: replicas, or partitions with keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Picture {
    /// A row for each replica.
    pub rows: Vec<Row>,
    /// A lane for each partition.
    pub lanes: Vec<Lane>,
    /// The segments of a log: how many bytes, whether it is looked into, whether it goes.
    pub files: Vec<(i64, bool, bool)>,
    /// The offsets of a compacted log: the colour of the record there, 0 where one is gone.
    pub cells: Vec<u8>,
}

/// A replica.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Row {
    /// It leads.
    pub leads: bool,
    /// It is in the ISR.
    pub in_isr: bool,
    /// The offset of the first record shown.
    pub first: i64,
    /// Its high watermark.
    pub hw: i64,
    /// Its log end offset.
    pub leo: i64,
    /// The colours of the records from `first` on.
    pub colors: Vec<u8>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Lane {
    /// The key of the picture goes here.
    pub now: bool,
    /// The keys: colour, whether the next record comes here, whether there are records.
    pub keys: Vec<(u8, bool, bool)>,
}

/// A picture from its JSON.
pub(super) fn read(mut fields: Fields) -> Read<Picture> {
    let (rows, lanes) = (fields.list("rows")?, fields.list("lanes")?);
    let (files, cells) = (fields.list("files")?, fields.list("cells")?);
    fields.end()?;
    Ok(Picture {
        rows: all(rows, read_row)?,
        lanes: all(lanes, read_lane)?,
        files: all(files, read_file)?,
        cells: all(cells, |color, place| number(&color, &place))?,
    })
}

fn read_row(json: Json, place: Place) -> Read<Row> {
    let mut fields = Fields::of(json, place)?;
    let colors = fields.list("colors")?;
    let row = Row {
        leads: fields.truth("leads")?,
        in_isr: fields.truth("in_isr")?,
        first: fields.number("first")?,
        hw: fields.number("hw")?,
        leo: fields.number("leo")?,
        colors: all(colors, |color, place| number(&color, &place))?,
    };
    fields.end()?;
    Ok(row)
}

fn read_lane(json: Json, place: Place) -> Read<Lane> {
    let mut fields = Fields::of(json, place)?;
    let keys = fields.list("keys")?;
    let lane = Lane { now: fields.truth("now")?, keys: all(keys, read_key)? };
    fields.end()?;
    Ok(lane)
}

/// `[colour, next, records]`.
fn read_key(json: Json, place: Place) -> Read<(u8, bool, bool)> {
    let parts = list(json, &place)?;
    match parts.as_slice() {
        [(color, at), (Json::Truth(next), _), (Json::Truth(records), _)] => Ok((number(color, at)?, *next, *records)),
        _ => Err(Box::new(Problem::new(place, "a colour and two truths are wanted"))),
    }
}

/// `[bytes, looked into, goes]`.
fn read_file(json: Json, place: Place) -> Read<(i64, bool, bool)> {
    let parts = list(json, &place)?;
    match parts.as_slice() {
        [(bytes, at), (Json::Truth(picked), _), (Json::Truth(goes), _)] => Ok((number(bytes, at)?, *picked, *goes)),
        _ => Err(Box::new(Problem::new(place, "bytes and two truths are wanted"))),
    }
}

impl Picture {
    /// What is left of a scene.
    pub fn of(scene: &Scene) -> Picture {
        let mut picture = Picture::default();
        for panel in &scene.panels {
            match panel {
                Panel::Cluster(panel) => picture.rows = panel.replicas.iter().map(row).collect(),
                Panel::Partitioner(panel) => picture.lanes = panel.lanes.iter().map(lane).collect(),
                Panel::Files(panel) => {
                    let card = |card: &SegmentCard| (card.bytes, card.picked, card.deletable);
                    picture.files = panel.segments.iter().map(card).collect();
                }
                Panel::Compaction(panel) => {
                    let cell = |column: &Column| column.record.as_ref().map_or(0, |record| record.color);
                    picture.cells = panel.columns.iter().map(cell).collect();
                }
                Panel::Accumulator(_) => {}
            }
        }
        picture
    }

    /// A scene of it, without words, for drawing.
    pub fn scene(&self) -> Scene {
        let mut panels = Vec::new();
        if !self.rows.is_empty() {
            panels.push(Panel::Cluster(ClusterPanel {
                partition: String::new(),
                isr: Shown { value: Vec::new(), key: String::new() },
                leader: None,
                first_offset: self.rows.iter().map(|row| row.first).min().unwrap_or(0),
                replicas: self.rows.iter().map(shown_row).collect(),
                clients: Vec::new(),
                messages: Vec::new(),
            }));
        }
        if !self.lanes.is_empty() {
            panels.push(Panel::Partitioner(PartitionerPanel {
                topic: String::new(),
                partitions: i32::try_from(self.lanes.len()).unwrap_or(i32::MAX),
                key: None,
                lanes: self.lanes.iter().map(shown_lane).collect(),
                moves: None,
            }));
        }
        if !self.files.is_empty() {
            panels.push(Panel::Files(files(&self.files)));
        }
        if !self.cells.is_empty() {
            panels.push(Panel::Compaction(cells(&self.cells)));
        }
        Scene { panels, ..Scene::default() }
    }
}

fn nothing() -> Shown<i64> {
    Shown { value: 0, key: String::new() }
}

fn files(files: &[(i64, bool, bool)]) -> FilesPanel {
    let segments = files.iter().map(|(bytes, picked, deletable)| SegmentCard {
        id: String::new(),
        base_offset: 0,
        last_offset: None,
        bytes: *bytes,
        active: false,
        picked: *picked,
        deletable: *deletable,
        note: None,
    });
    FilesPanel {
        id: String::new(),
        partition: String::new(),
        broker: None,
        scaled_bytes: None,
        log_start: nothing(),
        segments: segments.collect(),
        gauges: Vec::new(),
        active_entries: None,
        search: None,
        bytes: None,
    }
}

fn cells(colors: &[u8]) -> CompactionPanel {
    let record = |color: u8| CompactedRecord {
        id: String::new(),
        key: String::new(),
        color,
        value: None,
        newer: None,
        horizon_ms: None,
    };
    let column = |(offset, color): (i64, &u8)| Column { offset, record: (*color > 0).then(|| record(*color)) };
    CompactionPanel {
        id: String::new(),
        partition: String::new(),
        broker: 0,
        columns: (0..).zip(colors).map(column).collect(),
        segments: Vec::new(),
        high_watermark: nothing(),
        log_end: nothing(),
        first_dirty: nothing(),
        dirty_thousandths: None,
        least_dirty_thousandths: 0,
        map: None,
        uncleanable: 0,
    }
}

fn row(row: &ReplicaRow) -> Row {
    let skip = row.records.len().saturating_sub(RECORDS);
    let shown = row.records.get(skip..).unwrap_or_default();
    Row {
        leads: row.role == Role::Leader,
        in_isr: row.in_isr,
        first: shown.first().map_or(row.log_end_offset.value, |record| record.offset),
        hw: row.high_watermark.value,
        leo: row.log_end_offset.value,
        colors: shown.iter().map(|record| record.color).collect(),
    }
}

fn lane(lane: &PartitionLane) -> Lane {
    Lane { now: lane.is_now, keys: lane.keys.iter().map(|chip| (chip.color, chip.next, chip.records > 0)).collect() }
}

fn shown_row(row: &Row) -> ReplicaRow {
    let record = |(offset, color): (i64, &u8)| RecordCell {
        id: String::new(),
        offset,
        key: None,
        value: None,
        color: *color,
        committed: offset < row.hw,
        batch: offset,
    };
    let shown = |value: i64| Shown { value, key: String::new() };
    ReplicaRow {
        id: String::new(),
        broker: 0,
        role: if row.leads { Role::Leader } else { Role::Follower },
        in_isr: row.in_isr,
        records: (row.first..).zip(&row.colors).map(record).collect(),
        high_watermark: shown(row.hw),
        log_end_offset: shown(row.leo),
        epochs: Vec::new(),
        floats: Vec::new(),
    }
}

fn shown_lane(lane: &Lane) -> PartitionLane {
    let chip = |(color, next, here): &(u8, bool, bool)| KeyChip {
        id: String::new(),
        key: String::new(),
        color: *color,
        next: *next,
        records: i64::from(*here),
    };
    PartitionLane {
        id: String::new(),
        partition: 0,
        records: 0,
        keys: lane.keys.iter().map(chip).collect(),
        is_now: lane.now,
    }
}
