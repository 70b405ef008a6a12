mod policy;

use milepost_algorithms::Device;
use milepost_core::{
    Ending, Environment, Outcome, Stream, StreamKey, TaskSeed, TokenEnvironment, Vocabulary,
};
use milepost_microworlds::tokens::{SingleTurn, TurnTask};
use milepost_policies::DeviceChoice;
use proptest::prelude::*;

use super::instances::{DISTRACTORS, DRAWS};
use super::judge::{Asked, Judge};
use super::task::Judging;
use super::words::{Change, Principle};
use super::*;
use crate::{Measured, Memory};

fn tiny() -> WebArbiter {
    WebArbiter {
        level: "MiniGrid-DoorKey-5x5-v0".to_owned(),
        other_level: "MiniGrid-DoorKey-6x6-v0".to_owned(),
        states: 24,
        evaluation_states: 6,
        examples: 32,
        epochs: 1,
        iterations: 2,
        pairs: 2,
        network: NetworkSize { width: 8, layers: 1 },
        guided_episodes: 2,
        guided_steps: 4,
        ..WebArbiter::default()
    }
}

fn pool() -> Vec<Instance> {
    pool_of("MiniGrid-DoorKey-5x5-v0", 40, TRAINING, 1, &[]).expect("there are states").instances
}

/// A study that trains a policy, too.
fn with_policy(study: WebArbiter) -> WebArbiter {
    WebArbiter { policy_iterations: 1, policy_tasks: 1, policy_group: 2, policy_evaluation: 4, ..study }
}

/// The judge that a study trains on [`pool`].
fn judge_of(study: &WebArbiter) -> Judge {
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    let (words, instances) = (Arc::new(Words::new().expect("fits")), Arc::new(pool()));
    let mut memory = Memory::new(&study.metrics());
    study.trained(&words, &instances, 1, &device, &mut memory).expect("trains")
}

fn judging(rationale: Rationale, flips: f64) -> Judging {
    let words = Arc::new(Words::new().expect("fits"));
    Judging { words, instances: Arc::new(pool()), rationale, flips }
}

fn run(study: &WebArbiter) -> Memory {
    Memory::of(study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_arm_runs_and_the_same_seed_records_the_same_bytes() {
    for study in [
        tiny(),
        WebArbiter { rationale: Rationale::Comparison, ..tiny() },
        WebArbiter { examples: 0, ..tiny() },
        WebArbiter { rationale: Rationale::Verdict, iterations: 0, flips: 0.2, ..tiny() },
        WebArbiter { judge: JudgeKind::Scalar, iterations: 0, ..tiny() },
        with_policy(tiny()),
    ] {
        let memory = run(&study);
        assert_eq!(memory, run(&study));
        let gain = memory.value("guided-success").zip(memory.value("unguided-success"));
        assert_eq!(memory.value("guided-gain"), gain.map(|(guided, alone)| guided - alone));
        let (best, pairs) = (memory.value("best-of-five-out"), memory.value("pairs-out"));
        assert!(best <= pairs, "{best:?} of five, {pairs:?} of two");
    }
    let direct = run(&WebArbiter { rationale: Rationale::Verdict, iterations: 0, ..tiny() });
    let undefined = Measured::Undefined("this judge names no principles".into());
    assert!(direct.results.contains(&("true-principles".into(), undefined)));
}

#[test]
fn instances_hold_a_right_action_and_four_wrong_ones() {
    for Instance { situation, correct, distractors, changes } in pool() {
        assert_eq!(changes.len(), ACTIONS as usize);
        assert_eq!(changes[correct as usize], Change::Closer);
        assert!(distractors.iter().all(|action| changes[*action as usize] != Change::Closer));
        assert_eq!(distractors.iter().collect::<std::collections::BTreeSet<_>>().len(), DISTRACTORS);
        assert_eq!(situation.tokens.len(), Words::STATE);
        let stages = situation.holds[..Principle::STAGES].iter().filter(|holds| **holds).count();
        let views = situation.holds[Principle::STAGES..].iter().filter(|holds| **holds).count();
        assert_eq!((stages, views), (1, 1));
    }
}

#[test]
fn evaluation_states_are_none_that_training_showed() {
    let level = "MiniGrid-DoorKey-5x5-v0";
    let training = pool_of(level, 400, TRAINING, 1, &[]).expect("there are states").instances;
    let known = |instance: &&Instance| {
        training.iter().any(|trained| trained.situation.tokens == instance.situation.tokens)
    };
    let asked = |shown: &[Instance]| {
        let pool = pool_of(level, 100, ASKED, 1, shown).expect("there are others");
        (pool.instances.iter().filter(known).count() as u64, pool)
    };
    let (repeated, unguarded) = asked(&[]);
    assert!(repeated > 0, "a level with 48 layouts repeats itself");
    assert_eq!(unguarded.repeated, 0);
    let (left, guarded) = asked(&training);
    assert_eq!((left, guarded.instances.len(), guarded.missing), (0, 100, 0));
    // The same draws, and more in the place of those that were left out.
    assert!(guarded.repeated >= repeated, "{} of at least {repeated}", guarded.repeated);
}

#[test]
fn a_pool_all_of_whose_draws_were_shown_says_how_many_are_missing() {
    let level = world("MiniGrid-DoorKey-5x5-v0").expect("a level");
    let drawn = |count: usize, shown: &[Instance]| {
        instances(&level, count, A_LAYOUT, ASKED, 1, shown).expect("draws")
    };
    let all = drawn(5 * DRAWS, &[]).instances;
    let none = drawn(5, &all);
    assert_eq!((none.instances.len(), none.missing), (0, 5));
    assert!(none.repeated > 0 && none.repeated <= 5 * DRAWS as u64, "{}", none.repeated);
    let refused = pool_of("MiniGrid-DoorKey-5x5-v0", 5, ASKED, 1, &all).expect_err("there is nothing to ask");
    assert!(refused.to_string().contains("DoorKey-5x5"), "{refused}");
}

#[test]
fn a_principle_holds_exactly_where_it_says_so() {
    let mut world = Gridworld::make("MiniGrid-DoorKey-6x6-v0").expect("a level");
    let mut stream = Stream::new(StreamKey::new(1, milepost_core::Purpose::named("principles")));
    let mut seen = [0; 8];
    for seed in 0..30 {
        world.reset(TaskSeed::literal(seed)).expect("resets");
        // The solver's way, with some actions at random, meets every stage.
        while world.ending().is_none() && world.elapsed() < 60 {
            let situation = Words::situation(&world, [None; 2]).expect("an episode runs");
            let held = world.carrying().is_some();
            let [stage, view] = situation.principles();
            assert!(stage != Principle::UnlockDoor || held, "seed {seed}");
            assert!(stage != Principle::NeedKey || !held, "seed {seed}");
            // What is said to be blocked or clear shows in the next step.
            let mut after = world.clone();
            after.step(&2).expect("running");
            let moved = after.agent() != world.agent();
            match view {
                Principle::ClearAhead | Principle::TurnFirst => assert!(moved, "seed {seed}"),
                Principle::BlockedAhead => assert!(!moved, "seed {seed}"),
                _ => {}
            }
            seen[stage as usize] += 1;
            seen[view as usize] += 1;
            let plan = milepost_gridworld::Solver.plan(&world).expect("solvable");
            let action = if stream.uniform() < 0.2 { stream.below(3) as u32 } else { plan[0] };
            world.step(&action).expect("running");
        }
    }
    assert!(seen.iter().enumerate().all(|(i, n)| *n > 0 || i == Principle::OpenDoor as usize), "{seen:?}");
}

proptest! {
    #[test]
    fn the_label_is_never_in_the_prompt_and_positions_are_random(seed: u64) {
        let task = judging(Rationale::Principles, 0.0);
        let pair = task.draw(&mut Stream::new(StreamKey { task: seed, ..StreamKey::new(0, milepost_core::Purpose::named("pairs")) }));
        let mut prompt = Vec::new();
        task.prompt(&pair, &mut prompt);
        prop_assert_eq!(prompt.len(), Words::PROMPT);
        prop_assert!(!prompt.iter().any(|token| Words::verdicts().contains(token) || Words::named(*token).is_some()));
        // The prompt is a function of state and candidates alone.
        let mut other = Vec::new();
        task.prompt(&super::task::Pair { first: !pair.first, ..pair }, &mut other);
        prop_assert_eq!(prompt, other);
    }

    #[test]
    fn the_teacher_s_rationale_is_well_formed_true_and_right(seed: u64, style in 0usize..3) {
        let rationale = [Rationale::Verdict, Rationale::Comparison, Rationale::Principles][style];
        let mut world = SingleTurn::new(judging(rationale, 0.0));
        world.reset(TaskSeed::literal(seed)).expect("resets");
        let pair = *world.problem().expect("posed");
        let turn = world.task().expert(&pair);
        let mut allowed = Vec::new();
        for place in 0..turn.len() {
            allowed.clear();
            world.grammar(&turn[..place], &mut allowed);
            prop_assert!(allowed.contains(&turn[place]));
        }
        let instance = &world.task().instances[pair.instance];
        for principle in turn.iter().filter_map(|token| Words::named(*token)) {
            prop_assert!(instance.situation.holds[principle]);
        }
        // Its own comparison decides its verdict.
        if rationale != Rationale::Verdict {
            let closer = turn.iter().position(|token| *token == Words::change(Change::Closer));
            let first = turn.iter().position(|token| Words::changes().contains(token));
            prop_assert_eq!(closer == first, pair.first);
        }
        world.step(&turn).expect("running");
        prop_assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Success)));
    }
}

#[test]
fn half_of_the_right_actions_are_shown_first_and_flips_flip_that_many_labels() {
    let (mut first, mut wrong) = (0, 0);
    let task = judging(Rationale::Principles, 0.2);
    for index in 0..4000 {
        let key = StreamKey::new(1, milepost_core::Purpose::named("balance"));
        let pair = task.draw(&mut Stream::new(StreamKey { task: index, ..key }));
        let shown_first = pair.candidates[0] == task.instances[pair.instance].correct;
        first += u32::from(shown_first);
        wrong += u32::from(shown_first != pair.first);
    }
    assert!((1870..2130).contains(&first), "{first} of 4000");
    assert!((700..900).contains(&wrong), "{wrong} of 4000");
}

#[test]
fn rewards_are_one_and_minus_one_and_groups_judged_alike_teach_nothing() {
    use milepost_algorithms::{TokenParts, TokenSettings, Trainer, sampling::ContextRule};
    use milepost_policies::{TransformerConfig, ValueKind};

    let task = judging(Rationale::Verdict, 0.0);
    let config = TransformerConfig {
        context: 30,
        width: 8,
        layers: 1,
        heads: 2,
        value: ValueKind::Head,
        ..TransformerConfig::default()
    };
    for constrained in [true, false] {
        let network = config.init(task.vocabulary().len(), 1, &Device::flex().autodiff()).expect("builds");
        let parts = TokenParts {
            environment: SingleTurn::new(task.clone()),
            probes: Vec::new(),
            network,
            method: WebArbiter { kl: 0.0, ..tiny() }.method(),
            settings: TokenSettings {
                constrained,
                ..TokenSettings::new(ContextRule::full(Words::PROMPT), 1)
            },
            device: Device::flex(),
            run_seed: 1,
        };
        let mut trainer = Trainer::over_tokens(parts).expect("fits").with_scorer(reward::VerdictReward);
        for seed in 0..20 {
            let traces = trainer.trace(TaskSeed::evaluation(1, seed), 8).expect("traces");
            let rewards: Vec<f64> = traces.iter().map(|trace| trace.rewards.iter().sum()).collect();
            for (trace, reward) in traces.iter().zip(&rewards) {
                assert_eq!(*reward, if trace.trajectory.ending.is_success() { 1.0 } else { -1.0 });
            }
            if rewards.iter().all(|reward| *reward == rewards[0]) {
                assert!(traces.iter().all(|trace| trace.token_advantages.iter().all(|a| *a == 0.0)));
            }
        }
    }
}

#[test]
fn a_judge_asked_in_both_orders_is_antisymmetric_and_a_scalar_one_is_consistent() {
    let instances = pool();
    for study in [tiny(), WebArbiter { judge: JudgeKind::Scalar, iterations: 0, ..tiny() }] {
        let judge = judge_of(&study);
        let ask = |swap: bool| {
            let asked: Vec<Asked<'_>> = instances
                .iter()
                .map(|instance| {
                    let [a, b] = [instance.correct, instance.distractors[0]];
                    Asked { situation: &instance.situation, candidates: if swap { [b, a] } else { [a, b] } }
                })
                .collect();
            judge.opinions(&asked).expect("judges")
        };
        for (there, back) in ask(false).into_iter().zip(ask(true)) {
            assert!((there.preference + back.preference - 1.0).abs() < 1e-6);
            assert_eq!(there.consistent, back.consistent);
            if study.judge == JudgeKind::Scalar {
                assert!(there.consistent || there.preference == 0.5);
            }
        }
    }
}

#[test]
fn an_unreadable_judgement_is_malformed() {
    let mut world = SingleTurn::new(judging(Rationale::Comparison, 0.0));
    world.reset(TaskSeed::literal(1)).expect("resets");
    world.step(&vec![Words::verdict(true), Vocabulary::END]).expect("running");
    assert_eq!(world.ending(), Some(Ending::Malformed));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refused = |study: WebArbiter| study.validate().expect_err("refused").to_string();
    assert!(refused(WebArbiter { flips: 2.0, ..tiny() }).contains("flips"));
    assert!(refused(WebArbiter { states: 0, ..tiny() }).contains("states"));
    assert!(refused(WebArbiter { policy_group: 1, ..tiny() }).contains("policy-group"));
    assert!(refused(WebArbiter { policy_alternatives: 7, ..tiny() }).contains("policy-alternatives"));
    assert!(refused(WebArbiter { policy_weight: -1.0, ..tiny() }).contains("policy-weight"));
    assert!(refused(WebArbiter { policy_evaluation: 0, ..tiny() }).contains("policy-evaluation"));
    assert!(refused(WebArbiter { judge: JudgeKind::Scalar, ..tiny() }).contains("iterations"));
    assert!(refused(WebArbiter { level: "MiniGrid-Nowhere-v0".into(), ..tiny() }).contains("level"));
}
