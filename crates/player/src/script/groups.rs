//! What the commands about consumers mean.

use highwater_sim::consumer::action::{ConsumerAction, SeekTo};
use highwater_sim::group::share::message::AcknowledgeType;
use highwater_sim::ids::Offset;

use super::{Action, partition_from_name};

/// The consumer and what its application does; none if a command is about something else. `now_ms` is the present moment
/// as a timestamp.
#[inline(never)]
pub(crate) fn action_of(action: &Action, now_ms: i64) -> Option<(&str, ConsumerAction)> {
    Some(match action {
        Action::Subscribe { consumer, topics, pattern, subscription_pattern } => {
            (consumer, subscription(topics, pattern.as_deref(), subscription_pattern.as_deref()))
        }
        Action::CloseConsumer { consumer } => (consumer, ConsumerAction::Close),
        Action::CrashConsumer { consumer } => (consumer, ConsumerAction::Crash),
        Action::PausePolling { consumer } => (consumer, ConsumerAction::PausePolling),
        Action::ResumePolling { consumer } => (consumer, ConsumerAction::ResumePolling),
        Action::PollOnce { consumer } => (consumer, ConsumerAction::PollOnce),
        Action::Commit { consumer, sync, partition, offset } => {
            let given = partition.as_deref().and_then(partition_from_name).zip(*offset);
            (consumer, ConsumerAction::Commit { sync: *sync, offsets: given.into_iter().collect() })
        }
        Action::Acknowledge { consumer, partition, offset, how } => {
            let how = AcknowledgeType::named(&how.to_ascii_uppercase())?;
            let (partition, offset) = (partition_from_name(partition)?, Offset(*offset));
            (consumer, ConsumerAction::Acknowledge { partition, offset, how })
        }
        Action::Seek { consumer, partition, offset, to, timestamp_ago_ms } => {
            let to = match (offset, to.as_deref(), timestamp_ago_ms) {
                (Some(offset), ..) => SeekTo::Offset(Offset(*offset)),
                (_, Some("beginning"), _) => SeekTo::Beginning,
                (_, _, Some(ago_ms)) => SeekTo::Timestamp(now_ms.saturating_sub(*ago_ms)),
                _ => SeekTo::End,
            };
            (consumer, ConsumerAction::Seek { partition: partition_from_name(partition)?, to })
        }
        _ => return None,
    })
}

/// What a consumer subscribes to.
#[inline(never)]
pub(crate) fn subscription(topics: &[String], pattern: Option<&str>, by_coordinator: Option<&str>) -> ConsumerAction {
    match (pattern, by_coordinator) {
        (Some(pattern), _) => ConsumerAction::SubscribePattern { pattern: pattern.into() },
        (_, Some(pattern)) => ConsumerAction::SubscribeSubscriptionPattern { pattern: pattern.into() },
        _ => ConsumerAction::Subscribe { topics: topics.iter().map(|topic| topic.as_str().into()).collect() },
    }
}
