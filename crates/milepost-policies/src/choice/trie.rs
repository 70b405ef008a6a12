use super::Candidates;

/// The prefixes of some candidates, each once, by length. Several sets of candidates may share the levels:
/// each has a root of its own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trie {
    /// `levels[t]`: the distinct prefixes of `t + 1` tokens, in lexicographic order within their set.
    pub(super) levels: Vec<Vec<Node>>,
    /// For each set and candidate (in the order given), the node of each of its tokens.
    pub(super) paths: Vec<Vec<Vec<usize>>>,
}

/// A prefix: one token more than its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    /// Index in the level above; for the first level, the set.
    pub(super) parent: usize,
    /// The last token.
    pub(super) token: u32,
}

impl Trie {
    pub(super) fn new<'a>(sets: impl IntoIterator<Item = &'a Candidates>) -> Self {
        let mut trie = Self::default();
        for (set, candidates) in sets.into_iter().enumerate() {
            let mut paths = vec![Vec::new(); candidates.len()];
            let mut before: &[u32] = &[];
            let mut path: Vec<usize> = Vec::new();
            for index in candidates.sorted() {
                let sequence = &candidates.sequences()[*index];
                let shared = before.iter().zip(sequence).take_while(|(a, b)| a == b).count();
                path.truncate(shared);
                for (depth, token) in sequence.iter().enumerate().skip(shared) {
                    if trie.levels.len() == depth {
                        trie.levels.push(Vec::new());
                    }
                    let parent = path.last().copied().unwrap_or(set);
                    path.push(trie.levels[depth].len());
                    trie.levels[depth].push(Node { parent, token: *token });
                }
                paths[*index].clone_from(&path);
                before = sequence;
            }
            trie.paths.push(paths);
        }
        trie
    }

    /// The nodes of level `depth` that have children, in order.
    pub(super) fn inner(&self, depth: usize) -> Vec<usize> {
        let mut parents: Vec<usize> =
            self.levels.get(depth + 1).into_iter().flatten().map(|node| node.parent).collect();
        parents.dedup();
        parents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn sets() -> impl Strategy<Value = Vec<Candidates>> {
        let set = prop::collection::btree_set(prop::collection::vec(0u32..3, 1..5), 1..9);
        let shuffled = set.prop_map(|set| set.into_iter().collect::<Vec<_>>()).prop_shuffle();
        prop::collection::vec(shuffled.prop_map(|s| Candidates::new(s).expect("distinct")), 1..4)
    }

    proptest! {
        #[test]
        fn a_path_spells_its_candidate_from_its_own_root(sets in sets()) {
            let trie = Trie::new(&sets);
            for (set, candidates) in sets.iter().enumerate() {
                for (sequence, path) in candidates.sequences().iter().zip(&trie.paths[set]) {
                    let mut parent = set;
                    prop_assert_eq!(path.len(), sequence.len());
                    for (depth, (token, node)) in sequence.iter().zip(path).enumerate() {
                        prop_assert_eq!(trie.levels[depth][*node], Node { parent, token: *token });
                        parent = *node;
                    }
                }
            }
        }

        #[test]
        fn every_distinct_prefix_is_one_node(sets in sets()) {
            let trie = Trie::new(&sets);
            for (depth, level) in trie.levels.iter().enumerate() {
                let prefixes: BTreeSet<(usize, &[u32])> = sets.iter().enumerate()
                    .flat_map(|(set, c)| c.sequences().iter().map(move |s| (set, s)))
                    .filter_map(|(set, sequence)| Some((set, sequence.get(..=depth)?)))
                    .collect();
                prop_assert_eq!(level.len(), prefixes.len());
                let inner: BTreeSet<usize> = trie.inner(depth).into_iter().collect();
                let parents = trie.levels.get(depth + 1).into_iter().flatten().map(|n| n.parent).collect();
                prop_assert_eq!(inner, parents);
            }
        }
    }
}
