//! Files that arrive slice by slice, and are looked through slice by slice.

use std::rc::Rc;

use highwater_log::inspect::{Found, crc_error, records};
use highwater_log::leader_epochs::LeaderEpochs;
use highwater_log::log::{Log, LogConfig};
use highwater_log::offset_index::{self, OffsetIndex};
use highwater_log::producer_state::snapshot;
use highwater_log::segment::{Segment, SegmentFiles};
use highwater_log::time_index::{self, TimeIndex};
use highwater_log::transaction_index;

use super::names::{self, Kind};
use super::{BYTES_MAX, FILES_MAX, Finding, LogFile, OwnFiles, PAGE, found_at, refused};
use crate::phrase::Phrase;
use crate::scene::build::table;

/// So many bytes are read at once.
const SLICE: u64 = 1 << 20;
/// So many bytes are looked through at once.
const CHECKED: u64 = 1 << 19;
/// The most findings of a file that are told.
const FINDINGS_MAX: usize = 20;
/// The most names that are told as left out.
const LEFT_OUT_MAX: usize = 12;

/// A file as it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its name, behind those of the folders that it is in.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The slice that is wanted next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which of the offered files.
    pub file: usize,
    /// From which byte.
    pub from: u64,
    /// Up to before which byte.
    pub to: u64,
}

#[derive(Debug)]
struct Arriving {
    offered: usize,
    name: String,
    kind: Kind,
    offset: i64,
    size: u64,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Checking {
    file: LogFile,
    position: u64,
    findings: usize,
    is_over: bool,
}

/// Files on their way.
#[derive(Debug)]
pub struct Reading {
    partition: String,
    files: Vec<Arriving>,
    at: usize,
    logs: Vec<Checking>,
    findings: Vec<Finding>,
    left_out: Vec<String>,
    total: u64,
    read: u64,
    checked: u64,
}

impl Reading {
    /// What will be read of the files that are offered: those of one partition.
    ///
    /// # Errors
    /// None of them is a log's, or they are too many or too large.
    pub fn begin(offered: &[Offered]) -> Result<Reading, Phrase> {
        if offered.len() > FILES_MAX {
            let files = i64::try_from(offered.len()).unwrap_or(i64::MAX);
            return Err(refused("too_many").with("n", files));
        }
        let known = offered.iter().enumerate().filter_map(|(at, file)| {
            let (folder, name) = names::split(&file.path);
            let (kind, offset) = names::of(name)?;
            Some((
                folder,
                Arriving { offered: at, name: name.to_owned(), kind, offset, size: file.size, bytes: Vec::new() },
            ))
        });
        let mut known: Vec<(&str, Arriving)> = known.collect();
        known.sort_unstable_by_key(|(folder, _)| *folder);
        let of_log = |(_, file): &&(&str, Arriving)| file.kind == Kind::Log;
        let Some(folder) = known.iter().find(of_log).or_else(|| known.first()).map(|(folder, _)| *folder) else {
            let names: Vec<&str> = offered.iter().take(3).map(|file| names::split(&file.path).1).collect();
            return Err(refused("none_known").with("names", names.join(", ")));
        };
        let is_left = |file: &&Offered| {
            let (in_folder, name) = names::split(&file.path);
            in_folder != folder || names::of(name).is_none()
        };
        let mut left_out: Vec<String> = offered.iter().filter(is_left).map(|file| file.path.clone()).collect();
        if left_out.len() > LEFT_OUT_MAX {
            let more = left_out.len().saturating_sub(LEFT_OUT_MAX);
            left_out.truncate(LEFT_OUT_MAX);
            left_out.push(format!("… +{more}"));
        }
        let folder = folder.to_owned();
        let mut files: Vec<Arriving> =
            known.into_iter().filter(|(of, _)| **of == *folder).map(|(_, file)| file).collect();
        files.sort_unstable_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
        let total = files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        if total > BYTES_MAX {
            let megabytes = |bytes: u64| i64::try_from(bytes.div_ceil(1 << 20)).unwrap_or(i64::MAX);
            return Err(refused("too_large").with("mb", megabytes(total)).with("most", megabytes(BYTES_MAX)));
        }
        let is_log = |file: &&Arriving| file.kind == Kind::Log;
        let first =
            files.iter().find(is_log).or_else(|| files.first()).map(|file| file.name.clone()).unwrap_or_default();
        Ok(Reading {
            partition: if folder.is_empty() { first } else { folder },
            files,
            at: 0,
            logs: Vec::new(),
            findings: Vec::new(),
            left_out,
            total,
            read: 0,
            checked: 0,
        })
    }

    /// The slice that is wanted next; none when all is here.
    pub fn wanted(&mut self) -> Option<Wanted> {
        loop {
            let file = self.files.get(self.at)?;
            let from = file.bytes.len() as u64;
            if from < file.size {
                return Some(Wanted { file: file.offered, from, to: file.size.min(from.saturating_add(SLICE)) });
            }
            self.at = self.at.saturating_add(1);
        }
    }

    /// Takes the slice that was wanted. A slice that is shorter ends its file.
    pub fn take(&mut self, bytes: &[u8]) {
        let Some(file) = self.files.get_mut(self.at) else { return };
        let wanted = file.size.saturating_sub(file.bytes.len() as u64).min(SLICE);
        if (bytes.len() as u64) < wanted {
            file.size = (file.bytes.len() as u64).saturating_add(bytes.len() as u64);
        }
        file.bytes.extend_from_slice(bytes);
        self.read = self.read.saturating_add(bytes.len() as u64);
    }

    /// How far it is, in thousandths. Reading is the first half, looking through the second.
    pub fn thousandths(&self) -> u32 {
        let done = self.read.saturating_add(self.checked).saturating_mul(500);
        u32::try_from(done.checked_div(self.total).unwrap_or(1_000).min(1_000)).unwrap_or(1_000)
    }

    /// Looks through the next part of the `.log` files; says whether more is left.
    pub fn check(&mut self) -> bool {
        for file in self.files.extract_if(.., |file| file.kind == Kind::Log) {
            let (name, base_offset, bytes) = (file.name, file.offset, Rc::from(file.bytes));
            let file = LogFile { name, base_offset, bytes, batches: 0, pages: Vec::new() };
            self.logs.push(Checking { file, position: 0, findings: 0, is_over: false });
        }
        let mut left = CHECKED;
        for log in self.logs.iter_mut().filter(|log| !log.is_over) {
            while left > 0 && !log.is_over {
                let before = log.position;
                log.advance(&mut self.findings);
                let seen = log.position.saturating_sub(before).max(1);
                left = left.saturating_sub(seen);
                self.checked = self.checked.saturating_add(seen);
            }
        }
        self.logs.iter().any(|log| !log.is_over)
    }

    /// The files, once all is read and looked through.
    pub fn finish(mut self) -> OwnFiles {
        while self.check() {}
        let Reading { partition, files, logs, mut findings, left_out, .. } = self;
        let mut segments = Vec::new();
        for log in &logs {
            let beside = |kind: Kind| {
                files
                    .iter()
                    .find(|file| file.kind == kind && file.offset == log.file.base_offset)
                    .map_or(&[][..], |file| file.bytes.as_slice())
            };
            let base_offset = log.file.base_offset;
            let aborted = transaction_index::read(beside(Kind::TransactionIndex));
            segments.push(Segment::open(
                SegmentFiles {
                    base_offset,
                    log: Rc::clone(&log.file.bytes),
                    offset_index: OffsetIndex::from_bytes(base_offset, beside(Kind::OffsetIndex)),
                    time_index: TimeIndex::from_bytes(base_offset, beside(Kind::TimeIndex)),
                    aborted: aborted.iter().map(|entry| entry.aborted).collect(),
                    last_modified_ms: 0,
                },
                0,
            ));
        }
        let mut epochs = None;
        let (mut newest, mut aborted, mut alone) = (None, Vec::new(), Vec::new());
        for file in &files {
            let wrong = |exception, error: &dyn std::fmt::Display| Finding {
                file: file.name.clone(),
                position: None,
                exception: Some(exception),
                message: error.to_string(),
            };
            let (base, bytes) = (file.offset, file.bytes.as_slice());
            let corrupt = |error: &dyn std::fmt::Display| wrong("CorruptIndexException", error);
            let is_alone = logs.iter().all(|log| log.file.base_offset != base);
            match file.kind {
                // These are being looked through already.
                Kind::Log => {}
                Kind::OffsetIndex => {
                    if is_alone {
                        let entries = offset_index::read(base, bytes);
                        alone.push(table::offset_index(&entries, base, &file.name, &partition));
                    }
                    findings.extend(offset_index::sanity_check(base, bytes).err().map(|error| corrupt(&error)));
                }
                Kind::TimeIndex => {
                    if is_alone {
                        alone.push(table::time_index(&time_index::read(base, bytes), &file.name, &partition));
                    }
                    findings.extend(time_index::sanity_check(base, bytes).err().map(|error| corrupt(&error)));
                }
                Kind::TransactionIndex => {
                    findings.extend(transaction_index::sanity_check(base, bytes).err().map(|error| corrupt(&error)));
                    let entries: Vec<_> = transaction_index::read(bytes).iter().map(|entry| entry.aborted).collect();
                    if !entries.is_empty() {
                        aborted.push((file.name.clone(), entries));
                    }
                }
                Kind::Snapshot => match snapshot::read(bytes) {
                    Ok(entries) => newest = Some((file.name.clone(), entries)),
                    Err(error) => findings.push(wrong("CorruptSnapshotException", &error)),
                },
                Kind::LeaderEpochs => match LeaderEpochs::from_checkpoint(&String::from_utf8_lossy(bytes)) {
                    Ok(read) => epochs = Some(read),
                    Err(error) => findings.push(wrong("IOException", &error)),
                },
            }
        }
        OwnFiles {
            epochs: epochs.is_some(),
            log: Log::as_it_stands(segments, epochs.unwrap_or_default(), LogConfig::default(), 0),
            files: logs.into_iter().map(|log| log.file).collect(),
            snapshot: newest,
            alone,
            partition,
            aborted,
            findings,
            left_out,
        }
    }
}

impl Checking {
    fn advance(&mut self, findings: &mut Vec<Finding>) {
        let size = self.file.bytes.len() as u64;
        let Some((found, next)) = found_at(&self.file.bytes, self.position, &self.file.name) else {
            if self.position < size {
                let left = size.saturating_sub(self.position);
                let message = format!("Found {left} invalid bytes at the end of {}", self.file.name);
                self.tell(findings, None, message);
            }
            (self.position, self.is_over) = (size, true);
            return;
        };
        if self.file.batches.is_multiple_of(PAGE) {
            self.file.pages.push(self.position);
        }
        self.file.batches = self.file.batches.saturating_add(1);
        let problem = match &found {
            Found::Bad { why, .. } => Some(why.clone()),
            Found::Batch { batch, .. } => {
                batch.check_crc().err().map(|error| crc_error(&error)).or_else(|| records(batch).1)
            }
        };
        if let Some(problem) = problem {
            let exception = problem.class.rsplit('.').next().unwrap_or(problem.class);
            self.tell(findings, Some(exception), problem.message);
        }
        self.is_over = next.is_none();
        self.position = next.unwrap_or(size);
    }

    fn tell(&mut self, findings: &mut Vec<Finding>, exception: Option<&'static str>, message: String) {
        self.findings = self.findings.saturating_add(1);
        if self.findings <= FINDINGS_MAX {
            let (file, position) = (self.file.name.clone(), Some(self.position));
            findings.push(Finding { file, position, exception, message });
        }
    }
}
