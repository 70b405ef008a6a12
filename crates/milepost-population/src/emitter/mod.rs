//! Small local searches around a rewarding agent.

mod cma;
mod elitist;
mod rules;
mod run;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use cma::{CmaEmitter, CmaEs};
pub use elitist::{ElitistEmitter, Merit};
pub use rules::{StagnationRule, improvement};
pub use run::{EmitterRun, Step};

use crate::{AgentId, Proposal};

/// An offspring of an emitter, evaluated.
#[derive(Debug, Clone)]
pub struct Scored {
    /// Its number.
    pub id: AgentId,
    /// Its genome.
    pub genome: Arc<[f64]>,
    /// What it is paid.
    pub reward: f64,
    /// How novel it is with respect to the known behaviours.
    pub novelty: f64,
}

/// A local search that is asked for genomes and told what became of them.
pub trait Emitter {
    /// The genomes of its next generation; never none.
    fn ask(&mut self) -> Vec<Proposal>;

    /// What became of them, as far as they were evaluated and kept, in their order.
    fn tell(&mut self, offspring: Vec<Scored>);

    /// Its current members, best first. The pool keeps them.
    fn members(&self) -> &[Scored];
}

/// Which emitter searches around a rewarding agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmitterKind {
    /// The best paid survive: SERENE.
    #[default]
    Fitness,
    /// The most novel survive.
    Novelty,
    /// CMA-ES on the reward.
    CmaEs,
}
