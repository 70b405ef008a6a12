/// Ratcliff–Obershelp similarity of two texts: `2M / (|a| + |b|)`, where `M` counts the characters in the
/// longest common block and, recursively, in what lies left and right of it. In `[0, 1]`; two empty texts
/// have similarity 1.
///
/// Of several longest blocks the one that begins first in `a`, then first in `b`, is taken; so the measure is
/// not symmetric in general. (Ratcliff and Metzener, Dr. Dobb's Journal, July 1988; Python's
/// `difflib.SequenceMatcher` without junk.)
#[must_use]
pub fn similarity(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let total = a.len() + b.len();
    if total == 0 {
        return 1.0;
    }
    let mut matched = 0;
    // A list of what is left to compare stands in for the recursion, which a long text could make deep.
    let mut pending = vec![(a.as_slice(), b.as_slice())];
    while let Some((a, b)) = pending.pop() {
        let (in_a, in_b, len) = longest_common_block(a, b);
        if len > 0 {
            matched += len;
            pending.push((&a[..in_a], &b[..in_b]));
            pending.push((&a[in_a + len..], &b[in_b + len..]));
        }
    }
    2.0 * matched as f64 / total as f64
}

/// Where the first longest common block begins in `a` and in `b`, and its length.
fn longest_common_block(a: &[char], b: &[char]) -> (usize, usize, usize) {
    let mut best = (0, 0, 0);
    // Entry j + 1: length of the common block that ends at the present character of `a` and at `b[j]`.
    let mut ending_here = vec![0; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate().rev() {
            let len = if x == y { ending_here[j] + 1 } else { 0 };
            ending_here[j + 1] = len;
            let start = ((i + 1) - len, (j + 1) - len);
            if len > best.2 || len == best.2 && len > 0 && start < (best.0, best.1) {
                best = (start.0, start.1, len);
            }
        }
    }
    best
}
