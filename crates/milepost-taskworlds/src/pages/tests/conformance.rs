use milepost_testkit::environment::KeyScope;
use milepost_testkit::tokens::{Options, demonstrator_conformance};

use crate::pages::{ActionSpace, PageConfig, PageText};

#[test]
fn the_laws_of_token_worlds_hold() {
    let hard = PageConfig { retriever_noise: 2.0, padding: 1, ..PageConfig::default() };
    let flat = PageConfig { actions: ActionSpace::WithoutCrop, ..PageConfig::default() };
    for (config, refuses) in [(PageConfig::default(), true), (hard, true), (flat, false)] {
        let world = PageText::new(config).expect("valid");
        let options = Options { keys: KeyScope::Observation, walks: 8, ..Options::default() };
        let met = demonstrator_conformance(&world, &options);
        assert_eq!(met.endings, met.episodes);
        assert!(met.malformed > 0 && met.solved > 0, "{met:?}");
        assert_eq!(met.refused > 0, refuses, "{met:?}");
    }
}
