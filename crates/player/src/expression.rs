//! The one small language of scenarios: for placeholders in texts, `expect`, `ask`, `until.when` and `[let]`.
//!
//! ```text
//! expression = and { "or" and }
//! and        = not { "and" not }
//! not        = "not" not | comparison
//! comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not" "in" ) sum ]
//! sum        = product { ( "+" | "-" ) product }
//! product    = sign { ( "*" | "/" | "%" ) sign }
//! sign       = "-" sign | primary
//! primary    = number | text | "true" | "false" | "none" | name | call | list | "(" expression ")"
//! call       = name "(" [ expression { "," expression } ] ")"
//! list       = "[" [ expression { "," expression } ] "]"
//! number     = digit { digit }
//! text       = '"' … '"' | "'" … "'"            (in it, \" \' and \\ stand for themselves)
//! name       = letter { letter | digit | ( "-" | "." ) before a letter or digit }     (letters: a–z, A–Z, _)
//! ```
//!
//! So `orders-0` is one token, partition 0 of topic `orders`, and a subtraction has spaces round its minus (or stands
//! after a digit or a bracket). A name is a definition of `[let]`, a partition, or the name of a topic, a client or a
//! kind of fact where a function wants one. `/` rounds toward zero and `%` has the sign of the dividend, as in Java and
//! Rust. `and` and `or` read their right side only if the left one does not decide.
//!
//! An expression is parsed and bound (names, number and types of arguments) when a scenario is packed; a page parses it
//! again and links names to what they stand for. It is evaluated over the world as it is after a step. Nothing here can panic, overflow or run for long:
//! the bounds are [`MAX_LENGTH`], [`MAX_DEPTH`], [`MAX_LIST`] and [`MAX_EVALUATIONS`].

#[cfg(feature = "author")]
mod bind;
mod evaluate;
mod functions;
mod lexer;
mod link;
#[cfg(feature = "author")]
mod names;
#[cfg(feature = "author")]
mod nearest;
mod parser;
mod value;

use std::fmt;
use std::rc::Rc;

pub use evaluate::{Environment, EvaluationError};
pub use functions::{FUNCTIONS, FunctionDef, Parameter, ParameterKind, Type, function};
pub(crate) use link::Definitions;
#[cfg(feature = "author")]
pub use names::Names;
#[cfg(feature = "author")]
pub use nearest::nearest;
pub use value::Value;
pub(crate) use value::as_partition;

use crate::words::RefKind;

/// The longest expression, in characters.
pub const MAX_LENGTH: usize = 500;
/// How deep an expression may be nested, definitions that it uses included.
pub const MAX_DEPTH: usize = 64;
/// The most values in a list.
pub const MAX_LIST: usize = 256;
/// The most parts that one evaluation may look at; definitions that use each other can multiply.
pub const MAX_EVALUATIONS: usize = 10_000;

/// The name of a function that no text can call.
#[cfg(feature = "author")]
const STAND_IN: &str = "?";

/// A stretch of a text, in characters (not bytes) from 0; `end` is the first one that does not belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first character.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl Span {
    /// From `start` up to `end`, which is not part of it.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    pub(crate) fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// What is wrong in an expression or a template, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextProblem {
    /// Where in the whole text.
    pub span: Span,
    /// What is wrong, such as `unknown function "hww"`.
    pub message: String,
    /// What to do about it, such as `did you mean hw?`.
    pub help: Option<String>,
}

impl TextProblem {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> TextProblem {
        TextProblem { span, message: message.into(), help: None }
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> TextProblem {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.span.start.saturating_add(1))?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TextProblem {}

/// A parsed expression. It is written as its source text, and equal to another with the same source.
#[derive(Clone)]
pub struct Expression {
    source: String,
    root: Rc<Node>,
}

impl Expression {
    /// Parses `source`.
    ///
    /// # Errors
    /// What is wrong with it, with the place.
    pub fn parse(source: &str) -> Result<Expression, TextProblem> {
        Expression::parse_within(source, 0)
    }

    /// Parses `source`, which begins at character `offset` of a longer text; all places are those in the longer text.
    pub(crate) fn parse_within(source: &str, offset: usize) -> Result<Expression, TextProblem> {
        let root = parser::parse(source, offset)?;
        Ok(Expression { source: source.to_owned(), root: Rc::new(root) })
    }

    /// Stands in for an expression that could not be parsed, so that the rest can be checked: fits everywhere.
    #[cfg(feature = "author")]
    pub(crate) fn stand_in() -> Expression {
        let call = Kind::Call(STAND_IN.to_owned(), Vec::new());
        Expression { source: String::new(), root: Rc::new(Node::new(Span::default(), call)) }
    }

    /// The text that it was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Puts what names stand for in their place. Nothing is checked: that [`Scenario::checked`](crate::script::Scenario)
    /// does.
    pub(crate) fn link(&mut self, definitions: &Definitions) {
        self.root = Rc::new(definitions.node(&self.root));
    }

    /// With `value` in the place of `name`.
    #[inline(never)]
    pub(crate) fn with(&self, name: &str, value: Value) -> Expression {
        let constant = Node::new(Span::default(), Kind::Literal(value));
        let root = Definitions::one(name, constant).node(&self.root);
        Expression { source: self.source.clone(), root: Rc::new(root) }
    }

    /// Resolves the names in it (definitions, partitions, clients …), checks functions and their arguments, and says the
    /// type of its value.
    ///
    /// # Errors
    /// All that is wrong, in the order of the text; the expression is then left as it was.
    #[cfg(feature = "author")]
    pub fn bind(&mut self, names: &Names) -> Result<Type, Vec<TextProblem>> {
        let (root, result_type) = bind::bind(&self.root, names)?;
        self.root = Rc::new(root);
        Ok(result_type)
    }

    /// Its value in the world behind `environment`. Bind it first: an unbound name is taken as a text or a partition.
    ///
    /// # Errors
    /// An overflow, a division by zero, an operation on values of the wrong type, or what `environment` cannot answer.
    pub fn evaluate(&self, environment: &dyn Environment) -> Result<Value, EvaluationError> {
        evaluate::evaluate(&self.root, environment)
    }

    /// Whether it holds: as [`Expression::evaluate`], for one whose value is true or false.
    ///
    /// # Errors
    /// Also a value that is neither true nor false.
    pub fn holds(&self, environment: &dyn Environment) -> Result<bool, EvaluationError> {
        match self.evaluate(environment)? {
            Value::Bool(truth) => Ok(truth),
            other => {
                Err(EvaluationError::new(format!("{} is {}, neither true nor false", self.source, other.with_type())))
            }
        }
    }

    /// Why it does not hold, such as `hw(orders-0) is 1`: the values of the comparison that fails.
    pub fn why_not(&self, environment: &dyn Environment) -> String {
        let mut failing = &*self.root;
        while let Kind::Binary(Operator::And, left, right) = &failing.kind {
            let left_holds = matches!(evaluate::evaluate(left, environment), Ok(Value::Bool(true)));
            failing = if left_holds { right } else { left };
        }
        let sides = match &failing.kind {
            Kind::Binary(_, left, right) => vec![&**left, &**right],
            Kind::Not(inner) => vec![&**inner],
            _ => vec![failing],
        };
        let told = sides.into_iter().filter(|side| !matches!(side.kind, Kind::Literal(_)));
        let said: Vec<String> = told
            .filter_map(|side| {
                let value = evaluate::evaluate(side, environment).ok()?;
                let source: String = self
                    .source
                    .chars()
                    .skip(side.span.start)
                    .take(side.span.end.saturating_sub(side.span.start))
                    .collect();
                Some(format!("{source} is {value}"))
            })
            .collect();
        said.join(", ")
    }

    /// The value, if it needs no world: an expression without calls.
    #[cfg(feature = "author")]
    pub(crate) fn constant(&self) -> Option<Value> {
        self.evaluate(&evaluate::NoWorld).ok()
    }

    /// The look of its value in a sentence: that of the outermost function, plain for anything else.
    pub fn ref_kind(&self) -> RefKind {
        self.root.ref_kind()
    }

    /// The function calls in it, outermost first, with their arguments where these are constants; calls inside definitions
    /// count. For "what is this question about?".
    pub fn calls(&self) -> Vec<(&'static str, Vec<Option<Value>>)> {
        let mut found = Vec::new();
        self.root.collect_calls(&mut found, &mut { MAX_EVALUATIONS });
        found
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.source == other.source
    }
}

impl Eq for Expression {}

// The tree could be huge: definitions that use each other multiply.
impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.source)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(feature = "author")]
impl serde::Serialize for Expression {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

#[cfg(feature = "author")]
impl schemars::JsonSchema for Expression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(feature = "author")]
impl<'de> serde::Deserialize<'de> for Expression {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Expression, D::Error> {
        let source: String = serde::Deserialize::deserialize(deserializer)?;
        Expression::parse(&source).map_err(|problem| serde::de::Error::custom(format!("{source:?}: {problem}")))
    }
}

/// A part of an expression and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    span: Span,
    kind: Kind,
    depth: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A constant.
    Literal(Value),
    /// A name that is not bound yet.
    Name(String),
    /// The value of a definition.
    Definition(String, Rc<Node>),
    /// A function's name as written, and its arguments.
    Call(String, Vec<Node>),
    List(Vec<Node>),
    Negative(Box<Node>),
    Not(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Plus,
    Minus,
    Times,
    Divided,
    Remainder,
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::In => "in",
            Operator::NotIn => "not in",
            Operator::Plus => "+",
            Operator::Minus => "-",
            Operator::Times => "*",
            Operator::Divided => "/",
            Operator::Remainder => "%",
        }
    }
}

impl Node {
    fn new(span: Span, kind: Kind) -> Node {
        let below = match &kind {
            Kind::Literal(_) | Kind::Name(_) => 0,
            Kind::Definition(_, node) => node.depth,
            Kind::Call(_, nodes) | Kind::List(nodes) => nodes.iter().map(|node| node.depth).max().unwrap_or(0),
            Kind::Negative(node) | Kind::Not(node) => node.depth,
            Kind::Binary(_, left, right) => left.depth.max(right.depth),
        };
        Node { span, kind, depth: below.saturating_add(1) }
    }

    fn ref_kind(&self) -> RefKind {
        match &self.kind {
            Kind::Call(name, _) => function(name).map_or(RefKind::Plain, |function| function.ref_kind),
            Kind::Definition(_, node) => node.ref_kind(),
            _ => RefKind::Plain,
        }
    }

    fn collect_calls(&self, found: &mut Vec<(&'static str, Vec<Option<Value>>)>, budget: &mut usize) {
        // Definitions that use each other can multiply.
        let Some(left) = budget.checked_sub(1) else { return };
        *budget = left;
        match &self.kind {
            Kind::Literal(_) | Kind::Name(_) => {}
            Kind::Definition(_, node) => node.collect_calls(found, budget),
            Kind::Call(name, arguments) => {
                if let Some(function) = function(name) {
                    let values = arguments.iter().map(Node::literal).collect();
                    found.push((function.name, values));
                }
                for node in arguments {
                    node.collect_calls(found, budget);
                }
            }
            Kind::List(nodes) => {
                for node in nodes {
                    node.collect_calls(found, budget);
                }
            }
            Kind::Negative(node) | Kind::Not(node) => node.collect_calls(found, budget),
            Kind::Binary(_, left, right) => {
                left.collect_calls(found, budget);
                right.collect_calls(found, budget);
            }
        }
    }

    fn literal(&self) -> Option<Value> {
        match &self.kind {
            Kind::Literal(value) => Some(value.clone()),
            Kind::Definition(_, node) => node.literal(),
            _ => None,
        }
    }
}

#[cfg(feature = "author")]
#[cfg(test)]
mod tests;
