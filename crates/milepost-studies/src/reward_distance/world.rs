use milepost_core::Stream;
use milepost_eval::exact::{SolveError, TabularMdp, TabularPolicy, discounted};

/// A square grid without an end: four moves and staying, of which some slip, and one cell that pays.
pub(super) struct World {
    side: usize,
    discount: f64,
    transitions: Vec<f64>,
    reward: Vec<f64>,
    goal: usize,
    best: Vec<f64>,
    /// What the best policy gains over the uniform one, from a random state.
    gain: f64,
}

impl World {
    pub(super) const ACTIONS: usize = 5;

    pub(super) fn new(
        side: usize,
        slip: f64,
        discount: f64,
        stream: &mut Stream,
    ) -> Result<Self, SolveError> {
        let states = side * side;
        let mut transitions = vec![0.0; states * Self::ACTIONS * states];
        for state in 0..states {
            for action in 0..Self::ACTIONS {
                let row = (state * Self::ACTIONS + action) * states;
                transitions[row + moved(side, state, action)] += 1.0 - slip;
                for other in 0..4 {
                    transitions[row + moved(side, state, other)] += slip / 4.0;
                }
            }
        }
        let goal = stream.below(states as u64) as usize;
        let mut world =
            Self { side, discount, transitions, reward: Vec::new(), goal, best: Vec::new(), gain: 1.0 };
        world.reward = world.goal_reward(goal);
        let mdp = world.solve(&world.reward)?;
        world.best = discounted::optimal(&mdp, discount)?.values().to_vec();
        let uniform = discounted::evaluate(&mdp, &TabularPolicy::uniform(&mdp), discount)?;
        world.gain = mean_difference(&world.best, uniform.values());
        Ok(world)
    }

    pub(super) const fn states(&self) -> usize {
        self.side * self.side
    }
    pub(super) const fn goal(&self) -> usize {
        self.goal
    }
    pub(super) const fn discount(&self) -> f64 {
        self.discount
    }
    pub(super) fn transitions(&self) -> &[f64] {
        &self.transitions
    }
    pub(super) fn reward(&self) -> &[f64] {
        &self.reward
    }

    /// 1 for being in `goal` after a step.
    pub(super) fn goal_reward(&self, goal: usize) -> Vec<f64> {
        (0..self.transitions.len()).map(|index| f64::from(u8::from(index % self.states() == goal))).collect()
    }

    /// Cells between two cells.
    pub(super) const fn steps_between(&self, a: usize, b: usize) -> usize {
        (a % self.side).abs_diff(b % self.side) + (a / self.side).abs_diff(b / self.side)
    }

    /// What is lost, of what the best policy gains over the uniform one, by a policy that is best for `reward`
    /// (uniform among its best actions).
    pub(super) fn regret(&self, reward: &[f64]) -> Result<f64, SolveError> {
        let believed = discounted::optimal(&self.solve(reward)?, self.discount)?;
        let mut policy = vec![0.0; self.states() * Self::ACTIONS];
        for state in 0..self.states() {
            let best = believed.best_actions(state);
            for action in &best {
                policy[state * Self::ACTIONS + *action as usize] = 1.0 / best.len() as f64;
            }
        }
        let truth = self.solve(&self.reward)?;
        let reached = discounted::evaluate(&truth, &TabularPolicy::new(&truth, policy)?, self.discount)?;
        Ok(mean_difference(&self.best, reached.values()) / self.gain)
    }

    fn solve(&self, reward: &[f64]) -> Result<TabularMdp, SolveError> {
        TabularMdp::from_dense(Self::ACTIONS, &self.transitions, reward, &vec![false; self.states()])
    }
}

fn moved(side: usize, state: usize, action: usize) -> usize {
    let (x, y) = (state % side, state / side);
    match action {
        0 if x + 1 < side => state + 1,
        1 if x > 0 => state - 1,
        2 if y + 1 < side => state + side,
        3 if y > 0 => state - side,
        _ => state,
    }
}

fn mean_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a - b).sum::<f64>() / a.len() as f64
}
