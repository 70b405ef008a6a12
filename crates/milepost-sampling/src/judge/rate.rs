use super::{Judge, PairQuery, StepQuery, Verdict};

/// Says what each candidate for the next turn is worth, the others being known.
pub trait Rater<E> {
    /// A verdict for each candidate, in their order. All arise in the same state.
    fn rate(&mut self, candidates: &[StepQuery<'_, E>]) -> Vec<Verdict>;
}

/// Each candidate is judged on its own.
#[derive(Debug, Clone)]
pub struct Each<J>(pub J);

impl<E, J: for<'q> Judge<StepQuery<'q, E>>> Rater<E> for Each<J> {
    fn rate(&mut self, candidates: &[StepQuery<'_, E>]) -> Vec<Verdict> {
        candidates.iter().map(|candidate| self.0.judge(candidate)).collect()
    }
}

/// Each pair is judged once; a candidate's value is the mean of its verdicts: its share of wins, in `[0, 1]`
/// for a judge of probabilities. The sum over candidates is then `n/2`, since a pair shares out 1.
/// A candidate all of whose pairs were abstained from has no value; so has a lone one.
#[derive(Debug, Clone)]
pub struct RoundRobin<J>(pub J);

impl<E, J: for<'q> Judge<PairQuery<'q, E>>> Rater<E> for RoundRobin<J> {
    fn rate(&mut self, candidates: &[StepQuery<'_, E>]) -> Vec<Verdict> {
        let mut wins = vec![(0.0, 0u32); candidates.len()];
        let mut verdicts = vec![Verdict::ABSTAIN; candidates.len()];
        for (i, first) in candidates.iter().enumerate() {
            for (j, second) in candidates.iter().enumerate().skip(i + 1) {
                let verdict = self.0.judge(&PairQuery { first: *first, second: *second });
                verdicts[i].tokens += verdict.tokens;
                if let Some(p) = verdict.value {
                    wins[i] = (wins[i].0 + p, wins[i].1 + 1);
                    wins[j] = (wins[j].0 + 1.0 - p, wins[j].1 + 1);
                }
            }
        }
        for (verdict, (sum, count)) in verdicts.iter_mut().zip(wins) {
            verdict.value = (count > 0).then(|| sum / f64::from(count));
        }
        verdicts
    }
}
