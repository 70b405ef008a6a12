use crate::twl::KnowledgeError;

/// A game that cannot be played, with what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GameError {
    /// The file is not JSON or lacks what a game file has.
    #[error(
        "the game file cannot be read: {source}; it must be the .json that TextWorld saves beside a game"
    )]
    Json {
        /// Where and why.
        source: serde_json::Error,
    },
    /// A newer or older format.
    #[error(
        "the game file has version {found}, but this reader knows version 1; save the game with TextWorld 1.x"
    )]
    Version {
        /// The file's version.
        found: i64,
    },
    /// The knowledge base in the file is broken.
    #[error("the knowledge base of the game (`KB.logic`): {source}")]
    Knowledge {
        /// What is wrong with it.
        source: KnowledgeError,
    },
    /// An entity of a type that the knowledge base lacks.
    #[error(
        "{place}: `{variable}` has the type `{kind}`, which the knowledge base does not declare; declare it or correct the type"
    )]
    UnknownType {
        /// Where it is used.
        place: String,
        /// The entity.
        variable: String,
        /// Its type.
        kind: String,
    },
    /// One entity with two types.
    #[error(
        "{place}: `{variable}` has the type `{second}`, but elsewhere `{first}`; names of entities are unique"
    )]
    TwoTypes {
        /// Where it is used the second time.
        place: String,
        /// The entity.
        variable: String,
        /// Its first type.
        first: String,
        /// Its second type.
        second: String,
    },
    /// An entity of a constant type with another name than the type's.
    #[error(
        "{place}: `{variable}` has the constant type `{kind}`, whose only entity is called `{kind}`; rename it"
    )]
    NotTheConstant {
        /// Where it is used.
        place: String,
        /// The entity.
        variable: String,
        /// The constant type.
        kind: String,
    },
    /// Two entries of `infos` for one entity.
    #[error("`infos` describes `{id}` twice; remove one of the entries")]
    DuplicateEntity {
        /// The entity.
        id: String,
    },
    /// An entry of `infos` is filed under another name than its own.
    #[error("`infos` files the entity `{id}` under `{key}`; the two must be equal")]
    MisfiledEntity {
        /// The key of the entry.
        key: String,
        /// The name inside it.
        id: String,
    },
    /// A quest without events.
    #[error("{quest} has neither win nor fail events; give it at least one")]
    EmptyQuest {
        /// Which quest.
        quest: String,
    },
    /// An event without a condition.
    #[error("{event} has neither condition nor actions; give it one of the two")]
    EmptyEvent {
        /// Which event.
        event: String,
    },
    /// A repeatable quest that must be completed.
    #[error("{quest} is repeatable but not optional; only optional quests can be repeated")]
    RepeatableMandatory {
        /// Which quest.
        quest: String,
    },
    /// A command needs the name of an entity that `infos` does not have.
    #[error("the command \"{command}\" mentions `{entity}`, which `infos` does not describe; add it there")]
    UnnamedEntity {
        /// The command's template.
        command: String,
        /// The entity.
        entity: String,
    },
    /// A rule that can apply but that no command names.
    #[error(
        "rule `{rule}` can apply in this world but has no command; give it one under `inform7 {{ commands {{ }} }}`"
    )]
    NoCommand {
        /// The rule.
        rule: String,
    },
    /// The rules have too many instances in this world.
    #[error(
        "the rules have more than {limit} instances in this world (rule `{rule}` was the last); raise `Limits::instances` or make the world smaller"
    )]
    TooManyInstances {
        /// The limit.
        limit: usize,
        /// The rule at which it was reached.
        rule: String,
    },
}
