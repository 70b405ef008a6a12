use std::collections::BTreeMap;

use super::{Event, Game, GameError};
use crate::logic::{Fact, Name, is_constant};

impl Game {
    /// Whether the parts fit together. Files are checked when they are read; check a game built by hand.
    pub fn check(&self) -> Result<(), GameError> {
        let mut kinds = Kinds { game: self, kinds: BTreeMap::new() };
        for entity in &self.entities {
            if kinds.kinds.contains_key(&entity.id) {
                return Err(GameError::DuplicateEntity { id: entity.id.to_string() });
            }
            kinds.check(&entity.id, &entity.kind, &|| "`infos`".to_owned())?;
        }
        kinds.check_all(&self.facts, &|| "the world".to_owned())?;
        for (index, quest) in self.quests.iter().enumerate() {
            let name = || format!("quest {index}");
            if quest.win_events.is_empty() && quest.fail_events.is_empty() {
                return Err(GameError::EmptyQuest { quest: name() });
            }
            if quest.repeatable && !quest.optional {
                return Err(GameError::RepeatableMandatory { quest: name() });
            }
            for event in quest.win_events.iter().chain(&quest.fail_events) {
                if event.condition.is_empty() {
                    return Err(GameError::EmptyEvent { event: format!("an event of quest {index}") });
                }
                kinds.check_event(event, &name)?;
            }
        }
        Ok(())
    }
}

struct Kinds<'a> {
    game: &'a Game,
    kinds: BTreeMap<&'a Name, &'a Name>,
}

impl<'a> Kinds<'a> {
    fn check_event(&mut self, event: &'a Event, place: &dyn Fn() -> String) -> Result<(), GameError> {
        self.check_all(&event.condition, place)?;
        for action in &event.actions {
            self.check_all(&action.preconditions, place)?;
            self.check_all(&action.postconditions, place)?;
        }
        Ok(())
    }

    fn check_all(&mut self, facts: &'a [Fact], place: &dyn Fn() -> String) -> Result<(), GameError> {
        facts.iter().flat_map(|fact| &fact.arguments).try_for_each(|v| self.check(&v.name, &v.kind, place))
    }

    fn check(&mut self, name: &'a Name, kind: &'a Name, place: &dyn Fn() -> String) -> Result<(), GameError> {
        if !self.game.knowledge.types.contains(kind) {
            let (variable, kind) = (name.to_string(), kind.to_string());
            return Err(GameError::UnknownType { place: place(), variable, kind });
        }
        if is_constant(kind) && name != kind {
            let (variable, kind) = (name.to_string(), kind.to_string());
            return Err(GameError::NotTheConstant { place: place(), variable, kind });
        }
        let first = *self.kinds.entry(name).or_insert(kind);
        if first != kind {
            let (first, second) = (first.to_string(), kind.to_string());
            return Err(GameError::TwoTypes { place: place(), variable: name.to_string(), first, second });
        }
        Ok(())
    }
}
