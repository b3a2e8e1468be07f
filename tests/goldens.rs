//! Every scenario's captions in both languages and all its facts, against files that a person has read.
//! `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use highwater_player::command::Command;
use highwater_player::compare::{Cell, Fork};
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::question::situation;
use highwater_player::say::say;
use highwater_player::scene::{Panel, Scene};
use highwater_player::script::author::pack_folder;
use highwater_player::words::{Answering, Choice, Inline};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn scenarios() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("scenarios")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.filter(|path| path.join("scenario.toml").exists()).collect();
    folders.sort();
    folders
}

fn player(folder: &Path) -> Player {
    let packed = pack_folder(folder).unwrap_or_else(|errors| panic!("{errors}"));
    // Through JSON, as the page gets it.
    Player::open(&packed.scenario.to_json().unwrap()).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn plain(runs: &[Inline]) -> String {
    runs.iter().map(Inline::text).collect()
}

fn captions(player: &mut Player) -> String {
    let mut text = String::new();
    for number in 1..=player.steps() {
        player.dispatch(Command::Seek(number)).unwrap();
        let id = &player.scenario().steps[number - 1].id;
        writeln!(text, "# {number} {id}, t = {} ms", player.scene().time_us / 1_000).unwrap();
        for lang in Lang::ALL {
            let words = player.words(lang);
            writeln!(text, "{}: {}\n    {}", lang.code(), plain(&words.title), plain(&words.say)).unwrap();
        }
        if let Some(question) = player.question(Lang::En) {
            // Any answer shows which one is right.
            let any = if let Answering::Number(_) = question.answering {
                Command::Number(i64::MIN)
            } else {
                Command::Answer(0)
            };
            player.dispatch(any).unwrap();
        }
        for lang in Lang::ALL {
            let Some(question) = player.question(lang) else {
                continue;
            };
            let how = match &question.answering {
                Answering::Choose => String::new(),
                Answering::Point => " (point)".to_owned(),
                Answering::Number(None) => " (number)".to_owned(),
                Answering::Number(Some(unit)) => format!(" (number, {unit})"),
            };
            writeln!(text, "{} asks: {}{how}", lang.code(), plain(&question.ask)).unwrap();
            let given =
                |choice: &Choice| choice.mark.is_none() && how.contains("number") && choice.right == Some(false);
            for choice in question.choices.iter().filter(|choice| !given(choice)) {
                let mark = if choice.right == Some(true) { "+" } else { "-" };
                writeln!(text, "    {mark} {}", plain(&choice.label)).unwrap();
            }
            writeln!(text, "    because {}", plain(&question.reason.unwrap())).unwrap();
            for fact in &question.facts {
                writeln!(text, "        {} {}", fact.name, fact.sentence).unwrap();
            }
        }
        text.push('\n');
    }
    text
}

/// The Text view of every step: what a reader gets without the picture.
fn pictures_in_words(player: &mut Player) -> String {
    let mut text = String::new();
    for number in 1..=player.steps() {
        player.dispatch(Command::Seek(number)).unwrap();
        for lang in Lang::ALL {
            writeln!(text, "# {number}, {}", lang.code()).unwrap();
            for block in player.text(lang) {
                writeln!(text, "{}", block.heading).unwrap();
                for line in block.lines {
                    writeln!(text, "    {line}").unwrap();
                }
            }
        }
    }
    text
}

/// What a reader is told of the other future, where a scenario compares two: where they part, and what each step of B says,
/// holds and cannot do.
fn other_future(player: &mut Player) -> Option<String> {
    let compare = player.scenario().compare.clone()?;
    let mut fork = Fork::new(player, &compare.changes).unwrap_or_else(|error| panic!("{}: {error}", player.id()));
    let mut text = String::new();
    for lang in Lang::ALL {
        writeln!(text, "A: {}\nB: {}\n{}", compare.a.get(lang), compare.b.get(lang), fork.first_said(lang)).unwrap();
    }
    for number in 1..=player.steps() {
        player.dispatch(Command::Seek(number)).unwrap();
        fork.follow(player);
        let time = |player: &Player| player.scene().time_us / 1_000;
        writeln!(text, "# {number}, t = {} and {} ms", time(player), time(&fork.player)).unwrap();
        for lang in Lang::ALL {
            for line in fork.oddities().iter().map(|odd| odd.say(lang)).chain([plain(&fork.player.words_of_b(lang))]) {
                if !line.is_empty() {
                    writeln!(text, "{}: {line}", lang.code()).unwrap();
                }
            }
        }
        for row in fork.rows(player, Lang::En) {
            let cell = |cell: Option<Cell>| cell.map_or_else(|| "-".to_owned(), |cell| cell.sentence);
            writeln!(text, "    {}\n        A {}\n        B {}", row.name, cell(row.a), cell(row.b)).unwrap();
        }
        for block in fork.player.text(Lang::En) {
            writeln!(text, "    {}\n        {}", block.heading, block.lines.join("\n        ")).unwrap();
        }
    }
    Some(text)
}

/// The most facts that a person reads one by one.
const FACTS_READ: usize = 400;

fn facts(player: &Player) -> String {
    let mut text = String::new();
    let all = player.run().history.facts();
    let shown = if all.len() > FACTS_READ { FACTS_READ / 4 } else { all.len() };
    for fact in all.iter().take(shown) {
        let cause = fact.cause.map_or_else(|| "you".to_owned(), |cause| format!("{cause}"));
        let micros = fact.at.0;
        let (name, sentence) = (fact.kind.name(), say(&fact, Lang::En));
        writeln!(text, "{:>4} <- {cause:<4} {micros:>10} µs  {name:<24} {sentence}", fact.id).unwrap();
    }
    if shown < all.len() {
        let mut counts = std::collections::BTreeMap::new();
        for fact in all {
            *counts.entry(fact.kind.name()).or_insert(0) += 1;
        }
        writeln!(text, "… {} facts in all, digest {}", all.len(), player.run().digest()).unwrap();
        for (name, count) in counts {
            writeln!(text, "{count:>6} {name}").unwrap();
        }
    }
    text
}

fn compare(file: &str, text: &str) {
    let path = root().join("tests/goldens").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (want, got)) in (1..).zip(golden.lines().zip(text.lines())) {
        assert_eq!(got, want, "{file} line {number}");
    }
    assert_eq!(
        text.lines().count(),
        golden.lines().count(),
        "{file}: more or fewer lines; UPDATE_GOLDEN=1 writes it anew"
    );
}

#[test]
fn captions_and_facts_are_those_that_somebody_has_read() {
    for folder in scenarios() {
        let mut player = player(&folder);
        let id = player.id().to_owned();
        compare(&format!("{id}.captions.txt"), &captions(&mut player));
        compare(&format!("{id}.text.txt"), &pictures_in_words(&mut player));
        if let Some(text) = other_future(&mut player) {
            compare(&format!("{id}.compare.txt"), &text);
        }
        compare(&format!("{id}.facts.txt"), &facts(&player));
    }
}

#[test]
fn every_expectation_holds() {
    for folder in scenarios() {
        let player = player(&folder);
        for (index, step) in player.scenario().steps.iter().enumerate() {
            let world = situation(player.run(), index).unwrap();
            for expectation in &step.expect {
                let holds = expectation.holds(&world);
                assert_eq!(holds, Ok(true), "{} step {}: {}", player.id(), step.id, expectation.source());
            }
        }
    }
}

/// Design: a scenario has at least eight steps and two questions, and is told in both languages.
#[test]
fn every_scenario_is_finished() {
    for folder in scenarios() {
        let player = player(&folder);
        let steps = &player.scenario().steps;
        assert!(steps.len() >= 8, "{}", player.id());
        assert!(steps.iter().filter(|step| step.ask.is_some()).count() >= 2, "{}", player.id());
        assert!(steps.iter().all(|step| !step.look.is_empty()), "{}: every step looks at something", player.id());
    }
}

/// What a step looks at is in its picture, and has words.
#[test]
fn every_mark_that_a_step_looks_at_is_there() {
    for folder in scenarios() {
        let mut player = player(&folder);
        for number in 1..=player.steps() {
            player.dispatch(Command::Seek(number)).unwrap();
            let look = player.scene().look.clone();
            for mark in look {
                for lang in Lang::ALL {
                    let label = player.label(&mark, lang);
                    assert!(
                        label.is_some_and(|label| !label.contains("text.")),
                        "{} step {number}: {mark}",
                        player.id()
                    );
                }
            }
        }
    }
}

/// Every value that a picture shows has a chain of causes that ends at a command.
#[test]
fn every_shown_value_has_a_cause() {
    for folder in scenarios() {
        let player = player(&folder);
        let mut begin = 0;
        for (index, end) in player.run().ends.iter().enumerate() {
            let facts = player.run().history.facts().part(..end.moment.facts);
            // What a step did not set is as it was at the end of the step before.
            let keys: BTreeSet<String> = facts.part(begin..).iter().flat_map(|fact| fact.kind.sets()).collect();
            begin = facts.len();
            for key in keys {
                let chain = highwater_player::causes::why(facts, &key);
                let last = chain.last().unwrap_or_else(|| panic!("step {index}: {key} has no cause"));
                assert_eq!(last.kind.name(), "CommandGiven", "{key}");
            }
        }
    }
}

/// The marks of everything that has a value or a name in the pictures of partitions and clients.
fn marks(scene: &Scene) -> Vec<String> {
    let mut marks = Vec::new();
    for panel in &scene.panels {
        match panel {
            Panel::Cluster(panel) => {
                marks.push(format!("isr/{}", panel.partition));
                for row in &panel.replicas {
                    marks.extend([row.id.clone(), format!("{}/hw", row.id), format!("{}/leo", row.id)]);
                    marks.extend(row.records.iter().map(|record| record.id.clone()));
                    marks.extend(row.ghosts.iter().map(|ghost| ghost.cell.id.clone()));
                    marks.extend(row.floats.iter().map(|float| float.id.clone()));
                }
                marks.extend(panel.messages.iter().map(|message| message.id.clone()));
                marks.extend(panel.clients.iter().filter(|card| card.id == "controller").map(|card| card.id.clone()));
            }
            Panel::Accumulator(panel) => {
                marks.extend(panel.queues.iter().flat_map(|queue| &queue.batches).map(|batch| batch.id.clone()));
            }
            Panel::Files(panel) => {
                marks.push(format!("{}/start", panel.id));
                marks.extend(panel.segments.iter().map(|card| card.id.clone()));
                marks.extend(panel.active_entries.iter().flatten().map(|entry| entry.id.clone()));
                if let Some(search) = &panel.search {
                    marks.extend(search.entries.iter().map(|entry| entry.id.clone()));
                    marks.extend(search.probes.iter().flatten().map(|row| row.id.clone()));
                    marks.extend(search.scan.iter().flatten().map(|batch| batch.id.clone()));
                }
                marks.extend(panel.bytes.iter().flat_map(|bytes| &bytes.fields).map(|field| field.id.clone()));
            }
            Panel::Compaction(panel) => {
                marks.extend(["hw", "leo", "dirty"].map(|part| format!("{}/{part}", panel.id)));
                marks.extend(panel.columns.iter().filter_map(|column| column.record.as_ref()).map(|r| r.id.clone()));
                marks.extend(panel.segments.iter().map(|band| band.id.clone()));
                marks.extend(panel.map.iter().flatten().map(|entry| entry.id.clone()));
            }
            Panel::Replicas(panel) => {
                let bars = panel.rows.iter().flat_map(|row| &row.bars);
                marks.extend(bars.map(|bar| bar.id.clone()));
            }
            Panel::Spread(panel) => {
                let bars = panel.charts.iter().flat_map(|chart| &chart.bars);
                marks.extend(bars.filter(|bar| bar.batches > 0).map(|bar| bar.id.clone()));
            }
            Panel::History(panel) => marks.extend(panel.rows.iter().map(|row| row.id.clone())),
            Panel::Table(panel) => marks.extend(panel.rows.iter().map(|row| row.id.clone())),
            Panel::Share(panel) => {
                marks.extend(["start", "end"].map(|part| format!("{}/{part}", panel.id)));
                marks.extend(panel.records.iter().map(|there| there.id.clone()));
                marks.extend(panel.members.iter().map(|there| there.id.clone()));
            }
            Panel::Group(panel) => {
                marks.extend([panel.id.clone(), format!("{}/state", panel.id), format!("{}/generation", panel.id)]);
                marks.extend(panel.members.iter().flat_map(|card| &card.now.value).map(|token| token.id.clone()));
                marks.extend(panel.log.records.iter().map(|record| record.id.clone()));
                marks.extend(panel.unowned.iter().map(|token| token.id.clone()));
            }
            Panel::Partitioner(panel) => {
                let lanes = panel.lanes.iter();
                marks.extend(
                    lanes.flat_map(|lane| lane.keys.iter().filter(|chip| chip.records > 0)).map(|chip| chip.id.clone()),
                );
            }
        }
    }
    marks
}

#[test]
fn every_value_in_every_picture_has_causes_that_end_at_a_command_or_a_timer() {
    for folder in scenarios() {
        let mut player = player(&folder);
        for step in 1..=player.steps() {
            player.dispatch(Command::Seek(step)).unwrap();
            let scene = player.scene();
            for mark in marks(&scene) {
                let at = format!("{} step {step}, {mark}", player.id());
                for lang in Lang::ALL {
                    let why = player.why(&mark, lang).unwrap_or_else(|| panic!("{at}: no causes"));
                    let end = why.chain.last().unwrap();
                    assert!(["CommandGiven", "TimerFired"].contains(&end.name.as_str()), "{at}: ends at {}", end.name);
                    assert!(why.chain.iter().all(|line| !line.sentence.is_empty() && line.step <= step), "{at}");
                    assert!(why.chain.is_sorted_by(|newer, older| newer.id > older.id), "{at}");
                }
            }
        }
    }
}
