//! Pools within a batch: which entries are compared with each other.

use crate::interner::Interner;
use crate::{CreditError, Normalize, PoolReport, Scale, check};

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
        sorted.sort_by(|&a, &b| keys[a].cmp(&keys[b])); // stable: members stay in ascending order
        let mut pools: Vec<&[usize]> = sorted.chunk_by(|&a, &b| keys[a] == keys[b]).collect();
        pools.sort_unstable_by_key(|pool| pool[0]);
        let mut groups = Self { members: Vec::with_capacity(keys.len()), starts: vec![0] };
        for pool in pools {
            groups.members.extend_from_slice(pool);
            groups.starts.push(groups.members.len());
        }
        groups
    }

    /// [`Groups::from_keys`] for integers, in linear time.
    #[must_use]
    pub fn from_integers(keys: &[u64]) -> Self {
        let mut interner = Interner::new();
        interner.begin(keys.len());
        let ids: Vec<u32> = keys.iter().map(|&key| interner.id(key)).collect();
        // Counting sort; `starts[pool + 1]` is the cursor of the pool, one place early.
        let mut starts = vec![0; interner.len() + 2];
        for &id in &ids {
            starts[id as usize + 2] += 1;
        }
        for pool in 2..starts.len() {
            starts[pool] += starts[pool - 1];
        }
        let mut members = vec![0; ids.len()];
        for (entry, &id) in ids.iter().enumerate() {
            let cursor = &mut starts[id as usize + 1];
            members[*cursor] = entry;
            *cursor += 1;
        }
        starts.pop();
        Self { members, starts }
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

/// What a pool of one gives, where the rule compares members with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Singleton {
    /// 0: there is nobody to compare with. The pool is reported as dropped.
    #[default]
    Drop,
    /// The score as if the mean were 0 and the standard deviation 1; recorded from verl. A policy gradient
    /// with this has no baseline for such a pool. [`crate::turn_loo_advantages`] is unbiased with it.
    Raw,
}

/// Which entries of a batch take part, and what a pool of one gives.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pooling<'a> {
    /// Entries with `false` have no score: they get 0 and leave every statistic. A missing score is not a 0.
    pub valid: Option<&'a [bool]>,
    /// Pools of one.
    pub singleton: Singleton,
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
        self.apply_groups_with(groups, Pooling::default(), scores, out)
    }

    /// [`Normalize::apply_groups`] with missing scores and a rule for pools of one.
    ///
    /// # Errors
    /// As [`Normalize::apply_groups`]; scores that are not valid are not looked at.
    pub fn apply_groups_with(
        &self,
        groups: &Groups,
        pooling: Pooling<'_>,
        scores: &[f64],
        out: &mut [f64],
    ) -> Result<GroupsReport, CreditError> {
        self.check()?;
        let mut report = GroupsReport::default();
        for_each_pool(groups, pooling.valid, scores, out, |pool, out| {
            let outcome = self.apply_pool(pool, out)?;
            if outcome.dropped && pooling.singleton == Singleton::Raw {
                out[0] = match self.scale {
                    Scale::Std { epsilon, .. } => pool[0] / (1.0 + epsilon),
                    Scale::MaxAbs | Scale::None => pool[0],
                };
            }
            report.count(&outcome);
            Ok(())
        })?;
        check::representable("out", out)?;
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

/// Lets `rule` read the scores of each pool and write its outputs. Consecutive members are passed as they
/// lie; others are gathered into scratch space that is reused. A pool without a valid member is left out.
pub(crate) fn for_each_pool(
    groups: &Groups,
    valid: Option<&[bool]>,
    scores: &[f64],
    out: &mut [f64],
    mut rule: impl FnMut(&[f64], &mut [f64]) -> Result<(), CreditError>,
) -> Result<(), CreditError> {
    check::len("scores", groups.entries(), scores.len())?;
    check::len("out", scores.len(), out.len())?;
    check::len("valid", scores.len(), valid.map_or(scores.len(), <[bool]>::len))?;
    let counts = |member: usize| valid.is_none_or(|valid| valid[member]);
    if valid.is_none() {
        check::finite("scores", scores)?;
    } else if let Some(index) = (0..scores.len()).find(|&at| counts(at) && !scores[at].is_finite()) {
        return Err(CreditError::NotFinite { what: "scores", index, value: scores[index] });
    }
    let (mut pool, mut written) = (Vec::new(), Vec::new());
    for members in groups.iter() {
        let (Some(&first), Some(&last)) = (members.first(), members.last()) else { continue };
        if valid.is_none() && last - first + 1 == members.len() {
            rule(&scores[first..=last], &mut out[first..=last])?;
            continue;
        }
        pool.clear();
        pool.extend(members.iter().filter(|&&member| counts(member)).map(|&member| scores[member]));
        written.clear();
        written.resize(pool.len(), 0.0);
        if !pool.is_empty() {
            rule(&pool, &mut written)?;
        }
        let mut written = written.iter();
        for &member in members {
            out[member] = if counts(member) { written.next().copied().unwrap_or_default() } else { 0.0 };
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
