//! What each world lends to samplers: judges, hints, calls. All of it is read off oracles, which training signals
//! may be computed from; nothing here reads what evaluation believes.

use milepost_algorithms::{CallAid, SamplerAids, TurnJudge};
use milepost_core::{Ending, Environment, Outcome, Probe, TokenEnvironment};
use milepost_microworlds::tokens::{SingleTurn, TurnTask};
use milepost_taskworlds::lookup::{LookupAction, LookupProbe, LookupQa};
use milepost_taskworlds::pages::{PageProbe, PageText};
use milepost_taskworlds::rule_db::{RuleDb, RuleDbProbe};
use milepost_textworld::quest_env::TextQuest;

/// A world of tokens that lends what it can.
pub(super) trait Aids: TokenEnvironment {
    /// What it lends.
    fn aids() -> SamplerAids<Self>;
}

/// A whole turn is a call.
fn from_the_start<E>(_world: &E, _turn: &[u32]) -> Option<usize> {
    Some(0)
}

impl Aids for LookupQa {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[-2.0, -1.0, 0.0, 1.0, 2.0],
                value: |_, after| grade_of_lookup(after),
                mistake: |_, after| {
                    after.oracle().is_some_and(|oracle| oracle.first_wrong(after.events()).is_some())
                },
            }),
            hint: Some(|world, attempt| {
                let oracle = world.oracle().filter(|oracle| (attempt as usize) < oracle.hops())?;
                Some(oracle.prompt(&oracle.plan_hint(attempt as usize + 1)))
            }),
            call: None,
        }
    }
}

/// Grade of the last turn's thoughts plus grade of its query or answer, −1, 0 or 1 each; −2 if it was malformed.
fn grade_of_lookup(after: &LookupQa) -> f64 {
    let read = |mut probe: LookupProbe| probe.read(after);
    match after.events().last().map(|event| &event.action) {
        None => 0.0,
        Some(LookupAction::Malformed { .. }) => -2.0,
        Some(LookupAction::Search { .. }) => read(LookupProbe::Thought) + read(LookupProbe::Query),
        Some(LookupAction::Answer { .. }) => read(LookupProbe::Thought) + read(LookupProbe::Answer),
    }
}

impl Aids for TextQuest {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[-1.0, 0.0, 1.0],
                value: |_, after| f64::from(after.intermediate_reward()),
                mistake: |_, after| after.intermediate_reward() <= 0,
            }),
            hint: Some(|world, attempt| if attempt == 0 { world.hinted_prompt() } else { None }),
            call: Some(CallAid { start: from_the_start, well_formed_fail: false }),
        }
    }
}

impl Aids for PageText {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 0.25, 0.5, 0.75, 1.0],
                value: |_, after| measured(after),
                mistake: |before, after| measured(after) <= measured(before),
            }),
            hint: None,
            call: Some(CallAid { start: from_the_start, well_formed_fail: true }),
        }
    }
}

/// Mean of what is measured of the search, the selection, the crop and the answer.
fn measured(world: &PageText) -> f64 {
    let parts = [PageProbe::Ranking, PageProbe::Selection, PageProbe::Localisation, PageProbe::Answer];
    parts.into_iter().map(|mut probe| Probe::<PageText>::read(&mut probe, world)).sum::<f64>() / 4.0
}

impl Aids for RuleDb {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 0.5, 1.0],
                value: |_, after| if failed(after) { 0.0 } else { RuleDbProbe::F1.read(after) },
                mistake: |before, after| {
                    failed(after) || RuleDbProbe::F1.read(after) < RuleDbProbe::F1.read(before)
                },
            }),
            hint: None,
            call: Some(CallAid { start: from_the_start, well_formed_fail: true }),
        }
    }
}

/// Whether the last turn was refused, not understood, or ended the task in failure.
fn failed<E: TokenEnvironment>(after: &E) -> bool {
    after.fault().is_some() || lost(after)
}

fn lost<E: Environment>(after: &E) -> bool {
    matches!(after.ending(), Some(Ending::Terminated(Outcome::Failure) | Ending::Malformed))
}

impl<T: TurnTask> Aids for SingleTurn<T> {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 1.0],
                value: |_, after| f64::from(u8::from(!lost(after))),
                mistake: |_, after| lost(after),
            }),
            hint: None,
            call: None,
        }
    }
}
