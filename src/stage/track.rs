//! A replica as a row: the broker's box and in it the log as a track of cells, with water, marks at boundaries and floats.

pub mod low;
mod marks;
mod trouble;
mod wells;

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{ClusterPanel, RecordCell, ReplicaRow, Role, Standing};

use super::frame::{Area, Frame};
use super::node::{Node, number};
use super::text;
use super::{Draw, network};
use marks::{end_mark, flag, flag_w, floats, hw_flag_is_right, ribbon};

/// The measures of a track in one arrangement, in CSS px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// A cell's width.
    pub cell_w: f64,
    /// A cell's height.
    pub cell_h: f64,
    /// From a cell to the next.
    pub pitch: f64,
    /// Left edge of the box.
    pub box_x: f64,
    /// Width of the box.
    pub box_w: f64,
    /// From the box's left edge to the first cell.
    pub header: f64,
    /// From the box's top edge to the cells.
    pub top: f64,
    /// From the cells' top to the bed.
    pub bed: f64,
    /// From the cells' top to the offsets' baseline.
    pub offsets: f64,
    /// From the cells' top to the floats.
    pub floats: f64,
    /// The leader's row.
    pub leader_h: f64,
    /// A follower's row.
    pub follower_h: f64,
    /// How many slots the log has room for, the next one included.
    pub slots: i64,
    /// The first offset in the window.
    pub first: i64,
    /// Two epochs are in the window.
    pub ribbon: bool,
    /// The height of page cache and disk below the log; 0 if they are not shown.
    pub wells: f64,
    /// The one broker under whose log the offsets stand; none where each has them.
    pub offsets_of: Option<i32>,
}

impl Measures {
    /// The measures for a panel on a stage.
    pub fn of(panel: &ClusterPanel, frame: Frame, look: &[String]) -> Measures {
        let is_low = frame.is_low;
        let (cell_w, cell_h, gap) =
            frame.pick((54.0, 44.0, 6.0), (47.0, 44.0, 5.0), (40.0, if is_low { 26.0 } else { 32.0 }, 4.0));
        let pitch = cell_w + gap;
        let header = frame.pick(172.0, 138.0, if is_low { low::HEADER_PX } else { 30.0 });
        let box_x = frame.pick(28.0, 28.0, 0.0);
        let box_w = frame.pick(frame.width - 216.0, frame.width - 216.0, frame.width);
        let log_w = box_w - header - frame.pick(18.0, 18.0, 10.0);
        let slots = (((log_w + gap) / pitch).floor() as i64).max(2);
        let first = first_in_window(panel, slots, look);
        let ribbon = !frame.is_narrow()
            && panel.replicas.iter().any(|row| {
                row.epochs.iter().filter(|(_, from)| *from >= first).count() >= 2
                    || (row.epochs.len() >= 2 && row.epochs.last().is_some_and(|(_, from)| *from > first))
            });
        let (top, leader_h, follower_h) = if is_low {
            (40.0, low::ROW_PX, low::ROW_PX)
        } else if frame.is_narrow() {
            (68.0, 158.0, 126.0)
        } else if ribbon {
            (46.0, 170.0, 144.0)
        } else {
            (52.0, 158.0, 132.0)
        };
        let has_wells = panel.replicas.iter().any(|row| !row.stored.is_empty());
        let wells = if has_wells { wells::WELLS_H } else { 0.0 };
        Measures {
            cell_w,
            cell_h,
            pitch,
            box_x,
            box_w,
            header,
            top,
            bed: frame.pick(50.0, 50.0, if is_low { 30.0 } else { 38.0 }),
            offsets: frame.pick(65.0, 65.0, if is_low { 44.0 } else { 53.0 }),
            floats: if frame.is_narrow() {
                64.0
            } else if ribbon {
                97.0
            } else {
                77.0
            },
            leader_h: leader_h + wells,
            follower_h: follower_h + wells,
            wells,
            slots,
            first,
            ribbon,
            offsets_of: panel.replicas.last().filter(|_| is_low).map(|row| row.broker),
        }
    }

    /// The space between two cells.
    pub fn gap(&self) -> f64 {
        self.pitch - self.cell_w
    }

    /// The track's width.
    pub fn log_w(&self, frame: Frame) -> f64 {
        self.box_w - self.header - frame.pick(18.0, 18.0, 10.0)
    }

    /// Where the log's left wall stands.
    pub fn wall(&self) -> f64 {
        -(self.gap() / 2.0 + 4.0)
    }

    /// The left edge of an offset's cell.
    pub fn cell_x(&self, offset: i64) -> f64 {
        (offset - self.first) as f64 * self.pitch
    }

    /// Where the boundary before an offset stands, kept within the window.
    pub fn boundary(&self, offset: i64) -> f64 {
        let slot = (offset - self.first).clamp(0, self.slots);
        slot as f64 * self.pitch - self.gap() / 2.0
    }

    /// The height of a row.
    pub fn row_h(&self, row: &ReplicaRow) -> f64 {
        let offsets = if self.offsets_of == Some(row.broker) { low::OFFSETS_PX } else { 0.0 };
        offsets
            + match row.role {
                Role::Leader => self.leader_h,
                Role::Follower => self.follower_h,
            }
    }

    /// The offsets stand under the log of this broker.
    fn has_offsets(&self, row: &ReplicaRow) -> bool {
        self.offsets_of.is_none_or(|broker| broker == row.broker)
    }

    fn holds(&self, offset: i64) -> bool {
        offset >= self.first && offset < self.first + self.slots
    }
}

/// The newest slots, or those that the step looks at if these are farther left.
fn first_in_window(panel: &ClusterPanel, slots: i64, look: &[String]) -> i64 {
    let end = |row: &ReplicaRow| {
        row.ghosts.last().map_or(row.log_end_offset.value, |ghost| row.log_end_offset.value.max(ghost.cell.offset + 1))
    };
    let end = panel.replicas.iter().map(end).max().unwrap_or(panel.first_offset);
    let newest = (end + 1 - slots).max(panel.first_offset);
    panel
        .replicas
        .iter()
        .flat_map(|row| &row.records)
        .filter(|record| look.contains(&record.id))
        .map(|record| record.offset)
        .min()
        .map_or(newest, |looked| newest.min(looked))
}

/// The height of a row that is shown in one line.
pub const FOLDED_PX: f64 = 34.0;

/// The box of one replica with its log.
pub fn row(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow, y: f64) -> Node {
    let frame = draw.frame;
    let leader = row.role == Role::Leader;
    let class = match (leader, row.standing, row.in_isr) {
        (_, Standing::Down, _) => "place is-down",
        (true, ..) => "place is-lead",
        (false, _, true) => "place",
        (false, _, false) => "place is-out",
    };
    let class = if frame.is_low { "place-low" } else { class };
    let is_folded = draw.is_folded(&row.id);
    let height = if is_folded { FOLDED_PX } else { measures.row_h(row) };
    let mut group = Node::group(measures.box_x, y, "broker")
        .named(&row.id, draw.label(&row.id))
        .container()
        .part()
        .with(Node::rect(Area::new(0.0, 0.0, measures.box_w, height), 10.0, class));
    group = group.with_all(header(draw, measures, row));
    if is_folded {
        return group;
    }
    group.with(track(draw, measures, row, measures.log_w(frame)))
}

fn header(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow) -> Vec<Node> {
    let frame = draw.frame;
    let name = draw.say(Phrase::new("interface.broker").with("id", row.broker));
    let (key, tag_class, tag_w) = match (row.standing, row.role) {
        (Standing::Down, _) => ("scene.down", "tag-bad", 54.0),
        (_, Role::Leader) => ("interface.leader", "tag-lead", 54.0),
        (Standing::Fenced, _) => ("scene.fenced", "tag-plain", 54.0),
        (_, Role::Follower) if row.in_elr => ("scene.elr", "tag-plain", 54.0),
        (_, Role::Follower) => ("interface.follower", "tag-plain", 63.2),
    };
    let tag_words = draw.say(Phrase::new(key));
    let tag_w = f64::max(tag_w, text::width(&tag_words, 12.0) + 14.0);
    let rack = row.rack.as_ref().map(|rack| draw.say(Phrase::new("scene.rack").with("rack", &**rack)));
    let (state, state_class) = trouble::state(draw, row);
    if frame.is_low {
        return low::header(draw, row, &name, tag_words, (state, state_class));
    }
    let earlier = measures.first - draw_first(row);
    let earlier = (earlier > 0).then(|| draw.say(Phrase::new("interface.earlier").with("n", earlier)));
    let tag = |x: f64, y: f64| {
        Node::group(x, y, tag_class).with(Node::rect(Area::new(0.0, 0.0, tag_w, 20.0), 10.0, "")).with(Node::words(
            tag_w / 2.0,
            14.2,
            "mid is-small",
            tag_words.clone(),
        ))
    };
    if frame.is_narrow() {
        let mut name_w = text::width(&name, 15.0).max(60.0);
        let rack = rack.map(|rack| {
            let at = 30.0 + name_w + 6.0;
            name_w += 6.0 + text::width(&rack, 12.0);
            Node::words(at, 22.0, "s-dim", rack)
        });
        let words = if draw.is_folded(&row.id) {
            let same = draw.say(Phrase::new("interface.compare_same"));
            format!("HW {} · LEO {} · {same}", row.high_watermark.value, row.log_end_offset.value)
        } else {
            earlier.map_or(state.clone(), |earlier| format!("{state} · {earlier}"))
        };
        let cuts = network::signs(draw, row);
        let cut_w = cuts.iter().map(network::Sign::width).sum::<f64>();
        let room = measures.box_w - 30.0 - name_w - 20.0 - tag_w - 10.0 - cut_w;
        let mut nodes = vec![
            Node::words(30.0, 22.0, "s-name", name),
            Node::circle(16.0, 17.0, 4.5, if row.in_isr { "isr-in" } else { "isr-out" }),
            Node::words(30.0 + name_w + 8.0, 22.0, state_class, text::fit(&words, 12.0, room)),
            tag(measures.box_w - 10.0 - tag_w, 7.0),
        ];
        nodes.extend(rack);
        let mut x = measures.box_w - 10.0 - tag_w - cut_w;
        for cut in cuts {
            nodes.extend(cut.draw(x, 22.0));
            x += cut.width();
        }
        return nodes;
    }
    let rack_x = 18.0 + text::width(&name, 15.0) + 8.0;
    let mut nodes = vec![
        Node::words(18.0, 31.0, "s-name", name),
        tag(16.0, 42.0),
        Node::words(18.0, 81.0, state_class, text::fit(&state, 12.0, measures.header - 36.0)),
    ];
    if let Some(rack) = rack {
        nodes.push(Node::words(rack_x, 31.0, "s-dim", rack));
    }
    if let Some(clock) = &row.clock {
        nodes.extend(trouble::clock_bar(clock, measures.header - 40.0));
    }
    if let Some(earlier) = earlier {
        nodes.push(Node::words(
            measures.header - 16.0,
            measures.top + measures.offsets,
            "s-dim end",
            format!("‹ {earlier}"),
        ));
    }
    nodes
}

/// The first offset that the replica's cells begin with.
fn draw_first(row: &ReplicaRow) -> i64 {
    row.records.first().map_or(i64::MAX, |record| record.offset)
}

/// The log: `log_w` px from its first cell to its end.
pub fn track(draw: &Draw<'_>, measures: &Measures, row: &ReplicaRow, log_w: f64) -> Node {
    let wall = measures.wall();
    let leo = row.log_end_offset.value;
    let leo_x = measures.boundary(leo);
    let hw = row.high_watermark.value;
    let hw_x = measures.boundary(hw);
    let hw_mark = format!("{}/hw", row.id);
    let mut track = Node::group(measures.header, measures.top, "log")
        .with(water(
            measures,
            log_w,
            hw > measures.first,
            hw_x,
            &format!("{hw_mark}~body"),
            &["water-body", "water-line"],
        ))
        .with(Node::path(
            format!("M{} {bed}L{} {bed}", number(wall), number(leo_x.max(wall)), bed = number(measures.bed)),
            "bed",
        ))
        .with(Node::path(
            format!("M{} {bed}L{} {bed}", number(leo_x), number(log_w), bed = number(measures.bed)),
            "bed-dry",
        ))
        .with(left_wall(measures, wall, measures.first > draw_first(row)));
    for record in row.records.iter().filter(|record| measures.holds(record.offset)) {
        let [cell, offset] = cell(draw, measures, record);
        track = track.with(cell).with_all(measures.has_offsets(row).then_some(offset));
    }
    track = track.with_all(batches(measures, row));
    if !row.ghosts.is_empty() {
        track = track.with_all(trouble::ghosts(draw, measures, row));
    }
    if measures.holds(leo) && !row.ghosts.iter().any(|ghost| ghost.cell.offset == leo) {
        let x = measures.cell_x(leo);
        let next = Node::rect(Area::new(0.0, 0.0, measures.cell_w, measures.cell_h), 6.0, "box");
        track = track.with(Node::group(x, 0.0, "rec is-next").with(next));
        if measures.has_offsets(row) {
            track = track.with(Node::words(x + measures.cell_w / 2.0, measures.offsets, "off", leo.to_string()));
        }
    }
    track =
        track.with(water(measures, log_w, hw > measures.first, hw_x, &format!("{hw_mark}~sheen"), &["water-sheen"]));
    if measures.ribbon {
        track = track.with_all(ribbon(draw, measures, row));
    }
    let flag = flag(draw, measures, row, hw, hw_x, &hw_mark);
    let leo_left = if hw_flag_is_right(measures, hw) && leo_x < hw_x + flag_w(hw) + 4.0 {
        hw_x + flag_w(hw) + 6.0 - leo_x
    } else {
        7.0
    };
    track = track.with(flag).with(end_mark(draw, measures, row, leo, leo_x, leo_left));
    if measures.wells > 0.0 {
        let below = draw.frame.pick(-4.0, -4.0, 1.0);
        let y = measures.row_h(row) - measures.top - measures.wells + below;
        track = track.with_all(wells::draw(draw, measures, row, y, log_w));
    }
    if row.role == Role::Leader {
        track = track.with_all(floats(draw, measures, row, leo_x, log_w));
    }
    track
}

/// The water of a replica: one shape that is drawn leftwards from the high watermark's line and moved as one.
fn water(measures: &Measures, log_w: f64, wet: bool, hw_x: f64, mark: &str, layers: &[&'static str]) -> Node {
    let wall = measures.wall();
    let bed = number(measures.bed);
    let mut group = Node::group(if wet { hw_x - wall } else { -12.0 }, 22.0, "water").moving(mark);
    for layer in layers {
        let surface = "M0 -18C-7 -11 -18 -8.5 -40 -8H-3000";
        let d = if *layer == "water-line" { surface.to_owned() } else { format!("{surface}V{bed}H0Z") };
        group = group.with(Node::path(d, layer));
    }
    Node {
        tag: "svg",
        class: "basin".to_owned(),
        attrs: vec![
            ("x", number(wall)),
            ("y", "-22".to_owned()),
            ("width", number(log_w - wall + 1.0)),
            ("height", number(measures.bed + 22.0)),
        ],
        kids: vec![group],
        ..Node::default()
    }
}

fn left_wall(measures: &Measures, wall: f64, cut: bool) -> Node {
    let (x, bed) = (number(wall), number(measures.bed));
    if cut {
        let middle = measures.bed / 2.0;
        Node::path(
            format!(
                "M{x} -8V{}M{x} {}V{bed}M{} {}l8 -6M{} {}l8 -6",
                number(middle - 6.0),
                number(middle + 4.0),
                number(wall - 4.0),
                number(middle - 2.0),
                number(wall - 4.0),
                number(middle + 4.0)
            ),
            "bed",
        )
    } else {
        Node::path(format!("M{x} -8L{x} {bed}"), "bed")
    }
}

/// The letters that a cell shows of a value (6) or a key (7).
fn short(words: &str, letters: usize) -> String {
    let count = words.chars().map(|c| if text::width(&c.to_string(), 1.0) > 0.95 { 2 } else { 1 }).sum::<usize>();
    if count <= letters {
        return words.to_owned();
    }
    words.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

fn cell(draw: &Draw<'_>, measures: &Measures, record: &RecordCell) -> [Node; 2] {
    let new = draw.is_new(&record.id);
    let state = if record.committed { "is-committed" } else { "is-uncommitted" };
    let differs = if record.differs { " is-divergent" } else { "" };
    let class = format!("rec k{} {state}{differs}", record.color);
    let (w, h) = (measures.cell_w, measures.cell_h);
    let x = measures.cell_x(record.offset);
    let narrow = draw.frame.is_narrow();
    // Six letters fit; of a longer value three and an ellipsis do.
    let letters = |value: &str| if narrow && value.chars().count() > 6 { 4 } else { 6 };
    let value = record.value.as_deref().map_or_else(|| "null".to_owned(), |value| short(value, letters(value)));
    let long = if value.chars().count() > 5 { " is-long" } else { "" };
    let mut group = Node::group(x, 0.0, &class)
        .named(&record.id, draw.label(&record.id))
        .with(Node::rect(Area::new(0.0, 0.0, w, h), 6.0, "box").moving(format!("{}~box", record.id)));
    match record.key.as_deref().filter(|_| !narrow) {
        Some(key) => {
            group = group.with(Node::words(w / 2.0, 19.0, &format!("val{long}"), value)).with(Node::words(
                w / 2.0,
                36.0,
                "key",
                short(key, 7),
            ));
        }
        None => {
            group = group.with(Node::words(
                w / 2.0,
                if narrow { h / 2.0 + 4.8 } else { 26.8 },
                &format!("val{long}"),
                value,
            ));
        }
    }
    let group =
        draw.outlined(group, &record.id, Area::new(0.0, 0.0, w, h), Some((w / 2.0, -8.0, "s-note f-accent mid")));
    let (class, offset) = match (record.differs, new) {
        (true, _) => ("off is-divergent", format!("≠ {}", record.offset)),
        (false, true) => ("off is-now", record.offset.to_string()),
        (false, false) => ("off", record.offset.to_string()),
    };
    [group, Node::words(x + w / 2.0, measures.offsets, class, offset)]
}

/// An outline around the records of each batch that holds several.
fn batches(measures: &Measures, row: &ReplicaRow) -> Vec<Node> {
    let mut outlines = Vec::new();
    let mut index = 0;
    let shown: Vec<&RecordCell> = row.records.iter().filter(|record| measures.holds(record.offset)).collect();
    while let Some(first) = shown.get(index) {
        let count = shown.iter().skip(index).take_while(|record| record.batch == first.batch).count();
        if count > 1 {
            let w = (count - 1) as f64 * measures.pitch + measures.cell_w;
            let mut outline = Node::rect(
                Area::new(measures.cell_x(first.offset) - 2.0, -2.0, w + 4.0, measures.cell_h + 4.0),
                8.0,
                "batch-line",
            );
            outline.area = None;
            outlines.push(outline);
        }
        index += count;
    }
    outlines
}
