//! From turns to the tokens that are trained, and back.

use milepost_core::Batch;

use super::{CreditAssigner, Credits};
use crate::TrainError;
use crate::agent::Scores;
use crate::config::{CreditUnit, KlInReward};

/// Where the decisions of a batch stand: those of trajectory `i` are `offsets[i]..offsets[i + 1]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout<'a> {
    /// `[N + 1]`
    pub offsets: &'a [usize],
    /// The turn of each decision, `[D]`.
    pub turns: &'a [u32],
}

/// What the credit stage made of a batch.
pub(crate) struct Assigned {
    /// The reward of each turn with everything that is part of it, `[T]` a trajectory.
    pub rewards: Vec<Vec<f64>>,
    /// The value before each turn and after the last, `[T + 1]` a trajectory.
    pub values: Vec<Vec<f64>>,
    /// Advantages and targets of each decision, `[D_i]` a trajectory.
    pub credits: Credits,
}

/// Credits every decision of a batch: by turns, each turn's advantage given to all its tokens, or token by token, a
/// turn's reward paid at its last token.
pub(crate) fn assign<O>(
    rule: &dyn CreditAssigner<O>,
    unit: CreditUnit,
    kl: Option<KlInReward>,
    batch: &Batch<O>,
    layout: Layout<'_>,
    scores: &Scores,
    mut rewards: Vec<Vec<f64>>,
) -> Result<Assigned, TrainError> {
    let penalties = kl.map(|kl| penalties(kl, scores)).transpose()?;
    let values = layout.values_by_turn(scores, &rewards);
    let credits = match unit {
        CreditUnit::Turn => {
            if let Some(penalties) = &penalties {
                layout.charge_turns(penalties, &mut rewards);
            }
            layout.spread(rule.assign(batch, &rewards, &values)?)
        }
        CreditUnit::Token => {
            let (mut paid, mut unplaced) = layout.pay_tokens(&rewards);
            if let Some(penalties) = &penalties {
                for (row, charged) in paid.iter_mut().zip(layout.rows(penalties)) {
                    row.iter_mut().zip(charged).for_each(|(reward, penalty)| *reward -= penalty);
                }
                layout.charge_turns(penalties, &mut rewards);
            }
            let mut credits = rule.assign(batch, &paid, &layout.values_by_token(scores))?;
            if unplaced > 0 {
                credits.counters.push(("rewards_before_the_first_token", std::mem::take(&mut unplaced)));
            }
            credits
        }
    };
    Ok(Assigned { rewards, values, credits })
}

/// `β · k(log π_old, log π_ref)` of each decision, `[D]`.
fn penalties(kl: KlInReward, scores: &Scores) -> Result<Vec<f64>, TrainError> {
    let reference = scores.reference.as_deref().ok_or_else(|| TrainError::Config {
        reason: "`kl-in-reward` needs the policy that training began with".into(),
    })?;
    let pairs = scores.logp.iter().zip(reference);
    Ok(pairs.map(|(logp, reference)| kl.penalty(f64::from(*logp), f64::from(*reference))).collect())
}

impl Layout<'_> {
    /// The decisions of each trajectory, of a column over all of them.
    fn rows<'a, T>(&'a self, column: &'a [T]) -> impl Iterator<Item = &'a [T]> {
        self.offsets.windows(2).map(|bounds| &column[bounds[0]..bounds[1]])
    }

    /// The value before the first token of each turn (of the next turn that has one), and after the last.
    fn values_by_turn(&self, scores: &Scores, rewards: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let rows = self.rows(&scores.values).zip(self.rows(self.turns)).zip(&scores.final_values);
        rows.zip(rewards)
            .map(|(((values, turns), beyond), rewards)| {
                let mut by_turn = vec![f64::from(*beyond); rewards.len() + 1];
                // From the back, so that the first token of a turn has the last word.
                for (value, turn) in values.iter().zip(turns).rev() {
                    by_turn[*turn as usize] = f64::from(*value);
                }
                for turn in (0..rewards.len()).rev() {
                    if !turns.contains(&(turn as u32)) {
                        by_turn[turn] = by_turn[turn + 1];
                    }
                }
                by_turn
            })
            .collect()
    }

    /// The value before each token, and after the last turn.
    fn values_by_token(&self, scores: &Scores) -> Vec<Vec<f64>> {
        self.rows(&scores.values)
            .zip(&scores.final_values)
            .map(|(values, beyond)| values.iter().chain([beyond]).map(|value| f64::from(*value)).collect())
            .collect()
    }

    /// Each turn's reward at the turn's last token; that of a turn without one at the last token before it. Also how
    /// many rewards had no token before them.
    fn pay_tokens(&self, rewards: &[Vec<f64>]) -> (Vec<Vec<f64>>, u64) {
        let mut unplaced = 0;
        let paid = self
            .rows(self.turns)
            .zip(rewards)
            .map(|(turns, rewards)| {
                let mut paid = vec![0.0; turns.len()];
                for (turn, reward) in rewards.iter().enumerate() {
                    match turns.partition_point(|t| *t as usize <= turn) {
                        0 => unplaced += u64::from(*reward != 0.0),
                        after => paid[after - 1] += reward,
                    }
                }
                paid
            })
            .collect();
        (paid, unplaced)
    }

    fn charge_turns(&self, penalties: &[f64], rewards: &mut [Vec<f64>]) {
        for ((penalties, turns), rewards) in self.rows(penalties).zip(self.rows(self.turns)).zip(rewards) {
            for (penalty, turn) in penalties.iter().zip(turns) {
                rewards[*turn as usize] -= penalty;
            }
        }
    }

    /// Each turn's advantage and target for every token of the turn.
    fn spread(&self, credits: Credits) -> Credits {
        let over = |by_turn: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            let rows = self.rows(self.turns).zip(by_turn);
            rows.map(|(turns, row)| turns.iter().map(|turn| row[*turn as usize]).collect()).collect()
        };
        Credits { advantages: over(credits.advantages), returns: over(credits.returns), ..credits }
    }

    /// The mean over each turn's decisions, `[T]` a trajectory; 0 for a turn without one.
    pub(crate) fn turn_means(&self, by_decision: &[Vec<f64>], turns: &[usize]) -> Vec<Vec<f64>> {
        let rows = by_decision.iter().zip(self.rows(self.turns)).zip(turns);
        rows.map(|((row, of), count)| {
            let (mut sums, mut counts) = (vec![0.0; *count], vec![0u32; *count]);
            for (value, turn) in row.iter().zip(of) {
                sums[*turn as usize] += value;
                counts[*turn as usize] += 1;
            }
            sums.iter().zip(counts).map(|(sum, n)| sum / f64::from(n.max(1))).collect()
        })
        .collect()
    }

    /// How many turns of trajectories that teach have a mean advantage other than 0.
    pub(crate) fn credited_turns(&self, credits: &Credits, turns: &[usize]) -> u64 {
        let means = self.turn_means(&credits.advantages, turns);
        let taught = means.iter().zip(&credits.keep).filter(|(_, keep)| **keep);
        taught.map(|(row, _)| row.iter().filter(|mean| **mean != 0.0).count() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Two trajectories: turns of 2 and 1 tokens, and one turn of 3 of which the first turn has none.
    const LAYOUT: Layout<'static> = Layout { offsets: &[0, 3, 6], turns: &[0, 0, 1, 1, 1, 1] };

    fn scores() -> Scores {
        Scores {
            logp: vec![-1.0; 6],
            values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            final_values: vec![7.0, 8.0],
            reference: Some(vec![-1.0, -1.0, -1.5, -1.0, -1.0, -1.0]),
        }
    }

    #[test]
    fn values_stand_before_the_first_token_of_a_turn() {
        let rewards = vec![vec![0.0; 2], vec![0.0; 3]];
        let values = LAYOUT.values_by_turn(&scores(), &rewards);
        assert_eq!(values, [vec![1.0, 3.0, 7.0], vec![4.0, 4.0, 8.0, 8.0]]);
        assert_eq!(LAYOUT.values_by_token(&scores()), [vec![1.0, 2.0, 3.0, 7.0], vec![4.0, 5.0, 6.0, 8.0]]);
    }

    #[test]
    fn rewards_fall_on_the_last_token_of_their_turn_and_none_is_lost_in_silence() {
        let (paid, unplaced) = LAYOUT.pay_tokens(&[vec![1.0, 2.0], vec![0.5, 3.0, 4.0]]);
        assert_eq!(paid, [vec![0.0, 1.0, 2.0], vec![0.0, 0.0, 7.0]]);
        assert_eq!(unplaced, 1);
    }

    #[test]
    fn a_turn_s_credit_goes_to_all_its_tokens_and_comes_back_as_their_mean() {
        let by_turn = vec![vec![0.5, -1.0], vec![9.0, 2.0, 0.0]];
        let credits = Credits { advantages: by_turn.clone(), returns: by_turn.clone(), ..Credits::default() };
        let spread = LAYOUT.spread(credits).advantages;
        assert_eq!(spread, [vec![0.5, 0.5, -1.0], vec![2.0, 2.0, 2.0]]);
        assert_eq!(LAYOUT.turn_means(&spread, &[2, 3]), [vec![0.5, -1.0], vec![0.0, 2.0, 0.0]]);
    }

    #[test]
    fn a_turn_is_credited_if_its_trajectory_teaches_and_its_mean_advantage_is_not_zero() {
        let count = |advantages: [[f64; 3]; 2], keep: [bool; 2]| {
            let advantages = advantages.iter().map(|row| row.to_vec()).collect();
            let credits = Credits { advantages, keep: keep.to_vec(), ..Credits::default() };
            LAYOUT.credited_turns(&credits, &[2, 3])
        };
        // Two turns of the first trajectory; of the second the middle one of three, which alone has tokens.
        let all = [[0.5, 0.5, -1.0], [2.0, 3.0, 1.0]];
        assert_eq!(count(all, [true, true]), 3);
        assert_eq!(count(all, [true, false]), 2);
        assert_eq!(count(all, [false, false]), 0);
        // Tokens of the first turn cancel out, and the second turn has nothing.
        assert_eq!(count([[1.0, -1.0, 0.0], [0.0, 0.0, 0.25]], [true, true]), 1);
    }

    #[test]
    fn the_divergence_in_the_reward_is_zero_where_both_policies_agree() {
        let kl = KlInReward::k1(0.1);
        let charged = penalties(kl, &scores()).expect("a reference");
        assert_eq!(charged[..2], [0.0, 0.0]);
        assert!((charged[2] - 0.05).abs() < 1e-12, "k1 = log π_old − log π_ref: {charged:?}");
        let without = Scores { reference: None, ..scores() };
        assert!(penalties(kl, &without).is_err());
    }
}
