//! Does shaping leave the best policies as they are?

use std::collections::BTreeMap;

use milepost_core::{Budget, Ending, Enumerable};

/// Values that differ by less are ties.
const TIE: f64 = 1e-9;

/// One step of a world, as a shaping reward sees it.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'e, E> {
    /// The state before.
    pub before: &'e E,
    /// What was done.
    pub action: u32,
    /// The state after.
    pub after: &'e E,
    /// How the episode ended with it, a truncation at the horizon included.
    pub ending: Option<Ending>,
}

/// What a state is worth: truly, to a learner of shaped rewards, and truly to who acts best under shaped
/// rewards in the worst way that ties allow.
#[derive(Debug, Clone, Copy, Default)]
struct Worth {
    best: f64,
    shaped: f64,
    followed: f64,
}

/// `V*(s_0) − V^{π'}(s_0)`: what is lost by a policy `π'` that is optimal for `r + F`, in the worst case over
/// ties. 0 for `F = γΦ(s') − Φ(s)` with `Φ = 0` where nothing follows (Ng, Harada and Russell, ICML 1999).
///
/// `world` has been reset; the regret is exact, by backward induction over time and state key up to the
/// horizon, which ends the objective. `bootstrap(s)` is what the learner's value of a truncated state differs
/// by under shaping: `−Φ(s)` if the shaping keeps `Φ(s_T)` there and the learner bootstraps, else 0. `None` if
/// the world states no horizon.
///
/// ```
/// use milepost_core::{Environment, TaskSeed};
/// use milepost_testkit::{environment::Corridor, scorer::shaping_regret};
///
/// let mut world = Corridor::new(4, 12);
/// world.reset(TaskSeed::literal(1))?;
/// // Progress towards the goal; nothing follows an ending.
/// let phi = |world: &Corridor| (world.state_key() >> 1) as f64;
/// let regret = shaping_regret(&world, 0.9, |step| {
///     let next = if step.ending.is_some() { 0.0 } else { phi(step.after) };
///     0.9 * next - phi(step.before)
/// }, |_| 0.0);
/// assert!(regret.expect("the corridor has a horizon") < 1e-12);
/// # Ok::<(), milepost_core::EnvError>(())
/// ```
pub fn shaping_regret<E: Enumerable>(
    world: &E,
    gamma: f64,
    mut shaping: impl FnMut(&Transition<'_, E>) -> f64,
    mut bootstrap: impl FnMut(&E) -> f64,
) -> Option<f64> {
    let horizon = world.horizon()?;
    let mut known = BTreeMap::new();
    let worth = worth(world, 0, horizon, gamma, &mut shaping, &mut bootstrap, &mut known);
    Some(worth.best - worth.followed)
}

fn worth<E: Enumerable>(
    state: &E,
    elapsed: u32,
    horizon: u32,
    gamma: f64,
    shaping: &mut impl FnMut(&Transition<'_, E>) -> f64,
    bootstrap: &mut impl FnMut(&E) -> f64,
    known: &mut BTreeMap<(u32, u64), Worth>,
) -> Worth {
    let place = (elapsed, state.state_key());
    if let Some(worth) = known.get(&place) {
        return *worth;
    }
    let mut actions = Vec::new();
    for action in (0..state.action_count() as u32).filter(|action| state.is_legal(*action)) {
        let mut q = Worth::default();
        for branch in state.outcomes(action) {
            let cut = (elapsed + 1 >= horizon).then_some(Ending::Truncated(Budget::Steps));
            let ending = branch.ending.or(cut);
            let next = match ending {
                None => worth(&branch.next, elapsed + 1, horizon, gamma, shaping, bootstrap, known),
                Some(ending) if ending.bootstraps() => {
                    Worth { shaped: bootstrap(&branch.next), ..Worth::default() }
                }
                Some(_) => Worth::default(),
            };
            let reward = branch.reward.at(elapsed);
            let extra = shaping(&Transition { before: state, action, after: &branch.next, ending });
            q.best += branch.probability * (reward + gamma * next.best);
            q.shaped += branch.probability * (reward + extra + gamma * next.shaped);
            q.followed += branch.probability * (reward + gamma * next.followed);
        }
        actions.push(q);
    }
    let max = |value: fn(&Worth) -> f64| actions.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
    let (best, shaped) = (max(|q| q.best), max(|q| q.shaped));
    let chosen = actions.iter().filter(|q| q.shaped >= shaped - TIE);
    let followed = chosen.map(|q| q.followed).fold(f64::INFINITY, f64::min);
    let worth = if actions.is_empty() { Worth::default() } else { Worth { best, shaped, followed } };
    known.insert(place, worth);
    worth
}
