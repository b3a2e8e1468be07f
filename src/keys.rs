//! Keys → actions. Pure, so that what a key does can be read and tested in one place.

use highwater_player::command::Command;

use crate::action::Action;
use crate::browser::KeyPress;
use crate::compare::form::ForkAction;
use crate::stage::focus::Direction;

/// What a key asks for; none if it is not for the player.
pub fn action(press: &KeyPress) -> Option<Action> {
    let arrow = match press.key.as_str() {
        "ArrowLeft" => Some((Direction::Left, Command::Back)),
        "ArrowRight" => Some((Direction::Right, Command::Next)),
        "ArrowUp" => Some((Direction::Up, Command::Back)),
        "ArrowDown" => Some((Direction::Down, Command::Next)),
        _ => None,
    };
    if let Some((direction, command)) = arrow {
        if press.in_stage {
            return Some(Action::Arrow(press.mark.clone(), direction));
        }
        let sideways = matches!(direction, Direction::Left | Direction::Right);
        return sideways.then_some(Action::Go(command));
    }
    match press.key.as_str() {
        "[" => Some(Action::Go(Command::Back)),
        "]" => Some(Action::Go(Command::Next)),
        " " if !press.on_control => Some(Action::PlayPause),
        "Home" => Some(Action::Go(Command::First)),
        "End" => Some(Action::Go(Command::Last)),
        "w" if press.in_stage => press.mark.clone().map(|mark| Action::Why(Some(mark))),
        "f" => Some(Action::Fork(ForkAction::Open)),
        "Enter" if press.in_stage => press.mark.clone().map(Action::Press),
        "?" => Some(Action::Help(true)),
        "Escape" => Some(Action::Escape),
        digit => digit.parse::<usize>().ok().filter(|digit| (1..=9).contains(digit)).map(Action::Chapter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> KeyPress {
        KeyPress { key: key.to_owned(), ..KeyPress::default() }
    }

    #[test]
    fn arrows_step_outside_the_stage_and_walk_inside() {
        assert_eq!(action(&press("ArrowRight")), Some(Action::Go(Command::Next)));
        assert_eq!(action(&press("ArrowUp")), None, "the page scrolls");
        let inside = KeyPress { in_stage: true, mark: Some("broker-1/orders-0".to_owned()), ..press("ArrowUp") };
        assert_eq!(action(&inside), Some(Action::Arrow(Some("broker-1/orders-0".to_owned()), Direction::Up)));
    }

    #[test]
    fn space_is_a_buttons_own() {
        let on_mark = KeyPress { in_stage: true, mark: Some("isr/orders-0".to_owned()), ..press("w") };
        assert_eq!(action(&on_mark), Some(Action::Why(Some("isr/orders-0".to_owned()))));
        assert_eq!(action(&press("w")), None);
        let enter = KeyPress { key: "Enter".to_owned(), ..on_mark };
        assert_eq!(action(&enter), Some(Action::Press("isr/orders-0".to_owned())));
        let on_button = KeyPress { on_control: true, ..press(" ") };
        assert_eq!(action(&on_button), None);
        assert_eq!(action(&press(" ")), Some(Action::PlayPause));
        assert_eq!(action(&press("3")), Some(Action::Chapter(3)));
        for key in ["0", "a", "10", "Tab", "Enter"] {
            assert_eq!(action(&press(key)), None, "{key}");
        }
    }
}
