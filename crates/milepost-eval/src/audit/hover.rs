use std::collections::VecDeque;

use super::plan::{Mass, Plan};
use super::{AuditError, RewardPair, Setting};

/// Transitions visited at most.
const LIMIT: u64 = 500_000_000;

/// How much of its time, and of its income, an agent spends on going over states again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hover {
    /// Expected length of an episode.
    pub length: f64,
    /// Share of the steps that hover.
    pub steps: f64,
    /// Share of the collected magnitude of reward, `Σ abs(r')`, that is paid for them; 0 if none is paid.
    pub reward: f64,
    /// Share of the steps that hover under the policy that is best for *gold*: going over states again
    /// because chance threw the agent back. 0 in deterministic worlds.
    pub of_gold: f64,
}

/// The hover share of the policy that is best for the audited reward, ties drawn uniformly, in episodes
/// that the budget ends.
///
/// A step at time `t` *hovers* if its state was visited before in the same episode, and success was still
/// possible in the steps that were left: `d(s) ≤ H − t`, with `d` the fewest steps to success over
/// transitions that can happen. With `μ_t(s)` the probability of state `s` at time `t` and `f_t(s)` that of
/// visiting it then for the first time,
///
/// `hover = Σ_t Σ_s (μ_t(s) − f_t(s)) 1[d(s) ≤ H − t] / Σ_t Σ_s μ_t(s)`.
///
/// Because the policy sees only time and state, a hovering step pays what any step from `(t, s)` pays, and
/// the share of reward weighs both sums by `E[abs(r'(s, a, s', t))]`. An agent that goes straight to the
/// goal has share 0, one that stays in a state for ever a share near 1, whatever it is paid. Where chance
/// throws an agent back it tries again, and that counts too: compare with [`Hover::of_gold`].
pub fn hover(pair: &RewardPair, setting: Setting) -> Result<Hover, AuditError> {
    let (audited, _) = Plan::optimal(&pair.audited, setting)?;
    let (gold, _) = Plan::optimal(&pair.gold, setting)?;
    let of_gold = under(pair, setting, &gold)?.steps;
    Ok(Hover { of_gold, ..under(pair, setting, &audited)? })
}

/// The share under any plan.
fn under(pair: &RewardPair, setting: Setting, plan: &Plan) -> Result<Hover, AuditError> {
    let occupancy = plan.occupancy(pair, setting.horizon);
    let to_go = steps_to_success(pair);
    let pay = |elapsed: u32, state: usize| -> f64 {
        let of_action = |(action, p): (usize, f64)| {
            let paid =
                pair.audited.transitions(state, action).map(|t| t.probability * t.reward.at(elapsed).abs());
            p * paid.sum::<f64>()
        };
        plan.drawn(elapsed, state).map(of_action).sum()
    };
    let (mut length, mut income) = (0.0, 0.0);
    // When each state is visited, in ascending order of time.
    let mut visits: Vec<Vec<(u32, f64)>> = vec![Vec::new(); pair.gold.states()];
    for (elapsed, now) in occupancy.iter().enumerate() {
        for (state, mass) in now {
            length += mass;
            income += mass * pay(elapsed as u32, *state);
            visits[*state].push((elapsed as u32, *mass));
        }
    }
    let (mut steps, mut reward, mut work) = (0.0, 0.0, 0);
    for (state, visits) in visits.iter().enumerate() {
        let (Some((first, _)), Some((last, _))) = (visits.first(), visits.last()) else { continue };
        // The probability that has been at `state` before, wherever it is now.
        let mut returning = Mass::new(0);
        if first < last {
            returning = Mass::new(pair.gold.states());
        }
        let mut times = visits.iter().peekable();
        for elapsed in *first..=*last {
            let mut now = returning.take();
            let visit = times.next_if(|(time, _)| *time == elapsed);
            if let Some((_, all)) = visit {
                let again = now.iter().find(|(at, _)| *at == state).map_or(0.0, |(_, mass)| *mass).min(*all);
                if to_go[state].is_some_and(|steps| steps <= setting.horizon - elapsed) {
                    steps += again;
                    reward += again * pay(elapsed, state);
                }
                // Whoever is here now has been here.
                now.retain(|(at, _)| *at != state);
                now.push((state, *all));
            }
            if elapsed < *last {
                work += plan.push(&pair.gold, elapsed, &now, &mut returning);
                if work > LIMIT {
                    return Err(AuditError::TooMuchWork { what: "the hover share", limit: LIMIT });
                }
            }
        }
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    Ok(Hover { length, steps: share(steps, length), reward: share(reward, income), of_gold: 0.0 })
}

/// The fewest steps to success from each state, over transitions that can happen; `None` if it is out of
/// reach.
fn steps_to_success(pair: &RewardPair) -> Vec<Option<u32>> {
    let states = pair.gold.states();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); states];
    let mut steps = vec![None; states];
    let mut open = VecDeque::new();
    for (state, action) in pair.pairs() {
        let range = pair.gold.transition_range(state, action);
        for (transition, index) in pair.gold.transitions(state, action).zip(range) {
            if transition.probability <= 0.0 {
                continue;
            }
            if pair.successes[index] && steps[state].is_none() {
                steps[state] = Some(1);
                open.push_back(state);
            }
            if let Some(next) = transition.next {
                before[next].push(state);
            }
        }
    }
    while let Some(state) = open.pop_front() {
        let farther = steps[state].map(|steps: u32| steps + 1);
        for earlier in &before[state] {
            if steps[*earlier].is_none() {
                steps[*earlier] = farther;
                open.push_back(*earlier);
            }
        }
    }
    steps
}
