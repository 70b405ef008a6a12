//! The knowledge bases of the generated games: the logic of TextWorld's, in texts of our own.

use std::sync::{Arc, LazyLock};

use crate::logic::KnowledgeBase;

const ROOMS: &str = include_str!("logic/rooms.twl");
const FIXTURES: &str = include_str!("logic/fixtures.twl");
const EATING: &str = include_str!("logic/eating.twl");
const COOKING: &str = include_str!("logic/cooking.twl");

fn parse(texts: &[&str]) -> Arc<KnowledgeBase> {
    let text = texts.join("\n");
    Arc::new(KnowledgeBase::parse(&text).expect("the texts are part of the crate, and tested"))
}

static COIN_LOGIC: LazyLock<Arc<KnowledgeBase>> = LazyLock::new(|| parse(&[ROOMS]));
static HOUSE_LOGIC: LazyLock<Arc<KnowledgeBase>> = LazyLock::new(|| parse(&[ROOMS, FIXTURES, EATING]));
static COOKING_LOGIC: LazyLock<Arc<KnowledgeBase>> = LazyLock::new(|| parse(&[ROOMS, FIXTURES, COOKING]));

/// Rooms and things to take.
pub(crate) fn coin() -> Arc<KnowledgeBase> {
    COIN_LOGIC.clone()
}

/// Besides: containers, supporters, doors, keys and food.
pub(crate) fn house() -> Arc<KnowledgeBase> {
    HOUSE_LOGIC.clone()
}

/// Besides: cutting, cooking and recipes.
pub(crate) fn cooking() -> Arc<KnowledgeBase> {
    COOKING_LOGIC.clone()
}
