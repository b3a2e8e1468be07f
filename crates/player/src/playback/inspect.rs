//! The player looks into a thing, and says why it is so.

use highwater_sim::fact::Fact;
use highwater_sim::ids::MessageId;
use highwater_sim::world::World;

use super::{Player, WHY_LINES};
use crate::causes;
use crate::explain;
use crate::inspect::{self, Inspection, Seen, message};
use crate::lang::Lang;
use crate::phrase::Phrase;
use crate::run::StepEnd;
use crate::scene::Scene;
use crate::scene::build::scene;
use crate::words::Why;

impl Player {
    /// Everything about the thing of a mark, as it is at the present step. Where it is not there, the inspection says so, and
    /// names the nearest step that has it. None if no step has it.
    pub fn inspect(&self, mark: &str, lang: Lang) -> Option<Inspection> {
        let then = self.just_sent(mark);
        let end = self.end_of(self.step);
        let seen = Seen { then: then.as_ref(), ..self.seen(end, &self.scene) };
        let start = self.start_of(self.step);
        let before = self.scene_at(self.step, start);
        let before = Seen { then: then.as_ref(), ..self.seen(start, &before) };
        let told = inspect::inspect(&seen, &before, mark, lang);
        told.map(|told| Inspection { step: self.sent_in(mark), ..told }).or_else(|| self.gone(mark, lang))
    }

    /// The step in which the message of a mark was sent, if it is another one.
    fn sent_in(&self, mark: &str) -> Option<usize> {
        let sent = message::Trail::of(self.run.history.facts(), message::number(mark)?)?.sent;
        let index = self.run.ends.partition_point(|end| end.moment.facts <= sent);
        (index != self.step && index < self.steps()).then(|| index.saturating_add(1))
    }

    /// What is said of a thing that another step has.
    fn gone(&self, mark: &str, lang: Lang) -> Option<Inspection> {
        let earlier = (0..self.step).rev();
        let later = self.step.saturating_add(1)..self.steps();
        earlier.chain(later).find_map(|index| {
            let end = self.end_of(index);
            let picture = self.scene_at(index, end);
            let then = self.just_sent(mark);
            let seen = Seen { then: then.as_ref(), ..self.seen(end, &picture) };
            let there = inspect::inspect(&seen, &seen, mark, lang)?;
            let number = index.saturating_add(1);
            let key = if index < self.step { "inspect.gone" } else { "inspect.not_yet" };
            let told = Phrase::new(key).with("step", i64::try_from(number).unwrap_or(i64::MAX)).say(lang);
            Some(Inspection {
                gone: Some((told, number)),
                groups: Vec::new(),
                configs: Vec::new(),
                bytes: None,
                ..there
            })
        })
    }

    fn seen<'a>(&'a self, end: &'a StepEnd, picture: &'a Scene) -> Seen<'a> {
        let facts = self.run.history.facts().part(..end.moment.facts);
        Seen { world: &end.world, facts, scene: picture, then: None }
    }

    fn scene_at(&self, index: usize, end: &StepEnd) -> Scene {
        scene(&end.world, &self.view(index), &self.palette)
    }

    /// The world just after the message of a mark was sent, if it has been.
    fn just_sent(&self, mark: &str) -> Option<World> {
        let id: MessageId = message::number(mark)?;
        let sent = message::Trail::of(self.run.history.facts(), id)?.sent;
        let step = self.run.ends.partition_point(|end| end.moment.facts <= sent);
        let mut replay = self.run.history.replay(self.start_of(step).moment);
        if step == 0 {
            // What the scenario begins with sends messages too.
            replay = self.run.history.replay(crate::history::Moment::default());
        }
        let mut facts = Vec::new();
        while replay.at.facts <= sent {
            facts.clear();
            if !replay.advance(&mut facts) {
                return None;
            }
        }
        Some(replay.world)
    }

    /// Why a mark of the picture, or a value of the inspector, shows what it shows; none where there is no such thing.
    pub fn why(&self, mark: &str, lang: Lang) -> Option<Why> {
        let end = self.end_of(self.step);
        let facts = self.run.history.facts().part(..end.moment.facts);
        let (label, whole) = match inspect::value_of(mark) {
            Some((mark, place)) => {
                let then = self.just_sent(mark);
                let seen = Seen { then: then.as_ref(), ..self.seen(end, &self.scene) };
                let (label, chain) = inspect::why(&seen, mark, place, lang)?;
                (label, chain.into_iter().filter_map(|id| causes::find(facts, id)).collect())
            }
            None => (self.label(mark, lang)?, explain::chain(facts, &self.scene, mark)),
        };
        let telling = explain::telling(&whole);
        let origin = telling.is_empty().then(|| Phrase::new("inspect.origin").say(lang));
        let (last, before) = telling.split_last().map_or((None, [].as_slice()), |(last, before)| (Some(last), before));
        let shown: Vec<&&Fact> = before.iter().take(WHY_LINES).chain(last).collect();
        Some(Why {
            label,
            left_out: telling.len().saturating_sub(shown.len()),
            chain: shown.into_iter().map(|fact| self.line(fact, lang)).collect(),
            origin,
        })
    }
}
