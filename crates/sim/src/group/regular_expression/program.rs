//! An expression as a program: all ways through it are followed at once, letter by letter.

use super::Node;
use super::classes::Ranges;

/// No program is longer.
const INSTRUCTIONS_MAX: usize = 20_000;

/// What must be so between two letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

impl Assertion {
    fn holds(self, before: Option<char>, after: Option<char>) -> bool {
        let is_word =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        match self {
            Assertion::Start => before.is_none(),
            Assertion::End => after.is_none(),
            Assertion::LineStart => before.is_none_or(|letter| letter == '\n'),
            Assertion::LineEnd => after.is_none_or(|letter| letter == '\n'),
            Assertion::WordBoundary => is_word(before) != is_word(after),
            Assertion::NoWordBoundary => is_word(before) == is_word(after),
        }
    }
}

#[derive(Clone, Debug)]
enum Instruction {
    /// A letter of these, and on to the next.
    Letter(Ranges),
    /// It goes on if this holds.
    Assertion(Assertion),
    /// It goes on here and there.
    Split(usize, usize),
    /// It goes on there.
    Jump(usize),
}

/// The end of the program is the end of a match.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    instructions: Vec<Instruction>,
}

impl Program {
    /// None if it is too long.
    pub fn of(node: &Node) -> Option<Program> {
        let mut program = Program::default();
        program.add(node)?;
        Some(program)
    }

    fn push(&mut self, instruction: Instruction) -> Option<usize> {
        let at = self.instructions.len();
        self.instructions.push(instruction);
        (at < INSTRUCTIONS_MAX).then_some(at)
    }

    fn set(&mut self, at: usize, instruction: Instruction) {
        if let Some(there) = self.instructions.get_mut(at) {
            *there = instruction;
        }
    }

    fn end(&self) -> usize {
        self.instructions.len()
    }

    fn add(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Empty => {}
            Node::Letter(ranges) => {
                self.push(Instruction::Letter(ranges.clone()))?;
            }
            Node::Assertion(assertion) => {
                self.push(Instruction::Assertion(*assertion))?;
            }
            Node::Sequence(nodes) => {
                for node in nodes {
                    self.add(node)?;
                }
            }
            Node::Alternatives(nodes) => {
                let mut ends = Vec::new();
                for node in nodes {
                    let split = self.push(Instruction::Jump(0))?;
                    self.add(node)?;
                    ends.push(self.push(Instruction::Jump(0))?);
                    let next = self.end();
                    self.set(split, Instruction::Split(split.saturating_add(1), next));
                }
                // Nothing follows the last one: whoever comes here is at no end.
                self.push(Instruction::Letter(Vec::new()))?;
                for end in ends {
                    let after = self.end();
                    self.set(end, Instruction::Jump(after));
                }
            }
            Node::Repeated { node, least, most } => {
                for _ in 0..*least {
                    self.add(node)?;
                }
                match most {
                    None => {
                        let split = self.push(Instruction::Jump(0))?;
                        self.add(node)?;
                        self.push(Instruction::Jump(split))?;
                        let after = self.end();
                        self.set(split, Instruction::Split(split.saturating_add(1), after));
                    }
                    Some(most) => {
                        let mut splits = Vec::new();
                        for _ in *least..*most {
                            splits.push(self.push(Instruction::Jump(0))?);
                            self.add(node)?;
                        }
                        for split in splits {
                            let after = self.end();
                            self.set(split, Instruction::Split(split.saturating_add(1), after));
                        }
                    }
                }
            }
        }
        Some(())
    }

    /// The whole text is a match.
    pub fn matches(&self, text: &str) -> bool {
        let letters: Vec<char> = text.chars().collect();
        let mut at = vec![0];
        for place in 0..=letters.len() {
            let before = place.checked_sub(1).and_then(|place| letters.get(place)).copied();
            let after = letters.get(place).copied();
            let reached = self.reached(&at, before, after);
            let Some(letter) = after else { return reached.contains(&self.end()) };
            at.clear();
            for here in reached {
                if let Some(Instruction::Letter(ranges)) = self.instructions.get(here)
                    && ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter))
                {
                    at.push(here.saturating_add(1));
                }
            }
        }
        false
    }

    /// Where the program can be without another letter.
    fn reached(&self, from: &[usize], before: Option<char>, after: Option<char>) -> Vec<usize> {
        let mut seen = vec![false; self.end().saturating_add(1)];
        let mut open: Vec<usize> = from.to_vec();
        let mut reached = Vec::new();
        while let Some(here) = open.pop() {
            match seen.get_mut(here) {
                Some(was) if !*was => *was = true,
                _ => continue,
            }
            match self.instructions.get(here) {
                Some(Instruction::Split(one, other)) => open.extend([*one, *other]),
                Some(Instruction::Jump(to)) => open.push(*to),
                Some(Instruction::Assertion(assertion)) => {
                    if assertion.holds(before, after) {
                        open.push(here.saturating_add(1));
                    }
                }
                Some(Instruction::Letter(_)) | None => reached.push(here),
            }
        }
        reached
    }
}
