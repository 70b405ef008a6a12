use milepost_population::emitter::{ElitistEmitter, EmitterRun, Merit, StagnationRule};
use milepost_population::search::Explore;
use milepost_population::{
    Agent, AgentId, Exploitation, ExploitationConfig, GenomeLaw, Handmade, Plan, Pool, Proposal,
};
use proptest::prelude::*;

use crate::toy::{NEAR, Toy, evolution, large, place, small, trace};

fn with_pool(test: impl FnOnce(&mut Pool<'_, Toy>)) {
    let (mut descriptor, mut nobody) = (Handmade(place), |_: &Agent<[f64; 2]>| {});
    let law = GenomeLaw::default();
    test(&mut Pool::new(&NEAR, &mut descriptor, &mut nobody, law, 5, 100_000).expect("valid"));
}

fn at(pool: &mut Pool<'_, Toy>, genome: [f64; 3]) -> AgentId {
    pool.evaluate(&[Proposal::Genome { genome: genome.to_vec(), parent: None }], &mut 1).expect("evaluates")
        [0]
}

#[test]
fn the_reward_archive_holds_only_what_pays_and_every_rewarding_discovery() {
    let plan = Plan { chunk: 120, emitters: Some(ExploitationConfig::default()), ..Plan::default() };
    let seen = trace(NEAR, &mut evolution(large()), &plan, 3000);
    assert!(seen.outcome.exploitation.bootstrapped > 0, "{:?}", seen.outcome.exploitation);
    let reward = |id: &AgentId| seen.rewards[id.0 as usize];
    assert!(seen.outcome.rewarding.iter().all(|id| reward(id) > 0.0));
    let mut distinct = seen.outcome.rewarding.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), seen.outcome.rewarding.len());
    // Emitters climb: near the top, and higher than novelty search alone.
    let best = |rewards: &[f64]| rewards.iter().copied().fold(0.0, f64::max);
    let alone = trace(NEAR, &mut evolution(large()), &Plan { emitters: None, ..plan }, 3000);
    assert!(best(&seen.rewards) > 0.97 && best(&seen.rewards) > best(&alone.rewards));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn what_an_emitter_archives_is_paid_more_each_time(x in 0.3f64..0.7, y in 0.3f64..0.7, generations in 1usize..30) {
        with_pool(|pool| {
            let seed = at(pool, [x, y, 0.0]);
            let emitter = Box::new(ElitistEmitter::new(seed, 0.05, 6, Merit::Reward));
            let mut run = EmitterRun::new(seed, emitter);
            let mut records = Vec::new();
            for generation in 0..generations {
                let step = run.step(pool, &[seed], 5, &StagnationRule::default(), &mut 100).expect("steps");
                assert!(generation > 0 || step.records.len() <= 1, "the first time, the best alone");
                records.extend(step.records.iter().map(|id| pool.agent(*id).expect("kept").reward));
            }
            assert!(records.iter().all(|reward| *reward > 0.0));
            assert!(records.windows(2).all(|pair| pair[0] < pair[1]), "{records:?}");
            assert!(run.improvement() >= 0.0 && run.generations() == generations);
        });
    }
}

#[test]
fn only_what_is_more_novel_than_the_seed_and_all_before_is_remembered() {
    with_pool(|pool| {
        let seed = at(pool, [0.5, 0.5, 0.0]);
        let emitter = Box::new(ElitistEmitter::new(seed, 0.05, 6, Merit::Novelty));
        let mut run = EmitterRun::new(seed, emitter);
        run.set_bar(0.1);
        for _ in 0..30 {
            run.step(pool, &[seed], 5, &StagnationRule::default(), &mut 100).expect("steps");
        }
        let novel = pool.novelties(run.novel(), &[seed], 5).expect("one version");
        assert!(novel.len() > 1 && novel[0] > 0.1, "{novel:?}");
    });
}

#[test]
fn the_radius_is_a_third_of_the_way_to_the_nearest_and_falls_back_among_clones() {
    with_pool(|pool| {
        let mut spread = |genomes: [[f64; 3]; 3]| {
            let members: Vec<AgentId> = genomes.iter().map(|genome| at(pool, *genome)).collect();
            let made = milepost_population::search::Generation {
                members: vec![members[0]],
                peers: members,
                collapsed: false,
            };
            let mut part = Exploitation::new(ExploitationConfig::default(), 0).expect("valid");
            part.collect(pool, &made).expect("collects");
            assert!(part.has_work() && part.rewarding() == made.members);
            part.candidates()[0].sigma
        };
        let near = spread([[0.5, 0.5, 0.0], [0.5, 0.8, 0.0], [2.0, 2.0, 2.0]]);
        assert!((near - 0.1).abs() < 1e-12);
        assert_eq!(spread([[0.5; 3], [0.5; 3], [2.0; 3]]), 0.05);
    });
}

#[test]
fn a_candidate_that_gains_nothing_is_dropped() {
    // On the plateau of a single point nothing can be better: σ = 0 mutants are clones.
    let toy = Toy { scale: 1.0, ..NEAR };
    let (mut descriptor, mut nobody) = (Handmade(place), |_: &Agent<[f64; 2]>| {});
    let law = GenomeLaw { sigma: 0.0, ..GenomeLaw::default() };
    let mut pool = Pool::new(&toy, &mut descriptor, &mut nobody, law, 5, 1000).expect("valid");
    let ids: Vec<AgentId> = (0..2).map(|_| at(&mut pool, [0.5, 0.5, 0.0])).collect();
    let made =
        milepost_population::search::Generation { members: vec![ids[0]], peers: ids, collapsed: false };
    let mut part = Exploitation::new(ExploitationConfig::default(), 0).expect("valid");
    part.collect(&pool, &made).expect("collects");
    let (mut explorer, mut allowance) = (evolution(small()), 500);
    part.run(&mut pool, &mut explorer, 500, &mut allowance).expect("runs");
    let counts = part.counts();
    assert_eq!((counts.bootstrapped, counts.dropped, counts.evaluations), (1, 1, 66));
    assert_eq!(allowance, 434, "six in the first generation, twelve in each of five more");
    assert!(!part.has_work());
}

#[test]
fn a_stagnated_emitter_leaves_novel_agents_to_the_archive() {
    with_pool(|pool| {
        // The climb to the middle of the disc leads away from all that is known.
        let ids = [[0.9, 0.5, 0.0], [0.95, 0.5, 0.0]].map(|genome| at(pool, genome));
        let made = milepost_population::search::Generation {
            members: vec![ids[0]],
            peers: ids.to_vec(),
            collapsed: false,
        };
        let stagnation = StagnationRule { base: 10, per_gene: 0, ends: 5 };
        let config = ExploitationConfig { stagnation, bootstrap: 0, ..ExploitationConfig::default() };
        let mut part = Exploitation::new(config, 0).expect("valid");
        part.collect(pool, &made).expect("collects");
        let mut explorer = evolution(small());
        Explore::<Toy>::archive(&mut explorer, &ids[1..]);
        part.run(pool, &mut explorer, 50_000, &mut 50_000).expect("runs");
        assert_eq!((part.counts().stagnated, part.has_work()), (1, false));
        let archived = explorer.archived().len() - 1;
        assert!((1..=5).contains(&archived), "{archived}");
        assert_eq!(Explore::<Toy>::known(&explorer), explorer.archived());
    });
}
