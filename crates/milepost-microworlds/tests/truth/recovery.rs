//! Known answers of the recovery world and its relatives.

use milepost_microworlds::worlds::{
    AmbiguousBandit, AmbiguousBanditConfig, Recovery, RecoveryConfig, RecoveryState, Shortcut, ShortcutConfig,
};

use crate::exact::{close, solve};

/// Uniform policy (AgentCreditBench; by hand): `V(mistaken) = q/2`, so `A(BAD) = q/4 − 1/2` and
/// `A(RECOVER) = q/2`.
#[test]
fn a_mistake_that_can_be_put_right_is_still_blamed() {
    for q in [1.0, 0.6, 0.0] {
        let exact = solve(&Recovery::new(RecoveryConfig { recovery: q }).expect("valid"));
        close(exact.advantage(0, &RecoveryState::Start, Recovery::BAD), q / 4.0 - 0.5);
        close(exact.advantage(0, &RecoveryState::Start, Recovery::GOOD), 0.5 - q / 4.0);
        close(exact.advantage(1, &RecoveryState::Mistaken, Recovery::RECOVER), q / 2.0);
        close(exact.advantage(1, &RecoveryState::Mistaken, Recovery::GIVE_UP), -q / 2.0);
    }
}

/// By hand, five states, `ε = 0.1`: the last step pays 1 either way, and
/// `Q(long) = ε + (1 − ε)(−1 + V(next))`, `V = (1 + Q(long)) / 2`.
#[test]
fn the_shortcut_is_worth_one_and_the_long_way_what_remains() {
    let exact = solve(&Shortcut::new(ShortcutConfig::default()).expect("valid"));
    let mut value = 1.0;
    close(exact.node(3, &3).value, value);
    for state in (0..3).rev() {
        let long = 0.1 + 0.9 * (value - 1.0);
        value = f64::midpoint(1.0, long);
        let node = exact.node(state, &state);
        close(node.q[Shortcut::SHORTCUT as usize], 1.0);
        close(node.q[Shortcut::LONG as usize], long);
        close(node.value, value);
    }
}

/// Arms of mean 1 and 2 with crossover 0.1: values 1.1 and 1.9; the reward's variance is 1.5² + 0.3² within
/// each arm.
#[test]
fn the_ambiguous_bandit_mixes_its_means() {
    for (means, values) in [([1.0, 2.0], [1.1, 1.9]), ([2.0, 1.0], [1.9, 1.1])] {
        let config = AmbiguousBanditConfig { means, ..AmbiguousBanditConfig::default() };
        let exact = solve(&AmbiguousBandit::new(config).expect("valid"));
        let start = exact.node(0, &0);
        close(start.q[0], values[0]);
        close(start.q[1], values[1]);
        close(exact.luck(0), 1.5 * 1.5 + 0.1 * 0.9);
    }
}
