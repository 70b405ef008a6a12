use std::collections::BTreeMap;

use super::super::Query;
use super::super::retriever::retrieve;
use super::*;

proptest! {
    #[test]
    fn a_reply_is_a_function_of_task_query_and_turn_and_holds_different_documents(
        config in configs(), seed: u64, turn in 0u32..8,
    ) {
        let query = Query { entity: 1, relation: 1 };
        let reply = retrieve(&config, seed, query, turn);
        prop_assert_eq!(&reply, &retrieve(&config, seed, query, turn));
        prop_assert_eq!(reply.len(), config.reply() as usize);
        for (at, document) in reply.iter().enumerate() {
            prop_assert!(!reply[..at].contains(document));
            prop_assert!(document.entity < config.entities && document.relation < config.relations);
        }
    }

    #[test]
    fn without_noise_the_best_scores_come_back(config in configs(), seed: u64, turn in 0u32..8) {
        let config = LookupConfig { retriever_noise: 0.0, distractors: 0, ..config };
        let query = Query { entity: 2, relation: 0 };
        let mut scores: Vec<u32> = retrieve(&config, seed, query, turn)
            .iter()
            .map(|d| 2 * u32::from(d.entity == query.entity) + u32::from(d.relation == query.relation))
            .collect();
        scores.sort_unstable_by(|a, b| b.cmp(a));
        // The exact document, then those about the entity, then those of the relation.
        let mut expected = vec![3];
        expected.extend(vec![2; config.relations as usize - 1]);
        expected.extend(vec![1; config.entities as usize - 1]);
        expected.truncate(config.top_k as usize);
        prop_assert_eq!(scores, expected);
    }
}

/// How often each document comes back to one query over many tasks.
fn frequencies(config: &LookupConfig, query: Query, tasks: u64) -> BTreeMap<Query, u64> {
    let mut counts = BTreeMap::new();
    for document in (0..tasks).flat_map(|seed| retrieve(config, seed, query, 0)) {
        *counts.entry(document).or_insert(0) += 1;
    }
    counts
}

#[test]
fn ties_are_broken_evenly_and_the_order_shown_tells_nothing() {
    const TASKS: u64 = 3000;
    let config = LookupConfig { retriever_noise: 0.0, ..LookupConfig::default() };
    let query = Query { entity: 7, relation: 2 };
    let counts = frequencies(&config, query, TASKS);
    // The exact document always, and one of the three others about the entity: 1000 each, s.d. 25.8.
    assert_eq!(counts.len(), 4);
    for (document, count) in counts {
        let expected = if document == query { TASKS } else { TASKS / 3 };
        let error = if document == query { 0 } else { 129 };
        assert!(u64::abs_diff(count, expected) <= error, "{document:?}: {count}");
    }
    let first = (0..TASKS).filter(|seed| retrieve(&config, *seed, query, 0)[0] == query).count();
    // 1500 expected, s.d. 27.4.
    assert!(first.abs_diff(1500) <= 137, "{first}");
}

#[test]
fn distractors_are_drawn_evenly_from_the_rest() {
    const TASKS: u64 = 9400;
    let config = LookupConfig { retriever_noise: 0.0, top_k: 1, distractors: 2, ..LookupConfig::default() };
    let query = Query { entity: 0, relation: 0 };
    let counts = frequencies(&config, query, TASKS);
    assert_eq!(counts.get(&query), Some(&TASKS));
    assert_eq!(counts.len(), 96);
    // 9400 · 2/95 = 197.9 expected of each other, s.d. 13.9; five and a half of them for 95 at once.
    assert!(counts.iter().all(|(d, count)| *d == query || count.abs_diff(198) <= 77), "{counts:?}");
}

/// Probability that the exact document is among the `k = 1` best, by the law of the maximum of shifted Gumbel
/// draws: `e^{3/η} / Σ_d e^{s_d/η}`.
#[test]
fn the_noise_is_gumbel_of_the_given_scale() {
    const TASKS: u64 = 4000;
    for eta in [0.5, 1.0, 2.0] {
        let config = LookupConfig { retriever_noise: eta, top_k: 1, ..LookupConfig::default() };
        let query = Query { entity: 5, relation: 3 };
        let found = frequencies(&config, query, TASKS).get(&query).copied().unwrap_or(0) as f64;
        let weight = |score: f64| (score / eta).exp();
        let total = weight(3.0) + 3.0 * weight(2.0) + 23.0 * weight(1.0) + 69.0;
        let p = weight(3.0) / total;
        let error = 5.0 * (p * (1.0 - p) / TASKS as f64).sqrt();
        assert!((found / TASKS as f64 - p).abs() < error, "η {eta}: {found} of {TASKS}, expected {p}");
    }
}

#[test]
fn luck_differs_between_turns() {
    let config = LookupConfig { retriever_noise: 0.0, ..LookupConfig::default() };
    let query = Query { entity: 7, relation: 2 };
    let replies: Vec<_> = (0..8).map(|turn| retrieve(&config, 1, query, turn)).collect();
    assert!(replies.iter().any(|reply| *reply != replies[0]));
}
