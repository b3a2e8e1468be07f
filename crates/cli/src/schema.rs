//! `highwater schema`.

use clap::Args;
use highwater_player::script::author::schema;

use crate::failure::Failure;
use crate::output::Out;

/// Print the JSON Schema of scenario.toml, for editors.
#[derive(Args)]
#[command(after_help = "Example:\n  highwater schema > scenarios/schema.json")]
pub struct Schema {}

impl Schema {
    /// Writes the schema.
    #[allow(clippy::unused_self, reason = "all commands are called in the same way")]
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        out.raw(&schema()?)
    }
}
