//! The lines of a run's logs.

use milepost_algorithms::{ChannelTotal, EpisodeSummary, IterationReport, WarmStartReport};
use milepost_eval::Gold;
use serde::{Deserialize, Serialize};

/// A line of the event log. Holds nothing that depends on the clock: two runs of one configuration and
/// seed write the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Event {
    /// What was imitated before training; the first line, where there is one.
    WarmStart(WarmStart),
    /// The teacher that the method distils from; before the first evaluation, where there is one.
    Teacher(Teacher),
    /// One turn of the training loop.
    Iteration(Iteration),
    /// One evaluation.
    Evaluation(Evaluation),
}

/// What was imitated before training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WarmStart {
    /// Episodes of the expert.
    pub(crate) demonstrations: u64,
    /// Those of them that solved their task.
    pub(crate) solved: u64,
    /// Decisions on drafts.
    #[serde(default)]
    pub(crate) reviews: u64,
    /// Tokens that were imitated.
    pub(crate) tokens: u64,
    /// What all of them were charged, in the unit of the budget.
    pub(crate) charged: u64,
    /// Mean negative log-likelihood of a token in each epoch, in nats.
    pub(crate) losses: Vec<f64>,
}

/// The teacher that a method distils from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Teacher {
    /// What it imitated, which is charged to no budget.
    pub(crate) learned: WarmStart,
    /// Held-out tasks that it played, one episode each: those of every evaluation.
    pub(crate) tasks: u64,
    /// The share of them that it solved.
    pub(crate) success: f64,
}

/// One turn of the training loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Iteration {
    /// Counted from 1.
    #[serde(rename = "iteration")]
    pub(crate) index: u64,
    /// Environment steps so far.
    pub(crate) steps: u64,
    /// Tokens that the policy drew in this iteration, those that a sampler threw away included.
    pub(crate) tokens: u64,
    /// Named numbers; a number that is not finite is `null`, and counted.
    pub(crate) metrics: Vec<(String, Option<f64>)>,
    /// Named counts.
    pub(crate) counters: Vec<(String, u64)>,
    /// What each reward channel paid.
    pub(crate) channels: Vec<ChannelTotal>,
    /// Episodes that ended.
    pub(crate) episodes: Vec<EpisodeSummary>,
}

/// One evaluation on the held-out tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evaluation {
    /// Iterations done before it.
    pub(crate) iteration: u64,
    /// Environment steps of training before it.
    pub(crate) steps: u64,
    /// Tokens drawn before it, those that a sampler threw away included; in older records 0.
    #[serde(default)]
    pub(crate) tokens: u64,
    /// One episode for each task, in the order of the tasks.
    pub(crate) gold: Vec<GoldRecord>,
    /// What the environment measures of its episodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) measures: Vec<MeasureRecord>,
}

/// A measure of the episodes of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MeasureRecord {
    /// Its name.
    pub(crate) name: String,
    /// Its mean over the episodes in which it is defined; absent where it is in none.
    pub(crate) mean: Option<f64>,
    /// In how many episodes it is defined.
    pub(crate) defined: u64,
}

impl MeasureRecord {
    /// The record of a measure with one value an episode, those of episodes in which it is not defined not finite.
    pub(crate) fn of(name: &str, values: impl Iterator<Item = f64>) -> Self {
        let defined: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let count = defined.len();
        let average = (count > 0).then(|| mean(defined.into_iter()));
        Self { name: name.to_owned(), mean: average, defined: count as u64 }
    }
}

/// What an evaluation episode was worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct GoldRecord {
    /// Sum of the environment's own rewards.
    #[serde(rename = "return")]
    pub(crate) total: f64,
    /// Whether the environment declared success.
    pub(crate) success: bool,
    /// Steps taken.
    pub(crate) length: u32,
}

/// A line of the timing log, which nothing compares.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Timing {
    /// What the time went to.
    pub(crate) activity: Activity,
    /// Environment steps taken in it.
    pub(crate) steps: u64,
    /// Wall-clock seconds.
    pub(crate) seconds: f64,
}

/// What time goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Activity {
    /// Sampling and updating.
    Training,
    /// Playing held-out tasks.
    Evaluation,
}

impl WarmStart {
    pub(crate) fn new(report: WarmStartReport, charged: u64) -> Self {
        let WarmStartReport { demonstrations, solved, reviews, tokens, losses, hinted: _ } = report;
        let [demonstrations, solved, reviews, tokens] =
            [demonstrations, solved, reviews, tokens].map(|count| count as u64);
        Self { demonstrations, solved, reviews, tokens, charged, losses }
    }
}

impl Teacher {
    /// A teacher that learned this, and what became of each episode that it played.
    pub(crate) fn new(learned: WarmStartReport, solved: impl ExactSizeIterator<Item = bool>) -> Self {
        let tasks = solved.len() as u64;
        let success = mean(solved.map(|solved| f64::from(u8::from(solved))));
        Self { learned: WarmStart::new(learned, 0), tasks, success }
    }
}

impl Iteration {
    pub(crate) fn new(index: u64, steps: u64, report: IterationReport) -> Self {
        let mut counters = report.counters;
        let metrics: Vec<_> = report
            .metrics
            .into_iter()
            .map(|(name, value)| (name, value.is_finite().then_some(value)))
            .collect();
        let not_finite = metrics.iter().filter(|(_, value)| value.is_none()).count() as u64;
        if not_finite > 0 {
            counters.push(("non-finite metrics".into(), not_finite));
        }
        Self {
            index,
            steps,
            tokens: report.drawn_tokens,
            metrics,
            counters,
            channels: report.channels,
            episodes: report.episodes,
        }
    }
}

impl Evaluation {
    /// Success rate.
    pub(crate) fn success(&self) -> f64 {
        mean(self.gold.iter().map(|gold| f64::from(u8::from(gold.success))))
    }

    /// Mean return.
    pub(crate) fn mean_return(&self) -> f64 {
        mean(self.gold.iter().map(|gold| gold.total))
    }

    /// Mean length.
    pub(crate) fn mean_length(&self) -> f64 {
        mean(self.gold.iter().map(|gold| f64::from(gold.length)))
    }
}

impl From<Gold> for GoldRecord {
    fn from(gold: Gold) -> Self {
        Self { total: gold.total_reward(), success: gold.success(), length: gold.length() }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}
