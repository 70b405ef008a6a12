use milepost_core::Probe;

use super::difference::{Agreement, Difference};
use super::environment::RuleDb;
use super::task::RuleDbTask;

/// What rewards that are trained with may be computed from: the goal, and how far it is reached. No policy sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDbOracle<'a> {
    /// The task, its goal and solution included.
    pub task: &'a RuleDbTask,
    /// `Δ(start, now)`.
    pub made: Difference,
    /// `Δ(start, goal)`; of several goals that to which the state agrees most.
    pub wanted: Difference,
}

impl<'a> RuleDbOracle<'a> {
    /// Reads the current state; `None` before the first reset.
    #[must_use]
    pub fn of(environment: &'a RuleDb) -> Option<Self> {
        let episode = environment.episode()?;
        let task = &*episode.task;
        let made = Difference::between(&task.start, &episode.state);
        Some(Self { task, made, wanted: task.wanted(&episode.state) })
    }

    /// How far the changes made are those wanted.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        self.made.agreement(&self.wanted)
    }
}

/// What evaluation believes about an episode. Kept apart by type from [`RuleDbOracle`], which training may read:
/// nothing here turns into a reward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleDbGold {
    /// Whether the end was said in the goal.
    pub success: bool,
    /// Whether the state is the goal, said or not.
    pub exact: bool,
    /// `F` of the state.
    pub f1: f64,
    /// Changes that nobody wanted.
    pub collateral: usize,
    /// Calls made.
    pub calls: u32,
    /// Calls that a rule or the schema rejected.
    pub rejected: u32,
    /// Turns that could not be understood.
    pub malformed: u32,
}

impl RuleDbGold {
    /// Reads the current episode; `None` before the first reset.
    #[must_use]
    pub fn of(environment: &RuleDb) -> Option<Self> {
        let episode = environment.episode()?;
        let agreement = episode.agreement();
        Some(Self {
            success: episode.ending.is_some_and(milepost_core::Ending::is_success),
            exact: episode.is_exact(),
            f1: agreement.f1(),
            collateral: agreement.collateral(),
            calls: episode.counts.calls,
            rejected: episode.counts.rejected,
            malformed: episode.counts.malformed,
        })
    }
}

/// Records how far the goal is reached, for rewards that are computed from it on purpose. Before the first reset it
/// is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleDbProbe {
    /// `F`, as `rule-db-f1`.
    F1,
    /// Recall, blind to collateral changes, as `rule-db-recall`.
    Recall,
    /// 1 in the goal, else 0, as `rule-db-exact`.
    Exact,
}

impl RuleDbProbe {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::F1, Self::Recall, Self::Exact];
}

impl Probe<RuleDb> for RuleDbProbe {
    fn name(&self) -> &str {
        match self {
            Self::F1 => "rule-db-f1",
            Self::Recall => "rule-db-recall",
            Self::Exact => "rule-db-exact",
        }
    }

    fn read(&mut self, environment: &RuleDb) -> f64 {
        let Some(episode) = environment.episode() else { return 0.0 };
        match self {
            Self::F1 => episode.agreement().f1(),
            Self::Recall => episode.agreement().recall(),
            Self::Exact => f64::from(u8::from(episode.is_exact())),
        }
    }
}
