//! Questions: the right answer, the wrong ones, and the facts behind it, all computed from the run.

mod given;
mod pointing;

use highwater_sim::fact::Fact;
use highwater_sim::sorted::{SortedSet, sort_short_by_key};
use highwater_sim::world::World;

use crate::causes;
use crate::environment::Situation;
use crate::expression::{EvaluationError, Expression, Value};
use crate::facts::Facts;
use crate::run::{Run, StepEnd};
use crate::scene::MarkId;
use crate::script::{Ask, Choices, Scenario};

pub use given::{number_from, show_given};

/// How many answers a question with near answers has.
const NEAR_CHOICES: usize = 3;
/// How many facts explain an answer at most.
const FACTS_MAX: usize = 4;

/// A question with its answers computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The answers; of listed ones the index says which text. Of a number that is asked for, the right one alone.
    pub choices: Vec<ResolvedChoice>,
    /// The right ones: several of marks, otherwise one.
    pub right: Vec<usize>,
    /// The numbers of the facts that made it so, in order.
    pub facts: Vec<u64>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedChoice {
    /// A value.
    Value(Value),
    /// The text of the choice with this index.
    Listed(usize),
    /// A mark of the picture.
    Mark(MarkId),
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing: the learner went on.
    Nothing,
    /// The choice with this index.
    Choice(usize),
    /// A number.
    Number(i64),
}

impl Resolved {
    /// Whether this is right.
    pub fn is_right(&self, given: Given) -> bool {
        match given {
            Given::Nothing => false,
            Given::Choice(choice) => self.right.contains(&choice),
            Given::Number(number) => self.choices.first() == Some(&ResolvedChoice::Value(Value::Number(number))),
        }
    }
}

/// Computes the question of step `step` by looking at the world after the step that it asks about.
///
/// # Errors
/// An expression without a value, listed answers of which not exactly one is right, or marks of which none or all are.
pub fn resolve(scenario: &Scenario, step: usize, run: &Run) -> Result<Resolved, String> {
    let asking = scenario.steps.get(step).ok_or("there is no such step")?;
    let ask = asking.ask.as_ref().ok_or("this step asks nothing")?;
    let after = situation(run, ask.after).ok_or("the question asks about a step that is not there")?;
    let mut resolved = match &ask.choices {
        Choices::Number(asked) => given::resolve(asked, &after)?,
        Choices::Point(pointed) => pointing::resolve(pointed, (step, asking), run, &after)?,
        Choices::Near(_) | Choices::Listed(_) => answers(ask, step, run, &after)?,
    };
    if resolved.facts.is_empty() {
        // Nothing set the value: what the reason speaks of explains it.
        let reasons = ask.why.en.expressions();
        let facts: SortedSet<u64> = reasons.flat_map(|reason| facts_behind(reason, &after)).collect();
        resolved.facts = last(&facts);
    }
    Ok(resolved)
}

fn answers(ask: &Ask, step: usize, run: &Run, after: &Situation<'_>) -> Result<Resolved, String> {
    match &ask.choices {
        Choices::Near(about) => near(about, step, ask.after, run, after).map_err(|error| error.to_string()),
        Choices::Listed(listed) => {
            let mut right = Vec::new();
            for (index, choice) in listed.iter().enumerate() {
                if choice.when.holds(after).map_err(|error| error.to_string())? {
                    right.push(index);
                }
            }
            let [right] = right.as_slice() else {
                return Err(format!("{} of its answers are right; exactly one must be", right.len()));
            };
            let about = listed.get(*right).map(|choice| &choice.when);
            Ok(Resolved {
                choices: (0..listed.len()).map(ResolvedChoice::Listed).collect(),
                right: vec![*right],
                facts: about.map_or_else(Vec::new, |about| facts_behind(about, after)),
            })
        }
        Choices::Number(_) | Choices::Point(_) => Err("this is not chosen from".to_owned()),
    }
}

/// The world after a step, with the facts until then.
pub fn situation(run: &Run, step: usize) -> Option<Situation<'_>> {
    let end = run.ends.get(step)?;
    let other = run.other.as_ref().and_then(|other| Some((other, other.ends.get(step)?)));
    Some(Situation {
        world: &end.world,
        facts: facts_until(run, end),
        other: other.map(|(other, end)| (&end.world, facts_until(other, end))),
    })
}

fn facts_until<'a>(run: &'a Run, end: &StepEnd) -> Facts<'a> {
    run.history.facts().part(..end.moment.facts)
}

fn near(
    about: &Expression,
    step: usize,
    at: usize,
    run: &Run,
    after: &Situation<'_>,
) -> Result<Resolved, EvaluationError> {
    let right = about.evaluate(after)?;
    // Wrong answers are what the same value really is at other moments, or what other values near it are now.
    let mut others = Vec::new();
    let around = (step..=at.saturating_add(2)).chain((0..step).rev());
    for other in around.filter_map(|index| situation(run, index)) {
        if let Ok(value) = about.evaluate(&other) {
            others.push(value);
        }
    }
    if let Value::Number(number) = right {
        let near = |by: i64| Value::Number(number.saturating_add(by));
        let ends = log_ends(after.world).into_iter().map(Value::Number);
        others.extend(ends.chain([near(1), near(-1), near(2)]));
    }
    let mut values = vec![right.clone()];
    for other in others {
        let sensible = !matches!(other, Value::None) && !matches!(other, Value::Number(number) if number < 0);
        if values.len() < NEAR_CHOICES && sensible && !values.contains(&other) {
            values.push(other);
        }
    }
    sort_short_by_key(&mut values, |value| if let Value::Number(number) = value { *number } else { i64::MAX });
    let index = values.iter().position(|value| *value == right).unwrap_or(0);
    Ok(Resolved {
        choices: values.into_iter().map(ResolvedChoice::Value).collect(),
        right: vec![index],
        facts: facts_behind(about, after),
    })
}

/// The log end offsets in the world, the largest first.
fn log_ends(world: &World) -> Vec<i64> {
    let replicas = world.brokers().flat_map(|broker| broker.partitions.values());
    let ends: SortedSet<i64> = replicas.map(|replica| replica.log_end_offset().0).collect();
    ends.into_iter().rev().collect()
}

/// The last facts that set what an expression is about, each with the fact that caused it.
fn facts_behind(about: &Expression, after: &Situation<'_>) -> Vec<u64> {
    let mut ids: SortedSet<u64> = SortedSet::new();
    for (function, args) in about.calls() {
        let args: Option<Vec<Value>> = args.into_iter().collect();
        let Some(key) = args.and_then(|args| value_key(function, &args, after.world)) else {
            continue;
        };
        let chain = causes::why(after.facts, &key);
        let told = chain.iter().filter(|fact| is_telling(fact)).take(2);
        ids.extend(told.map(|fact| fact.id.0));
    }
    last(&ids)
}

/// The last facts of some, as many as are told.
fn last(facts: &SortedSet<u64>) -> Vec<u64> {
    let skip = facts.len().saturating_sub(FACTS_MAX);
    facts.iter().skip(skip).copied().collect()
}

fn is_telling(fact: &Fact) -> bool {
    !matches!(fact.kind.name(), "TimerFired" | "FetchParked")
}

/// The key of the value that a call means, as facts name it.
fn value_key(function: &str, args: &[Value], world: &World) -> Option<String> {
    match (function, args) {
        ("hw" | "leo", [Value::Partition(partition), rest @ ..]) => {
            let broker = match rest {
                [Value::Number(broker)] => *broker,
                _ => world.metadata().partition(partition)?.leader?.0.into(),
            };
            Some(format!("{function}/{partition}/broker-{broker}"))
        }
        ("credited", [Value::Partition(partition), Value::Number(follower)]) => {
            let leader = world.metadata().partition(partition)?.leader?;
            Some(format!("credited/{partition}/broker-{leader}/{follower}"))
        }
        ("isr" | "leader" | "epoch", [Value::Partition(partition)]) => Some(format!("{function}/{partition}")),
        ("generation" | "state" | "coordinator" | "members" | "assignment_epoch", [Value::Text(group)]) => {
            Some(format!("{function}/{group}"))
        }
        ("group_epoch", [Value::Text(group)]) => Some(format!("generation/{group}")),
        ("member_epoch", [Value::Text(consumer)]) | ("pending", [Value::Text(consumer), _]) => {
            Some(format!("member_epoch/{consumer}"))
        }
        ("assignment", [Value::Text(consumer), _]) => Some(format!("assignment/{consumer}")),
        ("committed", [Value::Text(group), Value::Partition(partition)]) => {
            Some(format!("committed/{group}/{partition}"))
        }
        ("reads_from", [Value::Text(consumer), Value::Partition(partition)]) => {
            Some(format!("reads_from/{consumer}/{partition}"))
        }
        ("position", [Value::Text(consumer), Value::Partition(partition)]) => {
            Some(format!("position/{consumer}/{partition}"))
        }
        ("known_partitions" | "sticky", [Value::Text(client), Value::Text(topic)]) => {
            Some(format!("{function}/{client}/{topic}"))
        }
        ("filled" | "begun", [Value::Text(producer), Value::Partition(partition)]) => {
            Some(format!("filled/{producer}/{partition}"))
        }
        ("chosen", [Value::Text(producer)]) => {
            let topic = &world.producer(producer)?.sent().back()?.topic;
            Some(format!("chosen/{producer}/{topic}"))
        }
        _ => None,
    }
}
