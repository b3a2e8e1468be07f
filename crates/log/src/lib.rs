//! Bytes at rest, exactly as Kafka writes them: records, batches and a partition's log. No I/O: bytes in, bytes out.

pub mod batch;
pub mod leader_epochs;
pub mod log;
pub mod record;
pub mod size;
pub mod varint;
