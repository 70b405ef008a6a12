use milepost_population::schedule::Schedule;
use milepost_population::search::{
    CellLayout, Criterion, Evolution, EvolutionConfig, Explore, MapElites, MapElitesConfig, Selection,
};
use milepost_population::{Agent, ExploitationConfig, GenomeLaw, Handmade, Plan, Pool, Proposal};
use proptest::prelude::*;

use crate::toy::{BARREN, NEAR, Toy, evolution, large, place, small, trace};

fn with_pool(toy: Toy, budget: u64, test: impl FnOnce(&mut Pool<'_, Toy>)) {
    let (mut descriptor, mut nobody) = (Handmade(place), |_: &Agent<[f64; 2]>| {});
    let mut pool =
        Pool::new(&toy, &mut descriptor, &mut nobody, GenomeLaw::default(), 5, budget).expect("valid");
    test(&mut pool);
}

#[test]
fn novelty_search_is_bit_identical_when_rewards_are_zeroed() {
    let plan = Plan { chunk: 100, ..Plan::default() };
    let [paid, unpaid] = [NEAR, BARREN].map(|toy| trace(toy, &mut evolution(large()), &plan, 500));
    assert!(paid.rewards.iter().any(|reward| *reward > 0.0) && unpaid.rewards.iter().all(|r| *r == 0.0));
    assert_eq!((paid.agents, paid.outcome), (unpaid.agents, unpaid.outcome));
}

#[test]
fn a_search_by_reward_is_not() {
    let config = EvolutionConfig { selection: Selection::Reward, ..large() };
    let plan = Plan::default();
    let [paid, unpaid] = [NEAR, BARREN].map(|toy| trace(toy, &mut evolution(config), &plan, 500));
    assert_ne!(paid.agents, unpaid.agents);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn serene_without_any_reward_is_novelty_search(chunk in 1u64..200, budget in 1u64..500, which in 0usize..4) {
        let schedules = [
            Schedule::Alternating,
            Schedule::Fixed(0.5),
            Schedule::TimeBased,
            Schedule::DiscountedUcb { discount: 0.9, exploration: 0.5 },
        ];
        let plain = Plan { chunk, schedule: schedules[which], ..Plan::default() };
        let serene = Plan { emitters: Some(ExploitationConfig::default()), ..plain };
        let run = |plan| trace(BARREN, &mut evolution(small()), plan, budget);
        prop_assert_eq!(run(&serene), run(&plain));
    }

    #[test]
    fn survivors_are_as_many_as_before_and_the_archive_grows_by_its_additions(
        allowance in 1u64..30, additions in 0usize..30, selection in 0usize..3,
    ) {
        let selection =
            [Selection::Novelty, Selection::Reward, Selection::NoveltyAndLocalCompetition][selection];
        let config = EvolutionConfig { additions, selection, ..small() };
        with_pool(NEAR, 10_000, |pool| {
            let mut search = evolution(config);
            search.generation(pool, &[], &mut 12).expect("draws");
            for _ in 0..4 {
                let archived = search.archived().len();
                let (mut left, before) = (allowance, search.population().to_vec());
                let made = search.generation(pool, &[], &mut left).expect("evolves");
                assert_eq!(made.members.len() as u64, allowance.min(24));
                assert_eq!(made.peers, [before, made.members.clone()].concat());
                assert_eq!(search.population().len(), 12);
                assert_eq!(search.archived().len() - archived, additions.min(made.members.len()));
                assert!(search.archived()[archived..].iter().all(|id| made.members.contains(id)));
            }
        });
    }

    #[test]
    fn survivors_are_the_most_novel(additions in 0usize..4) {
        with_pool(NEAR, 10_000, |pool| {
            let mut search = evolution(EvolutionConfig { additions, ..small() });
            search.generation(pool, &[], &mut 12).expect("draws");
            for _ in 0..3 {
                let archived = search.archived().to_vec();
                let made = search.generation(pool, &[], &mut 24).expect("evolves");
                let known = [made.peers.clone(), archived].concat();
                let novelty = pool.novelties(&made.peers, &known, 5).expect("one version");
                let survived = |id| search.population().contains(id);
                let least = made.peers.iter().zip(&novelty).filter(|(id, _)| survived(id)).map(|(_, n)| *n);
                let most = made.peers.iter().zip(&novelty).filter(|(id, _)| !survived(id)).map(|(_, n)| *n);
                let (least, most) = (least.fold(f64::INFINITY, f64::min), most.fold(0.0, f64::max));
                assert!(least >= most, "{least} {most}");
            }
        });
    }
}

#[test]
fn the_first_population_may_be_drawn_in_parts() {
    with_pool(NEAR, 100, |pool| {
        let mut search = evolution(small());
        for drawn in [5, 10, 12] {
            search.generation(pool, &[], &mut 5).expect("draws");
            assert_eq!(search.population().len(), drawn);
        }
    });
}

#[test]
fn equals_are_ordered_by_age_so_that_a_flat_reward_drifts() {
    let config = EvolutionConfig { selection: Selection::Reward, ..small() };
    with_pool(BARREN, 100, |pool| {
        let mut search = evolution(config);
        search.generation(pool, &[], &mut 12).expect("draws");
        let made = search.generation(pool, &[], &mut 24).expect("evolves");
        let youngest: Vec<_> = made.members.iter().rev().take(12).copied().collect();
        assert_eq!(search.population(), youngest);
    });
}

#[test]
fn taxons_throws_a_fair_coin_for_each_generation() {
    with_pool(NEAR, 0, |pool| {
        let heads: Vec<bool> =
            (0..1000).map(|g| pool.stream("selection criterion", g).next_u32() & 1 == 0).collect();
        let novelty = heads
            .iter()
            .filter(|coin| Selection::NoveltyOrSurprise.criterion(**coin) == Criterion::Novelty)
            .count();
        assert!((420..580).contains(&novelty), "{novelty}");
        assert_eq!(Selection::NoveltyOrSurprise.criterion(false), Criterion::Surprise);
    });
}

#[test]
fn a_cell_belongs_to_the_first_of_its_best_paid() {
    let layout = CellLayout { least: vec![0.0; 2], most: vec![1.0; 2], bins: 2 };
    assert_eq!(layout.cell(&[0.49, 0.51]), [0, 1]);
    assert_eq!(layout.cell(&[-7.0, 1.0]), [0, 1], "what lies outside belongs to the nearest cell");
    let plan = Plan::default();
    let mut grid =
        MapElites::new(MapElitesConfig { layout: layout.clone(), initial: 10, batch: 20 }).expect("valid");
    let seen = trace(NEAR, &mut grid, &plan, 300);
    for (cell, holder) in grid.elites() {
        let of_cell = seen.agents.iter().zip(&seen.rewards).filter(|((_, _, genome), _)| {
            let point = [genome[0] + 0.1 * genome[2], genome[1] - 0.1 * genome[2]];
            layout.cell(&point) == *cell
        });
        let mut best = of_cell.clone().next().expect("held");
        for candidate in of_cell {
            if candidate.1 > best.1 {
                best = candidate;
            }
        }
        assert_eq!(best.0.0, *holder);
    }
}

#[test]
fn proposals_of_unknown_parents_are_refused() {
    with_pool(NEAR, 10, |pool| {
        let ids = pool.evaluate(&[Proposal::New, Proposal::New], &mut 2).expect("draws");
        pool.retain(&ids[1..].iter().copied().collect());
        let orphan = Proposal::Mutant { of: ids[0], sigma: 0.1 };
        assert!(pool.evaluate(&[orphan], &mut 1).is_err());
        assert_eq!(pool.left(), 8, "nothing was charged");
    });
}

#[test]
fn settings_out_of_range_are_refused() {
    for config in [
        EvolutionConfig { population: 0, ..small() },
        EvolutionConfig { offspring: 0, ..small() },
        EvolutionConfig { neighbours: 0, ..small() },
    ] {
        assert!(Evolution::new(config).is_err());
    }
    let upside_down = CellLayout { least: vec![1.0], most: vec![0.0], bins: 3 };
    assert!(MapElites::new(MapElitesConfig { layout: upside_down, initial: 1, batch: 1 }).is_err());
}
