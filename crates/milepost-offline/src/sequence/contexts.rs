use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::Stream;

use crate::data::{DataError, Dataset, Normalizer, Sampler, all_steps};

/// Contexts as tensors: `n` stretches of `K` steps. Shorter ones stand at the beginning and are filled up behind.
///
/// Causal attention never looks ahead, and steps are known by their place in the episode, so filling up behind
/// gives the predictions that filling up in front with masked attention would give, without a mask.
#[derive(Debug, Clone)]
pub struct ContextBatch {
    /// `[n, K, 1]`, scaled returns-to-go.
    pub returns: Tensor<3>,
    /// `[n, K, s]`, normalised.
    pub states: Tensor<3>,
    /// `[n, K, a]`.
    pub actions: Tensor<3>,
    /// `[n, K]`, steps of the episode.
    pub steps: Tensor<2, Int>,
    /// `[n, K]`: 1 where there is a step with an action, else 0.
    pub mask: Tensor<2>,
}

/// One step as a context holds it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) to_go: f32,
    pub(super) state: Vec<f32>,
    /// Zeros where the action is still to come.
    pub(super) action: Vec<f32>,
    pub(super) step: usize,
    pub(super) counts: bool,
}

impl ContextBatch {
    pub(super) fn of(contexts: &[Vec<Row>], k: usize, s: usize, a: usize, device: &Device) -> Self {
        let n = contexts.len();
        let (mut returns, mut steps, mut mask) = (vec![0f32; n * k], vec![0i32; n * k], vec![0f32; n * k]);
        let (mut states, mut actions) = (vec![0f32; n * k * s], vec![0f32; n * k * a]);
        for (index, context) in contexts.iter().enumerate() {
            for (place, row) in context.iter().enumerate() {
                let at = index * k + place;
                returns[at] = row.to_go;
                steps[at] = row.step as i32;
                mask[at] = f32::from(u8::from(row.counts));
                states[at * s..(at + 1) * s].copy_from_slice(&row.state);
                actions[at * a..(at + 1) * a].copy_from_slice(&row.action);
            }
        }
        Self {
            returns: Tensor::from_data(TensorData::new(returns, [n, k, 1]), device),
            states: Tensor::from_data(TensorData::new(states, [n, k, s]), device),
            actions: Tensor::from_data(TensorData::new(actions, [n, k, a]), device),
            steps: Tensor::from_data(TensorData::new(steps, [n, k]), device),
            mask: Tensor::from_data(TensorData::new(mask, [n, k]), device),
        }
    }
}

/// Draws contexts from a data set: the end of a context is uniform over time steps, so a trajectory comes up in
/// proportion to its length.
#[derive(Debug, Clone)]
pub struct Contexts {
    rows: Vec<Vec<Row>>,
    steps: Vec<(usize, usize)>,
    sampler: Sampler,
    context: usize,
    widths: (usize, usize),
    best_return: f64,
}

impl Contexts {
    /// Contexts of `context` steps with returns-to-go divided by `scale`. Trajectories without actions are an
    /// error. A last step without a label stays in the context, but not in the loss.
    pub fn new(
        data: &Dataset,
        normalizer: &Normalizer,
        context: usize,
        scale: f64,
    ) -> Result<Self, DataError> {
        data.require_actions()?;
        let (s, a) = (data.state_width(), data.action_space().width());
        let mut rows = Vec::with_capacity(data.len());
        let mut best_return = f64::NEG_INFINITY;
        for t in data.trajectories() {
            let (to_go, states) = (t.returns_to_go(), normalizer.normalized(&t.states)?);
            let actions = t.actions().unwrap_or_default();
            best_return = best_return.max(to_go[0]);
            let row = |step: usize| {
                let known = actions.get(step * a..(step + 1) * a);
                Row {
                    to_go: (to_go[step] / scale) as f32,
                    state: states[step * s..(step + 1) * s].to_vec(),
                    action: known.map_or_else(|| vec![0.0; a], <[f32]>::to_vec),
                    step,
                    counts: known.is_some(),
                }
            };
            rows.push((0..t.len()).map(row).collect());
        }
        let steps = all_steps(data);
        let sampler = Sampler::uniform(steps.len())?;
        Ok(Self { rows, steps, sampler, context, widths: (s, a), best_return })
    }

    /// The largest return in the data.
    #[must_use]
    pub const fn best_return(&self) -> f64 {
        self.best_return
    }

    /// `n` contexts.
    pub fn draw(&self, n: usize, stream: &mut Stream, device: &Device) -> ContextBatch {
        let one = |_| {
            let (trajectory, last) = self.steps[self.sampler.draw(stream)];
            let first = (last + 1).saturating_sub(self.context);
            self.rows[trajectory][first..=last].to_vec()
        };
        let contexts: Vec<Vec<Row>> = (0..n).map(one).collect();
        ContextBatch::of(&contexts, self.context, self.widths.0, self.widths.1, device)
    }
}
