/// Declarations that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogicError {
    /// Two declarations of one thing.
    #[error("the {what} `{name}` is declared twice; remove one of the declarations")]
    Duplicate {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A type inherits from itself.
    #[error("type `{name}` inherits from itself; break the cycle of parents")]
    TypeCycle {
        /// The type.
        name: String,
    },
    /// A type that is not declared.
    #[error("{place}: `{name}` is not a type{}; declare `type {name} {{ }}`", suggestion(nearest.as_deref()))]
    UnknownType {
        /// The missing type.
        name: String,
        /// Where it is used.
        place: String,
        /// A type with a similar name.
        nearest: Option<String>,
    },
    /// A rule that is not declared.
    #[error("{place}: there is no rule `{name}`{}", suggestion(nearest.as_deref()))]
    UnknownRule {
        /// The missing rule.
        name: String,
        /// Where it is used.
        place: String,
        /// A rule with a similar name.
        nearest: Option<String>,
    },
    /// Aliases that stand for each other.
    #[error("the alias `{alias}` stands for itself; break the cycle")]
    AliasCycle {
        /// One alias of the cycle.
        alias: String,
    },
    /// A signature that is both a predicate and an alias.
    #[error("`{signature}` is declared as a predicate and as an alias; keep one of the two")]
    PredicateAndAlias {
        /// The signature.
        signature: String,
    },
    /// One placeholder with two types in one rule.
    #[error(
        "in `{place}` the placeholder `{placeholder}` has the types `{first}` and `{second}`; give it one"
    )]
    PlaceholderTypes {
        /// The rule or alias.
        place: String,
        /// The placeholder.
        placeholder: String,
        /// Its first type.
        first: String,
        /// Its second type.
        second: String,
    },
    /// A command's slot that is no placeholder of its rule.
    #[error(
        "the command \"{command}\" of rule `{rule}` has a slot `{{{slot}}}`, which the rule does not mention"
    )]
    UnknownSlot {
        /// The rule.
        rule: String,
        /// Its command.
        command: String,
        /// The slot.
        slot: String,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}
