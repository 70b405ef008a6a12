//! The cycle of highest mean weight in a directed graph, and the potentials that prove it, by Howard's
//! policy iteration (Cochet-Terrasson, Cohen, Gaubert, McGettrick and Quadrat 1998). The number that Karp's
//! algorithm computes, in memory linear in the graph; Karp's needs the square of its nodes.

/// An edge to a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub(super) to: usize,
    pub(super) weight: f64,
    /// What the caller knows it by.
    pub(super) label: usize,
}

/// What the iteration ends with.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// Best mean of the cycles that each node can reach; −∞ for nodes that reach none.
    pub(super) mean: Vec<f64>,
    /// `h` with `weight − mean + h(to) ≤ h(from)` for every edge between nodes of equal mean.
    pub(super) bias: Vec<f64>,
    chosen: Vec<Option<Edge>>,
}

const ROUNDS: usize = 100_000;

/// Solves for every node of `edges`.
pub(super) fn solve(edges: &[Vec<Edge>]) -> Solution {
    let edges = without_dead_ends(edges);
    let scale = edges.iter().flatten().map(|edge| edge.weight.abs()).fold(1.0, f64::max);
    let slack = 1e-12 * scale;
    let heaviest =
        |list: &Vec<Edge>| list.iter().copied().reduce(|a, b| if b.weight > a.weight { b } else { a });
    let mut solution = Solution {
        mean: vec![f64::NEG_INFINITY; edges.len()],
        bias: vec![0.0; edges.len()],
        chosen: edges.iter().map(heaviest).collect(),
    };
    for _ in 0..ROUNDS {
        solution.evaluate();
        // A better cycle first, a better way to an equal one only where there is none.
        if !solution.improve(&edges, slack, |s, from, edge| s.mean[edge.to] - s.mean[from])
            && !solution.improve(&edges, slack * edges.len() as f64, |s, from, edge| {
                if s.mean[edge.to] < s.mean[from] - slack {
                    return f64::NEG_INFINITY;
                }
                edge.weight - s.mean[from] + s.bias[edge.to] - s.bias[from]
            })
        {
            break;
        }
    }
    solution
}

impl Solution {
    /// Mean and bias under the chosen edges.
    fn evaluate(&mut self) {
        let nodes = self.chosen.len();
        // 0 unseen, 1 on the present walk, 2 done.
        let mut mark = vec![0_u8; nodes];
        for first in 0..nodes {
            let mut walk = Vec::new();
            let mut at = first;
            while mark[at] == 0 {
                let Some(edge) = self.chosen[at] else { break };
                mark[at] = 1;
                walk.push(at);
                at = edge.to;
            }
            if mark[at] == 1 {
                let cycle: Vec<usize> = walk.iter().copied().skip_while(|node| *node != at).collect();
                let sum: f64 = cycle.iter().filter_map(|node| self.chosen[*node]).map(|e| e.weight).sum();
                // The root keeps its bias, so that values only rise from round to round.
                self.mean[at] = sum / cycle.len() as f64;
                mark[at] = 2;
            }
            for node in walk.into_iter().rev() {
                // The root of a cycle is known already.
                if let Some(edge) = self.chosen[node].filter(|_| mark[node] == 1) {
                    self.mean[node] = self.mean[edge.to];
                    self.bias[node] = edge.weight - self.mean[node] + self.bias[edge.to];
                }
                mark[node] = 2;
            }
        }
    }

    /// Switches every node to its edge of highest `gain`, where that is above `slack`.
    fn improve(
        &mut self,
        edges: &[Vec<Edge>],
        slack: f64,
        gain: impl Fn(&Self, usize, &Edge) -> f64,
    ) -> bool {
        let mut switched = Vec::new();
        for (from, list) in edges.iter().enumerate() {
            let best = list.iter().map(|edge| (gain(self, from, edge), *edge));
            let best = best.reduce(|a, b| if b.0 > a.0 { b } else { a });
            if let Some((_, edge)) = best.filter(|(gain, _)| *gain > slack) {
                switched.push((from, edge));
            }
        }
        for (from, edge) in &switched {
            self.chosen[*from] = Some(*edge);
        }
        !switched.is_empty()
    }

    /// The cycle of highest mean: its mean, and each node on it with the edge that leaves it.
    pub(super) fn best(&self) -> Option<(f64, Vec<(usize, Edge)>)> {
        let best = (0..self.mean.len())
            .filter(|node| self.chosen[*node].is_some())
            .reduce(|a, b| if self.mean[b] > self.mean[a] { b } else { a })?;
        // As many steps as there are nodes end on the cycle.
        let mut at = best;
        for _ in 0..self.mean.len() {
            at = self.chosen[at]?.to;
        }
        let (root, mut cycle) = (at, Vec::new());
        loop {
            let edge = self.chosen[at]?;
            cycle.push((at, edge));
            at = edge.to;
            if at == root {
                break;
            }
        }
        let mean = cycle.iter().map(|(_, edge)| edge.weight).sum::<f64>() / cycle.len() as f64;
        Some((mean, cycle))
    }
}

/// Only the edges that lead on for ever.
fn without_dead_ends(edges: &[Vec<Edge>]) -> Vec<Vec<Edge>> {
    let mut left: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (from, list) in edges.iter().enumerate() {
        for edge in list {
            before[edge.to].push(from);
        }
    }
    let mut dead: Vec<bool> = left.iter().map(|count| *count == 0).collect();
    let mut open: Vec<usize> = (0..edges.len()).filter(|node| dead[*node]).collect();
    while let Some(node) = open.pop() {
        for from in &before[node] {
            left[*from] -= 1;
            if left[*from] == 0 && !dead[*from] {
                dead[*from] = true;
                open.push(*from);
            }
        }
    }
    let alive = |list: &Vec<Edge>| list.iter().copied().filter(|edge| !dead[edge.to]).collect();
    edges.iter().map(alive).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Karp 1978: `max_v min_k (D_n(v) − D_k(v)) / (n − k)`, from all nodes at once.
    fn karp(edges: &[Vec<Edge>]) -> Option<f64> {
        let n = edges.len();
        let mut walks = vec![vec![0.0; n]];
        for k in 0..n {
            let mut longer = vec![f64::NEG_INFINITY; n];
            for (from, list) in edges.iter().enumerate() {
                for edge in list {
                    longer[edge.to] = f64::max(longer[edge.to], walks[k][from] + edge.weight);
                }
            }
            walks.push(longer);
        }
        let of_node = |v: usize| {
            let mean = |k: usize| (walks[n][v] - walks[k][v]) / (n - k) as f64;
            (0..n).filter(|k| walks[*k][v].is_finite()).map(mean).fold(f64::INFINITY, f64::min)
        };
        (0..n).filter(|v| walks[n][*v].is_finite()).map(of_node).reduce(f64::max)
    }

    proptest! {
        #[test]
        fn howard_finds_the_cycle_mean_that_karp_computes_and_proves_it(
            list in prop::collection::vec((0usize..7, 0usize..7, -1.0..1.0f64), 0..25),
        ) {
            let mut edges = vec![Vec::new(); 7];
            for (label, (from, to, weight)) in list.into_iter().enumerate() {
                edges[from].push(Edge { to, weight, label });
            }
            let solution = solve(&edges);
            let best = solution.best();
            prop_assert_eq!(best.is_some(), karp(&edges).is_some());
            if let (Some((mean, cycle)), Some(expected)) = (best, karp(&edges)) {
                prop_assert!((mean - expected).abs() < 1e-9, "{} {}", mean, expected);
                for (step, (from, edge)) in cycle.iter().enumerate() {
                    prop_assert!(edges[*from].contains(edge));
                    prop_assert_eq!(edge.to, cycle[(step + 1) % cycle.len()].0);
                }
            }
            for (from, list) in edges.iter().enumerate() {
                for edge in list.iter().filter(|edge| solution.mean[edge.to] == solution.mean[from]) {
                    if solution.mean[from].is_finite() {
                        let left = edge.weight - solution.mean[from] + solution.bias[edge.to];
                        prop_assert!(left <= solution.bias[from] + 1e-9);
                    }
                }
            }
        }
    }
}
