use super::RewardScheme;
use crate::guide::PlanStep;

/// The steps of a plan as rungs: which facts say that a step is achieved, and what must be achieved before.
///
/// A step that is no walk is achieved when the facts that it adds hold and the steps it builds on are
/// achieved. A walk is achieved when the player stands where it leads, after the step before the walk, or when
/// what the player walked for is achieved: there are other ways. The last step is achieved by winning and by
/// nothing else. What is achieved stays so, so no reward is paid twice, and undoing a step costs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ladder {
    rungs: Vec<Rung>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rung {
    /// The facts that say so.
    achieved: Vec<u32>,
    /// The rungs that come first.
    after: Vec<usize>,
    walk: bool,
}

/// Which rungs are achieved. Comparing and hashing it is cheap: it belongs to the state.
pub(super) type Climbed = u128;

impl Ladder {
    /// The most steps of a plan.
    pub(super) const MAX_STEPS: usize = Climbed::BITS as usize;

    /// The ladder of a plan of at most [`Self::MAX_STEPS`] steps.
    pub(super) fn new(plan: &[PlanStep]) -> Self {
        let mut rungs: Vec<Rung> = Vec::new();
        for (index, step) in plan.iter().enumerate() {
            let earlier = |kind: &dyn Fn(usize) -> bool| (0..index).rev().find(|i| kind(*i));
            let after = if step.walk {
                earlier(&|i| !plan[i].walk).into_iter().collect()
            } else {
                // For each fact that the step needs, the last act that made it true.
                let made = |fact: &u32| earlier(&|i| !plan[i].walk && plan[i].added.contains(fact));
                step.needed.iter().filter_map(made).collect()
            };
            rungs.push(Rung { achieved: step.added.clone(), after, walk: step.walk });
        }
        Self { rungs }
    }

    /// Number of rungs.
    pub(super) fn len(&self) -> usize {
        self.rungs.len()
    }

    /// All rungs.
    pub(super) fn top(&self) -> Climbed {
        (0..self.rungs.len()).fold(0, |all, rung| all | 1 << rung)
    }

    /// What is achieved once these facts hold and the game is not won, after `before` was.
    pub(super) fn climb(&self, before: Climbed, holds: impl Fn(u32) -> bool) -> Climbed {
        let mut now = before;
        let below_the_last = self.rungs.len().saturating_sub(1);
        for (index, rung) in self.rungs.iter().enumerate().take(below_the_last) {
            let done = |rung: usize| now >> rung & 1 == 1;
            let fits = |facts: &[u32]| facts.iter().all(|fact| holds(*fact));
            if done(index) || !rung.after.iter().all(|rung| done(*rung)) || !fits(&rung.achieved) {
                continue;
            }
            now |= 1 << index;
            // What led here was walked or gone around.
            for walk in (0..index).rev().take_while(|earlier| self.rungs[*earlier].walk) {
                now |= 1 << walk;
            }
        }
        now
    }

    /// What is paid for the rungs between two states; the whole ladder pays 1.
    pub(super) fn reward(&self, before: Climbed, after: Climbed, scheme: RewardScheme) -> f64 {
        let paying = self.paying(scheme);
        f64::from((after & !before & paying).count_ones()) / f64::from(paying.count_ones().max(1))
    }

    /// The rungs that pay.
    pub(super) fn paying(&self, scheme: RewardScheme) -> Climbed {
        let last = self.rungs.len().saturating_sub(1);
        let pays = |rung: usize| match scheme {
            RewardScheme::Sparse => rung == last,
            RewardScheme::Balanced => rung % 2 == last % 2,
            RewardScheme::Dense => true,
        };
        (0..self.rungs.len()).filter(|rung| pays(*rung)).fold(0, |all, rung| all | 1 << rung)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(needed: &[u32], added: u32, walk: bool) -> PlanStep {
        PlanStep { command: 0, needed: needed.to_vec(), added: vec![added], removed: vec![], walk }
    }

    fn walk(to: u32) -> PlanStep {
        step(&[], to, true)
    }

    fn act(needed: &[u32], added: u32) -> PlanStep {
        step(needed, added, false)
    }

    /// Take the key (10), walk to rooms 1 and 2, unlock (20), walk to room 1, put down (30).
    fn ladder() -> Ladder {
        Ladder::new(&[act(&[], 10), walk(1), walk(2), act(&[10], 20), walk(1), act(&[20], 30)])
    }

    fn climb(ladder: &Ladder, before: Climbed, facts: &[u32]) -> Climbed {
        ladder.climb(before, |fact| facts.contains(&fact))
    }

    #[test]
    fn rungs_are_climbed_in_order() {
        let ladder = ladder();
        assert_eq!(climb(&ladder, 0, &[1]), 0, "walking before the key is taken is not of the plan");
        assert_eq!(climb(&ladder, 0, &[20]), 0, "neither is what builds on it");
        let one = climb(&ladder, 0, &[10]);
        assert_eq!(one, 0b1);
        assert_eq!(climb(&ladder, one, &[10, 1]), 0b11);
        assert_eq!(climb(&ladder, one, &[10, 2]), 0b111, "another way to the second room");
        assert_eq!(climb(&ladder, one, &[10, 5, 20]), 0b1111, "and to what was walked for");
        assert_eq!(climb(&ladder, 0b1111, &[]), 0b1111, "what is undone stays achieved");
    }

    #[test]
    fn only_winning_achieves_the_last_step() {
        let ladder = ladder();
        assert_eq!(climb(&ladder, 0b11111, &[1, 10, 20, 30]), 0b11111);
        assert_eq!(ladder.top(), 0b111111);
    }

    #[test]
    fn schemes_pay_all_half_and_the_last() {
        let ladder = ladder();
        let counts = [RewardScheme::Dense, RewardScheme::Balanced, RewardScheme::Sparse]
            .map(|scheme| ladder.paying(scheme).count_ones());
        assert_eq!(counts, [6, 3, 1]);
        assert_eq!(ladder.reward(0b1111, 0b11111, RewardScheme::Sparse), 0.0);
        assert_eq!(ladder.reward(0b11111, 0b111111, RewardScheme::Sparse), 1.0);
        assert_eq!(ladder.reward(0b11111, 0b111111, RewardScheme::Dense), 1.0 / 6.0);
    }

    proptest! {
        #[test]
        fn whatever_happens_rewards_sum_to_at_most_one_and_to_one_at_the_top(
            seen in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![1u32, 2, 10, 20, 30]), 0..5), 0..12),
        ) {
            let ladder = ladder();
            for scheme in [RewardScheme::Sparse, RewardScheme::Balanced, RewardScheme::Dense] {
                let (mut at, mut paid) = (0, 0.0);
                for facts in &seen {
                    let next = climb(&ladder, at, facts);
                    prop_assert_eq!(next & at, at);
                    paid += ladder.reward(at, next, scheme);
                    at = next;
                }
                prop_assert!(paid <= 1.0 + 1e-12);
                let rest = ladder.reward(at, ladder.top(), scheme);
                prop_assert!((paid + rest - 1.0).abs() < 1e-12);
            }
        }
    }
}
