//! Cuts a part of a history into beats.

use std::rc::Rc;

use crate::beat::{Beat, Motion};
use crate::history::{History, Moment};
use crate::marks::beat_fact;
use crate::scene::Panel;
use crate::scene::build::{Palette, View, scene};

/// At most so many beats in a step: of a longer one, the last.
pub const BEATS_MAX: usize = 120;

/// The part from one moment to another as beats: everything at one moment of virtual time is one beat. Moments at which
/// nothing in the view changes are left out.
pub fn beats(history: &History, from: Moment, to: Moment, view: &View, palette: &Palette) -> Vec<Beat> {
    let mut replay = history.replay(from);
    let mut view = view.clone();
    view.seen.now = from.facts;
    let mut shown = Rc::new(scene(&replay.world, &view, palette));
    let mut beats: Vec<Beat> = Vec::new();
    let mut facts = Vec::new();
    while replay.at < to {
        if !replay.advance(&mut facts) {
            break;
        }
        let now = replay.world.now();
        let goes_on = replay.at < to && replay.world.next_event_at() == Some(now);
        if goes_on || facts.is_empty() {
            continue;
        }
        let mut told: Vec<_> = facts.iter().map(beat_fact).collect();
        facts.clear();
        view.seen.now = replay.at.facts;
        let picture = scene(&replay.world, &view, palette);
        if picture.panels.len() == shown.panels.len() && picture.panels.iter().zip(&shown.panels).all(is_still) {
            told.retain(|fact| matches!(fact.motion, Motion::TokenMoved(_)));
            if told.is_empty() {
                continue;
            }
        }
        shown = Rc::new(picture);
        beats.push(Beat { time_us: now.0, facts: told, scene: Rc::clone(&shown) });
    }
    let skip = beats.len().saturating_sub(BEATS_MAX);
    beats.split_off(skip)
}

/// Nothing in a panel has changed, or nothing but the time that it shows.
fn is_still((now, before): (&Panel, &Panel)) -> bool {
    match (now, before) {
        (Panel::Group(now), Panel::Group(before)) => now.is_still(before),
        (Panel::Share(now), Panel::Share(before)) => now.is_still(before),
        _ => now == before,
    }
}
