//! Pareto order over several objectives, all to be raised.

use std::cmp::Ordering;

/// Whether `a` is at least as good as `b` everywhere, and better somewhere.
#[must_use]
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| x >= y) && a.iter().zip(b).any(|(x, y)| x > y)
}

/// The indices of those that nobody dominates, in order.
#[must_use]
pub fn front(scores: &[Vec<f64>]) -> Vec<usize> {
    (0..scores.len()).filter(|i| !scores.iter().any(|other| dominates(other, &scores[*i]))).collect()
}

/// The number of the front of each: 0 for those that nobody dominates, 1 for those that are dominated only by
/// them, and so on (fast non-dominated sorting of NSGA-II, Deb et al. 2002).
#[must_use]
pub fn fronts(scores: &[Vec<f64>]) -> Vec<usize> {
    let n = scores.len();
    let dominated: Vec<Vec<usize>> =
        (0..n).map(|i| (0..n).filter(|j| dominates(&scores[i], &scores[*j])).collect()).collect();
    let mut above = vec![0usize; n];
    dominated.iter().flatten().for_each(|j| above[*j] += 1);
    let mut rank = vec![0; n];
    let mut current: Vec<usize> = (0..n).filter(|i| above[*i] == 0).collect();
    let mut number = 0;
    while !current.is_empty() {
        let mut next = Vec::new();
        for i in &current {
            rank[*i] = number;
            for j in &dominated[*i] {
                above[*j] -= 1;
                if above[*j] == 0 {
                    next.push(*j);
                }
            }
        }
        (current, number) = (next, number + 1);
    }
    rank
}

/// The crowding distance of each within a set: over the objectives, the sum of the gaps between its two
/// neighbours as shares of the range; infinite at the ends of a range.
#[must_use]
pub fn crowding(scores: &[Vec<f64>]) -> Vec<f64> {
    let mut distance = vec![0.0; scores.len()];
    for objective in 0..scores.first().map_or(0, Vec::len) {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*a][objective].total_cmp(&scores[*b][objective]));
        let value = |place: usize| scores[order[place]][objective];
        let range = value(order.len() - 1) - value(0);
        if range == 0.0 {
            continue;
        }
        distance[order[0]] = f64::INFINITY;
        distance[order[order.len() - 1]] = f64::INFINITY;
        for place in 1..order.len() - 1 {
            let share = (value(place + 1) - value(place - 1)) / range;
            distance[order[place]] += if share.is_nan() { 0.0 } else { share };
        }
    }
    distance
}

/// Indices from best to worst: by front, then the less crowded first within a front, then the later first.
#[must_use]
pub fn order(scores: &[Vec<f64>]) -> Vec<usize> {
    let rank = fronts(scores);
    let mut space = vec![0.0; scores.len()];
    for number in 0..rank.iter().max().map_or(0, |last| last + 1) {
        let members: Vec<usize> = (0..scores.len()).filter(|i| rank[*i] == number).collect();
        let own: Vec<Vec<f64>> = members.iter().map(|i| scores[*i].clone()).collect();
        for (i, gap) in members.iter().zip(crowding(&own)) {
            space[*i] = gap;
        }
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let compare = |a: &usize, b: &usize| -> Ordering {
        rank[*a].cmp(&rank[*b]).then(space[*b].total_cmp(&space[*a])).then(b.cmp(a))
    };
    order.sort_by(compare);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores() -> impl Strategy<Value = Vec<Vec<f64>>> {
        let few = (0u8..6, 0u8..6).prop_map(|(a, b)| vec![f64::from(a), f64::from(b)]);
        prop::collection::vec(few, 0..25)
    }

    #[test]
    fn the_ends_of_a_front_are_the_least_crowded() {
        let line: Vec<Vec<f64>> = [0.0, 1.0, 3.0, 4.0].map(|x| vec![x, -x]).to_vec();
        assert_eq!(crowding(&line), [f64::INFINITY, 1.5, 1.5, f64::INFINITY]);
        assert_eq!(crowding(&[vec![1.0, 2.0]]), [0.0]);
        assert_eq!(crowding(&[]), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn nobody_in_the_front_is_dominated_and_everybody_else_is(scores in scores()) {
            let front = front(&scores);
            for i in 0..scores.len() {
                let beaten = scores.iter().any(|other| dominates(other, &scores[i]));
                prop_assert_eq!(front.contains(&i), !beaten);
            }
            prop_assert_eq!(front.is_empty(), scores.is_empty());
        }

        #[test]
        fn each_is_one_front_below_the_best_that_dominates_it(scores in scores()) {
            let rank = fronts(&scores);
            for i in 0..scores.len() {
                let above = (0..scores.len()).filter(|j| dominates(&scores[*j], &scores[i]));
                prop_assert_eq!(rank[i], above.map(|j| rank[j] + 1).max().unwrap_or(0));
            }
        }

        #[test]
        fn the_order_is_a_permutation_that_keeps_fronts_together(scores in scores()) {
            let (rank, order) = (fronts(&scores), order(&scores));
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..scores.len()).collect::<Vec<_>>());
            prop_assert!(order.windows(2).all(|pair| rank[pair[0]] <= rank[pair[1]]));
        }

        #[test]
        fn with_one_objective_that_varies_the_order_is_the_other_ones(values in prop::collection::vec(0u8..50, 1..25)) {
            let scores: Vec<Vec<f64>> = values.iter().map(|v| vec![f64::from(*v), 1.0]).collect();
            let ranked: Vec<u8> = order(&scores).into_iter().map(|i| values[i]).collect();
            prop_assert!(ranked.windows(2).all(|pair| pair[0] >= pair[1]));
        }
    }
}
