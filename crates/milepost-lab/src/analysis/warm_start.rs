//! What warm starts brought: how good a policy is before it learns from rewards.

use super::recorded::{ArmRecord, SeedRecord};
use crate::report::Fact;

/// One fact for each warm start, named for the arms that share it.
pub(super) fn facts(arms: &[ArmRecord]) -> Vec<Fact> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for arm in arms {
        let Some(text) = describe(&arm.seeds) else { continue };
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(&arm.name),
            None => found.push((text, vec![&arm.name])),
        }
    }
    let label = |names: &[&str]| {
        if names.len() == arms.len() {
            "warm start".into()
        } else {
            format!("warm start of {}", names.join(", "))
        }
    };
    found.into_iter().map(|(value, names)| Fact { label: label(&names), value }).collect()
}

/// Means over the seeds that were warm-started; `None` where none was.
fn describe(seeds: &[SeedRecord]) -> Option<String> {
    let started: Vec<_> = seeds.iter().filter_map(|seed| Some((seed.warm_start.as_ref()?, seed))).collect();
    let n = started.len() as f64;
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / n;
    let (first, _) = started.first()?;
    let solved =
        mean(started.iter().map(|(w, _)| w.solved as f64 / w.demonstrations.max(1) as f64).collect());
    let tokens = mean(started.iter().map(|(w, _)| w.tokens as f64).collect());
    let loss = |at: fn(&[f64]) -> Option<&f64>| {
        mean(started.iter().map(|(w, _)| at(&w.losses).copied().unwrap_or(f64::NAN)).collect())
    };
    let after: Vec<f64> = started.iter().filter_map(|(_, seed)| Some(seed.curve.first()?.success)).collect();
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
    use crate::record::event::WarmStart;

    fn arm(name: &str, successes: &[f64], demonstrations: u64) -> ArmRecord {
        let warm_start = |tokens| WarmStart {
            demonstrations,
            solved: demonstrations / 2,
            reviews: 0,
            tokens,
            charged: 0,
            losses: vec![2.0, 1.0, 0.5],
        };
        let seeds = successes.iter().zip(0u64..).map(|(success, index)| SeedRecord {
            warm_start: (demonstrations > 0).then(|| warm_start(100 + index)),
            ..seed(index, &[(0, *success), (100, 1.0)])
        });
        ArmRecord { name: name.into(), about: String::new(), seeds: seeds.collect() }
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
}
