//! Questions that are answered with a number or by pointing.
#![cfg(feature = "author")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::Path;

use highwater_player::command::{Arrival, Command};
use highwater_player::lang::Lang;
use highwater_player::playback::{CommandError, Player};
use highwater_player::script::Scenario;
use highwater_player::script::author::pack_folder;
use highwater_player::words::{Answered, Answering, Question};

fn player() -> Player {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good_scenarios/answers");
    let packed = pack_folder(&folder).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((packed.lints(), packed.check()), (Vec::new(), Vec::new()));
    let json = packed.scenario.to_json().unwrap();
    assert_eq!(Scenario::from_json(&json).unwrap(), packed.scenario);
    assert_eq!(Scenario::checked(&json).unwrap(), packed.scenario);
    Player::open(&json).unwrap()
}

fn question(player: &Player) -> Question {
    player.question(Lang::En).unwrap()
}

/// The answers: their words, `+` for a right one, `*` for the one that was given.
fn told(question: &Question) -> Vec<String> {
    let one = |choice: &highwater_player::words::Choice| {
        let words: String = choice.label.iter().map(|run| run.text().to_owned()).collect();
        let right = if choice.right == Some(true) { "+" } else { "" };
        format!("{words}{right}{}", if choice.chosen { "*" } else { "" })
    };
    question.choices.iter().map(one).collect()
}

#[test]
fn a_number_is_right_exactly_and_shows_only_after_the_answer() {
    let mut player = player();
    let asked = question(&player);
    assert_eq!(asked.answering, Answering::Number(Some("records".to_owned())));
    assert_eq!(player.question(Lang::Zh).unwrap().answering, Answering::Number(Some("条".to_owned())));
    assert_eq!((asked.choices.len(), asked.answered, asked.reason.is_none()), (0, Answered::Open, true));
    assert_eq!(player.dispatch(Command::Answer(0)), Err(CommandError::NoChoice(0)), "nothing to choose from");
    assert_eq!(player.dispatch(Command::Number(3)), Ok(Arrival::Stayed));
    let wrong = question(&player);
    assert_eq!((wrong.answered, told(&wrong)), (Answered::Wrong, vec!["3*".to_owned(), "2+".to_owned()]));
    assert!(wrong.reason.is_some() && wrong.facts.iter().any(|fact| fact.name == "RecordAppended"), "{wrong:?}");
    assert_eq!(player.answers(), [(1, false)]);
    assert_eq!(player.dispatch(Command::Number(2)), Err(CommandError::NoNumber), "answered once");

    let mut again = self::player();
    again.dispatch(Command::Number(2)).unwrap();
    assert_eq!((question(&again).answered, told(&question(&again))), (Answered::Right, vec!["2+*".to_owned()]));
    let mut passed = self::player();
    passed.dispatch(Command::Next).unwrap();
    passed.dispatch(Command::Back).unwrap();
    assert_eq!((question(&passed).answered, told(&question(&passed))), (Answered::Revealed, vec!["2+".to_owned()]));
    assert_eq!(passed.answers(), []);
}

#[test]
fn marks_of_the_picture_are_the_answers() {
    let mut player = player();
    player.dispatch(Command::Seek(2)).unwrap();
    let asked = question(&player);
    assert_eq!(asked.answering, Answering::Point);
    let marks: Vec<&str> = asked.choices.iter().filter_map(|choice| choice.mark.as_deref()).collect();
    assert_eq!(marks, ["broker-1/orders-0/record-0", "broker-1/orders-0/record-1"]);
    assert!(asked.choices.iter().all(|choice| choice.right.is_none() && !choice.label.is_empty()), "{asked:?}");
    assert_eq!(player.answer_at("broker-1/orders-0/record-1"), Some(1));
    assert_eq!(player.answer_at("broker-1/orders-0"), None);
    assert_eq!(player.dispatch(Command::Number(1)), Err(CommandError::NoNumber));
    player.dispatch(Command::Answer(0)).unwrap();
    let wrong = question(&player);
    assert_eq!(wrong.answered, Answered::Wrong);
    assert!(told(&wrong)[0].ends_with('*') && told(&wrong)[1].ends_with('+'), "{wrong:?}");
    assert!(!wrong.facts.is_empty(), "a fact is behind it");
    assert_eq!(player.answer_at("broker-1/orders-0/record-1"), None, "it is answered");
    assert_eq!(player.answers(), [(2, false)]);
}
