//! The configs of a topic that a load looks at, by Kafka's names.

use highwater_log::batch::TimestampType;
use highwater_log::log::LogConfig;

/// Sets `name=value`.
pub fn set(config: &mut LogConfig, given: &str) -> Result<(), String> {
    let (name, value) = given.split_once('=').ok_or("it is not of the form NAME=VALUE")?;
    match name {
        "segment.bytes" => config.segment_bytes = number(value)?,
        "segment.ms" => config.segment_ms = number(value)?,
        "index.interval.bytes" => config.index_interval_bytes = number(value)?,
        "segment.index.bytes" => config.segment_index_bytes = number(value)?,
        "retention.ms" => config.retention_ms = number(value)?,
        "retention.bytes" => config.retention_bytes = number(value)?,
        "max.message.bytes" => config.max_message_bytes = number(value)?,
        "message.timestamp.before.max.ms" => config.message_timestamp_before_max_ms = number(value)?,
        "message.timestamp.after.max.ms" => config.message_timestamp_after_max_ms = number(value)?,
        "message.timestamp.type" => {
            config.message_timestamp_type = match value {
                "CreateTime" => TimestampType::CreateTime,
                "LogAppendTime" => TimestampType::LogAppendTime,
                _ => return Err("it is CreateTime or LogAppendTime".to_owned()),
            }
        }
        "cleanup.policy" => {
            let policies: Vec<&str> = value.split(',').map(str::trim).collect();
            if let Some(other) = policies.iter().find(|policy| !["compact", "delete"].contains(policy)) {
                return Err(format!("{other:?} is no policy; there are delete and compact"));
            }
            (config.delete, config.compact) = (policies.contains(&"delete"), policies.contains(&"compact"));
        }
        "delete.retention.ms" => config.delete_retention_ms = number(value)?,
        "min.compaction.lag.ms" => config.min_compaction_lag_ms = number(value)?,
        "max.compaction.lag.ms" => config.max_compaction_lag_ms = number(value)?,
        "min.cleanable.dirty.ratio" => config.min_cleanable_dirty_ratio = number(value)?,
        "producer.id.expiration.ms" => config.producers.producer_id_expiration_ms = number(value)?,
        _ => return Err(format!("a log does not look at `{name}`")),
    }
    Ok(())
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{value:?} is no number of its kind"))
}
