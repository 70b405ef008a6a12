//! A solved world to try estimators in.

use milepost_microworlds::Dynamics;

use crate::metrics::{Assigned, Gradients};
use crate::{
    Batch, Context, CreditEstimator, END, Estimate, FidelityError, LayeredWorld, Meter, NodePolicy, Sharing,
    Tape, Truth,
};

/// A world, a policy in it that prefers nothing in particular, and the truth.
pub(super) struct Bench {
    pub(super) world: LayeredWorld,
    pub(super) policy: NodePolicy,
    pub(super) truth: Truth,
    pub(super) tape: Tape,
}

impl Bench {
    /// The policy's logits are its own in every node.
    pub(super) fn new<D: Dynamics>(dynamics: &D) -> Self {
        let (world, _) = LayeredWorld::of(dynamics, 10_000).expect("the law is valid");
        let policy = NodePolicy::from_fn(&world, Sharing::TimeAndState, |node, row| {
            let legal = (0..row.len()).filter(|a| world.is_legal(node, *a as u32));
            let weights: Vec<(usize, f64)> =
                legal.map(|a| (a, 1.0 + ((7 * node as usize + 3 * a) % 5) as f64)).collect();
            let sum: f64 = weights.iter().map(|(_, w)| w).sum();
            for (action, weight) in weights {
                row[action] = weight / sum;
            }
        });
        Self::with_policy(world, policy.expect("weights are positive"))
    }

    pub(super) fn uniform<D: Dynamics>(dynamics: &D) -> Self {
        Self::of_world(LayeredWorld::of(dynamics, 10_000).expect("the law is valid").0)
    }

    /// The uniform policy in a world.
    pub(super) fn of_world(world: LayeredWorld) -> Self {
        let policy = NodePolicy::uniform(&world, Sharing::TimeAndState).expect("some action is legal");
        Self::with_policy(world, policy)
    }

    fn with_policy(world: LayeredWorld, policy: NodePolicy) -> Self {
        let truth = Truth::solve(&world, &policy).expect("the world is finite");
        Self { world, policy, truth, tape: Tape::new(11) }
    }

    /// Episodes `first..first + count` of the tape.
    pub(super) fn sample(&self, first: u64, count: usize) -> Batch {
        Batch::sample(&self.world, &self.policy, self.tape, first, count)
    }

    /// What the estimator is given: no more than it declared.
    pub(super) fn context<'a>(&'a self, batch: &'a Batch, estimator: &dyn CreditEstimator) -> Context<'a> {
        Context::new(&self.world, &self.truth, &self.policy, batch, self.tape, estimator.needs())
    }

    /// Fits on episodes that no test credits.
    pub(super) fn fit(&self, estimator: &mut dyn CreditEstimator) -> Meter {
        let (batch, mut meter) = (self.sample(1 << 40, estimator.wants_episodes()), Meter::default());
        let context = self.context(&batch, estimator);
        if estimator.wants_episodes() > 0 {
            estimator.fit(&context, &mut meter).expect("there are episodes");
        }
        meter
    }

    pub(super) fn estimate(
        &self,
        estimator: &mut dyn CreditEstimator,
        batch: &Batch,
    ) -> Result<Estimate, FidelityError> {
        let context = self.context(batch, estimator);
        estimator.estimate(&context, &mut Meter::default())
    }

    /// Credit of the taken actions.
    pub(super) fn credit(&self, estimator: &mut dyn CreditEstimator, batch: &Batch) -> Vec<f64> {
        let estimate = self.estimate(estimator, batch).expect("the batch is valid");
        let context = self.context(batch, estimator);
        Assigned::read(&estimator.name(), estimate, &context).expect("credit is finite").taken
    }

    /// `A_t`, and the luck `L_t = r_t + V_{t+1} − Q_t`, of every step.
    pub(super) fn skill_and_luck(&self, batch: &Batch) -> (Vec<f64>, Vec<f64>) {
        let steps = || 0..batch.steps();
        let skill = steps().map(|i| self.truth.advantage(batch.nodes[i], batch.actions[i]));
        let luck = steps().map(|i| {
            batch.rewards[i] + self.truth.v(batch.next[i]) - self.truth.q(batch.nodes[i], batch.actions[i])
        });
        (skill.collect(), luck.collect())
    }

    pub(super) fn exact_gradient(&self) -> Vec<f64> {
        self.truth.gradient(&self.world, &self.policy)
    }

    /// `E ĝ` over all batches of `count` episodes, by enumeration.
    pub(super) fn expected_gradient(&self, estimator: &mut dyn CreditEstimator, count: usize) -> Vec<f64> {
        let episodes = self.episodes();
        let mut mean = vec![0.0; self.policy.parameters()];
        let mut choice = vec![0; count];
        loop {
            let mut batch = Batch::default();
            let mut probability = 1.0;
            for (id, index) in choice.iter().enumerate() {
                let (weight, steps) = &episodes[*index];
                probability *= weight;
                batch.begin(id as u64);
                for (node, action, reward, next) in steps {
                    batch.push(*node, *action, *reward, *next);
                }
            }
            let estimate = self.estimate(estimator, &batch).expect("the batch is valid");
            let context = self.context(&batch, estimator);
            let credit = Assigned::read("law", estimate, &context).expect("credit is finite");
            let gradient = Gradients::of_batch(&self.policy, &batch, &credit);
            for (mean, gradient) in mean.iter_mut().zip(gradient) {
                *mean += probability * gradient;
            }
            // Count on, in base `episodes.len()`.
            let Some(place) = choice.iter().position(|index| index + 1 < episodes.len()) else {
                return mean;
            };
            choice[..place].fill(0);
            choice[place] += 1;
        }
    }

    /// Every episode with its probability.
    fn episodes(&self) -> Vec<(f64, Vec<Step>)> {
        let mut done = Vec::new();
        let starts = self.world.starts().iter();
        let mut open: Vec<(f64, u32, Vec<Step>)> = starts.map(|(p, n)| (*p, *n, Vec::new())).collect();
        while let Some((probability, node, steps)) = open.pop() {
            if node == END {
                done.push((probability, steps));
                continue;
            }
            for action in 0..self.world.actions() as u32 {
                for outcome in self.world.outcomes(node, action) {
                    let weight = probability * self.policy.probability(node, action) * outcome.probability;
                    let mut steps = steps.clone();
                    steps.push((node, action, outcome.reward, outcome.next));
                    open.push((weight, outcome.next, steps));
                }
            }
        }
        done
    }
}

/// Node, action, reward and the node after it.
type Step = (u32, u32, f64, u32);

/// `max |x − y|`.
pub(super) fn distance(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len(), "two credits of one batch");
    x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}
