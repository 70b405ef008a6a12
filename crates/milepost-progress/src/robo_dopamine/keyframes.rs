use crate::ProgressError;

/// Frames of a trajectory that succeeds at which a stage is done: `K_0` the first frame, `K_N` success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyframes {
    frames: usize,
    keys: Vec<usize>,
}

impl Keyframes {
    /// The keyframes of a trajectory of `frames` frames; they ascend.
    pub fn new(frames: usize, keys: Vec<usize>) -> Result<Self, ProgressError> {
        let needed = 2;
        if frames < needed {
            return Err(ProgressError::TooShort {
                what: "progress along a trajectory",
                found: frames,
                needed,
            });
        }
        if keys.len() < needed {
            return Err(ProgressError::TooShort { what: "a list of keyframes", found: keys.len(), needed });
        }
        let bad = (0..keys.len()).find(|k| keys[*k] >= frames || (*k > 0 && keys[*k] <= keys[*k - 1]));
        match bad {
            None => Ok(Self { frames, keys }),
            Some(index) => Err(ProgressError::Keyframes { index, frame: keys[index], frames }),
        }
    }

    /// Where none are known: one segment from the first frame to the last, so that progress is the number of the
    /// frame. This is what stage-blind labels do, and why they call waiting progress.
    pub fn ends(frames: usize) -> Result<Self, ProgressError> {
        Self::new(frames, vec![0, frames.saturating_sub(1)])
    }

    /// Number of segments `N`.
    #[must_use]
    pub fn segments(&self) -> usize {
        self.keys.len() - 1
    }

    /// The progress of every frame: each segment spans `1/N`, evenly over its frames. Frames before the first
    /// keyframe have 0, frames after the last have 1.
    #[must_use]
    pub fn progress(&self) -> Vec<f64> {
        let segments = self.segments() as f64;
        let of = |frame: usize| {
            let behind = self.keys.partition_point(|key| *key <= frame);
            match (behind.checked_sub(1), self.keys.get(behind)) {
                (None, _) => 0.0,
                (Some(_), None) => 1.0,
                (Some(segment), Some(end)) => {
                    let start = self.keys[segment];
                    (segment as f64 + (frame - start) as f64 / (end - start) as f64) / segments
                }
            }
        };
        (0..self.frames).map(of).collect()
    }

    /// Step-wise discretised progress: for chunks of `chunk` frames, `m = ⌊(1/N)(L/C)⌋` intermediate points evenly
    /// within each segment, so `M = N (m + 1)` steps; the `i`-th of the `M + 1` sampled frames has progress `i/M`.
    /// A segment too short for its points has fewer: of points that fall on one frame the first is kept, and the
    /// others are counted in the second result.
    pub fn discretised(&self, chunk: usize) -> Result<(Vec<(usize, f64)>, usize), ProgressError> {
        if chunk == 0 {
            return Err(ProgressError::Setting { name: "the chunk size", value: 0.0, range: "[1, ∞)" });
        }
        let segments = self.segments();
        let parts = self.frames / (segments * chunk) + 1;
        let steps = (segments * parts) as f64;
        let mut points: Vec<(usize, f64)> = Vec::with_capacity(segments * parts + 1);
        let mut dropped = 0;
        for (segment, ends) in self.keys.windows(2).enumerate() {
            for part in 0..parts {
                // Rounded to the nearest frame, halves up.
                let frame = ends[0] + (2 * part * (ends[1] - ends[0]) + parts) / (2 * parts);
                let fresh = points.last().is_none_or(|last| last.0 < frame) && (part == 0 || frame < ends[1]);
                if fresh {
                    points.push((frame, (segment * parts + part) as f64 / steps));
                } else {
                    dropped += 1;
                }
            }
        }
        points.push((self.keys[segments], 1.0));
        Ok((points, dropped))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_segment_has_the_same_share() {
        let keys = Keyframes::new(8, vec![0, 2, 6]).expect("ascend");
        assert_eq!(keys.progress(), [0.0, 0.25, 0.5, 0.625, 0.75, 0.875, 1.0, 1.0]);
        assert_eq!(Keyframes::ends(5).expect("enough").progress(), [0.0, 0.25, 0.5, 0.75, 1.0]);
        // L = 8, N = 2, C = 2: m = 2 points within each segment, M = 6; a segment of two frames has room for one.
        let (points, dropped) = keys.discretised(2).expect("a chunk");
        assert_eq!(dropped, 1);
        assert_eq!(points, [(0, 0.0), (1, 1.0 / 6.0), (2, 0.5), (3, 4.0 / 6.0), (5, 5.0 / 6.0), (6, 1.0)]);
        // Chunks longer than a segment: keyframes alone.
        assert_eq!(keys.discretised(8).expect("a chunk").0, [(0, 0.0), (2, 0.5), (6, 1.0)]);
    }

    #[test]
    fn what_has_no_progress_is_refused() {
        assert!(matches!(Keyframes::ends(1), Err(ProgressError::TooShort { found: 1, .. })));
        assert!(matches!(Keyframes::ends(0), Err(ProgressError::TooShort { .. })));
        assert!(matches!(Keyframes::new(5, vec![0]), Err(ProgressError::TooShort { .. })));
        assert!(matches!(Keyframes::new(5, vec![0, 5]), Err(ProgressError::Keyframes { index: 1, .. })));
        assert!(matches!(Keyframes::new(5, vec![0, 3, 3]), Err(ProgressError::Keyframes { index: 2, .. })));
        assert!(Keyframes::ends(5).expect("enough").discretised(0).is_err());
    }

    proptest! {
        #[test]
        fn stretching_a_segment_leaves_the_labels_at_the_keyframes(
            lengths in prop::collection::vec(1usize..9, 1..6), which in 0usize..6, stretch in 2usize..6, chunk in 1usize..6,
        ) {
            let keys = |lengths: &[usize]| -> Vec<usize> {
                std::iter::once(0).chain(lengths.iter().scan(0, |at, n| { *at += n; Some(*at) })).collect()
            };
            let mut longer = lengths.clone();
            longer[which % lengths.len()] *= stretch;
            let at_keys = |lengths: &[usize]| -> Vec<f64> {
                let keys = keys(lengths);
                let all = Keyframes::new(keys[lengths.len()] + 1, keys.clone()).expect("ascend");
                let progress = all.progress();
                keys.iter().map(|key| progress[*key]).collect()
            };
            prop_assert_eq!(at_keys(&lengths), at_keys(&longer));
            // Discretised labels agree with the dense ones at the keyframes, and both rise.
            let keys = keys(&longer);
            let all = Keyframes::new(keys[longer.len()] + 1, keys.clone()).expect("ascend");
            let (points, _) = all.discretised(chunk).expect("a chunk");
            prop_assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
            for (frame, phi) in points.iter().filter(|(frame, _)| keys.contains(frame)) {
                prop_assert!((phi - all.progress()[*frame]).abs() < 1e-12);
            }
            prop_assert!(keys.iter().all(|key| points.iter().any(|point| point.0 == *key)));
        }
    }
}
