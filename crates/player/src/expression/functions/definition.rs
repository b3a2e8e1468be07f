//! A function, as the table has it.

use super::{Parameter, Type};
use crate::words::RefKind;

/// A function of the expression language.
#[derive(Clone, Copy, Debug)]
pub struct FunctionDef {
    /// The name, as Kafka names the thing where it does.
    pub name: &'static str,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// The type of its value.
    pub returns: Type,
    /// What it says, in one sentence.
    #[cfg(feature = "author")]
    pub meaning: &'static str,
    /// How its value looks in a sentence.
    pub ref_kind: RefKind,
}

impl FunctionDef {
    /// As an author writes it: `hw(partition[, broker])`.
    #[cfg(feature = "author")]
    pub fn signature(&self) -> String {
        let parameters = self.parameters.iter().enumerate().map(|(index, parameter)| {
            let comma = if index == 0 { "" } else { ", " };
            if parameter.optional {
                format!("[{comma}{}]", parameter.name)
            } else {
                format!("{comma}{}", parameter.name)
            }
        });
        format!("{}({})", self.name, parameters.collect::<String>())
    }
}
