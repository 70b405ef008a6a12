//! Predictors of the return: exact, or learned from episodes of their own.

mod conjugate;
mod elman;
mod linear;
mod recurrent;
mod tabular;

use std::ops::Range;

use super::Key;
use super::shape::{self, Counters};
use crate::{Context, FidelityError, Meter, Needs};

use linear::Linear;
use recurrent::Recurrent;
use tabular::Tabular;

/// How a return is predicted from the beginning of an episode.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum PredictorKind {
    /// `ĝ_t = Σ_{k<t} r_k + Q_t(s_t, a_t)`, `ĝ_{−1} = V_0(s_0)`.
    Exact,
    /// The rewards so far and the mean reward-to-go per place and action over episodes of its own.
    Tabular {
        /// What a place is.
        key: Key,
        /// Episodes it is fitted on.
        episodes: usize,
    },
    /// `ĝ_t = b + Σ_{k≤t} w(place_k, a_k)` by ridge regression of whole returns: each step contributes by
    /// itself. Where places remember what was decided, the credit is shared between the decision and all
    /// places that remember it.
    Linear {
        /// What a place is.
        key: Key,
        /// Episodes it is fitted on.
        episodes: usize,
        /// Weight of `‖w‖²` against the mean squared error, greater than 0.
        ridge: f64,
    },
    /// The rewards so far and the reward-to-go predicted by a recurrent network of places and actions, trained
    /// to predict it at every step by gradient descent, one episode at a time.
    Recurrent {
        /// What a place is.
        key: Key,
        /// Episodes it is fitted on.
        episodes: usize,
        /// Hidden units.
        hidden: usize,
        /// Passes over the episodes.
        epochs: usize,
        /// Step size of the gradient descent, greater than 0; it falls linearly to 0 over the training.
        step_size: f64,
    },
}

/// A predictor with what it has learned. It is written and read as its [`PredictorKind`].
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(from = "PredictorKind", into = "PredictorKind")]
pub struct Predictor {
    kind: PredictorKind,
    learned: Option<Learned>,
}

#[derive(Debug, Clone, PartialEq)]
enum Learned {
    Tabular(Tabular),
    Linear(Linear),
    Recurrent(Recurrent),
}

impl From<PredictorKind> for Predictor {
    fn from(kind: PredictorKind) -> Self {
        Self { kind, learned: None }
    }
}

impl From<Predictor> for PredictorKind {
    fn from(predictor: Predictor) -> Self {
        predictor.kind
    }
}

impl Predictor {
    /// The exact one.
    #[must_use]
    pub fn exact() -> Self {
        PredictorKind::Exact.into()
    }

    /// What it is.
    pub const fn kind(&self) -> PredictorKind {
        self.kind
    }

    pub(super) fn name(&self) -> String {
        match self.kind {
            PredictorKind::Exact => "exact".into(),
            PredictorKind::Tabular { key, episodes } => format!("tabular({},n={episodes})", key.name()),
            PredictorKind::Linear { key, episodes, ridge } => {
                format!("linear({},n={episodes},ridge={ridge:e})", key.name())
            }
            PredictorKind::Recurrent { key, episodes, hidden, epochs, step_size } => {
                let key = key.name();
                format!("recurrent({key},n={episodes},hidden={hidden},epochs={epochs},step={step_size})")
            }
        }
    }

    pub(super) fn support(&self) -> String {
        match self.wants_episodes() {
            0 => "one sample of each outcome against the model's value".into(),
            episodes => format!("a return predictor fitted on {episodes} episodes"),
        }
    }

    pub(super) const fn needs(&self) -> Needs {
        let privileged = matches!(self.kind, PredictorKind::Exact);
        Needs { branch: false, critic: true, judge: false, hindsight: false, privileged }
    }

    pub(super) const fn wants_episodes(&self) -> usize {
        match self.kind {
            PredictorKind::Exact => 0,
            PredictorKind::Tabular { episodes, .. }
            | PredictorKind::Linear { episodes, .. }
            | PredictorKind::Recurrent { episodes, .. } => episodes,
        }
    }

    pub(super) fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        if self.wants_episodes() == 0 {
            return Ok(());
        }
        if context.batch.steps() == 0 {
            return Err(FidelityError::Empty { what: "the batch that a predictor is fitted on" });
        }
        self.learned = match self.kind {
            PredictorKind::Exact => None,
            PredictorKind::Tabular { key, .. } => Some(Learned::Tabular(Tabular::fit(context, key)?)),
            PredictorKind::Linear { key, ridge, .. } => {
                Some(Learned::Linear(Linear::fit(context, key, positive("ridge", ridge)?)))
            }
            PredictorKind::Recurrent { key, hidden, epochs, step_size, .. } => {
                let step_size = positive("step-size", step_size)?;
                Some(Learned::Recurrent(Recurrent::fit(context, key, hidden, epochs, step_size)?))
            }
        };
        meter.fitted_episodes += context.batch.episodes() as u64;
        Ok(())
    }

    /// `ĝ_t` of each step of an episode of the batch, `[steps]`; gives `ĝ_{−1}`.
    pub(super) fn predict(
        &self,
        context: &Context<'_>,
        steps: Range<usize>,
        out: &mut [f64],
        counters: &mut Counters,
    ) -> Result<f64, FidelityError> {
        let (batch, mut unseen) = (context.batch, 0);
        let start = match (&self.learned, self.kind) {
            (Some(Learned::Tabular(tabular)), _) => tabular.predict(context, steps.clone(), out, &mut unseen),
            (Some(Learned::Linear(linear)), _) => linear.predict(context, steps.clone(), out, &mut unseen),
            (Some(Learned::Recurrent(network)), _) => {
                network.predict(context, steps.clone(), out, &mut unseen)
            }
            (None, PredictorKind::Exact) => {
                let truth = context.truth()?;
                for (out, step) in out.iter_mut().zip(steps.clone()) {
                    *out = truth.q(batch.nodes[step], batch.actions[step]);
                }
                add_rewards_so_far(&batch.rewards[steps.clone()], out);
                truth.v(batch.nodes[steps.start])
            }
            (None, _) => {
                let estimator = format!("predictor {}", self.name());
                return Err(FidelityError::NotFitted { estimator });
            }
        };
        shape::count(counters, "unseen-by-predictor", unseen);
        Ok(start)
    }
}

/// Turns predictions of the reward-to-go from step `t` into predictions of the return: adds `Σ_{k<t} r_k`.
fn add_rewards_so_far(rewards: &[f64], predictions: &mut [f64]) {
    let mut so_far = 0.0;
    for (prediction, reward) in predictions.iter_mut().zip(rewards) {
        *prediction += so_far;
        so_far += reward;
    }
}

/// One number for a place and an action.
fn pair(context: &Context<'_>, key: Key, step: usize) -> (u64, u32) {
    (key.of(context, context.batch.nodes[step]), context.batch.actions[step])
}

fn positive(parameter: &'static str, value: f64) -> Result<f64, FidelityError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(FidelityError::Parameter { parameter, value, rule: "be finite and greater than 0" })
    }
}
