//! What must hold of every decoder of the log, for the targets beside this.

#[path = "../../crates/log/tests/decoders/mod.rs"]
pub mod decoders;
