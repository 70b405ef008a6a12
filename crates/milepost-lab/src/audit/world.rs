//! The enumerated world of an experiment.

use milepost_core::{Environment, TaskSeed};
use milepost_eval::exact::{SolveError, StateGraph};
use milepost_gridworld::Gridworld;

use super::{AuditError, Question};
use crate::config::{EnvironmentConfig, Experiment};
use crate::run;

/// All states that can be reached from the first states of some tasks.
pub(super) struct World {
    pub(super) name: String,
    pub(super) tasks: Vec<u64>,
    pub(super) graph: StateGraph<Gridworld>,
    pub(super) horizon: u32,
}

impl World {
    pub(super) fn enumerate(experiment: &Experiment, question: &Question) -> Result<Self, AuditError> {
        let EnvironmentConfig::Minigrid { level } = &experiment.settings.environment else {
            let environment = experiment.settings.environment.label();
            return Err(AuditError::NotAGridworld { environment });
        };
        let prototype = Gridworld::make(level).map_err(run::SetupError::from)?;
        let tasks: Vec<TaskSeed> =
            (0..question.tasks.max(1)).map(|index| TaskSeed::evaluation(question.seed, index)).collect();
        let starts = tasks
            .iter()
            .map(|task| {
                let mut world = prototype.clone();
                world.reset(*task)?;
                Ok(world)
            })
            .collect::<Result<Vec<_>, AuditError>>()?;
        let graph = StateGraph::enumerate_all(&starts, question.states)?;
        let horizon = graph.episode()?.horizon;
        if horizon == 0 {
            return Err(SolveError::NoHorizon.into());
        }
        Ok(Self { name: level.clone(), tasks: tasks.iter().map(|task| task.get()).collect(), graph, horizon })
    }
}
