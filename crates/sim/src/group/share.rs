//! Share groups (KIP-932, general since 4.2): several members read one partition, each record is handed out to one of them
//! under a lock, and acknowledged by itself.
//!
//! The group's coordinator has its members and says who reads what (`share_group.rs`); the leader of each partition hands out
//! records (`leader.rs`, `partition.rs`) and has a share coordinator keep what became of them (`persister.rs`); a consumer asks
//! both (`consumer.rs`). `cluster.rs` has all of it apart from any cluster.

pub mod body;
pub mod cluster;
pub mod consumer;
pub mod event;
pub mod in_flight;
pub mod leader;
pub mod message;
pub mod partition;
pub mod persister;
pub mod share_group;
