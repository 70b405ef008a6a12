//! Row 11: which rewards keep the best policies.

use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    BifurcationConfig, KeyToDoorConfig, MemoryAliasConfig, RecoveryConfig, VariableHorizonConfig,
};

use super::lab::{solve, verdict};
use super::{Measured, Ordering};
use crate::FidelityError;
use crate::estimators::{PotentialFunction, Shaping, TerminalValue};
use crate::metrics::{RewardTable, greedy_regret};
use crate::protocol::Instance;

/// Worst regret of the policies that are greedy in the shaped reward, computed from the law of the world.
fn worst_regret(instance: &Instance, shaping: &Shaping) -> f64 {
    let (world, truth) = (instance.world(), instance.truth());
    let regret = |seed| {
        let table = RewardTable::from_fn(world, |node, action, which| {
            let outcome = world.outcomes(node, action)[which];
            shaping.reward(world, truth, seed, (node, action, outcome.reward, outcome.next))
        });
        greedy_regret(world, truth, &table).0
    };
    (0..CORRUPTIONS).map(regret).fold(0.0, f64::max)
}

/// Draws of a corrupted potential.
const CORRUPTIONS: u64 = 10;

pub(super) fn only_potentials_keep_the_best_policies() -> Result<Ordering, FidelityError> {
    let tasks = [
        TaskConfig::Bifurcation(BifurcationConfig::default()),
        TaskConfig::MemoryAlias(MemoryAliasConfig::default()),
        TaskConfig::KeyToDoor(KeyToDoorConfig::default()),
        TaskConfig::Recovery(RecoveryConfig::default()),
        TaskConfig::VariableHorizon(VariableHorizonConfig::default()),
    ];
    let potentials = [
        PotentialFunction::Value,
        PotentialFunction::BestValue,
        PotentialFunction::Progress,
        PotentialFunction::Corrupted { sigma: 1.0 },
    ];
    let finished = |potential| Shaping { potential, terminal: TerminalValue::Zero, bonus: 0.0 };
    let (mut measured, mut potential, mut unfinished, mut bonus) = (Vec::new(), 0.0_f64, 0.0_f64, 0.0_f64);
    for task in tasks {
        let instance = solve(task)?;
        for function in potentials {
            potential = potential.max(worst_regret(&instance, &finished(function)));
            let kept = Shaping { terminal: TerminalValue::Kept, ..finished(function) };
            unfinished = unfinished.max(worst_regret(&instance, &kept));
            let paid = Shaping { bonus: 1.0, ..finished(function) };
            bonus = bonus.max(worst_regret(&instance, &paid));
        }
    }
    let regret =
        |what: &str, value| Measured::new(format!("worst regret over worlds and potentials, {what}"), value);
    measured.push(regret("Φ(end) = 0", potential).expecting(0.0));
    measured.push(regret("Φ kept at the end", unfinished));
    measured.push(regret("bonus of 1 for action 0", bonus));
    Ok(Ordering {
        row: 11,
        claim: "potential shaping keeps the best policies; unfinished telescoping or a bonus need not",
        source: "Ng, Harada and Russell 1999; derived",
        expected: "regret 0 with Φ(end) = 0, whatever Φ; above 0 in some world otherwise",
        verdict: verdict(potential <= 1e-9 && unfinished > 1e-6 && bonus > 1e-6),
        measured,
    })
}
