//! Stable scalar functions, bit-equal on every machine.

/// `σ(x) = 1/(1 + e^{−x})`: never NaN for a number, exactly 0 or 1 far out.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

/// `log σ(x) = −log(1 + e^{−x})`.
pub(crate) fn log_sigmoid(x: f64) -> f64 {
    x.min(0.0) - libm::log1p(libm::exp(-x.abs()))
}

/// Mean of what is not empty.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}
