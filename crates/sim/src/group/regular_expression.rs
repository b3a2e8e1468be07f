//! Regular expressions over the names of topics, as a coordinator resolves them (KIP-848). Kafka 4.3: RE2J 1.8 by
//! `TopicRegexResolver`, `Utils.throwIfRegularExpressionIsInvalid`; the whole name must match.
//!
//! An expression becomes a program that looks at each letter of a name once, whatever the expression is: like RE2, it never
//! goes back.
//! Differs from RE2J: classes of Unicode (`\p{…}`) are those that letters, digits and marks of a topic's name can be in; the
//! others, and the scripts, are refused.

mod classes;
mod java;
mod program;

pub use java::Pattern;

use crate::sorted::SortedSet;
use classes::{Ranges, any_case, class_named, negated, perl_class};
use program::{Assertion, Program};

/// No expression is nested deeper.
const DEPTH_MAX: usize = 200;
/// No repetition goes further. RE2J: `Parser.repeat`.
const REPEAT_MAX: u32 = 1_000;
/// No expression is longer.
const LENGTH_MAX: usize = 10_000;

/// An expression that can be held against names.
#[derive(Clone, Debug)]
pub struct RegularExpression {
    program: Program,
}

/// What a text is not. Kafka: `InvalidRegularExpression`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {what} at letter {at}")]
pub struct InvalidRegularExpression {
    /// What is wrong.
    pub what: &'static str,
    /// Where, in letters.
    pub at: usize,
}

impl RegularExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What RE2J would not read, and what is too large.
    pub fn new(text: &str) -> Result<RegularExpression, InvalidRegularExpression> {
        let letters: Vec<char> = text.chars().collect();
        let mut parser = Parser { letters, at: 0, flags: Flags::default(), depth: 0, names: SortedSet::new() };
        if parser.letters.len() > LENGTH_MAX {
            return Err(parser.error("expression too large"));
        }
        let node = parser.alternation()?;
        if parser.peek().is_some() {
            return Err(parser.error("unexpected )"));
        }
        let program = Program::of(&node).ok_or_else(|| parser.error("expression too large"))?;
        Ok(RegularExpression { program })
    }

    /// The whole name is what the expression says. RE2J: `Matcher.matches`.
    pub fn matches(&self, name: &str) -> bool {
        self.program.matches(name)
    }
}

/// A part of an expression.
#[derive(Clone, Debug)]
enum Node {
    Empty,
    Letter(Ranges),
    Assertion(Assertion),
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeated { node: Box<Node>, least: u32, most: Option<u32> },
}

/// `(?ims)`. Which of several matches is taken (`U`) makes no difference here.
#[derive(Clone, Copy, Default)]
struct Flags {
    any_case: bool,
    many_lines: bool,
    dot_is_all: bool,
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    flags: Flags,
    depth: usize,
    /// The names of its groups. RE2J: `Parser.namedGroups`.
    names: SortedSet<String>,
}

type Parsed<T> = Result<T, InvalidRegularExpression>;

impl Parser {
    fn error(&self, what: &'static str) -> InvalidRegularExpression {
        InvalidRegularExpression { what, at: self.at }
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(letter)
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.letters.get(self.at..).unwrap_or_default();
        let is_there = text.chars().enumerate().all(|(place, letter)| rest.get(place) == Some(&letter));
        if is_there {
            self.at = self.at.saturating_add(text.chars().count());
        }
        is_there
    }

    fn alternation(&mut self) -> Parsed<Node> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH_MAX {
            return Err(self.error("expression nests too deeply"));
        }
        let mut alternatives = vec![self.sequence()?];
        while self.take("|") {
            alternatives.push(self.sequence()?);
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(match alternatives.len() {
            1 => alternatives.pop().unwrap_or(Node::Empty),
            _ => Node::Alternatives(alternatives),
        })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        // Whether a repetition may follow, and whether one just did.
        let (mut has_argument, mut is_repeated) = (false, false);
        while let Some(letter) = self.peek().filter(|letter| !matches!(letter, '|' | ')')) {
            if let Some((least, most)) = self.repetition()? {
                let what = if is_repeated {
                    "invalid nested repetition operator"
                } else {
                    "missing argument to repetition operator"
                };
                let Some(node) = nodes.pop().filter(|_| has_argument && !is_repeated) else {
                    return Err(self.error(what));
                };
                self.take("?");
                nodes.push(Node::Repeated { node: Box::new(node), least, most });
                is_repeated = true;
                continue;
            }
            is_repeated = false;
            if letter == '\\' && self.take("\\Q") {
                while !self.take("\\E") {
                    let Some(letter) = self.next() else { break };
                    nodes.push(self.literal(letter));
                }
                has_argument = !nodes.is_empty();
                continue;
            }
            let before = nodes.len();
            nodes.extend(self.atom()?);
            has_argument |= nodes.len() > before;
        }
        Ok(Node::Sequence(nodes))
    }

    /// `*`, `+`, `?`, `{2,5}`: at least, at most. A brace that is no repetition is a letter.
    fn repetition(&mut self) -> Parsed<Option<(u32, Option<u32>)>> {
        let begin = self.at;
        let found = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.next();
                let Some(least) = self.number() else {
                    self.at = begin;
                    return Ok(None);
                };
                let most = if self.take(",") {
                    if self.peek() == Some('}') { Some(None) } else { self.number().map(Some) }
                } else {
                    Some(Some(least))
                };
                let Some(most) = most.filter(|_| self.take("}")) else {
                    self.at = begin;
                    return Ok(None);
                };
                if least > REPEAT_MAX || most.is_some_and(|most| most > REPEAT_MAX || most < least) {
                    return Err(self.error("invalid repeat count"));
                }
                return Ok(Some((least, most)));
            }
            _ => return Ok(None),
        };
        self.next();
        Ok(Some(found))
    }

    /// A number; one with too many digits is larger than all that are allowed.
    fn number(&mut self) -> Option<u32> {
        let mut number: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(10)) {
            // A leading zero is no number.
            if number == Some(0) {
                return None;
            }
            number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(1_000_000));
            self.next();
        }
        number
    }

    fn literal(&self, letter: char) -> Node {
        self.letter(vec![(letter, letter)])
    }

    fn letter(&self, ranges: Ranges) -> Node {
        Node::Letter(if self.flags.any_case { any_case(ranges) } else { ranges })
    }

    /// One letter, class, group or place; none of what only changes flags.
    fn atom(&mut self) -> Parsed<Option<Node>> {
        let Some(letter) = self.next() else { return Ok(None) };
        Ok(Some(match letter {
            '(' => return self.group(),
            '[' => {
                let ranges = self.class()?;
                Node::Letter(ranges)
            }
            '.' => Node::Letter(if self.flags.dot_is_all { negated(Vec::new()) } else { negated(vec![('\n', '\n')]) }),
            '^' if self.flags.many_lines => Node::Assertion(Assertion::LineStart),
            '$' if self.flags.many_lines => Node::Assertion(Assertion::LineEnd),
            '^' => Node::Assertion(Assertion::Start),
            '$' => Node::Assertion(Assertion::End),
            '\\' => self.escape()?,
            other => self.literal(other),
        }))
    }

    fn group(&mut self) -> Parsed<Option<Node>> {
        let outer = self.flags;
        if self.take("?") {
            if self.take("P<") || self.take("<") {
                let mut name = String::new();
                loop {
                    match self.next() {
                        Some('>') if !name.is_empty() => break,
                        Some(letter) if letter.is_ascii_alphanumeric() || letter == '_' => name.push(letter),
                        _ => return Err(self.error("invalid named capture")),
                    }
                }
                if !self.names.insert(name) {
                    return Err(self.error("duplicate capture group name"));
                }
            } else if self.flags_are_all()? {
                return Ok(None);
            }
        }
        let node = self.alternation()?;
        if !self.take(")") {
            return Err(self.error("missing closing )"));
        }
        self.flags = outer;
        Ok(Some(node))
    }

    /// `(?i)` or `(?i:`: whether nothing but flags stands in the parentheses.
    fn flags_are_all(&mut self) -> Parsed<bool> {
        let (mut on, mut any) = (true, false);
        loop {
            match self.next() {
                Some('i') => self.flags.any_case = on,
                Some('m') => self.flags.many_lines = on,
                Some('s') => self.flags.dot_is_all = on,
                Some('U') => {}
                Some('-') if on => {
                    on = false;
                    any = false;
                    continue;
                }
                Some(':') if on || any => return Ok(false),
                Some(')') if on || any => return Ok(true),
                _ => return Err(self.error("invalid or unsupported Perl syntax")),
            }
            any = true;
        }
    }

    /// What follows a backslash outside of a class.
    fn escape(&mut self) -> Parsed<Node> {
        let begin = self.at;
        match self.next() {
            Some('A') => return Ok(Node::Assertion(Assertion::Start)),
            Some('z') => return Ok(Node::Assertion(Assertion::End)),
            Some('b') => return Ok(Node::Assertion(Assertion::WordBoundary)),
            Some('B') => return Ok(Node::Assertion(Assertion::NoWordBoundary)),
            Some('C') => return Err(self.error("invalid escape sequence")),
            _ => self.at = begin,
        }
        if let Some(ranges) = self.escaped_class()? {
            return Ok(self.letter(ranges));
        }
        let letter = self.escaped_letter()?;
        Ok(self.literal(letter))
    }

    /// `\d`, `\pL`, `\p{Lu}`, `\PN`.
    fn escaped_class(&mut self) -> Parsed<Option<Ranges>> {
        let Some(letter) = self.peek() else { return Err(self.error("trailing backslash at end of expression")) };
        if let Some(ranges) = perl_class(letter) {
            self.next();
            return Ok(Some(ranges));
        }
        if !matches!(letter, 'p' | 'P') {
            return Ok(None);
        }
        self.next();
        let mut name = String::new();
        if self.take("{") {
            while !self.take("}") {
                name.push(self.next().ok_or_else(|| self.error("invalid character class range"))?);
            }
        } else {
            name.extend(self.next());
        }
        let (name, is_not) = match name.strip_prefix('^') {
            Some(rest) => (rest, letter == 'p'),
            None => (name.as_str(), letter == 'P'),
        };
        let ranges = class_named(name).ok_or_else(|| self.error("invalid character class range"))?;
        Ok(Some(if is_not { negated(ranges) } else { ranges }))
    }

    fn escaped_letter(&mut self) -> Parsed<char> {
        let begin = self.at;
        let letter = self.next().ok_or_else(|| self.error("trailing backslash at end of expression"))?;
        let invalid = "invalid escape sequence";
        Ok(match letter {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            // An octal number; a single digit but 0 would be a back reference.
            '1'..='7' if !self.peek().is_some_and(|next| next.is_digit(8)) => return Err(self.error(invalid)),
            '0'..='7' => {
                self.at = begin;
                let mut code = 0;
                for _ in 0..3 {
                    let Some(digit) = self.peek().and_then(|letter| letter.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    self.next();
                }
                char::from_u32(code).ok_or_else(|| self.error(invalid))?
            }
            'x' => {
                let braced = self.take("{");
                let (mut code, mut digits) = (0_u32, 0_u32);
                while let Some(digit) = self.peek().and_then(|letter| letter.to_digit(16)) {
                    if !braced && digits == 2 {
                        break;
                    }
                    code = code.saturating_mul(16).saturating_add(digit);
                    digits = digits.saturating_add(1);
                    self.next();
                }
                let is_whole = if braced { digits > 0 && self.take("}") } else { digits == 2 };
                char::from_u32(code).filter(|_| is_whole).ok_or_else(|| self.error(invalid))?
            }
            letter if letter.is_ascii_alphanumeric() || !letter.is_ascii() => return Err(self.error(invalid)),
            letter => letter,
        })
    }

    /// `[a-z]`, behind the bracket.
    fn class(&mut self) -> Parsed<Ranges> {
        let is_not = self.take("^");
        let mut ranges: Ranges = Vec::new();
        let mut is_first = true;
        loop {
            let missing = "missing closing ]";
            let letter = self.peek().ok_or_else(|| self.error(missing))?;
            if letter == ']' && !is_first {
                self.next();
                break;
            }
            is_first = false;
            if self.take("[:") {
                let is_not = self.take("^");
                let mut name = String::new();
                while !self.take(":]") {
                    name.push(self.next().ok_or_else(|| self.error(missing))?);
                }
                let named = class_named(&name).filter(|_| name.len() > 2);
                let named = named.ok_or_else(|| self.error("invalid character class range"))?;
                ranges.extend(if is_not { negated(named) } else { named });
                continue;
            }
            if letter == '\\' {
                let begin = self.at;
                self.next();
                if let Some(named) = self.escaped_class()? {
                    ranges.extend(named);
                    continue;
                }
                self.at = begin;
            }
            let low = self.letter_of_class()?;
            let follows = self.letters.get(self.at.saturating_add(1));
            let high = if self.peek() == Some('-') && follows.is_some_and(|next| *next != ']') {
                self.next();
                self.letter_of_class()?
            } else {
                low
            };
            if high < low {
                return Err(self.error("invalid character class range"));
            }
            ranges.push((low, high));
        }
        let ranges = if self.flags.any_case { any_case(ranges) } else { ranges };
        Ok(if is_not { negated(ranges) } else { ranges })
    }

    fn letter_of_class(&mut self) -> Parsed<char> {
        match self.next() {
            Some('\\') => self.escaped_letter(),
            Some(letter) => Ok(letter),
            None => Err(self.error("missing closing ]")),
        }
    }
}

#[cfg(test)]
mod tests;
