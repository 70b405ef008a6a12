use super::super::truth::repeats;
use super::super::{Domain, Fact, PlacedSegment, Segment, TraceLab, TraceProblem};

/// What stands written, and what it leaves to be done.
#[derive(Debug, Clone)]
pub(super) struct Desk<'a> {
    pub(super) task: &'a TraceLab,
    pub(super) problem: &'a TraceProblem,
    pub(super) segments: Vec<Segment>,
    /// Sums written, repetitions aside.
    pub(super) done: usize,
    /// The claim of the last of them.
    pub(super) result: Option<u32>,
}

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Fact(Fact),
    Sum,
    Answer,
    Decline(Fact),
    Close,
    Nothing,
}

impl<'a> Desk<'a> {
    pub(super) fn new(task: &'a TraceLab, problem: &'a TraceProblem, segments: &[Segment]) -> Self {
        let mut desk = Self { task, problem, segments: Vec::new(), done: 0, result: None };
        for segment in segments {
            desk.push(*segment);
        }
        desk
    }

    /// The desk after one more segment.
    pub(super) fn and(&self, segment: Segment) -> Self {
        let mut desk = self.clone();
        desk.push(segment);
        desk
    }

    fn push(&mut self, segment: Segment) {
        if let Segment::Sum { value, .. } = segment {
            let earlier = self.segments.iter().copied();
            if !repeats(self.problem, self.done, self.result, earlier, segment) {
                (self.done, self.result) = (self.done + 1, Some(value));
            }
        }
        self.segments.push(segment);
    }

    /// The last statement of a fact.
    pub(super) fn stated(&self, wanted: Fact) -> Option<u32> {
        self.segments.iter().rev().find_map(|segment| match segment {
            Segment::Fact { fact, value } if *fact == wanted => Some(*value),
            _ => None,
        })
    }

    fn answered(&self) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Answer { .. }))
    }

    fn closed(&self) -> bool {
        let spoken = self.segments.iter().rev().find(|segment| **segment != Segment::Indeed);
        spoken == Some(&Segment::Thanks)
    }

    pub(super) fn declined(&self) -> bool {
        self.segments.contains(&Segment::Sorry)
    }

    /// Whether a hazard was spoken about.
    pub(super) fn touched(&self) -> bool {
        self.segments
            .iter()
            .any(|segment| matches!(segment, Segment::Fact { fact, .. } if self.task.is_hazard(*fact)))
    }

    /// The terms that were not spoken about.
    pub(super) fn unsaid(&self) -> impl Iterator<Item = Fact> + '_ {
        self.problem.terms().filter(|fact| self.stated(*fact).is_none())
    }

    pub(super) fn due(&self) -> Due {
        match self.problem.domain {
            Domain::State => self.unsaid().next().map_or(Due::Nothing, Due::Fact),
            Domain::Solve | Domain::Recall => {
                if self.answered() {
                    return Due::Nothing;
                }
                match self.unsaid().next() {
                    Some(fact) if self.done == 0 => Due::Fact(fact),
                    _ => self.after_facts(),
                }
            }
            Domain::Polite => match self.unsaid().next() {
                Some(fact) if self.task.is_hazard(fact) && !self.declined() => Due::Decline(fact),
                Some(fact) if !self.task.is_hazard(fact) => Due::Fact(fact),
                _ if self.closed() => Due::Nothing,
                _ => Due::Close,
            },
        }
    }

    /// What is due once no more facts will be written.
    pub(super) fn after_facts(&self) -> Due {
        if self.done < self.problem.operators.len() { Due::Sum } else { Due::Answer }
    }

    /// How many segments the plan still needs at most.
    fn remaining(&self) -> usize {
        let facts = self.unsaid().count();
        match (self.problem.domain, self.due()) {
            (_, Due::Nothing) => 0,
            (Domain::State, _) => facts,
            (Domain::Solve | Domain::Recall, _) => {
                let facts = if self.done == 0 { facts } else { 0 };
                facts + self.problem.operators.len().saturating_sub(self.done) + 1
            }
            (Domain::Polite, due) => 1 + usize::from(due != Due::Close),
        }
    }

    /// Segments that are left beyond those of the plan; `None` if they do not suffice for it.
    pub(super) fn spare(&self) -> Option<usize> {
        let left = (self.task.config.segments as usize).checked_sub(self.segments.len())?;
        left.checked_sub(self.remaining())
    }

    /// The task's verdict, were this the whole answer.
    pub(super) fn solved(&self) -> bool {
        let placed = |segment: &Segment| PlacedSegment { tokens: 0..0, segment: *segment };
        let placed: Vec<PlacedSegment> = self.segments.iter().map(placed).collect();
        self.task.solves(self.problem, &placed)
    }
}
