use crate::LayeredWorld;
use crate::world::END;

/// `min_Φ max |d(n, a, n') − (Φ(n') − Φ(n))|` over the transitions, with `Φ(END) = 0`: how far the extra reward
/// `d` is from a potential-based shaping (whose policies rank as before). `extra` follows
/// [`LayeredWorld::transitions`]; NaN marks a transition to leave out.
///
/// A potential that fits within `ε` exists iff the constraints `Φ(n') − Φ(n) ∈ [d − ε, d + ε]` have no negative
/// cycle, so the least `ε` is the largest mean of `|Σ ±d|` over the cycles of the undirected graph: each
/// negative cycle that Bellman and Ford's algorithm finds raises `ε` to its mean, until there is none.
pub fn potential_residual(world: &LayeredWorld, extra: &[f64]) -> f64 {
    let end = world.nodes();
    let vertex = |node: u32| if node == END { end } else { node as usize };
    let mut edges = Vec::new();
    for ((node, outcome), d) in world.transitions().zip(extra) {
        if !d.is_nan() && outcome.probability > 0.0 {
            edges.push((vertex(node), vertex(outcome.next), *d));
            edges.push((vertex(outcome.next), vertex(node), -d));
        }
    }
    let largest = edges.iter().fold(0.0, |m: f64, (_, _, d)| m.max(d.abs()));
    let mut epsilon = 0.0;
    while let Some(mean) = negative_cycle(end + 1, &edges, epsilon, largest * 1e-12) {
        epsilon -= mean;
    }
    epsilon
}

/// The mean weight `d + ε` of a cycle on which it is negative, if there is one.
fn negative_cycle(vertices: usize, edges: &[(usize, usize, f64)], epsilon: f64, slack: f64) -> Option<f64> {
    let (mut distance, mut via) = (vec![0.0; vertices], vec![None; vertices]);
    let mut moved = None;
    for _ in 0..=vertices {
        moved = None;
        for (index, (from, to, d)) in edges.iter().enumerate() {
            let candidate = distance[*from] + d + epsilon;
            if candidate < distance[*to] - slack {
                (distance[*to], via[*to], moved) = (candidate, Some(index), Some(*to));
            }
        }
        moved?;
        if let Some(mean) = cycle_of_predecessors(&via, edges, epsilon) {
            return (mean < -slack).then_some(mean);
        }
    }
    moved.and_then(|_| cycle_of_predecessors(&via, edges, epsilon)).filter(|mean| *mean < -slack)
}

/// The mean weight of a cycle in the graph of predecessors, if it has one.
fn cycle_of_predecessors(via: &[Option<usize>], edges: &[(usize, usize, f64)], epsilon: f64) -> Option<f64> {
    let mut seen = vec![usize::MAX; via.len()];
    for start in 0..via.len() {
        let mut at = start;
        while seen[at] == usize::MAX {
            seen[at] = start;
            match via[at] {
                Some(edge) => at = edges[edge].0,
                None => break,
            }
        }
        if seen[at] == start && via[at].is_some() {
            let (mut sum, mut length, mut here) = (0.0, 0, at);
            while let Some(edge) = via[here] {
                sum += edges[edge].2 + epsilon;
                length += 1;
                here = edges[edge].0;
                if here == at {
                    return Some(sum / f64::from(length));
                }
            }
        }
    }
    None
}
