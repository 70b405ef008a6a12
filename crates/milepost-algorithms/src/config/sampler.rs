use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::sampling::refine::Redo;

/// Which trajectories are drawn. All kinds but the first two are for policies over tokens, and ask the world for
/// [`SamplerAids`](crate::SamplerAids).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum SamplerConfig {
    /// Fixed-length segments of episodes that go on from one iteration to the next, as PPO wants them.
    Segments {
        /// Environments stepped side by side.
        environments: usize,
        /// Steps of each environment in one iteration.
        steps: usize,
    },
    /// Whole episodes, several on each task, as group baselines want them.
    Groups {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes on each task.
        group_size: usize,
    },
    /// Several candidates for each next turn, all trained, one of which goes on
    /// ([`StepTree`](crate::sampling::StepTree); SLATE, arXiv 2602.23440). A group is a step, and its reward is
    /// in the channel [`STEP_VALUE`](crate::sampling::tree::STEP_VALUE). With one candidate there is nothing to
    /// compare, and the batch is that of plain groups.
    StepTree {
        /// Tasks in one iteration.
        tasks: usize,
        /// Trees on each task.
        trees: usize,
        /// Candidates of each step (`k`).
        candidates: u32,
        /// Temperature of the winner's draw (`η`).
        #[serde(default = "winner_temperature")]
        temperature: f64,
        /// What an early answer gains (`λ`).
        #[serde(default = "early_bonus")]
        early_bonus: f64,
        /// Who rates the candidates.
        #[serde(default)]
        judge: JudgeConfig,
    },
    /// Plain groups of whole episodes, each turn of which is rated as a step tree rates its candidates
    /// ([`RatedGroups`](crate::sampling::RatedGroups)). The value of each turn is in the channel
    /// [`STEP_VALUE`](crate::sampling::tree::STEP_VALUE).
    RatedGroups {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes on each task.
        group_size: usize,
        /// What an early answer gains (`λ`).
        #[serde(default = "early_bonus")]
        early_bonus: f64,
        /// Who rates the turns.
        #[serde(default)]
        judge: JudgeConfig,
    },
    /// A failed call is repaired, and the repair put in its place
    /// ([`Rollback`](crate::sampling::Rollback); CLEANER, arXiv 2601.15141).
    Rollback {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes on each task.
        group_size: usize,
        /// Attempts at one failure (`K`).
        #[serde(default = "retries")]
        retries: u32,
        /// Probability that rollback is on for a trajectory.
        #[serde(default = "one")]
        probability: f64,
        /// Attempts in one trajectory.
        #[serde(default = "cap")]
        cap: u32,
        /// From which similarity on a repair keeps the thought (`γ_s`).
        #[serde(default = "threshold")]
        threshold: f64,
        /// What the policy reads before its second and later attempts at one failure, in the world's words.
        #[serde(default)]
        again: String,
    },
    /// A finished draft is accepted, or cut and written anew from there
    /// ([`Refine`](crate::sampling::Refine); Search-R2, arXiv 2602.03647).
    Refine {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes on each task.
        group_size: usize,
        /// How often a draft may be revised.
        rounds: u32,
        /// Who decides.
        #[serde(default)]
        reviewer: ReviewerConfig,
        /// Of an oracle: the probability that it errs, that is, accepts what failed or cuts what is right, and that
        /// the cut falls anywhere.
        #[serde(default)]
        noise: f64,
        /// Of a random reviewer: the share of drafts that it cuts.
        #[serde(default = "revised_share")]
        share: f64,
        /// What becomes of a draft that is to be revised.
        #[serde(default)]
        redo: Redo,
        /// Of the policy: whether its decisions are trained, each with the advantage of the trajectory that it led
        /// to. If not they are drawn and left alone, and the rest is trained as if there were none.
        #[serde(default = "yes")]
        train_meta: bool,
    },
    /// Where a whole group fails, some members are drawn again with a hint
    /// ([`HintRescue`](crate::sampling::HintRescue); KEPO, arXiv 2602.00400).
    HintRescue {
        /// The sampler whose groups are rescued: of whole episodes, one group a task.
        inner: Box<SamplerConfig>,
        /// Completions under one hint (`M`); fewer than members of a group.
        #[serde(default = "completions")]
        completions: u32,
        /// Hints tried for a group.
        #[serde(default = "attempts")]
        attempts: u32,
    },
    /// Of several candidates for a turn the one that is rated highest is taken
    /// ([`BestOfN`](crate::sampling::BestOfN); as in WebArbiter, arXiv 2601.21872).
    BestOfN {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes on each task.
        group_size: usize,
        /// Candidates of each turn (`n`).
        candidates: u32,
        /// Who rates the candidates.
        #[serde(default)]
        judge: JudgeConfig,
    },
    /// More episodes than are trained on: those with the fewest turns that failed are kept
    /// ([`Supersample`](crate::sampling::Supersample); a baseline of CLEANER, arXiv 2601.15141).
    Supersample {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes kept of each task.
        group_size: usize,
        /// How many times as many are drawn.
        #[serde(default = "twice")]
        factor: u32,
    },
}

/// Who decides whether a finished draft is accepted, and where it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewerConfig {
    /// An oracle: it accepts what solved its task, and cuts before the first turn that the world's judge calls a
    /// mistake.
    #[default]
    Oracle,
    /// The policy itself, which writes a decision under the draft, in words that the world keeps for it.
    Policy,
    /// Nobody who looks at it: drafts and cuts are chosen at random.
    Random,
}

/// A judge made from the world's own oracle, as good as these numbers make it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct JudgeConfig {
    /// Share of verdicts that are replaced by any of the judge's values, each as likely.
    pub noise: f64,
    /// Share of the questions on which it abstains.
    pub abstains: f64,
    /// Tokens that each verdict is charged for.
    pub tokens: u64,
}

const fn revised_share() -> f64 {
    0.3
}
const fn yes() -> bool {
    true
}
const fn winner_temperature() -> f64 {
    0.7
}
const fn early_bonus() -> f64 {
    0.1
}
const fn retries() -> u32 {
    3
}
const fn one() -> f64 {
    1.0
}
const fn cap() -> u32 {
    30
}
const fn threshold() -> f64 {
    0.5
}
const fn completions() -> u32 {
    2
}
const fn twice() -> u32 {
    2
}
const fn attempts() -> u32 {
    5
}

impl SamplerConfig {
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let (a, b) = match self {
            Self::Segments { environments, steps } => (("environments", *environments), ("steps", *steps)),
            Self::StepTree { tasks, trees, .. } => (("tasks", *tasks), ("trees", *trees)),
            Self::HintRescue { inner, .. } => {
                inner.validate()?;
                (("inner.tasks", inner.tasks()), ("inner.group-size", inner.group_size()))
            }
            _ => (("tasks", self.tasks()), ("group-size", self.group_size())),
        };
        for (key, value) in [a, b] {
            at_least_one(key, value as u64)?;
        }
        match self {
            Self::Segments { .. } | Self::Groups { .. } => Ok(()),
            Self::StepTree { candidates, temperature, early_bonus, judge, .. } => {
                at_least_one("candidates", u64::from(*candidates))?;
                within("temperature", *temperature, 0.0, f64::MAX, "finite and not negative")?;
                within("early-bonus", *early_bonus, f64::MIN, f64::MAX, "finite")?;
                judge.validate()
            }
            Self::RatedGroups { early_bonus, judge, .. } => {
                within("early-bonus", *early_bonus, f64::MIN, f64::MAX, "finite")?;
                judge.validate()
            }
            Self::BestOfN { candidates, judge, .. } => {
                at_least_one("candidates", u64::from(*candidates))?;
                judge.validate()
            }
            Self::Supersample { factor, .. } => at_least_one("factor", u64::from(*factor)),
            Self::Rollback { probability, threshold, .. } => {
                share("probability", *probability)?;
                within("threshold", *threshold, 0.0, f64::MAX, "finite and not negative")
            }
            Self::Refine { noise, share: revised, .. } => {
                share("noise", *noise)?;
                share("share", *revised)
            }
            Self::HintRescue { inner, completions, .. } => {
                if !inner.draws_one_group_a_task() || matches!(**inner, Self::HintRescue { .. }) {
                    return refuse(format!(
                        "`sampler.inner.kind` is {}; hints rescue one group of whole episodes a task: use groups, \
                         rollback, refine or best-of-n",
                        inner.kind()
                    ));
                }
                if inner.trains_decisions() {
                    return refuse(
                        "`sampler.inner.train-meta` is true; a rescue replaces trajectories whose decisions would be \
                         trained: set it to false"
                            .into(),
                    );
                }
                if *completions == 0 || *completions as usize >= inner.group_size() {
                    return refuse(format!(
                        "`sampler.completions` is {completions}; it must be at least 1 and less than \
                         `sampler.inner.group-size`, which is {}",
                        inner.group_size()
                    ));
                }
                Ok(())
            }
        }
    }

    /// Its kind as it stands in a file.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Segments { .. } => "segments",
            Self::Groups { .. } => "groups",
            Self::StepTree { .. } => "step-tree",
            Self::RatedGroups { .. } => "rated-groups",
            Self::Rollback { .. } => "rollback",
            Self::Refine { .. } => "refine",
            Self::HintRescue { .. } => "hint-rescue",
            Self::BestOfN { .. } => "best-of-n",
            Self::Supersample { .. } => "supersample",
        }
    }

    /// Tasks in one iteration; for segments, environments.
    #[must_use]
    pub fn tasks(&self) -> usize {
        match self {
            Self::Segments { environments, .. } => *environments,
            Self::Groups { tasks, .. }
            | Self::StepTree { tasks, .. }
            | Self::RatedGroups { tasks, .. }
            | Self::Rollback { tasks, .. }
            | Self::Refine { tasks, .. }
            | Self::BestOfN { tasks, .. }
            | Self::Supersample { tasks, .. } => *tasks,
            Self::HintRescue { inner, .. } => inner.tasks(),
        }
    }

    /// Episodes on each task; for segments, one.
    #[must_use]
    pub fn group_size(&self) -> usize {
        match self {
            Self::Segments { .. } => 1,
            Self::StepTree { trees, .. } => *trees,
            Self::Groups { group_size, .. }
            | Self::RatedGroups { group_size, .. }
            | Self::Rollback { group_size, .. }
            | Self::Refine { group_size, .. }
            | Self::BestOfN { group_size, .. }
            | Self::Supersample { group_size, .. } => *group_size,
            Self::HintRescue { inner, .. } => inner.group_size(),
        }
    }

    /// How many episodes are drawn side by side.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.tasks() * self.group_size()
    }

    /// The reward channels that the sampler itself writes.
    #[must_use]
    pub const fn channels(&self) -> &'static [&'static str] {
        if self.compares_steps() || matches!(self, Self::RatedGroups { .. }) {
            &[milepost_sampling::tree::STEP_VALUE]
        } else {
            &[]
        }
    }

    /// Whether a group holds the candidates of one step, and not the episodes of one task.
    #[must_use]
    pub const fn compares_steps(&self) -> bool {
        matches!(self, Self::StepTree { candidates, .. } if *candidates > 1)
    }

    /// Whether decisions of the policy on its own drafts are trained beside the trajectories.
    #[must_use]
    pub const fn trains_decisions(&self) -> bool {
        matches!(self, Self::Refine { reviewer: ReviewerConfig::Policy, train_meta: true, .. })
    }

    /// Whether it draws one group a task, of whole episodes without channels of the sampler's own.
    pub(crate) const fn draws_one_group_a_task(&self) -> bool {
        !matches!(self, Self::Segments { .. } | Self::StepTree { .. } | Self::RatedGroups { .. })
    }

    /// The same sampler with `size` episodes on each task; a rescue of a single episode is none.
    pub(crate) fn with_group_size(&self, size: usize) -> Self {
        let mut resized = self.clone();
        match &mut resized {
            Self::Segments { .. } => {}
            Self::StepTree { trees: group_size, .. }
            | Self::Groups { group_size, .. }
            | Self::RatedGroups { group_size, .. }
            | Self::Rollback { group_size, .. }
            | Self::Refine { group_size, .. }
            | Self::BestOfN { group_size, .. }
            | Self::Supersample { group_size, .. } => *group_size = size,
            Self::HintRescue { inner, .. } if size < 2 => return inner.with_group_size(size),
            Self::HintRescue { inner, completions, .. } => {
                **inner = inner.with_group_size(size);
                *completions = (*completions).min(size as u32 - 1);
            }
        }
        resized
    }
}

impl JudgeConfig {
    fn validate(&self) -> Result<(), TrainError> {
        share("judge.noise", self.noise)?;
        share("judge.abstains", self.abstains)
    }
}

fn refuse<T>(reason: String) -> Result<T, TrainError> {
    Err(TrainError::Config { reason })
}

fn at_least_one(key: &str, value: u64) -> Result<(), TrainError> {
    if value > 0 { Ok(()) } else { refuse(format!("`sampler.{key}` is 0; it must be at least 1")) }
}

fn share(key: &str, value: f64) -> Result<(), TrainError> {
    within(key, value, 0.0, 1.0, "from 0 to 1")
}

fn within(key: &str, value: f64, low: f64, high: f64, range: &str) -> Result<(), TrainError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    refuse(format!("`sampler.{key}` is {value}; it must be {range}"))
}
