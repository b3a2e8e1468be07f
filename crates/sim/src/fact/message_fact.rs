//! What a message tells of itself.

use super::fields::Fields;
use crate::error::Errors;
use crate::fetch_session::FetchMetadata;
use crate::group::body::{GroupApi, GroupSays};
use crate::group::share::body::ShareSays;
use crate::ids::{BrokerId, LeaderEpoch, MessageId, NodeId, Offset, TopicPartition};
use crate::message::{Acks, Api, Body, FetchRequest, LeaderIdAndEpoch, ListOffsetsSpec, Message};

/// What a message tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFact {
    /// Its number.
    pub message: MessageId,
    /// The request's number.
    pub correlation: MessageId,
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The API.
    pub api: Api,
    /// A response, not a request.
    pub response: bool,
    /// The first partition that it is about.
    pub partition: Option<TopicPartition>,
    /// Its telling fields.
    pub says: Says,
}

/// The telling fields of a message (of its first partition).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// A Produce request.
    Produce {
        /// `acks`.
        acks: Acks,
        /// Records of all its batches.
        records: i64,
    },
    /// A Produce response.
    Produced {
        /// The error.
        error: Errors,
        /// Where the records lie.
        base_offset: Offset,
        /// The leader that it names, refused because of that.
        current_leader: Option<LeaderIdAndEpoch>,
    },
    /// A Fetch request.
    Fetch {
        /// From which offset.
        offset: Offset,
        /// The epoch of the last record that the fetcher has.
        last_fetched_epoch: Option<LeaderEpoch>,
        /// What it says of its fetch session.
        session: SessionSays,
    },
    /// A Fetch response.
    Fetched {
        /// The error.
        error: Errors,
        /// The high watermark that it carries.
        high_watermark: Offset,
        /// Records that it carries.
        records: i64,
        /// The first of them.
        first_offset: Option<Offset>,
        /// The replica that the consumer should read from.
        preferred_read_replica: Option<BrokerId>,
        /// The leader that it names, refused because of that.
        current_leader: Option<LeaderIdAndEpoch>,
        /// The fetch session; 0 is none.
        session_id: i32,
        /// How many partitions it names.
        named: i32,
    },
    /// A `ListOffsets` request.
    ListOffsets {
        /// What it asks of the log.
        asks: ListOffsetsSpec,
    },
    /// Its response.
    ListedOffsets {
        /// The offset.
        offset: Offset,
    },
    /// An `OffsetForLeaderEpoch` request.
    OffsetForLeaderEpoch {
        /// The epoch whose end is wanted.
        leader_epoch: LeaderEpoch,
    },
    /// Its response.
    EpochEnds {
        /// The error.
        error: Errors,
        /// The epoch that it is about; −1 if there is none.
        leader_epoch: LeaderEpoch,
        /// Where that ends; −1 if there is none.
        end_offset: Offset,
    },
    /// An `AlterPartition` request.
    AlterPartition {
        /// The ISR that is wanted.
        isr: Vec<BrokerId>,
    },
    /// Its response.
    AlteredPartition {
        /// The error.
        error: Errors,
        /// The ISR now; empty with an error.
        isr: Vec<BrokerId>,
    },
    /// A Metadata request.
    Metadata,
    /// Its response.
    MetadataIs {
        /// The partitions of the first topic.
        partitions: i32,
    },
    /// An idempotent producer wants an id, or a broker a block of them.
    WantsProducerIds,
    /// The answer.
    ProducerIds {
        /// The error.
        error: Errors,
        /// The id, or the first of the block; −1 with an error.
        first: i64,
        /// How many; 0 with an error.
        ids: i64,
    },
    /// A message between a member and a coordinator.
    Group(Box<GroupSays>),
    /// A message between a share consumer and a leader.
    Share(Box<ShareSays>),
}

/// What a Fetch request says of its session (KIP-227).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSays {
    /// Its number; 0 is none.
    pub id: i32,
    /// Which fetch of it; 0 begins one, −1 wants none.
    pub epoch: i32,
    /// How many partitions the request names.
    pub named: i32,
    /// How many leave the session.
    pub forgotten: i32,
    /// How many are fetched, named or not.
    pub partitions: i32,
}

impl SessionSays {
    fn of(request: &FetchRequest) -> SessionSays {
        SessionSays {
            id: request.session.session_id,
            epoch: request.session.epoch,
            named: count(request.partitions.len()),
            forgotten: count(request.forgotten.len()),
            partitions: count(request.asks_for.partitions),
        }
    }

    /// The request names all of its partitions.
    pub fn is_full(self) -> bool {
        FetchMetadata { session_id: self.id, epoch: self.epoch }.is_full()
    }

    /// It only ends the session.
    pub fn closes(self) -> bool {
        self.epoch == -1 && self.named == 0
    }
}

/// The fields of the leader that a response names, if it does.
pub(super) fn leader_named(leader: Option<LeaderIdAndEpoch>, fields: Fields) -> Fields {
    match leader {
        Some(named) => fields
            .number("current_leader", named.leader_id.map_or(-1, |leader| leader.0))
            .number("current_leader_epoch", named.leader_epoch.0),
        None => fields,
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl MessageFact {
    /// The API, if it is one between members and coordinators.
    pub fn api_of_group(&self) -> Option<GroupApi> {
        match self.api {
            Api::Group(api) => Some(api),
            _ => None,
        }
    }

    /// Its fields, as facts have them.
    pub(super) fn fields(&self, fields: Fields) -> Fields {
        let fields = fields
            .count("message", self.message.0)
            .count("correlation", self.correlation.0)
            .text("from", &self.from)
            .text("to", &self.to)
            .text("api", &self.api.name())
            .flag("response", self.response);
        let fields = match &self.partition {
            Some(partition) => fields.partition(partition),
            None => fields,
        };
        match &self.says {
            Says::Produce { acks, records } => fields.text("acks", &acks.name()).number("records", *records),
            Says::Produced { error, base_offset, current_leader } => {
                leader_named(*current_leader, fields.text("error", error).number("base_offset", base_offset.0))
            }
            Says::Fetch { offset, last_fetched_epoch, session } => fields
                .number("offset", offset.0)
                .maybe_number("last_fetched_epoch", last_fetched_epoch.map(|epoch| epoch.0.into()))
                .number("session_id", session.id)
                .number("session_epoch", session.epoch)
                .number("named", session.named)
                .number("forgotten", session.forgotten)
                .number("session_partitions", session.partitions),
            Says::Fetched {
                error,
                high_watermark,
                records,
                first_offset,
                preferred_read_replica,
                current_leader,
                session_id,
                named,
            } => {
                let fields = fields
                    .text("error", error)
                    .number("session_id", *session_id)
                    .number("named", *named)
                    .number("high_watermark", high_watermark.0)
                    .number("records", *records)
                    .maybe_number("first_offset", first_offset.map(|Offset(first)| first));
                let fields = match preferred_read_replica {
                    Some(replica) => fields.number("preferred_read_replica", replica.0),
                    None => fields,
                };
                leader_named(*current_leader, fields)
            }
            Says::ListOffsets { asks } => fields.number("timestamp", asks.timestamp()),
            Says::Metadata | Says::WantsProducerIds => fields,
            Says::ListedOffsets { offset } => fields.number("offset", offset.0),
            Says::OffsetForLeaderEpoch { leader_epoch } => fields.number("leader_epoch", leader_epoch.0),
            Says::EpochEnds { error, leader_epoch, end_offset } => {
                fields.text("error", error).number("leader_epoch", leader_epoch.0).number("end_offset", end_offset.0)
            }
            Says::AlterPartition { isr } => fields.numbers("isr", isr.iter().map(|id| id.0.into())),
            Says::AlteredPartition { error, isr } => {
                fields.text("error", error).numbers("isr", isr.iter().map(|id| id.0.into()))
            }
            Says::ProducerIds { error, first, ids } => {
                fields.text("error", error).number("first", *first).number("ids", *ids)
            }
            Says::MetadataIs { partitions } => fields.number("partitions", *partitions),
            Says::Group(says) => says.fields(fields),
            Says::Share(says) => says.fields(fields),
        }
    }

    /// What `message` tells of itself.
    pub fn of(message: &Message) -> MessageFact {
        let (partition, says) = match &*message.body {
            Body::ProduceRequest(request) => {
                let records = request.batches.iter().map(|(_, batch)| i64::from(batch.record_count())).sum();
                (request.batches.first().map(|(partition, _)| partition), Says::Produce { acks: request.acks, records })
            }
            Body::ProduceResponse(response) => {
                let first = response.partitions.first();
                let (error, base_offset) =
                    first.map_or((Errors::None, Offset(-1)), |part| (part.error, part.base_offset));
                let current_leader = first.and_then(|part| response.current_leaders.of(&part.partition));
                (first.map(|part| &part.partition), Says::Produced { error, base_offset, current_leader })
            }
            Body::FetchRequest(request) => {
                let first = request.partitions.first().or(request.asks_for.first.as_deref());
                let says = Says::Fetch {
                    offset: first.map_or(Offset(-1), |part| part.fetch_offset),
                    last_fetched_epoch: first.and_then(|part| part.last_fetched_epoch),
                    session: SessionSays::of(request),
                };
                (first.map(|part| &part.partition), says)
            }
            Body::FetchResponse(response) => {
                // What a reader wants to know is what it brings: the first partition that brings something, or errs.
                let first = response
                    .partitions
                    .iter()
                    .find(|part| {
                        !part.records.is_empty() || part.error != Errors::None || part.preferred_read_replica.is_some()
                    })
                    .or(response.partitions.first());
                let none = Offset(-1);
                let says = Says::Fetched {
                    error: first.map_or(response.error, |part| part.error),
                    high_watermark: first.map_or(none, |part| part.high_watermark),
                    records: first
                        .map_or(0, |part| part.records.iter().map(|batch| i64::from(batch.record_count())).sum()),
                    first_offset: first.and_then(|part| part.records.first()).map(|batch| Offset(batch.base_offset())),
                    preferred_read_replica: first.and_then(|part| part.preferred_read_replica),
                    current_leader: first.and_then(|part| response.current_leaders.of(&part.partition)),
                    session_id: response.session_id,
                    named: count(response.partitions.len()),
                };
                (first.map(|part| &part.partition).or(response.about.as_ref()), says)
            }
            Body::ListOffsetsRequest(request) => {
                let first = request.partitions.first();
                let asks = first.map_or(ListOffsetsSpec::Latest, |(_, asks)| *asks);
                (first.map(|(partition, _)| partition), Says::ListOffsets { asks })
            }
            Body::ListOffsetsResponse(response) => {
                let first = response.partitions.first();
                let offset = first.map_or(Offset(-1), |listed| listed.offset);
                (first.map(|listed| &listed.partition), Says::ListedOffsets { offset })
            }
            Body::OffsetForLeaderEpochRequest(request) => {
                let first = request.partitions.first();
                let leader_epoch = first.map_or(LeaderEpoch(-1), |wanted| wanted.leader_epoch);
                (first.map(|wanted| &wanted.partition), Says::OffsetForLeaderEpoch { leader_epoch })
            }
            Body::OffsetForLeaderEpochResponse(response) => {
                let first = response.partitions.first();
                let end = first.and_then(|answer| answer.end);
                let says = Says::EpochEnds {
                    error: first.map_or(Errors::None, |answer| answer.error),
                    leader_epoch: LeaderEpoch(end.map_or(-1, |end| end.epoch)),
                    end_offset: Offset(end.map_or(-1, |end| end.end_offset)),
                };
                (first.map(|answer| &answer.partition), says)
            }
            Body::AlterPartitionRequest(request) => {
                let first = request.partitions.first();
                let isr = first.map_or_else(Vec::new, |(_, asked)| asked.isr.iter().map(|(id, _)| *id).collect());
                (first.map(|(partition, _)| partition), Says::AlterPartition { isr })
            }
            Body::AlterPartitionResponse(response) => {
                let first = response.partitions.first();
                let says = match first.map(|(_, answer)| answer) {
                    Some(Ok(altered)) => Says::AlteredPartition { error: Errors::None, isr: altered.isr.clone() },
                    Some(Err(error)) => Says::AlteredPartition { error: *error, isr: Vec::new() },
                    None => Says::AlteredPartition { error: Errors::None, isr: Vec::new() },
                };
                (first.map(|(partition, _)| partition), says)
            }
            Body::MetadataRequest(_) => (None, Says::Metadata),
            Body::InitProducerIdRequest | Body::AllocateProducerIdsRequest(_) => (None, Says::WantsProducerIds),
            Body::InitProducerIdResponse(response) => {
                let ids = i64::from(response.error == Errors::None);
                (None, Says::ProducerIds { error: response.error, first: response.producer.producer_id, ids })
            }
            Body::AllocateProducerIdsResponse(response) => {
                let (first, ids) = (response.producer_id_start, response.producer_id_len.into());
                (None, Says::ProducerIds { error: response.error, first, ids })
            }
            Body::Group(body) => (None, Says::Group(Box::new(body.says()))),
            Body::Share(body) => {
                let (partition, says) = body.says();
                (partition, Says::Share(Box::new(says)))
            }
            Body::MetadataResponse(response) => {
                let partitions = response.topics.first().map_or(0, |(_, image)| image.partitions.len());
                (None, Says::MetadataIs { partitions: i32::try_from(partitions).unwrap_or(i32::MAX) })
            }
        };
        MessageFact {
            message: message.id,
            correlation: message.correlation,
            from: message.from.clone(),
            to: message.to.clone(),
            api: message.body.api(),
            response: message.body.is_response(),
            partition: partition.cloned(),
            says,
        }
    }
}
