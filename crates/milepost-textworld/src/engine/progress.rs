use super::bits::Bits;
use super::position::mix;
use super::tables::Tables;

/// How far each quest is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Progress {
    quests: Box<[QuestProgress]>,
    events: Box<[EventStatus]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct QuestProgress {
    completions: u32,
    completed: bool,
    failed: bool,
    unfinishable: bool,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum EventStatus {
    #[default]
    Open,
    Triggered,
    Untriggerable,
}

impl QuestProgress {
    const fn is_done(self) -> bool {
        self.completed || self.failed || self.unfinishable
    }
}

impl Progress {
    pub(super) fn new(tables: &Tables) -> Self {
        Self {
            quests: vec![QuestProgress::default(); tables.quests.len()].into_boxed_slice(),
            events: vec![EventStatus::default(); tables.events.len()].into_boxed_slice(),
        }
    }

    /// Looks at every event of every quest that is not done. `plan` follows the event's plan and says
    /// whether it can no longer be reached.
    #[inline]
    pub(super) fn update(&mut self, tables: &Tables, facts: &Bits, mut plan: impl FnMut(usize) -> bool) {
        for (quest, progress) in tables.quests.iter().zip(&mut self.quests) {
            if progress.is_done() {
                continue;
            }
            for index in quest.events() {
                if self.events[index] != EventStatus::Open {
                    continue;
                }
                let triggered = facts.contains_all(&tables.events[index].condition);
                let untriggerable = plan(index);
                if triggered {
                    self.events[index] = EventStatus::Triggered;
                } else if untriggerable {
                    self.events[index] = EventStatus::Untriggerable;
                }
                let wins = quest.wins(index);
                progress.completed |= triggered && wins;
                progress.failed |= triggered && !wins;
                progress.unfinishable |= untriggerable && wins;
            }
            if progress.completed {
                progress.completions += 1;
                if quest.repeatable {
                    progress.completed = false;
                    for event in &mut self.events[quest.win_events.clone()] {
                        if *event == EventStatus::Triggered {
                            *event = EventStatus::Open;
                        }
                    }
                }
            }
        }
    }

    /// Becomes a copy of the progress in a game with the same quests.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.quests.copy_from_slice(&other.quests);
        self.events.copy_from_slice(&other.events);
    }

    /// A number that equal progress shares.
    pub(super) fn digest(&self) -> u64 {
        let quests = self.quests.iter().map(|quest| {
            let flags = [quest.completed, quest.failed, quest.unfinishable];
            flags.iter().fold(u64::from(quest.completions), |all, flag| all << 1 | u64::from(*flag))
        });
        let events = self.events.iter().map(|event| *event as u64);
        quests.chain(events).fold(0, |hash, part| mix(hash ^ part))
    }

    /// Whether the quest is completed, failed or unfinishable.
    pub(super) fn is_done(&self, quest: usize) -> bool {
        self.quests[quest].is_done()
    }

    /// Whether an event may still happen.
    pub(super) fn is_open(&self, event: usize) -> bool {
        self.events[event] == EventStatus::Open
    }

    /// Times the quest was completed.
    pub(super) fn completions(&self, quest: usize) -> u32 {
        self.quests[quest].completions
    }

    /// `Σ reward · completions`.
    #[inline]
    pub(super) fn score(&self, tables: &Tables) -> i64 {
        let points = tables.quests.iter().zip(&self.quests);
        points
            .map(|(quest, progress)| quest.reward.saturating_mul(i64::from(progress.completions)))
            .fold(0, i64::saturating_add)
    }

    /// Whether there are quests and every mandatory one that can be won is completed.
    #[inline]
    pub(super) fn is_won(&self, tables: &Tables) -> bool {
        let asked = |quest: &super::tables::CompiledQuest| !quest.win_events.is_empty() && !quest.optional;
        !tables.quests.is_empty()
            && tables.quests.iter().zip(&self.quests).all(|(quest, p)| !asked(quest) || p.completed)
    }

    /// Whether a mandatory quest failed or cannot be completed any more.
    #[inline]
    pub(super) fn is_lost(&self, tables: &Tables) -> bool {
        let quests = tables.quests.iter().zip(&self.quests);
        quests.into_iter().any(|(quest, p)| !quest.optional && (p.failed || p.unfinishable))
    }
}
