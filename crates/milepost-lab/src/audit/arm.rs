//! The audit of one arm.

use std::cell::RefCell;

use milepost_core::Environment;
use milepost_eval::audit::{self as exact, Agreement, Cycle, Extension, Invariance, RewardPair, Setting};

use super::record::{Cell, CycleStep, Map, Number, Numbers};
use super::score::{self, StepReward};
use super::world::World;
use super::{AuditError, Question};
use crate::config::Arm;
use crate::run;

pub(super) fn audit(world: &World, arm: &Arm, question: &Question) -> Result<Numbers, AuditError> {
    let mut reward = StepReward::new(arm, question.seed)?;
    let (laws, records) = score::transitions(world, &mut reward)?;
    let missing = reward.missing;
    let failed = |source| AuditError::Exact { arm: arm.name.clone(), source };
    let graph = &world.graph;
    let gold = graph.mdp().clone();
    let audited = gold.with_rewards(laws)?;
    let pair = RewardPair::new(gold, audited, graph.start().to_vec(), graph.successes()).map_err(failed)?;
    let discount = question.discount.unwrap_or_else(|| run::discount(&arm.method));
    let setting = Setting { horizon: world.horizon, discount, solution: question.problem };

    let density = exact::density(&pair, setting).map_err(failed)?;
    let invariance = exact::invariance(&pair, setting).map_err(failed)?;
    let residual = exact::potential_residual(&pair, setting).map_err(failed)?;
    let cycles = exact::cycles(&pair);
    let returns = exact::returns(&pair, setting, question.episodes, question.seed).map_err(failed)?;
    let hover = exact::hover(&pair, setting);
    let hovering = |part: fn(&exact::Hover) -> f64| Number::from(hover.as_ref().map(part));

    let failure = RefCell::new(None);
    let reward = RefCell::new(reward);
    let beyond = |from, to| {
        score::beyond(&mut reward.borrow_mut(), &records, from, to).unwrap_or_else(|error| {
            failure.borrow_mut().get_or_insert(error);
            0.0
        })
    };
    let extension = Extension { gold: &|_, _| 0.0, audited: &beyond };
    let distances = exact::distances(&pair, setting, extension);
    if let Some(error) = failure.into_inner() {
        return Err(error);
    }
    let possible_cycle_mean = cycles.possible.as_ref().map(|cycle| cycle.mean);
    Ok(Numbers {
        discount,
        missing,
        density_transitions: density.of_transitions,
        density_uniform: density.under_uniform,
        density_gold: density.under_gold,
        density_own: density.under_audited,
        states_same: invariance.count(Agreement::Same),
        states_narrower: invariance.count(Agreement::Narrower),
        states_misled: invariance.count(Agreement::Misled),
        gold_value: invariance.gold_value,
        regret_worst: invariance.regret_worst,
        regret_mean: invariance.regret_mean,
        residual: residual.value,
        residual_lower: residual.lower,
        cycle_mean: cycles.certain.as_ref().map(|cycle| cycle.mean),
        cycle: cycles.certain.as_ref().map_or_else(Vec::new, |cycle| describe(world, cycle)),
        possible_cycle_mean,
        epic: distances.epic.into(),
        dard: distances.dard.into(),
        direct: distances.direct.into(),
        return_pearson: returns.pearson.into(),
        return_spearman: returns.spearman.into(),
        return_episodes: returns.episodes,
        hover: hovering(|hover| hover.steps),
        hover_reward: hovering(|hover| hover.reward),
        hover_gold: hovering(|hover| hover.of_gold),
        success_gold: invariance.gold_success,
        success: invariance.audited_success,
        map: map(world, &invariance),
    })
}

/// Steps of a cycle that are told; a longer one is cut.
const TOLD: usize = 12;

fn describe(world: &World, cycle: &Cycle) -> Vec<CycleStep> {
    let step = |(state, action): &(usize, u32)| CycleStep {
        state: format!("{:016x}", world.graph.keys()[*state]),
        at: world.graph.states()[*state].agent().map(|position| (position.x, position.y)),
        action: run::action_name(*action),
    };
    cycle.steps.iter().take(TOLD).map(step).collect()
}

fn map(world: &World, invariance: &Invariance) -> Map {
    let states = world.graph.states();
    let first = &states[0];
    let (width, height) = first.extent();
    let mut cells: Vec<Cell> = (0..height)
        .flat_map(|y| (0..width).map(move |x| Cell { x, y, states: 0, misled: 0, start: false }))
        .collect();
    for (index, state) in states.iter().enumerate().filter(|(_, s)| s.level_key() == first.level_key()) {
        let Some(at) = state.agent() else { continue };
        let cell = &mut cells[usize::from(at.y) * usize::from(width) + usize::from(at.x)];
        cell.states += 1;
        cell.misled += usize::from(invariance.agreement[index] == Agreement::Misled);
        cell.start |= state.elapsed() == 0 && world.graph.start()[index] > 0.0;
    }
    cells.retain(|cell| cell.states > 0);
    Map { width, height, cells }
}
