//! From records and numbers to the data of a report.

use milepost_eval::aggregate::interquartile_mean;
use milepost_eval::verdict;
use milepost_eval::{Bootstrap, Scores, StatsError, Verdict};

use super::recorded::{ArmRecord, Ledger, SeedRecord, add_counters};
use super::summary::{ArmSummary, Comparison, MetricSummary, Summary, Value, value};
use super::warm_start;
use crate::claim::Judged;
use crate::config::{Arm, BudgetUnit, Experiment, Form, RETURN, SUCCESS, Scale, Settings};
use crate::measures::measured;
use crate::record::{Matrix, RunDirectory, RunFolder, trace::TraceRecord};
use crate::report::{self, ReportData};

/// Points in a ledger or gap figure.
const FIGURE_POINTS: usize = 60;
/// The loop's count of the turns that learn from an advantage.
const CREDITED_TURNS: &str = "credited_turns";
/// Replicates of the band at each point of a curve.
const BAND_REPLICATES: u32 = 1000;

/// The data of a run's report.
pub(crate) fn report_data(
    run: &RunDirectory,
    arms: &[ArmRecord],
    summary: &Summary,
) -> Result<ReportData, StatsError> {
    let experiment = run.experiment();
    let settings = &experiment.settings;
    let report_arms = arms
        .iter()
        .zip(&summary.arms)
        .map(|(record, numbers)| arm(experiment, record, numbers))
        .collect::<Result<_, _>>()?;
    let finished: Vec<usize> = arms.iter().map(|arm| arm.seeds.len()).collect();
    let reference = settings.verdict.than.clone().filter(|name| arms.iter().any(|arm| &arm.name == name));
    Ok(ReportData {
        experiment: settings.name.clone(),
        dossier: settings.dossier.clone(),
        question: settings.question.clone(),
        claim: settings.claim.clone(),
        environment: settings.environment.label(),
        verdict: verdict_of(summary),
        metric: metric(settings),
        reference,
        arms: report_arms,
        claims: summary.claims.iter().map(claim_row).collect(),
        metrics: summary.metrics.iter().map(|metric| metric_row(metric, &finished)).collect(),
        run: run_meta(run, arms),
    })
}

/// An outcome as pages show it; none is not a conclusion.
pub(crate) fn outcome(verdict: Option<Verdict>) -> report::Outcome {
    match verdict.map(|verdict| verdict.outcome) {
        Some(verdict::Outcome::Reproduced) => report::Outcome::Reproduced,
        Some(verdict::Outcome::NotReproduced) => report::Outcome::NotReproduced,
        Some(verdict::Outcome::Inconclusive { .. }) | None => report::Outcome::Inconclusive,
    }
}

fn verdict_of(summary: &Summary) -> report::Verdict {
    report::Verdict {
        outcome: outcome(summary.verdict),
        sentence: summary.sentence.clone(),
        rule: summary.claims[0].rule.clone(),
        exploratory: summary.exploratory,
    }
}

/// A claim as pages show it.
pub(crate) fn claim_row(judged: &Judged) -> report::ClaimRow {
    report::ClaimRow {
        claim: judged.claim.clone(),
        outcome: judged.verdict.map(|verdict| outcome(Some(verdict))),
        sentence: judged.sentence.clone(),
    }
}

/// A metric as pages show it.
///
/// `finished` are the finished seeds of each arm.
pub(crate) fn metric_row(metric: &MetricSummary, finished: &[usize]) -> report::MetricRow {
    let cell = |(arm, finished): (&ArmSummary, &usize)| report::MetricCell {
        summary: summary(arm),
        undefined: finished - arm.seeds.len(),
    };
    report::MetricRow {
        name: metric.metric.clone(),
        about: metric.about.clone(),
        lower_is_better: metric.direction == verdict::Direction::LowerIsBetter,
        arms: metric.arms.iter().zip(finished).map(cell).collect(),
    }
}

fn metric(settings: &Settings) -> report::Metric {
    let (primary, measures) = (&settings.metric.primary, measured(settings));
    let name = match (primary.form(), primary.of()) {
        (Form::StepsTo, _) => match settings.budget.unit() {
            BudgetUnit::EnvironmentSteps => "environment steps to success".to_owned(),
            BudgetUnit::DrawnTokens => "drawn tokens to success".to_owned(),
        },
        (Form::Final, SUCCESS) => "success rate".to_owned(),
        (Form::Final, RETURN) => "return".to_owned(),
        (Form::AreaUnder, RETURN) => "return, mean over training".to_owned(),
        _ => primary.about(&measures),
    };
    let rate = primary.is_rate();
    let curve = match curve_of(settings) {
        SUCCESS => "success rate",
        other => other,
    };
    report::Metric {
        name,
        curve_name: curve.into(),
        x_name: settings.budget.unit().name().into(),
        range: rate.then_some(report::Interval { lower: 0.0, upper: 1.0 }),
        threshold: rate.then_some(settings.metric.threshold),
        lower_is_better: primary.direction(&measures) == verdict::Direction::LowerIsBetter,
    }
}

fn arm(experiment: &Experiment, record: &ArmRecord, numbers: &ArmSummary) -> Result<report::Arm, StatsError> {
    let settings = &experiment.settings;
    let curves: Vec<report::SeedCurve> = record
        .seeds
        .iter()
        .map(|seed| {
            let point = |point: &super::recorded::Point| {
                Some((point.steps as f64, point.quantity(curve_of(settings))?))
            };
            let (x, y) = seed.curve.iter().filter_map(point).unzip();
            report::SeedCurve { seed: seed.seed, x, y }
        })
        .collect();
    let config = experiment.arms.iter().find(|arm| arm.name == record.name);
    let scores = numbers.seeds.iter().zip(&numbers.scores);
    Ok(report::Arm {
        name: record.name.clone(),
        description: describe(record, config),
        aggregate: band(settings.verdict.confidence, &curves)?,
        curves,
        final_scores: scores.map(|(seed, score)| report::SeedScore { seed: *seed, score: *score }).collect(),
        summary: summary(numbers),
        ledger: ledger(&record.seeds),
        hacking_gap: gap(&record.seeds),
        counters: counters(&record.seeds),
        throughput: throughput(&record.seeds),
        xray: config.and_then(|config| xray(config, record)),
    })
}

/// What the learning curve shows: the metric's quantity, or success for a statistic of training.
fn curve_of(settings: &Settings) -> &str {
    let primary = &settings.metric.primary;
    if primary.form() == Form::Training { SUCCESS } else { primary.of() }
}

fn describe(record: &ArmRecord, config: Option<&Arm>) -> String {
    let channels = config.map(|arm| arm.method.written().join(" + "));
    match (record.about.as_str(), channels) {
        ("", Some(channels)) => channels,
        (about, Some(channels)) => format!("{about} ({channels})"),
        (about, None) => about.to_owned(),
    }
}

/// The interquartile mean over seeds at each point that all seeds have.
pub(crate) fn band(
    level: f64,
    curves: &[report::SeedCurve],
) -> Result<Option<report::BandCurve>, StatsError> {
    let Some(shortest) = curves.iter().map(|curve| curve.x.len()).min().filter(|length| *length > 0) else {
        return Ok(None);
    };
    let bootstrap = Bootstrap { level, replicates: BAND_REPLICATES, ..Bootstrap::default() };
    let mut band = report::BandCurve {
        statistic: format!("interquartile mean, {} % bootstrap interval", level * 100.0),
        ..report::BandCurve::default()
    };
    for index in 0..shortest {
        let heights: Vec<f64> = curves.iter().map(|curve| curve.y[index]).collect();
        let Value { value, interval } =
            value(&bootstrap, &Scores::single_task(&heights)?, &interquartile_mean)?;
        let (lower, upper) = interval.unwrap_or((value, value));
        band.x.push(curves[0].x[index]);
        band.y.push(value);
        band.lower.push(lower);
        band.upper.push(upper);
    }
    Ok(Some(band))
}

fn estimate(value: Value) -> report::Estimate {
    let interval = value.interval.map(|(lower, upper)| report::Interval { lower, upper });
    report::Estimate { value: value.value, interval }
}

pub(crate) fn summary(numbers: &ArmSummary) -> Option<report::Summary> {
    let comparison = numbers.comparison.as_ref();
    Some(report::Summary {
        iqm: estimate(numbers.interquartile_mean?),
        mean: estimate(numbers.mean?),
        optimality_gap: numbers.optimality_gap.map(estimate),
        probability_of_improvement: comparison.map(|c| estimate(c.probability_of_improvement)),
        paired_difference: comparison.map(|c| estimate(c.paired_difference)),
        seeds_agreeing: comparison
            .map(|Comparison { agreeing, pairs, .. }| report::Agreement { agree: *agreeing, total: *pairs }),
        percentiles: numbers
            .percentiles
            .iter()
            .map(|(percent, value)| report::Percentile { percent: *percent, value: *value })
            .collect(),
    })
}

/// Iterations of all seeds that fall into each stretch of training, at most [`FIGURE_POINTS`] stretches.
fn stretches(seeds: &[SeedRecord]) -> Vec<(f64, Vec<&Ledger>)> {
    let longest = seeds.iter().map(|seed| seed.iterations.len()).max().unwrap_or(0);
    let width = longest.div_ceil(FIGURE_POINTS).max(1);
    (0..longest.div_ceil(width))
        .map(|stretch| {
            let within: Vec<&Ledger> = seeds
                .iter()
                .flat_map(|seed| seed.iterations.iter().skip(stretch * width).take(width))
                .collect();
            let end = within.iter().map(|ledger| ledger.steps).max().unwrap_or(0);
            (end as f64, within)
        })
        .collect()
}

fn ledger(seeds: &[SeedRecord]) -> Option<report::Ledger> {
    let stretches = stretches(seeds);
    let mut names: Vec<&str> = Vec::new();
    for channel in stretches.iter().flat_map(|(_, within)| within).flat_map(|ledger| &ledger.channels) {
        if !names.contains(&channel.name.as_str()) {
            names.push(&channel.name);
        }
    }
    let magnitude = |within: &[&Ledger], name: &str| -> f64 {
        let channels = within.iter().flat_map(|ledger| &ledger.channels);
        channels.filter(|channel| channel.name == name).map(|channel| channel.magnitude).sum()
    };
    // A stretch in which nothing was paid has no shares.
    let paid: Vec<_> = stretches
        .iter()
        .map(|(end, within)| (end, within, names.iter().map(|name| magnitude(within, name)).sum::<f64>()))
        .filter(|(_, _, total)| *total > 0.0)
        .collect();
    (!paid.is_empty()).then(|| report::Ledger {
        steps: paid.iter().map(|(end, ..)| **end).collect(),
        channels: names
            .iter()
            .map(|name| report::ChannelShare {
                name: (*name).to_owned(),
                share: paid.iter().map(|(_, within, total)| magnitude(within, name) / total).collect(),
            })
            .collect(),
    })
}

/// What training paid for an episode against what the environment paid for it.
fn gap(seeds: &[SeedRecord]) -> Option<report::HackingGap> {
    let mut gap = report::HackingGap::default();
    for (end, within) in stretches(seeds) {
        let episodes: usize = within.iter().map(|ledger| ledger.episodes.0).sum();
        let combined: Option<f64> = within.iter().map(|ledger| ledger.combined).sum();
        if let Some(combined) = combined.filter(|_| episodes > 0) {
            gap.steps.push(end);
            gap.proxy.push(combined / episodes as f64);
            gap.gold.push(within.iter().map(|ledger| ledger.episodes.1).sum::<f64>() / episodes as f64);
        }
    }
    (!gap.steps.is_empty()).then_some(gap)
}

fn counters(seeds: &[SeedRecord]) -> Vec<report::Counter> {
    let mut totals = Vec::new();
    for seed in seeds {
        add_counters(&mut totals, &seed.counters);
        let own = [
            ("tokens drawn, those thrown away included", seed.tokens),
            ("bytes cut from half-written logs", seed.cut),
            ("states beyond the policy's table", seed.done.overflows),
        ];
        let own =
            own.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count));
        add_counters(&mut totals, &own.collect::<Vec<_>>());
    }
    totals.into_iter().map(|(name, count)| report::Counter { name, count, total: None }).collect()
}

fn throughput(seeds: &[SeedRecord]) -> Option<report::Throughput> {
    let count = seeds.len() as f64;
    let mean = |of: &dyn Fn(&SeedRecord) -> f64| seeds.iter().map(of).sum::<f64>() / count;
    let rate = |(steps, seconds): (u64, f64)| steps as f64 / seconds.max(1e-9);
    (!seeds.is_empty()).then(|| report::Throughput {
        training_steps_per_second: mean(&|seed| rate(seed.training)),
        evaluation_steps_per_second: mean(&|seed| rate(seed.evaluation)),
        wall_clock_seconds: Some(mean(&|seed| seed.training.1 + seed.evaluation.1)),
        training_seconds: Some(mean(&|seed| seed.training.1)),
        seconds_per_credited_turn: seconds_per_credited_turn(seeds),
        iterations: Some(mean(&|seed| seed.done.iterations as f64)),
        budget_used: Some(mean(&|seed| seed.done.steps as f64)),
    })
}

/// What all seeds took for training, over all turns that they credited; `None` where none was, or none was counted.
fn seconds_per_credited_turn(seeds: &[SeedRecord]) -> Option<f64> {
    let credited = |seed: &SeedRecord| {
        seed.counters.iter().find(|(name, _)| name == CREDITED_TURNS).map_or(0, |(_, count)| *count)
    };
    let turns: u64 = seeds.iter().map(credited).sum();
    let seconds: f64 = seeds.iter().map(|seed| seed.training.1).sum();
    (turns > 0).then(|| seconds / turns as f64)
}

/// The recorded trajectory of the first seed.
fn xray(config: &Arm, record: &ArmRecord) -> Option<report::CreditXray> {
    let seed = record.seeds.first()?;
    let trace = &seed.trace;
    let steps = trace.steps.iter().map(|step| report::XrayStep {
        action: step.action.clone(),
        channels: step.channels.clone(),
        reward: step.reward,
        advantage: step.advantage,
        exact_advantage: step.exact_advantage,
        value: (config.method.objective.value_coefficient > 0.0).then_some(step.value),
        exact_value: step.exact_value,
    });
    Some(report::CreditXray {
        caption: caption(seed.seed, trace),
        credit_rule: credit_rule(config),
        channels: trace.channels.clone(),
        steps: steps.collect(),
        frames: trace.frames.iter().cloned().map(report::Frame::Svg).collect(),
    })
}

fn caption(seed: u64, trace: &TraceRecord) -> String {
    let shown = trace.steps.len();
    let length = if shown < trace.length {
        format!("the first {shown} of {} steps", trace.length)
    } else {
        format!("{shown} steps")
    };
    let exact = match &trace.no_exact_values {
        None => "exact values are those of the environment's own reward".to_owned(),
        Some(reason) => format!("no exact values: {reason}"),
    };
    format!(
        "Trained policy of seed {seed} on held-out task {}: {}, {length}; {exact}",
        trace.task, trace.ending
    )
}

fn credit_rule(config: &Arm) -> String {
    use milepost_algorithms::config::CreditConfig;
    match &config.method.credit {
        CreditConfig::Broadcast => "broadcast".into(),
        CreditConfig::RewardToGo { gamma } => format!("reward-to-go, γ = {gamma}"),
        CreditConfig::Gae { gamma, lambda } => format!("GAE, γ = {gamma}, λ = {lambda}"),
        CreditConfig::NStep { gamma, n } => format!("{n}-step, γ = {gamma}"),
        CreditConfig::Redistribution { .. } => "redistribution by learned values".into(),
        CreditConfig::MinForm => "min-form".into(),
        CreditConfig::TurnLeaveOneOut { gamma, .. } => format!("leave-one-out per turn, γ = {gamma}"),
        CreditConfig::GiGpo { gamma, omega, .. } => format!("GiGPO, γ = {gamma}, ω = {omega}"),
        CreditConfig::Hgpo { gamma, omega, depth, .. } => {
            format!("HGPO, γ = {gamma}, ω = {omega}, {depth} earlier states")
        }
        CreditConfig::StepSum => "broadcast, summed over the steps of a tree".into(),
        CreditConfig::StepPosition { gamma } => format!("among turns at the same position, γ = {gamma}"),
        CreditConfig::Igpo { pools, gamma, .. } => format!("IGPO, {pools:?} pools, γ = {gamma}"),
        CreditConfig::PrefixTree => "prefix tree".into(),
        CreditConfig::Opo => "OPO".into(),
        CreditConfig::VeRpo(config) => {
            format!("VeRPO, α = {}, β = {}, γ = {}", config.alpha, config.beta, config.gamma)
        }
        CreditConfig::Prime { process_scale, gamma, .. } => {
            format!("PRIME, process scale {process_scale}, γ = {gamma}")
        }
        CreditConfig::ImplicitSteps { alpha, .. } => format!("implicit steps, α = {alpha}"),
    }
}

fn run_meta(run: &RunDirectory, arms: &[ArmRecord]) -> report::RunMeta {
    let settings = &run.experiment().settings;
    let seconds: f64 =
        arms.iter().flat_map(|arm| &arm.seeds).map(|seed| seed.training.1 + seed.evaluation.1).sum();
    let mut meta = how_it_was_made(run, settings.scale, settings.budget.words(), seconds);
    meta.facts.extend(warm_start::facts(arms));
    meta
}

/// How a run of a matrix was made, and how to make it again.
pub(crate) fn how_it_was_made<E: Matrix>(
    run: &RunFolder<E>,
    scale: Scale,
    budget: String,
    seconds: f64,
) -> report::RunMeta {
    let (meta, experiment) = (run.meta(), run.experiment());
    report::RunMeta {
        id: run.path().file_name().unwrap_or_default().to_string_lossy().into_owned(),
        scale: scale.name().into(),
        budget,
        command: meta.command.clone(),
        config: experiment.text().unwrap_or_default(),
        config_hash: meta.config.clone(),
        version: meta.milepost.clone(),
        commit: meta.commit.clone(),
        device: meta.device_message.clone(),
        date: meta.started.clone(),
        seeds: (0..experiment.seeds()).collect(),
        facts: vec![report::Fact {
            label: "processor time of all workers".into(),
            value: format!("{seconds:.0} s"),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::tests::seed;
    use super::*;

    /// A seed that trained for so many seconds, with the count of its credited turns if there is one.
    fn trained(index: u64, seconds: f64, credited: Option<u64>) -> SeedRecord {
        SeedRecord {
            training: (10, seconds),
            evaluation: (10, 100.0),
            counters: credited.map(|count| (CREDITED_TURNS.to_owned(), count)).into_iter().collect(),
            ..seed(index, &[(0, 0.0)])
        }
    }

    #[test]
    fn a_credited_turn_costs_its_share_of_the_time_of_training_and_nothing_of_evaluation() {
        let both = throughput(&[trained(0, 2.0, Some(30)), trained(1, 4.0, Some(10))]).expect("two seeds");
        assert_eq!(both.training_seconds, Some(3.0));
        assert_eq!(both.seconds_per_credited_turn, Some(6.0 / 40.0));
        assert_eq!(both.wall_clock_seconds, Some(103.0));
        for none in [None, Some(0)] {
            let record = throughput(&[trained(0, 2.0, none)]).expect("a seed");
            assert_eq!(record.seconds_per_credited_turn, None, "{none:?}");
        }
    }
}
