//! How well do distances between rewards foresee what it costs to believe the wrong one?
//!
//! A small gridworld is solved exactly under its true reward and under many candidates: equivalent ones (shaped,
//! scaled, shifted), noisy ones, one learned from noisy observations, goals in the wrong place, and rewards that
//! differ only in transitions that cannot happen. A good distance is 0 for the first kind and orders the others as
//! their regret does. EPIC is Gleave et al. (arXiv 2006.13900), DARD is Wulfe et al. (ICLR 2022).

mod candidates;
mod world;

use milepost_core::{ParameterCheck, Purpose, Stream, StreamKey};
use milepost_eval::StatsError;
use milepost_eval::correlation::spearman;
use milepost_eval::reward_distance::{Reference, dard, direct, epic, normalised};
use serde::{Deserialize, Serialize};

use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};
use candidates::{Candidate, Kind, candidates};
use world::World;

/// Which distance an arm uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// Pearson distance of canonical rewards.
    #[default]
    Epic,
    /// The same, canonical under the dynamics.
    Dard,
    /// `L²` distance of canonical rewards of unit norm, halved.
    Normalised,
    /// `L²` distance of the raw tables.
    Direct,
}

/// One distance on one gridworld for each seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RewardDistance {
    /// The distance.
    pub distance: Distance,
    /// Side of the grid in cells. Default 4.
    pub side: u32,
    /// Probability that a move goes in a random direction. Default 0.1.
    pub slip: f64,
    /// Discount `γ`. Default 0.9.
    pub discount: f64,
    /// Candidates of each kind. Default 8.
    pub candidates: u32,
    /// Whether errors on impossible transitions are shared by all that leave a state, or independent.
    /// Default shared.
    pub shared_errors: bool,
}

impl Default for RewardDistance {
    fn default() -> Self {
        Self {
            distance: Distance::default(),
            side: 4,
            slip: 0.1,
            discount: 0.9,
            candidates: 8,
            shared_errors: true,
        }
    }
}

impl RewardDistance {
    fn measure(&self, world: &World, reward: &[f64]) -> Result<f64, StatsError> {
        let states = vec![1.0 / world.states() as f64; world.states()];
        let actions = vec![1.0 / World::ACTIONS as f64; World::ACTIONS];
        let reference = Reference { discount: self.discount, states: &states, actions: &actions };
        let (truth, possible) = (world.reward(), Some(world.transitions()));
        match self.distance {
            Distance::Epic => epic(truth, reward, reference, possible),
            Distance::Dard => dard(truth, reward, world.transitions(), reference),
            Distance::Normalised => normalised(truth, reward, reference, possible, 2.0),
            Distance::Direct => direct(truth, reward, possible, 2.0),
        }
    }
}

/// A candidate with its distance and its regret.
struct Judged {
    kind: Kind,
    distance: f64,
    regret: f64,
}

impl Study for RewardDistance {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher("rank-agreement", "Spearman correlation of distance and regret over candidates"),
            Metric::higher(
                "rank-agreement-impossible",
                "the same where candidates also differ in transitions that cannot happen",
            ),
            Metric::lower(
                "equivalent-distance",
                "largest distance of a reward that is equivalent to the truth",
            ),
            Metric::lower(
                "impossible-distance",
                "mean distance of rewards that differ only in transitions that cannot happen",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("reward-distance");
        check.between("side", self.side, 2, 8)?;
        check.probability("slip", self.slip)?;
        check.that((0.0..1.0).contains(&self.discount), "discount", self.discount, "from 0 to below 1")?;
        Ok(check.between("candidates", self.candidates, 2, 1000)?)
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let key = StreamKey::new(context.seed, Purpose::named("reward distance study"));
        let mut stream = Stream::new(key);
        let world = World::new(self.side as usize, self.slip, self.discount, &mut stream)
            .map_err(StudyError::part("the world"))?;
        let candidates = candidates(&world, self.candidates as usize, self.shared_errors, &mut stream);
        let mut judged = Vec::with_capacity(candidates.len());
        for (index, Candidate { kind, reward }) in candidates.iter().enumerate() {
            recorder.advance(index as u64, candidates.len() as u64)?;
            let regret = world.regret(reward).map_err(StudyError::part("the solver"))?;
            match self.measure(&world, reward) {
                Ok(distance) => judged.push(Judged { kind: *kind, distance, regret }),
                Err(StatsError::Undefined { .. }) => recorder.count("undefined distances", 1),
                Err(error) => return Err(StudyError::part("the distance")(error)),
            }
        }
        report(&judged, recorder)
    }
}

fn report(judged: &[Judged], recorder: &mut dyn Recorder) -> Result<(), StudyError> {
    let agreement = |with: &dyn Fn(Kind) -> bool| -> Measured {
        let chosen = judged.iter().filter(|candidate| with(candidate.kind));
        let (distance, regret): (Vec<f64>, Vec<f64>) = chosen.map(|c| (c.distance, c.regret)).unzip();
        spearman(&distance, &regret).into()
    };
    recorder.result(
        "rank-agreement",
        agreement(&|kind| kind != Kind::Impossible && kind != Kind::NoisyImpossible),
    )?;
    recorder.result("rank-agreement-impossible", agreement(&|kind| kind != Kind::Noisy))?;
    let of = |kind: Kind| judged.iter().filter(move |candidate| candidate.kind == kind);
    let largest = of(Kind::Equivalent).map(|candidate| candidate.distance).fold(0.0, f64::max);
    recorder.result("equivalent-distance", largest.into())?;
    let mean = |kind: Kind, number: fn(&Judged) -> f64| {
        let count = of(kind).count();
        (count > 0).then(|| of(kind).map(number).sum::<f64>() / count as f64)
    };
    let impossible = mean(Kind::Impossible, |candidate| candidate.distance);
    let missing = || Measured::Undefined("every distance was undefined".into());
    recorder.result("impossible-distance", impossible.map_or_else(missing, Measured::from))?;
    recorder.table(Table {
        name: "kinds of rewards".into(),
        caption: "Mean distance to the true reward, and mean regret of its best policy as a share of what \
                  the best policy gains over the uniform one."
            .into(),
        columns: vec!["distance".into(), "regret".into()],
        rows: Kind::ALL
            .map(|kind| {
                let row = vec![mean(kind, |c| c.distance), mean(kind, |c| c.regret)];
                (kind.name().to_owned(), row)
            })
            .into(),
    })
}

#[cfg(test)]
mod tests;
