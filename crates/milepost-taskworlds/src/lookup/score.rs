/// Bag-of-tokens F1: `2PR / (P + R)` with `P` the share of the predicted tokens that are in the reference and `R`
/// the share of the reference that was predicted, each token counted as often as it occurs. 0 where nothing is
/// shared, so also where either is empty.
#[must_use]
pub fn f1(predicted: &[u32], reference: &[u32]) -> f64 {
    let mut left = reference.to_vec();
    let mut shared = 0_usize;
    for token in predicted {
        if let Some(at) = left.iter().position(|other| other == token) {
            left.swap_remove(at);
            shared += 1;
        }
    }
    // 2PR / (P + R) = 2 · shared / (predicted + reference).
    if shared == 0 { 0.0 } else { 2.0 * shared as f64 / (predicted.len() + reference.len()) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_count_as_often_as_they_occur() {
        assert_eq!(f1(&[1, 2], &[1, 2]), 1.0);
        assert_eq!(f1(&[1, 3], &[1, 2]), 0.5);
        assert_eq!(f1(&[1, 1], &[1, 2]), 0.5);
        assert_eq!(f1(&[1], &[1, 2]), 2.0 / 3.0);
        assert_eq!(f1(&[], &[]), 0.0);
    }

    proptest! {
        #[test]
        fn f1_is_symmetric_and_ignores_order(
            a in prop::collection::vec(0u32..4, 0..6),
            b in prop::collection::vec(0u32..4, 0..6),
        ) {
            let score = f1(&a, &b);
            prop_assert!((0.0..=1.0).contains(&score));
            prop_assert_eq!(score, f1(&b, &a));
            let reversed: Vec<u32> = a.iter().rev().copied().collect();
            prop_assert_eq!(score, f1(&reversed, &b));
            let (mut x, mut y) = (a.clone(), b.clone());
            x.sort_unstable();
            y.sort_unstable();
            prop_assert_eq!(score == 1.0, !a.is_empty() && x == y);
        }
    }
}
