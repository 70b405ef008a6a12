use milepost_core::{
    Batch, Channel, CutReason, DrawnTurn, Ending, Group, GroupError, Level, Provenance, SignalError, Span,
    SpanKind, StateRecords, TokenEnvironment, TokenPolicy, Trajectory, TrajectoryBuilder, TrajectoryError,
};

use super::STEP_VALUE;
use crate::engine::{Engine, Finished};
use crate::judge::StepKind;
use crate::{EpisodeSummary, TokenLedger, TokenRollout};

/// The candidates of one step, which share a prefix: the turns before `step` of line `line`.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSet {
    /// Which of the rollout's lines the step belongs to.
    pub line: usize,
    /// The step, from 0.
    pub step: u32,
    /// The candidates.
    pub candidates: Vec<StepCandidate>,
    /// Which of them went on; `None` where all are malformed.
    pub winner: Option<usize>,
}

/// One candidate of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCandidate {
    /// The turn.
    pub turn: DrawnTurn,
    /// What it does.
    pub kind: StepKind,
    /// What it is worth, the bonus of an early answer included.
    pub value: f64,
    /// Its value relative to the other candidates.
    pub advantage: f64,
}

/// What a step tree returned: the lines that were followed, and the candidates along them. A prefix is
/// stored once, as a part of its line.
#[derive(Debug, Clone)]
pub struct TreeRollout {
    /// The episodes that the winners made, in the order of tasks and trees.
    pub lines: Vec<Trajectory<()>>,
    /// A summary of each line.
    pub episodes: Vec<EpisodeSummary>,
    /// The steps, in the order of lines and steps.
    pub sets: Vec<StepSet>,
    /// Every token drawn; all candidates count as such.
    pub ledger: TokenLedger,
    /// Steps that worlds were asked to take: one for each winner.
    pub environment_steps: u64,
    /// Contexts from which turns were left out because they did not fit.
    pub truncated_contexts: u64,
    /// Candidates that were not rated, and counted as worth 0.
    pub unrated: u64,
}

/// Bad input: parts of a tree that do not fit together.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// The step is not one of this tree's.
    #[error("step {step} of line {line} is not one of the tree's; ask for the rows of its own `sets`")]
    Foreign {
        /// The line.
        line: usize,
        /// The step.
        step: u32,
    },
    /// A row is no trajectory.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// Its value does not fit.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// The rows are no group.
    #[error(transparent)]
    Group(#[from] GroupError),
}

impl TreeRollout {
    pub(super) fn new<E: TokenEnvironment, P: TokenPolicy>(
        engine: &Engine<'_, E, P>,
        finished: Vec<Finished>,
        sets: Vec<StepSet>,
    ) -> Self {
        let (lines, episodes) = finished.into_iter().unzip();
        Self {
            lines,
            episodes,
            sets,
            ledger: engine.ledger,
            environment_steps: engine.environment_steps,
            truncated_contexts: engine.truncated_contexts,
            unrated: engine.unrated,
        }
    }

    /// The rows of step `set`, one for each candidate: the shared prefix, in which nothing is trained, then
    /// the candidate. The value stands in channel [`STEP_VALUE`]. The world did not take the candidate's turn:
    /// it has no reply and no reward, the state after it is the one before, and the row is cut there.
    pub fn rows(&self, set: &StepSet) -> Result<Group<()>, RowError> {
        let own = self.lines.get(set.line).filter(|line| (set.step as usize) < line.turns.len());
        let line = own.ok_or(RowError::Foreign { line: set.line, step: set.step })?;
        let prefix = prefix(line, set.step as usize);
        let mut rows = Vec::with_capacity(set.candidates.len());
        for (candidate, slot) in set.candidates.iter().zip(0..) {
            let mut row = prefix.clone();
            append_untaken(&mut row, &candidate.turn, Provenance::Candidate { step: set.step, slot });
            let mut row = row.finish(Ending::Cut(CutReason::Branch))?;
            row.slot = slot;
            row.add_channel(Channel::dense(STEP_VALUE, Level::Trajectory, vec![candidate.value])?)?;
            rows.push(row);
        }
        Ok(Group::new(rows)?)
    }

    /// All rows: one group a step.
    pub fn batch(&self) -> Result<Batch<()>, RowError> {
        let groups = self.sets.iter().map(|set| self.rows(set)).collect::<Result<_, _>>()?;
        Ok(Batch { groups })
    }

    /// The rows with the summaries of the lines.
    pub fn into_rollout(self) -> Result<TokenRollout, RowError> {
        Ok(TokenRollout {
            batch: self.batch()?,
            episodes: self.episodes,
            ledger: self.ledger,
            environment_steps: self.environment_steps,
            truncated_contexts: self.truncated_contexts,
            unrated: self.unrated,
        })
    }
}

/// Appends a turn that the world does not take: the state after it is the one before.
pub(crate) fn append_untaken(row: &mut TrajectoryBuilder<()>, turn: &DrawnTurn, provenance: Provenance) {
    row.drawn(SpanKind::Policy, provenance, turn);
    close_untaken(row);
}

/// Ends a turn that the world does not take.
pub(crate) fn close_untaken(row: &mut TrajectoryBuilder<()>) {
    row.end_turn(0.0);
    let recorded = row.so_far();
    let key = recorded.state_keys.last().copied().unwrap_or(0);
    let read: Vec<f64> = recorded.records.iter().filter_map(|(_, values)| values.last().copied()).collect();
    row.state((), key, &read);
}

/// The first `turns` turns of a trajectory, with nothing in them to be trained.
pub(crate) fn prefix(line: &Trajectory<()>, turns: usize) -> TrajectoryBuilder<()> {
    let records = StateRecords::named(line.records.iter().map(|(name, _)| name));
    let mut builder = TrajectoryBuilder::new(line.task, line.slot, line.first_step, line.version, records);
    let state = |builder: &mut TrajectoryBuilder<()>, index: usize| {
        let read: Vec<f64> = line.records.iter().map(|(_, values)| values[index]).collect();
        builder.state((), line.state_keys[index], &read);
    };
    state(&mut builder, 0);
    let leads = |span: &&Span| span.kind == SpanKind::Prompt;
    let body = line.spans.iter().take_while(leads).count();
    for (index, span) in line.spans.iter().enumerate() {
        let turn = span.turn as usize;
        if turn >= turns && index >= body {
            break;
        }
        while builder.turns() < turn {
            next_turn(&mut builder, line, state);
        }
        builder.span(span.kind, Provenance::Forced, &line.tokens[span.range()], &[]);
    }
    while builder.turns() < turns {
        next_turn(&mut builder, line, state);
    }
    builder
}

fn next_turn(
    builder: &mut TrajectoryBuilder<()>,
    line: &Trajectory<()>,
    state: impl Fn(&mut TrajectoryBuilder<()>, usize),
) {
    let turn = builder.turns();
    builder.end_turn(line.turns[turn].reward);
    state(builder, turn + 1);
}
