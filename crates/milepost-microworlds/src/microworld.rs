use std::sync::Arc;

use milepost_core::{
    Branch, Budget, DiscreteEnvironment, Ending, Enumerable, EnvError, Environment, Purpose, RewardLaw,
    StepOutcome, Stream, StreamKey, TaskSeed,
};

use crate::dynamics::{Dynamics, Transition};
use crate::observation::{Features, MicroObservation};

/// A world as an environment.
///
/// The step after `t` others reads one uniform number, a pure function of the task seed and `t`, and takes
/// the outcome at which the running sum of probabilities first exceeds it. So two branches of one episode
/// share their luck: wherever their states and actions give the same outcomes, the same ones happen.
#[derive(Debug, Clone)]
pub struct Microworld<D: Dynamics> {
    law: Arc<Law<D>>,
    episode: Option<Episode<D::State>>,
    /// The outcomes of the step being taken, empty between steps; kept so that stepping need not allocate.
    outcomes: Vec<Transition<D::State>>,
}

#[derive(Debug)]
struct Law<D: Dynamics> {
    world: D,
    starts: Vec<(f64, D::State)>,
}

#[derive(Debug, Clone)]
struct Episode<S> {
    seed: TaskSeed,
    elapsed: u32,
    state: S,
    ending: Option<Ending>,
}

impl<D: Dynamics> Microworld<D> {
    /// The environment of `world`. Must be reset first.
    pub fn new(world: D) -> Self {
        let starts = world.starts();
        Self { law: Arc::new(Law { world, starts }), episode: None, outcomes: Vec::new() }
    }

    /// The law that is sampled.
    pub fn dynamics(&self) -> &D {
        &self.law.world
    }

    /// The current state; `None` before the first reset.
    pub fn state(&self) -> Option<&D::State> {
        self.episode.as_ref().map(|episode| &episode.state)
    }

    /// The encoder that passes this world's features on.
    pub fn encoder(&self) -> Features {
        Features::new(self.feature_count())
    }

    fn feature_count(&self) -> usize {
        self.law.world.features() + self.law.world.distractor_bits()
    }

    fn broken(&self, seed: TaskSeed, what: &str) -> EnvError {
        let reason = format!("its dynamics list no {what}; every law must have at least one");
        EnvError::Task { environment: self.law.world.name().to_owned(), seed: seed.get(), reason }
    }
}

/// The episode under way, or why `action` cannot be taken in it.
fn accept<'a, D: Dynamics>(
    world: &D,
    episode: Option<&'a Episode<D::State>>,
    action: u32,
) -> Result<&'a Episode<D::State>, EnvError> {
    let environment = || world.name().to_owned();
    let number = u64::from(action);
    if action as usize >= world.actions() {
        let count = world.actions();
        return Err(EnvError::ActionOutOfRange { environment: environment(), action: number, count });
    }
    let Some(episode) = episode else { return Err(EnvError::NotReset { environment: environment() }) };
    if let Some(ending) = episode.ending {
        return Err(EnvError::StepAfterEnd { environment: environment(), ending });
    }
    if !world.is_legal(&episode.state, action) {
        return Err(EnvError::IllegalAction { environment: environment(), action: number });
    }
    Ok(episode)
}

/// The stream of one step of an episode.
fn stream(seed: TaskSeed, purpose: Purpose, step: u32) -> Stream {
    Stream::new(StreamKey { task: seed.get(), step, ..StreamKey::new(0, purpose) })
}

/// The first index at which the running sum of probabilities exceeds `u`; the last one takes what rounding
/// leaves over. `None` if there are none.
fn inverse_cdf(u: f64, probabilities: impl ExactSizeIterator<Item = f64>) -> Option<usize> {
    let last = probabilities.len().checked_sub(1)?;
    let mut left = u;
    for (index, probability) in probabilities.enumerate() {
        left -= probability;
        if left < 0.0 {
            return Some(index);
        }
    }
    Some(last)
}

impl<D: Dynamics> Environment for Microworld<D> {
    type Observation = MicroObservation;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let starts = &self.law.starts;
        let u = stream(seed, Purpose::named("microworld start"), 0).uniform();
        let Some(index) = inverse_cdf(u, starts.iter().map(|(probability, _)| *probability)) else {
            return Err(self.broken(seed, "start"));
        };
        let state = starts[index].1.clone();
        self.episode = Some(Episode { seed, elapsed: 0, state, ending: None });
        Ok(())
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        let Self { law, episode, outcomes } = self;
        let Episode { seed, elapsed, state, .. } = accept(&law.world, episode.as_ref(), *action)?;
        let (seed, elapsed) = (*seed, *elapsed);
        law.world.outcomes(state, *action, outcomes);
        let u = stream(seed, Purpose::ENVIRONMENT, elapsed).uniform();
        let chosen = inverse_cdf(u, outcomes.iter().map(|outcome| outcome.probability))
            .map(|index| outcomes.swap_remove(index));
        // A clone has nothing to copy between steps.
        outcomes.clear();
        let Some(Transition { reward, next, ending, .. }) = chosen else {
            return Err(self.broken(seed, "outcome"));
        };
        let elapsed = elapsed + 1;
        let over = elapsed >= self.law.world.horizon();
        let ending = ending.or_else(|| over.then_some(Ending::Truncated(Budget::Steps)));
        self.episode = Some(Episode { seed, elapsed, state: next, ending });
        Ok(StepOutcome { reward, ending })
    }

    fn new_observation(&self) -> MicroObservation {
        MicroObservation { key: 0, features: vec![0.0; self.feature_count()] }
    }

    /// Before the first reset there is nothing to see: all zeros.
    fn observe(&self, into: &mut MicroObservation) {
        let world = &self.law.world;
        into.features.resize(self.feature_count(), 0.0);
        let Some(episode) = &self.episode else {
            into.key = 0;
            into.features.fill(0.0);
            return;
        };
        into.key = world.observation_key(&episode.state);
        let (features, distractors) = into.features.split_at_mut(world.features());
        world.observe(&episode.state, features);
        if !distractors.is_empty() {
            let purpose = Purpose::named("microworld distractors");
            let mut coins = stream(episode.seed, purpose, episode.elapsed);
            distractors.fill_with(|| (coins.next_u32() & 1) as f32);
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.episode.as_ref().and_then(|episode| episode.ending)
    }

    fn elapsed(&self) -> u32 {
        self.episode.as_ref().map_or(0, |episode| episode.elapsed)
    }

    fn state_key(&self) -> u64 {
        self.state().map_or(0, |state| self.law.world.state_key(state))
    }
}

impl<D: Dynamics> DiscreteEnvironment for Microworld<D> {
    fn action_count(&self) -> usize {
        self.law.world.actions()
    }

    /// Before the first reset, and after the end, an action is legal if it is in range.
    fn is_legal(&self, action: u32) -> bool {
        let world = &self.law.world;
        let running = self.episode.as_ref().filter(|episode| episode.ending.is_none());
        (action as usize) < world.actions()
            && running.is_none_or(|episode| world.is_legal(&episode.state, action))
    }
}

impl<D: Dynamics> Enumerable for Microworld<D> {
    /// No outcomes before the first reset, after the end, or for an action that is not legal.
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>> {
        let accepted = accept(&self.law.world, self.episode.as_ref(), action);
        let Ok(Episode { seed, elapsed, state, .. }) = accepted else { return Vec::new() };
        let mut outcomes = Vec::new();
        self.law.world.outcomes(state, action, &mut outcomes);
        outcomes
            .into_iter()
            .map(|Transition { probability, reward, next, ending }| {
                let episode = Episode { seed: *seed, elapsed: elapsed + 1, state: next, ending };
                let (law, outcomes) = (Arc::clone(&self.law), Vec::new());
                let next = Self { law, episode: Some(episode), outcomes };
                Branch { probability, reward: RewardLaw::constant(reward), next, ending }
            })
            .collect()
    }

    fn horizon(&self) -> Option<u32> {
        Some(self.law.world.horizon())
    }
}
