//! Every thing that any step of any scenario shows can be looked into, and every value says why it is so.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use highwater_player::command::Command;
use highwater_player::inspect::Inspection;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::scene::text::marks;
use highwater_player::script::author::pack_folder;

fn players() -> Vec<(String, Player)> {
    let folders = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")).unwrap();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.join("scenario.toml").exists());
    folders.sort();
    let open = |folder: PathBuf| {
        let packed = pack_folder(&folder).unwrap_or_else(|errors| panic!("{errors}"));
        (packed.scenario.id.clone(), Player::with(packed.scenario).unwrap())
    };
    folders.into_iter().map(open).collect()
}

/// Calls `look` with every mark of every step.
fn at_every_step(mut look: impl FnMut(&str, &Player, &str)) {
    for (id, mut player) in players() {
        for step in 1..=player.steps() {
            player.dispatch(Command::Seek(step)).unwrap();
            let there = marks(&player.scene());
            assert!(!there.is_empty(), "{id}, step {step} shows nothing");
            for mark in there {
                look(&format!("{id}, step {step}"), &player, &mark);
            }
        }
    }
}

fn is_said(text: &str) -> bool {
    !text.is_empty() && !text.contains("inspect.") && !text.contains("%{")
}

fn check(place: &str, mark: &str, told: &Inspection) {
    assert_eq!(told.gone, None, "{place}: {mark}");
    assert!(is_said(&told.title) && is_said(&told.kind), "{place}: {mark}: {} {}", told.kind, told.title);
    let values = told.groups.iter().map(|group| group.values.len()).sum::<usize>();
    assert!(values > 0, "{place}: {mark} has no values");
    for group in &told.groups {
        assert!(!group.name.is_empty() && !group.values.is_empty(), "{place}: {mark}: {}", group.name);
        for value in &group.values {
            assert!(!value.name.is_empty() && !value.text.is_empty(), "{place}: {mark}: {}", value.name);
        }
    }
    for config in &told.configs {
        let since = config.since.split(' ').next().unwrap();
        assert!(since.contains('.') && !config.value.is_empty(), "{place}: {mark}: {}", config.name);
        assert_eq!(config.is_set, config.value != config.default);
    }
    if let Some(bytes) = &told.bytes {
        assert!(is_said(&bytes.title) && !bytes.fields.is_empty(), "{place}: {mark}");
    }
}

#[test]
fn every_mark_of_every_step_can_be_looked_into_in_both_languages() {
    let mut unknown = std::collections::BTreeSet::new();
    let mut with_terms = 0;
    at_every_step(|place, player, mark| {
        let [en, zh] = Lang::ALL.map(|lang| {
            let told = player.inspect(mark, lang).unwrap_or_else(|| panic!("{place}: {mark} cannot be looked into"));
            check(place, mark, &told);
            if told.groups.len() == 1 && told.groups[0].values[0].name == mark {
                unknown.insert(mark.split('/').next().unwrap().to_owned());
            }
            told
        });
        let terms = |told: &Inspection| -> Vec<Option<String>> {
            let values = told.groups.iter().flat_map(|group| &group.values);
            values.map(|value| value.term.as_ref().map(|term| term.id.clone())).collect()
        };
        assert_eq!(terms(&en), terms(&zh), "{place}: {mark}");
        with_terms += terms(&en).iter().flatten().count();
    });
    assert!(with_terms > 100, "{with_terms}");
    // What only its panel knows: no kind of thing that has a state.
    assert_eq!(unknown, std::collections::BTreeSet::new());
}

#[test]
fn every_value_says_why_and_the_chain_ends_at_a_command_or_a_timer_or_at_the_begin() {
    let mut known = std::collections::BTreeSet::new();
    at_every_step(|place, player, mark| {
        let ends_well = |asked: &str| {
            let why = player.why(asked, Lang::En).unwrap_or_else(|| panic!("{place}: no why of {asked}"));
            match why.chain.last() {
                Some(end) => {
                    let is_end = matches!(end.name.as_str(), "CommandGiven" | "TimerFired");
                    assert!(is_end, "{place}: why of {asked} ends at {}", end.name);
                    assert!(why.origin.is_none());
                    for line in &why.chain {
                        assert!(
                            (1..=player.steps()).contains(&line.step),
                            "{place}: {asked} leads to step {}",
                            line.step
                        );
                        assert!(!line.sentence.is_empty());
                    }
                }
                None => assert!(why.origin.as_deref().is_some_and(is_said), "{place}: why of {asked} says nothing"),
            }
        };
        ends_well(mark);
        let told = player.inspect(mark, Lang::En).unwrap();
        // What is as it was has been asked before.
        let is_new = known.insert(format!("{} {mark}", player.id()));
        for value in told.groups.iter().flat_map(|group| &group.values) {
            if is_new || value.was.is_some() {
                ends_well(&value.why);
            }
        }
    });
}

#[test]
fn every_message_is_once_in_the_sequence_and_can_be_looked_into() {
    use highwater_player::sequence::MESSAGES_MAX;
    for (id, mut player) in players() {
        for step in 1..=player.steps() {
            player.dispatch(Command::Seek(step)).unwrap();
            let mut seen = std::collections::BTreeSet::new();
            let mut back = 0;
            loop {
                let shown = player.sequence(back);
                assert!(shown.arrows.len() <= MESSAGES_MAX, "{id}, step {step}");
                for arrow in &shown.arrows {
                    seen.insert(arrow.id.clone());
                    assert!(arrow.from < shown.lifelines.len() && arrow.to < shown.lifelines.len());
                    assert!((1..=step).contains(&arrow.step), "{id}, step {step}: {} is of {}", arrow.id, arrow.step);
                    assert!(!arrow.is_now || arrow.step <= step);
                    for lang in Lang::ALL {
                        assert!(is_said(&arrow.summary.say(lang)) && !arrow.summary.say(lang).contains("scene."));
                    }
                }
                if back == 0 {
                    for node in &shown.lifelines {
                        let told = player.inspect(&node.id, Lang::En).unwrap_or_else(|| panic!("{id}: {}", node.id));
                        assert!(told.gone.is_some() || !told.groups.is_empty(), "{id}, step {step}: {}", node.id);
                    }
                    for arrow in shown.arrows.iter().filter(|arrow| arrow.step == step) {
                        let told = player.inspect(&arrow.id, Lang::Zh).unwrap_or_else(|| panic!("{id}: {}", arrow.id));
                        check(&format!("{id}, step {step}"), &arrow.id, &told);
                        let has_body = told.groups.len() > 2;
                        assert!(has_body, "{id}, step {step}: {} has no body: {:?}", arrow.id, told.groups);
                    }
                }
                if shown.earlier == 0 {
                    break;
                }
                back += MESSAGES_MAX / 2;
            }
            let sent = player.facts(Lang::En);
            let sent = sent.iter().filter(|fact| fact.name.ends_with("Sent")).count();
            assert_eq!(seen.len(), sent, "{id}, step {step}");
        }
    }
}
