use milepost_core::{Stream, Vocabulary};
use serde::{Deserialize, Serialize};

use super::progress::{Expects, Progress};
use super::route::Running;
use super::{ArithChain, Arithmetic, Chain, Route};
use crate::error::{Check, TaskError};

/// Parameters of a [`Solver`]: how good a base policy is, and how far its confidence can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SolverConfig {
    /// Probability `e` that a step is wrong at random: errors without confidence. Default 0.15.
    pub error: f64,
    /// Share `c` of the multiplication table that is consistently wrong: confident errors. Default 0.2.
    pub false_rule: f64,
    /// Which entries of the table these are. Default 0.
    pub rule_seed: u64,
    /// Probability of giving the answer without a scratchpad. Default 0.
    pub skip: f64,
    /// Which routes are taken and how well they are mastered. Empty (the default): the task's routes equally often,
    /// all with [`SolverConfig::error`].
    pub habits: Vec<Habit>,
}

/// How often a route is taken, and how well it is mastered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Habit {
    /// The route.
    pub route: Route,
    /// How often it is taken, relative to the others.
    pub share: f64,
    /// Probability that a step is wrong in chains within reach.
    pub error: f64,
    /// The longest chain within reach; none is longer if left out.
    #[serde(default)]
    pub reach: Option<u32>,
    /// Probability that a step is wrong in longer chains.
    #[serde(default)]
    pub error_beyond: f64,
}

impl Default for SolverConfig {
    fn default() -> Self {
        Self { error: 0.15, false_rule: 0.2, rule_seed: 0, skip: 0.0, habits: Vec::new() }
    }
}

impl SolverConfig {
    fn check(&self, task: &ArithChain) -> Result<(), TaskError> {
        let check = Check("arith-chain solver");
        check.probability("error", self.error)?;
        check.probability("false-rule", self.false_rule)?;
        check.probability("skip", self.skip)?;
        for (index, habit) in self.habits.iter().enumerate() {
            check.probability("habits.error", habit.error)?;
            check.probability("habits.error-beyond", habit.error_beyond)?;
            check.not_negative("habits.share", habit.share)?;
            let known = task.config.routes.contains(&habit.route);
            check.that(known, "habits.route", habit.route.word(), "one of the task's routes")?;
            let earlier = self.habits[..index].iter().any(|other| other.route == habit.route);
            check.that(!earlier, "habits.route", habit.route.word(), "listed once")?;
        }
        let total: f64 = self.habits.iter().map(|habit| habit.share).sum();
        check.that(self.habits.is_empty() || total > 0.0, "habits.share", total, "more than 0 in all")
    }
}

/// A scripted base policy for an [`ArithChain`] whose law is known exactly.
///
/// A step that should say `r` by the solver's own arithmetic (its false rule included) says `r` with probability
/// `1 − e` and each other value with probability `e/(m − 1)`. Steps that are not written are done in the head with the
/// same errors, so the value of a prefix does not depend on how much is written after it. On the way back the answer
/// `a·v0 + b` is one more step. Continues any well-formed prefix, also one of another policy.
#[derive(Debug, Clone)]
pub struct Solver {
    task: ArithChain,
    config: SolverConfig,
    arithmetic: Arithmetic,
}

impl Solver {
    /// The solver with these parameters.
    pub fn new(task: &ArithChain, config: SolverConfig) -> Result<Self, TaskError> {
        config.check(task)?;
        let arithmetic =
            Arithmetic::with_false_rule(task.config.modulus, config.false_rule, config.rule_seed);
        Ok(Self { task: task.clone(), config, arithmetic })
    }

    /// The task that it solves.
    pub const fn task(&self) -> &ArithChain {
        &self.task
    }

    /// The law of the next token after `tokens`, in increasing order of tokens. Empty after a whole answer, and where
    /// no well-formed answer begins so.
    #[must_use]
    pub fn next(&self, chain: &Chain, tokens: &[u32]) -> Vec<(u32, f64)> {
        let Some(progress) = self.task.progress(chain, tokens) else { return Vec::new() };
        let words = &self.task.words;
        let weighted = |scale: f64, law: &[f64]| -> Vec<(u32, f64)> {
            law.iter().enumerate().map(|(value, p)| (words.numbers.value(value as u32), scale * p)).collect()
        };
        let entry = |route| {
            let running = progress.running(chain, route);
            let value = route.value(chain, &self.arithmetic, progress.entries.len(), running);
            self.noisy(value, self.error(chain, route))
        };
        match (progress.expects, progress.route) {
            (Expects::Route, _) | (_, None) => {
                let mut law: Vec<_> =
                    self.shares().into_iter().map(|(route, p)| (words.route(route), p)).collect();
                law.sort_unstable_by_key(|(token, _)| *token);
                law
            }
            (Expects::EntryOrAnswer, Some(route)) => {
                let mut law = weighted(1.0 - self.config.skip, &entry(route));
                law.push((words.answer, self.config.skip));
                law
            }
            (Expects::Entry, Some(route)) => weighted(1.0, &entry(route)),
            (Expects::NextOrAnswer, _) => vec![(words.next, 1.0)],
            (Expects::Answer, _) => vec![(words.answer, 1.0)],
            (Expects::Value, Some(route)) => weighted(1.0, &self.answers(chain, route, &progress)),
            (Expects::End, _) => vec![(Vocabulary::END, 1.0)],
            (Expects::Nothing, _) => Vec::new(),
        }
    }

    /// The rest of an answer that begins with `tokens`.
    #[must_use]
    pub fn complete(&self, chain: &Chain, tokens: &[u32], stream: &mut Stream) -> Vec<u32> {
        let mut turn = tokens.to_vec();
        loop {
            let law = self.next(chain, &turn);
            let weights: Vec<f64> = law.iter().map(|(_, p)| *p).collect();
            let Some(drawn) = stream.categorical(&weights) else { break };
            turn.push(law[drawn].0);
        }
        turn.split_off(tokens.len())
    }

    /// The probability that the solver's continuation of `tokens` ends with the true answer; 0 where no well-formed
    /// answer begins so.
    #[must_use]
    pub fn value(&self, chain: &Chain, tokens: &[u32]) -> f64 {
        let Some(progress) = self.task.progress(chain, tokens) else { return 0.0 };
        let truth = self.task.solution(chain);
        if let Some((_, answer)) = progress.answer {
            return f64::from(u8::from(answer == truth));
        }
        let on = |route| self.answers(chain, route, &progress)[truth as usize];
        match progress.route {
            Some(route) => on(route),
            None => self.shares().into_iter().map(|(route, share)| share * on(route)).sum(),
        }
    }

    /// The probability of each route.
    fn shares(&self) -> Vec<(Route, f64)> {
        if self.config.habits.is_empty() {
            let routes = &self.task.config.routes;
            return routes.iter().map(|route| (*route, 1.0 / routes.len() as f64)).collect();
        }
        let total: f64 = self.config.habits.iter().map(|habit| habit.share).sum();
        self.config.habits.iter().map(|habit| (habit.route, habit.share / total)).collect()
    }

    /// The probability that a step on `route` is wrong at random.
    fn error(&self, chain: &Chain, route: Route) -> f64 {
        let habit = self.config.habits.iter().find(|habit| habit.route == route);
        habit.map_or(self.config.error, |habit| {
            let beyond = habit.reach.is_some_and(|reach| chain.operations.len() > reach as usize);
            if beyond { habit.error_beyond } else { habit.error }
        })
    }

    /// The law of what is written for `value`, `[m]`.
    fn noisy(&self, value: u32, error: f64) -> Vec<f64> {
        let modulus = self.arithmetic.modulus();
        let other = error / f64::from(modulus - 1);
        (0..modulus).map(|x| if x == value { 1.0 - error } else { other }).collect()
    }

    /// The law of the answer if the rest is done in the head, `[m]`.
    fn answers(&self, chain: &Chain, route: Route, progress: &Progress) -> Vec<f64> {
        let m = self.arithmetic.modulus() as usize;
        let error = self.error(chain, route);
        let index = |(x, y): Running| x as usize * m + y as usize;
        let state = |index: usize| ((index / m) as u32, (index % m) as u32);
        let mut law = vec![0.0; m * m];
        law[index(progress.running(chain, route))] = 1.0;
        for entry in progress.entries.len()..route.entries(chain) {
            let mut next = vec![0.0; m * m];
            for (running, p) in law.iter().enumerate().filter(|(_, p)| **p > 0.0) {
                let running = state(running);
                let written = self.noisy(route.value(chain, &self.arithmetic, entry, running), error);
                for (value, q) in written.iter().enumerate() {
                    next[index(route.after(chain, entry, running, value as u32))] += p * q;
                }
            }
            law = next;
        }
        let mut answers = vec![0.0; m];
        let last = if route == Route::Backward { error } else { 0.0 };
        for (running, p) in law.iter().enumerate().filter(|(_, p)| **p > 0.0) {
            let answer = route.answer(chain, &self.arithmetic, state(running));
            for (value, q) in self.noisy(answer, last).iter().enumerate() {
                answers[value] += p * q;
            }
        }
        answers
    }
}
