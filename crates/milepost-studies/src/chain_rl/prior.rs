use milepost_core::ParameterCheck;
use milepost_eval::collapse::collapse_step;
use milepost_eval::correlation::spearman;
use milepost_microworlds::tokens::SolverConfig;
use milepost_policies::open_device;
use serde::{Deserialize, Serialize};

use super::evaluation::{self, Point};
use super::lab::Lab;
use super::{BaseConfig, ChainRl, RewardSource};
use crate::{Context, Interrupted, Measured, Metric, Recorder, Study, StudyError, Table};

/// Does the update at which training on one's own vote collapses tell how much labels would teach (arXiv 2603.08660)?
///
/// For every base policy of a grid of random errors and false rules, training on the vote gives the collapse step
/// (the number of updates where it does not collapse), and training on labels gives the gain in accuracy. As in the paper,
/// the two are trained differently: the vote is driven to its collapse by small updates on a fixed pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CollapsePrior {
    /// How each base policy is made and trained on labels; its solver's errors and its reward are those of the grid.
    pub chain: ChainRl,
    /// How each base policy is trained on its vote.
    pub vote: VoteRun,
    /// Probabilities `e` of a random error. Default 0.05, 0.15, 0.3.
    pub errors: Vec<f64>,
    /// Shares `c` of the multiplication table that are consistently wrong. Default 0, 0.3.
    pub false_rules: Vec<f64>,
}

impl Default for CollapsePrior {
    fn default() -> Self {
        Self {
            chain: ChainRl::default(),
            vote: VoteRun::default(),
            errors: vec![0.05, 0.15, 0.3],
            false_rules: vec![0.0, 0.3],
        }
    }
}

/// Training on the vote until it collapses. The paper takes one prompt with eight answers an update, on a fixed pool; all
/// other numbers are ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VoteRun {
    /// Updates. Default 600.
    pub iterations: u64,
    /// Problems of one update. Default 1.
    pub prompts: usize,
    /// Answers to each. Default 8.
    pub group: usize,
    /// Answers of one step of Adam. Default 8.
    pub minibatch: usize,
    /// Adam's step size. Default 0.001.
    pub learning_rate: f64,
    /// Problems that it draws from. Default 128.
    pub pool: u64,
    /// Updates over which reward accuracy is averaged before it is compared with the threshold. Default 40: with one
    /// problem an update as many votes as five updates of eight problems have.
    pub window: usize,
}

impl Default for VoteRun {
    fn default() -> Self {
        Self {
            iterations: 600,
            prompts: 1,
            group: 8,
            minibatch: 8,
            learning_rate: 1e-3,
            pool: 128,
            window: 40,
        }
    }
}

impl VoteRun {
    /// The study that this makes of one whose reward is the vote. Only the updates are looked at, so it is evaluated at
    /// its ends alone.
    pub(super) fn of(&self, chain: ChainRl) -> ChainRl {
        ChainRl {
            iterations: self.iterations,
            prompts: self.prompts,
            group: self.group,
            minibatch: self.minibatch,
            learning_rate: self.learning_rate,
            pool: Some(self.pool),
            evaluate_every: self.iterations,
            reward: RewardSource::Vote,
            ..chain
        }
    }

    fn validate(&self, check: ParameterCheck) -> Result<(), StudyError> {
        for (key, value) in [
            ("vote.iterations", self.iterations),
            ("vote.prompts", self.prompts as u64),
            ("vote.group", self.group as u64),
            ("vote.minibatch", self.minibatch as u64),
            ("vote.pool", self.pool),
            ("vote.window", self.window as u64),
        ] {
            check.that(value > 0, key, value, "at least 1")?;
        }
        Ok(check.not_negative("vote.learning-rate", self.learning_rate)?)
    }
}

/// What was found of one base policy.
struct Base {
    name: String,
    start: f64,
    pass_at_k: f64,
    collapse: f64,
    censored: bool,
    gain: f64,
}

impl CollapsePrior {
    fn grid(&self) -> Vec<(f64, f64)> {
        let row = |error: &f64| self.false_rules.iter().map(|rule| (*error, *rule)).collect::<Vec<_>>();
        self.errors.iter().flat_map(row).collect()
    }

    /// The training of one base policy on labels.
    pub(super) fn labels(&self, (error, false_rule): (f64, f64)) -> ChainRl {
        let solver = SolverConfig { error, false_rule, ..self.chain.base.solver.clone() };
        let base = BaseConfig { solver, ..self.chain.base.clone() };
        ChainRl { base, reward: RewardSource::Outcome, ..self.chain.clone() }
    }

    fn base(
        &self,
        lab: &Lab,
        place: (f64, f64),
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<Base, StudyError> {
        let labels = self.labels(place);
        let vote = self.vote.of(labels.clone());
        let policy = lab.base_policy(&vote.base, seed, recorder)?;
        let mut quiet = Quiet(recorder);
        let mut trained = |study: &ChainRl| {
            let mut trainer = lab.trainer(study, policy.clone(), seed)?;
            study.train(&mut trainer, &lab.evaluation(study, seed), &mut quiet)
        };
        let (_, watched) = trained(&vote)?;
        let (points, _) = trained(&labels)?;
        let step = collapse_step(&watched.reward_accuracy, vote.collapse_threshold, self.vote.window)
            .map_err(StudyError::part("the collapse step"))?;
        let Point { accuracy: start, pass_at_k, .. } = points[0];
        let end = evaluation::smoothed(&points, |point| point.accuracy).last().copied().unwrap_or(f64::NAN);
        Ok(Base {
            name: format!("e = {}, c = {}", place.0, place.1),
            start,
            pass_at_k,
            collapse: step.at_least() as f64,
            censored: step.is_censored(),
            gain: end - start,
        })
    }
}

impl Study for CollapsePrior {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher(
                "spearman-collapse",
                "Spearman's ρ over base policies: the collapse step of training on the vote, and the gain from labels",
            ),
            Metric::higher(
                "spearman-pass-at-k",
                "the same of the base policy's pass@k, and the gain from labels",
            ),
            Metric::higher("lead", "the first less the second"),
            Metric::lower("censored", "share of base policies whose training on the vote did not collapse"),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("collapse-prior");
        let bases = self.grid();
        check.that(
            bases.len() > 2,
            "errors",
            bases.len(),
            "three base policies at least: errors × false-rules",
        )?;
        self.vote.validate(check)?;
        bases.into_iter().try_for_each(|place| {
            let labels = self.labels(place);
            self.vote.of(labels.clone()).validate()?;
            labels.validate()
        })
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let lab = Lab::new(&self.chain, device)?;
        let grid = self.grid();
        let mut bases = Vec::with_capacity(grid.len());
        for (done, place) in grid.iter().enumerate() {
            recorder.advance(done as u64, grid.len() as u64)?;
            bases.push(self.base(&lab, *place, context.seed, recorder)?);
        }
        let column = |value: fn(&Base) -> f64| bases.iter().map(value).collect::<Vec<f64>>();
        let gain = column(|base| base.gain);
        let rank = |values: Vec<f64>| Measured::from(spearman(&values, &gain));
        let (collapse, pass) = (rank(column(|base| base.collapse)), rank(column(|base| base.pass_at_k)));
        let lead = match (&collapse, &pass) {
            (Measured::Value(collapse), Measured::Value(pass)) => Measured::Value(collapse - pass),
            (Measured::Undefined(reason), _) | (_, Measured::Undefined(reason)) => {
                Measured::Undefined(reason.clone())
            }
        };
        recorder.result("spearman-collapse", collapse)?;
        recorder.result("spearman-pass-at-k", pass)?;
        recorder.result("lead", lead)?;
        let censored = bases.iter().filter(|base| base.censored).count();
        recorder.result("censored", (censored as f64 / bases.len() as f64).into())?;
        let row = |base: &Base| {
            let numbers = [base.start, base.pass_at_k, base.collapse, base.gain];
            (base.name.clone(), numbers.map(|number| number.is_finite().then_some(number)).to_vec())
        };
        recorder.table(Table {
            name: "base policies".into(),
            caption: "Accuracy and pass@k of the base policy, the update at which training on the vote collapses, and the gain from labels."
                .into(),
            columns: ["start", "pass@k", "collapse step", "gain"].map(str::to_owned).to_vec(),
            rows: bases.iter().map(row).collect(),
        })
    }
}

/// Passes on what a user can stop and share, and counts; curves of twelve trainings would say nothing on one page.
struct Quiet<'a>(&'a mut dyn Recorder);

impl Recorder for Quiet<'_> {
    fn advance(&mut self, done: u64, total: u64) -> Result<(), Interrupted> {
        self.0.advance(done, total)
    }

    fn point(&mut self, _costs: &[(&str, f64)], _values: &[(&str, f64)]) -> Result<(), StudyError> {
        Ok(())
    }

    fn result(&mut self, _metric: &str, _value: Measured) -> Result<(), StudyError> {
        Ok(())
    }

    fn count(&mut self, what: &str, times: u64) {
        self.0.count(what, times);
    }

    fn table(&mut self, _table: Table) -> Result<(), StudyError> {
        Ok(())
    }

    fn shared(
        &mut self,
        key: &str,
        make: &mut dyn FnMut() -> Result<Vec<u8>, StudyError>,
    ) -> Result<Vec<u8>, StudyError> {
        self.0.shared(key, make)
    }
}
