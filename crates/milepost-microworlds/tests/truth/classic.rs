//! Known answers of the classical chains and loops.

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{StateGraph, discounted, finite};
use milepost_microworlds::worlds::{
    Chain, ChainConfig, Classic, ClassicLaw, DoubleLoop, DoubleLoopConfig, RiverSwim, RiverSwimConfig,
    TwoState, TwoStateConfig,
};
use milepost_microworlds::{Dynamics, Microworld};

use crate::exact::{close, solve, solve_under};

fn graph<L: ClassicLaw>(config: L) -> StateGraph<Microworld<Classic<L>>> {
    let mut environment = Microworld::new(Classic::new(config).expect("valid"));
    environment.reset(TaskSeed::literal(0)).expect("a start");
    StateGraph::enumerate(&environment, 1_000).expect("small")
}

/// The value of the start with the best policy, and the best first actions, by the general solver.
fn best<L: ClassicLaw>(config: L) -> (f64, Vec<u32>) {
    let graph = graph(config);
    let values = finite::optimal(graph.mdp(), graph.episode().expect("a horizon")).expect("solvable");
    let start = graph.index_of(0).expect("the start");
    (values.value(0, start), values.best_actions(0, start))
}

/// Always the same action.
fn value_of_always<L: ClassicLaw>(config: L, action: u32) -> f64 {
    let always = |_: &u32, into: &mut [f64]| {
        into.fill(0.0);
        into[action as usize] = 1.0;
    };
    solve_under(&Classic::new(config).expect("valid"), always).mean_return()
}

/// Strens (2000) prints 3677 for the best policy in 1000 steps: the long-run gain, by hand
/// `0.2 · 2 + 0.8 · 10 · π(5)` with `π(5) = 0.8⁴`, times 1000. From the first state some of it is lost on the way.
#[test]
fn going_on_along_the_chain_gains_three_point_six_seven_six_eight_a_step() {
    let at = |horizon| best(ChainConfig { horizon, ..Default::default() });
    let ((long, actions), (longer, _)) = (at(1000), at(1001));
    assert_eq!(actions, [Chain::ON]);
    let gain = 0.4 + 8.0 * 0.8_f64.powi(4);
    assert!((longer - long - gain).abs() < 1e-9, "{}", longer - long);
    close((1000.0 * gain).round(), 3677.0);
    assert!(long < 1000.0 * gain && long > 1000.0 * gain - 30.0, "{long}");
}

/// By hand, one step to go: `0.8 · 10 + 0.2 · 2` and `0.8 · 2 + 0.2 · 10` in the last state, `0.2 · 2` and `0.8 · 2` in the
/// first.
#[test]
fn the_last_step_along_the_chain_is_worth_its_own_reward() {
    let exact = solve(&Chain::new(ChainConfig::default()).expect("valid"));
    let (first, last) = (exact.node(99, &0), exact.node(99, &4));
    close(last.q[Chain::ON as usize], 8.4);
    close(last.q[Chain::BACK as usize], 3.6);
    close(first.advantage(Chain::ON), -0.6);
    close(first.advantage(Chain::BACK), 0.6);
}

/// Without luck the chain is a straight line: `n − 1` steps of nothing, then the large reward.
#[test]
fn a_chain_that_never_slips_pays_from_its_end_on() {
    let config = ChainConfig { slip: 0.0, states: 8, horizon: 20, ..Default::default() };
    close(value_of_always(config.clone(), Chain::ON), 13.0 * 10.0);
    close(value_of_always(config.clone(), Chain::BACK), 20.0 * 2.0);
    let mut outcomes = Vec::new();
    Chain::new(config).expect("valid").outcomes(&7, Chain::ON, &mut outcomes);
    assert_eq!(outcomes.len(), 1);
}

/// A chain of births and deaths, by hand: under swimming `π ∝ (1, 12, 84, 588, 4116, 3601.5)`, detailed balance with ratios
/// 0.6/0.05, 0.35/0.05 and 0.35/0.4.
#[test]
fn swimming_gains_the_share_of_time_upstream() {
    let at = |horizon| value_of_always(RiverSwimConfig { horizon, ..Default::default() }, RiverSwim::SWIM);
    let gain = 3601.5 / (1.0 + 12.0 + 84.0 + 588.0 + 4116.0 + 3601.5);
    assert!((at(3001) - at(3000) - gain).abs() < 1e-9);
    let (value, actions) = best(RiverSwimConfig { horizon: 3000, ..Default::default() });
    assert_eq!(actions, [RiverSwim::SWIM]);
    // Only near the end does the best policy do otherwise.
    assert!((0.0..0.05).contains(&(value - at(3000))), "{}", value - at(3000));
    close(value_of_always(RiverSwimConfig::default(), RiverSwim::DRIFT), 20.0 * 0.005);
}

/// The last state is five strokes away and pays for a sixth, so nothing but drifting pays in five steps.
#[test]
fn a_short_river_is_not_worth_swimming() {
    for (horizon, action) in [(5, RiverSwim::DRIFT), (20, RiverSwim::SWIM)] {
        assert_eq!(best(RiverSwimConfig { horizon, ..Default::default() }).1, [action], "{horizon}");
    }
}

/// Strens (2000) prints 400 for the best policy in 1000 steps; the easy loop pays half of it.
#[test]
fn the_hard_loop_pays_four_hundred_and_the_easy_one_two_hundred() {
    let config = DoubleLoopConfig { horizon: 1000, ..Default::default() };
    let (value, actions) = best(config.clone());
    close(value, 400.0);
    assert_eq!(actions, [DoubleLoop::HARD]);
    close(value_of_always(config.clone(), DoubleLoop::HARD), 400.0);
    close(value_of_always(config, DoubleLoop::EASY), 200.0);
}

/// Five steps, uniform policy, by hand: the easy loop is worth 1; the hard one 2 with probability 1/16, since leaving it
/// early leaves no time for another loop.
#[test]
fn one_wrong_step_forfeits_the_hard_loop() {
    let config = DoubleLoopConfig { horizon: 5, ..Default::default() };
    let exact = solve(&DoubleLoop::new(config).expect("valid"));
    let start = exact.node(0, &0);
    close(start.q[DoubleLoop::EASY as usize], 1.0);
    close(start.q[DoubleLoop::HARD as usize], 0.125);
    for (step, state) in (1..5).zip(5..9) {
        close(exact.node(step, &state).q[DoubleLoop::EASY as usize], 0.0);
        close(exact.node(step, &state).q[DoubleLoop::HARD as usize], 2.0 / f64::from(1 << (4 - step)));
    }
}

/// Puterman, figure 3.1.1, discount 0.95, by hand: `V(2) = −1/0.05`, `V(1) = 5 + 0.475 (V(1) + V(2))`, and greed is worth
/// `10 + 0.95 · V(2) = −9`.
#[test]
fn two_states_are_worth_minus_sixty_sevenths_and_minus_twenty() {
    let graph = graph(TwoStateConfig::default());
    let values = discounted::optimal(graph.mdp(), 0.95).expect("solvable");
    let (first, second) = (graph.index_of(0).expect("first"), graph.index_of(1).expect("second"));
    assert!((values.values()[first] + 60.0 / 7.0).abs() < 1e-9);
    assert!((values.values()[second] + 20.0).abs() < 1e-9);
    assert!((values.action_values(first)[TwoState::GREEDY as usize] + 9.0).abs() < 1e-9);
}

/// By hand: greed is worth `10 − (T − 1)`; patience 5, then `5 + (10 − 1) / 2 = 9.5` against greed's 9.
#[test]
fn greed_is_best_in_one_step_and_patience_in_two() {
    let at = |horizon| best(TwoStateConfig { horizon, ..Default::default() });
    assert_eq!(at(1), (10.0, vec![TwoState::GREEDY]));
    assert_eq!(at(2), (9.5, vec![TwoState::PATIENT]));
}

#[test]
fn parameters_that_no_chain_or_loop_has_are_refused_by_name() {
    fn refusal<L: ClassicLaw + std::fmt::Debug>(config: L) -> String {
        Classic::new(config).expect_err("impossible").to_string()
    }
    let chain = refusal(ChainConfig { slip: 1.5, ..Default::default() });
    assert_eq!(chain, "chain: `slip` is 1.5, but must be a probability, from 0 to 1");
    assert!(refusal(ChainConfig { states: 0, ..Default::default() }).contains("`states`"));
    let river = RiverSwimConfig { forward: 0.75, back: 0.5, ..Default::default() };
    assert_eq!(refusal(river), "river-swim: `forward + back` is 1.25, but must be at most 1");
    assert!(refusal(RiverSwimConfig { states: 1, ..Default::default() }).contains("`states`"));
    assert!(refusal(DoubleLoopConfig { length: 1, ..Default::default() }).contains("`length`"));
    assert!(refusal(TwoStateConfig { stay: -0.1, ..Default::default() }).contains("`stay`"));
}
