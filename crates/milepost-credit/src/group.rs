//! Pools within a batch: which entries are compared with each other.

use crate::{CreditError, Normalize, PoolReport, check};

/// A partition of `0..len` into pools, in the order in which each pool first appears.
///
/// Pools may be ragged and interleaved. The order never depends on a hash, so neither does any result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    members: Vec<usize>,
    starts: Vec<usize>,
}

/// What happened to the pools of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupsReport {
    /// Number of pools.
    pub groups: usize,
    /// Pools whose scores were all equal; they give no signal.
    pub zero_range: usize,
    /// Pools of one; they give no signal either.
    pub dropped: usize,
}

impl Groups {
    /// Entries with equal keys share a pool.
    #[must_use]
    pub fn from_keys<K: Ord>(keys: &[K]) -> Self {
        let mut sorted: Vec<usize> = (0..keys.len()).collect();
        sorted.sort_by(|&a, &b| keys[a].cmp(&keys[b]).then(a.cmp(&b)));
        let mut pools: Vec<&[usize]> = sorted.chunk_by(|&a, &b| keys[a] == keys[b]).collect();
        pools.sort_unstable_by_key(|pool| pool[0]);
        let mut groups = Self { members: Vec::with_capacity(keys.len()), starts: vec![0] };
        for pool in pools {
            groups.members.extend_from_slice(pool);
            groups.starts.push(groups.members.len());
        }
        groups
    }

    /// Consecutive pools of the given sizes.
    #[must_use]
    pub fn from_sizes(sizes: &[usize]) -> Self {
        let mut starts = Vec::with_capacity(sizes.len() + 1);
        starts.push(0);
        starts.extend(sizes.iter().scan(0, |end, size| {
            *end += size;
            Some(*end)
        }));
        Self { members: (0..sizes.iter().sum()).collect(), starts }
    }

    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.members.len()
    }

    /// Number of pools.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no pool.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pools, each as the ascending indices of its members.
    pub fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.starts.windows(2).map(|bounds| &self.members[bounds[0]..bounds[1]])
    }
}

impl Normalize {
    /// [`Normalize::apply`] to every pool of a batch. `scores` and `out` have one entry per member.
    ///
    /// # Errors
    /// As [`Normalize::apply`]; the index of a bad score is its place in `scores`.
    pub fn apply_groups(
        &self,
        groups: &Groups,
        scores: &[f64],
        out: &mut [f64],
    ) -> Result<GroupsReport, CreditError> {
        check::len("scores", groups.entries(), scores.len())?;
        check::finite("scores", scores)?;
        let mut report = GroupsReport::default();
        for_each_pool(groups, scores, out, |pool, out| {
            report.count(&self.apply(pool, out)?);
            Ok(())
        })?;
        Ok(report)
    }
}

impl GroupsReport {
    /// Adds one pool.
    pub fn count(&mut self, pool: &PoolReport) {
        self.groups += 1;
        self.dropped += usize::from(pool.dropped);
        self.zero_range += usize::from(pool.zero_range && !pool.dropped);
    }
}

/// Gathers each pool, lets `rule` write its outputs, and scatters them. Scratch space is reused.
pub(crate) fn for_each_pool(
    groups: &Groups,
    scores: &[f64],
    out: &mut [f64],
    mut rule: impl FnMut(&[f64], &mut [f64]) -> Result<(), CreditError>,
) -> Result<(), CreditError> {
    check::len("scores", groups.entries(), scores.len())?;
    check::len("out", scores.len(), out.len())?;
    let (mut pool, mut written) = (Vec::new(), Vec::new());
    for members in groups.iter().filter(|members| !members.is_empty()) {
        pool.clear();
        pool.extend(members.iter().map(|&member| scores[member]));
        written.clear();
        written.resize(members.len(), 0.0);
        rule(&pool, &mut written)?;
        for (&member, &value) in members.iter().zip(&written) {
            out[member] = value;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_come_in_order_of_first_appearance_with_ascending_members() {
        let groups = Groups::from_keys(&["b", "a", "b", "c", "a"]);
        assert_eq!(groups.iter().collect::<Vec<_>>(), [&[0, 2][..], &[1, 4], &[3]]);
        assert_eq!((groups.len(), groups.entries()), (3, 5));
    }

    #[test]
    fn a_bad_score_is_named_by_its_place_in_the_batch() {
        let groups = Groups::from_keys(&[1, 2, 1]);
        let error = Normalize::grpo().apply_groups(&groups, &[0.0, f64::NAN, 1.0], &mut [0.0; 3]);
        assert!(matches!(error, Err(CreditError::NotFinite { what: "scores", index: 1, .. })));
    }
}
