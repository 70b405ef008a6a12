//! Laws of information gain and of comparisons by position.

mod common;

use common::laws::{apply, apply_groups, close, close_within};
use milepost_credit::{
    BeliefBasis, CreditError, GainBatch, GainPools, Groups, Igpo, LOG_PROB_FLOOR, Normalize, Rows, Scale,
    Singleton, answer_belief, step_position_advantages, turn_loo_advantages,
};
use proptest::prelude::*;

/// Trajectories: group key, outcome, gain of each turn before the last, and whether the last one has a gain too (an
/// episode that was truncated after a search).
type Searches = Vec<(u8, f64, Vec<f64>, Option<f64>)>;

fn searches() -> impl Strategy<Value = Searches> {
    let gains = prop::collection::vec(-3.0..3.0, 0..4);
    prop::collection::vec((0..3_u8, -2.0..2.0, gains, prop::option::weighted(0.2, -3.0..3.0)), 1..9)
}

struct Batch {
    groups: Groups,
    turns: Rows,
    outcomes: Vec<f64>,
    gains: Vec<f64>,
    gained: Vec<bool>,
}

impl Batch {
    fn new(searches: &Searches) -> Self {
        let keys: Vec<u8> = searches.iter().map(|s| s.0).collect();
        let lengths: Vec<usize> = searches.iter().map(|s| s.2.len() + 1).collect();
        let gains = searches.iter().flat_map(|(_, _, gains, last)| {
            let known = gains.iter().map(|gain| (*gain, true));
            // What is not there is not read, whatever stands in its place.
            known.chain([last.map_or((f64::NAN, false), |gain| (gain, true))])
        });
        let (gains, gained) = gains.unzip();
        let outcomes = searches.iter().map(|s| s.1).collect();
        Self { groups: Groups::from_keys(&keys), turns: Rows::ragged(&lengths), outcomes, gains, gained }
    }

    fn view(&self) -> GainBatch<'_> {
        GainBatch {
            groups: &self.groups,
            turns: &self.turns,
            outcomes: &self.outcomes,
            gains: &self.gains,
            gained: &self.gained,
        }
    }

    fn assign(&self, rule: Igpo) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.gains.len()];
        rule.assign(&self.view(), &mut out).expect("valid");
        out
    }

    /// The rewards `r̃` behind advantages: `R̃_t − γ R̃_{t+1}`.
    fn rewards(&self, advantages: &[f64], gamma: f64) -> Vec<f64> {
        let mut rewards = advantages.to_vec();
        for row in self.turns.iter() {
            for turn in row.start..row.end - 1 {
                rewards[turn] -= gamma * advantages[turn + 1];
            }
        }
        rewards
    }

    /// The valid gains of a group, with their places.
    fn pool(&self, members: &[usize]) -> (Vec<usize>, Vec<f64>) {
        let places = members.iter().flat_map(|m| self.turns.range(*m)).filter(|turn| self.gained[*turn]);
        places.map(|turn| (turn, self.gains[turn])).unzip()
    }
}

fn pools() -> impl Strategy<Value = GainPools> {
    prop_oneof![Just(GainPools::Separate), Just(GainPools::Joint), Just(GainPools::ByPosition)]
}

proptest! {
    #[test]
    fn gains_telescope_in_their_own_basis(log_probs in prop::collection::vec(
        prop::collection::vec(-30.0..0.0, 1..4), 1..8)
    ) {
        let beliefs: Vec<f64> = log_probs.iter().map(|row: &Vec<f64>| answer_belief(row).expect("numbers")).collect();
        prop_assert!(beliefs.iter().all(|belief| (LOG_PROB_FLOOR..=0.0).contains(belief)));
        for basis in [BeliefBasis::LogProb, BeliefBasis::Prob] {
            let mut gains = vec![0.0; beliefs.len() - 1];
            basis.gains(&beliefs, &mut gains).expect("finite");
            let ends = basis.of(beliefs[beliefs.len() - 1]) - basis.of(beliefs[0]);
            close(&[gains.iter().sum()], &[ends])?;
            if basis == BeliefBasis::Prob {
                prop_assert!(gains.iter().all(|gain| gain.abs() <= 1.0));
            }
        }
    }

    #[test]
    fn an_advantage_is_a_normalised_reward_and_the_discounted_next_advantage(
        searches in searches(), gamma in 0.0..=1.0
    ) {
        let batch = Batch::new(&searches);
        let rule = Igpo { gamma, ..Igpo::default() };
        let rewards = batch.rewards(&batch.assign(rule), gamma);
        let outcomes = apply_groups(Normalize::grpo(), &batch.groups, &batch.outcomes);
        let mut expected = vec![0.0; rewards.len()];
        for members in batch.groups.iter() {
            let (places, gains) = batch.pool(members);
            if !gains.is_empty() {
                let normal = apply(Normalize::grpo(), &gains);
                places.iter().zip(normal).for_each(|(place, value)| expected[*place] = value);
            }
        }
        for (row, outcome) in batch.turns.iter().zip(outcomes) {
            expected[row.end - 1] += outcome;
        }
        close_within(&rewards, &expected, 1e-7)?;
    }

    #[test]
    fn without_gains_and_discount_every_turn_has_the_grpo_advantage(searches in searches()) {
        let mut batch = Batch::new(&searches);
        batch.gained.fill(false);
        let grpo = apply_groups(Normalize::grpo(), &batch.groups, &batch.outcomes);
        let mut expected = vec![0.0; batch.gains.len()];
        batch.turns.broadcast(&grpo, None, &mut expected).expect("one each");
        prop_assert_eq!(&batch.assign(Igpo::default()), &expected);
        prop_assert_eq!(&batch.assign(Igpo { pools: GainPools::Joint, ..Igpo::default() }), &expected);
    }

    #[test]
    fn normalised_rewards_of_a_pool_have_mean_0_and_deviation_1(searches in searches()) {
        let batch = Batch::new(&searches);
        // Without a discount's sum the advantages of single turns are the rewards themselves.
        let rewards = batch.assign(Igpo { gamma: 0.0, ..Igpo::default() });
        for members in batch.groups.iter() {
            let last = |turn: &usize| batch.turns.iter().any(|row| row.end == turn + 1);
            let (places, gains) = batch.pool(members);
            if places.iter().any(last) || gains.len() < 2 || spread(&gains) < 0.1 {
                continue;
            }
            let normal: Vec<f64> = places.iter().map(|place| rewards[*place]).collect();
            let n = normal.len() as f64;
            close_within(&[normal.iter().sum::<f64>()], &[0.0], 1e-9)?;
            close_within(&[normal.iter().map(|x| x * x).sum::<f64>() / (n - 1.0)], &[1.0], 1e-4)?;
        }
    }

    #[test]
    fn the_scale_of_the_gains_matters_to_joint_pools_only(searches in searches(), scale in 2.0..5.0) {
        let batch = Batch::new(&searches);
        let scaled = Batch { gains: batch.gains.iter().map(|gain| gain * scale).collect(), ..Batch::new(&searches) };
        // Up to ε, which is left out here.
        let normalize = Normalize { scale: Scale::Std { ddof: 1, epsilon: 0.0 }, ..Normalize::grpo() };
        let separate = Igpo { normalize, ..Igpo::default() };
        close_within(&scaled.assign(separate), &batch.assign(separate), 1e-9)?;
        let joint = Igpo { pools: GainPools::Joint, ..Igpo::default() };
        let mixed = batch.groups.iter().any(|members| {
            let (_, gains) = batch.pool(members);
            let outcomes: Vec<f64> = members.iter().map(|member| batch.outcomes[*member]).collect();
            spread(&gains) > 0.5 && spread(&outcomes) > 0.5
        });
        prop_assume!(mixed);
        let (one, other) = (batch.assign(joint), scaled.assign(joint));
        prop_assert!(one.iter().zip(&other).any(|(a, b)| (a - b).abs() > 1e-3));
    }

    #[test]
    fn joint_pools_normalise_gains_and_outcomes_together(searches in searches()) {
        let batch = Batch::new(&searches);
        let rewards = batch.rewards(&batch.assign(Igpo { pools: GainPools::Joint, ..Igpo::default() }), 1.0);
        for members in batch.groups.iter() {
            let (places, mut all) = batch.pool(members);
            all.extend(members.iter().map(|member| batch.outcomes[*member]));
            let normal = apply(Normalize::grpo(), &all);
            let mut expected = vec![0.0; rewards.len()];
            places.iter().zip(&normal).for_each(|(place, value)| expected[*place] += value);
            for (member, value) in members.iter().zip(&normal[places.len()..]) {
                expected[batch.turns.range(*member).end - 1] += value;
            }
            for turn in members.iter().flat_map(|member| batch.turns.range(*member)) {
                close_within(&[rewards[turn]], &[expected[turn]], 1e-7)?;
            }
        }
    }

    #[test]
    fn the_older_code_centres_returns_among_those_at_the_same_turn(searches in searches(), gamma in 0.0..=1.0) {
        let batch = Batch::new(&searches);
        let out = batch.assign(Igpo { pools: GainPools::ByPosition, gamma, ..Igpo::default() });
        let to_go = |member: usize, turn: usize| -> f64 {
            let row = batch.turns.range(member);
            (row.start + turn..row.end).enumerate().map(|(k, index)| {
                let gain = if batch.gained[index] { batch.gains[index] } else { 0.0 };
                let paid = if index + 1 == row.end { batch.outcomes[member] } else { 0.0 };
                gamma.powi(k as i32) * (gain + paid)
            }).sum()
        };
        for members in batch.groups.iter() {
            for &member in members {
                for turn in 0..batch.turns.range(member).len() {
                    let alive = members.iter().filter(|peer| batch.turns.range(**peer).len() > turn);
                    let all: Vec<f64> = alive.map(|peer| to_go(*peer, turn)).collect();
                    let mean = all.iter().sum::<f64>() / all.len() as f64;
                    let expected = to_go(member, turn) - mean;
                    close_within(&[out[batch.turns.range(member).start + turn]], &[expected], 1e-9)?;
                }
            }
        }
    }

    #[test]
    fn equal_trajectories_get_nothing_and_their_groups_are_counted(
        gains in prop::collection::vec(-3.0..3.0, 0..4), outcome in -2.0..2.0, n in 1usize..5, pools in pools(),
    ) {
        // All gains of the pool must be equal too, and joint ones equal the outcome.
        let gains = vec![if pools == GainPools::Joint { outcome } else { 0.7 }; gains.len()];
        let batch = Batch::new(&vec![(0, outcome, gains, None); n]);
        let mut out = vec![f64::NAN; batch.gains.len()];
        let report = Igpo { pools, ..Igpo::default() }.assign(&batch.view(), &mut out).expect("valid");
        prop_assert!(out.iter().all(|value| *value == 0.0), "{:?}", out);
        prop_assert_eq!(report.silent_groups, 1);
    }

    #[test]
    fn comparisons_by_position_with_leave_one_out_are_turn_loo(searches in searches(), gamma in 0.0..=1.0) {
        let batch = Batch::new(&searches);
        let rewards: Vec<f64> = batch.gains.iter().map(|gain| if gain.is_nan() { 0.5 } else { *gain }).collect();
        let mut one = vec![0.0; rewards.len()];
        let mut other = one.clone();
        let (groups, turns) = (&batch.groups, &batch.turns);
        let alone = Singleton::Raw;
        step_position_advantages(&Normalize::rloo(), groups, turns, &rewards, gamma, alone, &mut one).expect("valid");
        turn_loo_advantages(groups, turns, &rewards, gamma, alone, &mut other).expect("valid");
        prop_assert_eq!(one, other);
    }

    #[test]
    fn positions_are_compared_step_by_step_without_a_discount(searches in searches()) {
        let batch = Batch::new(&searches);
        let rewards: Vec<f64> = batch.gains.iter().map(|gain| if gain.is_nan() { 0.5 } else { *gain }).collect();
        let mut out = vec![0.0; rewards.len()];
        let (groups, turns, rule) = (&batch.groups, &batch.turns, Normalize::grpo());
        step_position_advantages(&rule, groups, turns, &rewards, 0.0, Singleton::Drop, &mut out).expect("valid");
        for members in groups.iter() {
            for turn in 0..4 {
                let places: Vec<usize> =
                    members.iter().map(|m| turns.range(*m)).filter(|row| row.len() > turn).map(|row| row.start + turn).collect();
                if places.is_empty() {
                    continue;
                }
                let normal = apply(rule, &places.iter().map(|place| rewards[*place]).collect::<Vec<_>>());
                close(&places.iter().map(|place| out[*place]).collect::<Vec<_>>(), &normal)?;
            }
        }
    }
}

fn spread(values: &[f64]) -> f64 {
    let highest = values.iter().copied().fold(f64::MIN, f64::max);
    (highest - values.iter().copied().fold(f64::MAX, f64::min)).max(0.0)
}

#[test]
fn an_answer_at_once_has_its_outcome_alone() {
    let batch = Batch::new(&vec![(0, 1.0, vec![], None), (0, 0.0, vec![2.0, 3.0], None)]);
    let mut out = vec![0.0; 4];
    let report = Igpo::default().assign(&batch.view(), &mut out).expect("valid");
    let outcomes = apply(Normalize::grpo(), &[1.0, 0.0]);
    let gains = apply(Normalize::grpo(), &[2.0, 3.0]);
    assert_eq!(out[0], outcomes[0]);
    assert_eq!(out[3], outcomes[1], "the turn that answers has the outcome");
    assert!((out[2] - (gains[1] + outcomes[1])).abs() < 1e-12);
    assert_eq!((report.gains.groups, report.outcomes.groups, report.silent_groups), (1, 1, 0));
}

#[test]
fn a_pool_of_one_and_one_that_differs_by_rounding_give_nothing_and_are_counted_apart() {
    let report = |batch: &Batch| {
        let mut out = vec![f64::NAN; batch.gains.len()];
        let report = Igpo::default().assign(&batch.view(), &mut out).expect("valid");
        assert!(out.iter().all(|value| *value == 0.0), "{out:?}");
        [report.gains, report.outcomes].map(|pools| (pools.groups, pools.zero_range, pools.dropped))
    };
    let alone = Batch::new(&vec![(0, 1.0, vec![2.0], None), (0, 1.0, vec![], None)]);
    assert_eq!(report(&alone), [(1, 0, 1), (1, 1, 0)], "one gain, equal outcomes");
    let single = Batch::new(&vec![(0, 1.0, vec![2.0], None), (1, 0.0, vec![], None)]);
    assert_eq!(report(&single), [(1, 0, 1), (2, 0, 2)], "each question has one trajectory");
    let noise = Batch::new(&vec![(0, 1.0, vec![2.0], None), (0, 1.0 + 1e-9, vec![2.0 + 1e-9], None)]);
    assert_eq!(report(&noise), [(1, 1, 0), (1, 1, 0)]);
}

#[test]
fn equal_outcomes_leave_the_gains_to_teach() {
    let batch = Batch::new(&vec![(0, -2.0, vec![1.0], None), (0, -2.0, vec![-1.0], None)]);
    let out = batch.assign(Igpo::default());
    assert!(out[0] > 0.7 && out[2] < -0.7 && out[1] == 0.0 && out[3] == 0.0, "{out:?}");
}

#[test]
fn bad_input_is_named() {
    assert_eq!(answer_belief(&[]), Err(CreditError::Empty { what: "log_probs" }));
    assert!(matches!(
        answer_belief(&[-1.0, f64::NAN]),
        Err(CreditError::NotFinite { what: "log_probs", index: 1, .. })
    ));
    assert_eq!(answer_belief(&[f64::NEG_INFINITY, 0.0]), Ok(-10.0), "clamped, and the mean of both");
    assert!(BeliefBasis::LogProb.gains(&[], &mut []).is_err());
    assert!(BeliefBasis::LogProb.gains(&[-1.0], &mut [0.0]).is_err());
    let mut batch = Batch::new(&vec![(0, 1.0, vec![2.0], None), (0, 0.0, vec![1.0], None)]);
    let mut out = vec![0.0; 4];
    let wrong = Igpo { gamma: 1.5, ..Igpo::default() };
    assert!(matches!(
        wrong.assign(&batch.view(), &mut out),
        Err(CreditError::InvalidParameter { name: "gamma", .. })
    ));
    let negative = Normalize { scale: Scale::Std { ddof: 1, epsilon: -1.0 }, ..Normalize::grpo() };
    assert!(Igpo { normalize: negative, ..Igpo::default() }.assign(&batch.view(), &mut out).is_err());
    batch.gains[2] = f64::INFINITY;
    let error = Igpo::default().assign(&batch.view(), &mut out).expect_err("infinite");
    assert!(matches!(error, CreditError::NotFinite { what: "gains", index: 2, .. }), "{error}");
    batch.gains[2] = 1.0;
    batch.turns = Rows::ragged(&[4, 0]);
    assert!(matches!(
        Igpo::default().assign(&batch.view(), &mut out),
        Err(CreditError::TooFew { what: "turns of a trajectory", .. })
    ));
}
