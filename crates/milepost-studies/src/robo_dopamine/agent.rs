use milepost_core::Stream;
use milepost_microworlds::worlds::RiskyInsert;
use serde::{Deserialize, Serialize};

use super::exact::{ACTIONS, uniform};

/// How an agent learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// A softmax policy and a value for each position: generalised advantages (λ = 0.95), normalised over 8 episodes,
    /// policy and value steps of 0.1, entropy 0.01.
    #[default]
    ActorCritic,
    /// Q-learning (Watkins 1989) from 0, one random action in ten, step size `n^−0.6` after `n` visits.
    QLearning,
}

/// One step of an episode, as an agent is taught it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lesson {
    pub(super) position: usize,
    pub(super) action: usize,
    pub(super) reward: f64,
    pub(super) after: usize,
    /// Whether something follows `after` that counts.
    pub(super) bootstraps: bool,
}

const POSITIONS: usize = RiskyInsert::GOAL as usize;
const LAMBDA: f64 = 0.95;
const STEP: f64 = 0.1;
const ENTROPY: f64 = 0.01;
const EPISODES: usize = 8;
const EXPLORATION: f64 = 0.1;
const DECAY: f64 = 0.6;

/// A learner of ten positions and three actions.
#[derive(Debug)]
pub(super) enum Agent {
    ActorCritic { logits: [[f64; ACTIONS]; POSITIONS], values: [f64; POSITIONS], batch: Vec<Vec<Lesson>> },
    QLearning { values: [[f64; ACTIONS]; POSITIONS], visits: [[u32; ACTIONS]; POSITIONS] },
}

impl Agent {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::ActorCritic => Self::ActorCritic {
                logits: [[0.0; ACTIONS]; POSITIONS],
                values: [0.0; POSITIONS],
                batch: Vec::new(),
            },
            Algorithm::QLearning => {
                Self::QLearning { values: [[0.0; ACTIONS]; POSITIONS], visits: [[0; ACTIONS]; POSITIONS] }
            }
        }
    }

    /// The policy that is evaluated: the actor's, or the greedy one with ties drawn uniformly.
    pub(super) fn policy(&self, position: usize) -> [f64; ACTIONS] {
        match self {
            Self::ActorCritic { logits, .. } => softmax(&logits[position]),
            Self::QLearning { values, .. } => {
                let q = &values[position];
                let best = largest(q);
                uniform(&(0..ACTIONS as u32).filter(|action| q[*action as usize] >= best).collect::<Vec<_>>())
            }
        }
    }

    /// An action while learning.
    pub(super) fn act(&self, position: usize, stream: &mut Stream) -> usize {
        if matches!(self, Self::QLearning { .. }) && stream.uniform() < EXPLORATION {
            return stream.below(ACTIONS as u64) as usize;
        }
        stream.categorical(&self.policy(position)).unwrap_or(0)
    }

    /// Learns from an episode.
    pub(super) fn learn(&mut self, episode: Vec<Lesson>, discount: f64) {
        match self {
            Self::QLearning { values, visits } => {
                for Lesson { position, action, reward, after, bootstraps } in episode {
                    let following = if bootstraps { largest(&values[after]) } else { 0.0 };
                    visits[position][action] += 1;
                    let rate = libm::pow(f64::from(visits[position][action]), -DECAY);
                    values[position][action] +=
                        rate * (reward + discount * following - values[position][action]);
                }
            }
            Self::ActorCritic { logits, values, batch } => {
                batch.push(episode);
                if batch.len() == EPISODES {
                    improve(logits, values, &std::mem::take(batch), discount);
                }
            }
        }
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn softmax(logits: &[f64; ACTIONS]) -> [f64; ACTIONS] {
    let top = largest(logits);
    let weights = logits.map(|logit| libm::exp(logit - top));
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// One step of policy and values on a batch of episodes.
fn improve(
    logits: &mut [[f64; ACTIONS]; POSITIONS],
    values: &mut [f64; POSITIONS],
    batch: &[Vec<Lesson>],
    discount: f64,
) {
    let mut taught: Vec<(usize, usize, f64)> = Vec::new();
    for episode in batch {
        let mut advantage = 0.0;
        for lesson in episode.iter().rev() {
            let following = if lesson.bootstraps { values[lesson.after] } else { 0.0 };
            let surprise = lesson.reward + discount * following - values[lesson.position];
            advantage = surprise + discount * LAMBDA * advantage;
            taught.push((lesson.position, lesson.action, advantage));
        }
    }
    let n = taught.len() as f64;
    let mean = taught.iter().map(|lesson| lesson.2).sum::<f64>() / n;
    let deviation = (taught.iter().map(|lesson| (lesson.2 - mean).powi(2)).sum::<f64>() / n).sqrt();
    let policies = logits.map(|row| softmax(&row));
    let (mut gradient, mut error, mut count) =
        ([[0.0; ACTIONS]; POSITIONS], [0.0; POSITIONS], [0.0; POSITIONS]);
    for (position, action, advantage) in taught {
        let policy = &policies[position];
        let weight = (advantage - mean) / (deviation + 1e-8);
        let entropy: f64 = -policy.iter().map(|p| p * libm::log(*p)).sum::<f64>();
        for (other, p) in policy.iter().enumerate() {
            let chosen = f64::from(u8::from(other == action));
            gradient[position][other] += weight * (chosen - p) - ENTROPY * p * (libm::log(*p) + entropy);
        }
        error[position] += advantage;
        count[position] += 1.0;
    }
    let episodes = batch.len() as f64;
    for position in 0..POSITIONS {
        for action in 0..ACTIONS {
            logits[position][action] += STEP * gradient[position][action] / episodes;
        }
        if count[position] > 0.0 {
            // Positions that were seen often move by their mean error, rare ones by less.
            let rate = (STEP * count[position] / episodes).min(1.0);
            values[position] += rate * error[position] / count[position];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_learners_find_the_action_that_pays() {
        // In position 0, hold ends the episode with a reward of 1; anything else ends it with 0.
        let mut stream =
            Stream::new(milepost_core::StreamKey::new(0, milepost_core::Purpose::named("agent-test")));
        for algorithm in [Algorithm::ActorCritic, Algorithm::QLearning] {
            let mut agent = Agent::new(algorithm);
            for _ in 0..800 {
                let action = agent.act(0, &mut stream);
                let reward = f64::from(u8::from(action == 1));
                agent.learn(vec![Lesson { position: 0, action, reward, after: 0, bootstraps: false }], 0.9);
            }
            assert!(agent.policy(0)[1] > 0.9, "{algorithm:?} {:?}", agent.policy(0));
            assert_eq!(agent.policy(5), [1.0 / 3.0; 3], "never visited");
        }
    }
}
