//! The picture on a scenario's card: what of its decisive moment is left without words.

use crate::json::{Fields, Json, Read, list, number};

use crate::scene::cluster::{ReplicaRow, Role};
use crate::scene::compaction::Column;
use crate::scene::files::SegmentCard;
use crate::scene::group::{MemberCard, MemberRole};
use crate::scene::partitioner::PartitionLane;
use crate::scene::replicas::PartitionRow;
use crate::scene::spread::SpreadBar;
use crate::scene::{Panel, Scene};
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
    /// The segments of a log: how many bytes, whether it is looked into, whether it goes. Or the partitions of a producer:
    /// how many bytes, and whether there are none.
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
                Panel::Group(panel) => picture.lanes = panel.members.iter().map(member).collect(),
                Panel::Share(panel) => picture.cells = panel.records.iter().map(|there| there.color).collect(),
                Panel::Replicas(panel) => picture.lanes = panel.rows.iter().map(partition).collect(),
                Panel::Spread(panel) => {
                    let bar = |bar: &SpreadBar| (bar.bytes, false, bar.bytes == 0);
                    let chart = panel.looked_at(&scene.look).or(panel.charts.first());
                    picture.files = chart.map(|chart| chart.bars.iter().map(bar).collect()).unwrap_or_default();
                }
                Panel::Accumulator(_) | Panel::Table(_) | Panel::History(_) => {}
            }
        }
        picture
    }
}

/// A partition as a lane with its replicas.
#[inline(never)]
fn partition(row: &PartitionRow) -> Lane {
    let keys = row.bars.iter().map(|bar| (if bar.is_leader { 2 } else { 1 }, false, bar.in_isr)).collect();
    Lane { now: false, keys }
}

/// A member as a lane with its partitions.
#[inline(never)]
fn member(card: &MemberCard) -> Lane {
    let keys = card.now.value.iter().map(|token| (token.color, false, !token.is_orphan)).collect();
    Lane { now: card.role == MemberRole::Leader, keys }
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
