//! "Why?" of what a picture shows of a group.

use crate::scene::ValueKey;
use crate::scene::group::GroupPanel;

/// The key of the value that a mark shows.
#[inline(never)]
pub(super) fn key<'a>(panel: &'a GroupPanel, mark: &str) -> Option<&'a ValueKey> {
    if let Some(part) = mark.strip_prefix(&panel.id) {
        return match part {
            "" => Some(&panel.coordinator.key),
            "/state" => Some(&panel.state.key),
            "/generation" => Some(&panel.generation.key),
            "/assignment-epoch" => panel.assignment_epoch.as_ref().map(|epoch| &epoch.key),
            _ => None,
        };
    }
    if let Some(epoch) = panel.members.iter().filter_map(|card| card.epoch.as_ref()).find(|epoch| epoch.id == mark) {
        return Some(&epoch.epoch.key);
    }
    let owns = |card: &&crate::scene::group::MemberCard| card.now.value.iter().any(|token| token.id == mark);
    panel.members.iter().find(owns).map(|card| &card.now.key)
}
