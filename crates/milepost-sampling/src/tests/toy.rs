use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, Outcome, Purpose, Stream, StreamKey, TaskSeed,
    TokenEnvironment, TurnFault, Vocabulary,
};
use proptest::prelude::*;

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

fn turns() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(0u32..Lock::WORDS as u32 + 2, 1..4), 0..8)
}

proptest! {
    #[test]
    fn any_turn_is_answered_and_a_copy_goes_on_as_the_original(code: u64, turns in turns()) {
        let (mut lock, mut copies) = (started(code), Vec::new());
        let mut told = Vec::new();
        for turn in turns {
            if lock.ending().is_some() {
                let refused = matches!(lock.step(&turn), Err(EnvError::StepAfterEnd { .. }));
                prop_assert!(refused);
                break;
            }
            copies.push((lock.clone(), told.len()));
            let outcome = lock.step(&turn).expect("still running");
            prop_assert!(said(&lock).iter().all(|word| lock.vocabulary().word(*word).is_some() && *word > Vocabulary::END));
            told.push((turn, outcome, said(&lock), lock.state_key()));
        }
        for (mut copy, from) in copies {
            for (turn, outcome, words, key) in &told[from..] {
                prop_assert_eq!(copy.step(turn).expect("as before"), *outcome);
                prop_assert_eq!((&said(&copy), copy.state_key()), (words, *key));
            }
        }
    }

    #[test]
    fn a_turn_within_the_grammar_is_short_and_never_malformed(code: u64, seed: u64) {
        let mut lock = started(code);
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::POLICY));
        for _ in 0..6 {
            let mut turn = Vec::new();
            while !lock.is_finished(&turn) {
                let mut allowed = Vec::new();
                prop_assert!(lock.grammar(&turn, &mut allowed));
                prop_assert!(allowed.is_sorted());
                turn.push(allowed[stream.below(allowed.len() as u64) as usize]);
            }
            prop_assert_eq!(turn.last(), Some(&Vocabulary::END));
            lock.step(&turn).expect("running");
            prop_assert_ne!(lock.fault(), Some(TurnFault::Malformed));
            if lock.ending().is_some() {
                break;
            }
        }
    }

    #[test]
    fn the_expert_opens_every_lock(code: u64) {
        let mut lock = started(code);
        let mut steps = 0;
        while let Some(turn) = lock.expert_turn() {
            lock.step(&turn).expect("running");
            steps += 1;
        }
        prop_assert_eq!(lock.ending(), Some(Ending::Terminated(Outcome::Success)));
        prop_assert_eq!(steps, 3);
    }
}

#[test]
fn a_dial_that_does_not_fit_jams_the_lock_and_the_jam_is_heard() {
    let mut lock = started(0b001);
    let turn = |word| vec![word, Vocabulary::END];
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
fn a_lock_needs_a_code_and_a_reset() {
    assert!(matches!(Lock::new(0), Err(EnvError::Task { .. })));
    assert!(matches!(Lock::new(65), Err(EnvError::Task { .. })));
    let mut fresh = lock();
    assert!(matches!(fresh.step(&vec![Lock::X, Vocabulary::END]), Err(EnvError::NotReset { .. })));
    assert_eq!((fresh.expert_turn(), fresh.dial(0)), (None, None));
}
