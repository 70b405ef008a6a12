use serde::{Deserialize, Serialize};

use super::{Defined, DefinedMean, Verdict};

/// Steps within this of the extreme share it.
const TIE: f64 = 1e-9;

/// The `k` of hit@k.
const TOP: usize = 3;

/// Whether the largest credit lies on the decisive step.
///
/// The decisive set of an episode is `D* = argmax_t |A_t|` up to 1e−9; episodes in which nothing was at stake
/// (`max |A| < 1e−9`) are skipped and counted. Ties are broken evenly at random, in expectation, so that flat
/// credit scores `|D*| / H`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Localisation {
    top: Defined,
    top_three: Defined,
    praise: Defined,
    blame: Defined,
    turn: Defined,
}

/// What [`Localisation`] found; `undefined` counts the episodes that were skipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LocalisationScores {
    /// `|argmax |ĉ| ∩ D*| / |argmax |ĉ||`.
    pub hit: DefinedMean,
    /// Chance that one of the three largest `|ĉ|` is decisive.
    pub hit_at_three: DefinedMean,
    /// On successes: `argmax ĉ` against `argmax A`, where some `A > 0`.
    pub praise_hit: DefinedMean,
    /// On failures: `argmin ĉ` against `argmin A`, where some `A < 0`.
    pub blame_hit: DefinedMean,
    /// As `hit` for turns, whose credit and advantage are the sums over their steps.
    pub turn_hit: Option<DefinedMean>,
}

impl Localisation {
    /// Adds an episode. `turns` tells the turn of each of its steps, ascending.
    pub fn push(&mut self, credit: &[f64], truth: &[f64], verdict: Verdict, turns: Option<&[u32]>) {
        let (sizes, stakes) = (magnitudes(credit), magnitudes(truth));
        self.top.push(hit(&sizes, &stakes, 1));
        self.top_three.push(hit(&sizes, &stakes, TOP));
        match verdict {
            Verdict::Success => self.praise.push(hit(credit, truth, 1)),
            Verdict::Failure => {
                let flip = |values: &[f64]| values.iter().map(|v| -v).collect::<Vec<_>>();
                self.blame.push(hit(&flip(credit), &flip(truth), 1));
            }
            Verdict::Even => {}
        }
        if let Some(turns) = turns {
            let sums = |values: &[f64]| magnitudes(&turn_sums(values, turns));
            self.turn.push(hit(&sums(credit), &sums(truth), 1));
        }
    }

    /// The scores so far.
    pub fn finish(self) -> LocalisationScores {
        let turn = self.turn.finish();
        LocalisationScores {
            hit: self.top.finish(),
            hit_at_three: self.top_three.finish(),
            praise_hit: self.praise.finish(),
            blame_hit: self.blame.finish(),
            turn_hit: (turn.defined + turn.undefined > 0).then_some(turn),
        }
    }
}

fn magnitudes(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| v.abs()).collect()
}

fn turn_sums(values: &[f64], turns: &[u32]) -> Vec<f64> {
    let steps: Vec<(u32, f64)> = turns.iter().copied().zip(values.iter().copied()).collect();
    steps.chunk_by(|a, b| a.0 == b.0).map(|turn| turn.iter().map(|(_, v)| v).sum()).collect()
}

/// Chance that the `k` largest of `credit`, ties broken at random, hold a step whose `truth` is the largest;
/// `None` if no truth is above 0.
fn hit(credit: &[f64], truth: &[f64], k: usize) -> Option<f64> {
    let largest = truth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest < TIE {
        return None;
    }
    let decisive: Vec<bool> = truth.iter().map(|a| largest - a <= TIE).collect();
    let mut order: Vec<usize> = (0..credit.len()).collect();
    order.sort_by(|i, j| credit[*j].total_cmp(&credit[*i]));
    // Group by distance to the first of a tie, so that a tie cannot drift along a slope.
    let (mut from, mut left) = (0, k);
    while from < order.len() && left > 0 {
        let top = credit[order[from]];
        let tied = order[from..].iter().take_while(|i| top - credit[**i] <= TIE).count();
        let group = &order[from..from + tied];
        let wanted = group.iter().filter(|i| decisive[**i]).count();
        if tied <= left {
            if wanted > 0 {
                return Some(1.0);
            }
            left -= tied;
        } else {
            // 1 − C(tied − wanted, left) / C(tied, left)
            let missed: f64 =
                (0..left).map(|j| (tied - wanted).saturating_sub(j) as f64 / (tied - j) as f64).product();
            return Some(1.0 - missed);
        }
        from += tied;
    }
    Some(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn flat_credit_hits_by_chance(at in 0usize..12, more in 0usize..12, value in -3.0..3.0f64) {
            let h = at + more + 1;
            let mut truth = vec![0.0; h];
            truth[at] = -0.7;
            let mut found = Localisation::default();
            found.push(&vec![value; h], &truth, Verdict::Even, None);
            let found = found.finish();
            prop_assert!((found.hit.value.expect("scored") - 1.0 / h as f64).abs() < 1e-12);
            let three = (3.0 / h as f64).min(1.0);
            prop_assert!((found.hit_at_three.value.expect("scored") - three).abs() < 1e-12);
        }

        #[test]
        fn one_of_k_random_places_is_decisive_as_often_as_counting_says(
            tied in 1usize..7, wanted in 0usize..7, k in 1usize..7,
        ) {
            let wanted = wanted.min(tied);
            prop_assume!(wanted > 0);
            let truth: Vec<f64> = (0..tied).map(|i| f64::from(i < wanted)).collect();
            let subsets = (0u32..1 << tied).filter(|s| s.count_ones() as usize == k.min(tied));
            let all: Vec<u32> = subsets.collect();
            let good = all.iter().filter(|s| (0..wanted).any(|i| **s >> i & 1 == 1)).count();
            let chance = hit(&vec![1.0; tied], &truth, k).expect("scored");
            prop_assert!((chance - good as f64 / all.len() as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn praise_and_blame_look_at_signed_extremes() {
        let (credit, truth) = ([0.5, -0.9, 0.0], [0.2, -0.1, 0.0]);
        let mut found = Localisation::default();
        found.push(&credit, &truth, Verdict::Success, None);
        found.push(&credit, &truth, Verdict::Failure, None);
        found.push(&credit, &[0.0; 3], Verdict::Failure, None);
        let found = found.finish();
        assert_eq!((found.praise_hit.value, found.blame_hit.value), (Some(1.0), Some(1.0)));
        assert_eq!((found.blame_hit.undefined, found.hit.undefined), (1, 1));
        assert_eq!(found.hit.value, Some(0.0));
    }

    #[test]
    fn turns_add_their_steps() {
        let mut found = Localisation::default();
        found.push(&[0.6, -0.6, 0.3, 0.2], &[0.1, 0.0, 0.3, 0.3], Verdict::Even, Some(&[0, 0, 1, 1]));
        let found = found.finish();
        assert_eq!(found.hit.value, Some(0.0));
        assert_eq!(found.turn_hit.expect("turns").value, Some(1.0));
    }
}
