//! Rules that compare turns.

use milepost_credit::{
    GiGpo, Hgpo, MtGrpo, Normalize, RewardedTurnBatch, Singleton, TurnBatch, turn_loo_advantages,
};
use milepost_testkit::credit::{CreditCase, CreditLaws, Scaling, Shift, Singletons, Telescoping};
use milepost_testkit::strategies::CaseShape;

use crate::CASES;
use crate::adapt::{Credit, at_turns, filled, layout, turns};

pub(crate) fn turn_rule(
    case: &CreditCase,
    rule: impl Fn(&TurnBatch<'_>, &mut [f64]) -> Result<(), milepost_credit::CreditError>,
) -> Credit {
    let (turns, groups, outcomes) = (turns(case), layout(case).0, case.returns());
    let batch = TurnBatch {
        groups: &groups,
        turns: &turns.rows,
        outcomes: &outcomes,
        turn_rewards: &turns.rewards,
        anchors: &turns.anchors,
    };
    let per_turn = filled(turns.rewards.len(), |out| rule(&batch, out))?;
    Ok(at_turns(case, &turns, &per_turn))
}

#[test]
fn gigpo_conforms() {
    for gamma in [1.0, 0.95] {
        for shrinkage in [0.0, 2.0] {
            let centred = GiGpo {
                episode: Normalize::dr_grpo(),
                step: Normalize::dr_grpo(),
                gamma,
                shrinkage,
                ..GiGpo::default()
            };
            let rule =
                move |case: &CreditCase| turn_rule(case, |batch, out| centred.assign(batch, out).map(|_| ()));
            let laws = CreditLaws::new(rule)
                .ignores_environment_positions()
                .groups_are_independent()
                .scales(Scaling::Proportional);
            let mut laws =
                if gamma == 1.0 { laws.shifts(Shift::Cancels).equal_groups_are_zero() } else { laws };
            laws.conformance(&CaseShape::default(), CASES);
        }
    }
    let published =
        |case: &CreditCase| turn_rule(case, |batch, out| GiGpo::default().assign(batch, out).map(|_| ()));
    // A pool of returns that differ by rounding alone is divided by a deviation near 0 plus 1e-6.
    CreditLaws::new(published)
        .within(1e-6)
        .ignores_environment_positions()
        .groups_are_independent()
        .conformance(&CaseShape::default(), CASES);
    let outcome_only = |case: &CreditCase| {
        let rule = GiGpo { omega: 0.0, ..GiGpo::default() };
        turn_rule(case, |batch, out| rule.assign(batch, out).map(|_| ()))
    };
    CreditLaws::new(outcome_only)
        .equal_groups_are_zero()
        .singletons(Singletons::Zero)
        .conformance(&CaseShape::default(), CASES);
}

#[test]
fn hgpo_conforms() {
    for depth in [0, 2] {
        let centred = Hgpo {
            episode: Normalize::dr_grpo(),
            step: Normalize::dr_grpo(),
            gamma: 1.0,
            depth,
            ..Hgpo::default()
        };
        let rule =
            move |case: &CreditCase| turn_rule(case, |batch, out| centred.assign(batch, out).map(|_| ()));
        CreditLaws::new(rule)
            .ignores_environment_positions()
            .groups_are_independent()
            .equal_groups_are_zero()
            .shifts(Shift::Cancels)
            .scales(Scaling::Proportional)
            .conformance(&CaseShape::default(), CASES);
    }
}

#[test]
fn mt_grpo_conforms() {
    let rule = |case: &CreditCase| {
        let (groups, tokens) = layout(case);
        let turns = turns(case);
        let first: Vec<f64> = turns.rows.iter().map(|row| turns.rewards[row.start]).collect();
        // Every third trajectory made no tool call.
        let ends: Vec<Option<usize>> = case
            .rows()
            .zip(turns.rows.iter())
            .zip(&case.returns())
            .map(|((row, turn), _)| {
                let last = turns.positions[turn.start].last().map(|at| at + 1 - row.start);
                last.filter(|_| case.actions[turns.positions[turn.start][0]] != 2)
            })
            .collect();
        let outcomes = case.returns();
        let batch = RewardedTurnBatch {
            groups: &groups,
            tokens: &tokens,
            mask: &case.mask,
            outcomes: &outcomes,
            turn_rewards: &first,
            turn_ends: &ends,
        };
        let rule = MtGrpo { normalize: Normalize::dr_grpo(), lambda: 0.7 };
        filled(case.positions(), |out| rule.assign(&batch, out).map(|_| ()))
    };
    CreditLaws::new(rule)
        .ignores_environment_positions()
        .groups_are_independent()
        .scales(Scaling::Proportional)
        .singletons(Singletons::Zero)
        .conformance(&CaseShape::default(), CASES);
}

/// Leave-one-out per turn, at all positions of the turn.
pub(crate) fn turn_loo(case: &CreditCase, alone: Singleton) -> Credit {
    let (turns, groups) = (turns(case), layout(case).0);
    let per_turn = filled(turns.rewards.len(), |out| {
        turn_loo_advantages(&groups, &turns.rows, &turns.rewards, 1.0, alone, out).map(|_| ())
    })?;
    Ok(at_turns(case, &turns, &per_turn))
}

#[test]
fn turn_loo_conforms() {
    for alone in [Singleton::Raw, Singleton::Drop] {
        let rule = move |case: &CreditCase| turn_loo(case, alone);
        let laws = CreditLaws::new(rule)
            .ignores_environment_positions()
            .groups_are_independent()
            .scales(Scaling::Proportional);
        let mut laws = match alone {
            Singleton::Drop => {
                laws.shifts(Shift::Cancels).equal_groups_are_zero().singletons(Singletons::Zero)
            }
            Singleton::Raw => laws,
        };
        laws.conformance(&CaseShape::default(), CASES);
        // On steps a turn's own reward is no earlier reward.
        CreditLaws::new(rule).is_causal().conformance(&CaseShape::steps(), CASES);
    }
    let alone = CaseShape { tasks: u64::MAX, ..CaseShape::steps() };
    CreditLaws::new(|case: &CreditCase| turn_loo(case, Singleton::Raw))
        .telescopes(Telescoping::AddsMinusPotential { gamma: 1.0 })
        .shifts(Shift::Adds)
        .conformance(&alone, CASES);
}
