use std::cell::Cell;

use super::{Extension, RewardPair, Setting};
use crate::StatsError;
use crate::exact::TabularMdp;
use crate::reward_distance::{direct, pearson_distance};

/// States that EPIC's law of states spreads over at most.
const REFERENCE_STATES: usize = 64;

/// Pairs of outcomes that DARD compares at most.
const PAIRS_OF_OUTCOMES: u64 = 10_000_000;

/// Distances of the audited reward from gold; a distance is an error where a canonical reward is constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Distances {
    /// EPIC, in `[0, 1]`.
    pub epic: Result<f64, StatsError>,
    /// DARD, in `[0, 1]`.
    pub dard: Result<f64, StatsError>,
    /// Root mean square of `r' − r`.
    pub direct: Result<f64, StatsError>,
}

/// The reward of step `(s, a, s')`, where `None` is the state after an end, which nothing leaves.
struct Reward<'a> {
    mdp: &'a TabularMdp,
    beyond: &'a dyn Fn(Option<usize>, Option<usize>) -> f64,
}

impl Reward<'_> {
    fn of(&self, state: Option<usize>, action: usize, next: Option<usize>) -> f64 {
        let Some(from) = state else { return (self.beyond)(None, next) };
        let (mut paid, mut probability) = (0.0, 0.0);
        for transition in self.mdp.transitions(from, action).filter(|t| t.next == next) {
            paid += transition.probability * transition.reward.at(0);
            probability += transition.probability;
        }
        if probability > 0.0 { paid / probability } else { (self.beyond)(state, next) }
    }
}

/// Distances over the transitions that can happen: reachable states and their legal actions uniformly, next
/// states as the dynamics have them. Rewards that depend on the clock count as in the first step.
///
/// - EPIC (Gleave et al., ICLR 2021): `D_S` is uniform over at most 64 reachable states, evenly spaced in
///   their numbering, `D_A` uniform over the legal actions of the state left. Covering only what can happen
///   is our choice; the paper leaves the law open.
/// - DARD (Wulfe et al., ICLR 2022), with `D_A` uniform over legal actions. Where two states allow different
///   actions, both actions are drawn on their own. Where actions have so many outcomes that more than 10⁷
///   pairs of them had to be compared, it is left out.
///
/// Both ask what steps would pay that never happen; that is `extension`.
pub fn distances(pair: &RewardPair, setting: Setting, extension: Extension<'_>) -> Distances {
    let gold = Reward { mdp: &pair.gold, beyond: extension.gold };
    let audited = Reward { mdp: &pair.audited, beyond: extension.audited };
    let covered = covered(pair);
    let weights: Vec<f64> = covered.iter().map(|step| step.3).collect();
    let both = |canonical: &dyn Fn(&Reward<'_>) -> Result<Vec<f64>, StatsError>| {
        pearson_distance(&canonical(&gold)?, &canonical(&audited)?, Some(&weights))
    };
    let plain = |reward: &Reward<'_>| -> Vec<f64> {
        covered.iter().map(|(s, a, next, _)| reward.of(Some(*s), *a, *next)).collect()
    };
    Distances {
        epic: both(&|reward| Ok(epic(pair, reward, &covered, setting.discount))),
        dard: both(&|reward| dard(pair, reward, &covered, setting.discount)),
        direct: direct(&plain(&gold), &plain(&audited), Some(&weights), 2.0),
    }
}

/// State, action, next state and weight of a transition.
type Step = (usize, usize, Option<usize>, f64);

fn covered(pair: &RewardPair) -> Vec<Step> {
    let of_pair = |(state, action): (usize, usize)| {
        let happens = pair.gold.successors(state, action).filter(|(_, probability)| *probability > 0.0);
        happens.map(move |(next, probability)| (state, action, next, probability))
    };
    pair.pairs().flat_map(of_pair).collect()
}

fn legal(mdp: &TabularMdp, state: usize) -> Vec<usize> {
    (0..mdp.actions()).filter(|action| mdp.is_legal(state, *action)).collect()
}

/// `R(s, a, s') + γ m(s') − m(s) − γ m̄` with `m(s) = E R(s, A, S')`, `S' ~ D_S`.
fn epic(pair: &RewardPair, reward: &Reward<'_>, covered: &[Step], discount: f64) -> Vec<f64> {
    let states: Vec<usize> = pair.states().collect();
    let count = states.len().min(REFERENCE_STATES);
    let reference: Vec<usize> = (0..count).map(|k| states[k * states.len() / count]).collect();
    let mean_over = |value: &dyn Fn(usize) -> f64| -> f64 {
        reference.iter().map(|to| value(*to)).sum::<f64>() / count as f64
    };
    let mut mean_from = vec![0.0; pair.gold.states()];
    for state in &states {
        let actions = legal(&pair.gold, *state);
        // Most pairs of states never follow each other, whatever is done: the action matters only elsewhere.
        let beyond = mean_over(&|to| (reward.beyond)(Some(*state), Some(to)));
        let mut correction = 0.0;
        for action in &actions {
            let mut seen: Vec<usize> = Vec::new();
            for (next, probability) in pair.gold.successors(*state, *action) {
                let Some(next) = next.filter(|next| probability > 0.0 && !seen.contains(next)) else {
                    continue;
                };
                seen.push(next);
                let times = reference.iter().filter(|to| **to == next).count() as f64;
                if times > 0.0 {
                    let paid = reward.of(Some(*state), *action, Some(next));
                    correction += times * (paid - (reward.beyond)(Some(*state), Some(next)));
                }
            }
        }
        mean_from[*state] = beyond + correction / (actions.len() * count) as f64;
    }
    let after_end = mean_over(&|to| (reward.beyond)(None, Some(to)));
    let overall = mean_over(&|state| mean_from[state]);
    let canonical = |(state, action, next, _): &Step| {
        let reached = next.map_or(after_end, |next| mean_from[next]);
        reward.of(Some(*state), *action, *next) + discount * reached - mean_from[*state] - discount * overall
    };
    covered.iter().map(canonical).collect()
}

/// `R(s, a, s') + γ E R(s', A, S'') − E R(s, A, S') − γ E R(S', A, S'')`, `S' ~ T(s, A)`, `S'' ~ T(s', A)`.
fn dard(
    pair: &RewardPair,
    reward: &Reward<'_>,
    covered: &[Step],
    discount: f64,
) -> Result<Vec<f64>, StatsError> {
    let mdp = &pair.gold;
    let outcomes = |state: Option<usize>, action: usize| -> Vec<(Option<usize>, f64)> {
        state.map_or_else(
            || vec![(None, 1.0)],
            |state| mdp.successors(state, action).filter(|(_, p)| *p > 0.0).collect(),
        )
    };
    let legal_of: Vec<Vec<usize>> = (0..mdp.states()).map(|state| legal(mdp, state)).collect();
    let leaving: Vec<f64> = (0..mdp.states())
        .map(|state| {
            let of_action = |action: &usize| -> f64 {
                let steps = outcomes(Some(state), *action);
                steps.iter().map(|(next, p)| p * reward.of(Some(state), *action, *next)).sum()
            };
            legal_of[state].iter().map(of_action).sum::<f64>() / legal_of[state].len() as f64
        })
        .collect();
    let leaving_end = (reward.beyond)(None, None);
    let work = Cell::new(0);
    let drawn = |first: usize, arrived: Option<usize>, a: usize, b: usize| -> f64 {
        let (firsts, seconds) = (outcomes(Some(first), a), outcomes(arrived, b));
        work.set(work.get() + (firsts.len() * seconds.len()) as u64);
        if work.get() > PAIRS_OF_OUTCOMES {
            return f64::NAN;
        }
        let mut mean = 0.0;
        for (from, p) in &firsts {
            for (to, q) in &seconds {
                mean += p * q * reward.of(*from, b, *to);
            }
        }
        mean
    };
    let between = |state: usize, arrived: Option<usize>| -> f64 {
        let here = &legal_of[state];
        let there = arrived.map_or(here, |arrived| &legal_of[arrived]);
        if here == there {
            here.iter().map(|a| drawn(state, arrived, *a, *a)).sum::<f64>() / here.len() as f64
        } else {
            let all = here.iter().flat_map(|a| there.iter().map(move |b| (*a, *b)));
            all.map(|(a, b)| drawn(state, arrived, a, b)).sum::<f64>() / (here.len() * there.len()) as f64
        }
    };
    let mut canonical = Vec::with_capacity(covered.len());
    // Pairs of states of the state at hand; its actions often lead to the same ones.
    let (mut at, mut known): (usize, Vec<(Option<usize>, f64)>) = (usize::MAX, Vec::new());
    for (state, action, next, _) in covered {
        if *state != at {
            (at, known) = (*state, Vec::new());
        }
        let mean = known.iter().find(|(arrived, _)| arrived == next).map(|(_, mean)| *mean);
        let mean = mean.unwrap_or_else(|| {
            let mean = between(*state, *next);
            known.push((*next, mean));
            mean
        });
        if work.get() > PAIRS_OF_OUTCOMES {
            let reason =
                "actions have too many outcomes to compare all pairs of them; choose a smaller level";
            return Err(StatsError::Undefined { what: "the DARD distance", reason });
        }
        let reached = next.map_or(leaving_end, |next| leaving[next]);
        let paid = reward.of(Some(*state), *action, *next);
        canonical.push(paid + discount * reached - leaving[*state] - discount * mean);
    }
    Ok(canonical)
}
