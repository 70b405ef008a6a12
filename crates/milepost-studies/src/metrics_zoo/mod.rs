//! Which number about a judge of progress tells how well a policy learns from it?
//!
//! Six judges of `StagedFetch`, from the oracle to one that only counts frames, are scored on films of successes and
//! failures by every metric of [`milepost_eval::progress`]; then PPO is trained with each judge's progress beside the
//! sparse reward. A metric is as good as Kendall's τ-b between its order of the judges and that of what the policies reach:
//! the share of the four stages that are done at the end of an episode, mean over training.
//!
//! The distance is that of a level reward, `R(s, a, s') = Φ(s')`: its EPIC canonicalisation (arXiv 2006.13900) subtracts
//! `E[Φ(S')]` and nothing else, so that EPIC over the films' frames is `√((1 − ρ)/2)` with Pearson's `ρ`.

mod judges;
mod scores;
mod training;

use std::sync::Arc;

use milepost_core::{Environment, ParameterCheck, Purpose, Stream, StreamKey, TaskSeed};
use milepost_eval::progress::MetricValue;
use milepost_eval::progress::{Rules, order};
use milepost_gridworld::Gridworld;
use milepost_gridworld::tasks::StagedFetch;
use milepost_gridworld::wrappers::{Observed, Reseed};
use milepost_policies::open_device;
use milepost_progress::Form;
use milepost_progress::robo_dopamine::{Keyframes, PairSampler};
use milepost_rewards::progress::{Demonstration, HopModel, HopModelConfig};
use serde::{Deserialize, Serialize};

use crate::staged_films::{Episode, Script, Style, Writer, layouts};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};
use judges::{Constant, Cosine, FRAME_INDEX, FrameIndex, Judge, Learned, NAMES, Oracle};
use scores::METRICS;
use training::{Cameras, Course, Level};

/// All judges and all metrics, on one level a seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MetricsZoo {
    /// Which form of a judge's progress is paid.
    pub form: Form,
    /// The weight of what is paid, beside the sparse reward's 1. Default 1.
    pub weight: f64,
    /// Standard deviation of the noisy oracle's answers. Default 0.2.
    pub noise: f64,
    /// Side of the map. Default 8.
    pub size: u32,
    /// Films that the learned judge learns from. Default 60.
    pub demonstrations: u32,
    /// Its gradient steps. Default 400.
    pub judge_steps: u32,
    /// Films of each kind that judges are scored on. Default 30.
    pub films: u32,
    /// Environment steps of each training. Default 100000.
    pub steps: u64,
    /// Evaluations of each training. Default 10.
    pub moments: u32,
}

impl Default for MetricsZoo {
    fn default() -> Self {
        Self {
            form: Form::Shaped,
            weight: 1.0,
            noise: 0.2,
            size: 8,
            demonstrations: 60,
            judge_steps: 400,
            films: 30,
            steps: 100_000,
            moments: 10,
        }
    }
}

/// Experts: one random action in ten, and up to half of a stage's frames idle.
const EXPERT: Style = Style { noise: 0.1, pauses: 0.5, competence: 4, longest: 400 };
/// Failures give up on the way.
const LOST: Style = Style { longest: 80, ..EXPERT };

/// The level of a seed with its films.
struct Data {
    level: Level,
    /// Fewest actions to success.
    start: u32,
    train: Vec<(Episode, Keyframes)>,
    /// Successes first, then failures.
    test: Vec<Episode>,
}

impl MetricsZoo {
    fn stream(seed: u64, purpose: &str) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::named(purpose)))
    }

    fn data(&self, seed: u64) -> Result<Data, StudyError> {
        let fault = StudyError::part("the level");
        let worlds = layouts(self.size as u8, 1, seed)?;
        let mut writer = Writer::new(&worlds, Self::stream(seed, "zoo-films"));
        let (train, _) = writer.demonstrations(self.demonstrations as usize, EXPERT)?;
        let (success, _) = writer.demonstrations(self.films as usize, EXPERT)?;
        let failure = writer.failures(self.films as usize, LOST)?;
        let film = |script: &Script| Episode::film(&worlds, script);
        let labelled = |script: &Script| {
            let keyframes = script.keyframes();
            let keyframes =
                keyframes.ok_or_else(|| StudyError::part("a film")("its stages are not told apart"));
            Ok::<_, StudyError>((film(script)?, keyframes?))
        };
        let train: Vec<_> = train.iter().map(labelled).collect::<Result<_, _>>()?;
        let test = success.iter().chain(&failure).map(film).collect::<Result<_, _>>()?;
        let generator = StagedFetch::new(self.size as u8).map_err(&fault)?;
        let world = Gridworld::new("staged-fetch", Box::new(generator));
        let level =
            Reseed::new(world, vec![TaskSeed::train(seed, 0)]).map_err(StudyError::part("the level"))?;
        let level = Observed::new(level, Cameras);
        let mut first = worlds[0].clone();
        first.reset(TaskSeed::train(seed, 0)).map_err(StudyError::part("the level"))?;
        let mut oracle = milepost_gridworld::DistanceOracle::new(2_000_000, 20_000_000);
        let start = oracle.steps_to_go(&first);
        let start = start.ok_or_else(|| StudyError::part("the level")("it cannot be solved"))?;
        Ok(Data { level, start, train, test })
    }

    /// A model of hops that learned from keyframe labels.
    fn learned(&self, context: &Context, data: &Data) -> Result<Learned, StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let mut stream = Self::stream(context.seed, "zoo-learning");
        let progress: Vec<Vec<f64>> = data.train.iter().map(|(_, keyframes)| keyframes.progress()).collect();
        let sampler = PairSampler::default();
        let pairs = sampler.sample(&progress, 4000, &mut stream).map_err(StudyError::part("pairs"))?.0;
        let demonstrations: Vec<Demonstration> = data
            .train
            .iter()
            .map(|(episode, _)| Demonstration { frames: episode.frames.clone(), task: 0 })
            .collect();
        let config = HopModelConfig {
            views: vec!["global".to_owned(), "ego".to_owned()],
            steps: self.judge_steps as usize,
            ..HopModelConfig::default()
        };
        let fault = StudyError::part("the learned judge");
        let film = &demonstrations[0].frames;
        let (start, goal) = (Arc::clone(&film[0]), Arc::clone(&film[film.len() - 1]));
        let mut model = HopModel::new(config, &start, context.seed, &device).map_err(&fault)?;
        model.fit(&demonstrations, &pairs, &mut stream).map_err(&fault)?;
        Ok(Learned { model, start, goal })
    }

    /// The judge of this number among [`NAMES`].
    fn judge(&self, index: usize, context: &Context, data: &Data) -> Result<Box<dyn Judge>, StudyError> {
        let stream = || Self::stream(context.seed, "zoo-noise");
        let limit = data.level_limit();
        Ok(match index {
            0 => Box::new(Oracle { noise: 0.0, stream: stream() }),
            1 => Box::new(Oracle { noise: self.noise, stream: stream() }),
            FRAME_INDEX => Box::new(FrameIndex { limit }),
            3 => Box::new(Constant),
            4 => {
                let film = &data.train[0].0.frames;
                Box::new(Cosine { goal: Arc::clone(&film[film.len() - 1]) })
            }
            _ => Box::new(self.learned(context, data)?),
        })
    }
}

impl Data {
    /// Frames of the longest film: what the frame counter calls the end.
    fn level_limit(&self) -> usize {
        self.test.iter().map(|film| film.frames.len()).max().unwrap_or(1)
    }
}

/// The metrics whose order of the judges is compared with that of VOC⁺, by their place among [`METRICS`].
const RIVALS: [(&str, usize); 3] = [("gain-voc-minus", 1), ("gain-small-hops", 4), ("gain-distance", 7)];

impl Study for MetricsZoo {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher("gain-voc-minus", "τ of VOC⁻ with what is reached, less that of VOC⁺"),
            Metric::higher(
                "gain-small-hops",
                "τ of the accuracy on small hops with what is reached, less that of VOC⁺",
            ),
            Metric::higher("gain-distance", "τ of the distance with what is reached, less that of VOC⁺"),
            Metric::higher("tau-voc-plus", "Kendall's τ-b over judges between VOC⁺ and what is reached"),
            Metric::higher(
                "frame-index-voc-plus",
                "VOC⁺ of the judge that counts frames, less the highest of the others",
            ),
            Metric::higher(
                "oracle-gain",
                "share of stages done, mean over training, with the oracle, less that with the judge that counts frames",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("metrics-zoo");
        check.between("size", self.size, 7, 10)?;
        check.not_negative("noise", self.noise)?;
        check.not_negative("weight", self.weight)?;
        for (name, value) in [
            ("demonstrations", self.demonstrations),
            ("judge-steps", self.judge_steps),
            ("films", self.films),
            ("moments", self.moments),
        ] {
            check.between(name, value, 1, 1 << 20)?;
        }
        check.that(self.steps > 0, "steps", self.steps, "at least 1")?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let data = self.data(context.seed)?;
        let mut table: Vec<([MetricValue; METRICS.len()], f64)> = Vec::new();
        let mut curves: Vec<Vec<f64>> = Vec::new();
        let course =
            Course { form: self.form, weight: self.weight, steps: self.steps, moments: self.moments };
        let total = NAMES.len() as u64;
        for index in 0..NAMES.len() {
            let numbers = scores::of_judge(self.judge(index, context, &data)?.as_mut(), &data.test)?;
            let judge = self.judge(index, context, &data)?;
            let mut tick = || Ok(recorder.advance(index as u64, total)?);
            let rates = training::reached(judge, &data.level, data.start, course, context, &mut tick)?;
            table.push((numbers, rates.iter().sum::<f64>() / rates.len() as f64));
            curves.push(rates);
        }
        for moment in 0..self.moments as usize {
            let steps = self.steps as f64 * (moment + 1) as f64 / f64::from(self.moments);
            let values: Vec<(&str, f64)> =
                NAMES.iter().zip(&curves).map(|(name, rates)| (*name, rates[moment])).collect();
            recorder.point(&[("environment steps", steps)], &values)?;
        }
        report(&table, recorder)
    }
}

/// Kendall's τ-b between a metric and what is reached over the judges for which the metric is defined.
fn tau(table: &[([MetricValue; METRICS.len()], f64)], metric: usize) -> Result<MetricValue, StudyError> {
    let (values, success): (Vec<f64>, Vec<f64>) =
        table.iter().filter_map(|(row, success)| Some((row[metric].value()?, *success))).unzip();
    order::kendall_with_truth(&values, &success, Rules::Strict).map_err(StudyError::part("a correlation"))
}

fn report(
    table: &[([MetricValue; METRICS.len()], f64)],
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    let taus = (0..METRICS.len()).map(|metric| tau(table, metric)).collect::<Result<Vec<_>, _>>()?;
    let measured = |value: Option<f64>, otherwise: &MetricValue| match value {
        Some(value) => Measured::from(value),
        None => Measured::Undefined(otherwise.reason().unwrap_or("undefined").to_owned()),
    };
    for (name, metric) in RIVALS {
        let gain = taus[metric].value().zip(taus[0].value()).map(|(other, voc)| other - voc);
        let reason = if taus[metric].value().is_none() { &taus[metric] } else { &taus[0] };
        recorder.result(name, measured(gain, reason))?;
    }
    recorder.result("tau-voc-plus", measured(taus[0].value(), &taus[0]))?;
    let voc = |index: usize| table[index].0[0];
    let others =
        (0..NAMES.len()).filter(|index| *index != FRAME_INDEX).filter_map(|index| voc(index).value());
    let lead = voc(FRAME_INDEX).value().zip(others.reduce(f64::max)).map(|(own, best)| own - best);
    recorder.result("frame-index-voc-plus", measured(lead, &voc(FRAME_INDEX)))?;
    recorder.result("oracle-gain", Measured::from(table[0].1 - table[FRAME_INDEX].1))?;
    let undefined = table.iter().flat_map(|(row, _)| row).filter(|value| value.value().is_none()).count();
    recorder.count("numbers about a judge that are undefined, left out of a correlation", undefined as u64);
    recorder.table(Table {
        name: "judges".to_owned(),
        caption: "What is said about each judge (more is better throughout), and the share of stages that PPO does when it is \
                  paid its progress, mean over training."
            .to_owned(),
        columns: METRICS.iter().map(|(name, _)| (*name).to_owned()).chain(["reached".to_owned()]).collect(),
        rows: NAMES
            .iter()
            .zip(table)
            .map(|(name, (row, success))| {
                let cells = row.iter().map(MetricValue::value).chain([Some(*success)]);
                ((*name).to_owned(), cells.collect())
            })
            .collect(),
    })?;
    recorder.table(Table {
        name: "metrics".to_owned(),
        caption: "Kendall's τ-b over judges between each metric and what is reached.".to_owned(),
        columns: vec!["τ-b".to_owned()],
        rows: METRICS
            .iter()
            .zip(&taus)
            .map(|((_, about), tau)| ((*about).to_owned(), vec![tau.value()]))
            .collect(),
    })
}
