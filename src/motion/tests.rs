//! What plays when: over the numbers of the design's own round of a Fetch.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::rc::Rc;

use highwater_player::beat::{Beat, BeatFact, Motion};
use highwater_player::lang::Lang;
use highwater_player::scene::{Panel, Scene};

use super::{LONGEST_MS, Move, Plan, SHORTEST_MS, Speed, plan};
use crate::fixtures;
use crate::stage::frame::Frame;
use crate::stage::{self, Changes, Draw, Look, Picture};

fn picture(before: &Scene, scene: &Scene, width: f64) -> Picture {
    let look = Look { changes: Changes::between(before, scene), ..Look::default() };
    stage::draw(&Draw { scene, lang: Lang::En, frame: Frame::of(width), look: &look, label: &|_| None }, None)
}

fn planned(scenes: &[Scene], facts: Vec<Vec<BeatFact>>, speed: Speed) -> Plan {
    let beats: Vec<Beat> = facts
        .into_iter()
        .zip(&scenes[1..])
        .map(|(facts, scene)| Beat { time_us: scene.time_us, facts, scene: Rc::new(scene.clone()) })
        .collect();
    let mut pictures = vec![picture(&scenes[0], &scenes[0], 1_280.0)];
    pictures.extend(scenes.windows(2).map(|pair| picture(&pair[0], &pair[1], 1_280.0)));
    plan(&pictures, &beats, speed)
}

fn fact(id: u64, cause: Option<u64>, motion: Motion) -> BeatFact {
    BeatFact { id, name: "Test".to_owned(), cause, motion }
}

/// The fetch round: the request arrives, the leader credits and moves its watermark, the response goes and arrives, the
/// follower appends.
fn round(speed: Speed) -> Plan {
    let first = fixtures::cluster();
    let mut credited = first.clone();
    credited.replicas[0] = fixtures::replica(1, 5, 4, &[(2, Some(4)), (3, Some(4))]);
    credited.messages = vec![fixtures::message(15, "broker-1", "broker-2", "Fetch", true, "1 record · HW 3")];
    let mut appended = credited.clone();
    appended.replicas[1] = fixtures::replica(2, 5, 3, &[]);
    appended.messages.clear();
    let scenes = [first, credited, appended].map(|panel| fixtures::scene(vec![Panel::Cluster(panel)]));
    let facts = vec![
        vec![
            fact(1, None, Motion::MessageReceived("message-14".to_owned())),
            fact(2, Some(1), Motion::FollowerCredited("broker-1/orders-0/float-2".to_owned())),
            fact(3, Some(2), Motion::HighWatermarkMoved("broker-1/orders-0/hw".to_owned())),
            fact(4, Some(3), Motion::MessageSent("message-15".to_owned())),
        ],
        vec![
            fact(5, Some(4), Motion::MessageReceived("message-15".to_owned())),
            fact(6, Some(5), Motion::RecordAppended(vec!["broker-2/orders-0/record-4".to_owned()])),
        ],
    ];
    planned(&scenes, facts, speed)
}

fn of<'a>(plan: &'a Plan, mark: &str) -> &'a Move {
    plan.moves.iter().find(|one| one.mark == mark).unwrap_or_else(|| panic!("{mark} does not move"))
}

/// When a motion starts, from the step's start.
fn start(plan: &Plan, mark: &str) -> f64 {
    let one = of(plan, mark);
    one.after.checked_sub(1).map_or(0.0, |beat| plan.commits[beat]) + one.delay_ms
}

#[test]
fn effects_wait_for_their_causes() {
    let plan = round(Speed::One);
    let arrival = start(&plan, "message-14") + of(&plan, "message-14").duration_ms;
    let credit = start(&plan, "broker-1/orders-0/float-2");
    let water = start(&plan, "broker-1/orders-0/hw");
    let response = start(&plan, "message-15");
    let append = start(&plan, "broker-2/orders-0/record-4");
    assert!((arrival - 350.0).abs() < 1.0, "half of the way was left");
    assert!((credit - arrival).abs() < 1.0);
    assert!((water - (credit + 0.6 * 320.0)).abs() < 1.0);
    assert!((response - (water + 0.8 * 520.0)).abs() < 1.0);
    assert!((append - (response + 700.0)).abs() < 1.0);
    assert!((plan.commits[1] - append).abs() < 1.0, "the record is drawn when the response is there");
    assert!(plan.total_ms < 2_700.0, "{}", plan.total_ms);
}

#[test]
fn water_line_and_flag_move_as_one_and_the_number_changes_half_way() {
    let plan = round(Speed::One);
    let line = of(&plan, "broker-1/orders-0/hw");
    for part in ["~body", "~sheen", "~now", "~was"] {
        let one = of(&plan, &format!("broker-1/orders-0/hw{part}"));
        assert_eq!((one.after, one.delay_ms, one.duration_ms), (line.after, line.delay_ms, line.duration_ms), "{part}");
    }
    let neighbour = of(&plan, "broker-1/orders-0/float-3");
    assert!((neighbour.delay_ms - of(&plan, "broker-1/orders-0/float-2").delay_ms).abs() < 1.0, "it makes room");
}

#[test]
fn every_motion_ends_where_the_picture_is() {
    let plan = round(Speed::One);
    for one in plan.moves.iter().filter(|one| !one.holds) {
        let last = one.points.last().unwrap();
        assert!((last.when - 1.0).abs() < f64::EPSILON, "{}", one.mark);
        assert!(
            last.opacity.is_none_or(
                |opacity| (opacity - if one.mark.ends_with("~was") { 0.0 } else { 1.0 }).abs() < f64::EPSILON
            ),
            "{}",
            one.mark
        );
    }
}

#[test]
fn speed_changes_all_alike() {
    let (one, half, four) = (round(Speed::One), round(Speed::Half), round(Speed::Four));
    assert!((half.total_ms - 2.0 * one.total_ms).abs() < 1.0);
    assert!((four.total_ms - one.total_ms / 4.0).abs() < 1.0);
    assert!(four.moves.iter().all(|one| one.duration_ms >= SHORTEST_MS), "what is too short is a cut");
    assert!(four.moves.len() < one.moves.len());
}

#[test]
fn a_step_takes_four_seconds_at_most() {
    let panel = fixtures::cluster();
    let scene = fixtures::scene(vec![Panel::Cluster(panel)]);
    let scenes = vec![scene; 41];
    let water = |id: u64| fact(id, id.checked_sub(1), Motion::HighWatermarkMoved("broker-1/orders-0/hw".to_owned()));
    let facts = (0..40).map(|id| vec![water(id)]).collect();
    let plan = planned(&scenes, facts, Speed::One);
    assert!((plan.total_ms - LONGEST_MS).abs() < 1.0, "{}", plan.total_ms);
    assert!(plan.commits.is_sorted());
}

#[test]
fn nothing_moves_without_a_fact() {
    let first = fixtures::replication();
    let mut second = fixtures::replication();
    if let Some(Panel::Cluster(panel)) = second.panels.first_mut() {
        panel.replicas[0] = fixtures::replica(1, 6, 5, &[(2, Some(5)), (3, Some(5))]);
    }
    let plan = planned(&[first, second], vec![vec![fact(1, None, Motion::Still)]], Speed::One);
    assert!(plan.moves.is_empty());
}

#[test]
fn a_fact_about_a_mark_that_is_not_drawn_moves_nothing() {
    let scene = fixtures::replication();
    let gone = || "broker-9/orders-0/hw".to_owned();
    let facts = vec![vec![
        fact(1, Some(77), Motion::MessageSent("message-99".to_owned())),
        fact(2, Some(1), Motion::MessageReceived("message-99".to_owned())),
        fact(3, Some(2), Motion::HighWatermarkMoved(gone())),
        fact(4, Some(3), Motion::FollowerCredited(gone())),
        fact(5, Some(4), Motion::RecordAppended(vec![gone()])),
        fact(6, Some(5), Motion::TokenMoved(gone())),
    ]];
    let plan = planned(&[scene.clone(), scene], facts, Speed::One);
    assert!(plan.moves.is_empty(), "{:?}", plan.moves);
}
