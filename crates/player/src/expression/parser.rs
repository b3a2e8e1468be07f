//! Tokens to a tree. The grammar is in the head of [`super`].

use super::lexer::{Token, tokens};
use super::{Kind, MAX_DEPTH, MAX_LIST, Node, Operator, Span, TextProblem, Value};

/// Words that are no names.
#[cfg(feature = "author")]
pub(super) const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "true", "false", "none"];

/// The tree of `source`, which begins at character `offset` of a longer text.
pub(super) fn parse(source: &str, offset: usize) -> Result<Node, TextProblem> {
    let length = source.chars().count();
    let mut parser = Parser {
        tokens: tokens(source, offset)?,
        position: 0,
        depth: 0,
        end: Span::new(offset.saturating_add(length), offset.saturating_add(length).saturating_add(1)),
    };
    if parser.tokens.is_empty() {
        let span = Span::new(offset, offset.saturating_add(length.max(1)));
        return Err(TextProblem::new(span, "an expression is missing here").help("for example hw(orders-0)"));
    }
    let node = parser.expression()?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => {
            let shown = token.shown();
            let problem = TextProblem::new(parser.here(), format!("{shown} follows where the expression has ended"));
            Err(match &node.kind {
                Kind::Name(_) | Kind::Literal(_) => problem.help("an operator may be missing between the two"),
                _ => problem,
            })
        }
    }
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    position: usize,
    depth: usize,
    end: Span,
}

type Parsed = Result<Node, TextProblem>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position).map(|(token, _)| token)
    }

    fn here(&self) -> Span {
        self.tokens.get(self.position).map_or(self.end, |(_, span)| *span)
    }

    fn step(&mut self) {
        self.position = self.position.saturating_add(1);
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(found)) if found == word)
    }

    /// Goes one level deeper for `inner`, so that no text can make the parser recurse without end.
    fn deeper(&mut self, inner: impl FnOnce(&mut Parser) -> Parsed) -> Parsed {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.here()));
        }
        self.depth = self.depth.saturating_add(1);
        let result = inner(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn expression(&mut self) -> Parsed {
        self.deeper(|parser| {
            let mut left = parser.and()?;
            while parser.is_word("or") {
                parser.step();
                let right = parser.and()?;
                left = binary(Operator::Or, left, right)?;
            }
            Ok(left)
        })
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.is_word("and") {
            self.step();
            let right = self.not()?;
            left = binary(Operator::And, left, right)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed {
        if !self.is_word("not") {
            return self.comparison();
        }
        let start = self.here();
        self.step();
        let inner = self.deeper(Parser::not)?;
        Ok(Node::new(start.to(inner.span), Kind::Not(Box::new(inner))))
    }

    fn comparison_operator(&self) -> Option<(Operator, usize)> {
        match self.peek()? {
            Token::Sign("==") => Some((Operator::Equal, 1)),
            Token::Sign("!=") => Some((Operator::NotEqual, 1)),
            Token::Sign("<") => Some((Operator::Less, 1)),
            Token::Sign("<=") => Some((Operator::LessOrEqual, 1)),
            Token::Sign(">") => Some((Operator::Greater, 1)),
            Token::Sign(">=") => Some((Operator::GreaterOrEqual, 1)),
            Token::Name(word) if word == "in" => Some((Operator::In, 1)),
            Token::Name(word) if word == "not" => {
                let following = self.tokens.get(self.position.saturating_add(1)).map(|(token, _)| token);
                matches!(following, Some(Token::Name(word)) if word == "in").then_some((Operator::NotIn, 2))
            }
            _ => None,
        }
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        let Some((operator, length)) = self.comparison_operator() else {
            return Ok(left);
        };
        self.position = self.position.saturating_add(length);
        let right = self.sum()?;
        if self.comparison_operator().is_some() {
            return Err(
                TextProblem::new(self.here(), "two comparisons in a row").help("join them with and: a < b and b < c")
            );
        }
        binary(operator, left, right)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign("+")) => Operator::Plus,
                Some(Token::Sign("-")) => Operator::Minus,
                _ => return Ok(left),
            };
            self.step();
            let right = self.product()?;
            left = binary(operator, left, right)?;
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.sign()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign("*")) => Operator::Times,
                Some(Token::Sign("/")) => Operator::Divided,
                Some(Token::Sign("%")) => Operator::Remainder,
                _ => return Ok(left),
            };
            self.step();
            let right = self.sign()?;
            left = binary(operator, left, right)?;
        }
    }

    fn sign(&mut self) -> Parsed {
        if !self.is_sign("-") {
            return self.primary();
        }
        let start = self.here();
        self.step();
        let inner = self.deeper(Parser::sign)?;
        Ok(Node::new(start.to(inner.span), Kind::Negative(Box::new(inner))))
    }

    fn primary(&mut self) -> Parsed {
        let span = self.here();
        let Some(token) = self.peek().cloned() else {
            return Err(TextProblem::new(span, "the expression ends too early").help("a value is missing at its end"));
        };
        match token {
            Token::Number(number) => Ok(self.literal(Value::Number(number))),
            Token::Text(text) => Ok(self.literal(Value::Text(text))),
            Token::Name(word) => match word.as_str() {
                "true" => Ok(self.literal(Value::Bool(true))),
                "false" => Ok(self.literal(Value::Bool(false))),
                "none" => Ok(self.literal(Value::None)),
                "and" | "or" | "in" | "not" => Err(TextProblem::new(span, format!("{word} needs a value before it"))),
                _ => {
                    self.step();
                    if !self.is_sign("(") {
                        return Ok(Node::new(span, Kind::Name(word)));
                    }
                    let (arguments, end) = self.sequence(")")?;
                    Ok(Node::new(span.to(end), Kind::Call(word, arguments)))
                }
            },
            Token::Sign("(") => {
                self.step();
                let inner = self.expression()?;
                if !self.is_sign(")") {
                    return Err(TextProblem::new(span, "this bracket is not closed"));
                }
                let end = self.here();
                self.step();
                Ok(Node { span: span.to(end), ..inner })
            }
            Token::Sign("[") => {
                let (nodes, end) = self.sequence("]")?;
                Ok(Node::new(span.to(end), Kind::List(nodes)))
            }
            Token::Sign(sign) => Err(TextProblem::new(span, format!("a value is missing before {sign}"))),
        }
    }

    fn literal(&mut self, value: Value) -> Node {
        let span = self.here();
        self.step();
        Node::new(span, Kind::Literal(value))
    }

    /// The expressions from an opening bracket, where the parser stands, to `close`; and where `close` stands.
    fn sequence(&mut self, close: &str) -> Result<(Vec<Node>, Span), TextProblem> {
        let open = self.here();
        self.step();
        let mut nodes = Vec::new();
        while !self.is_sign(close) {
            if !nodes.is_empty() {
                if !self.is_sign(",") {
                    return Err(match self.peek() {
                        None => TextProblem::new(open, "this bracket is not closed"),
                        Some(token) => {
                            TextProblem::new(self.here(), format!("a comma is missing before {}", token.shown()))
                        }
                    });
                }
                self.step();
            }
            if nodes.len() >= MAX_LIST {
                return Err(TextProblem::new(self.here(), format!("more than {MAX_LIST} values in a row")));
            }
            nodes.push(self.expression()?);
        }
        let end = self.here();
        self.step();
        Ok((nodes, end))
    }
}

fn binary(operator: Operator, left: Node, right: Node) -> Parsed {
    let node = Node::new(left.span.to(right.span), Kind::Binary(operator, Box::new(left), Box::new(right)));
    if node.depth > MAX_DEPTH { Err(too_deep(node.span)) } else { Ok(node) }
}

fn too_deep(span: Span) -> TextProblem {
    TextProblem::new(span, format!("this is nested deeper than {MAX_DEPTH} levels"))
        .help("define parts of it under [let]")
}
