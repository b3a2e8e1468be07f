//! Two futures move as one: what happens at one moment in both is one beat, and both pictures are planned together, so that
//! neither runs ahead of the other.

use std::rc::Rc;

use highwater_player::beat::{Beat, BeatFact, Motion};
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::scene::Scene;

use super::{B, Comparing, Standing, draw_both, folded, pane};
use crate::motion::{self, Plan, Speed};
use crate::stage::{Changes, Picture};

/// Facts of B have numbers of their own: both futures count from the same one on.
const OF_B: u64 = 1 << 62;

/// A step of both as it plays.
pub struct Together {
    /// Which mark of either moves when.
    pub plan: Plan,
    /// The beats, with the scenes of A.
    pub beats: Vec<Beat>,
    /// The scene of B after each beat.
    pub scenes_of_b: Vec<Rc<Scene>>,
    /// The rows that are folded all the time.
    pub folded: Vec<String>,
}

impl Comparing {
    /// Plans the step that both have just gone.
    pub fn together(&self, a: &Player, speed: Speed, lang: Lang, player_px: f64) -> Together {
        let b = &self.fork.player;
        let moments = merged((a.before(), &a.beats()), (b.before(), &b.beats()));
        let mut always = folded(&a.scene(), &b.scene());
        for (_, scene_a, scene_b) in &moments {
            let (same, _) = super::rows_of(scene_a, scene_b);
            always.retain(|row| same.contains(row));
        }
        let frame = pane(player_px, &a.scene());
        let mut before = [a.before(), b.before()];
        let mut pictures = vec![one(draw_both([&still(&before[0]), &still(&before[1])], &always, frame, lang, &[]))];
        let (mut beats, mut scenes_of_b) = (Vec::new(), Vec::new());
        for (beat, scene_a, scene_b) in moments {
            let stand = [(&before[0], &scene_a), (&before[1], &scene_b)]
                .map(|(before, scene)| Standing { changes: Changes::between(before, scene), scene: Rc::clone(scene) });
            pictures.push(one(draw_both([&stand[0], &stand[1]], &always, frame, lang, &[])));
            before = [scene_a, Rc::clone(&scene_b)];
            beats.push(beat);
            scenes_of_b.push(scene_b);
        }
        Together { plan: motion::plan(&pictures, &beats, speed), beats, scenes_of_b, folded: always }
    }
}

fn still(scene: &Rc<Scene>) -> Standing {
    Standing { scene: Rc::clone(scene), changes: Changes::default() }
}

/// Two pictures as one; each mark stands where it does in its own.
fn one([mut a, b]: [Picture; 2]) -> Picture {
    a.nodes.extend(b.nodes);
    a.travels.extend(b.travels);
    a
}

/// The beats of both, by the time since their step began, with the scene of each after them. A future is the scene before its
/// step, and its beats.
fn merged(a: (Rc<Scene>, &[Beat]), b: (Rc<Scene>, &[Beat])) -> Vec<(Beat, Rc<Scene>, Rc<Scene>)> {
    let ((mut scene_a, beats_a), (mut scene_b, beats_b)) = (a, b);
    let (start_a, start_b) = (scene_a.time_us, scene_b.time_us);
    let (mut of_a, mut of_b) = (beats_a.iter().peekable(), beats_b.iter().peekable());
    let mut moments = Vec::new();
    loop {
        let since = |beat: Option<&&Beat>, start: u64| beat.map(|beat| beat.time_us.saturating_sub(start));
        let next = [since(of_a.peek(), start_a), since(of_b.peek(), start_b)];
        let Some(now) = next.iter().flatten().min().copied() else { return moments };
        let [is_a, is_b] = next.map(|next| next == Some(now));
        let mut facts = Vec::new();
        if let Some(beat) = of_a.next_if(|_| is_a) {
            facts.extend(beat.facts.iter().cloned());
            scene_a = Rc::clone(&beat.scene);
        }
        if let Some(beat) = of_b.next_if(|_| is_b) {
            facts.extend(beat.facts.iter().map(fact_of_b));
            scene_b = Rc::clone(&beat.scene);
        }
        let beat = Beat { time_us: start_a.saturating_add(now), facts, scene: Rc::clone(&scene_a) };
        moments.push((beat, Rc::clone(&scene_a), Rc::clone(&scene_b)));
    }
}

fn fact_of_b(fact: &BeatFact) -> BeatFact {
    let number = |id: u64| id | OF_B;
    BeatFact {
        id: number(fact.id),
        name: fact.name.clone(),
        cause: fact.cause.map(number),
        motion: motion_of_b(&fact.motion),
    }
}

fn motion_of_b(motion: &Motion) -> Motion {
    let mark = |mark: &String| [B, mark].concat();
    match motion {
        Motion::MessageSent(message) => Motion::MessageSent(mark(message)),
        Motion::MessageReceived(message) => Motion::MessageReceived(mark(message)),
        Motion::RecordAppended(records) => Motion::RecordAppended(records.iter().map(mark).collect()),
        Motion::FollowerCredited(float) => Motion::FollowerCredited(mark(float)),
        Motion::HighWatermarkMoved(one) => Motion::HighWatermarkMoved(mark(one)),
        Motion::LineChanged(line) => Motion::LineChanged(mark(line)),
        Motion::TokenMoved(token) => Motion::TokenMoved(mark(token)),
        Motion::TokensMoved(tokens) => Motion::TokensMoved(tokens.iter().map(mark).collect()),
        Motion::ValueChanged(one) => Motion::ValueChanged(mark(one)),
        Motion::Still => Motion::Still,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(time_us: u64) -> Rc<Scene> {
        Rc::new(Scene { time_us, ..Scene::default() })
    }

    fn beat(time_us: u64, id: u64, cause: Option<u64>) -> Beat {
        let motion = Motion::MessageSent(format!("message-{id}"));
        Beat { time_us, facts: vec![BeatFact { id, name: "Sent".to_owned(), cause, motion }], scene: scene(time_us) }
    }

    #[test]
    fn what_happens_at_one_moment_of_both_is_one_beat() {
        // B began 100 µs later than A, and does the second thing 3 µs later.
        let a = [beat(1_005, 7, None), beat(1_010, 8, Some(7))];
        let b = [beat(1_105, 7, None), beat(1_113, 8, Some(7))];
        let both = merged((scene(1_000), &a), (scene(1_100), &b));
        let times: Vec<_> = both.iter().map(|(beat, a, b)| (beat.time_us, a.time_us, b.time_us)).collect();
        assert_eq!(times, [(1_005, 1_005, 1_105), (1_010, 1_010, 1_105), (1_013, 1_010, 1_113)]);
        let first: Vec<_> = both[0].0.facts.iter().map(|fact| fact.motion.clone()).collect();
        assert_eq!(first, [Motion::MessageSent("message-7".to_owned()), Motion::MessageSent("B:message-7".to_owned())]);
        // A cause of B is a fact of B, whatever A counted alike.
        let last = &both[2].0.facts;
        assert_eq!((last.len(), last[0].cause), (1, Some(both[0].0.facts[1].id)));
        assert_ne!(both[0].0.facts[0].id, both[0].0.facts[1].id);
    }

    #[test]
    fn where_only_one_moves_the_other_stands() {
        let a = [beat(5, 1, None)];
        let both = merged((scene(0), &a), (scene(0), &[]));
        assert_eq!((both.len(), both[0].2.time_us), (1, 0));
        assert!(merged((scene(0), &[]), (scene(0), &[])).is_empty());
    }
}
