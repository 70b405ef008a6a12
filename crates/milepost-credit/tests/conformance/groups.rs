//! Rules that compare trajectories.

use milepost_credit::{
    Centre, Channel, CreditError, Groups, Normalize, Pooling, PositionIndex, Reweighting, Scale, Singleton,
    gpg_advantages, normalize_then_sum, opo_advantages, pass_at_k_advantages, prefix_tree_advantages,
    reinforce_pp, reinforce_pp_baseline, remax_advantages, scale_by_batch, surprisal,
};
use milepost_testkit::credit::{Conserved, CreditCase, CreditLaws, Scaling, Shift, Singletons, Telescoping};
use milepost_testkit::strategies::CaseShape;

use crate::CASES;
use crate::adapt::{Credit, filled, layout, token_baseline};

/// What every comparison within groups claims.
fn grouped<'a>(rule: impl FnMut(&CreditCase) -> Credit + 'a) -> CreditLaws<'a> {
    CreditLaws::new(rule)
        .ignores_environment_positions()
        .groups_are_independent()
        .equal_groups_are_zero()
        .telescopes(Telescoping::OnlyEndpoints)
}

/// What a comparison claims that a shift of all returns does not touch and a scale multiplies.
fn centred(laws: CreditLaws<'_>, scaling: Scaling) -> CreditLaws<'_> {
    laws.shifts(Shift::Cancels).scales(scaling).singletons(Singletons::Zero)
}

/// A rule of one score a trajectory.
fn of_returns(
    rule: impl Fn(&Groups, &[f64], &mut [f64]) -> Result<(), CreditError>,
) -> impl Fn(&CreditCase) -> Credit {
    move |case| {
        let scores = case.returns();
        filled(scores.len(), |out| rule(&layout(case).0, &scores, out)).map(|out| case.broadcast(&out))
    }
}

#[test]
fn normalisations_conform() {
    for centre in [Centre::Mean, Centre::LeaveOneOut] {
        for scale in [
            Scale::None,
            Scale::MaxAbs,
            Scale::Std { ddof: 1, epsilon: 0.0 },
            Scale::Std { ddof: 0, epsilon: 0.0 },
        ] {
            let rule = of_returns(move |groups, scores, out| {
                Normalize { centre, scale }.apply_groups(groups, scores, out).map(|_| ())
            });
            let scaling = if scale == Scale::None { Scaling::Proportional } else { Scaling::Invariant };
            centred(grouped(rule).conserves(Conserved::GroupZero), scaling)
                .conformance(&CaseShape::default(), CASES);
        }
    }
    // With an epsilon the scale shows, but no more than the epsilon.
    let grpo =
        of_returns(|groups, scores, out| Normalize::grpo().apply_groups(groups, scores, out).map(|_| ()));
    grouped(grpo).scales(Scaling::Invariant).within(1e-4).conformance(&CaseShape::default(), CASES);
    for scale in [Scale::None, Scale::Std { ddof: 1, epsilon: 0.0 }] {
        let kept = of_returns(move |groups, scores, out| {
            let pooling = Pooling { singleton: Singleton::Raw, ..Pooling::default() };
            let rule = Normalize { scale, ..Normalize::rloo() };
            rule.apply_groups_with(groups, pooling, scores, out).map(|_| ())
        });
        grouped(kept).singletons(Singletons::Return).conformance(&CaseShape::default(), CASES);
    }
}

#[test]
fn other_baselines_of_trajectories_conform() {
    for singleton in [Singleton::Drop, Singleton::Raw] {
        let opo = move |case: &CreditCase| {
            let lengths: Vec<usize> = case.policy_rows().iter().map(Vec::len).collect();
            of_returns(|groups, scores, out| opo_advantages(groups, scores, &lengths, singleton, out))(case)
        };
        let alone = if singleton == Singleton::Raw { Singletons::Return } else { Singletons::Zero };
        let laws = grouped(opo).scales(Scaling::Proportional).singletons(alone);
        let mut laws = if singleton == Singleton::Drop { laws.shifts(Shift::Cancels) } else { laws };
        laws.conformance(&CaseShape::default(), CASES);
    }
    let gpg =
        of_returns(|groups, scores, out| gpg_advantages(groups, scores, Singleton::Drop, out).map(|_| ()));
    // Its factor is a statistic of the whole batch, so groups are not independent.
    CreditLaws::new(gpg)
        .ignores_environment_positions()
        .equal_groups_are_zero()
        .conserves(Conserved::GroupZero)
        .scales(Scaling::Proportional)
        .singletons(Singletons::Zero)
        .conformance(&CaseShape::default(), CASES);
    for (scale, scaling) in
        [(Scale::None, Scaling::Proportional), (Scale::Std { ddof: 1, epsilon: 0.0 }, Scaling::Invariant)]
    {
        let best = of_returns(move |groups, scores, out| {
            pass_at_k_advantages(groups, scale, scores, out).map(|_| ())
        });
        centred(grouped(best), scaling).conformance(&CaseShape::default(), CASES);
    }
    let channels = of_returns(|groups, scores, out| {
        let channel = |weight| Channel { scores, valid: None, weight };
        let channels = [channel(2.0), channel(-0.5)];
        normalize_then_sum(&Normalize::dr_grpo(), groups, &channels, Pooling::default(), out)
    });
    centred(grouped(channels).conserves(Conserved::GroupZero), Scaling::Proportional)
        .conformance(&CaseShape::default(), CASES);
    let by_batch = of_returns(|groups, scores, out| {
        Normalize::dr_grpo().apply_groups(groups, scores, out)?;
        scale_by_batch(scores, None, 0, 0.0, out)
    });
    CreditLaws::new(by_batch)
        .ignores_environment_positions()
        .equal_groups_are_zero()
        .conserves(Conserved::GroupZero)
        .shifts(Shift::Cancels)
        .scales(Scaling::Invariant)
        .conformance(&CaseShape::default(), CASES);
}

#[test]
fn whole_batch_rules_conform() {
    // One policy token has no variance, which is an error; two trajectories have two.
    let shape = CaseShape { trajectories: 2..=8, ..CaseShape::default() };
    let plain = |case: &CreditCase| {
        filled(case.positions(), |out| {
            let mut returns = vec![0.0; case.positions()];
            reinforce_pp(&layout(case).1, &case.rewards, &case.mask, 0.9, 0.0, out, &mut returns)
        })
    };
    CreditLaws::new(plain)
        .ignores_environment_positions()
        .conserves(Conserved::BatchZero)
        .scales(Scaling::Invariant)
        .conformance(&shape, CASES);
    for (singleton, rloo) in [(Singleton::Drop, true), (Singleton::Raw, false)] {
        let baseline = |case: &CreditCase| {
            let (groups, rows) = layout(case);
            filled(case.positions(), |out| {
                reinforce_pp_baseline(&groups, &rows, &case.returns(), &case.mask, singleton, 0.0, out)
            })
        };
        let laws = CreditLaws::new(baseline)
            .ignores_environment_positions()
            .conserves(Conserved::BatchZero)
            .scales(Scaling::Invariant);
        let mut laws = if rloo { laws.shifts(Shift::Cancels) } else { laws };
        laws.conformance(&shape, CASES);
    }
}

#[test]
fn a_greedy_baseline_conforms() {
    let rule = |greedy: f64| {
        move |case: &CreditCase| {
            filled(case.positions(), |out| {
                let (baselines, mut returns) = (vec![greedy; case.groups.len()], vec![0.0; case.positions()]);
                remax_advantages(&layout(case).1, &case.rewards, &case.mask, &baselines, out, &mut returns)
            })
        }
    };
    for greedy in [0.0, 0.75] {
        let laws = CreditLaws::new(rule(greedy))
            .ignores_environment_positions()
            .shifts(Shift::Adds)
            .trajectories_are_independent()
            .telescopes(Telescoping::AddsMinusPotential { gamma: 1.0 })
            .is_causal();
        // The greedy score is the caller's to scale.
        let mut laws = if greedy == 0.0 { laws.scales(Scaling::Proportional) } else { laws };
        laws.conformance(&CaseShape::default(), CASES);
    }
}

#[test]
fn the_optimal_token_baseline_conforms() {
    for index in [PositionIndex::PolicyToken, PositionIndex::Column] {
        let rule = |case: &CreditCase| token_baseline(case, index, 0.75);
        let laws = CreditLaws::new(rule).groups_are_independent().scales(Scaling::Proportional).is_causal();
        if index == PositionIndex::PolicyToken {
            laws.ignores_environment_positions().conformance(&CaseShape::default(), CASES);
        } else {
            // Columns count observations, so inserting some is another batch.
            let mut laws = laws;
            laws.conformance(&CaseShape::default(), CASES);
        }
    }
}

#[test]
fn prefix_trees_conform() {
    let rule = |case: &CreditCase| -> Credit {
        // The key of a prefix: task and actions so far.
        let (mut keys, mut lengths) = (vec![], vec![]);
        for (row, group) in case.policy_rows().iter().zip(&case.groups) {
            // The task by its first appearance, then one base-4 digit an action, none of them 0.
            let first = case.groups.iter().position(|other| other == group).unwrap_or_default();
            let mut key = (first as u64 + 1) << 40;
            keys.push(key);
            for &at in row {
                key = 4 * key + u64::from(case.actions[at]) + 1;
                keys.push(key);
            }
            lengths.push(row.len() + 1);
        }
        let steps = lengths.iter().map(|length| length - 1).sum();
        let prefixes = milepost_credit::Rows::ragged(&lengths);
        let flat = filled(steps, |out| prefix_tree_advantages(&case.returns(), &prefixes, &keys, out))?;
        let mut credit = vec![0.0; case.positions()];
        for (at, value) in case.policy_rows().concat().into_iter().zip(flat) {
            credit[at] = value;
        }
        Ok(credit)
    };
    centred(grouped(rule), Scaling::Proportional).conformance(&CaseShape::default(), CASES);
}

#[test]
fn reweighted_advantages_conform() {
    let rules = [
        Reweighting::Proportional,
        Reweighting::Top { fraction: 0.4 },
        Reweighting::Amplify { fraction: 0.4, alpha: 0.5 },
    ];
    for rule in rules {
        let rloo =
            of_returns(|groups, scores, out| Normalize::rloo().apply_groups(groups, scores, out).map(|_| ()));
        let weighted = move |case: &CreditCase| {
            let surprisals: Vec<f64> = case.log_probs.iter().map(|l| surprisal(*l)).collect();
            let mut credit = rloo(case)?;
            rule.apply(&surprisals, Some(&case.mask), &mut credit).map(|()| credit)
        };
        // The largest statistics are those of the batch, so groups are not independent.
        let laws = CreditLaws::new(weighted).ignores_environment_positions().equal_groups_are_zero();
        centred(laws, Scaling::Proportional)
            .telescopes(Telescoping::OnlyEndpoints)
            .conformance(&CaseShape::default(), CASES);
    }
}
