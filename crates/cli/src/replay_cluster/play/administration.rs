//! What an administrator asks for.

use highwater_sim::command::Command;
use highwater_sim::ids::BrokerId;
use highwater_sim::world::CommandError;
use serde_json::{Map, Value, json};

use super::{Playing, partition, wrong};
use crate::replay::ReplayError;
use crate::replay_cluster::story::Action;

impl Playing<'_> {
    /// Gives the command, and tells what an admin client sees of it.
    pub(super) fn administrate(&mut self, action: &Action) -> Result<Value, ReplayError> {
        let mut line = Map::new();
        line.insert("at".to_owned(), json!(action.at));
        line.insert("client".to_owned(), json!("admin"));
        line.insert("op".to_owned(), json!(action.what));
        let command = match action.what.as_str() {
            "elect preferred" => Command::ElectPreferred { partition: partition(action)? },
            "elect unclean" => Command::ElectUnclean { partition: partition(action)? },
            "reassign" => {
                let named = action.arguments.get("replicas").cloned().unwrap_or_default();
                let command = match named.as_array() {
                    None => Command::CancelReassignment { partition: partition(action)? },
                    Some(ids) => {
                        let ids = ids.iter().filter_map(Value::as_i64).filter_map(|id| i32::try_from(id).ok());
                        let replicas = ids.map(BrokerId).collect();
                        Command::Reassign { partition: partition(action)?, replicas }
                    }
                };
                line.insert("replicas".to_owned(), named);
                command
            }
            _ => {
                let name = action.text("name")?;
                let value = action.arguments.get("value").cloned().unwrap_or_default();
                line.insert("name".to_owned(), json!(name));
                line.insert("value".to_owned(), value.clone());
                let value = value.as_str().map(Into::into);
                Command::AlterConfig { topic: action.text("topic")?.into(), name: name.into(), value }
            }
        };
        let error = match self.world.command(command, &mut self.facts) {
            Ok(_) => "NONE",
            Err(CommandError::Refused(refusal)) => refusal.error,
            Err(error) => return Err(wrong(&error)),
        };
        line.insert("error".to_owned(), json!(error));
        self.ours.client.push(Value::Object(line));
        Ok(if error == "NONE" { json!("ok") } else { json!(error) })
    }
}
