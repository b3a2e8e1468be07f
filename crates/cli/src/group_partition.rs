//! `highwater group-partition`.

use clap::Args;
use highwater_sim::group::partition_for;
use serde::Serialize;

use crate::failure::Failure;
use crate::input::arguments;
use crate::output::Out;

/// Say which partition of `__consumer_offsets` holds a group: its leader is the group's coordinator.
#[derive(Args)]
#[command(after_help = "\
Examples:
  highwater group-partition billing shipping
  highwater group-partition billing --partitions 10
  kafka-consumer-groups.sh --list … | highwater group-partition -")]
pub struct GroupPartition {
    /// offsets.topic.num.partitions.
    #[arg(long, value_name = "N", default_value_t = 50, allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..))]
    partitions: i32,

    /// The groups; - reads one a line from standard input.
    #[arg(value_name = "GROUP", required = true)]
    groups: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    group: String,
    partitions: i32,
    partition: i32,
}

impl GroupPartition {
    /// Writes a line for each group.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let mut answers = Vec::new();
        for group in arguments(&self.groups)? {
            let partition = partition_for(&group, self.partitions)
                .ok_or_else(|| Failure::Usage("--partitions is a number from 1".to_owned()))?;
            if out.json {
                answers.push(Answer { group, partitions: self.partitions, partition });
            } else {
                out.line(format!("partition {partition}  {group}"))?;
            }
        }
        if out.json { out.json(&answers) } else { Ok(()) }
    }
}
