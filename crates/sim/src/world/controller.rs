//! The controller of the world.
//!
//! Differs from Kafka: one node, whose decisions hold at once (there is no metadata log). Brokers learn of a change after the
//! time that a message takes.

use std::rc::Rc;

use super::World;
use crate::controller::alter_partition::{Alteration, alter_partition};
use crate::controller::producer_ids::PRODUCER_ID_BLOCK_SIZE;
use crate::error::Errors;
use crate::fact::{Fact, FactKind, IdempotenceFact};
use crate::ids::{FactId, NodeId};
use crate::message::{AllocateProducerIdsRequest, AllocateProducerIdsResponse, AlterPartitionResponse, Body, Message};
use crate::metadata::PartitionRegistration;

impl World {
    /// Handles a request to the controller. Kafka: `ControllerApis`.
    #[inline(never)]
    pub(super) fn on_controller_message(&mut self, message: &Message, received: FactId, facts: &mut Vec<Fact>) {
        let request = match &*message.body {
            Body::AlterPartitionRequest(request) => request,
            Body::AllocateProducerIdsRequest(request) => {
                self.allocate_producer_ids(message, *request, received, facts);
                return;
            }
            _ => return,
        };
        let mut out = self.outbox(NodeId::Controller, received, facts);
        let mut partitions = Vec::with_capacity(request.partitions.len());
        let mut written = None;
        for (id, asked) in &request.partitions {
            let Alteration { change, answer } = alter_partition(&self.metadata, request.broker, id, asked);
            if let (Some(change), Some(before)) = (change, self.metadata.partition(id)) {
                let after = Rc::new(before.merge(&change));
                out.because(received);
                let (partition, change, registration) = (id.clone(), Rc::new(change), Rc::clone(&after));
                written = Some(out.fact(FactKind::PartitionChangeRecord { partition, change, registration }));
                self.set_registration(id, after);
            }
            partitions.push((id.clone(), answer));
        }
        out.because(written.unwrap_or(received));
        let response = Body::AlterPartitionResponse(AlterPartitionResponse { partitions });
        out.reply(message.id, message.from.clone(), response);
        if written.is_some() {
            for broker in self.in_order_of_start() {
                out.metadata(broker, &self.metadata);
            }
        }
        self.apply(out, facts);
    }

    fn allocate_producer_ids(
        &mut self,
        message: &Message,
        request: AllocateProducerIdsRequest,
        received: FactId,
        facts: &mut Vec<Fact>,
    ) {
        let AllocateProducerIdsRequest { broker, broker_epoch } = request;
        let given = self.producer_ids.generate_next_producer_id(&self.metadata, broker, broker_epoch);
        let mut out = self.outbox(NodeId::Controller, received, facts);
        let response = match given {
            Ok(first_producer_id) => {
                let next_producer_id = self.producer_ids.next_producer_id();
                out.then(FactKind::Idempotence(Box::new(IdempotenceFact::ProducerIdsRecord {
                    broker,
                    first_producer_id,
                    next_producer_id,
                })));
                AllocateProducerIdsResponse {
                    error: Errors::None,
                    producer_id_start: first_producer_id,
                    producer_id_len: PRODUCER_ID_BLOCK_SIZE,
                }
            }
            Err(error) => AllocateProducerIdsResponse { error, producer_id_start: -1, producer_id_len: 0 },
        };
        out.reply(message.id, message.from.clone(), Body::AllocateProducerIdsResponse(response));
        self.apply(out, facts);
    }

    pub(super) fn set_registration(
        &mut self,
        id: &crate::ids::TopicPartition,
        registration: Rc<PartitionRegistration>,
    ) {
        let metadata = Rc::make_mut(&mut self.metadata);
        metadata.offset = metadata.offset.saturating_add(1);
        let number = usize::try_from(id.partition).unwrap_or(usize::MAX);
        if let Some(topic) = metadata.topics.get_mut(&id.topic)
            && let Some(place) = Rc::make_mut(topic).partitions.get_mut(number)
        {
            *place = registration;
        }
    }
}
