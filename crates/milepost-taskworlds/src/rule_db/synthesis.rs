//! From a seed to a task.

use std::collections::BTreeMap;

use milepost_core::{Purpose, Stream, StreamKey, TaskSeed};

use super::architect::{Inconsistency, consistency, draw_rules, not_contradictory};
use super::backward::backward;
use super::call::{Call, Role};
use super::canonical::equivalent;
use super::config::{Generator, RuleDbConfig};
use super::design::{Stage, draw_stage};
use super::explore::explore;
use super::rules::{RuleBook, RuleKind};
use super::search::{Limits, Scope, Search, plan};
use super::tables::Database;
use super::task::RuleDbTask;
use super::triggers::{execute, replay};
use super::wish::{Order, Wish, carry_out, grant, minimise, pinned_order};

/// Drafts after which a seed is given up.
const DRAFTS: u32 = 200;
/// States in which each rule must be triggered.
const PROBES: u32 = 8;
/// How far a plan is looked for where nothing is verified.
const LOOK: Limits = Limits { scope: Scope::Differences, depth: 6, states: 2000 };

/// Why a draft was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// A rule was never triggered.
    Rules,
    /// No state at the boundary of the rule turned up.
    Boundary,
    /// No legal call changed the first state.
    Contradiction,
    /// The explorer found no path.
    NoPath,
    /// The goal is the first state.
    NothingToDo,
    /// The kept calls did not lead to the goal again.
    Replay,
    /// Calls at random reached the goal.
    Luck,
}

/// No task could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("all {DRAFTS} drafts were dropped ({flaws:?}); allow more rules, or another focus")]
pub struct SynthesisError {
    /// How often each flaw was met.
    pub flaws: BTreeMap<Flaw, u32>,
}

/// Makes the task of a seed: a pure function of both arguments. The parameters must be
/// [valid](RuleDbConfig::validate).
pub fn synthesise(config: &RuleDbConfig, seed: TaskSeed) -> Result<RuleDbTask, SynthesisError> {
    let mut flaws = BTreeMap::new();
    // Which rule's boundary it is, if any, is drawn once: drafts that fail must not change the share.
    let mut choice = stream(seed, "rule-db boundary", 0);
    let at_boundary = config.seeds_boundaries() && choice.uniform() < config.boundary_share;
    for draft in 0..DRAFTS {
        match attempt(config, at_boundary, &mut stream(seed, "rule-db draft", draft)) {
            Ok(task) => return Ok(RuleDbTask { drafts: draft + 1, ..task }),
            Err(flaw) => *flaws.entry(flaw).or_insert(0) += 1,
        }
    }
    Err(SynthesisError { flaws })
}

fn stream(seed: TaskSeed, purpose: &str, step: u32) -> Stream {
    Stream::new(StreamKey { task: seed.get(), step, ..StreamKey::new(0, Purpose::named(purpose)) })
}

fn attempt(config: &RuleDbConfig, at_boundary: bool, stream: &mut Stream) -> Result<RuleDbTask, Flaw> {
    let book = draw_rules(config, stream);
    let rule = at_boundary.then(|| boundary_rule(config, &book, stream)).flatten();
    if at_boundary && rule.is_none() {
        return Err(Flaw::Boundary);
    }
    if config.generator == Generator::Backward {
        let stage = draw_stage(config, &book, None, stream).ok_or(Flaw::Boundary)?;
        return unverified(config, book, stage, stream);
    }
    let probes: Vec<Database> = (0..PROBES)
        .filter_map(|_| draw_stage(config, &book, None, stream))
        .map(|stage| stage.start)
        .collect();
    consistency(&book, &probes).map_err(|_| Flaw::Rules)?;
    let stage = draw_stage(config, &book, rule, stream).ok_or(Flaw::Boundary)?;
    not_contradictory(&book, stage.role, &stage.start).map_err(|_: Inconsistency| Flaw::Contradiction)?;
    let path = explore(config, &book, &stage, stream).ok_or(Flaw::NoPath)?;
    let wishes = minimise(&book, stage.role, &stage.start, &path.end, path.wishes);
    verified(config, book, stage, wishes, &path.end, stream)
}

/// A rule in force that can reject a call: the focus if there is one.
fn boundary_rule(config: &RuleDbConfig, book: &RuleBook, stream: &mut Stream) -> Option<RuleKind> {
    let rules: Vec<RuleKind> = book.iter().map(|(kind, _)| kind).filter(|kind| kind.rejects()).collect();
    match config.focus {
        Some(focus) => rules.contains(&focus).then_some(focus),
        None if rules.is_empty() => None,
        None => Some(rules[stream.below(rules.len() as u64) as usize]),
    }
}

/// The task of a path, if it passes every check.
fn verified(
    config: &RuleDbConfig,
    book: RuleBook,
    stage: Stage,
    mut wishes: Vec<Wish>,
    end: &Database,
    stream: &mut Stream,
) -> Result<RuleDbTask, Flaw> {
    let role = stage.role;
    let goal = carry_out(&book, role, &stage.start, &wishes).ok_or(Flaw::Replay)?;
    if !equivalent(&goal, end) {
        return Err(Flaw::Replay);
    }
    if equivalent(&stage.start, &goal) {
        return Err(Flaw::NothingToDo);
    }
    let solution = calls(&book, role, &stage.start, &wishes).ok_or(Flaw::Replay)?;
    let order = pinned_order(&book, role, &stage.start, &wishes, &goal);
    if order == Order::Any {
        stream.shuffle(&mut wishes);
    }
    let task = assemble(book, stage, goal, wishes, order, Some(solution));
    if (0..config.random_checks).any(|_| succeeds_by_luck(&task, config.max_turns, stream)) {
        return Err(Flaw::Luck);
    }
    Ok(task)
}

/// The task of a backward template, whether or not it can be solved.
fn unverified(
    config: &RuleDbConfig,
    book: RuleBook,
    stage: Stage,
    stream: &mut Stream,
) -> Result<RuleDbTask, Flaw> {
    let (wishes, goal) = backward(config, &book, &stage, stream).ok_or(Flaw::NoPath)?;
    if equivalent(&stage.start, &goal) {
        return Err(Flaw::NothingToDo);
    }
    let direct = calls(&book, stage.role, &stage.start, &wishes).filter(|calls| {
        replay(&book, stage.role, &stage.start, calls).is_some_and(|end| equivalent(&end, &goal))
    });
    let solution = direct.or_else(|| match plan(&book, stage.role, &stage.start, &goal, LOOK) {
        Search::Found(calls) if calls.len() < config.max_turns as usize => Some(calls),
        _ => None,
    });
    Ok(assemble(book, stage, goal, wishes, Order::Given, solution))
}

fn assemble(
    book: RuleBook,
    stage: Stage,
    goal: Database,
    wishes: Vec<Wish>,
    order: Order,
    solution: Option<Vec<Call>>,
) -> RuleDbTask {
    let Stage { role, start, users, items, boundary } = stage;
    let distractor_users = start.users.keys().copied().filter(|id| !users.contains(id)).collect();
    let distractor_items = start.items.keys().copied().filter(|id| !items.contains(id)).collect();
    RuleDbTask {
        book,
        role,
        start,
        goal,
        wishes,
        order,
        solution,
        boundary,
        distractor_users,
        distractor_items,
        alternatives: Vec::new(),
        drafts: 0,
    }
}

/// The calls that grant the wishes in their order.
fn calls(book: &RuleBook, role: Role, start: &Database, wishes: &[Wish]) -> Option<Vec<Call>> {
    let mut state = start.clone();
    wishes
        .iter()
        .map(|wish| {
            let (call, next) = grant(book, role, &state, *wish)?;
            state = next;
            Some(call)
        })
        .collect()
}

/// Whether one episode of uniformly drawn turns ends in the goal.
fn succeeds_by_luck(task: &RuleDbTask, max_turns: u32, stream: &mut Stream) -> bool {
    let mut state = task.start.clone();
    for _ in 0..max_turns {
        let Some(call) = Call::draw(stream) else { return equivalent(&state, &task.goal) };
        if let Ok(effect) = execute(&task.book, task.role, &state, call) {
            state = effect.database;
        }
    }
    false
}
