use milepost_core::{Ending, Environment, Outcome, Probe};

use super::LookupQa;

/// Records `turns-to-answer`: the fewest turns to the right answer of one who reads only what was shown, if every query
/// brings its document: a search for each hop that is not resolved, and the answer. 0 once it was given, infinity
/// once the episode is over without it, NaN before the first reset.
///
/// For evaluation: it says how far a turn brought an episode, whatever is paid for it. What time is left is not counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct LookupDistance;

impl Probe<LookupQa> for LookupDistance {
    fn name(&self) -> &'static str {
        "turns-to-answer"
    }

    fn read(&mut self, environment: &LookupQa) -> f64 {
        let Some(oracle) = environment.oracle() else { return f64::NAN };
        match environment.ending() {
            None => (oracle.hops() - environment.resolved() + 1) as f64,
            Some(Ending::Terminated(Outcome::Success)) => 0.0,
            Some(_) => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::LookupConfig;
    use milepost_core::{Demonstrator, Purpose, Stream, StreamKey, TaskSeed};

    #[test]
    fn a_sure_expert_comes_nearer_by_one_each_turn_and_wins_at_zero() {
        let config =
            LookupConfig { retriever_noise: 0.0, top_k: 1, hops: 3, turns: 6, ..LookupConfig::default() };
        let mut world = LookupQa::new(config).expect("valid");
        assert!(LookupDistance.read(&world).is_nan());
        for seed in 0..10 {
            world.reset(TaskSeed::literal(seed)).expect("a task");
            let mut left = 4.0;
            assert_eq!(LookupDistance.read(&world), left);
            while let Some(turn) = world.expert_turn() {
                world.step(&turn).expect("running");
                left -= 1.0;
                assert_eq!(LookupDistance.read(&world), left, "seed {seed}");
            }
            assert_eq!(left, 0.0);
        }
    }

    #[test]
    fn an_episode_without_the_answer_is_infinitely_far_from_it() {
        let mut world = LookupQa::new(LookupConfig::default()).expect("valid");
        let mut stream = Stream::new(StreamKey::new(1, Purpose::named("distance")));
        for seed in 0..20 {
            world.reset(TaskSeed::literal(seed)).expect("a task");
            while world.ending().is_none() {
                world.step(&world.random_turn(&mut stream)).expect("running");
            }
            let won = world.ending() == Some(Ending::Terminated(Outcome::Success));
            assert_eq!(LookupDistance.read(&world), if won { 0.0 } else { f64::INFINITY });
        }
    }
}
