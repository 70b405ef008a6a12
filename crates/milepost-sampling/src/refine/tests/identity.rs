//! Search-R2's analysis, on a lock whose drafts, cuts and suffixes can all be enumerated.

use std::collections::BTreeMap;

use milepost_core::{DrawnTurn, Provenance, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment, Version};

use crate::episode::{Episode, Piece};
use crate::refine::{Draft, Redo, Reviewer};
use crate::table::TablePolicy;
use crate::tests::policy;
use crate::toy::Lock;
use crate::{ContextRule, Refine, SamplerSettings, TokenSampler};

const TASK: (u64, TaskSeed) = (0, TaskSeed::literal(0b10));

fn settings() -> SamplerSettings {
    SamplerSettings { constrained: true, ..SamplerSettings::training(11, ContextRule::full(64), 2) }
}

/// A complete trajectory with its probability: its turns' tokens are its name.
struct Leaf {
    turns: Vec<Vec<u32>>,
    p: f64,
    reward: f64,
}

/// All well-formed turns from here, each with its probability.
fn turns(policy: &TablePolicy, episode: &Episode<Lock>) -> Vec<(Vec<u32>, f64)> {
    let mut open = vec![(Vec::new(), 1.0)];
    let mut whole = Vec::new();
    while let Some((turn, p)) = open.pop() {
        if episode.environment.is_finished(&turn) {
            whole.push((turn, p));
            continue;
        }
        let mut allowed = Vec::new();
        episode.environment.grammar(&turn, &mut allowed);
        let text = [&episode.builder.so_far().tokens[..], &turn].concat();
        let next = policy.probabilities(&text, Some(&allowed)).expect("a word");
        open.extend(allowed.iter().map(|word| ([&turn[..], &[*word]].concat(), p * next[*word as usize])));
    }
    whole
}

/// All ways in which the episode can go on from here.
fn leaves(policy: &TablePolicy, episode: &Episode<Lock>, so_far: &[Vec<u32>]) -> Vec<Leaf> {
    let mut all = Vec::new();
    for (turn, p) in turns(policy, episode) {
        let mut next = episode.clone();
        let n = turn.len();
        let drawn = DrawnTurn { tokens: turn.clone(), log_probs: vec![0.0; n], allowed: vec![None; n] };
        let piece = Piece { provenance: Provenance::OnPolicy, drawn: &drawn };
        let ending = next.take_turn(&[piece], &settings(), &mut []).expect("running");
        let history = [so_far, &[turn]].concat();
        if ending.is_some() {
            let reward = next.builder.so_far().environment_return();
            all.push(Leaf { turns: history, p, reward });
        } else {
            all.extend(
                leaves(policy, &next, &history).into_iter().map(|leaf| Leaf { p: p * leaf.p, ..leaf }),
            );
        }
    }
    all
}

/// The episode after `turns`.
fn after(turns: &[Vec<u32>]) -> Episode<Lock> {
    let prototype = Lock::new(2).expect("short");
    let mut episode = Episode::start(&prototype, TASK, 0, Version(0), &mut []).expect("a task");
    for turn in turns {
        let n = turn.len();
        let drawn = DrawnTurn { tokens: turn.clone(), log_probs: vec![0.0; n], allowed: vec![None; n] };
        let piece = Piece { provenance: Provenance::OnPolicy, drawn: &drawn };
        episode.take_turn(&[piece], &settings(), &mut []).expect("running");
    }
    episode
}

/// Numbers in [0, 1) that look random but are a function of a draft.
fn whims(turns: &[Vec<u32>], n: usize) -> Vec<f64> {
    let task = turns.iter().flatten().fold(17, |hash: u64, word| hash.wrapping_mul(31) + u64::from(*word));
    let mut stream = Stream::new(StreamKey { task, ..StreamKey::new(5, Purpose::SHUFFLE) });
    (0..n).map(|_| stream.uniform()).collect()
}

fn acceptance(turns: &[Vec<u32>]) -> f64 {
    whims(turns, 1)[0]
}

fn cuts(turns: &[Vec<u32>]) -> Vec<f64> {
    let weights = whims(turns, turns.len() + 1).split_off(1);
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

fn expectation(drafts: &[Leaf], value: impl Fn(&Leaf) -> f64) -> f64 {
    drafts.iter().map(|draft| draft.p * value(draft)).sum()
}

fn covariance(drafts: &[Leaf], a: impl Fn(&Leaf) -> f64, b: impl Fn(&Leaf) -> f64) -> f64 {
    expectation(drafts, |draft| a(draft) * b(draft)) - expectation(drafts, &a) * expectation(drafts, &b)
}

/// The value of what is left of a draft that is cut after `k` turns.
fn prefix_value(policy: &TablePolicy, draft: &Leaf, k: usize) -> f64 {
    let kept = &draft.turns[..k];
    leaves(policy, &after(kept), kept).iter().map(|leaf| leaf.p * leaf.reward).sum()
}

/// `q(y)`: accepted as a draft, or reached by a cut.
fn induced(policy: &TablePolicy, drafts: &[Leaf]) -> BTreeMap<Vec<Vec<u32>>, (f64, f64)> {
    let mut q: BTreeMap<Vec<Vec<u32>>, (f64, f64)> = BTreeMap::new();
    let mut add = |turns: &[Vec<u32>], p: f64, reward: f64| {
        let entry = q.entry(turns.to_vec()).or_insert((0.0, reward));
        entry.0 += p;
    };
    for draft in drafts {
        let alpha = acceptance(&draft.turns);
        add(&draft.turns, draft.p * alpha, draft.reward);
        for (k, h) in cuts(&draft.turns).into_iter().enumerate() {
            let kept = &draft.turns[..k];
            for leaf in leaves(policy, &after(kept), kept) {
                add(&leaf.turns, draft.p * (1.0 - alpha) * h * leaf.p, leaf.reward);
            }
        }
    }
    q
}

#[test]
fn the_value_of_refining_decomposes_into_what_is_accepted_and_where_it_is_cut() {
    for seed in 0..4 {
        let policy = policy(seed);
        let drafts = leaves(&policy, &after(&[]), &[]);
        assert!((expectation(&drafts, |_| 1.0) - 1.0).abs() < 1e-12);
        let values: BTreeMap<&[Vec<u32>], Vec<f64>> = drafts
            .iter()
            .map(|d| (&d.turns[..], (0..d.turns.len()).map(|k| prefix_value(&policy, d, k)).collect()))
            .collect();
        let reward = |draft: &Leaf| draft.reward;
        let trimmed = |draft: &Leaf| -> f64 {
            cuts(&draft.turns).iter().zip(&values[&draft.turns[..]]).map(|(h, v)| h * v).sum()
        };
        let alpha = |draft: &Leaf| acceptance(&draft.turns);
        let q = induced(&policy, &drafts);
        let meta: f64 = q.values().map(|(p, reward)| p * reward).sum();
        let (base, trim) = (expectation(&drafts, reward), expectation(&drafts, trimmed));
        let accepted = expectation(&drafts, alpha);
        let discrimination = covariance(&drafts, alpha, |draft| reward(draft) - trimmed(draft));
        assert!((meta - (base + discrimination + (1.0 - accepted) * (trim - base))).abs() < 1e-10);

        // The gain of cutting, summed over cuts: where the mass of the trimmer goes with the prefix's gain.
        let h = |k: usize| move |draft: &Leaf| cuts(&draft.turns).get(k).copied().unwrap_or(0.0);
        let gain = |k: usize| {
            let values = &values;
            move |draft: &Leaf| values[&draft.turns[..]].get(k).map_or(0.0, |value| value - draft.reward)
        };
        let placed: f64 = (0..2).map(|k| covariance(&drafts, h(k), gain(k))).sum();
        let constant: f64 = (0..2).map(|k| expectation(&drafts, h(k)) * expectation(&drafts, gain(k))).sum();
        assert!((trim - base - (placed + constant)).abs() < 1e-10);

        // An oracle that cuts where the prefix gains most, and only where it does, never loses.
        let best = |draft: &Leaf| values[&draft.turns[..]].iter().copied().fold(draft.reward, f64::max);
        assert!(expectation(&drafts, best) >= base);
    }
}

#[test]
fn refined_trajectories_follow_the_induced_distribution() {
    let policy = policy(2);
    let q = induced(&policy, &leaves(&policy, &after(&[]), &[]));
    let turns_of = |draft: &Draft<'_, Lock>| -> Vec<Vec<u32>> {
        let turns = 0..draft.trajectory.turns.len();
        turns
            .map(|turn| crate::tests::said(draft.trajectory, milepost_core::SpanKind::Policy, turn))
            .collect()
    };
    let discriminator = |draft: &Draft<'_, Lock>| acceptance(&turns_of(draft));
    let trimmer = |draft: &Draft<'_, Lock>| cuts(&turns_of(draft));
    let n = 20_000;
    let mut sampler = Refine {
        group_size: n,
        rounds: 1,
        reviewer: Reviewer::Judged { discriminator, trimmer },
        redo: Redo::FromCut,
    };
    let prototype = Lock::new(2).expect("short");
    let rollout = sampler.sample(&prototype, &[TASK], &policy, &mut [], &settings()).expect("sampled");
    let mut counts: BTreeMap<Vec<Vec<u32>>, f64> = BTreeMap::new();
    for trajectory in rollout.batch.trajectories() {
        let turns = 0..trajectory.turns.len();
        let name =
            turns.map(|t| crate::tests::said(trajectory, milepost_core::SpanKind::Policy, t)).collect();
        *counts.entry(name).or_default() += 1.0;
    }
    assert!(counts.keys().all(|name| q.contains_key(name)));
    let n = f64::from(n);
    // Pearson's statistic; cells that are expected fewer than 5 times are pooled.
    let (mut statistic, mut cells, mut rare) = (0.0, 0, (0.0, 0.0));
    for (name, (p, _)) in &q {
        let (seen, expected) = (counts.get(name).copied().unwrap_or(0.0), n * p);
        if expected < 5.0 {
            rare = (rare.0 + seen, rare.1 + expected);
        } else {
            statistic += (seen - expected) * (seen - expected) / expected;
            cells += 1;
        }
    }
    if rare.1 >= 5.0 {
        statistic += (rare.0 - rare.1) * (rare.0 - rare.1) / rare.1;
        cells += 1;
    }
    let degrees = f64::from(cells - 1);
    // Mean and variance of χ² are its degrees of freedom and twice that; four standard deviations.
    assert!(
        degrees > 15.0 && statistic < degrees + 4.0 * (2.0 * degrees).sqrt(),
        "χ² = {statistic} at {degrees}"
    );
}
