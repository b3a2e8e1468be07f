//! A share group's partition in words.

use super::TextBlock;
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::scene::group::MemberRole;
use crate::scene::share::{ShareMember, SharePanel, ShareRecord, ShareState};

#[inline(never)]
pub(super) fn describe(panel: &SharePanel, lang: Lang, blocks: &mut Vec<TextBlock>) {
    let mut lines = vec![start(panel).say(lang), end(panel).say(lang)];
    lines.extend(panel.records.iter().map(|there| record(panel, there).say(lang)));
    lines.push(limits(panel).say(lang));
    blocks.push(TextBlock { heading: heading(panel).say(lang), lines });
    for there in &panel.members {
        blocks.push(TextBlock { heading: name(there).say(lang), lines: vec![has(there).say(lang)] });
    }
}

#[inline(never)]
pub(super) fn label(panel: &SharePanel, mark: &str) -> Option<Phrase> {
    if let Some(part) = mark.strip_prefix(&panel.id) {
        return match part {
            "" => Some(heading(panel)),
            "/start" => Some(start(panel)),
            "/end" => Some(end(panel)),
            _ => panel.records.iter().find(|there| there.id == mark).map(|there| record(panel, there)),
        };
    }
    let there = panel.members.iter().find(|there| there.id == mark)?;
    Some(Phrase::new("text.member_is").with("member", name(there)).with("owns", has(there)))
}

fn heading(panel: &SharePanel) -> Phrase {
    let key = if panel.leader.is_some() { "text.share" } else { "text.share_unled" };
    Phrase::new(key)
        .with("group", panel.group.as_str())
        .with("partition", panel.partition.as_str())
        .with("broker", panel.leader.unwrap_or(-1))
}

fn start(panel: &SharePanel) -> Phrase {
    match panel.start.value {
        Some(offset) => Phrase::new("text.share_start").with("offset", offset),
        None => Phrase::new("text.share_not_loaded"),
    }
}

fn end(panel: &SharePanel) -> Phrase {
    let end = panel.end.unwrap_or(panel.high_watermark);
    Phrase::new("text.share_end").with("offset", end).with("hw", panel.high_watermark)
}

fn limits(panel: &SharePanel) -> Phrase {
    Phrase::new("text.share_limits")
        .with("limit", panel.delivery_count_limit)
        .with("seconds", i64::try_from(panel.lock_duration_ms / 1_000).unwrap_or(i64::MAX))
}

fn record(panel: &SharePanel, there: &ShareRecord) -> Phrase {
    let state = there.state.value;
    let seconds = there.lock_left_ms.unwrap_or(0).div_ceil(1_000);
    // Who got it, and who gave it back, is said by its facts.
    let key = match (state, there.is_in_transition) {
        (ShareState::Acquired, _) => "text.share_record_acquired",
        (ShareState::Done | ShareState::Waiting, _) => "text.share_record",
        (_, true) => "text.share_record_in_transition",
        (_, false) => "text.share_record_delivered",
    };
    Phrase::new(key)
        .with("offset", there.offset)
        .with("partition", panel.partition.as_str())
        .with("state", Phrase::new(&["text.share_", state.key()].concat()))
        .with("member", there.member.as_deref().unwrap_or_default())
        .with("times", there.delivery_count)
        .with("seconds", i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn name(there: &ShareMember) -> Phrase {
    Phrase::new("text.member").with("name", there.name.as_str()).with("role", role(there))
}

/// What a member is, in a word.
pub fn role(there: &ShareMember) -> Phrase {
    Phrase::new(match there.role {
        MemberRole::Leader | MemberRole::Member if there.polls => "interface.shared.member",
        MemberRole::Leader | MemberRole::Member if !there.in_hand.is_empty() => "interface.shared.holds",
        MemberRole::Leader | MemberRole::Member => "interface.shared.quiet",
        MemberRole::Outside => "interface.shared.outside",
        MemberRole::Idle => "interface.shared.idle",
        MemberRole::Closed => "interface.shared.closed",
        MemberRole::Crashed => "interface.shared.crashed",
    })
}

/// What a member has.
pub fn has(there: &ShareMember) -> Phrase {
    let offsets: Vec<String> = there.in_hand.iter().map(ToString::to_string).collect();
    let key = match (offsets.is_empty(), there.is_assigned) {
        (false, _) => "interface.shared.has",
        (true, true) => "interface.shared.has_nothing",
        (true, false) => "interface.shared.has_no_partition",
    };
    Phrase::new(key).with("offsets", offsets.join(", ")).with("returned", there.returned)
}
