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

fn settings(turns: u32) -> SamplerSettings {
    SamplerSettings { constrained: true, ..SamplerSettings::training(11, ContextRule::full(64), turns) }
}

/// A complete trajectory with its probability: its turns' tokens are its name.
#[derive(Clone)]
struct Leaf {
    turns: Vec<Vec<u32>>,
    p: f64,
    reward: f64,
}

/// What can follow some turns.
struct Node {
    /// Complete trajectories that begin with them, each with its probability from there on.
    leaves: Vec<Leaf>,
    /// Their mean reward, `V`.
    value: f64,
}

/// Everything that a policy can write on one task of a lock that allows as many turns as its code has dials.
struct Tree {
    /// By the turns taken.
    nodes: BTreeMap<Vec<Vec<u32>>, Node>,
}

/// Probability and reward of each trajectory.
type Distribution = BTreeMap<Vec<Vec<u32>>, (f64, f64)>;

impl Tree {
    fn grow(policy: &TablePolicy, turns: u32) -> Self {
        let prototype = Lock::new(turns).expect("short");
        let episode = Episode::start(&prototype, TASK, 0, Version(0), &mut []).expect("a task");
        let mut tree = Self { nodes: BTreeMap::new() };
        tree.visit(policy, &settings(turns), &episode, &[]);
        tree
    }

    /// All ways in which the episode can go on from here.
    fn visit(
        &mut self,
        policy: &TablePolicy,
        settings: &SamplerSettings,
        episode: &Episode<Lock>,
        so_far: &[Vec<u32>],
    ) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        for (turn, p) in turns(policy, episode) {
            let mut next = episode.clone();
            let n = turn.len();
            let drawn = DrawnTurn { tokens: turn.clone(), log_probs: vec![0.0; n], allowed: vec![None; n] };
            let piece = Piece { provenance: Provenance::OnPolicy, drawn: &drawn };
            let ending = next.take_turn(&[piece], settings, &mut []).expect("running");
            let history = [so_far, &[turn]].concat();
            if ending.is_some() {
                let reward = next.builder.so_far().environment_return();
                leaves.push(Leaf { turns: history, p, reward });
            } else {
                let rest = self.visit(policy, settings, &next, &history);
                leaves.extend(rest.into_iter().map(|leaf| Leaf { p: p * leaf.p, ..leaf }));
            }
        }
        let value = expectation(&leaves, |leaf| leaf.reward);
        self.nodes.insert(so_far.to_vec(), Node { leaves: leaves.clone(), value });
        leaves
    }

    /// What is written where nothing is reviewed.
    fn drafts(&self) -> &[Leaf] {
        let nothing: &[Vec<u32>] = &[];
        &self.nodes[nothing].leaves
    }

    /// What a draft is worth that is cut after `0, 1, …` turns, `V(ŷ_{1:k})` with `k < M`.
    fn values(&self, draft: &Leaf) -> Vec<f64> {
        (0..draft.turns.len()).map(|k| self.nodes[&draft.turns[..k]].value).collect()
    }

    /// `q(y)`: accepted as a draft with probability `alpha`, or reached by a cut after `k` turns, of mass `h[k]`.
    fn induced(&self, alpha: impl Fn(&Leaf) -> f64, h: impl Fn(&Leaf) -> Vec<f64>) -> Distribution {
        let mut q = Distribution::new();
        let mut add = |leaf: &Leaf, p: f64| {
            q.entry(leaf.turns.clone()).or_insert((0.0, leaf.reward)).0 += p;
        };
        let mut kept: BTreeMap<&[Vec<u32>], f64> = BTreeMap::new();
        for draft in self.drafts() {
            let accepted = alpha(draft);
            add(draft, draft.p * accepted);
            for (k, mass) in h(draft).into_iter().enumerate() {
                *kept.entry(&draft.turns[..k]).or_default() += draft.p * (1.0 - accepted) * mass;
            }
        }
        for (turns, mass) in kept {
            self.nodes[turns].leaves.iter().for_each(|leaf| add(leaf, mass * leaf.p));
        }
        q
    }
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

/// `J`: the mean reward.
fn worth(q: &Distribution) -> f64 {
    q.values().map(|(p, reward)| p * reward).sum()
}

/// All mass on the first cut whose value no other surpasses.
fn surest(values: &[f64], surpasses: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let mut best = 0;
    for (k, value) in values.iter().enumerate() {
        if surpasses(*value, values[best]) {
            best = k;
        }
    }
    (0..values.len()).map(|k| f64::from(u8::from(k == best))).collect()
}

#[test]
fn the_value_of_refining_decomposes_into_what_is_accepted_and_where_it_is_cut() {
    const TURNS: usize = 3;
    for seed in 0..4 {
        let tree = Tree::grow(&policy(seed), TURNS as u32);
        let drafts = tree.drafts();
        assert!((expectation(drafts, |_| 1.0) - 1.0).abs() < 1e-12);
        assert!(drafts.iter().any(|draft| draft.turns.len() == TURNS && draft.reward == 1.0));
        let reward = |draft: &Leaf| draft.reward;
        let trimmed = |draft: &Leaf| -> f64 {
            cuts(&draft.turns).iter().zip(tree.values(draft)).map(|(h, value)| h * value).sum()
        };
        let alpha = |draft: &Leaf| acceptance(&draft.turns);
        let q = tree.induced(alpha, |draft| cuts(&draft.turns));
        assert!((q.values().map(|(p, _)| p).sum::<f64>() - 1.0).abs() < 1e-12);
        let (meta, base, trim) = (worth(&q), expectation(drafts, reward), expectation(drafts, trimmed));
        let accepted = expectation(drafts, alpha);
        let discrimination = covariance(drafts, alpha, |draft| reward(draft) - trimmed(draft));
        assert!((meta - (base + discrimination + (1.0 - accepted) * (trim - base))).abs() < 1e-10);

        // The gain of cutting, summed over cuts: where the mass of the trimmer goes with the prefix's gain.
        let h = |k: usize| move |draft: &Leaf| cuts(&draft.turns).get(k).copied().unwrap_or(0.0);
        let gain = |k: usize| {
            let tree = &tree;
            move |draft: &Leaf| tree.values(draft).get(k).map_or(0.0, |value| value - draft.reward)
        };
        let placed: f64 = (0..TURNS).map(|k| covariance(drafts, h(k), gain(k))).sum();
        let constant: f64 =
            (0..TURNS).map(|k| expectation(drafts, h(k)) * expectation(drafts, gain(k))).sum();
        assert!((trim - base - (placed + constant)).abs() < 1e-10);
    }
}

#[test]
fn who_knows_what_each_cut_is_worth_never_loses_and_who_also_keeps_what_none_improves_does_best() {
    for seed in 0..4 {
        let tree = Tree::grow(&policy(seed), 3);
        let base = expectation(tree.drafts(), |draft| draft.reward);
        let best_cut = |draft: &Leaf| surest(&tree.values(draft), |value, other| value > other);
        let no_gain = |draft: &Leaf| tree.values(draft).iter().all(|value| *value <= draft.reward);
        let always = worth(&tree.induced(|_| 0.0, best_cut));
        let oracle = worth(&tree.induced(|draft| f64::from(u8::from(no_gain(draft))), best_cut));
        let whimsical = worth(&tree.induced(|draft| acceptance(&draft.turns), |draft| cuts(&draft.turns)));
        let worst =
            worth(&tree.induced(|_| 0.0, |draft| surest(&tree.values(draft), |value, other| value < other)));
        assert!(always >= base - 1e-12, "seed {seed}: {always} where all is cut, {base} before");
        assert!(oracle >= always - 1e-12, "seed {seed}: {oracle} where what none improves is kept, {always}");
        assert!(oracle >= whimsical - 1e-12, "seed {seed}: {oracle}, and {whimsical} by whim");
        // Every lock has a wrong first dial, after which nothing can be won.
        assert!(worst < base, "seed {seed}: {worst} where the worst cut is made, {base} before");
    }
}

#[test]
fn refined_trajectories_follow_the_induced_distribution() {
    let policy = policy(2);
    let q = Tree::grow(&policy, 2).induced(|draft| acceptance(&draft.turns), |draft| cuts(&draft.turns));
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
    let rollout = sampler.sample(&prototype, &[TASK], &policy, &mut [], &settings(2)).expect("sampled");
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
