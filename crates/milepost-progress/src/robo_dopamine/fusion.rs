use serde::{Deserialize, Serialize};

use super::apply_hop;

/// The three hops that end in the present frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hops {
    /// From the frame before: `H(s_{t−1}, s_t)`.
    pub step: Option<f64>,
    /// From the episode's first frame: `H(s_init, s_t)`.
    pub from_init: Option<f64>,
    /// From the goal: `H(s_goal, s_t)`, at most 0 for a judge that is right.
    pub from_goal: Option<f64>,
}

/// What the hops say the progress is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchors {
    /// `Φ_I = Φ*(s_{t−1}) + ΔΦ*`.
    pub incremental: f64,
    /// `Φ_F = H(s_init, s_t)`.
    pub forward: f64,
    /// `Φ_B = 1 + H(s_goal, s_t)`.
    pub backward: f64,
}

/// How one potential is made of the anchors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fusion {
    /// `Φ_I` alone: errors add up along the episode.
    Incremental,
    /// `Φ_F` alone: exact near the beginning.
    Forward,
    /// `Φ_B` alone: exact near the goal.
    Backward,
    /// `(Φ_I + Φ_F + Φ_B) / 3`.
    Mean,
    /// The consistency-checked update: with `Φ̄ = (Φ_F + Φ_B)/2`, `Δ = |Φ_B − Φ_F| / (Φ̄ + ε)` and
    /// `w = exp(−α Δ²)`, the progress moves by `(w/2) (Φ̄ − Φ*(s_{t−1}) + ΔΦ*)`, and stays where the two global
    /// anchors disagree.
    Conservative {
        /// α; the paper uses 20.
        sensitivity: f64,
    },
}

/// ε of the consistency check; the paper gives none.
const EPSILON: f64 = 1e-6;

/// Whether anchors and results are kept within `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bounds {
    /// Clipped, and counted.
    #[default]
    Clip,
    /// As they come, like the released inference code.
    Free,
}

/// What had to be put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Frames judged.
    pub frames: u64,
    /// Hops outside of `[−1, 1]`, clipped.
    pub clipped_hops: u64,
    /// Hops that were NaN or that the judge abstained from.
    pub rejected_hops: u64,
    /// Frames whose progress stayed as it was because a hop that it needed was rejected.
    pub retained: u64,
    /// Anchors or results outside of `[0, 1]`, clipped.
    pub clipped_progress: u64,
}

/// The progress of a frame, and how it came about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fused {
    /// `Φ*(s_t)`.
    pub phi: f64,
    /// The anchors; `None` where a hop was rejected.
    pub anchors: Option<Anchors>,
    /// The weight `w` of [`Fusion::Conservative`].
    pub weight: Option<f64>,
}

impl Hops {
    /// The hops within `[−1, 1]`; others are clipped or rejected, and counted.
    #[must_use]
    pub fn checked(self, counts: &mut Counts) -> Self {
        let mut check = |hop: Option<f64>| {
            let hop = hop.filter(|hop| !hop.is_nan());
            counts.rejected_hops += u64::from(hop.is_none());
            counts.clipped_hops += u64::from(hop.is_some_and(|hop| hop.abs() > 1.0));
            hop.map(|hop| hop.clamp(-1.0, 1.0))
        };
        Self { step: check(self.step), from_init: check(self.from_init), from_goal: check(self.from_goal) }
    }
}

impl Fusion {
    /// `Φ*(s_t)` from `Φ*(s_{t−1})` and the hops that end in `s_t`. Where a hop that this rule reads is missing,
    /// the progress stays at `previous` (counted as retained): a judge that fails never moves it.
    #[must_use]
    pub fn fuse(self, previous: f64, hops: Hops, bounds: Bounds, counts: &mut Counts) -> Fused {
        counts.frames += 1;
        let hops = hops.checked(counts);
        let mut keep = |phi: f64| match bounds {
            Bounds::Free => phi,
            Bounds::Clip => {
                counts.clipped_progress += u64::from(!(0.0..=1.0).contains(&phi));
                phi.clamp(0.0, 1.0)
            }
        };
        let incremental = hops.step.map(|hop| keep(apply_hop(previous, hop)));
        let forward = hops.from_init.map(&mut keep);
        let backward = hops.from_goal.map(|hop| keep(1.0 + hop));
        let globals = forward.zip(backward);
        let all = incremental.zip(globals);
        let anchors =
            all.map(|(incremental, (forward, backward))| Anchors { incremental, forward, backward });
        let weight = match self {
            Self::Conservative { sensitivity } => globals.map(|(f, b)| consistency(f, b, sensitivity)),
            _ => None,
        };
        let phi = match self {
            Self::Incremental => incremental,
            Self::Forward => forward,
            Self::Backward => backward,
            Self::Mean => all.map(|(i, (f, b))| keep((i + f + b) / 3.0)),
            Self::Conservative { .. } => all.zip(weight).map(|((i, (f, b)), w)| {
                keep(previous + w / 2.0 * (f64::midpoint(f, b) - previous + (i - previous)))
            }),
        };
        counts.retained += u64::from(phi.is_none());
        Fused { phi: phi.unwrap_or(previous), anchors, weight }
    }
}

/// `w = exp(−α Δ²)` in `(0, 1]`; `Δ = 0` where both anchors are 0.
fn consistency(forward: f64, backward: f64, sensitivity: f64) -> f64 {
    let apart = (backward - forward).abs();
    if apart == 0.0 {
        return 1.0;
    }
    let delta = apart / (f64::midpoint(forward, backward) + EPSILON);
    libm::exp(-sensitivity * delta * delta).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::hop;
    use super::*;

    const ALL: [Fusion; 5] = [
        Fusion::Incremental,
        Fusion::Forward,
        Fusion::Backward,
        Fusion::Mean,
        Fusion::Conservative { sensitivity: 20.0 },
    ];

    fn hops(step: f64, from_init: f64, from_goal: f64) -> Hops {
        Hops { step: Some(step), from_init: Some(from_init), from_goal: Some(from_goal) }
    }

    fn fuse(fusion: Fusion, previous: f64, hops: Hops) -> (Fused, Counts) {
        let mut counts = Counts::default();
        (fusion.fuse(previous, hops, Bounds::Clip, &mut counts), counts)
    }

    #[test]
    fn fusion_by_hand() {
        // Φ_I = 0.5 + 0.5·0.5 = 0.75, Φ_F = 0.5, Φ_B = 0.625.
        let given = hops(0.5, 0.5, -0.375);
        let phi = |fusion| fuse(fusion, 0.5, given).0.phi;
        assert_eq!(ALL[..4].iter().map(|f| phi(*f)).collect::<Vec<_>>(), [0.75, 0.5, 0.625, 0.625]);
        // Δ = 0.125 / 0.562501, w = exp(−20 Δ²), move w/2 · (0.5625 − 0.5 + 0.25).
        let delta = 0.125 / (0.5625 + 1e-6);
        let weight = libm::exp(-20.0 * delta * delta);
        let (conservative, counts) = fuse(ALL[4], 0.5, given);
        assert_eq!((conservative.weight, conservative.phi), (Some(weight), 0.5 + weight / 2.0 * 0.3125));
        assert_eq!(counts, Counts { frames: 1, ..Counts::default() });
    }

    #[test]
    fn bad_hops_are_clipped_or_rejected_and_counted_but_never_passed_on() {
        let (fused, counts) = fuse(Fusion::Mean, 0.5, hops(f64::NAN, 0.5, -0.5));
        assert_eq!((fused.phi, fused.anchors), (0.5, None));
        assert_eq!((counts.rejected_hops, counts.retained, counts.clipped_hops), (1, 1, 0));
        let (fused, counts) = fuse(Fusion::Mean, 0.5, Hops { step: None, ..hops(0.0, 1.5, -1.5) });
        assert_eq!((fused.phi, counts.rejected_hops, counts.clipped_hops), (0.5, 1, 2));
        // A rule that does not read the rejected hop goes on.
        let (fused, counts) = fuse(Fusion::Forward, 0.5, hops(f64::NAN, 0.75, f64::NAN));
        assert_eq!((fused.phi, counts.retained, counts.rejected_hops), (0.75, 0, 2));
        // A forward anchor below 0 is clipped, or kept as the release keeps it.
        let (fused, counts) = fuse(Fusion::Forward, 0.5, hops(0.0, -0.25, 0.0));
        assert_eq!((fused.phi, counts.clipped_progress), (0.0, 1));
        let mut counts = Counts::default();
        let free = Fusion::Forward.fuse(0.5, hops(0.0, -0.25, 0.0), Bounds::Free, &mut counts);
        assert_eq!((free.phi, counts.clipped_progress), (-0.25, 0));
    }

    #[test]
    fn anchors_that_are_both_zero_agree() {
        let (fused, _) = fuse(ALL[4], 0.0, hops(0.0, 0.0, -1.0));
        assert_eq!((fused.weight, fused.phi), (Some(1.0), 0.0));
    }

    proptest! {
        #[test]
        fn a_judge_that_is_exact_leads_every_rule_to_the_truth(path in prop::collection::vec(0.0..=1.0f64, 1..20)) {
            for fusion in ALL {
                let mut phi = 0.0;
                let mut truth = 0.0;
                for next in &path {
                    let exact = hops(hop(truth, *next), hop(0.0, *next), hop(1.0, *next));
                    let (fused, counts) = fuse(fusion, phi, exact);
                    // Rounding may leave a crumb outside, but no more than that.
                    prop_assert!((fused.phi - next).abs() < 1e-9, "{:?} {} {}", fusion, fused.phi, next);
                    prop_assert!(fused.weight.is_none_or(|w| w > 1.0 - 1e-6));
                    prop_assert_eq!(counts.retained, 0);
                    (phi, truth) = (fused.phi, *next);
                }
            }
        }

        #[test]
        fn whatever_the_judge_says_progress_stays_between_0_and_1(
            previous in 0.0..=1.0f64, a in -1.0..=1.0f64, b in -1.0..=1.0f64, c in -1.0..=1.0f64,
            sensitivity in 0.0..500.0f64,
        ) {
            for fusion in ALL.into_iter().chain([Fusion::Conservative { sensitivity }]) {
                let (fused, _) = fuse(fusion, previous, hops(a, b, c));
                prop_assert!((0.0..=1.0).contains(&fused.phi));
                prop_assert!(fused.weight.is_none_or(|w| w > 0.0 && w <= 1.0));
            }
        }

        #[test]
        fn the_conservative_update_itself_never_leaves_the_unit_interval(
            previous in 0.0..=1.0f64, step in -1.0..=1.0f64, forward in 0.0..=1.0f64, backward in 0.0..=1.0f64,
        ) {
            // In range going in, nothing is left to clip (but for rounding).
            let mut counts = Counts::default();
            let given = hops(step, forward, backward - 1.0);
            let free = ALL[4].fuse(previous, given, Bounds::Free, &mut counts);
            prop_assert!((-1e-15..=1.0 + 1e-15).contains(&free.phi));
        }

        #[test]
        fn the_weight_is_one_exactly_where_the_global_anchors_agree(forward in 0.0..=1.0f64, backward in 0.0..=1.0f64) {
            prop_assert_eq!(consistency(forward, forward, 20.0), 1.0);
            let weight = consistency(forward, backward, 20.0);
            prop_assert!(weight > 0.0 && weight <= 1.0);
            if (forward - backward).abs() > 1e-3 {
                prop_assert!(weight < 1.0);
            }
        }

        #[test]
        fn where_the_anchors_disagree_wildly_progress_is_retained(previous in 0.0..=1.0f64, step in -1.0..=1.0f64) {
            let (fused, _) = fuse(Fusion::Conservative { sensitivity: 1e6 }, previous, hops(step, 0.0, 0.0));
            prop_assert!((fused.phi - previous).abs() < 1e-12);
        }
    }
}
