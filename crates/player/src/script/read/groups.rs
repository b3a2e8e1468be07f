//! The commands about consumers, and their groups.

use super::each;
use crate::json::{Fields, Read, number};
use crate::script::{Action, ApplicationWork, GroupMembership};

/// The command `kind`; none if it is not about a consumer.
#[inline(never)]
pub(super) fn action(kind: &str, fields: &mut Fields) -> Read<Option<Action>> {
    if !matches!(
        kind,
        "subscribe"
            | "close_consumer"
            | "crash_consumer"
            | "pause_polling"
            | "resume_polling"
            | "poll_once"
            | "commit"
            | "acknowledge"
            | "seek"
    ) {
        return Ok(None);
    }
    let consumer = fields.text("consumer")?;
    Ok(Some(match kind {
        "subscribe" => Action::Subscribe {
            consumer,
            topics: fields.texts("topics")?,
            pattern: fields.optional_text("pattern")?,
            subscription_pattern: fields.optional_text("subscription_pattern")?,
        },
        "close_consumer" => Action::CloseConsumer { consumer },
        "crash_consumer" => Action::CrashConsumer { consumer },
        "pause_polling" => Action::PausePolling { consumer },
        "resume_polling" => Action::ResumePolling { consumer },
        "poll_once" => Action::PollOnce { consumer },
        "commit" => Action::Commit {
            consumer,
            sync: fields.truth("sync")?,
            partition: fields.optional_text("partition")?,
            offset: fields.optional_number("offset")?,
        },
        "acknowledge" => Action::Acknowledge {
            consumer,
            partition: fields.text("partition")?,
            offset: fields.number("offset")?,
            how: fields.text("how")?,
        },
        _ => Action::Seek {
            consumer,
            partition: fields.text("partition")?,
            offset: fields.optional_number("offset")?,
            to: fields.optional_text("to")?,
            timestamp_ago_ms: fields.optional_number("timestamp_ago_ms")?,
        },
    }))
}

/// A consumer's part in a group.
#[inline(never)]
pub(super) fn membership(mut fields: Fields) -> Read<GroupMembership> {
    let membership = GroupMembership {
        id: fields.text("id")?,
        subscribe: fields.texts("subscribe")?,
        pattern: fields.optional_text("pattern")?,
        subscription_pattern: fields.optional_text("subscription_pattern")?,
        instance_id: fields.optional_text("instance_id")?,
        share: fields.optional_text("share")?,
    };
    fields.end()?;
    Ok(membership)
}

/// What an application does with records.
#[inline(never)]
pub(super) fn application(mut fields: Fields) -> Read<ApplicationWork> {
    let work = ApplicationWork {
        ms_per_record: fields.number("ms_per_record")?,
        commit: fields.optional_text("commit")?,
        threads: fields.optional_number("threads")?,
        fails: each(&mut fields, "fails", |json, place| number(&json, &place))?,
    };
    fields.end()?;
    Ok(work)
}
