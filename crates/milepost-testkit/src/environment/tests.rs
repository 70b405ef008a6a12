//! Each law must be able to fail: one or more broken copies of [`Corridor`] for each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use milepost_core::{
    Branch, CutReason, DiscreteEnvironment, Ending, Enumerable, EnvError, Environment, StepOutcome, TaskSeed,
};

use super::{
    Corridor, KeyScope, Law, Options, SeedEffect, check_continuous, check_enumerable, conformance,
    enumerable_conformance,
};

/// What is wrong with a [`Broken`] corridor.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    ResetRemembers,
    SeedIgnored,
    CloneShares,
    CloneForgets,
    ObservationAppends,
    ObservingChangesTheFuture,
    CountsTwice,
    RewardNotFinite,
    EndingNotReported,
    StepsAfterTheEnd,
    CutsItself,
    ActionsClamped,
    EverythingLegal,
    RefusesLegal,
    KeyConstant,
    ProbabilityLost,
    OutcomeTruncates,
    RewardLawWithoutClock,
    OutcomeMissing,
    ProbabilitiesSwapped,
    HorizonTooLong,
    HorizonUnknown,
}

/// A corridor with one fault, and counters for the fault to keep.
#[derive(Debug)]
struct Broken {
    inner: Corridor,
    fault: Fault,
    /// Steps since the reset, shared by clones as in a careless snapshot.
    shared: Arc<AtomicU32>,
    /// Whether anybody has looked since the last step.
    seen: AtomicU32,
    /// A number that the fault shows in the observation.
    shown: u32,
}

impl Clone for Broken {
    fn clone(&self) -> Self {
        let shown = if self.fault == Fault::CloneForgets { 0 } else { self.shown };
        let seen = AtomicU32::new(self.seen.load(Ordering::Relaxed));
        Self { inner: self.inner.clone(), fault: self.fault, shared: self.shared.clone(), seen, shown }
    }
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { inner: Corridor::new(6, 8), fault, shared: Arc::default(), seen: AtomicU32::new(0), shown: 0 }
    }
}

impl Environment for Broken {
    type Observation = Vec<u32>;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.shared = Arc::default();
        self.seen = AtomicU32::new(0);
        self.shown = if self.fault == Fault::ResetRemembers { self.shown + 1 } else { 0 };
        self.inner.reset(if self.fault == Fault::SeedIgnored { TaskSeed::literal(1) } else { seed })
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        match self.fault {
            Fault::StepsAfterTheEnd if self.inner.ending().is_some() => {
                return Ok(StepOutcome { reward: 0.0, ending: self.inner.ending() });
            }
            Fault::RefusesLegal if self.inner.elapsed() == 1 => {
                return Err(EnvError::NotReset { environment: "Broken".to_owned() });
            }
            Fault::CloneForgets => self.shown += 1,
            Fault::ObservingChangesTheFuture => self.shown += self.seen.swap(0, Ordering::Relaxed),
            _ => {}
        }
        let action = if self.fault == Fault::ActionsClamped { (*action).min(1) } else { *action };
        let mut outcome = self.inner.step(&action)?;
        self.shared.fetch_add(1, Ordering::Relaxed);
        outcome.ending = outcome.ending.map(|ending| self.renamed(ending));
        if self.fault == Fault::RewardNotFinite {
            outcome.reward = f64::INFINITY;
        }
        Ok(outcome)
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        self.seen.store(1, Ordering::Relaxed);
        if self.fault != Fault::ObservationAppends {
            into.clear();
        }
        let mut position = 0;
        self.inner.observe(&mut position);
        let shared = if self.fault == Fault::CloneShares { self.shared.load(Ordering::Relaxed) } else { 0 };
        into.extend([position, self.shown, shared]);
    }

    fn ending(&self) -> Option<Ending> {
        if self.fault == Fault::EndingNotReported {
            return None;
        }
        self.inner.ending().map(|ending| self.renamed(ending))
    }

    fn elapsed(&self) -> u32 {
        self.inner.elapsed() * if self.fault == Fault::CountsTwice { 2 } else { 1 }
    }

    fn state_key(&self) -> u64 {
        if self.fault == Fault::KeyConstant { 7 } else { self.inner.state_key() }
    }
}

impl Broken {
    fn renamed(&self, ending: Ending) -> Ending {
        match ending {
            Ending::Truncated(_) if self.fault == Fault::CutsItself => Ending::Cut(CutReason::SegmentFull),
            other => other,
        }
    }
}

impl DiscreteEnvironment for Broken {
    fn action_count(&self) -> usize {
        2
    }

    fn is_legal(&self, action: u32) -> bool {
        action < 2 || self.fault == Fault::EverythingLegal
    }
}

impl Enumerable for Broken {
    fn outcomes(&self, action: u32) -> Vec<Branch<Self>> {
        let mut branches: Vec<_> = self
            .inner
            .outcomes(action)
            .into_iter()
            .map(|Branch { probability, reward, next, ending }| {
                let mut wrapped = self.clone();
                wrapped.inner = next;
                Branch { probability, reward, next: wrapped, ending }
            })
            .collect();
        match self.fault {
            Fault::ProbabilityLost => branches[0].probability *= 0.9,
            Fault::OutcomeTruncates => {
                branches[0].ending = Some(Ending::Truncated(milepost_core::Budget::Steps));
            }
            Fault::RewardLawWithoutClock => branches[0].reward.per_step = 0.0,
            Fault::OutcomeMissing => {
                branches.truncate(1);
                branches[0].probability = 1.0;
            }
            Fault::ProbabilitiesSwapped if branches.len() == 2 => {
                branches[0].probability = Corridor::SLIP;
                branches[1].probability = 1.0 - Corridor::SLIP;
            }
            _ => {}
        }
        branches
    }

    fn horizon(&self) -> Option<u32> {
        match self.fault {
            Fault::HorizonTooLong => Some(9),
            Fault::HorizonUnknown => None,
            _ => self.inner.horizon(),
        }
    }
}

fn thorough() -> Options {
    Options { walks: 8, ..Options::default() }
}

#[test]
fn a_lawful_world_passes_and_its_endings_are_met() {
    let options = Options { keys: KeyScope::Observation, ..thorough() };
    let met = enumerable_conformance(&Corridor::default(), &options);
    assert_eq!(met.episodes, 64);
    assert!(met.endings > 0 && met.steps > met.episodes, "{met:?}");
    enumerable_conformance(&Broken::new(Fault::None), &options);
}

#[test]
fn every_law_can_fail() {
    let table = [
        (Fault::ResetRemembers, Law::SeedsAreHonoured),
        (Fault::SeedIgnored, Law::SeedsMatter),
        (Fault::CloneShares, Law::ClonesAreExact),
        (Fault::CloneForgets, Law::ClonesAreExact),
        (Fault::ObservationAppends, Law::ObservingIsPure),
        (Fault::ObservingChangesTheFuture, Law::ObservingIsPure),
        (Fault::CountsTwice, Law::StepsAreCounted),
        (Fault::RewardNotFinite, Law::StepsAreCounted),
        (Fault::EndingNotReported, Law::EndingsAreFinal),
        (Fault::StepsAfterTheEnd, Law::EndingsAreFinal),
        (Fault::CutsItself, Law::EndingsAreFinal),
        (Fault::ActionsClamped, Law::ActionsOutOfRangeAreRefused),
        (Fault::RefusesLegal, Law::LegalCallsSucceed),
        (Fault::ProbabilityLost, Law::OutcomesAreDistributions),
        (Fault::OutcomeTruncates, Law::OutcomesAreDistributions),
        (Fault::RewardLawWithoutClock, Law::StepsAreAmongOutcomes),
        (Fault::OutcomeMissing, Law::StepsAreAmongOutcomes),
        (Fault::ProbabilitiesSwapped, Law::OutcomesHaveTheirProbabilities),
        (Fault::KeyConstant, Law::KeysFixTheFuture),
        (Fault::HorizonTooLong, Law::TheHorizonIsKept),
        (Fault::HorizonUnknown, Law::TheHorizonIsKept),
        (Fault::EverythingLegal, Law::ActionsOutOfRangeAreRefused),
    ];
    for (fault, law) in table {
        let violation = check_enumerable(&Broken::new(fault), &thorough()).expect_err("the world is broken");
        assert_eq!(violation.law, law, "{fault:?}: {violation}");
    }
    let strict = Options { keys: KeyScope::Observation, ..thorough() };
    let violation = check_enumerable(&Broken::new(Fault::KeyConstant), &strict).expect_err("broken");
    assert_eq!(violation.law, Law::KeysFixObservations);
}

#[test]
fn a_world_may_declare_that_its_seeds_do_not_matter() {
    let options = Options { seeds: SeedEffect::None, ..thorough() };
    enumerable_conformance(&Broken::new(Fault::SeedIgnored), &options);
}

#[test]
#[should_panic(expected = "law SeedsMatter is broken")]
fn the_panic_names_the_law() {
    conformance(&Broken::new(Fault::SeedIgnored), &Options::default());
}

/// A bead that is pushed along a rod, for five pushes; with `careless` one that takes any push, and with `forgetful`
/// one that moves when it refuses.
#[derive(Debug, Clone, Default)]
struct Bead {
    at: f64,
    elapsed: u32,
    careless: bool,
    forgetful: bool,
}

impl Environment for Bead {
    type Observation = f64;
    type Action = f64;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        (self.at, self.elapsed) = ((seed.get() % 100) as f64, 0);
        Ok(())
    }
    fn step(&mut self, push: &f64) -> Result<StepOutcome, EnvError> {
        let environment = "bead".to_owned();
        if let Some(ending) = self.ending() {
            return Err(EnvError::StepAfterEnd { environment, ending });
        }
        if push.is_nan() && !self.careless {
            self.at += f64::from(u8::from(self.forgetful));
            return Err(EnvError::InvalidAction { environment, reason: "not a number".into() });
        }
        self.at += if push.is_nan() { 0.0 } else { *push };
        self.elapsed += 1;
        Ok(StepOutcome { reward: 0.0, ending: self.ending() })
    }
    fn new_observation(&self) -> f64 {
        0.0
    }
    fn observe(&self, into: &mut f64) {
        *into = self.at;
    }
    fn ending(&self) -> Option<Ending> {
        (self.elapsed == 5).then_some(Ending::Truncated(milepost_core::Budget::Steps))
    }
    fn elapsed(&self) -> u32 {
        self.elapsed
    }
    fn state_key(&self) -> u64 {
        self.at.to_bits()
    }
}

#[test]
fn worlds_of_continuous_actions_are_held_to_the_same_laws() {
    let check = |bead: &Bead| {
        check_continuous(bead, |stream| 2.0 * stream.uniform() - 1.0, &[f64::NAN], &Options::default())
    };
    let met = check(&Bead::default()).expect("conforms");
    assert_eq!((met.endings, met.steps), (met.episodes, 5 * met.episodes));
    for bead in [Bead { careless: true, ..Bead::default() }, Bead { forgetful: true, ..Bead::default() }] {
        let violation = check(&bead).expect_err("takes what is no number, or moves");
        assert_eq!(violation.law, Law::InvalidActionsAreRefused, "{violation}");
    }
}
