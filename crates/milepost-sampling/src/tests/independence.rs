//! What a sampler returns for a task does not depend on which other tasks are sampled with it, nor on their order.

use milepost_core::{Batch, TaskSeed};
use proptest::prelude::*;

use super::{lock, policy, settings, tasks};
use crate::hints::EnvironmentReturn;
use crate::judge::{Each, Failing, Judge, Noisy, StepQuery, Verdict};
use crate::refine::{Draft, MetaTokens, Redo, Reviewer};
use crate::rollback::WholeTurn;
use crate::toy::Lock;
use crate::tree::ByTrial;
use crate::{BestOfN, GroupSampler, HintRescue, Refine, Rollback, StepTree, TokenSampler};

/// Samples the tasks together, turned round, and one by one.
fn check(mut sampler: impl TokenSampler<Lock>, seed: u64) -> Result<(), TestCaseError> {
    let mut sample = |tasks: &[(u64, TaskSeed)]| -> Batch<()> {
        sampler.sample(&lock(), tasks, &policy(seed), &mut [], &settings(seed)).expect("sampled").batch
    };
    let of = |batch: &Batch<()>, task: TaskSeed| -> Vec<_> {
        batch.groups.iter().filter(|group| group.task() == task).cloned().collect()
    };
    let mut order = tasks(3);
    let together = sample(&order);
    order.rotate_left(1);
    let turned = sample(&order);
    for task in &order {
        let alone = sample(&[*task]).groups;
        prop_assert!(!alone.is_empty());
        prop_assert_eq!(&of(&together, task.1), &alone);
        prop_assert_eq!(&of(&turned, task.1), &alone);
    }
    Ok(())
}

fn right(query: &StepQuery<'_, Lock>) -> Verdict {
    let wanted = query.environment.dial(query.environment.dialled());
    Verdict::of(f64::from(u8::from(query.turn.iter().any(|word| Some(*word) == wanted))))
}

fn rater(run_seed: u64) -> Each<impl for<'q> Judge<StepQuery<'q, Lock>>> {
    let noisy = Noisy::new(right, 0.3, vec![-1.0, 1.0], run_seed).expect("sound");
    Each(Failing::new(noisy, 0.3, run_seed).expect("sound"))
}

const fn half(_: &Draft<'_, Lock>) -> f64 {
    0.5
}

fn anywhere(draft: &Draft<'_, Lock>) -> Vec<f64> {
    vec![1.0; draft.trajectory.turns.len()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn of_step_trees(seed: u64) {
        let rater = rater(seed);
        check(StepTree { trees: 2, candidates: 3, temperature: 0.7, early_bonus: 0.1, rater, protocol: ByTrial }, seed)?;
    }

    #[test]
    fn of_the_best_of_n(seed: u64) {
        check(BestOfN { group_size: 2, candidates: 3, rater: rater(seed), protocol: ByTrial }, seed)?;
    }

    #[test]
    fn of_rollback(seed: u64) {
        let again = vec![Lock::HUH];
        check(Rollback { group_size: 2, retries: 3, probability: 0.7, cap: 5, threshold: 0.5, again, format: WholeTurn }, seed)?;
    }

    #[test]
    fn of_refinement(seed: u64) {
        let reviewer = Reviewer::Judged { discriminator: half, trimmer: anywhere };
        check(Refine { group_size: 2, rounds: 2, reviewer, redo: Redo::FromCut }, seed)?;
        let tokens = MetaTokens { ask: vec![], keep: vec![Lock::OPEN], cuts: vec![vec![Lock::SHUT], vec![Lock::JAM]] };
        check(Refine::by_policy(2, 2, tokens), seed)?;
    }

    #[test]
    fn of_hint_rescue(seed: u64) {
        let hints = |lock: &Lock, attempt: u32| lock.dial(attempt as usize).map(|word| vec![Lock::LOCK, word]);
        let inner = GroupSampler { group_size: 3 };
        check(HintRescue { inner, hints, worth: EnvironmentReturn, completions: 1, attempts: 3 }, seed)?;
    }
}
