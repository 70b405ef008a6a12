use std::collections::BTreeMap;

/// A step of a plan, in numbers of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanStep {
    pub(crate) command: u32,
    pub(crate) needed: Vec<u32>,
    pub(crate) added: Vec<u32>,
    pub(crate) removed: Vec<u32>,
    /// Whether it moves the player and does nothing else.
    pub(crate) walk: bool,
}

/// The command at which a plan can be taken up again: that of the shortest rest of the plan that can be
/// done from these facts and makes `goal` true.
///
/// TextWorld's winning policy finds more, but plans that walk the same way twice confuse it; on the plan itself
/// this never fails, and it is cheaper.
pub(crate) fn resume(plan: &[PlanStep], goal: &[u32], holds: impl Fn(u32) -> bool) -> Option<u32> {
    let works = |start: &usize| {
        let mut changed: BTreeMap<u32, bool> = BTreeMap::new();
        let now = |changed: &BTreeMap<u32, bool>, fact: &u32| {
            changed.get(fact).copied().unwrap_or_else(|| holds(*fact))
        };
        for step in &plan[*start..] {
            if !step.needed.iter().all(|fact| now(&changed, fact)) {
                return false;
            }
            changed.extend(step.added.iter().map(|fact| (*fact, true)));
            changed.extend(step.removed.iter().map(|fact| (*fact, false)));
        }
        goal.iter().all(|fact| now(&changed, fact))
    };
    (0..plan.len()).rev().find(works).map(|start| plan[start].command)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Facts are rooms (1, 2) and a thing held (10): walk there, take it, walk back.
    fn plan() -> Vec<PlanStep> {
        let step = |command, needed: &[u32], added: &[u32], removed: &[u32]| PlanStep {
            command,
            needed: needed.to_vec(),
            added: added.to_vec(),
            removed: removed.to_vec(),
            walk: false,
        };
        vec![step(0, &[1], &[2], &[1]), step(1, &[2], &[10], &[]), step(2, &[2], &[1], &[2])]
    }

    #[test]
    fn the_shortest_rest_that_works_is_taken_up() {
        let at = |facts: &[u32]| resume(&plan(), &[1, 10], |fact| facts.contains(&fact));
        assert_eq!(at(&[1]), Some(0));
        assert_eq!(at(&[2]), Some(1));
        assert_eq!(at(&[2, 10]), Some(2));
        assert_eq!(at(&[3]), None, "off the plan");
    }
}
