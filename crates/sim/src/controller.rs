//! What the controller decides. Kafka 4.3: `ReplicationControlManager` and what it is made of.
//!
//! - [`placement`] places the replicas of new partitions;
//! - [`partition_change`] makes the record of a change: elections, ISR, ELR, epochs;
//! - [`reassignment`] moves partitions to other brokers;
//! - [`election`] says what becomes of partitions when a broker goes or comes;
//! - [`alter_partition`] answers a leader that wants another ISR;
//! - [`refusal`] is what it says when it does not do what an administrator asks.

pub mod alter_partition;
pub mod election;
pub mod partition_change;
pub mod placement;
pub mod producer_ids;
pub mod reassignment;
pub mod refusal;
