use milepost_core::{Batch, Channel, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport};

/// One summand of a reward: `weight · channel`, times `gate` if there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The channel.
    pub channel: String,
    /// Its coefficient. A term of weight 0 is left out altogether, so that it cannot change a bit.
    #[serde(default = "one")]
    pub weight: f64,
    /// Another channel that multiplies this one, turn by turn, after placement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
}

const fn one() -> f64 {
    1.0
}

impl Term {
    /// A term without a gate.
    pub fn new(channel: impl Into<String>, weight: f64) -> Self {
        Self { channel: channel.into(), weight, gate: None }
    }
}

/// How channels become one reward a turn: a weighted sum, clipped if asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CombineConfig {
    /// The summands, added in this order.
    pub terms: Vec<Term>,
    /// Lowest and highest reward of a turn, after the sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<[f64; 2]>,
}

impl Default for CombineConfig {
    /// The environment's outcome alone.
    fn default() -> Self {
        Self { terms: vec![Term::new("outcome", 1.0)], clip: None }
    }
}

/// A reward a turn, and what did not reach it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Combined {
    /// The reward of each turn, `[T]`.
    pub rewards: Vec<f64>,
    /// Values of terms that were missing and so contributed nothing.
    pub missing: u64,
    /// Turns whose sum was clipped.
    pub clipped: u64,
}

/// One reward for each turn, `[T]`. See [`combine_counted`].
pub fn combine<O>(trajectory: &Trajectory<O>, config: &CombineConfig) -> Result<Vec<f64>, ScoreError> {
    Ok(combine_counted(trajectory, config)?.rewards)
}

/// One reward for each turn, `[T]`: `clip(Σ weight · channel · gate)`.
///
/// Placement: a turn-level value belongs to its turn, a token-level one is summed into the turn of its
/// token, a trajectory-level one falls on the last turn. A missing value contributes nothing and is
/// counted. An environment's reward combined with terms of weight 0 is that reward, bit for bit.
pub fn combine_counted<O>(
    trajectory: &Trajectory<O>,
    config: &CombineConfig,
) -> Result<Combined, ScoreError> {
    let mut combined = Combined { rewards: vec![0.0; trajectory.turns.len()], ..Combined::default() };
    for term in config.terms.iter().filter(|term| term.weight != 0.0) {
        if !term.weight.is_finite() {
            return Err(ScoreError::setting(&term.channel, "weight", term.weight, "finite"));
        }
        let values = placed(trajectory, &term.channel, &mut combined.missing)?;
        let gates = match &term.gate {
            Some(gate) => Some(placed(trajectory, gate, &mut combined.missing)?),
            None => None,
        };
        for (t, reward) in combined.rewards.iter_mut().enumerate() {
            let gate = gates.as_ref().map_or(Some(1.0), |gates| gates[t]);
            if let (Some(value), Some(gate)) = (values[t], gate) {
                *reward += term.weight * value * gate;
            }
        }
    }
    if let Some([low, high]) = config.clip {
        if low.is_nan() || high.is_nan() || low > high {
            let value = format!("[{low}, {high}]");
            return Err(ScoreError::setting("reward", "clip", value, "a lowest and a highest value"));
        }
        for reward in &mut combined.rewards {
            let clipped = reward.clamp(low, high);
            combined.clipped += u64::from(clipped != *reward);
            *reward = clipped;
        }
    }
    Ok(combined)
}

/// A channel's values on the turns, `[T]`; `None` for a turn that has none.
fn placed<O>(
    trajectory: &Trajectory<O>,
    name: &str,
    missing: &mut u64,
) -> Result<Vec<Option<f64>>, ScoreError> {
    let channel = trajectory.signals.require(name)?;
    *missing += channel.valid().iter().filter(|present| !**present).count() as u64;
    let mut turns: Vec<Option<f64>> = vec![None; trajectory.turns.len()];
    match channel.level() {
        Level::Turn => turns = channel.iter().collect(),
        Level::Trajectory => {
            if let Some(last) = turns.last_mut() {
                *last = channel.get(0);
            }
        }
        Level::Token => {
            for span in &trajectory.spans {
                let turn = &mut turns[span.turn as usize];
                for value in span.range().filter_map(|token| channel.get(token)) {
                    *turn = Some(turn.unwrap_or(0.0) + value);
                }
            }
        }
    }
    Ok(turns)
}

/// Adds the combined reward as a channel of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Combine {
    config: CombineConfig,
}

impl Combine {
    /// The channel that [`Combine::apply`] writes.
    pub const CHANNEL: &str = "reward";

    /// Combines as `config` says.
    #[must_use]
    pub const fn new(config: CombineConfig) -> Self {
        Self { config }
    }

    /// Writes the turn-level channel [`Combine::CHANNEL`] to every trajectory.
    pub fn apply<O>(&self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        for trajectory in batch.trajectories_mut() {
            let combined = combine_counted(trajectory, &self.config)?;
            report.count("missing", combined.missing);
            report.count("clipped", combined.clipped);
            trajectory.add_channel(Channel::dense(Self::CHANNEL, Level::Turn, combined.rewards)?)?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fragment;
    use milepost_core::{Ending, Provenance, SpanKind, StateRecords, TaskSeed, TrajectoryBuilder, Version};
    use proptest::prelude::*;

    fn with(keys: &[u64], channels: &[(&str, Level, &[Option<f64>])]) -> Trajectory<u64> {
        let mut trajectory = fragment(0, 0, keys, Ending::Malformed);
        add(&mut trajectory, channels);
        trajectory
    }

    fn add<O>(trajectory: &mut Trajectory<O>, channels: &[(&str, Level, &[Option<f64>])]) {
        for (name, level, values) in channels {
            let valid = values.iter().map(Option::is_some).collect();
            let values = values.iter().map(|v| v.unwrap_or(0.0)).collect();
            let channel = Channel::masked(*name, *level, values, valid).expect("finite");
            trajectory.add_channel(channel).expect("fits");
        }
    }

    fn terms(terms: &[(&str, f64)]) -> CombineConfig {
        CombineConfig {
            terms: terms.iter().map(|(name, weight)| Term::new(*name, *weight)).collect(),
            clip: None,
        }
    }

    #[test]
    fn every_level_lands_on_its_turn_and_missing_values_are_counted() {
        let records = StateRecords::default();
        let mut builder = TrajectoryBuilder::new(TaskSeed::literal(0), 0, 0, Version(0), records);
        builder.state((), 0, &[]);
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &[1, 2], &[-0.1, -0.1]);
        builder.end_turn(0.0);
        builder.state((), 1, &[]);
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &[3], &[-0.1]);
        builder.end_turn(0.0);
        builder.state((), 2, &[]);
        let mut trajectory = builder.finish(Ending::Malformed).expect("consistent");
        add(
            &mut trajectory,
            &[
                ("token", Level::Token, &[Some(1.0), Some(2.0), None]),
                ("turn", Level::Turn, &[None, Some(10.0)]),
                ("whole", Level::Trajectory, &[Some(100.0)]),
            ],
        );
        let all = combine_counted(&trajectory, &terms(&[("token", 1.0), ("turn", 2.0), ("whole", 1.0)]));
        assert_eq!(all.expect("combines"), Combined { rewards: vec![3.0, 120.0], missing: 2, clipped: 0 });
    }

    #[test]
    fn a_gate_multiplies_and_a_missing_gate_silences() {
        let gates = [Some(0.5), Some(0.0), None];
        let trajectory =
            with(&[0, 1, 2, 3], &[("x", Level::Turn, &[Some(4.0); 3]), ("gate", Level::Turn, &gates)]);
        let gated = Term { gate: Some("gate".to_owned()), ..Term::new("x", 10.0) };
        let combined = combine_counted(&trajectory, &CombineConfig { terms: vec![gated], clip: None });
        assert_eq!(
            combined.expect("combines"),
            Combined { rewards: vec![20.0, 0.0, 0.0], missing: 1, clipped: 0 }
        );
    }

    #[test]
    fn clipping_comes_after_the_sum() {
        let trajectory = with(&[0, 1, 2], &[("x", Level::Turn, &[Some(3.0), Some(0.25)])]);
        let config = CombineConfig { clip: Some([-1.0, 1.0]), ..terms(&[("x", 1.0), ("x", -0.5)]) };
        let combined = combine_counted(&trajectory, &config).expect("combines");
        assert_eq!((combined.rewards, combined.clipped), (vec![1.0, 0.125], 1));
    }

    #[test]
    fn bad_configurations_are_named() {
        let trajectory = with(&[0, 1], &[("x", Level::Turn, &[Some(1.0)])]);
        let unknown = combine(&trajectory, &terms(&[("y", 1.0)])).expect_err("no such channel");
        assert!(unknown.to_string().contains("has: x"), "{unknown}");
        assert!(combine(&trajectory, &terms(&[("x", f64::NAN)])).is_err());
        assert!(
            combine(&trajectory, &CombineConfig { clip: Some([1.0, -1.0]), ..terms(&[("x", 1.0)]) }).is_err()
        );
        let typo = serde_json::from_str::<CombineConfig>(r#"{"terms": [{"chanel": "x"}]}"#);
        assert!(typo.expect_err("unknown key").to_string().contains("chanel"));
    }

    proptest! {
        #[test]
        fn a_term_of_weight_zero_changes_no_bit(
            outcome in prop::collection::vec(-1e3..1e3f64, 1..20), bonus in -1e300..1e300f64, at in 0usize..3,
        ) {
            let keys: Vec<u64> = (0..=outcome.len() as u64).collect();
            let values: Vec<_> = outcome.iter().map(|x| Some(*x)).collect();
            let bonuses = vec![Some(bonus); outcome.len()];
            let trajectory =
                with(&keys, &[("outcome", Level::Turn, &values), ("bonus", Level::Turn, &bonuses)]);
            let mut config = CombineConfig::default();
            let plain = combine(&trajectory, &config).expect("combines");
            config.terms.insert(at.min(1), Term::new("bonus", 0.0));
            let bits = |rewards: Vec<f64>| rewards.into_iter().map(f64::to_bits).collect::<Vec<_>>();
            prop_assert_eq!(bits(combine(&trajectory, &config).expect("combines")), bits(plain));
        }
    }
}
