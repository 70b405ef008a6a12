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
    let explored = RewardSource::Exploration(ExplorationConfig::default());
    for study in [tiny(RewardSource::Vote), ChainRl { kl: 0.01, ..tiny(explored) }] {
        let context = Context { seed: 3, device: DeviceChoice::Cpu };
        let (memory, resumed) = crate::memory::interrupting::run(&study, &context, 1);
        assert!(memory == run(&study), "an interrupted run goes on to the same records");
        assert_eq!(resumed, 2);
    }
}

/// A reward that differs from answer to answer, so that every update teaches.
const CONFIDENCE: RewardSource = RewardSource::Intrinsic { reward: IntrinsicKind::TrajectoryEntropy };

#[test]
fn a_network_that_gives_no_distribution_any_more_is_a_collapse_and_what_stood_before_is_reported() {
    // Evaluations after each update meet it first, or, without them, the draws of the next update.
    for evaluate_every in [1, 3] {
        // Above the largest f32: the first step makes every weight infinite.
        let study = ChainRl { learning_rate: 1e39, evaluate_every, ..tiny(CONFIDENCE) };
        let memory = run(&study);
        assert_eq!(memory.counters.get("collapsed networks"), Some(&1));
        for step in ["collapse-step", "collapse-proxy-step"] {
            let step = memory.value(step).expect("reported");
            assert!(step < study.iterations as f64, "{step} of {} updates", study.iterations);
        }
        assert_eq!(memory.points.len(), 1, "the evaluation of the base policy");
        assert_eq!(memory.value("final-accuracy"), memory.value("start-accuracy"));
        assert_eq!(memory.value("final-reward-accuracy"), None);
    }
}

#[test]
fn what_an_update_reports_of_the_vote_and_the_policy_is_on_the_curve() {
    let memory = run(&tiny(CONFIDENCE));
    let (_, last) = memory.points.last().expect("evaluated");
    for name in ["repetition", "label-accuracy", "majority-ratio", "answer-entropy", "entropy"] {
        assert!(last.iter().any(|(known, _)| known == name), "{name} among {last:?}");
    }
    assert!(memory.value("entropy").is_some_and(|entropy| entropy > 0.0));
    assert!(memory.value("final-repetition").is_some_and(|share| (0.0..1.0).contains(&share)));
}

#[test]
fn pairs_that_occurred_before_are_repetition_and_short_answers_have_none() {
    // Of 12, 21, 12, 21, 13 the third and the fourth.
    assert_eq!(evaluation::repetition(&[1, 2, 1, 2, 1, 3]), 0.4);
    assert_eq!(evaluation::repetition(&[7, 7, 7]), 0.5);
    assert_eq!(evaluation::repetition(&[1, 2, 3]), 0.0);
    assert_eq!(evaluation::repetition(&[1]), 0.0);
    assert_eq!(evaluation::repetition(&[]), 0.0);
}

#[test]
fn without_a_coefficient_there_is_no_divergence_in_the_loss() {
    assert!(tiny(RewardSource::Vote).method().objective.kl.is_none());
    let kl = ChainRl { kl: 0.25, ..tiny(RewardSource::Vote) }.method().objective.kl;
    assert_eq!(kl.map(|term| term.coefficient), Some(0.25));
}

#[test]
fn the_vote_is_driven_to_its_collapse_by_settings_of_its_own_and_labels_keep_the_chain_s() {
    let study = CollapsePrior { chain: tiny(RewardSource::Outcome), ..CollapsePrior::default() };
    let labels = study.labels((0.4, 0.3));
    assert_eq!((labels.prompts, labels.group, labels.pool, labels.iterations), (2, 4, None, 3));
    assert_eq!(labels.reward, RewardSource::Outcome);
    let vote = study.vote.of(labels.clone());
    assert_eq!((vote.prompts, vote.group, vote.minibatch), (1, 8, 8));
    assert_eq!((vote.pool, vote.iterations, vote.evaluate_every), (Some(128), 600, 600));
    assert_eq!(vote.reward, RewardSource::Vote);
    assert_eq!((vote.base.solver.error, vote.base.solver.false_rule), (0.4, 0.3));
    assert_eq!(vote.base, labels.base);
}

#[test]
fn bases_that_are_told_apart_have_one_row_each_and_the_same_seed_records_the_same_bytes() {
    let study = CollapsePrior {
        chain: tiny(RewardSource::Outcome),
        vote: VoteRun { iterations: 3, group: 4, ..VoteRun::default() },
        errors: vec![0.1, 0.4],
        ..CollapsePrior::default()
    };
    let context = Context { seed: 3, device: DeviceChoice::Cpu };
    let memory = Memory::of(&study, &context).expect("runs");
    assert_eq!(memory, Memory::of(&study, &context).expect("runs"));
    let names: Vec<&str> = memory.tables[0].rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["e = 0.1, c = 0", "e = 0.1, c = 0.3", "e = 0.4, c = 0", "e = 0.4, c = 0.3"]);
    assert!(memory.points.is_empty() && memory.value("censored").is_some());
    let idle = CollapsePrior { vote: VoteRun { pool: 0, ..VoteRun::default() }, ..study.clone() };
    assert!(idle.validate().expect_err("an empty pool").to_string().contains("vote.pool"));
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
    assert!(refused(ChainRl { kl: -0.1, ..base() }).contains("kl"));
    let judged = ArithChainConfig { modulus: 7, ..ArithChainConfig::default() };
    assert!(refused(ChainRl { judged: Some(judged), ..base() }).contains("judged"));
    let clip = ExplorationConfig { clip: 0.0, ..ExplorationConfig::default() };
    assert!(refused(tiny(RewardSource::Exploration(clip))).contains("clip"));
}
