//! Files of a real broker's disk that a reader brought, shown in the panels that show the simulated ones.
//!
//! They arrive and are looked through slice by slice ([`Reading`]), so that a page stays alive meanwhile; what comes of it
//! ([`OwnFiles`]) is the files as they stand: nothing is recovered and nothing is cut.

mod names;
mod reading;

use std::rc::Rc;
use std::sync::OnceLock;

use highwater_log::batch::{BatchError, HEADER_SIZE, RecordBatch};
use highwater_log::file::{HEADER_SIZE_UP_TO_MAGIC, Step, step};
use highwater_log::inspect::{Found, codec_name, control_type, crc_error, records};
use highwater_log::log::Log;
use highwater_log::producer_state::snapshot::SnapshotEntry;
use highwater_log::transaction_index::AbortedTxn;

pub use reading::{Offered, Reading, Wanted};

use crate::phrase::Phrase;
use crate::scene::build::{files, table};
use crate::scene::{Panel, Scene, TablePanel};
use crate::script::FilesShow;

/// The most bytes of all files together.
pub const BYTES_MAX: u64 = 64 << 20;
/// The most files that are looked at.
pub const FILES_MAX: usize = 4_000;
/// The batches of a page of their list.
pub const PAGE: usize = 25;
/// The most records of a batch that are listed.
const RECORDS_MAX: usize = 200;
/// The most characters of a key or a value that are listed.
const TEXT_MAX: usize = 80;
/// The most bytes of one that is no text.
const HEX_MAX: usize = 24;

/// Something that is wrong with a file, in Kafka's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file's name.
    pub file: String,
    /// Where in it, in bytes; none if it is about the whole file.
    pub position: Option<u64>,
    /// Kafka's exception, without its package, where it throws one.
    pub exception: Option<&'static str>,
    /// What it says.
    pub message: String,
}

/// A segment of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentLine {
    /// The offset that names it.
    pub base_offset: i64,
    /// The size of its `.log`, in bytes.
    pub bytes: u64,
    /// How many batches it holds, as far as they can be read.
    pub batches: usize,
}

/// A batch of the list, or bytes that are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchLine {
    /// Where it begins, in bytes.
    pub position: u64,
    /// Its size in bytes, if that is known.
    pub bytes: Option<u64>,
    /// Its fields; none where bytes are no batch.
    pub fields: Option<BatchFields>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// The fields of a batch that its list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchFields {
    /// The first offset.
    pub base_offset: i64,
    /// The last offset.
    pub last_offset: i64,
    /// How many records there are.
    pub records: i64,
    /// The codec's name.
    pub codec: &'static str,
    /// The largest timestamp, in ms.
    pub max_timestamp: i64,
    /// The leader epoch.
    pub leader_epoch: i32,
    /// Producer id, producer epoch and first sequence; none of a producer without.
    pub producer: Option<(i64, i16, i32)>,
    /// It belongs to a transaction.
    pub transactional: bool,
    /// It ends a transaction, or is another control batch.
    pub control: bool,
}

/// A record of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, in ms.
    pub timestamp: i64,
    /// Its key as text, or as hex where it is none; none for null.
    pub key: Option<String>,
    /// Its value likewise; of a control record what it does.
    pub value: Option<String>,
    /// Its headers, `name: value`.
    pub headers: Vec<String>,
}

/// What of the files is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The base offset of the segment whose batches are listed; the first one if none.
    pub segment: Option<i64>,
    /// The page of its batches, from 0.
    pub page: usize,
    /// The batch whose bytes are shown, by its first offset.
    pub batch: Option<i64>,
    /// The bytes of its records are shown, not those of its header.
    pub records: bool,
    /// The search that is shown.
    pub search: Option<Search>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// An offset.
    Offset(i64),
    /// The first record that is not older, in ms.
    Timestamp(i64),
}

/// A `.log` file.
#[derive(Clone, Debug)]
struct LogFile {
    name: String,
    base_offset: i64,
    bytes: Rc<[u8]>,
    batches: usize,
    /// Where each page of the list begins, in bytes.
    pages: Vec<u64>,
}

/// A partition's files as they stand.
#[derive(Clone, Debug)]
pub struct OwnFiles {
    partition: String,
    log: Log,
    files: Vec<LogFile>,
    epochs: bool,
    snapshot: Option<(String, Vec<SnapshotEntry>)>,
    aborted: Vec<(String, Vec<AbortedTxn>)>,
    /// Indexes whose `.log` is not here.
    alone: Vec<TablePanel>,
    findings: Vec<Finding>,
    left_out: Vec<String>,
}

impl OwnFiles {
    /// The partition's name: that of the folder, or else of the first file.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// All that is wrong, file by file.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Names of files that are none of a log, and were not looked at.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The segments, oldest first.
    pub fn segments(&self) -> Vec<SegmentLine> {
        let line = |file: &LogFile| SegmentLine {
            base_offset: file.base_offset,
            bytes: file.bytes.len() as u64,
            batches: file.batches,
        };
        self.files.iter().map(line).collect()
    }

    /// The first offset and the one after the last.
    pub fn offsets(&self) -> (i64, i64) {
        (self.log.log_start_offset(), self.log.log_end_offset())
    }

    fn file(&self, segment: Option<i64>) -> Option<&LogFile> {
        let wanted = segment.and_then(|wanted| self.files.iter().find(|file| file.base_offset == wanted));
        wanted.or_else(|| self.files.first())
    }

    /// A page of the batches of a segment, and how many pages there are.
    pub fn batches(&self, look: &Look) -> (Vec<BatchLine>, usize) {
        let Some(file) = self.file(look.segment) else { return (Vec::new(), 0) };
        let Some(from) = file.pages.get(look.page) else { return (Vec::new(), file.pages.len()) };
        let found = Walk { file, position: *from, is_over: false }.take(PAGE);
        (found.map(|found| line(&found)).collect(), file.pages.len())
    }

    /// The records of the batch that is looked at, and what is wrong behind the last one that can be read.
    pub fn records(&self, look: &Look) -> (Vec<RecordLine>, Option<String>) {
        let Some(batch) = self.batch(look) else { return (Vec::new(), None) };
        let (read, problem) = records(&batch);
        let is_control = batch.is_control();
        let line = |record: &highwater_log::record::Record| RecordLine {
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key.as_deref().filter(|_| !is_control).map(shown),
            value: if is_control { Some(control_type(record).to_owned()) } else { record.value.as_deref().map(shown) },
            headers: record
                .headers
                .iter()
                .map(|header| [&*header.key, ": ", &header.value.as_deref().map(shown).unwrap_or_default()].concat())
                .collect(),
        };
        (read.iter().take(RECORDS_MAX).map(line).collect(), problem.map(|problem| problem.message))
    }

    fn batch(&self, look: &Look) -> Option<RecordBatch> {
        let offset = look.batch?;
        let segment = self.log.floor_segment(offset)?;
        segment.translate_offset(offset).ok()?.map(|placed| placed.batch.clone())
    }

    /// Whether a search finds something.
    pub fn finds(&self, look: &Look) -> bool {
        match look.search {
            Some(Search::Offset(offset)) => {
                let segment = self.log.floor_segment(offset);
                segment.is_some_and(|segment| segment.translate_offset(offset).is_ok_and(|found| found.is_some()))
            }
            Some(Search::Timestamp(timestamp)) => {
                self.log.offset_for_timestamp(timestamp).is_ok_and(|found| found.is_some())
            }
            None => true,
        }
    }

    /// The bytes of the batch that is looked at.
    pub fn bytes(&self, look: &Look) -> Scene {
        let show = FilesShow { batch: look.batch, records: look.records, ..FilesShow::default() };
        let mut panel = files::of_log(&self.log, &self.partition, None, "", 0, &show);
        panel.segments.clear();
        let panels = if panel.bytes.is_some() { vec![Panel::Files(panel)] } else { Vec::new() };
        Scene { panels, ..Scene::default() }
    }

    /// The picture: segments, search and the small files.
    pub fn scene(&self, look: &Look) -> Scene {
        let show = FilesShow {
            lookup: match look.search {
                Some(Search::Offset(offset)) => Some(offset),
                _ => None,
            },
            timestamp: match look.search {
                Some(Search::Timestamp(timestamp)) => Some(timestamp),
                _ => None,
            },
            ..FilesShow::default()
        };
        let mut panels = Vec::new();
        if !self.files.is_empty() {
            panels.push(Panel::Files(files::of_log(&self.log, &self.partition, None, "", 0, &show)));
        }
        if self.epochs {
            let end = self.log.log_end_offset();
            panels.push(Panel::Table(table::epochs(self.log.leader_epochs(), end, &self.partition)));
        }
        if let Some((file, entries)) = &self.snapshot {
            panels.push(Panel::Table(table::producers(entries, file, &self.partition)));
        }
        for (file, entries) in &self.aborted {
            panels.push(Panel::Table(table::aborted(entries, file, &self.partition)));
        }
        panels.extend(self.alone.iter().cloned().map(Panel::Table));
        Scene { panels, ..Scene::default() }
    }
}

/// A file, batch after batch, good or bad.
struct Walk<'a> {
    file: &'a LogFile,
    position: u64,
    is_over: bool,
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        if self.is_over {
            return None;
        }
        let (found, next) = found_at(&self.file.bytes, self.position, &self.file.name)?;
        self.is_over = next.is_none();
        self.position = next.unwrap_or(self.position);
        Some(found)
    }
}

/// What stands at a position, and where the next batch begins, if that can be known.
fn found_at(bytes: &[u8], position: u64, name: &str) -> Option<(Found, Option<u64>)> {
    let rest = bytes.get(usize::try_from(position).ok()?..)?;
    let header = rest.get(..HEADER_SIZE_UP_TO_MAGIC).unwrap_or(rest);
    match step(header, rest.len() as u64) {
        Step::End => None,
        Step::TooSmall { length } => Some((Found::too_small(header, position, length, name), None)),
        Step::Batch { size, magic } => {
            let batch = rest.get(..usize::try_from(size).ok()?)?;
            Some((Found::of(batch, position, magic), Some(position.saturating_add(size))))
        }
    }
}

fn line(found: &Found) -> BatchLine {
    match found {
        Found::Bad { position, size, why, .. } => {
            BatchLine { position: *position, bytes: *size, fields: None, problem: Some(why.message.clone()) }
        }
        Found::Batch { position, size, batch } => {
            let producer = (batch.producer_id(), batch.producer_epoch(), batch.base_sequence());
            let wrong = batch.check_crc().err().map(|error| crc_error(&error)).or_else(|| records(batch).1);
            BatchLine {
                position: *position,
                bytes: Some(*size),
                fields: Some(BatchFields {
                    base_offset: batch.base_offset(),
                    last_offset: batch.last_offset(),
                    records: batch.record_count().into(),
                    codec: codec_name(batch),
                    max_timestamp: batch.max_timestamp(),
                    leader_epoch: batch.partition_leader_epoch(),
                    producer: Some(producer).filter(|(id, ..)| *id >= 0),
                    transactional: batch.is_transactional(),
                    control: batch.is_control(),
                }),
                problem: wrong.map(|wrong| wrong.message),
            }
        }
    }
}

/// Bytes as text where they are UTF-8 without control characters, else as hex.
fn shown(bytes: &[u8]) -> String {
    let is_text = |text: &&str| !text.chars().any(char::is_control);
    let Some(text) = std::str::from_utf8(bytes).ok().filter(is_text) else {
        let hex: Vec<String> = bytes.iter().take(HEX_MAX).map(|byte| format!("{byte:02x}")).collect();
        return format!("0x {}{}", hex.join(" "), if bytes.len() > HEX_MAX { " …" } else { "" });
    };
    let mut short: String = text.chars().take(TEXT_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Decompresses records by the number of their codec, or says why it cannot.
pub type DecompressById = fn(u8, &[u8]) -> Result<Vec<u8>, String>;

/// Gives what decompresses records, by the number of the codec, to a program that is built without codecs.
pub fn give_codecs(decompress: DecompressById) {
    static GIVEN: OnceLock<DecompressById> = OnceLock::new();
    let _ = GIVEN.set(decompress);
    highwater_log::decompression::give(|codec, bytes| match GIVEN.get() {
        Some(decompress) => {
            decompress(codec.id(), bytes).map_err(|said| BatchError::Decompression { position: HEADER_SIZE, said })
        }
        None => Err(BatchError::Compressed { codec }),
    });
}

/// Why files cannot be shown at all.
fn refused(key: &str) -> Phrase {
    Phrase::new(&format!("interface.own.{key}"))
}
