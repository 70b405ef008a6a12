//! What each form of a potential does to the best policies, computed exactly.

use milepost_core::{CutReason, Ending, Outcome};
use milepost_testkit::golden::{Golden, array, number, numbers};

use crate::{Form, Shaping, TerminalPotential};

/// The reward of one step, as the scorer computes it for a trajectory of that step.
fn step(shaping: Shaping, from: f64, to: f64, is_final: bool) -> f64 {
    let ending =
        if is_final { Ending::Terminated(Outcome::Success) } else { Ending::Cut(CutReason::SegmentFull) };
    shaping.rewards(&[from, to], ending)[0].expect("known potentials")
}

#[test]
fn fixture_potential_shaping() {
    let golden = Golden::read("mdps.json.gz").expect("fixture");
    let section = golden.section("potential_shaping");
    for case in &section.cases {
        let (r, want) = (array(&case.inputs["R"]), array(&case.outputs["R_shaped"]));
        let (r, want) = (r.expect("an array"), want.expect("an array"));
        let [_, actions, states] = r.shape[..] else { panic!("three axes") };
        let (phi, terminal) = (numbers(&case.inputs["potential"]), numbers(&case.inputs["terminal"]));
        let gamma = number(&case.inputs["gamma"]);
        let shaping = Shaping { form: Form::Shaped, gamma, terminal: TerminalPotential::Zero };
        let got: Vec<f64> = (0..r.data.len())
            .map(|i| {
                let (s, next) = (i / (actions * states), i % states);
                if terminal[s] != 0.0 {
                    return 0.0; // The recording zeroes what follows the end.
                }
                r.data[i] + step(shaping, phi[s], phi[next], terminal[next] != 0.0)
            })
            .collect();
        section.tolerance.f64.check(&case.name, &got, &want.data);
    }
}

const GAMMA: f64 = 0.99;
const GOAL: usize = 10;

/// A chain on which progress Φ = i/10 misleads: states 0 to 10, the last a terminal success. *Forward*
/// succeeds with 0.9, but the last insertion only with 0.1 and otherwise slips back to 4; *hold* stays;
/// *back* goes back. Outcomes as (probability, next state).
fn risky_insert(state: usize, action: usize) -> Vec<(f64, usize)> {
    match (action, state) {
        (0, 9) => vec![(0.1, GOAL), (0.9, 4)],
        (0, _) => vec![(0.9, state + 1), (0.1, state)],
        (1, _) => vec![(1.0, state)],
        _ => vec![(1.0, state.saturating_sub(1))],
    }
}

/// Probability of success within 80 steps of the best policy for `gold · success + form`, ties broken evenly.
fn success(gold: f64, shaping: Option<Shaping>) -> f64 {
    let phi = |s: usize| s as f64 / 10.0;
    let reward = |s: usize, next: usize| {
        let form = shaping.map_or(0.0, |shaping| step(shaping, phi(s), phi(next), next == GOAL));
        gold * f64::from(u8::from(next == GOAL)) + form
    };
    let mut values = [0.0; GOAL + 1];
    let q = |values: &[f64], s: usize, action: usize| -> f64 {
        let outcomes = risky_insert(s, action);
        outcomes.iter().map(|(p, next)| p * (reward(s, *next) + GAMMA * values[*next])).sum()
    };
    for _ in 0..4000 {
        let old = values;
        for s in 0..GOAL {
            values[s] = (0..3).map(|action| q(&old, s, action)).fold(f64::NEG_INFINITY, f64::max);
        }
    }
    let best = |s: usize| -> Vec<usize> {
        (0..3).filter(|action| q(&values, s, *action) >= values[s] - 1e-9).collect()
    };
    let mut law = [0.0; GOAL + 1];
    law[0] = 1.0;
    for _ in 0..80 {
        let mut next_law = [0.0; GOAL + 1];
        next_law[GOAL] = law[GOAL];
        for s in 0..GOAL {
            let actions = best(s);
            for (p, next) in actions.iter().flat_map(|action| risky_insert(s, *action)) {
                next_law[next] += law[s] * p / actions.len() as f64;
            }
        }
        law = next_law;
    }
    law[GOAL]
}

#[test]
fn only_the_shaped_form_keeps_the_best_policy_of_the_risky_insertion() {
    let with = |form, terminal| Some(Shaping { form, gamma: GAMMA, terminal });
    let (zero, keep) = (TerminalPotential::Zero, TerminalPotential::Keep);
    let close = |got: f64, want: f64| assert!((got - want).abs() < 0.005, "got {got}, want {want}");
    close(success(1.0, None), 0.69);
    close(success(1.0, with(Form::Shaped, zero)), 0.69);
    close(success(1.0, with(Form::Delta, zero)), 0.69);
    close(success(0.0, with(Form::Delta, zero)), 0.0);
    close(success(0.0, with(Form::Level, zero)), 0.0);
    close(success(1.0, with(Form::Level, zero)), 0.0);
    // A terminal potential that is kept is itself the gold reward.
    close(success(0.0, with(Form::Shaped, keep)), 0.69);
    // Without it, shaping alone cannot tell any two policies apart: all three actions tie everywhere.
    let walk = success(0.0, None);
    assert_eq!(success(0.0, with(Form::Shaped, zero)), walk);
}
