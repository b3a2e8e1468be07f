use super::*;
use crate::history::{History, Moment};
use crate::load;

const EVENTS: u64 = 9_000;

fn straight(history: &History) -> Vec<Fact> {
    let mut replay = history.replay(Moment::default());
    let mut facts = Vec::new();
    while replay.at < history.end() {
        assert!(replay.advance(&mut facts));
    }
    facts
}

fn tell<'a>(facts: impl Iterator<Item = FactRef<'a>>) -> Vec<String> {
    facts.map(|fact| format!("{fact:?}")).collect()
}

#[test]
fn packed_facts_are_the_same_facts_from_either_end_and_in_any_part() {
    let history = load::history(EVENTS).unwrap();
    let facts = history.facts();
    assert!(facts.log.packed_len() > RECENT_MAX, "most are packed");
    let expected: Vec<String> = straight(&history).iter().map(|fact| format!("{fact:?}")).collect();
    assert_eq!(tell(facts.iter()), expected);
    let mut back = tell(facts.iter().rev());
    back.reverse();
    assert_eq!(back, expected);
    let packed = facts.log.packed_len();
    for (from, to) in [(0, 0), (5, 70), (63, 64), (64, 129), (packed - 3, packed + 3), (packed, facts.len()), (7, 8)] {
        let part = facts.part(from..to);
        assert_eq!((part.len(), part.iter().len()), (to - from, to - from));
        assert_eq!(tell(part.iter()), expected[from..to], "{from}..{to}");
        assert_eq!(tell(part.iter().rev()).first(), expected[from..to].last());
        assert_eq!(tell((0..part.len()).filter_map(|place| part.get(place))), expected[from..to]);
        assert!(part.get(to - from).is_none() && part.near().get(to - from).is_none());
        let mut near = part.near();
        assert_eq!(tell((0..part.len()).rev().filter_map(|place| near.get(place))), tell(part.iter().rev()));
        // From both ends at once they meet.
        let mut both = part.iter();
        let mut seen = 0;
        while both.next().is_some() {
            seen += 1 + usize::from(both.next_back().is_some());
        }
        assert_eq!(seen, to - from);
    }
    assert_eq!(facts.part(facts.len() + 5..).len(), 0);
    assert_eq!(facts.part(..=9).part(2..).part(..3).get(0).unwrap().id.0, 2);
}

#[test]
fn what_is_forgotten_can_happen_again() {
    let history = load::history(EVENTS).unwrap();
    let expected = tell(history.facts().iter());
    let packed = history.facts().log.packed_len();
    for len in [expected.len(), packed + 1, packed, packed - 1, 64, 1, 0] {
        let mut log = history.facts().log.clone();
        log.truncate(len);
        assert_eq!(tell(log.all().iter()), expected[..len], "{len}");
        let again: Vec<Fact> = history.facts().part(len..).iter().map(Cow::into_owned).collect();
        log.add(|facts| facts.extend(again));
        assert_eq!(tell(log.all().iter()), expected, "{len}");
    }
}

#[test]
fn a_fact_of_a_record_on_its_way_takes_few_bytes() {
    let history = load::history(EVENTS).unwrap();
    let log = history.facts().log;
    let bytes: usize = log.packed.iter().map(|group| group.size_in_bytes()).sum();
    assert!(bytes / log.packed_len() <= 24, "{} bytes a fact", bytes / log.packed_len());
}
