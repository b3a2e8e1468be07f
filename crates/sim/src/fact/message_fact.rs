//! What a message tells of itself.

use crate::error::Errors;
use crate::group::body::{GroupApi, GroupSays};
use crate::ids::{BrokerId, LeaderEpoch, MessageId, NodeId, Offset, TopicPartition};
use crate::message::{Acks, Api, Body, ListOffsetsSpec, Message};

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
    },
    /// A Fetch request.
    Fetch {
        /// From which offset.
        offset: Offset,
        /// The epoch of the last record that the fetcher has.
        last_fetched_epoch: Option<LeaderEpoch>,
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
}

impl MessageFact {
    /// The API, if it is one between members and coordinators.
    pub fn api_of_group(&self) -> Option<GroupApi> {
        match self.api {
            Api::Group(api) => Some(api),
            _ => None,
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
                (first.map(|part| &part.partition), Says::Produced { error, base_offset })
            }
            Body::FetchRequest(request) => {
                let first = request.partitions.first();
                let says = Says::Fetch {
                    offset: first.map_or(Offset(-1), |part| part.fetch_offset),
                    last_fetched_epoch: first.and_then(|part| part.last_fetched_epoch),
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
                let says = first.map_or(
                    Says::Fetched {
                        error: Errors::None,
                        high_watermark: Offset(-1),
                        records: 0,
                        first_offset: None,
                        preferred_read_replica: None,
                    },
                    |part| Says::Fetched {
                        error: part.error,
                        high_watermark: part.high_watermark,
                        records: part.records.iter().map(|batch| i64::from(batch.record_count())).sum(),
                        first_offset: part.records.first().map(|batch| Offset(batch.base_offset())),
                        preferred_read_replica: part.preferred_read_replica,
                    },
                );
                (first.map(|part| &part.partition), says)
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
