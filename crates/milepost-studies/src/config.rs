use serde::{Deserialize, Serialize};

use crate::chain_rl::{ChainRl, CollapsePrior};
use crate::flow_rl::FlowRl;
use crate::implicit_rewards::ImplicitRewards;
use crate::metrics_zoo::MetricsZoo;
use crate::mira::Mira;
use crate::offline_rl::OfflineRl;
use crate::overopt::Overopt;
use crate::par::Par;
use crate::qd_sparse::QdSparse;
use crate::reward_distance::RewardDistance;
use crate::robo_dopamine::RoboDopamine;
use crate::robo_dopamine_grm::RoboDopamineGrm;
use crate::rule_db_data::RuleDbData;
use crate::ss_orl::{SsOrl, SsOrlGrid};
use crate::step_variance::StepVariance;
use crate::webarbiter::WebArbiter;
use crate::{Context, Metric, Recorder, Study, StudyError};

/// A study as an experiment file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant, reason = "one study a run: boxing would save nothing that matters")]
pub enum StudyConfig {
    /// Which reward makes the most of a policy whose errors are known?
    ChainRl(ChainRl),
    /// Does the collapse of label-free training tell how much labels would teach?
    CollapsePrior(CollapsePrior),
    /// Which credit and which noise for a flow's denoising steps?
    FlowRl(FlowRl),
    /// Do implicit process rewards say which step was good?
    ImplicitRewards(ImplicitRewards),
    /// How far is a reward from the true one, and how much does it cost to believe it?
    RewardDistance(RewardDistance),
    /// What should stand between a reward model and the algorithm that trains on it?
    Par(Par),
    /// How far can a reward model be optimised before gold falls?
    Overopt(Overopt),
    /// Which form of progress may be paid?
    RoboDopamine(RoboDopamine),
    /// What makes a learned judge of hops good?
    RoboDopamineGrm(RoboDopamineGrm),
    /// Which number about a judge of progress tells how well a policy learns from it?
    MetricsZoo(MetricsZoo),
    /// Which way of making tasks gives the best demonstrations?
    RuleDbData(RuleDbData),
    /// Which learner makes the most of which data?
    OfflineRl(OfflineRl),
    /// How much of the value of missing actions do labels recover?
    SsOrl(SsOrl),
    /// The same on a gridworld with choices.
    SsOrlGrid(SsOrlGrid),
    /// Can a search that ignores rewards find them, and exploit them when found?
    QdSparse(QdSparse),
    /// Do milestones that a checker detects make a dense reward that helps on long tasks?
    Mira(Mira),
    /// Does a judge of actions judge better if it says why first?
    WebArbiter(WebArbiter),
    /// How noisy is credit from whole trajectories, relative to that from one step?
    StepVariance(StepVariance),
}

impl StudyConfig {
    fn study(&self) -> &dyn Study {
        match self {
            Self::ChainRl(study) => study,
            Self::CollapsePrior(study) => study,
            Self::FlowRl(study) => study,
            Self::ImplicitRewards(study) => study,
            Self::RewardDistance(study) => study,
            Self::Par(study) => study,
            Self::Overopt(study) => study,
            Self::RoboDopamine(study) => study,
            Self::RoboDopamineGrm(study) => study,
            Self::MetricsZoo(study) => study,
            Self::RuleDbData(study) => study,
            Self::OfflineRl(study) => study,
            Self::SsOrl(study) => study,
            Self::SsOrlGrid(study) => study,
            Self::QdSparse(study) => study,
            Self::Mira(study) => study,
            Self::WebArbiter(study) => study,
            Self::StepVariance(study) => study,
        }
    }
}

impl Study for StudyConfig {
    fn metrics(&self) -> Vec<Metric> {
        self.study().metrics()
    }
    fn validate(&self) -> Result<(), StudyError> {
        self.study().validate()
    }
    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        self.study().run(context, recorder)
    }
}
