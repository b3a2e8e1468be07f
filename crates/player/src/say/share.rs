//! Sentences about share groups: what leaders hand out, what becomes of it, and what is kept.

use highwater_sim::fact::MessageFact;
use highwater_sim::fact::share::ShareFact;
use highwater_sim::group::share::body::{ShareApi, ShareSays};
use highwater_sim::group::share::event::{Left, ShareEventKind};
use highwater_sim::group::share::in_flight::RecordState;
use highwater_sim::group::share::message::ShareError;
use highwater_sim::message::Api;

use super::counted;
use crate::phrase::{Arg, Phrase};

/// `3`, or `3–5`.
pub(crate) fn range(first: i64, last: i64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

/// The sentence of a fact.
#[inline(never)]
pub(super) fn phrase(fact: &ShareFact) -> Phrase {
    match fact {
        ShareFact::Told { broker, group, partition, member, kind } => told(kind)
            .with("broker", broker.0)
            .with("group", group.as_str())
            .with("partition", partition.to_string())
            .with("member", member.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string)),
        ShareFact::StateInitialized { group, state_epoch, partitions } => Phrase::new("facts.share_state_initialized")
            .with("group", group.as_str())
            .with("epoch", *state_epoch)
            .with("partitions", super::list(partitions)),
        ShareFact::StateRead { group, partition, leader_epoch, start_offset, error } => {
            let key = match (error, start_offset) {
                (ShareError::None, ..0) => "facts.share_state_read_nothing",
                (ShareError::None, _) => "facts.share_state_read",
                _ => "facts.share_state_read_failed",
            };
            Phrase::new(key)
                .with("group", group.as_str())
                .with("partition", partition.to_string())
                .with("epoch", *leader_epoch)
                .with("start", *start_offset)
                .with("error", error.name())
        }
        ShareFact::StateWritten { group, partition, start_offset, batches, error } => {
            let batch = |there: &highwater_sim::group::share::persister::StateBatch| {
                [&range(there.first, there.last), " ", there.state.name()].concat()
            };
            let failed = *error != ShareError::None;
            Phrase::new(if failed { "facts.share_state_written_failed" } else { "facts.share_state_written" })
                .with("group", group.as_str())
                .with("partition", partition.to_string())
                .with("start", *start_offset)
                .with("batches", batches.iter().map(batch).collect::<Vec<_>>())
                .with("error", error.name())
        }
        ShareFact::Polled { consumer, partition, records } => Phrase::new("facts.share_polled")
            .with("consumer", consumer.to_string())
            .with("partition", partition.to_string())
            .with("offsets", range(records.first, records.last))
            .with("times", times(records.delivery_count)),
        ShareFact::Acknowledging { consumer, partition, offset, how } => Phrase::new("facts.share_acknowledging")
            .with("consumer", consumer.to_string())
            .with("partition", partition.to_string())
            .with("offset", *offset)
            .with("type", how.name()),
        ShareFact::Completed { consumer, partition, offsets, error } => {
            let failed = *error != ShareError::None;
            let offsets: Vec<String> = offsets.iter().map(ToString::to_string).collect();
            Phrase::new(if failed { "facts.share_completed_failed" } else { "facts.share_completed" })
                .with("consumer", consumer.to_string())
                .with("partition", partition.to_string())
                .with("offsets", offsets)
                .with("error", error.name())
        }
    }
}

/// "the 2nd time" has no plain form in every language: "delivery 2".
fn times(delivery_count: i32) -> Arg {
    Arg::Number(delivery_count.into())
}

fn told(kind: &ShareEventKind) -> Phrase {
    let left = |key: &str, records: &Left| {
        // What came back too often is archived instead.
        let ends = if records.state == RecordState::Archived { "_archived" } else { "" };
        Phrase::new(&["facts.share_", key, ends].concat())
            .with("offsets", range(records.first, records.last))
            .with("state", records.state.name())
            .with("times", times(records.delivery_count))
    };
    match kind {
        ShareEventKind::Loaded { start_offset } => Phrase::new("facts.share_loaded").with("start", *start_offset),
        ShareEventKind::Acquired { records, until, .. } => Phrase::new("facts.share_acquired")
            .with("offsets", range(records.first, records.last))
            .with("times", times(records.delivery_count))
            .with("until", i64::try_from(until.as_ms()).unwrap_or(i64::MAX)),
        ShareEventKind::Acknowledged { records, how, .. } => {
            use highwater_sim::group::share::message::AcknowledgeType::{Accept, Gap, Reject, Release, Renew};
            match how {
                Accept | Renew => left("accepted", records),
                Release => left("given_back", records),
                Reject => left("rejected", records),
                Gap => left("gap", records),
            }
        }
        ShareEventKind::Renewed { first, last, until, .. } => Phrase::new("facts.share_renewed")
            .with("offsets", range(*first, *last))
            .with("until", i64::try_from(until.as_ms()).unwrap_or(i64::MAX)),
        ShareEventKind::LockExpired { records, .. } => left("lock_expired", records),
        ShareEventKind::Released { records, .. } => left("released", records),
        ShareEventKind::StartMoved { from, to } => {
            Phrase::new("facts.share_start_moved").with("from", *from).with("to", *to)
        }
    }
}

/// The sentence of a message, but for its ends.
#[inline(never)]
pub(super) fn message(message: &MessageFact, says: &ShareSays, way: &str) -> Phrase {
    let is_fetch = message.api == Api::Share(ShareApi::ShareFetch);
    let leader = says.current_leader.and_then(|named| named.leader_id);
    let name = match (message.response, says.error, says.acquired) {
        (_, error, _) if error.is_about_leader() && leader.is_some() => "error_leader",
        (_, error, _) if error != ShareError::None => "error",
        (true, _, Some(_)) => "brings",
        (true, ..) if is_fetch => "brings_nothing",
        (true, ..) => "done",
        (false, ..) if is_fetch && says.acknowledgements.is_empty() => "fetch",
        (false, ..) if is_fetch => "fetch_and_acknowledge",
        (false, ..) if says.acknowledgements.is_empty() => "session_ends",
        (false, ..) => "acknowledge",
    };
    let (first, records) = says.acquired.unwrap_or((0, 0));
    Phrase::new(&["facts.share_", name, "_", way].concat())
        .with("api", message.api.name())
        .with("group", says.group.as_str())
        .with("acknowledgements", says.acknowledgements.as_str())
        .with("records", counted("record", records))
        .with("first", first)
        .with("error", says.error.name())
        .with("leader", leader.map_or(-1, |leader| leader.0))
        .with("epoch", says.current_leader.map_or(-1, |named| named.leader_epoch.0))
}
