//! Text to tokens.

use super::{MAX_LENGTH, Span, TextProblem};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number(i64),
    Text(String),
    Name(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

impl Token {
    /// For errors: the token as it is written.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Number(number) => number.to_string(),
            Token::Text(text) => format!("{text:?}"),
            Token::Name(name) => name.clone(),
            Token::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Signs, longer ones before their beginnings.
const SIGNS: [&str; 16] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ","];

/// Signs of other languages and keyboards, with what they are here.
const MISTAKEN: [(&str, &str); 14] = [
    ("=", "an equality has two signs: =="),
    ("&&", "write and"),
    ("||", "write or"),
    ("!", "write not"),
    ("{", "lists stand in square brackets: [1, 2]"),
    ("（", "use the plain bracket ("),
    ("）", "use the plain bracket )"),
    ("，", "use the plain comma ,"),
    ("“", "use plain quotes"),
    ("”", "use plain quotes"),
    ("≤", "write <="),
    ("≥", "write >="),
    ("≠", "write !="),
    ("−", "use the plain minus -"),
];

/// The tokens of `source` with their places; `offset` is added to all places.
pub(super) fn tokens(source: &str, offset: usize) -> Result<Vec<(Token, Span)>, TextProblem> {
    let characters: Vec<char> = source.chars().take(MAX_LENGTH.saturating_add(1)).collect();
    if characters.len() > MAX_LENGTH {
        return Err(TextProblem::new(
            Span::new(offset, offset.saturating_add(1)),
            format!("this expression has more than {MAX_LENGTH} characters"),
        )
        .help("define parts of it under [let]"));
    }
    let mut lexer = Lexer { characters, position: 0, offset };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer {
    characters: Vec<char>,
    position: usize,
    offset: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.position.saturating_add(ahead)).copied()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(start.saturating_add(self.offset), end.saturating_add(self.offset))
    }

    fn take_while(&mut self, keep: impl Fn(char, Option<char>) -> bool) -> String {
        let mut taken = String::new();
        while let Some(character) = self.peek(0)
            && keep(character, self.peek(1))
        {
            taken.push(character);
            self.position = self.position.saturating_add(1);
        }
        taken
    }

    fn next(&mut self) -> Result<Option<(Token, Span)>, TextProblem> {
        self.take_while(|character, _| character.is_whitespace());
        let start = self.position;
        let Some(first) = self.peek(0) else { return Ok(None) };
        let token = if first.is_ascii_digit() {
            self.number(start)?
        } else if is_letter(first) {
            Token::Name(self.take_while(|character, following| {
                let joins = matches!(character, '-' | '.') && following.is_some_and(is_letter_or_digit);
                is_letter_or_digit(character) || joins
            }))
        } else if matches!(first, '"' | '\'') {
            self.text(first, start)?
        } else {
            self.sign(start)?
        };
        Ok(Some((token, self.span(start, self.position))))
    }

    fn number(&mut self, start: usize) -> Result<Token, TextProblem> {
        let digits = self.take_while(|character, _| character.is_ascii_digit());
        let span = self.span(start, self.position);
        if let Some(following) = self.peek(0).filter(|character| is_letter(*character)) {
            return Err(TextProblem::new(span, format!("the number {digits} runs into the letter {following}"))
                .help("a text stands in quotes"));
        }
        digits.parse().map(Token::Number).map_err(|_| {
            TextProblem::new(span, format!("the number {digits} is too large"))
                .help(format!("the largest is {}", i64::MAX))
        })
    }

    fn text(&mut self, quote: char, start: usize) -> Result<Token, TextProblem> {
        let mut text = String::new();
        self.position = self.position.saturating_add(1);
        while let Some(character) = self.peek(0) {
            self.position = self.position.saturating_add(1);
            if character == quote {
                return Ok(Token::Text(text));
            }
            if character == '\\' {
                let Some(escaped @ ('\\' | '"' | '\'')) = self.peek(0) else {
                    let span = self.span(self.position.saturating_sub(1), self.position);
                    let problem = TextProblem::new(span, "a \\ that stands before nothing special");
                    return Err(problem.help("write \\\\ for one backslash"));
                };
                self.position = self.position.saturating_add(1);
                text.push(escaped);
                continue;
            }
            text.push(character);
        }
        Err(TextProblem::new(
            self.span(start, self.position),
            format!("this text does not end; a closing {quote} is missing"),
        ))
    }

    fn sign(&mut self, start: usize) -> Result<Token, TextProblem> {
        let begins_with =
            |sign: &str| sign.chars().enumerate().all(|(ahead, character)| self.peek(ahead) == Some(character));
        if let Some(sign) = SIGNS.into_iter().find(|sign| begins_with(sign)) {
            self.position = self.position.saturating_add(sign.chars().count());
            return Ok(Token::Sign(sign));
        }
        let mistaken = MISTAKEN.into_iter().find(|(sign, _)| begins_with(sign));
        let length = mistaken.map_or(1, |(sign, _)| sign.chars().count());
        let span = self.span(start, start.saturating_add(length));
        let shown: String = self.characters.iter().skip(start).take(length).collect();
        let problem = TextProblem::new(span, format!("{shown} means nothing here"));
        Err(match mistaken {
            Some((_, help)) => problem.help(help),
            None => problem,
        })
    }
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn is_letter_or_digit(character: char) -> bool {
    is_letter(character) || character.is_ascii_digit()
}
