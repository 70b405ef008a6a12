use super::{Emitter, Scored, StagnationRule, improvement};
use crate::{AgentId, Evaluator, Pool, PopulationError};

/// An emitter with its books: what it was paid, what it put into the reward archive, and the novel agents that it
/// met on its way.
pub struct EmitterRun {
    seed: AgentId,
    emitter: Box<dyn Emitter>,
    rewards: Vec<Vec<f64>>,
    record: Option<f64>,
    most_novel: f64,
    novel: Vec<AgentId>,
}

/// What one generation of an emitter did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// Agents for the reward archive; their rewards increase strictly, also over an emitter's whole life.
    pub records: Vec<AgentId>,
    /// Whether the emitter has stagnated.
    pub stagnated: bool,
}

impl EmitterRun {
    /// Starts the books of an emitter around `seed`.
    #[must_use]
    pub fn new(seed: AgentId, emitter: Box<dyn Emitter>) -> Self {
        let most_novel = f64::NEG_INFINITY;
        Self { seed, emitter, rewards: Vec::new(), record: None, most_novel, novel: Vec::new() }
    }

    /// The rewarding agent that it searches around.
    #[must_use]
    pub const fn seed(&self) -> AgentId {
        self.seed
    }

    /// How much it gains; see [`improvement`].
    #[must_use]
    pub fn improvement(&self) -> f64 {
        improvement(&self.rewards)
    }

    /// Generations made.
    #[must_use]
    pub const fn generations(&self) -> usize {
        self.rewards.len()
    }

    /// The agents that were more novel than the seed and than everything that the emitter had met before.
    #[must_use]
    pub fn novel(&self) -> &[AgentId] {
        &self.novel
    }

    /// The agents that must stay in the pool.
    pub fn known(&self) -> impl Iterator<Item = AgentId> {
        let members = self.emitter.members().iter().map(|member| member.id);
        std::iter::once(self.seed).chain(members).chain(self.novel.iter().copied())
    }

    /// Says how novel the seed is by now; only what is more novel counts as novel.
    pub fn set_bar(&mut self, novelty: f64) {
        self.most_novel = self.most_novel.max(novelty);
    }

    /// Makes a generation, or the part of it that `allowance` covers. `reference` are the known behaviours.
    pub fn step<E: Evaluator>(
        &mut self,
        pool: &mut Pool<'_, E>,
        reference: &[AgentId],
        neighbours: usize,
        rule: &StagnationRule,
        allowance: &mut u64,
    ) -> Result<Step, PopulationError> {
        let offspring = pool.evaluate(&self.emitter.ask(), allowance)?;
        let novelty = pool.novelties(&offspring, reference, neighbours)?;
        let scored: Vec<Scored> = pool
            .get(&offspring)?
            .into_iter()
            .zip(novelty)
            .map(|(a, novelty)| Scored { id: a.id, genome: a.genome.clone(), reward: a.reward, novelty })
            .collect();
        let bar = self.most_novel;
        for met in &scored {
            if met.novelty > bar {
                self.novel.push(met.id);
                self.most_novel = self.most_novel.max(met.novelty);
            }
        }
        self.emitter.tell(scored);
        let members = self.emitter.members();
        self.rewards.push(members.iter().map(|member| member.reward).collect());
        let stagnated = rule.stops(&self.rewards, pool.genes(), members.len());
        Ok(Step { records: self.records(), stagnated })
    }

    /// The members above the record, worst first, so that rewards increase; the first time, the best alone.
    fn records(&mut self) -> Vec<AgentId> {
        let mut members: Vec<&Scored> = self.emitter.members().iter().collect();
        members.sort_by(|a, b| a.reward.total_cmp(&b.reward).then(a.id.cmp(&b.id)));
        if self.record.is_none() {
            members = members.pop().into_iter().collect();
        }
        let mut records = Vec::new();
        for member in members {
            if member.reward > self.record.unwrap_or(0.0) {
                self.record = Some(member.reward);
                records.push(member.id);
            }
        }
        records
    }
}
