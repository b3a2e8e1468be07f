//! The words of a step, ready for a screen: in one language, with the runs that look different.

/// What a value in a sentence is about; it gets the look of its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// The high watermark (teal).
    Water,
    /// A message or what is new (accent).
    Message,
    /// A leader (amber).
    Leader,
    /// A loss or an error (red).
    Bad,
    /// Any other value (bold).
    Plain,
}

/// A run of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Plain words.
    Text {
        /// The words.
        text: String,
    },
    /// Stressed words.
    Strong {
        /// The words.
        text: String,
    },
    /// A value computed from the world.
    Value {
        /// The value as text.
        text: String,
        /// Its look.
        kind: RefKind,
    },
    /// A term with a gloss.
    Term {
        /// The key in the glossary.
        id: String,
        /// The words in the sentence.
        text: String,
    },
}

impl Inline {
    /// The words alone.
    pub fn text(&self) -> &str {
        match self {
            Inline::Text { text }
            | Inline::Strong { text }
            | Inline::Value { text, .. }
            | Inline::Term { text, .. } => text,
        }
    }
}

/// A term with its gloss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gloss {
    /// The key in the glossary.
    pub id: String,
    /// Kafka's term.
    pub term: String,
    /// What it means, in one or two sentences.
    pub meaning: String,
}

/// The words beside the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWords {
    /// The scenario's family, such as "Replication".
    pub family: String,
    /// What happens, in at most eight words.
    pub title: Vec<Inline>,
    /// One or two sentences.
    pub say: Vec<Inline>,
    /// The terms of the step.
    pub terms: Vec<Gloss>,
    /// The Kafka version that a step about the past is about.
    pub history: Option<String>,
}

/// How far a question is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Not answered yet.
    Open,
    /// The learner chose the right answer.
    Right,
    /// The learner chose another.
    Wrong,
    /// The learner went on without an answer.
    Revealed,
}

/// One of the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub label: Vec<Inline>,
    /// The right one; known only when the question is no longer open.
    pub right: Option<bool>,
    /// The learner chose it.
    pub chosen: bool,
    /// The mark of the picture that it is.
    pub mark: Option<String>,
}

/// How a question is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answering {
    /// By choosing.
    Choose,
    /// By giving a number, in a unit if it has one. Its choices are there once it is answered: what was given, what is right.
    Number(Option<String>),
    /// By pointing at one of the marks that are its choices.
    Point,
}

/// A question of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question itself.
    pub ask: Vec<Inline>,
    /// How it is answered.
    pub answering: Answering,
    /// The answers, two to four.
    pub choices: Vec<Choice>,
    /// Open or not.
    pub answered: Answered,
    /// Why the right answer is right, with the numbers of this run; none while the question is open.
    pub reason: Option<Vec<Inline>>,
    /// The facts that made it so, in order; empty while the question is open.
    pub facts: Vec<FactLine>,
}

/// A fact as a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactLine {
    /// The fact's number.
    pub id: u64,
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The fact's name, such as `HighWatermarkAdvanced`.
    pub name: String,
    /// The sentence.
    pub sentence: String,
    /// The marks that it is about.
    pub marks: Vec<String>,
    /// The step in which it happened, from 1.
    pub step: usize,
    /// The brokers and the partition that it is about, for the filter.
    pub brokers: Vec<i32>,
    /// The partition, such as `orders-0`.
    pub partition: Option<String>,
    /// An error or a loss.
    pub bad: bool,
}

/// Why a mark shows what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What it shows, in words.
    pub label: String,
    /// The facts behind it, the newest first.
    pub chain: Vec<FactLine>,
    /// How many facts lie between the last two lines of the chain.
    pub left_out: usize,
    /// Where it comes from, in words, if no fact made it so.
    pub origin: Option<String>,
}
