use burn::{
    module::Module,
    tensor::{Device, Tensor},
};

use super::{ChoiceError, Question};
use crate::{GruConfig, GruTrunk, PolicyError, initial::Initializer, sequence};

/// A deep reinforcement relevance network (He et al. 2016, arXiv 1511.04636): one recurrent network reads the
/// context, another each candidate, and the inner product of their last states is the candidate's score,
///
/// ```text
/// Q(x, c) = ⟨h(x), g(c)⟩
/// ```
///
/// Take it as a value to regress on, or as a logit: `log_softmax` of the scores is a policy over candidates. No
/// distribution over single tokens stands behind it, so it learns nothing about texts that were no candidates.
#[derive(Module, Debug)]
pub struct RelevanceNetwork {
    /// Reads contexts.
    pub context: GruTrunk,
    /// Reads candidates.
    pub candidate: GruTrunk,
    #[module(skip)]
    limit: usize,
}

impl RelevanceNetwork {
    /// Two networks of the sizes in `config` for `vocabulary` tokens, with initial weights that depend on
    /// `run_seed` alone.
    ///
    /// # Errors
    /// If a size is 0.
    pub fn new(
        config: &GruConfig,
        vocabulary: usize,
        run_seed: u64,
        device: &Device,
    ) -> Result<Self, PolicyError> {
        config.check(vocabulary)?;
        let mut initializer = Initializer::new(run_seed, device);
        Ok(Self {
            context: GruTrunk::new(config, vocabulary, &mut initializer),
            candidate: GruTrunk::new(config, vocabulary, &mut initializer),
            limit: config.context,
        })
    }

    /// The score of each candidate of each question, `[candidates]` each; gradients reach both networks. Each
    /// context is read once.
    ///
    /// # Errors
    /// If a context is empty, or a sequence too long or with an unknown token.
    pub fn scores(&self, questions: &[Question<'_>]) -> Result<Vec<Tensor<1>>, ChoiceError> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let contexts: Vec<&[u32]> = questions.iter().map(|question| question.context).collect();
        let counts: Vec<usize> = questions.iter().map(|question| question.candidates.len()).collect();
        let sequences = questions.iter().flat_map(|question| question.candidates.sequences());
        let candidates: Vec<&[u32]> = sequences.map(Vec::as_slice).collect();
        let read = |trunk: &GruTrunk, sequences: &[&[u32]]| -> Result<Tensor<2>, PolicyError> {
            let mut layers = trunk.last_states(sequences, self.limit)?;
            Ok(layers.pop().expect("a network has at least one layer"))
        };
        let (contexts, candidates) = (read(&self.context, &contexts)?, read(&self.candidate, &candidates)?);
        let owners =
            counts.iter().enumerate().flat_map(|(question, count)| std::iter::repeat_n(question, *count));
        let owners = sequence::indices(owners, &contexts.device());
        let scores: Tensor<1> = (contexts.select(0, owners) * candidates).sum_dim(1).squeeze_dim(1);
        Ok(split(&scores, &counts))
    }
}

/// Consecutive stretches of the given lengths.
pub(super) fn split(values: &Tensor<1>, counts: &[usize]) -> Vec<Tensor<1>> {
    let ends = counts.iter().scan(0, |end, count| {
        *end += count;
        Some(*end)
    });
    ends.zip(counts).map(|(end, count)| values.clone().narrow(0, end - count, *count)).collect()
}
