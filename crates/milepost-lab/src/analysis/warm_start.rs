//! What warm starts brought: how good a policy is before it learns from rewards, and how good a teacher is.

use super::recorded::{ArmRecord, SeedRecord};
use crate::record::event::WarmStart;
use crate::report::Fact;

/// What was imitated, and the success rate on the held-out tasks right after, where it is known.
type Begun<'a> = (&'a WarmStart, Option<f64>);

/// One fact for each warm start and each teacher, named for the arms that share it.
pub(super) fn facts(arms: &[ArmRecord]) -> Vec<Fact> {
    let policies = shared("warm start", arms, policy);
    policies.into_iter().chain(shared("teacher", arms, teacher)).collect()
}

fn policy(seed: &SeedRecord) -> Option<Begun<'_>> {
    Some((seed.warm_start.as_ref()?, seed.curve.first().map(|point| point.success)))
}

fn teacher(seed: &SeedRecord) -> Option<Begun<'_>> {
    seed.teacher.as_ref().map(|teacher| (&teacher.learned, Some(teacher.success)))
}

fn shared(what: &str, arms: &[ArmRecord], begun: fn(&SeedRecord) -> Option<Begun<'_>>) -> Vec<Fact> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for arm in arms {
        let Some(text) = describe(&arm.seeds, begun) else { continue };
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(&arm.name),
            None => found.push((text, vec![&arm.name])),
        }
    }
    let label = |names: &[&str]| {
        if names.len() == arms.len() { what.to_owned() } else { format!("{what} of {}", names.join(", ")) }
    };
    found.into_iter().map(|(value, names)| Fact { label: label(&names), value }).collect()
}

/// Means over the seeds that have one; `None` where none has.
fn describe(seeds: &[SeedRecord], begun: fn(&SeedRecord) -> Option<Begun<'_>>) -> Option<String> {
    let started: Vec<Begun<'_>> = seeds.iter().filter_map(begun).collect();
    let n = started.len() as f64;
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / n;
    let (first, _) = started.first()?;
    let solved =
        mean(started.iter().map(|(w, _)| w.solved as f64 / w.demonstrations.max(1) as f64).collect());
    let tokens = mean(started.iter().map(|(w, _)| w.tokens as f64).collect());
    let loss = |at: fn(&[f64]) -> Option<&f64>| {
        mean(started.iter().map(|(w, _)| at(&w.losses).copied().unwrap_or(f64::NAN)).collect())
    };
    let after: Vec<f64> = started.iter().filter_map(|(_, success)| *success).collect();
    let (low, high) =
        after.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    Some(format!(
        "{} demonstrations, {:.0} % of which solve their task ({tokens:.0} tokens); loss of a token {:.3} in the \
         first epoch, {:.3} in the last; success rate right after {:.3} (from {low:.3} to {high:.3} over {})",
        first.demonstrations,
        100.0 * solved,
        loss(<[f64]>::first),
        loss(<[f64]>::last),
        after.iter().sum::<f64>() / after.len() as f64,
        if started.len() == 1 { "1 seed".to_owned() } else { format!("{} seeds", started.len()) },
    ))
}

#[cfg(test)]
mod tests {
    use super::super::recorded::tests::seed;
    use super::*;
    use crate::record::event::Teacher;

    fn learned(demonstrations: u64, tokens: u64) -> WarmStart {
        WarmStart {
            demonstrations,
            solved: demonstrations / 2,
            reviews: 0,
            tokens,
            charged: 0,
            losses: vec![2.0, 1.0, 0.5],
        }
    }

    fn arm(name: &str, successes: &[f64], demonstrations: u64) -> ArmRecord {
        let seeds = successes.iter().zip(0u64..).map(|(success, index)| SeedRecord {
            warm_start: (demonstrations > 0).then(|| learned(demonstrations, 100 + index)),
            ..seed(index, &[(0, *success), (100, 1.0)])
        });
        ArmRecord { name: name.into(), about: String::new(), seeds: seeds.collect() }
    }

    fn taught(name: &str, successes: &[f64]) -> ArmRecord {
        let mut arm = arm(name, &vec![0.0; successes.len()], 0);
        for (seed, success) in arm.seeds.iter_mut().zip(successes) {
            seed.teacher = Some(Teacher { learned: learned(40, 900), tasks: 10, success: *success });
        }
        arm
    }

    #[test]
    fn the_success_rate_right_after_a_warm_start_is_told_once_for_the_arms_that_share_it() {
        let shared = facts(&[arm("a", &[0.1, 0.3], 8), arm("b", &[0.1, 0.3], 8)]);
        assert_eq!(shared.len(), 1);
        assert_eq!(shared[0].label, "warm start");
        assert_eq!(
            shared[0].value,
            "8 demonstrations, 50 % of which solve their task (100 tokens); loss of a token 2.000 in the first \
             epoch, 0.500 in the last; success rate right after 0.200 (from 0.100 to 0.300 over 2 seeds)"
        );
        let apart = facts(&[arm("a", &[0.1, 0.3], 8), arm("b", &[0.2, 0.3], 8), arm("none", &[0.0], 0)]);
        let labels: Vec<&str> = apart.iter().map(|fact| fact.label.as_str()).collect();
        assert_eq!(labels, ["warm start of a", "warm start of b"]);
    }

    #[test]
    fn a_teacher_is_told_with_the_success_rate_of_its_own() {
        let told = facts(&[taught("a", &[0.8, 0.9]), arm("plain", &[0.1], 0), taught("b", &[0.8, 0.9])]);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].label, "teacher of a, b");
        assert!(told[0].value.starts_with("40 demonstrations, 50 % of which solve their task (900 tokens)"));
        assert!(told[0].value.ends_with("success rate right after 0.850 (from 0.800 to 0.900 over 2 seeds)"));
        let labels: Vec<String> = facts(&[taught("a", &[0.8]), taught("b", &[0.7]), arm("c", &[0.1], 8)])
            .into_iter()
            .map(|fact| fact.label)
            .collect();
        assert_eq!(labels, ["warm start of c", "teacher of a", "teacher of b"]);
    }
}
