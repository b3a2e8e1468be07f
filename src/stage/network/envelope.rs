//! A message as a shape: an envelope with a beak, or docked where it waits.

use highwater_player::phrase::Phrase;
use highwater_player::scene::cluster::{ClusterPanel, Envelope, Whereabouts};

use super::{Beak, End, end_of};
use crate::stage::Draw;
use crate::stage::frame::Area;
use crate::stage::node::{Node, number};
use crate::stage::text;

fn envelope_path(w: f64, h: f64, beak: Beak) -> String {
    let (cx, cy) = (w / 2.0, h / 2.0);
    let mut d = "M7 0".to_owned();
    if beak == Beak::Up {
        d.push_str(&format!("H{}l8 -8l8 8", number(cx - 8.0)));
    }
    d.push_str(&format!("H{}a7 7 0 0 1 7 7", number(w - 7.0)));
    if beak == Beak::Right {
        d.push_str(&format!("V{}l8 8l-8 8", number(cy - 8.0)));
    }
    d.push_str(&format!("V{}a7 7 0 0 1 -7 7", number(h - 7.0)));
    if beak == Beak::Down {
        d.push_str(&format!("H{}l-8 8l-8 -8", number(cx + 8.0)));
    }
    d.push_str("H7a7 7 0 0 1 -7 -7");
    if beak == Beak::Left {
        d.push_str(&format!("V{}l-8 -8l8 -8", number(cy + 8.0)));
    }
    d.push_str("V7a7 7 0 0 1 7 -7Z");
    d
}

fn api(draw: &Draw<'_>, message: &Envelope) -> String {
    if message.response {
        draw.say(Phrase::new("interface.response").with("api", message.api.as_str()))
    } else {
        message.api.clone()
    }
}

pub(super) fn envelope(draw: &Draw<'_>, message: &Envelope, area: Area, beak: Beak, lines: &[String]) -> Node {
    let class = if message.response { "msg is-response" } else { "msg" };
    let mut shape = Node::path(envelope_path(area.w, area.h, beak), "env");
    shape.area = Some(Area::new(0.0, 0.0, area.w, area.h));
    let mut group = Node::group(area.x, area.y, class)
        .named(&message.id, draw.label(&message.id))
        .with(shape)
        .with(Node::words(12.0, 18.0, "api", text::fit(&api(draw, message), 13.0, area.w - 20.0)));
    for (index, line) in lines.iter().enumerate() {
        group = group.with(Node::words(12.0, 34.0 + index as f64 * 15.0, "body", line.clone()));
    }
    group
}

/// A message that waits in the broker: at its port, with the time left as a bar.
pub(super) fn dock(draw: &Draw<'_>, panel: &ClusterPanel, message: &Envelope, area: Area) -> Node {
    let (wait, waited) = match message.whereabouts {
        Whereabouts::Parked { wait_ms, waited_ms } => (wait_ms, waited_ms.min(wait_ms)),
        Whereabouts::Travelling => (1, 0),
    };
    let from = match end_of(panel, &message.from) {
        Some(End::Broker(index)) => panel.replicas.get(index).map(|row| format!("B{}", row.broker)),
        Some(End::Client(index)) => panel.clients.get(index).map(|client| client.name.clone()),
        None => None,
    };
    let beside_name = area.w - 32.0 - text::width(&message.api, 13.0);
    let words = [format!("{waited} / {wait} ms"), format!("{waited}/{wait} ms"), format!("{waited} ms")];
    let words = words.into_iter().find(|words| text::width(words, 12.0) <= beside_name).unwrap_or_default();
    let room = area.w - 24.0 - text::width(&words, 12.0) - 4.0;
    let name = from.map_or_else(|| message.api.clone(), |from| format!("{} {from}", message.api));
    let name = if text::width(&name, 13.0) <= room { name } else { message.api.clone() };
    let bar = area.w - 24.0;
    let left = if wait == 0 { 0.0 } else { (wait - waited) as f64 / wait as f64 };
    let mut rail = Node::rect(Area::new(12.0, 24.0, bar, 4.0), 2.0, "bar-bg");
    rail.area = None;
    let mut rest = Node::rect(Area::new(12.0, 24.0, bar * left, 4.0), 2.0, "bar-lead");
    rest.area = None;
    Node::group(area.x, area.y, "msg is-parked")
        .named(&message.id, draw.label(&message.id))
        .with(Node::rect(Area::new(0.0, 0.0, area.w, area.h), 7.0, "env"))
        .with(Node::words(12.0, 16.0, "api", name))
        .with(Node::words(area.w - 12.0, 16.0, "body end", words))
        .with(rail)
        .with(rest)
}
