use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, Outcome, TaskSeed, TokenEnvironment, TurnFault, Vocabulary,
};
use milepost_testkit::tokens::{ExpertPromise, Options, demonstrator_conformance};

use super::lock;
use crate::toy::Lock;

fn started(code: u64) -> Lock {
    let mut lock = lock();
    lock.reset(TaskSeed::literal(code)).expect("any seed is a task");
    lock
}

fn said(lock: &Lock) -> Vec<u32> {
    let mut words = vec![99];
    lock.observe(&mut words);
    words
}

fn turn(word: u32) -> Vec<u32> {
    vec![word, Vocabulary::END]
}

#[test]
fn the_lock_keeps_the_laws_of_token_worlds() {
    let options = Options { expert: ExpertPromise::FromAnywhere, ..Options::default() };
    let met = demonstrator_conformance(&lock(), &options);
    assert!(met.malformed > 0 && met.refused > 0 && met.solved > 0, "{met:?}");
}

#[test]
fn a_dial_that_does_not_fit_jams_the_lock_and_the_jam_is_heard() {
    let mut lock = started(0b001);
    assert_eq!(said(&lock), [Vocabulary::BEGIN, Lock::LOCK]);
    lock.step(&turn(Lock::Z)).expect("running");
    assert_eq!((said(&lock), lock.fault()), (vec![Lock::JAM], Some(TurnFault::Refused)));
    lock.step(&turn(Lock::Y)).expect("running");
    assert_eq!((said(&lock), lock.fault()), (vec![Lock::TOCK], None));
    lock.step(&vec![Lock::HM, Lock::X, Vocabulary::END]).expect("running");
    let last = lock.step(&turn(Lock::X)).expect("running");
    assert_eq!((said(&lock), last.reward), (vec![Lock::TOCK, Lock::OPEN], 1.0));
}

#[test]
fn a_wrong_code_or_giving_up_is_failure() {
    let failure = Some(Ending::Terminated(Outcome::Failure));
    let mut lock = started(0);
    lock.step(&turn(Lock::Y)).expect("running");
    assert_eq!((lock.right(), lock.dialled(), lock.expert_turn()), (0, 1, None));
    lock.step(&turn(Lock::X)).expect("running");
    let last = lock.step(&turn(Lock::X)).expect("running");
    assert_eq!((last.ending, last.reward, said(&lock)), (failure, 0.0, vec![Lock::TICK, Lock::SHUT]));
    let mut lock = started(0);
    assert_eq!(lock.step(&turn(Lock::QUIT)).expect("running").ending, failure);
}

#[test]
fn a_lock_needs_a_code_and_a_reset() {
    assert!(matches!(Lock::new(0), Err(EnvError::Task { .. })));
    assert!(matches!(Lock::new(65), Err(EnvError::Task { .. })));
    let mut fresh = lock();
    assert!(matches!(fresh.step(&turn(Lock::X)), Err(EnvError::NotReset { .. })));
    assert_eq!((fresh.expert_turn(), fresh.dial(0)), (None, None));
}
