//! The cluster: time, network, brokers, clients and the facts that they leave.

pub mod config;
pub mod ids;
pub mod rng;
pub mod time;
