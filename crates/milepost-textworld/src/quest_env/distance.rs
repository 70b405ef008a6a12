use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use milepost_core::Probe;

use super::TextQuest;
use super::task::Task;
use crate::engine::{CommandId, Reply, Session};

/// Records `turns-to-win`: the fewest commands that win from a state, whatever time is left; infinity where the quest
/// cannot be won any more, NaN where it is not known.
///
/// Exact: every state of the game that can be reached is enumerated when the game is first met, so this is for
/// evaluation, on small games. A game of more than `most_states` states is not known, nor is a world before its
/// first reset.
#[derive(Debug)]
pub struct QuestDistance {
    most_states: usize,
    /// The last game met.
    solved: Option<Solved>,
}

#[derive(Debug)]
struct Solved {
    task: Arc<Task>,
    /// By the state's key; `None` for a game that is too large.
    to_go: Option<BTreeMap<u64, u32>>,
}

impl QuestDistance {
    /// For games of so many states at most.
    #[must_use]
    pub const fn new(most_states: usize) -> Self {
        Self { most_states, solved: None }
    }
}

impl Probe<TextQuest> for QuestDistance {
    fn name(&self) -> &'static str {
        "turns-to-win"
    }

    fn read(&mut self, environment: &TextQuest) -> f64 {
        let Some((task, session)) = environment.game() else { return f64::NAN };
        if self.solved.as_ref().is_none_or(|solved| !Arc::ptr_eq(&solved.task, task)) {
            let to_go = to_go(&task.start, self.most_states);
            self.solved = Some(Solved { task: Arc::clone(task), to_go });
        }
        match self.solved.as_ref().and_then(|solved| solved.to_go.as_ref()) {
            None => f64::NAN,
            Some(to_go) => to_go.get(&session.state_key()).map_or(f64::INFINITY, |turns| f64::from(*turns)),
        }
    }
}

/// The fewest commands to a win of every state from which there is one; `None` if there are more than `most` states.
fn to_go(start: &Session, most: usize) -> Option<BTreeMap<u64, u32>> {
    let mut numbers = BTreeMap::from([(start.state_key(), 0)]);
    let mut states = vec![start.clone()];
    // Which states lead to each.
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let mut at = 0;
    while at < states.len() {
        let state = states[at].clone();
        if !state.is_done() {
            let commands: Vec<CommandId> = state.admissible().collect();
            for command in commands {
                let mut next = state.clone();
                if !matches!(next.step_command(command), Reply::Done(_)) {
                    continue;
                }
                let number = *numbers.entry(next.state_key()).or_insert(states.len());
                if number == states.len() {
                    if states.len() == most {
                        return None;
                    }
                    states.push(next);
                    before.push(Vec::new());
                }
                before[number].push(at);
            }
        }
        at += 1;
    }
    let mut turns: Vec<Option<u32>> = states.iter().map(|state| state.is_won().then_some(0)).collect();
    let mut queue: VecDeque<(usize, u32)> =
        turns.iter().enumerate().filter_map(|(state, turns)| Some((state, (*turns)?))).collect();
    while let Some((state, far)) = queue.pop_front() {
        for earlier in &before[state] {
            if turns[*earlier].is_none() {
                turns[*earlier] = Some(far + 1);
                queue.push_back((*earlier, far + 1));
            }
        }
    }
    Some(numbers.into_iter().filter_map(|(key, number)| Some((key, turns[number]?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quest_env::TextQuestConfig;
    use milepost_core::{Demonstrator, Environment, Purpose, Stream, StreamKey, TaskSeed};

    fn quest(seed: u64) -> TextQuest {
        let config = r#"{ "family": { "kind": "quest", "rooms": 2, "objects": 3, "steps": 4 } }"#;
        let config: TextQuestConfig = serde_json::from_str(config).expect("a configuration");
        let mut quest = TextQuest::new(config).expect("words");
        quest.reset(TaskSeed::literal(seed)).expect("a game");
        quest
    }

    #[test]
    fn the_start_is_as_far_as_the_plan_is_long_and_its_steps_come_nearer_by_one() {
        let mut distance = QuestDistance::new(100_000);
        for seed in 0..12 {
            let mut quest = quest(seed);
            let mut left = quest.plan_length() as f64;
            assert_eq!(distance.read(&quest), left, "seed {seed}");
            while let Some(turn) = quest.expert_turn() {
                quest.step(&turn).expect("running");
                left -= 1.0;
                assert_eq!(distance.read(&quest), left, "seed {seed}");
            }
            assert_eq!(left, 0.0);
        }
    }

    #[test]
    fn no_turn_comes_nearer_by_more_than_one_and_some_turn_does_wherever_it_can_be_won() {
        let mut distance = QuestDistance::new(100_000);
        let mut stream = Stream::new(StreamKey::new(5, Purpose::named("distance")));
        for seed in 0..8 {
            let mut quest = quest(seed);
            let mut far = distance.read(&quest);
            while quest.ending().is_none() {
                let near = |turn: Vec<u32>, distance: &mut QuestDistance| {
                    let mut after = quest.clone();
                    after.step(&turn).expect("running");
                    distance.read(&after)
                };
                let turns: Vec<Vec<u32>> = (0..60).map(|_| quest.random_turn(&mut stream)).collect();
                let next: Vec<f64> = turns.iter().map(|turn| near(turn.clone(), &mut distance)).collect();
                assert!(next.iter().all(|next| *next >= far - 1.0));
                if far.is_finite() {
                    let expert = quest.expert_turn().map(|turn| near(turn, &mut distance));
                    let nearest = next.iter().copied().chain(expert).fold(f64::INFINITY, f64::min);
                    assert_eq!(nearest, far - 1.0);
                }
                quest.step(&turns[0]).expect("running");
                far = next[0];
            }
        }
    }

    #[test]
    fn a_game_that_is_too_large_is_not_known() {
        assert!(QuestDistance::new(3).read(&quest(0)).is_nan());
        let config = TextQuestConfig::default();
        assert!(QuestDistance::new(3).read(&TextQuest::new(config).expect("words")).is_nan());
    }
}
