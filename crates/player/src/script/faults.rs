//! What the commands that make something go wrong mean.

use highwater_sim::fault::{Fault, Link};
use highwater_sim::ids::{BrokerId, ClientId, NodeId};

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
        Action::Heal { from, to, one_way } => Fault::Heal(link(from, to, *one_way)),
        _ => return None,
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
