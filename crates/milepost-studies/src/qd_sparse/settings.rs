use milepost_core::ParameterCheck;
use milepost_policies::AutoencoderConfig;
use milepost_population::schedule::Schedule;
use milepost_population::search::{
    CellLayout, Evolution, EvolutionConfig, Explore, MapElites, MapElitesConfig, RandomSearch, Selection,
};
use milepost_population::{Evaluator, PopulationError};
use serde::{Deserialize, Serialize};

use super::Look;
use crate::StudyError;

/// What genomes are tried in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// A robot with a network of 42 weights in the hard maze.
    #[default]
    HardMaze,
    /// The redundant arm of 20 joints.
    Arm,
}

/// How behaviours are explored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Searcher {
    /// New genomes over and over.
    Random,
    /// Novelty search.
    #[default]
    Novelty,
    /// The best paid of every cell of a grid.
    MapElites,
    /// The best paid survive.
    Fitness,
    /// NSGA-II over novelty and reward.
    NoveltyAndReward,
    /// Novelty search with local competition.
    LocalCompetition,
    /// Novelty or surprise, by a coin for each generation.
    Taxons,
}

/// One search on one task for each seed. The defaults are the papers', but for budget and chunk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct QdSparse {
    /// What genomes are tried in. Default the hard maze.
    pub task: Task,
    /// How behaviours are explored. Default novelty search.
    pub search: Searcher,
    /// Evaluations. Default 20000.
    pub budget: u64,
    /// Evaluations of a chunk. Default 500.
    pub chunk: u64,
    /// Members of the population. Default 100.
    pub population: usize,
    /// Whether emitters look after what pays. Default no.
    pub emitters: bool,
    /// Generations by which an emitter is judged before it is run; 0 for no judgement. Default 5.
    pub bootstrap: usize,
    /// What chunks are spent on, with emitters. Default exploration and exploitation by turns.
    pub schedule: Schedule,
    /// Steps of an episode in the maze. Default 400.
    pub steps: u32,
    /// Cells along each axis of the grid that coverage is measured on, and that MAP-Elites fills. Default 50.
    pub bins: usize,
    /// What describes an agent. Default its true end point; pictures need the maze.
    pub look: Look,
    /// The autoencoder that describes pictures.
    pub autoencoder: AutoencoderConfig,
    /// Generations between its trainings, a multiple of it that grows; 0 for never, so that its codes are random
    /// features. Default 5.
    pub refit: u64,
    /// Pictures that a training uses at most. Default 2000.
    pub pictures: usize,
}

impl Default for QdSparse {
    fn default() -> Self {
        Self {
            task: Task::default(),
            search: Searcher::default(),
            budget: 20_000,
            chunk: 500,
            population: 100,
            emitters: false,
            bootstrap: 5,
            schedule: Schedule::default(),
            steps: 400,
            bins: 50,
            look: Look::default(),
            autoencoder: AutoencoderConfig::default(),
            refit: 5,
            pictures: 2000,
        }
    }
}

impl QdSparse {
    pub(super) fn check(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("qd-sparse");
        check.that(self.budget > 0, "budget", self.budget, "at least 1")?;
        check.that(self.chunk > 0, "chunk", self.chunk, "at least 1")?;
        check.that(self.population > 0, "population", self.population, "at least 1")?;
        check.that((1..=4096).contains(&self.bins), "bins", self.bins, "from 1 to 4096")?;
        check.that(self.pictures > 0, "pictures", self.pictures, "at least 1")?;
        let (pictures, position) = (self.look != Look::Position, Look::Position);
        check.that(
            self.task == Task::HardMaze || !pictures,
            "look",
            "pictures",
            "the position, for the arm",
        )?;
        let surprised = self.search == Searcher::Taxons;
        check.that(!surprised || pictures, "look", format!("{position:?}"), "pictures, for TAXONS")?;
        check.that(
            !pictures || self.search != Searcher::MapElites,
            "search",
            "map-elites",
            "one without a grid, for pictures",
        )?;
        self.autoencoder.check(super::pictures::PICTURE).map_err(StudyError::part("autoencoder"))?;
        self.schedule.check()?;
        Ok(())
    }

    pub(super) fn explorer<E: Evaluator>(&self) -> Result<Box<dyn Explore<E>>, StudyError> {
        let selection = match self.search {
            Searcher::Random => return Ok(Box::new(RandomSearch::new(2 * self.population))),
            Searcher::MapElites => {
                let layout = CellLayout::unit_square(self.bins as u32);
                let config = MapElitesConfig { layout, initial: self.population, batch: 2 * self.population };
                return boxed(MapElites::new(config));
            }
            Searcher::Novelty => Selection::Novelty,
            Searcher::Fitness => Selection::Reward,
            Searcher::NoveltyAndReward => Selection::NoveltyAndReward,
            Searcher::LocalCompetition => Selection::NoveltyAndLocalCompetition,
            Searcher::Taxons => Selection::NoveltyOrSurprise,
        };
        let population = self.population;
        boxed(Evolution::new(EvolutionConfig { population, selection, ..EvolutionConfig::default() }))
    }
}

fn boxed<E: Evaluator, X: Explore<E> + 'static>(
    explorer: Result<X, PopulationError>,
) -> Result<Box<dyn Explore<E>>, StudyError> {
    Ok(Box::new(explorer.map_err(StudyError::part("search"))?))
}
