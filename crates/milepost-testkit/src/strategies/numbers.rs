use std::ops::Range;

use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

/// A quarter of an integer in `[−2, 2]`: ties are common, sums and differences are exact.
fn quarter() -> impl Strategy<Value = f64> {
    (-8..=8_i32).prop_map(|quarters| f64::from(quarters) / 4.0)
}

/// Numbers at every place.
pub fn dense(len: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(quarter(), len)
}

/// 0 everywhere but at the last place.
pub fn sparse(len: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    (len, quarter()).prop_map(|(len, last)| {
        let mut out = vec![0.0; len];
        if let Some(place) = out.last_mut() {
            *place = last;
        }
        out
    })
}

/// The same number at every place; one that binary fractions cannot hold, so that rounding shows.
pub fn equal(len: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    (len, -5..=5_i32).prop_map(|(len, tenths)| vec![f64::from(tenths) / 10.0; len])
}

/// Finite numbers so large that their sums and squares overflow, among ordinary ones.
pub fn extreme(len: Range<usize>) -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        3 => quarter(),
        1 => quarter().prop_map(|x| x * 1e150),
        1 => prop::sample::select(vec![f64::MAX, f64::MIN, f64::MIN_POSITIVE, -0.0]),
    ];
    prop::collection::vec(number, len)
}

/// Any of [`dense`], [`sparse`] and [`equal`].
pub fn numbers(len: Range<usize>) -> BoxedStrategy<Vec<f64>> {
    prop_oneof![dense(len.clone()), sparse(len.clone()), equal(len)].boxed()
}

/// A mask of positions, of which the policy produced at least one where there is any.
pub fn policy_mask(len: Range<usize>) -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), len).prop_map(|mut mask| {
        if !mask.contains(&true)
            && let Some(last) = mask.last_mut()
        {
            *last = true;
        }
        mask
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn dense_numbers_add_up_exactly(numbers in dense(0..9)) {
            let quarters: f64 = numbers.iter().map(|x| 4.0 * x).sum();
            prop_assert!(numbers.iter().all(|x| (4.0 * x).fract() == 0.0));
            prop_assert_eq!(numbers.iter().sum::<f64>(), quarters / 4.0);
        }

        #[test]
        fn sparse_numbers_are_zero_but_for_the_last(numbers in sparse(1..9)) {
            prop_assert!(numbers[..numbers.len() - 1].iter().all(|x| *x == 0.0));
        }

        #[test]
        fn equal_numbers_are_equal(numbers in equal(1..9)) {
            prop_assert!(numbers.iter().all(|x| *x == numbers[0]));
        }

        #[test]
        fn extreme_numbers_are_finite(numbers in extreme(0..9)) {
            prop_assert!(numbers.iter().all(|x| x.is_finite()));
        }

        #[test]
        fn a_mask_has_a_policy_position(mask in policy_mask(1..9)) {
            prop_assert!(mask.contains(&true));
        }
    }

    #[test]
    fn extreme_numbers_overflow_when_they_are_added() {
        let adds_up = |numbers: &Vec<f64>| {
            let sum: f64 = numbers.iter().sum();
            if sum.is_finite() { Ok(()) } else { Err(sum) }
        };
        assert!(crate::search::falsify(&extreme(2..9), 200, adds_up, |_, _| true).is_err());
    }
}
