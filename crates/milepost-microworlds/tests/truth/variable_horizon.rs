//! Known answers of the variable-horizon world.

use milepost_microworlds::worlds::{VariableHorizon, VariableHorizonConfig, VariableHorizonState};

use crate::exact::{close, solve};

fn state(step: u32) -> VariableHorizonState {
    VariableHorizonState { step, stopped: false }
}

/// Stop probability 0.5 (AgentCreditBench): values and advantages of going on.
#[test]
fn going_on_is_good_and_bad_by_turns() {
    let exact = solve(&VariableHorizon::new(VariableHorizonConfig::default()).expect("valid"));
    for (step, value) in (0..).zip([0.8125, 1.625, 1.25, 1.5, 0.0]) {
        close(exact.node(step, &state(step)).value, value);
    }
    for (step, advantage) in (0..).zip([0.8125, -0.375, 0.25, -1.5]) {
        close(exact.advantage(step, &state(step), VariableHorizon::CONTINUE), advantage);
    }
    assert!(exact.node(4, &state(4)).q[VariableHorizon::CONTINUE as usize].is_nan());
}

/// For any stop probability `p`: `V_t = p r_t + (1 − p) V_{t+1}` (by hand).
#[test]
fn values_follow_the_stop_probability() {
    for p in [0.35, 0.5, 0.65] {
        let config = VariableHorizonConfig { stop_probability: p, ..VariableHorizonConfig::eight_steps() };
        let exact = solve(&VariableHorizon::new(config.clone()).expect("valid"));
        let mut value = config.stop_rewards[7];
        for step in (0..7).rev() {
            let going_on = value;
            value = p * config.stop_rewards[step as usize] + (1.0 - p) * going_on;
            close(exact.node(step, &state(step)).value, value);
            close(exact.advantage(step, &state(step), VariableHorizon::CONTINUE), going_on - value);
        }
    }
}

/// Without the clock, steps of opposite credit look the same.
#[test]
fn the_loop_alias_hides_opposite_signs_behind_one_observation() {
    use milepost_microworlds::Dynamics;
    let world = VariableHorizon::new(VariableHorizonConfig::loop_alias()).expect("valid");
    let keys: Vec<u64> = (0..4).map(|step| world.observation_key(&state(step))).collect();
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{keys:?}");
    assert_ne!(keys[0], world.observation_key(&state(4)), "the policy sees that it must stop");
    let exact = solve(&world);
    assert!(exact.advantage(0, &state(0), 1) > 0.0 && exact.advantage(1, &state(1), 1) < 0.0);
}
