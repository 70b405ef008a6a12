use super::RewardPair;
use super::mean_cycle::{self, Edge};

/// Probabilities this near to 1 are certain.
const CERTAIN: f64 = 1.0 - 1e-12;

/// A way to go on for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// Mean audited reward of a step.
    pub mean: f64,
    /// States and the action taken in each, in order; the last leads to the first.
    pub steps: Vec<(usize, u32)>,
}

/// The cycles of reachable states that pay most in the mean, of those that never end the episode. A mean
/// above 0 can be farmed: an agent that values the future enough gains by never finishing.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycles {
    /// Of the cycles that an agent can walk at will: every step has this outcome for certain.
    pub certain: Option<Cycle>,
    /// Of the cycles that can happen. A step counts the *expected* reward of its state and action over all
    /// outcomes, so luck decides where it leads but not what it pays. In a deterministic world this is
    /// [`Cycles::certain`]; elsewhere it bounds what farming one cycle can bring.
    pub possible: Option<Cycle>,
}

impl Cycles {
    /// Whether the agent can farm a cycle at will.
    pub fn is_exploitable(&self) -> bool {
        self.certain.as_ref().is_some_and(|cycle| cycle.mean > super::density::ZERO)
    }
}

/// The best cycles of the audited reward, by their exact mean. Rewards that depend on the clock count as in
/// the first step of an episode.
pub fn cycles(pair: &RewardPair) -> Cycles {
    Cycles { certain: best(pair, CERTAIN), possible: best(pair, 0.0) }
}

fn best(pair: &RewardPair, at_least: f64) -> Option<Cycle> {
    let mut edges = vec![Vec::new(); pair.audited.states()];
    for (state, action) in pair.pairs() {
        let weight = pair.audited.reward(state, action, 0);
        for (next, probability) in pair.audited.successors(state, action) {
            if let Some(to) = next.filter(|_| probability > 0.0 && probability >= at_least) {
                edges[state].push(Edge { to, weight, label: action });
            }
        }
    }
    let (mean, cycle) = mean_cycle::solve(&edges).best()?;
    Some(Cycle { mean, steps: cycle.into_iter().map(|(state, edge)| (state, edge.label as u32)).collect() })
}
