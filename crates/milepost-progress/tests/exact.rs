//! Laws of shaping in a world that is solved exactly.

use milepost_core::{Ending, Environment, Outcome, RewardLaw, TaskSeed};
use milepost_eval::exact::{StateGraph, TabularMdp, discounted};
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{RiskyInsert, RiskyInsertConfig};
use milepost_progress::{EndKind, Form, Shaping, TerminalPotential};
use proptest::prelude::*;

fn graph(insert: f64) -> StateGraph<Microworld<RiskyInsert>> {
    let config = RiskyInsertConfig { insert, ..RiskyInsertConfig::default() };
    let mut world = Microworld::new(RiskyInsert::new(config).expect("valid"));
    world.reset(TaskSeed::literal(0)).expect("a task");
    StateGraph::enumerate(&world, 100).expect("small")
}

/// The world's own reward with a potential added to every transition.
fn shaped(mdp: &TabularMdp, shaping: Shaping, phi: &[f64], at_end: f64) -> TabularMdp {
    let mut rewards = Vec::with_capacity(mdp.transition_count());
    for (state, action) in (0..mdp.states()).flat_map(|s| (0..mdp.actions()).map(move |a| (s, a))) {
        for transition in mdp.transitions(state, action) {
            let (after, end) = match transition.next {
                Some(next) => (phi[next], EndKind::Running),
                None => (at_end, EndKind::from(Some(Ending::Terminated(Outcome::Success)))),
            };
            let added = shaping.step(phi[state], after, end).expect("known");
            rewards.push(RewardLaw::constant(transition.reward.base + added));
        }
    }
    mdp.with_rewards(rewards).expect("one each")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shaping_with_terminal_potential_zero_shifts_q_by_phi_and_keeps_the_best_actions(
        phi in prop::collection::vec(-1.0..1.0f64, 10), insert in 0.05..0.9f64, gamma in 0.5..0.99f64, at_end in -1.0..1.0f64,
    ) {
        let graph = graph(insert);
        let shaping = Shaping { form: Form::Shaped, gamma, terminal: TerminalPotential::Zero };
        let plain = discounted::optimal(graph.mdp(), gamma).expect("stationary");
        let moved = discounted::optimal(&shaped(graph.mdp(), shaping, &phi, at_end), gamma).expect("stationary");
        for state in 0..graph.mdp().states() {
            prop_assert_eq!(plain.best_actions(state), moved.best_actions(state));
            for (q, shifted) in plain.action_values(state).iter().zip(moved.action_values(state)) {
                prop_assert!((q - phi[state] - shifted).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn a_kept_terminal_potential_is_worth_a_bonus_for_ending(
        phi in prop::collection::vec(0.0..1.0f64, 10), insert in 0.05..0.9f64, gamma in 0.5..0.99f64, at_end in 0.0..1.0f64,
    ) {
        // Keeping Φ at the end equals shaping with 0 there and a reward of γ Φ(end) for ending.
        let graph = graph(insert);
        let keep = Shaping { form: Form::Shaped, gamma, terminal: TerminalPotential::Keep };
        let kept = discounted::optimal(&shaped(graph.mdp(), keep, &phi, at_end), gamma).expect("stationary");
        let zero = shaped(graph.mdp(), Shaping { terminal: TerminalPotential::Zero, ..keep }, &phi, at_end);
        let mut rewards = zero.rewards().to_vec();
        for (state, action) in (0..zero.states()).flat_map(|s| (0..zero.actions()).map(move |a| (s, a))) {
            for (index, transition) in zero.transition_range(state, action).zip(zero.transitions(state, action)) {
                rewards[index].base += if transition.next.is_none() { gamma * at_end } else { 0.0 };
            }
        }
        let bonus = discounted::optimal(&zero.with_rewards(rewards).expect("one each"), gamma).expect("stationary");
        for (a, b) in kept.values().iter().zip(bonus.values()) {
            prop_assert!((a - b).abs() < 1e-9);
        }
    }
}
