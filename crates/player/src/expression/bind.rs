//! Whether names mean something and types fit.

use highwater_sim::ids::TopicPartition;

use super::functions::{FUNCTIONS, FunctionDef, Parameter, ParameterKind, function};
use super::names::Names;
use super::value::as_partition;
use super::{Kind, MAX_DEPTH, Node, Operator, STAND_IN, Span, TextProblem, Type, Value, nearest};
use crate::script::IT;

/// The tree with all names resolved, and the type of its value.
pub(super) fn bind(root: &Node, names: &Names) -> Result<(Node, Type), Vec<TextProblem>> {
    let mut binder = Binder { names, problems: Vec::new() };
    match binder.node(root) {
        Some(bound) if binder.problems.is_empty() => Ok(bound),
        _ => Err(binder.problems),
    }
}

struct Binder<'a> {
    names: &'a Names,
    problems: Vec<TextProblem>,
}

/// A bound node with its type; none if a problem was noted.
type Bound = Option<(Node, Type)>;

impl Binder<'_> {
    fn problem(&mut self, problem: TextProblem) -> Bound {
        self.problems.push(problem);
        None
    }

    fn made(&mut self, span: Span, kind: Kind, result: Type) -> Bound {
        let node = Node::new(span, kind);
        if node.depth > MAX_DEPTH {
            let message = format!("with its definitions this is nested deeper than {MAX_DEPTH} levels");
            return self.problem(TextProblem::new(span, message));
        }
        Some((node, result))
    }

    fn node(&mut self, node: &Node) -> Bound {
        let span = node.span;
        match &node.kind {
            Kind::Literal(value) => {
                let result = match value {
                    Value::Number(_) => Type::Number,
                    Value::Bool(_) => Type::Truth,
                    Value::Text(_) => Type::Text,
                    Value::Partition(_) => Type::Partition,
                    Value::List(_) => Type::List,
                    Value::None => Type::Any,
                };
                Some((node.clone(), result))
            }
            Kind::Definition(name, _) | Kind::Name(name) => self.name(name, span),
            Kind::Call(name, arguments) => self.call(name, arguments, span),
            Kind::List(nodes) => {
                let bound: Vec<Bound> = nodes.iter().map(|node| self.node(node)).collect();
                let nodes: Option<Vec<Node>> = bound.into_iter().map(|bound| bound.map(|(node, _)| node)).collect();
                nodes.and_then(|nodes| self.made(span, Kind::List(nodes), Type::List))
            }
            Kind::Negative(inner) => {
                let inner = self.typed(inner, Type::Number, "-")?;
                self.made(span, Kind::Negative(Box::new(inner)), Type::Number)
            }
            Kind::Not(inner) => {
                let inner = self.typed(inner, Type::Truth, "not")?;
                self.made(span, Kind::Not(Box::new(inner)), Type::Truth)
            }
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, span),
        }
    }

    /// `node`, whose value must be of type `wanted` because `who` needs it so.
    fn typed(&mut self, node: &Node, wanted: Type, who: &str) -> Option<Node> {
        let (bound, found) = self.node(node)?;
        if found.fits(wanted) {
            return Some(bound);
        }
        self.problem(TextProblem::new(node.span, format!("{who} needs {wanted}, and this is {found}")));
        None
    }

    fn binary(&mut self, operator: Operator, left: &Node, right: &Node, span: Span) -> Bound {
        let sign = operator.sign();
        let (operands, result) = match operator {
            Operator::And | Operator::Or => (Type::Truth, Type::Truth),
            Operator::Plus | Operator::Minus | Operator::Times | Operator::Divided | Operator::Remainder => {
                (Type::Number, Type::Number)
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                (Type::Number, Type::Truth)
            }
            Operator::Equal | Operator::NotEqual => {
                let (left, right) = (self.node(left), self.node(right));
                let ((left, left_type), (right, right_type)) = (left?, right?);
                if !left_type.fits(right_type) {
                    let message = format!("{left_type} is never equal to {right_type}");
                    return self.problem(TextProblem::new(span, message));
                }
                return self.made(span, Kind::Binary(operator, Box::new(left), Box::new(right)), Type::Truth);
            }
            Operator::In | Operator::NotIn => {
                let (left, right) = (self.node(left), self.typed(right, Type::List, sign));
                let ((left, _), right) = (left?, right?);
                return self.made(span, Kind::Binary(operator, Box::new(left), Box::new(right)), Type::Truth);
            }
        };
        let (left, right) = (self.typed(left, operands, sign), self.typed(right, operands, sign));
        self.made(span, Kind::Binary(operator, Box::new(left?), Box::new(right?)), result)
    }

    fn name(&mut self, name: &str, span: Span) -> Bound {
        if let Some((definition, result)) = self.names.definition(name) {
            return self.made(span, Kind::Definition(name.to_owned(), definition), result);
        }
        if self.is_it(name) {
            return self.made(span, Kind::Name(name.to_owned()), Type::Any);
        }
        if let Some(partition) = as_partition(name)
            && self.names.topic(&partition.topic).is_some()
        {
            return self.partition(partition, span);
        }
        let problem = TextProblem::new(span, format!("unknown name {name}"));
        if let Some(function) = function(name) {
            return self.problem(problem.help(format!("this is a function: {}", function.signature())));
        }
        let names = self.names;
        let is_argument = names.topic(name).is_some() || names.clients().any(|client| client == name);
        if is_argument {
            let problem = TextProblem::new(span, format!("{name} alone has no value"));
            return self.problem(problem.help("a topic or a client stands only as the argument of a function"));
        }
        let partitions: Vec<String> = names.topic_names().map(|topic| format!("{topic}-0")).collect();
        let candidates = names
            .definitions()
            .chain(FUNCTIONS.iter().map(|function| function.name))
            .chain(partitions.iter().map(String::as_str));
        let help = match nearest(name, candidates) {
            Some(near) => format!("did you mean {near}?"),
            None if name.contains('-') => {
                "a partition is written orders-0; a subtraction has spaces round its minus".to_owned()
            }
            None => format!("if it is a text, write \"{name}\""),
        };
        self.problem(problem.help(help))
    }

    fn is_it(&self, name: &str) -> bool {
        self.names.it && name == IT
    }

    fn partition(&mut self, partition: TopicPartition, span: Span) -> Bound {
        let known = self.names.topic(&partition.topic);
        let problem = match known {
            None => {
                let problem = TextProblem::new(span, format!("no topic is called {}", partition.topic));
                suggest(problem, &partition.topic, self.names.topic_names())
            }
            Some(count) if partition.partition >= count => {
                let last = count.saturating_sub(1);
                TextProblem::new(span, format!("{} has no partition {}", partition.topic, partition.partition))
                    .help(format!("its partitions are 0 to {last}"))
            }
            Some(_) => return self.made(span, Kind::Literal(Value::Partition(partition)), Type::Partition),
        };
        self.problem(problem)
    }

    fn call(&mut self, name: &str, arguments: &[Node], span: Span) -> Bound {
        if name == STAND_IN {
            return self.made(span, Kind::Call(name.to_owned(), Vec::new()), Type::Any);
        }
        let Some(function) = function(name) else {
            let name_span = Span::new(span.start, span.start.saturating_add(name.chars().count()));
            let problem = TextProblem::new(name_span, format!("unknown function {name:?}"));
            let problem = suggest(problem, name, FUNCTIONS.iter().map(|function| function.name));
            return self.problem(problem);
        };
        let required = function.parameters.iter().filter(|parameter| !parameter.optional).count();
        if arguments.len() < required || arguments.len() > function.parameters.len() {
            let problem = TextProblem::new(span, wrong_count(function, required, arguments.len()));
            return self.problem(problem.help(format!("it is {}", function.signature())));
        }
        let bound: Vec<Option<Node>> = arguments
            .iter()
            .zip(function.parameters)
            .map(|(argument, parameter)| self.argument(function, parameter, argument))
            .collect();
        let nodes: Option<Vec<Node>> = bound.into_iter().collect();
        self.made(span, Kind::Call(name.to_owned(), nodes?), function.returns)
    }

    fn argument(&mut self, function: &FunctionDef, parameter: &Parameter, node: &Node) -> Option<Node> {
        // A bare name (or a text) where a name is wanted; a definition goes the way of all expressions.
        let name = match &node.kind {
            Kind::Name(name) if self.names.definition(name).is_none() && !self.is_it(name) => Some(name.clone()),
            Kind::Literal(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let wanted = match parameter.kind {
            ParameterKind::Number => Type::Number,
            ParameterKind::List => Type::List,
            ParameterKind::Any => Type::Any,
            ParameterKind::Broker => {
                let bound = self.typed(node, Type::Number, &who(function, parameter))?;
                return self.broker(bound);
            }
            ParameterKind::Partition => match name {
                Some(name) => {
                    let Some(partition) = as_partition(&name) else {
                        let problem = TextProblem::new(node.span, format!("{name} is not a partition"));
                        self.problem(problem.help("a partition is written orders-0: topic, hyphen, number"));
                        return None;
                    };
                    return self.partition(partition, node.span).map(|(node, _)| node);
                }
                None => Type::Partition,
            },
            ParameterKind::Text => {
                if let Kind::Name(name) = &node.kind
                    && self.names.definition(name).is_none()
                    && !self.is_it(name)
                {
                    let problem = TextProblem::new(
                        node.span,
                        format!("{} wants a text, and {name} is a name", who(function, parameter)),
                    );
                    self.problem(problem.help(format!("write \"{name}\"")));
                    return None;
                }
                Type::Text
            }
            ParameterKind::Topic
            | ParameterKind::Producer
            | ParameterKind::Consumer
            | ParameterKind::Group
            | ParameterKind::Client
            | ParameterKind::Fact => match name {
                Some(name) => return self.known(parameter.kind, &name, node.span),
                None => Type::Text,
            },
        };
        self.typed(node, wanted, &who(function, parameter))
    }

    fn broker(&mut self, node: Node) -> Option<Node> {
        if let Kind::Literal(Value::Number(number)) = node.kind
            && !(1..=i64::from(self.names.brokers)).contains(&number)
        {
            let problem = TextProblem::new(node.span, format!("there is no broker {number}"));
            self.problem(problem.help(format!("the brokers are 1 to {}", self.names.brokers)));
            return None;
        }
        Some(node)
    }

    /// The name of a topic, a client or a fact that exists.
    fn known(&mut self, kind: ParameterKind, name: &str, span: Span) -> Option<Node> {
        let names = self.names;
        let (what, candidates): (&str, Vec<&str>) = match kind {
            ParameterKind::Topic => ("topic", names.topic_names().collect()),
            ParameterKind::Producer => ("producer", names.producers.iter().map(String::as_str).collect()),
            ParameterKind::Consumer => ("consumer", names.consumers.iter().map(String::as_str).collect()),
            ParameterKind::Group => ("group", names.groups.iter().map(String::as_str).collect()),
            ParameterKind::Fact if names.facts.is_empty() => ("fact", vec![name]),
            ParameterKind::Fact => ("fact", names.facts.to_vec()),
            _ => ("client", names.clients().collect()),
        };
        if candidates.contains(&name) {
            return Some(Node::new(span, Kind::Literal(Value::Text(name.to_owned()))));
        }
        let problem = TextProblem::new(span, format!("no {what} is called {name}"));
        self.problem(suggest(problem, name, candidates));
        None
    }
}

/// Adds the nearest right name, or all of them if they are few.
fn suggest<'a>(problem: TextProblem, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> TextProblem {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(near) = nearest(name, candidates.iter().copied()) {
        return problem.help(format!("did you mean {near}?"));
    }
    match candidates.as_slice() {
        [] => problem,
        few if few.len() <= 8 => problem.help(format!("there is {}", few.join(", "))),
        _ => problem,
    }
}

fn who(function: &FunctionDef, parameter: &Parameter) -> String {
    format!("{} of {}", parameter.name, function.signature())
}

fn wrong_count(function: &FunctionDef, required: usize, given: usize) -> String {
    let most = function.parameters.len();
    let wanted = match (required, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "one argument".to_owned(),
        (least, most) if least == most => format!("{most} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    format!("{} takes {wanted}, and here are {given}", function.name)
}
