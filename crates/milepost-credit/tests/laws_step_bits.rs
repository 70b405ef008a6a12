//! Credit of anchor groups beside its definition, bit for bit: pools gathered by sorting, normalised one by one.

mod common;

use common::laws::apply_groups;
use milepost_credit::{
    Centre, GiGpo, Groups, GroupsReport, Hgpo, Normalize, Rows, Scale, TurnBatch, reward_to_go,
};
use proptest::prelude::*;

/// Group of each trajectory, and reward and anchor of its turns. Pools of one to some fifty turns, ties included.
type Trajectories = Vec<(u8, Vec<(f64, u64)>)>;

fn trajectories() -> impl Strategy<Value = Trajectories> {
    let reward = prop_oneof![Just(0.0), Just(1.0), -2.0..2.0];
    let turns = prop::collection::vec((reward, (0..12_u64).prop_map(|n| n * n / 8)), 0..24);
    prop::collection::vec((0..3_u8, turns), 1..12)
}

fn rules() -> impl Strategy<Value = Normalize> {
    let centre = prop_oneof![Just(Centre::Mean), Just(Centre::LeaveOneOut), Just(Centre::None)];
    let std = (0..2_u8, prop_oneof![Just(0.0), Just(1e-6)])
        .prop_map(|(ddof, epsilon)| Scale::Std { ddof, epsilon });
    let scale = prop_oneof![std, Just(Scale::MaxAbs), Just(Scale::None)];
    (centre, scale).prop_map(|(centre, scale)| Normalize { centre, scale })
}

struct Batch {
    groups: Groups,
    turns: Rows,
    outcomes: Vec<f64>,
    turn_rewards: Vec<f64>,
    anchors: Vec<u64>,
    group_of: Vec<u8>,
}

impl Batch {
    fn new(trajectories: &Trajectories) -> Self {
        let keys: Vec<u8> = trajectories.iter().map(|t| t.0).collect();
        let lengths: Vec<usize> = trajectories.iter().map(|t| t.1.len()).collect();
        let (turn_rewards, anchors): (Vec<f64>, _) =
            trajectories.iter().flat_map(|t| t.1.iter().copied()).unzip();
        Self {
            groups: Groups::from_keys(&keys),
            turns: Rows::ragged(&lengths),
            outcomes: vec![0.0; keys.len()],
            turn_rewards,
            anchors,
            group_of: trajectories.iter().flat_map(|t| vec![t.0; t.1.len()]).collect(),
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

    fn returns(&self, gamma: f64) -> Vec<f64> {
        let mut returns = vec![0.0; self.turn_rewards.len()];
        for row in self.turns.iter().filter(|row| !row.is_empty()) {
            reward_to_go(&self.turn_rewards[row.clone()], gamma, 0.0, &mut returns[row]).expect("finite");
        }
        returns
    }

    /// Group, and the state of each turn with up to `depth` states before it, latest first.
    fn histories(&self, depth: usize) -> Vec<(u8, Vec<Option<u64>>)> {
        let before = |row: &std::ops::Range<usize>, turn: usize, back: usize| {
            turn.checked_sub(back)
                .filter(|earlier| *earlier >= row.start)
                .map(|earlier| self.anchors[earlier])
        };
        let rows = self.turns.iter().flat_map(|row| row.clone().map(move |turn| (row.clone(), turn)));
        rows.map(|(row, turn)| {
            (self.group_of[turn], (0..=depth).map(|back| before(&row, turn, back)).collect())
        })
        .collect()
    }

    /// Pools of one level, their size at each turn, and the normalised returns.
    fn level(&self, depth: usize, rule: Normalize, returns: &[f64]) -> (Groups, Vec<usize>, Vec<f64>) {
        let pools = Groups::from_keys(&self.histories(depth));
        let mut sizes = vec![0; returns.len()];
        for pool in pools.iter() {
            for &turn in pool {
                sizes[turn] = pool.len();
            }
        }
        let credit = apply_groups(rule, &pools, returns);
        (pools, sizes, credit)
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// What a rule reports of these pools.
fn reported(rule: Normalize, pools: &Groups, returns: &[f64], report: &mut GroupsReport) {
    let mut out = vec![0.0; returns.len()];
    let one = rule.apply_groups(pools, returns, &mut out).expect("finite");
    report.groups += one.groups;
    report.zero_range += one.zero_range;
    report.dropped += one.dropped;
}

proptest! {
    #[test]
    fn gigpo_has_the_bits_of_its_definition(
        trajectories in trajectories(), step in rules(), shrinkage in 0.0..4.0, omega in -2.0..2.0,
    ) {
        let batch = Batch::new(&trajectories);
        let rule = GiGpo { step, shrinkage, omega, ..GiGpo::default() };
        let returns = batch.returns(rule.gamma);
        let (pools, sizes, credit) = batch.level(0, step, &returns);
        let want: Vec<f64> = credit
            .iter()
            .zip(&sizes)
            .map(|(credit, &size)| 0.0 + omega * credit * (size as f64 / (size as f64 + shrinkage)))
            .collect();
        let mut got = vec![0.0; want.len()];
        let report = rule.assign(&batch.view(), &mut got).expect("valid");
        prop_assert_eq!(bits(&got), bits(&want));
        let mut expected = GroupsReport::default();
        reported(step, &pools, &returns, &mut expected);
        prop_assert_eq!(report.step, expected);
    }

    #[test]
    fn hgpo_has_the_bits_of_its_definition(
        trajectories in trajectories(), step in rules(), depth in 0..4_usize, alpha in 0..3_u8, omega in -2.0..2.0,
    ) {
        let batch = Batch::new(&trajectories);
        let rule = Hgpo { step, depth, alpha: f64::from(alpha), omega, ..Hgpo::default() };
        let returns = batch.returns(rule.gamma);
        let (mut weighted, mut weights) = (vec![0.0; returns.len()], vec![0.0; returns.len()]);
        let mut expected = GroupsReport::default();
        for level in 0..=depth {
            let weight = (level as f64 + 1.0).powi(i32::from(alpha));
            let (pools, sizes, credit) = batch.level(level, step, &returns);
            for turn in (0..returns.len()).filter(|&turn| sizes[turn] > 1) {
                weighted[turn] += weight * credit[turn];
                weights[turn] += weight;
            }
            reported(step, &pools, &returns, &mut expected);
        }
        let want: Vec<f64> = weighted
            .iter()
            .zip(&weights)
            .map(|(sum, &weight)| if weight > 0.0 { 0.0 + omega * sum / weight } else { 0.0 })
            .collect();
        let mut got = vec![0.0; want.len()];
        let report = rule.assign(&batch.view(), &mut got).expect("valid");
        prop_assert_eq!(bits(&got), bits(&want));
        prop_assert_eq!(report.step, expected);
    }

    #[test]
    fn integer_keys_give_the_groups_of_any_keys(keys in prop::collection::vec(0..40_u64, 0..200), shift in 0..58_u32) {
        let keys: Vec<u64> = keys.iter().map(|key| key << shift).collect();
        prop_assert_eq!(Groups::from_integers(&keys), Groups::from_keys(&keys));
    }
}
