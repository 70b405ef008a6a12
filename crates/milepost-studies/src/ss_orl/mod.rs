//! How much of the value of missing actions do labels recover? Semi-supervised offline RL (Zheng et al. 2022,
//! arXiv 2210.06518) on `arena2d`: a share `p` of the trajectories, drawn from the lowest `q` by return, keeps its
//! actions; an inverse dynamics model labels the others; any learner trains on the union.

mod grid;
mod labels;
#[cfg(test)]
mod tests;

use milepost_core::ParameterCheck;
use milepost_eval::Gold;
use milepost_microworlds::arena2d::{Arena2d, Arena2dConfig, ArenaData};
use milepost_offline::data::{Dataset, NormalizedScore, Normalizer, Split, WindowEncoding};
use milepost_offline::inverse::{InverseConfig, label_error};
use milepost_policies::open_device;
use serde::{Deserialize, Serialize};

use crate::offline_arena::{Budget, Learner, evaluate, recorded, scale, train};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError};
pub use grid::SsOrlGrid;
pub use labels::Labels;
use labels::{Labelled, label};

/// One way to fill in actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SsOrl {
    /// Where the missing actions come from. Default the inverse dynamics model.
    pub labels: Labels,
    /// Share of trajectories that keep their actions. Default 0.1.
    pub p: f64,
    /// They come from this share with the lowest returns. Default 0.5.
    pub q: f64,
    /// Learners trained; the scores of others are undefined. Default all four.
    pub learners: Vec<Learner>,
    /// Temperature τ of weights exp(−u/τ) on labelled steps. Default no weights.
    pub certainty: Option<f64>,
    /// The inverse dynamics model.
    pub inverse: InverseConfig,
    /// Trajectories. Default 200.
    pub trajectories: usize,
    /// Evaluation episodes. Default 20.
    pub episodes: u64,
    /// What each learner may spend.
    pub budget: Budget,
    /// The arena.
    pub arena: Arena2dConfig,
}

/// The learners with the names of their score and of the gap they close.
const LEARNERS: [(Learner, &str, &str); 4] = [
    (Learner::Td3Bc, "score-td3-bc", "gap-closed-td3-bc"),
    (Learner::Iql, "score-iql", "gap-closed-iql"),
    (Learner::PercentBc, "score-percent-bc", "gap-closed-percent-bc"),
    (Learner::Dt, "score-dt", "gap-closed-dt"),
];

/// A gap of less than this many points between oracle and labelled-only leaves nothing to close.
const LEAST_GAP: f64 = 5.0;

impl Default for SsOrl {
    fn default() -> Self {
        Self {
            labels: Labels::Inverse,
            p: 0.1,
            q: 0.5,
            learners: LEARNERS.map(|(learner, ..)| learner).to_vec(),
            certainty: None,
            inverse: InverseConfig {
                hidden: vec![64, 64],
                dropout: 0.0,
                learning_rate: 1e-3,
                batch: 256,
                steps: 3000,
                encoding: WindowEncoding::Changes,
                ..InverseConfig::default()
            },
            trajectories: 200,
            episodes: 20,
            budget: Budget::default(),
            arena: Arena2dConfig::default(),
        }
    }
}

impl Study for SsOrl {
    fn metrics(&self) -> Vec<Metric> {
        let scores = LEARNERS.map(|(_, name, _)| {
            Metric::higher(
                name,
                "normalised return of this learner's last policy: 0 random, 100 the controller",
            )
        });
        let gaps = LEARNERS.map(|(.., name)| {
            let about = "(score − labelled only) / (true actions − labelled only), the same seed; undefined below 5 points";
            Metric::higher(name, about)
        });
        let errors = [
            Metric::lower(
                "label-error",
                "mean squared error of a label's component, on unlabelled trajectories",
            ),
            Metric::lower("label-error-labelled", "the same on the trajectories that kept their actions"),
        ];
        scores.into_iter().chain(gaps).chain(errors).collect()
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("ss-orl");
        for (name, value) in [("p", self.p), ("q", self.q)] {
            check.that(value > 0.0 && value <= 1.0, name, value, "above 0, at most 1")?;
        }
        let known = self.learners.iter().all(|l| LEARNERS.iter().any(|(learner, ..)| learner == l));
        let rule = "made of td3-bc, iql, percent-bc and dt";
        check.that(known, "learners", format!("{:?}", self.learners), rule)?;
        check.listed("learners", &self.learners)?;
        check.that(self.trajectories >= 10, "trajectories", self.trajectories, "at least 10")?;
        check.that(self.episodes > 0, "episodes", self.episodes, "at least 1")?;
        if let Some(certainty) = self.certainty {
            check.that(certainty > 0.0, "certainty", certainty, "positive")?;
        }
        self.inverse.check().map_err(StudyError::part("inverse"))?;
        self.budget.check(check)?;
        Arena2d::new(self.arena.clone())?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("device"))?.device;
        let arena = Arena2d::new(self.arena.clone())?;
        let all = recorded(&arena, ArenaData::FullReplay, self.trajectories, context.seed)?;
        // States need no actions, so all of them count.
        let normalizer = Normalizer::fit(&all).map_err(StudyError::part("data"))?;
        let split =
            Split::low_quality(&all, self.p, self.q, context.seed).map_err(StudyError::part("split"))?;
        let bench = Bench {
            study: self,
            arena: &arena,
            normalizer: &normalizer,
            scale: scale(&arena)?,
            context,
            device: &device,
        };

        let labelled = label(self.labels, &all, &split, &normalizer, &self.inverse, context.seed, &device)?;
        report_labels(&labelled, &all, &split, recorder)?;
        for (learner, score_name, gap_name) in LEARNERS {
            if !self.learners.contains(&learner) {
                let reason = || Measured::Undefined("this arm does not train this learner".to_owned());
                recorder.result(score_name, reason())?;
                recorder.result(gap_name, reason())?;
                continue;
            }
            let kept = all.subset(&split.labelled);
            let floor = bench.shared_score("labelled", learner, &kept, recorder)?;
            let ceiling = bench.shared_score("oracle", learner, &all, recorder)?;
            let score = match self.labels {
                Labels::None => floor,
                Labels::Oracle => ceiling,
                _ => bench.score(learner, &labelled.data, self.certainty, recorder)?,
            };
            recorder.result(score_name, score.into())?;
            let gap = if ceiling - floor < LEAST_GAP {
                Measured::Undefined(format!("true actions gain only {:.1} points", ceiling - floor))
            } else {
                ((score - floor) / (ceiling - floor)).into()
            };
            recorder.result(gap_name, gap)?;
        }
        Ok(())
    }
}

/// What every training of a seed shares.
struct Bench<'a> {
    study: &'a SsOrl,
    arena: &'a Arena2d,
    normalizer: &'a Normalizer,
    scale: NormalizedScore,
    context: &'a Context,
    device: &'a burn::tensor::Device,
}

impl Bench<'_> {
    /// Trains on `data` and evaluates the last policy.
    fn score(
        &self,
        learner: Learner,
        data: &Dataset,
        certainty: Option<f64>,
        recorder: &mut dyn Recorder,
    ) -> Result<f64, StudyError> {
        let (budget, seed) = (&self.study.budget, self.context.seed);
        let mut actor =
            train(learner, data, self.normalizer, budget, certainty, seed, self.device, recorder)?;
        let gold = evaluate(self.arena, &mut *actor, seed, self.study.episodes)?;
        let mean = gold.iter().map(Gold::total_reward).sum::<f64>() / gold.len() as f64;
        Ok(self.scale.of(mean))
    }

    /// The score on a part that several arms need, trained once for each seed and setting.
    fn shared_score(
        &self,
        part: &str,
        learner: Learner,
        data: &Dataset,
        recorder: &mut dyn Recorder,
    ) -> Result<f64, StudyError> {
        let SsOrl { p, q, budget, arena, trajectories, episodes, .. } = self.study;
        let seed = self.context.seed;
        // True actions do not depend on which were hidden.
        let hidden = if part == "oracle" { String::new() } else { format!(" p={p} q={q}") };
        let key = format!(
            "ss-orl {part} {learner:?}{hidden} seed={seed} trajectories={trajectories} episodes={episodes} {budget:?} {arena:?}"
        );
        // `make` cannot borrow the recorder that calls it, so training there reports no progress.
        let mut silent = crate::Memory::default();
        let bytes = recorder
            .shared(&key, &mut || Ok(self.score(learner, data, None, &mut silent)?.to_le_bytes().to_vec()))?;
        let bytes: [u8; 8] =
            bytes.try_into().map_err(|_| StudyError::part("shared score")("it is not 8 bytes long"))?;
        Ok(f64::from_le_bytes(bytes))
    }
}

/// How wrong labels are.
fn report_labels(
    labelled: &Labelled,
    all: &Dataset,
    split: &Split,
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    let none = || Measured::Undefined("this arm makes no labels".to_owned());
    let error = |labels: &Option<Dataset>, places: &[usize]| match labels {
        None => none(),
        Some(labels) => label_error(labels, &all.subset(places)).into(),
    };
    recorder.result("label-error", error(&labelled.unlabelled, &split.unlabelled))?;
    recorder.result("label-error-labelled", error(&labelled.relabelled, &split.labelled))
}
