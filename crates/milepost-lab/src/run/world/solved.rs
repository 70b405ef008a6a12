//! Worlds whose best play is known, and how far from success each state of a trajectory was.

use milepost_codeexec::code_dsl::{CodeDsl, CodeTool};
use milepost_core::{Demonstrator, Probe, SpanKind, Trajectory};
use milepost_microworlds::tokens::{SingleTurn, TurnTask};
use milepost_taskworlds::lookup::{LookupDistance, LookupQa};
use milepost_taskworlds::pages::PageText;
use milepost_taskworlds::rule_db::RuleDb;
use milepost_textworld::quest_env::{QuestDistance, TextQuest};

use crate::config::EnvironmentConfig;

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

/// What `probe` reads of each state of a trajectory, `[T + 1]`, when its turns are taken again; `None` where they do not
/// lead through the same states.
pub(super) fn read_again<E: Demonstrator>(
    world: &E,
    trajectory: &Trajectory<()>,
    probe: &mut dyn Probe<E>,
) -> Option<Vec<f64>> {
    let mut world = world.clone();
    world.reset(trajectory.task).ok()?;
    let mut read = Vec::with_capacity(trajectory.turns.len() + 1);
    let mut look = |world: &E, state: usize| {
        read.push(probe.read(world));
        (trajectory.state_keys.get(state) == Some(&world.state_key())).then_some(())
    };
    look(&world, 0)?;
    for (turn, tokens) in written(trajectory).iter().enumerate() {
        world.step(tokens).ok()?;
        look(&world, turn + 1)?;
    }
    Some(read)
}
