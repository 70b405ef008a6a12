use std::convert::Infallible;

use milepost_core::{
    Batch, Demonstrator, DrawnTurn, Group, Probe, Provenance, Purpose, Stream, StreamKey, TaskSeed, Version,
};

use crate::episode::{Episode, Piece};
use crate::{SamplerSettings, SamplingError, TokenLedger, TokenRollout};

/// Plays one episode on each task as the world's own expert would, a share `noise` of its turns drawn at random.
///
/// The turns stand in the trajectories as [`Provenance::Demonstrated`]: they are trained on, and no policy drew
/// them, so that their log-probabilities are 0 and the ledger stays empty. Draws come from a stream of their own.
pub fn demonstrate<E: Demonstrator>(
    prototype: &E,
    tasks: &[(u64, TaskSeed)],
    noise: f64,
    probes: &mut [Box<dyn Probe<E>>],
    settings: &SamplerSettings,
) -> Result<TokenRollout, SamplingError<Infallible>> {
    settings.check()?;
    if !(0.0..=1.0).contains(&noise) {
        return Err(SamplingError::OutOfRange { name: "noise", value: noise, range: "in [0, 1]" });
    }
    let mut rollout = TokenRollout {
        batch: Batch { groups: Vec::with_capacity(tasks.len()) },
        episodes: Vec::with_capacity(tasks.len()),
        ledger: TokenLedger::default(),
        environment_steps: 0,
        truncated_contexts: 0,
        unrated: 0,
    };
    for task in tasks {
        let mut episode = Episode::start(prototype, *task, 0, Version(0), probes)?;
        if episode.environment.ending().is_some() {
            return Err(SamplingError::AlreadyOver { task: task.1 });
        }
        let ending = loop {
            let mut stream = Stream::new(StreamKey {
                run_seed: settings.run_seed,
                purpose: Purpose::named("demonstration"),
                task: 0,
                episode: task.0,
                step: episode.turns(),
            });
            let tokens = episode.environment.noisy_turn(noise, &mut stream);
            let (log_probs, allowed) = (vec![0.0; tokens.len()], vec![None; tokens.len()]);
            let drawn = DrawnTurn { tokens, log_probs, allowed };
            let piece = Piece { provenance: Provenance::Demonstrated, drawn: &drawn };
            rollout.environment_steps += 1;
            if let Some(ending) = episode.take_turn(&[piece], settings, probes)? {
                break ending;
            }
        };
        let (trajectory, summary) = episode.finish(ending)?;
        rollout.batch.groups.push(Group::new(vec![trajectory])?);
        rollout.episodes.push(summary);
    }
    Ok(rollout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContextRule;
    use crate::toy::Lock;

    fn tasks() -> Vec<(u64, TaskSeed)> {
        (0..40).map(|index| (index, TaskSeed::literal(index))).collect()
    }

    fn solved(noise: f64) -> usize {
        let lock = Lock::new(3).expect("short");
        let settings = SamplerSettings::training(1, ContextRule::full(99), 3);
        let rollout = demonstrate(&lock, &tasks(), noise, &mut [], &settings).expect("plays");
        for trajectory in rollout.batch.trajectories() {
            assert!(trajectory.policy_mask().iter().any(|trained| *trained));
        }
        assert_eq!(rollout.ledger.total(), 0);
        rollout.episodes.iter().filter(|episode| episode.success()).count()
    }

    #[test]
    fn an_expert_solves_every_task_and_noise_costs_some() {
        assert_eq!(solved(0.0), 40);
        let noisy = solved(1.0);
        assert!(noisy < 30, "{noisy}");
    }

    #[test]
    fn noise_must_be_a_probability() {
        let lock = Lock::new(3).expect("short");
        let settings = SamplerSettings::training(1, ContextRule::full(99), 3);
        for noise in [f64::NAN, -0.1, 1.5] {
            let refused = demonstrate(&lock, &tasks(), noise, &mut [], &settings);
            assert!(matches!(refused, Err(SamplingError::OutOfRange { name: "noise", .. })), "{noise}");
        }
    }
}
