//! How things fell when a story was recorded. By the consumer protocol it depends on whose heartbeat comes first, and on
//! whether a client knows its topics in time, who sees what in between; a recording does not say either. Of all ways the
//! first counts under which everything is as recorded, step by step; if there is none, the one that comes closest.

use std::collections::BTreeMap;

use highwater_sim::group::cluster::Timing;

use super::story::{Action, Recorded};
use super::{Ours, ReplayError, compare, play};

/// More members than these are not tried in every order.
const ORDERED_MAX: usize = 4;

/// Plays a story as it may have gone.
///
/// # Errors
/// See [`ReplayError`].
pub fn play(recorded: &Recorded) -> Result<Ours, ReplayError> {
    let mut timings = BTreeMap::new();
    if recorded.story.group.protocol == "consumer" {
        let actions = &recorded.story.actions;
        let mut begun = 0;
        for (at, action) in actions.iter().enumerate() {
            // What follows at once is compared together with what waits.
            if action.wait_for.is_some() || at.saturating_add(1) == actions.len() {
                let phase = actions.get(begun..=at).unwrap_or_default();
                fit(recorded, phase, actions.get(..begun).unwrap_or_default(), &mut timings)?;
                begun = at.saturating_add(1);
            }
        }
    }
    play::play(recorded, &timings, usize::MAX)
}

/// Finds how things fell in actions that are compared together.
fn fit(
    recorded: &Recorded,
    phase: &[Action],
    before: &[Action],
    timings: &mut BTreeMap<usize, Timing>,
) -> Result<(), ReplayError> {
    let until = phase.last().map_or(0, |action| action.step);
    let differences = |timings: &BTreeMap<usize, Timing>| -> Result<usize, ReplayError> {
        let ours = play::play(recorded, timings, until)?;
        Ok(compare::compare(recorded, &ours).iter().filter(|difference| difference.step <= until).count())
    };
    let mut members: Vec<String> = Vec::new();
    for action in before {
        follow(action, &mut members);
    }
    let mut best = differences(timings)?;
    for action in phase {
        let comes = action.member.as_deref().filter(|_| action.what == "join");
        for timing in ways(&members, comes, interval_us(recorded)) {
            if best == 0 {
                return Ok(());
            }
            let mut other = timings.clone();
            other.insert(action.step, timing);
            let count = differences(&other)?;
            if count < best {
                best = count;
                *timings = other;
            }
        }
        follow(action, &mut members);
    }
    Ok(())
}

/// How often members send heartbeats; Kafka: `group.consumer.heartbeat.interval.ms`.
fn interval_us(recorded: &Recorded) -> u64 {
    let own = recorded.story.group.config.group.get("consumer.heartbeat.interval.ms");
    own.and_then(|text| text.parse::<u64>().ok()).unwrap_or(5_000).saturating_mul(1_000)
}

/// Who is there after an action.
fn follow(action: &Action, members: &mut Vec<String>) {
    match action.what.as_str() {
        "join" => members.extend(action.member.iter().chain(action.members.iter().flatten()).cloned()),
        "leave" | "crash" => members.retain(|member| Some(member) != action.member.as_ref()),
        _ => {}
    }
}

/// How heartbeats follow each other.
#[derive(Clone, Copy)]
enum Spacing {
    /// Evenly over the interval.
    Even,
    /// In the middle of the interval, before the first of them is answered.
    Together,
    /// The same, at once: who comes is not answered yet either.
    AtOnce,
    /// Around the second heartbeat of who comes.
    AroundTheNext,
}

fn ways(members: &[String], comes: Option<&str>, interval_us: u64) -> Vec<Timing> {
    let orders = if members.len() > ORDERED_MAX { vec![members.to_vec()] } else { orders(members) };
    let mut spacings = vec![Spacing::Even, Spacing::Together];
    if comes.is_some() {
        spacings.extend([Spacing::AtOnce, Spacing::AroundTheNext]);
    }
    let mut ways = Vec::new();
    for late_metadata in [false, true].into_iter().filter(|late| !late || comes.is_some()) {
        for slow in [None].into_iter().chain(members.iter().map(Some)) {
            for (spacing, order) in spacings.iter().flat_map(|spacing| orders.iter().map(move |order| (spacing, order)))
            {
                let heartbeats = heartbeats(order, *spacing, interval_us);
                ways.push(Timing { heartbeats, slow: slow.cloned(), late_metadata });
            }
        }
    }
    ways
}

/// When members send their next heartbeats, in microseconds.
fn heartbeats(order: &[String], spacing: Spacing, interval_us: u64) -> Vec<(String, u64)> {
    let count = u64::try_from(order.len()).unwrap_or(0);
    let at = |place: u64| match spacing {
        Spacing::Even => interval_us.saturating_mul(place).checked_div(count.saturating_add(1)).unwrap_or(0),
        Spacing::Together => (interval_us / 2).saturating_add(place.saturating_mul(100)),
        Spacing::AtOnce => place.saturating_mul(100),
        // The last is answered when who came has sent its own.
        Spacing::AroundTheNext => {
            interval_us.saturating_add(500).saturating_sub(count.saturating_sub(place).saturating_mul(1_200))
        }
    };
    (1..).zip(order).map(|(place, name)| (name.clone(), at(place))).collect()
}

/// All orders of some members.
fn orders(members: &[String]) -> Vec<Vec<String>> {
    let Some((first, others)) = members.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(others) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, first.clone());
            all.push(order);
        }
    }
    all
}
