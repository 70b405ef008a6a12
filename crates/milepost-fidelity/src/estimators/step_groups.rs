//! Steps compared with the steps of other episodes that start from the same place.

use milepost_credit::{StepGroupsReport, TurnBatch};

use super::shape::{self, Counters};
use super::{Key, Normalization};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Intervention,
    Meter, Needs, PreState, Unit,
};

/// The part of the credit that compares whole episodes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum EpisodeTerm {
    /// There is none.
    Off,
    /// The relative return.
    On {
        /// What relative means.
        normalization: Normalization,
    },
}

/// GiGPO: `ĉ_t = A^E + ω·A^S_t·n/(n + κ)`.
///
/// `A^E` is the relative return of the episode; `A^S` the discounted reward-to-go relative to the `n` steps of
/// the batch that start from the same place, 0 for a step that is alone there (counted).
///
/// Source: arXiv 2505.10978; count shrinkage after ECPO, arXiv 2606.05885. Identities: `ω = 0` is GRPO; the
/// step part alone, keyed by time and state, only centred, has cell means that approach `A` as the batch grows.
/// Known failure: in small groups a rare action that was lucky is over-credited.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GiGpo {
    /// When two steps start from the same place.
    pub key: Key,
    /// The episode part.
    pub episode: EpisodeTerm,
    /// What relative means in a step group.
    pub step: Normalization,
    /// Weight `ω` of the step part.
    pub omega: f64,
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Count shrinkage `κ`, at least 0.
    pub shrinkage: f64,
}

impl CreditEstimator for GiGpo {
    fn name(&self) -> String {
        let Self { key, episode, step, omega, gamma, shrinkage } = self;
        format!(
            "gigpo(key={},episode={},step={},omega={omega},gamma={gamma},shrinkage={shrinkage})",
            key.name(),
            episode.name(),
            step.name()
        )
    }

    fn card(&self) -> CaIdCard {
        step_group_card()
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let rule = milepost_credit::GiGpo {
            episode: self.episode.normalization().rule(),
            step: self.step.rule(),
            omega: self.omega,
            gamma: self.gamma,
            shrinkage: self.shrinkage,
        };
        credit(context, self.key, self.episode, |batch, out| rule.assign(batch, out))
    }
}

/// HGPO: GiGPO's step part averaged over groups that share ever longer histories of states, level `k` with
/// weight `(k + 1)^α`.
///
/// Source: arXiv 2602.22817. Identity: `depth = 0` is GiGPO without shrinkage. Known failure: deep levels have
/// no company in small batches, so the credit falls back on the shallow ones.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hgpo {
    /// When two steps start from the same place.
    pub key: Key,
    /// The episode part.
    pub episode: EpisodeTerm,
    /// What relative means in a step group.
    pub step: Normalization,
    /// Weight `ω` of the step part.
    pub omega: f64,
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Earlier places at the deepest level.
    pub depth: usize,
    /// Exponent `α` of the weights, at least 0.
    pub alpha: f64,
}

impl CreditEstimator for Hgpo {
    fn name(&self) -> String {
        let Self { key, episode, step, omega, gamma, depth, alpha } = self;
        format!(
            "hgpo(key={},episode={},step={},omega={omega},gamma={gamma},depth={depth},alpha={alpha})",
            key.name(),
            episode.name(),
            step.name()
        )
    }

    fn card(&self) -> CaIdCard {
        step_group_card()
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let rule = milepost_credit::Hgpo {
            episode: self.episode.normalization().rule(),
            step: self.step.rule(),
            omega: self.omega,
            gamma: self.gamma,
            depth: self.depth,
            alpha: self.alpha,
        };
        credit(context, self.key, self.episode, |batch, out| rule.assign(batch, out))
    }
}

impl EpisodeTerm {
    /// The rule for returns; without an episode part all returns are given as 0, which every rule maps to 0.
    const fn normalization(self) -> Normalization {
        match self {
            Self::Off => Normalization::Mean,
            Self::On { normalization } => normalization,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Off => "off".into(),
            Self::On { normalization } => normalization.name(),
        }
    }
}

fn step_group_card() -> CaIdCard {
    CaIdCard {
        pre_state: PreState::Matched,
        intervention: Intervention::LogMatch,
        evidence: Evidence::ObservationalCausal,
        ..shape::log_card(
            Unit::Step,
            Contrast::Policy,
            "the steps of the batch that start from the same place",
        )
    }
}

/// Credits a batch by a rule of anchor groups.
fn credit(
    context: &Context<'_>,
    key: Key,
    episode: EpisodeTerm,
    rule: impl FnOnce(&TurnBatch<'_>, &mut [f64]) -> Result<StepGroupsReport, milepost_credit::CreditError>,
) -> Result<Estimate, FidelityError> {
    let (batch, mut counters) = (context.batch, Counters::new());
    let mut credit = vec![0.0; batch.steps()];
    if batch.episodes() == 0 {
        return Ok(Credit::Advantage(credit).into());
    }
    let anchors: Vec<u64> = batch.nodes.iter().map(|n| key.of(context, *n)).collect();
    let outcomes = match episode {
        EpisodeTerm::Off => vec![0.0; batch.episodes()],
        EpisodeTerm::On { .. } => batch.returns(),
    };
    let turns = TurnBatch {
        groups: &shape::one_group(batch),
        turns: &shape::rows(batch),
        outcomes: &outcomes,
        turn_rewards: &batch.rewards,
        anchors: &anchors,
    };
    let report = rule(&turns, &mut credit)?;
    if episode != EpisodeTerm::Off {
        shape::count_groups(&mut counters, report.episode);
    }
    shape::count(&mut counters, "zero-range-step-groups", report.step.zero_range);
    shape::count(&mut counters, "singleton-step-groups", report.step.dropped);
    Ok(Estimate { credit: Credit::Advantage(credit), counters })
}
