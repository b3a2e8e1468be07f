//! What share consumers and the leaders of their partitions send each other over the network, and what such messages tell of
//! themselves.

use super::message::{Acknowledgements, ShareError, ShareRequest, ShareResponse};
use crate::ids::TopicPartition;
use crate::message::{CurrentLeaders, LeaderIdAndEpoch};

/// A message between a share consumer and a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareBody {
    /// A request to the leader.
    Request(ShareRequest),
    /// Its response.
    Response(ShareResponse),
}

/// The APIs between share consumers and leaders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShareApi {
    /// Records, and what becomes of those before.
    ShareFetch,
    /// What becomes of records.
    ShareAcknowledge,
}

impl ShareApi {
    /// Kafka's name, and those of the facts that a request was sent and received, and its response.
    pub fn names(self) -> [&'static str; 5] {
        match self {
            ShareApi::ShareFetch => [
                "ShareFetch",
                "ShareFetchSent",
                "ShareFetchReceived",
                "ShareFetchResponseSent",
                "ShareFetchResponseReceived",
            ],
            ShareApi::ShareAcknowledge => [
                "ShareAcknowledge",
                "ShareAcknowledgeSent",
                "ShareAcknowledgeReceived",
                "ShareAcknowledgeResponseSent",
                "ShareAcknowledgeResponseReceived",
            ],
        }
    }

    /// Kafka's name.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }
}

/// The telling fields of such a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShareSays {
    /// `group.id`; empty in a response, which does not say it.
    pub group: String,
    /// The epoch of the session.
    pub session_epoch: i32,
    /// What a request acknowledges: `0-2 ACCEPT, 3 RELEASE`.
    pub acknowledgements: String,
    /// The first offset that a response brings, and how many records the member gets with it.
    pub acquired: Option<(i64, i64)>,
    /// What went wrong: with all of it, or with the first partition with which something did.
    pub error: ShareError,
    /// The leader that a response names, refused because of that: that of the first such partition.
    pub current_leader: Option<LeaderIdAndEpoch>,
}

impl ShareBody {
    /// Which API it belongs to.
    pub fn api(&self) -> ShareApi {
        match self {
            ShareBody::Request(ShareRequest::Fetch(_)) | ShareBody::Response(ShareResponse::Fetch(_)) => {
                ShareApi::ShareFetch
            }
            ShareBody::Request(ShareRequest::Acknowledge(_)) | ShareBody::Response(ShareResponse::Acknowledge(_)) => {
                ShareApi::ShareAcknowledge
            }
        }
    }

    /// A response, not a request.
    pub fn is_response(&self) -> bool {
        matches!(self, ShareBody::Response(_))
    }

    /// What it tells of itself, and the first partition that it is about.
    pub fn says(&self) -> (Option<&TopicPartition>, ShareSays) {
        match self {
            ShareBody::Request(ShareRequest::Fetch(request)) => {
                let acknowledged = request.acknowledgements.first().map(|(partition, _)| partition);
                let says = ShareSays {
                    group: request.group.clone(),
                    session_epoch: request.session_epoch,
                    acknowledgements: listed(&request.acknowledgements),
                    ..ShareSays::default()
                };
                (acknowledged.or(request.added.first()), says)
            }
            ShareBody::Request(ShareRequest::Acknowledge(request)) => {
                let says = ShareSays {
                    group: request.group.clone(),
                    session_epoch: request.session_epoch,
                    acknowledgements: listed(&request.acknowledgements),
                    ..ShareSays::default()
                };
                (request.acknowledgements.first().map(|(partition, _)| partition), says)
            }
            ShareBody::Response(ShareResponse::Fetch(response)) => {
                let acquired = response.partitions.iter().flat_map(|there| &there.acquired);
                let count = acquired.clone().fold(0_i64, |sum, there| {
                    sum.saturating_add(there.last.saturating_sub(there.first).saturating_add(1))
                });
                let first = acquired.map(|there| there.first).next();
                let errors = response.partitions.iter().map(|there| {
                    let acknowledged = there.acknowledged.and_then(Result::err).map(|refusal| refusal.error);
                    if there.error == ShareError::None { acknowledged.unwrap_or_default() } else { there.error }
                });
                let says = ShareSays {
                    acquired: first.map(|first| (first, count)),
                    error: first_error(response.error, errors),
                    current_leader: first_named(&response.current_leaders),
                    ..ShareSays::default()
                };
                (response.partitions.first().map(|there| &there.partition), says)
            }
            ShareBody::Response(ShareResponse::Acknowledge(response)) => {
                let errors = response.partitions.iter().filter_map(|(_, result)| result.err());
                let error = first_error(response.error, errors.map(|refusal| refusal.error));
                let partition = response.partitions.first().map(|(partition, _)| partition);
                let current_leader = first_named(&response.current_leaders);
                (partition, ShareSays { error, current_leader, ..ShareSays::default() })
            }
        }
    }
}

fn first_named(leaders: &CurrentLeaders) -> Option<LeaderIdAndEpoch> {
    leaders.leaders.first().map(|(_, leader)| *leader)
}

fn first_error(of_all: ShareError, mut others: impl Iterator<Item = ShareError>) -> ShareError {
    if of_all != ShareError::None {
        return of_all;
    }
    others.find(|error| *error != ShareError::None).unwrap_or_default()
}

fn listed(acknowledgements: &Acknowledgements) -> String {
    let mut parts: Vec<(i64, i64, &'static str)> = Vec::new();
    for batch in acknowledgements.iter().flat_map(|(_, batches)| batches) {
        for offset in batch.first..=batch.last {
            let how = batch.type_of(offset).name();
            match parts.last_mut().filter(|(_, last, there)| last.saturating_add(1) == offset && *there == how) {
                Some((_, last, _)) => *last = offset,
                None => parts.push((offset, offset, how)),
            }
        }
    }
    let one = |(first, last, how): &(i64, i64, &'static str)| {
        if first == last { format!("{first} {how}") } else { format!("{first}-{last} {how}") }
    };
    parts.iter().map(one).collect::<Vec<_>>().join(", ")
}
