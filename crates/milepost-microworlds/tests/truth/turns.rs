//! Known answers of the multi-turn token world (derived by hand; Milepost's construction).

use milepost_microworlds::worlds::{Combination, Decisive, KeySource, Turns, TurnsConfig, TurnsState};
use milepost_microworlds::{Dynamics, Table};
use proptest::prelude::*;

use crate::exact::{Exact, close, listed, solve};

fn solved(config: TurnsConfig) -> (Turns, Exact<Turns>) {
    let world = Turns::new(config).expect("valid");
    let exact = solve(&world);
    (world, exact)
}

/// One decisive turn, uniform policy: `A(key) = Δ (1 − 1/V)`, `A(other) = −Δ/V` at token `j*` of that turn, and
/// nothing anywhere else. The same whether the prompt or a reply names the key.
#[test]
fn only_the_key_token_of_the_decisive_turn_is_worth_anything() {
    for key_source in [KeySource::Prompt, KeySource::Reply] {
        let (world, exact) = solved(TurnsConfig { key_source, ..TurnsConfig::default() });
        let decisive = (world.decisive()[0], 2);
        for step in 0..24 {
            if world.turn_of(step) != decisive {
                close(exact.skill(step), 0.0);
                continue;
            }
            for node in exact.reached(step) {
                for symbol in 0..8 {
                    let right = node.state.key == Some(symbol);
                    close(node.advantage(symbol), if right { 0.6 * 0.875 } else { -0.6 * 0.125 });
                }
            }
        }
    }
}

/// All key tokens good with probability π, `and` over two turns: the first is worth `Δ π (1 − π)`.
#[test]
fn decisive_turns_combine_as_decisive_steps_do() {
    let (world, exact) = solved(TurnsConfig {
        decisive: Decisive::At(vec![0, 3]),
        combination: Combination::And,
        key_probability: Some(0.7),
        ..TurnsConfig::default()
    });
    assert_eq!(world.turn_of(14), (3, 2));
    let state = |step, good| TurnsState { step, key: Some(5), good };
    close(exact.advantage(2, &state(2, 0), 5), 0.6 * 0.7 * 0.3);
    close(exact.advantage(14, &state(14, 1), 5), 0.6 * 0.3);
    close(exact.advantage(14, &state(14, 0), 5), 0.0);
}

/// A format of the last token of each turn is worth its penalty at once: `λ (1 − 1/V)` and `−λ/V`.
#[test]
fn keeping_the_format_is_worth_its_penalty() {
    let (world, exact) = solved(TurnsConfig { format_penalty: 0.4, ..TurnsConfig::default() });
    for step in (0..24).filter(|step| world.turn_of(*step).1 == 3) {
        for node in exact.reached(step) {
            close(node.advantage(7), 0.4 * 0.875);
            close(node.advantage(0), -0.4 * 0.125);
        }
    }
}

/// Salient and echo turns stand out, or repeat, and are worth nothing.
#[test]
fn salient_and_echo_turns_are_worth_nothing() {
    let (world, exact) = solved(TurnsConfig {
        decisive: Decisive::At(vec![0]),
        salient: Some(2),
        echo: vec![3, 4],
        routine_probability: Some(0.93),
        ..TurnsConfig::default()
    });
    for step in 4..24 {
        close(exact.skill(step), 0.0);
    }
    let state = |step| TurnsState { step, key: Some(1), good: 1 };
    let policy = |step| {
        let mut policy = [0.0; 8];
        world.reference_policy(&state(step), &mut policy);
        policy
    };
    close(policy(8)[0], 0.125);
    close(policy(12)[0], 0.93);
    close(policy(12)[7], 0.01);
    // Echoes of different turns, keys and results look the same, token by token.
    let other = TurnsState { step: 17, key: Some(6), good: 0 };
    assert_eq!(world.observation_key(&state(13)), world.observation_key(&other));
    assert_ne!(world.observation_key(&state(13)), world.observation_key(&state(14)));
    assert_ne!(
        world.observation_key(&state(9)),
        world.observation_key(&TurnsState { key: Some(6), ..state(9) })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// The truth has two levels: the advantage of a turn, `Q(s, all its tokens) − V(s)` with `Q` computed from
    /// rewards and what follows, is the sum of its tokens' advantages.
    #[test]
    fn the_advantage_of_a_turn_is_the_sum_of_its_tokens(
        turn in 0u32..3,
        seed: u64,
        from_reply: bool,
        format_penalty in prop::sample::select(vec![0.0, 0.3]),
        tokens in prop::collection::vec(0u32..4, 3),
    ) {
        let (world, exact) = solved(TurnsConfig {
            turns: 3,
            tokens: 3,
            vocabulary: 4,
            decisive: Decisive::Random { count: 2, seed },
            key_token: 1,
            key_source: if from_reply { KeySource::Reply } else { KeySource::Prompt },
            combination: Combination::Or,
            key_probability: Some(0.4),
            format_penalty,
            ..TurnsConfig::default()
        });
        for node in exact.reached(turn * 3) {
            let mut state = node.state;
            let (mut summed, mut worth) = (0.0, 0.0);
            for (step, token) in (turn * 3..).zip(&tokens) {
                summed += exact.advantage(step, &state, *token);
                let outcomes = listed(&world, &state, *token);
                for outcome in &outcomes {
                    worth += outcome.probability * outcome.reward;
                    let after = outcome.ending.is_none().then(|| exact.node(step + 1, &outcome.next).value);
                    // Rewards on the way count as they come, the future once, when the turn is over.
                    if step % 3 == 2 {
                        worth += outcome.probability * after.unwrap_or(0.0);
                    }
                }
                if step % 3 < 2 {
                    prop_assert_eq!(outcomes.len(), 1, "within a turn nothing is random");
                    state = outcomes[0].next;
                }
            }
            close(summed, worth - node.value);
        }
    }
}

#[test]
fn steps_are_counted_turn_by_turn_in_the_table_too() {
    let world = Turns::new(TurnsConfig::default()).expect("valid");
    let table = Table::compile(&world, Table::CAP).expect("small");
    assert_eq!([0, 3, 4, 23].map(|step| table.turn_of(step)), [(0, 0), (0, 3), (1, 0), (5, 3)]);
}

#[test]
fn impossible_turns_are_refused_by_name() {
    let refused = |config: TurnsConfig| Turns::new(config).expect_err("invalid").to_string();
    let base = || TurnsConfig { decisive: Decisive::At(vec![2]), ..TurnsConfig::default() };
    assert_eq!(
        refused(TurnsConfig { salient: Some(2), ..base() }),
        "turns: `salient` is 2, but must be a turn that does not decide"
    );
    assert!(
        refused(TurnsConfig { echo: vec![6], ..base() }).contains("`echo` is 6, but must be from 0 to 5")
    );
    assert!(refused(TurnsConfig { salient: Some(1), echo: vec![1], ..base() }).contains("no echo"));
    let clash = TurnsConfig { key_token: 3, format_penalty: 0.1, ..base() };
    assert!(refused(clash).contains("before the last token"));
}
