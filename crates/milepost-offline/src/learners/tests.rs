use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};

use super::*;
use crate::data::Transitions;
use crate::nets::Stack;

fn device() -> Device {
    Device::flex().autodiff()
}

fn networks(learning_rate: f64) -> Networks {
    Networks { hidden: vec![16, 16], learning_rate, gamma: 0.9, polyak: 0.05 }
}

/// One-step problems: states in [−1, 1]², a reward of −‖a − target(s)‖², actions by `behave`.
fn bandit(rows: usize, seed: u64, behave: impl Fn(&[f32], &mut Stream) -> [f32; 2]) -> Transitions {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("test bandit")));
    let mut t = Transitions { state_width: 2, action_width: 2, ..Transitions::default() };
    for row in 0..rows {
        let state = [0, 1].map(|_| (2.0 * stream.uniform() - 1.0) as f32);
        let action = behave(&state, &mut stream);
        let goal = target(&state);
        t.states.extend(state);
        t.next_states.extend(state);
        t.rewards.push(-(action[0] - goal[0]).powi(2) - (action[1] - goal[1]).powi(2));
        t.actions.extend(action);
        t.terminals.push(1.0);
        t.uncertainty.push(0.0);
        t.trajectory.push(row);
        t.step.push(0);
    }
    t
}

fn target(state: &[f32]) -> [f32; 2] {
    [0.5 * state[0], -0.5 * state[1]]
}

fn uniform(_: &[f32], stream: &mut Stream) -> [f32; 2] {
    [0, 1].map(|_| (1.8 * stream.uniform() - 0.9) as f32)
}

/// Mean reward of a policy on fresh states.
fn reward_of(greedy: &Greedy) -> f32 {
    let fresh = bandit(200, 99, |_, _| [0.0; 2]);
    let states = Tensor::<2>::from_data(TensorData::new(fresh.states.clone(), [200, 2]), &Device::flex());
    let actions: Vec<f32> = greedy.act(states).into_data().iter::<f32>().collect();
    let each = fresh.states.chunks(2).zip(actions.chunks(2));
    each.map(|(s, a)| -(a[0] - target(s)[0]).powi(2) - (a[1] - target(s)[1]).powi(2)).sum::<f32>() / 200.0
}

fn train<L: OfflineLearner>(mut learner: L, data: &Transitions, updates: usize) -> L {
    let mut batches = Batches::uniform(data, 5, &Device::flex()).expect("rows");
    for _ in 0..updates {
        learner.update(&batches.draw(64));
    }
    learner
}

fn actions_of(greedy: &Greedy) -> Vec<f32> {
    let states = Tensor::<2>::from_floats([[0.1, 0.2], [-0.7, 0.4], [0.9, -0.9]], &Device::flex());
    greedy.act(states).into_data().iter::<f32>().collect()
}

fn bc(policy: BcPolicy) -> BehaviourCloning {
    let config = BcConfig { networks: networks(1e-2), policy, ..BcConfig::default() };
    BehaviourCloning::new(config, 2, 2, 1, &device()).expect("valid")
}

fn iql(beta: f64) -> Iql {
    let config = IqlConfig { networks: networks(1e-2), beta, ..IqlConfig::default() };
    Iql::new(config, 2, 2, 1, &device()).expect("valid")
}

fn td3(alpha: f64) -> Td3Bc {
    let config = Td3BcConfig { networks: networks(1e-2), alpha, ..Td3BcConfig::default() };
    Td3Bc::new(config, 2, 2, 1, &device()).expect("valid")
}

fn cql(weight: Option<f64>) -> Sac {
    let conservative = weight.map(|weight| Conservative { weight, samples: 4, lagrange: None });
    let config = SacConfig { networks: networks(1e-2), conservative, ..SacConfig::default() };
    Sac::new(config, 2, 2, 1, &device()).expect("valid")
}

#[test]
fn the_same_seed_gives_the_same_policy_bit_for_bit() {
    let data = bandit(300, 1, uniform);
    let same = |a: Vec<f32>, b: Vec<f32>| assert_eq!(a, b);
    let run = |make: &dyn Fn() -> Greedy| same(actions_of(&make()), actions_of(&make()));
    run(&|| train(bc(BcPolicy::Deterministic), &data, 20).greedy());
    run(&|| train(iql(3.0), &data, 20).greedy());
    run(&|| train(td3(2.5), &data, 20).greedy());
    run(&|| train(cql(Some(5.0)), &data, 20).greedy());
}

#[test]
fn cloning_recovers_the_behaviour() {
    let data = bandit(1000, 1, |s, _| target(s));
    for policy in [BcPolicy::Deterministic, BcPolicy::Gaussian] {
        let reward = reward_of(&train(bc(policy), &data, 300).greedy());
        assert!(reward > -0.01, "{policy:?}: {reward}");
    }
}

#[test]
fn learners_of_values_find_good_actions_in_random_data_where_cloning_does_not() {
    let data = bandit(2000, 1, uniform);
    let cloned = reward_of(&train(bc(BcPolicy::Gaussian), &data, 300).greedy());
    assert!(cloned < -0.1, "{cloned}");
    let found = [
        ("IQL", reward_of(&train(iql(20.0), &data, 400).greedy())),
        ("TD3+BC", reward_of(&train(td3(10.0), &data, 400).greedy())),
        ("CQL", reward_of(&train(cql(Some(0.1)), &data, 400).greedy())),
    ];
    for (learner, reward) in found {
        assert!(reward > cloned + 0.05, "{learner}: {reward} against {cloned}");
    }
}

#[test]
fn iql_without_temperature_is_gaussian_cloning_bit_for_bit() {
    let data = bandit(300, 1, uniform);
    let cloned = train(bc(BcPolicy::Gaussian), &data, 25).greedy();
    assert_eq!(actions_of(&train(iql(0.0), &data, 25).greedy()), actions_of(&cloned));
}

#[test]
fn td3_bc_without_value_is_cloning_at_every_second_batch() {
    let data = bandit(300, 1, uniform);
    let mut learner = td3(0.0);
    let mut clone = bc(BcPolicy::Deterministic);
    let mut batches = Batches::uniform(&data, 5, &Device::flex()).expect("rows");
    for step in 1..=20 {
        let batch = batches.draw(64);
        learner.update(&batch);
        if step % 2 == 0 {
            clone.update(&batch);
        }
    }
    assert_eq!(actions_of(&learner.greedy()), actions_of(&clone.greedy()));
}

#[test]
fn cql_lowers_the_values_of_actions_that_the_data_lack() {
    // The data know the actions near (0.5, 0.5) alone.
    let data = bandit(500, 1, |_, stream| [0, 1].map(|_| (0.4 + 0.2 * stream.uniform()) as f32));
    let value = |learner: &Sac, action: f32| {
        let (states, actions) = ([[0.0f32, 0.0]], [[action, action]]);
        let plain = &Device::flex();
        let q = learner.values(Tensor::from_floats(states, plain), Tensor::from_floats(actions, plain));
        q.mean().into_scalar::<f32>()
    };
    let (sac, conservative) = (train(cql(None), &data, 300), train(cql(Some(5.0)), &data, 300));
    assert!(value(&conservative, -0.8) < value(&sac, -0.8), "an unseen action");
    let gap = |learner: &Sac| value(learner, 0.5) - value(learner, -0.8);
    assert!(gap(&conservative) > gap(&sac) + 0.5, "{} {}", gap(&conservative), gap(&sac));
}

#[test]
fn a_learned_multiplier_starts_at_one() {
    let data = bandit(300, 1, uniform);
    let run = |lagrange: Option<Lagrange>| {
        let conservative = Some(Conservative { weight: 1.0, samples: 4, lagrange });
        let config = SacConfig { networks: networks(0.0), conservative, ..SacConfig::default() };
        actions_of(&train(Sac::new(config, 2, 2, 1, &device()).expect("valid"), &data, 2).greedy())
    };
    assert_eq!(run(Some(Lagrange { target: 1.0 })), run(None));
}

#[test]
fn discrete_cql_is_pessimistic_about_unseen_choices_and_cloning_copies_seen_ones() {
    // One state, three choices; choice 2 never happens, choice 1 pays more.
    let mut t = Transitions { state_width: 1, action_width: 3, ..Transitions::default() };
    for row in 0..40 {
        let choice = usize::from(row % 4 == 0);
        t.states.push(1.0);
        t.next_states.push(1.0);
        t.actions.extend([0, 1, 2].map(|c| f32::from(u8::from(c == choice))));
        t.rewards.push(choice as f32);
        t.terminals.push(1.0);
        t.uncertainty.push(0.0);
        t.trajectory.push(row);
        t.step.push(0);
    }
    let learner = |weight: f64| {
        let config = DiscreteCqlConfig { networks: networks(1e-2), weight };
        train(DiscreteCql::new(config, 1, 3, 1, &device()).expect("valid"), &t, 300)
    };
    let state = || Tensor::<2>::from_floats([[1.0]], &Device::flex());
    let values = |learner: &DiscreteCql| -> Vec<f32> { learner.values(state()).into_data().iter().collect() };
    let (plain, conservative) = (values(&learner(0.0)), values(&learner(0.2)));
    assert!((plain[0] - 0.0).abs() < 0.1 && (plain[1] - 1.0).abs() < 0.1, "{plain:?}");
    assert!(conservative[2] < plain[2], "{conservative:?} against {plain:?}");
    let best: Vec<f32> = learner(0.2).greedy().act(state()).into_data().iter().collect();
    assert_eq!(best, [0.0, 1.0, 0.0]);
    let clone = train(DiscreteCloning::new(&networks(1e-2), 1, 3, 1, &device()).expect("valid"), &t, 200);
    let common: Vec<f32> = clone.greedy().act(state()).into_data().iter().collect();
    assert_eq!(common, [1.0, 0.0, 0.0]);
}

#[test]
fn targets_follow_slowly() {
    let online = Stack::new("a", 1, &[1, 1], 1, &device());
    let other = Stack::new("a", 1, &[1, 1], 2, &device());
    let at = |stack: &Stack| {
        let x = Tensor::<2>::from_floats([[0.3]], &Device::flex());
        stack.forward_one(x).into_scalar::<f32>()
    };
    let target = burn::module::Module::valid(&online);
    let same = crate::nets::blend(target.clone(), &online, 0.1);
    assert!((at(&same) - at(&online)).abs() < 1e-6, "following oneself changes nothing");
    assert!((at(&other) - at(&online)).abs() > 1e-3, "seeds differ");
    let jumped = crate::nets::blend(target, &online, 1.0);
    assert_eq!(at(&jumped), at(&online));
}

#[test]
fn a_member_does_not_depend_on_how_many_there_are() {
    let x = || Tensor::<2>::from_floats([[0.3, -0.2]], &Device::flex());
    let of = |members: usize| -> Vec<f32> {
        Stack::new("a", members, &[2, 8, 1], 3, &Device::flex())
            .forward_shared(x())
            .into_data()
            .iter()
            .collect()
    };
    let (one, three) = (of(1), of(3));
    assert!((one[0] - three[0]).abs() < 1e-6 && (three[1] - three[0]).abs() > 1e-4);
}

#[test]
fn parameters_out_of_range_are_named() {
    let error = |config: IqlConfig| Iql::new(config, 2, 2, 1, &device()).expect_err("refused").to_string();
    assert!(error(IqlConfig { expectile: 1.0, ..IqlConfig::default() }).contains("`expectile` is 1"));
    assert!(error(IqlConfig { beta: f64::NAN, ..IqlConfig::default() }).contains("`beta`"));
    let gamma = Networks { gamma: 1.0, ..Networks::default() };
    assert!(error(IqlConfig { networks: gamma, ..IqlConfig::default() }).contains("gamma"));
    let delay = Td3BcConfig { delay: 0, ..Td3BcConfig::default() };
    assert!(Td3Bc::new(delay, 2, 2, 1, &device()).is_err());
}
