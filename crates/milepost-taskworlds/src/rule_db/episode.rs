use std::collections::BTreeSet;
use std::sync::Arc;

use milepost_core::{Budget, Ending, EnvError, Outcome, StepOutcome, TurnFault};

use super::call::Call;
use super::canonical::{equivalent, state_key};
use super::difference::{Agreement, Difference};
use super::search::{Limits, Scope, Search, plan};
use super::speech::Reply;
use super::tables::Database;
use super::task::RuleDbTask;
use super::triggers::execute;
use super::words::Said;
use crate::digest::digest;

/// States that the expert expands when it has to plan anew.
const REPLAN: usize = 2000;

/// The state of an episode.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) task: Arc<RuleDbTask>,
    /// The states that the task's solution passes through, the first one included.
    path: Arc<[Database]>,
    pub(super) state: Database,
    pub(super) reply: Reply,
    pub(super) counts: Counts,
    /// Rows that were read: a user `u` as `(0, u)`, an item `i` as `(1, i)`.
    read: BTreeSet<(u8, u8)>,
    pub(super) elapsed: u32,
    pub(super) ending: Option<Ending>,
}

/// Turns by what came of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) calls: u32,
    pub(super) rejected: u32,
    pub(super) malformed: u32,
}

impl Episode {
    pub(super) fn start(task: RuleDbTask) -> Self {
        let mut path = vec![task.start.clone()];
        for call in task.solution.iter().flatten() {
            if let Ok(effect) = execute(&task.book, task.role, &path[path.len() - 1], *call) {
                path.push(effect.database);
            }
        }
        Self {
            state: task.start.clone(),
            path: path.into(),
            task: Arc::new(task),
            reply: Reply::Task,
            counts: Counts::default(),
            read: BTreeSet::new(),
            elapsed: 0,
            ending: None,
        }
    }

    /// Takes a turn; `None` stands for one that could not be understood, which costs the turn.
    pub(super) fn turn(&mut self, said: Option<Said>, max_turns: u32) -> Result<StepOutcome, EnvError> {
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: "rule-db".to_owned(), ending });
        }
        self.elapsed += 1;
        match said {
            None => {
                self.counts.malformed += 1;
                self.reply = Reply::Malformed;
            }
            Some(Said::Done) => {
                let verdict = if self.is_exact() { Outcome::Success } else { Outcome::Failure };
                self.ending = Some(Ending::Terminated(verdict));
                self.reply = Reply::Over;
            }
            Some(Said::Call(call)) => self.call(call),
        }
        if self.ending.is_none() && self.elapsed >= max_turns {
            self.ending = Some(Ending::Truncated(Budget::Steps));
        }
        let reward = f64::from(u8::from(self.ending.is_some_and(Ending::is_success)));
        Ok(StepOutcome { reward, ending: self.ending })
    }

    fn call(&mut self, call: Call) {
        self.counts.calls += 1;
        let created = self.state.next_order();
        match execute(&self.task.book, self.task.role, &self.state, call) {
            Ok(effect) => {
                self.state = effect.database;
                self.reply = match call {
                    Call::GetUser { user } => Reply::User(user),
                    Call::GetItem { item } => Reply::Item(item),
                    Call::CreateOrder { .. } => Reply::Created(created),
                    _ => Reply::Accepted,
                };
                match call {
                    Call::GetUser { user } => self.read.insert((0, user)),
                    Call::GetItem { item } => self.read.insert((1, item)),
                    _ => false,
                };
            }
            Err(violation) => {
                self.counts.rejected += 1;
                self.reply = Reply::Rejected(violation);
            }
        }
    }

    pub(super) const fn fault(&self) -> Option<TurnFault> {
        match self.reply {
            Reply::Malformed => Some(TurnFault::Malformed),
            Reply::Rejected(_) => Some(TurnFault::Refused),
            _ => None,
        }
    }

    pub(super) fn is_exact(&self) -> bool {
        self.task.goals().any(|goal| equivalent(&self.state, goal))
    }

    pub(super) fn agreement(&self) -> Agreement {
        let made = Difference::between(&self.task.start, &self.state);
        made.agreement(&self.task.wanted(&self.state))
    }

    /// What the expert says: reads rows that matter while there is time, makes the calls of the task's solution, or
    /// of a plan where it left the path, and says that all is done in the goal. `None` where there is no plan, or
    /// too few turns are left for it.
    pub(super) fn expert(&self, max_turns: u32) -> Option<Said> {
        if self.ending.is_some() {
            return None;
        }
        let left = max_turns - self.elapsed;
        let calls = self.remaining(left)?;
        let Some(next) = calls.first().copied() else { return Some(Said::Done) };
        let needed = calls.len() as u32 + 1;
        if needed > left {
            return None;
        }
        let read = if needed < left { self.unread(next) } else { None };
        Some(Said::Call(read.unwrap_or(next)))
    }

    /// Calls to the goal: from the stored solution where the state lies on its path, else from a search.
    fn remaining(&self, left: u32) -> Option<Vec<Call>> {
        if self.is_exact() {
            return Some(Vec::new());
        }
        let here = state_key(&self.state);
        let on_path = self.path.iter().rposition(|state| state_key(state) == here);
        if let (Some(index), Some(solution)) = (on_path, &self.task.solution) {
            return solution.get(index..).map(<[Call]>::to_vec);
        }
        let task = &self.task;
        let limits = Limits { scope: Scope::Differences, depth: left.saturating_sub(1), states: REPLAN };
        match plan(&task.book, task.role, &self.state, &task.goal, limits) {
            Search::Found(calls) => Some(calls),
            Search::Unreachable | Search::Undecided => None,
        }
    }

    /// The call that reads a row on which the next one depends, if one is unread: its user, and the item that the
    /// client would rather have.
    fn unread(&self, next: Call) -> Option<Call> {
        let user = next.user(&self.state).map(|user| Call::GetUser { user });
        let wish = self.task.wishes.iter().find(|wish| wish.call == next);
        let rather = wish.and_then(|wish| wish.first_choice?.item()).map(|item| Call::GetItem { item });
        user.into_iter().chain(rather).find(|call| match call {
            Call::GetUser { user } => !self.read.contains(&(0, *user)),
            Call::GetItem { item } => !self.read.contains(&(1, *item)),
            _ => false,
        })
    }

    /// A key of the rows, their ids and what was said last.
    pub(super) fn key(&self, seed: u64) -> u64 {
        let said = match self.reply {
            Reply::Task => [0, 0],
            Reply::User(user) => [1, u64::from(user)],
            Reply::Item(item) => [2, u64::from(item)],
            Reply::Created(order) => [3, u64::from(order)],
            Reply::Accepted => [4, 0],
            Reply::Rejected(violation) => {
                let rule =
                    violation.rule.name().bytes().fold(0, |hash, byte| digest([hash, u64::from(byte)]));
                [5, digest([rule, violation.field as u64])]
            }
            Reply::Malformed => [6, 0],
            Reply::Over => [7, 0],
        };
        digest([seed, state_key(&self.state), said[0], said[1]])
    }
}
