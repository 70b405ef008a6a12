use milepost_testkit::environment::KeyScope;
use milepost_testkit::tokens::{ExpertPromise, Options, demonstrator_conformance};

use crate::rule_db::{Generator, RuleDb, RuleDbConfig};

#[test]
fn the_laws_of_token_worlds_hold() {
    let generators = [
        Generator::Logigen,
        Generator::WithoutBoundaries,
        Generator::Backward,
        Generator::WithoutDistractors,
    ];
    for generator in generators {
        let world = RuleDb::new(RuleDbConfig { generator, ..RuleDbConfig::default() }).expect("valid");
        let options = Options {
            keys: KeyScope::Observation,
            expert: ExpertPromise::FromAnywhere,
            ..Options::default()
        };
        let met = demonstrator_conformance(&world, &options);
        assert_eq!(met.endings, met.episodes);
        assert!(met.malformed > 0 && met.refused > 0 && met.solved > 0, "{generator:?}: {met:?}");
    }
}
