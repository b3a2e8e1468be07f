//! What `highwater`, the command line, can do beyond printing: commands that other programs and tests run as well.

pub mod answer;
pub mod hex;
pub mod replay;
pub mod replay_cluster;
