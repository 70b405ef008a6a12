use milepost_core::{Probe, TaskSeed, TokenEnvironment, TokenPolicy};

use crate::engine::{Engine, Finished};
use crate::groups::{play_groups, rollout};
use crate::settings::positive;
use crate::{DrawnFor, SamplerSettings, SamplingError, TokenRollout, TokenSampler};

/// More episodes than are trained on: of `group_size · factor` on each task those `group_size` are kept that had the fewest
/// turns with a fault, of equals the first drawn, in the order in which they were drawn.
///
/// What was not kept is paid for as [`DrawnFor::Discarded`], and its environment steps count. With a factor of 1 the
/// result is that of [`GroupSampler`](crate::GroupSampler), bit for bit. It chooses by faults and not by success, yet the
/// two are seldom independent: a group so chosen is not a sample of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supersample {
    /// Episodes kept of each task.
    pub group_size: u32,
    /// How many times as many are drawn.
    pub factor: u32,
}

impl<E: TokenEnvironment> TokenSampler<E> for Supersample {
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        positive("factor", u64::from(self.factor))?;
        positive("group_size", u64::from(self.group_size))?;
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let drawn = self.group_size.saturating_mul(self.factor);
        let mut finished = play_groups(&mut engine, tasks, drawn)?.into_iter();
        let mut kept = Vec::with_capacity(tasks.len() * self.group_size as usize);
        for _ in tasks {
            let members: Vec<Finished> = finished.by_ref().take(drawn as usize).collect();
            let mut order: Vec<usize> = (0..members.len()).collect();
            order.sort_by_key(|place| members[*place].1.faults.total());
            order.truncate(self.group_size as usize);
            for (place, member) in members.into_iter().enumerate() {
                if order.contains(&place) {
                    kept.push(member);
                } else {
                    engine.ledger.reassign(DrawnFor::Kept, DrawnFor::Discarded, member.1.policy_tokens);
                }
            }
        }
        rollout(&engine, kept, self.group_size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::CountingPolicy;
    use crate::tests::{lock, plain, policy, settings, tasks};

    fn drawn(seed: u64, factor: u32) -> TokenRollout {
        let mut sampler = Supersample { group_size: 3, factor };
        sampler.sample(&lock(), &tasks(2), &policy(seed), &mut [], &settings(seed)).expect("sampled")
    }

    proptest! {
        #[test]
        fn a_factor_of_one_is_plain_sampling(seed: u64) {
            prop_assert_eq!(drawn(seed, 1), plain(3, &tasks(2), &policy(seed), &settings(seed)));
        }

        #[test]
        fn the_members_with_the_fewest_faults_of_a_plain_group_are_kept(seed: u64, factor in 2u32..4) {
            let all = plain(3 * factor, &tasks(2), &policy(seed), &settings(seed));
            let kept = drawn(seed, factor);
            for (group, all) in kept.batch.groups.iter().zip(&all.batch.groups) {
                prop_assert_eq!(group.members().len(), 3);
                prop_assert!(group.members().iter().all(|member| all.members().contains(member)));
            }
            for (kept, all) in kept.episodes.chunks(3).zip(all.episodes.chunks(3 * factor as usize)) {
                let mut faults: Vec<u32> = all.iter().map(|episode| episode.faults.total()).collect();
                faults.sort_unstable();
                let mut left: Vec<u32> = kept.iter().map(|episode| episode.faults.total()).collect();
                left.sort_unstable();
                prop_assert_eq!(&left[..], &faults[..3]);
            }
        }

        #[test]
        fn everything_that_was_drawn_is_paid_for(seed: u64, factor in 1u32..4) {
            let counting = CountingPolicy::new(policy(seed));
            let mut sampler = Supersample { group_size: 2, factor };
            let rollout = sampler.sample(&lock(), &tasks(2), &counting, &mut [], &settings(seed)).expect("sampled");
            prop_assert_eq!(rollout.ledger.drawn_by_policy(), counting.drawn());
            prop_assert_eq!(rollout.ledger.kept, rollout.batch.policy_tokens() as u64);
        }
    }

    #[test]
    fn nothing_to_draw_is_refused() {
        for (group_size, factor) in [(0, 2), (2, 0)] {
            let mut sampler = Supersample { group_size, factor };
            let refused = sampler.sample(&lock(), &tasks(1), &policy(0), &mut [], &settings(0));
            assert!(refused.is_err());
        }
    }
}
