//! A general reward model of hops (Robo-Dopamine, arXiv 2512.23703) on films of a gridworld: two views, keyframes, pair
//! sampling, and how the three anchors are fused.
//!
//! `StagedFetch-8` in a few layouts. Experts of uneven speed are filmed by a camera above, before which one column is
//! covered, and by the agent's own. A small network learns hops from keyframe labels, and is judged on films that it never
//! saw: successes, shown at three densities of frames, and experts that gave up on the way.

mod judges;
mod measure;

use milepost_core::{ParameterCheck, Purpose, Stream, StreamKey};
use milepost_eval::progress::MetricValue;
use milepost_policies::open_device;
use milepost_progress::PairJudge;
use milepost_progress::robo_dopamine::{Balance, Counts, Keyframes, Pair, PairSampler};
use milepost_rewards::progress::{Demonstration, HopModel, HopModelConfig};
use serde::{Deserialize, Serialize};

use crate::staged_films::{Episode, Script, Style, Writer, layouts};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};
use judges::{NoisyOracle, Shown};
use measure::{MEAN, Place, RULES, Scores};

/// Who judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// A network that learned hops.
    #[default]
    Learned,
    /// The exact hop of the oracle's progress, with noise.
    NoisyOracle,
}

/// What progress along an expert's film is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// Every stage has the same share, however long it took.
    #[default]
    Keyframes,
    /// The number of the frame.
    FrameIndex,
}

/// One judge, scored on films that it never saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoboDopamineGrm {
    /// Who judges.
    pub judge: Judge,
    /// What a learned judge is taught.
    pub labels: Labels,
    /// From which pairs.
    pub balance: Balance,
    /// What it sees.
    pub views: Vec<String>,
    /// Standard deviation of the noise of [`Judge::NoisyOracle`]. Default 0.1.
    pub noise: f64,
    /// Side of the map. Default 8.
    pub size: u32,
    /// Different maps. Default 4.
    pub layouts: u32,
    /// Films to learn from. Default 200.
    pub demonstrations: u32,
    /// Frames of a chunk, in which progress is one step. Default 2.
    pub chunk: u32,
    /// Pairs to learn from. Default 20000.
    pub pairs: u32,
    /// Gradient steps. Default 1000.
    pub steps: u32,
    /// Films of each kind to be judged on. Default 40.
    pub test: u32,
}

impl Default for RoboDopamineGrm {
    fn default() -> Self {
        Self {
            judge: Judge::default(),
            labels: Labels::default(),
            balance: Balance::HopAndGap,
            views: vec!["global".to_owned(), "ego".to_owned()],
            noise: 0.1,
            size: 8,
            layouts: 4,
            demonstrations: 200,
            chunk: 2,
            pairs: 20_000,
            steps: 1000,
            test: 40,
        }
    }
}

/// Experts: one random action in ten, and up to half of a stage's frames idle.
const EXPERT: Style = Style { noise: 0.1, pauses: 0.5, competence: 4, longest: 400 };

/// Every frame, every 4th, every 12th.
const STRIDES: [(&str, usize); 3] = [("voc-dense", 1), ("voc-medium", 4), ("voc-sparse", 12)];

/// Pairs of frames that the hop error is measured on.
const TEST_PAIRS: usize = 2000;

/// The films of a seed: what is learned from, and what is judged on.
struct Data {
    train: Vec<(Episode, Keyframes)>,
    /// Successes first, then failures.
    test: Vec<Episode>,
    /// Keyframes of the successes.
    keyframes: Vec<Keyframes>,
}

/// The films of a seed as they are kept.
#[derive(Serialize, Deserialize)]
struct Scripts {
    train: Vec<Script>,
    success: Vec<Script>,
    failure: Vec<Script>,
    again: u64,
}

fn damaged() -> StudyError {
    StudyError::part("reading films")("a film of success has no keyframes; delete the run's shared files")
}

impl RoboDopamineGrm {
    fn stream(seed: u64, purpose: &str) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::named(purpose)))
    }

    /// The films of a seed. Exact distances cost far more than anything else here, so that arms share what was written.
    fn data(&self, seed: u64, recorder: &mut dyn Recorder) -> Result<Data, StudyError> {
        let worlds = layouts(self.size as u8, self.layouts, seed)?;
        let mut write = || {
            let mut writer = Writer::new(&worlds, Self::stream(seed, "grm-films"));
            let (train, again) = writer.demonstrations(self.demonstrations as usize, EXPERT)?;
            let (success, again_test) = writer.demonstrations(self.test as usize, EXPERT)?;
            let failure = writer.failures(self.test as usize, Style { longest: 80, ..EXPERT })?;
            let scripts = Scripts { train, success, failure, again: again + again_test };
            serde_json::to_vec(&scripts).map_err(StudyError::part("writing films"))
        };
        let Self { size, layouts, demonstrations, test, .. } = self;
        let key = format!("grm-films-{seed}-{size}-{layouts}-{demonstrations}-{test}");
        let bytes = recorder.shared(&key, &mut write)?;
        let scripts: Scripts = serde_json::from_slice(&bytes).map_err(StudyError::part("reading films"))?;
        recorder.count("films written again because two stages were done in one frame", scripts.again);
        let film = |script: &Script| Episode::film(&worlds, script);
        let mut train = Vec::new();
        for script in &scripts.train {
            train.push((film(script)?, script.keyframes().ok_or_else(damaged)?));
        }
        let keyframes = scripts.success.iter().map(|script| script.keyframes().ok_or_else(damaged));
        let keyframes = keyframes.collect::<Result<_, _>>()?;
        let test = scripts.success.iter().chain(&scripts.failure).map(film).collect::<Result<_, _>>()?;
        Ok(Data { train, test, keyframes })
    }

    /// A model that learned from the films, and the error that it ended with.
    fn learn(
        &self,
        context: &Context,
        data: &Data,
        recorder: &mut dyn Recorder,
    ) -> Result<HopModel, StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let mut stream = Self::stream(context.seed, "grm-learning");
        // The frames that are steps of progress, and what it is there.
        let mut points: Vec<Vec<(usize, f64)>> = Vec::new();
        let mut dropped = 0;
        for (episode, keyframes) in &data.train {
            let fault = StudyError::part("labels");
            let keyframes = match self.labels {
                Labels::Keyframes => keyframes.clone(),
                Labels::FrameIndex => Keyframes::ends(episode.frames.len()).map_err(&fault)?,
            };
            let (of_episode, lost) = keyframes.discretised(self.chunk as usize).map_err(&fault)?;
            dropped += lost;
            points.push(of_episode);
        }
        recorder.count("steps of progress that fell on one frame", dropped as u64);
        let progress: Vec<Vec<f64>> =
            points.iter().map(|points| points.iter().map(|point| point.1).collect()).collect();
        let sampler = PairSampler { balance: self.balance, oversample: 20, ..PairSampler::default() };
        let (pairs, report) =
            sampler.sample(&progress, self.pairs as usize, &mut stream).map_err(StudyError::part("pairs"))?;
        recorder.count("pairs that could not be drawn", report.missing as u64);
        let of_frames = |pair: &Pair| {
            let points = &points[pair.episode];
            Pair { before: points[pair.before].0, after: points[pair.after].0, ..*pair }
        };
        let pairs: Vec<Pair> = pairs.iter().map(of_frames).collect();
        let demonstrations: Vec<Demonstration> = data
            .train
            .iter()
            .map(|(episode, _)| Demonstration { frames: episode.frames.clone(), task: episode.layout })
            .collect();
        let config = HopModelConfig {
            views: self.views.clone(),
            steps: self.steps as usize,
            ..HopModelConfig::default()
        };
        let example = &demonstrations[0].frames[0];
        let fault = StudyError::part("the hop model");
        let mut model = HopModel::new(config, example, context.seed, &device).map_err(&fault)?;
        let losses = model.fit(&demonstrations, &pairs, &mut stream).map_err(&fault)?;
        for (index, losses) in losses.chunks(50).enumerate() {
            let loss = losses.iter().sum::<f64>() / losses.len() as f64;
            recorder.point(&[("steps", (50 * index + losses.len()) as f64)], &[("training-error", loss)])?;
        }
        Ok(model)
    }
}

impl Study for RoboDopamineGrm {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::lower(
                "hop-mse",
                "mean squared error of judged hops on pairs of unseen films, evenly over hops",
            ),
            Metric::higher(
                "small-hop-accuracy",
                "share of unseen pairs with a hop below 0.1 whose direction is judged right",
            ),
            Metric::higher("voc-dense", "value-order correlation on unseen successes, every frame shown"),
            Metric::higher("voc-medium", "the same, every 4th frame shown"),
            Metric::higher("voc-sparse", "the same, every 12th frame shown"),
            Metric::higher(
                "completion-accuracy",
                "share of unseen films (successes and failures) whose completion class is that of the oracle's progress",
            ),
            Metric::higher(
                "oracle-correlation",
                "Spearman correlation with the oracle's progress within unseen films",
            ),
            Metric::lower("progress-mse", "mean squared error of fused progress on unseen successes"),
            Metric::higher(
                "fusion-margin",
                "mean squared error of the best single anchor, less that of the mean of three; above 0 fusion is better",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("robo-dopamine-grm");
        check.between("size", self.size, 7, 10)?;
        check.not_negative("noise", self.noise)?;
        for (name, value) in [
            ("layouts", self.layouts),
            ("demonstrations", self.demonstrations),
            ("chunk", self.chunk),
            ("pairs", self.pairs),
            ("steps", self.steps),
            ("test", self.test),
        ] {
            check.between(name, value, 1, 1 << 20)?;
        }
        let known = !self.views.is_empty() && self.views.iter().all(|view| view == "global" || view == "ego");
        check.that(known, "views", format!("{:?}", self.views), "one or both of \"global\" and \"ego\"")?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let data = self.data(context.seed, recorder)?;
        recorder.advance(1, 3)?;
        // The truth that a judge is scored by: what it could have learned, or the oracle for the oracle's own judge.
        let truth: Vec<Vec<f64>> = match self.judge {
            Judge::Learned => data.keyframes.iter().map(Keyframes::progress).collect(),
            Judge::NoisyOracle => data.test[..data.keyframes.len()].iter().map(Episode::phi).collect(),
        };
        match self.judge {
            Judge::Learned => {
                let mut model = self.learn(context, &data, recorder)?;
                recorder.advance(2, 3)?;
                let mut judge = Shown { model: &mut model, films: &data.test };
                score(context.seed, &mut judge, &data, &truth, recorder)
            }
            Judge::NoisyOracle => {
                let mut stream = Self::stream(context.seed, "grm-noise");
                let phi = data.test.iter().map(Episode::phi).collect();
                let mut judge = NoisyOracle { phi, noise: self.noise, stream: &mut stream };
                score(context.seed, &mut judge, &data, &truth, recorder)
            }
        }
    }
}

fn score(
    seed: u64,
    judge: &mut dyn PairJudge<Place>,
    data: &Data,
    truth: &[Vec<f64>],
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    // The goal of a film is a success in the same layout: the first of the unseen ones.
    let goal = |film: &Episode| {
        let of_layout = data.test[..truth.len()].iter().position(|other| other.layout == film.layout);
        let film = of_layout.unwrap_or(0);
        (film, data.test[film].frames.len() - 1)
    };
    let goals: Vec<Place> = data.test.iter().map(goal).collect();
    let mut scores: Vec<Scores> = RULES.iter().map(|_| Scores::default()).collect();
    let mut counts = Counts::default();
    for (film, episode) in data.test.iter().enumerate() {
        let (_, phi) = measure::progress(judge, film, episode, 1, goals[film], &mut counts)?;
        for (scores, phi) in scores.iter_mut().zip(&phi) {
            scores.add(phi, episode, truth.get(film).map(Vec::as_slice))?;
        }
    }
    for (what, times) in [
        ("hops outside of [-1, 1], clipped", counts.clipped_hops),
        ("hops that were no number", counts.rejected_hops),
        ("anchors outside of [0, 1], clipped", counts.clipped_progress),
    ] {
        recorder.count(what, times);
    }
    let report = |value: MetricValue| match (value.value(), value.reason()) {
        (Some(value), _) => Measured::from(value),
        (None, reason) => Measured::Undefined(reason.unwrap_or("undefined").to_owned()),
    };
    for (name, stride) in STRIDES {
        let voc = if stride == 1 {
            measure::mean(&scores[MEAN].voc)
        } else {
            let mut all = Vec::new();
            for film in 0..truth.len() {
                let mut unused = Counts::default();
                let (_, phi) =
                    measure::progress(judge, film, &data.test[film], stride, goals[film], &mut unused)?;
                let voc = milepost_eval::progress::order::with_time(
                    &phi[MEAN],
                    milepost_eval::progress::Rules::Strict,
                );
                all.push(voc.map_err(StudyError::part("value order"))?);
            }
            measure::mean(&all)
        };
        recorder.result(name, report(voc))?;
    }
    let mut stream = RoboDopamineGrm::stream(seed, "grm-test-pairs");
    let sampler = PairSampler { zero_share: 0.0, ..PairSampler::default() };
    let (pairs, _) = sampler.sample(truth, TEST_PAIRS, &mut stream).map_err(StudyError::part("pairs"))?;
    let (error, small) = measure::pairs(judge, &pairs, &goals)?;
    recorder.result("hop-mse", report(error))?;
    recorder.result("small-hop-accuracy", report(small))?;
    recorder.result("completion-accuracy", report(scores[MEAN].completion()?))?;
    recorder.result("oracle-correlation", report(measure::mean(&scores[MEAN].oracle)))?;
    let errors: Vec<MetricValue> = scores.iter().map(|scores| measure::mean(&scores.error)).collect();
    recorder.result("progress-mse", report(errors[MEAN]))?;
    let anchor = errors[..MEAN].iter().filter_map(MetricValue::value).reduce(f64::min);
    let margin = anchor.zip(errors[MEAN].value()).map(|(anchor, mean)| anchor - mean);
    let undefined = || Measured::Undefined("no film of success".to_owned());
    recorder.result("fusion-margin", margin.map_or_else(undefined, Measured::from))?;
    let row = |((name, _), scores): (&(&str, _), &Scores)| {
        let cells = [&scores.error, &scores.voc, &scores.oracle].map(|values| measure::mean(values).value());
        let completion = scores.completion()?.value();
        Ok(((*name).to_owned(), cells.into_iter().chain([completion]).collect()))
    };
    recorder.table(Table {
        name: "fusion".to_owned(),
        caption: "One judge, its hops put together by each rule, on unseen films with every frame shown."
            .to_owned(),
        columns: [
            "progress error (squared)",
            "value order",
            "correlation with the oracle",
            "completion accuracy",
        ]
        .map(str::to_owned)
        .to_vec(),
        rows: RULES.iter().zip(&scores).map(row).collect::<Result<_, StudyError>>()?,
    })
}
