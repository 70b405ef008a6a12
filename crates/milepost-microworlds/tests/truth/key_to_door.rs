//! Known answers of the key-to-door conveyor (task and rewards: COCOA's code; values by hand, uniform policy).

use milepost_microworlds::Dynamics;
use milepost_microworlds::worlds::{Apples, Cell, KeyToDoor, KeyToDoorConfig, KeyToDoorState};

use crate::exact::{Exact, close, solve};

/// Four of five cells hold an apple, sides alternating.
fn conveyor(length: u32) -> KeyToDoorConfig {
    let cells = "lrlr.".repeat((length as usize - 3) / 5);
    KeyToDoorConfig { length, apples: Apples::Cells(cells), ..Default::default() }
}

fn solved(config: KeyToDoorConfig) -> Exact<KeyToDoor> {
    solve(&KeyToDoor::new(config).expect("valid"))
}

fn start(exact: &Exact<KeyToDoor>) -> [f64; 4] {
    let node = exact.reached(0).next().expect("a start");
    [0, 1, 2, 3].map(|action| node.advantage(action))
}

/// `A(KEY) = 0.2 · 23/L · ¼ · ¾`, the others `−0.2 · 23/L / 16`; a matching pick is worth `+0.375 · 23/L` and any
/// other action at an apple `−0.125 · 23/L`.
#[test]
fn key_and_apples_have_their_closed_forms() {
    for length in [23, 43, 63, 83, 103] {
        let scale = 23.0 / f64::from(length);
        let exact = solved(conveyor(length));
        for (action, advantage) in start(&exact).into_iter().enumerate() {
            let key = action == KeyToDoor::KEY as usize;
            close(advantage, if key { 0.0375 * scale } else { -0.0125 * scale });
        }
        for (position, cell, right) in [(1, Cell::AppleLeft, 1), (2, Cell::AppleRight, 2)] {
            for holds in [false, true] {
                let state = KeyToDoorState { position, cell, holds };
                for action in 0..4 {
                    let expected = if action == right { 0.375 } else { -0.125 };
                    close(exact.advantage(position, &state, action), expected * scale);
                }
            }
        }
    }
}

/// `χ` of the key: `3.4e-4` for 16 apples in 23 cells and `6.7e-5` for 80 in 103 (derived; two digits).
#[test]
fn the_key_is_a_tiny_share_of_the_variance() {
    let chi = |length| solved(conveyor(length)).chi(0);
    assert!((chi(23) - 3.4e-4).abs() < 0.05e-4, "{}", chi(23));
    assert!((chi(103) - 6.7e-5).abs() < 0.05e-5, "{}", chi(103));
}

/// Without a door the key alone is worth the treasure: `0.2 · ¾`; with the sign switched, the opposite.
#[test]
fn the_variants_change_what_the_key_is_worth() {
    let open = solved(KeyToDoorConfig { door: false, ..conveyor(23) });
    close(start(&open)[0], 0.2 * 0.75);
    let switched = solved(KeyToDoorConfig { treasure: -0.2, ..conveyor(23) });
    close(start(&switched)[0], -0.0375);
}

/// Layouts drawn in each episode: the key is worth the same, and the apples' expected value is that of 0.8 in
/// each cell.
#[test]
fn layouts_drawn_in_each_episode_leave_the_key_as_it_is() {
    let config = KeyToDoorConfig { apples: Apples::PerEpisode, ..Default::default() };
    let exact = solved(config);
    close(start(&exact)[0], 0.0375);
    close(exact.mean_return(), 20.0 * 0.8 * 0.25 * 0.5 + 0.2 / 16.0);
}

#[test]
fn layouts_follow_their_seed_and_their_law() {
    let layout = |seed| {
        let config = KeyToDoorConfig { length: 2003, apples: Apples::Seeded(seed), ..Default::default() };
        KeyToDoor::new(config).expect("valid").layout().expect("fixed").to_vec()
    };
    assert_eq!(layout(1), layout(1));
    assert_ne!(layout(1), layout(2));
    // 2000 cells at 0.4 a side: five standard deviations are 110.
    for side in [Cell::AppleLeft, Cell::AppleRight] {
        let count = layout(1).iter().filter(|cell| **cell == side).count();
        assert!((690..=910).contains(&count), "{count}");
    }
}

#[test]
fn a_layout_of_the_wrong_length_is_refused() {
    let config = KeyToDoorConfig { length: 6, apples: Apples::Cells("lx.".into()), ..Default::default() };
    assert_eq!(
        KeyToDoor::new(config).expect_err("an x").to_string(),
        "key-to-door: `apples` is \"lx.\", but must be 3 letters out of `l`, `r` and `.`"
    );
}

/// The reference policy is the uniform one.
#[test]
fn the_policy_under_study_is_uniform() {
    let mut policy = [0.0; 4];
    let world = KeyToDoor::new(conveyor(23)).expect("valid");
    world.reference_policy(&world.starts()[0].1, &mut policy);
    assert_eq!(policy, [0.25; 4]);
}
