//! The commands that make something go wrong.

use super::{each, groups, scalar};
use crate::json::{Fields, Read, number, unknown};
use crate::script::{Action, Place};

/// Every command of a step.
const ACTIONS: [&str; 23] = [
    "produce",
    "produce_many",
    "add_partitions",
    "start_consumer",
    "wait",
    "refresh_metadata",
    "pause",
    "resume",
    "kill",
    "stop",
    "start",
    "cut",
    "heal",
    "elect_preferred",
    "reassign",
    "subscribe",
    "close_consumer",
    "crash_consumer",
    "pause_polling",
    "resume_polling",
    "poll_once",
    "commit",
    "seek",
];

/// The command `kind`, which is none of those that a client or an administrator gives.
pub(super) fn action(kind: &str, fields: &mut Fields, place: &Place) -> Read<Action> {
    Ok(match kind {
        "pause" => Action::Pause { broker: fields.number("broker")? },
        "resume" => Action::Resume { broker: fields.number("broker")? },
        "kill" => Action::Kill { broker: fields.number("broker")? },
        "stop" => Action::Stop { broker: fields.number("broker")? },
        "elect_preferred" => Action::ElectPreferred { partition: fields.text("partition")? },
        "reassign" => Action::Reassign {
            partition: fields.text("partition")?,
            replicas: each(fields, "replicas", |json, place| number(&json, &place))?,
        },
        "start" => Action::Start { broker: fields.number("broker")? },
        "cut" | "heal" => {
            let from = scalar(fields.value("from")?, &fields.at("from"))?;
            let to = scalar(fields.value("to")?, &fields.at("to"))?;
            let one_way = fields.truth("one_way")?;
            if kind == "cut" { Action::Cut { from, to, one_way } } else { Action::Heal { from, to, one_way } }
        }
        other => match groups::action(other, fields)? {
            Some(action) => action,
            None => return Err(unknown(place, other, &ACTIONS).into()),
        },
    })
}
