//! Standard output, as text or JSON.

use std::fmt::Display;
use std::io::{self, BufWriter, Stdout, Write};

use serde::Serialize;

use crate::failure::Failure;

/// So much is handed over at a time, in bytes.
const BUFFER: usize = 256 * 1024;

/// Where a command writes its result.
pub struct Out {
    /// The result is to be JSON.
    pub json: bool,
    writer: BufWriter<Stdout>,
}

impl Out {
    /// Standard output.
    pub fn new(json: bool) -> Out {
        Out { json, writer: BufWriter::with_capacity(BUFFER, io::stdout()) }
    }

    /// Writes a line.
    pub fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.writer, "{text}")?)
    }

    /// Writes a text as it is.
    pub fn raw(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.writer.write_all(text.as_bytes())?)
    }

    /// Writes a value as JSON, for people to read.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)?;
        self.line(text)
    }

    /// Writes a value as one line of JSON.
    pub fn json_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value)?;
        self.line(text)
    }

    /// For what writes its lines itself.
    pub fn writer(&mut self) -> &mut impl Write {
        &mut self.writer
    }

    /// Hands everything over.
    pub fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }
}
