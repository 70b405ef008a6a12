use burn::{
    module::Module,
    tensor::{Device, Int, Tensor, TensorData, activation::softmax},
};
use milepost_core::ParameterCheck;

use super::Velocity;
use crate::{FlowError, PerRow, Prompts};

/// Data whose point is a list of independent blocks of coordinates, each a mixture of isotropic Gaussians with the
/// same centres; a prompt sets the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    /// `m_j`: centres, `[J][d]`.
    pub centres: Vec<Vec<f64>>,
    /// `s_j`, `[J]`.
    pub spreads: Vec<f64>,
    /// Weights by prompt, block and component, `[C][B][J]`, not negative; normalised here.
    pub weights: Vec<Vec<Vec<f64>>>,
}

/// The exact velocity of a mixture, without training:
/// `v = Σ_j ρ_j {[σ − (1−σ)s_j²](x − u_j)/V_j − m_j}`, `ρ_j ∝ w_j N(x; u_j, V_j I)`, `u_j = (1−σ)m_j`,
/// `V_j = (1−σ)²s_j² + σ²`, block by block. The empty prompt has the mean weights of all prompts.
#[derive(Module, Debug)]
pub struct AnalyticMixture {
    /// `[J, d]`.
    centres: Tensor<2>,
    /// `log w`, `[(C + 1)·B, J]`.
    log_weights: Tensor<2>,
    #[module(skip)]
    spreads: Vec<f64>,
    #[module(skip)]
    blocks: usize,
}

impl AnalyticMixture {
    /// The field of this law.
    pub fn new(law: &Blocks, device: &Device) -> Result<Self, FlowError> {
        let check = ParameterCheck("analytic mixture");
        let (components, width) = (law.centres.len(), law.centres.first().map_or(0, Vec::len));
        let rectangular = width > 0 && law.centres.iter().all(|m| m.len() == width);
        check.that(rectangular, "centres", format!("{:?}", law.centres), "points of one dimension")?;
        let spreads =
            law.spreads.len() == components && law.spreads.iter().all(|s| *s > 0.0 && s.is_finite());
        check.that(spreads, "spreads", format!("{:?}", law.spreads), "one number above 0 for each centre")?;
        let blocks = law.weights.first().map_or(0, Vec::len);
        let is_law = |w: &Vec<f64>| {
            w.len() == components && w.iter().all(|w| *w >= 0.0) && w.iter().sum::<f64>() > 0.0
        };
        let valid = blocks > 0 && law.weights.iter().all(|b| b.len() == blocks && b.iter().all(is_law));
        check.that(
            valid,
            "weights",
            law.weights.len(),
            "for each prompt and block a weight for each centre",
        )?;
        let normalised: Vec<Vec<Vec<f64>>> = law
            .weights
            .iter()
            .map(|blocks| {
                blocks.iter().map(|w| w.iter().map(|x| x / w.iter().sum::<f64>()).collect()).collect()
            })
            .collect();
        let mean = |block: usize, j: usize| {
            normalised.iter().map(|prompt: &Vec<Vec<f64>>| prompt[block][j]).sum::<f64>()
                / normalised.len() as f64
        };
        let empty: Vec<Vec<f64>> =
            (0..blocks).map(|block| (0..components).map(|j| mean(block, j)).collect()).collect();
        let logs: Vec<f32> =
            normalised.iter().chain([&empty]).flatten().flatten().map(|w| libm::log(*w) as f32).collect();
        let rows = logs.len() / components;
        let centres: Vec<f32> = law.centres.iter().flatten().map(|m| *m as f32).collect();
        Ok(Self {
            centres: Tensor::from_data(TensorData::new(centres, [components, width]), device),
            log_weights: Tensor::from_data(TensorData::new(logs, [rows, components]), device),
            spreads: law.spreads.clone(),
            blocks,
        })
    }

    /// A number of each row and component, `[M, J]`, with `M` rows of blocks.
    fn table(&self, sigma: &PerRow, rows: usize, device: &Device, f: impl Fn(f64, f64) -> f64) -> Tensor<2> {
        let line = |sigma: f64| -> Vec<f32> { self.spreads.iter().map(|s| f(sigma, *s) as f32).collect() };
        let (components, total) = (self.spreads.len(), rows * self.blocks);
        match sigma {
            PerRow::All(sigma) => {
                Tensor::<2>::from_data(TensorData::new(line(*sigma), [1, components]), device)
                    .repeat_dim(0, total)
            }
            PerRow::Rows(sigmas) => {
                let values: Vec<f32> = sigmas.iter().flat_map(|s| line(*s).repeat(self.blocks)).collect();
                Tensor::from_data(TensorData::new(values, [total, components]), device)
            }
        }
    }
}

/// `V = (1−σ)²s² + σ²`.
fn variance(sigma: f64, s: f64) -> f64 {
    (1.0 - sigma) * (1.0 - sigma) * s * s + sigma * sigma
}

impl Velocity for AnalyticMixture {
    fn velocity(&self, x: Tensor<2>, sigma: &PerRow, prompts: &Prompts) -> Tensor<2> {
        let ([rows, dimension], device) = (x.dims(), x.device());
        let [components, width] = self.centres.dims();
        let total = rows * self.blocks;
        let index: Vec<i32> = prompts
            .index(self.prompts())
            .into_iter()
            .flat_map(|prompt| (0..self.blocks as i32).map(move |block| prompt * self.blocks as i32 + block))
            .collect();
        let index = Tensor::<1, Int>::from_data(TensorData::new(index, [total]), &device);
        let clean = sigma.map(|s| 1.0 - s);
        let clean = match &clean {
            PerRow::All(value) => PerRow::All(*value),
            PerRow::Rows(values) => {
                PerRow::Rows(values.iter().flat_map(|c| std::iter::repeat_n(*c, self.blocks)).collect())
            }
        };
        // [M, J, d]: x − (1−σ)m_j.
        let centres = self.centres.clone().reshape([1, components, width]);
        let shrunk = centres.clone() * clean.column(total, &device).reshape([total, 1, 1]);
        let shift = x.reshape([total, 1, width]) - shrunk;
        let square: Tensor<2> = shift.clone().square().sum_dim(2).squeeze_dim(2);
        let d = width as f64;
        let precision = self.table(sigma, rows, &device, |sigma, s| -0.5 / variance(sigma, s));
        let normaliser =
            self.table(sigma, rows, &device, |sigma, s| -0.5 * d * libm::log(variance(sigma, s)));
        let slope =
            self.table(sigma, rows, &device, |sigma, s| (sigma - (1.0 - sigma) * s * s) / variance(sigma, s));
        let rho = softmax(self.log_weights.clone().select(0, index) + square * precision + normaliser, 1);
        let along = shift * (rho.clone() * slope).reshape([total, components, 1]);
        let pull = centres * rho.reshape([total, components, 1]);
        (along - pull).sum_dim(1).reshape([rows, dimension])
    }

    fn dimension(&self) -> usize {
        self.blocks * self.centres.dims()[1]
    }

    fn prompts(&self) -> usize {
        self.log_weights.dims()[0] / self.blocks - 1
    }
}
