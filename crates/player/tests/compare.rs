//! Two futures of one scenario: what they share, and where they part.

#![cfg(feature = "author")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use highwater_player::command::Command;
use highwater_player::compare::{Change, Fork};
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::script::author::pack_folder;

fn course() -> Vec<&'static str> {
    vec!["hw-two-rounds", "isr-shrink-expand", "key-hash", "batch-bytes", "retention"]
}

fn open(id: &str) -> Player {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(id);
    Player::with(pack_folder(&folder).unwrap_or_else(|errors| panic!("{errors}")).scenario).unwrap()
}

fn change(text: &str) -> Change {
    Change::parse(text).unwrap()
}

fn at(id: &str, step: usize) -> Player {
    let mut player = open(id);
    player.dispatch(Command::Seek(step)).unwrap();
    player
}

#[test]
fn a_fork_without_a_change_has_no_difference() {
    for id in course() {
        let a = open(id);
        let fork = Fork::new(&a, &[]).unwrap();
        assert!(fork.first().is_none(), "{id}: {}", fork.first_said(Lang::En));
        assert_eq!(fork.player.run().digest(), a.run().digest(), "{id}");
    }
}

#[test]
fn what_was_before_the_change_is_shared_and_not_run_again() {
    let a = open("hw-two-rounds");
    let fork = Fork::new(&a, &[change("4~pause:3")]).unwrap();
    let (before, after) = (&a.run().ends[3], &fork.player.run().ends[3]);
    assert_eq!(after.moment.events, before.moment.events, "no event is done twice");
    assert_eq!(fork.shared_facts(), before.moment.facts);
    for index in 0..3 {
        assert_eq!(a.run().ends[index].moment, fork.player.run().ends[index].moment);
        let brokers = a.run().ends[index].world.brokers().zip(fork.player.run().ends[index].world.brokers());
        for (here, there) in brokers {
            assert!(std::ptr::eq(here, there), "step {}: the nodes are the same in memory", index + 1);
        }
    }
}

#[test]
fn a_lost_fetch_response_is_missed_first() {
    let a = at("hw-two-rounds", 2);
    let offers = a.offers();
    let lose = offers.iter().find(|offer| offer.name == "drop").unwrap();
    let response = lose.targets.iter().find(|target| target.label.say(Lang::En).starts_with("Fetch response")).unwrap();
    let fork = Fork::new(&a, &[change(&format!("2~drop:{}", response.target))]).unwrap();
    let first = fork.first().unwrap();
    assert_eq!(first.a.as_ref().unwrap().name, "FetchResponseReceived");
    assert_eq!(first.step, 3);
    assert!(fork.first_said(Lang::Zh).contains("只在 A 中"), "{}", fork.first_said(Lang::Zh));
}

#[test]
fn a_late_message_makes_everything_late_that_waits_for_it() {
    let a = at("hw-two-rounds", 3);
    let fork = Fork::new(&a, &[change("3~delay:12:200")]).unwrap();
    let first = fork.first().unwrap();
    let (in_a, in_b) = (first.a.as_ref().unwrap(), first.b.as_ref().unwrap());
    assert_eq!((in_a.name, in_b.name), ("FetchReceived", "FetchReceived"));
    assert_eq!(in_b.time_us - in_a.time_us, 200_000);
}

#[test]
fn a_config_from_the_start_differs_where_it_is_first_heeded() {
    let a = at("isr-shrink-expand", 7);
    let mut fork = Fork::new(&a, &[change("0~configure:broker:replica.lag.time.max.ms:5000")]).unwrap();
    let first = fork.first().unwrap();
    assert_eq!((first.step, first.marks[0].as_str()), (5, "isr/orders-0"));
    let first = fork.first_said(Lang::En);
    assert!(first.ends_with("In A at 45000 ms, in B at 7500 ms."), "{first}");
    // The step waits for a shrink that has been long ago: it is bounded, and said.
    let said: Vec<String> = fork.oddities().iter().map(|odd| odd.say(Lang::En)).collect();
    assert!(said.iter().any(|odd| odd.contains("does not come")), "{said:?}");
    assert_eq!(fork.player.scene().time_us, a.scene().time_us);
    let mut a = a;
    a.dispatch(Command::Seek(4)).unwrap();
    fork.follow(&a);
    assert_eq!(fork.rows(&a, Lang::En), [], "nothing differs yet");
}

#[test]
fn the_table_says_what_each_future_holds() {
    let a = at("isr-shrink-expand", 9);
    let fork = Fork::new(&a, &[change("3~kill:2")]).unwrap();
    let rows = fork.rows(&a, Lang::En);
    assert!(rows[0].is_first && rows[0].name == "FetchResponseReceived" && rows[0].b.is_none());
    let shrunk = rows.iter().find(|row| row.name == "IsrShrunk").unwrap();
    assert!(shrunk.a.as_ref().unwrap().sentence.contains("to 1, 2"));
    assert!(shrunk.b.as_ref().unwrap().sentence.contains("to 1,"));
    assert!(!rows.iter().any(|row| row.name == "HighWatermarkAdvanced"), "both are at 5: {rows:?}");
}

#[test]
fn a_value_that_both_have_from_other_facts_names_both() {
    // Before 0.11 broker 3 ends where it cut its log; today it has the record from the leader.
    let a = at("kip101-loss", 5);
    let fork = Fork::new(&a, &a.scenario().compare.as_ref().unwrap().changes).unwrap();
    let names: Vec<String> = fork.rows(&a, Lang::En).into_iter().map(|row| row.name).collect();
    assert!(names.iter().any(|name| name == "LogTruncated / RecordAppended"), "{names:?}");
}

#[test]
fn several_changes_follow_each_other() {
    let a = at("isr-shrink-expand", 4);
    let fork = Fork::new(&a, &[change("5~resume:2"), change("4~pause:2")]).unwrap();
    assert_eq!(fork.changes().iter().map(|change| change.step).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(fork.labels().len(), 2);
    assert_eq!(fork.from(), 4);
}

#[test]
fn a_command_of_the_scenario_that_makes_no_sense_any_more_is_left_out_and_said() {
    let a = at("isr-shrink-expand", 10);
    // Step 10 heals the link that step 3 has cut: here it is healed already.
    let fork = Fork::new(&a, &[change("5~heal:1/3")]).unwrap();
    let said: Vec<String> = fork.oddities().iter().map(|odd| odd.say(Lang::En)).collect();
    assert!(said.iter().any(|odd| odd.contains("is not cut")), "{said:?}");
}

#[test]
fn every_offer_can_be_taken_and_differs_only_after_it() {
    for id in ["hw-two-rounds", "isr-shrink-expand", "auto-commit-repeat"] {
        let mut a = open(id);
        for step in (1..=a.steps()).step_by(4) {
            a.dispatch(Command::Seek(step)).unwrap();
            for offer in a.offers() {
                for target in offer.targets.iter().take(2) {
                    let text = format!("{step}~{}:{}:{}", offer.name, target.target, target.argument);
                    let text = text.trim_end_matches(':');
                    let fork = Fork::new(&a, &[change(text)]).unwrap_or_else(|error| panic!("{id} {text}: {error}"));
                    assert_eq!(fork.player.run().ends.len(), a.steps(), "{id} {text}");
                    if let Some(first) = fork.first() {
                        assert!(first.step >= step, "{id} {text}: {first:?}");
                    }
                    for lang in Lang::ALL {
                        let said = [offer.label.say(lang), target.label.say(lang), fork.labels()[0].say(lang)];
                        let bare = |text: &String| text.contains("compare.") || text.contains("%{");
                        assert!(!said.iter().chain([&fork.first_said(lang)]).any(bare), "{id} {text}: {said:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn who_polls_is_not_told_to_poll() {
    let offered = |a: &Player, name: &str| -> Vec<String> {
        let offers = a.offers();
        let targets = offers.iter().filter(|offer| offer.name == name).flat_map(|offer| &offer.targets);
        targets.map(|target| target.target.clone()).collect()
    };
    let a = at("commit-before-or-after", 2);
    assert_eq!(offered(&a, "pause_polling"), ["a1", "a2", "b1", "b2"]);
    assert_eq!(offered(&a, "resume_polling"), [""; 0], "all of them poll");
    let mut fork = Fork::new(&a, &[change("2~pause_polling:b1")]).unwrap();
    let mut a = a;
    a.dispatch(Command::Next).unwrap();
    fork.follow(&a);
    assert_eq!(offered(&fork.player, "resume_polling"), ["b1"]);
    assert_eq!(offered(&fork.player, "pause_polling"), ["a1", "a2", "b2"]);
}

#[test]
fn changes_that_are_none_are_told() {
    for text in ["", "5", "5~", "~drop:1", "5~drop", "-1~drop:1", "+5~drop:1", "05~drop:1", "5~:1", "5~drop:"] {
        assert!(Change::parse(text).is_none(), "{text}");
    }
    assert!(Change::parse(&format!("1~send:p1/orders-0:{}", "x".repeat(81))).is_none());
    let a = open("hw-two-rounds");
    for (text, says) in [
        ("99~pause:1", "no such step"),
        ("2~explode:1", "no such command"),
        ("2~pause:x", "nothing of that name"),
        ("2~pause:9", "Broker ID 9"),
        ("2~delay:10:soon", "the last part"),
        ("0~pause:1", "only configs"),
        ("0~configure:topic/none:retention.ms:5", "nothing of that name"),
        ("0~configure:broker:replica.lag.time.max.ms", "the last part"),
        ("0~configure:broker:replica.lag.time.max.ms:x", "replica.lag.time.max.ms"),
        ("2~configure:broker:no.such:1", "no.such"),
        ("2~drop:99999", "message 99999"),
    ] {
        let error = Fork::new(&a, &[change(text)]).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let nine: Vec<Change> = (1..=9).map(|step| change(&format!("{step}~refresh_metadata:p1"))).collect();
    assert!(Fork::new(&a, &nine).unwrap_err().to_string().contains("at most 8"));
}

#[test]
fn what_a_message_says_is_no_difference_where_something_follows_from_it() {
    // From its first Fetch on a follower tells its epoch, or not; what a reader looks for is the log that is cut, and here
    // who may lead.
    for (id, step, name) in [("kip101-loss", 4, "LogTruncated"), ("kip101-divergence", 3, "PartitionChangeRecord")] {
        let a = open(id);
        let fork = Fork::new(&a, &a.scenario().compare.as_ref().unwrap().changes).unwrap();
        let first = fork.first().unwrap();
        let told = first.a.as_ref().unwrap();
        assert_eq!((first.step, told.name, first.said_since), (step, name, Some(1)), "{id}");
        assert!(first.marks.iter().any(|mark| mark.starts_with("broker-")), "{id}: {:?}", first.marks);
        assert!(fork.first_said(Lang::En).contains("from step 1 on"), "{}", fork.first_said(Lang::En));
    }
}

#[test]
fn every_knob_of_the_course_turns_something_that_is_seen() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut ids: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    ids.sort();
    let mut turned = 0;
    for id in ids {
        let mut a = open(&id);
        for knob in a.knobs() {
            for (value, change) in &knob.values {
                let told = format!("{id}: {} = {value}", knob.config);
                let mut fork =
                    Fork::new(&a, std::slice::from_ref(change)).unwrap_or_else(|error| panic!("{told}: {error}"));
                let first = fork.first().unwrap_or_else(|| panic!("{told}: nothing differs")).step;
                // What differs stands in the picture or in the table of some step.
                let is_seen = (first..=a.steps()).any(|step| {
                    a.dispatch(Command::Seek(step)).unwrap();
                    fork.follow(&a);
                    fork.rows(&a, Lang::En).iter().any(|row| !row.is_first)
                        || fork.player.scene().panels != a.scene().panels
                });
                assert!(is_seen, "{told}: {}", fork.first_said(Lang::En));
                turned += 1;
            }
        }
    }
    assert!(turned > 40, "{turned} values");
}
