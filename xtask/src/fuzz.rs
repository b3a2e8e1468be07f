//! `cargo xtask fuzz`: clusters under random faults and load, as `highwater fuzz` plays them.

use anyhow::Result;

use crate::console::run;
use crate::programs::{Speed, program};

/// So many events are played in `cargo xtask test`.
pub const EVENTS: u64 = 1_000_000;

/// Plays so many events of a seed.
///
/// # Errors
/// When an invariant breaks; the shortest schedule that breaks it is printed as a scenario.
pub fn fuzz(events: u64, seed: u64) -> Result<()> {
    let (events, seed) = (events.to_string(), seed.to_string());
    run(program("highwater", Speed::Debug)?.args(["fuzz", "--events", &events, "--seed", &seed]))
}
