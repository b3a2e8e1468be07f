//! Questions that are answered by pointing at a mark of the picture.

use highwater_sim::sorted::SortedSet;

use super::{FACTS_MAX, Resolved, ResolvedChoice, facts_behind};
use crate::environment::Situation;
use crate::expression::{Expression, Value};
use crate::run::Run;
use crate::scene::build::{Palette, View, scene};
use crate::scene::text;
use crate::script::{IT, Pointed, Step};

/// The most marks that can be pointed at.
const MARKS_MAX: usize = 64;

/// What the star of `pattern` stands for in `mark`; none if the mark is not one of those.
fn star(pattern: &str, mark: &str) -> Option<Value> {
    let (before, after) = pattern.split_once('*')?;
    let star = mark.strip_prefix(before)?.strip_suffix(after)?;
    if star.is_empty() || star.contains('/') {
        return None;
    }
    let digits = star.bytes().all(|byte| byte.is_ascii_digit());
    match star.parse() {
        Ok(number) if digits => Some(Value::Number(number)),
        _ => Some(Value::Text(star.to_owned())),
    }
}

/// The marks of the step's own picture that can be pointed at, and which of them are right.
#[inline(never)]
pub(super) fn resolve(
    pointed: &Pointed,
    (index, step): (usize, &Step),
    run: &Run,
    after: &Situation<'_>,
) -> Result<Resolved, String> {
    let end = run.ends.get(index).ok_or("there is no such step")?;
    let picture = scene(&end.world, &View::of(step), &Palette::default());
    let mut resolved = Resolved { choices: Vec::new(), right: Vec::new(), facts: Vec::new() };
    let mut facts = SortedSet::new();
    for mark in text::marks(&picture) {
        let Some(it) = star(&pointed.marks, &mark) else { continue };
        let when: Expression = pointed.when.with(IT, it);
        if when.holds(after).map_err(|error| format!("{mark}: {error}"))? {
            resolved.right.push(resolved.choices.len());
            facts.extend(facts_behind(&when, after));
        }
        resolved.choices.push(ResolvedChoice::Mark(mark));
    }
    let (all, right) = (resolved.choices.len(), resolved.right.len());
    if !(2..=MARKS_MAX).contains(&all) {
        return Err(format!("the picture has {all} such marks; 2 to {MARKS_MAX} can be pointed at"));
    }
    if right == 0 || right == all {
        return Err(format!("{right} of {all} marks are right; at least one must be, and at least one must not"));
    }
    // Those of several right marks together, the last of them: no more than of one.
    let skip = facts.len().saturating_sub(FACTS_MAX);
    resolved.facts = facts.iter().skip(skip).copied().collect();
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_part_of_a_mark() {
        let rows = [
            ("log/orders-0/segment-*", "log/orders-0/segment-522", Some(Value::Number(522))),
            ("broker-*/orders-0", "broker-3/orders-0", Some(Value::Number(3))),
            ("broker-*/orders-0", "broker-3/orders-0/hw", None),
            ("broker-1/orders-0/*", "broker-1/orders-0/hw", Some(Value::from("hw"))),
            ("log/orders-0/field-*", "log/orders-0/field-crc", Some(Value::from("crc"))),
            ("log/orders-0/record-*", "log/orders-0/record-", None),
            ("log/orders-0/segment-522", "log/orders-0/segment-522", None),
        ];
        for (pattern, mark, value) in rows {
            assert_eq!(star(pattern, mark), value, "{pattern} {mark}");
        }
    }
}
