//! The fields of facts about share groups, and of what share consumers and leaders send each other.

use super::Fields;
use crate::fact::share::ShareFact;
use crate::group::share::body::ShareSays;
use crate::group::share::event::{Left, ShareEventKind};

impl ShareSays {
    /// Its fields; those that it does not say are left out.
    pub(in crate::fact) fn fields(&self, mut fields: Fields) -> Fields {
        if !self.group.is_empty() {
            fields = fields.text("group", &self.group).number("session_epoch", self.session_epoch);
        }
        if !self.acknowledgements.is_empty() {
            fields = fields.text("acknowledgements", &self.acknowledgements);
        }
        if let Some((first, records)) = self.acquired {
            fields = fields.number("first_offset", first).number("records", records);
        }
        crate::fact::message_fact::leader_named(self.current_leader, fields.text("error", &self.error.name()))
    }
}

impl ShareFact {
    /// Its fields.
    pub(in crate::fact) fn fields(&self, fields: Fields) -> Fields {
        match self {
            ShareFact::Told { broker, group, partition, member, kind } => {
                let fields = fields.number("broker", broker.0).text("group", group).partition(partition);
                let fields = match member {
                    Some(member) => fields.text("member", member),
                    None => fields,
                };
                told(kind, fields)
            }
            ShareFact::StateInitialized { group, state_epoch, partitions } => fields
                .text("group", group)
                .number("state_epoch", *state_epoch)
                .text("partitions", &crate::fact::group::listed(partitions)),
            ShareFact::StateRead { group, partition, leader_epoch, start_offset, error } => fields
                .text("group", group)
                .partition(partition)
                .number("leader_epoch", *leader_epoch)
                .number("start_offset", *start_offset)
                .text("error", &error.name()),
            ShareFact::StateWritten { group, partition, start_offset, batches, error } => {
                let batch = |there: &crate::group::share::persister::StateBatch| {
                    format!("{}-{} {} {}", there.first, there.last, there.state.name(), there.delivery_count)
                };
                fields
                    .text("group", group)
                    .partition(partition)
                    .number("start_offset", *start_offset)
                    .text("batches", &batches.iter().map(batch).collect::<Vec<_>>().join(", "))
                    .text("error", &error.name())
            }
            ShareFact::Polled { consumer, partition, records } => fields
                .text("consumer", consumer)
                .partition(partition)
                .number("first_offset", records.first)
                .number("last_offset", records.last)
                .number("delivery_count", records.delivery_count),
            ShareFact::Acknowledging { consumer, partition, offset, how } => fields
                .text("consumer", consumer)
                .partition(partition)
                .number("offset", *offset)
                .text("type", &how.name()),
            ShareFact::Completed { consumer, partition, offsets, error } => fields
                .text("consumer", consumer)
                .partition(partition)
                .numbers("offsets", offsets.iter().copied())
                .text("error", &error.name()),
        }
    }
}

fn told(kind: &ShareEventKind, fields: Fields) -> Fields {
    let range =
        |fields: Fields, first: i64, last: i64| fields.number("first_offset", first).number("last_offset", last);
    let left = |fields: Fields, records: &Left| {
        range(fields, records.first, records.last)
            .text("state", &records.state.name())
            .number("delivery_count", records.delivery_count)
    };
    match kind {
        ShareEventKind::Loaded { start_offset } => fields.number("start_offset", *start_offset),
        ShareEventKind::Acquired { records, until, .. } => range(fields, records.first, records.last)
            .number("delivery_count", records.delivery_count)
            .count("until_us", until.0),
        ShareEventKind::Acknowledged { records, how, .. } => left(fields.text("type", &how.name()), records),
        ShareEventKind::Renewed { first, last, until, .. } => range(fields, *first, *last).count("until_us", until.0),
        ShareEventKind::LockExpired { records, .. } | ShareEventKind::Released { records, .. } => left(fields, records),
        ShareEventKind::StartMoved { from, to } => fields.number("from", *from).number("to", *to),
    }
}
