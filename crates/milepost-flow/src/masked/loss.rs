use burn::tensor::{Device, Tensor};
use milepost_core::Stream;

use super::{Denoiser, LogLinear, Tokens};
use crate::{FlowError, PerRow};

/// Times of a batch, one in each of `rows` equal parts of `(least, 1]` at the same place in each: antithetic and
/// stratified, which lowers the variance of the loss. `least` must be above 0: the loss has no value at time 0.
#[must_use]
pub fn antithetic_times(rows: usize, least: f64, stream: &mut Stream) -> Vec<f64> {
    let shift = 1.0 - stream.uniform();
    let time = |i: usize| least + (1.0 - least) * (i as f64 + shift) / rows as f64;
    (0..rows).map(time).collect()
}

/// Masks each token independently with probability `m(t)` of its row.
pub fn mask_tokens(
    data: &Tokens,
    times: &[f64],
    noise: &LogLinear,
    stream: &mut Stream,
) -> Result<Tokens, FlowError> {
    if times.len() != data.rows().len() {
        return Err(FlowError::Size {
            what: "times and sequences",
            expected: data.rows().len(),
            found: times.len(),
        });
    }
    let mut mask = |token: &Option<u32>, t: f64| token.filter(|_| stream.uniform() >= noise.masked(t));
    let rows = data.rows().iter().zip(times);
    let rows = rows.map(|(row, t)| row.iter().map(|token| mask(token, *t)).collect()).collect();
    Tokens::new(rows, data.vocabulary())
}

/// The negative evidence bound of masked diffusion, averaged over sequences (MDLM, arXiv 2406.07524):
/// `E_t Σ_{masked i} −log p_θ(x₀_i | x_t)·σ'(t)/expm1(σ(t))`, in nats a sequence; the weight is `1/t`. `[1]`
pub fn nelbo(
    denoiser: &impl Denoiser,
    data: &Tokens,
    noisy: &Tokens,
    times: &[f64],
    noise: &LogLinear,
    device: &Device,
) -> Result<Tensor<1>, FlowError> {
    let [rows, _, classes] = data.dims();
    if noisy.dims() != data.dims() || times.len() != rows {
        return Err(FlowError::Size {
            what: "noisy sequences, times and data",
            expected: rows,
            found: noisy.rows().len().min(times.len()),
        });
    }
    let times = PerRow::Rows(times.to_vec());
    let log_probs = denoiser.log_probs(noisy.one_hot(device), &times);
    let target = data.one_hot(device).narrow(2, 0, classes);
    let each: Tensor<2> = (log_probs * target).sum_dim(2).squeeze_dim(2);
    let masked = noisy.mask(device);
    let weight = times.map(|t| noise.weight(t)).column(rows, device);
    Ok((each * masked * weight).sum().neg().div_scalar(rows as f64))
}
