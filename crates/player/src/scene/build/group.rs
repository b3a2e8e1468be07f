//! Builds the group panel.

mod crowd;

use highwater_sim::consumer::membership::{MemberMoment, Membership};
use highwater_sim::consumer::{Consumer, Life, Polls};
use highwater_sim::fact::MessageFact;
use highwater_sim::group::body::{GroupApi, assigned};
use highwater_sim::group::consumer_group::Target;
use highwater_sim::group::coordinator::ClassicGroup;
use highwater_sim::group::error::GroupError;
use highwater_sim::group::records::{GroupMetadata, Key, Part, Partitions, Value};
use highwater_sim::ids::{NodeId, Topic, TopicPartition};
use highwater_sim::sorted::SortedSet;
use highwater_sim::time::SimTime;
use highwater_sim::world::World;

use super::View;
use crate::phrase::Phrase;
use crate::scene::Shown;
use crate::scene::group::{
    GroupLog, GroupPanel, GroupTime, LogLine, MemberCard, MemberEpoch, MemberMessage, MemberRole, TimeRow, TimeSpan,
    Token,
};

/// At most so many members are cards; where there are more, the group is a crowd.
const MEMBERS_MAX: usize = 12;
/// At most so many partitions are tokens; likewise.
const TOKENS_MAX: usize = 240;
/// At most so many records of the coordinator's log are shown.
const RECORDS_MAX: usize = 3;
/// So many records of it are looked at.
const RECORDS_READ: i64 = 256;

#[inline(never)]
pub(super) fn panel(world: &World, view: &View) -> Option<GroupPanel> {
    let name = view.group.as_deref()?;
    let group = world.group(name);
    let next = world.consumer_group(name);
    let is_next = world
        .members(name)
        .any(|consumer| consumer.membership.as_ref().is_some_and(|membership| membership.is_by_consumer_protocol()));
    let id = format!("group-{name}");
    let mut consumers: Vec<&Consumer> = world.members(name).collect();
    if consumers.len() > MEMBERS_MAX {
        crowd::by_number(&mut consumers);
    }
    let mut topics: SortedSet<Topic> = SortedSet::new();
    for consumer in &consumers {
        let member = consumer.membership.as_ref().map(|membership| &membership.member);
        for topic in member.iter().flat_map(|member| member.subscription().iter()) {
            topics.insert(topic.clone());
        }
    }
    let several = topics.len() > 1;
    let partitions = |topic: &Topic| world.metadata().topics.get(topic).map_or(0, |topic| topic.partitions.len());
    let all = topics.iter().map(partitions).sum::<usize>();
    let crowd = (consumers.len() > MEMBERS_MAX || all > TOKENS_MAX).then(|| crowd::of(world, &consumers, group, all));
    let cards = if crowd.is_some() { &[] } else { consumers.as_slice() };
    let topics = if crowd.is_some() { SortedSet::new() } else { topics };
    let members: Vec<MemberCard> = cards.iter().filter_map(|consumer| card(world, consumer, group, several)).collect();
    let owned: Vec<&str> =
        members.iter().flat_map(|card| &card.now.value).map(|token| token.partition.as_str()).collect();
    let mut unowned = Vec::new();
    for topic in &topics {
        for number in 0..i32::try_from(partitions(topic)).unwrap_or(i32::MAX) {
            let partition = TopicPartition::new(topic.clone(), number);
            if !owned.contains(&partition.to_string().as_str()) {
                unowned.push(token(&id, "", &partition, several));
            }
        }
    }
    let coordinator = world.coordinator(name).map(|(broker, _)| broker.id.0);
    Some(GroupPanel {
        group: name.to_owned(),
        coordinator: Shown { value: coordinator, key: format!("coordinator/{name}") },
        state: Shown {
            value: match next {
                Some(group) => group.state().name(),
                None => group.map_or("Empty", |group| group.state.name()),
            }
            .to_owned(),
            key: format!("state/{name}"),
        },
        generation: Shown {
            value: next.map_or_else(|| group.map_or(0, |group| group.generation), |group| group.epoch),
            key: format!("generation/{name}"),
        },
        assignment_epoch: is_next.then(|| Shown {
            value: next.map_or(0, |group| group.assignment_epoch),
            key: format!("assignment_epoch/{name}"),
        }),
        protocol: match next {
            Some(group) => Some(group.preferred_assignor().name().to_owned()),
            None => group.and_then(|group| group.protocol.clone()),
        },
        members,
        unowned,
        crowd,
        time: time(world, &consumers, &id, view.seconds),
        log: log(world, name, &id)?,
        id,
    })
}

fn token(owner: &str, prefix: &str, partition: &TopicPartition, several: bool) -> Token {
    Token {
        id: format!("{owner}/{prefix}{partition}"),
        label: label(partition, several),
        color: u8::try_from(partition.partition.rem_euclid(6)).unwrap_or(0) + 1,
        partition: partition.to_string(),
        is_orphan: false,
        is_leaving: false,
        is_last: false,
    }
}

/// Nobody in the group had the partition later and gave it up again.
fn is_last(world: &World, membership: &Membership, partition: &TopicPartition) -> bool {
    let had_it_later = |other: &Consumer| {
        other
            .membership
            .as_ref()
            .is_some_and(|other| other.before_until > membership.before_until && other.before.contains(partition))
    };
    !world.members(&membership.name.group).any(had_it_later)
}

/// What stands on a partition's token.
fn label(partition: &TopicPartition, several: bool) -> String {
    if several { partition.to_string() } else { partition.partition.to_string() }
}

/// Partitions by the names of their topics.
fn named(world: &World, partitions: &Target) -> Vec<TopicPartition> {
    let mut named = Vec::new();
    for topic in world.metadata().topics.keys() {
        let numbers = world.numbers_of(partitions, topic);
        named.extend(numbers.into_iter().map(|number| TopicPartition::new(topic.clone(), number)));
    }
    named
}

fn card(world: &World, consumer: &Consumer, group: Option<&ClassicGroup>, several: bool) -> Option<MemberCard> {
    let membership = consumer.membership.as_deref()?;
    let id = format!("member-{}", consumer.id);
    let member_id = &membership.member.generation.member_id;
    let known = match consumer.life {
        Life::Running => group.and_then(|group| group.members.get(member_id)).filter(|_| !member_id.is_empty()),
        _ => group.and_then(|group| group.members.values().find(|member| *member.client_id == *consumer.id.0)),
    };
    let by_epoch = world.consumer_group_member(&consumer.id.0);
    let is_orphan = consumer.life != Life::Running && (known.is_some() || by_epoch.is_some());
    let has = |partitions: &[TopicPartition]| partitions.iter().map(|it| label(it, several)).collect::<Vec<_>>();
    let owned_by_epoch = by_epoch.map(|(_, member)| named(world, &member.has())).unwrap_or_default();
    let pending = by_epoch.map(|(_, member)| named(world, &member.pending())).unwrap_or_default();
    let target = by_epoch.and_then(|(group, member)| group.target.get(&member.id).cloned());
    let due: Vec<TopicPartition> = named(world, &target.unwrap_or_default())
        .into_iter()
        .filter(|partition| !owned_by_epoch.contains(partition))
        .collect();
    let now: Vec<TopicPartition> = match consumer.life {
        Life::Running => consumer.positions().map(|(partition, _)| partition.clone()).collect(),
        // The coordinator does not know that its process is gone.
        _ if by_epoch.is_some() => owned_by_epoch,
        _ => known.map(|member| assigned(&member.assignment)).unwrap_or_default(),
    };
    let leads = by_epoch.is_none() && known.is_some() && group.is_some_and(|group| group.is_leader(member_id));
    let role = match role(consumer, membership, by_epoch.is_some() || known.is_some()) {
        MemberRole::Member if leads => MemberRole::Leader,
        role => role,
    };
    let runs = consumer.life == Life::Running;
    Some(MemberCard {
        name: consumer.id.to_string(),
        instance: membership.name.instance_id.clone(),
        role,
        polls: consumer.polls == Polls::Always,
        before: membership
            .before
            .iter()
            .filter(|_| runs)
            .map(|partition| Token {
                is_last: is_last(world, membership, partition),
                ..token(&id, "before-", partition, several)
            })
            .collect(),
        now: Shown {
            value: now
                .iter()
                .map(|partition| Token {
                    is_orphan,
                    is_leaving: pending.contains(partition),
                    ..token(&id, "", partition, several)
                })
                .collect(),
            key: format!("assignment/{}", consumer.id),
        },
        epoch: by_epoch.map(|(_, member)| MemberEpoch {
            id: format!("{id}/epoch"),
            epoch: Shown { value: member.epoch, key: format!("member_epoch/{}", consumer.id) },
            state: member.state.name(),
            pending: has(&pending),
            due: has(&due),
        }),
        message: message(world, consumer, membership),
        id,
    })
}

/// What a consumer is, that leads no group.
fn role(consumer: &Consumer, membership: &Membership, is_known: bool) -> MemberRole {
    match consumer.life {
        Life::Closed => MemberRole::Closed,
        Life::Crashed => MemberRole::Crashed,
        Life::Running if membership.moments.is_empty() => MemberRole::Idle,
        Life::Running if is_known => MemberRole::Member,
        Life::Running => MemberRole::Outside,
    }
}

/// A message that is worth a look: every one between members and coordinators but a heartbeat that is as always.
fn is_told(message: &MessageFact) -> bool {
    match (message.api_of_group(), &message.says) {
        (Some(GroupApi::Heartbeat), highwater_sim::fact::Says::Group(says)) => says.error != GroupError::None,
        (Some(GroupApi::ConsumerGroupHeartbeat), highwater_sim::fact::Says::Group(says)) => {
            says.error != GroupError::None
                || says.partitions.is_some()
                || says.member_epoch.is_some_and(|epoch| epoch <= 0)
        }
        (api, _) => api.is_some(),
    }
}

/// What is on the wire between a member and its coordinator, or waits there.
fn message(world: &World, consumer: &Consumer, membership: &Membership) -> Option<MemberMessage> {
    let node = NodeId::Client(consumer.id.clone());
    let wire = world
        .on_the_wire()
        .into_iter()
        .filter(|message| message.from == node || message.to == node)
        .map(MessageFact::of)
        .rfind(is_told);
    if let Some(message) = wire {
        let error = match &message.says {
            highwater_sim::fact::Says::Group(says) if says.error != GroupError::None => {
                Some(says.error.name().to_owned())
            }
            _ => None,
        };
        return Some(MemberMessage {
            api: message.api.name().to_owned(),
            response: message.response,
            waits: false,
            error,
        });
    }
    let log = world.offsets_partition_of(&membership.name.group)?;
    let broker = world.broker(world.metadata().partition(&log)?.leader?)?;
    let waiting = broker.groups.coordinators.get(&log.partition)?.waiting_of(&node)?;
    if matches!(waiting, GroupApi::Heartbeat | GroupApi::ConsumerGroupHeartbeat) {
        return None;
    }
    Some(MemberMessage { api: waiting.name().to_owned(), response: false, waits: true, error: None })
}

/// The lines of time of the last seconds.
fn time(world: &World, consumers: &[&Consumer], id: &str, seconds: u32) -> GroupTime {
    let now = world.now();
    let from = SimTime(now.0.saturating_sub(u64::from(seconds.max(1)) * 1_000_000));
    let mut events = Vec::new();
    let mut rows = Vec::new();
    for consumer in consumers {
        let Some(membership) = &consumer.membership else { continue };
        if membership.moments.is_empty() {
            continue;
        }
        let name = consumer.id.to_string();
        for (at, moment) in &membership.moments {
            let key = match moment {
                MemberMoment::Started => "scene.member_joins",
                MemberMoment::Closed => "scene.member_closes",
                MemberMoment::Crashed => "scene.member_crashes",
                MemberMoment::Heartbeat | MemberMoment::Owns(_) => continue,
            };
            if *at >= from && *at > SimTime::ZERO {
                events.push((at.0, Phrase::new(key).with("name", name.as_str())));
            }
        }
        rows.push(row(name, &membership.moments, from, now));
    }
    if consumers.len() > MEMBERS_MAX {
        events = crowd::together(events);
    }
    GroupTime { id: format!("{id}/time"), from_us: from.0, now_us: now.0, rows, events }
}

fn row(name: String, moments: &[(SimTime, MemberMoment)], from: SimTime, now: SimTime) -> TimeRow {
    let mut spans: Vec<TimeSpan> = Vec::new();
    let mut heartbeats = Vec::new();
    // What it does since when: none while its process does not run.
    let mut since: Option<(SimTime, bool)> = None;
    // The last time without partitions: from when, to when, and whether there were some before.
    let mut gap: Option<(SimTime, Option<SimTime>, bool)> = None;
    let mut end = |since: &Option<(SimTime, bool)>, at: SimTime| {
        if let Some((begin, works)) = since
            && at > from
            && at > *begin
        {
            spans.push(TimeSpan { from_us: begin.0.max(from.0), to_us: at.0, works: *works });
        }
    };
    for (at, moment) in moments {
        let works = match moment {
            MemberMoment::Heartbeat => {
                if *at >= from {
                    heartbeats.push(at.0);
                }
                continue;
            }
            MemberMoment::Started => Some(false),
            MemberMoment::Owns(count) => Some(*count > 0),
            MemberMoment::Closed | MemberMoment::Crashed => None,
        };
        if works == since.map(|(_, works)| works) {
            continue;
        }
        end(&since, *at);
        let had_some = since.is_some_and(|(_, works)| works);
        match (works, &mut gap) {
            (Some(false), _) => gap = Some((*at, None, had_some)),
            (_, Some((_, to @ None, _))) => *to = Some(*at),
            _ => {}
        }
        since = works.map(|works| (*at, works));
    }
    end(&since, now);
    let gap = gap.filter(|(_, to, _)| since.is_some() && to.is_none_or(|to| to > from));
    TimeRow {
        id: format!("member-{name}/time"),
        name,
        spans,
        heartbeats,
        without_ms: gap.map(|(begin, to, _)| i64::try_from(to.unwrap_or(now).ms_since(begin)).unwrap_or(i64::MAX)),
        had_some: gap.is_some_and(|(.., had_some)| had_some),
    }
}

/// The last records about the group.
fn log(world: &World, group: &str, id: &str) -> Option<GroupLog> {
    let partition = world.offsets_partition_of(group)?;
    let mut records = Vec::new();
    if let Some(leader) = world.leader(&partition) {
        let begin = leader.log_start_offset().0.max(leader.log_end_offset().0.saturating_sub(RECORDS_READ));
        let mut found = Vec::new();
        for record in leader.log.records_from(begin) {
            let Ok(record) = record else { break };
            let Some(key) = record.key.as_deref().and_then(|bytes| Key::decode(bytes).ok()) else { continue };
            if key.group != group {
                continue;
            }
            found.push((key, record));
        }
        // What earlier ones say is told nowhere, and of a large group they say much.
        let last = found.split_off(found.len().saturating_sub(RECORDS_MAX));
        records.extend(last.into_iter().map(|(key, record)| {
            let value = record.value.as_deref().and_then(|bytes| Value::decode(key.kind, bytes).ok());
            LogLine {
                id: format!("{id}/record-{}", record.offset),
                offset: record.offset,
                kind: key.kind.name(),
                text: said(world, &key, value.as_ref()),
                committed: record.offset < leader.high_watermark().0,
            }
        }));
    }
    Some(GroupLog { id: format!("{id}/log"), partition: partition.to_string(), records })
}

fn said(world: &World, key: &Key, value: Option<&Value>) -> Phrase {
    if key.kind.is_of_consumer_group() && value.is_some() {
        return said_by_epoch(world, key, value);
    }
    match (value, &key.part) {
        (None, _) => Phrase::new("scene.record_tombstone"),
        (Some(Value::GroupMetadata(metadata)), _) if metadata.members.is_empty() => {
            Phrase::new("scene.record_empty_group").with("generation", metadata.generation)
        }
        (Some(Value::GroupMetadata(metadata)), _) => Phrase::new("scene.record_group")
            .with("generation", metadata.generation)
            .with("assignment", assignment(metadata)),
        (Some(Value::OffsetCommit(commit)), Part::Partition(topic, number)) => Phrase::new("scene.record_offset")
            .with("partition", format!("{topic}-{number}"))
            .with("offset", commit.offset),
        _ => Phrase::new("scene.record_other"),
    }
}

/// What a record of a group by the consumer protocol says.
fn said_by_epoch(world: &World, key: &Key, value: Option<&Value>) -> Phrase {
    let member = match &key.part {
        Part::Member(id) => world
            .consumer_group(&key.group)
            .and_then(|group| group.members.get(id))
            .map_or_else(|| id.clone(), |member| member.client_id.clone()),
        _ => String::new(),
    };
    let numbers = |told: &[Partitions]| {
        let target = told.iter().map(|there| (there.topic_id, there.partitions.iter().copied().collect())).collect();
        let named = named(world, &target);
        let several = named.iter().any(|there| named.first().is_some_and(|first| first.topic != there.topic));
        let all: Vec<String> = named.iter().map(|there| label(there, several)).collect();
        if all.is_empty() { "–".to_owned() } else { all.join(" ") }
    };
    match value {
        Some(Value::Epoch(epoch)) => Phrase::new("scene.record_epoch").with("epoch", epoch.epoch),
        Some(Value::TargetEpoch(target)) => Phrase::new("scene.record_epoch").with("epoch", target.assignment_epoch),
        Some(Value::TargetAssignment(target)) => Phrase::new("scene.record_target")
            .with("member", member)
            .with("partitions", numbers(&target.topic_partitions)),
        Some(Value::CurrentAssignment(current)) => {
            let gives = !current.partitions_pending_revocation.is_empty();
            Phrase::new(if gives { "scene.record_current_gives" } else { "scene.record_current" })
                .with("member", member)
                .with("epoch", current.member_epoch)
                .with("partitions", numbers(&current.assigned_partitions))
                .with("gives", numbers(&current.partitions_pending_revocation))
        }
        _ => Phrase::new("scene.record_member").with("member", member),
    }
}

/// `c1 0 1 · c2 2 3`
fn assignment(metadata: &GroupMetadata) -> String {
    let all: Vec<TopicPartition> = metadata.members.iter().flat_map(|member| assigned(&member.assignment)).collect();
    let several = all.iter().any(|there| all.first().is_some_and(|first| first.topic != there.topic));
    let mut members: Vec<String> = metadata
        .members
        .iter()
        .map(|member| {
            let owned = assigned(&member.assignment);
            let numbers: Vec<String> = owned
                .iter()
                .map(|there| if several { there.to_string() } else { there.partition.to_string() })
                .collect();
            if numbers.is_empty() {
                format!("{} –", member.client_id)
            } else {
                [&member.client_id, " ", &numbers.join(" ")].concat()
            }
        })
        .collect();
    highwater_sim::sorted::sort_short_by_key(&mut members, Clone::clone);
    members.join(" · ")
}
