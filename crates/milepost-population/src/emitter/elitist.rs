use super::{Emitter, Scored};
use crate::{AgentId, Proposal};

/// What an [`ElitistEmitter`] ranks by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merit {
    /// Reward.
    Reward,
    /// Novelty, as of the evaluation.
    Novelty,
}

/// `population` mutants of a seed; then two mutants of every member a generation, of which, with their parents,
/// the `population` best survive.
#[derive(Debug, Clone)]
pub struct ElitistEmitter {
    seed: AgentId,
    sigma: f64,
    population: usize,
    merit: Merit,
    members: Vec<Scored>,
}

impl ElitistEmitter {
    /// Around `seed`, with mutations of deviation `sigma`.
    #[must_use]
    pub const fn new(seed: AgentId, sigma: f64, population: usize, merit: Merit) -> Self {
        Self { seed, sigma, population, merit, members: Vec::new() }
    }
}

impl Emitter for ElitistEmitter {
    fn ask(&mut self) -> Vec<Proposal> {
        let mutant = |of| Proposal::Mutant { of, sigma: self.sigma };
        if self.members.is_empty() {
            return vec![mutant(self.seed); self.population];
        }
        self.members.iter().flat_map(|member| [mutant(member.id), mutant(member.id)]).collect()
    }

    /// Ties go to the younger.
    fn tell(&mut self, offspring: Vec<Scored>) {
        let of = |scored: &Scored| match self.merit {
            Merit::Reward => scored.reward,
            Merit::Novelty => scored.novelty,
        };
        self.members.extend(offspring);
        self.members.sort_by(|a, b| of(b).total_cmp(&of(a)).then(b.id.cmp(&a.id)));
        self.members.truncate(self.population);
    }

    fn members(&self) -> &[Scored] {
        &self.members
    }
}
