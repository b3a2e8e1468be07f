//! `highwater answer`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;

use clap::Args;
use highwater_cli::answer;

use crate::failure::Failure;
use crate::output::Out;

/// Answer questions about Kafka's behaviour, one JSON object a line.
#[derive(Args)]
#[command(after_help = after_help())]
pub struct Answer {
    /// The kind of the questions.
    #[arg(value_name = "KIND")]
    kind: String,

    /// The questions; - for standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    questions: PathBuf,
}

impl Answer {
    /// Answers line by line.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let errors = io::stderr();
        let code = if self.questions.as_os_str() == "-" {
            answer::run(&self.kind, io::stdin().lock(), out.writer(), errors)
        } else {
            let file = File::open(&self.questions)
                .map_err(|error| Failure::input(format!("{}: cannot be read: {error}", self.questions.display())))?;
            answer::run(&self.kind, BufReader::new(file), out.writer(), errors)
        };
        match code {
            0 => Ok(()),
            2 => Err(Failure::Usage(String::new())),
            _ => Err(Failure::Told),
        }
    }
}

fn after_help() -> String {
    let kinds: Vec<&str> = answer::kind_names().collect();
    format!(
        "\
Each question comes back with its answer filled in; answer fields that are there already are not read. What cannot be \
answered comes back with \"unanswered\" and makes the exit code 1. Questions and answers are JSON with or without --json.

Kinds: {}.

Examples:
  echo '{{\"key_hex\":\"757365722d38\",\"partitions\":6}}' | highwater answer partition
  highwater answer batch batch.jsonl",
        kinds.join(", ")
    )
}
