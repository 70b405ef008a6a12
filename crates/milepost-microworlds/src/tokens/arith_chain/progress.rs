use milepost_core::Vocabulary;

use super::Chain;
use super::config::Words;
use super::route::{Route, Running};

/// What may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    Route,
    EntryOrAnswer,
    Entry,
    NextOrAnswer,
    Answer,
    Value,
    End,
    Nothing,
}

/// A value that was written, and where.
pub(super) type Written = (usize, u32);

/// A well-formed beginning of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Progress {
    pub(super) route: Option<Route>,
    pub(super) entries: Vec<Written>,
    pub(super) answer: Option<Written>,
    pub(super) expects: Expects,
    read: usize,
}

impl Progress {
    pub(super) fn new(routes: &[Route]) -> Self {
        let only = if let [route] = routes { Some(*route) } else { None };
        let expects = if only.is_some() { Expects::EntryOrAnswer } else { Expects::Route };
        Self { route: only, entries: Vec::new(), answer: None, expects, read: 0 }
    }

    /// Takes in one more token; `None` if it cannot stand here.
    pub(super) fn read(&mut self, chain: &Chain, words: &Words, routes: &[Route], token: u32) -> Option<()> {
        let at = self.read;
        self.read += 1;
        let value = words.numbers.as_value(token);
        self.expects = match (self.expects, value) {
            (Expects::Route, _) => {
                self.route = Some(words.as_route(token).filter(|route| routes.contains(route))?);
                Expects::EntryOrAnswer
            }
            (Expects::EntryOrAnswer | Expects::Entry, Some(value)) => {
                self.entries.push((at, value));
                let full = self.route.is_some_and(|route| self.entries.len() == route.entries(chain));
                if full { Expects::Answer } else { Expects::NextOrAnswer }
            }
            (Expects::NextOrAnswer, _) if token == words.next => Expects::Entry,
            (Expects::EntryOrAnswer | Expects::NextOrAnswer | Expects::Answer, _)
                if token == words.answer =>
            {
                Expects::Value
            }
            (Expects::Value, Some(value)) => {
                self.answer = Some((at, value));
                Expects::End
            }
            (Expects::End, _) if token == Vocabulary::END => Expects::Nothing,
            _ => return None,
        };
        Some(())
    }

    /// What the entries establish on `route`.
    pub(super) fn running(&self, chain: &Chain, route: Route) -> Running {
        let entries = self.entries.iter().enumerate();
        entries.fold(route.start(chain), |running, (k, (_, value))| route.after(chain, k, running, *value))
    }
}
