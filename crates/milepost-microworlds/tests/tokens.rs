//! The token tasks keep the laws of worlds that are read and written in tokens.

use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_microworlds::tokens::{
    ArithChain, ArithChainConfig, CountdownMini, CountdownMiniConfig, Domain, Route, SingleTurn, Solver,
    SolverConfig, TraceLab, TraceLabConfig, TraceProblem, TurnTask, Writer, WriterConfig,
};
use milepost_testkit::tokens::{Options, demonstrator_conformance};

fn conforms<T: TurnTask>(task: T) {
    let met = demonstrator_conformance(&SingleTurn::new(task), &Options::default());
    assert!(met.malformed > 0 && met.endings > 0 && met.solved > 0, "{met:?}");
}

#[test]
fn arith_chain_conforms_with_one_route_and_with_all() {
    conforms(ArithChain::new(ArithChainConfig::default()).expect("valid"));
    let config = ArithChainConfig { routes: Route::ALL.to_vec(), least: 1, ..ArithChainConfig::default() };
    conforms(ArithChain::new(config).expect("valid"));
}

#[test]
fn countdown_mini_conforms_with_and_without_checks() {
    for check_share in [0.0, 0.5, 1.0] {
        let config = CountdownMiniConfig { check_share, ..CountdownMiniConfig::default() };
        conforms(CountdownMini::new(config).expect("valid"));
    }
}

#[test]
fn trace_lab_conforms_in_every_domain() {
    conforms(TraceLab::new(TraceLabConfig::default()).expect("valid"));
    for domain in Domain::ALL {
        let config = TraceLabConfig { domains: vec![domain], criteria: 0.5, ..TraceLabConfig::default() };
        conforms(TraceLab::new(config).expect("valid"));
    }
}

/// The mean of `number` over the problems of the first 1000 evaluation tasks of run 0.
fn mean<T: TurnTask>(task: &T, mut number: impl FnMut(u64, &T::Problem) -> f64) -> f64 {
    let mut world = SingleTurn::new(task.clone());
    let numbers = (0..1000).map(|index| {
        world.reset(TaskSeed::evaluation(0, index)).expect("a task");
        number(index, world.problem().expect("posed"))
    });
    numbers.sum::<f64>() / 1000.0
}

#[test]
fn the_books_chances_of_solvers_are_as_printed() {
    let task = ArithChain::new(ArithChainConfig::default()).expect("valid");
    let printed = [
        (0.0, [1.000, 0.770, 0.473]),
        (0.05, [0.799, 0.621, 0.393]),
        (0.15, [0.507, 0.404, 0.273]),
        (0.3, [0.260, 0.219, 0.169]),
    ];
    for (error, row) in printed {
        for (false_rule, expected) in [0.0, 0.2, 0.5].into_iter().zip(row) {
            let config = SolverConfig { error, false_rule, ..SolverConfig::default() };
            let solver = Solver::new(&task, config).expect("valid");
            let value = mean(&task, |_, chain| solver.value(chain, &[]));
            assert!((value - expected).abs() < 0.0006, "{error} {false_rule}: {value}");
        }
    }
}

#[test]
fn the_books_numbers_of_writers_are_as_printed() {
    let printed = [
        (Domain::State, [0.252, 0.75, 2.97]),
        (Domain::Solve, [0.540, 1.72, 5.97]),
        (Domain::Recall, [0.331, 0.68, 6.279]),
        (Domain::Polite, [0.592, 1.06, 2.00]),
    ];
    for (domain, [chance, written, planned]) in printed {
        let config = TraceLabConfig { domains: vec![domain], ..TraceLabConfig::default() };
        let task = TraceLab::new(config).expect("valid");
        let writer = Writer::new(&task, WriterConfig::default()).expect("valid");
        let gold = |problem: &TraceProblem, turn: &[u32]| {
            task.gold(problem, turn).expect("well formed").for_evaluation()
        };
        let value = mean(&task, |_, problem| writer.value(problem, &[]).expect("known at the start"));
        let score = mean(&task, |index, problem| {
            let key = StreamKey { task: index, ..StreamKey::new(0, Purpose::POLICY) };
            gold(problem, &writer.answer(problem, &mut Stream::new(key)))
        });
        let best = mean(&task, |_, problem| gold(problem, &task.expert(problem)));
        assert!((value - chance).abs() < 0.0006, "{domain:?}: {value}");
        assert!(
            (score - written).abs() < 0.006 && (best - planned).abs() < 0.006,
            "{domain:?}: {score}, {best}"
        );
    }
}
