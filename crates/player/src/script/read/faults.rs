//! The commands that make something go wrong.

use super::{each, groups, scalar};
use crate::json::{Fields, Read, number, unknown};
use crate::script::{Action, Place};

/// Every command of a step.
const ACTIONS: [&str; 36] = [
    "produce",
    "produce_many",
    "add_partitions",
    "create_topic",
    "delete_topic",
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
    "acknowledge",
    "seek",
    "elect_unclean",
    "cancel_reassignment",
    "alter_config",
    "power_loss",
    "write_back",
    "slow_disk",
    "fill_disk",
    "free_disk",
    "skew_clock",
    "duplicate_message",
];

/// The command `kind`, which is none of those that a client or an administrator gives.
#[inline(never)]
pub(super) fn action(kind: &str, fields: &mut Fields, place: &Place) -> Read<Action> {
    Ok(match kind {
        "pause" => Action::Pause { broker: fields.number("broker")? },
        "resume" => Action::Resume { broker: fields.number("broker")? },
        "kill" => Action::Kill { broker: fields.number("broker")? },
        "stop" => Action::Stop { broker: fields.number("broker")? },
        "create_topic" => Action::CreateTopic { topic: fields.text("topic")? },
        "delete_topic" => Action::DeleteTopic { topic: fields.text("topic")? },
        "elect_preferred" => Action::ElectPreferred { partition: fields.text("partition")? },
        "elect_unclean" => Action::ElectUnclean { partition: fields.text("partition")? },
        "cancel_reassignment" => Action::CancelReassignment { partition: fields.text("partition")? },
        "alter_config" => {
            let place = fields.at("value");
            Action::AlterConfig {
                topic: fields.text("topic")?,
                name: fields.text("name")?,
                value: fields.optional("value").map(|value| scalar(value, &place)).transpose()?,
            }
        }
        "reassign" => Action::Reassign {
            partition: fields.text("partition")?,
            replicas: each(fields, "replicas", |json, place| number(&json, &place))?,
        },
        "power_loss" => Action::PowerLoss { broker: fields.number("broker")? },
        "write_back" => Action::WriteBack { broker: fields.number("broker")? },
        "slow_disk" => Action::SlowDisk { broker: fields.number("broker")?, ms: fields.number("ms")? },
        "fill_disk" => Action::FillDisk { broker: fields.number("broker")? },
        "free_disk" => Action::FreeDisk { broker: fields.number("broker")? },
        "skew_clock" => {
            let node = scalar(fields.value("node")?, &fields.at("node"))?;
            Action::SkewClock { node, ms: fields.number("ms")? }
        }
        "duplicate_message" => Action::DuplicateMessage {
            from: scalar(fields.value("from")?, &fields.at("from"))?,
            to: scalar(fields.value("to")?, &fields.at("to"))?,
            message: fields.optional_text("message")?,
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
