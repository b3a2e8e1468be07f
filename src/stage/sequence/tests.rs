//! The layout of a sequence.

#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use super::*;

fn node(id: &str, short: &str) -> Lifeline {
    let name = Phrase::new(id);
    Lifeline { id: id.to_owned(), name, short: short.to_owned(), note: None, is_leader: id == "broker-1" }
}

fn arrow(number: u64, (from, to): (usize, usize), sent_us: u64, fate: Fate) -> Arrow {
    Arrow {
        id: format!("message-{number}"),
        from,
        to,
        sent_us,
        fate,
        api: "Fetch",
        response: number % 2 == 1,
        summary: Phrase::new("offset 12 · epoch 3"),
        is_now: number > 6,
        is_bad: matches!(fate, Fate::Lost(_)),
        step: 1,
    }
}

fn sequence() -> Sequence {
    let mut arrows: Vec<Arrow> = Vec::new();
    for round in 0..5_u64 {
        let at = round * 4_000;
        arrows.push(arrow(round * 2, (2, 1), at, Fate::Arrived(at + 2_000)));
        arrows.push(arrow(round * 2 + 1, (1, 3), at, Fate::Arrived(at + 2_000)));
    }
    arrows.push(arrow(10, (0, 1), 600_000, Fate::Lost(602_000)));
    arrows.push(arrow(11, (1, 3), 604_000, Fate::Travelling));
    Sequence {
        lifelines: vec![
            node("client-p1", "p1"),
            node("broker-1", "B1"),
            node("broker-2", "B2"),
            node("client-c1", "c1"),
        ],
        arrows,
        waits: vec![highwater_player::sequence::Wait { at: 1, from_us: 4_000, to_us: None }],
        chips: vec![highwater_player::sequence::Chip { at: 1, us: 4_000, is_water: true, offset: 3 }],
        now_us: 604_000,
        earlier: 0,
        later: 0,
    }
}

#[test]
fn labels_lie_beside_each_other_at_every_width_and_say_whose_they_are() {
    for width in [856.0, 736.0, 336.0] {
        let sequence = sequence();
        let frame = Frame::standalone(width);
        let picture = draw(&Draw {
            sequence: &sequence,
            frame,
            say: &|phrase| phrase.key.clone(),
            label: &|arrow| arrow.id.clone(),
        });
        let areas = picture.areas();
        assert_eq!(areas.len(), sequence.arrows.len() + sequence.lifelines.len());
        let all: Vec<_> = areas.iter().collect();
        for (index, (mark, area)) in all.iter().enumerate() {
            assert!(area.x >= 0.0 && area.x + area.w <= width + 1.0, "{mark} leaves {width} px: {area:?}");
            assert!(area.y + area.h <= picture.height, "{mark} leaves its height");
            for (other, there) in &all[index + 1..] {
                assert!(!area.overlaps(**there), "{mark} lies on {other} at {width} px");
            }
        }
    }
}

#[test]
fn long_waits_are_cut_and_later_is_below() {
    let sequence = sequence();
    let frame = Frame::standalone(856.0);
    let draw = Draw { sequence: &sequence, frame, say: &|phrase| phrase.key.clone(), label: &|arrow| arrow.id.clone() };
    let sheet = Sheet::new(&draw);
    assert_eq!(sheet.cuts.iter().map(|(_, us)| *us).collect::<Vec<_>>(), [582_000]);
    assert!(sheet.y(0) < sheet.y(2_000) && sheet.y(18_000) < sheet.y(600_000));
    assert!(sheet.y(600_000) - sheet.y(18_000) < 100.0);
}
