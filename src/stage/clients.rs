//! Producers and consumers: cards over the rows, lines below 560 px.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{ClientCard, ClientKind, ClientLine, ClusterPanel, Status};

use super::Draw;
use super::frame::Area;
use super::node::Node;
use super::text;
use super::track::Measures;

/// Height of a card.
pub const CARD_H: f64 = 76.0;
const CARD_W: f64 = 300.0;
const BETWEEN: f64 = 16.0;
const LINE_H: f64 = 26.0;

/// A second line of words below 560 px.
const MORE_H: f64 = 16.0;

/// The height that the clients' lines take below 560 px.
pub fn lines_height(draw: &Draw<'_>, panel: &ClusterPanel) -> f64 {
    if panel.clients.is_empty() {
        0.0
    } else {
        panel.clients.iter().map(|client| line_height(draw, client)).sum::<f64>() + 6.0
    }
}

/// A client without a record to show says its line in up to two lines of words.
fn line_height(draw: &Draw<'_>, client: &ClientCard) -> f64 {
    let lines = shown_line(client).filter(|line| line.record.is_none()).map_or(1, |line| {
        let room = draw.frame.width - text::width(&name(draw, client), 12.6) - 10.0;
        two_lines(draw, client, line, room).len().max(1)
    });
    LINE_H + (lines - 1) as f64 * MORE_H
}

/// Where each client's card stands, in the panel's order: producers at the right, consumers left of them.
pub fn places(draw: &Draw<'_>, panel: &ClusterPanel) -> Vec<Area> {
    let count = panel.clients.len().max(1) as f64;
    let width = draw.frame.width;
    if draw.frame.is_narrow() {
        let mut y = 0.0;
        return panel
            .clients
            .iter()
            .map(|client| {
                let height = line_height(draw, client);
                y += height;
                Area::new(0.0, y - height, width, height - 4.0)
            })
            .collect();
    }
    let w = CARD_W.min((width - 28.0 - (count - 1.0) * BETWEEN) / count);
    let producers = panel.clients.iter().filter(|client| is_producer(client)).count();
    let consumers = panel.clients.len() - producers;
    let measures = Measures::of(panel, draw.frame, &[]);
    let (mut producer, mut consumer) = (0, 0);
    panel
        .clients
        .iter()
        .map(|client| {
            let x = if is_producer(client) {
                producer += 1;
                width - (producers - producer) as f64 * (w + BETWEEN) - w
            } else {
                consumer += 1;
                let end = width - producers as f64 * (w + BETWEEN);
                let x = end - (consumers - consumer) as f64 * (w + BETWEEN) - w;
                if consumers == 1 { x.min(measures.box_x + measures.header + measures.wall()) } else { x }
            };
            Area::new(x, 0.0, w, CARD_H)
        })
        .collect()
}

/// Whether a client is a producer.
pub fn is_producer(client: &ClientCard) -> bool {
    matches!(client.kind, ClientKind::Producer { .. })
}

/// The cards or lines.
pub fn draw(draw: &Draw<'_>, panel: &ClusterPanel) -> Vec<Node> {
    panel
        .clients
        .iter()
        .zip(places(draw, panel))
        .map(
            |(client, area)| {
                if draw.frame.is_narrow() { one_line(draw, client, area) } else { card(draw, client, area) }
            },
        )
        .collect()
}

fn name(draw: &Draw<'_>, client: &ClientCard) -> String {
    let key = match client.kind {
        ClientKind::Producer { .. } => "interface.producer",
        ClientKind::Consumer { .. } => "interface.consumer",
        ClientKind::Controller => "interface.controller",
    };
    draw.say(Phrase::new(key).with("name", client.name.as_str()))
}

fn setting(draw: &Draw<'_>, client: &ClientCard) -> String {
    match &client.kind {
        ClientKind::Producer { acks } => format!("acks={acks}"),
        ClientKind::Controller => draw.say(Phrase::new("interface.in_metadata_log").with("partition", &*client.name)),
        ClientKind::Consumer { position, .. } => match position.value {
            Some(position) => draw.say(Phrase::new("interface.position").with("offset", position)),
            None => draw.say(Phrase::new("interface.no_position")),
        },
    }
}

fn status_class(status: Status) -> &'static str {
    match status {
        Status::Waiting => "f-lead",
        Status::Good => "s-strong f-good",
        Status::Bad => "s-strong f-bad",
        Status::Plain => "",
    }
}

fn status_sign(status: Status) -> &'static str {
    match status {
        Status::Good => "✓ ",
        Status::Bad => "✕ ",
        Status::Waiting | Status::Plain => "",
    }
}

fn card(draw: &Draw<'_>, client: &ClientCard, area: Area) -> Node {
    let name = name(draw, client);
    let name_w = text::width(&name, 15.0);
    let right = area.w - 16.0;
    let setting = setting(draw, client);
    let mut card = Node::group(area.x, area.y, "client")
        .named(&client.id, draw.label(&client.id))
        .container()
        .part()
        .with(Node::rect(Area::new(0.0, 0.0, area.w, CARD_H), 10.0, "place"))
        .with(Node::words(16.0, 24.0, "s-name", name));
    let mut x = 16.0 + name_w + 10.0;
    // Among many cards there may be no room for it beside the name.
    let setting_w = text::width(&setting, 12.0);
    let setting_x = if x + setting_w <= right { right - setting_w } else { right };
    if setting_x < right {
        card = card.with(Node::words(right, 24.0, "s-note end", setting));
    }
    let mut note = |card: Node, class: &str, words: String| {
        let w = text::width(&words, 12.0);
        if x + w >= setting_x - 8.0 {
            return card;
        }
        x += w + 10.0;
        card.with(Node::words(x - w - 10.0, 24.0, class, words))
    };
    if let Some(lost) = client.lost_beside(&client.lines) {
        card = note(card, "s-note s-strong f-bad", format!("{}{}", status_sign(Status::Bad), draw.say(&lost)));
    }
    if client.earlier > 0 {
        card = note(card, "s-dim", draw.say(Phrase::new("interface.earlier").with("n", client.earlier)));
    }
    for (index, line) in client.lines.iter().take(2).enumerate() {
        let y = if index == 0 { 44.0 } else { 65.0 };
        let mut group = Node::group(0.0, 0.0, "line").named(&line.id, draw.label(&line.id));
        let (mut x, mut end) = (16.0, right);
        if let Some((status, phrase)) = &line.status {
            let words = format!("{}{}", status_sign(*status), draw.say(phrase));
            end -= text::width(&words, 12.6) + 10.0;
            let class = format!("s-note end {}", status_class(*status));
            group = group.with(Node::words(right, y, &class, words).moving(format!("{}~fate", line.id)));
        }
        if let Some(record) = &line.record {
            let state = if record.committed { "is-committed" } else { "is-uncommitted" };
            let chip = Node::rect(Area::new(0.0, 1.0, 11.0, 15.0), 3.0, "box");
            group = group.with(Node::group(x, y - 13.0, &format!("rec k{} {state}", record.color)).with(chip));
            let words =
                record.key.as_ref().map_or_else(|| record.value.clone(), |key| format!("{} {key}", record.value));
            let has_room = text::width(&words, 12.6) <= end - 35.0;
            let words = if has_room { words } else { text::fit(&record.value, 12.6, end - 35.0) };
            group = group.with(Node::words(35.0, y, "s-note s-strong f-ink", words.clone()));
            x = f64::max(102.0, 35.0 + text::width(&words, 12.6) + 10.0);
        }
        let words = fitting(draw, &line.text, end - x);
        if !words.is_empty() {
            let shown = text::fit(&words, 12.0, end - x);
            // Beside a fate, half a word is worse than none.
            if shown == words || (line.status.is_none() && shown.chars().count() > 3) {
                group = group.with(Node::words(x, y, "s-note", shown));
            }
        }
        card = card.with(group);
    }
    card
}

/// A line in its words, or in fewer where it has such and there is no room for all.
fn fitting(draw: &Draw<'_>, text: &Phrase, room: f64) -> String {
    let words = draw.say(text);
    let has_less = ["position", "works", "behind", "all_read", "threw"]
        .iter()
        .any(|line| text.key.strip_prefix("scene.consumer_").is_some_and(|key| key == *line));
    if !has_less || text::width(&words, 12.0) <= room {
        return words;
    }
    draw.say(&Phrase { key: [text.key.as_str(), "_short"].concat(), args: text.args.clone() })
}

/// The line that stands for all of a client's: the newest, of the controller how things are, and of an application at work
/// what it has done.
fn shown_line(client: &ClientCard) -> Option<&ClientLine> {
    let works = client.lines.first().is_some_and(|line| line.text.key.starts_with("scene.consumer_work"));
    if works || client.kind == ClientKind::Controller { client.lines.first() } else { client.lines.last() }
}

/// What a client says below 560 px, in at most two lines.
fn two_lines(draw: &Draw<'_>, client: &ClientCard, line: &ClientLine, room: f64) -> Vec<String> {
    let fit = |words: &str| text::fit(words, 12.0, room);
    if let (ClientKind::Consumer { both_lines: true, .. }, [from, then, ..]) = (&client.kind, &*client.lines) {
        return vec![fit(&draw.say(&from.text)), fit(&draw.say(&then.text))];
    }
    let mut lines = text::wrap(&draw.say(&line.text), 12.0, room);
    if lines.len() > 2 {
        let rest = lines.split_off(1).join(" ");
        lines.push(fit(&rest));
    }
    lines
}

/// A client in one line: its name, and the newest of its lines.
fn one_line(draw: &Draw<'_>, client: &ClientCard, area: Area) -> Node {
    let name = name(draw, client);
    let y = 15.0;
    let mut group = Node::group(area.x, area.y, "client")
        .named(&client.id, draw.label(&client.id))
        .container()
        .part()
        .with(Node::words(0.0, y, "s-note s-strong f-ink", name.clone()));
    let mut x = text::width(&name, 12.6) + 10.0;
    let Some(line) = shown_line(client) else {
        return group.with(Node::words(area.w, y, "s-note end", setting(draw, client)));
    };
    let mut end = area.w;
    if let Some(lost) = client.lost_beside(std::slice::from_ref(line)) {
        let words = format!("{}{}", status_sign(Status::Bad), draw.say(&lost));
        group = group.with(Node::words(end, y, "s-note end s-strong f-bad", words.clone()));
        end -= text::width(&words, 12.6) + 10.0;
    }
    if let Some((status, phrase)) = &line.status {
        let words = format!("{}{}", status_sign(*status), draw.say(phrase));
        let w = text::width(&words, 12.0) + 8.0;
        let class = format!("s-note end {}", status_class(*status));
        // Beside a count of what is lost there may be room for its sign only.
        let is_short = end < area.w && end - w - x < 70.0;
        let words = if is_short { status_sign(*status).trim_end().to_owned() } else { words };
        let w = if is_short { text::width(&words, 12.0) + 8.0 } else { w };
        group = group.with(Node::words(end, y, &class, words).moving(format!("{}~fate", line.id)));
        end -= w;
    }
    if let Some(record) = &line.record {
        let state = if record.committed { "is-committed" } else { "is-uncommitted" };
        let chip = Node::rect(Area::new(0.0, 1.0, 11.0, 15.0), 3.0, "box");
        let words = record.key.as_ref().map_or_else(|| record.value.clone(), |key| format!("{} {key}", record.value));
        let words = text::fit(&words, 12.0, end - x - 17.0);
        let w = text::width(&words, 12.0);
        group = group
            .with(Node::group(x, y - 13.0, &format!("rec k{} {state}", record.color)).with(chip))
            .with(Node::words(x + 17.0, y, "s-note f-ink", words));
        x += 17.0 + w + 8.0;
    }
    let words = draw.say(&line.text);
    if line.record.is_none() {
        for (index, line) in two_lines(draw, client, line, end - x).into_iter().enumerate() {
            group = group.with(Node::words(x, y + index as f64 * MORE_H, "s-note", line));
        }
    } else if text::width(&words, 12.0) <= end - x && !words.is_empty() {
        group = group.with(Node::words(x, y, "s-note", words));
    }
    group
}
