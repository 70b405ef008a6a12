//! Each law must be able to fail: one or more broken copies of [`HighLow`] for each of them.

mod broken;

use broken::{Broken, Fault};

use super::{ExpertPromise, HighLow, Law, Options, check, check_demonstrator, conformance};
use crate::environment;

fn options() -> Options {
    Options { expert: ExpertPromise::FromAnywhere, walks: 8, ..Options::default() }
}

#[test]
fn a_lawful_world_passes_and_everything_is_met() {
    let met = check_demonstrator(&HighLow::default(), &options()).expect("lawful");
    assert_eq!((met.episodes, met.solved), (64, 8));
    assert!(met.endings == 64 && met.malformed > 0 && met.refused > 0, "{met:?}");
    for lawful in [Fault::None, Fault::NoGrammar, Fault::OwnEnd] {
        let met = check_demonstrator(&Broken::new(lawful), &options());
        assert!(met.as_ref().is_ok_and(|met| met.solved == 8 && met.endings == 64), "{lawful:?}: {met:?}");
    }
}

#[test]
fn every_law_can_fail() {
    let environment = Law::Environment;
    let table = [
        (Fault::VocabularyOfTheTask, Law::VocabulariesAreFixed),
        (Fault::TurnLimitOfTheTask, Law::VocabulariesAreFixed),
        (Fault::SaysPadding, Law::WorldsSayWords),
        (Fault::SaysTheEnd, Law::WorldsSayWords),
        (Fault::SaysWordless, Law::WorldsSayWords),
        (Fault::SaysNothingFirst, Law::WorldsSayWords),
        (Fault::LimitIsZero, Law::TurnsEnd),
        (Fault::FinishedBeforeItBegins, Law::TurnsEnd),
        (Fault::NeverFull, Law::TurnsEnd),
        (Fault::AllowsUnordered, Law::AllowedTokensAreWords),
        (Fault::AllowsPadding, Law::AllowedTokensAreWords),
        (Fault::AllowsWordless, Law::AllowedTokensAreWords),
        (Fault::AllowsAtRandom, Law::AllowedTokensAreWords),
        (Fault::GrammarComesAndGoes, Law::AllowedTokensAreWords),
        (Fault::GrammarIsTooWide, Law::GrammaticalTurnsAreUnderstood),
        (Fault::GrammarIsTooLong, Law::TurnsEnd),
        (Fault::GrammarIsStuck, Law::GrammaticalTurnsAreUnderstood),
        (Fault::RefusesNonsenseWithAnError, Law::NonsenseIsAnswered),
        (Fault::RefusesLegal, Law::LegalCallsSucceed),
        (Fault::PanicsOnEmpty, Law::NonsenseIsAnswered),
        (Fault::PanicsOnWordless, Law::NonsenseIsAnswered),
        (Fault::WordlessIsFine, Law::NonsenseIsAnswered),
        (Fault::RemembersFaults, Law::FaultsAreReported),
        (Fault::EndsMalformedSilently, Law::FaultsAreReported),
        (Fault::RepliesAreShared, environment(environment::Law::ClonesAreExact)),
        (Fault::ResetRemembers, environment(environment::Law::SeedsAreHonoured)),
        (Fault::SeedIgnored, environment(environment::Law::SeedsMatter)),
        (Fault::StepsAfterTheEnd, environment(environment::Law::EndingsAreFinal)),
        (Fault::ExpertUngrammatical, Law::ExpertsAreWellFormed),
        (Fault::ExpertUnfinished, Law::ExpertsAreWellFormed),
        (Fault::ExpertHesitates, Law::ExpertsAreWellFormed),
        (Fault::ExpertRepeatsItself, Law::ExpertsAreWellFormed),
        (Fault::ExpertSpeaksOn, Law::ExpertsAreWellFormed),
        (Fault::ExpertFallsSilent, Law::ExpertsSucceed),
        (Fault::ExpertNeverRight, Law::ExpertsSucceed),
        (Fault::ExpertGivesUpTooLate, Law::ExpertsSucceed),
        (Fault::RandomUngrammatical, Law::RandomTurnsAreWellFormed),
        (Fault::RandomIsConstant, Law::RandomTurnsAreWellFormed),
        (Fault::RandomReadsTheClock, Law::RandomTurnsAreWellFormed),
        (Fault::NoiseIgnored, Law::NoiseMixesExpertAndChance),
        (Fault::NoiseAlways, Law::NoiseMixesExpertAndChance),
        (Fault::NoiseIsNonsense, Law::NoiseMixesExpertAndChance),
    ];
    for (fault, law) in table {
        match check_demonstrator(&Broken::new(fault), &options()) {
            Ok(met) => panic!("{fault:?} was not found: {met:?}"),
            Err(violation) => assert_eq!(violation.law, law, "{fault:?}: {violation}"),
        }
    }
}

#[test]
fn an_expert_that_only_tries_is_not_blamed_for_bad_luck() {
    let tries = Options { expert: ExpertPromise::Tries, ..options() };
    check_demonstrator(&Broken::new(Fault::ExpertGivesUpTooLate), &tries).expect("it succeeds on some tasks");
    let violation = check_demonstrator(&Broken::new(Fault::ExpertNeverRight), &tries).expect_err("never");
    assert_eq!(violation.law, Law::ExpertsSucceed);
    let from_the_start = Options { expert: ExpertPromise::FromTheStart, ..options() };
    check_demonstrator(&Broken::new(Fault::ExpertGivesUpTooLate), &from_the_start)
        .expect("from the start the last try is never needed");
}

#[test]
fn without_an_expert_the_world_is_checked_all_the_same() {
    let violation = check(&Broken::new(Fault::SaysTheEnd), &options()).expect_err("broken");
    assert_eq!(violation.law, Law::WorldsSayWords);
    check(&Broken::new(Fault::ExpertFallsSilent), &options()).expect("the world itself is lawful");
}

#[test]
#[should_panic(expected = "law WorldsSayWords is broken")]
fn the_panic_names_the_law() {
    conformance(&Broken::new(Fault::SaysPadding), &Options::default());
}
