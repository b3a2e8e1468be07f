//! The configurations of a share group's story, by Kafka's names.

use std::collections::BTreeMap;
use std::rc::Rc;

use highwater_sim::group::coordinator::GroupConfig;
use highwater_sim::group::share::cluster::{ShareCluster, ShareReset};
use highwater_sim::group::share::consumer::{AcknowledgementMode, ShareConsumerConfig};
use highwater_sim::group::share::leader::LeaderConfig;
use highwater_sim::group::share::partition::{AcquireMode, SharePartitionConfig};
use highwater_sim::group::share::share_group::ShareGroupConfig;

use super::super::ReplayError;
use super::super::play::duration_ms;
use super::super::story::Story;

/// A cluster as the broker and the group of a story are configured.
pub fn cluster(story: &Story) -> Result<ShareCluster, ReplayError> {
    let (broker, group) = (&story.group.config.broker, &story.group.config.group);
    // A group's own configuration comes before the broker's.
    let mut all: BTreeMap<&str, &str> = BTreeMap::new();
    let of_broker = broker.iter().filter_map(|(name, value)| Some((name.strip_prefix("group.")?, value.as_str())));
    all.extend(of_broker);
    all.extend(group.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (mut share, mut partition) = (ShareGroupConfig::default(), SharePartitionConfig::default());
    let (mut leader, mut reset) = (LeaderConfig::default(), ShareReset::Latest);
    for (name, value) in all {
        match name {
            "share.heartbeat.interval.ms" => share.heartbeat_interval_ms = number(name, value)?,
            "share.session.timeout.ms" => share.session_timeout_ms = number(name, value)?,
            "share.assignment.interval.ms" => share.assignment_interval_ms = number(name, value)?,
            "share.max.size" => share.max_size = number(name, value)?,
            "share.record.lock.duration.ms" => partition.record_lock_duration_ms = number(name, value)?,
            "share.delivery.count.limit" => partition.delivery_count_limit = number(name, value)?,
            "share.partition.max.record.locks" => partition.partition_max_record_locks = number(name, value)?,
            "share.renew.acknowledge.enable" => partition.renew_acknowledge_enable = value == "true",
            "share.max.share.sessions" => leader.max_share_sessions = number(name, value)?,
            "share.auto.offset.reset" => reset = policy(value)?,
            // Nothing is in a transaction here, and the bounds of a group's own values were kept when it was recorded.
            "share.isolation.level" => {}
            _ if name.starts_with("share.min.") || name.starts_with("share.max.") => {}
            _ if name.starts_with("share.") => return Err(wrong(name, value)),
            _ => {}
        }
    }
    leader.partition = Rc::new(partition);
    Ok(ShareCluster::new(GroupConfig { share, ..GroupConfig::default() }, leader, reset))
}

/// A consumer's configuration.
pub fn consumer(story: &Story, name: &str) -> Result<ShareConsumerConfig, ReplayError> {
    let mut props = story.group.config.members.clone();
    let own = story.members.iter().find(|member| member.name == name);
    if let Some(own) = own {
        props.extend(own.props.clone());
    }
    let mut config = ShareConsumerConfig {
        group: own.and_then(|own| own.group.clone()).unwrap_or_else(|| story.group.id.clone()),
        client_id: name.to_owned(),
        // Ids that clients make up have 22 digits.
        member_id: own.and_then(|own| own.id.clone()).unwrap_or_else(|| format!("{name:A<22}")),
        ..ShareConsumerConfig::default()
    };
    for (name, value) in &props {
        match name.as_str() {
            "share.acknowledgement.mode" => {
                config.mode = match value.as_str() {
                    "implicit" => AcknowledgementMode::Implicit,
                    "explicit" => AcknowledgementMode::Explicit,
                    _ => return Err(wrong(name, value)),
                }
            }
            "share.acquire.mode" => {
                config.acquire_mode = match value.as_str() {
                    "batch_optimized" => AcquireMode::BatchOptimized,
                    "record_limit" => AcquireMode::RecordLimit,
                    _ => return Err(wrong(name, value)),
                }
            }
            "max.poll.records" => config.max_poll_records = number(name, value)?,
            "fetch.max.wait.ms" => config.fetch_max_wait_ms = number(name, value)?,
            "max.poll.interval.ms" => config.max_poll_interval_ms = number(name, value)?,
            "retry.backoff.ms" => config.retry_backoff_ms = number(name, value)?,
            _ => {}
        }
    }
    Ok(config)
}

fn policy(value: &str) -> Result<ShareReset, ReplayError> {
    match value {
        "earliest" => Ok(ShareReset::Earliest),
        "latest" => Ok(ShareReset::Latest),
        _ => {
            let duration = value.strip_prefix("by_duration:").and_then(duration_ms);
            duration.map(ShareReset::ByDuration).ok_or_else(|| wrong("share.auto.offset.reset", value))
        }
    }
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N, ReplayError> {
    value.parse().map_err(|_| wrong(name, value))
}

fn wrong(name: &str, value: &str) -> ReplayError {
    ReplayError::File(format!("story.json: {name} cannot be {value}"))
}
