use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Fact, Name};

/// A rule with entities in its slots, as game files write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The rule's name.
    pub name: Name,
    /// What must hold.
    pub preconditions: Vec<Fact>,
    /// What holds afterwards.
    pub postconditions: Vec<Fact>,
    /// The command's text with `{entity}` slots.
    #[serde(default)]
    pub command_template: Option<String>,
    /// The rule that undoes it.
    #[serde(default)]
    pub reverse_name: Option<Name>,
    /// The text of the command that undoes it.
    #[serde(default)]
    pub reverse_command_template: Option<String>,
}

impl Action {
    /// The facts that it adds: those only on the right. In order, each once.
    #[must_use]
    pub fn added(&self) -> Vec<Fact> {
        only(&self.postconditions, &self.preconditions)
    }

    /// The facts that it removes: those only on the left. In order, each once.
    #[must_use]
    pub fn removed(&self) -> Vec<Fact> {
        only(&self.preconditions, &self.postconditions)
    }

    /// The opposite action, named `name`: preconditions and postconditions trade places.
    #[must_use]
    pub fn inverse(&self, name: impl Into<Name>) -> Self {
        Self {
            name: name.into(),
            preconditions: self.postconditions.clone(),
            postconditions: self.preconditions.clone(),
            command_template: self.reverse_command_template.clone(),
            reverse_name: Some(self.name.clone()),
            reverse_command_template: self.command_template.clone(),
        }
    }
}

fn only(these: &[Fact], others: &[Fact]) -> Vec<Fact> {
    let mut seen: BTreeSet<&Fact> = others.iter().collect();
    these.iter().filter(|fact| seen.insert(fact)).cloned().collect()
}
