//! Comparisons and knobs.

use super::Builder;
use crate::compare::Change;
use crate::lang::Lang;
use crate::script::author::form::{CompareForm, KnobForm};
use crate::script::place::Place;
use crate::script::{Compare, Knob, Scenario, owner_of};

impl Builder {
    pub(super) fn compare(&mut self, form: CompareForm, step_ids: &[String]) -> Compare {
        let place = Place::root().key("compare");
        let zh = place.lang(Lang::Zh);
        let (a_zh, b_zh) = (self.texts.compare.a.take(), self.texts.compare.b.take());
        let a = self.plain(&zh.key("a"), form.a, a_zh);
        let b = self.plain(&zh.key("b"), form.b, b_zh);
        let mut changes = Vec::new();
        for (index, change) in form.change.into_iter().enumerate() {
            let here = place.key("change").index(index);
            let after = change.after.map(|id| self.step_named(&here.key("after"), &id, step_ids));
            let made = Change {
                step: after.map_or(0, |index| index.map_or(0, |index| index.saturating_add(1))),
                name: change.command,
                target: change.on,
                argument: change.with,
            };
            if let Err((key, message)) = made.check() {
                self.say(here.key(key), message, "docs/authoring.md lists the commands and what they take");
            }
            changes.push(made);
        }
        Compare { a, b, changes }
    }

    pub(super) fn knobs(&mut self, forms: Vec<KnobForm>, scenario: &Scenario) -> Vec<Knob> {
        let root = Place::root();
        let zh = root.lang(Lang::Zh).key("knob");
        let configs: Vec<String> = forms.iter().map(|form| form.config.clone()).collect();
        let unknown: Vec<String> = self.texts.knob.keys().filter(|known| !configs.contains(known)).cloned().collect();
        for config in unknown {
            let message = format!("scenario.toml has no knob {config}");
            self.say(zh.key(&config), message, "take it out");
        }
        let mut knobs = Vec::new();
        for (index, form) in forms.into_iter().enumerate() {
            let place = root.key("knob").index(index);
            let of = form.of.or_else(|| owner_of(scenario, &form.config)).unwrap_or_else(|| {
                let message = format!("nobody here has a config {:?} that is simulated", form.config);
                self.say(place.key("config"), message, "docs/fidelity.md says which configs are");
                "broker".to_owned()
            });
            let why_zh = self.texts.knob.get(&form.config).cloned();
            let why = self.plain(&zh.key(&form.config), form.why, why_zh);
            knobs.push(Knob { config: form.config, of, values: form.values, why });
        }
        knobs
    }
}
