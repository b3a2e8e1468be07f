//! Runs a scenario and finds what does not hold in it.

use crate::compare::{self, Change};
use crate::expression::{Environment, EvaluationError};
use crate::lang::Lang;
use crate::question;
use crate::run::{self, Run, RunError};
use crate::script::place::{Place, Problem};
use crate::script::{Ask, Choices, Localized, Scenario, Step};
use crate::template::Template;

/// All that is wrong, in the order of the steps: a step that cannot be done or does not end, an expectation that does not
/// hold, a value that a text wants and the world does not have, a question with no answer or with more than one.
pub fn check(scenario: &Scenario) -> Vec<Problem> {
    let run = match run::run(scenario) {
        Ok(run) => run,
        Err(RunError::Setup(message)) => return vec![Problem::new(Place::root(), message)],
        Err(RunError::Step { step, message }) => {
            let index = scenario.step_index(&step).unwrap_or(0);
            let place = Place::root().key("step").index(index);
            let has_until = scenario.steps.get(index).is_some_and(|step| step.until.is_some());
            let place = if has_until && message.contains("until") { place.key("until") } else { place.key("do") };
            return vec![Problem::new(place, format!("step {step}: {message}"))];
        }
    };
    let mut findings = Findings { scenario, run: &run, problems: Vec::new() };
    for (index, step) in scenario.steps.iter().enumerate() {
        findings.step(index, step);
    }
    findings.compared(scenario);
    findings.problems
}

struct Findings<'a> {
    scenario: &'a Scenario,
    run: &'a Run,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    /// A comparison in which nothing differs teaches nothing, and neither does a knob.
    fn compared(&mut self, scenario: &Scenario) {
        let root = Place::root();
        if let Some(compare) = &scenario.compare {
            self.differs(scenario, &compare.changes, root.key("compare").key("change"));
        }
        for (index, knob) in scenario.knobs.iter().enumerate() {
            for (number, value) in knob.values.iter().enumerate() {
                let place = root.key("knob").index(index).key("values").index(number);
                let argument = format!("{}:{value}", knob.config);
                let change = Change { step: 0, name: "configure".to_owned(), target: knob.of.clone(), argument };
                self.differs(scenario, std::slice::from_ref(&change), place);
            }
        }
    }

    fn differs(&mut self, scenario: &Scenario, changes: &[Change], place: Place) {
        match compare::differs(scenario, self.run, changes) {
            Ok(true) => {}
            Ok(false) => {
                let problem = Problem::new(place, "with this not one fact of the scenario differs");
                self.problems.push(problem.help("choose a value that shows something"));
            }
            Err(message) => self.problems.push(Problem::new(place, message)),
        }
    }

    fn step(&mut self, index: usize, step: &Step) {
        let place = Place::root().key("step").index(index);
        let zh = Place::root().lang(Lang::Zh).key("step").key(&step.id);
        let Some(situation) = question::situation(self.run, index) else {
            return;
        };
        self.text(&step.title, &place.key("title"), &zh.key("title"), &situation);
        self.text(&step.say, &place.key("say"), &zh.key("say"), &situation);
        let other = self.run.other.as_deref().and_then(|other| question::situation(other, index));
        if let (Some(text), Some(other)) = (&step.say_b, other) {
            self.text(text, &place.key("say_b"), &zh.key("say_b"), &other);
        }
        for (number, expectation) in step.expect.iter().enumerate() {
            let place = place.key("expect").index(number);
            match expectation.holds(&situation) {
                Ok(true) => {}
                Ok(false) => {
                    let problem = Problem::new(place, format!("after step {} this does not hold", step.id));
                    self.problems.push(problem.help(expectation.why_not(&situation)));
                }
                Err(error) => self.no_value(place, error),
            }
        }
        if let Some(ask) = &step.ask {
            self.ask(index, ask, &place.key("ask"), &zh, &situation);
        }
    }

    fn ask(&mut self, index: usize, ask: &Ask, place: &Place, zh: &Place, now: &dyn Environment) {
        self.text(&ask.question, &place.key("question"), &zh.key("question"), now);
        if let Choices::Listed(choices) = &ask.choices {
            for (number, choice) in choices.iter().enumerate() {
                let place = place.key("choices").index(number).key("say");
                self.text(&choice.say, &place, &zh.key("choices").index(number), now);
            }
        }
        let Some(after) = question::situation(self.run, ask.after) else {
            return;
        };
        self.text(&ask.why, &place.key("why"), &zh.key("why"), &after);
        if let Err(message) = question::resolve(self.scenario, index, self.run) {
            let key = match ask.choices {
                Choices::Near(_) => "about",
                Choices::Listed(_) => "choices",
                Choices::Number(_) => "number",
                Choices::Point(_) => "point",
            };
            self.problems.push(Problem::new(place.key(key), message));
        }
    }

    fn text(&mut self, text: &Localized<Template>, en: &Place, zh: &Place, environment: &dyn Environment) {
        for (lang, place) in [(Lang::En, en), (Lang::Zh, zh)] {
            if let Err(error) = text.get(lang).render(environment, str::to_owned) {
                self.no_value(place.clone(), error);
            }
        }
    }

    fn no_value(&mut self, place: Place, error: EvaluationError) {
        let mut problem = Problem::new(place, error.message);
        problem.span = error.span;
        self.problems.push(problem);
    }
}
