use std::collections::BTreeMap;

use milepost_core::{Branch, Budget, Ending, Enumerable, StepOutcome};

use super::episode::{started, walk, walks};
use super::{Law, Options, Violation, observed, same};

/// Rounding that a sum of probabilities or a reward may carry.
const TOLERANCE: f64 = 1e-9;

/// The probabilities of each action's outcomes are positive and sum to 1, rewards are finite, and no
/// outcome is a truncation (the step budget is [`Enumerable::horizon`]'s business) or a sampler's cut.
pub fn outcomes_are_distributions<E: Enumerable>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::OutcomesAreDistributions;
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        walk(&mut environment, task, stream, options.max_steps, |before, _, _, _, step| {
            for action in (0..before.action_count() as u32).filter(|action| before.is_legal(*action)) {
                let fail =
                    |what: String| Err(Violation::new(law, task, step, format!("action {action}: {what}")));
                let outcomes = before.outcomes(action);
                for branch in &outcomes {
                    if !(branch.probability > 0.0 && branch.probability <= 1.0 + TOLERANCE) {
                        return fail(format!("an outcome has probability {}", branch.probability));
                    }
                    if !branch.reward.at(before.elapsed()).is_finite() {
                        return fail(format!("an outcome has reward {:?}", branch.reward));
                    }
                    if let Some(ending @ (Ending::Truncated(_) | Ending::Cut(_))) = branch.ending {
                        return fail(format!("an outcome ends with {ending:?}"));
                    }
                }
                let total: f64 = outcomes.iter().map(|branch| branch.probability).sum();
                if (total - 1.0).abs() > TOLERANCE {
                    return fail(format!("probabilities sum to {total}"));
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The outcome that a step turned out to be, if it is any of them: same key and observation afterwards,
/// same reward at that time, same ending (a truncation stands for an outcome without one).
fn realised<E: Enumerable>(
    outcomes: &[Branch<E>],
    before: &E,
    after: &E,
    outcome: StepOutcome,
) -> Option<usize> {
    let truncated = matches!(outcome.ending, Some(Ending::Truncated(Budget::Steps)));
    outcomes.iter().position(|branch| {
        let reward = branch.reward.at(before.elapsed());
        branch.next.state_key() == after.state_key()
            && observed(&branch.next) == observed(after)
            && (reward - outcome.reward).abs() <= TOLERANCE * reward.abs().max(1.0)
            && if truncated { branch.ending.is_none() } else { branch.ending == outcome.ending }
    })
}

/// What `step` does is one of the outcomes: the same next key and observation, the reward that its law
/// gives at the elapsed time, and the same ending, truncation at the horizon aside.
pub fn steps_are_among_outcomes<E: Enumerable>(prototype: &E, options: &Options) -> Result<(), Violation> {
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        walk(&mut environment, task, stream, options.max_steps, |before, action, after, outcome, step| {
            let outcomes = before.outcomes(*action);
            if realised(&outcomes, before, after, outcome).is_some() {
                return Ok(());
            }
            let listed: Vec<_> = outcomes
                .iter()
                .map(|b| (b.next.state_key(), b.reward.at(before.elapsed()), b.ending))
                .collect();
            let what = format!(
                "action {action} led to (key, reward, ending) {:?}, which is none of its outcomes {listed:?}",
                (after.state_key(), outcome.reward, outcome.ending)
            );
            Err(Violation::new(Law::StepsAreAmongOutcomes, task, step, what))
        })?;
    }
    Ok(())
}

/// Over all walks, the n-th outcome happens as often as its probability says.
///
/// The differences between an indicator and its probability are a martingale, so their sum over all
/// steps lies within five standard deviations (plus 1) of zero except with a chance below 10⁻⁶. Worlds
/// in which nothing is random pass at once. More walks make the check sharper.
pub fn outcomes_have_their_probabilities<E: Enumerable>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let mut sums: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for (task, stream) in walks(options) {
        last = Some(task);
        let mut environment = started(prototype, task)?;
        walk(&mut environment, task, stream, options.max_steps, |before, action, after, outcome, _| {
            let outcomes = before.outcomes(*action);
            let Some(chosen) = realised(&outcomes, before, after, outcome) else { return Ok(()) };
            sums.resize(sums.len().max(outcomes.len()), (0.0, 0.0));
            for (index, branch) in outcomes.iter().enumerate() {
                let p = branch.probability;
                sums[index].0 += f64::from(u8::from(index == chosen)) - p;
                sums[index].1 += p * (1.0 - p);
            }
            Ok(())
        })?;
    }
    for (index, (excess, variance)) in sums.into_iter().enumerate() {
        let bound = 5.0 * variance.max(0.0).sqrt() + 1.0;
        if let (true, Some(task)) = (excess.abs() > bound, last) {
            let what = format!(
                "outcome {index} happened {excess:.1} times more often than its probabilities say (bound {bound:.1})"
            );
            return Err(Violation::new(Law::OutcomesHaveTheirProbabilities, task, 0, what));
        }
    }
    Ok(())
}

/// What an action may lead to: for each outcome the next key, probability, reward law and ending.
type Future = Vec<Vec<(u64, f64, [f64; 2], Option<Ending>)>>;

fn future<E: Enumerable>(environment: &E) -> Future {
    (0..environment.action_count() as u32)
        .map(|action| {
            if !environment.is_legal(action) {
                return Vec::new();
            }
            let mut outcomes: Vec<_> = environment
                .outcomes(action)
                .iter()
                .map(|b| (b.next.state_key(), b.probability, [b.reward.base, b.reward.per_step], b.ending))
                .collect();
            outcomes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            outcomes
        })
        .collect()
}

/// States with equal keys have equal outcomes, at whatever time they are reached: what the exact solver
/// relies on when it merges them.
pub fn keys_fix_the_future<E: Enumerable>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let mut known: BTreeMap<u64, Future> = BTreeMap::new();
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        walk(&mut environment, task, stream, options.max_steps, |before, _, _, _, step| {
            let now = future(before);
            let first = known.entry(before.state_key()).or_insert_with(|| now.clone());
            same(
                Law::KeysFixTheFuture,
                task,
                step,
                "outcomes of another state with the same key",
                &now,
                first,
            )
        })?;
    }
    Ok(())
}

/// An episode is truncated by steps exactly when it reaches [`Enumerable::horizon`] without ending otherwise.
pub fn the_horizon_is_kept<E: Enumerable>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::TheHorizonIsKept;
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        let horizon = environment.horizon();
        walk(&mut environment, task, stream, options.max_steps, |_, _, after, outcome, step| {
            let truncated = matches!(outcome.ending, Some(Ending::Truncated(Budget::Steps)));
            let over = horizon.is_some_and(|horizon| after.elapsed() >= horizon);
            if truncated != over && !(over && outcome.ending.is_some()) {
                let what = format!(
                    "after {} steps the ending is {:?}; the horizon is {horizon:?}",
                    after.elapsed(),
                    outcome.ending
                );
                return Err(Violation::new(law, task, step, what));
            }
            Ok(())
        })?;
    }
    Ok(())
}
