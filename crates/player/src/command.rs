//! Everything that a person or a page can ask of a player.

/// One request. Buttons, keys, links and the page's own scripts all speak this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// One step forward; at an open question, it reveals the answer and goes on.
    Next,
    /// One step back.
    Back,
    /// To a step, from 1. A number outside the scenario is an error and changes nothing.
    Seek(usize),
    /// To the first step.
    First,
    /// To the last step.
    Last,
    /// Answers the question of this step with a choice, from 0.
    Answer(usize),
    /// Answers it with a number.
    Number(i64),
}

impl Command {
    /// It answers a question.
    pub fn is_answer(self) -> bool {
        matches!(self, Command::Answer(_) | Command::Number(_))
    }
}

/// How the player came to where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// One step forward: its beats can be played.
    Forward,
    /// A jump or a step back: a cut.
    Cut,
    /// Nothing moved (an answer, or a step that was not there).
    Stayed,
}
