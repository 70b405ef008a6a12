use std::sync::Arc;

use serde_json::Value;

use super::GenerateError;
use super::blueprint::Place;
use super::lay::Laid;
use super::skeleton::Goal;
use super::write::{Cast, Script};
use crate::game::Game;
use crate::logic::{Fact, KnowledgeBase};

/// The game of a quest that has been laid on a map.
pub(crate) fn script(
    laid: &Laid,
    knowledge: Arc<KnowledgeBase>,
    metadata: Value,
) -> Result<Game, GenerateError> {
    let cast = Cast::new(&laid.blueprint);
    let carried = |thing| cast.located(thing, Place::Carried).into_iter().collect::<Vec<Fact>>();
    Script {
        knowledge,
        blueprint: &laid.blueprint,
        plan: &laid.plan,
        win: goal_facts(laid, &cast),
        fail: laid.decoy.map(carried).into_iter().chain(spoiled(laid, &cast)).collect(),
        objective: sentence(laid),
        metadata,
    }
    .game()
}

fn goal_facts(laid: &Laid, cast: &Cast<'_>) -> Vec<Fact> {
    let item = laid.item;
    let there = |place: fn(usize) -> Place| laid.target.and_then(|target| cast.located(item, place(target)));
    match laid.goal {
        Goal::Hold => cast.located(item, Place::Carried).into_iter().collect(),
        Goal::Put => there(Place::On).into_iter().collect(),
        Goal::Insert => there(Place::In).into_iter().collect(),
        Goal::Eat => vec![cast.is("consumed", item)],
        Goal::CookAndEat => vec![cast.is("cooked", item), cast.is("consumed", item)],
        Goal::CookAndPut => there(Place::On).into_iter().chain([cast.is("cooked", item)]).collect(),
    }
}

/// What cannot be put right: food that is burned, or eaten though it was to be put down.
fn spoiled(laid: &Laid, cast: &Cast<'_>) -> Vec<Vec<Fact>> {
    let ways: &[&str] = match laid.goal {
        Goal::Hold | Goal::Put | Goal::Insert => &[],
        Goal::Eat | Goal::CookAndEat => &["burned"],
        Goal::CookAndPut => &["burned", "consumed"],
    };
    ways.iter().map(|way| vec![cast.is(way, laid.item)]).collect()
}

/// What is asked, in the words that all games share.
fn sentence(laid: &Laid) -> String {
    let name = |thing: usize| laid.blueprint.entities[thing].name.as_str();
    let (item, target) = (name(laid.item), laid.target.map(name).unwrap_or_default());
    match laid.goal {
        Goal::Hold => match laid.decoy {
            Some(decoy) => format!("take the {item} , not the {} .", name(decoy)),
            None => format!("take the {item} ."),
        },
        Goal::Put => format!("put the {item} on the {target} ."),
        Goal::Insert => format!("insert the {item} into the {target} ."),
        Goal::Eat => format!("eat the {item} ."),
        Goal::CookAndEat => format!("cook the {item} , then eat it ."),
        Goal::CookAndPut => format!("cook the {item} , then put it on the {target} ."),
    }
}
