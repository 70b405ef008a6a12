use crate::TaskError;
use crate::error::Check;

/// The widest layer that a [`Controller`] may have.
pub const MAX_WIDTH: usize = 32;

/// A fully connected network whose weights are a genome, with `tanh` after every layer.
///
/// The genome lists layer after layer, unit after unit: the weights of the unit's inputs, then its bias.
/// A network of widths `w₀, …, w_L` has `Σ (w_{l−1} + 1) · w_l` genes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    widths: Vec<usize>,
}

impl Controller {
    /// A network with these widths: inputs, hidden layers, outputs; each from 1 to [`MAX_WIDTH`].
    pub fn new(widths: Vec<usize>) -> Result<Self, TaskError> {
        let check = Check("controller");
        let shown = || format!("{widths:?}");
        check.that(widths.len() >= 2, "widths", shown(), "at least inputs and outputs")?;
        let fits = widths.iter().all(|width| (1..=MAX_WIDTH).contains(width));
        check.that(fits, "widths", shown(), format!("widths from 1 to {MAX_WIDTH}"))?;
        Ok(Self { widths })
    }

    /// The length of a genome.
    #[must_use]
    pub fn genes(&self) -> usize {
        self.widths.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
    }

    /// The outputs for `inputs` under the weights `genome`.
    ///
    /// # Panics
    /// If the slices have other lengths than the widths and [`Controller::genes`] say.
    pub fn act(&self, genome: &[f64], inputs: &[f64], outputs: &mut [f64]) {
        let last = self.widths.len() - 1;
        assert_eq!(genome.len(), self.genes(), "the genome has one gene for each weight and bias");
        assert!(
            inputs.len() == self.widths[0] && outputs.len() == self.widths[last],
            "inputs and outputs have the network's widths"
        );
        let mut layer = [0.0; MAX_WIDTH];
        layer[..inputs.len()].copy_from_slice(inputs);
        let mut rest = genome;
        for pair in self.widths.windows(2) {
            let mut next = [0.0; MAX_WIDTH];
            for unit in &mut next[..pair[1]] {
                let (weights, tail) = rest.split_at(pair[0]);
                let sum: f64 = weights.iter().zip(&layer).map(|(w, x)| w * x).sum();
                *unit = libm::tanh(sum + tail[0]);
                rest = &tail[1..];
            }
            layer = next;
        }
        outputs.copy_from_slice(&layer[..outputs.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_network_without_hidden_layers_is_tanh_of_an_affine_map() {
        let controller = Controller::new(vec![2, 1]).expect("valid");
        let mut output = [0.0];
        controller.act(&[0.5, -1.0, 0.25], &[2.0, 0.5], &mut output);
        assert_eq!(output, [libm::tanh(0.75)]);
        assert_eq!(Controller::new(vec![5, 5, 2]).expect("valid").genes(), 42);
    }

    #[test]
    fn widths_out_of_range_are_refused() {
        for widths in [vec![3], vec![3, 0], vec![MAX_WIDTH + 1, 1]] {
            assert!(Controller::new(widths).is_err());
        }
    }

    proptest! {
        #[test]
        fn outputs_lie_between_minus_one_and_one(
            genome in prop::collection::vec(-5.0f64..5.0, 42), inputs in prop::array::uniform5(0.0f64..1.0),
        ) {
            let mut outputs = [0.0; 2];
            Controller::new(vec![5, 5, 2]).expect("valid").act(&genome, &inputs, &mut outputs);
            prop_assert!(outputs.iter().all(|y| y.abs() <= 1.0));
        }
    }
}
