//! Does a value (progress, potential, critic) rise along a trajectory that succeeds?

use crate::correlation::spearman;
use crate::ordering::{argsort, win};
use crate::{StatsError, error};

fn time(n: usize) -> Vec<f64> {
    (0..n).map(|t| t as f64).collect()
}

fn check(values: &[f64]) -> Result<(), StatsError> {
    error::all_finite("the values", values)?;
    if values.len() < 2 {
        return Err(StatsError::Undefined {
            what: "value order",
            reason: "fewer than two values have no order",
        });
    }
    Ok(())
}

/// Value-order correlation: Spearman's ρ of the values with time, equal values sharing their rank.
pub fn value_order_correlation(values: &[f64]) -> Result<f64, StatsError> {
    check(values)?;
    spearman(&time(values.len()), values)
}

/// The form of GVL (Ma et al., 2024): Spearman's ρ of time with the order that sorts the values. Equal to
/// [`value_order_correlation`] unless values are tied, where it favours the order they came in.
pub fn value_order_correlation_by_sorting(values: &[f64]) -> Result<f64, StatsError> {
    check(values)?;
    let order: Vec<f64> = argsort(values).into_iter().map(|index| index as f64).collect();
    spearman(&time(values.len()), &order)
}

/// Share of steps that do not fall.
pub fn rising_share(values: &[f64]) -> Result<f64, StatsError> {
    share_of_steps(values, |before, after| after >= before)
}

/// Share of steps that rise.
pub fn strictly_rising_share(values: &[f64]) -> Result<f64, StatsError> {
    share_of_steps(values, |before, after| after > before)
}

fn share_of_steps(values: &[f64], holds: impl Fn(f64, f64) -> bool) -> Result<f64, StatsError> {
    check(values)?;
    let steps = values.windows(2).filter(|pair| holds(pair[0], pair[1])).count();
    Ok(steps as f64 / (values.len() - 1) as f64)
}

/// Share of pairs of times whose later value is higher; ties count ½.
pub fn pairwise_accuracy(values: &[f64]) -> Result<f64, StatsError> {
    check(values)?;
    let n = values.len();
    let wins: f64 = (1..n).map(|j| (0..j).map(|i| win(values[j], values[i])).sum::<f64>()).sum();
    Ok(wins / (n * (n - 1) / 2) as f64)
}

/// The rising sequence nearest to the values in squared error, by pooling adjacent violators.
pub fn isotonic_fit(values: &[f64]) -> Vec<f64> {
    // Blocks of equal fitted value: (sum, length). A block that lies below the one before it joins it.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let mut block = (*value, 1);
        while let Some(&(sum, length)) = blocks.last() {
            if sum / length as f64 <= block.0 / block.1 as f64 {
                break;
            }
            blocks.pop();
            block = (block.0 + sum, block.1 + length);
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(sum, length)| std::iter::repeat_n(sum / length as f64, length)).collect()
}

/// Mean squared distance of the values from [`isotonic_fit`]: 0 exactly if they never fall.
pub fn isotonic_residual(values: &[f64]) -> Result<f64, StatsError> {
    check(values)?;
    let squares = isotonic_fit(values).into_iter().zip(values).map(|(fit, value)| (fit - value).powi(2));
    Ok(squares.sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_isotonic_fit_rises_and_keeps_the_mean(values in prop::collection::vec(-5.0..5.0f64, 1..40)) {
            let fit = isotonic_fit(&values);
            prop_assert!(fit.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
            prop_assert!((fit.iter().sum::<f64>() - values.iter().sum::<f64>()).abs() < 1e-9);
            let again = isotonic_fit(&fit);
            prop_assert!(again.iter().zip(&fit).all(|(a, b)| (a - b).abs() < 1e-12));
        }

        #[test]
        fn playing_backwards_negates_the_correlation(values in prop::collection::vec(-5.0..5.0f64, 2..40)) {
            let backwards: Vec<f64> = values.iter().rev().copied().collect();
            let sum = value_order_correlation(&values).expect("varies") + value_order_correlation(&backwards).expect("varies");
            prop_assert!(sum.abs() < 1e-9);
        }
    }
}
