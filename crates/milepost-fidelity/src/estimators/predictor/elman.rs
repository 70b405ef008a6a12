//! A small recurrent network with its own gradients.

use milepost_core::Stream;

/// An Elman network of tokens: `h_t = tanh(U[x_t] + W h_{t−1} + b)`, `y_t = v·h_t + c`, `h_{−1} = 0`.
///
/// A token that the network does not know adds nothing to the hidden state. `W` starts near the identity, so
/// that what happened early is not forgotten before training.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Elman {
    hidden: usize,
    tokens: usize,
    /// `[U (tokens × hidden), W (hidden × hidden), b (hidden), v (hidden), c]`.
    parameters: Vec<f64>,
}

/// Buffers of one pass, reused.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace {
    /// `h_t`, `[steps, hidden]`.
    states: Vec<f64>,
    /// `∂loss/∂(pre-activation of h_t)`, `[hidden]`.
    carry: Vec<f64>,
    /// `∂loss/∂h_{t−1}` through `W`.
    back: Vec<f64>,
    /// `∂loss/∂parameters`.
    pub(super) gradient: Vec<f64>,
}

impl Elman {
    /// `U ~ N(0, 0.5²)`, `W = 0.9 I + N(0, 0.1²)`, `v ~ N(0, 0.3²)`, `b = c = 0`. Smaller `U` leaves the network
    /// where products of what it read early and late cannot be learned.
    pub(super) fn new(hidden: usize, tokens: usize, mut noise: Stream) -> Self {
        let mut network = Self {
            hidden,
            tokens,
            parameters: vec![0.0; tokens * hidden + hidden * hidden + 2 * hidden + 1],
        };
        let (recurrent, bias, readout) = (network.recurrent(), network.bias(), network.readout());
        for (scale, range) in [(0.5, 0..recurrent), (0.1, recurrent..bias), (0.3, readout..readout + hidden)]
        {
            for parameter in &mut network.parameters[range] {
                *parameter = scale * noise.normal();
            }
        }
        for unit in 0..hidden {
            network.parameters[recurrent + unit * hidden + unit] += 0.9;
        }
        network
    }

    const fn recurrent(&self) -> usize {
        self.tokens * self.hidden
    }

    const fn bias(&self) -> usize {
        self.recurrent() + self.hidden * self.hidden
    }

    const fn readout(&self) -> usize {
        self.bias() + self.hidden
    }

    /// Writes `y_t` for each token of a sequence.
    pub(super) fn forward(&self, tokens: &[Option<u32>], space: &mut Workspace, out: &mut [f64]) {
        let n = self.hidden;
        space.states.clear();
        space.states.resize(tokens.len() * n, 0.0);
        let readout = &self.parameters[self.readout()..];
        for (t, token) in tokens.iter().enumerate() {
            let (before, here) = space.states.split_at_mut(t * n);
            let last = if t == 0 { None } else { Some(&before[(t - 1) * n..]) };
            for (unit, state) in here[..n].iter_mut().enumerate() {
                let mut sum = self.parameters[self.bias() + unit];
                if let Some(token) = token {
                    sum += self.parameters[*token as usize * n + unit];
                }
                if let Some(last) = last {
                    let row = &self.parameters[self.recurrent() + unit * n..][..n];
                    sum += row.iter().zip(last).map(|(w, h)| w * h).sum::<f64>();
                }
                *state = libm::tanh(sum);
            }
            out[t] = readout[..n].iter().zip(&here[..n]).map(|(v, h)| v * h).sum::<f64>() + readout[n];
        }
    }

    /// Writes the gradient of a loss whose derivatives by the outputs are `errors[t]` into
    /// `space.gradient`; [`Elman::forward`] ran before on the same tokens.
    pub(super) fn backward(&self, tokens: &[Option<u32>], errors: &[f64], space: &mut Workspace) {
        let n = self.hidden;
        let Workspace { states, carry, back, gradient } = space;
        gradient.clear();
        gradient.resize(self.parameters.len(), 0.0);
        back.clear();
        back.resize(n, 0.0);
        carry.resize(n, 0.0);
        for (t, (token, error)) in tokens.iter().zip(errors).enumerate().rev() {
            let state = &states[t * n..][..n];
            for unit in 0..n {
                let readout = self.readout() + unit;
                gradient[readout] += error * state[unit];
                let upstream = error * self.parameters[readout] + back[unit];
                carry[unit] = upstream * (1.0 - state[unit] * state[unit]);
                gradient[self.bias() + unit] += carry[unit];
                if let Some(token) = token {
                    gradient[*token as usize * n + unit] += carry[unit];
                }
            }
            gradient[self.readout() + n] += error;
            back.fill(0.0);
            if t > 0 {
                let last = &states[(t - 1) * n..][..n];
                for unit in 0..n {
                    let row = self.recurrent() + unit * n;
                    for other in 0..n {
                        gradient[row + other] += carry[unit] * last[other];
                        back[other] += carry[unit] * self.parameters[row + other];
                    }
                }
            }
        }
    }

    /// `θ ← θ − step_size · g`. Nothing is clipped: shortening the large errors of rare outcomes would pull
    /// the predictions from the mean towards the mode.
    pub(super) fn descend(&mut self, gradient: &[f64], step_size: f64) {
        for (parameter, gradient) in self.parameters.iter_mut().zip(gradient) {
            *parameter -= step_size * gradient;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};

    #[test]
    fn gradients_equal_finite_differences() {
        let noise = Stream::new(StreamKey::new(7, Purpose::named("elman-test")));
        let mut network = Elman::new(3, 4, noise);
        let tokens = [Some(0), Some(3), None, Some(1), Some(3)];
        let targets = [0.3, -1.0, 0.5, 2.0, 0.0];
        let loss = |network: &Elman| {
            let mut out = [0.0; 5];
            network.forward(&tokens, &mut Workspace::default(), &mut out);
            let squares = out.iter().zip(targets).map(|(y, target)| (y - target).powi(2));
            squares.sum::<f64>() / 2.0
        };
        let (mut space, mut out) = (Workspace::default(), [0.0; 5]);
        network.forward(&tokens, &mut space, &mut out);
        let errors: Vec<f64> = out.iter().zip(targets).map(|(y, target)| y - target).collect();
        network.backward(&tokens, &errors, &mut space);
        for index in 0..network.parameters.len() {
            let (old, h) = (network.parameters[index], 1e-5);
            network.parameters[index] = old + h;
            let above = loss(&network);
            network.parameters[index] = old - h;
            let below = loss(&network);
            network.parameters[index] = old;
            let (found, wanted) = (space.gradient[index], (above - below) / (2.0 * h));
            assert!((found - wanted).abs() < 1e-8, "parameter {index}: {found} against {wanted}");
        }
    }
}
