//! What a report is made from: plain, serialisable data that knows no other part of the laboratory.
//!
//! The caller computes every statistic (intervals, interquartile means); the report only draws. Numbers
//! that are not finite are written to JSON as `null` and read back as NaN; they are never drawn, and the
//! page counts them. A missing value is an `Option`, which is not the same as zero.

use serde::{Deserialize, Serialize};

use super::lenient;

/// One experiment: its question, its answer, and everything needed to judge the answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportData {
    /// Name of the experiment, as in the experiment file.
    pub experiment: String,
    /// The method the experiment belongs to.
    #[serde(default)]
    pub dossier: String,
    /// The question in one sentence.
    #[serde(default)]
    pub question: String,
    /// The falsifiable claim in one sentence.
    #[serde(default)]
    pub claim: String,
    /// The environment in words, e.g. `DoorKey 6x6, sparse reward`.
    #[serde(default)]
    pub environment: String,
    /// The answer.
    pub verdict: Verdict,
    /// The one primary metric, named before the run.
    pub metric: Metric,
    /// Name of the arm that others are compared with, if the experiment has one.
    #[serde(default)]
    pub reference: Option<String>,
    /// The compared recipes, in the order of the experiment file. At least one.
    pub arms: Vec<Arm>,
    /// Every claim with what became of it, the verdict's first.
    #[serde(default)]
    pub claims: Vec<ClaimRow>,
    /// Every metric that is claimed or shown.
    #[serde(default)]
    pub metrics: Vec<MetricRow>,
    /// How and where the run was made.
    pub run: RunMeta,
}

/// A claim and what became of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRow {
    /// The claim in words.
    pub claim: String,
    /// Absent where there is no verdict.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// The numbers that decided.
    pub sentence: String,
}

/// One metric over all arms.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRow {
    /// Its name.
    pub name: String,
    /// What it is, with its unit.
    pub about: String,
    /// Whether less is better.
    #[serde(default)]
    pub lower_is_better: bool,
    /// The arms, in their order.
    pub arms: Vec<MetricCell>,
}

/// One metric of one arm.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricCell {
    /// Absent without a seed in which it is defined.
    #[serde(default)]
    pub summary: Option<Summary>,
    /// Seeds in which it is undefined.
    #[serde(default)]
    pub undefined: usize,
}

/// Did the claim hold?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The verdict rule holds on these seeds.
    Reproduced,
    /// The verdict rule is contradicted on these seeds.
    NotReproduced,
    /// Too few seeds, or the interval spans zero.
    #[default]
    Inconclusive,
}

/// The outcome and the sentence that opens the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Did the claim hold?
    pub outcome: Outcome,
    /// One plain sentence with the number that decided.
    pub sentence: String,
    /// The rule as written before the run.
    #[serde(default)]
    pub rule: String,
    /// True when the run has fewer seeds than a comparison needs.
    #[serde(default)]
    pub exploratory: bool,
}

/// The primary metric and the scale it lives on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name with unit where it has one, e.g. `gold success rate`.
    pub name: String,
    /// What a learning curve shows at each point, where that is not the metric itself (a metric may be the
    /// mean over the curve); empty means `name`.
    #[serde(default)]
    pub curve_name: String,
    /// What the horizontal axis of a learning curve counts; empty means `environment steps`.
    #[serde(default)]
    pub x_name: String,
    /// Lowest and highest possible value; fixes the axes. `None` lets the data decide.
    #[serde(default)]
    pub range: Option<Interval>,
    /// Level at which a run counts as having learned, for the sample-efficiency figure.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// True for a metric where smaller is better (a cost, a length).
    #[serde(default)]
    pub lower_is_better: bool,
}

/// Closed interval; for statistics, the 95 % interval unless the caller says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end.
    #[serde(with = "lenient::number")]
    pub lower: f64,
    /// Upper end.
    #[serde(with = "lenient::number")]
    pub upper: f64,
}

/// A point estimate and, where one could be computed, its interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// Point estimate.
    #[serde(with = "lenient::number")]
    pub value: f64,
    /// Its interval, or `None` when there are too few seeds for one.
    #[serde(default)]
    pub interval: Option<Interval>,
}

/// One recipe and all that was measured about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Unique name within the experiment.
    pub name: String,
    /// Its parts in one line, e.g. `group sampler · outcome + milestones · GiGPO · clipped surrogate`.
    #[serde(default)]
    pub description: String,
    /// Learning curve of each seed.
    #[serde(default)]
    pub curves: Vec<SeedCurve>,
    /// The curve over all seeds with its band.
    #[serde(default)]
    pub aggregate: Option<BandCurve>,
    /// Final value of the metric per seed.
    #[serde(default)]
    pub final_scores: Vec<SeedScore>,
    /// Statistics over the final scores.
    #[serde(default)]
    pub summary: Option<Summary>,
    /// Who paid, over training.
    #[serde(default)]
    pub ledger: Option<Ledger>,
    /// Training reward (proxy) against gold, over training.
    #[serde(default)]
    pub hacking_gap: Option<HackingGap>,
    /// Things that went wrong or were skipped, by name.
    #[serde(default)]
    pub counters: Vec<Counter>,
    /// Speed and cost.
    #[serde(default)]
    pub throughput: Option<Throughput>,
    /// One trajectory, step by step.
    #[serde(default)]
    pub xray: Option<CreditXray>,
}

/// Metric of one seed over training. `x` and `y` have the same length; `x` does not decrease.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedCurve {
    /// Training seed.
    pub seed: u64,
    /// Environment steps (or what [`Metric::x_name`] says).
    #[serde(with = "lenient::numbers")]
    pub x: Vec<f64>,
    /// The metric.
    #[serde(with = "lenient::numbers")]
    pub y: Vec<f64>,
}

/// A curve with a band. All four arrays have the same length.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandCurve {
    /// What line and band are, e.g. `interquartile mean, 95 % bootstrap interval`.
    pub statistic: String,
    /// Environment steps (or what [`Metric::x_name`] says).
    #[serde(with = "lenient::numbers")]
    pub x: Vec<f64>,
    /// The line.
    #[serde(with = "lenient::numbers")]
    pub y: Vec<f64>,
    /// Lower edge of the band.
    #[serde(with = "lenient::numbers")]
    pub lower: Vec<f64>,
    /// Upper edge of the band.
    #[serde(with = "lenient::numbers")]
    pub upper: Vec<f64>,
}

/// Final value of the metric for one seed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedScore {
    /// Training seed.
    pub seed: u64,
    /// The metric at the end of training.
    #[serde(with = "lenient::number")]
    pub score: f64,
}

/// Statistics over seeds. Comparisons are with the reference arm and absent for the reference itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Interquartile mean.
    pub iqm: Estimate,
    /// Arithmetic mean.
    pub mean: Estimate,
    /// Mean shortfall from the optimum, in the metric's unit.
    #[serde(default)]
    pub optimality_gap: Option<Estimate>,
    /// P(a run of this arm beats a run of the reference), ties counted half; in 0..1.
    #[serde(default)]
    pub probability_of_improvement: Option<Estimate>,
    /// This arm minus the reference, seed by seed.
    #[serde(default)]
    pub paired_difference: Option<Estimate>,
    /// On how many paired seeds this arm is the better one.
    #[serde(default)]
    pub seeds_agreeing: Option<Agreement>,
    /// Run-wise percentiles, ascending: what a single run should expect.
    #[serde(default)]
    pub percentiles: Vec<Percentile>,
}

/// `agree` of `total` paired seeds point the claimed way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// Seeds on which the arm is better than the reference.
    pub agree: usize,
    /// Paired seeds.
    pub total: usize,
}

/// One run-wise percentile.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentile {
    /// In 0..100.
    pub percent: f64,
    /// The metric there.
    #[serde(with = "lenient::number")]
    pub value: f64,
}

/// Share of each reward channel in all reward paid, over training.
///
/// Share of channel `c` = Σ|r_c| / Σ_c Σ|r_c| over the trajectories of that update, so shares are not
/// negative and sum to one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Environment steps, one per recorded update.
    #[serde(with = "lenient::numbers")]
    pub steps: Vec<f64>,
    /// One entry per channel, in the order they should be stacked.
    pub channels: Vec<ChannelShare>,
}

/// The share of one channel at each entry of [`Ledger::steps`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelShare {
    /// Channel name.
    pub name: String,
    /// Share in 0..1, same length as [`Ledger::steps`].
    #[serde(with = "lenient::numbers")]
    pub share: Vec<f64>,
}

/// Proxy (the reward trained on) against gold (what evaluation believes), same length each.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HackingGap {
    /// Environment steps.
    #[serde(with = "lenient::numbers")]
    pub steps: Vec<f64>,
    /// Mean training reward per episode, on the scale of gold.
    #[serde(with = "lenient::numbers")]
    pub proxy: Vec<f64>,
    /// Mean gold score per episode.
    #[serde(with = "lenient::numbers")]
    pub gold: Vec<f64>,
}

/// A count of events over the whole run of an arm (all seeds).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// Plain name, e.g. `dropped groups`, `non-finite values`.
    pub name: String,
    /// Events.
    pub count: u64,
    /// Out of how many, if that is known.
    #[serde(default)]
    pub total: Option<u64>,
}

/// Speed and cost of an arm, averaged or summed over its seeds as each field says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throughput {
    /// Environment steps per second while training, mean over seeds.
    #[serde(with = "lenient::number")]
    pub training_steps_per_second: f64,
    /// Environment steps per second while evaluating, mean over seeds.
    #[serde(with = "lenient::number")]
    pub evaluation_steps_per_second: f64,
    /// Wall-clock seconds of one seed, mean.
    #[serde(default)]
    pub wall_clock_seconds: Option<f64>,
    /// Seconds of one seed that went to training alone (sampling, rewards, credit and updates), mean.
    #[serde(default)]
    pub training_seconds: Option<f64>,
    /// Seconds of training for each turn that learned from credit, all seeds together.
    #[serde(default)]
    pub seconds_per_credited_turn: Option<f64>,
    /// Iterations of the loop of one seed, mean; each makes one parameter update or several. Once called `updates`.
    #[serde(default, alias = "updates")]
    pub iterations: Option<f64>,
    /// Sampled policy tokens (or environment steps) of one seed: what the equal budget counts.
    #[serde(default)]
    pub budget_used: Option<f64>,
}

/// One trajectory, step by step: what each channel paid and what the credit rule made of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditXray {
    /// Which trajectory this is and how it ended, in words.
    pub caption: String,
    /// Name of the credit rule.
    #[serde(default)]
    pub credit_rule: String,
    /// Reward channels, in the order of [`XrayStep::channels`].
    pub channels: Vec<String>,
    /// Steps in order.
    pub steps: Vec<XrayStep>,
    /// What the agent saw before each step. Empty, or one per step, or one more (the final state).
    #[serde(default)]
    pub frames: Vec<Frame>,
}

/// A picture of one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frame {
    /// A complete `<svg>` element. Shown as an image, so scripts in it never run.
    Svg(String),
    /// Plain text, shown as it is (text worlds, transcripts).
    Text(String),
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XrayStep {
    /// Name of the action.
    pub action: String,
    /// What each channel paid; `None` where the channel said nothing.
    pub channels: Vec<Option<f64>>,
    /// The combined reward.
    #[serde(with = "lenient::number")]
    pub reward: f64,
    /// The advantage that the credit rule assigned.
    #[serde(with = "lenient::number")]
    pub advantage: f64,
    /// The exact advantage of the policy that acted, where the world is enumerable.
    #[serde(default)]
    pub exact_advantage: Option<f64>,
    /// The learned value of the state, if the method has one.
    #[serde(default)]
    pub value: Option<f64>,
    /// The exact value of the state, where the world is enumerable.
    #[serde(default)]
    pub exact_value: Option<f64>,
}

/// How and where a run was made, and how to make it again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunMeta {
    /// Identity of the run (its folder name).
    #[serde(default)]
    pub id: String,
    /// `smoke`, `small` or `full`.
    #[serde(default)]
    pub scale: String,
    /// Budget per arm and seed in words, equal for every arm.
    #[serde(default)]
    pub budget: String,
    /// Command line that makes this run again.
    pub command: String,
    /// The resolved configuration, as TOML.
    pub config: String,
    /// Hash of the resolved configuration.
    pub config_hash: String,
    /// Milepost version.
    pub version: String,
    /// Source commit.
    #[serde(default)]
    pub commit: String,
    /// Device, e.g. `cpu (flex)`.
    #[serde(default)]
    pub device: String,
    /// Date of the run as the caller wants it printed.
    #[serde(default)]
    pub date: String,
    /// Training seeds.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// Further facts worth a line: warm start, tuning budget, wall-clock.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// A labelled fact.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Its value in words.
    pub value: String,
}
