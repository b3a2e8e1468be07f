//! Whether a mark can stand in a picture of the scenario: the ids of [`MarkId`](crate::scene::MarkId).

use super::Checker;
use super::steps::{Counts, count};
use crate::expression::nearest;
use crate::script::{MAX_PER_STEP, Place, partition_from_name};

/// The first parts of marks, with an example of each.
const EXAMPLES: [(&str, &str); 13] = [
    ("broker-1", "broker-1/orders-0/hw"),
    ("isr", "isr/orders-0"),
    ("message", "message-14"),
    ("client", "client-p1"),
    ("partitioner", "partitioner/murmur2"),
    ("topic", "topic/orders/partition-3"),
    ("moves", "moves/orders"),
    ("accumulator", "accumulator/p1/orders-0"),
    ("replicas", "replicas/orders"),
    ("spread", "spread/p1/orders-0"),
    ("log", "log/orders-0/segment-0"),
    ("group", "group-billing/state"),
    ("member", "member-c1/orders-0"),
];

/// The parts of a replica: those with a number by what stands before it.
const REPLICA: [&str; 4] = ["hw", "leo", "record", "float"];
/// The parts of a log, and those with a number or a name behind a hyphen.
const LOG: [&str; 5] = ["start", "map", "hw", "leo", "dirty"];
const LOG_NUMBERED: [&str; 7] = ["segment", "entry", "probe", "batch", "record", "key", "field"];
const STAGES: [&str; 5] = ["key", "murmur2", "positive", "remainder", "partition"];

impl Checker {
    pub(super) fn marks(&mut self, place: &Place, marks: &[String], counts: &Counts) {
        if marks.len() > MAX_PER_STEP {
            self.say(place.clone(), format!("{} marks to look at", marks.len()), format!("at most {MAX_PER_STEP}"));
        }
        for (index, mark) in marks.iter().enumerate().take(MAX_PER_STEP) {
            if let Err(help) = self.mark(mark, counts) {
                let message = format!("{:?} is not a mark of this scenario", super::short(mark));
                self.say(place.index(index), message, help);
            }
        }
    }

    /// Why a mark cannot be there.
    pub(super) fn mark(&self, mark: &str, counts: &Counts) -> Result<(), String> {
        let parts: Vec<&str> = mark.split('/').collect();
        let topic = |name: &str| {
            count(counts, name).ok_or_else(|| unknown("topic", name, counts.iter().map(|(topic, _)| topic.as_str())))
        };
        let partition = |name: &str| match partition_from_name(name) {
            Some(found) if topic(&found.topic)? > found.partition => Ok(()),
            Some(found) => Err(format!("{} has no partition {} here", found.topic, found.partition)),
            None => Err(format!("{name:?} is not a partition; one is written orders-0")),
        };
        match parts.as_slice() {
            [broker, rest @ ..] if numbered(broker, "broker").is_some() => {
                let number = numbered(broker, "broker").unwrap_or_default();
                if !(1..=i64::from(self.names.brokers)).contains(&number) {
                    return Err(format!("the brokers are 1 to {}", self.names.brokers));
                }
                match rest {
                    [] => Ok(()),
                    [name] => partition(name),
                    [name, part] => {
                        partition(name)?;
                        let known = matches!(*part, "hw" | "leo")
                            || numbered(part, "record").is_some()
                            || numbered(part, "cut").is_some()
                            || numbered(part, "float")
                                .is_some_and(|float| (1..=i64::from(self.names.brokers)).contains(&float));
                        if known {
                            Ok(())
                        } else {
                            Err(meant(part, &REPLICA, "a replica has hw, leo, record-3 and float-2"))
                        }
                    }
                    _ => Err("for example broker-1/orders-0/hw".to_owned()),
                }
            }
            ["isr" | "history", name] => partition(name),
            ["controller"] => Ok(()),
            ["moves", name] => topic(name).map(|_| ()),
            [message] if numbered(message, "message").is_some() => Ok(()),
            [client, rest @ ..] if client.starts_with("client-") => {
                let id = client.trim_start_matches("client-");
                let known = self.names.is_producer(id) || self.names.is_consumer(id);
                match rest {
                    _ if !known => Err(unknown("client", id, self.names.clients())),
                    [] => Ok(()),
                    [line] if numbered(line, "line").is_some() => Ok(()),
                    _ => Err("a client has lines: client-p1/line-0".to_owned()),
                }
            }
            [group, rest @ ..] if group.starts_with("group-") => {
                let id = group.trim_start_matches("group-");
                match rest {
                    _ if !self.names.is_group(id) => Err(format!("no group is called {id:?}")),
                    [] | ["state" | "generation" | "assignment-epoch" | "time" | "log"] => Ok(()),
                    [record] if numbered(record, "record").is_some() => Ok(()),
                    [name] => partition(name),
                    _ => Err("a group has state, generation, time, log, record-3 and orders-0".to_owned()),
                }
            }
            [member, rest @ ..] if member.starts_with("member-") => {
                let id = member.trim_start_matches("member-");
                match rest {
                    _ if !self.names.is_consumer(id) => Err(format!("no consumer is called {id:?}")),
                    [] | ["time" | "epoch"] => Ok(()),
                    [name] => partition(name.trim_start_matches("before-")),
                    _ => Err("a member has orders-0, before-orders-0 and time".to_owned()),
                }
            }
            ["partitioner", stage] if STAGES.contains(stage) => Ok(()),
            ["partitioner", stage, ..] => Err(meant(stage, &STAGES, &format!("its stages are {}", STAGES.join(", ")))),
            ["topic", name] => topic(name).map(|_| ()),
            ["topic", name, lane, rest @ ..] => {
                let count = topic(name)?;
                let number = numbered(lane, "partition").filter(|number| *number < i64::from(count));
                match (number, rest) {
                    (Some(_), []) => Ok(()),
                    (Some(_), [key]) if key.starts_with("key-") => Ok(()),
                    (Some(_), _) => Err("a lane has keys: topic/orders/partition-3/key-user-8".to_owned()),
                    (None, _) => Err(format!("{name} has partition-0 to partition-{} here", count.saturating_sub(1))),
                }
            }
            ["log", name, rest @ ..] => {
                partition(name)?;
                match rest {
                    [] => Ok(()),
                    [part] if part_of(part, &LOG_NUMBERED) || LOG.contains(part) => Ok(()),
                    [part, ..] => Err(meant(
                        part,
                        &[&LOG[..], &LOG_NUMBERED].concat(),
                        "a log has segment-0, entry-588, probe-2, batch-599, field-crc, record-3 and start",
                    )),
                }
            }
            [group, name, rest @ ..] if group.strip_prefix("share-").is_some() => {
                let id = group.strip_prefix("share-").unwrap_or_default();
                if !self.names.is_group(id) {
                    return Err(unknown("group", id, self.names.groups.iter().map(String::as_str)));
                }
                partition(name)?;
                match rest {
                    [] | ["start" | "end"] => Ok(()),
                    [record] if numbered(record, "record").is_some() => Ok(()),
                    _ => Err("for example share-workers/orders-0/record-3, …/start or …/end".to_owned()),
                }
            }
            ["replicas", name] => topic(name).map(|_| ()).or_else(|help| partition(name).map_err(|_| help)),
            ["replicas", name, broker] => {
                topic(name).map(|_| ()).or_else(|help| partition(name).map_err(|_| help))?;
                match numbered(broker, "broker").or(numbered(broker, "preferred")) {
                    Some(number) if (1..=i64::from(self.names.brokers)).contains(&number) => Ok(()),
                    _ => Err(format!(
                        "for example replicas/{name}/broker-1; the brokers are 1 to {}",
                        self.names.brokers
                    )),
                }
            }
            ["spread"] => Ok(()),
            ["spread", producer, rest @ ..] => match rest {
                _ if !self.names.is_producer(producer) => {
                    Err(unknown("producer", producer, self.names.producers.iter().map(String::as_str)))
                }
                [] => Ok(()),
                [name] => partition(name),
                _ => Err("for example spread/p1/orders-0".to_owned()),
            },
            ["accumulator", producer, rest @ ..] => {
                if !self.names.is_producer(producer) {
                    return Err(unknown("producer", producer, self.names.producers.iter().map(String::as_str)));
                }
                match rest {
                    [name] => partition(name),
                    [name, batch] if numbered(batch, "batch").is_some() => partition(name),
                    _ => Err("for example accumulator/p1/orders-0/batch-2".to_owned()),
                }
            }
            _ => Err(Self::example(parts.first().copied().unwrap_or_default())),
        }
    }

    fn example(first: &str) -> String {
        let near = nearest(first, EXAMPLES.iter().map(|(name, _)| *name));
        match EXAMPLES.iter().find(|(name, _)| Some(*name) == near) {
            Some((_, example)) => format!("did you mean something like {example}?"),
            None => format!("a mark is something like {}", EXAMPLES.map(|(_, example)| example).join(", ")),
        }
    }
}

/// Whether a part is one of these names, a hyphen and more.
fn part_of(part: &str, names: &[&str]) -> bool {
    part.split_once('-').is_some_and(|(name, _)| names.contains(&name))
}

/// That nothing has this name, and which one comes near.
fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = nearest(name, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    format!("no {what} is called {:?}{near}", super::short(name))
}

/// Which of `names` a part meant, with what followed its hyphen; `otherwise` if none comes near.
fn meant(part: &str, names: &[&str], otherwise: &str) -> String {
    let (name, rest) = part.split_at(part.find('-').unwrap_or(part.len()));
    nearest(name, names.iter().copied())
        .map_or_else(|| otherwise.to_owned(), |near| format!("did you mean {near}{}?", super::short(rest)))
}

/// The number of `record-3`; none if the part has another form.
fn numbered(part: &str, name: &str) -> Option<i64> {
    let number = part.strip_prefix(name)?.strip_prefix('-')?;
    let plain = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
    number.parse().ok().filter(|_| plain)
}
