//! `highwater answer KIND`: answers questions as Kafka answers them. A thin driver over the types that the simulation
//! itself runs.
//!
//! A question is a JSON object on a line; the answer is the same object with the answer's fields. Answer fields that a
//! question already has are not read. What cannot be answered comes out as the question with `"unanswered": "why"`; a
//! line that is no JSON object has no answer at all, and the lines after it are still answered.

mod accumulator;
mod assign;
mod batch;
mod group_partition;
mod leader_epochs;
mod log;
mod partition;
mod partition_change;
mod partition_leader;
mod placement;
mod reassignment;
mod recovery;
mod sticky_partitioner;

pub use assign::{Named, assigned, assignor_names};
pub use log::{log_state, told_read};

use std::io::{self, BufRead, Read, Write};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

/// A line may have at most so many bytes.
const LINE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A JSON object.
type Object = Map<String, Value>;

/// A kind of question.
struct Kind {
    name: &'static str,
    /// The fields of a line that are its answer.
    answer_fields: &'static [&'static str],
    /// The fields of each entry of `ops` that are its answer.
    op_answer_fields: &'static [&'static str],
    /// Fills the answer in.
    answer: Answer,
}

/// How a kind is answered.
enum Answer {
    /// Each question for itself.
    Alone(fn(Object) -> Result<Object, Trouble>),
    /// With what the questions before it left behind.
    InTurn(fn(Object, &mut Left) -> Result<Object, Trouble>),
}

/// What questions leave behind.
#[derive(Default)]
struct Left {
    /// `cleaner-offset-checkpoint` of the log directory, which outlives a partition: one that is made anew under the same
    /// name begins with it.
    cleaner_checkpoint: Option<i64>,
}

impl Answer {
    fn to(&self, question: Object, left: &mut Left) -> Result<Object, Trouble> {
        match self {
            Answer::Alone(answer) => answer(question),
            Answer::InTurn(answer) => answer(question, left),
        }
    }
}

/// The kinds that can be answered.
const KINDS: &[Kind] = &[
    accumulator::KIND,
    assign::CLIENT,
    assign::SERVER,
    assign::SHARE,
    batch::KIND,
    log::COMPACTION,
    group_partition::KIND,
    leader_epochs::KIND,
    log::LOG_OPS,
    partition::KIND,
    partition_change::KIND,
    partition_leader::KIND,
    placement::KIND,
    log::PRODUCER_STATE,
    reassignment::KIND,
    recovery::KIND,
    sticky_partitioner::KIND,
];

/// Why a line has no answer.
#[derive(Debug, Error)]
enum Trouble {
    /// The question is none.
    #[error("{0}")]
    Malformed(String),
    /// The question is one, but the simulation cannot answer it.
    #[error("{0}")]
    Unanswered(String),
}

/// The names of the kinds, in order.
pub fn kind_names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// Answers each line of `reader`, which is a question of `kind`, with a line to `writer`; complaints go to `errors`.
///
/// Returns the exit code. 0: every question has its answer, or whoever reads the answers has enough of them. 1: a line
/// is no such question (told with its number), a question has no answer, or reading or writing failed. 2: there is no
/// such kind.
pub fn run(kind: &str, reader: impl BufRead, writer: impl Write, mut errors: impl Write) -> u8 {
    let (code, complaint) = match KINDS.iter().find(|known| known.name == kind) {
        None => {
            let kinds: Vec<&str> = kind_names().collect();
            (2, format!("there is no kind `{kind}`; the kinds are {}", kinds.join(", ")))
        }
        Some(kind) => match answer_lines(kind, reader, writer, &mut errors) {
            Ok(Tally { bad: 0, .. }) => return 0,
            Ok(Tally { bad, lines }) => (1, format!("{bad} of {lines} lines have no answer")),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
            Err(error) => (1, error.to_string()),
        },
    };
    complain(&mut errors, &complaint);
    code
}

/// What came of the lines.
#[derive(Default)]
struct Tally {
    lines: u64,
    bad: u64,
}

fn answer_lines(
    kind: &Kind,
    mut reader: impl BufRead,
    mut writer: impl Write,
    errors: &mut impl Write,
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let mut left = Left::default();
    let mut number: u64 = 0;
    while let Some(line) = read_line(&mut reader)? {
        number = number.saturating_add(1);
        if line.as_ref().is_ok_and(|line| line.trim().is_empty()) {
            continue;
        }
        tally.lines = tally.lines.saturating_add(1);
        let (written, trouble) = match line.and_then(|line| question(kind, &line)) {
            Err(why) => (None, Some(Trouble::Malformed(why))),
            Ok(question) => match kind.answer.to(question.clone(), &mut left) {
                Ok(answered) => (Some(answered), None),
                Err(trouble) => (Some(unanswered(question, &trouble)), Some(trouble)),
            },
        };
        if let Some(trouble) = trouble {
            tally.bad = tally.bad.saturating_add(1);
            if let Trouble::Malformed(why) = trouble {
                complain(errors, &format!("line {number}: {why}"));
            }
        }
        if let Some(written) = written {
            serde_json::to_writer(&mut writer, &written).map_err(io::Error::from)?;
            writer.write_all(b"\n")?;
        }
    }
    writer.flush()?;
    Ok(tally)
}

fn unanswered(mut question: Object, trouble: &Trouble) -> Object {
    question.insert("unanswered".to_owned(), Value::from(trouble.to_string()));
    question
}

fn complain(errors: &mut impl Write, complaint: &str) {
    // If nobody hears complaints, the exit code remains.
    let _ = writeln!(errors, "highwater answer: {complaint}");
}

/// The next line, none at the end; an error in words if it is too long or no text.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<Result<String, String>>> {
    let mut line = Vec::new();
    if reader.by_ref().take(LINE_MAX_BYTES + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 > LINE_MAX_BYTES {
        return Ok(Some(Err(format!("longer than {LINE_MAX_BYTES} bytes"))));
    }
    Ok(Some(String::from_utf8(line).map_err(|_| "not UTF-8".to_owned())))
}

/// Reads a line and takes out what is an answer.
fn question(kind: &Kind, line: &str) -> Result<Object, String> {
    let mut question = match serde_json::from_str(line) {
        Ok(Value::Object(question)) => question,
        Ok(_) => return Err("not a JSON object".to_owned()),
        Err(error) => return Err(format!("not JSON: {error}")),
    };
    question.retain(|field, _| !kind.answer_fields.contains(&field.as_str()));
    if let Some(Value::Array(ops)) = question.get_mut("ops") {
        for op in ops.iter_mut().filter_map(Value::as_object_mut) {
            op.retain(|field, _| !kind.op_answer_fields.contains(&field.as_str()));
        }
    }
    Ok(question)
}

/// Reads the fields of a question.
fn fields<T: DeserializeOwned>(question: &Object) -> Result<T, Trouble> {
    T::deserialize(question).map_err(|error| Trouble::Malformed(error.to_string()))
}

/// Gives each entry of `ops` that has an answer its fields. `answers` are in the order of `ops`.
fn with_op_answers(mut question: Object, answers: impl IntoIterator<Item = Object>) -> Object {
    if let Some(Value::Array(ops)) = question.get_mut("ops") {
        for (op, answer) in ops.iter_mut().filter_map(Value::as_object_mut).zip(answers) {
            op.extend(answer);
        }
    }
    question
}

/// An object of these fields.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
