//! The group panel: the coordinator with the track of the group's states, a card for each member with its partitions as
//! tokens, the ways of those that moved, the members' lines of time, and the coordinator's log.

mod crowd;
mod epochs;
mod time;
mod ways;

use highwater_player::phrase::Phrase;
use highwater_player::scene::GroupPanel;
use highwater_player::scene::group::{MemberCard, MemberRole, Token};

use super::frame::Area;
use super::node::{Node, number};
use super::text;
use super::{Draw, Picture};
use epochs::STATES_BY_EPOCH;

/// Kafka's states, and where their stops stand on the track, in thousandths of the width.
const STATES: [(&str, f64, f64); 4] = [
    ("Empty", 0.07, 0.075),
    ("PreparingRebalance", 0.315, 0.36),
    ("CompletingRebalance", 0.61, 0.66),
    ("Stable", 0.90, 0.93),
];
/// A token's side.
const TOKEN_PX: f64 = 34.0;
/// A small token's height.
const SMALL_PX: f64 = 22.0;

/// Draws a group.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &GroupPanel) -> Picture {
    let mut group = Group { draw, panel, nodes: Vec::new(), tokens: Vec::new(), ways: Vec::new(), y: 0.0 };
    group.coordinator();
    if let Some(crowd) = &panel.crowd {
        group.crowd(crowd);
    } else {
        group.members();
        group.unowned();
    }
    group.time();
    group.log();
    let height = group.y;
    // Ways lie under the tokens, which move over everything.
    let mut nodes = group.nodes;
    nodes.extend(group.ways);
    nodes.extend(group.tokens);
    Picture { width: draw.frame.width, height, nodes, ..Picture::default() }
}

/// Where a partition's token stands: at its owner, or in the strip of those without one. `side` is what stands before the
/// marks of one of two futures.
#[inline(never)]
pub fn token_of(picture: &Picture, side: &str, partition: &str) -> Option<(f64, f64)> {
    let is_it = |mark: &str| {
        mark.strip_prefix(side).and_then(|mark| mark.split_once('/')).is_some_and(|(owner, name)| {
            name == partition && (owner.starts_with("member-") || owner.starts_with("group-"))
        })
    };
    let mut found = None;
    picture.walk(&mut |node, _| {
        if node.mark.as_deref().is_some_and(is_it) {
            found = node.at;
        }
    });
    found
}

struct Group<'a> {
    draw: &'a Draw<'a>,
    panel: &'a GroupPanel,
    nodes: Vec<Node>,
    tokens: Vec<Node>,
    ways: Vec<Node>,
    y: f64,
}

/// Partitions by name, and where each stands.
type Places = Vec<(String, Area)>;

/// Where the tokens of a card stand, and the room for ways.
struct Row {
    before: Places,
    now: Places,
    /// Between what the members beside each other had and what they have.
    lane: f64,
    /// Beside the card.
    gutter: f64,
}

impl Group<'_> {
    fn say(&self, key: &str) -> String {
        self.draw.say(Phrase::new(&["interface.group.", key].concat()))
    }

    fn width(&self) -> f64 {
        self.draw.frame.width
    }

    fn is_narrow(&self) -> bool {
        self.draw.frame.is_narrow()
    }

    /// The coordinator's card: where it is, the generation, the states.
    fn coordinator(&mut self) {
        let (panel, draw, width, narrow) = (self.panel, self.draw, self.width(), self.is_narrow());
        // Two epochs need a line of their own where it is tight.
        let own_line = narrow && panel.assignment_epoch.is_some();
        let h = draw.frame.pick(106.0, 106.0, if own_line { 126.0 } else { 100.0 });
        let pad = draw.frame.pick(18.0, 18.0, 12.0);
        let mut card = Node::group(0.0, 0.0, "place-card")
            .named(&panel.id, draw.label(&panel.id))
            .container()
            .with(Node::rect(Area::new(0.0, 0.0, width, h), 10.0, "place"));
        let title = self.say("coordinator");
        let title_w = text::width(&title, 15.6);
        card = card.with(Node::words(pad, 27.0, "s-name", title));
        let place = match panel.coordinator.value {
            Some(broker) if !narrow => draw
                .say(Phrase::new("interface.group.place").with("group", panel.group.as_str()).with("broker", broker)),
            Some(broker) => draw.say(Phrase::new("interface.group.on_broker").with("broker", broker)),
            None => self.say("nowhere"),
        };
        card = card.with(Node::words(pad + title_w + 10.0, 27.0, "s-note", place));
        let n = panel.generation.value;
        let key = if panel.assignment_epoch.is_some() { "group_epoch" } else { "generation" };
        let mut pills = vec![(format!("{}/generation", panel.id), key, n)];
        if let Some(epoch) = &panel.assignment_epoch {
            pills.push((format!("{}/assignment-epoch", panel.id), "assignment_epoch", epoch.value));
        }
        let mut right = width - pad;
        for (mark, key, n) in pills.into_iter().rev() {
            let words = draw.say(Phrase::new(&["interface.group.", key].concat()).with("n", n));
            let w = text::width(&words, 12.6) + 16.0;
            right -= w;
            card = card.with(self.pill(&mark, words, Area::new(right, if own_line { 38.0 } else { 13.0 }, w, 20.0)));
            right -= 8.0;
        }
        self.nodes.push(card.with(self.track(h, narrow)));
        self.y = h;
    }

    /// The states as stops, the present one filled.
    fn track(&self, h: f64, narrow: bool) -> Node {
        let (draw, width) = (self.draw, self.width());
        let mark = format!("{}/state", self.panel.id);
        let y = h - if narrow { 34.0 } else { 38.0 };
        let x_of = |(_, wide, small): &(&str, f64, f64)| width * if narrow { *small } else { *wide };
        let mut track = Node::group(0.0, 0.0, "track").named(&mark, draw.label(&mark));
        let states = if self.panel.assignment_epoch.is_some() { &STATES_BY_EPOCH } else { &STATES };
        let [first, preparing, _, last] = states;
        track = track.with(Node::path(format!("M{} {y}H{}", number(x_of(first)), number(x_of(last))), "rule-edge"));
        if !narrow {
            let (from, to) = (x_of(last), x_of(preparing));
            let d = format!(
                "M{} {}C{} {} {} {} {} {}",
                number(from),
                number(y - 9.0),
                number(from - 60.0),
                number(y - 28.0),
                number(to + 90.0),
                number(y - 28.0),
                number(to + 8.0),
                number(y - 8.0)
            );
            let words = self.say("back");
            let middle = f64::midpoint(from, to);
            let w = text::width(&words, 12.0) + 10.0;
            let mut ground = Node::rect(Area::new(middle - w / 2.0, y - 32.0, w, 16.0), 3.0, "ground");
            ground.area = None;
            track = track
                .with(Node::path(d, "cause"))
                .with(Node::path(format!("M{} {}l9 -1l-4 8z", number(to + 4.0), number(y - 9.0)), "arrow-edge"))
                .with(ground)
                .with(Node::words(middle, y - 20.0, "s-note mid", words));
        }
        for (index, state) in states.iter().enumerate() {
            let x = x_of(state);
            let is_now = self.panel.state.value == state.0;
            track =
                track.with(Node::circle(x, y, if is_now { 9.0 } else { 5.5 }, if is_now { "bar-acc" } else { "port" }));
            let class = if is_now { "s-note mid s-strong f-accent" } else { "s-note mid" };
            let half = text::width(state.0, if is_now { 12.6 } else { 12.0 }) / 2.0;
            let x = x.max(half + 4.0).min(width - half - 4.0);
            // Where it is tight, one name stands above the line.
            let above = narrow && index == 2 && self.panel.assignment_epoch.is_none();
            track = track.with(Node::words(x, if above { y - 14.0 } else { y + 24.0 }, class, state.0));
        }
        track
    }

    /// The cards: side by side, or one below the other where it is tight.
    fn members(&mut self) {
        let narrow = self.is_narrow();
        let columns = if narrow { 1 } else { self.panel.members.len().clamp(1, 3) };
        let gap = if narrow { 10.0 } else { 20.0 };
        let w = (self.width() - gap * (columns as f64 - 1.0)) / columns as f64;
        let mut rows: Vec<Row> = Vec::new();
        for chunk in self.panel.members.chunks(columns) {
            self.y += if narrow { 10.0 } else { 34.0 };
            let (h, lane) = self.card_height(chunk, w);
            for (index, card) in chunk.iter().enumerate() {
                let x = index as f64 * (w + gap);
                let (before, now) = self.card(card, Area::new(x, self.y, w, h));
                let gutter = if index == 0 { x + w + gap / 2.0 } else { x - gap / 2.0 };
                rows.push(Row { before, now, lane: self.y + lane, gutter });
            }
            self.y += h;
        }
        self.moved(&rows);
    }

    fn token_width(&self) -> f64 {
        let tokens = self.panel.members.iter().flat_map(|card| card.now.value.iter().chain(&card.before));
        let labels = tokens.chain(&self.panel.unowned).map(|token| text::width(&token.label, 13.0) + 12.0);
        labels.fold(TOKEN_PX, f64::max)
    }

    fn per_line(&self, room: f64) -> usize {
        (((room + 6.0) / (self.token_width() + 6.0)).floor() as usize).max(1)
    }

    /// How much room before and now have.
    fn rooms(&self, w: f64) -> (f64, f64) {
        if self.is_narrow() { (w * 0.42 - 12.0, w * 0.40 - 12.0) } else { (w - 86.0, w - 86.0) }
    }

    fn lines(&self, tokens: usize, room: f64) -> f64 {
        tokens.div_ceil(self.per_line(room)).max(1) as f64
    }

    /// The height of cards beside each other, and where between before and now there is room in all of them.
    fn card_height(&self, cards: &[MemberCard], w: f64) -> (f64, f64) {
        let (before_room, now_room) = self.rooms(w);
        let most = |lines: &dyn Fn(&MemberCard) -> f64| cards.iter().map(lines).fold(1.0, f64::max);
        let before = most(&|card| self.lines(card.before.len(), before_room)) * (SMALL_PX + 4.0);
        let now = most(&|card| self.lines(card.now.value.len(), now_room)) * (TOKEN_PX + 4.0);
        let epoch = self.epoch_height();
        if self.is_narrow() {
            return (62.0 + epoch + before.max(now), 0.0);
        }
        (52.0 + epoch + before + 22.0 + now, 47.0 + epoch + before)
    }

    /// Where the partitions that it had last stood, and where those stand that it has.
    fn card(&mut self, card: &MemberCard, area: Area) -> (Places, Places) {
        let (draw, narrow) = (self.draw, self.is_narrow());
        let pad = draw.frame.pick(16.0, 16.0, 12.0);
        let class = match card.role {
            MemberRole::Leader | MemberRole::Member => "place",
            MemberRole::Crashed => "place is-bad",
            MemberRole::Outside | MemberRole::Idle | MemberRole::Closed => "place is-out",
        };
        let name = match &card.instance {
            Some(instance) if !narrow => draw.say(
                Phrase::new("interface.group.member_instance")
                    .with("name", card.name.as_str())
                    .with("instance", instance.as_str()),
            ),
            _ => draw.say(Phrase::new("interface.group.member").with("name", card.name.as_str())),
        };
        let role = draw.say(highwater_player::scene::text::member_role(card));
        let name_w = text::width(&name, 15.6);
        let role = text::fit(&role, 12.0, area.w - pad * 2.0 - name_w - 8.0);
        let role_class = match card.role {
            MemberRole::Crashed => "s-note end s-strong f-bad",
            MemberRole::Leader => "s-note end f-lead",
            _ if !card.polls => "s-note end f-bad",
            _ => "s-note end",
        };
        self.nodes.push(
            Node::group(area.x, area.y, "member")
                .named(&card.id, draw.label(&card.id))
                .container()
                .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 10.0, class))
                .with(Node::words(pad, 28.0, "s-name", name))
                .with(Node::words(area.w - pad, 28.0, role_class, role)),
        );
        self.message(card, area, pad);
        self.epoch(card, area, pad);
        // What follows stands below the epoch.
        let area = Area::new(area.x, area.y + self.epoch_height(), area.w, area.h - self.epoch_height());
        let (before_room, now_room) = self.rooms(area.w);
        let (before, now);
        let words = [self.say("before"), self.say("now")];
        let [before_word, now_word] = words;
        if narrow {
            let right = area.x + area.w * 0.60;
            self.nodes.push(Node::words(area.x + pad, area.y + 46.0, "s-note", before_word));
            self.nodes.push(Node::words(right, area.y + 46.0, "s-note s-strong", now_word));
            before = self.place(&card.before, area.x + pad, area.y + 56.0, before_room, true);
            now = self.place(&card.now.value, right, area.y + 54.0, now_room, false);
        } else {
            let x = area.x + pad + 56.0;
            let top = area.y + 44.0;
            self.nodes.push(Node::words(area.x + pad, top + 15.0, "s-note", before_word));
            before = self.place(&card.before, x, top, before_room, true);
            let now_y = area.y + area.h - 10.0 - self.lines(card.now.value.len(), now_room) * (TOKEN_PX + 4.0);
            self.nodes.push(Node::words(area.x + pad, now_y + 21.0, "s-note s-strong", now_word));
            now = self.place(&card.now.value, x, now_y, now_room, false);
        }
        for (tokens, at, y) in [(card.before.len(), before.first(), 15.0), (card.now.value.len(), now.first(), 21.0)] {
            let is_before = y < 20.0;
            if tokens == 0 && at.is_none() && card.role != MemberRole::Idle {
                let (x, y) = if narrow {
                    (if is_before { area.x + pad } else { area.x + area.w * 0.60 }, area.y + 56.0 + y)
                } else if is_before {
                    (area.x + pad + 56.0, area.y + 44.0 + y)
                } else {
                    (area.x + pad + 56.0, area.y + area.h - 10.0 - (TOKEN_PX + 4.0) + y)
                };
                let words = self.say("nothing");
                self.nodes.push(Node::words(x, y, "s-dim", words));
            }
        }
        // A way begins where its partition was last.
        let lasts = card.before.iter().zip(before).filter(|(token, _)| token.is_last);
        (lasts.map(|(_, place)| place).collect(), now)
    }

    /// Tokens in lines; where each stands.
    fn place(&mut self, tokens: &[Token], x: f64, y: f64, room: f64, small: bool) -> Places {
        let (w, h) = (self.token_width(), if small { SMALL_PX } else { TOKEN_PX });
        let per_line = self.per_line(room);
        let mut places = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let left = x + (index % per_line) as f64 * (w + 6.0);
            let top = y + (index / per_line) as f64 * (h + 4.0);
            let class = match token {
                _ if small => "tok is-before",
                Token { is_orphan: true, .. } => "tok is-orphan",
                Token { is_leaving: true, .. } => "tok is-leaving",
                _ => "tok",
            };
            let fresh = if self.draw.is_new(&token.id) { " is-fresh" } else { "" };
            let node = self.token(token, (left, top), (w, h), &format!("{class} k{}{fresh}", token.color));
            self.tokens.push(node);
            places.push((token.partition.clone(), Area::new(left, top, w, h)));
        }
        places
    }

    fn token(&self, token: &Token, (x, y): (f64, f64), (w, h): (f64, f64), class: &str) -> Node {
        Node::group(x, y, class)
            .named(&token.id, self.draw.label(&token.id))
            .with(Node::rect(Area::new(0.0, 0.0, w, h), 6.0, "box"))
            .with(Node::words(w / 2.0, h / 2.0 + 4.8, "mid", token.label.as_str()))
    }

    /// What is between a member and the coordinator.
    fn message(&mut self, card: &MemberCard, area: Area, pad: f64) {
        let Some(message) = &card.message else { return };
        let words = match (&message.error, message.waits, message.response) {
            (Some(error), ..) => error.clone(),
            (_, true, _) => self.draw.say(Phrase::new("interface.group.waits").with("api", message.api.as_str())),
            (_, _, true) => self.draw.say(Phrase::new("interface.group.response").with("api", message.api.as_str())),
            _ => message.api.clone(),
        };
        let class = if message.waits { "s-note mid s-strong f-lead" } else { "s-note mid s-strong f-accent" };
        let w = text::width(&words, 12.6) + 16.0;
        if self.is_narrow() {
            // It stands in the card, below the role.
            let words = match (&message.error, message.waits, message.response) {
                (Some(error), ..) => ["↓ ", error].concat(),
                (_, true, _) => words,
                (_, _, true) => ["↓ ", &message.api].concat(),
                _ => ["↑ ", &message.api].concat(),
            };
            let x = area.x + area.w * 0.60 + 30.0;
            self.nodes.push(Node::words(
                x,
                area.y + 46.0,
                if message.waits { "s-note f-lead" } else { "s-note f-accent" },
                text::fit(&words, 12.0, area.x + area.w - pad - x),
            ));
            return;
        }
        let x = area.x + area.w / 2.0;
        let top = area.y - 34.0;
        let line = if message.waits { "link-edge" } else { "path-now" };
        self.nodes.push(Node::path(format!("M{} {}V{}", number(x), number(top), number(area.y)), line));
        let arrow = match (message.waits, message.response) {
            (true, _) => None,
            (_, true) => Some(format!("M{} {}h10l-5 7z", number(x - 5.0), number(area.y - 7.0))),
            (_, false) => Some(format!("M{} {}h10l-5 -7z", number(x - 5.0), number(top + 7.0))),
        };
        self.nodes.extend(arrow.map(|d| Node::path(d, "arrow")));
        self.nodes.push(
            Node::group(x - w / 2.0, top + 7.0, "pill")
                .with(Node::rect(
                    Area::new(0.0, 0.0, w, 20.0),
                    10.0,
                    if message.waits { "plain-box" } else { "is-new-box" },
                ))
                .with(Node::words(w / 2.0, 14.5, class, words)),
        );
    }

    /// The partitions that nobody owns.
    fn unowned(&mut self) {
        let words = self.say("no_owner");
        let (w, label_w) = (self.token_width(), text::width(&words, 12.0) + 14.0);
        self.y += 10.0;
        if !self.panel.unowned.is_empty() {
            self.nodes.push(Node::words(0.0, self.y + 19.0, "s-note f-bad", words));
        }
        let per_line = self.per_line(self.width() - label_w);
        let mut lines = 1;
        for (index, token) in self.panel.unowned.iter().enumerate() {
            let at = (
                label_w + (index % per_line) as f64 * (w + 6.0),
                self.y + (index / per_line) as f64 * (SMALL_PX + 8.0),
            );
            lines = index / per_line + 1;
            let node = self.token(token, at, (w, SMALL_PX + 4.0), &format!("tok is-unowned k{}", token.color));
            self.tokens.push(node);
        }
        self.y += lines as f64 * (SMALL_PX + 8.0);
    }

    /// The last records of the coordinator's log.
    fn log(&mut self) {
        let (draw, log, width, narrow) = (self.draw, &self.panel.log, self.width(), self.is_narrow());
        self.y += 14.0;
        let title_w = text::width(&log.partition, 14.7);
        let mut node = Node::group(0.0, 0.0, "log").named(&log.id, draw.label(&log.id)).container().with(Node::words(
            0.0,
            self.y + 14.0,
            "s-h",
            log.partition.as_str(),
        ));
        let remark = self.say("log");
        if title_w + 12.0 + text::width(&remark, 12.0) <= width {
            node = node.with(Node::words(title_w + 12.0, self.y + 14.0, "s-note", remark));
        }
        self.y += 22.0;
        let kind_x = if narrow { 40.0 } else { 52.0 };
        for record in &log.records {
            let y = self.y + 14.0;
            let is_new = draw.is_in_focus(&record.id);
            let kind_w = text::width(record.kind, 13.5);
            let words = draw.say(&record.text);
            // Where a long name leaves no room, what it says stands below.
            let breaks = narrow && kind_x + kind_w + 12.0 + text::width(&words, 12.0) > width;
            let (x, below) = if breaks { (kind_x, 16.0) } else { (kind_x + kind_w + 12.0, 0.0) };
            let words = text::fit(&words, 12.0, width - x);
            node = node.with(
                Node::group(0.0, 0.0, "line")
                    .named(&record.id, draw.label(&record.id))
                    .with(Node::rect(
                        Area::new(0.0, y - 10.0, 10.0, 10.0),
                        2.0,
                        if record.committed { "water-body" } else { "dash-box" },
                    ))
                    .with(Node::words(16.0, y, "s-dim", record.offset.to_string()))
                    .with(Node::words(
                        kind_x,
                        y,
                        if is_new { "is-small s-strong f-accent" } else { "is-small s-strong" },
                        record.kind,
                    ))
                    .with(Node::words(x, y + below, "s-note", words)),
            );
            self.y += 20.0 + below;
        }
        // Room for three, so that nothing below moves.
        self.y += 20.0 * 3_usize.saturating_sub(log.records.len()) as f64 + 4.0;
        self.nodes.push(node);
    }
}
