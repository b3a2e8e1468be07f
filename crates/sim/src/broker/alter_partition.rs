//! Changes of ISRs on their way to the controller. Kafka 4.3: `AlterPartitionManager`, `DefaultAlterPartitionManager`.

use std::rc::Rc;

use super::isr::PendingIsrChange;
use crate::error::Errors;
use crate::ids::{FactId, MessageId, TopicPartition};
use crate::sorted::SortedMap;

/// What a broker wants the controller to change: at most one change of each partition, and one request at a time.
#[derive(Clone, Debug, Default)]
pub struct AlterPartitionManager {
    unsent: SortedMap<TopicPartition, Rc<PendingIsrChange>>,
    is_in_flight: bool,
    request: Option<MessageId>,
    because: Option<FactId>,
}

/// One partition of a request.
pub type AlterPartitionItem = (TopicPartition, Rc<PendingIsrChange>);

impl AlterPartitionManager {
    /// Takes a change, which is wanted because of a fact. [`AlterPartitionManager::next_request`] sends it.
    ///
    /// # Errors
    /// `OPERATION_NOT_ATTEMPTED` while another change of this partition has no answer.
    pub fn submit(
        &mut self,
        partition: &TopicPartition,
        change: &Rc<PendingIsrChange>,
        because: FactId,
    ) -> Result<(), Errors> {
        if self.is_waiting(partition) {
            return Err(Errors::OperationNotAttempted);
        }
        self.because = Some(because);
        self.unsent.insert(partition.clone(), Rc::clone(change));
        Ok(())
    }

    /// A change of this partition has no answer yet.
    pub fn is_waiting(&self, partition: &TopicPartition) -> bool {
        self.unsent.contains_key(partition)
    }

    /// Why the newest change is wanted.
    pub fn because(&self) -> Option<FactId> {
        self.because
    }

    /// What goes into the next request: everything that waits. Nothing while a request is under way. Kafka:
    /// `maybePropagateIsrChanges`.
    pub fn next_request(&mut self) -> Vec<AlterPartitionItem> {
        if self.is_in_flight || self.unsent.is_empty() {
            return Vec::new();
        }
        self.is_in_flight = true;
        self.unsent.iter().map(|(partition, change)| (partition.clone(), Rc::clone(change))).collect()
    }

    /// What [`AlterPartitionManager::next_request`] gave is on its way.
    pub fn sent(&mut self, request: MessageId) {
        self.request = Some(request);
    }

    /// This request is under way.
    pub fn is_in_flight(&self, request: MessageId) -> bool {
        self.is_in_flight && self.request == Some(request)
    }

    /// The controller answered for a partition: what was asked, if anything was. Now the partition may ask again.
    pub fn take_answered(&mut self, partition: &TopicPartition) -> Option<Rc<PendingIsrChange>> {
        self.unsent.remove(partition)
    }

    /// The request under way has its response. What that left out waits for the next request.
    pub fn request_done(&mut self) {
        self.is_in_flight = false;
    }
}
