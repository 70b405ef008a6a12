//! A winner among several candidates, from a judge of pairs.

use crate::{PreferenceError, error};

/// `p(a ≻ b)` of a judge that is asked in both orders: `½ [p(a first) + 1 − p(b first)]`, where each argument is the
/// probability that the judge prefers the candidate that it is shown first. Exactly antisymmetric:
/// `p(a ≻ b) + p(b ≻ a) = 1`.
#[must_use]
pub fn both_orders(first_shown_first: f64, second_shown_first: f64) -> f64 {
    0.5 * (first_shown_first + (1.0 - second_shown_first))
}

/// A round robin: every candidate meets every other one once.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundRobin {
    /// Won meetings of each candidate, a draw counting ½, `[n]`; they sum to `n (n − 1)/2`.
    pub wins: Vec<f64>,
    /// Sum of `p − ½` over the meetings of each candidate, `[n]`.
    pub margins: Vec<f64>,
}

impl RoundRobin {
    /// Plays it. `preference(a, b)` is the probability that `a` is better than `b`, asked for `a < b` only; above ½ is a
    /// win, ½ a draw.
    ///
    /// # Errors
    /// No candidate, or a preference that is no probability.
    pub fn play(
        candidates: usize,
        mut preference: impl FnMut(usize, usize) -> f64,
    ) -> Result<Self, PreferenceError> {
        error::parameter("candidates", candidates as f64, candidates > 0, "at least 1")?;
        let (mut wins, mut margins) = (vec![0.0; candidates], vec![0.0; candidates]);
        for a in 0..candidates {
            for b in a + 1..candidates {
                let p = preference(a, b);
                error::probability("a preference", p)?;
                let won = if p == 0.5 { 0.5 } else { f64::from(u8::from(p > 0.5)) };
                wins[a] += won;
                wins[b] += 1.0 - won;
                margins[a] += p - 0.5;
                margins[b] += 0.5 - p;
            }
        }
        Ok(Self { wins, margins })
    }

    /// The candidate with the most wins; among equals the one with the largest margin, then the first. A cycle
    /// `a ≻ b ≻ c ≻ a` is decided so.
    #[must_use]
    pub fn winner(&self) -> usize {
        let better = |a: usize, b: usize| {
            let order =
                self.wins[b].total_cmp(&self.wins[a]).then(self.margins[b].total_cmp(&self.margins[a]));
            if order.is_gt() { b } else { a }
        };
        (0..self.wins.len()).reduce(better).unwrap_or(0)
    }

    /// Share of its meetings that a candidate won, in `[0, 1]`: a reward for a step against alternatives to it. ½
    /// without an alternative.
    #[must_use]
    pub fn share(&self, candidate: usize) -> f64 {
        let meetings = self.wins.len() - 1;
        if meetings == 0 { 0.5 } else { self.wins[candidate] / meetings as f64 }
    }
}

/// Whether a correct candidate beats all of its distractors, from `p(correct ≻ distractor)` of each: 1, 0, or ½ where the
/// worst of its meetings is a draw. Never more than the mean of [`pair_accuracy`] over the same meetings.
#[must_use]
pub fn beats_all(preferences: &[f64]) -> f64 {
    preferences.iter().map(|p| pair_accuracy(*p)).fold(1.0, f64::min)
}

/// Whether a pair was decided rightly, from `p(correct ≻ other)`: 1, 0, or ½ for a draw.
#[must_use]
pub fn pair_accuracy(preference: f64) -> f64 {
    if preference == 0.5 { 0.5 } else { f64::from(u8::from(preference > 0.5)) }
}

#[cfg(test)]
mod tests {
    use milepost_core::{Purpose, Stream, StreamKey};
    use proptest::prelude::*;

    use super::*;

    fn tables() -> impl Strategy<Value = (usize, Vec<f64>)> {
        let p = prop_oneof![Just(0.5), 0.0..=1.0f64];
        (1usize..7).prop_flat_map(move |n| (Just(n), prop::collection::vec(p.clone(), n * n)))
    }

    proptest! {
        #[test]
        fn asking_in_both_orders_is_antisymmetric(a in 0.0..=1.0f64, b in 0.0..=1.0f64) {
            prop_assert!((both_orders(a, b) + both_orders(b, a) - 1.0).abs() < 1e-15);
            prop_assert!((0.0..=1.0).contains(&both_orders(a, b)));
        }

        #[test]
        fn wins_of_a_round_robin_sum_to_the_number_of_meetings((n, table) in tables()) {
            let played = RoundRobin::play(n, |a, b| table[a * n + b]).expect("probabilities");
            prop_assert!((played.wins.iter().sum::<f64>() - (n * (n - 1)) as f64 / 2.0).abs() < 1e-12);
            prop_assert!(played.margins.iter().sum::<f64>().abs() < 1e-9);
            prop_assert!((0..n).all(|c| (0.0..=1.0).contains(&played.share(c))));
            let winner = played.winner();
            prop_assert!(played.wins.iter().all(|wins| *wins <= played.wins[winner]));
        }

        #[test]
        fn beating_all_is_never_more_likely_than_beating_one(preferences in prop::collection::vec(0.0..=1.0f64, 1..6)) {
            let mean = preferences.iter().map(|p| pair_accuracy(*p)).sum::<f64>() / preferences.len() as f64;
            prop_assert!(beats_all(&preferences) <= mean + 1e-12);
        }

        #[test]
        fn a_perfect_judge_of_pairs_finds_the_best(scores in prop::collection::btree_set(0u32..100, 1..7), turn in 0usize..7) {
            let mut scores: Vec<u32> = scores.into_iter().collect();
            let n = scores.len();
            scores.rotate_left(turn % n);
            let played = RoundRobin::play(n, |a, b| f64::from(u8::from(scores[a] > scores[b]))).expect("valid");
            prop_assert_eq!(Some(&scores[played.winner()]), scores.iter().max());
            prop_assert_eq!(played.share(played.winner()), if n == 1 { 0.5 } else { 1.0 });
        }
    }

    #[test]
    fn independent_pairs_of_accuracy_p_beat_four_with_probability_p_to_the_fourth() {
        let mut stream = Stream::new(StreamKey::new(1, Purpose::named("tournament test")));
        for accuracy in [0.5, 0.8, 0.95] {
            let rounds = 20_000;
            let mut mean = 0.0;
            for _ in 0..rounds {
                let meetings = [0; 4].map(|_| f64::from(u8::from(stream.uniform() < accuracy)));
                mean += beats_all(&meetings) / f64::from(rounds);
            }
            // Four standard errors are at most 0.014.
            assert!((mean - f64::powi(accuracy, 4)).abs() < 0.015, "{accuracy}: {mean}");
        }
    }

    #[test]
    fn cycles_are_decided_by_margin_and_then_by_order() {
        // a beats b, b beats c, c beats a: by how much decides.
        let of = |ab, bc, ac| {
            RoundRobin::play(3, |a, b| match (a, b) {
                (0, 1) => ab,
                (1, 2) => bc,
                _ => ac,
            })
            .expect("probabilities")
            .winner()
        };
        assert_eq!(of(0.6, 0.9, 0.4), 1);
        assert_eq!(of(0.6, 0.6, 0.4), 0);
        assert!(RoundRobin::play(2, |_, _| 2.0).is_err() && RoundRobin::play(0, |_, _| 0.5).is_err());
        assert_eq!(beats_all(&[0.9, 0.5]), 0.5);
        assert_eq!(beats_all(&[0.9, 0.2]), 0.0);
    }
}
