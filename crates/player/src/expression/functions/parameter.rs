//! What functions take and give.

/// The type of an expression's value. Any of them can also be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A whole number.
    Number,
    /// True or false.
    Truth,
    /// A text.
    Text,
    /// A partition of a topic.
    Partition,
    /// A list.
    List,
    /// Known only when it is evaluated.
    Any,
}

#[cfg(feature = "author")]
impl Type {
    pub(in crate::expression) fn fits(self, other: Type) -> bool {
        self == other || self == Type::Any || other == Type::Any
    }
}

#[cfg(feature = "author")]
impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Type::Number => "a number",
            Type::Truth => "true or false",
            Type::Text => "a text",
            Type::Partition => "a partition",
            Type::List => "a list",
            Type::Any => "any value",
        })
    }
}

/// What an argument stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// Any whole number.
    Number,
    /// A text in quotes.
    Text,
    /// A partition, such as `orders-0`.
    Partition,
    /// The name of a topic.
    Topic,
    /// The id of a producer.
    Producer,
    /// The id of a consumer.
    Consumer,
    /// The id of a producer or a consumer.
    Client,
    /// The name of a group.
    Group,
    /// The number of a broker.
    Broker,
    /// The name of a kind of fact, such as `FetchReceived`.
    Fact,
    /// A list.
    List,
    /// Any value.
    Any,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, for messages and documentation.
    pub name: &'static str,
    /// What it stands for.
    pub kind: ParameterKind,
    /// It can be left out; only last ones can.
    pub optional: bool,
}

/// One that must be given.
pub(super) const fn given(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter { name, kind, optional: false }
}

/// One that can be left out.
pub(super) const fn optional(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter { name, kind, optional: true }
}
