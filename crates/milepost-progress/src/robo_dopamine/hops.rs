/// The hop label of a pair of states of progress `before` and `after` in `[0, 1]`:
///
/// `H = (Φ_q − Φ_p) / (1 − Φ_p)` if `Φ_q ≥ Φ_p`, else `(Φ_q − Φ_p) / Φ_p`; 0 where the denominator is 0.
#[must_use]
pub fn hop(before: f64, after: f64) -> f64 {
    let change = after - before;
    let whole = if change >= 0.0 { 1.0 - before } else { before };
    if whole == 0.0 { 0.0 } else { change / whole }
}

/// The progress after a hop from `before`: `Φ + (1 − Φ) H` if `H ≥ 0`, else `Φ + Φ H`. Undoes [`hop`].
#[must_use]
pub fn apply_hop(before: f64, hop: f64) -> f64 {
    before + hop * if hop >= 0.0 { 1.0 - before } else { before }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hops_by_hand() {
        assert_eq!([hop(0.0, 0.25), hop(0.5, 0.75), hop(0.5, 0.25), hop(0.25, 0.0)], [0.25, 0.5, -0.5, -1.0]);
        // Nothing left to gain, nothing left to lose.
        assert_eq!([hop(1.0, 1.0), hop(0.0, 0.0)], [0.0, 0.0]);
        assert_eq!([apply_hop(0.5, 0.5), apply_hop(0.5, -0.5), apply_hop(0.0, -1.0)], [0.75, 0.25, 0.0]);
    }

    proptest! {
        #[test]
        fn applying_the_hop_of_a_pair_leads_to_its_second_state(before in 0.0..=1.0f64, after in 0.0..=1.0f64) {
            let label = hop(before, after);
            prop_assert!((-1.0..=1.0).contains(&label));
            prop_assert!((apply_hop(before, label) - after).abs() < 1e-14);
        }

        #[test]
        fn any_hops_keep_progress_between_0_and_1(first in 0.0..=1.0f64, hops in prop::collection::vec(-1.0..=1.0f64, 0..200)) {
            let mut phi = first;
            for h in hops {
                phi = apply_hop(phi, h);
                prop_assert!((0.0..=1.0).contains(&phi));
            }
        }
    }
}
