use milepost_core::TokenEnvironment;
use milepost_testkit::tokens::{ExpertPromise, Options, check_demonstrator, demonstrator_conformance};
use proptest::prelude::*;

use super::*;

fn options() -> Options {
    Options { expert: ExpertPromise::FromAnywhere, ..Options::default() }
}

#[test]
fn the_default_world_keeps_every_law_of_token_worlds() {
    let met = demonstrator_conformance(&LookupQa::default(), &options());
    assert!(met.malformed > 0 && met.endings == met.episodes, "{met:?}");
    assert_eq!((met.solved, met.refused), (8, 0), "a query is never refused");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_configuration_keeps_every_law_of_token_worlds(config in configs()) {
        let options = Options { walks: 2, ..options() };
        let met = check_demonstrator(&built(config), &options).map_err(|v| TestCaseError::fail(v.to_string()))?;
        prop_assert_eq!(met.solved, 8);
    }

    #[test]
    fn what_the_grammar_does_not_allow_is_malformed(config in configs(), seed: u64) {
        let world = started(LookupConfig { force_answer: false, ..config }, seed);
        let mut draws = stream(seed);
        let turn = world.random_turn(&mut draws);
        let at = draws.below(turn.len() as u64) as usize;
        let mut allowed = Vec::new();
        prop_assert!(world.grammar(&turn[..at], &mut allowed));
        for token in 0..world.vocabulary().len() as u32 {
            // A turn that begins with a token that is not allowed is malformed however it goes on.
            if !allowed.contains(&token) {
                let mut broken = turn.clone();
                broken[at] = token;
                let mut after = world.clone();
                let outcome = after.step(&broken).expect("the episode runs");
                prop_assert_eq!(outcome.ending, Some(Ending::Malformed), "{:?}", broken);
                prop_assert_eq!(outcome.reward, 0.0);
            }
        }
    }
}

#[test]
fn the_longest_turn_is_as_long_as_the_limit() {
    for citations in [0, 3] {
        let config = LookupConfig { hops: 3, via: true, citations, ..LookupConfig::default() };
        let world = started(config, 1);
        let mut longest = 0;
        let mut draws = stream(0);
        for _ in 0..2000 {
            longest = longest.max(world.random_turn(&mut draws).len());
        }
        assert_eq!(longest, world.turn_limit());
    }
}

#[test]
fn the_last_turn_is_an_answer_where_it_is_forced() {
    for force_answer in [true, false] {
        let config = LookupConfig { force_answer, ..LookupConfig::default() };
        let mut world = started(config, 3);
        for turn in 0..4 {
            let mut allowed = Vec::new();
            assert!(world.grammar(&[], &mut allowed));
            let may_query = allowed.contains(&super::super::Words::QUERY);
            assert_eq!(may_query, turn < 3 || !force_answer);
            say(&mut world, "q first0 last1 r2 <end>");
        }
    }
}

#[test]
fn only_entities_that_exist_have_names() {
    // Five entities: first1 has one bearer, first1 last0.
    for (name, exists) in [("first0 last3", true), ("first1 last0", true), ("first1 last1", false)] {
        let mut world = started(LookupConfig { entities: 5, ..LookupConfig::default() }, 3);
        let words = world.words().vocabulary().encode(&format!("ans {name}")).expect("words");
        let mut allowed = Vec::new();
        assert!(world.grammar(&words[..2], &mut allowed));
        assert_eq!(allowed.contains(&words[2]), exists, "{name}");
        let (_, ending) = say(&mut world, &format!("ans {name} <end>"));
        assert_eq!(ending != Some(Ending::Malformed), exists, "{name}");
    }
}

#[test]
fn entities_are_named_before_documents_are_cited() {
    let config = LookupConfig { hops: 3, via: true, citations: 2, ..LookupConfig::default() };
    let named = "ans first0 last1 via first0 last2 cite d0 cite d1 <end>";
    assert_ne!(say(&mut started(config.clone(), 3), named).1, Some(Ending::Malformed));
    let cited = "ans first0 last1 cite d0 via first0 last2 <end>";
    assert_eq!(say(&mut started(config, 3), cited).1, Some(Ending::Malformed));
}
