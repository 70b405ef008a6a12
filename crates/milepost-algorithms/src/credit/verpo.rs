//! Credit from the tests that each turn passed.

use milepost_core::{Batch, recorded_flags};
use milepost_credit::{Normalize, PassMatrix, Rows};

use super::{Credits, to_go};
use crate::TrainError;
use crate::config::VeRpoConfig;

/// VeRPO, group by group. The combined reward is the critic's target only.
pub(super) fn assign<O>(
    config: &VeRpoConfig,
    normalize: Normalize,
    drop_zero_variance: bool,
    batch: &Batch<O>,
    rewards: &[Vec<f64>],
) -> Result<Credits, TrainError> {
    let rule = config.rule(normalize);
    let mut credits = Credits::default();
    let (mut degenerate, mut never, mut always, mut solved) = (0, 0, 0, 0);
    let mut rows = rewards.iter();
    for group in &batch.groups {
        let (mut tests, mut passed) = (0, Vec::new());
        for member in group.members() {
            let (of_member, flags) = recorded_flags(&member.records, &config.tests, &config.passed)?;
            tests = of_member;
            passed.extend(flags);
        }
        let lengths: Vec<usize> = group.members().iter().map(|member| member.turns.len()).collect();
        let turns = Rows::ragged(&lengths);
        let mut advantages = vec![0.0; turns.entries()];
        let matrix = PassMatrix { tests, passed: &passed, valid: None };
        let report = rule.assign(&matrix, &turns, &mut advantages)?;
        degenerate += u64::from(report.degenerate);
        never += report.never_passed as u64;
        always += report.always_passed as u64;
        solved += report.solved as u64;
        for (row, rewards) in turns.iter().zip(rows.by_ref()) {
            credits.advantages.push(advantages[row].to_vec());
            credits.returns.push(to_go(rewards, 1.0)?);
            credits.keep.push(!(report.degenerate && drop_zero_variance));
        }
    }
    credits.counters = vec![
        ("groups_without_variance", degenerate),
        ("tests_never_passed", never),
        ("tests_always_passed", always),
        ("trajectories_that_pass_all_tests", solved),
    ];
    Ok(credits)
}
