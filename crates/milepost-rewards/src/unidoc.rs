//! The reward of UniDoc-RL: dense parts for search, selection and localisation behind a ladder of formats.

use milepost_core::{Batch, Channel, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport, Scorer};

/// Settings of [`UniDoc`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UniDocConfig {
    /// The channel it writes.
    pub channel: String,
    /// The records it reads.
    pub records: UniDocRecords,
    /// What each part adds.
    pub weights: UniDocWeights,
    /// Where the reward is paid.
    pub placement: UniDocPlacement,
}

impl Default for UniDocConfig {
    fn default() -> Self {
        Self {
            channel: "reward".to_owned(),
            records: UniDocRecords::default(),
            weights: UniDocWeights::default(),
            placement: UniDocPlacement::default(),
        }
    }
}

/// The records of what is measured in each state, each number from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UniDocRecords {
    /// Of the format: 0, 0.5 or 1.
    pub format: String,
    /// Of the answer.
    pub answer: String,
    /// Of the ranking (NDCG).
    pub ranking: String,
    /// Of the selection.
    pub selection: String,
    /// Of the localisation.
    pub localisation: String,
}

impl Default for UniDocRecords {
    /// Those of the world of pages.
    fn default() -> Self {
        let [format, answer, ranking, selection, localisation] = PARTS.map(|part| format!("page-{part}"));
        Self { format, answer, ranking, selection, localisation }
    }
}

impl UniDocRecords {
    /// All of them.
    #[must_use]
    pub fn names(&self) -> [&str; 5] {
        [&self.format, &self.answer, &self.ranking, &self.selection, &self.localisation]
    }
}

/// What is measured.
const PARTS: [&str; 5] = ["format", "answer", "ranking", "selection", "localisation"];

/// What each part adds to the total.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UniDocWeights {
    /// Of the answer, `a`.
    pub answer: f64,
    /// Of the ranking, `N`.
    pub ranking: f64,
    /// Of the selection, `S`.
    pub selection: f64,
    /// Of the localisation, `L`.
    pub localisation: f64,
    /// Of the format, `f`.
    pub format: f64,
}

impl Default for UniDocWeights {
    /// Those of the paper's code.
    fn default() -> Self {
        Self { answer: 0.6, ranking: 0.1, selection: 0.1, localisation: 0.1, format: 0.1 }
    }
}

/// Where the reward of an episode is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UniDocPlacement {
    /// One number for the trajectory: the paper's.
    #[default]
    Trajectory,
    /// Each part to the turns that changed it, by what they changed; the sum over the turns is the trajectory's. The
    /// ranking changes on searches; the selection on selections, and on searches, over which it is a mean; the
    /// localisation on crops, and on selections, which say of which pages it is a mean; the answer on the answer; the
    /// format by one half on the first selection, and by the other on the answer.
    PerAction,
}

/// The reward of UniDoc-RL (arXiv 2604.14967, and its code) from what a world records about each state.
///
/// | format `f` | total `R` |
/// |---|---|
/// | 1: search, selection and answer are there | `w_a a + w_N N + w_S S + w_L L + w_f f` |
/// | 0.5: only the answer is missing | `w_N N + w_S S + w_L L + w_f f` |
/// | 0 | 0 |
///
/// Every part is from 0 to 1, so with weights that sum to 1 the total is too. With the answer's weight alone it is
/// the outcome behind the same format.
#[derive(Debug, Clone, PartialEq)]
pub struct UniDoc {
    config: UniDocConfig,
}

/// The parts of an episode in each state, `[T + 1]` each.
struct Parts<'a> {
    format: &'a [f64],
    answer: &'a [f64],
    /// Ranking, selection, localisation.
    dense: [&'a [f64]; 3],
}

impl UniDoc {
    /// The reward with these weights.
    pub fn new(config: UniDocConfig) -> Result<Self, ScoreError> {
        let UniDocWeights { answer, ranking, selection, localisation, format } = config.weights;
        let named = [
            ("weights.answer", answer),
            ("weights.ranking", ranking),
            ("weights.selection", selection),
            ("weights.localisation", localisation),
            ("weights.format", format),
        ];
        match named.into_iter().find(|(_, weight)| !(*weight >= 0.0 && weight.is_finite())) {
            Some((setting, weight)) => {
                Err(ScoreError::setting(&config.channel, setting, weight, "finite and not negative"))
            }
            None => Ok(Self { config }),
        }
    }

    fn parts<'a, O>(&self, trajectory: &'a Trajectory<O>) -> Result<Parts<'a>, ScoreError> {
        let mut parts: [&[f64]; 5] = [&[]; 5];
        for ((values, record), part) in parts.iter_mut().zip(self.config.records.names()).zip(PARTS) {
            *values = trajectory.records.require(record)?;
            if let Some(value) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                return Err(ScoreError::setting(&self.config.channel, part, value, "from 0 to 1"));
            }
        }
        let [format, answer, ranking, selection, localisation] = parts;
        Ok(Parts { format, answer, dense: [ranking, selection, localisation] })
    }

    /// The parts with their weights, as they count in an episode that ends with this format; none where it is 0.
    fn weighed<'a>(&self, parts: &Parts<'a>) -> Vec<(f64, &'a [f64])> {
        let UniDocWeights { answer, ranking, selection, localisation, format } = self.config.weights;
        let ends = last(parts.format);
        if ends <= 0.0 {
            return Vec::new();
        }
        let complete = if ends >= 1.0 { answer } else { 0.0 };
        let [first, second, third] = parts.dense;
        vec![
            (complete, parts.answer),
            (ranking, first),
            (selection, second),
            (localisation, third),
            (format, parts.format),
        ]
    }

    /// The total of a trajectory.
    fn total<O>(&self, trajectory: &Trajectory<O>) -> Result<f64, ScoreError> {
        let parts = self.parts(trajectory)?;
        Ok(self.weighed(&parts).into_iter().fold(0.0, |sum, (weight, part)| sum + weight * last(part)))
    }

    /// What each turn changed, `[T]`. Measures that stand before the first turn are paid with it.
    fn by_turn<O>(&self, trajectory: &Trajectory<O>) -> Result<Vec<f64>, ScoreError> {
        let parts = self.parts(trajectory)?;
        let weighed = self.weighed(&parts);
        let change = |turn: usize| {
            let before = |part: &[f64]| if turn == 0 { 0.0 } else { part[turn] };
            weighed.iter().fold(0.0, |sum, (weight, part)| sum + weight * (part[turn + 1] - before(part)))
        };
        Ok((0..trajectory.turns.len()).map(change).collect())
    }
}

fn last(record: &[f64]) -> f64 {
    record.last().copied().unwrap_or(0.0)
}

impl<O> Scorer<O> for UniDoc {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        let (mut sums, mut count) = ([0.0; 5], 0_u32);
        let (mut broken, mut unanswered) = (0, 0);
        for trajectory in batch.trajectories_mut() {
            let (level, values) = match self.config.placement {
                UniDocPlacement::Trajectory => (Level::Trajectory, vec![self.total(trajectory)?]),
                UniDocPlacement::PerAction => (Level::Turn, self.by_turn(trajectory)?),
            };
            let parts = self.parts(trajectory)?;
            let [ranking, selection, localisation] = parts.dense.map(last);
            let ended = [last(parts.format), last(parts.answer), ranking, selection, localisation];
            for (sum, value) in sums.iter_mut().zip(ended) {
                *sum += value;
            }
            count += 1;
            broken += u64::from(ended[0] <= 0.0);
            unanswered += u64::from(ended[0] > 0.0 && ended[0] < 1.0);
            trajectory.add_channel(Channel::dense(&self.config.channel, level, values)?)?;
        }
        report.count("broken_format", broken);
        report.count("unanswered", unanswered);
        for (name, sum) in PARTS.into_iter().zip(sums) {
            report.metric(name, sum / f64::from(count.max(1)));
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::channel;
    use milepost_core::{Demonstrator, Environment, Group, Probe, Purpose, Stream, StreamKey, TaskSeed};
    use milepost_core::{SpanKind, StateRecords, TrajectoryBuilder, Version};
    use milepost_taskworlds::pages::measure::{Measures, Weights};
    use milepost_taskworlds::pages::{PageConfig, PageProbe, PageText, PageWorld};
    use proptest::prelude::*;

    /// An episode of a noisy expert, and the measures that the world itself took of it.
    fn episode(seed: u64, noise: f64, retriever_noise: f64) -> (Trajectory<()>, Measures) {
        let config = PageConfig { retriever_noise, ..PageConfig::default() };
        let mut world = PageText::new(config).expect("valid");
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let mut probes = PageProbe::ALL;
        let names = probes.each_ref().map(|probe| Probe::<PageText>::name(probe).to_owned());
        let records = StateRecords::named(names.iter().map(String::as_str));
        let mut builder = TrajectoryBuilder::new(TaskSeed::literal(seed), 0, 0, Version(0), records);
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::POLICY));
        builder.state((), 0, &probes.each_mut().map(|probe| probe.read(&world)));
        let ending = loop {
            let turn =
                if stream.uniform() < noise / 8.0 { vec![0] } else { world.noisy_turn(noise, &mut stream) };
            builder.span(SpanKind::Policy, milepost_core::Provenance::Forced, &turn, &[]);
            let outcome = world.step(&turn).expect("running");
            builder.end_turn(outcome.reward);
            builder.state((), world.state_key(), &probes.each_mut().map(|probe| probe.read(&world)));
            if let Some(ending) = outcome.ending {
                break ending;
            }
        };
        let played = world.episode().expect("started");
        (builder.finish(ending).expect("consistent"), Measures::of(played.log(), played.oracle()))
    }

    fn scored(trajectory: &Trajectory<()>, weights: UniDocWeights, placement: UniDocPlacement) -> Vec<f64> {
        let mut batch = Batch { groups: vec![Group::new(vec![trajectory.clone()]).expect("one")] };
        let config = UniDocConfig { weights, placement, ..UniDocConfig::default() };
        UniDoc::new(config).expect("valid").score(&mut batch).expect("scores");
        channel(&batch, "reward").into_iter().map(|value| value.expect("present")).collect()
    }

    const TOTAL: UniDocPlacement = UniDocPlacement::Trajectory;
    const OUTCOME: UniDocWeights =
        UniDocWeights { answer: 1.0, ranking: 0.0, selection: 0.0, localisation: 0.0, format: 0.0 };

    proptest! {
        #[test]
        fn the_total_is_what_the_world_measures(seed in 0..500_u64, noise in 0.0..1.0) {
            let (trajectory, measures) = episode(seed, noise, 0.6);
            let total = scored(&trajectory, UniDocWeights::default(), TOTAL)[0];
            prop_assert!((total - measures.total(&Weights::default())).abs() < 1e-12);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&total));
            prop_assert_eq!(scored(&trajectory, OUTCOME, TOTAL)[0], measures.total(&Weights::OUTCOME));
        }

        #[test]
        fn wherever_it_is_paid_the_sum_is_the_same(seed in 0..500_u64, noise in 0.0..1.0) {
            let (trajectory, _) = episode(seed, noise, 0.6);
            let total = scored(&trajectory, UniDocWeights::default(), TOTAL)[0];
            let placed = scored(&trajectory, UniDocWeights::default(), UniDocPlacement::PerAction);
            prop_assert_eq!(placed.len(), trajectory.turns.len());
            prop_assert!((placed.iter().sum::<f64>() - total).abs() < 1e-12);
        }

        #[test]
        fn each_part_is_paid_to_the_turns_that_can_change_it(seed in 0..500_u64, noise in 0.0..0.6) {
            let (trajectory, _) = episode(seed, noise, 0.6);
            let word = |turn: usize| {
                let span = trajectory.spans.iter().find(|span| span.turn as usize == turn).expect("a turn");
                trajectory.tokens[span.range()][0]
            };
            let world = PageText::new(PageConfig::default()).expect("valid");
            let verb = |text: &str| milepost_core::TokenEnvironment::vocabulary(&world).encode(text).expect("a verb")[0];
            let none = UniDocWeights { answer: 0.0, ..OUTCOME };
            for (weights, verbs) in [
                (UniDocWeights { ranking: 1.0, ..none }, vec!["search"]),
                (UniDocWeights { selection: 1.0, ..none }, vec!["search", "select"]),
                (UniDocWeights { localisation: 1.0, ..none }, vec!["select", "crop"]),
                (UniDocWeights { answer: 1.0, ..none }, vec!["answer"]),
                (UniDocWeights { format: 1.0, ..none }, vec!["select", "answer"]),
            ] {
                let verbs: Vec<u32> = verbs.into_iter().map(verb).collect();
                let placed = scored(&trajectory, weights, UniDocPlacement::PerAction);
                for (turn, value) in placed.into_iter().enumerate().filter(|(_, value)| *value != 0.0) {
                    prop_assert!(verbs.contains(&word(turn)), "turn {} earned {}", turn, value);
                }
            }
            let format = UniDocWeights { format: 1.0, ..none };
            let placed = scored(&trajectory, format, UniDocPlacement::PerAction);
            let select = verb("select");
            let paid = placed.iter().any(|value| *value != 0.0);
            let first = (0..placed.len()).find(|turn| word(*turn) == select).filter(|_| paid);
            prop_assert_eq!(first.map(|turn| placed[turn]), paid.then_some(0.5), "half at the first selection");
        }
    }

    #[test]
    fn an_expert_earns_everything_and_a_broken_format_nothing() {
        let (expert, _) = episode(3, 0.0, 0.0);
        assert!((scored(&expert, UniDocWeights::default(), TOTAL)[0] - 1.0).abs() < 1e-12);
        // What was ranked would pay, were it not for the format.
        let broken = (0..100)
            .map(|seed| episode(seed, 0.5, 0.0))
            .find(|(_, measures)| measures.format.score() == 0.0 && measures.ranking > 0.0);
        let (broken, _) = broken.expect("noise breaks some");
        for placement in [TOTAL, UniDocPlacement::PerAction] {
            let paid = scored(&broken, UniDocWeights::default(), placement);
            assert!(paid.iter().all(|value| *value == 0.0), "{placement:?}: {paid:?}");
        }
    }

    #[test]
    fn weights_must_be_weights() {
        for weights in [
            UniDocWeights { ranking: -0.1, ..UniDocWeights::default() },
            UniDocWeights { ranking: f64::NAN, ..UniDocWeights::default() },
        ] {
            let refused = UniDoc::new(UniDocConfig { weights, ..UniDocConfig::default() });
            assert!(matches!(refused, Err(ScoreError::Setting { setting: "weights.ranking", .. })));
        }
    }
}
