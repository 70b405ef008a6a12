use std::collections::BTreeSet;
use std::ops::ControlFlow;

use milepost_core::{Cost, Version};
use milepost_population::search::{EvolutionConfig, Selection};
use milepost_population::{
    Agent, AgentId, Description, Descriptor, ExploitationConfig, GenomeLaw, Handmade, PartError, Plan, Pool,
    PopulationError, Refit, search,
};

use crate::toy::{NEAR, Toy, evolution, place, small, trace, trace_with};

/// A "network" whose only weight is a scale, doubled by every training that is not futile.
#[derive(Debug, Clone, Copy)]
struct Scaled {
    scale: f64,
    version: u64,
    futile: bool,
    /// All codes are 0.
    blind: bool,
}

const SCALED: Scaled = Scaled { scale: 1.0, version: 0, futile: false, blind: false };

impl Descriptor<[f64; 2]> for Scaled {
    fn version(&self) -> Version {
        Version(self.version)
    }
    fn describe(&self, observations: &[&[f64; 2]]) -> Result<Vec<Description>, PartError> {
        let scale = if self.blind { 0.0 } else { self.scale };
        let one = |point: &&[f64; 2]| Description {
            code: point.iter().map(|x| scale * x).collect(),
            surprise: Some(point[0].abs()),
        };
        Ok(observations.iter().map(one).collect())
    }
    fn refit(&mut self, observations: &[&[f64; 2]]) -> Result<Refit, PartError> {
        if !self.futile {
            self.scale *= 2.0;
            self.version += 1;
        }
        let network_calls = 7 * observations.len() as u64;
        Ok(Refit { changed: !self.futile, network_calls, validation_loss: None })
    }
    fn network_calls(&self, _: &[f64; 2]) -> u64 {
        1
    }
}

#[test]
fn after_every_training_all_descriptions_are_those_of_the_new_version() {
    let (mut descriptor, mut nobody) = (SCALED, |_: &Agent<[f64; 2]>| {});
    let law = GenomeLaw::default();
    let mut pool = Pool::new(&NEAR, &mut descriptor, &mut nobody, law, 5, 900).expect("valid");
    let plan =
        Plan { chunk: 100, emitters: Some(ExploitationConfig::default()), refit: Some(2), ..Plan::default() };
    let mut versions = BTreeSet::new();
    let mut watch = |pool: &Pool<'_, Toy>, _| {
        let scale = 2f64.powi(pool.version().0 as i32);
        for agent in pool.agents() {
            let code = agent.described.code(pool.version()).expect("the current version");
            assert_eq!(code, agent.observations.map(|x| scale * x));
        }
        versions.insert(pool.version());
        ControlFlow::Continue(())
    };
    let outcome = search(&mut pool, &mut evolution(small()), &plan, 5, &mut watch).expect("searches");
    // After generations 1, 3, 7, 13, 21, …: the gap grows by one interval each time.
    let due = (0..99).map(|n| 1 + n * (n + 1)).filter(|g| *g <= outcome.generations).count() as u64;
    assert!(due >= 4, "{}", outcome.generations);
    assert_eq!((pool.counts().trainings, versions.last()), (due, Some(&Version(due))));
    assert!(pool.ledger().spent(Cost::NetworkCalls) > 900 + 7 * 12);
}

#[test]
fn training_changes_codes_and_nothing_else() {
    let (mut descriptor, mut nobody) = (SCALED, |_: &Agent<[f64; 2]>| {});
    let law = GenomeLaw::default();
    let mut pool = Pool::new(&NEAR, &mut descriptor, &mut nobody, law, 5, 50).expect("valid");
    let ids = pool.evaluate(&vec![milepost_population::Proposal::New; 50], &mut 50).expect("draws");
    let before: Vec<_> = pool.agents().map(|a| (a.id, a.genome.clone(), a.reward, a.observations)).collect();
    pool.refit(&ids[..10].iter().copied().collect()).expect("trains");
    let after: Vec<_> = pool.agents().map(|a| (a.id, a.genome.clone(), a.reward, a.observations)).collect();
    assert_eq!(before, after);
    let error = pool.refit(&BTreeSet::from([AgentId(99)])).expect_err("nobody");
    assert!(matches!(error, PopulationError::Unknown { agent: AgentId(99) }));
}

#[test]
fn a_learned_descriptor_that_stays_equal_to_the_true_one_gives_the_same_search() {
    let plan = Plan { chunk: 100, emitters: Some(ExploitationConfig::default()), ..Plan::default() };
    let truth = trace(NEAR, &mut evolution(small()), &plan, 800);
    let mut fixed = Scaled { futile: true, ..SCALED };
    let learned = Plan { refit: Some(1), ..plan };
    let seen = trace_with(NEAR, &mut fixed, &mut evolution(small()), &learned, 800).expect("searches");
    assert_eq!((seen.agents, &seen.outcome), (truth.agents, &truth.outcome));
    assert_eq!(seen.counts.futile_trainings, seen.counts.trainings);
    assert!(seen.counts.trainings > 1);
}

#[test]
fn equal_codes_fall_back_to_surprise_and_are_counted() {
    let plan = Plan::default();
    let run = |mut descriptor: Scaled, selection| {
        let mut explorer = evolution(EvolutionConfig { selection, ..small() });
        trace_with(NEAR, &mut descriptor, &mut explorer, &plan, 400).expect("searches")
    };
    let blind = run(Scaled { blind: true, ..SCALED }, Selection::Novelty);
    let surprise = run(SCALED, Selection::Surprise);
    assert_eq!(blind.agents, surprise.agents);
    assert_eq!((blind.outcome.collapsed, surprise.outcome.collapsed), (blind.outcome.generations - 1, 0));
    assert_eq!(run(SCALED, Selection::NoveltyOrSurprise).outcome.collapsed, 0);
}

#[test]
fn surprise_is_asked_only_of_descriptors_that_have_one() {
    let mut explorer = evolution(EvolutionConfig { selection: Selection::Surprise, ..small() });
    let error =
        trace_with(NEAR, &mut Handmade(place), &mut explorer, &Plan::default(), 100).expect_err("none");
    assert!(matches!(error, PopulationError::NoSurprise), "{error}");
}

#[test]
fn a_pareto_order_with_a_constant_rival_keeps_the_most_novel() {
    // Rewards are all 0 in a barren world, so the second objective says nothing; but crowding, not age, breaks
    // the ties of novelty, so the sets of survivors are compared, in a world without ties.
    let run = |selection| {
        let mut explorer = evolution(EvolutionConfig { selection, ..small() });
        trace(crate::toy::BARREN, &mut explorer, &Plan::default(), 36).outcome.known
    };
    let sorted = |mut ids: Vec<AgentId>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(run(Selection::NoveltyAndReward)), sorted(run(Selection::Novelty)));
}

#[test]
fn a_descriptor_that_forgets_somebody_is_refused() {
    struct Lazy;
    impl Descriptor<[f64; 2]> for Lazy {
        fn version(&self) -> Version {
            Version(0)
        }
        fn describe(&self, observations: &[&[f64; 2]]) -> Result<Vec<Description>, PartError> {
            Ok(vec![Description::default(); observations.len() - 1])
        }
    }
    let error =
        trace_with(NEAR, &mut Lazy, &mut evolution(small()), &Plan::default(), 20).expect_err("short");
    assert!(matches!(error, PopulationError::Descriptions { found: 11, wanted: 12 }), "{error}");
}
