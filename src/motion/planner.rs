//! The motions of a step, fact after fact.

use crate::stage::frame::bounded;
use highwater_player::sorted::SortedMap;

use highwater_player::beat::{Beat, BeatFact, Motion};

use super::{Ease, Move, Point};
use crate::compare::B;
use crate::stage::Picture;

const TRAVEL_MS: f64 = 700.0;
const MOVE_MS: f64 = 320.0;
const WATER_MS: f64 = 520.0;
const MARK_MS: f64 = 180.0;

/// Plans beat after beat.
pub(super) struct Planner<'a> {
    pictures: &'a [Picture],
    beats: &'a [Beat],
    /// When each planned beat is drawn.
    pub(super) commits: Vec<f64>,
    pub(super) moves: Vec<Move>,
    /// When the effects of a fact may start.
    ready: SortedMap<u64, f64>,
    /// When a message sent in this step reaches its receiver.
    arrival: SortedMap<String, f64>,
    /// When everything planned so far is over.
    pub(super) end: f64,
}

impl<'a> Planner<'a> {
    /// Nothing planned yet.
    pub(super) fn new(pictures: &'a [Picture], beats: &'a [Beat]) -> Planner<'a> {
        Planner {
            pictures,
            beats,
            commits: Vec::new(),
            moves: Vec::new(),
            ready: SortedMap::new(),
            arrival: SortedMap::new(),
            end: 0.0,
        }
    }

    /// Plans one beat from `barrier` on; gives the barrier for the next.
    pub(super) fn beat(&mut self, index: usize, barrier: f64) -> f64 {
        let Some(beat) = self.beats.get(index) else {
            return barrier;
        };
        let mut commit = barrier;
        for fact in &beat.facts {
            if let Some(ready) = fact.cause.and_then(|cause| self.ready.get(&cause)) {
                commit = commit.max(*ready);
            }
        }
        for fact in &beat.facts {
            if let Motion::MessageReceived(message) = &fact.motion {
                let arrived = match self.arrival.get(message) {
                    Some(arrival) => *arrival,
                    None => self.second_half(index, message, barrier),
                };
                commit = commit.max(arrived);
            }
        }
        self.commits.push(commit);
        let mut next = commit;
        for fact in &beat.facts {
            let start = fact.cause.and_then(|cause| self.ready.get(&cause)).map_or(commit, |ready| ready.max(commit));
            let (duration, share) = self.fact(index, fact, start - commit, start);
            self.ready.insert(fact.id, start + duration * share);
            self.end = self.end.max(start + duration);
            // A message on its way holds up only what its arrival causes.
            if !matches!(fact.motion, Motion::MessageSent(_)) {
                next = next.max(start + duration * share);
            }
        }
        next
    }

    /// A message that was on the wire before the step: the rest of its way, in the picture before its arrival.
    fn second_half(&mut self, index: usize, message: &str, start: f64) -> f64 {
        let Some(travel) = self.pictures.get(index).and_then(|picture| picture.travels.get(message)).copied() else {
            return start;
        };
        if travel.rest == travel.end {
            return start;
        }
        let drawn = self.drawn_at(index);
        self.moves.push(Move {
            mark: message.to_owned(),
            after: index,
            delay_ms: (start - drawn).max(0.0),
            duration_ms: TRAVEL_MS / 2.0,
            ease: Ease::Out,
            holds: true,
            points: vec![
                point(0.0, travel.rest, 1.0),
                point(0.84, between(travel.rest, travel.end, 0.84), 1.0),
                point(1.0, travel.end, 0.0),
            ],
        });
        self.end = self.end.max(start + TRAVEL_MS / 2.0);
        start + TRAVEL_MS / 2.0
    }

    /// When the picture `index` is drawn; 0 is the one before the step.
    fn drawn_at(&self, index: usize) -> f64 {
        index.checked_sub(1).and_then(|beat| self.commits.get(beat)).copied().unwrap_or(0.0)
    }

    /// The motions of one fact, `delay` after its beat is drawn; gives its duration and the share after which effects start.
    fn fact(&mut self, index: usize, fact: &BeatFact, delay: f64, start: f64) -> (f64, f64) {
        match &fact.motion {
            Motion::MessageSent(message) => self.sent(index, message, delay, start),
            Motion::MessageReceived(message) => {
                self.parked(index, message, delay);
                (0.0, 1.0)
            }
            Motion::RecordAppended(records) => {
                for record in records {
                    if let Some(at) = self.place(index, record) {
                        let from = (at.0, at.1 - 12.0);
                        self.go(
                            index,
                            record,
                            delay,
                            MOVE_MS,
                            Ease::Out,
                            vec![point(0.0, from, 0.0), point(0.34, between(from, at, 0.6), 1.0), point(1.0, at, 1.0)],
                        );
                    }
                }
                let row = records.first().and_then(|record| record.rsplit_once('/')).map(|(row, _)| row.to_owned());
                if let Some(row) = row {
                    self.shift(index, &format!("{row}/leo"), delay + MOVE_MS * 0.6, MARK_MS);
                    self.swap(index, &format!("{row}/leo"), delay + MOVE_MS * 0.6, MARK_MS);
                }
                (MOVE_MS, 0.6)
            }
            Motion::FollowerCredited(float) => {
                let row = float.rsplit_once("/float-").map(|(row, _)| format!("{row}/float-"));
                for mark in self.marks(index, row.as_deref().unwrap_or(float)) {
                    self.shift(index, &mark, delay, MOVE_MS);
                }
                (MOVE_MS, 0.6)
            }
            Motion::HighWatermarkMoved(mark) => {
                for part in ["", "~body", "~sheen"] {
                    self.shift(index, &format!("{mark}{part}"), delay, WATER_MS);
                }
                self.swap(index, mark, delay, WATER_MS);
                self.fill(index, mark, delay);
                (WATER_MS, 0.8)
            }
            Motion::LineChanged(line) => {
                let fate = format!("{line}~fate");
                let mark = if self.has(index, &fate) { fate } else { line.clone() };
                self.go(index, &mark, delay, MARK_MS, Ease::Linear, vec![seen(0.0, 0.0), seen(1.0, 1.0)]);
                (MARK_MS, 1.0)
            }
            Motion::TokenMoved(token) => match (self.place_before(index, token), self.place(index, token)) {
                (Some(from), Some(at)) if from != at => {
                    self.go(
                        index,
                        token,
                        delay,
                        TRAVEL_MS,
                        Ease::InOut,
                        vec![point(0.0, from, 1.0), point(1.0, at, 1.0)],
                    );
                    (TRAVEL_MS, 1.0)
                }
                (None, Some(at)) => {
                    let from = (at.0 - 24.0, at.1);
                    self.go(index, token, delay, MOVE_MS, Ease::Out, vec![point(0.0, from, 0.0), point(1.0, at, 1.0)]);
                    (MOVE_MS, 1.0)
                }
                _ => (0.0, 1.0),
            },
            Motion::TokensMoved(tokens) => self.tokens(index, tokens, delay),
            Motion::ValueChanged(mark) => {
                self.go(index, mark, delay, MARK_MS, Ease::Linear, vec![seen(0.0, 0.0), seen(1.0, 1.0)]);
                (MARK_MS, 1.0)
            }
            Motion::Still => (0.0, 1.0),
        }
    }

    /// Partitions come from where they were: another member's card, or the strip of those that nobody owned.
    #[inline(never)]
    fn tokens(&mut self, index: usize, tokens: &[String], delay: f64) -> (f64, f64) {
        let mut moved = false;
        for token in tokens {
            let Some((_, partition)) = token.split_once('/') else { continue };
            let Some(at) = self.place(index, token) else { continue };
            let side = if token.starts_with(B) { B } else { "" };
            let picture = self.pictures.get(index);
            let before = picture.and_then(|picture| crate::stage::group::token_of(picture, side, partition));
            let (from, seen) = before.map_or(((at.0, at.1 - 24.0), 0.0), |from| (from, 1.0));
            if from != at {
                moved = true;
                let points = vec![point(0.0, from, seen), point(1.0, at, 1.0)];
                self.go(index, token, delay, TRAVEL_MS, Ease::InOut, points);
            }
        }
        if moved { (TRAVEL_MS, 1.0) } else { (0.0, 1.0) }
    }

    fn sent(&mut self, index: usize, message: &str, delay: f64, start: f64) -> (f64, f64) {
        let received = self
            .beats
            .iter()
            .skip(index)
            .flat_map(|beat| &beat.facts)
            .any(|fact| fact.motion == Motion::MessageReceived(message.to_owned()));
        let duration = if received { TRAVEL_MS } else { TRAVEL_MS / 2.0 };
        if received {
            self.arrival.insert(message.to_owned(), start + duration);
        }
        // A message that is sent and received in one moment has no picture of its own.
        let Some(travel) = self.pictures.get(index + 1).and_then(|picture| picture.travels.get(message)).copied()
        else {
            self.arrival.remove(message);
            return (0.0, 1.0);
        };
        for (part, drawn) in [("~way", true), ("~ahead", false)] {
            let part = format!("{message}{part}");
            let (from, to) =
                if drawn { (drawn_to(0.0, 0.0), drawn_to(1.0, 1.0)) } else { (seen(0.0, 0.0), seen(1.0, 1.0)) };
            self.go(
                index,
                &part,
                delay,
                TRAVEL_MS / 2.0,
                if drawn { Ease::Move } else { Ease::Linear },
                vec![from, to],
            );
        }
        if travel.start == travel.rest {
            self.go(index, message, delay, MARK_MS, Ease::Linear, vec![seen(0.0, 0.0), seen(1.0, 1.0)]);
            return (MARK_MS, 1.0);
        }
        let points = if received {
            vec![
                point(0.0, travel.start, 0.0),
                point(0.08, between(travel.start, travel.end, 0.08), 1.0),
                point(0.92, between(travel.start, travel.end, 0.92), 1.0),
                point(1.0, travel.end, 0.0),
            ]
        } else {
            vec![
                point(0.0, travel.start, 0.0),
                point(0.16, between(travel.start, travel.rest, 0.16), 1.0),
                point(1.0, travel.rest, 1.0),
            ]
        };
        let ease = if received { Ease::InOut } else { Ease::Move };
        self.moves.push(Move {
            mark: message.to_owned(),
            after: index + 1,
            delay_ms: delay,
            duration_ms: duration,
            ease,
            holds: received,
            points,
        });
        (duration, 1.0)
    }

    /// A message that waits in its receiver comes to its port.
    fn parked(&mut self, index: usize, message: &str, delay: f64) {
        let before = self.pictures.get(index).and_then(|picture| picture.travels.get(message)).copied();
        if let (Some(before), Some(at)) = (before, self.place(index, message)) {
            self.go(index, message, delay, MARK_MS, Ease::Move, vec![point(0.0, before.end, 0.0), point(1.0, at, 1.0)]);
        }
    }

    fn go(&mut self, index: usize, mark: &str, delay: f64, duration: f64, ease: Ease, points: Vec<Point>) {
        self.moves.push(Move {
            mark: mark.to_owned(),
            after: index + 1,
            delay_ms: delay,
            duration_ms: duration,
            ease,
            holds: false,
            points,
        });
    }

    /// From where the mark stood to where it stands, if that differs.
    fn shift(&mut self, index: usize, mark: &str, delay: f64, duration: f64) {
        if let (Some(from), Some(at)) = (self.place_before(index, mark), self.place(index, mark))
            && from != at
        {
            self.go(index, mark, delay, duration, Ease::Move, vec![at_point(0.0, from), at_point(1.0, at)]);
        }
    }

    /// The words of a value change half way.
    fn swap(&mut self, index: usize, mark: &str, delay: f64, duration: f64) {
        for (part, from, to) in [("~now", 0.0, 1.0), ("~was", 1.0, 0.0)] {
            let part = format!("{mark}{part}");
            if self.has(index, &format!("{mark}~was")) {
                self.go(
                    index,
                    &part,
                    delay,
                    duration,
                    Ease::Linear,
                    vec![seen(0.0, from), seen(0.499, from), seen(0.5, to), seen(1.0, to)],
                );
            }
        }
    }

    /// Records fill while the high watermark's line crosses their cells.
    fn fill(&mut self, index: usize, mark: &str, delay: f64) {
        let Some(row) = mark.strip_suffix("/hw") else { return };
        let (Some(from), Some(to)) = (self.place_before(index, mark), self.place(index, mark)) else {
            return;
        };
        let way = (to.0 - from.0).max(1.0);
        for record in self.marks(index, &format!("{row}/record-")) {
            let Some(at) = self.place(index, &record).filter(|at| at.0 > from.0 - 1.0 && at.0 < to.0) else {
                continue;
            };
            let begin = bounded((at.0 - from.0) / way, 0.0, 0.9);
            let points = vec![painted(0.0, "var(--panel)"), painted(begin, "var(--panel)"), painted(1.0, "var(--ks)")];
            self.go(index, &format!("{record}~box"), delay, WATER_MS, Ease::Move, points);
        }
    }

    fn place(&self, index: usize, mark: &str) -> Option<(f64, f64)> {
        find(self.pictures.get(index + 1)?, mark)
    }

    fn place_before(&self, index: usize, mark: &str) -> Option<(f64, f64)> {
        find(self.pictures.get(index)?, mark)
    }

    fn has(&self, index: usize, mark: &str) -> bool {
        let mut found = false;
        if let Some(picture) = self.pictures.get(index + 1) {
            picture.walk(&mut |node, _| found |= node.mark.as_deref() == Some(mark));
        }
        found
    }

    fn marks(&self, index: usize, prefix: &str) -> Vec<String> {
        let Some(picture) = self.pictures.get(index + 1) else {
            return Vec::new();
        };
        picture.places().into_keys().filter(|mark| mark.starts_with(prefix) && !mark.contains('~')).collect()
    }
}

fn find(picture: &Picture, mark: &str) -> Option<(f64, f64)> {
    let mut place = None;
    picture.walk(&mut |node, _| {
        if node.mark.as_deref() == Some(mark) {
            place = place.or(node.at);
        }
    });
    place
}

fn between(a: (f64, f64), b: (f64, f64), part: f64) -> (f64, f64) {
    (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part)
}

fn point(when: f64, at: (f64, f64), opacity: f64) -> Point {
    Point { when, at: Some(at), opacity: Some(opacity), ..Point::default() }
}

fn at_point(when: f64, at: (f64, f64)) -> Point {
    Point { when, at: Some(at), ..Point::default() }
}

fn seen(when: f64, opacity: f64) -> Point {
    Point { when, opacity: Some(opacity), ..Point::default() }
}

fn drawn_to(when: f64, drawn: f64) -> Point {
    Point { when, drawn: Some(drawn), ..Point::default() }
}

fn painted(when: f64, fill: &'static str) -> Point {
    Point { when, fill: Some(fill), ..Point::default() }
}
