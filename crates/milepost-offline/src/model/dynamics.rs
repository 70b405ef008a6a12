use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData},
};
use serde::{Deserialize, Serialize};

use crate::data::{DataError, Normalizer};
use crate::learners::LearnerError;
use crate::learners::settings::Check;
use crate::losses::bounded_log_variance;
use crate::nets::Stack;

/// Settings of a dynamics ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DynamicsConfig {
    /// Members trained, N. Default 7.
    pub members: usize,
    /// Members kept, those with the least error on held-out data. Default 5.
    pub elites: usize,
    /// Hidden widths. Default four layers of 200.
    pub hidden: Vec<usize>,
    /// Adam's step size. Default 10⁻³.
    pub learning_rate: f64,
    /// Weight decay: its gradient is added to the loss's. Default 5·10⁻⁵.
    pub decay: f64,
    /// Rows in a batch, for each member. Default 256.
    pub batch: usize,
    /// Share of transitions held out, at least one and at most 1000. Default 0.1.
    pub holdout: f64,
    /// Epochs without an improvement of 1 % in any member after which fitting stops. Default 5.
    pub patience: usize,
    /// Epochs after which it stops in any case. Default 200.
    pub max_epochs: usize,
}

impl Default for DynamicsConfig {
    fn default() -> Self {
        Self {
            members: 7,
            elites: 5,
            hidden: vec![200; 4],
            learning_rate: 1e-3,
            decay: 5e-5,
            batch: 256,
            holdout: 0.1,
            patience: 5,
            max_epochs: 200,
        }
    }
}

impl DynamicsConfig {
    pub(super) fn check(&self) -> Result<(), LearnerError> {
        let check = Check("dynamics");
        check.that(self.members > 0, "members", self.members, "at least 1")?;
        let elites = (1..=self.members).contains(&self.elites);
        check.that(elites, "elites", self.elites, "from 1 to `members`")?;
        let widths = self.hidden.iter().all(|width| *width > 0);
        check.that(widths, "hidden", format!("{:?}", self.hidden), "a list of positive widths")?;
        check.not_negative("learning-rate", self.learning_rate)?;
        check.not_negative("decay", self.decay)?;
        check.that(self.batch > 0, "batch", self.batch, "at least 1")?;
        check.that(self.holdout > 0.0 && self.holdout < 1.0, "holdout", self.holdout, "in (0, 1)")?;
        check.that(self.patience > 0, "patience", self.patience, "at least 1")
    }
}

/// The ensemble's parameters: one network for each member, and bounds of the log-variance that all share.
#[derive(Module, Debug)]
pub(super) struct Network {
    pub(super) stack: Stack,
    /// `[1, 1, d]`.
    pub(super) max_log_variance: Param<Tensor<3>>,
    /// `[1, 1, d]`.
    pub(super) min_log_variance: Param<Tensor<3>>,
}

impl Network {
    pub(super) fn new(
        config: &DynamicsConfig,
        inputs: usize,
        outputs: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let widths = [&[inputs], config.hidden.as_slice(), &[2 * outputs]].concat();
        let filled =
            |value: f32| Param::from_data(TensorData::new(vec![value; outputs], [1, 1, outputs]), device);
        Self {
            stack: Stack::new("offline dynamics", config.members, &widths, seed, device),
            max_log_variance: filled(0.5),
            min_log_variance: filled(-10.0),
        }
    }

    /// Means and log-variances. `[E, n, inputs] → [E, n, d], [E, n, d]`
    pub(super) fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let y = self.stack.forward(x);
        let d = y.dims()[2] / 2;
        let mean = y.clone().narrow(2, 0, d);
        let (min, max) = (self.min_log_variance.val(), self.max_log_variance.val());
        (mean, bounded_log_variance(y.narrow(2, d, d), min, max))
    }
}

/// What the elites think happens next, row by row. Standard deviations are those of the state change and of the
/// reward together.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// Elites, K.
    pub elites: usize,
    /// Rows, n.
    pub rows: usize,
    /// Numbers in `(s', r)`: state width + 1.
    pub width: usize,
    /// `[K, n, width]`: the mean next state and reward.
    pub mean: Vec<f32>,
    /// `[K, n, width]`.
    pub std: Vec<f32>,
}

impl Prediction {
    /// Mean and standard deviation of one elite for one row.
    #[must_use]
    pub fn of(&self, elite: usize, row: usize) -> (&[f32], &[f32]) {
        let at = (elite * self.rows + row) * self.width;
        (&self.mean[at..at + self.width], &self.std[at..at + self.width])
    }
}

/// A fitted ensemble of probabilistic networks `(s, a) → (s' − s, r)`, elites only (Chua et al. 2018, as in
/// MOPO, arXiv 2005.13239).
#[derive(Debug, Clone)]
pub struct Dynamics {
    pub(super) network: Network,
    pub(super) inputs: Normalizer,
    /// Targets are standardised too: `y = centre + scale · y'`.
    pub(super) centre: Vec<f32>,
    pub(super) scale: Vec<f32>,
    /// Held-out squared error of each elite, in standardised units.
    pub(super) errors: Vec<f64>,
    pub(super) epochs: usize,
    pub(super) device: Device,
}

impl Dynamics {
    /// Held-out mean squared error of each elite, in units of the targets' standard deviations.
    #[must_use]
    pub fn elite_errors(&self) -> &[f64] {
        &self.errors
    }

    /// Epochs it was fitted for.
    #[must_use]
    pub const fn epochs(&self) -> usize {
        self.epochs
    }

    /// Numbers in a state.
    #[must_use]
    pub const fn state_width(&self) -> usize {
        self.centre.len() - 1
    }

    /// What each elite thinks of each row. `[n, s], [n, a]`
    pub fn predict(&self, states: &[f32], actions: &[f32]) -> Result<Prediction, DataError> {
        let s = self.state_width();
        let a = self.inputs.width() - s;
        let n = states.len() / s;
        if actions.len() != n * a || states.len() != n * s {
            return Err(DataError::Width { what: "actions", found: actions.len(), expected: n * a });
        }
        let mut x = join(states, s, actions, a);
        self.inputs.apply(&mut x)?;
        let elites = self.network.stack.members();
        let x = Tensor::<2>::from_data(TensorData::new(x, [n, s + a]), &self.device);
        let x = x.unsqueeze_dim::<3>(0).expand([elites, n, s + a]);
        let (mean, log_variance) = self.network.forward(x);
        let mut mean: Vec<f32> = mean.into_data().iter::<f32>().collect();
        let mut std: Vec<f32> = log_variance.mul_scalar(0.5).exp().into_data().iter::<f32>().collect();
        let width = s + 1;
        for (index, (m, d)) in mean.iter_mut().zip(&mut std).enumerate() {
            let c = index % width;
            *m = self.centre[c] + self.scale[c] * *m;
            *d *= self.scale[c];
            if c < s {
                *m += states[(index / width) % n * s + c];
            }
        }
        Ok(Prediction { elites, rows: n, width, mean, std })
    }
}

/// Rows side by side. `[n, a], [n, b] → [n, a + b]`
pub(super) fn join(left: &[f32], a: usize, right: &[f32], b: usize) -> Vec<f32> {
    let pairs = left.chunks(a).zip(right.chunks(b));
    pairs.flat_map(|(l, r)| l.iter().chain(r)).copied().collect()
}
