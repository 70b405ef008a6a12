use crate::logic::{Action, Fact, Variable};

/// Something that happens as soon as all facts of its condition hold at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The facts; not empty.
    pub condition: Vec<Fact>,
    /// Actions that lead there from the start, if known; the winning policy is made of them.
    pub actions: Vec<Action>,
    /// The actions as commands.
    pub commands: Vec<String>,
}

/// What is asked of the player: one of the win events, and none of the fail events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quest {
    /// What it asks, in words.
    pub description: String,
    /// Points for completing it.
    pub reward: i64,
    /// Commands that complete it.
    pub commands: Vec<String>,
    /// Any of these completes it.
    pub win_events: Vec<Event>,
    /// Any of these fails it.
    pub fail_events: Vec<Event>,
    /// Whether the game can be won without it.
    pub optional: bool,
    /// Whether it can be completed more than once.
    pub repeatable: bool,
}

impl Event {
    /// The event that `actions` lead to; its condition is what the last of them leaves. `None` without actions.
    #[must_use]
    pub fn reached_by(actions: Vec<Action>) -> Option<Self> {
        let condition = actions.last()?.postconditions.clone();
        Some(Self { condition, actions, commands: Vec::new() })
    }

    /// The action that stands for the event in a winning policy: it needs the condition and marks that the
    /// event happened.
    #[must_use]
    pub fn trigger(&self) -> Action {
        let mut variables: Vec<Variable> =
            self.condition.iter().flat_map(|fact| &fact.arguments).cloned().collect();
        variables.sort();
        variables.dedup();
        let mut postconditions = self.condition.clone();
        postconditions.push(Fact::new("event", variables));
        Action {
            name: TRIGGER.into(),
            preconditions: self.condition.clone(),
            postconditions,
            command_template: None,
            reverse_name: None,
            reverse_command_template: None,
        }
    }
}

/// The name of an event's own action.
pub(crate) const TRIGGER: &str = "trigger";
