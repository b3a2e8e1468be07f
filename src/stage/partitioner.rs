//! The partitioner panel: key bytes → murmur2 → & 0x7fffffff → % partitions → partition, in numbered stages, and the
//! partitions as lanes beside them (below them under 560 px).

mod lanes;

use highwater_player::phrase::Phrase;
use highwater_player::scene::partitioner::{HashStage, KeyStages, PartitionerPanel};

use super::frame::Area;
use super::node::{Node, number};
use super::text::{self, grouped};
use super::{Draw, Picture};
use lanes::{lanes, moved_share};

/// Draws the stages of one key and the lanes.
pub fn draw(draw: &Draw<'_>, panel: &PartitionerPanel) -> Picture {
    let width = draw.frame.width;
    // In a small stage the stages need their room more than the lanes.
    let (most, gap) = if width < 600.0 { (width * 0.36, 20.0) } else { (284.0, draw.frame.pick(52.0, 24.0, 0.0)) };
    let lanes_w = draw.frame.pick(most.min(284.0), most.min(272.0), width);
    let beside = width - lanes_w - gap;
    let left_w = draw.frame.pick(beside, beside, width);
    let mut stages = Stages { draw, panel, w: left_w, y: 0.0, nodes: Vec::new(), remainder_y: 0.0 };
    stages.all();
    let (mut y, remainder_y) = (stages.y, stages.remainder_y);
    let mut nodes = stages.nodes;
    if draw.frame.is_narrow() {
        y = lanes(draw, panel, Area::new(0.0, y, width, 0.0), None, &mut nodes);
    } else {
        let from = panel.key.as_ref().and_then(|key| key.partition.as_ref()).map(|_| (left_w + 6.0, remainder_y));
        let lanes_bottom = lanes(draw, panel, Area::new(width - lanes_w, 0.0, lanes_w, 0.0), from, &mut nodes);
        y = y.max(lanes_bottom);
    }
    if let Some(moves) = &panel.moves {
        nodes.push(Node::path(format!("M0 {}H{}", number(y + 8.0), number(width)), "rule"));
        y = moved_share(draw, moves, y + 20.0, &mut nodes);
    }
    Picture { width, height: y + 2.0, nodes, ..Picture::default() }
}

struct Stages<'a> {
    draw: &'a Draw<'a>,
    panel: &'a PartitionerPanel,
    w: f64,
    y: f64,
    nodes: Vec<Node>,
    remainder_y: f64,
}

impl Stages<'_> {
    fn all(&mut self) {
        let key = self.panel.key.as_deref();
        self.key(key);
        self.hash(key.and_then(|key| key.hash.as_ref()));
        self.positive(key);
        self.remainder(key);
        self.partition(key);
    }

    /// The number and the name of a stage at the left, a remark at the right.
    fn heading(&mut self, place: u8, name: String, remark: &str, shown: bool) {
        let y = self.y;
        let class = match (shown, place) {
            (true, 5) => "bar-acc",
            (true, _) => "bar-fill",
            (false, _) => "dash-box",
        };
        self.nodes.push(Node::circle(9.0, y + 10.0, 9.0, class));
        let number_class = if shown { "is-small s-strong mid step-n" } else { "is-small mid f-dim" };
        self.nodes.push(Node::words(9.0, y + 14.2, number_class, place.to_string()));
        let name_w = text::width(&name, 14.7);
        self.nodes.push(Node::words(26.0, y + 15.0, if shown { "s-h" } else { "s-h f-dim" }, name));
        let room = self.w - 26.0 - name_w - 12.0;
        if !remark.is_empty() && text::width(remark, 12.0) <= room {
            self.nodes.push(Node::words(self.w, y + 15.0, "s-dim end", remark));
        }
        self.y += self.draw.frame.pick(28.0, 28.0, 26.0);
    }

    fn remark(&self, key: &str) -> String {
        let narrow = self.draw.frame.is_narrow();
        let name =
            if narrow { format!("interface.partitioner.{key}_short") } else { format!("interface.partitioner.{key}") };
        self.draw.say(Phrase::new(&name))
    }

    fn name(&self, key: &str) -> String {
        self.draw.say(Phrase::new(&format!("interface.partitioner.{key}")))
    }

    fn after(&mut self, height: f64) {
        self.y += height + self.draw.frame.pick(18.0, 18.0, 12.0);
    }

    /// The place of a stage that the step does not show yet.
    fn blank(&mut self, height: f64) {
        self.nodes.push(Node::rect(Area::new(0.0, self.y, self.w, height), 8.0, "blank-box"));
    }

    fn key(&mut self, key: Option<&KeyStages>) {
        let name = self.name("key");
        let remark = self.remark("serialized");
        self.heading(1, name, if key.is_some() { &remark } else { "" }, key.is_some());
        let Some(key) = key else {
            self.blank(40.0);
            return self.after(40.0);
        };
        let y = self.y;
        let key_w = self.draw.frame.pick(120.0, 100.0, 74.0);
        let (size, class) = if self.draw.frame.is_narrow() { (14.0, "s-h mid") } else { (17.0, "s-mid mid") };
        let mark = "partitioner/key";
        self.nodes.push(
            Node::group(0.0, y, &format!("rec k{} is-uncommitted big", key.color))
                .named(mark, self.draw.label(mark))
                .with(Node::rect(Area::new(0.0, 0.0, key_w, 40.0), 8.0, "box"))
                .with(Node::words(key_w / 2.0, 25.5, class, text::fit(&key.text, size, key_w - 8.0))),
        );
        let (gap, arrow) = self.draw.frame.pick((48.0, 28.0), (34.0, 14.0), (22.0, 8.0));
        let link = key_w + self.draw.frame.pick(8.0, 6.0, 4.0);
        self.nodes.push(Node::path(format!("M{} {}h{}", number(link), number(y + 20.0), number(arrow)), "link-edge"));
        self.nodes
            .push(Node::path(format!("M{} {}l8 5l-8 5z", number(link + arrow - 2.0), number(y + 15.0)), "arrow-edge"));
        let x0 = key_w + gap;
        let room = self.w - x0;
        let least = 29.0;
        let fits = ((room + 4.0) / least).floor().max(1.0) as usize;
        let shown = if key.bytes.len() > fits { fits - 1 } else { key.bytes.len() };
        let cells = if key.bytes.len() > fits { fits } else { key.bytes.len().max(1) };
        let space = self.draw.frame.pick(7.0, 4.6, 2.4);
        let pitch = ((room + space) / cells as f64).min(self.draw.frame.pick(59.0, 51.6, 40.4));
        let cell_w = pitch - space.min(pitch * 0.12);
        for (index, (byte, letter)) in key.bytes.iter().take(shown).enumerate() {
            self.nodes.push(
                Node::group(x0 + index as f64 * pitch, y, "byte")
                    .with(Node::rect(Area::new(0.0, 0.0, cell_w, 40.0), 6.0, "soft-box"))
                    .with(Node::words(cell_w / 2.0, 17.0, "s-note mid", letter.clone()))
                    .with(Node::words(cell_w / 2.0, 34.0, "mono-b mid", format!("{byte:02x}"))),
            );
        }
        if shown < key.bytes.len() {
            let x = x0 + shown as f64 * pitch;
            self.nodes.push(Node::words(x + 4.0, y + 25.0, "s-dim", format!("+{}", key.bytes.len() - shown)));
        }
        self.after(40.0);
    }

    fn hash(&mut self, hash: Option<&HashStage>) {
        let remark = self.remark("murmur2");
        self.heading(2, "murmur2".to_owned(), if hash.is_some() { &remark } else { "" }, hash.is_some());
        let Some(hash) = hash else {
            self.blank(52.0);
            return self.after(52.0);
        };
        let turns = turns(self.draw, hash);
        let column_w = 88.0;
        let in_columns = turns.len() as f64 * column_w + 150.0 <= self.w - 24.0;
        let value = hash.murmur2.value;
        let hex = format!("0x{:08x}", value.cast_unsigned());
        let mark = "partitioner/murmur2";
        let mut group = Node::group(0.0, self.y, "hash").named(mark, self.draw.label(mark));
        let height = if in_columns { 52.0 } else { 12.0 + (turns.len() as f64 + 1.0) * 19.0 };
        group = group.with(Node::rect(Area::new(0.0, 0.0, self.w, height), 8.0, "soft-box"));
        if in_columns {
            for (index, (of, h)) in turns.iter().enumerate() {
                let x = 14.0 + index as f64 * column_w;
                group = group.with(Node::words(x, 21.0, "s-note", of.clone())).with(Node::words(
                    x,
                    39.0,
                    "mono-s f-2",
                    h.clone(),
                ));
                if index + 1 < turns.len() || column_w > 0.0 {
                    let arrow = x + column_w - 10.0;
                    group = group.with(Node::path(format!("M{} 31l5 4l-5 4", number(arrow)), "rule-edge"));
                }
            }
            group = group.with(Node::words(self.w - 14.0, 21.0, "mono-b end", hex)).with(Node::words(
                self.w - 14.0,
                40.0,
                "mono-b end",
                format!("= {}", grouped(value.into())),
            ));
        } else {
            for (index, (of, h)) in turns.iter().enumerate() {
                let y = 19.0 + index as f64 * 19.0;
                group = group
                    .with(Node::words(12.0, y, "s-note", text::fit(of, 12.0, self.w - 110.0)))
                    .with(Node::words(self.w - 12.0, y, "mono-s f-2 end", h.clone()));
            }
            let y = 19.0 + turns.len() as f64 * 19.0;
            group =
                group.with(Node::words(self.w - 12.0, y, "mono-b end", format!("{hex} = {}", grouped(value.into()))));
        }
        self.nodes.push(group);
        self.after(height);
    }

    fn positive(&mut self, key: Option<&KeyStages>) {
        let shown = key.and_then(|key| key.positive.as_ref().zip(key.hash.as_ref()));
        let remark = self.remark("positive");
        self.heading(3, "& 0x7fffffff".to_owned(), if shown.is_some() { &remark } else { "" }, shown.is_some());
        let narrow = self.draw.frame.is_narrow();
        let rows_h = if narrow { 51.0 } else { 22.0 };
        let Some((positive, hash)) = shown else {
            self.blank(rows_h + 17.0);
            self.y += rows_h + 32.0;
            return;
        };
        let bits = hash.murmur2.value.cast_unsigned();
        let (pitch, byte_gap, bit_h) =
            if narrow { ((self.w - 8.0) / 16.0, 8.0, 24.0) } else { ((self.w - 7.5) / 32.0, 2.5, 22.0) };
        let bit_w = pitch - if narrow { 2.5 } else { 2.0 };
        for index in 0..32_u32 {
            let one = bits >> (31 - index) & 1 == 1;
            let (column, row) = if narrow { (index % 16, index / 16) } else { (index, 0) };
            let x = f64::from(column) * pitch + f64::from(column / 8) * byte_gap;
            let sign = index == 0 && one;
            self.nodes.push(
                Node::group(x, self.y + f64::from(row) * 27.0, "bit")
                    .with(Node::rect(
                        Area::new(0.0, 0.0, bit_w, bit_h),
                        3.0,
                        if sign { "is-chosen-box" } else { "sunk-box" },
                    ))
                    .with(Node::words(
                        bit_w / 2.0,
                        bit_h / 2.0 + 4.6,
                        if sign { "mono-s mid f-accent" } else { "mono-s mid" },
                        if one { "1" } else { "0" },
                    )),
            );
        }
        self.y += rows_h;
        let mark = "partitioner/positive";
        let words = if bits >> 31 == 1 { "sign_cleared" } else { "sign_clear" };
        let class = if bits >> 31 == 1 { "s-note s-strong f-accent" } else { "s-note" };
        let words = self.name(words);
        self.nodes.push(
            Node::group(0.0, self.y, "positive")
                .named(mark, self.draw.label(mark))
                .with(Node::words(0.0, 17.0, class, words))
                .with(Node::words(self.w, 17.0, "mono-b end", grouped(positive.value.into()))),
        );
        self.y += 32.0;
    }

    fn remainder(&mut self, key: Option<&KeyStages>) {
        let division = key.and_then(|key| key.remainder.as_ref());
        let remark = self.remark("modulo");
        self.heading(
            4,
            format!("% {}", self.panel.partitions),
            if division.is_some() { &remark } else { "" },
            division.is_some(),
        );
        let height = self.draw.frame.pick(38.0, 38.0, 36.0);
        self.remainder_y = self.y + height / 2.0;
        if let Some(division) = division {
            let mark = "partitioner/remainder";
            let sum = format!(
                "{} = {} × {} +",
                grouped(division.dividend.into()),
                division.divisor,
                grouped(division.quotient.into())
            );
            let remainder =
                self.draw.say(Phrase::new("interface.partitioner.remainder").with("n", division.remainder.value));
            let room = self.w - 28.0 - text::mono_width(&remainder, 13.0) - 8.0;
            let sum = if text::mono_width(&sum, 13.0) <= room {
                sum
            } else {
                format!("{} × {} +", division.divisor, grouped(division.quotient.into()))
            };
            self.nodes.push(
                Node::group(0.0, self.y, "division")
                    .named(mark, self.draw.label(mark))
                    .with(Node::rect(Area::new(0.0, 0.0, self.w, height), 8.0, "soft-box"))
                    .with(Node::words(14.0, height / 2.0 + 5.0, "mono", sum))
                    .with(Node::words(self.w - 14.0, height / 2.0 + 5.0, "mono-b end f-accent", remainder)),
            );
        } else {
            self.blank(height);
        }
        self.after(height - 2.0);
    }

    fn partition(&mut self, key: Option<&KeyStages>) {
        let partition = key.and_then(|key| key.partition.as_ref());
        let before = key.and_then(|key| key.before).filter(|_| partition.is_some());
        let name = match partition {
            Some(partition) => self.draw.say(Phrase::new("interface.partitioner.partition").with("n", partition.value)),
            None => self.name("no_partition"),
        };
        let remark = before.map_or_else(String::new, |(count, partition)| {
            self.draw.say(Phrase::new("interface.partitioner.was").with("count", count).with("partition", partition))
        });
        let mark = "partitioner/partition";
        let from = self.nodes.len();
        self.heading(5, name, &remark, partition.is_some());
        let heading = self.nodes.split_off(from);
        self.nodes.push(Node::group(0.0, 0.0, "result").named(mark, self.draw.label(mark)).with_all(heading));
        let (Some(partition), Some((_, old)), Some(key)) = (partition, before, key) else {
            self.y -= self.draw.frame.pick(2.0, 2.0, 14.0);
            return;
        };
        let has_old = self
            .panel
            .lanes
            .iter()
            .filter(|lane| lane.partition == old)
            .flat_map(|lane| &lane.keys)
            .any(|chip| chip.key == key.text && chip.records > 0);
        if old == partition.value || !has_old || self.draw.frame.is_narrow() {
            self.y -= self.draw.frame.pick(2.0, 2.0, 14.0);
            return;
        }
        let words =
            self.draw.say(Phrase::new("interface.partitioner.old_stay").with("old", old).with("new", partition.value));
        for line in text::wrap(&words, 12.0, self.w - 30.0) {
            self.nodes.push(Node::words(26.0, self.y + 10.0, "s-note", line));
            self.y += 18.0;
        }
    }
}

/// h before the first word and after each, as words and hex.
fn turns(draw: &Draw<'_>, hash: &HashStage) -> Vec<(String, String)> {
    let hex = |h: i32| format!("0x{:08x}", h.cast_unsigned());
    let mut turns = vec![(draw.say(Phrase::new("interface.partitioner.seed")), hex(hash.initial))];
    let most = 4;
    for (of, h) in hash.turns.iter().take(most) {
        turns.push((quoted(of), hex(*h)));
    }
    if let Some((_, h)) = hash.turns.last().filter(|_| hash.turns.len() > most) {
        let words = draw.say(
            Phrase::new("interface.partitioner.more_turns")
                .with("n", i64::try_from(hash.turns.len() - most).unwrap_or(i64::MAX)),
        );
        turns.push((words, hex(*h)));
    }
    if let Some((of, h)) = &hash.tail {
        turns.push((quoted(of), hex(*h)));
    }
    turns
}

fn quoted(bytes: &str) -> String {
    format!("+ “{bytes}”")
}
