use std::collections::HashMap;
use std::sync::Arc;

use super::{Arrays, LawError, Table};
use crate::dynamics::{Dynamics, Transition};

/// Rounding that a sum of probabilities may carry.
const TOLERANCE: f64 = 1e-9;

pub(super) fn compile<D: Dynamics>(world: &D, cap: usize) -> Result<Table, LawError> {
    let mut found = Found { world, cap, states: Vec::new(), running: Vec::new(), numbers: HashMap::new() };
    let mut starts = Vec::new();
    let law = world.starts();
    check_distribution(world, || "the starts".to_owned(), law.iter().map(|(p, _)| *p))?;
    for (probability, state) in law {
        starts.push((probability, found.visit(state, true)?));
    }
    let (mut offsets, mut outcomes) = (vec![0], Vec::new());
    let mut listed = Vec::new();
    let mut number = 0;
    // Ends are found along with the states that lead to them, so this loop meets them too.
    while number < found.states.len() {
        let state = found.states[number].clone();
        let mut dead = true;
        for action in 0..world.actions() as u32 {
            if found.running[number] && world.is_legal(&state, action) {
                dead = false;
                listed.clear();
                world.outcomes(&state, action, &mut listed);
                let what = || format!("the outcomes of action {action} in state {state:?}");
                check_distribution(world, what, listed.iter().map(|outcome| outcome.probability))?;
                for Transition { probability, reward, next, ending } in listed.drain(..) {
                    if !reward.is_finite() {
                        let (world, state) = (world.name().to_owned(), format!("{state:?}"));
                        return Err(LawError::Reward { world, state, action: action as usize, reward });
                    }
                    let next = found.visit(next, ending.is_none())?;
                    outcomes.push(Transition { probability, reward, next, ending });
                }
            }
            offsets.push(outcomes.len() as u32);
        }
        if dead && found.running[number] {
            return Err(LawError::DeadEnd { world: world.name().to_owned(), state: format!("{state:?}") });
        }
        number += 1;
    }
    let seen = Seen::of(world, &found.states, &found.running)?;
    Ok(Table(Arc::new(Arrays {
        name: world.name().to_owned(),
        actions: world.actions(),
        horizon: world.horizon(),
        features: world.features(),
        distractor_bits: world.distractor_bits(),
        turns: (0..world.horizon()).map(|step| world.turn_of(step)).collect(),
        starts,
        keys: found.states.iter().map(|state| world.state_key(state)).collect(),
        observation_keys: seen.keys,
        observations: seen.features,
        reference: seen.reference,
        offsets,
        outcomes,
    })))
}

fn check_distribution<D: Dynamics>(
    world: &D,
    what: impl Fn() -> String,
    probabilities: impl Iterator<Item = f64>,
) -> Result<(), LawError> {
    let (mut sum, mut positive) = (0.0, true);
    for probability in probabilities {
        positive &= probability > 0.0;
        sum += probability;
    }
    if positive && (sum - 1.0).abs() <= TOLERANCE {
        return Ok(());
    }
    Err(LawError::NotADistribution { world: world.name().to_owned(), what: what(), sum })
}

/// States met so far, in order.
struct Found<'a, D: Dynamics> {
    world: &'a D,
    cap: usize,
    states: Vec<D::State>,
    /// Whether episodes go on from the state.
    running: Vec<bool>,
    numbers: HashMap<u64, u32>,
}

impl<D: Dynamics> Found<'_, D> {
    /// The number of the state, which is new or known.
    fn visit(&mut self, state: D::State, running: bool) -> Result<u32, LawError> {
        let key = self.world.state_key(&state);
        if let Some(number) = self.numbers.get(&key).copied() {
            let known = &self.states[number as usize];
            if *known != state {
                let what = "a state key";
                let remedy = "the key must contain everything that the state does";
                return Err(shared(self.world, known, &state, what, remedy));
            }
            if running != self.running[number as usize] {
                let what = "a state key, one being an end and the other not";
                let remedy = "mark in the state that the episode is over";
                return Err(shared(self.world, known, &state, what, remedy));
            }
            return Ok(number);
        }
        if self.states.len() >= self.cap {
            let world = self.world.name().to_owned();
            return Err(LawError::TooManyStates { world, cap: self.cap });
        }
        let number = self.states.len() as u32;
        self.numbers.insert(key, number);
        self.states.push(state);
        self.running.push(running);
        Ok(number)
    }
}

/// What the policy sees of each state, and what the reference policy does there.
struct Seen {
    keys: Vec<u64>,
    features: Vec<f32>,
    reference: Vec<f64>,
}

impl Seen {
    fn of<D: Dynamics>(world: &D, states: &[D::State], running: &[bool]) -> Result<Self, LawError> {
        let (count, width, actions) = (states.len(), world.features(), world.actions());
        let mut seen = Self {
            keys: states.iter().map(|state| world.observation_key(state)).collect(),
            features: vec![0.0; count * width],
            reference: vec![0.0; count * actions],
        };
        let mut known: HashMap<u64, usize> = HashMap::new();
        let mut known_running: HashMap<u64, usize> = HashMap::new();
        for (number, state) in states.iter().enumerate() {
            let features = number * width..(number + 1) * width;
            let reference = number * actions..(number + 1) * actions;
            world.observe(state, &mut seen.features[features.clone()]);
            let first = *known.entry(seen.keys[number]).or_insert(number);
            let again = first * width..(first + 1) * width;
            if seen.features[features] != seen.features[again] {
                let what = "an observation key, but look different";
                let remedy = "the observation key must contain all that the features show";
                return Err(shared(world, &states[first], state, what, remedy));
            }
            if !running[number] {
                continue;
            }
            world.reference_policy(state, &mut seen.reference[reference.clone()]);
            let row = &seen.reference[reference];
            let sum: f64 = row.iter().sum();
            let allowed =
                |(action, p): (usize, &f64)| *p >= 0.0 && (*p == 0.0 || world.is_legal(state, action as u32));
            if (sum - 1.0).abs() > TOLERANCE || !row.iter().enumerate().all(allowed) {
                let what = format!("the reference policy in state {state:?} (over legal actions)");
                return Err(LawError::NotADistribution { world: world.name().to_owned(), what, sum });
            }
            let first = *known_running.entry(seen.keys[number]).or_insert(number);
            let legal = |action| world.is_legal(state, action) == world.is_legal(&states[first], action);
            if !(0..actions as u32).all(legal) {
                let what = "an observation key, but not their legal actions";
                let remedy = "show in the observation what may be done";
                return Err(shared(world, &states[first], state, what, remedy));
            }
        }
        Ok(seen)
    }
}

fn shared<D: Dynamics>(
    world: &D,
    one: &D::State,
    other: &D::State,
    what: &'static str,
    remedy: &'static str,
) -> LawError {
    let (one, other) = (format!("{one:?}"), format!("{other:?}"));
    LawError::SharedKey { world: world.name().to_owned(), one, other, what, remedy }
}
