//! Known answers of the umbrella chain (bsuite's task; shares derived, uniform policy).

use milepost_core::{Environment, TaskSeed};
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::{Umbrella, UmbrellaConfig, UmbrellaState};

use crate::exact::{close, solve};

fn chain(length: u32, distractor_bits: u32) -> Umbrella {
    Umbrella::new(UmbrellaConfig { length, distractor_bits }).expect("valid")
}

/// The first action is worth ±1, all others nothing; `Var(R) = n` and `χ_0 = 1/n`.
#[test]
fn the_first_action_is_one_part_in_n_of_the_variance() {
    for length in [1, 2, 10, 100] {
        let exact = solve(&chain(length, 20));
        for needed in [false, true] {
            let state = UmbrellaState { step: 0, needed, taken: false };
            close(exact.advantage(0, &state, Umbrella::TAKE), if needed { 1.0 } else { -1.0 });
            close(exact.advantage(0, &state, Umbrella::LEAVE), if needed { -1.0 } else { 1.0 });
        }
        close(exact.return_variance(), f64::from(length));
        close(exact.chi(0), 1.0 / f64::from(length));
        for step in 1..length {
            close(exact.skill(step), 0.0);
        }
    }
}

/// Distractor bits are fair, differ between steps, and change nothing else.
#[test]
fn distractor_bits_are_fair_coins_beside_the_task() {
    let (mut ones, mut all) = (0.0, 0.0);
    for seed in 0..50 {
        let mut noisy = Microworld::new(chain(10, 20));
        let mut plain = Microworld::new(chain(10, 0));
        for environment in [&mut noisy, &mut plain] {
            environment.reset(TaskSeed::literal(seed)).expect("resets");
        }
        let mut last = Vec::new();
        while noisy.ending().is_none() {
            let (mut seen, mut bare) = (noisy.new_observation(), plain.new_observation());
            noisy.observe(&mut seen);
            plain.observe(&mut bare);
            assert_eq!((seen.key, &seen.features[..3]), (bare.key, &bare.features[..]));
            let bits = seen.features[3..].to_vec();
            assert_ne!(bits, last, "the same twenty coins twice");
            ones += bits.iter().sum::<f32>();
            all += bits.len() as f32;
            last = bits;
            assert_eq!(noisy.step(&0), plain.step(&0));
        }
    }
    // 10 000 coins: five standard deviations are 250.
    assert!((ones - all / 2.0).abs() < 250.0, "{ones} of {all}");
}
