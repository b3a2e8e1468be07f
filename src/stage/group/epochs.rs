//! What groups by the consumer protocol have instead of generations: epochs of the group, of its target and of each member.

use highwater_player::scene::group::MemberCard;

use super::super::frame::Area;
use super::super::node::Node;
use super::super::text;
use super::Group;

/// The states of a group by the consumer protocol, and where their stops stand, in thousandths of the width.
pub(super) const STATES_BY_EPOCH: [(&str, f64, f64); 4] =
    [("Empty", 0.07, 0.075), ("Assigning", 0.34, 0.33), ("Reconciling", 0.63, 0.61), ("Stable", 0.90, 0.93)];

impl Group<'_> {
    /// A number of the group.
    pub(super) fn pill(&self, mark: &str, words: String, area: Area) -> Node {
        let is_new = self.draw.is_in_focus(mark);
        let ground = if is_new { "is-clean-box" } else { "sunk-box" };
        let class = if is_new { "s-note mid s-strong f-accent" } else { "s-note mid s-strong" };
        Node::group(area.x, area.y, "pill")
            .named(mark, self.draw.label(mark))
            .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 10.0, ground))
            .with(Node::words(area.w / 2.0, 14.5, class, words))
    }

    /// The line of a member's epoch, in groups by the consumer protocol.
    pub(super) fn epoch_height(&self) -> f64 {
        if self.panel.assignment_epoch.is_some() { 20.0 } else { 0.0 }
    }

    /// How far a member is, below its name.
    pub(super) fn epoch(&mut self, card: &MemberCard, area: Area, pad: f64) {
        let Some(epoch) = &card.epoch else { return };
        let words = self.draw.say(highwater_player::scene::text::member_epoch(epoch));
        let class = match (epoch.pending.is_empty(), epoch.due.is_empty()) {
            _ if self.draw.is_in_focus(&epoch.id) => "s-note s-strong f-accent",
            (false, _) => "s-note s-strong f-lead",
            (true, false) => "s-note s-strong",
            (true, true) => "s-note",
        };
        let words = text::fit(&words, 12.0, area.w - pad * 2.0);
        self.nodes.push(
            Node::group(area.x + pad, area.y + 34.0, "")
                .named(&epoch.id, self.draw.label(&epoch.id))
                .with(Node::words(0.0, 14.0, class, words)),
        );
    }
}
