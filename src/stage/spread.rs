//! The spread panel: for each producer a bar a partition, as high as it has put bytes into batches there.

use highwater_player::phrase::Phrase;
use highwater_player::scene::spread::{SpreadBar, SpreadChart, SpreadPanel};
use highwater_player::scene::text::partitioner_name;

use super::frame::Area;
use super::node::Node;
use super::text::{self, grouped};
use super::{Draw, Picture};

/// Space between two charts.
const GAP_PX: f64 = 22.0;
/// The least width of a chart that stands in a row of four.
const CHART_PX: f64 = 150.0;
/// From the top of a chart to its first line of words about the partitioner.
const CLASS_PX: f64 = 34.0;
/// A line of words.
const LINE_PX: f64 = 16.0;
/// The height of the longest bar.
const BAR_PX: f64 = 96.0;
/// The widest bar.
const BAR_W_MAX_PX: f64 = 44.0;

/// Draws the producers side by side.
#[inline(never)]
pub fn draw(draw: &Draw<'_>, panel: &SpreadPanel) -> Picture {
    let width = draw.frame.width;
    let title = draw.say(Phrase::new("text.spread").with("topic", &*panel.topic));
    let heading = Node::group(0.0, 0.0, "").named(&panel.id, draw.label(&panel.id)).with(Node::words(
        0.0,
        16.0,
        "s-h",
        text::fit(&title, 14.7, width),
    ));
    let mut nodes = vec![heading];
    let count = panel.charts.len().max(1);
    let fit = ((width + GAP_PX) / (CHART_PX + GAP_PX)).floor().max(2.0) as usize;
    // Four in two rows of two rather than three and one.
    let columns = if fit >= count { count } else { count.div_ceil(count.div_ceil(fit)) }.max(2);
    let chart_w = ((width - GAP_PX * (columns - 1) as f64) / columns as f64).min(240.0);
    let mut y = 32.0;
    for row in panel.charts.chunks(columns) {
        let class = |chart: &SpreadChart| class_lines(&draw.say(partitioner_name(chart.class)), chart_w);
        let lines = row.iter().map(|chart| class(chart).len()).max().unwrap_or(1);
        let bars_y = CLASS_PX + lines as f64 * LINE_PX + 12.0;
        for (index, chart) in row.iter().enumerate() {
            let x = index as f64 * (chart_w + GAP_PX);
            nodes.push(draw_chart(draw, panel, chart, &class(chart), Area::new(x, y, chart_w, bars_y)));
        }
        y += bars_y + BAR_PX + 52.0;
    }
    Picture { width, height: y - 10.0, nodes, ..Picture::default() }
}

/// The class and its versions, each on lines of its own.
fn class_lines(words: &str, room: f64) -> Vec<String> {
    words.split([',', '，']).flat_map(|part| text::wrap(part.trim(), 12.0, room)).collect()
}

/// A producer's chart; `area.h` is where its bars begin.
fn draw_chart(draw: &Draw<'_>, panel: &SpreadPanel, chart: &SpreadChart, class: &[String], area: Area) -> Node {
    let (w, top) = (area.w, area.h);
    let looked_at = draw.scene.look.iter().any(|mark| chart.is_or_has(mark));
    let mut name = Node::group(0.0, 0.0, "").named(&chart.id, draw.label(&chart.id)).with(Node::words(
        0.0,
        14.0,
        if looked_at { "s-h f-accent" } else { "s-h" },
        chart.producer.clone(),
    ));
    for (index, line) in class.iter().enumerate() {
        name = name.with(Node::words(0.0, CLASS_PX - 2.0 + index as f64 * LINE_PX, "s-note", line.clone()));
    }
    let mut group = Node::group(area.x, area.y, "").with(name);
    let slot = w / chart.bars.len().max(1) as f64;
    for (index, bar) in chart.bars.iter().enumerate() {
        group = group.with(draw_bar(
            draw,
            panel.most,
            bar,
            chart.records > 0,
            Area::new(index as f64 * slot, top, slot, 0.0),
        ));
    }
    let sum =
        Phrase::new("text.spread_sum").with("batches", grouped(chart.batches)).with("bytes", grouped(chart.bytes));
    group.with(Node::words(0.0, top + BAR_PX + 38.0, "s-note", text::fit(&draw.say(sum), 12.0, w)))
}

/// A partition: an empty rail, in it what went there, and above it how much. `others` says that the producer has sent
/// something.
fn draw_bar(draw: &Draw<'_>, most: i64, bar: &SpreadBar, others: bool, area: Area) -> Node {
    let bar_w = (area.w - 8.0).clamp(6.0, BAR_W_MAX_PX);
    let x = (area.w - bar_w) / 2.0;
    let room = BAR_PX - 18.0;
    let h = if bar.bytes == 0 { 0.0 } else { (room * bar.bytes as f64 / most.max(1) as f64).max(2.0) };
    let idle = others && bar.bytes == 0;
    let fill = if draw.is_in_focus(&bar.id) { "bar-acc" } else { "bar-fill" };
    let mut group = Node::group(area.x, area.y, "").named(&bar.id, draw.label(&bar.id)).with(Node::rect(
        Area::new(x, BAR_PX - room, bar_w, room),
        4.0,
        if idle { "dash-box" } else { "bar-bg" },
    ));
    if h > 0.0 {
        let mut filled = Node::rect(Area::new(x, BAR_PX - h, bar_w, h), 4.0_f64.min(h / 2.0), fill);
        filled.area = None;
        group = group.with(filled);
    }
    let class = if idle { "s-note mid f-bad" } else { "s-note mid f-ink" };
    if others && let Some(words) = fitting(bar.bytes, area.w) {
        group = group.with(Node::words(area.w / 2.0, BAR_PX - room - 5.0, class, words));
    }
    group.with(Node::words(area.w / 2.0, BAR_PX + 17.0, "s-dim mid", bar.partition.to_string()))
}

/// Bytes in at most `room` px: exact, or in thousands.
fn fitting(bytes: i64, room: f64) -> Option<String> {
    let exact = grouped(bytes);
    let short = format!("{}k", bytes / 1_000);
    [exact, short].into_iter().find(|words| text::width(words, 12.0) <= room)
}
