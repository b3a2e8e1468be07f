//! `highwater assign`.

use std::fs;

use clap::Args;
use clap::builder::PossibleValuesParser;
use highwater_cli::answer::{Named, assigned, assignor_names};

use crate::failure::Failure;
use crate::input::standard_input;
use crate::output::Out;

/// The file may have at most so many bytes.
const FILE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Say who in a group reads which partition.
#[derive(Args)]
#[command(after_help = "\
The file is a JSON object: topics with their number of partitions, and members with the topics that they subscribe to, \
what they own, their generation and their instance id, as far as they have them:

  {\"topics\": {\"orders\": 4},
   \"members\": [{\"id\": \"A\", \"topics\": [\"orders\"], \"owned\": {\"orders\": [0, 1, 2, 3]}, \"generation\": 1},
               {\"id\": \"B\", \"topics\": [\"orders\"]}]}

uniform and simple also need topic_ids: each topic's id in 32 hexadecimal digits.

Examples:
  highwater assign --strategy range group.json
  highwater assign --strategy cooperative-sticky - --json < group.json")]
pub struct Assign {
    /// partition.assignment.strategy, or group.remote.assignor.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(assignor_names()))]
    strategy: String,

    /// The group; - for standard input.
    #[arg(value_name = "FILE")]
    file: String,
}

impl Assign {
    /// Writes a line for each member.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let name = if self.file == "-" { "standard input" } else { &self.file };
        let text = if self.file == "-" {
            standard_input(FILE_MAX_BYTES)?
        } else {
            fs::read_to_string(&self.file)
                .map_err(|error| Failure::input(format!("{name}: cannot be read: {error}")))?
        };
        let assignment = assigned(&self.strategy, &text).map_err(|error| Failure::input(format!("{name}: {error}")))?;
        if out.json { out.json(&assignment) } else { print(&assignment, out) }
    }
}

fn print(assignment: &Named, out: &mut Out) -> Result<(), Failure> {
    let width = assignment.keys().map(|member| member.chars().count()).max().unwrap_or(0);
    for (member, partitions) in assignment {
        let topics: Vec<String> = partitions
            .iter()
            .map(|(topic, numbers)| {
                let numbers: Vec<String> = numbers.iter().map(i32::to_string).collect();
                format!("{topic} {}", numbers.join(","))
            })
            .collect();
        let topics = if topics.is_empty() { "nothing".to_owned() } else { topics.join("  ") };
        out.line(format!("{member:width$}  {topics}"))?;
    }
    Ok(())
}
