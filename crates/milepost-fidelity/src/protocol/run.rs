use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::metrics::{Assigned, Cost, Scorer, gain_at_divergence};
use crate::record::{FrontierPoint, Record};
use crate::{Batch, Context, CreditEstimator, FidelityError, Meter, Tape};

use super::Instance;

/// Episodes from here on are fitted on and never scored.
pub const FIRST_FITTED_EPISODE: u64 = 1 << 40;

/// What a step of the one-step gain costs, in nats per episode.
pub const GAIN_DIVERGENCE: f64 = 0.01;

/// Batches whose one-step gain is computed: each takes a solution of the world.
const GAIN_BATCHES: u64 = 16;

/// Budgets of the frontier in sixteenths of the scored environment steps.
const FRONTIER: [u64; 5] = [1, 2, 4, 8, 16];

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Episodes in a batch, `G`.
    pub group: usize,
    /// Batches that are scored.
    pub batches: u64,
    /// Seed of the tape.
    pub seed: u64,
}

/// Credits batch after batch: fits on episodes from [`FIRST_FITTED_EPISODE`] on, then hands each of the scored
/// batches and its credit to `visit`, with what the estimator has spent on scored batches so far. The `stop`
/// flag is looked at before each batch. Gives what was counted and what fitting took.
pub fn credit_batches(
    instance: &Instance,
    estimator: &mut dyn CreditEstimator,
    sampling: Sampling,
    stop: &AtomicBool,
    mut visit: impl FnMut(u64, &Batch, &Assigned, &Meter) -> Result<(), FidelityError>,
) -> Result<(BTreeMap<String, u64>, Meter), FidelityError> {
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let (tape, name, needs) = (Tape::new(sampling.seed), estimator.name(), estimator.needs());
    if sampling.group == 0 {
        return Err(FidelityError::Empty { what: "a batch of the protocol" });
    }
    let (mut fit, mut extra) = (Meter::default(), Meter::default());
    let own = Batch::sample(world, policy, tape, FIRST_FITTED_EPISODE, estimator.wants_episodes());
    fit.environment_steps += own.steps() as u64;
    estimator.fit(&Context::new(world, truth, policy, &own, tape, needs), &mut fit)?;
    let mut counters: BTreeMap<String, u64> = BTreeMap::new();
    for index in 0..sampling.batches {
        if stop.load(Ordering::Relaxed) {
            return Err(FidelityError::Interrupted);
        }
        let batch = Batch::sample(world, policy, tape, index * sampling.group as u64, sampling.group);
        let context = Context::new(world, truth, policy, &batch, tape, needs);
        let estimate = estimator.estimate(&context, &mut extra)?;
        for (counter, count) in &estimate.counters {
            *counters.entry((*counter).to_owned()).or_default() += count;
        }
        let credit = Assigned::read(&name, estimate, &context)?;
        visit(index, &batch, &credit, &extra)?;
    }
    Ok((counters, fit))
}

/// Runs one arm on one instance with one seed, and scores it.
pub fn run(
    instance: &Instance,
    estimator: &mut dyn CreditEstimator,
    sampling: Sampling,
    stop: &AtomicBool,
) -> Result<Record, FidelityError> {
    let (world, policy, truth) = (instance.world(), instance.policy(), instance.truth());
    let (name, card, needs) = (estimator.name(), estimator.card(), estimator.needs());
    let mut scorer = Scorer::new(world, policy, truth, card.contrast, instance.turns());
    let base = sampling.batches as f64 * sampling.group as f64 * instance.mean_length();
    let mut frontier = Frontier::new(base);
    let (mut steps, mut gains, mut extra) = (0, 0.0, Meter::default());
    let (counters, fit) =
        credit_batches(instance, estimator, sampling, stop, |index, batch, credit, spent| {
            steps += batch.steps() as u64;
            extra = *spent;
            frontier.before(steps + extra.environment_steps, index, &scorer);
            let gradient = scorer.push(batch, credit);
            if index < GAIN_BATCHES {
                gains += gain_at_divergence(world, policy, truth, gradient, GAIN_DIVERGENCE)?;
            }
            Ok(())
        })?;
    let scores = scorer.finish();
    let exact = gain_at_divergence(world, policy, truth, &truth.gradient(world, policy), GAIN_DIVERGENCE)?;
    let tried = sampling.batches.min(GAIN_BATCHES);
    let gain = (tried > 0).then(|| gains / tried as f64);
    Ok(Record {
        instance: instance.name().to_owned(),
        arm: name,
        card,
        needs,
        group: sampling.group,
        seed: sampling.seed,
        frontier: frontier.finish(sampling.batches, &scorer),
        gain,
        relative_gain: gain.filter(|_| exact > 0.0).map(|gain| gain / exact),
        counters,
        cost: Cost::new(steps, sampling.batches, extra, fit, scores.gradient.normalised_variance),
        scores,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// Snapshots at budgets of environment steps.
struct Frontier {
    budgets: Vec<u64>,
    points: Vec<FrontierPoint>,
}

impl Frontier {
    fn new(base: f64) -> Self {
        let budgets = FRONTIER.iter().map(|m| (base * *m as f64 / 16.0).round() as u64).collect();
        Self { budgets, points: Vec::new() }
    }

    /// Called before a batch is scored that would bring the total to `total`.
    fn before(&mut self, total: u64, batches: u64, scorer: &Scorer<'_>) {
        while self.budgets.get(self.points.len()).is_some_and(|budget| *budget < total) {
            self.snapshot(batches, scorer);
        }
    }

    fn finish(mut self, batches: u64, scorer: &Scorer<'_>) -> Vec<FrontierPoint> {
        while self.points.len() < self.budgets.len() {
            self.snapshot(batches, scorer);
        }
        self.points
    }

    fn snapshot(&mut self, batches: u64, scorer: &Scorer<'_>) {
        let (cell_rmse, gradient_error) =
            if batches > 0 { (scorer.cell_rmse(), scorer.gradient_error()) } else { (None, None) };
        let budget = self.budgets[self.points.len()];
        self.points.push(FrontierPoint { budget, batches, cell_rmse, gradient_error });
    }
}
