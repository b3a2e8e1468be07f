//! The cluster: time, network, brokers, clients and the facts that they leave.

pub mod broker;
pub mod bytes;
pub mod client_metadata;
pub mod command;
pub mod config;
pub mod consumer;
pub mod controller;
pub mod error;
pub mod event_queue;
pub mod fact;
pub mod fault;
pub mod fuzz;
pub mod group;
pub mod ids;
pub mod invariants;
pub mod message;
pub mod metadata;
pub mod network;
pub mod outbox;
pub mod producer;
pub mod rng;
pub mod sorted;
pub mod time;
pub mod timer;
pub mod world;
