use super::*;
use crate::invariants::Invariant;
use crate::metadata::Sabotage;

fn sabotaged(sabotage: Sabotage) -> Features {
    Features { sabotage: Some(sabotage), ..Features::default() }
}

/// Plays seeds until one breaks the invariant; makes it short, and says how long it is then.
fn caught(wanted: Invariant, invariants: &Invariants, features: Option<Features>) -> usize {
    let play = |schedule: &Schedule| schedule.play_with(invariants.clone(), features);
    let draw = match wanted {
        Invariant::OneOwner | Invariant::EvenShares => Schedule::random_with_groups,
        Invariant::OneHolder | Invariant::DeliveryCountLimit | Invariant::DoneOnce | Invariant::ShareStartOffset => {
            Schedule::random_with_share
        }
        _ => Schedule::random,
    };
    for seed in 0..2_000 {
        let schedule = draw(seed, 60);
        let Some((_, violation)) = play(&schedule).violation else { continue };
        if violation.invariant == wanted {
            let shrunk = schedule.shrunk(&play);
            let (_, again) = play(&shrunk).violation.expect("what is short breaks it too");
            assert_eq!(again.invariant, wanted);
            assert!(shrunk.steps.len() <= schedule.steps.len());
            return shrunk.steps.len();
        }
    }
    panic!("{wanted:?} is never seen broken");
}

#[test]
fn all_invariants_hold() {
    let fuzzed = fuzz(1, 20_000);
    if let Some((schedule, violation)) = fuzzed.broken {
        panic!("seed {}: {violation}\n{:#?}", schedule.seed, schedule);
    }
    assert!(fuzzed.clusters > 1, "{fuzzed:?}");
}

#[test]
fn all_invariants_hold_with_groups_by_both_protocols() {
    let mut events = 0;
    for seed in 0..12 {
        let schedule = Schedule::random_with_groups(seed, 60);
        let outcome = schedule.play(Invariants::default());
        if let Some((_, violation)) = outcome.violation {
            let play = |schedule: &Schedule| schedule.play(Invariants::default());
            panic!("seed {seed}: {violation}\n{:#?}", schedule.shrunk(&play));
        }
        events += outcome.events;
    }
    assert!(events > 20_000, "{events}");
}

#[test]
fn all_invariants_hold_with_a_share_group() {
    let mut events = 0;
    for seed in 0..40 {
        let schedule = Schedule::random_with_share(seed, 60);
        let outcome = schedule.play(Invariants::default());
        if let Some((_, violation)) = outcome.violation {
            let play = |schedule: &Schedule| schedule.play(Invariants::default());
            panic!("seed {seed}: {violation}\n{:#?}", schedule.shrunk(&play));
        }
        events += outcome.events;
    }
    assert!(events > 20_000, "{events}");
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    assert_eq!(Schedule::random(7, 60), Schedule::random(7, 60));
    assert_ne!(Schedule::random(7, 60), Schedule::random(8, 60));
    let outcome = |seed| Schedule::random(seed, 60).play(Invariants::default());
    assert_eq!((outcome(7).events, outcome(7).done), (outcome(7).events, outcome(7).done));
}

/// Each invariant, and a rule without which it breaks.
#[test]
fn every_invariant_is_seen_broken_without_the_rule_that_keeps_it() {
    let plain = Invariants::default();
    let table: [(Invariant, Invariants, Option<Features>); 20] = [
        // The losses that an unclean election may bring, not excused.
        (Invariant::LeaderCompleteness, Invariants::strict(), None),
        (Invariant::LeaderCandidateCompleteness, plain.clone(), Some(sabotaged(Sabotage::JoinsAnywhere))),
        (Invariant::QuorumSuperset, plain.clone(), Some(sabotaged(Sabotage::ShrinksBeforeTheAnswer))),
        (Invariant::LogMatching, plain.clone(), Some(sabotaged(Sabotage::NoEpochInFetch))),
        (Invariant::StrongIsr, plain.clone(), Some(sabotaged(Sabotage::NoEpochInFetch))),
        (Invariant::ConsistentRead, plain.clone(), Some(sabotaged(Sabotage::ExposesLogEnd))),
        (Invariant::NoGlobalLoss, Invariants::strict(), None),
        (Invariant::OneLeaderPerEpoch, plain.clone(), Some(sabotaged(Sabotage::KeepsLeaderEpoch))),
        (Invariant::AcknowledgedDurable, plain.clone(), Some(sabotaged(Sabotage::AcknowledgesEarly))),
        (Invariant::OrderedOffsets, plain.clone(), Some(sabotaged(Sabotage::HighWatermarkFalls))),
        (
            Invariant::NoAdvanceBelowMinIsr,
            plain.clone(),
            Some(Features { freezes_high_watermark: false, ..Features::default() }),
        ),
        (Invariant::SequencesContiguous, plain.clone(), Some(sabotaged(Sabotage::ChecksNoSequence))),
        (Invariant::SendOrder, Invariants::ordered(), None),
        (Invariant::OneOwner, plain.clone(), Some(sabotaged(Sabotage::AssignsWhatIsHeld))),
        (Invariant::EvenShares, plain.clone(), Some(sabotaged(Sabotage::AssignsAllToOne))),
        (Invariant::OneHolder, plain.clone(), Some(sabotaged(Sabotage::HandsOutTwice))),
        (Invariant::DeliveryCountLimit, plain.clone(), Some(sabotaged(Sabotage::DeliversForEver))),
        (Invariant::DoneOnce, plain.clone(), Some(sabotaged(Sabotage::ForgetsShareState))),
        (Invariant::ShareStartOffset, plain.clone(), Some(sabotaged(Sabotage::ForgetsShareState))),
        (Invariant::FencedOut, plain, Some(sabotaged(Sabotage::ElectsFenced))),
    ];
    for (invariant, invariants, features) in table {
        let steps = caught(invariant, &invariants, features);
        assert!(steps <= 30, "{invariant:?} takes {steps} steps");
    }
}

/// Before leader epochs (KIP-101): a follower cuts its log at its high watermark.
#[test]
fn cutting_at_the_high_watermark_loses_what_is_committed() {
    let features = Some(Features { truncates_by_epoch: false, ..Features::default() });
    let play = |seed| Schedule::random(seed, 60).play_with(Invariants::default(), features).violation;
    let lost = [Invariant::LeaderCompleteness, Invariant::LeaderCandidateCompleteness];
    assert!((0..200).filter_map(play).any(|(_, violation)| lost.contains(&violation.invariant)));
}

#[test]
fn idempotent_producers_and_racks_are_among_the_schedules() {
    let schedules: Vec<Schedule> = (0..6).map(|seed| Schedule::random(seed, 1)).collect();
    let kinds: std::collections::BTreeSet<_> =
        schedules.iter().map(|schedule| (schedule.idempotent, schedule.has_racks)).collect();
    assert_eq!(kinds.len(), 4, "with and without each");
}
