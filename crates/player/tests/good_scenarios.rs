//! What authors may leave out, and what is made of it.
#![cfg(feature = "author")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::path::Path;

use highwater_player::command::Command;
use highwater_player::lang::Lang;
use highwater_player::playback::Player;
use highwater_player::script::author::{Files, pack_files, pack_folder, schema};
use highwater_player::script::{Action, PanelKind, Scalar, Scenario, Stage};

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn defaults_are_filled_in_and_steps_inherit() {
    let packed = pack_folder(&here("tests/good_scenarios/inherits")).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(packed.lints(), []);
    assert_eq!(packed.check(), []);
    let scenario = &packed.scenario;
    assert_eq!(
        (scenario.kafka.as_str(), scenario.seed, scenario.picture),
        ("4.3", 1, 1)
    );
    assert_eq!(scenario.chapters[0].title.en, scenario.title.en);
    assert_eq!(scenario.producers[0].config["linger.ms"], Scalar::Number(0));
    assert_eq!(scenario.producers[0].config["batch.size"], Scalar::Number(1024));
    // The consumer starts in the second step, before what that step does itself.
    assert!(!scenario.consumers[0].start);
    assert!(matches!(&scenario.steps[1].actions[0], Action::StartConsumer { consumer } if consumer == "c1"));
    assert_eq!(scenario.steps[1].actions.len(), 2);
    // What the picture shows goes on until a step says otherwise.
    let shows: Vec<_> = scenario.steps.iter().map(|step| &step.show).collect();
    assert_eq!(shows[0].panels, [PanelKind::Partitioner]);
    assert_eq!((shows[0].key.as_deref(), shows[0].through), (Some("u1"), Stage::Key));
    assert_eq!(
        (shows[1].key.as_deref(), shows[1].through),
        (Some("u1"), Stage::Murmur2)
    );
    assert_eq!((shows[2].key.as_deref(), shows[2].before), (None, Some(1)));
    assert_eq!(
        (shows[3].before, shows[3].moves.as_ref().map(|moves| moves.count)),
        (None, Some(10))
    );
    assert_eq!(scenario.steps[0].ask.as_ref().map(|ask| ask.after), Some(1));
    assert_eq!(scenario.steps[0].terms, ["key", "murmur2"]);
}

#[test]
fn packed_and_opened_it_is_the_same() {
    let packed = pack_folder(&here("tests/good_scenarios/inherits")).unwrap();
    let json = packed.scenario.to_json().unwrap();
    assert_eq!(Scenario::from_json(&json).unwrap(), packed.scenario);
    let mut player = Player::open(&json).unwrap();
    player.dispatch(Command::Last).unwrap();
    let said: String = player
        .words(Lang::Zh)
        .say
        .iter()
        .map(|run| run.text().to_owned())
        .collect();
    assert_eq!(said, "十个键里有 8 个换了地方。");
}

#[test]
fn texts_may_come_from_anywhere() {
    let read = |name: &str| std::fs::read(here(&format!("tests/good_scenarios/inherits/{name}"))).unwrap();
    let files = Files {
        scenario_name: "standard input".to_owned(),
        scenario: read("scenario.toml"),
        translation_name: "zh.toml".to_owned(),
        translation: Some(read("zh.toml")),
        ..Files::default()
    };
    assert_eq!(pack_files(files.clone()).unwrap().scenario.family.title.en, "tests");
    let without = Files {
        translation: None,
        ..files
    };
    let errors = pack_files(without).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "zh.toml: is missing; write it beside scenario.toml: the same texts in Chinese"
    );
}

/// `UPDATE_GOLDEN=1` rewrites it.
#[test]
fn the_schema_for_editors_is_up_to_date() {
    let file = here("../../scenarios/scenario.schema.json");
    let schema = schema().unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &schema).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap_or_default() == schema,
        "run with UPDATE_GOLDEN=1"
    );
}
