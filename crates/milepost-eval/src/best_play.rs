//! What each turn of an episode deserves where the fewest turns to success are known exactly.

/// The discount of [`deserved_credit`]. Only the order of turns depends on it, and that hardly.
pub const BEST_PLAY_DISCOUNT: f64 = 0.95;

/// What each turn of an episode deserves, `[T]`.
///
/// `turns_to_go` holds the fewest turns to success of each state, `[T + 1]`, infinity where success is out of reach. The best play
/// is worth `V*(s) = γ^{d(s)}`, 0 where `d` is infinite, and a turn deserves `γ V*(s') − V*(s)`: exactly 0 for a turn of the best
/// play, less for a detour, least for what throws a won episode away. Luck that brings an episode nearer by more than a turn is
/// above 0.
///
/// `None` if a distance is not known (NaN) or negative, or if there is no state.
#[must_use]
pub fn deserved_credit(turns_to_go: &[f64]) -> Option<Vec<f64>> {
    if turns_to_go.is_empty() || turns_to_go.iter().any(|turns| turns.is_nan() || *turns < 0.0) {
        return None;
    }
    let value = |turns: f64| if turns.is_finite() { libm::pow(BEST_PLAY_DISCOUNT, turns) } else { 0.0 };
    let deserved = |pair: &[f64]| {
        // Exactly, whatever rounding says.
        if pair[1] == pair[0] - 1.0 && pair[0].is_finite() {
            return 0.0;
        }
        BEST_PLAY_DISCOUNT * value(pair[1]) - value(pair[0])
    };
    Some(turns_to_go.windows(2).map(deserved).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_detour_and_a_turn_that_throws_the_episode_away_by_hand() {
        let detour = 0.95 * 0.95 * 0.95 - 0.95;
        let deserved = deserved_credit(&[2.0, 1.0, 2.0, 1.0, 0.0]).expect("known");
        let expected = [0.0, detour, 0.0, 0.0];
        assert!(deserved.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{deserved:?}");
        let lost = deserved_credit(&[2.0, f64::INFINITY, f64::INFINITY]).expect("known");
        assert!((lost[0] + 0.95 * 0.95).abs() < 1e-15 && lost[1] == 0.0);
    }

    #[test]
    fn what_is_not_known_deserves_nothing() {
        assert_eq!(deserved_credit(&[]), None);
        assert_eq!(deserved_credit(&[1.0, f64::NAN]), None);
        assert_eq!(deserved_credit(&[-1.0, 0.0]), None);
        assert_eq!(deserved_credit(&[3.0]), Some(Vec::new()));
    }

    proptest! {
        /// Discounted, what turns deserve telescopes to what the episode reached less what it could have.
        #[test]
        fn what_turns_deserve_telescopes(to_go in prop::collection::vec(0u32..9, 1..15)) {
            let to_go: Vec<f64> = to_go.into_iter().map(f64::from).collect();
            let deserved = deserved_credit(&to_go).expect("known");
            let sum: f64 = deserved.iter().zip(0..).map(|(d, t)| BEST_PLAY_DISCOUNT.powi(t) * d).sum();
            let (first, last) = (to_go[0], to_go[to_go.len() - 1]);
            let value = |turns: f64| BEST_PLAY_DISCOUNT.powi(turns as i32);
            let reached = BEST_PLAY_DISCOUNT.powi(deserved.len() as i32) * value(last);
            prop_assert!((sum - (reached - value(first))).abs() < 1e-12);
        }

        #[test]
        fn a_longer_detour_from_the_same_state_never_deserves_more(from in 0u32..9, by in 0u32..9, more in 1u32..9) {
            let [a, b] = [by, by + more].map(|by| {
                deserved_credit(&[f64::from(from), f64::from(from + by)]).expect("known")[0]
            });
            prop_assert!(b < a && a < 0.0);
        }
    }
}
