use std::collections::BTreeMap;

use milepost_credit::remax_advantages;

use super::shape;
use crate::world::END;
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Downstream, Estimate, Evidence, FidelityError,
    Intervention, LayeredWorld, Meter, Needs, NodePolicy, PreState, Tape, Unit, branch,
};

/// The kind of branch on the tape that greedy episodes use.
const GREEDY: u8 = b'g';

/// The return-to-go minus the return of one greedy episode from the same start.
///
/// The greedy episode takes the most probable action everywhere (the first of equals) and is played once per
/// start that occurs in the batch; its steps are on the meter.
///
/// Source: arXiv 2310.10505. Identity: the baseline does not look at the sampled actions, so the gradient is
/// unbiased. Known failure: a greedy policy that is far from the mean one is a poor baseline, and the baseline
/// does not move along with the rewards that are already behind.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct ReMax {}

impl CreditEstimator for ReMax {
    fn name(&self) -> String {
        "remax".into()
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            pre_state: PreState::Restored,
            intervention: Intervention::RealRerun,
            downstream: Downstream::ContinuePolicy,
            evidence: Evidence::ObservationalCausal,
            ..shape::log_card(Unit::Trajectory, Contrast::None, "one greedy episode per start")
        }
    }

    fn needs(&self) -> Needs {
        Needs { branch: true, ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, world) = (context.batch, context.world()?);
        let mut greedy = BTreeMap::new();
        let mut baselines = Vec::with_capacity(batch.episodes());
        for (episode, range) in batch.ranges().enumerate() {
            let Some(&start) = batch.nodes[range].first() else {
                baselines.push(0.0);
                continue;
            };
            let value = *greedy.entry(start).or_insert_with(|| {
                let (total, steps) =
                    play_greedily(world, context.policy, context.tape, batch.id(episode), start);
                meter.resets += 1;
                meter.environment_steps += steps;
                meter.policy_evaluations += steps;
                total
            });
            baselines.push(value);
        }
        let (rows, mask) = (shape::rows(batch), vec![true; batch.steps()]);
        let (mut credit, mut to_go) = (vec![0.0; batch.steps()], vec![0.0; batch.steps()]);
        remax_advantages(&rows, &batch.rewards, &mask, &baselines, &mut credit, &mut to_go)?;
        Ok(Credit::Advantage(credit).into())
    }
}

/// One episode of most probable actions from `node`: its return and its length.
fn play_greedily(
    world: &LayeredWorld,
    policy: &NodePolicy,
    tape: Tape,
    episode: u64,
    mut node: u32,
) -> (f64, u64) {
    let (mut total, mut steps) = (0.0, 0);
    while node != END {
        let row = policy.row(node);
        let mode = (1..row.len()).fold(0, |best, a| if row[a] > row[best] { a } else { best });
        let time = world.time(node);
        let outcome = world.pick(node, mode as u32, tape.outcome(episode, branch(0, GREEDY, 0), time));
        total += outcome.reward;
        node = outcome.next;
        steps += 1;
    }
    (total, steps)
}
