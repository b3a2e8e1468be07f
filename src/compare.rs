//! Two futures side by side: the pictures of both, what differs, and the form in which a change is chosen.

pub mod form;
pub mod link;
pub mod motion;

use std::rc::Rc;

use highwater_player::compare::{Fork, Row};
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::scene::{Panel, Scene, text};
use highwater_player::words::FactLine;

use crate::components::say;
use crate::options::View;
use crate::stage::frame::{Area, Frame, Mode, WIDEST_PX};
use crate::stage::node::Node;
use crate::stage::{self, Changes, Draw, Look, Picture};

/// What stands before the marks of B, so that every mark on the page is one.
pub const B: &str = "B:";
/// Space between two pictures, in CSS px.
pub const BETWEEN_PX: f64 = 24.0;
/// The most facts of a side that are listed.
const FACTS_MAX: usize = 200;

/// Two futures of the scenario that is being played.
#[derive(Debug)]
pub struct Comparing {
    /// The other future.
    pub fork: Fork,
    /// The scenario compares these two by itself; otherwise a reader has changed something.
    pub is_own: bool,
    /// B as it stands on the screen: at its step's end, or on the way there.
    pub b: Standing,
    /// While both move: the rows that are folded all the time, so that none changes its place.
    pub folded: Option<Vec<String>>,
}

/// What of one of the two stands on the screen.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The scene.
    pub scene: Rc<Scene>,
    /// What it has otherwise than the one before it.
    pub changes: Changes,
}

impl Standing {
    /// At the end of a step.
    pub fn at_rest(player: &Player) -> Standing {
        Standing { scene: player.scene(), changes: Changes::default() }
    }

    /// Goes to the next scene.
    pub fn follow(&mut self, scene: &Rc<Scene>) {
        *self = Standing { changes: Changes::between(&self.scene, scene), scene: Rc::clone(scene) };
    }
}

/// A of the two: the player, and what of it stands on the screen.
#[derive(Clone, Copy)]
pub struct SideA<'a> {
    /// The player.
    pub player: &'a Player,
    /// What stands on the screen.
    pub stands: &'a Standing,
}

/// What is shown of the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// A and B.
    pub sides: [Side; 2],
    /// The first difference as a sentence.
    pub first: String,
    /// The step of the first difference; none if there is no difference.
    pub first_step: Option<usize>,
    /// What differs at this step.
    pub rows: Vec<Row>,
    /// What B could not do as the scenario has it.
    pub odd: Vec<String>,
    /// The scenario compares these two by itself.
    pub is_own: bool,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// `A` or `B`.
    pub letter: &'static str,
    /// What it is.
    pub name: String,
    /// What is changed in it.
    pub note: Vec<String>,
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The picture; empty in other views.
    pub picture: Rc<Picture>,
    /// The picture in words; empty in other views.
    pub text: Vec<(String, Vec<String>)>,
    /// The latest facts that are not in both; empty in other views.
    pub facts: Vec<FactLine>,
}

impl Comparing {
    /// Two futures at the end of their step.
    pub fn new(fork: Fork, is_own: bool) -> Comparing {
        let b = Standing::at_rest(&fork.player);
        Comparing { fork, is_own, b, folded: None }
    }

    /// Both stand at the end of their step.
    pub fn settle(&mut self) {
        self.b = Standing::at_rest(&self.fork.player);
        self.folded = None;
    }

    /// Everything that the page shows of the two.
    pub fn shown(&self, side_a: SideA<'_>, lang: Lang, view: View, player_px: f64) -> Compared {
        let (fork, a) = (&self.fork, side_a.player);
        let pictures = if view == View::Stage { self.pictures(side_a, lang, player_px) } else { Default::default() };
        let (name_a, name_b, note_b) = match &a.scenario().compare {
            Some(compare) if self.is_own => {
                let words = crate::components::inline::plain(&fork.player.words_of_b(lang));
                let note = Some(words).filter(|words| !words.is_empty()).into_iter().collect();
                (compare.a.get(lang).clone(), compare.b.get(lang).clone(), note)
            }
            _ => {
                let note = fork.labels().iter().map(|label| label.say(lang)).collect();
                (say(lang, "compare_a"), say(lang, "compare_b"), note)
            }
        };
        let [picture_a, picture_b] = pictures;
        let side = |letter, name, note, player: &Player, stands: &Standing, picture| Side {
            letter,
            name,
            note,
            time_us: stands.scene.time_us,
            picture: Rc::new(picture),
            text: if view == View::Text {
                player.text(lang).into_iter().map(|block| (block.heading, block.lines)).collect()
            } else {
                Vec::new()
            },
            facts: if matches!(view, View::Facts | View::Sequence) {
                latest(player, fork.shared_facts(), lang)
            } else {
                Vec::new()
            },
        };
        let first_step = fork.first().map(|first| first.step);
        Compared {
            sides: [
                side("A", name_a, Vec::new(), a, side_a.stands, picture_a),
                side("B", name_b, note_b, &fork.player, &self.b, picture_b),
            ],
            first: fork.first_said(lang),
            first_step,
            rows: fork.rows(a, lang),
            odd: fork.oddities().iter().map(|odd| odd.say(lang)).collect(),
            is_own: self.is_own,
        }
    }

    /// Both pictures as they stand on the screen.
    pub fn pictures(&self, a: SideA<'_>, lang: Lang, player_px: f64) -> [Picture; 2] {
        let (end_a, end_b) = (a.player.scene(), self.fork.player.scene());
        let folded = self.folded.clone().unwrap_or_else(|| folded(&end_a, &end_b));
        // What differs first is marked where both have come to the end of its step.
        let first = self.fork.first().filter(|first| self.folded.is_none() && first.step == a.player.step());
        let first = first.map(|first| first.marks.as_slice()).unwrap_or_default();
        let frame = pane(player_px, &end_a);
        draw_both([a.stands, &self.b], &folded, frame, lang, first)
    }

    /// Where the marks of both stand, as if on one stage: what arrow keys walk over.
    pub fn areas(&self, a: SideA<'_>, lang: Lang, player_px: f64) -> highwater_player::sorted::SortedMap<String, Area> {
        let [picture_a, picture_b] = self.pictures(a, lang, player_px);
        let by = if is_beside(player_px) {
            (picture_a.width + BETWEEN_PX, 0.0)
        } else {
            (0.0, picture_a.height + BETWEEN_PX)
        };
        let mut areas = picture_a.areas();
        for (mark, area) in &picture_b.areas() {
            areas.insert(mark.clone(), area.moved(by));
        }
        areas
    }

    /// The player whose mark this is, and the mark's name there.
    pub fn side_of<'a>(&'a self, a: &'a Player, mark: &'a str) -> (&'a Player, &'a str) {
        mark.strip_prefix(B).map_or((a, mark), |mark| (&self.fork.player, mark))
    }

    /// What a screen reader hears after the words of the step.
    pub fn spoken(&self, a: &Player, lang: Lang) -> String {
        let is_there = self.fork.first().is_some_and(|first| first.step <= a.step());
        let mut spoken = if is_there { self.fork.first_said(lang) } else { say(lang, "compare_no_difference_yet") };
        for odd in self.fork.oddities() {
            spoken.push(' ');
            spoken.push_str(&odd.say(lang));
        }
        spoken
    }
}

/// The pictures stand beside each other; otherwise one below the other.
fn is_beside(player_px: f64) -> bool {
    Mode::of(player_px) == Mode::Wide
}

/// The room for each picture. A cluster has no network column there: its messages stand between the rows.
fn pane(player_px: f64, scene: &Scene) -> Frame {
    let width = match Mode::of(player_px) {
        Mode::Wide => (player_px.min(WIDEST_PX) - 48.0 - BETWEEN_PX) / 2.0,
        Mode::Medium => player_px - 32.0,
        Mode::Narrow => player_px - 24.0,
    };
    let width = width.max(280.0).floor();
    let has_cluster = scene.panels.iter().any(|panel| matches!(panel, Panel::Cluster(_)));
    Frame { width, mode: if has_cluster { Mode::Narrow } else { Mode::of(width) }, is_low: false }
}

/// Both pictures; the marks of B say that they are its.
fn draw_both(stand: [&Standing; 2], folded: &[String], frame: Frame, lang: Lang, first: &[String]) -> [Picture; 2] {
    let [a, b] = stand;
    let (_, other) = rows_of(&a.scene, &b.scene);
    let draw = |Standing { scene, changes }: &Standing| {
        let look = Look { folded: folded.to_vec(), changes: changes.clone(), ..Look::default() };
        let label = |mark: &str| text::label(scene, mark, lang);
        let mut picture = stage::draw(&Draw { scene, lang, frame, look: &look, label: &label }, None);
        mark_differences(&mut picture, &other, first);
        picture
    };
    let (picture_a, mut picture_b) = (draw(a), draw(b));
    picture_b.nodes.iter_mut().for_each(rename);
    let travels = std::mem::take(&mut picture_b.travels);
    picture_b.travels = travels.into_iter().map(|(message, travel)| ([B, &message].concat(), travel)).collect();
    [picture_a, picture_b]
}

/// What is the same in both and not looked at, so that what differs is seen.
fn folded(a: &Scene, b: &Scene) -> Vec<String> {
    let (same, other) = rows_of(a, b);
    if other.is_empty() { Vec::new() } else { same }
}

/// The rows of replicas that are the same in both and that the step does not look at, and those that are not the same.
fn rows_of(a: &Scene, b: &Scene) -> (Vec<String>, Vec<String>) {
    let rows = |scene: &Scene| {
        let panel = scene.panels.iter().find_map(|panel| match panel {
            Panel::Cluster(cluster) => Some(cluster.replicas.clone()),
            _ => None,
        });
        panel.unwrap_or_default()
    };
    let there = rows(b);
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for row in rows(a) {
        let looks_at = |scene: &Scene| scene.look.iter().any(|look| look.starts_with(&row.id));
        if there.contains(&row) {
            if !looks_at(a) {
                same.push(row.id);
            }
        } else {
            other.push(row.id);
        }
    }
    (same, other)
}

/// Frames what differs, and puts a diamond at what differed first: a small one, clear of the words beside a line.
fn mark_differences(picture: &mut Picture, other: &[String], first: &[String]) {
    let areas = picture.areas();
    for mark in other {
        if let Some(area) = areas.get(mark) {
            let around = Area::new(area.x - 2.0, area.y - 2.0, area.w + 4.0, area.h + 4.0);
            picture.nodes.push(Node::rect(around, 12.0, "differs"));
        }
    }
    if let Some(area) = first.iter().find_map(|mark| areas.get(mark)) {
        let (x, y) = (crate::stage::frame::bounded(area.x - 2.0, 8.0, picture.width - 8.0), area.y - 2.0);
        let (x, y) = (crate::stage::node::number(x), crate::stage::node::number(y.max(8.0)));
        picture.nodes.push(Node::path(format!("M{x} {y}m0 -5l5 5l-5 5l-5 -5z"), "differs-first"));
    }
}

fn rename(node: &mut Node) {
    if let Some(mark) = &mut node.mark {
        mark.insert_str(0, B);
    }
    for kid in &mut node.kids {
        rename(kid);
    }
}

/// The latest facts of a side that the other does not share, newest first.
fn latest(player: &Player, shared: usize, lang: Lang) -> Vec<FactLine> {
    let facts = player.facts(lang);
    facts.into_iter().skip(shared).rev().take(FACTS_MAX).collect()
}
