use serde::{Deserialize, Serialize};

use crate::logic::Name;

/// What a game says about an entity: its name and its description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// The unique name of its variable.
    pub id: Name,
    /// Its type; written `type` in game files.
    #[serde(rename = "type")]
    pub kind: Name,
    /// What commands call it; none for the player and the inventory.
    #[serde(default)]
    pub name: Option<String>,
    /// The noun of the name.
    #[serde(default)]
    pub noun: Option<String>,
    /// The adjective of the name.
    #[serde(default)]
    pub adj: Option<String>,
    /// Its description, with Inform 7's substitutions in it.
    #[serde(default)]
    pub desc: Option<String>,
    /// The kind of room it belongs in.
    #[serde(default)]
    pub room_type: Option<String>,
    /// The definite article.
    #[serde(default)]
    pub definite: Option<String>,
    /// The indefinite article.
    #[serde(default)]
    pub indefinite: Option<String>,
    /// Other names that are understood.
    #[serde(default)]
    pub synonyms: Option<Vec<String>>,
}

impl Entity {
    /// An entity with a name and nothing else.
    pub fn named(id: impl Into<Name>, kind: impl Into<Name>, name: Option<&str>) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            name: name.map(str::to_owned),
            noun: None,
            adj: None,
            desc: None,
            room_type: None,
            definite: None,
            indefinite: None,
            synonyms: None,
        }
    }
}
