use milepost_core::Probe;

use super::TextQuest;

/// Records what the engine says of a state or of the turn that led to it, for rewards that are computed from it on
/// purpose. Before the first reset it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestProbe {
    /// TextWorld's intermediate reward of the turn, −1, 0 or 1, as `intermediate-reward`; 0 before the first turn.
    ///
    /// A turn that was not carried out is 0. TextWorld reports the reward of the turn before once more; a policy
    /// that is paid so learns to earn one reward and then to talk nonsense.
    IntermediateReward,
    /// Steps of the game's plan, as `possible-rewards`.
    PossibleRewards,
    /// Share of the plan's steps that are achieved, from 0 to 1, as `quest-progress`: a potential.
    Progress,
}

impl QuestProbe {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::IntermediateReward, Self::PossibleRewards, Self::Progress];
}

impl Probe<TextQuest> for QuestProbe {
    fn name(&self) -> &str {
        match self {
            Self::IntermediateReward => "intermediate-reward",
            Self::PossibleRewards => "possible-rewards",
            Self::Progress => "quest-progress",
        }
    }

    fn read(&mut self, environment: &TextQuest) -> f64 {
        let steps = environment.plan_length();
        match self {
            Self::IntermediateReward => f64::from(environment.intermediate_reward()),
            Self::PossibleRewards => steps as f64,
            Self::Progress => environment.steps_achieved() as f64 / steps.max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quest_env::TextQuestConfig;
    use milepost_core::{Demonstrator, Environment, TaskSeed};

    #[test]
    fn the_expert_s_turns_are_all_intermediate_rewards_and_its_progress_ends_at_one() {
        let mut quest = TextQuest::new(TextQuestConfig::default()).expect("valid");
        for seed in 0..20 {
            quest.reset(TaskSeed::literal(seed)).expect("a game");
            let read = |probe: QuestProbe, quest: &TextQuest| {
                let mut probe = probe;
                probe.read(quest)
            };
            let possible = read(QuestProbe::PossibleRewards, &quest);
            assert_eq!(read(QuestProbe::IntermediateReward, &quest), 0.0);
            let mut gained = 0.0;
            while let Some(turn) = quest.expert_turn() {
                quest.step(&turn).expect("still running");
                gained += read(QuestProbe::IntermediateReward, &quest);
            }
            assert_eq!(gained, possible, "seed {seed}");
            assert_eq!(read(QuestProbe::Progress, &quest), 1.0, "seed {seed}");
        }
    }

    #[test]
    fn nonsense_after_a_reward_is_not_paid_again() {
        let mut quest = TextQuest::new(TextQuestConfig::default()).expect("valid");
        quest.reset(TaskSeed::literal(1)).expect("a game");
        let turn = quest.expert_turn().expect("a plan");
        quest.step(&turn).expect("running");
        assert_eq!(QuestProbe::IntermediateReward.read(&quest), 1.0);
        quest.step(&vec![3, 3, 3]).expect("nonsense is answered");
        assert_eq!(QuestProbe::IntermediateReward.read(&quest), 0.0);
    }
}
