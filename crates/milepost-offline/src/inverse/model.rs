use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{
        Device, Tensor, TensorData,
        activation::{log_softmax, softmax},
    },
};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::ftanh;

use super::{InverseConfig, mixture};
use crate::data::{
    ActionColumn, ActionSpace, DataError, Dataset, Normalizer, Sampler, WindowEncoding, Windows,
};
use crate::learners::LearnerError;
use crate::learners::policy::centre_and_log_std;
use crate::learners::settings::adam;
use crate::losses::squashed_log_prob;
use crate::nets::{BestMembers, Dropout, Stack};

/// Rows that are evaluated at once.
const CHUNK: usize = 4096;

/// How fitting went.
#[derive(Debug, Clone, PartialEq)]
pub struct InverseReport {
    /// Validation loss of each member with the weights that were kept: the mean negative log-likelihood.
    pub validation: Vec<f64>,
    /// Whether trajectories were held out; if not, the loss is that of the fitted data.
    pub held_out: bool,
}

/// An ensemble that tells the action from the states around it: a tanh-squashed Gaussian for actions in a box, a
/// classifier for choices.
#[derive(Debug, Clone)]
pub struct InverseModel {
    config: InverseConfig,
    space: ActionSpace,
    normalizer: Normalizer,
    /// Of encoded windows; the identity for states, which are normalised already.
    inputs: Normalizer,
    /// Frozen.
    stack: Stack,
    device: Device,
}

impl InverseModel {
    /// Fits on `labelled`, every trajectory of which must have actions. `normalizer` comes from whatever states
    /// one has, labelled or not; `device` must record gradients. The weights with the best validation loss of
    /// each member are the ones kept.
    pub fn fit(
        labelled: &Dataset,
        normalizer: &Normalizer,
        config: &InverseConfig,
        seed: u64,
        device: &Device,
    ) -> Result<(Self, InverseReport), LearnerError> {
        config.check()?;
        if labelled.is_empty() {
            return Err(DataError::Empty { what: "labelled trajectories" }.into());
        }
        labelled.require_actions()?;
        let space = labelled.action_space();
        let (train, held) = hold_out(labelled, config.validation, seed);
        let valid_data = held.as_ref().unwrap_or(&train);
        let (mut train_x, mut valid_x) =
            (encode(&train, normalizer, config)?, encode(valid_data, normalizer, config)?);
        let inputs = match config.encoding {
            WindowEncoding::States => Normalizer::identity(train_x.width),
            WindowEncoding::Changes => Normalizer::fit_rows(&train_x.rows, train_x.width)?,
        };
        inputs.apply(&mut train_x.rows)?;
        inputs.apply(&mut valid_x.rows)?;
        let train_y = train_x.targets(&train)?;
        let valid_y = valid_x.targets(valid_data)?;

        let outputs = match space {
            ActionSpace::Box(width) => 2 * width,
            ActionSpace::Discrete(choices) => choices,
        };
        let widths = [&[train_x.width], config.hidden.as_slice(), &[outputs]].concat();
        let mut stack = Stack::new("inverse dynamics", config.members, &widths, seed, device);
        let stream = |name| Stream::new(StreamKey::new(seed, Purpose::named(name)));
        let (mut rows_stream, mut dropout) =
            (stream("inverse batches"), Dropout::new(config.dropout, stream("inverse dropout")));
        let sampler = Sampler::uniform(train_x.len())?;
        let plain = device.clone().inner();
        let mut optimizer = adam(config.learning_rate);
        let mut best = BestMembers::new(config.members);
        for step in 1..=config.steps {
            let rows = sampler.rows(config.batch.min(4 * train_x.len()), &mut rows_stream);
            let x = pick(&train_x.rows, train_x.width, &rows, config.members, &plain);
            let y = pick(&train_y, space.width(), &rows, config.members, &plain);
            let loss = losses(stack.forward_dropped(x, &mut dropout), y, space).sum();
            let grads = GradientsParams::from_grads(loss.backward(), &stack);
            stack = optimizer.step(stack, grads).0;
            if step.is_multiple_of(config.validate_every) || step == config.steps {
                let now = validate(&stack.valid(), &valid_x, &valid_y, space, &plain);
                best.offer(&stack, &now, 0.0);
            }
        }
        let validation = best.losses().to_vec();
        let stack = best.restore(stack).valid();
        let (config, normalizer) = (config.clone(), normalizer.clone());
        let model = Self { config, space, normalizer, inputs, stack, device: plain };
        Ok((model, InverseReport { validation, held_out: held.is_some() }))
    }

    /// Labels for every step whose next state is known, one column for each trajectory. Recorded actions are
    /// not looked at.
    ///
    /// In a box the mean is that of the members' squashed centres `tanh μ_e`, and the variance that of the
    /// mixture with `σ_e` carried through the squash to first order, `σ_e (1 − tanh² μ_e)`. For choices they
    /// are the mean probability `p` and `p (1 − p)`.
    pub fn label(&self, data: &Dataset) -> Result<Vec<ActionColumn>, LearnerError> {
        if data.state_width() != self.normalizer.width() {
            let (found, expected) = (data.state_width(), self.normalizer.width());
            return Err(DataError::Width { what: "states", found, expected }.into());
        }
        if data.is_empty() {
            return Ok(Vec::new());
        }
        let mut windows = encode(data, &self.normalizer, &self.config)?;
        self.inputs.apply(&mut windows.rows)?;
        let (mean, variance) = self.predict(&windows);
        let width = self.space.width();
        let mut at = 0;
        let column = |t: &crate::data::Trajectory| {
            let len = t.steps_with_next(data.state_width()) * width;
            let range = at..at + len;
            at += len;
            ActionColumn::Proxy { mean: mean[range.clone()].to_vec(), variance: variance[range].to_vec() }
        };
        Ok(data.trajectories().iter().map(column).collect())
    }

    /// Mean and variance of each window's action, `[n, a]`.
    fn predict(&self, windows: &Windows) -> (Vec<f32>, Vec<f32>) {
        let members = self.stack.members();
        let (mut mean, mut variance) = (Vec::new(), Vec::new());
        for rows in windows.rows.chunks(CHUNK * windows.width) {
            let n = rows.len() / windows.width;
            let x = Tensor::<2>::from_data(TensorData::new(rows.to_vec(), [n, windows.width]), &self.device);
            let y = self.stack.forward_shared(x);
            let [_, _, outputs] = y.dims();
            let host = |x: Tensor<2>| -> Vec<f32> { x.into_data().iter::<f32>().collect() };
            let y = y.reshape([members * n, outputs]);
            let (m, v) = match self.space {
                ActionSpace::Box(_) => {
                    let (centre, log_std) = centre_and_log_std(y);
                    let squashed = ftanh(centre);
                    let slope = squashed.clone().square().neg().add_scalar(1.0);
                    let std = log_std.exp() * slope;
                    mixture(&host(squashed.clamp(-1.0, 1.0)), &host(std.square()), members)
                }
                ActionSpace::Discrete(_) => {
                    let p = host(softmax(y, 1));
                    let (p, _) = mixture(&p, &vec![0.0; p.len()], members);
                    let v = p.iter().map(|p| (p * (1.0 - p)).max(0.0)).collect();
                    (p, v)
                }
            };
            mean.extend(m);
            variance.extend(v);
        }
        (mean, variance)
    }
}

/// The windows of `data` in the encoding that the model reads.
fn encode(data: &Dataset, normalizer: &Normalizer, config: &InverseConfig) -> Result<Windows, DataError> {
    let windows = Windows::of(data, config.past, normalizer, config.padding)?;
    Ok(windows.encoded(config.encoding, data.state_width()))
}

/// Training and validation trajectories; no validation where there is a single one or none is asked for.
fn hold_out(labelled: &Dataset, share: f64, seed: u64) -> (Dataset, Option<Dataset>) {
    if labelled.len() < 2 || share == 0.0 {
        return (labelled.clone(), None);
    }
    let held = ((share * labelled.len() as f64).round() as usize).clamp(1, labelled.len() - 1);
    let mut order: Vec<usize> = (0..labelled.len()).collect();
    Stream::new(StreamKey::new(seed, Purpose::named("inverse validation"))).shuffle(&mut order);
    let (valid, train) = order.split_at_mut(held);
    valid.sort_unstable();
    train.sort_unstable();
    (labelled.subset(train), Some(labelled.subset(valid)))
}

/// The same rows for every member. `[E, rows, width]`
fn pick(values: &[f32], width: usize, rows: &[usize], members: usize, device: &Device) -> Tensor<3> {
    let flat: Vec<f32> =
        rows.iter().flat_map(|row| &values[row * width..(row + 1) * width]).copied().collect();
    let shape = [1, rows.len(), width];
    Tensor::<3>::from_data(TensorData::new(flat, shape), device).expand([members, rows.len(), width])
}

/// Mean negative log-likelihood of each member. `[E, n, outputs], [E, n, a] → [E]`
fn losses(outputs: Tensor<3>, targets: Tensor<3>, space: ActionSpace) -> Tensor<1> {
    let [members, n, width] = outputs.dims();
    let flat = outputs.reshape([members * n, width]);
    let targets = targets.reshape([members * n, space.width()]);
    let log_prob = match space {
        ActionSpace::Box(_) => {
            let (mean, log_std) = centre_and_log_std(flat);
            squashed_log_prob(targets, mean, log_std)
        }
        ActionSpace::Discrete(_) => (log_softmax(flat, 1) * targets).sum_dim(1).squeeze_dim::<1>(1),
    };
    log_prob.reshape([members, n]).mean_dim(1).neg().squeeze_dim::<1>(1)
}

/// The loss of each member over all windows, without dropout.
fn validate(stack: &Stack, x: &Windows, y: &[f32], space: ActionSpace, device: &Device) -> Vec<f64> {
    let members = stack.members();
    let mut total = vec![0.0; members];
    for start in (0..x.len()).step_by(CHUNK) {
        let rows: Vec<usize> = (start..x.len().min(start + CHUNK)).collect();
        let outputs = stack.forward(pick(&x.rows, x.width, &rows, members, device));
        let part = losses(outputs, pick(y, space.width(), &rows, members, device), space);
        for (total, loss) in total.iter_mut().zip(part.into_data().iter::<f64>()) {
            *total += loss * rows.len() as f64;
        }
    }
    total.into_iter().map(|total| total / x.len() as f64).collect()
}
