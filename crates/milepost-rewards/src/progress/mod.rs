//! A general reward model: the hop between two frames, learned (Robo-Dopamine, arXiv 2512.23703).
//!
//! The labels come from [`milepost_progress::robo_dopamine`]: keyframes, step-wise progress, pairs drawn evenly over hops
//! and gaps. The model minimises `E‖H_ω(init, goal, before, after) − H‖²`. It is a
//! [`PairJudge`]: [`FusedProgress`](milepost_progress::robo_dopamine::FusedProgress) makes a potential of it.
//!
//! The paper trains a vision-language model that answers in tokens; this is a small network of views that are vectors,
//! with the same inputs, labels, loss, view dropout and swapped references.

mod config;
mod network;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::Stream;
use milepost_policies::{Adam, AdamConfig, model_from_bytes, model_to_bytes};
use milepost_progress::robo_dopamine::Pair;
use milepost_progress::{Frame, PairJudge, ProgressError, Question};

use crate::ScoreError;
pub use config::HopModelConfig;
use network::{HopNetwork, Inputs};

/// One expert's episode to learn from.
#[derive(Debug, Clone)]
pub struct Demonstration {
    /// Its frames; the last one is success.
    pub frames: Vec<Arc<Frame>>,
    /// Which task it shows. References are swapped within a task.
    pub task: u64,
}

/// A learned judge of hops.
#[derive(Debug)]
pub struct HopModel {
    config: HopModelConfig,
    /// Values in each view, and in the reference view.
    widths: (Vec<usize>, usize),
    device: Device,
    network: HopNetwork,
}

/// One row of a batch.
struct Row<'a> {
    question: Question<'a, Arc<Frame>>,
    /// A view that is not to be shown.
    dropped: Option<usize>,
}

impl HopModel {
    /// A model for frames like `example`, with weights from `run_seed`.
    pub fn new(
        config: HopModelConfig,
        example: &Frame,
        run_seed: u64,
        device: &Device,
    ) -> Result<Self, ScoreError> {
        config.check()?;
        let width = |name: &String| {
            example.view(name).map(|image| image.values().len()).ok_or_else(|| {
                ScoreError::setting("hop-model", "views", name, "the name of a view of the example frame")
            })
        };
        let views = config.views.iter().map(width).collect::<Result<Vec<_>, _>>()?;
        let reference = width(&config.reference_view)?;
        let device = device.clone().inner();
        let sizes = [config.embedding, config.hidden];
        let network = HopNetwork::new(&views, reference, sizes, run_seed, &device.clone().autodiff());
        Ok(Self { config, widths: (views, reference), device, network })
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &HopModelConfig {
        &self.config
    }

    /// Trains on pairs of the demonstrations' frames; the order, dropped views and swapped references are drawn from
    /// `stream`. Returns the mean squared error of each step before it was taken.
    pub fn fit(
        &mut self,
        demonstrations: &[Demonstration],
        pairs: &[Pair],
        stream: &mut Stream,
    ) -> Result<Vec<f64>, ScoreError> {
        if pairs.is_empty() {
            return Err(ScoreError::setting("hop-model", "pairs", 0, "at least one pair to learn from"));
        }
        let within = |pair: &&Pair| {
            let frames = demonstrations.get(pair.episode).map_or(0, |episode| episode.frames.len());
            pair.before.max(pair.after) < frames
        };
        if let Some(pair) = pairs.iter().find(|pair| !within(pair)) {
            let reason = "frames of the demonstrations";
            return Err(ScoreError::setting("hop-model", "pairs", format!("{pair:?}"), reason));
        }
        let mut optimizer =
            Adam::new(AdamConfig { epsilon: 1e-8, max_grad_norm: None, ..AdamConfig::default() });
        let mut order: Vec<usize> = Vec::new();
        let mut losses = Vec::with_capacity(self.config.steps);
        for step in 0..self.config.steps {
            let mut rows = Vec::with_capacity(self.config.batch);
            let mut labels = Vec::with_capacity(self.config.batch);
            for _ in 0..self.config.batch {
                let next = order.pop().unwrap_or_else(|| {
                    order.extend(0..pairs.len());
                    stream.shuffle(&mut order);
                    order.pop().unwrap_or(0)
                });
                rows.push(self.row(demonstrations, pairs[next], stream));
                labels.push(pairs[next].hop as f32);
            }
            let labels = Tensor::<1>::from_data(TensorData::new(labels, [rows.len()]), &self.device);
            let loss = (self.network.forward(self.inputs(&rows)?) - labels).square().mean();
            losses.push(loss.clone().inner());
            optimizer.set_learning_rate(self.config.learning_rate_at(step));
            let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
            self.network = optimizer.step(self.network.clone(), gradients).0;
        }
        // Read once: reading in the loop would wait for the device in every step.
        let losses = Tensor::cat(losses, 0).try_into_vec_as::<f32>().map_err(|error| failed(&error))?;
        match losses.iter().find(|loss| !loss.is_finite()) {
            None => Ok(losses.into_iter().map(f64::from).collect()),
            Some(loss) => {
                let (scorer, value) = ("hop-model".to_owned(), f64::from(*loss));
                Err(ScoreError::NonFinite { scorer, what: "the loss", value })
            }
        }
    }

    /// A pair with its references, perhaps swapped, and perhaps without one of its views.
    fn row<'a>(&self, demonstrations: &'a [Demonstration], pair: Pair, stream: &mut Stream) -> Row<'a> {
        let own = &demonstrations[pair.episode];
        let reference = if stream.uniform() < self.config.reference_swap {
            let same: Vec<&Demonstration> = demonstrations
                .iter()
                .filter(|other| other.task == own.task && !other.frames.is_empty())
                .collect();
            same[stream.below(same.len() as u64) as usize]
        } else {
            own
        };
        let views = self.config.views.len() as u64;
        // Only where another view is left.
        let drops = stream.uniform() < self.config.view_dropout && views > 1;
        let dropped = drops.then(|| stream.below(views) as usize);
        let last = reference.frames.len() - 1;
        let question = Question {
            init: &reference.frames[0],
            goal: &reference.frames[last],
            before: &own.frames[pair.before],
            after: &own.frames[pair.after],
        };
        Row { question, dropped }
    }

    fn inputs<'a>(&self, rows: &[Row<'a>]) -> Result<Inputs, ScoreError> {
        let reference = |of: fn(&Question<'a, Arc<Frame>>) -> &'a Frame| {
            self.matrix(
                &self.config.reference_view,
                self.widths.1,
                rows.iter().map(|row| Some(of(&row.question))),
            )
        };
        let views = |of: fn(&Question<'a, Arc<Frame>>) -> &'a Frame| {
            let view = |(index, name): (usize, &String)| {
                let frames = rows.iter().map(|row| (row.dropped != Some(index)).then(|| of(&row.question)));
                self.matrix(name, self.widths.0[index], frames)
            };
            self.config.views.iter().enumerate().map(view).collect::<Result<Vec<_>, _>>()
        };
        Ok(Inputs {
            references: [reference(|q| q.init)?, reference(|q| q.goal)?],
            pairs: [views(|q| q.before)?, views(|q| q.after)?],
        })
    }

    /// `[rows, width + 1]`: the view's values and a 1; zeros where the view is missing.
    fn matrix<'a>(
        &self,
        name: &str,
        width: usize,
        frames: impl ExactSizeIterator<Item = Option<&'a Frame>>,
    ) -> Result<Tensor<2>, ScoreError> {
        let rows = frames.len();
        let mut values = vec![0.0; rows * (width + 1)];
        for (row, frame) in values.chunks_exact_mut(width + 1).zip(frames) {
            let Some(image) = frame.and_then(|frame| frame.view(name)) else { continue };
            if image.values().len() != width {
                let reason = format!("view {name} has {} values, not {width}", image.values().len());
                return Err(ScoreError::State { scorer: "hop-model".to_owned(), reason });
            }
            row[..width].copy_from_slice(image.values());
            row[width] = 1.0;
        }
        Ok(Tensor::from_data(TensorData::new(values, [rows, width + 1]), &self.device))
    }

    /// The weights.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ScoreError> {
        model_to_bytes(&self.network).map_err(|error| failed(&error))
    }

    /// The same model with other weights.
    pub fn with_bytes(mut self, bytes: &[u8]) -> Result<Self, ScoreError> {
        self.network = model_from_bytes(self.network, bytes).map_err(|error| failed(&error))?;
        Ok(self)
    }
}

fn failed(reason: &impl ToString) -> ScoreError {
    ScoreError::State { scorer: "hop-model".to_owned(), reason: reason.to_string() }
}

impl PairJudge<Arc<Frame>> for HopModel {
    fn judge(&mut self, questions: &[Question<'_, Arc<Frame>>]) -> Result<Vec<Option<f64>>, ProgressError> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let fault = |reason: String| ProgressError::Judge { judge: "hop-model", reason };
        let rows: Vec<Row<'_>> =
            questions.iter().map(|question| Row { question: *question, dropped: None }).collect();
        let inputs = self.inputs(&rows).map_err(|error| fault(error.to_string()))?;
        let hops = self.network.valid().forward(inputs).try_into_vec_as::<f32>();
        let hops = hops.map_err(|error| fault(error.to_string()))?;
        Ok(hops.into_iter().map(|hop| Some(f64::from(hop)).filter(|hop| hop.is_finite())).collect())
    }
}
