//! Distributions over the next token on the host: logits divided by a temperature, restricted to the tokens
//! that are allowed, normalised in `f64`.

use std::borrow::Cow;

use milepost_core::Stream;

use crate::{PolicyError, log_probability, sample_action};

/// How a policy turns logits into a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shaping {
    pub(super) temperature: f64,
}

impl Shaping {
    /// Draws a token among `allowed` and returns it with its log-probability.
    pub(super) fn draw(
        self,
        logits: &[f32],
        allowed: Option<&[u32]>,
        stream: &mut Stream,
    ) -> Result<(u32, f32), PolicyError> {
        let (index, log_prob) = sample_action(&self.shaped(logits, allowed)?, stream)?;
        Ok((allowed.map_or(index, |allowed| allowed[index as usize]), log_prob))
    }

    /// The log-probability of `token` among `allowed`.
    pub(super) fn log_prob(
        self,
        logits: &[f32],
        allowed: Option<&[u32]>,
        token: u32,
    ) -> Result<f32, PolicyError> {
        let index = match allowed {
            None => Some(token),
            Some(allowed) => allowed.iter().position(|other| *other == token).map(|index| index as u32),
        };
        let index = index.ok_or_else(|| PolicyError::Allowed {
            reason: format!(
                "token {token} is scored, but is not among the tokens it is said to be drawn from; score a draw with its own `allowed`"
            ),
        })?;
        let shaped = self.shaped(logits, allowed)?;
        let log_prob = log_probability(&shaped, index);
        // Only logits that make no distribution give NaN: name the one.
        if log_prob.is_nan() {
            let action = shaped.iter().position(|x| x.is_nan() || *x == f32::INFINITY).unwrap_or(0);
            return Err(PolicyError::Logit { action, value: shaped[action] });
        }
        Ok(log_prob)
    }

    fn shaped<'a>(self, logits: &'a [f32], allowed: Option<&[u32]>) -> Result<Cow<'a, [f32]>, PolicyError> {
        let scale = |logit: f32| (f64::from(logit) / self.temperature) as f32;
        let Some(allowed) = allowed else {
            return Ok(if self.temperature == 1.0 {
                Cow::Borrowed(logits)
            } else {
                logits.iter().copied().map(scale).collect()
            });
        };
        if allowed.is_empty() {
            let reason = "no token is allowed; the world's grammar must allow one until the turn is whole";
            return Err(PolicyError::Allowed { reason: reason.to_owned() });
        }
        let pick = |token: &u32| {
            let logit = logits.get(*token as usize).copied();
            logit.map(scale).ok_or(PolicyError::UnknownToken { token: *token, vocabulary: logits.len() })
        };
        allowed.iter().map(pick).collect()
    }
}
