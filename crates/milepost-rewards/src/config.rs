use std::sync::Arc;

use burn::tensor::Device;
use milepost_core::Encoder;
use serde::{Deserialize, Serialize};

use crate::{
    Count, CountKey, CountMode, Form, Intermediate, JudgeNoise, OracleProgress, Outcome, OutcomeProcess,
    OutcomeProcessConfig, OutcomeSource, Potential, Rnd, RndConfig, Rubric, RubricConfig, RubricReward,
    RubricRewardConfig, ScoreError, Scorer, Shaping, TerminalPotential, UniDoc, UniDocConfig, Vote,
    VoteConfig,
};

/// A scorer as it stands in an experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScorerConfig {
    /// The environment's own outcome: [`Outcome`].
    Outcome {
        /// The channel it writes.
        #[serde(default = "names::outcome")]
        channel: String,
        /// The reward of each turn, or success.
        #[serde(default)]
        source: OutcomeSource,
        /// What an episode is worth that ended without an answer, instead of its last turn's value.
        #[serde(default, rename = "format-penalty", skip_serializing_if = "Option::is_none")]
        format_penalty: Option<f64>,
    },
    /// A recorded potential: [`Potential`].
    Potential {
        /// The channel it writes.
        #[serde(default = "names::shaping")]
        channel: String,
        /// The record that holds the potential of each state.
        record: String,
        /// Level, delta or shaped.
        form: Form,
        /// The learner's discount; needed for the shaped form.
        #[serde(default)]
        gamma: Option<f64>,
        /// The potential of final states.
        #[serde(default)]
        terminal: TerminalPotential,
        /// Coefficient.
        #[serde(default = "one")]
        scale: f64,
    },
    /// A count bonus: [`Count`].
    Count {
        /// The channel it writes.
        #[serde(default = "names::count")]
        channel: String,
        /// Coefficient.
        #[serde(default = "one")]
        scale: f64,
        /// What counts as the same state.
        #[serde(default)]
        key: CountKey,
        /// How long visits are remembered.
        #[serde(default)]
        mode: CountMode,
    },
    /// A progress judge of known quality: [`OracleProgress`].
    OracleProgress {
        /// The channel it writes.
        #[serde(default = "names::oracle")]
        channel: String,
        /// The record that holds the true potential of each state.
        record: String,
        /// Level, delta or shaped.
        #[serde(default = "delta")]
        form: Form,
        /// The learner's discount; needed for the shaped form.
        #[serde(default)]
        gamma: Option<f64>,
        /// The potential of final states.
        #[serde(default)]
        terminal: TerminalPotential,
        /// How the judge is spoilt; exact if left out.
        #[serde(default)]
        noise: JudgeNoise,
    },
    /// Intermediate rewards that sum to 1 in a won episode: [`Intermediate`].
    Intermediate {
        /// The channel it writes.
        #[serde(default = "names::intermediate")]
        channel: String,
        /// The record that holds the intermediate reward that led to each state.
        #[serde(default = "names::gained")]
        gained: String,
        /// The record that holds how many positive ones there can be.
        #[serde(default = "names::possible")]
        possible: String,
        /// Only each `every`-th positive one is paid.
        #[serde(default = "each")]
        every: u32,
    },
    /// Random network distillation: [`Rnd`]. Needs a device.
    Rnd(RndConfig),
    /// A judge of citation rubrics (CaRR): [`Rubric`].
    Rubric(RubricConfig),
    /// The reward of C-GRPO, from the channels of an outcome and a rubric: [`RubricReward`].
    RubricReward(RubricRewardConfig),
    /// The reward of UniDoc-RL: [`UniDoc`].
    #[serde(rename = "unidoc")]
    UniDoc(UniDocConfig),
    /// The reward of Search-R2, an outcome raised by useful searches: [`OutcomeProcess`].
    OutcomeProcess(OutcomeProcessConfig),
    /// The most frequent answer of the group: [`Vote`].
    Vote(VoteConfig),
}

mod names {
    pub(super) fn outcome() -> String {
        "outcome".to_owned()
    }
    pub(super) fn shaping() -> String {
        "shaping".to_owned()
    }
    pub(super) fn count() -> String {
        "count".to_owned()
    }
    pub(super) fn intermediate() -> String {
        "intermediate".to_owned()
    }
    pub(super) fn gained() -> String {
        "intermediate-reward".to_owned()
    }
    pub(super) fn possible() -> String {
        "possible-rewards".to_owned()
    }
    pub(super) fn oracle() -> String {
        "oracle-progress".to_owned()
    }
}

const fn each() -> u32 {
    1
}

const fn one() -> f64 {
    1.0
}

const fn delta() -> Form {
    Form::Delta
}

/// What scorers need from the run around them.
pub struct ScorerContext<'a, O> {
    /// The run's seed, from which noise and initial weights are drawn.
    pub run_seed: u64,
    /// Where networks live; `None` if no scorer has one.
    pub device: Option<&'a Device>,
    /// What networks read, and what observations are told apart by.
    pub encoder: Arc<dyn Encoder<O> + Sync>,
    /// How many places the sampler draws in at once; memory is reserved for so many.
    pub slots: usize,
}

impl ScorerConfig {
    /// The channel that the scorer writes.
    pub fn channel(&self) -> &str {
        match self {
            Self::Outcome { channel, .. }
            | Self::Potential { channel, .. }
            | Self::Count { channel, .. }
            | Self::Intermediate { channel, .. }
            | Self::OracleProgress { channel, .. } => channel,
            Self::Rnd(config) => &config.channel,
            Self::Rubric(config) => &config.channel,
            Self::RubricReward(config) => &config.channel,
            Self::UniDoc(config) => &config.channel,
            Self::OutcomeProcess(config) => &config.channel,
            Self::Vote(config) => &config.channel,
        }
    }

    /// The records that it reads.
    pub fn records(&self) -> Vec<&str> {
        match self {
            Self::Potential { record, .. } | Self::OracleProgress { record, .. } => vec![record],
            Self::Intermediate { gained, possible, .. } => vec![gained, possible],
            Self::Vote(config) => vec![&config.record],
            Self::Rubric(config) => {
                vec![&config.statements, &config.named, &config.cited, &config.supported]
            }
            Self::UniDoc(config) => config.records.names().to_vec(),
            Self::OutcomeProcess(config) => vec![&config.searched, &config.useful],
            Self::Outcome { .. } | Self::Count { .. } | Self::Rnd(_) | Self::RubricReward(_) => Vec::new(),
        }
    }

    /// The channels of earlier scorers that it reads.
    pub fn reads(&self) -> Vec<&str> {
        match self {
            Self::Outcome { .. }
            | Self::Potential { .. }
            | Self::Count { .. }
            | Self::Intermediate { .. }
            | Self::OracleProgress { .. }
            | Self::UniDoc(_)
            | Self::Rnd(_)
            | Self::Vote(_) => Vec::new(),
            Self::Rubric(config) => vec![&config.outcome],
            Self::RubricReward(config) => vec![&config.outcome, &config.rubric],
            Self::OutcomeProcess(config) => vec![&config.outcome],
        }
    }

    /// The scorer itself.
    pub fn build<O: 'static>(
        &self,
        context: &ScorerContext<'_, O>,
    ) -> Result<Box<dyn Scorer<O>>, ScoreError> {
        let shaping =
            |form, gamma: Option<f64>, terminal| Shaping { form, gamma: gamma.unwrap_or(f64::NAN), terminal };
        let channel = self.channel();
        Ok(match self {
            Self::Outcome { source, format_penalty, .. } => {
                let outcome = Outcome::new(channel, *source);
                Box::new(match format_penalty {
                    Some(penalty) => outcome.with_format_penalty(*penalty)?,
                    None => outcome,
                })
            }
            Self::Potential { record, form, gamma, terminal, scale, .. } => {
                Box::new(Potential::new(channel, record, shaping(*form, *gamma, *terminal), *scale)?)
            }
            Self::Count { scale, key, mode, .. } => {
                Box::new(Count::new(channel, *scale, *key, *mode, Arc::clone(&context.encoder))?)
            }
            Self::Intermediate { gained, possible, every, .. } => {
                Box::new(Intermediate::new(channel, gained, possible, *every)?)
            }
            Self::OracleProgress { record, form, gamma, terminal, noise, .. } => {
                let shaping = shaping(*form, *gamma, *terminal);
                Box::new(OracleProgress::new(channel, record, shaping, *noise, context.run_seed)?)
            }
            Self::Rubric(config) => Box::new(Rubric::new(config.clone(), context.run_seed)?),
            Self::RubricReward(config) => Box::new(RubricReward::new(config.clone())?),
            Self::UniDoc(config) => Box::new(UniDoc::new(config.clone())?),
            Self::OutcomeProcess(config) => Box::new(OutcomeProcess::new(config.clone())?),
            Self::Vote(config) => Box::new(Vote::new(config.clone())),
            Self::Rnd(config) => {
                let device =
                    context.device.ok_or_else(|| ScoreError::NeedsDevice { scorer: channel.to_owned() })?;
                let encoder = Arc::clone(&context.encoder);
                Box::new(Rnd::new(config.clone(), context.run_seed, device, encoder, context.slots)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{KeyFeatures, batch, channel, recorded};
    use milepost_core::{Ending, Outcome as Verdict};

    fn context() -> ScorerContext<'static, u64> {
        ScorerContext { run_seed: 1, device: None, encoder: Arc::new(KeyFeatures), slots: 1 }
    }

    fn parse(json: &str) -> Result<ScorerConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn every_kind_is_built_from_its_text_and_writes_its_channel() {
        let ending = Ending::Terminated(Verdict::Success);
        let mut batch = batch([recorded(0, 0, &[1, 2], &[0.25, 0.5], ending)]);
        for (json, expected) in [
            (r#"{"kind": "outcome"}"#, 2.0),
            (r#"{"kind": "outcome", "source": "success", "channel": "success"}"#, 1.0),
            (r#"{"kind": "potential", "record": "phi", "form": "shaped", "gamma": 0.5}"#, -0.25),
            (r#"{"kind": "count", "scale": 3.0, "mode": "episodic"}"#, 3.0),
            (r#"{"kind": "oracle-progress", "record": "phi"}"#, 0.25),
        ] {
            let config = parse(json).expect("valid");
            let mut scorer = config.build(&context()).expect("valid settings");
            assert_eq!(scorer.name(), config.channel());
            scorer.score(&mut batch).expect("scores");
            assert_eq!(channel(&batch, config.channel()), [Some(expected)], "{json}");
            let text = serde_json::to_string(&config).expect("serialises");
            assert_eq!(parse(&text).expect("round trip"), config);
        }
    }

    #[test]
    fn a_scorer_with_a_network_needs_a_device() {
        let config = parse(r#"{"kind": "rnd", "outputs": 8}"#).expect("valid");
        let error = config.build(&context()).err().expect("no device");
        assert!(matches!(error, ScoreError::NeedsDevice { .. }), "{error}");
        let device = Device::flex();
        let scorer = config.build(&ScorerContext { device: Some(&device), ..context() }).expect("builds");
        assert_eq!(scorer.name(), "rnd");
        assert!(parse(r#"{"kind": "rnd", "ouputs": 8}"#).expect_err("typo").to_string().contains("ouputs"));
    }

    #[test]
    fn unknown_keys_and_a_missing_discount_are_refused() {
        assert!(parse(r#"{"kind": "count", "scael": 1.0}"#).expect_err("typo").to_string().contains("scael"));
        assert!(parse(r#"{"kind": "cuont"}"#).is_err());
        let noise = parse(r#"{"kind": "oracle-progress", "record": "phi", "noise": {"sdd": 1.0}}"#);
        assert!(noise.expect_err("typo").to_string().contains("sdd"));
        let config = parse(r#"{"kind": "potential", "record": "phi", "form": "shaped"}"#).expect("parses");
        let error = config.build(&context()).err().expect("no discount");
        assert!(error.to_string().contains("gamma"), "{error}");
    }
}
