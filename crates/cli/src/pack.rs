//! `highwater pack`.

use std::path::PathBuf;

use clap::Args;
use highwater_player::script::author::ScenarioErrors;

use crate::failure::Failure;
use crate::input::{Course, Translation, load};
use crate::output::Out;

/// Pack a scenario into the JSON that the page and the embedded player read.
#[derive(Args)]
#[command(after_help = "\
Examples:
  highwater pack my-scenario -o my-scenario.json
  highwater pack hw-two-rounds -o - | highwater run -")]
pub struct Pack {
    /// The scenario: id, folder, file, or - for standard input.
    #[arg(value_name = "FILE|ID")]
    scenario: String,

    /// Where to write; - for standard output.
    #[arg(short, long, value_name = "OUT.json")]
    output: PathBuf,

    #[command(flatten)]
    translation: Translation,
}

#[derive(serde::Serialize)]
struct Written {
    scenario: String,
    output: String,
    bytes: usize,
}

impl Pack {
    /// Writes the packed scenario. Nothing is written if anything is wrong with it.
    pub fn run(&self, course: &Course, out: &mut Out) -> Result<(), Failure> {
        let loaded = load(&self.scenario, course, &self.translation)?;
        let (errors, _) = loaded.complaints();
        if !errors.is_empty() {
            return Err(ScenarioErrors(errors).into());
        }
        let json = loaded.scenario.to_json()?;
        if self.output.as_os_str() == "-" {
            return out.line(json);
        }
        let output = self.output.display().to_string();
        std::fs::write(&self.output, &json)
            .map_err(|error| Failure::input(format!("{output}: cannot be written: {error}")))?;
        let bytes = json.len();
        if out.json {
            return out.json(&Written { scenario: loaded.scenario.id, output, bytes });
        }
        out.line(format!("{output}: {bytes} bytes"))
    }
}
