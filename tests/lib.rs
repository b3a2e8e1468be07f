//! What crosses rooms: golden traces, browser tests, conformance vectors, house rules.

pub mod bench;
pub mod browser;
pub mod house;
