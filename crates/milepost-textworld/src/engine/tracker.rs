//! The quests with their plans: all that TextWorld tracks. Follows the game lazily, as plans cost far more
//! than steps.

use std::sync::Arc;

use super::actions::PlanAction;
use super::bits::Bits;
use super::plan::Plan;
use super::progress::Progress;
use super::tables::Tables;
use super::tree::DependencyTree;
use crate::game::TRIGGER;

/// The facts, the quests' progress and the events' plans after some step.
#[derive(Debug, Clone)]
pub(super) struct Tracker {
    facts: Bits,
    progress: Progress,
    /// For each event; none where it has no actions.
    plans: Vec<Option<Plan>>,
}

impl Tracker {
    /// The start of the game.
    pub(super) fn new(tables: &Tables, facts: &Bits) -> Self {
        let plan =
            |plan: &Vec<PlanAction>| (!plan.is_empty()).then(|| Plan::new(&tables.actions, plan.clone()));
        let mut tracker = Self {
            facts: facts.clone(),
            progress: Progress::new(tables),
            plans: tables.events.iter().map(|event| plan(&event.plan)).collect(),
        };
        tracker.update(tables, None);
        tracker
    }

    /// Follows a step: an instance of a rule.
    pub(super) fn advance(&mut self, tables: &Tables, instance: u32) {
        let (added, removed) = tables.actions.effects(instance);
        for fact in added {
            self.facts.insert(*fact);
        }
        for fact in removed {
            self.facts.remove(*fact);
        }
        self.update(tables, Some(tables.actions.plan(instance)));
    }

    /// Follows several steps.
    fn advance_all(&mut self, tables: &Tables, instances: &[u32]) {
        for instance in instances {
            self.advance(tables, *instance);
        }
    }

    fn update(&mut self, tables: &Tables, action: Option<PlanAction>) {
        let Self { facts, progress, plans } = self;
        progress.update(tables, facts, |event| {
            plans[event].as_mut().is_some_and(|plan| plan.update(&tables.actions, facts, action))
        });
    }

    pub(super) const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The actions that win the game from here, without triggers. `None` once it is won or lost, or where an
    /// open mandatory quest has no plan.
    pub(super) fn policy(&self, tables: &Tables) -> Option<Arc<[PlanAction]>> {
        if tables.quests.is_empty() || self.progress.is_won(tables) || self.progress.is_lost(tables) {
            return None;
        }
        let mut plans = Vec::new();
        for (index, quest) in tables.quests.iter().enumerate() {
            if !quest.win_events.is_empty() && !quest.optional && !self.progress.is_done(index) {
                plans.push(self.plan(tables, quest.win_events.clone())?);
            }
        }
        let flat = match plans.as_slice() {
            [plan] => plan.flattened(&tables.actions),
            plans => {
                DependencyTree::forest(plans.iter().map(|plan| plan.tree())).flatten(&tables.actions).into()
            }
        };
        Some(flat.iter().copied().filter(|action| !is_trigger(tables, *action)).collect())
    }

    /// The shortest plan of an open event that is not empty.
    fn plan(&self, tables: &Tables, events: std::ops::Range<usize>) -> Option<&Plan> {
        let open = events.filter(|event| self.progress.is_open(*event));
        let plans = open.filter_map(|event| self.plans[event].as_ref());
        let steps = |plan: &Plan| plan.policy().iter().filter(|action| !is_trigger(tables, **action)).count();
        let sized = plans.map(|plan| (steps(plan), plan)).filter(|(steps, _)| *steps > 0);
        sized.min_by_key(|(steps, _)| *steps).map(|(_, plan)| plan)
    }
}

/// Whether the action stands for an event.
fn is_trigger(tables: &Tables, action: PlanAction) -> bool {
    *tables.actions.name_of(action) == TRIGGER && action.is_written_name()
}

/// A tracker that runs behind the game, and the steps that it has not followed yet.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    base: Arc<Tracker>,
    pending: Vec<u32>,
    settled: Option<Settled>,
}

/// The policies around the last step.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    /// Now.
    pub(super) policy: Option<Arc<[PlanAction]>>,
    /// The length of the one before the last step; none at the start or where there was none.
    pub(super) previous: Option<usize>,
}

impl Trail {
    pub(super) fn new(start: Arc<Tracker>) -> Self {
        Self { base: start, pending: Vec::new(), settled: None }
    }

    /// Goes back to a start, keeping buffers.
    pub(super) fn restart(&mut self, start: &Arc<Tracker>) {
        self.base = Arc::clone(start);
        self.pending.clear();
        self.settled = None;
    }

    /// Notes a step.
    #[inline]
    pub(super) fn push(&mut self, instance: u32) {
        self.pending.push(instance);
    }

    /// The quests' progress as TextWorld tracks it. Follows all steps but the last, of which the policy
    /// before it may still be wanted.
    pub(super) fn progress(&mut self, tables: &Tables) -> Progress {
        let Some((last, before)) = self.pending.split_last() else { return self.base.progress().clone() };
        let last = *last;
        if !before.is_empty() {
            let base = Arc::make_mut(&mut self.base);
            base.advance_all(tables, before);
            self.pending.clear();
            self.pending.push(last);
            self.settled = None;
        }
        let mut now = Tracker::clone(&self.base);
        now.advance(tables, last);
        now.progress
    }

    /// Follows all steps and finds the policies around the last one.
    pub(super) fn settle(&mut self, tables: &Tables) -> &Settled {
        if let Some((last, before)) = self.pending.split_last() {
            let known = self.settled.take().filter(|_| before.is_empty());
            let base = Arc::make_mut(&mut self.base);
            base.advance_all(tables, before);
            let previous = known.map_or_else(|| base.policy(tables), |settled| settled.policy);
            base.advance(tables, *last);
            let previous = previous.map(|policy| policy.len());
            self.settled = Some(Settled { policy: base.policy(tables), previous });
            self.pending.clear();
        }
        self.settled.get_or_insert_with(|| Settled { policy: self.base.policy(tables), previous: None })
    }

    /// As [`Trail::settle`], without keeping what was found.
    pub(super) fn settled(&self, tables: &Tables) -> Settled {
        match &self.settled {
            Some(settled) if self.pending.is_empty() => settled.clone(),
            _ => self.clone().settle(tables).clone(),
        }
    }
}
