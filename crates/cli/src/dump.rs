//! `highwater dump`: what stands in a file of a broker's disk, or in a whole partition folder.

pub mod batches;
pub mod files;
mod json;
mod text;
mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Out;
use batches::Batches;
use files::{File, Folder};

/// Show what stands in a broker's files, as kafka-dump-log does.
#[derive(Args)]
#[command(after_help = "\
A file is a .log, .index, .timeindex, .txnindex, .snapshot or leader-epoch-checkpoint; a folder is that of a partition, \
such as orders-0. Files are read as a stream and never written.

Examples:
  highwater dump /var/lib/kafka/orders-0
  highwater dump 00000000000000000000.log --json
  highwater dump orders-0 --verify")]
pub struct Dump {
    /// Only say whether the files are sound: every batch is read, every index held against its rules.
    #[arg(long)]
    verify: bool,

    /// A file or a partition folder.
    #[arg(value_name = "FILE|PARTITION_DIR")]
    path: PathBuf,
}

impl Dump {
    /// Writes what is there.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        if self.path.is_dir() {
            let folder = Folder::open(&self.path)?;
            return if self.verify { verify_all(&folder.files(), out) } else { whole(&folder, out) };
        }
        let file = File::of(&self.path)?;
        if self.verify {
            return verify_all(&[file], out);
        }
        if out.json { file_json(&file, out) } else { text::file(&file, out) }
    }
}

/// Everything of a folder, written piece by piece: a partition may be larger than memory.
fn whole(folder: &Folder, out: &mut Out) -> Result<(), Failure> {
    if !out.json {
        return folder.files().iter().try_for_each(|file| text::file(file, out));
    }
    out.raw("{\"segments\":[")?;
    for (number, segment) in folder.segments().iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let head = json!({
            "base_offset": segment.base_offset,
            "size": segment.log.size,
            "index": folder.beside(segment, ".index").map_or(Ok(json!([])), File::index)?,
            "time_index": folder.beside(segment, ".timeindex").map_or(Ok(json!([])), File::time_index)?,
            "txn_index": folder.beside(segment, ".txnindex").map_or(Ok(json!([])), File::transaction_index)?,
        });
        let head = head.to_string();
        out.raw(&format!("{comma}{},\"batches\":", head.trim_end_matches('}')))?;
        batches(&segment.log, out)?;
        out.raw("}")?;
    }
    let snapshots: Result<Vec<_>, Failure> = folder.snapshots().iter().map(File::snapshot).collect();
    let epochs = folder.leader_epochs().map_or(Ok(json!([])), File::leader_epochs)?;
    out.raw(&format!("],\"snapshots\":{},\"leader_epochs\":{epochs}}}\n", json!(snapshots?)))
}

fn verify_all(files: &[File], out: &mut Out) -> Result<(), Failure> {
    let scan = files.iter().filter(|file| file.is("log")).map(verify::scan).collect::<Result<Vec<_>, _>>()?;
    let sanity = files.iter().filter_map(verify::sanity_check).collect::<Result<Vec<_>, _>>()?;
    if out.json {
        return out.json(&json!({ "scan": scan, "index_sanity_check": sanity }));
    }
    scan.iter().chain(&sanity).try_for_each(|found| out.line(text::verified(found)))
}

/// The batches of a file as a JSON list, one after the other.
fn batches(file: &File, out: &mut Out) -> Result<(), Failure> {
    out.raw("[")?;
    let (mut first, mut text) = (true, Vec::new());
    for found in Batches::open(&file.path)? {
        if !std::mem::take(&mut first) {
            out.raw(",")?;
        }
        text.clear();
        json::write(&found?, &mut text)?;
        out.writer().write_all(&text)?;
    }
    out.raw("]")
}

fn file_json(file: &File, out: &mut Out) -> Result<(), Failure> {
    let value = match file.kind.as_str() {
        "log" => {
            out.raw(&format!("{{\"base_offset\":{},\"size\":{},\"batches\":", file.base_offset, file.size))?;
            batches(file, out)?;
            return out.raw("}\n");
        }
        "index" => file.index()?,
        "timeindex" => file.time_index()?,
        "txnindex" => file.transaction_index()?,
        "snapshot" => file.snapshot()?,
        _ => file.leader_epochs()?,
    };
    out.json(&value)
}

/// What is wrong with a file, and where it is.
pub fn failed(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::input(format!("{}: {error}", path.display()))
}
