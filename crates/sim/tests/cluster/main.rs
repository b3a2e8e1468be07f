//! Cluster stories: what a whole world does, in virtual time, event by event.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod backoff;
mod consumer_protocol;
mod disks;
mod elections;
mod expressions;
mod faults;
mod fetch_sessions;
mod follower_reads;
mod group_story;
mod groups;
mod idempotence;
mod new_leaders;
mod page_cache;
mod share_groups;
mod stories;
mod story;
