use milepost_eval::progress::{MetricValue, Rules, Summary, calibration, direction, order};
use milepost_progress::robo_dopamine::{Bounds, CompletionRule, Counts, Fusion, Hops, Pair};
use milepost_progress::{PairJudge, Question};

use crate::StudyError;
use crate::staged_films::Episode;

/// The rules that are compared.
pub(super) const RULES: [(&str, Fusion); 5] = [
    ("incremental", Fusion::Incremental),
    ("forward", Fusion::Forward),
    ("backward", Fusion::Backward),
    ("mean of three", Fusion::Mean),
    ("conservative", Fusion::Conservative { sensitivity: 20.0 }),
];

/// Where [`Fusion::Mean`] stands among the rules.
pub(super) const MEAN: usize = 3;

/// A frame as a judge in this study sees it: which film, which frame.
pub(super) type Place = (usize, usize);

/// The three hops into each shown frame after the first.
fn hops(
    judge: &mut dyn PairJudge<Place>,
    film: usize,
    shown: &[usize],
    goal: Place,
) -> Result<Vec<Hops>, StudyError> {
    let places: Vec<Place> = shown.iter().map(|frame| (film, *frame)).collect();
    let init = &places[0];
    let mut questions = Vec::with_capacity(3 * places.len());
    for pair in places.windows(2) {
        for before in [&pair[0], init, &goal] {
            questions.push(Question { init, goal: &goal, before, after: &pair[1] });
        }
    }
    let answers = judge.judge(&questions).map_err(StudyError::part("the judge"))?;
    let hop = |a: &[Option<f64>]| Hops { step: a[0], from_init: a[1], from_goal: a[2] };
    Ok(answers.chunks_exact(3).map(hop).collect())
}

/// The progress that each rule makes of a film of which every `stride`-th frame and the last are shown:
/// the shown frames, and `[rule][shown]`.
pub(super) fn progress(
    judge: &mut dyn PairJudge<Place>,
    film: usize,
    episode: &Episode,
    stride: usize,
    goal: Place,
    counts: &mut Counts,
) -> Result<(Vec<usize>, Vec<Vec<f64>>), StudyError> {
    let last = episode.frames.len() - 1;
    let mut shown: Vec<usize> = (0..last).step_by(stride).collect();
    shown.push(last);
    let hops = hops(judge, film, &shown, goal)?;
    let along = |(index, (_, fusion)): (usize, &(&str, Fusion))| {
        let mut phi = vec![0.0];
        for hops in &hops {
            // Counted once, not once for each rule.
            let mut unused = Counts::default();
            let counts = if index == MEAN { &mut *counts } else { &mut unused };
            phi.push(fusion.fuse(phi[phi.len() - 1], *hops, Bounds::Clip, counts).phi);
        }
        phi
    };
    let all = RULES.iter().enumerate().map(along).collect();
    Ok((shown, all))
}

/// What a rule achieves.
#[derive(Default)]
pub(super) struct Scores {
    /// Squared error against the labels, for films of success.
    pub(super) error: Vec<MetricValue>,
    /// Value-order correlation, for films of success.
    pub(super) voc: Vec<MetricValue>,
    /// Spearman's correlation with the oracle, for all films.
    pub(super) oracle: Vec<MetricValue>,
    judged: Vec<Option<milepost_progress::robo_dopamine::Completion>>,
    truth: Vec<Option<milepost_progress::robo_dopamine::Completion>>,
}

impl Scores {
    /// Takes in a film whose progress was judged; `labels` for films of success.
    pub(super) fn add(
        &mut self,
        phi: &[f64],
        episode: &Episode,
        labels: Option<&[f64]>,
    ) -> Result<(), StudyError> {
        let fault = || StudyError::part("a metric");
        let oracle = episode.phi();
        if let Some(labels) = labels {
            self.error.push(calibration::mean_squared_error(phi, labels, Rules::Strict).map_err(fault())?);
            self.voc.push(order::with_time(phi, Rules::Strict).map_err(fault())?);
        }
        self.oracle.push(order::spearman_with_truth(phi, &oracle, Rules::Strict).map_err(fault())?);
        let rule = CompletionRule::default();
        self.judged.push(rule.judge(phi).ok());
        self.truth.push(rule.judge(&oracle).ok());
        Ok(())
    }

    /// Share of films whose completion is judged as the oracle's progress has it.
    pub(super) fn completion(&self) -> Result<MetricValue, StudyError> {
        calibration::completion_accuracy(&self.judged, &self.truth).map_err(StudyError::part("a metric"))
    }
}

/// Mean squared error and small-hop direction accuracy on pairs of frames.
pub(super) fn pairs(
    judge: &mut dyn PairJudge<Place>,
    pairs: &[Pair],
    goals: &[Place],
) -> Result<(MetricValue, MetricValue), StudyError> {
    let places: Vec<[Place; 3]> = pairs
        .iter()
        .map(|pair| [(pair.episode, 0), (pair.episode, pair.before), (pair.episode, pair.after)])
        .collect();
    let question = |(places, pair): (&'_ [Place; 3], &Pair)| (*places, goals[pair.episode]);
    let with_goals: Vec<([Place; 3], Place)> = places.iter().zip(pairs).map(question).collect();
    let questions: Vec<Question<'_, Place>> = with_goals
        .iter()
        .map(|([init, before, after], goal)| Question { init, goal, before, after })
        .collect();
    let answers = judge.judge(&questions).map_err(StudyError::part("the judge"))?;
    let (judged, truth): (Vec<f64>, Vec<f64>) =
        answers.into_iter().zip(pairs).filter_map(|(hop, pair)| Some((hop?, pair.hop))).unzip();
    let fault = || StudyError::part("a metric");
    let error = calibration::mean_squared_error(&judged, &truth, Rules::Strict).map_err(fault())?;
    let buckets = direction::HopBuckets::new(vec![SMALL]).map_err(fault())?;
    let small = direction::direction_by_hop(&judged, &truth, &buckets, Rules::Strict).map_err(fault())?[0];
    Ok((error, small))
}

/// Hops below this are small.
const SMALL: f64 = 0.1;

/// The mean of a metric over films, or why there is none.
pub(super) fn mean(values: &[MetricValue]) -> MetricValue {
    Summary::of(values.iter().copied()).mean
}
