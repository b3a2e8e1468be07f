//! Sessions of share consumers: which partitions they fetch, in which epoch, over which connection.
//! Kafka 4.3: `ShareSessionCache`, `ShareSession`, `SharePartitionManager.newContext`.

use super::super::message::{FINAL_EPOCH, INITIAL_EPOCH, ShareError, ShareFetchRequest, next_epoch};
use crate::ids::TopicPartition;
use crate::sorted::SortedMap;

/// A group and a member of it.
type SessionKey = (String, String);

#[derive(Clone, Debug)]
struct Session {
    epoch: i32,
    /// In the order in which they came or were last read from.
    partitions: Vec<TopicPartition>,
    connection: u64,
}

/// The sessions of a broker.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    max: usize,
    all: SortedMap<SessionKey, Session>,
    /// By connection, whose session it is, and whether that has moved on.
    connections: SortedMap<u64, (SessionKey, bool)>,
}

impl Sessions {
    pub fn new(max: usize) -> Sessions {
        Sessions { max, all: SortedMap::new(), connections: SortedMap::new() }
    }

    /// So many there may be from now on.
    pub fn set_max(&mut self, max: usize) {
        self.max = max;
    }

    /// A fetch begins a session or goes on with it; gives its partitions in the order in which they are read this time.
    pub fn fetch(&mut self, request: &ShareFetchRequest, connection: u64) -> Result<Vec<TopicPartition>, ShareError> {
        let key = (request.group.clone(), request.member_id.clone());
        if request.session_epoch == FINAL_EPOCH {
            // Only acknowledgements come with the last epoch of a fetch.
            return if self.all.contains_key(&key) { Ok(Vec::new()) } else { Err(ShareError::ShareSessionNotFound) };
        }
        if request.session_epoch == INITIAL_EPOCH {
            self.remove(&key.0, &key.1);
            if self.all.len() >= self.max {
                return Err(ShareError::ShareSessionLimitReached);
            }
            let epoch = next_epoch(INITIAL_EPOCH);
            self.connections.insert(connection, (key.clone(), false));
            self.all.insert(key, Session { epoch, partitions: request.added.clone(), connection });
            return Ok(request.added.clone());
        }
        let session = self.all.get_mut(&key).ok_or(ShareError::ShareSessionNotFound)?;
        if session.epoch != request.session_epoch {
            return Err(ShareError::InvalidShareSessionEpoch);
        }
        for partition in &request.added {
            if !session.partitions.contains(partition) {
                session.partitions.push(partition.clone());
            }
        }
        session.partitions.retain(|partition| !request.forgotten.contains(partition));
        session.epoch = next_epoch(session.epoch);
        // Kafka: PartitionRotateStrategy.ROUND_ROBIN.
        let mut partitions = session.partitions.clone();
        let by = usize::try_from(request.session_epoch).unwrap_or(0).checked_rem(partitions.len()).unwrap_or(0);
        partitions.rotate_left(by);
        Ok(partitions)
    }

    /// An acknowledgement goes on with a session. Kafka: `acknowledgeSessionUpdate`.
    pub fn acknowledge(&mut self, group: &str, member: &str, epoch: i32) -> Result<(), ShareError> {
        if epoch == INITIAL_EPOCH {
            return Err(ShareError::InvalidShareSessionEpoch);
        }
        let key = (group.to_owned(), member.to_owned());
        let session = self.all.get_mut(&key).ok_or(ShareError::ShareSessionNotFound)?;
        if epoch == FINAL_EPOCH {
            return Ok(());
        }
        if session.epoch != epoch {
            return Err(ShareError::InvalidShareSessionEpoch);
        }
        session.epoch = next_epoch(epoch);
        Ok(())
    }

    /// Records of a partition were handed out: next time it comes last. Kafka: `ShareSessionContext.PartitionIterator`.
    pub fn read_from(&mut self, group: &str, member: &str, partition: &TopicPartition) {
        let Some(session) = self.all.get_mut(&(group.to_owned(), member.to_owned())) else { return };
        if let Some(at) = session.partitions.iter().position(|there| there == partition) {
            let partition = session.partitions.remove(at);
            session.partitions.push(partition);
        }
    }

    /// A session ends; gives its partitions.
    pub fn remove(&mut self, group: &str, member: &str) -> Vec<TopicPartition> {
        let Some(session) = self.all.remove(&(group.to_owned(), member.to_owned())) else { return Vec::new() };
        if let Some((_, is_stale)) = self.connections.get_mut(&session.connection) {
            *is_stale = true;
        }
        session.partitions
    }

    /// A connection is gone: whose it was, and whether that session had ended before.
    pub fn disconnect(&mut self, connection: u64) -> Option<(SessionKey, bool)> {
        self.connections.remove(&connection)
    }

    /// How many sessions a group has.
    pub fn members_of(&self, group: &str) -> usize {
        self.all.keys().filter(|(there, _)| there == group).count()
    }
}
