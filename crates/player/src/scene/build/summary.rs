//! A message in a few words.

use highwater_sim::error::Errors;
use highwater_sim::fact::{MessageFact, Says};
use highwater_sim::message::LeaderIdAndEpoch;

use crate::phrase::Phrase;
use crate::say::idempotence;

/// The telling fields of a message in a few words.
pub(crate) fn summary(message: &MessageFact) -> Phrase {
    match &message.says {
        Says::Produce { acks, records } => {
            Phrase::new("scene.msg_produce").with("records", *records).with("acks", acks.name())
        }
        Says::Produced { error: Errors::None, base_offset, .. } => {
            Phrase::new("scene.msg_produced").with("offset", base_offset.0)
        }
        Says::Fetch { session, .. } if session.closes() => Phrase::new("scene.msg_fetch_close"),
        Says::Fetch { offset, session, .. } if session.named == 0 => {
            Phrase::new("scene.msg_fetch_implied").with("offset", offset.0)
        }
        Says::Fetch { offset, last_fetched_epoch, .. } => match last_fetched_epoch {
            Some(epoch) => Phrase::new("scene.msg_fetch_epoch").with("offset", offset.0).with("epoch", epoch.0),
            None => Phrase::new("scene.msg_fetch").with("offset", offset.0),
        },
        Says::Fetched { error: Errors::None, preferred_read_replica: Some(replica), .. } => {
            Phrase::new("scene.msg_read_from").with("broker", replica.0)
        }
        Says::Fetched { error: Errors::None, named: 0, .. } => Phrase::new("scene.msg_fetched_unchanged"),
        Says::Fetched { error: Errors::None, high_watermark, records, first_offset, .. } => match first_offset {
            Some(first) => Phrase::new("scene.msg_fetched")
                .with("first", first.0)
                .with("records", *records)
                .with("hw", high_watermark.0),
            None => Phrase::new("scene.msg_fetched_empty").with("hw", high_watermark.0),
        },
        Says::AlterPartition { .. } | Says::AlteredPartition { .. } => Phrase::new("scene.msg_alter_partition"),
        Says::OffsetForLeaderEpoch { leader_epoch } => {
            Phrase::new("scene.msg_epoch_asked").with("epoch", leader_epoch.0)
        }
        Says::EpochEnds { error: Errors::None, leader_epoch, end_offset } => {
            Phrase::new("scene.msg_epoch_ends").with("epoch", leader_epoch.0).with("offset", end_offset.0)
        }
        Says::WantsProducerIds => Phrase::new("scene.msg_wants_producer_ids"),
        Says::ProducerIds { error: Errors::None, first, ids } => idempotence::summary(*first, *ids),
        Says::Produced { error, current_leader: Some(LeaderIdAndEpoch { leader_id: Some(leader), .. }), .. }
        | Says::Fetched { error, current_leader: Some(LeaderIdAndEpoch { leader_id: Some(leader), .. }), .. } => {
            Phrase::new("scene.msg_error_leader").with("error", error.name()).with("leader", leader.0)
        }
        Says::Produced { error, .. }
        | Says::Fetched { error, .. }
        | Says::EpochEnds { error, .. }
        | Says::ProducerIds { error, .. } => Phrase::new("scene.msg_error").with("error", error.name()),
        Says::ListOffsets { .. } => Phrase::new("scene.msg_list_offsets"),
        Says::ListedOffsets { offset } => Phrase::new("scene.msg_listed_offsets").with("offset", offset.0),
        Says::Share(says) => super::share::summary(says),
        Says::Metadata | Says::Group(_) => Phrase::new("scene.msg_metadata"),
        Says::MetadataIs { partitions } => Phrase::new("scene.msg_metadata_is").with("partitions", *partitions),
    }
}
