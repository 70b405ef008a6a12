use milepost_core::{
    Ending, EnvError, Environment, StepOutcome, TaskSeed, TokenEnvironment, TurnFault, Vocabulary,
};

use super::StepProtocol;

/// A world in which, where a protocol is given and has a grammar for them, only answers are well formed.
#[derive(Clone)]
pub(super) struct Restricted<E, S> {
    world: E,
    answers: Option<S>,
}

impl<E: TokenEnvironment, S: StepProtocol<E>> Restricted<E, S> {
    pub(super) fn new(world: &E, answers: Option<&S>) -> Self {
        let bound = |protocol: &&S| protocol.answer_grammar(world, &[], &mut Vec::new());
        Self { world: world.clone(), answers: answers.filter(bound).cloned() }
    }

    /// Whether only answers are well formed.
    pub(super) const fn is_bound(&self) -> bool {
        self.answers.is_some()
    }
}

impl<E: TokenEnvironment, S: StepProtocol<E>> Environment for Restricted<E, S> {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.world.reset(seed)
    }
    fn step(&mut self, action: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        self.world.step(action)
    }
    fn new_observation(&self) -> Vec<u32> {
        self.world.new_observation()
    }
    fn observe(&self, into: &mut Vec<u32>) {
        self.world.observe(into);
    }
    fn ending(&self) -> Option<Ending> {
        self.world.ending()
    }
    fn elapsed(&self) -> u32 {
        self.world.elapsed()
    }
    fn state_key(&self) -> u64 {
        self.world.state_key()
    }
}

impl<E: TokenEnvironment, S: StepProtocol<E>> TokenEnvironment for Restricted<E, S> {
    fn vocabulary(&self) -> &Vocabulary {
        self.world.vocabulary()
    }
    fn turn_limit(&self) -> usize {
        self.world.turn_limit()
    }
    fn is_finished(&self, tokens: &[u32]) -> bool {
        self.world.is_finished(tokens)
    }
    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        match &self.answers {
            Some(protocol) => protocol.answer_grammar(&self.world, tokens, allowed),
            None => self.world.grammar(tokens, allowed),
        }
    }
    fn fault(&self) -> Option<TurnFault> {
        self.world.fault()
    }
}
