use milepost_core::{Environment, RewardLaw, TaskSeed};
use milepost_testkit::environment::Corridor;
use proptest::prelude::*;

use super::finite::Episode;
use super::{MdpBuilder, SolveError, StateGraph, TabularMdp, TabularPolicy, Transition, discounted, finite};

const STATES: usize = 3;
const ACTIONS: usize = 2;

/// Three states, two actions, two outcomes each: to a state or (3) to the end, with clocked rewards.
fn tiny_world() -> impl Strategy<Value = TabularMdp> {
    let outcome = (0..=STATES, 0.05..1.0f64, -1.0..1.0f64, -0.2..0.2f64);
    prop::collection::vec([outcome.clone(), outcome], STATES * ACTIONS).prop_map(|pairs| {
        let mut builder = MdpBuilder::new(ACTIONS);
        for outcomes in pairs {
            let total: f64 = outcomes.iter().map(|o| o.1).sum();
            let transitions = outcomes.map(|(next, weight, base, per_step)| Transition {
                next: (next < STATES).then_some(next),
                probability: weight / total,
                reward: RewardLaw { base, per_step },
            });
            builder.action(transitions).expect("a distribution");
        }
        builder.finish().expect("complete")
    })
}

fn logits() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-3.0..3.0f64, STATES * ACTIONS)
}

/// The expected return by enumerating every history, one term for each, with no table of values.
fn by_enumeration(
    mdp: &TabularMdp,
    policy: Option<&TabularPolicy>,
    episode: Episode,
    elapsed: u32,
    s: usize,
) -> f64 {
    if elapsed == episode.horizon {
        return 0.0;
    }
    let q = |a| {
        let future: f64 = mdp
            .successors(s, a)
            .filter_map(|(next, p)| {
                next.map(|next| p * by_enumeration(mdp, policy, episode, elapsed + 1, next))
            })
            .sum();
        mdp.reward(s, a, elapsed) + episode.discount * future
    };
    match policy {
        Some(policy) => (0..ACTIONS).map(|a| policy.row(s)[a] * q(a)).sum(),
        None => (0..ACTIONS).map(q).fold(f64::NEG_INFINITY, f64::max),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn backward_induction_equals_the_enumeration_of_all_histories(
        mdp in tiny_world(), logits in logits(), horizon in 0u32..=6, discount in 0.5..=1.0f64,
    ) {
        let episode = Episode { horizon, discount };
        let policy = TabularPolicy::softmax(&mdp, &logits).expect("fits");
        let under = finite::evaluate(&mdp, &policy, episode).expect("valid");
        let best = finite::optimal(&mdp, episode).expect("valid");
        for s in 0..STATES {
            prop_assert!((under.value(0, s) - by_enumeration(&mdp, Some(&policy), episode, 0, s)).abs() < 1e-10);
            prop_assert!((best.value(0, s) - by_enumeration(&mdp, None, episode, 0, s)).abs() < 1e-10);
        }
    }

    #[test]
    fn the_policy_s_own_advantages_average_to_zero(mdp in tiny_world(), logits in logits(), horizon in 1u32..20) {
        let policy = TabularPolicy::softmax(&mdp, &logits).expect("fits");
        let values = finite::evaluate(&mdp, &policy, Episode::new(horizon)).expect("valid");
        for (elapsed, s) in (0..horizon).flat_map(|t| (0..STATES).map(move |s| (t, s))) {
            let mean: f64 = policy.row(s).iter().zip(values.advantages(elapsed, s)).map(|(p, a)| p * a).sum();
            prop_assert!(mean.abs() < 1e-12);
        }
    }

    #[test]
    fn best_actions_have_no_advantage_and_the_others_less(mdp in tiny_world(), horizon in 1u32..20) {
        let values = finite::optimal(&mdp, Episode::new(horizon)).expect("valid");
        for (elapsed, s) in (0..horizon).flat_map(|t| (0..STATES).map(move |s| (t, s))) {
            let best = values.best_actions(elapsed, s);
            prop_assert!(!best.is_empty());
            for (action, advantage) in values.advantages(elapsed, s).into_iter().enumerate() {
                if best.contains(&(action as u32)) {
                    prop_assert!(advantage.abs() < 1e-8);
                } else {
                    prop_assert!(advantage < 0.0);
                }
            }
        }
    }

    #[test]
    fn the_policy_gradient_is_the_derivative_of_the_value(
        mdp in tiny_world(), logits in logits(), horizon in 1u32..8, discount in 0.5..=1.0f64, which in 0..STATES * ACTIONS,
    ) {
        let episode = Episode { horizon, discount };
        let start = [0.5, 0.5, 0.0];
        let objective = |shift: f64| {
            let mut moved = logits.clone();
            moved[which] += shift;
            let policy = TabularPolicy::softmax(&mdp, &moved).expect("fits");
            let values = finite::evaluate(&mdp, &policy, episode).expect("valid");
            start.iter().zip(values.values(0)).map(|(p, v)| p * v).sum::<f64>()
        };
        let h = 1e-5;
        let slope = (objective(h) - objective(-h)) / (2.0 * h);
        let policy = TabularPolicy::softmax(&mdp, &logits).expect("fits");
        let gradient = finite::policy_gradient(&mdp, &policy, &start, episode).expect("valid");
        prop_assert!((gradient[which] - slope).abs() < 1e-7, "{} {slope}", gradient[which]);
    }

    #[test]
    fn a_long_discounted_episode_approaches_the_stationary_solution(
        outcomes in prop::collection::vec((0..STATES, -1.0..1.0f64), STATES * ACTIONS), logits in logits(),
    ) {
        let mut builder = MdpBuilder::new(ACTIONS);
        for (next, reward) in outcomes {
            let reward = RewardLaw::constant(reward);
            builder.action([Transition { next: Some(next), probability: 1.0, reward }]).expect("certain");
        }
        let mdp = builder.finish().expect("complete");
        let policy = TabularPolicy::softmax(&mdp, &logits).expect("fits");
        let episode = Episode { horizon: 300, discount: 0.9 };
        let long = finite::evaluate(&mdp, &policy, episode).expect("valid");
        let forever = discounted::evaluate(&mdp, &policy, 0.9).expect("stationary");
        for (a, b) in long.values(0).iter().zip(forever.values()) {
            prop_assert!((a - b).abs() < 1e-10);
        }
        let visits = discounted::occupancy(&mdp, &policy, &[1.0, 0.0, 0.0], 0.9).expect("stationary");
        prop_assert!((visits.iter().sum::<f64>() - 10.0).abs() < 1e-9, "nothing ends, so visits sum to 1/(1-γ)");
    }
}

fn corridor(seed: u64) -> Corridor {
    let mut world = Corridor::new(6, 20);
    world.reset(TaskSeed::literal(seed)).expect("a task");
    world
}

#[test]
fn played_episodes_return_what_the_solver_says() {
    // A policy that looks: it always goes right from cell 2 on, and half the time before.
    let right = |position: u32| if position >= 2 { 1.0 } else { 0.5 };
    let tasks: Vec<TaskSeed> = (0..20_000).map(|index| TaskSeed::evaluation(0, index)).collect();
    let mut noise = milepost_core::Stream::new(milepost_core::StreamKey::new(
        1,
        milepost_core::Purpose::EVALUATION_POLICY,
    ));
    let gold = crate::evaluate(&Corridor::new(6, 20), &tasks, |seen, _, actions| {
        for (position, action) in seen.iter().zip(actions) {
            *action = u32::from(noise.uniform() < right(*position));
        }
    })
    .expect("legal actions");
    // The tasks start uniformly in the six cells.
    let mut starts: Vec<Corridor> = Vec::new();
    for seed in 0.. {
        let world = corridor(seed);
        if starts.iter().all(|known| known.state_key() != world.state_key()) {
            starts.push(world);
        }
        if starts.len() == 6 {
            break;
        }
    }
    let graph = StateGraph::enumerate_all(&starts, 100).expect("small");
    assert_eq!(graph.states().len(), 6);
    let policy = graph
        .policy(4, |observations, _, probabilities| {
            for (position, row) in observations.iter().zip(probabilities.chunks_mut(2)) {
                row.copy_from_slice(&[1.0 - right(*position), right(*position)]);
            }
        })
        .expect("a policy");
    let values = finite::evaluate(graph.mdp(), &policy, graph.episode().expect("a budget")).expect("fits");
    let exact: f64 = graph.start().iter().zip(values.values(0)).map(|(p, v)| p * v).sum();
    let n = gold.len() as f64;
    let mean = gold.iter().map(crate::Gold::total_reward).sum::<f64>() / n;
    let variance = gold.iter().map(|g| (g.total_reward() - mean).powi(2)).sum::<f64>() / n;
    assert!((mean - exact).abs() < 5.0 * (variance / n).sqrt(), "played {mean}, exact {exact}");
}

#[test]
fn advantages_along_an_episode_telescope_to_its_surplus_in_expectation() {
    let world = corridor(5);
    let graph = StateGraph::enumerate(&world, 100).expect("small");
    let policy = TabularPolicy::uniform(graph.mdp());
    let values = finite::evaluate(graph.mdp(), &policy, graph.episode().expect("a budget")).expect("fits");
    let mut walked = world.clone();
    let mut keys = vec![walked.state_key()];
    let actions = [1, 1];
    for action in actions {
        walked.step(&action).expect("runs");
        keys.push(walked.state_key());
    }
    let along = graph.advantages(&values, 0, &keys, &actions).expect("known states");
    for (step, advantage) in along.iter().enumerate() {
        let state = graph.index_of(keys[step]).expect("known");
        assert_eq!(*advantage, values.advantage(step as u32, state, 1));
    }
    assert!(matches!(graph.advantages(&values, 0, &[1 << 40], &[0]), Err(SolveError::UnknownState { .. })));
    assert!(matches!(graph.advantages(&values, 0, &keys, &[0]), Err(SolveError::Size { .. })));
    assert!(matches!(
        graph.advantages(&values, 19, &keys, &actions),
        Err(SolveError::Index { index: 20, .. })
    ));
    assert!(matches!(
        graph.advantages(&values, 0, &keys, &[0, 2]),
        Err(SolveError::Index { what: "action", .. })
    ));
    let other = StateGraph::enumerate(&Corridor::new(9, 20), 100).expect("small");
    assert!(matches!(other.advantages(&values, 0, &keys, &actions), Err(SolveError::ForeignValues)));
}

#[test]
fn worlds_that_cannot_be_solved_are_refused() {
    let world = corridor(1);
    assert_eq!(StateGraph::enumerate(&world, 3).err(), Some(SolveError::TooManyStates { cap: 3 }));
    assert!(matches!(StateGraph::<Corridor>::enumerate_all(&[], 3), Err(SolveError::Empty { .. })));
    let graph = StateGraph::enumerate(&world, 100).expect("small");
    assert_eq!(discounted::optimal(graph.mdp(), 0.9).err(), Some(SolveError::ClockedRewards));
    let half = TabularPolicy::new(graph.mdp(), vec![0.25; graph.mdp().states() * 2]);
    assert!(matches!(half, Err(SolveError::NotADistribution { .. })));
    let mut builder = MdpBuilder::new(2);
    let stay = Transition { next: Some(0), probability: 1.0, reward: RewardLaw::constant(1.0) };
    builder.action([stay]).expect("certain");
    builder.action([]).expect("not legal");
    let mdp = builder.finish().expect("complete");
    assert!(matches!(
        TabularPolicy::new(&mdp, vec![0.5, 0.5]),
        Err(SolveError::IllegalAction { action: 1, .. })
    ));
    assert!(matches!(discounted::optimal(&mdp, 1.0), Err(SolveError::Discount { .. })));
    let values = discounted::optimal(&mdp, 0.5).expect("stationary");
    assert!((values.action_values(0)[0] - 2.0).abs() < 1e-11);
    assert_eq!(values.action_values(0)[1], f64::NEG_INFINITY, "an action that is not legal");
    assert_eq!(TabularPolicy::uniform(&mdp).row(0), [1.0, 0.0]);
    let mut short = MdpBuilder::new(1);
    let lost = Transition { probability: 0.5, ..stay };
    assert!(matches!(short.action([lost]), Err(SolveError::NotADistribution { .. })));
    let mut away = MdpBuilder::new(1);
    away.action([Transition { next: Some(1), ..stay }]).expect("certain");
    assert!(matches!(away.finish(), Err(SolveError::Index { index: 1, .. })));
    let mut dead = MdpBuilder::new(1);
    dead.action([]).expect("not legal");
    assert!(matches!(dead.finish(), Err(SolveError::DeadEnd { state: 0, .. })));
}
