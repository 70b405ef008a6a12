//! Laws of advantages that compare turns within a group.

mod common;

use common::laws::{apply_groups, close, close_within};
use milepost_credit::{GiGpo, Groups, Hgpo, MtGrpo, Normalize, RewardedTurnBatch, Rows, TurnBatch};
use proptest::prelude::*;

/// Trajectories of turns: group key, outcome, and reward and anchor of each turn.
type Turns = Vec<(u8, f64, Vec<(f64, u64)>)>;

fn trajectories() -> impl Strategy<Value = Turns> {
    let turns = prop::collection::vec((-2.0..2.0, 0..4_u64), 1..6);
    prop::collection::vec((0..3_u8, -2.0..2.0, turns), 1..9)
}

struct Batch {
    groups: Groups,
    turns: Rows,
    outcomes: Vec<f64>,
    turn_rewards: Vec<f64>,
    anchors: Vec<u64>,
}

impl Batch {
    fn new(trajectories: &Turns) -> Self {
        let keys: Vec<u8> = trajectories.iter().map(|t| t.0).collect();
        let lengths: Vec<usize> = trajectories.iter().map(|t| t.2.len()).collect();
        let (turn_rewards, anchors) = trajectories.iter().flat_map(|t| t.2.iter().copied()).unzip();
        Self {
            groups: Groups::from_keys(&keys),
            turns: Rows::ragged(&lengths),
            outcomes: trajectories.iter().map(|t| t.1).collect(),
            turn_rewards,
            anchors,
        }
    }

    fn view(&self) -> TurnBatch<'_> {
        TurnBatch {
            groups: &self.groups,
            turns: &self.turns,
            outcomes: &self.outcomes,
            turn_rewards: &self.turn_rewards,
            anchors: &self.anchors,
        }
    }

    /// The outcome advantage of each trajectory, at each of its turns.
    fn grpo(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.turns.entries()];
        let per_trajectory = apply_groups(Normalize::grpo(), &self.groups, &self.outcomes);
        self.turns.broadcast(&per_trajectory, None, &mut out).expect("one per trajectory");
        out
    }

    fn gigpo(&self, rule: GiGpo) -> Vec<f64> {
        let mut out = vec![0.0; self.turns.entries()];
        rule.assign(&self.view(), &mut out).expect("valid");
        out
    }

    fn hgpo(&self, rule: Hgpo) -> Vec<f64> {
        let mut out = vec![0.0; self.turns.entries()];
        rule.assign(&self.view(), &mut out).expect("valid");
        out
    }
}

proptest! {
    #[test]
    fn the_order_of_trajectories_does_not_matter(
        (trajectories, order) in trajectories().prop_flat_map(|t| {
            let order: Vec<usize> = (0..t.len()).collect();
            (Just(t), Just(order).prop_shuffle())
        }),
    ) {
        let shuffled: Turns = order.iter().map(|&i| trajectories[i].clone()).collect();
        let (batch, other) = (Batch::new(&trajectories), Batch::new(&shuffled));
        let hgpo = Hgpo::default();
        for (a, b) in [
            (batch.grpo(), other.grpo()),
            (batch.gigpo(GiGpo::default()), other.gigpo(GiGpo::default())),
            (batch.hgpo(hgpo), other.hgpo(hgpo)),
        ] {
            for (new, &old) in order.iter().enumerate() {
                close(&b[other.turns.range(new)], &a[batch.turns.range(old)])?;
            }
        }
    }

    #[test]
    fn gigpo_with_distinct_anchors_is_grpo(trajectories in trajectories()) {
        let mut batch = Batch::new(&trajectories);
        batch.anchors = (0..batch.anchors.len() as u64).collect();
        prop_assert_eq!(batch.gigpo(GiGpo::default()), batch.grpo());
        prop_assert_eq!(batch.hgpo(Hgpo::default()), batch.grpo());
    }

    #[test]
    fn gigpo_without_its_step_part_is_grpo(trajectories in trajectories()) {
        let batch = Batch::new(&trajectories);
        prop_assert_eq!(batch.gigpo(GiGpo { omega: 0.0, ..GiGpo::default() }), batch.grpo());
        prop_assert_eq!(batch.hgpo(Hgpo { omega: 0.0, ..Hgpo::default() }), batch.grpo());
    }

    #[test]
    fn gigpo_normalises_the_returns_of_turns_that_share_task_and_anchor(
        trajectories in trajectories(), gamma in 0.0..=1.0, omega in -2.0..2.0, shrinkage in 0.0..4.0,
    ) {
        let batch = Batch::new(&trajectories);
        let out = batch.gigpo(GiGpo { gamma, omega, shrinkage, ..GiGpo::default() });
        // By definition: returns by power sums, pools by pairs of keys.
        let mut returns = vec![];
        let mut keys = vec![];
        for (task, _, turns) in &trajectories {
            for start in 0..turns.len() {
                returns.push(turns[start..].iter().enumerate().map(|(k, t)| gamma.powi(k as i32) * t.0).sum());
                keys.push((*task, turns[start].1));
            }
        }
        let step = apply_groups(Normalize::grpo(), &Groups::from_keys(&keys), &returns);
        let want: Vec<f64> = batch.grpo().iter().enumerate().map(|(turn, episode)| {
            let size = keys.iter().filter(|key| **key == keys[turn]).count() as f64;
            episode + omega * step[turn] * size / (size + shrinkage)
        }).collect();
        // Returns that are equal in exact arithmetic may differ in the last bit between the two sums.
        prop_assume!(!has_near_ties(&keys, &returns));
        close_within(&out, &want, 1e-6)?;
    }

    #[test]
    fn hgpo_without_history_is_gigpo(trajectories in trajectories(), alpha in 0.0..3.0, omega in -2.0..2.0) {
        let batch = Batch::new(&trajectories);
        let hgpo = batch.hgpo(Hgpo { depth: 0, alpha, omega, ..Hgpo::default() });
        close(&hgpo, &batch.gigpo(GiGpo { omega, ..GiGpo::default() }))?;
    }

    #[test]
    fn hgpo_on_trajectories_with_one_history_per_state_is_gigpo(
        trajectories in trajectories(), depth in 0..4_usize, alpha in 0.0..3.0,
    ) {
        // The anchor tells the turn index, and all trajectories of a task are on the same path.
        let mut batch = Batch::new(&trajectories);
        batch.anchors = batch.turns.iter().flat_map(|row| 0..row.len() as u64).collect();
        let hgpo = batch.hgpo(Hgpo { depth, alpha, ..Hgpo::default() });
        close(&hgpo, &batch.gigpo(GiGpo::default()))?;
    }

    #[test]
    fn mt_grpo_without_its_turn_part_is_outcome_grpo(
        trajectories in trajectories(), ends in prop::collection::vec(0..6_usize, 9),
    ) {
        let batch = Batch::new(&trajectories);
        let ends: Vec<Option<usize>> =
            batch.turns.iter().zip(&ends).map(|(row, &end)| Some(end.min(row.len()))).collect();
        let mask = vec![true; batch.turns.entries()];
        let first: Vec<f64> = trajectories.iter().map(|t| t.2[0].0).collect();
        let view = RewardedTurnBatch {
            groups: &batch.groups,
            tokens: &batch.turns,
            mask: &mask,
            outcomes: &batch.outcomes,
            turn_rewards: &first,
            turn_ends: &ends,
        };
        let mut out = vec![0.0; mask.len()];
        MtGrpo { lambda: 0.0, ..MtGrpo::default() }.assign(&view, &mut out).expect("valid");
        prop_assert_eq!(&out, &batch.grpo());
        // With it, tokens after the rewarded turn are untouched and those before share one more term.
        MtGrpo::default().assign(&view, &mut out).expect("valid");
        let turn = apply_groups(Normalize::grpo(), &batch.groups, &first);
        for (trajectory, row) in batch.turns.iter().enumerate() {
            let end = row.start + ends[trajectory].unwrap_or_default();
            for position in row {
                let extra = if position < end { turn[trajectory] } else { 0.0 };
                prop_assert!((out[position] - batch.grpo()[position] - extra).abs() < 1e-9);
            }
        }
    }
}

/// Whether some pool holds two returns so close that rounding decides whether they are equal.
fn has_near_ties(keys: &[(u8, u64)], returns: &[f64]) -> bool {
    (0..keys.len()).any(|a| (0..a).any(|b| keys[a] == keys[b] && (returns[a] - returns[b]).abs() < 1e-4))
}

#[test]
fn hgpo_prefers_the_pool_that_shares_more_history() {
    // State 7 is reached through 1 (twice) and through 2 (once); only the deep pool separates them.
    let groups = Groups::from_sizes(&[3]);
    let turns = Rows::padded(3, 2);
    let batch = TurnBatch {
        groups: &groups,
        turns: &turns,
        outcomes: &[0.0; 3],
        turn_rewards: &[0.0, 1.0, 0.0, 0.0, 0.0, -7.0],
        anchors: &[1, 7, 1, 7, 2, 7],
    };
    let centred = Hgpo { step: Normalize::dr_grpo(), depth: 1, alpha: 1.0, ..Hgpo::default() };
    let mut out = [0.0; 6];
    let report = centred.assign(&batch, &mut out).expect("valid");
    // Level 0: mean of (1, 0, −7) is −2, weight 1. Level 1: mean of (1, 0) is ½, weight 2.
    assert!((out[1] - (3.0 + 2.0 * 0.5) / 3.0).abs() < 1e-12);
    assert!((out[3] - (2.0 + 2.0 * -0.5) / 3.0).abs() < 1e-12);
    assert!((out[5] - -5.0).abs() < 1e-12, "alone at level 1, so level 0 alone counts");
    assert_eq!(report.episode.zero_range, 1);
}

#[test]
fn equal_states_of_different_tasks_are_not_compared() {
    let groups = Groups::from_sizes(&[1, 1]);
    let turns = Rows::padded(2, 1);
    let batch = TurnBatch {
        groups: &groups,
        turns: &turns,
        outcomes: &[1.0, 0.0],
        turn_rewards: &[1.0, 0.0],
        anchors: &[7, 7],
    };
    let mut out = [9.0; 2];
    let report = GiGpo::default().assign(&batch, &mut out).expect("valid");
    assert_eq!(out, [0.0; 2]);
    assert_eq!((report.episode.dropped, report.step.dropped), (2, 2));
}

#[test]
fn a_trajectory_without_the_rewarded_turn_gets_its_normalised_sum() {
    let groups = Groups::from_sizes(&[3]);
    let tokens = Rows::padded(3, 2);
    let mask = [true, true, true, false, true, true];
    let batch = RewardedTurnBatch {
        groups: &groups,
        tokens: &tokens,
        mask: &mask,
        outcomes: &[1.0, 0.0, 2.0],
        turn_rewards: &[0.5, 0.0, 0.0],
        turn_ends: &[Some(1), None, Some(2)],
    };
    let mut out = [9.0; 6];
    let rule = MtGrpo { normalize: Normalize::dr_grpo(), lambda: 1.0 };
    assert_eq!(rule.assign(&batch, &mut out).expect("valid"), 1);
    let (turn_mean, outcome_mean, sum_mean) = (0.5 / 3.0, 1.0, 3.5 / 3.0);
    let want = [0.5 - turn_mean, 0.0, -sum_mean, 0.0, outcome_mean - turn_mean, outcome_mean - turn_mean];
    for (got, want) in out.iter().zip(want) {
        assert!((got - want).abs() < 1e-12, "{out:?}");
    }
}
