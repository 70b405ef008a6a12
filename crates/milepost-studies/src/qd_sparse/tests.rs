use milepost_policies::DeviceChoice;

use super::*;
use crate::{Measured, Memory};

fn small() -> QdSparse {
    QdSparse { budget: 700, chunk: 100, population: 20, steps: 40, ..QdSparse::default() }
}

fn measured(study: &QdSparse) -> Memory {
    Memory::of(study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_search_reports_every_metric_and_the_same_bytes_again() {
    use Searcher::{Fitness, LocalCompetition, MapElites, Novelty, NoveltyAndReward, Random};
    for search in [Random, Novelty, MapElites, Fitness, NoveltyAndReward, LocalCompetition] {
        for task in [Task::HardMaze, Task::Arm] {
            let study = QdSparse { search, task, emitters: search == Novelty, ..small() };
            let first = measured(&study);
            assert!(first.value("coverage").expect("defined") > 0.0);
            assert_eq!(first, measured(&study));
        }
    }
}

#[test]
fn novelty_search_covers_more_of_the_maze_than_random_search() {
    let coverage = |search| {
        let study = QdSparse { task: Task::HardMaze, search, budget: 2000, ..QdSparse::default() };
        measured(&study).value("coverage").expect("defined")
    };
    let (n, r) = (coverage(Searcher::Novelty), coverage(Searcher::Random));
    assert!(n > r, "{n} {r}");
}

#[test]
fn pictures_are_learned_from_and_every_description_is_repeated() {
    for look in [Look::LastPicture, Look::Signature] {
        let autoencoder = milepost_policies::AutoencoderConfig { epochs: 3, ..Default::default() };
        let study =
            QdSparse { look, search: Searcher::Taxons, budget: 220, refit: 2, autoencoder, ..small() };
        let first = measured(&study);
        assert_eq!(first.counters.get("trainings of the descriptor"), Some(&3));
        assert_eq!(first, measured(&study));
        let untrained = measured(&QdSparse { refit: 0, ..study });
        assert_eq!(untrained.counters.get("trainings of the descriptor"), None);
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let wrong = QdSparse { chunk: 0, ..small() };
    assert!(wrong.validate().expect_err("no chunk").to_string().contains("chunk"));
    assert!(QdSparse { search: Searcher::Taxons, ..small() }.validate().is_err());
    assert!(QdSparse { task: Task::Arm, look: Look::Signature, ..small() }.validate().is_err());
    assert!(small().validate().is_ok());
}

#[test]
fn shares_of_nothing_are_undefined_not_zero() {
    let study = QdSparse { budget: 5, steps: 1, ..small() };
    let memory = measured(&study);
    let undefined = |name: &str| {
        let (_, value) = memory.results.iter().find(|(metric, _)| metric == name).expect("reported");
        matches!(value, Measured::Undefined(_))
    };
    assert!(undefined("mastered-share") && undefined("first-reward"));
}
