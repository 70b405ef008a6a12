use serde::{Deserialize, Serialize};

use crate::{AgentId, Evaluator, Pool, PopulationError, pareto};

/// Who survives a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// The most novel: novelty search. Never reads a reward.
    #[default]
    Novelty,
    /// The worst reconstructed.
    Surprise,
    /// Novelty or surprise, whichever a fair coin says for the whole generation: TAXONS.
    NoveltyOrSurprise,
    /// The Pareto order of novelty and surprise.
    NoveltyAndSurprise,
    /// The best paid: a plain evolution strategy.
    Reward,
    /// The Pareto order of novelty and reward: NSGA-II.
    NoveltyAndReward,
    /// The Pareto order of novelty and local competition, the share of the nearest that are paid less: NSLC
    /// (Lehman and Stanley, 2011b).
    NoveltyAndLocalCompetition,
}

/// What one generation is ranked by: a [`Selection`] after its coin is thrown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Novelty.
    Novelty,
    /// Surprise.
    Surprise,
    /// Reward.
    Reward,
    /// Two objectives.
    Pareto(
        /// Novelty against what.
        Rival,
    ),
}

/// The second objective beside novelty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rival {
    /// Surprise.
    Surprise,
    /// Reward.
    Reward,
    /// The share of the nearest that are paid less.
    LocalCompetition,
}

/// Codes whose coordinates all vary less than this carry no information.
const COLLAPSED: f64 = 1e-8;

impl Selection {
    /// The criterion of a generation; `coin` decides where chance does.
    #[must_use]
    pub const fn criterion(self, coin: bool) -> Criterion {
        match self {
            Self::Novelty => Criterion::Novelty,
            Self::NoveltyOrSurprise if coin => Criterion::Novelty,
            Self::Surprise | Self::NoveltyOrSurprise => Criterion::Surprise,
            Self::NoveltyAndSurprise => Criterion::Pareto(Rival::Surprise),
            Self::Reward => Criterion::Reward,
            Self::NoveltyAndReward => Criterion::Pareto(Rival::Reward),
            Self::NoveltyAndLocalCompetition => Criterion::Pareto(Rival::LocalCompetition),
        }
    }
}

/// Candidates from best to worst, and whether novelty had to give way to surprise. Equals are ordered by number,
/// the younger first: where nothing tells agents apart, evolution drifts instead of standing still.
pub(super) fn ranked<E: Evaluator>(
    pool: &Pool<'_, E>,
    criterion: Criterion,
    candidates: &[AgentId],
    reference: &[AgentId],
    neighbours: usize,
) -> Result<(Vec<AgentId>, bool), PopulationError> {
    let mut candidates = candidates.to_vec();
    candidates.sort_unstable();
    let collapsed = !matches!(criterion, Criterion::Reward | Criterion::Surprise)
        && surprises(pool, &candidates).is_ok()
        && is_collapsed(pool, &candidates)?;
    let order = match criterion {
        _ if collapsed => descending(&surprises(pool, &candidates)?),
        Criterion::Novelty => descending(&pool.novelties(&candidates, reference, neighbours)?),
        Criterion::Surprise => descending(&surprises(pool, &candidates)?),
        Criterion::Reward => descending(&rewards(pool, &candidates)?),
        Criterion::Pareto(rival) => {
            let novelty = pool.novelties(&candidates, reference, neighbours)?;
            let other = match rival {
                Rival::Surprise => surprises(pool, &candidates)?,
                Rival::Reward => rewards(pool, &candidates)?,
                Rival::LocalCompetition => competition(pool, &candidates, reference, neighbours)?,
            };
            let scores: Vec<Vec<f64>> = novelty.into_iter().zip(other).map(|(a, b)| vec![a, b]).collect();
            pareto::order(&scores)
        }
    };
    Ok((order.into_iter().map(|index| candidates[index]).collect(), collapsed))
}

/// Indices by value, the largest first, the later first among equals.
fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(b.cmp(a)));
    order
}

fn rewards<E: Evaluator>(pool: &Pool<'_, E>, agents: &[AgentId]) -> Result<Vec<f64>, PopulationError> {
    Ok(pool.get(agents)?.into_iter().map(|agent| agent.reward).collect())
}

fn surprises<E: Evaluator>(pool: &Pool<'_, E>, agents: &[AgentId]) -> Result<Vec<f64>, PopulationError> {
    let version = pool.version();
    let one = |agent: &crate::Agent<_>| agent.described.surprise(version)?.ok_or(PopulationError::NoSurprise);
    pool.get(agents)?.into_iter().map(one).collect()
}

/// The share of each agent's nearest that are paid less than it is; of nobody, 0.
fn competition<E: Evaluator>(
    pool: &Pool<'_, E>,
    agents: &[AgentId],
    reference: &[AgentId],
    neighbours: usize,
) -> Result<Vec<f64>, PopulationError> {
    let others = pool.get(reference)?;
    let one = |id: &AgentId| {
        let agent = pool.agent(*id)?;
        let mut near: Vec<(f64, AgentId, f64)> = others
            .iter()
            .filter(|other| other.id != *id)
            .map(|other| Ok((agent.described.distance(&other.described)?, other.id, other.reward)))
            .collect::<Result<_, PopulationError>>()?;
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(neighbours);
        let beaten = near.iter().filter(|(_, _, reward)| *reward < agent.reward).count();
        Ok(beaten as f64 / near.len().max(1) as f64)
    };
    agents.iter().map(one).collect()
}

/// Whether no coordinate of the codes varies.
fn is_collapsed<E: Evaluator>(pool: &Pool<'_, E>, agents: &[AgentId]) -> Result<bool, PopulationError> {
    let version = pool.version();
    let codes: Vec<&[f64]> = pool
        .get(agents)?
        .into_iter()
        .map(|agent| agent.described.code(version).map_err(PopulationError::from))
        .collect::<Result<_, _>>()?;
    let count = codes.len() as f64;
    let still = |axis: usize| {
        let mean = codes.iter().map(|code| code[axis]).sum::<f64>() / count;
        codes.iter().map(|code| (code[axis] - mean).powi(2)).sum::<f64>() / count < COLLAPSED
    };
    Ok(codes.len() > 1 && (0..codes[0].len()).all(still))
}
