use std::ops::ControlFlow;

use milepost_population::emitter::EmitterKind;
use milepost_population::schedule::Schedule;
use milepost_population::search::{
    CellLayout, EvolutionConfig, Explore, MapElites, MapElitesConfig, RandomSearch, Selection,
};
use milepost_population::{
    Agent, ExploitationConfig, GenomeLaw, Handmade, Plan, Pool, PopulationError, Proposal, search,
};
use proptest::prelude::*;

use crate::toy::{BARREN, NEAR, Toy, evolution, place, small, trace};

fn grid() -> MapElites {
    let layout = CellLayout { least: vec![-3.0; 2], most: vec![3.0; 2], bins: 10 };
    MapElites::new(MapElitesConfig { layout, initial: 12, batch: 24 }).expect("valid")
}

fn explorers() -> Vec<Box<dyn Explore<Toy>>> {
    let selections = [
        Selection::Novelty,
        Selection::Reward,
        Selection::NoveltyAndReward,
        Selection::NoveltyAndLocalCompetition,
    ];
    let mut all: Vec<Box<dyn Explore<Toy>>> = vec![Box::new(RandomSearch::new(24)), Box::new(grid())];
    for selection in selections {
        all.push(Box::new(evolution(EvolutionConfig { selection, ..small() })));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_search_spends_its_budget_to_the_evaluation(
        budget in 0u64..400, chunk in 1u64..150, kind in 0usize..3, bootstrap in 0usize..4,
    ) {
        let emitter = [EmitterKind::Fitness, EmitterKind::Novelty, EmitterKind::CmaEs][kind];
        let emitters = ExploitationConfig { emitter, bootstrap, ..ExploitationConfig::default() };
        for (mut explorer, exploits) in explorers().into_iter().zip([false, true].into_iter().cycle()) {
            let plan = Plan { chunk, emitters: exploits.then_some(emitters), ..Plan::default() };
            let seen = trace(NEAR, explorer.as_mut(), &plan, budget);
            prop_assert_eq!(seen.spent, budget);
            prop_assert_eq!(seen.agents.len() as u64, budget);
            prop_assert_eq!(seen.frames, 10 * budget);
            prop_assert!(seen.outcome.exploitation.evaluations <= budget);
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let plan = Plan { chunk: 150, emitters: Some(ExploitationConfig::default()), ..Plan::default() };
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            explorers().iter_mut().map(|e| trace(NEAR, e.as_mut(), &plan, 700)).collect::<Vec<_>>()
        })
    };
    let one = run(1);
    assert!(one.iter().any(|trace| trace.outcome.exploitation.evaluations > 0));
    assert_eq!(run(2), one);
    assert_eq!(run(4), one);
}

#[test]
fn what_is_not_finite_is_discarded_counted_and_charged() {
    let toy = Toy { broken: 3, ..NEAR };
    let plan = Plan { chunk: 100, emitters: Some(ExploitationConfig::default()), ..Plan::default() };
    for mut explorer in explorers() {
        let seen = trace(toy, explorer.as_mut(), &plan, 500);
        assert_eq!(seen.spent, 500);
        assert_eq!(seen.agents.len() as u64 + seen.counts.discarded, 500);
        // A third, within five standard errors.
        assert!((seen.counts.discarded as f64 / 500.0 - 1.0 / 3.0).abs() < 0.106, "{:?}", seen.counts);
        assert!(seen.rewards.iter().all(|reward| reward.is_finite()));
    }
    // Nothing works at all: the budget is spent, and the search ends.
    let seen = trace(Toy { broken: 1, ..NEAR }, &mut evolution(small()), &plan, 100);
    assert_eq!((seen.agents.len(), seen.counts.discarded), (0, 100));
}

#[test]
fn a_negative_reward_is_refused_with_the_remedy() {
    let toy = Toy { scale: -1.0, ..NEAR };
    let (mut descriptor, mut nobody) = (Handmade(place), |_: &Agent<[f64; 2]>| {});
    let mut pool = Pool::new(&toy, &mut descriptor, &mut nobody, GenomeLaw::default(), 0, 1).expect("valid");
    let origin = Proposal::Genome { genome: vec![0.5, 0.5, 0.0], parent: None };
    let error = pool.evaluate(&[origin], &mut 1).expect_err("negative");
    assert!(matches!(error, PopulationError::NegativeReward { reward: -1.0, .. }), "{error}");
    assert!(error.to_string().contains("threshold"));
}

#[test]
fn exploitation_spends_nothing_where_nothing_pays() {
    for schedule in [Schedule::Alternating, Schedule::Fixed(1.0), Schedule::TimeBased] {
        let emitters = Some(ExploitationConfig::default());
        let plan = Plan { chunk: 50, schedule, emitters, refit: None };
        let seen = trace(BARREN, &mut evolution(small()), &plan, 400);
        assert_eq!((seen.outcome.exploitation.evaluations, seen.outcome.rewarding.len()), (0, 0));
    }
}

#[test]
fn a_search_can_be_broken_off() {
    let (mut descriptor, mut nobody) = (Handmade(place), |_: &Agent<[f64; 2]>| {});
    let mut pool =
        Pool::new(&NEAR, &mut descriptor, &mut nobody, GenomeLaw::default(), 0, 500).expect("valid");
    let mut stop = |_: &Pool<'_, Toy>, progress: milepost_population::Progress| {
        if progress.evaluations >= 60 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let outcome =
        search(&mut pool, &mut evolution(small()), &Plan::default(), 0, &mut stop).expect("searches");
    assert!(outcome.stopped && pool.left() == 440, "{}", pool.left());
}

#[test]
fn settings_out_of_range_are_refused_before_anything_is_spent() {
    assert!(Plan { chunk: 0, ..Plan::default() }.check().is_err());
    assert!(Plan { refit: Some(0), ..Plan::default() }.check().is_err());
    let alone = ExploitationConfig { population: 1, ..ExploitationConfig::default() };
    assert!(Plan { emitters: Some(alone), ..Plan::default() }.check().is_err());
}
