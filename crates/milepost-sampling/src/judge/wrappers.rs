use std::collections::BTreeMap;

use milepost_core::{Purpose, Stream, StreamKey};

use super::{Address, Judge, PairQuery, Query, Verdict};

/// With some probability the judge's value is replaced by another.
#[derive(Debug, Clone)]
pub struct Noisy<J> {
    judge: J,
    rate: f64,
    values: Vec<f64>,
    run_seed: u64,
    part: u32,
}

impl<J> Noisy<J> {
    /// Overrules `judge` with probability `rate` by one of `values`, each equally likely. The noise is a function
    /// of the run's seed and of where a question arises.
    pub fn new(judge: J, rate: f64, values: Vec<f64>, run_seed: u64) -> Result<Self, JudgeError> {
        let rate = probability(rate)?;
        if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
            return Err(JudgeError::Values { values });
        }
        Ok(Self { judge, rate, values, run_seed, part: 0 })
    }

    /// The same with noise of its own for part `part` of a question (below 256): the parts of a [`super::Panel`].
    #[must_use]
    pub fn for_part(self, part: u32) -> Self {
        Self { part, ..self }
    }
}

impl<Q: Query, J: Judge<Q>> Judge<Q> for Noisy<J> {
    fn judge(&mut self, query: &Q) -> Verdict {
        let verdict = self.judge.judge(query);
        let mut stream = noise(self.run_seed, "noisy judge", query.address(), self.part);
        if stream.uniform() >= self.rate {
            return verdict;
        }
        let pick = stream.below(self.values.len() as u64) as usize;
        Verdict { value: Some(self.values[pick]), ..verdict }
    }
}

/// With some probability the judge abstains; its tokens are paid for all the same.
#[derive(Debug, Clone)]
pub struct Failing<J> {
    judge: J,
    rate: f64,
    run_seed: u64,
    part: u32,
}

impl<J> Failing<J> {
    /// Silences `judge` with probability `rate`. Failures are a function of the run's seed and of where a question
    /// arises.
    pub fn new(judge: J, rate: f64, run_seed: u64) -> Result<Self, JudgeError> {
        Ok(Self { judge, rate: probability(rate)?, run_seed, part: 0 })
    }

    /// The same with failures of its own for part `part` of a question (below 256): the parts of a [`super::Panel`].
    #[must_use]
    pub fn for_part(self, part: u32) -> Self {
        Self { part, ..self }
    }
}

impl<Q: Query, J: Judge<Q>> Judge<Q> for Failing<J> {
    fn judge(&mut self, query: &Q) -> Verdict {
        let verdict = self.judge.judge(query);
        let fails = noise(self.run_seed, "failing judge", query.address(), self.part).uniform() < self.rate;
        if fails { Verdict { value: None, ..verdict } } else { verdict }
    }
}

/// Bad input to a judge's wrapper.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// A rate is no probability.
    #[error("a judge's rate of noise or failure is {rate}; it must be from 0 to 1")]
    Rate {
        /// The rate.
        rate: f64,
    },
    /// There is nothing that noise could be.
    #[error("a noisy judge draws from {values:?}; give at least one value, all of them finite")]
    Values {
        /// The values.
        values: Vec<f64>,
    },
}

fn probability(rate: f64) -> Result<f64, JudgeError> {
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err(JudgeError::Rate { rate }) }
}

/// The stream of the noise of a part of a question.
fn noise(run_seed: u64, wrapper: &str, address: Address, part: u32) -> Stream {
    Stream::new(StreamKey {
        run_seed,
        purpose: Purpose::named(wrapper),
        task: u64::from(address.member) | u64::from(address.slot) << 32,
        episode: address.task,
        step: address.step | part << 24,
    })
}

/// Asks each question once; the next time the answer is remembered and costs nothing.
#[derive(Debug, Clone)]
pub struct Cached<J> {
    judge: J,
    answers: BTreeMap<Vec<u32>, Option<f64>>,
    hits: u64,
}

impl<J> Cached<J> {
    /// Remembers nothing yet.
    pub const fn new(judge: J) -> Self {
        Self { judge, answers: BTreeMap::new(), hits: 0 }
    }

    /// Questions answered from memory.
    pub const fn hits(&self) -> u64 {
        self.hits
    }
}

impl<Q: Query, J: Judge<Q>> Judge<Q> for Cached<J> {
    fn judge(&mut self, query: &Q) -> Verdict {
        let content = query.content();
        if let Some(value) = self.answers.get(&content) {
            self.hits += 1;
            return Verdict { value: *value, tokens: 0 };
        }
        let verdict = self.judge.judge(query);
        self.answers.insert(content, verdict.value);
        verdict
    }
}

/// Asks about a pair in both orders and averages, so that a preference for a position cancels:
/// `p(a ≻ b) = (q(a, b) + 1 − q(b, a)) / 2`, and `p(a ≻ b) + p(b ≻ a) = 1`. Abstains where either order does.
#[derive(Debug, Clone)]
pub struct Swapped<J> {
    judge: J,
    asked: u64,
    agreed: u64,
}

impl<J> Swapped<J> {
    /// Nothing asked yet.
    pub const fn new(judge: J) -> Self {
        Self { judge, asked: 0, agreed: 0 }
    }

    /// Share of the pairs on which the judge preferred the same candidate in both orders, or was undecided in
    /// both; `None` before it answered any.
    pub fn consistency(&self) -> Option<f64> {
        (self.asked > 0).then(|| self.agreed as f64 / self.asked as f64)
    }
}

impl<'q, E, J: for<'p> Judge<PairQuery<'p, E>>> Judge<PairQuery<'q, E>> for Swapped<J> {
    fn judge(&mut self, query: &PairQuery<'q, E>) -> Verdict {
        let (one, other) = (self.judge.judge(query), self.judge.judge(&query.swapped()));
        let tokens = one.tokens + other.tokens;
        let (Some(one), Some(other)) = (one.value, other.value) else {
            return Verdict { value: None, tokens };
        };
        self.asked += 1;
        self.agreed += u64::from((one - 0.5).partial_cmp(&0.0) == (0.5 - other).partial_cmp(&0.0));
        Verdict { value: Some(0.5 + (one - other) / 2.0), tokens }
    }
}
