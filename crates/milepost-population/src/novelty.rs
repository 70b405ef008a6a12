use rayon::prelude::*;

use crate::{AgentId, Described, PopulationError};

/// Novelty: the mean distance to the `neighbours` nearest in a reference set (Lehman and Stanley, 2011),
///
/// `η(g) = 1/k Σ_{j=1..k} ‖φ(g) − φ(g_j)‖`.
///
/// The reference set is a multiset: an agent that is in the population and in an archive counts twice. Entries
/// with the number `itself` stand for the agent, and exactly one of them, if there is any, is left out; an
/// equal behaviour of another agent is a neighbour at distance 0. With fewer than `k` entries the mean is over
/// those there are; with none, the agent is infinitely novel.
pub fn novelty<'a>(
    itself: AgentId,
    described: &Described,
    reference: impl IntoIterator<Item = (AgentId, &'a Described)>,
    neighbours: usize,
) -> Result<f64, PopulationError> {
    let mut skipped = false;
    let mut distances = Vec::new();
    for (id, other) in reference {
        if id == itself && !skipped {
            skipped = true;
            continue;
        }
        distances.push(described.distance(other)?);
    }
    Ok(mean_of_least(&mut distances, neighbours))
}

/// [`novelty`] of many agents, in parallel; the result does not depend on the number of threads.
pub fn novelties(
    agents: &[(AgentId, &Described)],
    reference: &[(AgentId, &Described)],
    neighbours: usize,
) -> Result<Vec<f64>, PopulationError> {
    let one = |(id, described): &(AgentId, &Described)| {
        novelty(*id, described, reference.iter().copied(), neighbours)
    };
    agents.par_iter().map(one).collect()
}

/// The mean of the `count` least distances, or of all if there are fewer; infinite if there are none.
fn mean_of_least(distances: &mut [f64], count: usize) -> f64 {
    let count = count.min(distances.len());
    if count == 0 {
        return f64::INFINITY;
    }
    if count < distances.len() {
        distances.select_nth_unstable_by(count - 1, f64::total_cmp);
    }
    // Summed in order of size, so that the order of the reference set does not show in the last bit.
    distances[..count].sort_unstable_by(f64::total_cmp);
    distances[..count].iter().sum::<f64>() / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Description;
    use milepost_core::Version;
    use proptest::prelude::*;

    fn at(code: &[f64]) -> Described {
        Described::new(Description { code: code.to_vec(), surprise: None }, Version(0))
    }

    fn of(x: &[f64; 2], others: &[[f64; 2]], k: usize) -> f64 {
        let others: Vec<Described> = others.iter().map(|p| at(p)).collect();
        let reference = others.iter().enumerate().map(|(i, d)| (AgentId(i as u64 + 1), d));
        novelty(AgentId(0), &at(x), reference, k).expect("one space")
    }

    fn points(least: usize) -> impl Strategy<Value = Vec<[f64; 2]>> {
        prop::collection::vec([-1.0f64..1.0, -1.0f64..1.0], least..30)
    }

    #[test]
    fn it_is_the_mean_over_those_there_are_and_infinite_over_none() {
        let line = [[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]];
        assert_eq!(of(&[0.0, 0.0], &line, 2), 1.5);
        assert_eq!(of(&[0.0, 0.0], &line, 15), 7.0 / 3.0);
        assert_eq!(of(&[0.0, 0.0], &[], 15), f64::INFINITY);
        assert_eq!(of(&[0.0, 0.0], &line, 0), f64::INFINITY);
    }

    #[test]
    fn itself_is_left_out_exactly_once_and_twins_are_neighbours() {
        let (here, there) = (at(&[0.0]), at(&[6.0]));
        let me = AgentId(7);
        let reference = [(me, &here), (AgentId(8), &here), (AgentId(9), &there)];
        // The twin (8) stays, at distance 0.
        assert_eq!(novelty(me, &here, reference, 2).expect("one space"), 3.0);
        // A second copy of itself, as from an archive, stays too.
        let archived = [(me, &here), (me, &here), (AgentId(9), &there)];
        assert_eq!(novelty(me, &here, archived, 2).expect("one space"), 3.0);
        // Not in the set: nothing is left out, however near.
        assert_eq!(novelty(AgentId(1), &here, reference, 2).expect("one space"), 0.0);
    }

    #[test]
    fn a_stale_reference_is_an_error() {
        let stale = Described::new(Description { code: vec![0.0], surprise: None }, Version(3));
        assert!(novelty(AgentId(0), &at(&[0.0]), [(AgentId(1), &stale)], 1).is_err());
    }

    proptest! {
        #[test]
        fn it_is_not_negative_and_blind_to_shifts_and_turns(
            x in [-1.0f64..1.0, -1.0f64..1.0], others in points(1), k in 1usize..20,
            shift in [-5.0f64..5.0, -5.0f64..5.0], angle in 0.0f64..6.0, scale in 0.1f64..10.0,
        ) {
            let before = of(&x, &others, k);
            let (sin, cos) = angle.sin_cos();
            let moved = |p: &[f64; 2]| [
                scale * (cos * p[0] - sin * p[1]) + shift[0],
                scale * (sin * p[0] + cos * p[1]) + shift[1],
            ];
            let after = of(&moved(&x), &others.iter().map(moved).collect::<Vec<_>>(), k);
            prop_assert!(before >= 0.0);
            prop_assert!((after - scale * before).abs() < 1e-9 * (1.0 + after));
        }

        #[test]
        fn more_points_never_raise_it_once_there_are_enough(
            x in [-1.0f64..1.0, -1.0f64..1.0], others in points(15), more in points(0), k in 1usize..16,
        ) {
            let before = of(&x, &others, k);
            let extended = [others.clone(), more].concat();
            prop_assert!(of(&x, &extended, k) <= before);
            prop_assert!(of(&x, &[others.clone(), others].concat(), k) <= before);
        }

        #[test]
        fn points_beyond_the_neighbours_change_nothing(
            x in [-1.0f64..1.0, -1.0f64..1.0], others in points(15), k in 1usize..16, far in 100.0f64..200.0,
        ) {
            let extended = [others.clone(), vec![[far, far]; 4]].concat();
            prop_assert_eq!(of(&x, &extended, k), of(&x, &others, k));
        }

        #[test]
        fn the_order_of_the_reference_does_not_matter(
            x in [-1.0f64..1.0, -1.0f64..1.0], others in points(1), k in 1usize..20,
        ) {
            let reversed: Vec<_> = others.iter().rev().copied().collect();
            prop_assert_eq!(of(&x, &others, k), of(&x, &reversed, k));
        }
    }
}
