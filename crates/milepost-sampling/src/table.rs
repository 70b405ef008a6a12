//! Policies for exact tests: a table over the last few tokens, and a wrapper that counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use milepost_core::{
    DrawnTurn, Purpose, ScoreRequest, Stream, StreamKey, TokenEnvironment, TokenPolicy, TurnRequest, Version,
};

/// An n-gram policy: the logits of the next token are a table over the last `order` tokens.
///
/// Rows that were not set are 0 (uniform), or standard normal numbers times a scale that are a pure
/// function of a seed and the tokens read ([`TablePolicy::random`]). So every probability can be computed
/// by hand, and any text, however long, has one.
#[derive(Debug, Clone, PartialEq)]
pub struct TablePolicy {
    words: usize,
    order: usize,
    rows: BTreeMap<Vec<u32>, Vec<f64>>,
    noise: Option<(u64, f64)>,
    version: Version,
}

/// What a [`TablePolicy`] refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A row has the wrong length or a logit that is NaN or `+∞`, or is `−∞` throughout.
    #[error("the row for {read:?} is no row of {words} logits: each is finite or −∞, and one is finite")]
    Row {
        /// The tokens read.
        read: Vec<u32>,
        /// Words of the vocabulary.
        words: usize,
    },
    /// No word may be drawn.
    #[error("no word can follow {read:?}: those that are allowed have probability 0")]
    Nothing {
        /// The tokens read.
        read: Vec<u32>,
    },
    /// A token outside of the vocabulary was to be scored.
    #[error("token {token} is not among the {words} words of the table")]
    Unknown {
        /// The token.
        token: u32,
        /// Words of the vocabulary.
        words: usize,
    },
}

impl TablePolicy {
    /// Uniform over `words` tokens, whatever the last `order` were.
    #[must_use]
    pub const fn uniform(words: usize, order: usize) -> Self {
        Self { words, order, rows: BTreeMap::new(), noise: None, version: Version(0) }
    }

    /// Random logits of standard deviation `scale`, drawn anew for each combination of `order` tokens.
    #[must_use]
    pub const fn random(words: usize, order: usize, seed: u64, scale: f64) -> Self {
        Self { words, order, rows: BTreeMap::new(), noise: Some((seed, scale)), version: Version(0) }
    }

    /// The same table under another version.
    #[must_use]
    pub const fn at_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Sets the logits, `[words]`, that follow `read` (at most `order` tokens; fewer are a beginning).
    pub fn set(&mut self, read: &[u32], logits: Vec<f64>) -> Result<(), TableError> {
        let sound =
            logits.iter().all(|l| !l.is_nan() && *l < f64::INFINITY) && logits.iter().any(|l| l.is_finite());
        if logits.len() != self.words || read.len() > self.order || !sound {
            return Err(TableError::Row { read: read.to_vec(), words: self.words });
        }
        self.rows.insert(read.to_vec(), logits);
        Ok(())
    }

    /// `p` of every word after `text`, among `allowed` only where that is given.
    pub fn probabilities(&self, text: &[u32], allowed: Option<&[u32]>) -> Result<Vec<f64>, TableError> {
        let read = self.read(text);
        let mut logits = self.logits(read);
        if let Some(allowed) = allowed {
            for (word, logit) in logits.iter_mut().enumerate() {
                if !allowed.contains(&(word as u32)) {
                    *logit = f64::NEG_INFINITY;
                }
            }
        }
        let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if highest == f64::NEG_INFINITY {
            return Err(TableError::Nothing { read: read.to_vec() });
        }
        let weights: Vec<f64> = logits.iter().map(|logit| libm::exp(logit - highest)).collect();
        let total: f64 = weights.iter().sum();
        Ok(weights.into_iter().map(|weight| weight / total).collect())
    }

    /// What it reads of a text: the last `order` tokens. Equal readings share a row of logits.
    #[must_use]
    pub fn read<'t>(&self, text: &'t [u32]) -> &'t [u32] {
        &text[text.len().saturating_sub(self.order)..]
    }

    fn logits(&self, read: &[u32]) -> Vec<f64> {
        if let Some(row) = self.rows.get(read) {
            return row.clone();
        }
        let Some((seed, scale)) = self.noise else { return vec![0.0; self.words] };
        let task = read.iter().fold(read.len() as u64, |hash, token| {
            (hash ^ u64::from(*token)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
        });
        let purpose = Purpose::named("table policy");
        let mut stream = Stream::new(StreamKey { task, ..StreamKey::new(seed, purpose) });
        (0..self.words).map(|_| scale * stream.normal()).collect()
    }

    fn draw_turn<E: TokenEnvironment>(
        &self,
        mut request: TurnRequest<'_, E>,
    ) -> Result<DrawnTurn, TableError> {
        let mut text = request.context.to_vec();
        let mut turn = DrawnTurn::default();
        loop {
            let mut allowed = Vec::new();
            let bound = request.constrained && request.environment.grammar(&turn.tokens, &mut allowed);
            let allowed = bound.then_some(allowed);
            let probabilities = self.probabilities(&text, allowed.as_deref())?;
            let Some(word) = request.stream.categorical(&probabilities) else {
                return Err(TableError::Nothing { read: text });
            };
            text.push(word as u32);
            turn.tokens.push(word as u32);
            turn.log_probs.push(libm::log(probabilities[word]) as f32);
            turn.allowed.push(allowed);
            if request.environment.is_finished(&turn.tokens) {
                return Ok(turn);
            }
        }
    }

    fn score_tokens(&self, request: &ScoreRequest<'_>) -> Result<Vec<f32>, TableError> {
        let mut text = request.context.to_vec();
        let mut scores = Vec::with_capacity(request.tokens.len());
        for (index, token) in request.tokens.iter().enumerate() {
            let allowed = request.allowed.get(index).and_then(Option::as_deref);
            let probabilities = self.probabilities(&text, allowed)?;
            let p = probabilities
                .get(*token as usize)
                .ok_or(TableError::Unknown { token: *token, words: self.words })?;
            scores.push(libm::log(*p) as f32);
            text.push(*token);
        }
        Ok(scores)
    }
}

impl TokenPolicy for TablePolicy {
    type Error = TableError;

    fn version(&self) -> Version {
        self.version
    }

    fn draw<E: TokenEnvironment>(
        &self,
        requests: Vec<TurnRequest<'_, E>>,
    ) -> Result<Vec<DrawnTurn>, TableError> {
        requests.into_iter().map(|request| self.draw_turn(request)).collect()
    }

    fn score(&self, requests: &[ScoreRequest<'_>]) -> Result<Vec<Vec<f32>>, TableError> {
        requests.iter().map(|request| self.score_tokens(request)).collect()
    }
}

/// Counts what a policy is asked for, to audit a sampler's ledger.
#[derive(Debug, Default)]
pub struct CountingPolicy<P> {
    inner: P,
    drawn: AtomicU64,
    calls: AtomicU64,
    scored: AtomicU64,
}

impl<P> CountingPolicy<P> {
    /// Counts from 0.
    pub const fn new(inner: P) -> Self {
        Self { inner, drawn: AtomicU64::new(0), calls: AtomicU64::new(0), scored: AtomicU64::new(0) }
    }

    /// Tokens drawn.
    pub fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Calls of [`TokenPolicy::draw`].
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Tokens scored.
    pub fn scored(&self) -> u64 {
        self.scored.load(Ordering::Relaxed)
    }
}

impl<P: TokenPolicy> TokenPolicy for CountingPolicy<P> {
    type Error = P::Error;

    fn version(&self) -> Version {
        self.inner.version()
    }

    fn draw<E: TokenEnvironment>(
        &self,
        requests: Vec<TurnRequest<'_, E>>,
    ) -> Result<Vec<DrawnTurn>, P::Error> {
        let drawn = self.inner.draw(requests)?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.drawn.fetch_add(drawn.iter().map(|turn| turn.tokens.len() as u64).sum(), Ordering::Relaxed);
        Ok(drawn)
    }

    fn score(&self, requests: &[ScoreRequest<'_>]) -> Result<Vec<Vec<f32>>, P::Error> {
        let scores = self.inner.score(requests)?;
        self.scored.fetch_add(scores.iter().map(|row| row.len() as u64).sum(), Ordering::Relaxed);
        Ok(scores)
    }
}
