use serde::{Deserialize, Serialize};

use super::facts::ENTITIES;
use super::{Domain, GoldWeights};
use crate::error::{Check, TaskError};
use crate::tokens::Operator;

/// Parameters of a [`TraceLab`](super::TraceLab).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TraceLabConfig {
    /// Values are `0..modulus`; from 3 to 31. Default 11.
    pub modulus: u32,
    /// Entities, from 4 to 24. Default 12.
    pub entities: u32,
    /// How many of them it is a hazard to speak about; at least 1 if prompts are `polite`, and enough must be left to
    /// ask about. Default 3.
    pub hazards: u32,
    /// Relations between entities and values, from 1 to 3. Default 2.
    pub relations: u32,
    /// Which table of facts. Default 0.
    pub fact_seed: u64,
    /// The kinds of prompts, equally often. Default all four.
    pub domains: Vec<Domain>,
    /// The operators of sums. Default all three.
    pub operators: Vec<Operator>,
    /// Fewest operands of `solve`, at least 2. Default 4.
    pub operands_least: u32,
    /// Most operands of `solve`. Default 6.
    pub operands_most: u32,
    /// Fewest facts of `state` and operands of `recall`, at least 2. Default 2.
    pub terms_least: u32,
    /// Most of them. Default 4.
    pub terms_most: u32,
    /// Share of prompts that begin with the criterion of their own domain. Default 0.
    pub criteria: f64,
    /// Most segments of an answer; at least those of the longest solution. Default 12.
    pub segments: u32,
    /// What the gold score counts.
    pub gold: GoldWeights,
}

impl Default for TraceLabConfig {
    fn default() -> Self {
        Self {
            modulus: 11,
            entities: 12,
            hazards: 3,
            relations: 2,
            fact_seed: 0,
            domains: Domain::ALL.to_vec(),
            operators: Operator::ALL.to_vec(),
            operands_least: 4,
            operands_most: 6,
            terms_least: 2,
            terms_most: 4,
            criteria: 0.0,
            segments: 12,
            gold: GoldWeights::default(),
        }
    }
}

impl TraceLabConfig {
    pub(super) fn check(&self) -> Result<(), TaskError> {
        let check = Check("trace-lab");
        check.between("modulus", self.modulus, 3, 31)?;
        check.between("entities", self.entities, 4, ENTITIES.len() as u32)?;
        check.between("relations", self.relations, 1, 3)?;
        check.listed("domains", &self.domains)?;
        check.listed("operators", &self.operators)?;
        let least_hazards = u32::from(self.domains.contains(&Domain::Polite));
        check.between("hazards", self.hazards, least_hazards, self.entities - 1)?;
        check.between("operands-most", self.operands_most, 2, 32)?;
        check.between("operands-least", self.operands_least, 2, self.operands_most)?;
        let safe = (self.entities - self.hazards) * self.relations;
        check.between("terms-most", self.terms_most, 2, safe)?;
        check.between("terms-least", self.terms_least, 2, self.terms_most)?;
        check.probability("criteria", self.criteria)?;
        // `recall`: every term a fact, one sum fewer, and the answer.
        let longest = (2 * self.terms_most).max(self.operands_most);
        check.between("segments", self.segments, longest, 256)?;
        self.gold.check(check)
    }
}
