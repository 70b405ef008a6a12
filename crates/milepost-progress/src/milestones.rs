//! A potential for every state of a success, from the times at which its milestones were passed.

use crate::ProgressError;

/// `p*_0 … p*_T` of a successful trajectory of `steps = T` steps, `[T + 1]`.
///
/// `completions[j]` is the step after which milestone `j` of `K` was detected, if it was. The detected times, sorted,
/// are `t_1 ≤ … ≤ t_J`. The potential is the piecewise linear curve through `(0, 0)`, `(t_j, j/K)` and `(T, 1)`: with
/// `t_0 = 0`, in `[t_j, t_{j+1}]` it is `(1 − α) j/K + α (j+1)/K`, `α = (t − t_j)/(t_{j+1} − t_j)`. The last segment always
/// ends in `(T, 1)` (gap anchoring): where all were detected, `t_K := T`; where `J < K`, it runs from `(t_J, J/K)`. So it
/// rises from 0 to 1 and has no flat tail.
///
/// Milestones that are detected at one time make a jump there; one that holds from the start makes it after step 0;
/// one that is detected after the end is ignored. Without any, `p*_t = t/T`.
///
/// Source: MiRA, arXiv 2603.19685.
///
/// # Errors
/// `steps = 0`: there is nothing to rise over, so leave the trajectory out.
pub fn milestone_potential(completions: &[Option<u32>], steps: u32) -> Result<Vec<f64>, ProgressError> {
    if steps == 0 {
        let (what, needed) = ("a potential from milestones", 2);
        return Err(ProgressError::TooShort { what, needed, found: 1 });
    }
    let milestones = completions.len().max(1);
    let mut times: Vec<u32> = completions.iter().flatten().copied().filter(|time| *time <= steps).collect();
    times.sort_unstable();
    times.truncate(milestones - 1);
    let level = |passed: usize| passed as f64 / milestones as f64;
    let mut passed = 0;
    Ok((0..=steps)
        .map(|t| {
            if t == 0 {
                return 0.0;
            }
            while times.get(passed).is_some_and(|time| *time <= t) {
                passed += 1;
            }
            let start = if passed == 0 { 0 } else { times[passed - 1] };
            let (end, top) = times.get(passed).map_or((steps, 1.0), |time| (*time, level(passed + 1)));
            if start == end {
                return top;
            }
            let share = f64::from(t - start) / f64::from(end - start);
            (1.0 - share) * level(passed) + share * top
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Form, Shaping, TerminalPotential};
    use milepost_core::{Ending, Outcome};
    use proptest::prelude::*;

    fn of(completions: &[Option<u32>], steps: u32) -> Vec<f64> {
        milestone_potential(completions, steps).expect("there are steps")
    }

    /// Times within the episode, all different and after the start, in any order; some undetected.
    fn distinct() -> impl Strategy<Value = (Vec<Option<u32>>, u32)> {
        (1usize..6, 8u32..60).prop_flat_map(|(k, steps)| {
            let times = prop::sample::subsequence((1..steps).collect::<Vec<_>>(), k).prop_shuffle();
            (times, prop::collection::vec(prop::bool::weighted(0.8), k), Just(steps)).prop_map(
                |(times, detected, steps)| {
                    let of = |(time, detected): (u32, &bool)| detected.then_some(time);
                    (times.into_iter().zip(&detected).map(of).collect(), steps)
                },
            )
        })
    }

    fn any_times() -> impl Strategy<Value = (Vec<Option<u32>>, u32)> {
        (prop::collection::vec(prop::option::weighted(0.8, 0u32..80), 0..6), 1u32..60)
    }

    proptest! {
        #[test]
        fn it_rises_from_0_to_1_whatever_was_detected((completions, steps) in any_times()) {
            let potential = of(&completions, steps);
            prop_assert_eq!(potential.len(), steps as usize + 1);
            prop_assert_eq!((potential[0], potential[steps as usize]), (0.0, 1.0));
            prop_assert!(potential.windows(2).all(|pair| pair[1] > pair[0] - 1e-12), "{:?}", potential);
            prop_assert!(potential.iter().all(|p| (0.0..=1.0).contains(p)));
        }

        #[test]
        fn at_the_jth_detection_it_is_j_of_k_and_between_two_its_slope_is_one_of_k_over_their_gap(
            (completions, steps) in distinct()
        ) {
            let (potential, k) = (of(&completions, steps), completions.len() as f64);
            let mut times: Vec<u32> = completions.iter().flatten().copied().collect();
            times.sort_unstable();
            times.truncate(completions.len() - 1);
            let mut last = 0;
            for (j, time) in times.iter().enumerate() {
                prop_assert!((potential[*time as usize] - (j as f64 + 1.0) / k).abs() < 1e-12);
                for t in last..*time {
                    let slope = potential[t as usize + 1] - potential[t as usize];
                    prop_assert!((slope - 1.0 / (k * f64::from(time - last))).abs() < 1e-12);
                }
                last = *time;
            }
            // The gap: one straight line to the end, however many milestones were missed.
            let slope = (1.0 - times.len() as f64 / k) / f64::from(steps - last);
            for t in last..steps {
                prop_assert!((potential[t as usize + 1] - potential[t as usize] - slope).abs() < 1e-12);
            }
        }

        #[test]
        fn the_order_of_detections_does_not_matter((mut completions, steps) in any_times()) {
            let forward = of(&completions, steps);
            completions.reverse();
            prop_assert_eq!(forward, of(&completions, steps));
        }

        #[test]
        fn without_detections_it_is_the_share_of_time(k in 0usize..5, steps in 1u32..60) {
            for (t, p) in of(&vec![None; k], steps).iter().enumerate() {
                prop_assert!((p - t as f64 / f64::from(steps)).abs() < 1e-12);
            }
        }

        #[test]
        fn differences_sum_to_what_lies_between_the_ends((completions, steps) in any_times(), alpha in 0.0..2.0f64) {
            let potential = of(&completions, steps);
            let plain = Shaping { form: Form::Delta, gamma: 1.0, terminal: TerminalPotential::Keep };
            let rewards = plain.rewards(&potential, Ending::Terminated(Outcome::Success));
            let paid: f64 = rewards.iter().map(|reward| alpha * reward.expect("known")).sum();
            prop_assert!((paid - alpha * (potential[steps as usize] - potential[0])).abs() < 1e-9);
        }
    }

    #[test]
    fn simultaneous_detections_jump_and_late_ones_are_ignored() {
        assert_eq!(of(&[Some(2), Some(2), None, None], 4), [0.0, 0.125, 0.5, 0.75, 1.0]);
        assert_eq!(of(&[Some(0), None], 2), [0.0, 0.75, 1.0]);
        assert_eq!(of(&[Some(9), None], 2), of(&[None, None], 2));
        assert_eq!(of(&[Some(1), Some(2)], 2), [0.0, 0.5, 1.0]);
        assert!(matches!(milestone_potential(&[None], 0), Err(ProgressError::TooShort { .. })));
    }
}
