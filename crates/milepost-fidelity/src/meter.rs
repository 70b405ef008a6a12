/// What an estimator spent beyond the recorded episodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Meter {
    /// Environment steps played.
    pub environment_steps: u64,
    /// States restored (clones of the full state).
    pub clones: u64,
    /// Episodes begun anew.
    pub resets: u64,
    /// Times a policy or model was asked.
    pub policy_evaluations: u64,
    /// Times a judge was asked.
    pub judge_calls: u64,
    /// Episodes that a learned part was fitted on.
    pub fitted_episodes: u64,
}

impl std::ops::AddAssign for Meter {
    fn add_assign(&mut self, other: Self) {
        self.environment_steps += other.environment_steps;
        self.clones += other.clones;
        self.resets += other.resets;
        self.policy_evaluations += other.policy_evaluations;
        self.judge_calls += other.judge_calls;
        self.fitted_episodes += other.fitted_episodes;
    }
}
