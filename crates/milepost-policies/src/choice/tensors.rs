use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor, activation::log_softmax};

use super::{ChoiceError, ChoiceRule, ChoiceSettings, Question, relevance::split, trie::Trie};
use crate::{SequenceModel, fused, sequence};

/// Stands for a branch that is not there: its exponential is 0.
const NOTHING: f64 = -1.0e9;

/// `log P` of each candidate of each question under `settings`, as tensors `[candidates]` that carry gradients:
/// the training side of [`score_candidates`](super::score_candidates), equal to it up to rounding.
///
/// Every candidate is a row of one forward pass, its context included, so that the gradient needs no cache.
///
/// # Errors
/// As [`score_candidates`](super::score_candidates) and [`ChoiceSettings::choice`].
pub fn choice_log_probs<M: SequenceModel>(
    model: &M,
    questions: &[Question<'_>],
    settings: ChoiceSettings,
) -> Result<Vec<Tensor<1>>, ChoiceError> {
    for question in questions {
        settings.check(question.candidates)?;
        sequence::check_contexts(model, &[question.context])?;
        question
            .candidates
            .sequences()
            .iter()
            .try_for_each(|tokens| sequence::check_tokens(model, tokens))?;
    }
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let device = model.devices().first().cloned().unwrap_or_else(Device::flex);
    let tree = Tree::new(questions);
    let log_probs = tree.node_log_probs(model, questions, &device)?;
    let terms = match settings.rule {
        ChoiceRule::Sum | ChoiceRule::Mean => log_probs,
        ChoiceRule::Stepwise => log_probs.clone() - tree.sibling_mass(log_probs, &device),
    };
    let mut scores = tree.path_sums(terms, &device);
    if settings.rule == ChoiceRule::Mean {
        let lengths: Vec<f32> = tree.paths.iter().map(|path| path.len() as f32).collect();
        scores = scores / Tensor::from_floats(lengths.as_slice(), &device);
    }
    let scores = scores.div_scalar(settings.temperature);
    let counts: Vec<usize> = questions.iter().map(|question| question.candidates.len()).collect();
    Ok(split(&scores, &counts).into_iter().map(|scores| log_softmax(scores, 0)).collect())
}

/// The prefixes of all candidates numbered through all levels, and who leads to whom.
struct Tree {
    tokens: Vec<u32>,
    /// For each node, the number of its parent among those with children.
    parents: Vec<usize>,
    /// For each parent, the candidate that passes it first, and how many of its tokens come before.
    places: Vec<(usize, usize)>,
    /// For each candidate of all questions, its nodes.
    paths: Vec<Vec<usize>>,
}

impl Tree {
    fn new(questions: &[Question<'_>]) -> Self {
        let trie = Trie::new(questions.iter().map(|question| question.candidates));
        let starts: Vec<usize> = trie
            .levels
            .iter()
            .scan(0, |next, level| Some(std::mem::replace(next, *next + level.len())))
            .collect();
        let paths: Vec<Vec<usize>> = trie
            .paths
            .iter()
            .flatten()
            .map(|path| path.iter().zip(&starts).map(|(node, start)| node + start).collect())
            .collect();
        let question_of: Vec<usize> = trie
            .paths
            .iter()
            .enumerate()
            .flat_map(|(question, paths)| std::iter::repeat_n(question, paths.len()))
            .collect();
        let tokens: Vec<u32> = trie.levels.iter().flatten().map(|node| node.token).collect();
        let mut tree = Self { parents: vec![0; tokens.len()], tokens, places: Vec::new(), paths };
        // A parent is the question's root or a node.
        let mut numbers: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
        for (candidate, path) in tree.paths.iter().enumerate() {
            let mut parent = None;
            for (depth, node) in path.iter().enumerate() {
                let number = *numbers.entry((question_of[candidate], parent)).or_insert_with(|| {
                    tree.places.push((candidate, depth));
                    tree.places.len() - 1
                });
                tree.parents[*node] = number;
                parent = Some(*node);
            }
        }
        tree
    }

    /// `log p` of each node's token after what comes before it. `[nodes]`
    fn node_log_probs<M: SequenceModel>(
        &self,
        model: &M,
        questions: &[Question<'_>],
        device: &Device,
    ) -> Result<Tensor<1>, ChoiceError> {
        // The last token is predicted, never read.
        let rows: Vec<(usize, Vec<u32>)> = questions
            .iter()
            .flat_map(|Question { context, candidates }| {
                candidates
                    .sequences()
                    .iter()
                    .map(|tokens| (context.len(), [context, &tokens[..tokens.len() - 1]].concat()))
            })
            .collect();
        let inputs: Vec<&[u32]> = rows.iter().map(|(_, row)| row.as_slice()).collect();
        sequence::check_contexts(model, &inputs)?;
        let length = inputs.iter().map(|input| input.len()).max().unwrap_or_default();
        let hidden = model.policy_hidden(sequence::padded(&inputs, length, device));
        let [n, _, width] = hidden.dims();
        let hidden: Tensor<2> = hidden.reshape([n * length, width]);
        let predicting = self.places.iter().map(|(row, depth)| row * length + rows[*row].0 - 1 + depth);
        let logits = model.logits(hidden.select(0, sequence::indices(predicting, device)));
        let logits = logits.select(0, sequence::indices(self.parents.iter().copied(), device));
        let targets = sequence::indices(self.tokens.iter().map(|token| *token as usize), device);
        Ok(fused::token_log_probs(logits, targets))
    }

    /// For each node `log Z` of its parent. `[nodes] → [nodes]`
    fn sibling_mass(&self, log_probs: Tensor<1>, device: &Device) -> Tensor<1> {
        let mut children = vec![Vec::new(); self.places.len()];
        self.parents.iter().enumerate().for_each(|(node, parent)| children[*parent].push(node));
        let table = padded_select(log_probs, &children, NOTHING, device);
        let max = table.clone().max_dim(1).detach();
        let mass: Tensor<1> = ((table - max.clone()).exp().sum_dim(1).log() + max).squeeze_dim(1);
        mass.select(0, sequence::indices(self.parents.iter().copied(), device))
    }

    /// `Σ` of the terms along each candidate's path. `[nodes] → [candidates]`
    fn path_sums(&self, terms: Tensor<1>, device: &Device) -> Tensor<1> {
        padded_select(terms, &self.paths, 0.0, device).sum_dim(1).squeeze_dim(1)
    }
}

/// The values at `rows[i][j]`, with `fill` where a row is shorter than the longest. `[n] → [rows, longest]`
fn padded_select(values: Tensor<1>, rows: &[Vec<usize>], fill: f64, device: &Device) -> Tensor<2> {
    let (outside, longest) = (values.dims()[0], rows.iter().map(Vec::len).max().unwrap_or_default());
    let values = Tensor::cat(vec![values, Tensor::full([1], fill, device)], 0);
    let at = rows.iter().flat_map(|row| (0..longest).map(move |j| row.get(j).copied().unwrap_or(outside)));
    let at: Tensor<1, Int> = sequence::indices(at, device);
    values.select(0, at).reshape([rows.len(), longest])
}
