//! Game files: the JSON that TextWorld saves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Entity, Event, Game, GameError, Quest};
use crate::logic::{Action, Fact, KnowledgeBase, Name};

const VERSION: i64 = 1;

#[derive(Serialize, Deserialize)]
struct GameFile {
    #[serde(default = "current_version")]
    version: i64,
    world: Vec<Fact>,
    #[serde(default)]
    grammar: Value,
    quests: Vec<QuestFile>,
    infos: Vec<(Name, Entity)>,
    #[serde(rename = "KB")]
    knowledge: KnowledgeFile,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    objective: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct KnowledgeFile {
    logic: String,
    #[serde(default)]
    text_grammars_path: String,
}

#[derive(Serialize, Deserialize)]
struct QuestFile {
    #[serde(default)]
    desc: Option<String>,
    reward: i64,
    #[serde(default)]
    commands: Vec<String>,
    win_events: Vec<EventFile>,
    fail_events: Vec<EventFile>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    repeatable: bool,
}

#[derive(Serialize, Deserialize)]
struct EventFile {
    #[serde(default)]
    commands: Vec<String>,
    actions: Vec<Action>,
    condition: Action,
}

const fn current_version() -> i64 {
    VERSION
}

impl Game {
    /// The game in a file that TextWorld saved (`*.json`, version 1).
    pub fn from_json(text: &str) -> Result<Self, GameError> {
        let file: GameFile = serde_json::from_str(text).map_err(|source| GameError::Json { source })?;
        if file.version != VERSION {
            return Err(GameError::Version { found: file.version });
        }
        let knowledge =
            KnowledgeBase::parse(&file.knowledge.logic).map_err(|source| GameError::Knowledge { source })?;
        let mut entities = Vec::with_capacity(file.infos.len());
        for (key, entity) in file.infos {
            if key != entity.id {
                return Err(GameError::MisfiledEntity { key: key.to_string(), id: entity.id.to_string() });
            }
            entities.push(entity);
        }
        let quests = file.quests.into_iter().enumerate();
        let game = Self {
            knowledge: Arc::new(knowledge),
            facts: file.world,
            quests: quests.map(|(index, quest)| quest.read(index)).collect::<Result<_, _>>()?,
            entities,
            objective: file.objective.unwrap_or_default(),
            metadata: file.metadata,
            grammar: file.grammar,
            text_grammars_path: file.knowledge.text_grammars_path,
        };
        game.check()?;
        Ok(game)
    }

    /// The game as TextWorld saves it.
    #[must_use]
    pub fn to_json(&self) -> String {
        let file = GameFile {
            version: VERSION,
            world: self.facts.clone(),
            grammar: self.grammar.clone(),
            quests: self.quests.iter().map(QuestFile::of).collect(),
            infos: self.entities.iter().map(|entity| (entity.id.clone(), entity.clone())).collect(),
            knowledge: KnowledgeFile {
                logic: self.knowledge.source.clone(),
                text_grammars_path: self.text_grammars_path.clone(),
            },
            metadata: self.metadata.clone(),
            objective: Some(self.objective.clone()),
        };
        serde_json::to_string(&file).expect("strings, numbers and lists can always be written")
    }
}

impl QuestFile {
    fn read(self, index: usize) -> Result<Quest, GameError> {
        let events = |kind: &str, events: Vec<EventFile>| {
            let events = events.into_iter().enumerate();
            let read = events.map(|(i, event)| event.read(|| format!("{kind} event {i} of quest {index}")));
            read.collect::<Result<Vec<_>, _>>()
        };
        Ok(Quest {
            description: self.desc.unwrap_or_default(),
            reward: self.reward,
            commands: self.commands,
            win_events: events("win", self.win_events)?,
            fail_events: events("fail", self.fail_events)?,
            optional: self.optional,
            repeatable: self.repeatable,
        })
    }

    fn of(quest: &Quest) -> Self {
        Self {
            desc: Some(quest.description.clone()),
            reward: quest.reward,
            commands: quest.commands.clone(),
            win_events: quest.win_events.iter().map(EventFile::of).collect(),
            fail_events: quest.fail_events.iter().map(EventFile::of).collect(),
            optional: quest.optional,
            repeatable: quest.repeatable,
        }
    }
}

impl EventFile {
    fn read(self, name: impl FnOnce() -> String) -> Result<Event, GameError> {
        let condition = match (self.condition.preconditions, self.actions.last()) {
            (condition, _) if !condition.is_empty() => condition,
            (_, Some(last)) => last.postconditions.clone(),
            (_, None) => return Err(GameError::EmptyEvent { event: name() }),
        };
        Ok(Event { condition, actions: self.actions, commands: self.commands })
    }

    fn of(event: &Event) -> Self {
        Self { commands: event.commands.clone(), actions: event.actions.clone(), condition: event.trigger() }
    }
}
