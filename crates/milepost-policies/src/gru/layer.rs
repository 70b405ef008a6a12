use burn::{
    module::Module,
    tensor::{Tensor, s},
};

use crate::{Dense, ftanh, initial::Initializer};

/// A layer of gated recurrent units (Cho et al. 2014, arXiv 1406.1078), in the form that applies the reset
/// gate after the matrix product, as cuDNN and PyTorch do:
///
/// ```text
/// r  = σ(x Wr + br + h Ur + cr)          reset
/// z  = σ(x Wz + bz + h Uz + cz)          update
/// n  = tanh(x Wn + bn + r ⊙ (h Un + cn)) candidate
/// h′ = (1 − z) ⊙ n + z ⊙ h
/// ```
///
/// The three gates lie side by side in the order r, z, n, so that a step needs one matrix product, and the
/// inputs of all steps are multiplied together.
#[derive(Module, Debug)]
pub struct GruLayer {
    /// `W` and `b`: `[inputs, 3 · width]`, `[3 · width]`.
    pub input: Dense,
    /// `U` and `c`: `[width, 3 · width]`, `[3 · width]`.
    pub recurrent: Dense,
}

impl GruLayer {
    pub(crate) fn new(inputs: usize, width: usize, initializer: &mut Initializer) -> Self {
        Self { input: gates(inputs, width, initializer), recurrent: gates(width, width, initializer) }
    }

    /// Width of the state.
    #[must_use]
    pub fn width(&self) -> usize {
        self.recurrent.inputs()
    }

    /// One step. `[n, inputs], [n, width] → [n, width]`.
    #[must_use]
    pub fn step(&self, input: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.update(self.input.forward(input), state)
    }

    /// The states after each input, from `state`. `[n, l, inputs], [n, width] → [n, l, width]`.
    #[must_use]
    pub fn forward(&self, inputs: Tensor<3>, mut state: Tensor<2>) -> Tensor<3> {
        let [rows, length, _] = inputs.dims();
        let gates = self.input.forward(inputs);
        let mut states = Vec::with_capacity(length);
        for t in 0..length {
            let gate = gates.clone().slice(s![.., t..t + 1, ..]).reshape([rows, 3 * self.width()]);
            state = self.update(gate, state);
            states.push(state.clone());
        }
        Tensor::stack(states, 1)
    }

    /// `h′` from `x W + b` and `h`.
    fn update(&self, input: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        let width = self.width();
        let (both, candidate) = (2 * width, 3 * width);
        let recurrent = self.recurrent.forward(state.clone());
        let open = sigmoid(input.clone().slice(s![.., 0..both]) + recurrent.clone().slice(s![.., 0..both]));
        let (reset, keep) = (open.clone().slice(s![.., 0..width]), open.slice(s![.., width..both]));
        let new =
            ftanh(input.slice(s![.., both..candidate]) + reset * recurrent.slice(s![.., both..candidate]));
        new.clone() + keep * (state - new)
    }
}

/// Three gates side by side, each with a matrix of its own that is orthogonal (Saxe et al. 2014), biases 0.
fn gates(inputs: usize, width: usize, initializer: &mut Initializer) -> Dense {
    let weight = initializer.orthogonal_blocks(inputs, width, 3, 1.0);
    Dense { weight, bias: initializer.zeros([3 * width]) }
}

/// `σ(x) = ½ + ½ tanh(x/2)`, by the fast `tanh`.
fn sigmoid(x: Tensor<2>) -> Tensor<2> {
    ftanh(x * 0.5) * 0.5 + 0.5
}
