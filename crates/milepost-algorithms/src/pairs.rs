//! Pairs of trajectories of a group, one preferred.

use crate::config::Pairing;

/// Pairs `(preferred, other)` of trajectories, as indices into the batch: groups are consecutive, `scores` and
/// `keep` have an entry for each trajectory. Trajectories that score the same make no pair.
pub(crate) fn pairs(
    pairing: Pairing,
    groups: &[usize],
    scores: &[f64],
    keep: &[bool],
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut first = 0;
    for size in groups {
        let members: Vec<usize> = (first..first + size).filter(|member| keep[*member]).collect();
        first += size;
        match pairing {
            Pairing::BestWorst => {
                // The first of equals, so that the choice does not depend on anything else.
                let best = members.iter().copied().reduce(|a, b| if scores[b] > scores[a] { b } else { a });
                let worst = members.iter().copied().reduce(|a, b| if scores[b] < scores[a] { b } else { a });
                pairs.extend(best.zip(worst).filter(|(best, worst)| scores[*best] > scores[*worst]));
            }
            Pairing::All => {
                for a in &members {
                    pairs.extend(members.iter().filter(|b| scores[*a] > scores[**b]).map(|b| (*a, *b)));
                }
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_prefer_the_larger_return_within_a_group_and_ties_make_none() {
        let scores = [1.0, 0.0, 0.5, 2.0, 2.0, 9.0];
        let keep = [true; 6];
        assert_eq!(pairs(Pairing::BestWorst, &[3, 2, 1], &scores, &keep), [(0, 1)]);
        assert_eq!(pairs(Pairing::All, &[3, 2, 1], &scores, &keep), [(0, 1), (0, 2), (2, 1)]);
        let keep = [false, true, true, true, true, true];
        assert_eq!(pairs(Pairing::BestWorst, &[3, 3], &scores, &keep), [(2, 1), (5, 3)]);
    }
}
