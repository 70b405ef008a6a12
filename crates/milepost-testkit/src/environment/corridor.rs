use milepost_core::{
    Branch, Budget, DiscreteEnvironment, Ending, Enumerable, EnvError, Environment, Outcome, Purpose,
    RewardLaw, StepOutcome, Stream, StreamKey, TaskSeed,
};

/// A small enumerable world that keeps every law: the example for writers of their own, and the
/// original of which the suite's tests make broken copies.
///
/// Cells `0..cells` in a row; the task draws the start. Action 1 moves right and slips back left with
/// probability [`Corridor::SLIP`]; action 0 moves left. Stepping right from the last cell is success and
/// pays `1 − 0.9 · (elapsed + 1) / budget`; stepping left from the first is failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Corridor {
    cells: u32,
    budget: u32,
    position: u32,
    elapsed: u32,
    ending: Option<Ending>,
    noise: Option<Stream>,
}

impl Default for Corridor {
    /// Six cells, twenty steps.
    fn default() -> Self {
        Self::new(6, 20)
    }
}

impl Corridor {
    /// Probability that a step to the right goes left instead.
    pub const SLIP: f64 = 0.25;

    /// A corridor of `cells` cells and `budget` steps, each at least 1.
    #[must_use]
    pub fn new(cells: u32, budget: u32) -> Self {
        let (cells, budget) = (cells.max(1), budget.max(1));
        Self { cells, budget, position: 0, elapsed: 0, ending: None, noise: None }
    }

    /// The success reward as a law of elapsed time.
    fn success(&self) -> RewardLaw {
        let per_step = -0.9 / f64::from(self.budget);
        RewardLaw { base: 1.0 + per_step, per_step }
    }

    /// The world after a move, its clock advanced, and how the move ended the task.
    fn moved(&self, right: bool) -> (Self, RewardLaw, Option<Ending>) {
        let mut next = Self { elapsed: self.elapsed + 1, ..self.clone() };
        let (reward, outcome) = match (right, self.position) {
            (true, p) if p + 1 == self.cells => (self.success(), Some(Outcome::Success)),
            (false, 0) => (RewardLaw::constant(0.0), Some(Outcome::Failure)),
            (true, p) => {
                next.position = p + 1;
                (RewardLaw::constant(0.0), None)
            }
            (false, p) => {
                next.position = p - 1;
                (RewardLaw::constant(0.0), None)
            }
        };
        next.ending = outcome.map(Ending::Terminated);
        let ending = next.ending;
        (next, reward, ending)
    }

    fn refuse(&self, action: u32) -> Result<(), EnvError> {
        let environment = || "Corridor".to_owned();
        if self.noise.is_none() {
            return Err(EnvError::NotReset { environment: environment() });
        }
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        if action > 1 {
            let action = u64::from(action);
            return Err(EnvError::ActionOutOfRange { environment: environment(), action, count: 2 });
        }
        Ok(())
    }
}

impl Environment for Corridor {
    type Observation = u32;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let key = StreamKey { task: seed.get(), ..StreamKey::new(0, Purpose::ENVIRONMENT) };
        let mut noise = Stream::new(key);
        let position = noise.below(u64::from(self.cells)) as u32;
        *self = Self { position, elapsed: 0, ending: None, noise: Some(noise), ..*self };
        Ok(())
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        self.refuse(*action)?;
        let slips = self.noise.as_mut().is_some_and(|noise| noise.uniform() < Self::SLIP);
        let (next, reward, ending) = self.moved(*action == 1 && !slips);
        let reward = reward.at(self.elapsed);
        *self = next;
        if ending.is_none() && self.elapsed == self.budget {
            self.ending = Some(Ending::Truncated(Budget::Steps));
        }
        Ok(StepOutcome { reward, ending: self.ending })
    }

    fn new_observation(&self) -> u32 {
        0
    }

    fn observe(&self, into: &mut u32) {
        *into = self.position;
    }

    fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn elapsed(&self) -> u32 {
        self.elapsed
    }

    fn state_key(&self) -> u64 {
        let over = matches!(self.ending, Some(Ending::Terminated(_)));
        u64::from(self.position) << 1 | u64::from(over)
    }
}

impl DiscreteEnvironment for Corridor {
    fn action_count(&self) -> usize {
        2
    }
}

impl Enumerable for Corridor {
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>> {
        let branch = |right, probability| {
            let (next, reward, ending) = self.moved(right);
            Branch { probability, reward, next, ending }
        };
        match action {
            1 => vec![branch(true, 1.0 - Self::SLIP), branch(false, Self::SLIP)],
            _ => vec![branch(false, 1.0)],
        }
    }

    fn horizon(&self) -> Option<u32> {
        Some(self.budget)
    }
}
