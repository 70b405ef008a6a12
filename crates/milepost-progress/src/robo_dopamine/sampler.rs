use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::hop;
use crate::ProgressError;

/// Two frames of one episode, and the label that a judge should learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Which episode.
    pub episode: usize,
    /// The frame before.
    pub before: usize,
    /// The frame after; it may be the earlier one.
    pub after: usize,
    /// The label in `[−1, 1]`.
    pub hop: f64,
}

/// Which pairs are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Evenly over hops, and within each bin of hops evenly over gaps in time.
    HopAndGap,
    /// As they come: two different frames of an episode, uniformly.
    Uniform,
}

/// Draws pairs of frames to learn hops from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PairSampler {
    /// Which pairs.
    pub balance: Balance,
    /// Equal bins of hops on `[−1, 1]`. Default 25.
    pub hop_bins: usize,
    /// Equal bins of the gap in time over the episode's length. Default 4.
    pub gap_bins: usize,
    /// Candidates drawn for each pair wanted. Default 100.
    pub oversample: usize,
    /// Share `α₀` of pairs of almost the same frame, labelled 0. Default 0.05.
    pub zero_share: f64,
    /// How far apart these are, as a share of the episode; at least one frame. Default 0.075.
    pub zero_gap: f64,
}

impl Default for PairSampler {
    fn default() -> Self {
        Self {
            balance: Balance::HopAndGap,
            hop_bins: 25,
            gap_bins: 4,
            oversample: 100,
            zero_share: 0.05,
            zero_gap: 0.075,
        }
    }
}

/// How the bins were filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampleReport {
    /// Regular pairs in each bin of hops.
    pub per_bin: Vec<usize>,
    /// What each bin was to have.
    pub quota: Vec<usize>,
    /// Of the pairs in each bin, those that stand in for deficits elsewhere.
    pub spilled: Vec<usize>,
    /// Pairs labelled 0 because their frames are almost the same.
    pub zero_hops: usize,
    /// Pairs that could not be drawn, for want of candidates.
    pub missing: usize,
    /// Episodes of a single frame, which have no pairs.
    pub skipped_episodes: usize,
}

impl PairSampler {
    fn check(&self) -> Result<(), ProgressError> {
        let counts = [
            ("the number of hop bins", self.hop_bins),
            ("the number of gap bins", self.gap_bins),
            ("the candidates for each pair", self.oversample),
        ];
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(ProgressError::Setting { name, value: 0.0, range: "[1, ∞)" });
        }
        let shares = [("the share of zero hops", self.zero_share), ("the gap of zero hops", self.zero_gap)];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            None => Ok(()),
            Some((name, value)) => Err(ProgressError::Setting { name, value, range: "[0, 1]" }),
        }
    }

    /// Draws `n` pairs from episodes given by the progress of their frames. `round(α₀ n)` are zero hops; the rest are
    /// drawn from [`PairSampler::oversample`] times as many random pairs. Every bin of hops has the same quota, filled
    /// evenly from its bins of gaps and, where one of them runs out, from the others; what a bin lacks is taken from
    /// the bins nearest to hop 0 that have candidates left. The pairs come in random order.
    pub fn sample(
        &self,
        episodes: &[Vec<f64>],
        n: usize,
        stream: &mut Stream,
    ) -> Result<(Vec<Pair>, SampleReport), ProgressError> {
        self.check()?;
        let usable: Vec<usize> = (0..episodes.len()).filter(|e| episodes[*e].len() >= 2).collect();
        if usable.is_empty() {
            let found = episodes.iter().map(Vec::len).max().unwrap_or(0);
            return Err(ProgressError::TooShort { what: "drawing pairs from an episode", found, needed: 2 });
        }
        let mut report =
            SampleReport { skipped_episodes: episodes.len() - usable.len(), ..SampleReport::default() };
        report.zero_hops = (self.zero_share * n as f64).round() as usize;
        let regular = n - report.zero_hops;
        let wanted = match self.balance {
            Balance::Uniform => regular,
            Balance::HopAndGap => regular * self.oversample,
        };
        let candidates: Vec<Pair> = (0..wanted).map(|_| candidate(episodes, &usable, stream)).collect();
        let mut pairs = match self.balance {
            Balance::Uniform => candidates,
            Balance::HopAndGap => self.balanced(candidates, episodes, regular, &mut report),
        };
        report.missing = regular - pairs.len();
        for _ in 0..report.zero_hops {
            pairs.push(self.zero_hop(episodes, &usable, stream));
        }
        stream.shuffle(&mut pairs);
        Ok((pairs, report))
    }

    /// The bin of a hop.
    #[must_use]
    pub fn hop_bin(&self, hop: f64) -> usize {
        ((f64::midpoint(hop, 1.0) * self.hop_bins as f64) as usize).min(self.hop_bins - 1)
    }

    fn gap_bin(&self, pair: &Pair, episodes: &[Vec<f64>]) -> usize {
        let longest = episodes[pair.episode].len() - 1;
        (pair.before.abs_diff(pair.after) * self.gap_bins / (longest + 1)).min(self.gap_bins - 1)
    }

    /// Bins in the order in which they take what others lack: nearest to hop 0 first.
    fn by_nearness(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.hop_bins).collect();
        // Twice the distance of the bin's centre from the middle, in bins.
        order.sort_by_key(|bin| (2 * bin + 1).abs_diff(self.hop_bins));
        order
    }

    fn balanced(
        &self,
        candidates: Vec<Pair>,
        episodes: &[Vec<f64>],
        regular: usize,
        report: &mut SampleReport,
    ) -> Vec<Pair> {
        let bins = self.hop_bins;
        let order = self.by_nearness();
        report.quota = vec![regular / bins; bins];
        for bin in order.iter().take(regular % bins) {
            report.quota[*bin] += 1;
        }
        let mut table = vec![vec![Vec::new(); self.gap_bins]; bins];
        for pair in candidates {
            table[self.hop_bin(pair.hop)][self.gap_bin(&pair, episodes)].push(pair);
        }
        let mut pairs = Vec::with_capacity(regular);
        report.per_bin = vec![0; bins];
        for (bin, gaps) in table.iter_mut().enumerate() {
            // One from each gap in turn, so that gaps that run out leave their share to the others.
            while report.per_bin[bin] < report.quota[bin] && gaps.iter().any(|gap| !gap.is_empty()) {
                let room = report.quota[bin] - report.per_bin[bin];
                let drawn: Vec<Pair> = gaps.iter_mut().filter_map(Vec::pop).take(room).collect();
                report.per_bin[bin] += drawn.len();
                pairs.extend(drawn);
            }
        }
        report.spilled = vec![0; bins];
        for bin in order {
            for gap in &mut table[bin] {
                let room = regular - pairs.len();
                let drawn = gap.split_off(gap.len().saturating_sub(room));
                report.per_bin[bin] += drawn.len();
                report.spilled[bin] += drawn.len();
                pairs.extend(drawn);
            }
        }
        pairs
    }

    fn zero_hop(&self, episodes: &[Vec<f64>], usable: &[usize], stream: &mut Stream) -> Pair {
        let episode = usable[stream.below(usable.len() as u64) as usize];
        let length = episodes[episode].len();
        let gap = ((self.zero_gap * length as f64).round() as usize).clamp(1, length - 1);
        let first = stream.below((length - gap) as u64) as usize;
        let (before, after) = if stream.below(2) == 0 { (first, first + gap) } else { (first + gap, first) };
        Pair { episode, before, after, hop: 0.0 }
    }
}

fn candidate(episodes: &[Vec<f64>], usable: &[usize], stream: &mut Stream) -> Pair {
    let episode = usable[stream.below(usable.len() as u64) as usize];
    let phi = &episodes[episode];
    let before = stream.below(phi.len() as u64) as usize;
    let other = stream.below(phi.len() as u64 - 1) as usize;
    let after = if other < before { other } else { other + 1 };
    Pair { episode, before, after, hop: hop(phi[before], phi[after]) }
}

#[cfg(test)]
mod tests {
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    use super::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::named("pairs")))
    }

    fn expert(frames: usize) -> Vec<f64> {
        (0..frames).map(|t| t as f64 / (frames - 1) as f64).collect()
    }

    #[test]
    fn balanced_pairs_are_flat_over_hops_where_uniform_ones_are_not() {
        // The first of three stages takes most of the time. (Were all equally fast, uniform pairs would have
        // uniform hops already: given Φ_p, the hop of a later frame is uniform.)
        let stages = super::super::Keyframes::new(61, vec![0, 50, 55, 60]).expect("ascend");
        let episodes = vec![stages.progress(), expert(35)];
        let spread = |balance| {
            let sampler = PairSampler { balance, ..PairSampler::default() };
            let (pairs, _) = sampler.sample(&episodes, 1000, &mut stream(0)).expect("pairs");
            let mut counts = vec![0usize; sampler.hop_bins];
            pairs
                .iter()
                .filter(|pair| pair.hop != 0.0)
                .for_each(|pair| counts[sampler.hop_bin(pair.hop)] += 1);
            counts.into_iter().max().expect("bins") as f64 / 950.0 * sampler.hop_bins as f64
        };
        assert!(spread(Balance::HopAndGap) < 1.1);
        assert!(spread(Balance::Uniform) > 1.5);
    }

    #[test]
    fn a_zero_hop_is_a_short_way_apart_and_labelled_0() {
        let sampler = PairSampler { zero_share: 1.0, ..PairSampler::default() };
        let (pairs, report) = sampler.sample(&[expert(41)], 50, &mut stream(1)).expect("pairs");
        assert!(pairs.iter().all(|pair| pair.hop == 0.0 && pair.before.abs_diff(pair.after) == 3));
        assert_eq!((report.zero_hops, pairs.len()), (50, 50));
    }

    #[test]
    fn what_has_no_pairs_is_refused_or_counted() {
        let sampler = PairSampler::default();
        assert!(matches!(
            sampler.sample(&[vec![0.0]], 5, &mut stream(0)),
            Err(ProgressError::TooShort { .. })
        ));
        assert!(matches!(sampler.sample(&[], 5, &mut stream(0)), Err(ProgressError::TooShort { .. })));
        let (_, report) = sampler.sample(&[vec![0.0], expert(9)], 5, &mut stream(0)).expect("one is enough");
        assert_eq!(report.skipped_episodes, 1);
        assert!(PairSampler { hop_bins: 0, ..sampler }.sample(&[expert(9)], 5, &mut stream(0)).is_err());
        assert!(PairSampler { zero_share: 1.5, ..sampler }.sample(&[expert(9)], 5, &mut stream(0)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bins_hold_their_quota_and_what_spilled_and_zero_hops_have_their_share(
            lengths in prop::collection::vec(2usize..40, 1..5), n in 0usize..300, zero_share in 0.0..=1.0f64,
            hop_bins in 1usize..30, gap_bins in 1usize..6, oversample in 1usize..20, seed: u64,
        ) {
            let episodes: Vec<Vec<f64>> = lengths.into_iter().map(expert).collect();
            let sampler = PairSampler { hop_bins, gap_bins, oversample, zero_share, ..PairSampler::default() };
            let (pairs, report) = sampler.sample(&episodes, n, &mut stream(seed)).expect("pairs");
            prop_assert_eq!(report.zero_hops, (zero_share * n as f64).round() as usize);
            prop_assert_eq!(pairs.len() + report.missing, n);
            for bin in 0..hop_bins {
                prop_assert!(report.per_bin[bin] <= report.quota[bin] + report.spilled[bin]);
            }
            prop_assert_eq!(report.per_bin.iter().sum::<usize>() + report.zero_hops, pairs.len());
            for pair in &pairs {
                let phi = &episodes[pair.episode];
                prop_assert!(pair.before != pair.after && (-1.0..=1.0).contains(&pair.hop));
                let label = hop(phi[pair.before], phi[pair.after]);
                prop_assert!(pair.hop == label || pair.hop == 0.0);
            }
            // The same key draws the same pairs.
            prop_assert_eq!(sampler.sample(&episodes, n, &mut stream(seed)).expect("pairs").0, pairs);
        }
    }
}
