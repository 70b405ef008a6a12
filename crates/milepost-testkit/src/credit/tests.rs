//! Each law must be able to fail: lawful rules pass, and for every law some broken copy of one does not.

use std::cell::Cell;

use milepost_core::{Environment, TaskSeed};

use super::{
    Conserved, Coverage, CreditCase, CreditLaws, Law, Scaling, Shift, Singletons, Telescoping, Violation,
};
use crate::enumeration::{Paths, Softmax};
use crate::environment::Corridor;
use crate::strategies::CaseShape;

/// What the rules below refuse.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
enum Refused {
    #[error("entry {0} is not finite")]
    NotFinite(usize),
    #[error("a group of one has no baseline")]
    Alone,
}

type Credit = Result<Vec<f64>, Refused>;

fn finite(numbers: &[f64]) -> Result<(), Refused> {
    numbers.iter().position(|x| !x.is_finite()).map_or(Ok(()), |at| Err(Refused::NotFinite(at)))
}

/// Lets `step(at, is_last)` write credit backwards over the policy positions of each trajectory.
fn backwards(case: &CreditCase, mut step: impl FnMut(usize, usize, bool) -> f64) -> Credit {
    finite(&case.rewards)?;
    let mut credit = vec![0.0; case.positions()];
    for (number, row) in case.policy_rows().iter().enumerate() {
        for (index, &at) in row.iter().enumerate().rev() {
            credit[at] = step(number, at, index + 1 == row.len());
        }
    }
    finite(&credit)?;
    Ok(credit)
}

fn to_go(case: &CreditCase) -> Credit {
    let mut sum = 0.0;
    backwards(case, |_, at, last| {
        sum = case.rewards[at] + if last { 0.0 } else { sum };
        sum
    })
}

/// Generalised advantages; `leak` more decay for every position in between that is not the policy's.
fn gae_leaking(case: &CreditCase, gamma: f64, lambda: f64, leak: bool) -> Credit {
    finite(&case.values)?;
    finite(&case.bootstraps)?;
    let (mut carry, mut next, mut before) = (0.0, 0.0, 0);
    backwards(case, |number, at, last| {
        if last {
            (carry, next, before) = (0.0, case.bootstraps[number], at);
        }
        let skipped = if leak && before > at { before - at - 1 } else { 0 };
        carry *= f64::powi(gamma * lambda, 1 + skipped as i32);
        carry += case.rewards[at] + gamma * next - case.values[at];
        (next, before) = (case.values[at], at);
        carry
    })
}

fn gae(case: &CreditCase, gamma: f64, lambda: f64) -> Credit {
    gae_leaking(case, gamma, lambda, false)
}

/// Scores against their group: `finish(score, others, all)` for groups of several.
fn in_groups(
    scores: &[f64],
    groups: &[u64],
    alone: impl Fn(f64) -> Credit1,
    finish: impl Fn(f64, f64, f64) -> f64,
) -> Credit {
    finite(scores)?;
    let credit = (0..scores.len()).map(|i| {
        let members: Vec<usize> = (0..scores.len()).filter(|&j| groups[j] == groups[i]).collect();
        let total: f64 = members.iter().map(|&j| scores[j]).sum();
        match members.len() {
            1 => alone(scores[i]),
            _ if members.iter().all(|&j| scores[j] == scores[i]) => Ok(0.0),
            n => Ok(finish(scores[i], (total - scores[i]) / (n as f64 - 1.0), total / n as f64)),
        }
    });
    let credit: Vec<f64> = credit.collect::<Result<_, _>>()?;
    finite(&credit)?;
    Ok(credit)
}

type Credit1 = Result<f64, Refused>;

fn rloo(scores: &[f64], groups: &[u64]) -> Credit {
    in_groups(scores, groups, |_| Ok(0.0), |score, others, _| score - others)
}

fn centred(scores: &[f64], groups: &[u64]) -> Credit {
    in_groups(scores, groups, |_| Ok(0.0), |score, _, mean| score - mean)
}

/// Credit minus its mean over all policy positions.
fn centred_over_the_batch(case: &CreditCase) -> Credit {
    let mut credit = to_go(case)?;
    let policy = case.policy_rows().concat();
    let mean = policy.iter().map(|&at| credit[at] / policy.len() as f64).sum::<f64>();
    for at in policy {
        credit[at] -= mean;
    }
    finite(&credit)?;
    Ok(credit)
}

/// The return in equal parts.
fn shared_out(case: &CreditCase) -> Credit {
    finite(&case.rewards)?;
    let rows = case.policy_rows();
    let shares: Vec<f64> = case.returns().iter().zip(&rows).map(|(r, row)| r / row.len() as f64).collect();
    let credit = case.broadcast(&shares);
    finite(&credit)?;
    Ok(credit)
}

fn mixed() -> CaseShape {
    CaseShape::default()
}

fn paths() -> Paths {
    let mut world = Corridor::new(2, 3);
    world.reset(TaskSeed::literal(2)).expect("resets");
    Paths::of(&world, &Softmax::drawn(5, 1.0), 1000).expect("small")
}

#[test]
fn lawful_rules_pass_and_the_batches_hold_what_the_laws_speak_of() {
    let met = CreditLaws::new(to_go)
        .ignores_environment_positions()
        .scales(Scaling::Proportional)
        .shifts(Shift::Adds)
        .trajectories_are_independent()
        .groups_are_independent()
        .is_causal()
        .telescopes(Telescoping::AddsMinusPotential { gamma: 1.0 })
        .conformance(&mixed(), 100);
    let Coverage { cases, peers, singletons, equal_groups, policy_positions, environment_positions, .. } =
        met;
    assert_eq!(cases, 100);
    assert!(equal_groups > 20, "{met:?}");
    assert!(
        peers > 50 && singletons > 50 && policy_positions > 500 && environment_positions > 200,
        "{met:?}"
    );
    CreditLaws::new(|case| gae(case, 0.9, 0.8))
        .reads_values()
        .ignores_environment_positions()
        .scales(Scaling::Proportional)
        .trajectories_are_independent()
        .is_causal()
        .telescopes(Telescoping::AbsorbedByValues { gamma: 0.9 })
        .conformance(&mixed(), 100);
    CreditLaws::new(|case| gae(case, 1.0, 0.0))
        .reads_values()
        .conserves(Conserved::ReturnMinusValue)
        .conformance(&mixed(), 100);
    CreditLaws::of_returns(rloo)
        .conserves(Conserved::GroupZero)
        .shifts(Shift::Cancels)
        .equal_groups_are_zero()
        .singletons(Singletons::Zero)
        .groups_are_independent()
        .ignores_environment_positions()
        .telescopes(Telescoping::OnlyEndpoints)
        .conformance(&mixed(), 100);
    CreditLaws::new(shared_out).conserves(Conserved::Return).conformance(&mixed(), 100);
    CreditLaws::new(centred_over_the_batch).conserves(Conserved::BatchZero).conformance(&mixed(), 100);
}

#[test]
fn singletons_may_be_kept_or_refused_if_the_rule_says_so() {
    let kept = |scores: &[f64], groups: &[u64]| in_groups(scores, groups, Ok, |s, others, _| s - others);
    CreditLaws::of_returns(kept).singletons(Singletons::Return).conformance(&mixed(), 50);
    let refused =
        |scores: &[f64], groups: &[u64]| in_groups(scores, groups, |_| Err(Refused::Alone), |s, o, _| s - o);
    let groups_of_several = CaseShape { trajectories: 2..=6, tasks: 1, ..mixed() };
    CreditLaws::of_returns(refused).singletons(Singletons::Refused).conformance(&groups_of_several, 50);
}

#[test]
fn unbiased_rules_enumerate_to_the_exact_gradient() {
    let paths = paths();
    let sparse = CaseShape { trajectories: 1..=2, ..CaseShape::steps() };
    CreditLaws::new(to_go).gradient(&paths, 1, 1.0).gradient(&paths, 2, 1.0).conformance(&sparse, 5);
    // With exact values every λ is unbiased.
    for lambda in [0.0, 0.5, 1.0] {
        CreditLaws::new(|case| gae(case, 1.0, lambda)).gradient(&paths, 1, 1.0).conformance(&sparse, 5);
    }
    CreditLaws::of_returns(rloo).gradient(&paths, 2, 1.0).gradient(&paths, 3, 1.0).conformance(&sparse, 5);
    CreditLaws::of_returns(centred)
        .gradient(&paths, 2, 1.0 / 2.0)
        .gradient(&paths, 3, 2.0 / 3.0)
        .conformance(&sparse, 5);
}

/// The violation of a rule that must have one.
#[track_caller]
fn broken(law: Law, mut laws: CreditLaws<'_>) -> Violation {
    let violation = laws.check(&mixed(), 100).expect_err("the rule is broken");
    assert_eq!(violation.law, law, "{violation}");
    violation
}

#[test]
fn the_contract_can_be_broken() {
    let short = |case: &CreditCase| to_go(case).map(|mut credit| credit.split_off(1));
    broken(Law::AcceptsLawfulInput, CreditLaws::new(short));
    let picky = |case: &CreditCase| if case.groups.len() > 2 { Err(Refused::Alone) } else { to_go(case) };
    broken(Law::AcceptsLawfulInput, CreditLaws::new(picky));
    let panics = |case: &CreditCase| {
        assert!(case.groups.len() < 3, "out of fingers");
        to_go(case)
    };
    let violation = broken(Law::AcceptsLawfulInput, CreditLaws::new(panics));
    assert!(violation.what.contains("out of fingers"), "{violation}");

    let calls = Cell::new(0.0);
    let moody = |case: &CreditCase| {
        calls.set(calls.get() + 1e-3);
        to_go(case).map(|credit| credit.iter().map(|c| c / (1.0 + calls.get())).collect::<Vec<_>>())
    };
    broken(Law::IsDeterministic, CreditLaws::new(moody));
    let seen = Cell::new(false);
    let remembers = |case: &CreditCase| {
        let scale = if seen.get() { 0.5 } else { 1.0 };
        seen.set(case.rewards.iter().any(|r| *r < 0.0));
        to_go(case).map(|credit| credit.iter().map(|c| c * scale).collect::<Vec<_>>())
    };
    broken(Law::IsDeterministic, CreditLaws::new(remembers));

    // The square overflows, and infinity over infinity is not a number.
    let overflows = |case: &CreditCase| {
        let credit = to_go(case)?;
        let norm = credit.iter().map(|c| c * c).sum::<f64>().sqrt();
        Ok::<_, Refused>(credit.iter().map(|c| if norm > 0.0 { c * c / norm } else { 0.0 }).collect())
    };
    broken(Law::StaysFinite, CreditLaws::new(overflows));

    let silent = |case: &CreditCase| {
        let clean = case.rewards.iter().map(|r| if r.is_finite() { *r } else { 0.0 }).collect();
        to_go(&CreditCase { rewards: clean, ..case.clone() })
    };
    broken(Law::RefusesWhatIsNotFinite, CreditLaws::new(silent));
    let only_nan = |case: &CreditCase| match case.rewards.iter().position(|r| r.is_nan()) {
        Some(at) => Err(Refused::NotFinite(at)),
        None => to_go(case).or_else(|_| Ok(vec![0.0; case.positions()])),
    };
    broken(Law::RefusesWhatIsNotFinite, CreditLaws::new(only_nan));
    let unchecked_critic = |case: &CreditCase| {
        let clean = case.values.iter().map(|v| if v.is_finite() { *v } else { 0.0 }).collect();
        gae(&CreditCase { values: clean, ..case.clone() }, 0.9, 0.9)
    };
    broken(Law::RefusesWhatIsNotFinite, CreditLaws::new(unchecked_critic).reads_values());
    let panics_on_nan = |case: &CreditCase| {
        assert!(case.rewards.iter().all(|r| !r.is_nan()), "NaN");
        to_go(case)
    };
    broken(Law::RefusesWhatIsNotFinite, CreditLaws::new(panics_on_nan));

    let everywhere = |case: &CreditCase| to_go(case).map(|_| vec![1.0; case.positions()]);
    broken(Law::MaskedPositionsAreZero, CreditLaws::new(everywhere));

    let favours_the_first = |case: &CreditCase| {
        let mut credit = to_go(case)?;
        let first = case.policy_rows()[0][0];
        credit[first] += 1.0;
        finite(&credit).map(|()| credit)
    };
    broken(Law::FollowsTheOrderOfTrajectories, CreditLaws::new(favours_the_first));
    let reads_names = |case: &CreditCase| {
        let largest = case.groups.iter().max().copied().unwrap_or_default() as f64;
        to_go(case).map(|credit| credit.iter().map(|c| c / (1.0 + largest)).collect::<Vec<_>>())
    };
    broken(Law::IgnoresNamesOfGroups, CreditLaws::new(reads_names));
    // Two states to a bucket: neighbours by name are taken for one.
    let coarse = |case: &CreditCase| {
        let mut credit = to_go(case)?;
        for at in case.policy_rows().concat() {
            let same = case.keys.iter().filter(|key| **key / 2 == case.keys[at] / 2).count();
            credit[at] /= same as f64;
        }
        Ok::<_, Refused>(credit)
    };
    broken(Law::IgnoresNamesOfStates, CreditLaws::new(coarse));
}

#[test]
fn claims_can_be_broken() {
    // OpenRLHF walks through observations, so decay leaks across them.
    let leaking = CreditLaws::new(|case| gae_leaking(case, 0.9, 0.8, true)).reads_values();
    broken(Law::IgnoresEnvironmentPositions, leaking.ignores_environment_positions());
    let by_length = |case: &CreditCase| {
        let mut credit = to_go(case)?;
        for row in case.rows() {
            let length = row.len() as f64;
            row.for_each(|at| credit[at] /= length);
        }
        Ok::<_, Refused>(credit)
    };
    broken(Law::IgnoresEnvironmentPositions, CreditLaws::new(by_length).ignores_environment_positions());
    // Observations in between are skipped, but the last column of the batch is taken for the end.
    let by_width = |case: &CreditCase| {
        let ends: Vec<bool> = case.rows().map(|row| case.mask[row.end - 1]).collect();
        let mut credit = to_go(case)?;
        for (row, ends) in case.policy_rows().into_iter().zip(ends) {
            for at in row {
                credit[at] *= if ends { 1.0 } else { 0.5 };
            }
        }
        Ok::<_, Refused>(credit)
    };
    let mut rule = super::Rule::new(by_width);
    let case = CreditCase::new(&[super::CaseTrajectory {
        positions: vec![super::Position { reward: 1.0, policy: true, ..Default::default() }],
        ..Default::default()
    }]);
    let violation = super::laws::ignores_padding(&mut rule, &case, 1e-9).expect_err("padding shows");
    assert_eq!(violation.law, Law::IgnoresPadding);

    let conserved = |rule: fn(&CreditCase) -> Credit, sum| CreditLaws::new(rule).conserves(sum);
    broken(Law::Conserves, conserved(to_go, Conserved::Return));
    broken(Law::Conserves, conserved(|case| gae(case, 0.9, 0.0), Conserved::ReturnMinusValue));
    broken(Law::Conserves, conserved(to_go, Conserved::BatchZero));
    let raw = |scores: &[f64], groups: &[u64]| in_groups(scores, groups, Ok, |score, _, mean| score - mean);
    broken(Law::Conserves, CreditLaws::of_returns(raw).conserves(Conserved::GroupZero));
    let uneven = |case: &CreditCase| {
        let mut credit = case.broadcast(&rloo(&case.returns(), &case.groups)?);
        for last in case.policy_rows().iter().filter_map(|row| row.get(1)) {
            credit[*last] *= 0.5;
        }
        Ok::<_, Refused>(credit)
    };
    let violation = broken(Law::Conserves, CreditLaws::new(uneven).conserves(Conserved::GroupZero));
    assert!(violation.what.contains("not one number"), "{violation}");

    broken(Law::AnswersScale, CreditLaws::new(to_go).scales(Scaling::Invariant));
    let clipped = |case: &CreditCase| {
        to_go(case).map(|credit| credit.iter().map(|c| c.clamp(-1.0, 1.0)).collect::<Vec<_>>())
    };
    broken(Law::AnswersScale, CreditLaws::new(clipped).scales(Scaling::Proportional));
    // Where the square overflows, a division by infinity gives zeros without a word.
    let by_norm = |case: &CreditCase| {
        let credit = to_go(case)?;
        let norm = credit.iter().map(|c| c * c).sum::<f64>().sqrt();
        Ok::<_, Refused>(credit.iter().map(|c| if norm > 0.0 { c / norm } else { 0.0 }).collect())
    };
    let violation = broken(Law::AnswersScale, CreditLaws::new(by_norm).scales(Scaling::Invariant));
    assert!(violation.what.contains("e180"), "only the large factor shows it: {violation}");
    broken(Law::AnswersShift, CreditLaws::new(to_go).shifts(Shift::Cancels));
    broken(Law::AnswersShift, CreditLaws::new(|case| gae(case, 0.9, 1.0)).shifts(Shift::Adds));

    let no_range_test = |scores: &[f64], groups: &[u64]| {
        finite(scores)?;
        let mean_of = |group| {
            let members = (0..scores.len()).filter(|&j| groups[j] == group);
            members.clone().map(|j| scores[j]).sum::<f64>() / members.count() as f64
        };
        let credit: Vec<f64> = (0..scores.len()).map(|i| scores[i] - mean_of(groups[i])).collect();
        finite(&credit).map(|()| credit)
    };
    let violation =
        broken(Law::EqualGroupsAreZero, CreditLaws::of_returns(no_range_test).equal_groups_are_zero());
    assert!(violation.case.groups.len() >= 3, "the mean of two equals is exact: {violation}");

    broken(Law::TreatsSingletons, CreditLaws::of_returns(rloo).singletons(Singletons::Return));
    broken(Law::TreatsSingletons, CreditLaws::of_returns(rloo).singletons(Singletons::Refused));
    let kept = |scores: &[f64], groups: &[u64]| in_groups(scores, groups, Ok, |s, others, _| s - others);
    broken(Law::TreatsSingletons, CreditLaws::of_returns(kept).singletons(Singletons::Zero));

    let whole_batch = CreditLaws::new(centred_over_the_batch);
    broken(Law::GroupsAreIndependent, whole_batch.groups_are_independent());
    broken(Law::TrajectoriesAreIndependent, CreditLaws::of_returns(rloo).trajectories_are_independent());
    broken(Law::IsCausal, CreditLaws::new(shared_out).is_causal());

    let telescopes = |rule: fn(&CreditCase) -> Credit, how| CreditLaws::new(rule).telescopes(how);
    let absorbed = Telescoping::AbsorbedByValues { gamma: 0.9 };
    broken(Law::Telescopes, telescopes(|case| gae(case, 1.0, 0.8), absorbed));
    broken(Law::Telescopes, telescopes(to_go, Telescoping::AddsMinusPotential { gamma: 0.9 }));
    broken(Law::Telescopes, telescopes(to_go, Telescoping::OnlyEndpoints));
}

#[test]
fn a_biased_gradient_is_told_from_the_exact_one() {
    let paths = paths();
    let gradient = |laws: CreditLaws<'_>| {
        let violation = broken(Law::GradientIsExact, laws);
        assert!(violation.what.contains("differs from"), "{violation}");
    };
    // A mean that holds the member itself shrinks the gradient by (G − 1)/G.
    gradient(CreditLaws::of_returns(centred).gradient(&paths, 2, 1.0));
    // Dividing by the spread of the group re-weights, even where nobody is alone.
    let by_spread = |scores: &[f64], groups: &[u64]| {
        let credit = rloo(scores, groups)?;
        let norm = credit.iter().map(|c| c * c).sum::<f64>().sqrt();
        Ok::<_, Refused>(credit.iter().map(|c| if norm > 0.0 { c / norm } else { 0.0 }).collect())
    };
    gradient(CreditLaws::of_returns(by_spread).gradient(&paths, 2, 1.0));
    // Rewards that came before do not belong to an action, but cost only variance; rewards that come after do.
    let forwards = |case: &CreditCase| {
        let (to_go, returns) = (to_go(case)?, case.broadcast(&case.returns()));
        Ok::<_, Refused>(returns.iter().zip(&to_go).map(|(whole, rest)| whole - rest).collect())
    };
    gradient(CreditLaws::new(forwards).gradient(&paths, 1, 1.0));
    let report = super::gradient_of(&mut super::Rule::new(forwards), &paths, 1).expect("enumerable");
    assert!(report.expected.values().all(|slope| slope.abs() < 1e-12), "the past averages out: {report:?}");
    let too_many = CreditLaws::of_returns(rloo).gradient(&paths, 40, 1.0).check(&mixed(), 1);
    assert!(too_many.expect_err("too many").what.contains("take a smaller world or group"));
}

#[test]
fn a_violation_shows_the_smallest_batch_that_was_found() {
    let whole_batch = CreditLaws::new(centred_over_the_batch).trajectories_are_independent();
    let violation = broken(Law::TrajectoriesAreIndependent, whole_batch);
    assert_eq!(violation.case.groups.len(), 2, "two trajectories are enough: {violation}");
    let again = CreditLaws::new(centred_over_the_batch).trajectories_are_independent();
    assert_eq!(broken(Law::TrajectoriesAreIndependent, again), violation, "and the same call finds it again");
}
