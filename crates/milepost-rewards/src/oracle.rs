use milepost_core::{Batch, Purpose, Stream, StreamKey, Trajectory};
use serde::{Deserialize, Serialize};

use crate::hash::hash_words;
use crate::potential::{add_sparse, check_shaping, recorded_rewards};
use crate::{ScoreError, ScoreReport, Scorer, Shaping};

/// How a perfect judge is spoilt. All zero: the judge is exact.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct JudgeNoise {
    /// Standard deviation of Gaussian noise, in units of the record.
    pub sd: f64,
    /// Added to every value.
    pub bias: f64,
    /// Probability that the sign is wrong.
    pub flip: f64,
    /// Probability that there is no value.
    pub missing: f64,
}

/// A progress judge of known quality: the exact potential of a record, spoilt on purpose.
///
/// A step's value is `±x + bias + sd · ε`, with `x` the form of the potential, the sign wrong with
/// probability `flip`, and `ε` standard normal; it is missing with probability `missing`. The four
/// draws of a step come from its own stream, keyed by task, step, slot, policy version and the two
/// states, so neither the order of trajectories nor how episodes are cut changes them, and two
/// judges that differ in one setting share the noise of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleProgress {
    channel: String,
    record: String,
    shaping: Shaping,
    noise: JudgeNoise,
    run_seed: u64,
}

impl OracleProgress {
    /// Writes the spoilt form of `record` to `channel`.
    pub fn new(
        channel: impl Into<String>,
        record: impl Into<String>,
        shaping: Shaping,
        noise: JudgeNoise,
        run_seed: u64,
    ) -> Result<Self, ScoreError> {
        let channel = channel.into();
        check_shaping(&channel, shaping)?;
        if !(noise.sd >= 0.0 && noise.sd.is_finite()) {
            return Err(ScoreError::setting(&channel, "noise.sd", noise.sd, "finite and not negative"));
        }
        if !noise.bias.is_finite() {
            return Err(ScoreError::setting(&channel, "noise.bias", noise.bias, "finite"));
        }
        for (setting, p) in [("noise.flip", noise.flip), ("noise.missing", noise.missing)] {
            if !(0.0..=1.0).contains(&p) {
                return Err(ScoreError::setting(&channel, setting, p, "a probability, from 0 to 1"));
            }
        }
        Ok(Self { channel, record: record.into(), shaping, noise, run_seed })
    }

    fn judge<O>(&self, trajectory: &Trajectory<O>, t: usize, exact: f64) -> Option<f64> {
        let states = &trajectory.state_keys[t..=t + 1];
        let mut stream = Stream::new(StreamKey {
            run_seed: self.run_seed,
            purpose: Purpose::SCORER_NOISE,
            task: trajectory.task.get(),
            episode: hash_words([u64::from(trajectory.slot), trajectory.version.0, states[0], states[1]]),
            step: trajectory.first_step + t as u32,
        });
        let (is_missing, is_flipped) =
            (stream.uniform() < self.noise.missing, stream.uniform() < self.noise.flip);
        let signed = if is_flipped { -exact } else { exact };
        (!is_missing).then(|| signed + self.noise.bias + self.noise.sd * stream.normal())
    }
}

impl<O> Scorer<O> for OracleProgress {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        for trajectory in batch.trajectories_mut() {
            let exact = recorded_rewards(trajectory, &self.record, self.shaping)?;
            let judged: Vec<_> = exact
                .into_iter()
                .enumerate()
                .map(|(t, exact)| exact.and_then(|exact| self.judge(trajectory, t, exact)))
                .collect();
            add_sparse(trajectory, &self.channel, &judged, &mut report)?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{batch, channel, recorded};
    use crate::{Form, Potential, TerminalPotential};
    use milepost_core::{CutReason, Ending, Outcome};
    use proptest::prelude::*;

    const ENDED: Ending = Ending::Terminated(Outcome::Success);
    const DELTA: Shaping = Shaping { form: Form::Delta, gamma: 1.0, terminal: TerminalPotential::Zero };

    fn judge(noise: JudgeNoise) -> OracleProgress {
        OracleProgress::new("judge", "phi", DELTA, noise, 11).expect("valid settings")
    }

    fn ramp(n: usize) -> (Vec<u64>, Vec<f64>) {
        ((0..n as u64).collect(), (0..n).map(|i| (i * i) as f64).collect())
    }

    fn judged(noise: JudgeNoise, n: usize) -> Vec<Option<f64>> {
        let (keys, phi) = ramp(n + 1);
        let mut batch = batch([recorded(0, 0, &keys, &phi, ENDED)]);
        judge(noise).score(&mut batch).expect("scores");
        channel(&batch, "judge")
    }

    proptest! {
        #[test]
        fn without_noise_the_judge_is_the_potential_bit_for_bit(
            phi in prop::collection::vec(-1.0..1.0f64, 2..30),
            form in prop::sample::select(vec![Form::Level, Form::Delta, Form::Shaped]),
        ) {
            let keys: Vec<u64> = (0..phi.len() as u64).collect();
            let mut batch = batch([recorded(0, 0, &keys, &phi, ENDED)]);
            let shaping = Shaping { form, gamma: 0.9, ..DELTA };
            Potential::new("exact", "phi", shaping, 1.0).expect("valid").score(&mut batch).expect("scores");
            OracleProgress::new("judge", "phi", shaping, JudgeNoise::default(), 3)
                .expect("valid")
                .score(&mut batch)
                .expect("scores");
            prop_assert_eq!(channel(&batch, "judge"), channel(&batch, "exact"));
        }

        #[test]
        fn neither_cuts_nor_order_change_the_noise(at in 1u32..19) {
            let noise = JudgeNoise { sd: 1.0, bias: 0.5, flip: 0.3, missing: 0.2 };
            let (keys, phi) = ramp(21);
            let whole = recorded(0, 0, &keys, &phi, ENDED);
            let i = at as usize;
            let cut = Ending::Cut(CutReason::SegmentFull);
            let (first, second) =
                (recorded(0, 0, &keys[..=i], &phi[..=i], cut), recorded(0, at, &keys[i..], &phi[i..], ENDED));
            let mut one = batch([whole]);
            judge(noise).score(&mut one).expect("scores");
            let mut parts = batch([second, first]);
            judge(noise).score(&mut parts).expect("scores");
            let mut joined = channel(&parts, "judge");
            joined.rotate_left(20 - i);
            prop_assert_eq!(channel(&one, "judge"), joined);
        }
    }

    #[test]
    fn each_kind_of_noise_has_the_strength_asked_for() {
        const N: usize = 20_000;
        let exact = judged(JudgeNoise::default(), N);
        let pairs = |noise| exact.iter().map(|x| x.expect("exact")).zip(judged(noise, N)).collect::<Vec<_>>();

        let biased = pairs(JudgeNoise { bias: 2.0, ..JudgeNoise::default() });
        assert!(biased.iter().all(|(x, y)| *y == Some(x + 2.0)));

        // Standard errors: 0.0035 for both shares, 0.0014 for a deviation of 0.2; five of them.
        let flipped = pairs(JudgeNoise { flip: 0.4, ..JudgeNoise::default() });
        let wrong = flipped.iter().filter(|(x, y)| *y == Some(-x)).count();
        assert!((wrong as f64 / N as f64 - 0.4).abs() < 0.0175, "{wrong}");
        assert!(flipped.iter().all(|(x, y)| y.is_some_and(|y| y.abs() == x.abs())));

        let gaps = judged(JudgeNoise { missing: 0.4, ..JudgeNoise::default() }, N);
        let missing = gaps.iter().filter(|y| y.is_none()).count();
        assert!((missing as f64 / N as f64 - 0.4).abs() < 0.0175, "{missing}");

        let noisy = pairs(JudgeNoise { sd: 0.2, ..JudgeNoise::default() });
        let square: f64 = noisy.iter().map(|(x, y)| (y.expect("known") - x).powi(2)).sum();
        assert!(((square / N as f64).sqrt() - 0.2).abs() < 0.005, "{square}");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        for noise in [
            JudgeNoise { sd: -1.0, ..JudgeNoise::default() },
            JudgeNoise { bias: f64::NAN, ..JudgeNoise::default() },
            JudgeNoise { flip: 1.5, ..JudgeNoise::default() },
            JudgeNoise { missing: -0.1, ..JudgeNoise::default() },
        ] {
            let error = OracleProgress::new("judge", "phi", DELTA, noise, 0).expect_err("out of range");
            assert!(error.to_string().contains("noise."), "{error}");
        }
    }
}
