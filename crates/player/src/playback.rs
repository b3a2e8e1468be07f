//! The player: a scenario that has run, and where in it the learner is.

mod error;
mod inspect;
mod sequence;
mod stops;

use highwater_sim::sorted::SortedMap;
use std::rc::Rc;

use highwater_sim::fact::Fact;

pub use error::{CommandError, OpenError};
pub use stops::{Chapter, Stop};

use crate::beat::Beat;
use crate::beats;
use crate::command::{Arrival, Command};
use crate::glossary;
use crate::lang::Lang;
use crate::marks;
use crate::past::{Past, Seen};
use crate::question::{self, Given, Resolved, ResolvedChoice};
use crate::run::{self, Run, StepEnd};
use crate::say::say;
use crate::scene::Scene;
use crate::scene::build::{Palette, View, scene};
use crate::scene::text::{self, TextBlock};
use crate::script::{self, Choices, MAX_BROUGHT_EVENTS, Scenario};
use crate::template::Template;
use crate::words::{Answered, Answering, Choice, FactLine, Gloss, Inline, Question, StepWords};

/// The most facts of a chain that are told, besides its end.
const WHY_LINES: usize = 6;

/// A scenario being played.
#[derive(Debug)]
pub struct Player {
    scenario: Scenario,
    run: Run,
    palette: Palette,
    past: Rc<Past>,
    questions: Vec<Option<Resolved>>,
    answers: SortedMap<usize, Given>,
    step: usize,
    /// The step was reached from the one before.
    is_forward: bool,
    before: Rc<Scene>,
    scene: Rc<Scene>,
}

impl Player {
    /// Opens a packed scenario: reads it, runs it to its end, and stands at its first step.
    ///
    /// # Errors
    /// What is wrong with the scenario, and where.
    pub fn open(packed: &str) -> Result<Player, OpenError> {
        Player::with(Scenario::from_json(packed)?)
    }

    /// Opens a packed scenario that somebody brought: nothing in it is trusted to be small, or to end.
    ///
    /// # Errors
    /// As [`Player::open`], and what is out of bounds.
    pub fn open_brought(packed: &str) -> Result<Player, OpenError> {
        let scenario = Scenario::brought(packed)?;
        let run = run::run_within(&scenario, MAX_BROUGHT_EVENTS)?;
        Player::of(scenario, run)
    }

    /// Plays a scenario that is already there.
    ///
    /// # Errors
    /// As [`Player::open`].
    pub fn with(scenario: Scenario) -> Result<Player, OpenError> {
        let run = run::run(&scenario)?;
        Player::of(scenario, run)
    }

    fn of(scenario: Scenario, run: Run) -> Result<Player, OpenError> {
        let mut palette = Palette::default();
        for key in run::keys(&scenario) {
            palette.note(key.as_deref());
        }
        let past = Rc::new(Past::of(&run.history, &palette));
        let mut questions = Vec::with_capacity(scenario.steps.len());
        for (index, step) in scenario.steps.iter().enumerate() {
            let wrong = |message: String| OpenError::Step { step: step.id.clone(), message };
            let resolved = step.ask.as_ref().map(|_| question::resolve(&scenario, index, &run)).transpose();
            questions.push(resolved.map_err(wrong)?);
            for lang in Lang::ALL {
                for template in [step.title.get(lang), step.say.get(lang)] {
                    render(template, &run, index, lang).map_err(wrong)?;
                }
                if let Some(ask) = &step.ask {
                    render(ask.question.get(lang), &run, index, lang).map_err(wrong)?;
                    render(ask.why.get(lang), &run, ask.after, lang).map_err(wrong)?;
                }
            }
        }
        let empty = Rc::new(Scene::default());
        let (before, scene) = (Rc::clone(&empty), empty);
        let answers = SortedMap::new();
        let mut player =
            Player { scenario, run, palette, past, questions, answers, step: 0, is_forward: false, before, scene };
        player.arrive(0, Arrival::Cut);
        Ok(player)
    }

    /// A player of the same scenario whose run is another one, such as one where something was changed. Its questions are
    /// not asked, and what its texts cannot say there they leave out.
    pub(crate) fn with_run(&self, run: Run) -> Player {
        let empty = Rc::new(Scene::default());
        let (before, scene) = (Rc::clone(&empty), empty);
        let (scenario, palette) = (self.scenario.clone(), self.palette.clone());
        let (questions, answers) = (Vec::new(), SortedMap::new());
        let past = Rc::new(Past::of(&run.history, &palette));
        let mut player =
            Player { scenario, run, palette, past, questions, answers, step: 0, is_forward: false, before, scene };
        player.arrive(self.step, Arrival::Cut);
        player
    }

    /// The scenario compares two futures by itself.
    pub fn compares(&self) -> bool {
        self.scenario.compare.is_some()
    }

    /// What is said of this run alone at the present step, where it is B of a comparison.
    pub fn words_of_b(&self, lang: Lang) -> Vec<Inline> {
        let text = self.scenario.steps.get(self.step).and_then(|step| step.say_b.as_ref());
        text.map(|text| self.rendered(text.get(lang), self.step, lang)).unwrap_or_default()
    }

    /// The scenario's id.
    pub fn id(&self) -> &str {
        &self.scenario.id
    }

    /// The scenario itself.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The run behind it.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The question that the scenario answers.
    pub fn title(&self, lang: Lang) -> String {
        self.scenario.title.get(lang).clone()
    }

    /// The family that it belongs to.
    pub fn family(&self, lang: Lang) -> String {
        self.scenario.family.title.get(lang).clone()
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.scenario.steps.len()
    }

    /// The number of the present step, from 1.
    pub fn step(&self) -> usize {
        self.step.saturating_add(1)
    }

    /// The number of a step by its number or its id.
    pub fn step_number(&self, text: &str) -> Option<usize> {
        match text.parse::<usize>() {
            Ok(number) => (1..=self.steps()).contains(&number).then_some(number),
            Err(_) => self.scenario.step_index(text).map(|index| index.saturating_add(1)),
        }
    }

    /// The stops of the timeline.
    pub fn stops(&self, lang: Lang) -> Vec<Stop> {
        let stop = |(index, step): (usize, &script::Step)| Stop {
            number: index.saturating_add(1),
            id: step.id.clone(),
            title: plain(&self.rendered(step.title.get(lang), index, lang)),
            chapter: step.chapter,
            question: step.ask.as_ref().map(|_| self.answered(index)),
        };
        self.scenario.steps.iter().enumerate().map(stop).collect()
    }

    /// The chapters of the timeline; each has at least one step.
    pub fn chapters(&self, lang: Lang) -> Vec<Chapter> {
        let chapter = |(index, chapter): (usize, &script::Chapter)| {
            let first = self.scenario.steps.iter().position(|step| step.chapter == index)?;
            Some(Chapter { title: chapter.title.get(lang).clone(), first: first.saturating_add(1) })
        };
        self.scenario.chapters.iter().enumerate().filter_map(chapter).collect()
    }

    /// Follows a command.
    ///
    /// # Errors
    /// A step or a choice that is not there; nothing has changed then.
    pub fn dispatch(&mut self, command: Command) -> Result<Arrival, CommandError> {
        let last = self.steps().saturating_sub(1);
        let arrival = match command {
            Command::Next if self.step < last => {
                self.reveal();
                self.arrive(self.step.saturating_add(1), Arrival::Forward)
            }
            Command::Next => {
                self.reveal();
                Arrival::Stayed
            }
            Command::Back if self.step > 0 => self.arrive(self.step.saturating_sub(1), Arrival::Cut),
            Command::Back => Arrival::Stayed,
            Command::First => self.arrive(0, Arrival::Cut),
            Command::Last => self.arrive(last, Arrival::Cut),
            Command::Seek(number) => {
                let steps = self.steps();
                let index = number.checked_sub(1).filter(|index| *index < steps);
                self.arrive(index.ok_or(CommandError::NoStep { step: number, steps })?, Arrival::Cut)
            }
            Command::Answer(choice) => {
                let there = self.resolved(self.step).is_some_and(|question| choice < question.choices.len());
                if !there || self.asks_a_number() || self.answers.contains_key(&self.step) {
                    return Err(CommandError::NoChoice(choice));
                }
                self.answers.insert(self.step, Given::Choice(choice));
                Arrival::Stayed
            }
            Command::Number(number) => {
                self.give(number)?;
                Arrival::Stayed
            }
        };
        Ok(arrival)
    }

    /// Goes to the next step, and no answer is shown: not where nothing is asked.
    pub fn advance(&mut self) -> Arrival {
        let next = self.step.saturating_add(1);
        if next < self.steps() { self.arrive(next, Arrival::Forward) } else { Arrival::Stayed }
    }

    fn asks_a_number(&self) -> bool {
        let ask = self.scenario.steps.get(self.step).and_then(|step| step.ask.as_ref());
        ask.is_some_and(|ask| matches!(ask.choices, Choices::Number(_)))
    }

    /// Answers with a number.
    #[inline(never)]
    fn give(&mut self, number: i64) -> Result<(), CommandError> {
        if !self.asks_a_number() || self.answers.contains_key(&self.step) {
            return Err(CommandError::NoNumber);
        }
        self.answers.insert(self.step, Given::Number(number));
        Ok(())
    }

    /// An open question that is passed shows its answer.
    fn reveal(&mut self) {
        if self.resolved(self.step).is_some() {
            self.answers.get_or_insert_with(self.step, || Given::Nothing);
        }
    }

    fn arrive(&mut self, index: usize, arrival: Arrival) -> Arrival {
        if index == self.step && arrival == Arrival::Cut && !self.scene.panels.is_empty() {
            return Arrival::Stayed;
        }
        self.step = index;
        self.is_forward = arrival == Arrival::Forward;
        let view = self.view(index);
        let (from, to) = (self.start_of(index), self.end_of(index));
        let facts = self.run.history.facts().part(from.moment.facts..to.moment.facts);
        let mut end = scene(&to.world, &view, &self.palette);
        end.new = marks::what_is_new(&view.look, facts);
        self.before = Rc::new(match (arrival, index) {
            (Arrival::Forward, 0) => Scene::default(),
            (Arrival::Forward, _) => {
                // The picture before a step is the one that the learner has been looking at, in the new step's view.
                let mut then = View { look: Vec::new(), ..view };
                then.seen.now = from.moment.facts;
                scene(&from.world, &then, &self.palette)
            }
            _ => end.clone(),
        });
        self.scene = Rc::new(end);
        arrival
    }

    fn start_of(&self, index: usize) -> &StepEnd {
        index.checked_sub(1).and_then(|before| self.run.ends.get(before)).unwrap_or(&self.run.start)
    }

    fn end_of(&self, index: usize) -> &StepEnd {
        self.run.ends.get(index).unwrap_or(&self.run.start)
    }

    fn view(&self, index: usize) -> View {
        let mut view = self.scenario.steps.get(index).map_or_else(View::default, View::of);
        let chapter = self.scenario.steps.get(index).map_or(0, |step| step.chapter);
        let first = self.scenario.steps.iter().position(|step| step.chapter == chapter).unwrap_or(0);
        view.seen = Seen {
            past: Rc::clone(&self.past),
            now: self.end_of(index).moment.facts,
            since_step: self.start_of(index).moment.facts,
            since_chapter: self.start_of(first).moment.facts,
        };
        view
    }

    /// The facts and pictures of the last step forward, made anew each time; empty after any other arrival.
    pub fn beats(&self) -> Vec<Beat> {
        if !self.is_forward {
            return Vec::new();
        }
        let (from, to) = (self.start_of(self.step).moment, self.end_of(self.step).moment);
        let quiet = View { look: Vec::new(), ..self.view(self.step) };
        // In a crowd nothing moves that could be followed.
        let mut beats = if self.scene.is_crowd() {
            Vec::new()
        } else {
            beats::beats(&self.run.history, from, to, &quiet, &self.palette)
        };
        let scene = Rc::clone(&self.scene);
        match beats.last_mut() {
            Some(last) => last.scene = scene,
            None => beats.push(Beat { time_us: scene.time_us, facts: Vec::new(), scene }),
        }
        beats
    }

    /// The step was reached from the one before, so that there are beats.
    pub fn is_forward(&self) -> bool {
        self.is_forward
    }

    /// The picture before the first beat.
    pub fn before(&self) -> Rc<Scene> {
        Rc::clone(&self.before)
    }

    /// The picture of the present step.
    pub fn scene(&self) -> Rc<Scene> {
        Rc::clone(&self.scene)
    }

    /// The words of the present step.
    pub fn words(&self, lang: Lang) -> StepWords {
        let Some(step) = self.scenario.steps.get(self.step) else {
            return StepWords {
                family: self.family(lang),
                title: Vec::new(),
                say: Vec::new(),
                terms: Vec::new(),
                history: None,
            };
        };
        let gloss = |id: &String| {
            let entry = glossary::lookup(id, lang)?;
            Some(Gloss { id: id.clone(), term: entry.term, meaning: entry.meaning })
        };
        StepWords {
            family: self.family(lang),
            title: self.rendered(step.title.get(lang), self.step, lang),
            say: self.rendered(step.say.get(lang), self.step, lang),
            terms: step.terms.iter().filter_map(gloss).collect(),
            history: step.history.clone(),
        }
    }

    /// The question of the present step, if it has one.
    pub fn question(&self, lang: Lang) -> Option<Question> {
        let ask = self.scenario.steps.get(self.step)?.ask.as_ref()?;
        let resolved = self.resolved(self.step)?;
        let answered = self.answered(self.step);
        let open = answered == Answered::Open;
        let given = self.answers.get(&self.step).copied();
        let label = |choice: &ResolvedChoice| match (choice, &ask.choices) {
            (ResolvedChoice::Value(value), _) => vec![Inline::Text { text: value.shown() }],
            (ResolvedChoice::Listed(index), Choices::Listed(listed)) => listed
                .get(*index)
                .map(|choice| self.rendered(choice.say.get(lang), self.step, lang))
                .unwrap_or_default(),
            (ResolvedChoice::Mark(mark), _) => self.mark_in_words(mark, lang),
            (ResolvedChoice::Listed(_), _) => Vec::new(),
        };
        let choices = resolved.choices.iter().enumerate().map(|(index, choice)| Choice {
            label: label(choice),
            right: (!open).then_some(resolved.right.contains(&index)),
            chosen: given == Some(Given::Choice(index)),
            mark: if let ResolvedChoice::Mark(mark) = choice { Some(mark.clone()) } else { None },
        });
        let mut choices: Vec<Choice> = choices.collect();
        let answering = match &ask.choices {
            Choices::Near(_) | Choices::Listed(_) => Answering::Choose,
            Choices::Point(_) => Answering::Point,
            Choices::Number(asked) => {
                question::show_given(given, &mut choices);
                Answering::Number(asked.unit.as_ref().map(|unit| unit.get(lang).clone()))
            }
        };
        let facts = resolved.facts.iter().filter_map(|id| self.run.history.facts().get(usize::try_from(*id).ok()?));
        Some(Question {
            ask: self.rendered(ask.question.get(lang), self.step, lang),
            answering,
            choices,
            answered,
            reason: (!open).then(|| self.rendered(ask.why.get(lang), ask.after, lang)),
            facts: if open { Vec::new() } else { facts.map(|fact| self.line(&fact, lang)).collect() },
        })
    }

    /// All facts until now, oldest first.
    pub fn facts(&self, lang: Lang) -> Vec<FactLine> {
        let facts = self.run.history.facts().part(..self.end_of(self.step).moment.facts);
        facts.iter().map(|fact| self.line(&fact, lang)).collect()
    }

    /// The last `count` facts until now, oldest first.
    pub fn latest_facts(&self, count: usize, lang: Lang) -> Vec<FactLine> {
        let facts = self.run.history.facts().part(..self.end_of(self.step).moment.facts);
        let latest = facts.part(facts.len().saturating_sub(count)..);
        latest.iter().map(|fact| self.line(&fact, lang)).collect()
    }

    pub(crate) fn line(&self, fact: &Fact, lang: Lang) -> FactLine {
        let number = usize::try_from(fact.id.0).unwrap_or(usize::MAX);
        FactLine {
            id: fact.id.0,
            time_us: fact.at.0,
            name: fact.kind.name().to_owned(),
            sentence: say(fact, lang),
            marks: marks::marks(&fact.kind),
            step: self.run.ends.partition_point(|end| end.moment.facts <= number).saturating_add(1),
            brokers: marks::brokers(&fact.kind),
            partition: fact.kind.partition().map(ToString::to_string),
            bad: fact.kind.is_bad(),
        }
    }

    /// The picture in words.
    pub fn text(&self, lang: Lang) -> Vec<TextBlock> {
        text::describe(&self.scene, lang)
    }

    /// A mark in words: type, name, state, value.
    pub fn label(&self, mark: &str, lang: Lang) -> Option<String> {
        text::label(&self.scene, mark, lang)
    }

    /// The questions answered so far: the step's number, and whether the answer was right.
    pub fn answers(&self) -> Vec<(usize, bool)> {
        let told = |(step, given): (&usize, &Given)| {
            let right = self.resolved(*step)?.is_right(*given);
            (*given != Given::Nothing).then_some((step.saturating_add(1), right))
        };
        self.answers.iter().filter_map(told).collect()
    }

    fn resolved(&self, index: usize) -> Option<&Resolved> {
        self.questions.get(index)?.as_ref()
    }

    fn answered(&self, index: usize) -> Answered {
        match (self.answers.get(&index), self.resolved(index)) {
            (Some(Given::Nothing), _) => Answered::Revealed,
            (Some(given), Some(question)) if question.is_right(*given) => Answered::Right,
            (Some(_), _) => Answered::Wrong,
            (None, _) => Answered::Open,
        }
    }

    #[inline(never)]
    fn mark_in_words(&self, mark: &str, lang: Lang) -> Vec<Inline> {
        vec![Inline::Text { text: self.label(mark, lang).unwrap_or_else(|| mark.to_owned()) }]
    }

    /// The index of the answer that is this mark, while the question is open.
    pub fn answer_at(&self, mark: &str) -> Option<usize> {
        let question = self.resolved(self.step).filter(|_| !self.answers.contains_key(&self.step))?;
        question.choices.iter().position(|choice| matches!(choice, ResolvedChoice::Mark(one) if one == mark))
    }

    /// Every text was rendered once when the scenario was opened, so it has its values.
    fn rendered(&self, template: &Template, index: usize, lang: Lang) -> Vec<Inline> {
        render(template, &self.run, index, lang).unwrap_or_default()
    }
}

fn render(template: &Template, run: &Run, index: usize, lang: Lang) -> Result<Vec<Inline>, String> {
    let situation = question::situation(run, index).ok_or("there is no such step")?;
    let term = |id: &str| glossary::lookup(id, lang).map_or_else(|| id.to_owned(), |entry| entry.term);
    template.render(&situation, term).map_err(|error| error.to_string())
}

fn plain(runs: &[Inline]) -> String {
    runs.iter().map(Inline::text).collect()
}
