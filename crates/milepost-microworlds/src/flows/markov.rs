use milepost_core::Stream;

/// Numbers that make no Markov chain, or a question that it cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkovError {
    /// The law is none.
    #[error(
        "a chain needs an initial law over its states and a row for each state, all not negative and summing to 1"
    )]
    Law,
    /// A token is not a state.
    #[error("token {token} at position {position} is not one of {states} states")]
    Token {
        /// The token.
        token: usize,
        /// Where it stands.
        position: usize,
        /// States of the chain.
        states: usize,
    },
    /// No sequence of the chain has the revealed tokens.
    #[error("the revealed tokens have probability 0 under the chain; there is no posterior")]
    Impossible,
}

/// Sequences `x_1 … x_L` with `P(x_1) = π(x_1)` and `P(x_{i+1} | x_i) = A[x_i, x_{i+1}]`: data for discrete
/// diffusion whose posterior given any set of revealed tokens is exact.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkovChain {
    initial: Vec<f64>,
    transition: Vec<Vec<f64>>,
}

impl MarkovChain {
    /// The chain with this initial law `[V]` and these transitions `[V, V]`, rows from, columns to.
    pub fn new(initial: Vec<f64>, transition: Vec<Vec<f64>>) -> Result<Self, MarkovError> {
        let states = initial.len();
        let law = |row: &[f64]| {
            row.len() == states
                && row.iter().all(|p| *p >= 0.0)
                && (row.iter().sum::<f64>() - 1.0).abs() < 1e-9
        };
        if states == 0
            || transition.len() != states
            || !law(&initial)
            || !transition.iter().all(|row| law(row))
        {
            return Err(MarkovError::Law);
        }
        Ok(Self { initial, transition })
    }

    /// Every token independent and uniform.
    #[must_use]
    pub fn uniform(states: usize) -> Self {
        let row = vec![1.0 / states as f64; states];
        Self { initial: row.clone(), transition: vec![row; states] }
    }

    /// States, that is, the size of the vocabulary.
    #[must_use]
    pub fn states(&self) -> usize {
        self.initial.len()
    }

    /// A sequence of `length` tokens.
    pub fn sample(&self, length: usize, stream: &mut Stream) -> Vec<usize> {
        let mut sequence: Vec<usize> = Vec::with_capacity(length);
        for _ in 0..length {
            let law = sequence.last().map_or(&self.initial, |last| &self.transition[*last]);
            sequence.push(stream.categorical(law).unwrap_or(0));
        }
        sequence
    }

    /// `log P(x_1 … x_L)`; `−∞` for what cannot happen.
    #[must_use]
    pub fn log_probability(&self, sequence: &[usize]) -> f64 {
        let first = sequence.first().map_or(0.0, |x| libm::log(self.initial[*x]));
        sequence.windows(2).fold(first, |sum, pair| sum + libm::log(self.transition[pair[0]][pair[1]]))
    }

    /// `P(x_i = y | revealed tokens)` for each position, `[L, V]`, by the forward–backward recursion (Baum et al.
    /// 1970), normalised at every position against underflow. A hidden token is `None`.
    pub fn posterior(&self, revealed: &[Option<usize>]) -> Result<Vec<Vec<f64>>, MarkovError> {
        let states = self.states();
        if let Some((position, token)) =
            revealed.iter().enumerate().find_map(|(i, t)| t.filter(|t| *t >= states).map(|t| (i, t)))
        {
            return Err(MarkovError::Token { token, position, states });
        }
        let length = revealed.len();
        let mut forward: Vec<Vec<f64>> = Vec::with_capacity(length);
        for (i, token) in revealed.iter().enumerate() {
            let mut message = match i {
                0 => self.initial.clone(),
                _ => (0..states)
                    .map(|to| (0..states).map(|from| forward[i - 1][from] * self.transition[from][to]).sum())
                    .collect(),
            };
            keep(&mut message, *token);
            normalise(&mut message)?;
            forward.push(message);
        }
        let mut backward = vec![1.0; states];
        for i in (0..length).rev() {
            let mut next = backward.clone();
            keep(&mut next, revealed[i]);
            forward[i].iter_mut().zip(&backward).for_each(|(f, b)| *f *= b);
            normalise(&mut forward[i])?;
            backward =
                self.transition.iter().map(|row| row.iter().zip(&next).map(|(a, b)| a * b).sum()).collect();
            normalise(&mut backward)?;
        }
        Ok(forward)
    }
}

/// Sets the mass of all tokens but the revealed one to 0.
fn keep(message: &mut [f64], token: Option<usize>) {
    if let Some(token) = token {
        message.iter_mut().enumerate().filter(|(y, _)| *y != token).for_each(|(_, p)| *p = 0.0);
    }
}

fn normalise(message: &mut [f64]) -> Result<(), MarkovError> {
    let total: f64 = message.iter().sum();
    if total <= 0.0 {
        return Err(MarkovError::Impossible);
    }
    for p in message {
        *p /= total;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chains() -> impl Strategy<Value = MarkovChain> {
        let row = || {
            prop::collection::vec(0.05f64..1.0, 3).prop_map(|row| {
                let total: f64 = row.iter().sum();
                row.into_iter().map(|p| p / total).collect::<Vec<_>>()
            })
        };
        (row(), prop::collection::vec(row(), 3)).prop_map(|(i, t)| MarkovChain::new(i, t).expect("laws"))
    }

    /// Sums over all sequences.
    fn enumerated(chain: &MarkovChain, revealed: &[Option<usize>]) -> Vec<Vec<f64>> {
        let (states, length) = (chain.states(), revealed.len());
        let mut posterior = vec![vec![0.0; states]; length];
        for code in 0..states.pow(length as u32) {
            let sequence: Vec<usize> = (0..length).map(|i| code / states.pow(i as u32) % states).collect();
            if sequence.iter().zip(revealed).all(|(x, r)| r.is_none_or(|r| r == *x)) {
                let p = libm::exp(chain.log_probability(&sequence));
                sequence.iter().enumerate().for_each(|(i, x)| posterior[i][*x] += p);
            }
        }
        for row in &mut posterior {
            let total: f64 = row.iter().sum();
            for p in row {
                *p /= total;
            }
        }
        posterior
    }

    proptest! {
        #[test]
        fn the_posterior_is_that_of_enumeration(
            chain in chains(), revealed in prop::collection::vec(prop::option::of(0usize..3), 1..6),
        ) {
            let (exact, slow) = (chain.posterior(&revealed).expect("possible"), enumerated(&chain, &revealed));
            for (a, b) in exact.iter().flatten().zip(slow.iter().flatten()) {
                prop_assert!((a - b).abs() < 1e-12, "{} {}", a, b);
            }
        }

        #[test]
        fn a_revealed_token_is_certain(chain in chains(), token in 0usize..3, length in 1usize..5) {
            let mut revealed = vec![None; length];
            revealed[length / 2] = Some(token);
            prop_assert_eq!(chain.posterior(&revealed).expect("possible")[length / 2][token], 1.0);
        }
    }

    #[test]
    fn bad_laws_and_bad_tokens_are_refused() {
        assert_eq!(MarkovChain::new(vec![], vec![]), Err(MarkovError::Law));
        assert_eq!(MarkovChain::new(vec![0.5, 0.6], vec![vec![0.5; 2]; 2]), Err(MarkovError::Law));
        assert_eq!(MarkovChain::new(vec![0.5, 0.5], vec![vec![1.0]; 2]), Err(MarkovError::Law));
        let chain = MarkovChain::uniform(2);
        let error = chain.posterior(&[None, Some(2)]).expect_err("no such state");
        assert_eq!(error, MarkovError::Token { token: 2, position: 1, states: 2 });
        let stuck = MarkovChain::new(vec![1.0, 0.0], vec![vec![1.0, 0.0], vec![0.0, 1.0]]).expect("laws");
        assert_eq!(stuck.posterior(&[None, Some(1)]), Err(MarkovError::Impossible));
    }
}
