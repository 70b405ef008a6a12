//! Where a reward sits in a token sequence.

use crate::{CreditError, check};

/// Moves rewards from positions that the policy did not produce to the last policy position before them.
///
/// `rewards` and `mask` have one entry per position. A reward that has no policy position before it goes to
/// the first one after it. The sum of rewards is unchanged up to rounding.
///
/// Rules that skip masked positions (GAE, reward-to-go, REINFORCE++) lose a reward that stays on one.
///
/// # Errors
/// Unequal slices, or no policy position at all while some reward is not 0.
pub fn move_to_policy(rewards: &mut [f64], mask: &[bool]) -> Result<(), CreditError> {
    check::len("mask", rewards.len(), mask.len())?;
    let Some(first) = mask.iter().position(|&policy| policy) else {
        return if rewards.iter().all(|&reward| reward == 0.0) {
            Ok(())
        } else {
            Err(CreditError::TooFew { what: "policy positions", needed: 1, found: 0 })
        };
    };
    let mut target = first;
    for index in 0..rewards.len() {
        if mask[index] {
            target = index;
        } else {
            let reward = std::mem::take(&mut rewards[index]);
            rewards[target] += reward;
        }
    }
    Ok(())
}

/// Copies one value per turn to every policy position of that turn; other positions get 0.
///
/// `turn_of[t]` is the turn of position `t`; it is read only where `mask[t]`.
///
/// # Errors
/// Unequal slices, or a turn that `per_turn` does not have.
pub fn broadcast_turns(
    per_turn: &[f64],
    turn_of: &[usize],
    mask: &[bool],
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::len("mask", turn_of.len(), mask.len())?;
    check::len("out", turn_of.len(), out.len())?;
    for (position, out) in out.iter_mut().enumerate() {
        *out = if mask[position] {
            let index = turn_of[position];
            *per_turn.get(index).ok_or(CreditError::IndexOutOfRange {
                what: "turn_of",
                position,
                index,
                len: per_turn.len(),
            })?
        } else {
            0.0
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_reward_moves_to_the_policy_position_before_it() {
        let mut rewards = [5.0, 1.0, 2.0, 3.0, 4.0];
        move_to_policy(&mut rewards, &[false, true, false, true, false]).expect("has policy positions");
        assert_eq!(rewards, [0.0, 8.0, 0.0, 7.0, 0.0]);
    }

    #[test]
    fn a_reward_without_any_policy_position_is_an_error_not_a_loss() {
        assert!(move_to_policy(&mut [0.0, 1.0], &[false, false]).is_err());
        assert!(move_to_policy(&mut [0.0, 0.0], &[false, false]).is_ok());
    }

    #[test]
    fn an_unknown_turn_is_named() {
        let error = broadcast_turns(&[1.0], &[0, 3], &[true, true], &mut [0.0; 2]).expect_err("turn 3");
        assert_eq!(error, CreditError::IndexOutOfRange { what: "turn_of", position: 1, index: 3, len: 1 });
    }
}
