use milepost_core::{Purpose, Stream, StreamKey};

use super::plan::Plan;
use super::{AuditError, RewardPair, Setting};
use crate::StatsError;
use crate::correlation::{pearson, spearman};

/// Shares of uniform actions in the policies whose episodes are compared.
const NOISE: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Do episodes that are worth more also pay more?
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnAgreement {
    /// Episodes played.
    pub episodes: usize,
    /// Pearson's correlation of gold and audited returns; an error where a return never varies.
    pub pearson: Result<f64, StatsError>,
    /// Spearman's.
    pub spearman: Result<f64, StatsError>,
}

/// Correlation of discounted returns over `episodes` seeded episodes: equal numbers of the gold-optimal
/// policy with 0, 25, 50, 75 and 100 % of its actions replaced by uniform ones (at least one of each).
/// The episode return correlation of the EPIC paper, with these five as its coverage.
pub fn returns(
    pair: &RewardPair,
    setting: Setting,
    episodes: usize,
    seed: u64,
) -> Result<ReturnAgreement, AuditError> {
    let (best, _) = Plan::optimal(&pair.gold, setting)?;
    let uniform = Plan::uniform(&pair.gold);
    let of_each = episodes.div_ceil(NOISE.len()).max(1);
    let (mut gold, mut audited) = (Vec::new(), Vec::new());
    for (kind, noise) in NOISE.into_iter().enumerate() {
        for episode in 0..of_each {
            let key = StreamKey {
                task: kind as u64,
                episode: episode as u64,
                ..StreamKey::new(seed, Purpose::named("reward-audit"))
            };
            let earned = play(pair, setting, (&best, &uniform, noise), &mut Stream::new(key));
            gold.push(earned.0);
            audited.push(earned.1);
        }
    }
    Ok(ReturnAgreement {
        episodes: gold.len(),
        pearson: pearson(&gold, &audited),
        spearman: spearman(&gold, &audited),
    })
}

/// Discounted gold and audited return of one episode.
fn play(
    pair: &RewardPair,
    setting: Setting,
    (best, uniform, noise): (&Plan, &Plan, f64),
    stream: &mut Stream,
) -> (f64, f64) {
    let Some(mut state) = stream.categorical(&pair.start) else { return (0.0, 0.0) };
    let (mut gold, mut audited, mut weight) = (0.0, 0.0, 1.0);
    for elapsed in 0..setting.horizon {
        let plan = if stream.uniform() < noise { uniform } else { best };
        let (actions, law): (Vec<usize>, Vec<f64>) = plan.drawn(elapsed, state).unzip();
        let Some(action) = stream.categorical(&law).map(|index| actions[index]) else { break };
        let outcomes: Vec<_> = pair.gold.transitions(state, action).collect();
        let law: Vec<f64> = outcomes.iter().map(|outcome| outcome.probability).collect();
        let Some(index) = stream.categorical(&law) else { break };
        let paid = pair.audited.rewards()[pair.audited.transition_range(state, action).start + index];
        gold += weight * outcomes[index].reward.at(elapsed);
        audited += weight * paid.at(elapsed);
        weight *= setting.discount;
        match outcomes[index].next {
            Some(next) => state = next,
            None => break,
        }
    }
    (gold, audited)
}
