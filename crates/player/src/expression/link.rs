//! Names to what they stand for, in expressions that have been checked.

use std::rc::Rc;

use super::functions::{ParameterKind, function};
use super::value::as_partition;
use super::{Expression, Kind, MAX_DEPTH, Node, Value};
use crate::script::IT;

/// The most definitions of a scenario.
pub(super) const MAX_DEFINITIONS: usize = 64;

/// The definitions of `[let]`, each in terms of the world alone.
#[derive(Debug, Default)]
pub(crate) struct Definitions(Vec<(String, Rc<Node>)>);

impl Definitions {
    /// Links the definitions with each other, whatever their order. One that uses itself stays as it was written.
    pub(crate) fn of(definitions: &[(String, Expression)]) -> Definitions {
        let mut linked = Definitions::default();
        let mut left: Vec<&(String, Expression)> = definitions.iter().take(MAX_DEFINITIONS).collect();
        loop {
            let waiting: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
            let found = left.iter().position(|(_, expression)| !expression.root.uses(&waiting));
            let Some(found) = found else { return linked };
            let (name, expression) = left.swap_remove(found);
            let root = linked.node(&expression.root);
            linked.0.push((name.clone(), Rc::new(root)));
        }
    }

    /// One name alone, for [`Expression::with`].
    #[inline(never)]
    pub(super) fn one(name: &str, node: Node) -> Definitions {
        Definitions(vec![(name.to_owned(), Rc::new(node))])
    }

    fn get(&self, name: &str) -> Option<&Rc<Node>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// The tree with definitions in the place of their names, and constants in the place of other names. What would be
    /// too deep stays as it is.
    pub(super) fn node(&self, node: &Node) -> Node {
        let all = |nodes: &[Node]| nodes.iter().map(|node| self.node(node)).collect();
        let kind = match &node.kind {
            Kind::Literal(_) => return node.clone(),
            Kind::Name(name) | Kind::Definition(name, _) => match self.get(name) {
                Some(definition) => Kind::Definition(name.clone(), Rc::clone(definition)),
                None => match as_partition(name) {
                    Some(partition) => Kind::Literal(Value::Partition(partition)),
                    None => return node.clone(),
                },
            },
            Kind::Call(name, arguments) => Kind::Call(name.clone(), self.arguments(name, arguments)),
            Kind::List(nodes) => Kind::List(all(nodes)),
            Kind::Negative(inner) => Kind::Negative(Box::new(self.node(inner))),
            Kind::Not(inner) => Kind::Not(Box::new(self.node(inner))),
            Kind::Binary(operator, left, right) => {
                Kind::Binary(*operator, Box::new(self.node(left)), Box::new(self.node(right)))
            }
        };
        let linked = Node::new(node.span, kind);
        if linked.depth > MAX_DEPTH { node.clone() } else { linked }
    }

    fn arguments(&self, called: &str, arguments: &[Node]) -> Vec<Node> {
        let parameters = function(called).map_or(&[][..], |function| function.parameters);
        let mut linked = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let wanted = parameters.get(index).map(|parameter| parameter.kind);
            let text = match &argument.kind {
                Kind::Name(name) if self.get(name).is_none() && name != IT => Some(name),
                Kind::Literal(Value::Text(text)) => Some(text),
                _ => None,
            };
            let value = match (wanted, text) {
                (Some(ParameterKind::Partition), Some(text)) => as_partition(text).map(Value::Partition),
                // A topic or a client may be called like a partition.
                (Some(_), Some(text)) => Some(Value::Text(text.clone())),
                _ => None,
            };
            linked.push(match value {
                Some(value) => Node::new(argument.span, Kind::Literal(value)),
                None => self.node(argument),
            });
        }
        linked
    }
}

impl Node {
    /// Whether one of these names stands in it.
    fn uses(&self, names: &[&str]) -> bool {
        match &self.kind {
            Kind::Literal(_) => false,
            Kind::Name(name) | Kind::Definition(name, _) => names.contains(&name.as_str()),
            Kind::Call(_, nodes) | Kind::List(nodes) => nodes.iter().any(|node| node.uses(names)),
            Kind::Negative(node) | Kind::Not(node) => node.uses(names),
            Kind::Binary(_, left, right) => left.uses(names) || right.uses(names),
        }
    }
}
