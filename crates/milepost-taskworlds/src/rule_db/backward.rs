//! Goals from templates: the ablation without forward exploration.

use milepost_core::Stream;

use super::after::after;
use super::call::Call;
use super::config::RuleDbConfig;
use super::design::{Stage, core_writes};
use super::rules::RuleBook;
use super::tables::{Database, LARGEST};
use super::wish::Wish;

/// Writes wishes down and edits the first state as if all of them were granted: effects as in the rule book, numbers
/// cut to `0..=9`, no precondition asked. `None` if the templates do not apply.
pub(super) fn backward(
    config: &RuleDbConfig,
    book: &RuleBook,
    stage: &Stage,
    stream: &mut Stream,
) -> Option<(Vec<Wish>, Database)> {
    let count = 1 + stream.below(u64::from(config.depth));
    let mut goal = stage.start.clone();
    let mut wishes = Vec::new();
    for _ in 0..count {
        let calls = core_writes(stage, &goal);
        // The template first, then its arguments.
        let mut tools: Vec<usize> = calls.iter().map(|call| call.tool()).collect();
        tools.dedup();
        tools.sort_unstable();
        tools.dedup();
        if tools.is_empty() {
            return None;
        }
        let tool = tools[stream.below(tools.len() as u64) as usize];
        let of_tool: Vec<Call> = calls.into_iter().filter(|call| call.tool() == tool).collect();
        let call = of_tool[stream.below(of_tool.len() as u64) as usize];
        goal = cut(after(book, &goal, call));
        wishes.push(Wish { first_choice: None, call });
    }
    Some((wishes, goal))
}

fn cut(mut state: Database) -> Database {
    for row in state.items.values_mut() {
        row.stock = row.stock.clamp(0, LARGEST);
    }
    for row in state.users.values_mut() {
        row.balance = row.balance.clamp(0, LARGEST);
    }
    state
}
