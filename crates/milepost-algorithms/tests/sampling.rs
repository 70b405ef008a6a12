//! What samplers promise.

mod common;

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Device;
use common::{Along, OneHot, network};
use milepost_algorithms::{Actor, SegmentSampler, draw_groups};
use milepost_core::{Encoder, Ending, Probe, Purpose, TaskSeed, Trajectory, Version};
use milepost_policies::Network;
use milepost_testkit::environment::Corridor;
use proptest::prelude::*;

struct World {
    model: Network,
    device: Device,
    encoder: Arc<dyn Encoder<u32>>,
}

impl World {
    fn new(seed: u64) -> Self {
        let device = Device::flex();
        Self { model: network(seed, &device).valid(), device, encoder: Arc::new(OneHot) }
    }

    fn actor(&self, run_seed: u64) -> Actor<'_, u32, Network> {
        Actor {
            model: &self.model,
            version: Version(0),
            device: &self.device,
            encoder: self.encoder.as_ref(),
            run_seed,
            purpose: Purpose::POLICY,
        }
    }
}

fn probes() -> Vec<Box<dyn Probe<Corridor>>> {
    vec![Box::new(Along)]
}

/// Joins the fragments of each slot, and returns (task, tokens, keys) of every whole episode.
fn episodes(trajectories: &[Trajectory<u32>]) -> Vec<(u32, TaskSeed, Vec<u32>, Vec<u64>)> {
    let mut episodes: Vec<(u32, TaskSeed, Vec<u32>, Vec<u64>)> = Vec::new();
    for t in trajectories {
        if t.first_step > 0 {
            let (_, task, tokens, keys) = episodes
                .iter_mut()
                .rev()
                .find(|(slot, ..)| *slot == t.slot)
                .expect("an episode starts before it goes on");
            assert_eq!((*task, tokens.len() as u32), (t.task, t.first_step));
            assert_eq!(keys.last(), t.state_keys.first(), "a fragment starts where the last one ended");
            tokens.extend(&t.tokens);
            keys.extend(&t.state_keys[1..]);
        } else {
            episodes.push((t.slot, t.task, t.tokens.clone(), t.state_keys.clone()));
        }
    }
    episodes.sort_by_key(|(slot, task, ..)| (*slot, *task));
    episodes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn cutting_segments_elsewhere_draws_the_same_episodes(seed in 0u64..1000, steps in 1usize..7) {
        let world = World::new(1);
        let draw = |steps: usize, calls: usize| {
            let mut sampler = SegmentSampler::new(&Corridor::default(), 3, steps, seed).expect("resets");
            let mut all = Vec::new();
            for _ in 0..calls {
                let rollout = sampler.sample(&world.actor(seed), &mut probes()).expect("samples");
                prop_assert_eq!(rollout.steps, 3 * steps as u64);
                prop_assert_eq!(rollout.batch.policy_tokens() as u64, rollout.steps);
                all.extend(rollout.batch.trajectories().cloned());
            }
            Ok(all)
        };
        let (fine, coarse) = (draw(steps, 12)?, draw(steps * 12, 1)?);
        prop_assert_eq!(episodes(&fine), episodes(&coarse));
    }

    #[test]
    fn a_group_shares_its_task_and_draws_differ(seed in 0u64..1000) {
        let world = World::new(2);
        let tasks = [(0, TaskSeed::train(seed, 0)), (1, TaskSeed::train(seed, 1))];
        let rollout = draw_groups(&Corridor::default(), &tasks, 16, &world.actor(seed), &mut probes())
            .expect("samples");
        prop_assert_eq!(rollout.batch.groups.len(), 2);
        for (group, (_, task)) in rollout.batch.groups.iter().zip(tasks) {
            prop_assert_eq!(group.task(), task);
            prop_assert_eq!(group.members().len(), 16);
            let first = &group.members()[0];
            prop_assert!(group.members().iter().all(|m| m.state_keys[0] == first.state_keys[0]));
            prop_assert!(group.members().iter().any(|m| m.tokens != first.tokens));
        }
    }

    #[test]
    fn a_groups_draws_do_not_depend_on_its_neighbours(seed in 0u64..1000) {
        let world = World::new(2);
        let tasks = [(0, TaskSeed::train(seed, 0)), (1, TaskSeed::train(seed, 1))];
        let draw = |tasks: &[(u64, TaskSeed)]| {
            draw_groups(&Corridor::default(), tasks, 4, &world.actor(seed), &mut probes()).expect("samples")
        };
        let (both, second) = (draw(&tasks), draw(&tasks[1..]));
        let tokens = |t: &Trajectory<u32>| t.tokens.clone();
        let a: Vec<_> = both.batch.groups[1].members().iter().map(tokens).collect();
        let b: Vec<_> = second.batch.groups[0].members().iter().map(tokens).collect();
        prop_assert_eq!(a, b);
    }

    #[test]
    fn a_sampler_restored_in_the_middle_goes_on_exactly(seed in 0u64..1000, before in 1usize..5) {
        let world = World::new(3);
        let make = || SegmentSampler::new(&Corridor::default(), 4, 5, seed).expect("resets");
        let mut sampler = make();
        for _ in 0..before {
            sampler.sample(&world.actor(seed), &mut probes()).expect("samples");
        }
        let mut restored = make();
        restored.restore(&Corridor::default(), sampler.state()).expect("fits");
        let a = sampler.sample(&world.actor(seed), &mut probes()).expect("samples");
        let b = restored.sample(&world.actor(seed), &mut probes()).expect("samples");
        prop_assert_eq!(a.batch, b.batch);
        prop_assert_eq!(a.episodes, b.episodes);
    }
}

#[test]
fn only_the_last_fragment_of_a_segment_is_cut() {
    let world = World::new(1);
    let mut sampler = SegmentSampler::new(&Corridor::default(), 2, 50, 9).expect("resets");
    let rollout = sampler.sample(&world.actor(9), &mut probes()).expect("samples");
    let cut = rollout.batch.trajectories().filter(|t| matches!(t.ending, Ending::Cut(_))).count();
    assert!(cut <= 2);
    let ended = rollout.batch.trajectories().filter(|t| t.ending.ends_episode()).count();
    assert_eq!(ended, rollout.episodes.len());
    for t in rollout.batch.trajectories() {
        assert_eq!(t.records.get("progress").map(<[f64]>::len), Some(t.turns.len() + 1));
    }
}
