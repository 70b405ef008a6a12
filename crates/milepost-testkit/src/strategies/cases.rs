use std::ops::RangeInclusive;

use proptest::prelude::*;

use crate::credit::{CaseTrajectory, CreditCase, Position};

/// What batches for credit rules look like.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseShape {
    /// Number of trajectories.
    pub trajectories: RangeInclusive<usize>,
    /// Tasks they are spread over; few of them make groups, many make singletons.
    pub tasks: u64,
    /// Positions of a trajectory, at least 1.
    pub positions: RangeInclusive<usize>,
    /// Whether some positions are the environment's. Without, every position is a policy position.
    pub environment_positions: bool,
    /// Whether a turn may have several policy positions. Without, every one is a turn of its own.
    pub long_turns: bool,
    /// Number of states. Few of them make anchor groups.
    pub states: u64,
    /// Whether episodes may be cut, with a value after their last position.
    pub bootstraps: bool,
}

impl Default for CaseShape {
    /// One to eight trajectories of one to eight positions over three tasks, with everything in them.
    fn default() -> Self {
        Self {
            trajectories: 1..=8,
            tasks: 3,
            positions: 1..=8,
            environment_positions: true,
            long_turns: true,
            states: 4,
            bootstraps: true,
        }
    }
}

impl CaseShape {
    /// The default for rules that know no tokens: every position is one decision and one turn.
    #[must_use]
    pub fn steps() -> Self {
        Self { environment_positions: false, long_turns: false, ..Self::default() }
    }
}

/// What the rewards of a batch look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rewards {
    Dense,
    AtTheEnd,
    ZeroOrOneAtTheEnd,
    /// The same for everybody.
    EqualAtTheEnd,
    None,
}

/// Ragged batches for credit rules: sparse, dense and absent rewards, ties, singletons, groups of equals,
/// turns, cuts. Rewards lie on policy positions; every trajectory has one of those.
pub fn credit_case(shape: &CaseShape) -> impl Strategy<Value = CreditCase> + use<> {
    let shape = shape.clone();
    let quarter = || (-8..=8_i32).prop_map(|quarters| f64::from(quarters) / 4.0);
    let position =
        (quarter(), quarter(), any::<bool>(), any::<bool>(), 0..shape.states.max(1), 0..3_u32, 1..8_u32)
            .prop_map(|(reward, value, policy, begins, key, action, eighths)| {
                let log_prob = libm::log(f64::from(eighths) / 8.0);
                let position = Position { reward, value, policy, key, action, log_prob, turn: 0 };
                (position, begins)
            });
    let positions = prop::collection::vec(position, shape.positions.clone());
    let bootstrap = prop::option::of(quarter());
    let trajectory = (0..shape.tasks.max(1), bootstrap, positions);
    let rewards = prop_oneof![
        4 => Just(Rewards::Dense),
        2 => Just(Rewards::AtTheEnd),
        2 => Just(Rewards::ZeroOrOneAtTheEnd),
        1 => Just(Rewards::EqualAtTheEnd),
        1 => Just(Rewards::None),
    ];
    (rewards, prop::collection::vec(trajectory, shape.trajectories.clone())).prop_map(
        move |(rewards, drawn)| {
            let trajectories: Vec<CaseTrajectory> = drawn
                .into_iter()
                .map(|(group, bootstrap, positions)| CaseTrajectory {
                    group,
                    bootstrap: bootstrap.filter(|_| shape.bootstraps).unwrap_or_default(),
                    positions: arranged(positions, rewards, &shape),
                })
                .collect();
            CreditCase::new(&trajectories)
        },
    )
}

/// Drawn positions (and whether each begins a turn) made into a trajectory.
fn arranged(drawn: Vec<(Position, bool)>, rewards: Rewards, shape: &CaseShape) -> Vec<Position> {
    let (mut positions, begins): (Vec<Position>, Vec<bool>) = drawn.into_iter().unzip();
    if !shape.environment_positions {
        for position in &mut positions {
            position.policy = true;
        }
    }
    let last = positions.iter().rposition(|position| position.policy).unwrap_or(positions.len() - 1);
    positions[last].policy = true;
    let (mut turn, mut key, mut written) = (0, positions[0].key, false);
    for (index, position) in positions.iter_mut().enumerate() {
        // A turn begins with what the environment writes, or anywhere; but only after the policy has answered.
        if written && (begins[index] || !position.policy || !shape.long_turns) {
            (turn, key, written) = (turn + 1, position.key, false);
        }
        written |= position.policy;
        (position.turn, position.key) = (turn, key);
        let end = index == last;
        position.reward = match rewards {
            _ if !position.policy => 0.0,
            Rewards::Dense => position.reward,
            Rewards::AtTheEnd if end => position.reward,
            Rewards::EqualAtTheEnd if end => 0.75,
            Rewards::ZeroOrOneAtTheEnd if end => f64::from(u8::from(position.reward > 0.0)),
            _ => 0.0,
        };
        if !position.policy {
            position.log_prob = 0.0;
        }
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn batches_are_well_formed(case in credit_case(&CaseShape::default())) {
            for (row, policy) in case.rows().zip(case.policy_rows()) {
                prop_assert!(!policy.is_empty());
                prop_assert_eq!(case.turns[row.start], 0);
                for (before, after) in row.clone().zip(row.clone().skip(1)) {
                    prop_assert!((0..=1).contains(&(case.turns[after] - case.turns[before])));
                    prop_assert!(case.turns[after] > case.turns[before] || case.keys[after] == case.keys[before]);
                }
                prop_assert!(row.clone().all(|at| case.mask[at] || case.rewards[at] == 0.0));
            }
        }

        #[test]
        fn steps_are_decisions_and_turns_of_their_own(case in credit_case(&CaseShape::steps())) {
            prop_assert!(case.mask.iter().all(|policy| *policy));
            for row in case.rows() {
                prop_assert_eq!(&case.turns[row.clone()], &(0..row.len()).collect::<Vec<_>>()[..]);
            }
        }
    }
}
