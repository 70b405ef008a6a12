//! Rules that credit each trajectory by itself, most of them with a critic.

use milepost_credit::{
    BiLevelGae, CreditError, DoublyRobust, Gae, Lambda, OffPolicy, Residual, Rows, StepEnd, TurnGae,
    TurnTokens, VTrace, contrast_advantages, importance_corrected_errors, lambda_returns,
    leave_one_out_values, min_form, n_step_returns, owen_values, redistribute, return_hindsight,
    reward_to_go, reward_to_go_masked, shapley_from_permutations, shapley_values, td_lambda_errors,
    vine_advantages,
};
use milepost_testkit::credit::{Conserved, CreditCase, CreditLaws, Scaling, Shift, Telescoping};
use milepost_testkit::strategies::CaseShape;

use crate::CASES;
use crate::adapt::{Credit, Decisions, by_decisions, by_rows, turns};

/// What every rule here claims: it looks at one trajectory, at what the policy wrote, and is linear.
fn linear<'a>(rule: impl FnMut(&CreditCase) -> Credit + 'a) -> CreditLaws<'a> {
    CreditLaws::new(rule)
        .ignores_environment_positions()
        .scales(Scaling::Proportional)
        .trajectories_are_independent()
}

/// [`linear`], with values that are refused if they are not finite, and with shaping absorbed by them.
fn critic<'a>(gamma: f64, rule: impl FnMut(&CreditCase) -> Credit + 'a) -> CreditLaws<'a> {
    linear(rule).reads_values().telescopes(Telescoping::AbsorbedByValues { gamma })
}

fn tokens(case: &CreditCase, row: std::ops::Range<usize>) -> TurnTokens<'_> {
    TurnTokens {
        rewards: &case.rewards[row.clone()],
        values: &case.values[row.clone()],
        mask: &case.mask[row.clone()],
        turn_of: &case.turns[row],
    }
}

#[test]
fn reward_to_go_conforms() {
    for gamma in [1.0, 0.9, 0.0] {
        let masked = |case: &CreditCase| {
            by_rows(case, |row, number, out| {
                let (rewards, mask) = (&case.rewards[row.clone()], &case.mask[row]);
                reward_to_go_masked(rewards, mask, gamma, case.bootstraps[number], out)
            })
        };
        linear(masked)
            .is_causal()
            .telescopes(Telescoping::AddsMinusPotential { gamma })
            .conformance(&CaseShape::default(), CASES);
        let plain = |case: &CreditCase| {
            by_decisions(case, |d, out| reward_to_go(&d.rewards, gamma, d.bootstrap, out))
        };
        linear(plain).is_causal().conformance(&CaseShape::default(), CASES);
        if gamma == 1.0 {
            linear(masked).shifts(Shift::Adds).conformance(&CaseShape::default(), CASES);
        }
    }
}

#[test]
fn gae_conforms() {
    for (gamma, lambda) in [(1.0, 0.0), (1.0, 1.0), (0.95, 0.9), (0.9, 0.0), (0.0, 1.0)] {
        let gae = Gae { gamma, lambda };
        let masked = |case: &CreditCase| {
            by_rows(case, |row, number, out| {
                let mut returns = vec![0.0; row.len()];
                let (rewards, values, mask) =
                    (&case.rewards[row.clone()], &case.values[row.clone()], &case.mask[row]);
                gae.assign_masked(rewards, values, mask, case.bootstraps[number], out, &mut returns)
            })
        };
        let laws = critic(gamma, masked).is_causal();
        let mut laws = match (gamma, lambda) {
            (1.0, 0.0) => laws.conserves(Conserved::ReturnMinusValue),
            (1.0, 1.0) => laws.shifts(Shift::Adds),
            _ => laws,
        };
        laws.conformance(&CaseShape::default(), CASES);
        let plain = |case: &CreditCase| {
            by_decisions(case, |d, out| {
                gae.assign(&d.rewards, &d.values, d.bootstrap, out, &mut vec![0.0; d.rewards.len()])
            })
        };
        critic(gamma, plain).is_causal().conformance(&CaseShape::default(), CASES);
        // A whole batch as one rollout, every trajectory cut with its bootstrap.
        let rollout = |case: &CreditCase| {
            let (mut ends, positions) = (vec![StepEnd::Continues; case.positions()], case.positions());
            for (row, bootstrap) in case.rows().zip(&case.bootstraps) {
                ends[row.end - 1] = StepEnd::Truncated(*bootstrap);
            }
            let (mut a, mut r) = (vec![0.0; positions], vec![0.0; positions]);
            gae.assign_rollout(&case.rewards, &case.values, &ends, 0.0, &mut a, &mut r).map(|()| a)
        };
        CreditLaws::new(rollout)
            .reads_values()
            .scales(Scaling::Proportional)
            .trajectories_are_independent()
            .telescopes(Telescoping::AbsorbedByValues { gamma })
            .is_causal()
            .conformance(&CaseShape::steps(), CASES);
    }
}

#[test]
fn turn_and_bi_level_gae_conform() {
    let (turn, token) = (Gae { gamma: 0.95, lambda: 0.9 }, Gae { gamma: 1.0, lambda: 0.8 });
    let turn_gae = |case: &CreditCase| {
        by_rows(case, |row, number, out| {
            let mut returns = vec![0.0; row.len()];
            TurnGae { turn }.assign(&tokens(case, row), case.bootstraps[number], out, &mut returns)
        })
    };
    let bi_level = |case: &CreditCase| {
        by_rows(case, |row, number, out| {
            let mut returns = vec![0.0; row.len()];
            let rule = BiLevelGae { turn, token };
            rule.assign(&tokens(case, row), case.bootstraps[number], out, &mut returns)
        })
    };
    linear(turn_gae).reads_values().conformance(&CaseShape::default(), CASES);
    linear(bi_level).reads_values().is_causal().conformance(&CaseShape::default(), CASES);
    // With turns of one decision both are token GAE, whose shaping the critic absorbs.
    critic(0.95, turn_gae).is_causal().conformance(&CaseShape::steps(), CASES);
    critic(0.95, bi_level).is_causal().conformance(&CaseShape::steps(), CASES);
}

#[test]
fn turn_gae_hands_out_what_its_turns_earned() {
    let td = TurnGae { turn: Gae { gamma: 1.0, lambda: 0.0 } };
    // A turn's credit counted once, at its last token; one value a turn.
    let once_a_turn = |case: &CreditCase| {
        let mut case = case.clone();
        let ends: Vec<usize> = turns(&case).positions.iter().map(|turn| turn[turn.len() - 1]).collect();
        for turn in turns(&case).positions {
            let first = case.values[turn[0]];
            for at in turn {
                case.values[at] = first;
            }
        }
        let credit = by_rows(&case, |row, number, out| {
            let mut returns = vec![0.0; row.len()];
            td.assign(&tokens(&case, row), case.bootstraps[number], out, &mut returns)
        })?;
        let at = |position: usize| if ends.contains(&position) { credit[position] } else { 0.0 };
        Ok((0..case.positions()).map(at).collect())
    };
    linear(once_a_turn).conserves(Conserved::ReturnMinusValue).conformance(&CaseShape::default(), CASES);
}

/// The values of a trajectory with the bootstrap at their end.
fn with_bootstrap(d: &Decisions) -> Vec<f64> {
    d.values.iter().copied().chain([d.bootstrap]).collect()
}

#[test]
fn lambda_and_n_step_returns_conform() {
    let gamma = 0.9;
    for lambda in [0.0, 0.7, 1.0] {
        let errors = |case: &CreditCase| {
            by_decisions(case, |d, out| {
                let discounts = vec![gamma; d.rewards.len()];
                td_lambda_errors(&d.rewards, &discounts, &with_bootstrap(d), Lambda::Constant(lambda), out)
            })
        };
        critic(gamma, errors).is_causal().conformance(&CaseShape::default(), CASES);
        let returns = |case: &CreditCase| {
            by_decisions(case, |d, out| {
                let (discounts, next) = (vec![gamma; d.rewards.len()], &with_bootstrap(d)[1..]);
                lambda_returns(&d.rewards, &discounts, next, Lambda::Constant(lambda), out)
            })
        };
        linear(returns).is_causal().conformance(&CaseShape::default(), CASES);
    }
    for n in [1, 3] {
        let n_step = |case: &CreditCase| {
            by_decisions(case, |d, out| {
                let (discounts, next) = (vec![gamma; d.rewards.len()], &with_bootstrap(d)[1..]);
                n_step_returns(&d.rewards, &discounts, next, n, out)?;
                // The first value is no argument of the targets, so it is not theirs to refuse.
                for (index, (target, value)) in out.iter_mut().zip(&d.values).enumerate() {
                    *target -= value;
                    if !target.is_finite() {
                        return Err(CreditError::Overflow { what: "targets minus values", index });
                    }
                }
                Ok(())
            })
        };
        linear(n_step)
            .is_causal()
            .telescopes(Telescoping::AbsorbedByValues { gamma })
            .conformance(&CaseShape::default(), CASES);
    }
}

#[test]
fn off_policy_corrections_conform() {
    let gamma = 0.9;
    for lambda in [0.5, 1.0] {
        let lambda = Lambda::Constant(lambda);
        let of = |case: &CreditCase, rule: &dyn Fn(&OffPolicy<'_>, &mut [f64]) -> _| {
            by_decisions(case, |d, out| {
                let discounts = vec![gamma; d.rewards.len()];
                let ratios: Vec<f64> = d.log_probs.iter().map(|l| 0.5 - l).collect();
                let values = with_bootstrap(d);
                let trajectory = OffPolicy {
                    rewards: &d.rewards,
                    discounts: &discounts,
                    values: &values,
                    ratios: &ratios,
                };
                rule(&trajectory, out)
            })
        };
        let v_trace = |case: &CreditCase| {
            of(case, &|trajectory, out| {
                let (mut errors, mut q) = (vec![0.0; out.len()], vec![0.0; out.len()]);
                VTrace { lambda, ..VTrace::default() }.advantages(trajectory, &mut errors, &mut q, out)
            })
        };
        critic(gamma, v_trace).is_causal().conformance(&CaseShape::default(), CASES);
        let corrected = |case: &CreditCase| {
            of(case, &|trajectory, out| importance_corrected_errors(trajectory, lambda, out))
        };
        critic(gamma, corrected).is_causal().conformance(&CaseShape::default(), CASES);
    }
}

#[test]
fn the_doubly_robust_mixture_conforms() {
    let rule = DoublyRobust { gamma: 0.9, lambda: 0.4 };
    let mixture = |case: &CreditCase| {
        by_decisions(case, |d, out| rule.assign(&d.rewards, &d.rewards, &d.values, d.bootstrap, out))
    };
    critic(0.9, mixture).is_causal().conformance(&CaseShape::default(), CASES);
}

#[test]
fn redistribution_conforms() {
    for residual in [Residual::Last, Residual::Uniform] {
        let rule = |case: &CreditCase| {
            by_decisions(case, |d, out| {
                // Rewards that are not finite are the caller's total, so they reach the rule as one.
                redistribute(&d.values, 0.0, d.rewards.iter().sum(), residual, out)
            })
        };
        linear(rule).conserves(Conserved::Return).conformance(&CaseShape::default(), CASES);
    }
    let from_the_start = |case: &CreditCase| {
        by_decisions(case, |d, out| {
            let total = d.rewards.iter().sum::<f64>() + d.bootstrap;
            redistribute(&with_bootstrap(d)[1..], d.values[0], total, Residual::Last, out)
        })
    };
    linear(from_the_start)
        .reads_values()
        .conserves(Conserved::ReturnMinusValue)
        .conformance(&CaseShape::default(), CASES);
}

#[test]
fn branches_conform() {
    let vine = |case: &CreditCase| {
        by_decisions(case, |d, out| {
            let branches = Rows::padded(d.values.len(), 2);
            let returns: Vec<f64> = d.values.iter().flat_map(|v| [v - 1.0, v + 1.0]).collect();
            vine_advantages(&d.rewards, &branches, &returns, 1.0, d.bootstrap, out)
        })
    };
    linear_without_scale(vine)
        .reads_values()
        .conserves(Conserved::ReturnMinusValue)
        .telescopes(Telescoping::AbsorbedByValues { gamma: 1.0 })
        .is_causal()
        .conformance(&CaseShape::default(), CASES);
    let contrast = |case: &CreditCase| {
        by_decisions(case, |d, out| {
            let one = Rows::padded(d.values.len(), 1);
            contrast_advantages((&one, &d.rewards), (&one, &d.values), out)
        })
    };
    linear(contrast).is_causal().conformance(&CaseShape::default(), CASES);
}

fn linear_without_scale<'a>(rule: impl FnMut(&CreditCase) -> Credit + 'a) -> CreditLaws<'a> {
    CreditLaws::new(rule).ignores_environment_positions().trajectories_are_independent()
}

#[test]
fn coalition_values_conform() {
    // A game in which the reward of a decision counts more the more company it has: `v(all) = R`, `v(∅) = 0`.
    let value = |d: &Decisions, present: &dyn Fn(usize) -> bool| {
        let n = d.rewards.len();
        let share = (0..n).filter(|&i| present(i)).count() as f64 / n as f64;
        share * (0..n).filter(|&i| present(i)).map(|i| d.rewards[i]).sum::<f64>()
    };
    let shape = CaseShape { positions: 1..=5, trajectories: 1..=4, ..CaseShape::default() };
    let shapley = |case: &CreditCase| {
        by_decisions(case, |d, out| shapley_values(|set| value(d, &|i| set >> i & 1 == 1), out))
    };
    linear(shapley).conserves(Conserved::Return).conformance(&shape, CASES);
    let owen = |case: &CreditCase| {
        by_decisions(case, |d, out| {
            let blocks = Rows::ragged(&[1, d.rewards.len() - 1]);
            owen_values(&blocks, |set| value(d, &|i| set >> i & 1 == 1), out).map(|_| ())
        })
    };
    linear(owen).conserves(Conserved::Return).conformance(&shape, CASES);
    let sampled = |case: &CreditCase| {
        by_decisions(case, |d, out| {
            let orders: [Vec<usize>; 2] = [(0..out.len()).collect(), (0..out.len()).rev().collect()];
            shapley_from_permutations(orders, |set| value(d, &|i| set[i]), out).map(|_| ())
        })
    };
    linear(sampled).conserves(Conserved::Return).conformance(&shape, CASES);
    let without = |case: &CreditCase| {
        by_decisions(case, |d, out| leave_one_out_values(|set| value(d, &|i| set[i]), out))
    };
    linear(without).conformance(&shape, CASES);
}

#[test]
fn hindsight_and_min_form_conform() {
    let hindsight = |case: &CreditCase| {
        by_decisions(case, |d, out| {
            let policy: Vec<f64> = d.log_probs.iter().map(|l| l.exp()).collect();
            let after: Vec<f64> = policy.iter().map(|p| 0.25 + 0.5 * p).collect();
            return_hindsight(d.rewards.iter().sum(), &policy, &after, out).map(|_| ())
        })
    };
    linear(hindsight).conformance(&CaseShape::default(), CASES);
    let weakest = |case: &CreditCase| by_decisions(case, |d, out| min_form(&d.rewards, out));
    linear(weakest).is_causal().conformance(&CaseShape::default(), CASES);
}
