//! Turns of several tokens, of which few decide.

mod config;

pub use config::{KeySource, TurnsConfig};

use super::{coin, verdict};
use crate::dynamics::{Dynamics, Transition};
use crate::error::TaskError;

/// A multi-turn agent in miniature: every action is a token, every turn ends with a tool's reply.
///
/// Token `j*` of a decisive turn must repeat the key that was named before; nothing else matters. The last token
/// pays 1 with probability `p0 + (p1 − p0) f(n)` for `n` good turns out of `K`. The tool's replies are no actions:
/// they are part of what is seen in the next turn. Within a turn nothing is random, so the advantage of a turn is
/// exactly the sum of its tokens' advantages: the truth has two levels. Milepost's construction.
#[derive(Debug, Clone)]
pub struct Turns {
    config: TurnsConfig,
    /// Ascending.
    decisive: Vec<u32>,
}

/// State of [`Turns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TurnsState {
    /// Tokens written.
    pub step: u32,
    /// The key in sight, if one was named.
    pub key: Option<u32>,
    /// Decisive turns that repeated their key.
    pub good: u32,
}

/// The feature by which a salient turn stands out.
const SALIENCE: f32 = 10.0;

impl Turns {
    /// The world with these parameters.
    pub fn new(config: TurnsConfig) -> Result<Self, TaskError> {
        let decisive = config.resolve()?;
        Ok(Self { config, decisive })
    }

    /// The parameters.
    pub const fn config(&self) -> &TurnsConfig {
        &self.config
    }

    /// The turns that decide, ascending.
    pub fn decisive(&self) -> &[u32] {
        &self.decisive
    }

    /// Whether the token of this step must repeat the key.
    fn decides(&self, step: u32) -> bool {
        let (turn, token) = self.turn_of(step);
        token == self.config.key_token && self.decisive.binary_search(&turn).is_ok()
    }

    fn is_echo(&self, step: u32) -> bool {
        self.config.echo.contains(&self.turn_of(step).0)
    }

    fn is_salient(&self, step: u32) -> bool {
        self.config.salient == Some(self.turn_of(step).0)
    }

    /// The keys that may be in sight at `step`, after `key` was at the step before.
    fn keys(&self, step: u32, key: Option<u32>) -> impl Iterator<Item = (f64, Option<u32>)> + use<> {
        let (turn, token) = self.turn_of(step);
        let named = match self.config.key_source {
            KeySource::Prompt => step == 0,
            KeySource::Reply => token == 0 && self.decisive.binary_search(&turn).is_ok(),
        };
        // A reply without a key takes the place of the one before.
        let kept = key.filter(|_| self.config.key_source == KeySource::Prompt || token > 0);
        let symbols = if named { self.config.vocabulary } else { 0 };
        let fresh = (0..symbols).map(move |symbol| (1.0 / f64::from(symbols), Some(symbol)));
        fresh.chain((!named).then_some((1.0, kept)))
    }

    /// What is seen: the state, or in an echo only the token's place in its turn.
    fn seen(&self, state: &TurnsState) -> TurnsState {
        if self.is_echo(state.step) {
            TurnsState {
                step: self.config.echo[0] * self.config.tokens + self.turn_of(state.step).1,
                key: None,
                good: 0,
            }
        } else {
            *state
        }
    }
}

impl Dynamics for Turns {
    type State = TurnsState;

    fn name(&self) -> &'static str {
        "turns"
    }

    /// The symbols.
    fn actions(&self) -> usize {
        self.config.vocabulary as usize
    }

    fn horizon(&self) -> u32 {
        self.config.turns * self.config.tokens
    }

    fn starts(&self) -> Vec<(f64, TurnsState)> {
        let start = |(probability, key)| (probability, TurnsState { step: 0, key, good: 0 });
        self.keys(0, None).map(start).collect()
    }

    fn outcomes(&self, state: &TurnsState, action: u32, into: &mut Vec<Transition<TurnsState>>) {
        let config = &self.config;
        let good = state.good + u32::from(self.decides(state.step) && state.key == Some(action));
        let ends_turn = self.turn_of(state.step).1 + 1 == config.tokens;
        let malformed = ends_turn && action + 1 != config.vocabulary;
        let penalty = if malformed { config.format_penalty } else { 0.0 };
        let step = state.step + 1;
        if step < self.horizon() {
            into.extend(self.keys(step, state.key).map(|(probability, key)| {
                Transition::step(probability, -penalty, TurnsState { step, key, good })
            }));
            return;
        }
        let share = config.combination.share(good, self.decisive.len() as u32);
        let success = config.success_low + (config.success_high - config.success_low) * share;
        let next = TurnsState { step, good, ..*state };
        into.extend(coin(success).map(|(probability, success)| {
            let reward = f64::from(u8::from(success)) - penalty;
            Transition::end(probability, reward, next, verdict(success))
        }));
    }

    fn state_key(&self, state: &TurnsState) -> u64 {
        let key = state.key.map_or(0, |key| key + 1);
        u64::from(state.step) << 32 | u64::from(key) << 16 | u64::from(state.good)
    }

    fn observation_key(&self, state: &TurnsState) -> u64 {
        self.state_key(&self.seen(state))
    }

    fn turn_of(&self, step: u32) -> (u32, u32) {
        (step / self.config.tokens, step % self.config.tokens)
    }

    fn features(&self) -> usize {
        5 + self.config.vocabulary as usize
    }

    /// Share of the turns passed, share of the turn written, share of the decisive turns that were good, whether
    /// the turn is salient (10) and whether it is an echo; the key, one-hot.
    fn observe(&self, state: &TurnsState, into: &mut [f32]) {
        let seen = self.seen(state);
        let (turn, token) = self.turn_of(seen.step);
        into.fill(0.0);
        into[0] = turn as f32 / self.config.turns as f32;
        into[1] = token as f32 / self.config.tokens as f32;
        into[2] = seen.good as f32 / self.decisive.len() as f32;
        into[3] = if self.is_salient(state.step) { SALIENCE } else { 0.0 };
        into[4] = f32::from(u8::from(self.is_echo(state.step)));
        if let Some(key) = seen.key {
            into[5 + key as usize] = 1.0;
        }
    }

    /// The key with its probability where it decides, symbol 0 with its own in routine tokens, the other symbols
    /// sharing the rest; uniform in the salient turn.
    fn reference_policy(&self, state: &TurnsState, into: &mut [f64]) {
        let symbols = into.len() as f64;
        let (symbol, probability) = match state.key {
            Some(key) if self.decides(state.step) => (key, self.config.key_probability),
            _ if self.is_salient(state.step) => (0, None),
            _ => (0, self.config.routine_probability),
        };
        let probability = probability.unwrap_or(1.0 / symbols);
        into.fill((1.0 - probability) / (symbols - 1.0));
        into[symbol as usize] = probability;
    }
}
