use burn::tensor::{Tensor, TensorData};
use milepost_core::{ParameterCheck, Stream};

use super::{Tokens, denoiser::LOG_ZERO, noise::LogLinear};
use crate::{FlowError, rows::host};

/// The law of the next sequence of a process over tokens; positions are independent given the present sequence.
#[derive(Debug, Clone)]
pub enum TokenLaw {
    /// A masked token is revealed with probability `reveal` and then drawn from the denoiser; a revealed one stays.
    Absorbing {
        /// `log p(x₀ = y | x_t)`, `[N, L, V]`.
        log_probs: Tensor<3>,
        /// `(m_t − m_s)/m_t`, in `[0, 1]`.
        reveal: f64,
        /// The present sequences.
        tokens: Tokens,
    },
    /// Every token is drawn anew; none is kept for certain.
    Categorical {
        /// `[N, L, V]`.
        log_probs: Tensor<3>,
    },
}

/// The ancestral sampler of masked diffusion: from `t` down to `s`, `P(y) = p_θ(y|x_t)(m_t − m_s)/m_t` and
/// `P(MASK) = m_s/m_t` at masked positions; revealed ones are copied.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ancestral {
    /// The noise.
    pub noise: LogLinear,
}

impl Ancestral {
    /// The law of the step from time `t` to `s < t`. A step to `s = 0` reveals everything.
    pub fn law(&self, tokens: Tokens, log_probs: Tensor<3>, t: f64, s: f64) -> Result<TokenLaw, FlowError> {
        let ordered = (0.0..t).contains(&s) && t <= 1.0;
        ParameterCheck("ancestral step").that(ordered, "s, t", format!("{s}, {t}"), "0 ≤ s < t ≤ 1")?;
        let reveal = (self.noise.masked(t) - self.noise.masked(s)) / self.noise.masked(t);
        Ok(TokenLaw::Absorbing { log_probs, reveal, tokens })
    }
}

impl TokenLaw {
    /// `P(next token)` of each position, mask last: `[N][L][V + 1]`.
    pub fn probabilities(&self) -> Result<Vec<Vec<Vec<f64>>>, FlowError> {
        let [_, length, classes] = self.log_probs().dims();
        let values = host(self.log_probs().clone())?;
        let rows = values.chunks(length * classes).enumerate().map(|(row, values)| {
            let positions = values.chunks(classes).enumerate().map(|(position, logs)| {
                let mut law: Vec<f64> = logs.iter().map(|l| libm::exp(f64::from(*l))).collect();
                law.push(0.0);
                if let Self::Absorbing { reveal, tokens, .. } = self {
                    if let Some(token) = tokens.rows()[row][position] {
                        law.fill(0.0);
                        law[token as usize] = 1.0;
                    } else {
                        for p in &mut law {
                            *p *= reveal;
                        }
                        law[classes] = 1.0 - reveal;
                    }
                }
                law
            });
            positions.collect()
        });
        Ok(rows.collect())
    }

    fn log_probs(&self) -> &Tensor<3> {
        match self {
            Self::Absorbing { log_probs, .. } | Self::Categorical { log_probs } => log_probs,
        }
    }

    /// A draw; row `i` takes its randomness from `streams[i]`.
    pub fn sample(&self, streams: &mut [Stream]) -> Result<Tokens, FlowError> {
        let vocabulary = self.log_probs().dims()[2];
        let laws = self.probabilities()?;
        if streams.len() != laws.len() {
            return Err(FlowError::Size {
                what: "streams and sequences",
                expected: laws.len(),
                found: streams.len(),
            });
        }
        let draw = |law: &Vec<f64>, stream: &mut Stream| {
            let token = stream.categorical(law).ok_or(FlowError::Size {
                what: "tokens with a probability",
                expected: 1,
                found: 0,
            })?;
            Ok((token < vocabulary).then_some(token as u32))
        };
        let rows =
            laws.iter().zip(streams).map(|(row, stream)| row.iter().map(|law| draw(law, stream)).collect());
        Tokens::new(rows.collect::<Result<_, FlowError>>()?, vocabulary)
    }

    /// `log P(next)` of each sequence, differentiable in the denoiser. `[N]`
    ///
    /// # Errors
    /// A next sequence of another shape, or one that changes a revealed token.
    pub fn log_prob(&self, next: &Tokens) -> Result<Tensor<1>, FlowError> {
        let log_probs = self.log_probs();
        let [rows, length, classes] = log_probs.dims();
        if next.dims() != [rows, length, classes] {
            return Err(FlowError::Size {
                what: "tokens of the next sequences",
                expected: rows * length,
                found: next.rows().len() * next.dims()[1],
            });
        }
        // Which entries of [N, L, V] count, and what is certain besides.
        let (mut chosen, mut constant) = (vec![0f32; rows * length * classes], vec![0f64; rows]);
        for (row, sequence) in next.rows().iter().enumerate() {
            for (position, token) in sequence.iter().enumerate() {
                let mut choose =
                    |token: u32| chosen[(row * length + position) * classes + token as usize] = 1.0;
                match (self, token) {
                    (Self::Categorical { .. }, Some(token)) => choose(*token),
                    (Self::Categorical { .. }, None) => return Err(FlowError::Impossible { row, position }),
                    (Self::Absorbing { reveal, tokens, .. }, token) => {
                        match (tokens.rows()[row][position], token) {
                            (None, Some(token)) => {
                                choose(*token);
                                constant[row] += libm::log(*reveal);
                            }
                            (None, None) => constant[row] += libm::log(1.0 - *reveal),
                            (present, next) if present == *next => {}
                            _ => return Err(FlowError::Impossible { row, position }),
                        }
                    }
                }
            }
        }
        let device = log_probs.device();
        let chosen = Tensor::<3>::from_data(TensorData::new(chosen, [rows, length, classes]), &device);
        let total: Tensor<1> = (log_probs.clone() * chosen).sum_dim(2).sum_dim(1).reshape([rows]);
        let constant: Vec<f32> = constant.into_iter().map(|c| c as f32).collect();
        Ok(total + Tensor::from_data(TensorData::new(constant, [rows]), &device))
    }

    /// The exact `KL(self ‖ other)` of each sequence, `[N]`: `reveal·Σ_{masked i} KL(p_i ‖ p'_i)` for absorbing laws of
    /// the same step. `None` for laws of different kinds or steps.
    #[must_use]
    pub fn kl(&self, other: &Self) -> Option<Tensor<1>> {
        let (p, q) = (self.log_probs(), other.log_probs());
        let rows = p.dims()[0];
        let each: Tensor<2> = (p.clone().exp() * (p.clone() - q.clone())).sum_dim(2).squeeze_dim(2);
        match (self, other) {
            (Self::Categorical { .. }, Self::Categorical { .. }) => Some(each.sum_dim(1).reshape([rows])),
            (
                Self::Absorbing { reveal, tokens, .. },
                Self::Absorbing { reveal: other_reveal, tokens: other_tokens, .. },
            ) if reveal == other_reveal && tokens == other_tokens => {
                let masked = tokens.mask(&each.device());
                Some((each * masked).sum_dim(1).reshape([rows]).mul_scalar(*reveal))
            }
            _ => None,
        }
    }
}

/// Fills what is still masked with the likeliest token (the first of equals): the end of a sampling run.
pub fn fill(tokens: &Tokens, log_probs: Tensor<3>) -> Result<Tokens, FlowError> {
    let [_, length, classes] = log_probs.dims();
    let values = host(log_probs)?;
    let best = |row: usize, position: usize| {
        let at = (row * length + position) * classes;
        let logs = &values[at..at + classes];
        let best =
            (0..classes).fold((0, LOG_ZERO), |best, i| if logs[i] > best.1 { (i, logs[i]) } else { best });
        best.0 as u32
    };
    let rows = tokens.rows().iter().enumerate().map(|(row, sequence)| {
        sequence
            .iter()
            .enumerate()
            .map(|(position, token)| token.or_else(|| Some(best(row, position))))
            .collect()
    });
    Tokens::new(rows.collect(), tokens.vocabulary())
}
