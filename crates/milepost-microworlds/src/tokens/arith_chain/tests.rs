use milepost_core::{Demonstrator, Environment, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment};
use proptest::prelude::*;

use super::*;
use crate::tokens::SingleTurn;

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("arith-chain/tests")))
}

fn every_route() -> ArithChainConfig {
    ArithChainConfig { routes: Route::ALL.to_vec(), ..ArithChainConfig::default() }
}

fn task(config: ArithChainConfig) -> ArithChain {
    ArithChain::new(config).expect("parameters are in range")
}

fn encode(task: &ArithChain, text: &str) -> Vec<u32> {
    task.vocabulary().encode(text).expect("words of the task")
}

/// `3 * 4 + 7 - 2`, modulo 11: 1, 8, 6.
fn example() -> Chain {
    let operations = vec![(Operator::Multiply, 4), (Operator::Add, 7), (Operator::Subtract, 2)];
    Chain { start: 3, operations }
}

#[test]
fn prompts_and_answers_read_as_documented() {
    let task = task(every_route());
    let mut prompt = Vec::new();
    task.prompt(&example(), &mut prompt);
    assert_eq!(task.vocabulary().decode(&prompt), "<begin> 3 * 4 + 7 - 2 =");
    let worked = |route| task.vocabulary().decode(&task.worked(&example(), route));
    assert_eq!(worked(Route::Forward), "forward 1 ; 8 ; 6 ans 6 <end>");
    // a·v0 + b with b = −2, b = 7 − 2, a = 4: 4·3 + 5 = 17.
    assert_eq!(worked(Route::Backward), "backward 9 ; 5 ; 4 ans 6 <end>");
    assert_eq!(worked(Route::Pairs), "pairs 8 ; 6 ans 6 <end>");
}

#[test]
fn a_wrong_step_is_told_from_what_follows_from_it() {
    let task = task(ArithChainConfig::default());
    // 3·4 = 2 is wrong; 2 + 7 = 9 and 9 − 2 = 7 follow.
    let steps = task.steps(&example(), &encode(&task, "2 ; 9 ; 7 ans 7 <end>")).expect("well formed");
    let steps = steps.for_evaluation();
    let correct: Vec<bool> = steps.iter().map(ArithStep::is_correct).collect();
    let sound: Vec<bool> = steps.iter().map(ArithStep::is_sound).collect();
    assert_eq!(correct, [false; 4]);
    assert_eq!(sound, [false, true, true, true]);
    assert_eq!(steps.iter().map(|step| step.token).collect::<Vec<_>>(), [0, 2, 4, 6]);
    // A second mistake that mends the first: the answer is right, a step is not.
    let mended = encode(&task, "2 ; 8 ; 6 ans 6 <end>");
    assert_eq!(task.verdict(&example(), &mended), Some(true));
    let rewards = task.oracle_step_rewards(&example(), &mended).expect("well formed");
    assert_eq!(rewards, [(0, -1.0), (2, 1.0), (4, 1.0), (6, 1.0)]);
}

#[test]
fn answers_are_told_apart_by_their_value_whether_right_or_wrong() {
    use crate::tokens::AnswerProbe;
    use milepost_core::Probe;
    let task = task(ArithChainConfig::default());
    let answer = |text| task.answer(&example(), &encode(&task, text));
    assert_eq!(
        (answer("1 ; 8 ; 6 ans 6 <end>"), answer("ans 6 <end>"), answer("ans 2 <end>")),
        (Some(6), Some(6), Some(2))
    );
    assert_eq!((answer("1 ; 8 ; 6 ans 6"), answer("ans <end>")), (None, None));
    let mut world = SingleTurn::new(task.clone());
    world.pose(example());
    assert_eq!(AnswerProbe.read(&world), -1.0);
    world.step(&encode(&task, "ans 2 <end>")).expect("runs");
    assert_eq!(AnswerProbe.read(&world), 2.0);
}

#[test]
fn parameters_out_of_range_are_named() {
    let refused = |config| ArithChain::new(config).expect_err("out of range").parameter;
    let base = ArithChainConfig::default;
    assert_eq!(refused(ArithChainConfig { modulus: 1, ..base() }), "modulus");
    assert_eq!(refused(ArithChainConfig { least: 7, ..base() }), "least");
    assert_eq!(refused(ArithChainConfig { operators: vec![], ..base() }), "operators");
    assert_eq!(refused(ArithChainConfig { routes: vec![Route::Pairs; 2], ..base() }), "routes");
    let habit = Habit { route: Route::Pairs, share: 1.0, error: 0.0, reach: None, error_beyond: 0.0 };
    let config = SolverConfig { habits: vec![habit], ..SolverConfig::default() };
    assert_eq!(Solver::new(&task(base()), config).expect_err("no such route").parameter, "habits.route");
    let text = "modulus = 7\nroutes = [\"forward\", \"pairs\"]";
    let read: ArithChainConfig = toml::from_str(text).expect("kebab-case");
    assert_eq!((read.modulus, read.routes.len(), read.most), (7, 2, 6));
    toml::from_str::<ArithChainConfig>("modulo = 7").expect_err("unknown keys are refused");
}

#[test]
fn a_false_rule_errs_always_in_the_same_places_and_on_products_only() {
    let wrong = Arithmetic::with_false_rule(11, 0.3, 5);
    let exact = Arithmetic::exact(11);
    let differ = |operator| {
        let pairs = (0..11).flat_map(|x| (0..11).map(move |c| (x, c)));
        pairs.filter(|(x, c)| wrong.apply(operator, *x, *c) != exact.apply(operator, *x, *c)).count()
    };
    assert_eq!((differ(Operator::Add), differ(Operator::Subtract)), (0, 0));
    // 121 entries at 0.3: 36 expected, five standard deviations are 25.
    assert!((12..=61).contains(&differ(Operator::Multiply)));
    assert_eq!(wrong, Arithmetic::with_false_rule(11, 0.3, 5));
}

#[test]
fn a_dominant_habit_fails_where_rare_ones_succeed() {
    let habit = |route, share, reach| Habit { route, share, error: 0.0, reach, error_beyond: 1.0 };
    let habits = vec![habit(Route::Forward, 0.9, Some(3)), habit(Route::Backward, 0.1, None)];
    let config = SolverConfig { false_rule: 0.0, habits, ..SolverConfig::default() };
    let task = task(every_route());
    let solver = Solver::new(&task, config).expect("valid");
    assert!((solver.value(&example(), &[]) - 1.0).abs() < 1e-12);
    let mut long = example();
    long.operations.push((Operator::Add, 1));
    assert!(solver.value(&long, &encode(&task, "backward")) > 1.0 - 1e-12);
    assert!(solver.value(&long, &encode(&task, "forward")) < 0.2);
}

#[test]
fn drawn_completions_succeed_as_often_as_the_value_says() {
    let task = task(every_route());
    let solver = Solver::new(&task, SolverConfig { skip: 0.3, ..SolverConfig::default() }).expect("valid");
    for (case, prefix) in
        ["", "backward 9 ;", "forward 2 ; 9", "pairs", "pairs 8 ans"].into_iter().enumerate()
    {
        let prefix = encode(&task, prefix);
        let value = solver.value(&example(), &prefix);
        let n = 4000;
        let mut draws = stream(case as u64);
        let hits = (0..n).filter(|_| {
            let rest = solver.complete(&example(), &prefix, &mut draws);
            task.verdict(&example(), &[prefix.clone(), rest].concat()) == Some(true)
        });
        let rate = hits.count() as f64 / f64::from(n);
        let bound = 5.0 * (value * (1.0 - value) / f64::from(n)).sqrt() + 1e-12;
        assert!((rate - value).abs() <= bound, "{prefix:?}: {rate} against {value}");
    }
}

proptest! {
    #[test]
    fn every_route_leads_to_the_same_answer(seed: u64) {
        let task = task(every_route());
        let chain = task.draw(&mut stream(seed));
        for route in Route::ALL {
            let turn = task.worked(&chain, route);
            prop_assert_eq!(task.verdict(&chain, &turn), Some(true));
            prop_assert!(turn.len() <= 2 * chain.operations.len() + 4 && turn.len() <= task.turn_limit());
            let steps = task.steps(&chain, &turn).expect("well formed").for_evaluation();
            prop_assert_eq!(steps.len(), route.entries(&chain) + 1);
            prop_assert!(steps.iter().all(|step| step.is_correct() && step.is_sound()));
        }
    }

    #[test]
    fn the_first_wrong_step_is_unsound(seed: u64) {
        let mut world = SingleTurn::new(task(every_route()));
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let chain = world.problem().expect("posed").clone();
        let turn = world.random_turn(&mut stream(seed));
        let steps = world.task().steps(&chain, &turn).expect("well formed").for_evaluation();
        if let Some(first) = steps.iter().find(|step| !step.is_correct()) {
            prop_assert!(!first.is_sound());
        }
        let right = world.task().verdict(&chain, &turn).expect("whole");
        prop_assert_eq!(steps.last().expect("an answer").is_correct(), right);
    }

    /// V(prefix) = Σ π(token) · V(prefix, token): the value is a martingale under the solver.
    #[test]
    fn the_value_of_a_prefix_is_the_mean_of_its_continuations(
        seed: u64, error in 0.0..1.0, false_rule in 0.0..1.0, skip in 0.0..1.0,
    ) {
        let task = task(every_route());
        let config = SolverConfig { error, false_rule, skip, ..SolverConfig::default() };
        let solver = Solver::new(&task, config).expect("valid");
        let chain = task.draw(&mut stream(seed));
        let turn = solver.complete(&chain, &[], &mut stream(seed ^ 1));
        prop_assert!(task.verdict(&chain, &turn).is_some());
        for end in 0..turn.len() {
            let law = solver.next(&chain, &turn[..end]);
            prop_assert!((law.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(law.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let ahead = |token: u32| solver.value(&chain, &[&turn[..end], &[token]].concat());
            let mean: f64 = law.iter().map(|(token, p)| p * ahead(*token)).sum();
            prop_assert!((mean - solver.value(&chain, &turn[..end])).abs() < 1e-9);
        }
        let won = f64::from(u8::from(task.verdict(&chain, &turn) == Some(true)));
        prop_assert_eq!(solver.value(&chain, &turn), won);
    }

    #[test]
    fn a_solver_without_errors_is_always_right(seed: u64, skip in 0.0..1.0) {
        let task = task(every_route());
        let config = SolverConfig { error: 0.0, false_rule: 0.0, skip, ..SolverConfig::default() };
        let solver = Solver::new(&task, config).expect("valid");
        let chain = task.draw(&mut stream(seed));
        prop_assert!((solver.value(&chain, &[]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_the_grammar_refuses_is_malformed_and_never_an_error(
        seed: u64, turn in prop::collection::vec(0u32..30, 0..20),
    ) {
        let mut world = SingleTurn::new(task(every_route()));
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let mut allowed = Vec::new();
        let formed = (0..turn.len()).all(|at| {
            allowed.clear();
            world.grammar(&turn[..at], &mut allowed) && allowed.contains(&turn[at])
        });
        let whole = formed && world.is_finished(&turn);
        world.step(&turn).expect("nonsense is no error");
        prop_assert_eq!(world.fault().is_none(), whole);
    }
}
