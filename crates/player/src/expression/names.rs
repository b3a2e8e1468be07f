//! What names can mean, and the definitions of `[let]`.

use std::rc::Rc;

use super::bind::bind;
use super::functions::function;
use super::link::MAX_DEFINITIONS;
use super::parser::KEYWORDS;
use super::{Expression, Kind, Node, STAND_IN, Span, TextProblem, Type};
use crate::script::IT;

/// What the names in a scenario's expressions can mean.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Each topic with the largest number of partitions that it ever has.
    pub topics: Vec<(String, i32)>,
    /// The ids of the producers.
    pub producers: Vec<String>,
    /// The ids of the consumers.
    pub consumers: Vec<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// How many brokers there are; they are numbered from 1.
    pub brokers: i32,
    /// The kinds of facts; empty if any is allowed.
    pub facts: &'static [&'static str],
    /// `it` means something: what the star of a question's marks stands for.
    pub it: bool,
    definitions: Vec<(String, Rc<Node>, Type)>,
}

impl Names {
    /// Adds the definitions of `[let]`, which may use each other in any order.
    ///
    /// # Errors
    /// What is wrong, each with the index of its definition: a bad name, a cycle, or what [`Expression::bind`] finds. A
    /// definition with an error is not added.
    pub fn define(&mut self, definitions: &[(String, Expression)]) -> Result<(), Vec<(usize, TextProblem)>> {
        let mut work = Defining {
            definitions,
            states: vec![State::New; definitions.len()],
            path: Vec::new(),
            problems: Vec::new(),
        };
        for index in 0..definitions.len().min(MAX_DEFINITIONS) {
            work.visit(index, self);
        }
        if definitions.len() > MAX_DEFINITIONS {
            let problem = TextProblem::new(Span::default(), format!("more than {MAX_DEFINITIONS} definitions"));
            work.problems.push((MAX_DEFINITIONS, problem));
        }
        if work.problems.is_empty() { Ok(()) } else { Err(work.problems) }
    }

    /// The names of the definitions.
    pub fn definitions(&self) -> impl Iterator<Item = &str> {
        self.definitions.iter().map(|(name, ..)| name.as_str())
    }

    /// How many partitions a topic has at most; none if there is no such topic.
    pub fn topic(&self, name: &str) -> Option<i32> {
        self.topics.iter().find(|(topic, _)| topic == name).map(|(_, count)| *count)
    }

    /// Whether there is such a producer.
    pub fn is_producer(&self, id: &str) -> bool {
        self.producers.iter().any(|producer| producer == id)
    }

    /// Whether there is such a consumer.
    pub fn is_consumer(&self, id: &str) -> bool {
        self.consumers.iter().any(|consumer| consumer == id)
    }

    /// Whether there is such a group.
    #[cfg(feature = "author")]
    pub fn is_group(&self, id: &str) -> bool {
        self.groups.iter().any(|group| group == id)
    }

    /// The names of the topics.
    pub(crate) fn topic_names(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(|(topic, _)| topic.as_str())
    }

    /// The ids of all clients, producers first.
    pub(crate) fn clients(&self) -> impl Iterator<Item = &str> {
        self.producers.iter().chain(&self.consumers).map(String::as_str)
    }

    /// What a definition stands for.
    pub(super) fn definition(&self, name: &str) -> Option<(Rc<Node>, Type)> {
        let (_, node, result) = self.definitions.iter().find(|(known, ..)| known == name)?;
        Some((Rc::clone(node), *result))
    }

    /// Why no definition can have this name; none if one can.
    fn taken(&self, name: &str) -> Option<&'static str> {
        let mut letters = name.chars();
        let begins_well = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
        if !begins_well || !letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Some("a definition's name has letters, digits and _ only, and begins with a letter");
        }
        if name == IT {
            return Some("this is what the star of a question's marks stands for");
        }
        if KEYWORDS.contains(&name) {
            return Some("this is a word of the language");
        }
        if function(name).is_some() {
            return Some("a function has this name");
        }
        let used = self.topic(name).is_some() || self.clients().any(|client| client == name);
        used.then_some("a topic or a client has this name")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Active,
    Done,
}

struct Defining<'a> {
    definitions: &'a [(String, Expression)],
    states: Vec<State>,
    path: Vec<usize>,
    problems: Vec<(usize, TextProblem)>,
}

impl Defining<'_> {
    fn set(&mut self, index: usize, state: State) {
        if let Some(slot) = self.states.get_mut(index) {
            *slot = state;
        }
    }

    /// Binds a definition after those that it uses. As deep as there are definitions at most, so the recursion is bounded.
    fn visit(&mut self, index: usize, names: &mut Names) {
        let definitions = self.definitions;
        let Some((name, expression)) = definitions.get(index) else {
            return;
        };
        if self.states.get(index) != Some(&State::New) {
            return;
        }
        self.set(index, State::Active);
        self.path.push(index);
        let mut used = Vec::new();
        expression.root.collect_names(&mut used);
        let mut cycle = false;
        for (used_name, span) in used {
            let Some(other) = definitions.iter().position(|(candidate, _)| *candidate == used_name) else {
                continue;
            };
            if self.states.get(other) == Some(&State::Active) {
                cycle = true;
                let problem = self.cycle(other, span);
                self.problems.push((index, problem));
            } else {
                self.visit(other, names);
            }
        }
        // What uses a definition with an error is not wrong for that.
        let unknown = Node::new(Span::default(), Kind::Call(STAND_IN.to_owned(), Vec::new()));
        let unknown = (name.clone(), Rc::new(unknown), Type::Any);
        if let Some(reason) = names.taken(name) {
            let problem = TextProblem::new(Span::default(), format!("no definition can be called {name}"));
            self.problems.push((index, problem.help(reason)));
        } else if cycle {
            names.definitions.push(unknown);
        } else {
            match bind(&expression.root, names) {
                Ok((root, result)) => {
                    names.definitions.push((name.clone(), Rc::new(root), result));
                }
                Err(problems) => {
                    names.definitions.push(unknown);
                    self.problems.extend(problems.into_iter().map(|problem| (index, problem)));
                }
            }
        }
        self.path.pop();
        self.set(index, State::Done);
    }

    fn cycle(&self, back_to: usize, span: Span) -> TextProblem {
        let mut round: Vec<&str> = self
            .path
            .iter()
            .skip_while(|index| **index != back_to)
            .filter_map(|index| self.definitions.get(*index))
            .map(|(name, _)| name.as_str())
            .collect();
        round.extend(round.first().copied());
        TextProblem::new(span, format!("this definition uses itself: {}", round.join(" → ")))
    }
}

impl Node {
    fn collect_names(&self, found: &mut Vec<(String, Span)>) {
        match &self.kind {
            Kind::Literal(_) | Kind::Definition(..) => {}
            Kind::Name(name) => found.push((name.clone(), self.span)),
            Kind::Call(_, nodes) | Kind::List(nodes) => {
                for node in nodes {
                    node.collect_names(found);
                }
            }
            Kind::Negative(node) | Kind::Not(node) => node.collect_names(found),
            Kind::Binary(_, left, right) => {
                left.collect_names(found);
                right.collect_names(found);
            }
        }
    }
}
