//! Motion from facts: which marks move when a step plays, from where to where, and when. Pure; `browser.rs` plays it.
//!
//! The picture always shows the truth: a beat's scene is drawn at its moment, and an animation only leads there from
//! where things were. Facts play in order of time; an effect starts when enough of its cause is over.

mod planner;
#[cfg(all(test, feature = "render"))]
mod tests;

use highwater_player::beat::Beat;

use crate::stage::Picture;
use planner::Planner;

/// The longest that a step takes at speed 1, in ms; longer ones shrink alike.
pub const LONGEST_MS: f64 = 4_000.0;
/// What would take less than this is a cut.
pub const SHORTEST_MS: f64 = 60.0;

/// How fast steps play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// ½
    Half,
    /// 1
    #[default]
    One,
    /// 2
    Two,
    /// 4
    Four,
}

impl Speed {
    /// All of them, slowest first.
    pub const ALL: [Speed; 4] = [Speed::Half, Speed::One, Speed::Two, Speed::Four];

    /// What durations are multiplied by.
    pub fn tempo(self) -> f64 {
        match self {
            Speed::Half => 2.0,
            Speed::One => 1.0,
            Speed::Two => 0.5,
            Speed::Four => 0.25,
        }
    }

    /// As the menu says it.
    pub fn words(self) -> &'static str {
        match self {
            Speed::Half => "½×",
            Speed::One => "1×",
            Speed::Two => "2×",
            Speed::Four => "4×",
        }
    }
}

/// The course of a motion over its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ease {
    /// Comes from elsewhere.
    Out,
    /// Travels a lane.
    InOut,
    /// From rest to rest.
    Move,
    /// Evenly.
    Linear,
}

impl Ease {
    /// The curve as CSS has it; the same numbers as in `tokens.css`.
    pub fn css(self) -> &'static str {
        match self {
            Ease::Out => "cubic-bezier(.2, .7, .2, 1)",
            Ease::InOut => "cubic-bezier(.45, 0, .4, 1)",
            Ease::Move => "cubic-bezier(.4, 0, .2, 1)",
            Ease::Linear => "linear",
        }
    }
}

/// A point of a motion.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// When, from 0 to 1.
    pub when: f64,
    /// Where the mark stands in its parent.
    pub at: Option<(f64, f64)>,
    /// How much of it is seen, from 0 to 1.
    pub opacity: Option<f64>,
    /// Its fill, as a custom property.
    pub fill: Option<&'static str>,
    /// How much of a way is drawn, from 0 to 1.
    pub drawn: Option<f64>,
}

/// One animation of one mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The mark or the part of it.
    pub mark: String,
    /// It is started when this many beats of the step have been drawn.
    pub after: usize,
    /// From then, in ms.
    pub delay_ms: f64,
    /// In ms.
    pub duration_ms: f64,
    /// Its course.
    pub ease: Ease,
    /// Keeps its last point until the next motion of the mark.
    pub holds: bool,
    /// From first to last.
    pub points: Vec<Point>,
}

/// How a step plays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// When each beat is drawn, in ms from the step's start.
    pub commits: Vec<f64>,
    /// The animations.
    pub moves: Vec<Move>,
    /// When everything is over, in ms.
    pub total_ms: f64,
}

/// Plans a step. `pictures` holds the picture before the first beat and then one for each beat.
pub fn plan(pictures: &[Picture], beats: &[Beat], speed: Speed) -> Plan {
    let mut planner = Planner::new(pictures, beats);
    let mut barrier = 0.0;
    for index in 0..beats.len() {
        barrier = planner.beat(index, barrier);
    }
    let total = planner.end.max(barrier);
    let scale = (LONGEST_MS / total.max(1.0)).min(1.0) * speed.tempo();
    let mut moves = planner.moves;
    for one in &mut moves {
        one.delay_ms *= scale;
        one.duration_ms *= scale;
    }
    moves.retain(|one| one.duration_ms >= SHORTEST_MS);
    Plan { commits: planner.commits.into_iter().map(|at| at * scale).collect(), moves, total_ms: total * scale }
}
