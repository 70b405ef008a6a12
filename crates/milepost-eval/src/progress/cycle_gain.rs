//! Can recorded transitions be walked in a circle at a profit?

use super::MetricValue;
use crate::StatsError;

/// A transition that was seen, and what it paid. States are any numbers that tell states apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Key of the state left.
    pub from: u64,
    /// Key of the state arrived in.
    pub to: u64,
    /// The reward; of a transition seen more often, the mean is taken.
    pub reward: f64,
}

/// What can be gained by going in circles.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleGain {
    /// Total reward of the cycle found; positive means that the reward can be farmed. Undefined if the
    /// recorded transitions hold no cycle.
    pub gain: MetricValue,
    /// The keys of its states in order; the last leads to the first.
    pub cycle: Vec<u64>,
}

/// A gain counts as positive above this, times the largest reward.
const TOLERANCE: f64 = 1e-9;

/// The largest total reward of a closed walk that visits no state twice, over the empirical transition graph,
/// as far as it can be found: by Bellman–Ford on `−r` restricted to walks of at most one round of the states.
///
/// If a cycle of positive total reward exists, a positive one is found, and if none does, the best total
/// found is at most 0. (The exact largest simple cycle is NP-hard; its *sign* is not, and the sign is what
/// makes a reward farmable.) `n` counts distinct transitions. Cost: states × transitions.
pub fn max_cycle_gain(edges: &[Edge]) -> Result<CycleGain, StatsError> {
    let rewards: Vec<f64> = edges.iter().map(|edge| edge.reward).collect();
    crate::error::all_finite("the rewards", &rewards)?;
    let graph = Graph::of(edges);
    let n = graph.edges.len();
    let best = graph.best_cycle();
    let (gain, cycle) =
        best.map_or((MetricValue::undefined("there is no cycle", n), Vec::new()), |(gain, cycle)| {
            (MetricValue::of(gain, n), cycle.into_iter().map(|state| graph.keys[state]).collect())
        });
    Ok(CycleGain { gain, cycle })
}

struct Graph {
    keys: Vec<u64>,
    /// From, to, mean reward; sorted, each pair once.
    edges: Vec<(usize, usize, f64)>,
}

impl Graph {
    fn of(edges: &[Edge]) -> Self {
        let mut keys: Vec<u64> = edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
        keys.sort_unstable();
        keys.dedup();
        let at = |key: u64| keys.partition_point(|other| *other < key);
        let mut list: Vec<(usize, usize, f64)> =
            edges.iter().map(|edge| (at(edge.from), at(edge.to), edge.reward)).collect();
        list.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let merged = list.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(|same| {
            (same[0].0, same[0].1, same.iter().map(|edge| edge.2).sum::<f64>() / same.len() as f64)
        });
        let edges = merged.collect();
        Self { keys, edges }
    }

    /// Relaxes `states` rounds from every state at once; whatever closes on the way of predecessors is a cycle.
    fn best_cycle(&self) -> Option<(f64, Vec<usize>)> {
        let states = self.keys.len();
        let scale = self.edges.iter().map(|edge| edge.2.abs()).fold(0.0, f64::max);
        let mut best: Option<(f64, Vec<usize>)> = None;
        let mut keep = |found: Option<(f64, Vec<usize>)>| {
            if let Some(found) = found
                && best.as_ref().is_none_or(|best| found.0 > best.0)
            {
                best = Some(found);
            }
        };
        // Loops of one state, and every cycle that closes through an edge and the best simple way back.
        let mut value = vec![0.0; states];
        let mut before: Vec<Option<usize>> = vec![None; states];
        for _ in 0..=states {
            let mut changed = None;
            for (index, (from, to, reward)) in self.edges.iter().enumerate() {
                if value[*from] + reward > value[*to] + TOLERANCE * scale {
                    value[*to] = value[*from] + reward;
                    before[*to] = Some(index);
                    changed = Some(*to);
                }
            }
            let Some(last) = changed else { break };
            keep(self.closed(&before, last));
        }
        if best.as_ref().is_some_and(|best| best.0 > TOLERANCE * scale) {
            return best;
        }
        // No cycle pays: `value` is a potential with `value(to) ≥ value(from) + r`, so the least loss around an
        // edge is a shortest way in reduced costs that are not negative.
        self.least_loss(&value)
    }

    /// The cycle among the predecessors of `state`, if there is one.
    fn closed(&self, before: &[Option<usize>], state: usize) -> Option<(f64, Vec<usize>)> {
        let mut at = state;
        for _ in 0..self.keys.len() {
            at = self.edges[before[at]?].0;
        }
        let (root, mut cycle, mut gain) = (at, Vec::new(), 0.0);
        loop {
            let (from, _, reward) = self.edges[before[at]?];
            gain += reward;
            cycle.push(from);
            at = from;
            if at == root {
                break;
            }
        }
        cycle.reverse();
        Some((gain, cycle))
    }

    /// The cycle of largest (not positive) gain, exactly: for every state the shortest closed walk through it in
    /// the reduced costs `value(to) − value(from) − r ≥ 0`, by Dijkstra's algorithm.
    fn least_loss(&self, value: &[f64]) -> Option<(f64, Vec<usize>)> {
        let states = self.keys.len();
        let mut leaving: Vec<Vec<(usize, f64)>> = vec![Vec::new(); states];
        for (from, to, reward) in &self.edges {
            leaving[*from].push((*to, (value[*to] - value[*from] - reward).max(0.0)));
        }
        let mut best: Option<(f64, Vec<usize>)> = None;
        for start in 0..states {
            let limit = best.as_ref().map_or(f64::INFINITY, |best| -best.0);
            if let Some((loss, cycle)) = cheapest_return(&leaving, start, limit) {
                best = Some((-loss, cycle));
            }
        }
        // Reduced costs hide the rounding of the potential; the gain is the sum of the rewards themselves.
        best.map(|(_, cycle)| {
            let next = |i: usize| cycle[(i + 1) % cycle.len()];
            let reward = |i: usize| {
                let edge = (cycle[i], next(i));
                let at = self.edges.partition_point(|(from, to, _)| (*from, *to) < edge);
                self.edges[at].2
            };
            ((0..cycle.len()).map(reward).sum(), cycle)
        })
    }
}

/// The cheapest closed walk through `start` that costs less than `limit`, and its states.
fn cheapest_return(leaving: &[Vec<(usize, f64)>], start: usize, limit: f64) -> Option<(f64, Vec<usize>)> {
    let mut cost = vec![f64::INFINITY; leaving.len()];
    let mut before = vec![usize::MAX; leaving.len()];
    // Costs are not negative, so their bits sort as they do.
    let mut open = std::collections::BTreeSet::new();
    open.insert((0u64, start));
    let mut first = true;
    while let Some((bits, at)) = open.pop_first() {
        let so_far = f64::from_bits(bits);
        if at == start && !first {
            let mut cycle = vec![before[start]];
            while cycle[cycle.len() - 1] != start {
                cycle.push(before[cycle[cycle.len() - 1]]);
            }
            cycle.reverse();
            return Some((so_far, cycle));
        }
        first = false;
        for (to, step) in &leaving[at] {
            let through = so_far + step;
            if through < cost[*to] && through < limit {
                open.remove(&(cost[*to].to_bits(), *to));
                cost[*to] = through;
                before[*to] = at;
                open.insert((through.to_bits(), *to));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edges(list: &[(u64, u64, f64)]) -> Vec<Edge> {
        list.iter().map(|(from, to, reward)| Edge { from: *from, to: *to, reward: *reward }).collect()
    }

    fn gain(list: &[(u64, u64, f64)]) -> Option<f64> {
        max_cycle_gain(&edges(list)).expect("finite").gain.value()
    }

    /// The best simple cycle by enumerating all of them.
    fn enumerated(
        list: &[(u64, u64, f64)],
        at: u64,
        root: u64,
        seen: &mut Vec<u64>,
        sum: f64,
    ) -> Option<f64> {
        let mut best: Option<f64> = None;
        for (_, to, reward) in list.iter().filter(|edge| edge.0 == at) {
            let found = if *to == root {
                Some(sum + reward)
            } else if *to > root && !seen.contains(to) {
                seen.push(*to);
                let found = enumerated(list, *to, root, seen, sum + reward);
                seen.pop();
                found
            } else {
                None
            };
            best = best.into_iter().chain(found).reduce(f64::max);
        }
        best
    }

    #[test]
    fn cycle_gains_by_hand() {
        // A loop at one state; two states there and back; nothing closed.
        assert_eq!(gain(&[(7, 7, 0.25)]), Some(0.25));
        assert_eq!(gain(&[(1, 2, 0.5), (2, 1, -0.75)]), Some(-0.25));
        assert_eq!(gain(&[(1, 2, 1.0), (2, 3, 1.0)]), None);
        // Two cycles through one state, of which only the longer pays; a transition seen twice counts its mean.
        let two = [(1, 2, 0.0), (2, 1, -1.0), (2, 3, 0.5), (3, 1, 1.0), (3, 1, 0.0)];
        let found = max_cycle_gain(&edges(&two)).expect("finite");
        assert_eq!((found.gain.value(), found.gain.n), (Some(1.0), 4));
        let mut cycle = found.cycle;
        cycle.sort_unstable();
        assert_eq!(cycle, [1, 2, 3]);
        // Two cycles of equal loss tie.
        assert_eq!(gain(&[(1, 1, -0.5), (2, 2, -0.5)]), Some(-0.5));
        assert_eq!(gain(&[]), None);
        assert!(max_cycle_gain(&edges(&[(1, 1, f64::NAN)])).is_err());
    }

    #[test]
    fn a_tenth_of_the_sign_of_progress_is_farmable_though_progress_is_not() {
        // Down in one large fall, up in two small steps.
        let phi = [0.0, 0.4, 0.8];
        let walk = [(0, 1), (1, 2), (2, 0)];
        let pay = |rule: fn(f64) -> f64| {
            let list: Vec<(u64, u64, f64)> = walk
                .iter()
                .map(|(from, to)| (*from as u64, *to as u64, rule(phi[*to] - phi[*from])))
                .collect();
            gain(&list).expect("a cycle")
        };
        assert!(pay(|change| change).abs() < 1e-12);
        assert!(
            (pay(|change| 0.1 * f64::from(i8::from(change > 0.0) - i8::from(change < 0.0))) - 0.1).abs()
                < 1e-12
        );
    }

    proptest! {
        #[test]
        fn the_sign_of_the_best_cycle_is_found_and_a_loss_exactly(
            list in prop::collection::vec((0u64..6, 0u64..6, -1.0..1.0f64), 1..16),
        ) {
            // Keep one transition for each pair, so that the enumeration needs no means.
            let mut list = list;
            list.sort_by_key(|edge| (edge.0, edge.1));
            list.dedup_by_key(|edge| (edge.0, edge.1));
            let exact = (0..6).filter_map(|root| enumerated(&list, root, root, &mut Vec::new(), 0.0)).reduce(f64::max);
            let found = max_cycle_gain(&edges(&list)).expect("finite");
            prop_assert_eq!(found.gain.value().is_some(), exact.is_some());
            if let (Some(found_gain), Some(exact)) = (found.gain.value(), exact) {
                prop_assert_eq!(found_gain > 1e-9, exact > 1e-9, "{} {}", found_gain, exact);
                prop_assert!(found_gain <= exact + 1e-9);
                if exact <= 0.0 {
                    prop_assert!((found_gain - exact).abs() < 1e-9, "{} {}", found_gain, exact);
                }
                let around: f64 = (0..found.cycle.len()).map(|i| {
                    let (from, to) = (found.cycle[i], found.cycle[(i + 1) % found.cycle.len()]);
                    list.iter().find(|edge| (edge.0, edge.1) == (from, to)).expect("a transition").2
                }).sum();
                prop_assert!((around - found_gain).abs() < 1e-9);
            }
        }

        #[test]
        fn differences_of_a_potential_pay_nothing_around_any_cycle(
            phi in prop::collection::vec(-1.0..1.0f64, 6), list in prop::collection::vec((0usize..6, 0usize..6), 1..20),
        ) {
            let list: Vec<(u64, u64, f64)> = list.into_iter().map(|(a, b)| (a as u64, b as u64, phi[b] - phi[a])).collect();
            prop_assert!(gain(&list).is_none_or(|gain| gain.abs() < 1e-9));
        }
    }
}
