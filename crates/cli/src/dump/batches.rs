//! A `.log` file, batch after batch, whatever its size.

use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use highwater_log::file::{HEADER_SIZE_UP_TO_MAGIC, Step, step};
use highwater_log::inspect::{Exception, Found};
use serde_json::{Value, json};

use super::failed;
use crate::failure::Failure;

/// Reads a file once, from its beginning.
pub struct Batches {
    path: PathBuf,
    reader: BufReader<fs::File>,
    position: u64,
    size: u64,
    /// Nothing can be read behind what was found last.
    over: bool,
}

impl Batches {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Batches, Failure> {
        let cannot = |error: std::io::Error| failed(path, format!("cannot be read: {error}"));
        let file = fs::File::open(path).map_err(cannot)?;
        let size = file.metadata().map_err(cannot)?.len();
        let reader = BufReader::with_capacity(1 << 20, file);
        Ok(Batches { path: path.to_owned(), reader, position: 0, size, over: false })
    }

    fn read(&mut self, count: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(count).read_to_end(&mut bytes);
        read.map_err(|error| failed(&self.path, format!("cannot be read: {error}")))?;
        Ok(bytes)
    }

    fn advance(&mut self) -> Result<Option<Found>, Failure> {
        let left = self.size.saturating_sub(self.position);
        let mut bytes = self.read(left.min(HEADER_SIZE_UP_TO_MAGIC as u64))?;
        let position = self.position;
        match step(&bytes, left) {
            Step::End => Ok(None),
            Step::TooSmall { length } => {
                self.over = true;
                let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                Ok(Some(Found::too_small(&bytes, position, length, &name)))
            }
            Step::Batch { size, magic } => {
                let rest = self.read(size.saturating_sub(HEADER_SIZE_UP_TO_MAGIC as u64))?;
                bytes.extend(rest);
                self.position = position.saturating_add(size);
                Ok(Some(Found::of(&bytes, position, magic)))
            }
        }
    }
}

impl Iterator for Batches {
    type Item = Result<Found, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let found = self.advance().transpose();
        self.over |= !matches!(found, Some(Ok(_)));
        found
    }
}

/// An exception as JSON.
pub fn exception_json(why: &Exception) -> Value {
    json!({ "exception": why.class, "message": why.message })
}
