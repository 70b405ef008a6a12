//! The explorer: forward search for a goal in the live database.

use std::collections::BTreeSet;

use milepost_core::Stream;

use super::call::Call;
use super::canonical::canonical_key;
use super::config::RuleDbConfig;
use super::design::{Stage, core_writes};
use super::difference::Difference;
use super::rules::{RuleBook, RuleSet};
use super::tables::Database;
use super::triggers::{execute, violations};
use super::wish::Wish;

/// A path of legal calls, as wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) wishes: Vec<Wish>,
    pub(super) end: Database,
    pub(super) touched: RuleSet,
}

/// The best of several random walks: the most rules touched up to `m`, then the most rows changed up to `n`; the first
/// of equals. Walks never return to a state that any of them has seen, where they can.
pub(super) fn explore(
    config: &RuleDbConfig,
    book: &RuleBook,
    stage: &Stage,
    stream: &mut Stream,
) -> Option<Path> {
    let mut seen = BTreeSet::from([canonical_key(&stage.start)]);
    let mut best: Option<((usize, usize), Path)> = None;
    for _ in 0..config.walks {
        let Some(path) = walk(config, book, stage, &mut seen, stream) else { continue };
        let rows = Difference::between(&stage.start, &path.end).rows();
        let merit =
            (path.touched.len().min(config.touched_rules as usize), rows.min(config.changed_rows as usize));
        if best.as_ref().is_none_or(|(most, _)| merit > *most) {
            best = Some((merit, path));
        }
    }
    best.map(|(_, path)| path)
}

/// A walk under way.
struct Walk<'a> {
    book: &'a RuleBook,
    stage: &'a Stage,
    path: Path,
}

impl Walk<'_> {
    /// Makes a call; `false` if it is rejected.
    fn make(&mut self, wish: Wish) -> bool {
        let Ok(effect) = execute(self.book, self.stage.role, &self.path.end, wish.call) else { return false };
        self.path.end = effect.database;
        self.path.touched = self.path.touched.union(effect.touched);
        self.path.wishes.push(wish);
        true
    }

    /// Legal calls that change something, with what they lead to.
    fn legal(&self) -> Vec<(Call, u64)> {
        let here = canonical_key(&self.path.end);
        core_writes(self.stage, &self.path.end)
            .into_iter()
            .filter_map(|call| {
                let effect = execute(self.book, self.stage.role, &self.path.end, call).ok()?;
                let key = canonical_key(&effect.database);
                (key != here).then_some((call, key))
            })
            .collect()
    }
}

fn pick<T: Copy>(choices: &[T], stream: &mut Stream) -> Option<T> {
    (!choices.is_empty()).then(|| choices[stream.below(choices.len() as u64) as usize])
}

fn walk(
    config: &RuleDbConfig,
    book: &RuleBook,
    stage: &Stage,
    seen: &mut BTreeSet<u64>,
    stream: &mut Stream,
) -> Option<Path> {
    let path = Path { wishes: Vec::new(), end: stage.start.clone(), touched: RuleSet::default() };
    let mut walk = Walk { book, stage, path };
    if let Some((rule, wanted)) = stage.boundary {
        open_with(&mut walk, wanted, config.depth, stream)?;
        walk.path.touched = walk.path.touched.with(rule);
    }
    while walk.path.wishes.len() < config.depth as usize {
        let legal = walk.legal();
        let new: Vec<(Call, u64)> = legal.iter().filter(|(_, key)| !seen.contains(key)).copied().collect();
        let Some((call, key)) = pick(if new.is_empty() { &legal } else { &new }, stream) else { break };
        seen.insert(key);
        // Now and then the client would have liked something else better, and cannot have it.
        let ask = stage.boundary.is_none() && stream.below(4) == 0;
        let refused = if ask { refused_siblings(&walk, call) } else { Vec::new() };
        let first_choice = pick(&refused, stream);
        walk.make(Wish { first_choice, call });
    }
    (!walk.path.wishes.is_empty()).then_some(walk.path)
}

/// Begins with what the boundary rejects: half of the time another call makes it possible, otherwise the client
/// takes something else instead.
fn open_with(walk: &mut Walk<'_>, wanted: Call, depth: u32, stream: &mut Stream) -> Option<()> {
    let state = walk.path.end.clone();
    let legal: Vec<Call> = walk.legal().into_iter().map(|(call, _)| call).collect();
    let those =
        |fits: &dyn Fn(Call) -> bool| legal.iter().copied().filter(|call| fits(*call)).collect::<Vec<_>>();
    let enabling = those(&|call| {
        let after = execute(walk.book, walk.stage.role, &state, call);
        // That takes two calls.
        depth >= 2
            && after.is_ok_and(|effect| execute(walk.book, walk.stage.role, &effect.database, wanted).is_ok())
    });
    let mut instead = those(&|call| siblings(&state, wanted, call));
    if instead.is_empty() {
        instead = those(&|call| call.user(&state) == wanted.user(&state));
    }
    let enable =
        if instead.is_empty() || enabling.is_empty() { instead.is_empty() } else { stream.below(2) == 0 };
    if enable {
        walk.make(Wish { first_choice: None, call: pick(&enabling, stream)? });
        walk.make(Wish { first_choice: None, call: wanted });
    } else {
        walk.make(Wish { first_choice: Some(wanted), call: pick(&instead, stream)? });
    }
    Some(())
}

/// Whether two different calls use the same tool on the same user, and the same order where there is one.
fn siblings(state: &Database, a: Call, b: Call) -> bool {
    let order = |call: Call| match call {
        Call::UpdateOrder { order, .. } | Call::CancelOrder { order } => Some(order),
        _ => None,
    };
    a != b && a.tool() == b.tool() && a.user(state) == b.user(state) && order(a) == order(b)
}

fn refused_siblings(walk: &Walk<'_>, call: Call) -> Vec<Call> {
    let state = &walk.path.end;
    core_writes(walk.stage, state)
        .into_iter()
        .filter(|other| siblings(state, *other, call))
        .filter(|other| !violations(walk.book, walk.stage.role, state, *other).is_empty())
        .collect()
}
