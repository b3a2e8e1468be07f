//! A tree and a world to a value.

use std::cell::Cell;
use std::fmt;

use super::value::as_partition;
use super::{Kind, MAX_EVALUATIONS, MAX_LIST, Node, Operator, Span, Value};

/// The world that an expression is about.
pub trait Environment {
    /// The answer of `function` (one of [`FUNCTIONS`](super::FUNCTIONS)) for `args`, as many as are written and of the
    /// types that the table says. Names of topics, clients and facts come as [`Value::Text`].
    ///
    /// # Errors
    /// What it cannot answer, such as the high watermark on a broker without a replica.
    fn call(&self, function: &str, args: &[Value]) -> Result<Value, EvaluationError>;

    /// The same moment in the other future, where two are compared.
    fn other(&self) -> Option<Box<dyn Environment + '_>> {
        None
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// The part of the text that could not be evaluated; none while the error is still in the environment.
    pub span: Option<Span>,
}

impl EvaluationError {
    /// An error that an [`Environment`] reports; its place is added on the way out.
    pub fn new(message: impl Into<String>) -> EvaluationError {
        EvaluationError { message: message.into(), span: None }
    }

    fn at(mut self, span: Span) -> EvaluationError {
        self.span = self.span.or(Some(span));
        self
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvaluationError {}

/// Where there is nothing to ask: only constants have a value.
#[cfg(feature = "author")]
pub(super) struct NoWorld;

#[cfg(feature = "author")]
impl Environment for NoWorld {
    fn call(&self, function: &str, _: &[Value]) -> Result<Value, EvaluationError> {
        Err(EvaluationError::new(format!("{function} needs a world")))
    }
}

type Evaluated = Result<Value, EvaluationError>;

pub(super) fn evaluate(root: &Node, environment: &dyn Environment) -> Evaluated {
    let run = Run { environment, evaluations: Cell::new(0) };
    run.value(root)
}

struct Run<'a> {
    environment: &'a dyn Environment,
    evaluations: Cell<usize>,
}

/// The function that asks the other future.
const IN_B: &str = "in_b";

impl Run<'_> {
    // Apart in the built page too: the first scenario compares nothing.
    #[inline(never)]
    fn in_b(&self, arguments: &[Node], span: Span) -> Evaluated {
        let (Some(argument), Some(other)) = (arguments.first(), self.environment.other()) else {
            return Err(EvaluationError::new("there is no B: the scenario needs [compare]").at(span));
        };
        let run = Run { environment: &*other, evaluations: self.evaluations.clone() };
        let value = run.value(argument);
        self.evaluations.set(run.evaluations.get());
        value
    }

    // Recursion is bounded: a tree is at most MAX_DEPTH deep, see `Node::depth`.
    fn value(&self, node: &Node) -> Evaluated {
        let evaluations = self.evaluations.get().saturating_add(1);
        self.evaluations.set(evaluations);
        if evaluations > MAX_EVALUATIONS {
            return Err(
                EvaluationError::new(format!("this takes more than {MAX_EVALUATIONS} evaluations")).at(node.span)
            );
        }
        match &node.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Name(name) => Ok(as_partition(name).map_or_else(|| Value::Text(name.clone()), Value::Partition)),
            Kind::Definition(name, definition) => self.value(definition).map_err(|error| EvaluationError {
                message: format!("in the definition of {name}: {}", error.message),
                span: Some(node.span),
            }),
            Kind::Call(name, arguments) if name == IN_B => self.in_b(arguments, node.span),
            Kind::Call(name, arguments) => {
                let values = self.values(arguments)?;
                let answer = match built_in(name, &values) {
                    Some(answer) => answer,
                    None => self.environment.call(name, &values),
                };
                answer.and_then(bounded).map_err(|error| error.at(node.span))
            }
            Kind::List(nodes) => Ok(Value::List(self.values(nodes)?)),
            Kind::Negative(inner) => match self.value(inner)? {
                Value::Number(number) => number
                    .checked_neg()
                    .map(Value::Number)
                    .ok_or_else(|| EvaluationError::new(format!("-({number}) is too large")).at(node.span)),
                other => {
                    Err(EvaluationError::new(format!("- needs a number, not {}", other.with_type())).at(inner.span))
                }
            },
            Kind::Not(inner) => Ok(Value::Bool(!self.truth("not", inner)?)),
            Kind::Binary(Operator::And, left, right) => {
                Ok(Value::Bool(self.truth("and", left)? && self.truth("and", right)?))
            }
            Kind::Binary(Operator::Or, left, right) => {
                Ok(Value::Bool(self.truth("or", left)? || self.truth("or", right)?))
            }
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                combine(*operator, &left, &right).map_err(|error| error.at(node.span))
            }
        }
    }

    fn values(&self, nodes: &[Node]) -> Result<Vec<Value>, EvaluationError> {
        nodes.iter().map(|node| self.value(node)).collect()
    }

    fn truth(&self, operator: &str, node: &Node) -> Result<bool, EvaluationError> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            other => Err(EvaluationError::new(format!("{operator} needs true or false, not {}", other.with_type()))
                .at(node.span)),
        }
    }
}

/// No answer of an environment may be a list without end.
fn bounded(value: Value) -> Evaluated {
    match &value {
        Value::List(values) if values.len() > MAX_LIST => {
            Err(EvaluationError::new(format!("a list of {} values; at most {MAX_LIST} are allowed", values.len())))
        }
        _ => Ok(value),
    }
}

/// The functions that need no world.
fn built_in(name: &str, arguments: &[Value]) -> Option<Evaluated> {
    let answer = match (name, arguments) {
        ("size", [Value::List(values)]) => Ok(Value::Number(i64::try_from(values.len()).unwrap_or(i64::MAX))),
        ("min", [Value::Number(left), Value::Number(right)]) => Ok(Value::Number(*left.min(right))),
        ("max", [Value::Number(left), Value::Number(right)]) => Ok(Value::Number(*left.max(right))),
        ("size" | "min" | "max", _) => {
            let given: Vec<String> = arguments.iter().map(Value::with_type).collect();
            Err(EvaluationError::new(format!("{name} cannot take {}", given.join(", "))))
        }
        _ => return None,
    };
    Some(answer)
}

fn combine(operator: Operator, left: &Value, right: &Value) -> Evaluated {
    match operator {
        Operator::Equal => return Ok(Value::Bool(left == right)),
        Operator::NotEqual => return Ok(Value::Bool(left != right)),
        Operator::In | Operator::NotIn => {
            let Value::List(values) = right else {
                return Err(EvaluationError::new(format!(
                    "{} needs a list at its right, not {}",
                    operator.sign(),
                    right.with_type()
                )));
            };
            return Ok(Value::Bool(values.contains(left) == (operator == Operator::In)));
        }
        _ => {}
    }
    let (Value::Number(a), Value::Number(b)) = (left, right) else {
        let wrong = if matches!(left, Value::Number(_)) { right } else { left };
        return Err(EvaluationError::new(format!("{} needs numbers, not {}", operator.sign(), wrong.with_type())));
    };
    let (a, b) = (*a, *b);
    let number = match operator {
        Operator::Less => return Ok(Value::Bool(a < b)),
        Operator::LessOrEqual => return Ok(Value::Bool(a <= b)),
        Operator::Greater => return Ok(Value::Bool(a > b)),
        Operator::GreaterOrEqual => return Ok(Value::Bool(a >= b)),
        Operator::Plus => a.checked_add(b),
        Operator::Minus => a.checked_sub(b),
        Operator::Times => a.checked_mul(b),
        Operator::Divided | Operator::Remainder if b == 0 => {
            return Err(EvaluationError::new(format!("{a} {} 0: a division by zero", operator.sign())));
        }
        Operator::Divided => a.checked_div(b),
        Operator::Remainder => a.checked_rem(b),
        Operator::Or | Operator::And | Operator::Equal | Operator::NotEqual | Operator::In | Operator::NotIn => None,
    };
    number
        .map(Value::Number)
        .ok_or_else(|| EvaluationError::new(format!("{a} {} {b} does not fit into 64 bits", operator.sign())))
}
