//! What the commands that make something go wrong mean.

use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, ClientId, MessageId, NodeId};
use highwater_sim::message::Message;
use highwater_sim::world::World;

use super::{Action, Scalar};

/// The fault that a command asks for; none if it asks for something else.
pub(crate) fn fault_of(action: &Action) -> Option<Fault> {
    let link = |from: &Scalar, to: &Scalar, one_way: bool| Link { from: node(from), to: node(to), one_way };
    Some(match action {
        Action::Pause { broker } => Fault::Pause(BrokerId(*broker)),
        Action::Resume { broker } => Fault::Resume(BrokerId(*broker)),
        Action::Kill { broker } => Fault::Kill(BrokerId(*broker)),
        Action::Stop { broker } => Fault::Stop(BrokerId(*broker)),
        Action::Start { broker } => Fault::Start(BrokerId(*broker)),
        Action::Cut { from, to, one_way } => Fault::Cut(link(from, to, *one_way)),
        Action::PowerLoss { broker } => Fault::PowerLoss(BrokerId(*broker)),
        Action::WriteBack { broker } => Fault::WriteBack(BrokerId(*broker)),
        Action::SlowDisk { broker, ms } => Fault::SlowDisk(BrokerId(*broker), *ms),
        Action::FillDisk { broker } => Fault::FillDisk(BrokerId(*broker)),
        Action::FreeDisk { broker } => Fault::FreeDisk(BrokerId(*broker)),
        Action::SkewClock { node: skewed, ms } => Fault::SkewClock(node(skewed), *ms),
        Action::Heal { from, to, one_way } => Fault::Heal(link(from, to, *one_way)),
        _ => return None,
    })
}

/// The first message that is on its way between two nodes, and of this kind if one is named.
///
/// # Errors
/// There is none.
pub(crate) fn message_of(
    world: &World,
    (from, to): (&Scalar, &Scalar),
    kind: Option<&str>,
) -> Result<MessageId, String> {
    let (from_node, to_node) = (node(from), node(to));
    let is_kind = |message: &&&Message| {
        kind.is_none_or(|kind| match kind.strip_suffix("Response") {
            Some(api) => message.body.is_response() && message.body.api().name() == api,
            None => !message.body.is_response() && message.body.api().name() == kind,
        })
    };
    let on_the_wire = world.on_the_wire();
    let found = on_the_wire.iter().filter(|message| message.from == from_node && message.to == to_node).find(is_kind);
    found.map(|message| message.id).ok_or_else(|| match kind {
        Some(kind) => format!("no {kind} is on its way from {from} to {to}"),
        None => format!("nothing is on its way from {from} to {to}"),
    })
}

/// The node with a broker's number, a client's id or the name "controller".
fn node(name: &Scalar) -> NodeId {
    match name {
        Scalar::Number(number) => NodeId::Broker(BrokerId(i32::try_from(*number).unwrap_or(-1))),
        Scalar::Text(text) if text == "controller" => NodeId::Controller,
        other => NodeId::Client(ClientId(other.to_string().into())),
    }
}
