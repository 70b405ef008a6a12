use milepost_policies::DeviceChoice;

use super::*;
use crate::Memory;

fn tiny(reward: RewardSource) -> ChainRl {
    let network = NetworkSize { width: 8, layers: 1 };
    ChainRl {
        base: BaseConfig { network, examples: 64, epochs: 1, ..BaseConfig::default() },
        reward,
        iterations: 3,
        prompts: 2,
        group: 4,
        evaluate_every: 1,
        evaluation_prompts: 4,
        samples: 2,
        ..ChainRl::default()
    }
}

fn run(study: &ChainRl) -> Memory {
    Memory::of(study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_reward_runs_and_the_same_seed_records_the_same_bytes() {
    for reward in [
        RewardSource::Outcome,
        RewardSource::Vote,
        RewardSource::Intrinsic { reward: IntrinsicKind::Probability },
        RewardSource::Exploration(ExplorationConfig::default()),
    ] {
        let study = tiny(reward);
        assert_eq!(run(&study), run(&study));
    }
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_records() {
    let study = tiny(RewardSource::Vote);
    let context = Context { seed: 3, device: DeviceChoice::Cpu };
    let (memory, resumed) = crate::memory::interrupting::run(&study, &context, 1);
    assert!(memory == run(&study), "an interrupted run goes on to the same records");
    assert_eq!(resumed, 2);
}

#[test]
fn bases_that_are_told_apart_have_one_row_each_and_the_same_seed_records_the_same_bytes() {
    let study = CollapsePrior {
        chain: tiny(RewardSource::Outcome),
        errors: vec![0.1, 0.4],
        ..CollapsePrior::default()
    };
    let context = Context { seed: 3, device: DeviceChoice::Cpu };
    let memory = Memory::of(&study, &context).expect("runs");
    assert_eq!(memory, Memory::of(&study, &context).expect("runs"));
    let names: Vec<&str> = memory.tables[0].rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["e = 0.1, c = 0", "e = 0.1, c = 0.3", "e = 0.4, c = 0", "e = 0.4, c = 0.3"]);
    assert!(memory.points.is_empty() && memory.value("censored").is_some());
    let few = CollapsePrior { errors: vec![0.1], ..study };
    assert!(few.validate().expect_err("two base policies").to_string().contains("errors"));
}

#[test]
fn a_pool_is_drawn_from_and_never_left() {
    use milepost_core::{Environment, TaskSeed};
    let task = ArithChain::new(ArithChainConfig::default()).expect("valid");
    let mut world = SingleTurn::new(Pooled { task, size: Some(3), seed: 1 });
    let mut met = Vec::new();
    for seed in 0..60 {
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let problem = world.problem().expect("posed").clone();
        if !met.contains(&problem) {
            met.push(problem);
        }
    }
    assert_eq!(met.len(), 3);
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let base = || tiny(RewardSource::Outcome);
    let refused = |study: ChainRl| study.validate().expect_err("refused").to_string();
    assert!(refused(ChainRl { samples: 0, ..base() }).contains("samples"));
    assert!(refused(ChainRl { pool: Some(0), ..base() }).contains("pool"));
    let judged = ArithChainConfig { modulus: 7, ..ArithChainConfig::default() };
    assert!(refused(ChainRl { judged: Some(judged), ..base() }).contains("judged"));
    let clip = ExplorationConfig { clip: 0.0, ..ExplorationConfig::default() };
    assert!(refused(tiny(RewardSource::Exploration(clip))).contains("clip"));
}
