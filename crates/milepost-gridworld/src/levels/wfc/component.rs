//! The largest connected part of a level, its cells in the order in which MiniGrid's graph library lists them.

use super::python_set::PythonSet;

/// A row and a column.
pub(super) type Node = (u32, u32);

/// The cells of the largest part of at least two cells, from which start and goal are drawn.
///
/// They are listed row by row if they are at least half of all floor. If they are fewer, NetworkX lists them
/// in the order of the hash table that it built to select them: one filled by a breadth-first search, copied
/// entry by entry into a second, and that into a third.
pub(super) fn largest(side: u32, is_floor: &[bool]) -> Option<Vec<Node>> {
    let index = |(row, column): Node| (row * side + column) as usize;
    let all: Vec<Node> = (0..side).flat_map(|row| (0..side).map(move |column| (row, column))).collect();
    let floor: Vec<Node> = all.into_iter().filter(|node| is_floor[index(*node)]).collect();
    let mut seen = vec![false; is_floor.len()];
    let mut best: Vec<Node> = Vec::new();
    for start in &floor {
        if !seen[index(*start)] {
            let found = search(side, is_floor, &mut seen, *start);
            if found.len() > best.len() {
                best = found;
            }
        }
    }
    if best.len() < 2 {
        return None;
    }
    if 2 * best.len() < floor.len() {
        let first: PythonSet = best.into_iter().collect();
        let second: PythonSet = first.iter().collect();
        let third: PythonSet = second.iter().collect();
        Some(third.iter().collect())
    } else {
        best.sort_unstable();
        Some(best)
    }
}

/// Breadth-first search: up, left, down, right.
fn search(side: u32, is_floor: &[bool], seen: &mut [bool], start: Node) -> Vec<Node> {
    let mut found = vec![start];
    seen[(start.0 * side + start.1) as usize] = true;
    let mut next = 0;
    while let Some((row, column)) = found.get(next).copied() {
        next += 1;
        for (dr, dc) in [(-1, 0), (0, -1), (1, 0), (0, 1)] {
            let near = row.checked_add_signed(dr).zip(column.checked_add_signed(dc));
            let Some((row, column)) = near.filter(|(row, column)| *row < side && *column < side) else {
                continue;
            };
            let cell = (row * side + column) as usize;
            if is_floor[cell] && !std::mem::replace(&mut seen[cell], true) {
                found.push((row, column));
            }
        }
    }
    found
}
