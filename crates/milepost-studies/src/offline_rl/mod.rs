//! Which learner makes the most of which data? One arm is a learner; each seed trains it on every named data set
//! of `arena2d` and evaluates its last policy.

#[cfg(test)]
mod tests;

use milepost_core::ParameterCheck;
use milepost_eval::Gold;
use milepost_microworlds::arena2d::{Arena2d, Arena2dConfig, ArenaData};
use milepost_offline::data::Normalizer;
use milepost_policies::open_device;
use serde::{Deserialize, Serialize};

use crate::offline_arena::{Budget, Learner, evaluate, recorded, scale, train};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError};

/// One learner on the data sets of the arena.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct OfflineRl {
    /// The learner. Default behaviour cloning.
    pub learner: Learner,
    /// Data sets to learn from; the scores of others are undefined. Default all five.
    pub data: Vec<ArenaData>,
    /// Trajectories in each. Default 200.
    pub trajectories: usize,
    /// Evaluation episodes. Default 20.
    pub episodes: u64,
    /// What may be spent.
    pub budget: Budget,
    /// The arena.
    pub arena: Arena2dConfig,
}

/// The data sets with the names of their scores.
const SCORES: [(ArenaData, &str); 5] = [
    (ArenaData::Random, "score-random"),
    (ArenaData::Medium, "score-medium"),
    (ArenaData::MediumReplay, "score-medium-replay"),
    (ArenaData::Expert, "score-expert"),
    (ArenaData::Mixed, "score-mixed"),
];

impl Default for OfflineRl {
    fn default() -> Self {
        Self {
            learner: Learner::Bc,
            data: SCORES.map(|(data, _)| data).to_vec(),
            trajectories: 200,
            episodes: 20,
            budget: Budget::default(),
            arena: Arena2dConfig::default(),
        }
    }
}

impl Study for OfflineRl {
    fn metrics(&self) -> Vec<Metric> {
        SCORES.map(|(_, name)| Metric::higher(name, about(name))).to_vec()
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("offline-rl-basics");
        check.listed("data", &self.data)?;
        let known = self.data.iter().all(|data| SCORES.iter().any(|(scored, _)| scored == data));
        let rule = "made of random, medium, medium-replay, expert and mixed";
        check.that(known, "data", format!("{:?}", self.data), rule)?;
        check.that(self.trajectories >= 10, "trajectories", self.trajectories, "at least 10")?;
        check.that(self.episodes > 0, "episodes", self.episodes, "at least 1")?;
        self.budget.check(check)?;
        Arena2d::new(self.arena.clone())?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("device"))?.device;
        let arena = Arena2d::new(self.arena.clone())?;
        let scale = scale(&arena)?;
        for (data, name) in SCORES {
            if !self.data.contains(&data) {
                let reason = "this arm does not learn from these data".to_owned();
                recorder.result(name, Measured::Undefined(reason))?;
                continue;
            }
            let set = recorded(&arena, data, self.trajectories, context.seed)?;
            let normalizer = Normalizer::fit(&set).map_err(StudyError::part("data"))?;
            let (budget, seed) = (&self.budget, context.seed);
            let mut actor = train(self.learner, &set, &normalizer, budget, None, seed, &device, recorder)?;
            let gold = evaluate(&arena, &mut *actor, context.seed, self.episodes)?;
            let mean = gold.iter().map(Gold::total_reward).sum::<f64>() / gold.len() as f64;
            recorder.result(name, scale.of(mean).into())?;
        }
        Ok(())
    }
}

/// What a score is.
fn about(name: &str) -> &'static str {
    match name {
        "score-random" => {
            "normalised return after learning from random stretches of force: 0 random, 100 the controller"
        }
        "score-medium" => {
            "normalised return after learning from a controller that is random half of the time"
        }
        "score-medium-replay" => {
            "normalised return after learning from skills that rise from random to medium"
        }
        "score-expert" => "normalised return after learning from the controller with a little noise",
        _ => "normalised return after learning from one tenth expert and nine tenths random trajectories",
    }
}
