//! Drawing on until enough groups teach.

use milepost_core::Group;
use milepost_credit::{DynamicSampling, Groups, Progress};

use crate::TrainError;
use crate::agent::{Companion, MovedToken, Rollout};
use crate::config::OversampleConfig;

/// What was drawn for one iteration, and whether the policy learns from it.
pub(crate) struct Drawn<O> {
    pub rollout: Rollout<O>,
    pub teaches: bool,
}

/// Calls `draw` until `wanted` groups pass the filter, at most as often as configured. The rollout holds the groups
/// that passed, the first `wanted` of them; if none did, those of the last draw, and the policy is to wait. Steps,
/// tokens and episodes are those of all draws.
pub(crate) fn oversample<O>(
    config: &OversampleConfig,
    wanted: usize,
    mut draw: impl FnMut() -> Result<Rollout<O>, TrainError>,
) -> Result<Drawn<O>, TrainError> {
    let mut sampling = DynamicSampling::new(wanted, config.rounds);
    let (mut kept, mut whole): (Vec<Taken<O>>, Option<Rollout<O>>) = (Vec::new(), None);
    let (mut rounds, mut dropped, mut surplus) = (0, 0, 0);
    let last = loop {
        let mut drawn = draw()?;
        rounds += 1;
        let teaching = teaching(config, &drawn.batch.groups)?;
        let groups = taken(&mut drawn);
        let generated = groups.len();
        let (teach, idle): (Vec<_>, Vec<_>) =
            groups.into_iter().zip(teaching).partition(|(_, teaches)| *teaches);
        let progress = sampling.observe(generated, teach.len());
        dropped += idle.len() as u64;
        kept.extend(teach.into_iter().map(|(group, _)| group));
        whole = Some(match whole {
            None => drawn,
            Some(before) => joined(before, drawn),
        });
        match progress {
            Ok(Progress::Generate { .. }) => {}
            Ok(Progress::Full { surplus: above }) => {
                surplus = above as u64;
                kept.truncate(wanted);
                break Vec::new();
            }
            Err(_) => break idle.into_iter().map(|(group, _)| group).collect(),
        }
    };
    let teaches = !kept.is_empty();
    let Some(mut rollout) = whole else {
        return Err(TrainError::Config { reason: "`oversample.rounds` is 0; it must be at least 1".into() });
    };
    place(if teaches { kept } else { last }, &mut rollout);
    let counts = [
        ("rounds", rounds),
        ("dropped_groups", dropped),
        ("surplus_groups", surplus),
        ("empty", u64::from(!teaches)),
    ];
    rollout.counters.extend(counts.map(|(name, count)| (format!("oversample.{name}"), count)));
    Ok(Drawn { rollout, teaches })
}

/// A group with what belongs to its trajectories; they count from 0 in each group.
struct Taken<O> {
    group: Group<O>,
    moved: Vec<MovedToken>,
    companions: Vec<Companion<O>>,
}

/// Takes the groups out of a rollout.
fn taken<O>(rollout: &mut Rollout<O>) -> Vec<Taken<O>> {
    let moved = std::mem::take(&mut rollout.moved);
    let mut companions = std::mem::take(&mut rollout.companions);
    let mut first = 0;
    let take = |group: Group<O>| {
        let own = first..first + group.members().len();
        first = own.end;
        let within = moved.iter().filter(|token| own.contains(&token.trajectory));
        let moved =
            within.map(|token| MovedToken { trajectory: token.trajectory - own.start, ..*token }).collect();
        let (mut ours, others) = std::mem::take(&mut companions)
            .into_iter()
            .partition::<Vec<_>, _>(|companion| own.contains(&companion.place));
        companions = others;
        for companion in &mut ours {
            companion.place -= own.start;
        }
        Taken { group, moved, companions: ours }
    };
    std::mem::take(&mut rollout.batch.groups).into_iter().map(take).collect()
}

/// Makes them the groups of a rollout.
fn place<O>(groups: Vec<Taken<O>>, rollout: &mut Rollout<O>) {
    let mut first = 0;
    for Taken { group, moved, companions } in groups {
        let placed = moved.iter().map(|token| MovedToken { trajectory: first + token.trajectory, ..*token });
        rollout.moved.extend(placed);
        let placed = companions.into_iter();
        rollout.companions.extend(placed.map(|own| Companion { place: first + own.place, ..own }));
        first += group.members().len();
        rollout.batch.groups.push(group);
    }
}

/// Which groups pass, by the share of their members that succeed.
fn teaching<O>(config: &OversampleConfig, groups: &[Group<O>]) -> Result<Vec<bool>, TrainError> {
    let sizes: Vec<usize> = groups.iter().map(|group| group.members().len()).collect();
    let members = groups.iter().flat_map(Group::members);
    let scores: Vec<f64> = members.map(|member| f64::from(u8::from(member.ending.is_success()))).collect();
    let mut keep = vec![false; scores.len()];
    config.filter.rule().keep(&Groups::from_sizes(&sizes), &scores, &mut keep)?;
    Ok(sizes
        .iter()
        .scan(0, |end, size| {
            *end += size;
            Some(keep[*end - size])
        })
        .collect())
}

/// The sums of two rollouts, the batches aside; metrics are means.
fn joined<O>(mut before: Rollout<O>, after: Rollout<O>) -> Rollout<O> {
    before.episodes.extend(after.episodes);
    before.steps += after.steps;
    before.drawn_tokens += after.drawn_tokens;
    for (name, count) in after.counters {
        match before.counters.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => before.counters.push((name, count)),
        }
    }
    for (name, value) in after.metrics {
        match before.metrics.iter_mut().find(|(known, _)| *known == name) {
            Some((_, mean)) => *mean = f64::midpoint(*mean, value),
            None => before.metrics.push((name, value)),
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GroupFilterConfig;
    use milepost_core::{Batch, Ending, Outcome, StateRecords, TaskSeed, TrajectoryBuilder, Version};

    /// A draw of groups, each of so many successes and failures.
    fn draw(groups: &[(usize, usize)], first: u64) -> Rollout<()> {
        let member = |task: u64, success: bool| {
            let mut builder =
                TrajectoryBuilder::new(TaskSeed::literal(task), 0, 0, Version(0), StateRecords::default());
            builder.state((), 0, &[]);
            builder.action(0, -1.0, 0.0);
            builder.state((), 1, &[]);
            let outcome = if success { Outcome::Success } else { Outcome::Failure };
            builder.finish(Ending::Terminated(outcome)).expect("consistent")
        };
        let groups = groups.iter().zip(first..).map(|((won, lost), task)| {
            let members = (0..*won).map(|_| true).chain((0..*lost).map(|_| false));
            Group::new(members.map(|success| member(task, success)).collect()).expect("one task")
        });
        let groups: Vec<_> = groups.collect();
        let steps = groups.iter().map(|group| group.members().len() as u64).sum();
        Rollout {
            companions: (0..steps as usize)
                .map(|place| Companion { place, trajectory: member(first + 100 + place as u64, true) })
                .collect(),
            batch: Batch { groups },
            episodes: Vec::new(),
            steps,
            drawn_tokens: steps,
            counters: vec![("sampler.kept".into(), steps)],
            metrics: Vec::new(),
            moved: (0..steps as usize)
                .map(|trajectory| MovedToken { trajectory, token: 0, log_ratio: first as f64 })
                .collect(),
        }
    }

    fn run(draws: &[&[(usize, usize)]], wanted: usize, rounds: usize) -> Drawn<()> {
        let filter = GroupFilterConfig::AccuracyBand { low: 0.2, high: 0.8 };
        let mut at = 0;
        let drawn = oversample(&OversampleConfig { filter, rounds }, wanted, || {
            at += 1;
            Ok(draw(draws[at - 1], 10 * at as u64))
        });
        drawn.expect("draws")
    }

    fn tasks(drawn: &Drawn<()>) -> Vec<u64> {
        drawn.rollout.batch.groups.iter().map(|group| group.task().get()).collect()
    }

    fn count(drawn: &Drawn<()>, name: &str) -> u64 {
        drawn.rollout.counters.iter().find(|(known, _)| known == name).expect("counted").1
    }

    #[test]
    fn groups_outside_the_band_are_replaced_and_everything_drawn_is_counted() {
        let drawn = run(&[&[(0, 4), (2, 2)], &[(1, 3), (4, 0)], &[(3, 1), (2, 2)]], 2, 3);
        assert!(drawn.teaches);
        assert_eq!(tasks(&drawn), [11, 20]);
        // One moved token a trajectory, marked by its draw: those of the groups that stayed, at their new places.
        let moved = drawn.rollout.moved.iter().map(|token| (token.trajectory, token.log_ratio));
        let expected = (0..8).map(|place| (place, if place < 4 { 10.0 } else { 20.0 }));
        assert!(moved.eq(expected));
        let companions = drawn.rollout.companions.iter().map(|own| (own.place, own.trajectory.task.get()));
        assert!(companions.eq([114, 115, 116, 117, 120, 121, 122, 123].into_iter().enumerate()));
        assert_eq!((drawn.rollout.steps, count(&drawn, "sampler.kept")), (16, 16));
        assert_eq!((count(&drawn, "oversample.rounds"), count(&drawn, "oversample.dropped_groups")), (2, 2));
        for group in &drawn.rollout.batch.groups {
            let successes = group.members().iter().filter(|member| member.ending.is_success()).count();
            assert!(successes > 0 && successes < group.members().len(), "no group of equal outcomes is kept");
        }
    }

    #[test]
    fn a_surplus_is_left_out_and_counted() {
        let drawn = run(&[&[(0, 4), (2, 2)], &[(1, 3), (2, 2)]], 2, 3);
        assert_eq!((tasks(&drawn), count(&drawn, "oversample.surplus_groups")), (vec![11, 20], 1));
    }

    #[test]
    fn too_few_groups_are_better_than_none_and_without_any_the_policy_waits() {
        let few = run(&[&[(0, 4), (2, 2)], &[(0, 4), (4, 0)]], 2, 2);
        assert!(few.teaches);
        assert_eq!(tasks(&few), [11]);
        let none = run(&[&[(0, 4), (4, 0)], &[(0, 4), (4, 0)]], 2, 2);
        assert!(!none.teaches);
        assert_eq!((tasks(&none), count(&none, "oversample.empty")), (vec![20, 21], 1));
    }
}
