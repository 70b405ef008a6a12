//! Worlds whose best play is known, and how far from success each state of a trajectory was.

use milepost_algorithms::Trace;
use milepost_codeexec::code_dsl::{CodeDsl, CodeTool};
use milepost_core::{CutReason, Demonstrator, Ending, Probe, SpanKind, Trajectory};
use milepost_microworlds::tokens::{SingleTurn, TurnTask};
use milepost_taskworlds::lookup::{LookupDistance, LookupQa};
use milepost_taskworlds::pages::PageText;
use milepost_taskworlds::rule_db::RuleDb;
use milepost_textworld::quest_env::{QuestDistance, TextQuest};

use crate::config::EnvironmentConfig;
use crate::credit_order::Rated;

/// A world that may know the fewest turns to success.
pub(super) trait Solved: Sized {
    /// Reads them: infinity where success is out of reach, NaN where they are not known.
    fn turns_to_go() -> Option<Box<dyn Probe<Self>>> {
        None
    }
}

/// Games of more states are not solved.
const MOST_STATES: usize = 50_000;

impl Solved for TextQuest {
    fn turns_to_go() -> Option<Box<dyn Probe<Self>>> {
        Some(Box::new(QuestDistance::new(MOST_STATES)))
    }
}

impl Solved for LookupQa {
    fn turns_to_go() -> Option<Box<dyn Probe<Self>>> {
        Some(Box::new(LookupDistance))
    }
}

impl Solved for PageText {}
impl Solved for RuleDb {}
impl Solved for CodeDsl {}
impl Solved for CodeTool {}
impl<T: TurnTask + 'static> Solved for SingleTurn<T> {}

/// Whether the best play of this world is known.
pub(crate) const fn is_solved(world: &EnvironmentConfig) -> bool {
    matches!(world, EnvironmentConfig::TextQuest(_) | EnvironmentConfig::LookupQa(_))
}

/// What the policy wrote in each turn.
pub(super) fn written(trajectory: &Trajectory<()>) -> Vec<Vec<u32>> {
    let mut turns = vec![Vec::new(); trajectory.turns.len()];
    for span in trajectory.spans.iter().filter(|span| span.kind == SpanKind::Policy) {
        turns[span.turn as usize].extend_from_slice(&trajectory.tokens[span.range()]);
    }
    turns
}

/// Which turns hold tokens that are trained: those of the policy's own, and not a prefix that candidates share.
fn decided(trajectory: &Trajectory<()>) -> Vec<bool> {
    let mut turns = vec![false; trajectory.turns.len()];
    for span in trajectory.spans.iter().filter(|span| span.is_trained() && span.len > 0) {
        turns[span.turn as usize] = true;
    }
    turns
}

/// The credit of the turns that the policy decided, and what they deserve by the turns `to_go` to success; `None` where
/// too little is known.
pub(super) fn rated<E: Demonstrator>(
    world: &E,
    trace: &Trace<()>,
    to_go: &mut dyn Probe<E>,
) -> Option<Rated> {
    let read = read_again(world, &trace.trajectory, to_go)?;
    Some(Rated::new(&trace.advantages, &read)?.only(&decided(&trace.trajectory)))
}

/// What `probe` reads of each state of a trajectory, `[T + 1]`, when its turns are taken again; `None` where they do not
/// lead through the same states.
///
/// The last turn of a branch was not taken while it was drawn, and what was recorded after it is the state before: where
/// it leads, only this says.
fn read_again<E: Demonstrator>(
    world: &E,
    trajectory: &Trajectory<()>,
    probe: &mut dyn Probe<E>,
) -> Option<Vec<f64>> {
    let mut world = world.clone();
    world.reset(trajectory.task).ok()?;
    let branch = trajectory.ending == Ending::Cut(CutReason::Branch);
    let untaken = |state: usize| branch && state == trajectory.turns.len();
    let mut read = Vec::with_capacity(trajectory.turns.len() + 1);
    let mut look = |world: &E, state: usize| {
        read.push(probe.read(world));
        let same = trajectory.state_keys.get(state) == Some(&world.state_key());
        (same || untaken(state)).then_some(())
    };
    look(&world, 0)?;
    for (turn, tokens) in written(trajectory).iter().enumerate() {
        world.step(tokens).ok()?;
        look(&world, turn + 1)?;
    }
    Some(read)
}

#[cfg(test)]
mod tests {
    use milepost_algorithms::config::{JudgeConfig, SamplerConfig};
    use milepost_algorithms::sampling::ContextRule;
    use milepost_algorithms::sampling::tree::STEP_VALUE;
    use milepost_algorithms::{MethodConfig, TokenParts, TokenSettings, Trainer};
    use milepost_core::TaskSeed;
    use milepost_policies::{DeviceChoice, GruConfig, open_device};
    use milepost_rewards::{CombineConfig, Term};
    use milepost_taskworlds::lookup::LookupConfig;
    use milepost_textworld::quest_env::TextQuestConfig;

    use super::super::aids::Aids;
    use super::*;

    const CANDIDATES: u32 = 4;

    /// The rows of two step trees on each of two tasks, grown by a policy that has learned nothing.
    fn rows<E: Aids + Demonstrator + 'static>(environment: E) -> Vec<Vec<Trace<()>>> {
        let device = open_device(DeviceChoice::Cpu).expect("there is a CPU").device;
        let words = environment.vocabulary().len();
        let network = GruConfig { embedding: 8, width: 8, ..GruConfig::default() };
        let network = network.init(words, 1, &device.clone().autodiff()).expect("a network");
        let sampler = SamplerConfig::StepTree {
            tasks: 1,
            trees: 2,
            candidates: CANDIDATES,
            temperature: 0.7,
            early_bonus: 0.1,
            judge: JudgeConfig::default(),
        };
        let method = MethodConfig {
            sampler,
            scorers: Vec::new(),
            combine: CombineConfig { terms: vec![Term::new(STEP_VALUE, 1.0)], clip: None },
            ..MethodConfig::grpo()
        };
        let context = ContextRule::window(1, 200);
        let settings = TokenSettings { constrained: true, ..TokenSettings::new(context, 4) };
        let probes = Vec::new();
        let parts = TokenParts { environment, probes, network, method, settings, device, run_seed: 1 };
        let mut trainer = Trainer::over_tokens_with(E::aids(), parts).expect("the parts fit");
        (0..2).map(|task| trainer.trace(TaskSeed::literal(task), 2).expect("traces")).collect()
    }

    /// Of each row the candidate alone is rated, by where it leads, although no world took it when it was drawn; and a
    /// group, over which credit is compared, holds the candidates of one step.
    fn a_row_is_rated_by_its_candidate<E: Aids + Demonstrator + Solved + 'static>(world: &E) {
        let mut to_go = E::turns_to_go().expect("the best play is known");
        let (mut later, mut moved) = (0, 0);
        for traces in rows(world.clone()) {
            for set in traces.chunk_by(|a, b| a.group == b.group) {
                assert_eq!(set.len(), CANDIDATES as usize);
                let states = |row: &Trace<()>| row.trajectory.state_keys.clone();
                assert!(set.iter().all(|row| states(row) == states(&set[0])), "they share their prefix");
            }
            for trace in &traces {
                let turns = written(&trace.trajectory);
                let (candidate, prefix) = turns.split_last().expect("a candidate");
                let mut again = world.clone();
                again.reset(trace.trajectory.task).expect("a task");
                for turn in prefix {
                    again.step(turn).expect("running");
                }
                let from = to_go.read(&again);
                again.step(candidate).expect("running");
                let credit = &trace.advantages[prefix.len()..];
                let expected = Rated::new(credit, &[from, to_go.read(&again)]);
                assert!(expected.is_some(), "one turn, of which all is known");
                assert_eq!(rated(world, trace, to_go.as_mut()), expected);
                later += usize::from(!prefix.is_empty());
                moved += usize::from(trace.trajectory.state_keys.last() != Some(&again.state_key()));
            }
        }
        assert!(
            later > 0 && moved > 0,
            "{later} rows with a prefix, {moved} whose candidate changes the state"
        );
    }

    #[test]
    fn the_candidates_of_step_trees_are_rated_on_look_up_questions() {
        a_row_is_rated_by_its_candidate(&LookupQa::new(LookupConfig::default()).expect("valid"));
    }

    #[test]
    fn the_candidates_of_step_trees_are_rated_on_text_quests() {
        a_row_is_rated_by_its_candidate(&TextQuest::new(TextQuestConfig::default()).expect("valid"));
    }
}
