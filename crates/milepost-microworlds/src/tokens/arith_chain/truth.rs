use super::{ArithChain, Arithmetic, Chain, Route};
use crate::tokens::GoldOnly;

/// The truth about one value of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArithStep {
    /// The token of the answer that states the value.
    pub token: usize,
    /// What it says.
    pub written: u32,
    /// What it should say.
    pub truth: u32,
    /// What follows from the values written before it, right or wrong.
    pub implied: u32,
}

impl ArithStep {
    /// Whether the value is the true one.
    #[must_use]
    pub const fn is_correct(&self) -> bool {
        self.written == self.truth
    }

    /// Whether the step itself is right, whatever it builds on.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.written == self.implied
    }
}

/// Where a scratchpad of `entry` values leads if everything after it is done right and not written.
fn completed(chain: &Chain, exact: &Arithmetic, route: Route, entry: usize, running: (u32, u32)) -> u32 {
    let rest = entry..route.entries(chain);
    let running = rest.fold(running, |running, entry| {
        route.after(chain, entry, running, route.value(chain, exact, entry, running))
    });
    route.answer(chain, exact, running)
}

impl ArithChain {
    /// The steps of an answer or of the beginning of one: its scratchpad and, last, the value after `ans`.
    /// `None` if no well-formed answer begins so. The first step that is not
    /// [correct](ArithStep::is_correct) is where it went wrong; it is not [sound](ArithStep::is_sound) either.
    #[must_use]
    pub fn steps(&self, chain: &Chain, tokens: &[u32]) -> Option<GoldOnly<Vec<ArithStep>>> {
        self.step_truth(chain, tokens).map(GoldOnly::new)
    }

    /// A reward of 1 for the token of each true value and −1 for that of each false one: what no verifier of
    /// outcomes could give. An upper bound to compare with; an experiment that trains on it says so.
    #[must_use]
    pub fn oracle_step_rewards(&self, chain: &Chain, tokens: &[u32]) -> Option<Vec<(usize, f64)>> {
        let steps = self.step_truth(chain, tokens)?;
        Some(steps.iter().map(|step| (step.token, if step.is_correct() { 1.0 } else { -1.0 })).collect())
    }

    fn step_truth(&self, chain: &Chain, tokens: &[u32]) -> Option<Vec<ArithStep>> {
        let progress = self.progress(chain, tokens)?;
        let Some(route) = progress.route else { return Some(Vec::new()) };
        let (mut real, mut own) = (route.start(chain), route.start(chain));
        let mut steps = Vec::with_capacity(progress.entries.len() + 1);
        for (entry, (token, written)) in progress.entries.iter().enumerate() {
            let truth = route.value(chain, &self.arithmetic, entry, real);
            let implied = route.value(chain, &self.arithmetic, entry, own);
            steps.push(ArithStep { token: *token, written: *written, truth, implied });
            real = route.after(chain, entry, real, truth);
            own = route.after(chain, entry, own, *written);
        }
        if let Some((token, written)) = progress.answer {
            let implied = completed(chain, &self.arithmetic, route, progress.entries.len(), own);
            steps.push(ArithStep { token, written, truth: self.solution(chain), implied });
        }
        Some(steps)
    }
}
