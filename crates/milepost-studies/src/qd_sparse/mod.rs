//! Exploring without reward, exploiting what pays: novelty search, TAXONS and SERENE (Paolo, *Learning in Sparse
//! Rewards settings through Quality-Diversity algorithms*, 2022; arXiv 1909.05508 and 2102.03140).
//!
//! Tasks pay in three small areas and nowhere else. Searches get equal budgets of evaluations, the same genomes and
//! the same mutations; they differ in who survives, in how behaviour is described, and in whether emitters look
//! after what pays. Coverage and rewards by area are measured on the true end points, which learned descriptors
//! never see.

mod pictures;
mod scoreboard;
mod settings;
mod tasks;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::ops::ControlFlow;

use milepost_core::Cost;
use milepost_microworlds::arena::{
    ArmConfig, Controller, HardMaze, HardMazeConfig, RedundantArm, RewardAreas, SENSORS,
};
use milepost_policies::{Autoencoder, open_device};
use milepost_population::search::Explore;
use milepost_population::{
    Agent, Descriptor, Evaluator, ExploitationConfig, GenomeLaw, Handmade, Plan, Pool, search,
};

use crate::{Context, Metric, Recorder, Study, StudyError};
pub use pictures::Look;
use pictures::{PICTURE, PictureDescriptor};
use scoreboard::Scoreboard;
pub use settings::{QdSparse, Searcher, Task};
use tasks::{ArmByPosition, MazeByPixels, MazeByPosition};

/// Points of a learning curve.
const POINTS: u64 = 40;

impl Study for QdSparse {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher(
                "coverage",
                "Share of the 50 x 50 cells of true end points that some agent reached.",
            ),
            Metric::higher("areas-discovered", "Reward areas in which some agent was paid."),
            Metric::higher(
                "areas-mastered",
                "Reward areas in which some agent was paid at least 0.95 of the top.",
            ),
            Metric::higher(
                "mean-best-reward",
                "Best reward in an area, averaged over the areas, 0 where unknown.",
            ),
            Metric::higher("mastered-share", "Mastered areas divided by discovered ones."),
            Metric::higher(
                "uniformity",
                "1 - Jensen-Shannon distance (natural log) of the end points' cells to an even spread.",
            ),
            Metric::higher("uniformity-base-2", "The same with logarithms of base 2, in [0, 1]."),
            Metric::lower("first-reward", "Evaluations until something paid for the first time."),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        self.check()
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let position = &mut Handmade(|point: &[f64; 2]| point.to_vec());
        match self.task {
            Task::HardMaze if self.look != Look::Position => {
                let task = MazeByPixels { task: self.maze()?, frames: self.look.frames() };
                let areas = task.task.maze.config().areas.clone();
                let device = open_device(context.device).map_err(StudyError::part("device"))?.device;
                let autoencoder = Autoencoder::new(self.autoencoder.clone(), PICTURE, context.seed, &device)
                    .map_err(StudyError::part("autoencoder"))?;
                let mut descriptor = PictureDescriptor::new(autoencoder, self.look, self.pictures);
                self.spend(context, recorder, &task, &mut descriptor, &areas)
            }
            Task::HardMaze => {
                let task = self.maze()?;
                let areas = task.maze.config().areas.clone();
                self.spend(context, recorder, &task, position, &areas)
            }
            Task::Arm => {
                let arm = RedundantArm::new(ArmConfig::default())?;
                let areas = arm.areas().clone();
                self.spend(context, recorder, &ArmByPosition(arm), position, &areas)
            }
        }
    }
}

impl QdSparse {
    fn maze(&self) -> Result<MazeByPosition, StudyError> {
        let maze = HardMaze::new(HardMazeConfig { steps: self.steps, ..HardMazeConfig::default() })?;
        Ok(MazeByPosition { maze, brain: Controller::new(vec![SENSORS, 5, 2])? })
    }

    fn plan(&self) -> Plan {
        let serene = ExploitationConfig { bootstrap: self.bootstrap, ..ExploitationConfig::default() };
        Plan {
            chunk: self.chunk,
            schedule: self.schedule,
            emitters: self.emitters.then_some(serene),
            refit: (self.look != Look::Position && self.refit > 0).then_some(self.refit),
        }
    }

    /// Spends the budget and reports.
    fn spend<E: Evaluator>(
        &self,
        context: &Context,
        recorder: &mut dyn Recorder,
        task: &E,
        descriptor: &mut dyn Descriptor<E::Observations>,
        areas: &RewardAreas,
    ) -> Result<(), StudyError> {
        let part = StudyError::part("search");
        let mut explorer: Box<dyn Explore<E>> = self.explorer()?;
        let board = Scoreboard::new(self.bins, areas.len()).map_err(StudyError::part("scores"))?;
        let board = RefCell::new(board);
        let mut witness = |agent: &Agent<E::Observations>| board.borrow_mut().note(agent);
        let law = GenomeLaw::default();
        let mut pool =
            Pool::new(task, descriptor, &mut witness, law, context.seed, self.budget).map_err(&part)?;
        let (every, mut shown, mut failed) = ((self.budget / POINTS).max(1), 0, None);
        let mut watch = |pool: &Pool<'_, E>, progress: milepost_population::Progress| {
            let mut record = || {
                recorder.advance(progress.evaluations, self.budget)?;
                if progress.evaluations / every == shown {
                    return Ok(());
                }
                shown = progress.evaluations / every;
                let costs = [Cost::Evaluations, Cost::Frames, Cost::NetworkCalls]
                    .map(|cost| (cost.name(), pool.ledger().spent(cost) as f64));
                recorder.point(&costs, &board.borrow().point())
            };
            record().map_or_else(
                |error| {
                    failed = Some(error);
                    ControlFlow::Break(())
                },
                ControlFlow::Continue,
            )
        };
        let outcome =
            search(&mut pool, explorer.as_mut(), &self.plan(), context.seed, &mut watch).map_err(&part)?;
        if let Some(error) = failed {
            return Err(error);
        }
        let counts = pool.counts();
        for (what, times) in [
            ("agents discarded, not finite", counts.discarded),
            ("trainings of the descriptor", counts.trainings),
            ("trainings that changed nothing", counts.futile_trainings),
            ("generations without novelty, by surprise instead", outcome.collapsed),
            ("emitters tried", outcome.exploitation.bootstrapped),
            ("emitters dropped without improvement", outcome.exploitation.dropped),
            ("emitters that stagnated", outcome.exploitation.stagnated),
            ("evaluations of emitters", outcome.exploitation.evaluations),
        ] {
            if times > 0 {
                recorder.count(what, times);
            }
        }
        board.into_inner().report(recorder)
    }
}
