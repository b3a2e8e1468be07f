//! One scenario being played: the player, what of it is on the screen, and the motion between.

use highwater_player::sorted::SortedMap;
use std::rc::Rc;

use highwater_player::beat::Beat;
use highwater_player::command::{Arrival, Command};
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::playback::Player;
use highwater_player::scene::{Scene, text};
use highwater_player::words::{Answered, Inline};

use crate::action::FactFilter;
use crate::components::inline::plain;
use crate::components::player::Shown;
use crate::components::timeline::{ChapterMarks, StopMark};
use crate::components::words::step_of;
use crate::motion::{self, Move, Plan, Speed};
use crate::options::View;
use crate::stage::frame::Frame;
use crate::stage::{self, Changes, Draw, Look, Picture};

/// A step that plays.
#[derive(Debug)]
struct Running {
    plan: Plan,
    beats: Vec<Beat>,
    drawn: usize,
}

/// A scenario and how far its showing is.
pub struct Session {
    /// The player.
    pub player: Player,
    /// The scene on the screen: the player's, or that of a beat on the way there.
    scene: Rc<Scene>,
    changes: Changes,
    /// What changed in a step, for pictures without motion.
    changed_in: SortedMap<usize, Changes>,
    running: Option<Running>,
    /// Counts motions and pauses, so that a timer of an earlier one says nothing.
    pub serial: u32,
    /// Steps follow each other by themselves.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Without motion.
    pub reduced: bool,
    /// The timeline is being dragged.
    pub scrubbing: bool,
    /// The term whose gloss is open.
    pub gloss: Option<String>,
    /// The mark of which is asked why it is so.
    pub why: Option<String>,
    /// Which facts are listed.
    pub filter: FactFilter,
    /// The narrow player's menu is open.
    pub menu: bool,
}

/// The pause after a step while playing: a second, and this much for each character to read.
const PAUSE_MS: f64 = 1_000.0;
const PAUSE_PER_LETTER_MS: f64 = 32.0;
const PAUSE_PER_HAN_MS: f64 = 110.0;

impl Session {
    /// A scenario at its first step.
    pub fn new(player: Player, reduced: bool) -> Session {
        Session {
            scene: player.scene(),
            player,
            changes: Changes::default(),
            changed_in: SortedMap::new(),
            running: None,
            serial: 0,
            playing: false,
            speed: Speed::One,
            reduced,
            scrubbing: false,
            gloss: None,
            why: None,
            filter: FactFilter::default(),
            menu: false,
        }
    }

    /// Follows a command. A motion that plays is over at once.
    ///
    /// # Errors
    /// What the player says about a step or choice that is not there.
    pub fn go(&mut self, command: Command, lang: Lang, frame: Frame) -> Result<Arrival, Phrase> {
        self.settle();
        self.why = None;
        let arrival = self.player.dispatch(command).map_err(|error| error.phrase())?;
        match arrival {
            Arrival::Forward => self.forward(lang, frame),
            Arrival::Cut => {
                self.scene = self.player.scene();
                self.changes = self.changed_in.get(&self.player.step()).cloned().unwrap_or_default();
                self.gloss = None;
            }
            Arrival::Stayed => {}
        }
        Ok(arrival)
    }

    fn forward(&mut self, lang: Lang, frame: Frame) {
        let end = self.player.scene();
        let changes = Changes::between(&self.player.before(), &end);
        self.changed_in.insert(self.player.step(), changes.clone());
        self.gloss = None;
        if self.reduced {
            self.scene = end;
            self.changes = changes;
            return;
        }
        let beats = self.player.beats().to_vec();
        let before = self.player.before();
        let mut earlier = Rc::clone(&before);
        let mut pictures = vec![Session::picture_of(&before, &Look::default(), lang, frame)];
        for beat in &beats {
            let look = Look { changes: Changes::between(&earlier, &beat.scene), ..Look::default() };
            pictures.push(Session::picture_of(&beat.scene, &look, lang, frame));
            earlier = Rc::clone(&beat.scene);
        }
        let plan = motion::plan(&pictures, &beats, self.speed);
        self.scene = before;
        self.changes = Changes::default();
        self.running = Some(Running { plan, beats, drawn: 0 });
        self.serial = self.serial.wrapping_add(1);
        if !self.moves_anything() {
            self.settle();
        }
    }

    fn moves_anything(&self) -> bool {
        self.running.as_ref().is_some_and(|running| !running.plan.moves.is_empty())
    }

    /// A motion plays.
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// How long until the next beat is to be drawn, in ms from the step's start, or until all is over.
    pub fn next_at(&self) -> Option<(f64, bool)> {
        let running = self.running.as_ref()?;
        match running.plan.commits.get(running.drawn) {
            Some(at) => Some((*at, false)),
            None => Some((running.plan.total_ms, true)),
        }
    }

    /// When the last drawn beat was due, in ms from the step's start.
    pub fn drawn_at(&self) -> f64 {
        let Some(running) = &self.running else { return 0.0 };
        running.drawn.checked_sub(1).and_then(|last| running.plan.commits.get(last)).copied().unwrap_or(0.0)
    }

    /// The motions that begin with the picture that stands now.
    pub fn moves(&self) -> Vec<Move> {
        let Some(running) = &self.running else {
            return Vec::new();
        };
        running.plan.moves.iter().filter(|one| one.after == running.drawn).cloned().collect()
    }

    /// Draws the next beat.
    pub fn draw_beat(&mut self) {
        let Some(running) = &mut self.running else { return };
        let Some(beat) = running.beats.get(running.drawn) else {
            return;
        };
        self.changes = Changes::between(&self.scene, &beat.scene);
        self.scene = Rc::clone(&beat.scene);
        running.drawn += 1;
    }

    /// Ends a motion: the picture shows where it led.
    pub fn settle(&mut self) {
        if self.running.take().is_some() {
            self.serial = self.serial.wrapping_add(1);
            self.scene = self.player.scene();
            self.changes = Changes::default();
        }
    }

    /// The question of this step waits for an answer.
    pub fn is_asking(&self, lang: Lang) -> bool {
        self.player.question(lang).is_some_and(|question| question.answered == Answered::Open)
    }

    /// There is nothing after this step.
    pub fn is_at_end(&self) -> bool {
        self.player.step() >= self.player.steps()
    }

    /// How long the words take to read, in ms, at the session's speed.
    pub fn reading_ms(&self, lang: Lang) -> f64 {
        let words = self.player.words(lang);
        let letters = |inlines: &[Inline]| {
            plain(inlines)
                .chars()
                .map(|c| if u32::from(c) > 0x2e80 { PAUSE_PER_HAN_MS } else { PAUSE_PER_LETTER_MS })
                .sum::<f64>()
        };
        (PAUSE_MS + letters(&words.title) + letters(&words.say)) * self.speed.tempo()
    }

    /// The step in words, for screen readers.
    pub fn spoken(&self, lang: Lang) -> String {
        let words = self.player.words(lang);
        format!(
            "{}. {}. {}",
            step_of(lang, self.player.step(), self.player.steps()),
            plain(&words.title),
            plain(&words.say)
        )
    }

    /// The picture that stands on the screen.
    pub fn picture(&self, lang: Lang, frame: Frame) -> Picture {
        let look = Look { changes: self.changes.clone(), reduced: self.reduced, asking: self.is_asking(lang) };
        Session::picture_of(&self.scene, &look, lang, frame)
    }

    fn picture_of(scene: &Scene, look: &Look, lang: Lang, frame: Frame) -> Picture {
        let label = |mark: &str| text::label(scene, mark, lang);
        stage::draw(&Draw { scene, lang, frame, look, label: &label }, None)
    }

    /// Everything that the player's component shows.
    pub fn shown(&self, lang: Lang, view: View, frame: Frame) -> Shown {
        let player = &self.player;
        let facts = if view == View::Facts { player.facts(lang) } else { player.latest_facts(2, lang) };
        let text = if view == View::Text {
            player.text(lang).into_iter().map(|block| (block.heading, block.lines)).collect()
        } else {
            Vec::new()
        };
        let picture = if view == View::Stage { self.picture(lang, frame) } else { Picture::default() };
        Shown {
            id: player.id().to_owned(),
            lang,
            view,
            step: player.step(),
            steps: player.steps(),
            words: player.words(lang),
            question: player.question(lang),
            facts,
            text,
            chapters: self.chapters(lang),
            picture: Rc::new(picture),
            time_us: self.scene.time_us,
            busy: self.is_busy(),
            playing: self.playing,
            speed: self.speed,
            gloss: self.gloss.clone(),
            why: self.why.as_deref().and_then(|mark| Some((mark.to_owned(), player.why(mark, lang)?))),
            filter: self.filter.clone(),
            menu: self.menu,
            scrubbing: self.scrubbing,
        }
    }

    fn chapters(&self, lang: Lang) -> Vec<ChapterMarks> {
        let stops = self.player.stops(lang);
        self.player
            .chapters(lang)
            .into_iter()
            .enumerate()
            .map(|(index, chapter)| ChapterMarks {
                title: chapter.title,
                stops: stops
                    .iter()
                    .filter(|stop| stop.chapter == index)
                    .map(|stop| StopMark { number: stop.number, title: stop.title.clone(), question: stop.question })
                    .collect(),
            })
            .filter(|chapter| !chapter.stops.is_empty())
            .collect()
    }
}
