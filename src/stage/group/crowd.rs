//! A group with many members: a bar each for its partitions, and a thin line each for its time.

use highwater_player::scene::group::{CrowdMember, GroupCrowd, MemberRole};
use highwater_player::scene::text::{crowd_phrase, crowd_without};

use super::super::frame::Area;
use super::super::node::{Node, number};
use super::super::text;
use super::Group;

/// From a bar to the one below.
const ROW_PX: f64 = 18.0;
const BAR_PX: f64 = 10.0;
/// Room for a name, and for a number behind the bar.
const NAME_PX: f64 = 42.0;
const NUMBER_PX: f64 = 30.0;
/// All lines of time together are about so high.
const TIMES_PX: f64 = 420.0;

impl Group<'_> {
    /// How far it is from one line of time to the next.
    pub(super) fn strip_px(&self) -> f64 {
        (TIMES_PX / self.panel.time.rows.len().max(1) as f64).clamp(4.0, 16.0)
    }

    /// The members as bars, in columns.
    #[inline(never)]
    pub(super) fn crowd(&mut self, crowd: &GroupCrowd) {
        let (draw, width) = (self.draw, self.width());
        self.y += 26.0;
        self.nodes.push(Node::words(0.0, self.y, "s-h", text::fit(&draw.say(crowd_phrase(crowd)), 14.7, width)));
        for line in text::wrap(&self.say("crowd_key"), 12.0, width) {
            self.y += 18.0;
            self.nodes.push(Node::words(0.0, self.y, "s-dim", line));
        }
        self.y += 10.0;
        let columns = draw.frame.pick(4.0, 4.0, 2.0_f64).min(crowd.members.len().max(1) as f64);
        let gap = draw.frame.pick(24.0, 16.0, 12.0);
        let w = ((width + gap) / columns - gap).min(320.0);
        let lines = (crowd.members.len() as f64 / columns).ceil().max(1.0) as usize;
        let most = crowd.members.iter().map(|member| member.owns() + member.gone).max().unwrap_or(0).max(1) as f64;
        for (index, member) in crowd.members.iter().enumerate() {
            let at = ((index / lines) as f64 * (w + gap), self.y + (index % lines) as f64 * ROW_PX);
            let node = self.bar(member, at, w, most);
            self.nodes.push(node);
        }
        self.y += lines as f64 * ROW_PX;
    }

    fn bar(&self, member: &CrowdMember, at: (f64, f64), w: f64, most: f64) -> Node {
        let class = match member.role {
            MemberRole::Crashed | MemberRole::Outside => "s-note s-strong f-bad",
            MemberRole::Leader | MemberRole::Member if !member.polls => "s-note s-strong f-bad",
            MemberRole::Leader => "s-note s-strong f-lead",
            MemberRole::Member => "s-note",
            MemberRole::Idle | MemberRole::Closed => "s-dim",
        };
        let scale = (w - NAME_PX - NUMBER_PX) / most;
        let top = (ROW_PX - BAR_PX) / 2.0;
        let mut node = Node::group(at.0, at.1, "")
            .named(&member.id, self.draw.label(&member.id))
            .with(Node::words(0.0, 13.0, class, text::fit(&member.name, 12.0, NAME_PX - 6.0)))
            .with(Node::words(w, 13.0, "s-note end", text::grouped(member.owns())));
        let mut x = NAME_PX;
        for (count, class) in [(member.kept, "bar-kept"), (member.came, "bar-acc"), (member.gone, "dash-box")] {
            let long = count as f64 * scale;
            if count > 0 {
                let mut part = Node::rect(Area::new(x, top, long.max(1.5), BAR_PX), 2.0_f64.min(long / 2.0), class);
                part.area = None;
                node = node.with(part);
            }
            x += long;
        }
        node
    }

    /// All lines of time as two shapes: when members had partitions, and when they had none.
    #[inline(never)]
    pub(super) fn strips(&self, top: f64, pitch: f64, x_of: &dyn Fn(u64) -> f64) -> Vec<Node> {
        let height = pitch - if pitch > 6.0 { 3.0 } else { 1.5 };
        let mut shapes = [String::new(), String::new()];
        for (index, row) in self.panel.time.rows.iter().enumerate() {
            let y = top + index as f64 * pitch;
            for span in &row.spans {
                let (from, to) = (x_of(span.from_us), x_of(span.to_us));
                let (inset, shape) = if span.works { (0.0, 0) } else { (0.5, 1) };
                let (w, h) = ((to - from - 2.0 * inset).max(0.5), height - 2.0 * inset);
                if let Some(path) = shapes.get_mut(shape) {
                    path.push_str(&format!(
                        "M{} {}h{}v{}h-{}z",
                        number(from + inset),
                        number(y + inset),
                        number(w),
                        number(h),
                        number(w)
                    ));
                }
            }
        }
        let shapes = shapes.into_iter().zip(["bar-kept", "strip-without"]);
        let mut nodes: Vec<Node> =
            shapes.filter(|(d, _)| !d.is_empty()).map(|(d, class)| Node::path(d, class)).collect();
        // A name beside every tenth line is enough to find the others.
        let every = (18.0 / pitch).ceil().max(1.0) as usize;
        for (index, row) in self.panel.time.rows.iter().enumerate().step_by(every.max(1)) {
            let y = top + index as f64 * pitch + height / 2.0 + 4.2;
            nodes.push(Node::words(0.0, y, "s-dim", text::fit(&row.name, 12.0, 46.0)));
        }
        nodes
    }

    /// What the lines say together.
    pub(super) fn strips_words(&self) -> Vec<String> {
        let mut words = vec![self.say("time_key")];
        words.extend(crowd_without(self.panel).map(|phrase| self.draw.say(phrase)));
        words.iter().flat_map(|words| text::wrap(words, 12.0, self.width())).collect()
    }
}
