//! A solved world to try estimators in.

use milepost_microworlds::Dynamics;

use crate::metrics::Assigned;
use crate::protocol::{Instance, exact_gradient};
use crate::{
    Batch, Context, CreditEstimator, Estimate, FidelityError, LayeredWorld, Meter, Needs, NodePolicy,
    Sharing, Tape, Truth,
};

/// A solved world and the noise that episodes are drawn with.
pub(super) struct Bench {
    pub(super) instance: Instance,
    pub(super) tape: Tape,
}

impl Bench {
    /// Under a policy that prefers nothing in particular, with logits of its own in every node.
    pub(super) fn new<D: Dynamics>(dynamics: &D) -> Self {
        let (world, _) = LayeredWorld::of(dynamics, 10_000).expect("the law is valid");
        let policy = NodePolicy::from_fn(&world, Sharing::TimeAndState, |node, row| {
            for (action, weight) in row.iter_mut().enumerate() {
                *weight = 1.0 + ((7 * node as usize + 3 * action) % 5) as f64;
            }
            let sum: f64 = row.iter().sum();
            for weight in row {
                *weight /= sum;
            }
        });
        Self::of_world(world, |_| policy)
    }

    /// Under the uniform policy.
    pub(super) fn uniform(world: LayeredWorld) -> Self {
        Self::of_world(world, |world| NodePolicy::uniform(world, Sharing::TimeAndState))
    }

    fn of_world(
        world: LayeredWorld,
        policy: impl FnOnce(&LayeredWorld) -> Result<NodePolicy, FidelityError>,
    ) -> Self {
        let policy = policy(&world).expect("probabilities sum to 1");
        Self { instance: Instance::new("law", world, policy).expect("small"), tape: Tape::new(11) }
    }

    /// Episodes `first..first + count` of the tape.
    pub(super) fn sample(&self, first: u64, count: usize) -> Batch {
        Batch::sample(self.instance.world(), self.instance.policy(), self.tape, first, count)
    }

    /// What the estimator is given: no more than it declared.
    pub(super) fn context<'a>(&'a self, batch: &'a Batch, estimator: &dyn CreditEstimator) -> Context<'a> {
        self.context_with(batch, estimator.needs())
    }

    /// What an estimator with these needs is given.
    pub(super) fn context_with<'a>(&'a self, batch: &'a Batch, needs: Needs) -> Context<'a> {
        let (world, policy) = (self.instance.world(), self.instance.policy());
        Context::new(world, self.truth(), policy, batch, self.tape, needs)
    }

    pub(super) const fn truth(&self) -> &Truth {
        self.instance.truth()
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
        let skill = steps().map(|i| self.truth().advantage(batch.nodes[i], batch.actions[i]));
        let luck = steps().map(|i| {
            batch.rewards[i] + self.truth().v(batch.next[i])
                - self.truth().q(batch.nodes[i], batch.actions[i])
        });
        (skill.collect(), luck.collect())
    }

    pub(super) fn exact_gradient(&self) -> Vec<f64> {
        self.truth().gradient(self.instance.world(), self.instance.policy())
    }

    /// `E ĝ` over all batches of `count` episodes, by enumeration.
    pub(super) fn expected_gradient(&self, estimator: &mut dyn CreditEstimator, count: usize) -> Vec<f64> {
        exact_gradient(&self.instance, estimator, count, 1_000_000).expect("the world is small").mean
    }
}

/// `max |x − y|`.
pub(super) fn distance(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len(), "two credits of one batch");
    x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}
