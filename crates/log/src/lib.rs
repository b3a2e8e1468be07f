//! Bytes at rest, exactly as Kafka writes them.
