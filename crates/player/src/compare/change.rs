//! A change as text: what stands in a link, checked word for word when it is read.

use std::fmt;

#[cfg(feature = "author")]
use highwater_sim::command::{COMMAND_KINDS, On};
use highwater_sim::command::{Command, CommandKind, Takes, Target, command_kind};
use highwater_sim::fact::MessageFact;
use highwater_sim::ids::NodeId;
use highwater_sim::world::World;

use crate::phrase::Phrase;
use crate::say::node_phrase;

/// The most changes of a fork.
pub const CHANGES_MAX: usize = 8;
/// The longest target or argument, in characters.
const LENGTH_MAX: usize = 80;

/// Something that is changed after a step: a row of the table of commands, what it is done to, and what it takes.
///
/// As text: `5~drop:14`, `0~configure:producer/p1:linger.ms:20`. Step 0 is the start: a config then has its value from the
/// beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "author", derive(serde::Serialize))]
pub struct Change {
    /// After which step, from 1; 0: from the start.
    pub step: usize,
    /// The command's name.
    pub name: String,
    /// What it is done to, as text.
    pub target: String,
    /// What it takes beside that; empty if nothing.
    pub argument: String,
}

/// Why a change is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.say(crate::lang::Lang::En))]
pub struct ChangeError(pub Box<Phrase>);

impl ChangeError {
    pub(super) fn new(key: &str, change: &Change) -> ChangeError {
        ChangeError(Box::new(Phrase::new(key).with("change", change.to_string())))
    }

    pub(super) fn because(change: &Change, why: &str) -> ChangeError {
        let phrase = Phrase::new("compare.not_possible").with("change", change.to_string()).with("why", why);
        ChangeError(Box::new(phrase))
    }
}

impl Change {
    /// Reads `5~drop:14`; none if it is not of this form. Whether there is such a step, command and target is seen when
    /// it is made.
    pub fn parse(text: &str) -> Option<Change> {
        let (step, what) = text.split_once('~')?;
        let mut parts = what.splitn(3, ':');
        let (name, target, argument) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        let is_short = |part: &str| part.chars().count() <= LENGTH_MAX;
        // A number as `Display` writes it: no sign, no leading zero.
        let number: usize = step.parse().ok().filter(|number: &usize| number.to_string() == step)?;
        let fits = !name.is_empty() && !target.is_empty() && [name, target, argument].into_iter().all(is_short);
        fits.then(|| Change {
            step: number,
            name: name.to_owned(),
            target: target.to_owned(),
            argument: argument.to_owned(),
        })
    }

    /// The command's row in the table, and the target.
    pub(super) fn kind(&self) -> Result<(&'static CommandKind, Target), ChangeError> {
        let kind = command_kind(&self.name).ok_or_else(|| ChangeError::new("compare.no_command", self))?;
        let target = Target::parse(kind.on, &self.target);
        Ok((kind, target.ok_or_else(|| ChangeError::new("compare.no_target", self))?))
    }

    /// Whether this could be a change at all, before there is a world: the key of what is wrong, and what.
    #[cfg(feature = "author")]
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let kind = command_kind(&self.name).ok_or_else(|| {
            let known: Vec<&str> = COMMAND_KINDS.iter().map(|kind| kind.name).collect();
            ("command", format!("{:?} is no command; there is {}", self.name, known.join(", ")))
        })?;
        let target = Target::parse(kind.on, &self.target)
            .ok_or_else(|| ("on", format!("{:?} is nothing that {} is done to", self.target, self.name)))?;
        if self.step == 0 && kind.on != On::Owner {
            return Err((
                "command",
                format!("{} cannot be done from the start: only a config can be changed there", self.name),
            ));
        }
        kind.command(&target, &self.argument)
            .map(|_| ())
            .ok_or_else(|| ("with", format!("{:?} is not what {} takes", self.argument, self.name)))
    }

    /// The command.
    pub(super) fn command(&self) -> Result<Command, ChangeError> {
        let (kind, target) = self.kind()?;
        kind.command(&target, &self.argument).ok_or_else(|| ChangeError::new("compare.bad_argument", self))
    }

    /// In words, with what is on the wire in `world`.
    pub(super) fn label(&self, world: &World) -> Phrase {
        let Ok((kind, target)) = self.kind() else { return Phrase::new("compare.what").with("what", self.to_string()) };
        let argument = match self.argument.split_once(':') {
            Some((name, value)) if kind.takes == Takes::Config => format!("{name} = {value}"),
            _ => self.argument.clone(),
        };
        let key = if argument.is_empty() { "compare.done" } else { "compare.done_with" };
        let done = Phrase::new(key)
            .with("what", Phrase::new(&format!("compare.do.{}", kind.name)))
            .with("target", target_phrase(&target, world))
            .with("argument", argument);
        Phrase::new(if self.step == 0 { "compare.from_start" } else { "compare.after_step" })
            .with("change", done)
            .with("step", i64::try_from(self.step).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}:{}", self.step, self.name, self.target)?;
        if self.argument.is_empty() { Ok(()) } else { write!(f, ":{}", self.argument) }
    }
}

/// A target in words.
pub(super) fn target_phrase(target: &Target, world: &World) -> Phrase {
    let named = |key: &str, name: String| Phrase::new(key).with("name", name);
    match target {
        Target::Message(id) => {
            let message = world.on_the_wire().into_iter().find(|message| message.id == *id).map(MessageFact::of);
            let Some(message) = message else { return named("compare.message_n", id.to_string()) };
            Phrase::new(if message.response { "compare.response" } else { "compare.request" })
                .with("api", message.api.name())
                .with("from", node_phrase(&message.from))
                .with("to", node_phrase(&message.to))
        }
        Target::Broker(id) => node_phrase(&NodeId::Broker(*id)),
        Target::Link(from, to) => {
            Phrase::new("compare.link").with("from", node_phrase(from)).with("to", node_phrase(to))
        }
        Target::Partition(partition) => {
            named("compare.what", partition.to_string()).with("what", partition.to_string())
        }
        Target::Client(client) => named("compare.what", String::new()).with("what", client.to_string()),
        Target::Read(consumer, partition) => {
            Phrase::new("compare.read").with("consumer", consumer.to_string()).with("partition", partition.to_string())
        }
        Target::Write(producer, partition) => {
            Phrase::new("compare.write").with("producer", producer.to_string()).with("partition", partition.to_string())
        }
        Target::Held(consumer, partition, offset) => Phrase::new("compare.held")
            .with("consumer", consumer.to_string())
            .with("partition", partition.to_string())
            .with("offset", offset.0),
        Target::Owner(owner) => {
            let owner = owner.to_string();
            let (kind, name) = owner.split_once('/').unwrap_or((owner.as_str(), ""));
            named(&format!("compare.owner_{kind}"), name.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            step in 0_usize..500,
            name in "[a-z_]{1,20}",
            target in "[a-z0-9/.-]{1,80}",
            argument in "[^\\p{Cc}]{0,80}",
        ) {
            let change = Change { step, name, target, argument };
            prop_assert_eq!(Change::parse(&change.to_string()), Some(change));
        }

        #[test]
        fn any_text_is_read_or_is_none(text in ".{0,200}") {
            if let Some(change) = Change::parse(&text) {
                prop_assert_eq!(Change::parse(&change.to_string()), Some(change));
            }
        }
    }
}
