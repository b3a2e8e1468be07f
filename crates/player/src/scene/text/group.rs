//! A group in words.

use super::{TextBlock, list};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::Shown;
use crate::scene::group::{CrowdMember, GroupCrowd, GroupPanel, MemberCard, MemberEpoch, MemberRole, TimeRow, Token};

#[inline(never)]
pub(super) fn describe(panel: &GroupPanel, lang: Lang, blocks: &mut Vec<TextBlock>) {
    let mut lines = vec![state(panel).say(lang), generation(panel).say(lang)];
    lines.extend(panel.assignment_epoch.as_ref().map(|epoch| assignment_epoch(epoch).say(lang)));
    if !panel.unowned.is_empty() {
        lines.push(Phrase::new("text.group_unowned").with("partitions", names(&panel.unowned)).say(lang));
    }
    if let Some(crowd) = &panel.crowd {
        lines.push(crowd_phrase(crowd).say(lang));
        lines.extend(without(panel).map(|phrase| phrase.say(lang)));
    }
    blocks.push(TextBlock { heading: heading(panel).say(lang), lines });
    if let Some(crowd) = &panel.crowd {
        let lines = crowd.members.iter().map(|member| one_phrase(member).say(lang)).collect();
        blocks.push(TextBlock { heading: Phrase::new("text.crowd_members").say(lang), lines });
    }
    for (card, row) in panel.members.iter().map(|card| (card, panel.time.rows.iter().find(|row| row.name == card.name)))
    {
        let mut lines = vec![owns(card).say(lang)];
        lines.extend(card.epoch.as_ref().map(|epoch| member_epoch(epoch).say(lang)));
        if !card.before.is_empty() {
            lines.push(Phrase::new("text.member_before").with("partitions", names(&card.before)).say(lang));
        }
        lines.extend(row.and_then(pause).map(|pause| pause.say(lang)));
        lines.extend(message(card).map(|message| message.say(lang)));
        blocks.push(TextBlock { heading: name(card).say(lang), lines });
    }
    let records = panel.log.records.iter().map(|record| {
        Phrase::new("text.group_record")
            .with("offset", record.offset)
            .with("kind", record.kind)
            .with("text", record.text.clone())
            .say(lang)
    });
    blocks.push(TextBlock {
        heading: Phrase::new("text.group_log").with("partition", panel.log.partition.as_str()).say(lang),
        lines: records.collect(),
    });
}

#[inline(never)]
pub(super) fn label(panel: &GroupPanel, mark: &str) -> Option<Phrase> {
    if mark == panel.id {
        return Some(heading(panel));
    }
    if let Some(part) = mark.strip_prefix(&panel.id).and_then(|rest| rest.strip_prefix('/')) {
        match part {
            "state" => return Some(state(panel)),
            "generation" => return Some(generation(panel)),
            "assignment-epoch" => return panel.assignment_epoch.as_ref().map(assignment_epoch),
            "time" => return Some(Phrase::new("text.group_time")),
            "log" => return Some(Phrase::new("text.group_log").with("partition", panel.log.partition.as_str())),
            _ => {}
        }
        if let Some(record) = panel.log.records.iter().find(|record| record.id == mark) {
            return Some(
                Phrase::new("text.group_record")
                    .with("offset", record.offset)
                    .with("kind", record.kind)
                    .with("text", record.text.clone()),
            );
        }
        let token = panel.unowned.iter().find(|token| token.id == mark)?;
        return Some(Phrase::new("text.token_unowned").with("partition", token.partition.as_str()));
    }
    if let Some(member) = panel.one_of_crowd(mark) {
        return Some(one_phrase(member));
    }
    let card = panel.members.iter().find(|card| mark == card.id || mark.starts_with(&(card.id.clone() + "/")))?;
    if mark == card.id {
        return Some(Phrase::new("text.member_is").with("member", name(card)).with("owns", owns(card)));
    }
    if let Some(epoch) = card.epoch.as_ref().filter(|epoch| epoch.id == mark) {
        return Some(Phrase::new("text.member_is").with("member", name(card)).with("owns", member_epoch(epoch)));
    }
    if let Some(row) = panel.time.rows.iter().find(|row| row.id == mark) {
        let time = Phrase::new("text.member_time").with("name", row.name.as_str());
        return Some(match pause(row) {
            Some(pause) => Phrase::new("text.member_is").with("member", time).with("owns", pause),
            None => time,
        });
    }
    let of = |key: &str, token: &Token| {
        Phrase::new(key).with("partition", token.partition.as_str()).with("name", card.name.as_str())
    };
    let now = card.now.value.iter().find(|token| token.id == mark);
    let key = |token: &Token| match token {
        Token { is_orphan: true, .. } => "text.token_orphan",
        Token { is_leaving: true, .. } => "text.token_leaving",
        _ => "text.token_owned",
    };
    now.map(|token| of(key(token), token))
        .or_else(|| card.before.iter().find(|token| token.id == mark).map(|token| of("text.token_before", token)))
}

/// How large a crowd is.
pub fn crowd_phrase(crowd: &GroupCrowd) -> Phrase {
    Phrase::new(if crowd.unowned > 0 { "text.crowd_unowned" } else { "text.crowd" })
        .with("members", super::count(crowd.members.len()))
        .with("partitions", crowd.partitions)
        .with("unowned", crowd.unowned)
}

/// How many members of a crowd were without partitions in the time that is shown, and how long the longest of them.
pub fn without(panel: &GroupPanel) -> Option<Phrase> {
    let times: Vec<i64> = panel.time.rows.iter().filter(|row| row.had_some).filter_map(|row| row.without_ms).collect();
    let longest = times.iter().max().copied()?;
    Some(Phrase::new("text.crowd_without").with("n", super::count(times.len())).with("ms", longest))
}

fn one_phrase(member: &CrowdMember) -> Phrase {
    Phrase::new("text.crowd_member")
        .with("name", member.name.as_str())
        .with("role", role_of(member.role, member.polls))
        .with("owns", member.owns())
        .with("came", member.came)
        .with("gone", member.gone)
}

fn heading(panel: &GroupPanel) -> Phrase {
    match panel.coordinator.value {
        Some(broker) => Phrase::new("text.group").with("group", panel.group.as_str()).with("broker", broker),
        None => Phrase::new("text.group_alone").with("group", panel.group.as_str()),
    }
}

fn state(panel: &GroupPanel) -> Phrase {
    Phrase::new("text.group_state").with("state", panel.state.value.as_str())
}

fn assignment_epoch(epoch: &Shown<i32>) -> Phrase {
    Phrase::new("text.assignment_epoch").with("epoch", epoch.value)
}

/// How far a member by the consumer protocol is.
pub fn member_epoch(epoch: &MemberEpoch) -> Phrase {
    let key = match (epoch.pending.is_empty(), epoch.due.is_empty()) {
        (false, _) => "scene.member_gives_up",
        (true, false) => "scene.member_is_due",
        (true, true) => "scene.member_epoch",
    };
    let list = if epoch.pending.is_empty() { &epoch.due } else { &epoch.pending };
    Phrase::new(key).with("epoch", epoch.epoch.value).with("partitions", list.join(" "))
}

fn generation(panel: &GroupPanel) -> Phrase {
    if panel.assignment_epoch.is_some() {
        return Phrase::new("text.group_epoch")
            .with("epoch", panel.generation.value)
            .with("protocol", panel.protocol.as_deref().unwrap_or("–"));
    }
    match &panel.protocol {
        Some(protocol) => Phrase::new("text.group_generation")
            .with("generation", panel.generation.value)
            .with("protocol", protocol.as_str()),
        None => Phrase::new("text.group_generation_plain").with("generation", panel.generation.value),
    }
}

fn name(card: &MemberCard) -> Phrase {
    Phrase::new("text.member").with("name", card.name.as_str()).with("role", role(card))
}

/// What a member is.
pub fn role(card: &MemberCard) -> Phrase {
    role_of(card.role, card.polls)
}

fn role_of(role: MemberRole, polls: bool) -> Phrase {
    Phrase::new(match role {
        MemberRole::Leader | MemberRole::Member if !polls => "scene.member_busy",
        MemberRole::Leader => "scene.member_leader",
        MemberRole::Member => "scene.member_member",
        MemberRole::Outside => "scene.member_outside",
        MemberRole::Idle => "scene.member_idle",
        MemberRole::Closed => "scene.member_closed",
        MemberRole::Crashed => "scene.member_crashed",
    })
}

fn owns(card: &MemberCard) -> Phrase {
    match (card.now.value.as_slice(), card.role) {
        ([], _) => Phrase::new("text.member_owns_nothing"),
        (owned, MemberRole::Crashed) => Phrase::new("text.member_orphans").with("partitions", names(owned)),
        (owned, _) => Phrase::new("text.member_owns").with("partitions", names(owned)),
    }
}

/// How long a member was without partitions.
pub fn pause(row: &TimeRow) -> Option<Phrase> {
    let key = if row.had_some { "scene.member_paused" } else { "scene.member_waited" };
    row.without_ms.map(|ms| Phrase::new(key).with("ms", ms))
}

fn message(card: &MemberCard) -> Option<Phrase> {
    let message = card.message.as_ref()?;
    let key = match (message.waits, message.response) {
        (true, _) => "text.member_waits",
        (false, true) => "text.member_hears",
        (false, false) => "text.member_asks",
    };
    Some(Phrase::new(key).with("api", message.api.as_str()).with("error", message.error.as_deref().unwrap_or_default()))
}

fn names(tokens: &[Token]) -> Vec<String> {
    list(tokens.iter().map(|token| token.partition.as_str()))
}
