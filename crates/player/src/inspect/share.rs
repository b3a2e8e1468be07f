//! A partition as a share group reads it, a record in it and a member, as the picture has them. Kafka: `SharePartition`,
//! `InFlightState`, `ShareGroupMember`.

use highwater_sim::group::share::partition::SharePartition;

use super::Seen;
use super::thing::{Thing, Unit, list, shown};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::share::{ShareMember, SharePanel, ShareRecord};
use crate::scene::{Panel, text};
use crate::script::partition_from_name;

/// The brokers' configurations that rule share partitions.
const RULES: [&str; 3] = [
    "group.share.record.lock.duration.ms",
    "group.share.delivery.count.limit",
    "group.share.partition.max.record.locks",
];

/// A mark of the share panel.
pub(super) fn share(seen: &Seen<'_>, mark: &str) -> Option<Thing> {
    let panel = seen.scene.panels.iter().find_map(|panel| match panel {
        Panel::Share(panel) => Some(&**panel),
        _ => None,
    })?;
    text::label(seen.scene, mark, Lang::En)?;
    let mut thing = if let Some(there) = panel.members.iter().find(|there| there.id == mark) {
        return Some(member(seen, panel, there));
    } else if let Some(there) = panel.records.iter().find(|there| there.id == mark) {
        record(seen, panel, there)
    } else {
        whole(seen, panel)
    };
    let broker = panel.leader.and_then(|leader| seen.world.broker(highwater_sim::ids::BrokerId(leader)));
    if let Some(broker) = broker {
        thing.ruled(&*broker.config, &RULES);
    }
    Some(thing)
}

fn whole(seen: &Seen<'_>, panel: &SharePanel) -> Thing {
    let title = Phrase::new("inspect.share_partition")
        .with("group", panel.group.as_str())
        .with("partition", panel.partition.as_str());
    let mut thing = Thing::new("share_partition", "share-group", title);
    thing.sheet("SharePartition").has("groupId", &panel.group).has("topicPartition", &panel.partition);
    let id = partition_from_name(&panel.partition);
    let there = id.as_ref().and_then(|id| seen.world.share_partition(&panel.group, id));
    thing.set("startOffset (SPSO)", shown(panel.start.value), &panel.start.key);
    thing.set("endOffset (SPEO)", shown(there.map(SharePartition::end_offset)), &panel.start.key);
    if let Some(there) = there {
        thing.set("leaderEpoch", there.leader_epoch(), &panel.start.key);
        thing.set("numInFlightRecords", there.in_flight(), &panel.start.key);
        thing.set("deliveryCompleteCount", there.delivery_complete_count(), &panel.start.key);
    }
    if let Some(kept) = id.as_ref().and_then(|id| seen.world.kept_share_state(&panel.group, id)) {
        thing.sheet("ShareGroupState").set("startOffset", kept.start_offset, &panel.start.key);
        thing.set("stateEpoch", kept.state_epoch, &panel.start.key);
        for batch in &kept.batches {
            let offsets = crate::say::share::range(batch.first, batch.last);
            thing.set(
                &offsets,
                [batch.state.name(), " ", &batch.delivery_count.to_string()].concat(),
                &panel.start.key,
            );
        }
    }
    thing.sheet("Partition").has("leader", shown(panel.leader));
    thing.has("highWatermark", panel.high_watermark).has("logEndOffset", panel.log_end_offset);
    thing
}

fn record(seen: &Seen<'_>, panel: &SharePanel, there: &ShareRecord) -> Thing {
    let title = Phrase::new("inspect.share_record")
        .with("offset", there.offset)
        .with("partition", panel.partition.as_str())
        .with("group", panel.group.as_str());
    let mut thing = Thing::new("share_record", "share-group", title);
    let key = &there.state.key;
    thing.sheet("InFlightState").has("offset", there.offset);
    let known = partition_from_name(&panel.partition)
        .and_then(|id| seen.world.share_record(&panel.group, &id, there.offset).map(|known| known.state.name()));
    thing.set("state", shown(known), key).set("deliveryCount", there.delivery_count, key);
    thing.set("memberId", shown(there.member.as_ref()), key);
    thing.set("acquisitionLockTimeout", shown(there.lock_left_ms), key).unit(Unit::Ms);
    thing.set("hasOngoingStateTransition", there.is_in_transition, key);
    thing.sheet("Record").has("key", shown(there.key.as_ref())).has("value", shown(there.value.as_ref()));
    thing
}

fn member(seen: &Seen<'_>, panel: &SharePanel, there: &ShareMember) -> Thing {
    let title = Phrase::new("inspect.member_of").with("name", there.name.as_str()).with("group", panel.group.as_str());
    let mut thing = Thing::new("member", "share-group", title);
    thing.sheet("ShareGroupMember").has("client.id", &there.name);
    if let Some(share) = seen.world.consumer(&there.name).and_then(|consumer| consumer.share.as_deref()) {
        thing.has("memberId", &share.member.config.member_id).has("memberEpoch", share.member.member_epoch());
        thing.has("assignedPartitions", list(share.member.assigned().iter()));
        thing.sheet("ShareConsumerImpl").has("state", share.member.membership_state().name());
    }
    thing.has("polls", there.polls).has("in hand", list(there.in_hand.iter())).has("records returned", there.returned);
    if let Some(message) = &there.message {
        thing.sheet(&message.api).has("response", message.response);
        thing.has("errorCode", message.error.as_deref().unwrap_or("NONE"));
    }
    if let Some(consumer) = seen.world.consumer(&there.name) {
        thing.ruled_by_all(&*consumer.config);
    }
    thing
}
