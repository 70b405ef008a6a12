use milepost_core::{DiscreteEnvironment, Ending, Enumerable, Environment, TaskSeed};
use milepost_gridworld::wrappers::{
    Bearing, BonusScope, FlatText, FullyObserved, GoalDirection, GoalIsNoDeath, ImageOnly, MissionWords,
    NoDeath, NoSeeds, Observed, OneHot, Reseed, RgbFrame, RgbView, Symbolic, Unwrapped, View, ViewSize,
    Visit, VisitBonus,
};
use milepost_gridworld::{Gridworld, Kind, TileAtlas};
use milepost_testkit::environment::{self, KeyScope, Options, SeedEffect};

fn make(id: &str) -> Gridworld {
    Gridworld::make(id).expect("registered")
}

fn options() -> Options {
    Options {
        tasks: (0..3).map(|index| TaskSeed::train(0, index)).collect(),
        max_steps: 40,
        keys: KeyScope::Observation,
        ..Options::default()
    }
}

fn conforms<E: DiscreteEnvironment>(world: &E) {
    environment::conformance(world, &options());
}

fn enumerates<E: Enumerable>(world: &E) {
    environment::enumerable_conformance(world, &options());
}

#[test]
fn every_view_conforms() {
    fn through<V: View<Gridworld>>(view: V) {
        enumerates(&Observed::new(make("MiniGrid-DoorKey-6x6-v0"), view));
    }
    let atlas = TileAtlas::new(3).expect("a size");
    through(FullyObserved);
    through(RgbFrame(atlas.clone()));
    through(RgbView(atlas));
    through(ImageOnly);
    through(FlatText::default());
    through(OneHot);
    through(MissionWords::default());
    through(Symbolic);
    through(GoalDirection(Bearing::FullAngle));
    through(ViewSize::new(5).expect("odd"));
}

#[test]
fn views_conform_when_nested() {
    let atlas = TileAtlas::new(2).expect("a size");
    let frame = Observed::new(make("MiniGrid-LavaGapS5-v0"), RgbFrame(atlas));
    enumerates(&Observed::new(frame, ImageOnly));
    let small = Observed::new(make("MiniGrid-LavaGapS5-v0"), ViewSize::new(3).expect("odd"));
    enumerates(&Observed::new(Observed::new(small.clone(), OneHot), FlatText::default()));
    enumerates(&Observed::new(Observed::new(small, MissionWords::default()), GoalDirection::default()));
}

#[test]
fn worlds_with_other_rules_conform() {
    let lava = make("MiniGrid-LavaCrossingS9N2-v0");
    enumerates(&NoDeath::new(lava.clone(), &[Kind::Lava], -1.0).expect("no goal"));
    let obstacles = make("MiniGrid-Dynamic-Obstacles-6x6-v0");
    enumerates(&NoDeath::new(obstacles, &[Kind::Ball, Kind::Wall], -0.5).expect("no goal"));
    for visit in [Visit::Action, Visit::Position] {
        conforms(&VisitBonus::new(lava.clone(), visit, 0.5, BonusScope::Episode));
    }
    conforms(&Reseed::new(lava, (0..5).map(TaskSeed::literal).collect()).expect("seeds"));
    let one = Reseed::new(make("MiniGrid-DoorKey-5x5-v0"), vec![TaskSeed::literal(3)]).expect("a seed");
    environment::conformance(&one, &Options { seeds: SeedEffect::None, ..options() });
}

/// The values that MiniGrid's documentation gives for Dynamic-Obstacles-5x5 and LavaCrossingS9N1 with seed 2.
#[test]
fn death_costs_what_minigrid_documents_and_the_episode_goes_on() {
    let mut world = NoDeath::new(make("MiniGrid-LavaCrossingS9N1-v0"), &[Kind::Lava], -1.0).expect("no goal");
    world.reset(TaskSeed::literal(2)).expect("a level");
    world.step(&1).expect("running");
    let outcome = world.step(&2).expect("running");
    assert_eq!((outcome.reward, outcome.ending), (-1.0, None));
    // Turning in lava does not end an episode, so it costs nothing.
    assert_eq!(world.step(&0).expect("still running").reward, 0.0);
    let mut world =
        NoDeath::new(make("MiniGrid-Dynamic-Obstacles-5x5-v0"), &[Kind::Ball], -1.0).expect("no goal");
    world.reset(TaskSeed::literal(2)).expect("a level");
    let outcome = world.step(&2).expect("running");
    assert_eq!((outcome.reward, outcome.ending), (-2.0, None));
    assert_eq!(NoDeath::new(make("MiniGrid-Empty-5x5-v0"), &[Kind::Goal], -1.0).err(), Some(GoalIsNoDeath));
}

#[test]
fn a_world_without_death_still_ends_with_its_budget() {
    let lava = make("MiniGrid-LavaCrossingS9N1-v0").with_max_steps(2).expect("a budget");
    let mut world = NoDeath::new(lava, &[Kind::Lava], -1.0).expect("no goal");
    world.reset(TaskSeed::literal(2)).expect("a level");
    world.step(&1).expect("running");
    let outcome = world.step(&2).expect("running");
    assert!(matches!(outcome.ending, Some(Ending::Truncated(_))), "{outcome:?}");
    assert_eq!(world.ending(), outcome.ending);
    assert!(world.step(&0).is_err(), "the budget is spent");
}

/// The rewards that MiniGrid's documentation gives for turning twice in an empty room.
#[test]
fn bonuses_fall_with_the_root_of_the_visits_and_outlive_episodes_unless_told_otherwise() {
    let empty = make("MiniGrid-Empty-5x5-v0");
    let turns = |mut world: VisitBonus<Gridworld>| {
        let mut rewards = Vec::new();
        for _ in 0..2 {
            world.reset(TaskSeed::literal(0)).expect("a level");
            rewards.extend((0..2).map(|_| world.step(&1).expect("running").reward));
        }
        rewards
    };
    let root = |n: f64| 1.0 / n.sqrt();
    assert_eq!(turns(VisitBonus::for_actions(empty.clone())), [1.0, 1.0, root(2.0), root(2.0)]);
    assert_eq!(
        turns(VisitBonus::for_positions(empty.clone(), 1.0)),
        [1.0, 0.7071067811865475, root(3.0), 0.5]
    );
    let episodic = VisitBonus::new(empty, Visit::Position, 2.0, BonusScope::Episode);
    assert_eq!(turns(episodic), [2.0, 2.0 * root(2.0), 2.0, 2.0 * root(2.0)]);
}

#[test]
fn reseeding_goes_through_its_levels_in_turn() {
    let seeds = [5, 6, 7].map(TaskSeed::literal);
    let mut world = Reseed::new(make("MiniGrid-FourRooms-v0"), seeds.to_vec()).expect("seeds");
    let mut plain = make("MiniGrid-FourRooms-v0");
    for (index, seed) in seeds.iter().cycle().take(7).enumerate() {
        world.reset(TaskSeed::literal(index as u64)).expect("a level");
        plain.reset(*seed).expect("a level");
        assert_eq!(world.unwrapped().to_text(), plain.to_text(), "reset {index}");
    }
    assert_eq!(Reseed::new(plain, Vec::new()).err(), Some(NoSeeds));
}

#[test]
fn levels_that_cannot_be_shown_are_refused_with_the_reason() {
    fn refusal<V: View<Gridworld>>(id: &str, view: V) -> String {
        let mut world = Observed::new(make(id), view);
        world.reset(TaskSeed::literal(1)).expect_err("cannot be shown").to_string()
    }
    assert!(refusal("MiniGrid-FourRooms-v0", FlatText::new(4)).contains("make room"));
    assert!(refusal("MiniGrid-FourRooms-v0", MissionWords::new(2)).contains("make room"));
    assert!(refusal("MiniGrid-Fetch-5x5-N2-v0", GoalDirection::default()).contains("no goal"));
    assert!(ViewSize::new(4).is_err_and(|error| error.to_string().contains("odd")));
}

#[test]
fn the_vocabulary_has_no_word_twice() {
    let words: std::collections::BTreeSet<_> = MissionWords::vocabulary().iter().collect();
    assert_eq!(words.len(), MissionWords::vocabulary().len());
}
