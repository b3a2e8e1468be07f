//! A group, its members and the end of its coordinator's log, as the picture has them. Kafka: `ClassicGroup`,
//! `ClassicGroupMember`, `ConsumerGroup`, `ConsumerGroupMember`.

use super::Seen;
use super::thing::{Thing, Unit, list, shown};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::group::{GroupPanel, MemberCard, MemberRole, Token};
use crate::scene::{Panel, text};

/// A mark of the group's panel.
pub(super) fn group(seen: &Seen<'_>, mark: &str) -> Option<Thing> {
    let panel = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Group(panel) => Some(&**panel),
        _ => None,
    })?;
    text::label(seen.scene, mark, Lang::En)?;
    if let Some(record) = panel.log.records.iter().find(|record| record.id == mark) {
        let title = Phrase::new("inspect.group_record").with("offset", record.offset);
        let mut thing = Thing::new("record", "group", title.with("partition", panel.log.partition.as_str()));
        thing.sheet("CoordinatorRecord").has("offset", record.offset).has("type", record.kind);
        thing.has("offset < highWatermark", record.committed);
        return Some(thing);
    }
    if let Some(member) = panel.one_of_crowd(mark) {
        let title = Phrase::new("inspect.member_of").with("name", member.name.as_str());
        let mut thing = Thing::new("member", "group", title.with("group", panel.group.as_str()));
        thing.sheet(if panel.assignment_epoch.is_some() { "ConsumerGroupMember" } else { "ClassicGroupMember" });
        let key = ["assignment/", &member.name].concat();
        thing.set("assignedPartitions.size", member.owns(), &key);
        return Some(thing);
    }
    let of_member = |card: &&MemberCard| mark == card.id || mark.starts_with(&[card.id.as_str(), "/"].concat());
    Some(match panel.members.iter().find(of_member) {
        Some(card) => member(seen, panel, card),
        None => whole(panel),
    })
}

fn whole(panel: &GroupPanel) -> Thing {
    let mut thing = Thing::new("group", "group", Phrase::new("inspect.group").with("group", panel.group.as_str()));
    let (sheet, epoch, assignor) = match &panel.assignment_epoch {
        Some(_) => ("ConsumerGroup", "groupEpoch", "preferredServerAssignor"),
        None => ("ClassicGroup", "generationId", "protocolName"),
    };
    thing.sheet(sheet).has("groupId", &panel.group);
    thing.set("state", &panel.state.value, &panel.state.key);
    thing.set(epoch, panel.generation.value, &panel.generation.key);
    if let Some(epoch) = &panel.assignment_epoch {
        thing.set("assignmentEpoch", epoch.value, &epoch.key);
    }
    thing.set(assignor, shown(panel.protocol.as_ref()), &panel.generation.key);
    thing.set("coordinator", shown(panel.coordinator.value), &panel.coordinator.key);
    thing.sheet("members");
    for card in &panel.members {
        thing.set(&card.name, list(partitions(&card.now.value)), &card.now.key);
    }
    if !panel.unowned.is_empty() {
        thing.has("–", list(partitions(&panel.unowned)));
    }
    thing
}

fn member(seen: &Seen<'_>, panel: &GroupPanel, card: &MemberCard) -> Thing {
    let title = Phrase::new("inspect.member_of").with("name", card.name.as_str()).with("group", panel.group.as_str());
    let mut thing = Thing::new("member", "group", title);
    let role = match card.role {
        MemberRole::Leader => "leader",
        MemberRole::Member => "member",
        MemberRole::Outside => "UNKNOWN_MEMBER_ID",
        MemberRole::Idle => "–",
        MemberRole::Closed => "closed",
        MemberRole::Crashed => "crashed",
    };
    let sheet = if panel.assignment_epoch.is_some() { "ConsumerGroupMember" } else { "ClassicGroupMember" };
    thing.sheet(sheet).has("client.id", &card.name);
    if let Some(epoch) = &card.epoch {
        thing.set("memberEpoch", epoch.epoch.value, &epoch.epoch.key).set("state", epoch.state, &epoch.epoch.key);
        thing.set("partitionsPendingRevocation", list(epoch.pending.iter()), &epoch.epoch.key);
        thing.set("targetAssignment – assignedPartitions", list(epoch.due.iter()), &epoch.epoch.key);
    }
    if let Some((group, known)) = seen.world.consumer_group_member(&card.name) {
        let regex = &known.subscribed_topic_regex;
        if !regex.is_empty() {
            thing.has("subscribedTopicRegex", regex);
            thing.maybe(
                "resolvedRegularExpression.topics",
                group.expressions.get(regex).map(|there| list(&there.topics)),
            );
        }
    }
    thing.has("groupInstanceId", shown(card.instance.as_ref())).has("role", role).has("polls", card.polls);
    thing.set("assignment", list(partitions(&card.now.value)), &card.now.key);
    if !card.before.is_empty() {
        thing.set("assignment before", list(partitions(&card.before)), &card.now.key);
    }
    if let Some(message) = &card.message {
        thing.sheet(&message.api).has("response", message.response).has("waits", message.waits);
        thing.has("errorCode", message.error.as_deref().unwrap_or("NONE"));
    }
    if let Some(row) = panel.time.rows.iter().find(|row| row.name == card.name) {
        let sheet = if panel.assignment_epoch.is_some() { "ConsumerMembershipManager" } else { "ConsumerCoordinator" };
        thing.sheet(sheet).has("heartbeats", row.heartbeats.len());
        if let Some(ms) = row.without_ms {
            thing.has("without partitions", ms).unit(Unit::Ms);
        }
    }
    if let Some(consumer) = seen.world.consumer(&card.name) {
        thing.ruled_by_all(&*consumer.config);
    }
    thing
}

fn partitions(tokens: &[Token]) -> impl Iterator<Item = &String> {
    tokens.iter().map(|token| &token.partition)
}
