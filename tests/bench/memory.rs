//! What an event of a long run takes in memory, as JSON. `cargo xtask bench` runs it. Counting slows everything down, so
//! nothing else is measured here.

use std::io::{self, Write};

use anyhow::Result;
use highwater_player::load;
use peak_alloc::PeakAlloc;
use serde_json::json;

/// Counts what is allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const EVENTS: u64 = 100_000;

fn main() -> Result<()> {
    let before = MEMORY.current_usage();
    let history = load::history(EVENTS)?;
    let bytes = MEMORY.current_usage().saturating_sub(before);
    let measured = json!({
        "events": EVENTS,
        "facts": history.facts().len(),
        "checkpoints": history.checkpoints(),
        "bytes_an_event": bytes.checked_div(usize::try_from(EVENTS)?).unwrap_or(0),
    });
    writeln!(io::stdout(), "{measured}")?;
    Ok(())
}
