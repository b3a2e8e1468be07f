//! `highwater partition`.

use clap::Args;
use highwater_sim::producer::partitioner::{murmur2, partition_for_key};
use serde::Serialize;

use crate::failure::Failure;
use crate::input::arguments;
use crate::output::Out;

/// Say to which partition a key goes: (murmur2(key) & 0x7fffffff) % partitions.
#[derive(Args)]
#[command(after_help = "\
Examples:
  highwater partition --partitions 6 user-8 user-42
  highwater partition --partitions 6 --hex 757365722d38
  cut -f1 keys.tsv | highwater partition --partitions 12 --json -")]
pub struct Partition {
    /// How many partitions the topic has.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..))]
    partitions: i32,

    /// The keys are bytes in hexadecimal.
    #[arg(long)]
    hex: bool,

    /// The keys; - reads one a line from standard input.
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    key_hex: String,
    partitions: i32,
    murmur2: i32,
    partition: i32,
}

impl Partition {
    /// Writes a line for each key.
    pub fn run(&self, out: &mut Out) -> Result<(), Failure> {
        let mut answers = Vec::new();
        for key in arguments(&self.keys)? {
            let bytes = if self.hex { from_hex(&key)? } else { key.clone().into_bytes() };
            let partition = partition_for_key(&bytes, self.partitions)
                .ok_or_else(|| Failure::Usage("--partitions is a number from 1".to_owned()))?;
            let answer = Answer {
                key: (!self.hex).then(|| key.clone()),
                key_hex: to_hex(&bytes),
                partitions: self.partitions,
                murmur2: murmur2(&bytes),
                partition,
            };
            if out.json {
                answers.push(answer);
            } else {
                out.line(format!("partition {partition}  murmur2 {}  {key}", answer.murmur2))?;
            }
        }
        if out.json { out.json(&answers) } else { Ok(()) }
    }
}

fn from_hex(text: &str) -> Result<Vec<u8>, Failure> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let wrong = |why: String| {
        Failure::input(format!(
            "{text:?} is not hexadecimal: {why}; write two digits for each byte, such as 757365722d38"
        ))
    };
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut half: Option<u8> = None;
    for (index, character) in digits.chars().enumerate() {
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let Some(digit) = digit else {
            return Err(wrong(format!("character {} is {character:?}", index.saturating_add(1))));
        };
        half = match half {
            None => Some(digit),
            Some(high) => {
                bytes.push(high.wrapping_shl(4) | digit);
                None
            }
        };
    }
    match half {
        None => Ok(bytes),
        Some(_) => Err(wrong("it has an odd number of digits".to_owned())),
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let pair = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(pair).collect()
}
