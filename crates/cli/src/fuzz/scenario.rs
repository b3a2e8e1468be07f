//! A schedule as a scenario that plays in the page.

use std::fmt::Write as _;

use highwater_sim::command::Command;
use highwater_sim::consumer::action::ConsumerAction;
use highwater_sim::fault::{Fault, Link};
use highwater_sim::fuzz::{CONSUMER, LATENCY_MS, Member, PRODUCERS, SHARE_WORK, Schedule, TOPIC};
use highwater_sim::ids::{ClientId, NodeId};
use highwater_sim::invariants::Violation;

/// The two files of a scenario.
pub struct Written {
    /// `scenario.toml`.
    pub toml: String,
    /// `zh.toml`.
    pub zh: String,
}

/// The scenario: a step each command, which lasts until the next one.
pub fn of(schedule: &Schedule, violation: &Violation) -> Written {
    let mut toml = head(schedule, violation);
    let mut zh = format!(
        "[scenario]\ntitle = \"{:?} 被破坏\"\nhook = \"由 highwater fuzz 找到。\"\n\n[chapter]\nall = \"全部\"\n",
        violation.invariant
    );
    let waits = schedule.steps.iter().map(|step| step.after_ms).chain([10_000]);
    let dos = [None].into_iter().chain(schedule.steps.iter().map(|step| Some(do_of(&step.command))));
    for (number, (done, wait_ms)) in dos.zip(waits).enumerate() {
        let what = done.as_deref().unwrap_or("nothing");
        let plain = what.replace(['{', '}', '"', '[', ']'], "");
        let name = what.split(' ').next().unwrap_or("nothing");
        let done = done.as_ref().map_or_else(String::new, |done| format!("{{ {done} }}"));
        let until = if wait_ms == 0 { String::new() } else { format!("until = {{ ms = {wait_ms} }}\n") };
        let _ = write!(
            toml,
            "\n[[step]]\nid = \"s{number}\"\nchapter = \"all\"\ntitle = \"{name}\"\nsay = \"{plain}\"\ndo = [{done}]\n{until}"
        );
        if number == 0 {
            // What broke in a group's log has no picture of its own.
            let is_shown = *violation.partition.topic == *TOPIC;
            let partition = if is_shown { violation.partition.to_string() } else { format!("{TOPIC}-0") };
            let _ = writeln!(toml, "show = {{ panels = [\"cluster\"], partition = \"{partition}\" }}");
        }
        let _ = write!(zh, "\n[step.s{number}]\ntitle = \"{name}\"\nsay = \"{plain}\"\n");
    }
    Written { toml, zh }
}

fn head(schedule: &Schedule, violation: &Violation) -> String {
    let configs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| format!("\"{name}\" = \"{value}\"")).collect::<Vec<_>>().join(", ")
    };
    let replicas = schedule.assignment.first().map_or(1, Vec::len);
    let assignment: Vec<String> = schedule
        .assignment
        .iter()
        .map(|replicas| format!("[{}]", replicas.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
        .collect();
    let racks = schedule.racks().iter().map(|rack| format!("\"{rack}\"")).collect::<Vec<_>>().join(", ");
    let racks = if racks.is_empty() { racks } else { format!("racks = [{racks}]\n") };
    let mut head = format!(
        "# {violation}\nid = \"broken\"\ntitle = \"{:?} broken\"\nhook = \"Found by highwater fuzz.\"\nfamily = \"replication\"\n\
         minutes = 1\npicture = \"s0\"\nseed = {}\n\n[cluster]\nbrokers = {}\nlatency_ms = {LATENCY_MS}\n{racks}config = {{ {} }}\n\n\
         [[topic]]\nname = \"{TOPIC}\"\npartitions = {}\nreplication = {replicas}\nassignment = [{}]\nconfig = {{ {} }}\n",
        violation.invariant,
        schedule.seed,
        schedule.brokers,
        configs(&schedule.broker_configs()),
        assignment.len(),
        assignment.join(", "),
        configs(&[
            ("min.insync.replicas", &schedule.min_isr.to_string()),
            ("unclean.leader.election.enable", &schedule.unclean.to_string()),
        ]),
    );
    for (id, acks) in PRODUCERS {
        let all = schedule.producer_configs(acks);
        let _ = write!(head, "\n[[producer]]\nid = \"{id}\"\nconfig = {{ {} }}\n", configs(&all));
    }
    for Member { id, group, configs: own, is_share } in &schedule.members {
        let share = if *is_share { ", share = \"earliest\"" } else { "" };
        let _ = write!(
            head,
            "\n[[consumer]]\nid = \"{id}\"\nfrom = \"earliest\"\nconfig = {{ {} }}\ngroup = {{ id = \"{group}\", subscribe = \
             [\"{TOPIC}\"]{share} }}\n",
            configs(&schedule.consumer_configs(own))
        );
        if *is_share {
            let (ms, fails) = SHARE_WORK;
            let _ = writeln!(head, "application = {{ ms_per_record = {ms}, fails = {fails:?} }}");
        }
    }
    let partitions: Vec<String> = (0..assignment.len()).map(|number| format!("\"{TOPIC}-{number}\"")).collect();
    let _ = write!(
        head,
        "\n[[consumer]]\nid = \"{CONSUMER}\"\nassign = [{}]\nfrom = \"earliest\"\nstart = true\nconfig = {{ {} }}\n\n\
         [[chapter]]\nid = \"all\"\ntitle = \"All\"\n",
        partitions.join(", "),
        configs(&schedule.consumer_configs(&[]))
    );
    head
}

/// The command as `do` has it, without the braces around.
fn do_of(command: &Command) -> String {
    let ids = |ids: &[highwater_sim::ids::BrokerId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match command {
        Command::Send { producer, topic, partition, value, .. } => format!(
            "produce = {{ producer = \"{producer}\", topic = \"{topic}\", value = \"{}\", partition = {} }}",
            value.as_ref().map_or_else(String::new, highwater_sim::bytes::Bytes::text),
            partition.unwrap_or(0)
        ),
        Command::Reassign { partition, replicas } => {
            format!("reassign = {{ partition = \"{partition}\", replicas = [{}] }}", ids(replicas))
        }
        Command::ElectPreferred { partition }
        | Command::ElectUnclean { partition }
        | Command::CancelReassignment { partition } => {
            format!("{} = {{ partition = \"{partition}\" }}", command.name())
        }
        Command::AlterConfig { topic, name, value } => format!(
            "alter_config = {{ topic = \"{topic}\", name = \"{name}\", value = \"{}\" }}",
            value.as_deref().unwrap_or_default()
        ),
        Command::Consumer { consumer, action } => action_of(consumer, action),
        Command::Fault(fault) => fault_of(fault),
        other => other.name().to_owned(),
    }
}

fn action_of(consumer: &ClientId, action: &ConsumerAction) -> String {
    let more = match action {
        ConsumerAction::Subscribe { topics } => {
            format!(", topics = [{}]", topics.iter().map(|topic| format!("\"{topic}\"")).collect::<Vec<_>>().join(", "))
        }
        ConsumerAction::SubscribePattern { pattern } => format!(", pattern = {pattern:?}"),
        ConsumerAction::SubscribeSubscriptionPattern { pattern } => format!(", subscription_pattern = {pattern:?}"),
        ConsumerAction::Commit { sync, .. } => format!(", sync = {sync}"),
        _ => String::new(),
    };
    let name = match action {
        ConsumerAction::Commit { .. } => "commit",
        action if action.subscribes() => "subscribe",
        other => other.name(),
    };
    format!("{name} = {{ consumer = \"{consumer}\"{more} }}")
}

fn fault_of(fault: &Fault) -> String {
    let node = |node: &NodeId| match node {
        NodeId::Broker(id) => id.to_string(),
        NodeId::Client(id) => format!("\"{id}\""),
        NodeId::Controller => "\"controller\"".to_owned(),
    };
    let name = fault.name();
    match fault {
        Fault::Cut(Link { from, to, one_way }) | Fault::Heal(Link { from, to, one_way }) => {
            format!("{name} = {{ from = {}, to = {}, one_way = {one_way} }}", node(from), node(to))
        }
        Fault::SlowDisk(broker, ms) => format!("{name} = {{ broker = {broker}, ms = {ms} }}"),
        Fault::SkewClock(skewed, ms) => format!("{name} = {{ node = {}, ms = {ms} }}", node(skewed)),
        other => format!("{name} = {{ broker = {} }}", other.broker().map_or(0, |broker| broker.0)),
    }
}
