use milepost_policies::DeviceChoice;

use super::*;
use crate::Memory;

fn run(distance: Distance, seed: u64) -> Memory {
    let study = RewardDistance { distance, ..RewardDistance::default() };
    Memory::of(&study, &Context { seed, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn equivalent_rewards_are_at_distance_zero_by_canonical_distances_alone() {
    for distance in [Distance::Epic, Distance::Dard] {
        assert!(run(distance, 3).value("equivalent-distance").expect("defined") < 1e-6, "{distance:?}");
    }
    assert!(run(Distance::Direct, 3).value("equivalent-distance").expect("defined") > 0.1);
}

/// Not zero: DARD pairs successors of `s` with successors of `s'`, and between those a step may be impossible.
#[test]
fn dard_is_less_disturbed_than_epic_by_shared_errors_where_nothing_can_happen() {
    for seed in 0..8 {
        let of = |distance| run(distance, seed).value("impossible-distance").expect("defined");
        assert!(of(Distance::Dard) < of(Distance::Epic), "seed {seed}");
    }
}

#[test]
fn a_seed_gives_the_same_numbers_again_and_another_seed_others() {
    assert_eq!(run(Distance::Epic, 5), run(Distance::Epic, 5));
    assert_ne!(run(Distance::Epic, 5).results, run(Distance::Epic, 6).results);
}

#[test]
fn wrong_settings_are_refused_by_name() {
    let study = RewardDistance { discount: 1.0, ..RewardDistance::default() };
    let error = study.validate().expect_err("γ = 1 has no discounted optimum").to_string();
    assert!(error.contains("`discount` is 1"), "{error}");
}
