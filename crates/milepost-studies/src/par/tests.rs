use milepost_policies::DeviceChoice;

use super::*;
use crate::Memory;

fn tiny(transform: TransformConfig, algorithm: Algorithm) -> Par {
    let base = BasePolicy {
        network: NetworkSize { width: 8, layers: 1 },
        examples: 64,
        epochs: 1,
        ..BasePolicy::default()
    };
    Par {
        transform,
        algorithm,
        base,
        reward_network: base.network,
        pairs: 64,
        pair_epochs: 1,
        iterations: 3,
        prompts: 2,
        evaluate_every: 1,
        evaluation_prompts: 8,
        ..Par::default()
    }
}

fn run(study: &Par) -> Memory {
    Memory::of(study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_records() {
    let study = tiny(TransformConfig::Par { k: 1.0 }, Algorithm::Ppo);
    let context = Context { seed: 3, device: DeviceChoice::Cpu };
    let (memory, resumed) = crate::memory::interrupting::run(&study, &context, 2);
    assert_eq!((memory, resumed), (run(&study), 1));
}

#[test]
fn every_arm_runs_and_the_same_seed_records_the_same_bytes() {
    for (transform, algorithm) in [
        (TransformConfig::Vanilla, Algorithm::Ppo),
        (TransformConfig::Par { k: 1.0 }, Algorithm::Ppo),
        (TransformConfig::Meanstd, Algorithm::Grpo),
    ] {
        let study = tiny(transform, algorithm);
        assert_eq!(run(&study), run(&study));
    }
}

#[test]
fn centring_is_invisible_to_group_normalised_training() {
    let [plain, centred] = [TransformConfig::Vanilla, TransformConfig::Centered]
        .map(|transform| run(&Par { kl: 0.0, ..tiny(transform, Algorithm::Grpo) }));
    for ((_, a), (_, b)) in plain.points.iter().zip(&centred.points) {
        for ((name, a), (_, b)) in a.iter().zip(b) {
            assert!((a - b).abs() < 1e-3, "{name}: {a} {b}");
        }
    }
}

#[test]
fn a_study_without_references_where_they_are_needed_is_refused() {
    let none = Par { references: 0, ..tiny(TransformConfig::Par { k: 1.0 }, Algorithm::Ppo) };
    none.validate().expect_err("no references");
}
