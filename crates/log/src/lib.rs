//! Bytes at rest, exactly as Kafka writes them: records, batches and a partition's log. No I/O: bytes in, bytes out.
//!
//! - [`batch::RecordBatch`] goes from records to bytes and back, [`batch::Layout`] says which byte is which field;
//! - [`log::Log`] is a partition on one broker, [`segment::Segment`] the files of one base offset;
//! - [`offset_index`], [`time_index`], [`transaction_index`], [`leader_epochs`], [`producer_state`] are its other files,
//!   [`index_search`] how an index is searched;
//! - [`file`] and [`memory_records`] walk the bytes of a `.log` file and of a request, `compression` (feature `codecs`)
//!   reads and writes compressed ones, [`decompression`] finds who does, [`inspect`] says what a tool shows, [`recovery`]
//!   reads a segment anew, [`cleaner`] compacts a log;
//! - [`location`] says where an error is, [`size`] how large a record will be, [`varint`] how its integers are written, [`java`] what Kafka owes to Java.
//!
//! Bytes may be anybody's: what cannot be read is an error that names the field and its byte, never a panic, and
//! nothing is allocated for what a field merely claims.

pub mod batch;
mod chunks;
pub mod cleaner;
#[cfg(feature = "codecs")]
pub mod compression;
mod config;
mod crc;
pub mod decompression;
pub mod file;
pub mod index_search;
pub mod inspect;
pub mod java;
pub mod leader_epochs;
pub mod location;
pub mod log;
pub mod memory_records;
pub mod offset_index;
pub mod producer_state;
pub mod record;
pub mod recovery;
pub mod segment;
pub mod shared_bytes;
pub mod size;
pub mod time_index;
pub mod transaction_index;
mod validator;
pub mod varint;
