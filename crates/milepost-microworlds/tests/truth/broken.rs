//! A world that breaks a law is refused with the law's name.

use milepost_core::{EnvError, Environment, Outcome, TaskSeed};
use milepost_microworlds::{Dynamics, LawError, Microworld, Table, Transition};

/// What is wrong with a [`Broken`] world.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    None,
    NoStart,
    Sum,
    Impossible,
    Reward,
    DeadEnd,
    Key,
    EndAndNot,
    Look,
    Legal,
    Policy,
}

/// Three states in a row, 0 to 2, and an end, 3; both actions go on. But for the flaw, every law is kept.
#[derive(Debug, Clone)]
struct Broken(Flaw);

impl Dynamics for Broken {
    type State = u32;

    fn name(&self) -> &'static str {
        "broken"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        3
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        if self.0 == Flaw::NoStart { Vec::new() } else { vec![(1.0, 0)] }
    }

    fn is_legal(&self, state: &u32, action: u32) -> bool {
        match self.0 {
            Flaw::DeadEnd if *state == 2 => false,
            Flaw::Legal if *state == 2 => action == 0,
            _ => action < 2,
        }
    }

    fn outcomes(&self, state: &u32, _action: u32, into: &mut Vec<Transition<u32>>) {
        let probability = if self.0 == Flaw::Sum { 0.9 } else { 1.0 };
        let reward = if self.0 == Flaw::Reward { f64::NAN } else { 0.0 };
        match (state, self.0) {
            (2, Flaw::EndAndNot) => into.push(Transition::end(1.0, 0.0, 1, Outcome::Success)),
            (2, _) => into.push(Transition::end(1.0, 0.0, 3, Outcome::Success)),
            _ => into.push(Transition::step(probability, reward, state + 1)),
        }
        if self.0 == Flaw::Impossible {
            into.push(Transition::step(0.0, 0.0, 0));
        }
    }

    fn state_key(&self, state: &u32) -> u64 {
        if self.0 == Flaw::Key { 0 } else { u64::from(*state) }
    }

    /// States 1 and 2 are to look the same.
    fn observation_key(&self, state: &u32) -> u64 {
        u64::from((*state).min(1))
    }

    fn features(&self) -> usize {
        1
    }

    fn observe(&self, state: &u32, into: &mut [f32]) {
        into[0] = if self.0 == Flaw::Look { *state as f32 } else { (*state).min(1) as f32 };
    }

    fn reference_policy(&self, state: &u32, into: &mut [f64]) {
        if self.0 == Flaw::Policy {
            into.fill(0.4);
        } else {
            milepost_microworlds::uniform_over_legal(self, state, into);
        }
    }
}

fn error(flaw: Flaw) -> LawError {
    Table::compile(&Broken(flaw), 100).expect_err("a law is broken")
}

#[test]
fn each_broken_law_is_named() {
    assert_eq!(Table::compile(&Broken(Flaw::None), 4).expect("keeps all laws").states(), 4);
    assert!(matches!(error(Flaw::NoStart), LawError::NotADistribution { what, .. } if what == "the starts"));
    for flaw in [Flaw::Sum, Flaw::Impossible] {
        assert!(matches!(error(flaw), LawError::NotADistribution { what, .. } if what.contains("outcomes")));
    }
    assert!(matches!(error(Flaw::Reward), LawError::Reward { action: 0, .. }));
    assert!(matches!(error(Flaw::DeadEnd), LawError::DeadEnd { state, .. } if state == "2"));
    let shares = |flaw, part: &str| match error(flaw) {
        LawError::SharedKey { what, .. } => assert!(what.contains(part), "{what}"),
        other => panic!("{other}"),
    };
    shares(Flaw::Key, "a state key");
    shares(Flaw::EndAndNot, "one being an end");
    shares(Flaw::Look, "look different");
    shares(Flaw::Legal, "legal actions");
    assert!(
        matches!(error(Flaw::Policy), LawError::NotADistribution { what, .. } if what.contains("policy"))
    );
}

#[test]
fn a_world_above_the_cap_is_refused_with_the_remedy() {
    let error = Table::compile(&Broken(Flaw::None), 3).expect_err("four states");
    assert_eq!(
        error.to_string(),
        "broken has more than 3 states; raise the cap, or choose smaller parameters"
    );
}

/// Bad calls and empty laws are errors of the environment, not panics.
#[test]
fn an_environment_answers_misuse_with_errors() {
    let mut nowhere = Microworld::new(Broken(Flaw::NoStart));
    assert!(matches!(nowhere.reset(TaskSeed::literal(0)), Err(EnvError::Task { .. })));
    let mut world = Microworld::new(Broken(Flaw::Legal));
    assert!(matches!(world.step(&0), Err(EnvError::NotReset { .. })));
    world.reset(TaskSeed::literal(0)).expect("has a start");
    for _ in 0..2 {
        world.step(&1).expect("legal in states 0 and 1");
    }
    assert_eq!(
        world.step(&1).expect_err("illegal in state 2").to_string(),
        "action 1 is not legal in the current state of broken; ask `is_legal` first"
    );
    world.step(&0).expect("legal");
    assert!(matches!(world.step(&0), Err(EnvError::StepAfterEnd { .. })));
}
