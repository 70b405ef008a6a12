use serde::{Deserialize, Serialize};

use super::FlowArena;
use crate::tokens::{GoldOnly, GoldScore};

/// What a point is paid, given its prompt. Below, an object's `m` is the mode asked for and `s` the modes' spread;
/// an object is *right* if its nearest mode is `m`. Objects are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FlowReward {
    /// `exp(−‖x − m‖²/(2·0.5²))`.
    Smooth,
    /// `½·1[right] + ½·exp(−‖x − m‖²/(2·0.1²))`: early steps decide the mode, late ones the precision.
    #[default]
    TwoScale,
    /// `1[right and within 2s]`.
    Binary,
    /// `1[right]`: the share of correct objects.
    Count,
    /// `smooth + 0.3·x₁`, which pays for moving off the data. The [gold](FlowReward::gold) is
    /// `smooth·1[within 4s of some mode]`.
    Proxy,
}

impl FlowReward {
    /// The reward of `x`, whose prompt is `prompt`.
    #[must_use]
    pub fn value(self, arena: FlowArena, x: &[f64], prompt: usize) -> f64 {
        mean_over_objects(arena, x, prompt, |object| match self {
            Self::Smooth => object.bump(0.5),
            Self::TwoScale => 0.5 * object.right() + 0.5 * object.bump(0.1),
            Self::Binary => object.right() * object.within(2.0),
            Self::Count => object.right(),
            Self::Proxy => object.bump(0.5) + 0.3 * object.position[0],
        })
    }

    /// What the point is really worth. It differs from [`value`](FlowReward::value) for
    /// [`Proxy`](FlowReward::Proxy) alone.
    #[must_use]
    pub fn gold(self, arena: FlowArena, x: &[f64], prompt: usize) -> GoldScore {
        GoldOnly::new(match self {
            Self::Proxy => {
                mean_over_objects(arena, x, prompt, |object| object.bump(0.5) * object.within(4.0))
            }
            _ => self.value(arena, x, prompt),
        })
    }
}

fn mean_over_objects(arena: FlowArena, x: &[f64], prompt: usize, value: impl Fn(&Object) -> f64) -> f64 {
    let objects = x.chunks(2).enumerate();
    let total: f64 = objects.map(|(index, position)| value(&Object { arena, prompt, index, position })).sum();
    total / arena.objects() as f64
}

/// One object of a point.
struct Object<'a> {
    arena: FlowArena,
    prompt: usize,
    index: usize,
    position: &'a [f64],
}

impl Object<'_> {
    fn target(&self) -> usize {
        self.arena.target(self.prompt, self.index)
    }

    /// `exp(−‖x − m‖²/(2·width²))`.
    fn bump(&self, width: f64) -> f64 {
        let [a, b] = self.arena.centre(self.target());
        let square =
            (self.position[0] - a) * (self.position[0] - a) + (self.position[1] - b) * (self.position[1] - b);
        libm::exp(-square / (2.0 * width * width))
    }

    fn right(&self) -> f64 {
        f64::from(u8::from(self.arena.nearest(self.position).0 == self.target()))
    }

    /// Whether a mode is within so many spreads.
    fn within(&self, spreads: f64) -> f64 {
        f64::from(u8::from(self.arena.nearest(self.position).1 <= spreads * FlowArena::SPREAD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, Stream, StreamKey};
    use proptest::prelude::*;

    const ALL: [FlowReward; 5] =
        [FlowReward::Smooth, FlowReward::TwoScale, FlowReward::Binary, FlowReward::Count, FlowReward::Proxy];

    #[test]
    fn two_scale_of_the_base_law_has_its_analytic_mean() {
        // 0.3·(½ + ½·0.01/(0.01 + s²)): the bump's mean over a Gaussian in the plane.
        let mut stream = Stream::new(StreamKey::new(5, Purpose::named("reward test")));
        let n = 40_000;
        let total: f64 = (0..n)
            .map(|i| {
                FlowReward::TwoScale.value(
                    FlowArena::Ring2d,
                    &FlowArena::Ring2d.sample(i % 8, &mut stream),
                    i % 8,
                )
            })
            .sum();
        let expected = 0.3 * (0.5 + 0.5 * 0.01 / (0.01 + FlowArena::SPREAD * FlowArena::SPREAD));
        assert!((total / n as f64 - expected).abs() < 0.008, "{} {expected}", total / n as f64);
    }

    #[test]
    fn the_proxy_pays_for_what_gold_does_not() {
        let (on, off) = ([2.0, 0.0], [6.0, 0.0]);
        let (arena, proxy) = (FlowArena::Ring2d, FlowReward::Proxy);
        assert!(proxy.value(arena, &off, 0) > proxy.value(arena, &on, 0));
        assert_eq!(proxy.gold(arena, &on, 0).for_evaluation(), 1.0);
        assert_eq!(proxy.gold(arena, &off, 0).for_evaluation(), 0.0);
    }

    #[test]
    fn a_scene_counts_its_right_objects() {
        let arena = FlowArena::Scene8d;
        for right in 0..=4 {
            let x: Vec<f64> = (0..4)
                .flat_map(|object| arena.centre((arena.target(6, object) + usize::from(object >= right)) % 4))
                .collect();
            assert_eq!(FlowReward::Count.value(arena, &x, 6), right as f64 / 4.0);
        }
    }

    proptest! {
        #[test]
        fn gold_is_the_reward_except_for_the_proxy(x in prop::collection::vec(-3.0f64..3.0, 2), prompt in 0usize..8) {
            for reward in ALL.into_iter().filter(|r| *r != FlowReward::Proxy) {
                let (value, gold) =
                    (reward.value(FlowArena::Ring2d, &x, prompt), reward.gold(FlowArena::Ring2d, &x, prompt));
                prop_assert_eq!(value, gold.for_evaluation());
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }

        #[test]
        fn turning_point_and_prompt_together_changes_no_reward_but_the_proxy(
            x in prop::collection::vec(-3.0f64..3.0, 2), prompt in 0usize..8,
        ) {
            let turn = std::f64::consts::FRAC_PI_4;
            let (c, s) = (libm::cos(turn), libm::sin(turn));
            let turned = [c * x[0] - s * x[1], s * x[0] + c * x[1]];
            for reward in [FlowReward::Smooth, FlowReward::TwoScale] {
                let before = reward.value(FlowArena::Ring2d, &x, prompt);
                let after = reward.value(FlowArena::Ring2d, &turned, prompt + 1);
                // Points on the border between modes may fall to either side.
                let border = (before - after).abs() > 0.4;
                prop_assert!(border || (before - after).abs() < 1e-9);
            }
        }
    }
}
