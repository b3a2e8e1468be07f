//! One scenario being played: the player, what of it is on the screen, and the motion between.

use highwater_player::sorted::SortedMap;
use std::rc::Rc;

use highwater_player::beat::Beat;
use highwater_player::command::{Arrival, Command};
use highwater_player::inspect::Inspection;
use highwater_player::lang::Lang;
use highwater_player::phrase::Phrase;
use highwater_player::playback::Player;
use highwater_player::scene::{Scene, text};
use highwater_player::sequence::Arrow;
use highwater_player::words::{Answered, Answering, Inline, Question, Why};

use crate::action::FactFilter;
use crate::compare::form::ForkForm;
use crate::compare::{Comparing, SideA, Standing};
use crate::components::inline::{ended, plain};
use crate::components::player::Shown;
use crate::components::sequence_view;
use crate::components::share::Share;
use crate::components::timeline::{ChapterMarks, StopMark};
use crate::components::words::step_of;
use crate::motion::{self, Move, Plan, Speed};
use crate::options::View;
use crate::stage::frame::Frame;
use crate::stage::{self, Changes, Draw, Look, Picture, answers};

/// A step that plays.
#[derive(Debug)]
struct Running {
    plan: Plan,
    beats: Vec<Beat>,
    /// The scenes of the other future, where two are shown.
    scenes_of_b: Vec<Rc<Scene>>,
    drawn: usize,
}

/// A scenario and how far its showing is.
pub struct Session {
    /// The player.
    pub player: Player,
    /// The scene on the screen: the player's, or that of a beat on the way there.
    stands: Standing,
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
    /// The mark that the inspector looks into.
    pub inspect: Option<String>,
    /// How many of the last messages the sequence passes over.
    pub sequence_back: usize,
    /// What was given in the place of a number.
    pub no_number: Option<String>,
    /// Which facts are listed.
    pub filter: FactFilter,
    /// The narrow player's menu is open.
    pub menu: bool,
    /// Two futures are shown, not one.
    pub compare: Option<Box<Comparing>>,
    /// The link to this picture is shown.
    pub share: Option<Box<Share>>,
    /// A change is being chosen.
    pub form: Option<Box<ForkForm>>,
}

/// The pause after a step while playing: a second, and this much for each character to read.
const PAUSE_MS: f64 = 1_000.0;
const PAUSE_PER_LETTER_MS: f64 = 32.0;
const PAUSE_PER_HAN_MS: f64 = 110.0;

impl Session {
    /// A scenario at its first step.
    pub fn new(player: Player, reduced: bool) -> Session {
        Session {
            stands: Standing::at_rest(&player),
            player,
            changed_in: SortedMap::new(),
            running: None,
            serial: 0,
            playing: false,
            speed: Speed::One,
            reduced,
            scrubbing: false,
            gloss: None,
            why: None,
            inspect: None,
            sequence_back: 0,
            no_number: None,
            filter: FactFilter::default(),
            menu: false,
            compare: None,
            share: None,
            form: None,
        }
    }

    /// Follows a command. A motion that plays is over at once.
    ///
    /// # Errors
    /// What the player says about a step or choice that is not there.
    pub fn go(&mut self, command: Command, lang: Lang, frame: Frame, player_px: f64) -> Result<Arrival, Phrase> {
        self.settle();
        self.why = None;
        self.sequence_back = 0;
        self.no_number = None;
        // Where a reader compares, no question is asked, so none is passed.
        let arrival = match (&self.compare, command) {
            (Some(compare), Command::Next) if !compare.is_own => self.player.advance(),
            (_, command) => self.player.dispatch(command).map_err(|error| error.phrase())?,
        };
        if let Some(compare) = &mut self.compare {
            compare.fork.follow(&self.player);
            compare.settle();
            self.gloss = None;
            self.stands = Standing::at_rest(&self.player);
            if arrival != Arrival::Forward || self.reduced {
                return Ok(if arrival == Arrival::Forward { Arrival::Cut } else { arrival });
            }
            self.forward_together(lang, player_px);
            return Ok(arrival);
        }
        match arrival {
            Arrival::Forward => self.forward(lang, frame),
            Arrival::Cut => {
                let changes = self.changed_in.get(&self.player.step()).cloned().unwrap_or_default();
                self.stands = Standing { scene: self.player.scene(), changes };
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
            self.stands = Standing { scene: end, changes };
            return;
        }
        let beats = self.player.beats();
        let before = self.player.before();
        let mut earlier = Rc::clone(&before);
        let mut pictures = vec![Session::picture_of(&before, &Look::default(), lang, frame)];
        for beat in &beats {
            let look = Look { changes: Changes::between(&earlier, &beat.scene), ..Look::default() };
            pictures.push(Session::picture_of(&beat.scene, &look, lang, frame));
            earlier = Rc::clone(&beat.scene);
        }
        let plan = motion::plan(&pictures, &beats, self.speed);
        self.stands = Standing { scene: before, changes: Changes::default() };
        self.run(Running { plan, beats, scenes_of_b: Vec::new(), drawn: 0 });
    }

    /// Both futures go the step as one.
    fn forward_together(&mut self, lang: Lang, player_px: f64) {
        let Some(compare) = &mut self.compare else { return };
        let together = compare.together(&self.player, self.speed, lang, player_px);
        compare.folded = Some(together.folded);
        compare.b = Standing { scene: compare.fork.player.before(), changes: Changes::default() };
        self.stands = Standing { scene: self.player.before(), changes: Changes::default() };
        let (plan, beats, scenes_of_b) = (together.plan, together.beats, together.scenes_of_b);
        self.run(Running { plan, beats, scenes_of_b, drawn: 0 });
    }

    fn run(&mut self, running: Running) {
        self.running = Some(running);
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
        self.stands.follow(&beat.scene);
        if let (Some(compare), Some(scene)) = (&mut self.compare, running.scenes_of_b.get(running.drawn)) {
            compare.b.follow(scene);
        }
        running.drawn += 1;
    }

    /// Ends a motion: the picture shows where it led.
    pub fn settle(&mut self) {
        if self.running.take().is_some() {
            self.serial = self.serial.wrapping_add(1);
            self.stands = Standing::at_rest(&self.player);
            if let Some(compare) = &mut self.compare {
                compare.settle();
            }
        }
    }

    /// The question of this step waits for an answer.
    pub fn is_asking(&self, lang: Lang) -> bool {
        self.asks() && self.player.question(lang).is_some_and(|question| question.answered == Answered::Open)
    }

    /// Questions are asked: not where a reader compares.
    fn asks(&self) -> bool {
        self.compare.as_ref().is_none_or(|compare| compare.is_own)
    }

    /// Why a mark shows what it shows, in the future whose mark it is.
    pub fn why_of(&self, mark: &str, lang: Lang) -> Option<Why> {
        match &self.compare {
            Some(compare) => {
                let (player, mark) = compare.side_of(&self.player, mark);
                player.why(mark, lang)
            }
            None => self.player.why(mark, lang),
        }
    }

    /// The scenario itself, beside another future.
    pub fn side_a(&self) -> SideA<'_> {
        SideA { player: &self.player, stands: &self.stands }
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
        let step = step_of(lang, self.player.step(), self.player.steps());
        let mut spoken = ended(&step, lang) + &ended(&plain(&words.title), lang) + &plain(&words.say);
        if let Some(compare) = &self.compare {
            spoken.push(' ');
            spoken.push_str(&compare.spoken(&self.player, lang));
        }
        spoken
    }

    /// The picture that stands on the screen.
    pub fn picture(&self, lang: Lang, frame: Frame) -> Picture {
        let look = Look {
            changes: self.stands.changes.clone(),
            reduced: self.reduced,
            asking: self.is_asking(lang),
            ..Look::default()
        };
        let mut picture = Session::picture_of(&self.stands.scene, &look, lang, frame);
        if let Some(question) = self.pointing(lang) {
            answers::mark(&mut picture, &question, lang);
        }
        picture
    }

    /// The question of this step, if it is about marks of the picture that stands.
    fn pointing(&self, lang: Lang) -> Option<Question> {
        let is_pointed_at = |question: &Question| question.answering == Answering::Point && !self.is_busy();
        self.player.question(lang).filter(is_pointed_at)
    }

    /// The picture of a scene with nothing new in it.
    pub fn quiet_picture(scene: &Scene, lang: Lang, frame: Frame) -> Picture {
        Session::picture_of(scene, &Look::default(), lang, frame)
    }

    fn picture_of(scene: &Scene, look: &Look, lang: Lang, frame: Frame) -> Picture {
        let label = |mark: &str| text::label(scene, mark, lang);
        stage::draw(&Draw { scene, lang, frame, look, label: &label }, None)
    }

    /// Everything that the player's component shows.
    pub fn shown(&self, lang: Lang, view: View, frame: Frame, player_px: f64) -> Shown {
        let player = &self.player;
        let facts = if view == View::Facts { player.facts(lang) } else { player.latest_facts(2, lang) };
        let text = if view == View::Text {
            player.text(lang).into_iter().map(|block| (block.heading, block.lines)).collect()
        } else {
            Vec::new()
        };
        let marks = if view == View::Text { self.marks(lang) } else { Vec::new() };
        let sequence = (view == View::Sequence).then(|| Rc::new(player.sequence(self.sequence_back)));
        let picture = match view {
            _ if self.compare.is_some() => Picture::default(),
            View::Stage | View::Sequence => self.picture_in(view, lang, frame),
            View::Facts | View::Text => Picture::default(),
        };
        let compare = self.compare.as_ref().map(|compare| Rc::new(compare.shown(self.side_a(), lang, view, player_px)));
        let listed = self.pointing(lang).is_some_and(|question| !answers::all_there(&picture, &question));
        Shown {
            id: player.id().to_owned(),
            lang,
            view,
            step: player.step(),
            steps: player.steps(),
            words: player.words(lang),
            question: if self.asks() { player.question(lang) } else { None },
            facts,
            text,
            marks,
            chapters: self.chapters(lang),
            picture: Rc::new(picture),
            sequence,
            sequence_back: self.sequence_back,
            time_us: self.stands.scene.time_us,
            busy: self.is_busy(),
            playing: self.playing,
            speed: self.speed,
            gloss: self.gloss.clone(),
            inspection: self.inspection(lang),
            mode: frame.mode,
            about: self.filter.mark.as_ref().and_then(|mark| Some(player.inspect(mark, lang)?.title)),
            why: self.why.as_deref().and_then(|mark| Some((mark.to_owned(), self.why_of(mark, lang)?))),
            listed,
            review: None,
            onward: None,
            no_number: self.no_number.clone(),
            filter: self.filter.clone(),
            menu: self.menu,
            scrubbing: self.scrubbing,
            compare,
        }
    }

    /// What a view draws.
    pub fn picture_in(&self, view: View, lang: Lang, frame: Frame) -> Picture {
        if view == View::Sequence {
            return self.sequence_picture(lang, frame);
        }
        self.picture(lang, frame)
    }

    #[inline(never)]
    fn sequence_picture(&self, lang: Lang, frame: Frame) -> Picture {
        let sequence = self.player.sequence(self.sequence_back);
        let label = |arrow: &Arrow| sequence_view::label(lang, &sequence, arrow);
        stage::sequence::draw(&stage::sequence::Draw {
            sequence: &sequence,
            frame,
            say: &|phrase| phrase.say(lang),
            label: &label,
        })
    }

    /// The marks of the picture with their labels.
    fn marks(&self, lang: Lang) -> Vec<(String, String)> {
        let label = |mark: String| text::label(&self.stands.scene, &mark, lang).map(|label| (mark, label));
        text::marks(&self.stands.scene).into_iter().filter_map(label).collect()
    }

    /// What the inspector shows, if it is open.
    fn inspection(&self, lang: Lang) -> Option<Rc<Inspection>> {
        self.inspect.as_ref().and_then(|mark| self.player.inspect(mark, lang)).map(Rc::new)
    }

    fn chapters(&self, lang: Lang) -> Vec<ChapterMarks> {
        let stops = self.player.stops(lang);
        let first = self.compare.as_ref().and_then(|compare| compare.fork.first().map(|first| first.step));
        self.player
            .chapters(lang)
            .into_iter()
            .enumerate()
            .map(|(index, chapter)| ChapterMarks {
                title: chapter.title,
                stops: stops
                    .iter()
                    .filter(|stop| stop.chapter == index)
                    .map(|stop| StopMark {
                        number: stop.number,
                        title: stop.title.clone(),
                        question: stop.question,
                        differs: first == Some(stop.number),
                    })
                    .collect(),
            })
            .filter(|chapter| !chapter.stops.is_empty())
            .collect()
    }
}
