use milepost_core::{Batch, Channel, Level, Purpose, Stream, StreamKey, Trajectory};
use milepost_credit::{Evidence, RubricGraph};

use super::config::{Connection, Graded, RubricConfig};
use crate::hash::hash_words;
use crate::{ScoreError, ScoreReport, Scorer};

/// The most statements whose flags a record holds exactly.
const MOST: usize = 52;

/// The rubric score of CaRR (arXiv 2601.06021) as a trajectory-level channel:
/// `R_r = #(identified ∧ supported ∧ connected) / n`, from 0 to 1.
///
/// The question is a chain of `n` single-hop statements, counted from the answer. A statement is *identified* if the
/// answer gives a value to each of its placeholders, *supported* if what it cites entails it, and *connected* if a
/// breadth-first search from the answer reaches it through such statements ([`RubricGraph`]). Without statements,
/// answer or citations it is 0, and the judge is not asked.
///
/// The judge may be spoilt: it errs about each placeholder and each statement by itself, so that an error near the
/// answer costs everything behind it. Its draws are keyed by task, place in the group and policy version.
#[derive(Debug, Clone, PartialEq)]
pub struct Rubric {
    config: RubricConfig,
    run_seed: u64,
}

/// What a judge said of one trajectory.
enum Verdict {
    Failed,
    /// Which statements count, from the answer on.
    Judged(Vec<bool>),
}

impl Rubric {
    /// A judge with these settings.
    pub fn new(config: RubricConfig, run_seed: u64) -> Result<Self, ScoreError> {
        let noise = config.noise;
        for (setting, p) in [
            ("noise.identification", noise.identification),
            ("noise.support", noise.support),
            ("noise.failure", noise.failure),
        ] {
            if !(0.0..=1.0).contains(&p) {
                return Err(ScoreError::setting(&config.channel, setting, p, "a probability, from 0 to 1"));
            }
        }
        Ok(Self { config, run_seed })
    }

    fn judge<O>(&self, trajectory: &Trajectory<O>) -> Result<Verdict, ScoreError> {
        let number = |record: &str| -> Result<f64, ScoreError> {
            Ok(trajectory.records.require(record)?.last().copied().unwrap_or(0.0))
        };
        let n = self.count(number(&self.config.statements)?)?;
        let mut named = self.flags("named", number(&self.config.named)?, n)?;
        let mut supported = self.flags("supported", number(&self.config.supported)?, n)?;
        let cited = number(&self.config.cited)?;
        if cited.fract() != 0.0 || cited < 0.0 {
            return Err(ScoreError::setting(&self.config.channel, "cited", cited, "a number of citations"));
        }
        if cited == 0.0 || !named.contains(&true) {
            return Ok(Verdict::Judged(vec![false; n]));
        }
        let noise = self.config.noise;
        let mut stream = Stream::new(StreamKey {
            run_seed: self.run_seed,
            purpose: Purpose::named("rubric judge"),
            task: trajectory.task.get(),
            episode: hash_words([u64::from(trajectory.slot), trajectory.version.0]),
            step: trajectory.first_step,
        });
        let failed = stream.uniform() < noise.failure;
        for (flags, p) in [(&mut named, noise.identification), (&mut supported, noise.support)] {
            for flag in flags {
                *flag ^= stream.uniform() < p;
            }
        }
        if failed {
            return Ok(Verdict::Failed);
        }
        let (graph, evidence) = (RubricGraph::chain(n), Evidence { named: &named, supported: &supported });
        Ok(Verdict::Judged(match self.config.connection {
            Connection::Required => graph.connected(evidence)?,
            Connection::Ignored => graph.supported(evidence)?,
        }))
    }

    fn count(&self, value: f64) -> Result<usize, ScoreError> {
        if value.fract() == 0.0 && (0.0..=MOST as f64).contains(&value) {
            return Ok(value as usize);
        }
        Err(ScoreError::setting(&self.config.channel, "the number of statements", value, "from 0 to 52"))
    }

    /// The first `n` flags of a number in binary.
    fn flags(&self, what: &'static str, value: f64, n: usize) -> Result<Vec<bool>, ScoreError> {
        if value.fract() != 0.0 || !(0.0..(1_u64 << n) as f64).contains(&value) {
            let rule = "a whole number with one binary digit for each statement";
            return Err(ScoreError::setting(&self.config.channel, what, value, rule));
        }
        let bits = value as u64;
        Ok((0..n).map(|d| bits >> d & 1 == 1).collect())
    }
}

impl<O> Scorer<O> for Rubric {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        let (mut graded, mut failed, mut whole) = (0_u64, 0, 0);
        // How many had a statement at each distance from the answer, and how many satisfied it.
        let mut distances: Vec<(u64, u64)> = Vec::new();
        for trajectory in batch.trajectories_mut() {
            let outcome = trajectory.signals.require(&self.config.outcome)?;
            let mut score = 0.0;
            if self.config.graded == Graded::All || outcome.sum() > 0.0 {
                graded += 1;
                match self.judge(trajectory)? {
                    Verdict::Failed => failed += 1,
                    Verdict::Judged(counted) => {
                        distances.resize(distances.len().max(counted.len()), (0, 0));
                        for (entry, counts) in distances.iter_mut().zip(&counted) {
                            entry.0 += 1;
                            entry.1 += u64::from(*counts);
                        }
                        score = RubricGraph::score(&counted);
                        whole += u64::from(score == 1.0);
                    }
                }
            }
            let value = Channel::dense(&self.config.channel, Level::Trajectory, vec![score])?;
            trajectory.add_channel(value)?;
        }
        report.count("graded", graded);
        report.count("judge_failures", failed);
        if graded > 0 {
            report.metric("incomplete", 1.0 - whole as f64 / graded as f64);
        }
        for (d, (asked, met)) in distances.into_iter().enumerate() {
            report.metric(&format!("statement_{d}"), met as f64 / asked as f64);
        }
        Ok(report)
    }
}
