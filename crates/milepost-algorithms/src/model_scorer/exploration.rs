use milepost_core::{Batch, Channel, Level, Purpose, Stream, StreamKey, TokenEnvironment, Trajectory};
use milepost_credit::{G2rl, NoveltyRange, SignMode, Similarities, ngram_novelty};
use milepost_policies::SequenceModel;
use milepost_rewards::ScoreReport;
use serde::{Deserialize, Serialize};

use super::next_token::each_next_token;
use super::{ModelScorer, View};
use crate::TrainError;
use crate::agent::{Agent, TokenAgent};
use crate::host::host;

/// What the novelty of a response is measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoveltyKind {
    /// The update that it would cause: G²RL.
    #[default]
    Gradient,
    /// Its text: one less the mean overlap of its `n`-grams with those of the others.
    Text,
    /// Nothing: uniform noise, as a control.
    Random,
}

/// [`SignMode`] in an experiment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignConfig {
    /// The paper's prose.
    #[default]
    Text,
    /// The paper's printed equation.
    Equation,
}

/// [`NoveltyRange`] in an experiment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RangeConfig {
    /// `[−1, 1]`.
    #[default]
    Signed,
    /// `[0, 1]`.
    Unit,
}

/// Parameters of [`Exploration`]. The defaults are those of [`G2rl`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExplorationConfig {
    /// The channel it writes. Default `explored`.
    pub channel: String,
    /// The channel that says what was right: a trajectory whose values there sum to more than ½ has `r = 1`, else −1;
    /// one of which nothing is known there gets no value and is no reference. Default `outcome`.
    pub reward: String,
    /// What novelty is measured on.
    pub novelty: NoveltyKind,
    /// `λ`; 0 leaves the rewards ±1 as they are.
    pub lambda: f64,
    /// Bound of shaped rewards.
    pub clip: f64,
    /// How novelty and reward combine.
    pub sign: SignConfig,
    /// Where novelties are stretched to.
    pub range: RangeConfig,
    /// `ε` in the weights.
    pub epsilon: f64,
    /// `n` of the `n`-grams of texts.
    pub ngram: usize,
}

impl Default for ExplorationConfig {
    fn default() -> Self {
        let G2rl { lambda, clip, epsilon, .. } = G2rl::default();
        Self {
            channel: "explored".into(),
            reward: "outcome".into(),
            novelty: NoveltyKind::default(),
            lambda,
            clip,
            sign: SignConfig::default(),
            range: RangeConfig::default(),
            epsilon,
            ngram: 2,
        }
    }
}

impl ExplorationConfig {
    /// The rule that these parameters make.
    #[must_use]
    pub const fn rule(&self) -> G2rl {
        G2rl {
            lambda: self.lambda,
            clip: self.clip,
            sign: match self.sign {
                SignConfig::Text => SignMode::Text,
                SignConfig::Equation => SignMode::Equation,
            },
            range: match self.range {
                RangeConfig::Signed => NoveltyRange::Signed,
                RangeConfig::Unit => NoveltyRange::Unit,
            },
            epsilon: self.epsilon,
        }
    }

    /// What is wrong with it, if anything.
    pub(crate) fn flaw(&self) -> Option<String> {
        let at_least_zero = |value: f64| value >= 0.0 && value.is_finite();
        let flaws = [
            (at_least_zero(self.lambda), "lambda", "a finite number, at least 0"),
            (self.clip > 0.0, "clip", "greater than 0"),
            (at_least_zero(self.epsilon), "epsilon", "a finite number, at least 0"),
            (self.ngram > 0, "ngram", "at least 1"),
        ];
        let flaw = flaws.into_iter().find(|(holds, ..)| !holds);
        flaw.map(|(_, key, rule)| format!("`{key}` that is {rule}"))
    }
}

/// Rewards ±1 shaped by how novel each response of a group is: G²RL (arXiv 2512.15687) on the last-layer gradient
/// features of the policy that drew it, or one of the controls.
///
/// `Φ = (1/T) Σ_t Eᵀ(e(y_t) − p_t)`, `[width]`: what was drawn less what was to be expected, as token counts, through the
/// matrix of the policy's head. One forward pass and one product; no backward pass.
///
/// Metrics, whatever novelty is measured on: `similarity` (mean cosine of all pairs of a group), `opposed` (share of
/// pairs whose cosine is negative). Counters: `without_direction`, responses that are empty or certain;
/// `without_verdict`, responses whose reward channel says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Exploration {
    config: ExplorationConfig,
}

impl Exploration {
    /// With these parameters.
    #[must_use]
    pub const fn new(config: ExplorationConfig) -> Self {
        Self { config }
    }

    /// Novelties of trajectories of a group, `places` in the batch.
    fn novelty<A: Agent>(
        &self,
        view: &View<'_, A>,
        (places, rewards): (&[usize], &[f64]),
        similarities: &Similarities,
        texts: &[Vec<u32>],
    ) -> Result<Vec<Option<f64>>, TrainError> {
        Ok(match self.config.novelty {
            NoveltyKind::Gradient => self.config.rule().novelty(rewards, similarities)?,
            NoveltyKind::Text => {
                let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
                ngram_novelty(&texts, self.config.ngram)
            }
            NoveltyKind::Random => {
                let run_seed = view.agent.run_seed();
                let purpose = Purpose::named("exploration/random-novelty");
                let draw = |place: usize| {
                    let (task, episode) = (view.iteration, place as u64);
                    Stream::new(StreamKey { run_seed, purpose, task, episode, step: 0 }).uniform()
                };
                let known = places.iter().zip(texts);
                known.map(|(place, text)| (!text.is_empty()).then(|| draw(*place))).collect()
            }
        })
    }

    /// `±1`; `None` where the reward channel says nothing.
    fn verdict<O>(&self, trajectory: &Trajectory<O>) -> Result<Option<f64>, TrainError> {
        let channel = trajectory.signals.require(&self.config.reward)?;
        let right = || if channel.sum() > 0.5 { 1.0 } else { -1.0 };
        Ok(channel.valid().contains(&true).then(right))
    }
}

/// The tokens that the policy wrote.
fn text<O>(trajectory: &Trajectory<O>) -> Vec<u32> {
    let tokens = trajectory.tokens.iter().zip(trajectory.policy_mask());
    tokens.filter(|(_, own)| *own).map(|(token, _)| *token).collect()
}

/// Last-layer features `Φ` of every trajectory, `[width]` each; `None` where no token was drawn.
pub(crate) fn features<E: TokenEnvironment + 'static, M: SequenceModel>(
    view: &View<'_, TokenAgent<E, M>>,
) -> Result<Vec<Option<Vec<f64>>>, TrainError> {
    let words = view.model.vocabulary();
    let matrix = host(view.model.head_matrix(view.agent.device()))?;
    let lengths: Vec<usize> = view.decisions().map(|decisions| decisions.len()).collect();
    // Realised minus expected counts of each token, [V] a trajectory.
    let mut surplus = vec![vec![0.0; words]; lengths.len()];
    each_next_token(view, |trajectory, next| {
        for (token, log_prob) in next.support() {
            surplus[trajectory][token] -= libm::exp(log_prob);
        }
        surplus[trajectory][next.drawn] += 1.0;
        Ok(())
    })?;
    let feature = |(surplus, length): (&Vec<f64>, usize)| {
        let row = |row: &[f32]| row.iter().zip(surplus).map(|(e, s)| f64::from(*e) * s).sum::<f64>();
        (length > 0).then(|| matrix.chunks_exact(words).map(|e| row(e) / length as f64).collect())
    };
    Ok(surplus.iter().zip(lengths).map(feature).collect())
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> ModelScorer<TokenAgent<E, M>> for Exploration {
    fn name(&self) -> &str {
        &self.config.channel
    }

    fn score(
        &mut self,
        view: &View<'_, TokenAgent<E, M>>,
        batch: &mut Batch<()>,
    ) -> Result<ScoreReport, TrainError> {
        let features = features(view)?;
        let mut shaped: Vec<Option<f64>> = vec![None; features.len()];
        let (mut pairs, mut without_direction, mut without_verdict) = (Vec::new(), 0, 0);
        let mut first = 0_usize;
        for group in &batch.groups {
            // What nothing is known of is no reference either: the group is what remains.
            let (mut places, mut rewards, mut texts) = (Vec::new(), Vec::new(), Vec::new());
            for (place, member) in (first..).zip(group.members()) {
                match self.verdict(member)? {
                    None => without_verdict += 1,
                    Some(reward) => {
                        places.push(place);
                        rewards.push(reward);
                        texts.push(text(member));
                    }
                }
            }
            first += group.members().len();
            let own: Vec<Option<&[f64]>> = places.iter().map(|place| features[*place].as_deref()).collect();
            let similarities = Similarities::of(&own)?;
            without_direction += (0..own.len()).filter(|i| !similarities.is_known(*i)).count();
            pairs.extend(similarities.pairs());
            let novelty = self.novelty(view, (&places, &rewards), &similarities, &texts)?;
            let mut out = vec![0.0; rewards.len()];
            self.config.rule().shape(&rewards, &novelty, &mut out)?;
            for (place, value) in places.into_iter().zip(out) {
                shaped[place] = Some(value);
            }
        }
        let mut report = ScoreReport::default();
        report.count("without_direction", without_direction as u64);
        report.count("without_verdict", without_verdict);
        if !pairs.is_empty() {
            let n = pairs.len() as f64;
            report.metric("similarity", pairs.iter().sum::<f64>() / n);
            report.metric("opposed", pairs.iter().filter(|cosine| **cosine < 0.0).count() as f64 / n);
        }
        for (trajectory, reward) in batch.trajectories_mut().zip(shaped) {
            let (value, valid) = (vec![reward.unwrap_or_default()], vec![reward.is_some()]);
            trajectory.add_channel(Channel::masked(
                &self.config.channel,
                Level::Trajectory,
                value,
                valid,
            )?)?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
