//! What must be so in knobs and in a comparison.

use highwater_sim::command::{On, Owner, Target};

use super::Checker;
use crate::compare::CHANGES_MAX;
use crate::script::{ConfigOwner, Configs, Knob, Localized, MAX_TOPICS, Place, Scenario};

/// The most values of a knob.
const MAX_VALUES: usize = 6;

impl Checker {
    pub(super) fn knobs(&mut self, scenario: &Scenario) {
        let place = Place::root().key("knob");
        if scenario.knobs.len() > MAX_TOPICS {
            self.say(place.clone(), format!("{} knobs", scenario.knobs.len()), format!("at most {MAX_TOPICS}"));
        }
        for (index, knob) in scenario.knobs.iter().enumerate().take(MAX_TOPICS) {
            let here = place.index(index);
            self.knob(&here, knob, scenario);
            self.why(&here, knob);
        }
    }

    fn why(&mut self, place: &Place, knob: &Knob) {
        let zh = Place::root().lang(crate::lang::Lang::Zh).key("knob").key(&knob.config);
        self.words(&place.key("why"), &knob.why.en);
        self.words(&zh, &knob.why.zh);
    }

    fn knob(&mut self, place: &Place, knob: &Knob, scenario: &Scenario) {
        let Some(Target::Owner(owner)) = Target::parse(On::Owner, &knob.of) else {
            let help = "\"broker\", \"topic/orders\", \"producer/p1\" or \"consumer/c1\"";
            self.say(place.key("of"), format!("{:?} has no configs", knob.of), help);
            return;
        };
        let owner = match &owner {
            Owner::Brokers => Some(ConfigOwner::Broker),
            Owner::Topic(name) => {
                let topic = scenario.topics.iter().find(|topic| *topic.name == **name);
                topic.map(|topic| ConfigOwner::Topic { scaled: topic.scaled })
            }
            Owner::Producer(id) => {
                scenario.producers.iter().any(|known| *known.id == *id.0).then_some(ConfigOwner::Producer)
            }
            Owner::Consumer(id) => {
                scenario.consumers.iter().find(|known| *known.id == *id.0).map(|known| match &known.group {
                    Some(group) if group.share.is_some() => ConfigOwner::ShareConsumer,
                    _ => ConfigOwner::Consumer,
                })
            }
        };
        let Some(owner) = owner else {
            self.say(
                place.key("of"),
                format!("there is no {}", knob.of),
                "it names a topic or a client of the scenario",
            );
            return;
        };
        if !(1..=MAX_VALUES).contains(&knob.values.len()) {
            self.say(
                place.key("values"),
                format!("{} values", knob.values.len()),
                format!("a knob has 1 to {MAX_VALUES}"),
            );
        }
        for (index, value) in knob.values.iter().enumerate().take(MAX_VALUES) {
            let mut configs = Configs::default();
            configs.set(knob.config.clone(), value.clone());
            // Whether it goes with the other configs shows when it runs.
            if let Some((Some(_), problem)) = owner.check(&configs).into_iter().next() {
                self.say(place.key("values").index(index), problem, "the value must be one that Kafka takes");
            }
        }
    }

    pub(super) fn compare(&mut self, scenario: &Scenario) {
        let place = Place::root().key("compare");
        let Some(compare) = &scenario.compare else {
            for (index, step) in scenario.steps.iter().enumerate().filter(|(_, step)| step.say_b.is_some()) {
                let here = Place::root().key("step").index(index).key("say_b");
                self.say(here, format!("there is no B for step {}", step.id), "add [compare], or take it out");
            }
            return;
        };
        for (key, text) in [("a", &compare.a), ("b", &compare.b)] {
            self.side(&place, key, text);
        }
        if !(1..=CHANGES_MAX).contains(&compare.changes.len()) {
            self.say(
                place.key("change"),
                format!("{} changes", compare.changes.len()),
                format!("B has 1 to {CHANGES_MAX}: add [[compare.change]]"),
            );
        }
        for (index, change) in compare.changes.iter().enumerate().take(CHANGES_MAX) {
            if let Err((key, message)) = change.check() {
                self.say(place.key("change").index(index).key(key), message, "see docs/authoring.md");
            }
        }
    }

    fn side(&mut self, place: &Place, key: &str, text: &Localized) {
        self.words(&place.key(key), &text.en);
        self.words(&place.lang(crate::lang::Lang::Zh).key(key), &text.zh);
    }
}
