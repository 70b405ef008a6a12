use burn::tensor::Device;

use super::{Candidates, ChoiceError, ChoiceRule, trie::Trie};
use crate::{PolicyError, SequenceModel, fused, sequence};

/// A context and what may follow it.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the model reads; not empty.
    pub context: &'a [u32],
    /// What it chooses among.
    pub candidates: &'a Candidates,
}

/// What a model thinks of each candidate, token by token.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateScores {
    /// `log p(cₜ|x, c₍<ₜ₎)` of each candidate's tokens, in nats.
    pub token_log_probs: Vec<Vec<f64>>,
    /// `log Z(c₍<ₜ₎)`: the logarithm of the probability of all tokens with which some candidate goes on.
    pub branch_log_mass: Vec<Vec<f64>>,
}

impl CandidateScores {
    /// The score of each candidate under `rule`.
    #[must_use]
    pub fn by(&self, rule: ChoiceRule) -> Vec<f64> {
        let sum = |terms: &[f64]| terms.iter().sum::<f64>();
        let pairs = self.token_log_probs.iter().zip(&self.branch_log_mass);
        pairs
            .map(|(tokens, masses)| match rule {
                ChoiceRule::Sum => sum(tokens),
                ChoiceRule::Mean => sum(tokens) / tokens.len() as f64,
                ChoiceRule::Stepwise => tokens.iter().zip(masses).map(|(token, mass)| token - mass).sum(),
            })
            .collect()
    }
}

/// Scores the candidates of each question. A context is read once, and so is every prefix that several
/// candidates share: after the contexts there are as many decoding steps as the longest candidate has tokens,
/// less one, and all questions take them together.
///
/// # Errors
/// If a context is empty, does not leave room for its candidates, or holds an unknown token, and likewise for
/// the candidates.
pub fn score_candidates<M: SequenceModel>(
    model: &M,
    questions: &[Question<'_>],
    device: &Device,
) -> Result<Vec<CandidateScores>, ChoiceError> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let contexts: Vec<&[u32]> = questions.iter().map(|question| question.context).collect();
    for sequence in questions.iter().flat_map(|question| question.candidates.sequences()) {
        sequence::check_tokens(model, sequence)?;
    }
    let trie = Trie::new(questions.iter().map(|question| question.candidates));
    let (mut cache, mut logits) = model.prefill(&contexts, trie.levels.len() - 1, device)?;
    // For each level, `log p` of its nodes and `log Z` of their parents.
    let (mut log_probs, mut masses) = (Vec::new(), Vec::new());
    // The nodes of the level above that have a row in the logits, in order.
    let mut parents: Vec<usize> = (0..questions.len()).collect();
    for (depth, level) in trie.levels.iter().enumerate() {
        let rows: Vec<usize> = level
            .iter()
            .map(|node| parents.binary_search(&node.parent).expect("a parent with children has a row"))
            .collect();
        let targets = sequence::indices(level.iter().map(|node| node.token as usize), device);
        let picked = logits.clone().select(0, sequence::indices(rows.iter().copied(), device));
        let scores = host(fused::token_log_probs(picked, targets))?;
        masses.push(sibling_mass(&rows, &scores));
        log_probs.push(scores);
        let inner = trie.inner(depth);
        if !inner.is_empty() {
            let from: Vec<usize> = inner.iter().map(|node| rows[*node]).collect();
            let tokens: Vec<u32> = inner.iter().map(|node| level[*node].token).collect();
            logits = model.decode(&mut cache, &from, &tokens)?;
        }
        parents = inner;
    }
    let along = |levels: &[Vec<f64>], paths: &[Vec<usize>]| -> Vec<Vec<f64>> {
        paths.iter().map(|path| path.iter().zip(levels).map(|(node, level)| level[*node]).collect()).collect()
    };
    let scores = trie.paths.iter().map(|paths| CandidateScores {
        token_log_probs: along(&log_probs, paths),
        branch_log_mass: along(&masses, paths),
    });
    Ok(scores.collect())
}

/// For each node the logarithm of the summed probability of its parent's children; children stand together.
fn sibling_mass(rows: &[usize], log_probs: &[f64]) -> Vec<f64> {
    let mut masses = Vec::with_capacity(rows.len());
    for siblings in rows.chunk_by(|a, b| a == b) {
        let start = masses.len();
        let terms = &log_probs[start..start + siblings.len()];
        let max = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = terms.iter().map(|term| libm::exp(term - max)).sum();
        masses.resize(start + siblings.len(), max + libm::log(total));
    }
    masses
}

fn host(values: burn::tensor::Tensor<1>) -> Result<Vec<f64>, PolicyError> {
    let values =
        values.try_into_vec_as::<f32>().map_err(|error| PolicyError::Device { reason: error.to_string() })?;
    Ok(values.into_iter().map(f64::from).collect())
}
