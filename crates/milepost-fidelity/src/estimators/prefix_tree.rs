use milepost_credit::{Rows, prefix_tree_advantages};
use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::{FidelityError, Meter};

/// Differences of the mean outcomes of shared prefixes (SPO, TEMPO): no further steps.
///
/// A prefix is everything visible before a step: observations, actions and rewards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PrefixTree {}

impl CreditEstimator for PrefixTree {
    fn name(&self) -> String {
        "prefix-tree".into()
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Policy,
            pre_state: PreState::Matched,
            intervention: Intervention::LogMatch,
            downstream: Downstream::Recorded,
            support: "episodes that share the prefix".into(),
            interface: Interface::Advantage,
            evidence: Evidence::ObservationalCausal,
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let mut keys = Vec::with_capacity(batch.steps() + batch.episodes());
        for range in batch.ranges() {
            let mut key = 0xcbf2_9ce4_8422_2325;
            for step in range.clone() {
                key = mix(key, u64::from(context.observation(batch.nodes[step])));
                keys.push(key);
                key = mix(key, u64::from(batch.actions[step]));
                key = mix(key, batch.rewards[step].to_bits());
            }
            keys.push(key);
        }
        let lengths: Vec<usize> = batch.ranges().map(|range| range.len() + 1).collect();
        let mut credit = vec![0.0; batch.steps()];
        prefix_tree_advantages(&batch.returns(), &Rows::ragged(&lengths), &keys, &mut credit)?;
        Ok(Credit::Advantage(credit).into())
    }
}

/// Extends the key of a prefix by one item (SplitMix64's finaliser over the sum).
const fn mix(key: u64, item: u64) -> u64 {
    let mut z = key.rotate_left(5).wrapping_add(item).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
