use milepost_core::{Batch, Provenance, ScoreRequest, Span, TokenPolicy, Trajectory, VersionMismatch};
use serde::{Deserialize, Serialize};

use crate::engine::fits;
use crate::{ContextRule, SamplingError, scoring_segments};

/// Replaces the behaviour log-probabilities of a batch by those of its final tokens in their final contexts.
///
/// Where a sampler moved tokens out of the context in which they were drawn, the probabilities that were
/// recorded then belong to another context, and a ratio against them would be wrong. Afterwards the ratio of
/// the version that sampled is exactly 1 on every trained token. Nothing changes for a batch that was
/// sampled in the plain way (up to the rounding of the policy).
///
/// `policy` must be the version that sampled; otherwise [`SamplingError::Version`].
pub fn recompute_behaviour<P: TokenPolicy>(
    batch: &mut Batch<()>,
    policy: &P,
    rule: &ContextRule,
) -> Result<(), SamplingError<P::Error>> {
    rescore(batch.trajectories_mut().collect(), policy, rule)
}

/// Tokens of a trajectory that were drawn in another context than the one in which they stand.
///
/// `ℓ_final − ℓ_drawn`, with the behaviour log-probabilities of the trajectory, says how far they were moved: the
/// logarithm of an importance weight, for those who want one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MovedTokens {
    /// Which of the rollout's trajectories, counted over all groups.
    pub place: usize,
    /// The tokens, as indices into the trajectory's, `[n]`.
    pub tokens: Vec<usize>,
    /// Their log-probabilities in the context in which they were drawn, `[n]`.
    pub drawn_logp: Vec<f32>,
}

/// The same for the trajectories of a batch that hold tokens from another context, and for those only. Says which
/// tokens these are.
pub(crate) fn recompute_edited<P: TokenPolicy>(
    batch: &mut Batch<()>,
    policy: &P,
    rule: &ContextRule,
) -> Result<Vec<MovedTokens>, SamplingError<P::Error>> {
    let (mut edited, mut all) = (Vec::new(), Vec::new());
    for (place, trajectory) in batch.trajectories_mut().enumerate() {
        let moved = |span: &&Span| matches!(span.provenance, Provenance::Spliced | Provenance::Injected);
        let tokens: Vec<usize> = trajectory.spans.iter().filter(moved).flat_map(Span::range).collect();
        if !tokens.is_empty() {
            let drawn_logp = tokens.iter().map(|token| trajectory.behaviour_logp[*token]).collect();
            all.push(MovedTokens { place, tokens, drawn_logp });
            edited.push(trajectory);
        }
    }
    rescore(edited, policy, rule)?;
    Ok(all)
}

/// A stretch of a segment that is scored in one go: from its first target to its last.
struct Stretch {
    trajectory: usize,
    tokens: Vec<u32>,
    first: usize,
    targets: Vec<(usize, usize)>,
    allowed: Vec<Option<Vec<u32>>>,
}

fn rescore<P: TokenPolicy>(
    mut trajectories: Vec<&mut Trajectory<()>>,
    policy: &P,
    rule: &ContextRule,
) -> Result<(), SamplingError<P::Error>> {
    let mut stretches = Vec::new();
    for (index, trajectory) in trajectories.iter().enumerate() {
        if trajectory.version != policy.version() {
            let (expected, found) = (trajectory.version, policy.version());
            return Err(VersionMismatch { expected, found }.into());
        }
        for segment in scoring_segments(trajectory, rule)? {
            let Some(&(first, _)) = segment.targets.first() else { continue };
            let mut allowed = Vec::new();
            if !trajectory.allowed.is_empty() {
                allowed.resize(segment.tokens.len() - first, None);
                for (position, token) in &segment.targets {
                    allowed[position - first].clone_from(&trajectory.allowed[*token]);
                }
            }
            let (tokens, targets) = (segment.tokens, segment.targets);
            stretches.push(Stretch { trajectory: index, tokens, first, targets, allowed });
        }
    }
    let requests: Vec<ScoreRequest<'_>> = stretches
        .iter()
        .map(|s| ScoreRequest {
            context: &s.tokens[..s.first],
            tokens: &s.tokens[s.first..],
            allowed: &s.allowed,
        })
        .collect();
    if requests.is_empty() {
        return Ok(());
    }
    let scores = policy.score(&requests).map_err(SamplingError::Policy)?;
    fits("rows of scores", scores.len(), stretches.len())?;
    for (stretch, row) in stretches.iter().zip(&scores) {
        fits("scores", row.len(), stretch.tokens.len() - stretch.first)?;
        for (position, token) in &stretch.targets {
            trajectories[stretch.trajectory].behaviour_logp[*token] = row[position - stretch.first];
        }
    }
    trajectories.iter().try_for_each(|trajectory| trajectory.validate().map_err(SamplingError::from))
}
