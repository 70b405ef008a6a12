use serde::{Deserialize, Serialize};

use super::{
    Assigned, CellScores, Cells, Centred, CentredScores, Closeness, ClosenessScores, GradientScores,
    Gradients, Invariance, InvarianceScores, Leakage, LeakageScores, Localisation, LocalisationScores,
    RankScores, Ranks, SignScores, Signs, Target,
};
use crate::{Batch, Contrast, LayeredWorld, NodePolicy, Truth};

/// All metrics of one arm on one world, fed batch by batch.
#[derive(Debug, Clone)]
pub struct Scorer<'a> {
    world: &'a LayeredWorld,
    policy: &'a NodePolicy,
    truth: &'a Truth,
    turns: Option<&'a [u32]>,
    target: Target,
    closeness: Closeness,
    contrast: Closeness,
    centred: Centred,
    cells: Cells,
    signs: Signs,
    ranks: Ranks,
    leakage: Leakage,
    localisation: Localisation,
    gradients: Gradients,
    invariance: Option<Invariance>,
    fallbacks: u64,
}

/// What a [`Scorer`] found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scores {
    /// Against the advantage.
    pub closeness: ClosenessScores,
    /// Against the estimator's own contrast, if it declares one.
    pub contrast: Option<ClosenessScores>,
    /// Up to a baseline.
    pub centred: CentredScores,
    /// Per cell.
    pub cells: CellScores,
    /// Signs.
    pub signs: SignScores,
    /// Ranks.
    pub ranks: RankScores,
    /// Credit of steps at which nothing was at stake.
    pub leakage: LeakageScores,
    /// Decisive steps.
    pub localisation: LocalisationScores,
    /// Induced gradient.
    pub gradient: GradientScores,
    /// Effect on the best policies, for credit that is a reward.
    pub invariance: Option<InvarianceScores>,
    /// Episodes or steps whose return was used as it is, for lack of another episode.
    pub fallbacks: u64,
}

impl<'a> Scorer<'a> {
    /// Metrics of an arm with the given contrast. `turns` tells the turn of each time, if steps form turns.
    pub fn new(
        world: &'a LayeredWorld,
        policy: &'a NodePolicy,
        truth: &'a Truth,
        contrast: Contrast,
        turns: Option<&'a [u32]>,
    ) -> Self {
        let target = Target::new(world, policy, truth, contrast);
        Self {
            world,
            policy,
            truth,
            turns,
            closeness: Closeness::default(),
            contrast: Closeness::default(),
            centred: Centred::default(),
            cells: Cells::new(&target, world.horizon()),
            signs: Signs::default(),
            ranks: Ranks::default(),
            leakage: Leakage::default(),
            localisation: Localisation::default(),
            gradients: Gradients::new(target.gradient().to_vec()),
            invariance: None,
            fallbacks: 0,
            target,
        }
    }

    /// Scores the credit of a batch and gives back its gradient.
    pub fn push(&mut self, batch: &Batch, credit: &Assigned) -> &[f64] {
        let (taken, truth) = (&credit.taken, self.target.taken(batch));
        let verdicts = self.target.verdicts(batch);
        for (range, verdict) in batch.ranges().zip(verdicts) {
            for i in range.clone() {
                self.closeness.push(taken[i], truth[i]);
                self.signs.push(taken[i], truth[i], verdict);
                self.leakage.push(taken[i], self.target.is_null(batch.nodes[i]));
                if let Some(contrast) = self.target.contrasts() {
                    let pair = self.target.pair(batch.nodes[i], batch.actions[i]);
                    self.contrast.push(taken[i], contrast[pair]);
                }
            }
            let turns = self.turns.and_then(|turns| turns.get(..range.len()));
            self.localisation.push(&taken[range.clone()], &truth[range], verdict, turns);
        }
        self.leakage.episodes(batch.episodes());
        self.centred.push(&self.target, batch, taken, &truth);
        self.cells.push(&self.target, batch, taken, &truth);
        self.ranks.push(batch, taken, &truth);
        if let Some(rewards) = &credit.rewards {
            let world = self.world;
            self.invariance.get_or_insert_with(|| Invariance::new(world)).push(world, batch, rewards);
        }
        self.fallbacks += credit.fallbacks;
        self.gradients.push(self.policy, batch, credit)
    }

    /// The mean gradient so far.
    pub fn mean_gradient(&self) -> Vec<f64> {
        self.gradients.mean()
    }

    /// Mean credit of every pair `(node, action)` so far; `None` where it was never taken.
    pub fn cell_means(&self) -> Vec<Option<f64>> {
        self.cells.means()
    }

    /// RMS error of the mean credit of the cells so far.
    pub fn cell_rmse(&self) -> Option<f64> {
        self.cells.finish(&self.target).bias_rms
    }

    /// Relative error of the mean gradient so far.
    pub fn gradient_error(&self) -> Option<f64> {
        self.gradients.finish().mean_error
    }

    /// The scores so far.
    pub fn finish(&self) -> Scores {
        Scores {
            closeness: self.closeness.finish(),
            contrast: self.target.contrasts().map(|_| self.contrast.finish()),
            centred: self.centred.finish(),
            cells: self.cells.finish(&self.target),
            signs: self.signs.finish(),
            ranks: self.ranks.finish(),
            leakage: self.leakage.finish(),
            localisation: self.localisation.finish(),
            gradient: self.gradients.finish(),
            invariance: self.invariance.as_ref().and_then(|i| i.finish(self.world, self.truth)),
            fallbacks: self.fallbacks,
        }
    }
}
