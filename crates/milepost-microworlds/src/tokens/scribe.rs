use milepost_core::{Purpose, Stream, StreamKey};

use super::{ArithChain, Chain, Solver, TraceLab, TraceProblem, TurnTask, Writer};

/// A scripted base policy of a task, whose answers and chances are known exactly.
pub trait Scribe<T: TurnTask> {
    /// A whole answer.
    fn answer(&self, problem: &T::Problem, stream: &mut Stream) -> Vec<u32>;

    /// The rest of an answer that begins with `tokens`; `None` where the scribe cannot go on.
    fn complete(&self, problem: &T::Problem, tokens: &[u32], stream: &mut Stream) -> Option<Vec<u32>>;

    /// The probability that the scribe's continuation of `tokens` solves the problem; `None` where it is not known.
    fn value(&self, problem: &T::Problem, tokens: &[u32]) -> Option<f64>;
}

impl Scribe<ArithChain> for Solver {
    fn answer(&self, problem: &Chain, stream: &mut Stream) -> Vec<u32> {
        Self::complete(self, problem, &[], stream)
    }

    fn complete(&self, problem: &Chain, tokens: &[u32], stream: &mut Stream) -> Option<Vec<u32>> {
        let rest = Self::complete(self, problem, tokens, stream);
        let whole = self.task().verdict(problem, &[tokens, &rest].concat()).is_some();
        whole.then_some(rest)
    }

    fn value(&self, problem: &Chain, tokens: &[u32]) -> Option<f64> {
        Some(Self::value(self, problem, tokens))
    }
}

impl Scribe<TraceLab> for Writer {
    fn answer(&self, problem: &TraceProblem, stream: &mut Stream) -> Vec<u32> {
        Self::answer(self, problem, stream)
    }

    fn complete(&self, problem: &TraceProblem, tokens: &[u32], stream: &mut Stream) -> Option<Vec<u32>> {
        Self::complete(self, problem, tokens, stream)
    }

    fn value(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<f64> {
        Self::value(self, problem, tokens)
    }
}

/// A problem, its prompt and an answer: what a base policy is trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Example<P> {
    /// What is asked.
    pub problem: P,
    /// How it is asked.
    pub prompt: Vec<u32>,
    /// A whole turn.
    pub turn: Vec<u32>,
}

/// The first `count` examples of `seed`: problems drawn at random, answered by a scribe. How well it answers is the
/// prior quality of a policy that is trained on them.
pub fn corpus<T: TurnTask, S: Scribe<T>>(
    task: &T,
    scribe: &S,
    count: usize,
    seed: u64,
) -> Vec<Example<T::Problem>> {
    let example = |index: usize| {
        let key = StreamKey { task: index as u64, ..StreamKey::new(seed, Purpose::named("tokens/corpus")) };
        let mut stream = Stream::new(key);
        let problem = task.draw(&mut stream);
        let mut prompt = Vec::new();
        task.prompt(&problem, &mut prompt);
        let turn = scribe.answer(&problem, &mut stream);
        Example { problem, prompt, turn }
    };
    (0..count).map(example).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{ArithChainConfig, SolverConfig, TraceLabConfig, WriterConfig};

    /// The examples succeed as often as the values of their prompts say, on average.
    fn is_as_good_as_its_values<T: TurnTask, S: Scribe<T>>(task: &T, scribe: &S) {
        let examples = corpus(task, scribe, 1000, 3);
        assert_eq!(examples[..10], corpus(task, scribe, 10, 3));
        let (mut excess, mut variance) = (0.0, 0.0);
        for Example { problem, turn, .. } in &examples {
            let value = scribe.value(problem, &[]).expect("known at the start");
            let solved = task.verdict(problem, turn).expect("well formed");
            excess += f64::from(u8::from(solved)) - value;
            variance += value * (1.0 - value);
        }
        assert!(excess.abs() <= 5.0 * f64::sqrt(variance) && variance > 100.0, "{excess} {variance}");
    }

    #[test]
    fn a_corpus_is_as_good_as_its_scribe() {
        let task = ArithChain::new(ArithChainConfig::default()).expect("valid");
        let solver = Solver::new(&task, SolverConfig::default()).expect("valid");
        is_as_good_as_its_values(&task, &solver);
        let task = TraceLab::new(TraceLabConfig::default()).expect("valid");
        let writer = Writer::new(&task, WriterConfig::default()).expect("valid");
        is_as_good_as_its_values(&task, &writer);
    }

    #[test]
    fn a_scribe_goes_on_from_well_formed_beginnings_only() {
        let task = ArithChain::new(ArithChainConfig::default()).expect("valid");
        let solver = Solver::new(&task, SolverConfig::default()).expect("valid");
        let example = &corpus(&task, &solver, 1, 0)[0];
        let mut stream = Stream::new(StreamKey::new(0, Purpose::POLICY));
        let mut rest = |tokens: &[u32]| Scribe::complete(&solver, &example.problem, tokens, &mut stream);
        assert_eq!(rest(&example.turn), Some(vec![]));
        assert!(rest(&example.turn[..2]).is_some());
        assert_eq!(rest(&[u32::MAX]), None);
    }
}
