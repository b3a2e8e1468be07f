//! The configurations of a story, by Kafka's names.

use std::collections::BTreeMap;
use std::rc::Rc;

use highwater_sim::group::assignor::Assignor;
use highwater_sim::group::cluster::ResetPolicy;
use highwater_sim::group::coordinator::GroupConfig;
use highwater_sim::group::member::{GroupProtocol, MemberConfig, Wanted};
use highwater_sim::group::regular_expression::Pattern;
use highwater_sim::ids::TopicId;

use super::super::ReplayError;
use super::super::story::{Action, Story};

/// How a member is configured.
pub struct MemberSettings {
    /// As a member.
    pub config: MemberConfig,
    /// `auto.offset.reset`.
    pub reset: ResetPolicy,
    /// `max.poll.records`.
    pub max_poll_records: usize,
}

/// The configurations of a story.
pub struct Settings<'a> {
    story: &'a Story,
}

impl<'a> Settings<'a> {
    /// Those of this story.
    pub fn new(story: &'a Story) -> Settings<'a> {
        Settings { story }
    }

    /// What the broker says of groups. Where a recording does not tell the initial delay, it was 0.
    pub fn coordinator(&self) -> Result<GroupConfig, ReplayError> {
        let broker = &self.story.group.config.broker;
        let mut config = GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() };
        if let Some(delay) = number(broker, "group.initial.rebalance.delay.ms")? {
            config.initial_rebalance_delay_ms = delay;
            // That broker also looked every second for what had expired.
            config.offsets_retention_check_interval_ms = 1_000;
        }
        if let Some(minutes) = number::<i64>(broker, "offsets.retention.minutes")? {
            config.offsets_retention_ms = minutes.saturating_mul(60_000);
        }
        if let Some(interval) = number(broker, "offsets.retention.check.interval.ms")? {
            config.offsets_retention_check_interval_ms = interval;
        }
        if let Some(size) = number(broker, "group.max.size")? {
            config.max_size = size;
        }
        if let Some(interval) = number(broker, "group.consumer.assignment.interval.ms")? {
            config.consumer.assignment_interval_ms = interval;
        }
        let group = &self.story.group.config.group;
        if let Some(interval) = number(group, "consumer.heartbeat.interval.ms")? {
            config.consumer.heartbeat_interval_ms = interval;
        }
        if let Some(timeout) = number(group, "consumer.session.timeout.ms")? {
            config.consumer.session_timeout_ms = timeout;
        }
        Ok(config)
    }

    /// The topics that a member subscribes to.
    pub fn topics<'b>(&'b self, action: &'b Action, name: &str) -> Vec<&'b str> {
        let told = action.texts("topics");
        if !told.is_empty() {
            return told;
        }
        let own = self.story.members.iter().find(|member| member.name == name);
        own.map(|member| member.topics.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    /// A member's configuration.
    pub fn member(&self, action: &Action, name: &str) -> Result<MemberSettings, ReplayError> {
        let mut props = self.story.group.config.members.clone();
        let own = self.story.members.iter().find(|member| member.name == name);
        if let Some(own) = own {
            props.extend(own.props.clone());
        }
        let names = own.and_then(|own| own.assignors.as_ref()).unwrap_or(&self.story.group.assignors);
        let assignors: Vec<Assignor> = names.iter().filter_map(|name| Assignor::named(name)).collect();
        let protocol = match props.get("group.protocol").map_or("classic", String::as_str) {
            "classic" => GroupProtocol::Classic,
            "consumer" => GroupProtocol::Consumer {
                member_id: own.and_then(|own| own.id.clone()).unwrap_or_else(|| name.to_owned()),
                remote_assignor: names.first().cloned(),
            },
            _ => {
                let what = format!("the group protocol of {name}");
                return Err(ReplayError::NotSimulated { step: action.step, what });
            }
        };
        let defaults = MemberConfig::default();
        let auto_commit = props.get("enable.auto.commit").is_none_or(|value| value == "true");
        let group = action.text("group").or(own.and_then(|own| own.group.as_deref())).unwrap_or(&self.story.group.id);
        let instance = action.text("instance_id").or(own.and_then(|own| own.instance_id.as_deref()));
        let config = MemberConfig {
            group: group.to_owned(),
            client_id: name.to_owned(),
            instance_id: instance.map(str::to_owned),
            protocol,
            assignors: if assignors.is_empty() { defaults.assignors } else { assignors },
            session_timeout_ms: number(&props, "session.timeout.ms")?.unwrap_or(defaults.session_timeout_ms),
            max_poll_interval_ms: number(&props, "max.poll.interval.ms")?.unwrap_or(defaults.max_poll_interval_ms),
            heartbeat_interval_ms: number(&props, "heartbeat.interval.ms")?.unwrap_or(defaults.heartbeat_interval_ms),
            auto_commit_interval_ms: if auto_commit {
                number(&props, "auto.commit.interval.ms")?.or(defaults.auto_commit_interval_ms)
            } else {
                None
            },
            metadata_max_age_ms: number(&props, "metadata.max.age.ms")?.unwrap_or(defaults.metadata_max_age_ms),
            ..defaults
        };
        let reset = props.get("auto.offset.reset").map_or("latest", String::as_str);
        let max_poll_records = number(&props, "max.poll.records")?.unwrap_or(500);
        Ok(MemberSettings { config, reset: policy(reset)?, max_poll_records })
    }

    /// The application of a member polls only where an action says so: it was not waited for, and is told to poll.
    pub fn polls_by_hand(&self, join: &Action, name: &str) -> bool {
        let is_poll = |action: &&Action| matches!(action.what.as_str(), "poll" | "poll_and_look");
        join.wait_for.is_none()
            && self.story.actions.iter().filter(is_poll).any(|action| action.member.as_deref() == Some(name))
    }
}

/// A topic id as Kafka writes it: 22 digits of base 64, in the alphabet for addresses. Java: `Uuid.fromString`.
pub fn topic_id(text: &str) -> Result<TopicId, ReplayError> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => letter.checked_sub(b'A'),
        b'a'..=b'z' => letter.checked_sub(b'a').map(|digit| digit.saturating_add(26)),
        b'0'..=b'9' => letter.checked_sub(b'0').map(|digit| digit.saturating_add(52)),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    let digits: Option<Vec<u8>> = text.bytes().map(digit).collect();
    let digits = digits.filter(|digits| digits.len() == 22).ok_or_else(|| wrong("topic_ids", text))?;
    // The last digit brings four bits too many.
    let (last, others) = digits.split_last().ok_or_else(|| wrong("topic_ids", text))?;
    let bits = others.iter().fold(0_u128, |bits, digit| bits << 6 | u128::from(*digit));
    Ok(TopicId(bits << 2 | u128::from(last >> 4)))
}

/// A policy by its name. `by_duration` has a duration as ISO 8601 writes it.
pub fn policy(name: &str) -> Result<ResetPolicy, ReplayError> {
    match name {
        "earliest" => Ok(ResetPolicy::Earliest),
        "latest" => Ok(ResetPolicy::Latest),
        "none" => Ok(ResetPolicy::None),
        _ => {
            let duration = name.strip_prefix("by_duration:").and_then(duration_ms);
            duration.map(ResetPolicy::ByDuration).ok_or_else(|| wrong("auto.offset.reset", name))
        }
    }
}

/// `P1DT2H3M4S` in ms. Java: `Duration.parse`, without signs and fractions.
pub fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text.strip_prefix('P')?;
    let (mut ms, mut in_time) = (0_i64, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            (rest, in_time) = (after, true);
            continue;
        }
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let unit_ms = match (after.chars().next()?, in_time) {
            ('D', false) => 86_400_000,
            ('H', true) => 3_600_000,
            ('M', true) => 60_000,
            ('S', true) => 1_000,
            _ => return None,
        };
        ms = ms.checked_add(number.parse::<i64>().ok()?.checked_mul(unit_ms)?)?;
        rest = after.get(1..)?;
    }
    Some(ms)
}

/// A subscription by a pattern.
pub fn pattern(step: usize, pattern: &str) -> Result<Wanted, ReplayError> {
    let compiled = Pattern::compile(pattern);
    let what = format!("the regular expression {pattern}");
    compiled.map(|pattern| Wanted::Pattern(Rc::new(pattern))).map_err(|_| ReplayError::NotSimulated { step, what })
}

fn number<N: std::str::FromStr>(props: &BTreeMap<String, String>, name: &str) -> Result<Option<N>, ReplayError> {
    props.get(name).map(|value| value.parse().map_err(|_| wrong(name, value))).transpose()
}

fn wrong(name: &str, value: &str) -> ReplayError {
    ReplayError::File(format!("story.json: {name} cannot be {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_iso_8601() {
        assert_eq!(duration_ms("PT1H"), Some(3_600_000));
        assert_eq!(duration_ms("P1DT2M3S"), Some(86_523_000));
        assert_eq!((duration_ms("1H"), duration_ms("P1H"), duration_ms("PT1")), (None, None, None));
    }

    #[test]
    fn topic_ids_are_in_base_64() {
        assert_eq!(topic_id("AAAAAAAAAAAAAAAAAAAAAQ").unwrap(), TopicId(1));
        assert_eq!(topic_id("AAAAAAAAAAAAAAAAAAAAEA").unwrap(), TopicId(4 << 2));
        assert_eq!(topic_id("_____________________w").unwrap(), TopicId(u128::MAX));
        assert!(topic_id("AA").is_err() && topic_id("AAAAAAAAAAAAAAAAAAAA+A").is_err());
    }
}
