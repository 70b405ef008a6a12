//! A world of three steps in which everything happens that rules trip over: chance, rewards on the way,
//! episodes of different lengths, several starts, states that look alike.

use milepost_core::Outcome as Verdict;
use milepost_microworlds::{Dynamics, Transition};

/// See the module. Action 1 moves to place 1 (and slips to place 0), action 0 stays; the last step succeeds
/// more or less often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tiny {
    /// What the steps on the way pay.
    pub(super) pay: f64,
    /// Probability that action 1 slips.
    pub(super) slip: f64,
    /// Probability of the second start.
    pub(super) second_start: f64,
    /// Whether action 0 at place 0 ends the episode in its second step.
    pub(super) ends_early: bool,
    /// Probability that the last step succeeds, by place and action.
    pub(super) success: [[f64; 2]; 2],
}

const SUCCESS: [[f64; 2]; 2] = [[0.2, 0.6], [0.9, 0.4]];

impl Tiny {
    /// All of it.
    pub(super) const FULL: Self =
        Self { pay: 0.5, slip: 0.25, second_start: 0.4, ends_early: true, success: SUCCESS };
    /// Returns of 0 or 1, one start, three steps.
    pub(super) const BINARY: Self =
        Self { pay: 0.0, slip: 0.25, second_start: 0.0, ends_early: false, success: SUCCESS };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    time: u32,
    place: u32,
}

impl Dynamics for Tiny {
    type State = Spot;

    fn name(&self) -> &'static str {
        "tiny"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        3
    }

    fn starts(&self) -> Vec<(f64, Spot)> {
        let laws = [(1.0 - self.second_start, 0), (self.second_start, 1)];
        laws.into_iter().filter(|(p, _)| *p > 0.0).map(|(p, place)| (p, Spot { time: 0, place })).collect()
    }

    fn outcomes(&self, state: &Spot, action: u32, into: &mut Vec<Transition<Spot>>) {
        let next = |place| Spot { time: state.time + 1, place };
        if state.time == 2 {
            let success = self.success[state.place as usize][action as usize];
            let ways = [(success, 1.0, Verdict::Success), (1.0 - success, 0.0, Verdict::Failure)];
            for (p, reward, verdict) in ways.into_iter().filter(|(p, ..)| *p > 0.0) {
                into.push(Transition::end(p, reward, next(0), verdict));
            }
        } else if action == 0 && state.place == 0 && state.time == 1 && self.ends_early {
            into.push(Transition::end(1.0, 0.6 * self.pay, next(0), Verdict::Failure));
        } else if action == 0 {
            into.push(Transition::step(1.0, self.pay * f64::from(state.place), next(state.place)));
        } else {
            into.push(Transition::step(1.0 - self.slip, 0.0, next(1)));
            if self.slip > 0.0 {
                into.push(Transition::step(self.slip, -self.pay, next(0)));
            }
        }
    }

    fn state_key(&self, state: &Spot) -> u64 {
        u64::from(state.time * 2 + state.place)
    }

    /// The policy sees the clock only.
    fn observation_key(&self, state: &Spot) -> u64 {
        u64::from(state.time)
    }

    fn features(&self) -> usize {
        1
    }

    fn observe(&self, state: &Spot, into: &mut [f32]) {
        into[0] = state.time as f32;
    }
}
