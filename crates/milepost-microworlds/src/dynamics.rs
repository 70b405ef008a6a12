use std::fmt::Debug;

use milepost_core::{Ending, Outcome};

/// One way in which an action can turn out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition<S> {
    /// Its probability, above 0; those of one action sum to 1.
    pub probability: f64,
    /// The reward that is paid with it.
    pub reward: f64,
    /// The state that follows. After an ending it is only looked at, never acted in.
    pub next: S,
    /// How the episode ends with it, if it does.
    pub ending: Option<Ending>,
}

impl<S> Transition<S> {
    /// Goes on in `next`.
    pub const fn step(probability: f64, reward: f64, next: S) -> Self {
        Self { probability, reward, next, ending: None }
    }

    /// Ends the episode with a verdict.
    pub const fn end(probability: f64, reward: f64, next: S, verdict: Outcome) -> Self {
        Self { probability, reward, next, ending: Some(Ending::Terminated(verdict)) }
    }
}

/// The law of a small world with finite episodes, written down rather than sampled.
///
/// A world is an immutable value that answers questions about its states; [`Microworld`](crate::Microworld)
/// turns it into an environment, and an exact solver reads it directly. Laws, checked for every world of
/// this crate:
/// - the probabilities of [`starts`](Self::starts), and of the [`outcomes`](Self::outcomes) of each legal
///   action, are positive and sum to 1;
/// - after [`horizon`](Self::horizon) steps an episode is over. Tasks that end by themselves terminate with
///   their last step at the latest; one that could go on for ever is truncated there;
/// - equal state keys mean equal states, so what follows from a state depends on its key alone. A state
///   contains the clock wherever the dynamics do;
/// - equal observation keys mean equal features and legal actions, and equal features equal observation keys;
/// - outcomes are listed in the same order of merit for all actions (success first), so that branches that
///   share the uniform draw of a step are coupled monotonically.
///
/// A task that scores rather than judges ends with [`Outcome::Success`]: it was carried out.
pub trait Dynamics: Clone + Send + Sync {
    /// What the world remembers between steps.
    type State: Clone + Debug + PartialEq + Eq + Send + Sync;

    /// The world's name, for messages.
    fn name(&self) -> &str;

    /// The number of actions, the same in every state.
    fn actions(&self) -> usize;

    /// The most steps that an episode can last.
    fn horizon(&self) -> u32;

    /// The law of the first state: probabilities that sum to 1, with their states.
    fn starts(&self) -> Vec<(f64, Self::State)>;

    /// Whether `action` may be taken in `state`. Every action may, unless a world says otherwise.
    fn is_legal(&self, state: &Self::State, action: u32) -> bool {
        let _ = state;
        (action as usize) < self.actions()
    }

    /// Appends every outcome of a legal `action` in a state that is not an end. `into` is empty at the call.
    fn outcomes(&self, state: &Self::State, action: u32, into: &mut Vec<Transition<Self::State>>);

    /// A number that identifies the state.
    fn state_key(&self, state: &Self::State) -> u64;

    /// A number that identifies what the policy can tell about the state: everything, unless a world hides
    /// some of it.
    fn observation_key(&self, state: &Self::State) -> u64 {
        self.state_key(state)
    }

    /// The number of features that [`observe`](Self::observe) writes.
    fn features(&self) -> usize;

    /// Writes what the policy sees of `state`; `into` has [`features`](Self::features) entries.
    fn observe(&self, state: &Self::State, into: &mut [f32]);

    /// The turn that step `step` belongs to, and its place (token) within the turn. Every step is a turn of its own,
    /// unless a world says otherwise; the credit of a turn is the sum over its steps.
    fn turn_of(&self, step: u32) -> (u32, u32) {
        (step, 0)
    }

    /// How many features of pure noise the environment adds to the observation: fair coins, drawn anew at
    /// every step. They are no part of the state and change nothing.
    fn distractor_bits(&self) -> usize {
        0
    }

    /// Writes the probabilities of the policy that the task is studied under; `into` has
    /// [`actions`](Self::actions) entries. Uniform over the legal actions, unless the task names another.
    fn reference_policy(&self, state: &Self::State, into: &mut [f64]) {
        uniform_over_legal(self, state, into);
    }
}

/// Every legal action with the same probability, the others with 0.
pub fn uniform_over_legal<D: Dynamics>(world: &D, state: &D::State, into: &mut [f64]) {
    let legal = (0..into.len() as u32).filter(|action| world.is_legal(state, *action)).count();
    for (action, p) in into.iter_mut().enumerate() {
        *p = if world.is_legal(state, action as u32) { 1.0 / legal as f64 } else { 0.0 };
    }
}
