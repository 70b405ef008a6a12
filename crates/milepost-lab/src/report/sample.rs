//! A made-up experiment for the tests: the numbers mean nothing, the shapes are those of a real run.

use std::fmt::Write as _;

use super::data::{
    Agreement, Arm, BandCurve, ChannelShare, ClaimRow, Counter, CreditXray, Estimate, Fact, Frame,
    HackingGap, Interval, Ledger, Metric, MetricCell, MetricRow, Outcome, Percentile, ReportData, RunMeta,
    SeedCurve, SeedScore, Summary, Throughput, Verdict, XrayStep,
};

/// A fixed sequence of numbers in −1..1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    }
}

const ARMS: [(&str, &str, f64, f64); 10] = [
    ("grpo", "group of 8 · outcome · group-normalised · clipped surrogate", 0.52, 0.9),
    ("igpo", "group of 8 · outcome + information gain · turn advantages · clipped surrogate", 0.93, 0.35),
    ("gigpo", "group of 8 · outcome · anchor-state groups · clipped surrogate", 0.84, 0.5),
    ("milestones", "group of 8 · outcome + milestones · reward-to-go · clipped surrogate", 0.88, 0.25),
    ("ppo-gae", "single trajectories · outcome · GAE with learned values · clipped surrogate", 0.61, 0.7),
    ("vineppo", "step trees · outcome · Monte Carlo values · clipped surrogate", 0.79, 0.6),
    ("rudder", "group of 8 · redistributed return · reward-to-go · clipped surrogate", 0.7, 0.55),
    ("implicit-prm", "group of 8 · outcome + implicit process reward · reward-to-go", 0.75, 0.45),
    ("rloo", "leave-one-out baseline · outcome · plain policy gradient", 0.55, 0.85),
    ("reinforce", "single trajectories · outcome · batch baseline", 0.3, 1.1),
];

fn claims() -> Vec<ClaimRow> {
    let claim = |claim: &str, outcome, sentence: &str| ClaimRow {
        claim: claim.to_owned(),
        outcome,
        sentence: sentence.to_owned(),
    };
    vec![
        claim(
            "igpo ends with a higher success rate than grpo.",
            Some(Outcome::Reproduced),
            "advantage +0.41",
        ),
        claim("igpo leaves fewer groups without variance.", None, "no verdict: too few seeds"),
    ]
}

/// A metric of every arm; undefined in one run of the second.
fn measured(name: &str, arms: &[Arm]) -> MetricRow {
    let cell = |(index, arm): (usize, &Arm)| MetricCell {
        summary: arm.summary.clone(),
        undefined: usize::from(index == 1),
    };
    MetricRow {
        name: name.to_owned(),
        about: "what it is, with its unit".to_owned(),
        lower_is_better: name == "final-length",
        arms: arms.iter().enumerate().map(cell).collect(),
    }
}

/// An experiment with `arms` ≤ 10 arms, `seeds` seeds and `points` evaluations per seed.
pub(super) fn sample(arms: usize, seeds: u64, points: usize) -> ReportData {
    let mut noise = Noise(7);
    let reference: Vec<f64> = (0..seeds).map(|_| 0.52 + 0.09 * noise.next()).collect();
    let arms: Vec<Arm> = ARMS[..arms]
        .iter()
        .enumerate()
        .map(|(k, spec)| arm(k, *spec, &reference, points, &mut noise))
        .collect();
    ReportData {
        experiment: "information-gain-doorkey".to_owned(),
        dossier: "igpo".to_owned(),
        question: "Does paying each turn for the information it gains teach faster than paying only for the outcome?"
            .to_owned(),
        claim: "With an equal budget of environment steps, igpo ends with a higher success rate than grpo.".to_owned(),
        environment: "DoorKey 6×6, sparse reward, partial view".to_owned(),
        verdict: Verdict {
            outcome: Outcome::Reproduced,
            sentence: "igpo solves 0.41 more of the unseen tasks than grpo (95 % interval 0.35 to 0.47), and all \
                       5 of 5 seeds agree."
                .to_owned(),
            rule: "Paired difference of igpo over grpo: 95 % interval above 0, and at least 4 of 5 seeds agree."
                .to_owned(),
            exploratory: seeds < 5,
        },
        claims: claims(),
        metrics: ["final-success", "final-length"].map(|name| measured(name, &arms)).into(),
        metric: Metric {
            name: "gold success rate".to_owned(),
            curve_name: String::new(),
            x_name: String::new(),
            range: Some(Interval { lower: 0.0, upper: 1.0 }),
            threshold: Some(0.6),
            lower_is_better: false,
        },
        reference: Some("grpo".to_owned()),
        arms,
        run: run(seeds),
    }
}

fn run(seeds: u64) -> RunMeta {
    let fact = |label: &str, value: &str| Fact { label: label.to_owned(), value: value.to_owned() };
    RunMeta {
        id: "20260714T101500-5f2c9a1e".to_owned(),
        scale: "small".to_owned(),
        budget: "200 000 environment steps".to_owned(),
        command: "cargo xtask experiment information-gain-doorkey --scale small --seeds 5 --device cpu".to_owned(),
        config: "name = \"information-gain-doorkey\"\nseeds = [0, 1, 2, 3, 4]\n\n[environment]\nkind = \"doorkey\"\n\
                 size = 6\n\n[arms.igpo.credit]\nrule = \"turn-advantage\"\ngamma = 0.99\n"
            .to_owned(),
        config_hash: "5f2c9a1e77d04b3c9be1d2c8a4f0e613".to_owned(),
        version: "0.1.0".to_owned(),
        commit: "a1b2c3d".to_owned(),
        device: "cpu (flex), 2 threads".to_owned(),
        date: "2026-07-14".to_owned(),
        seeds: (0..seeds).collect(),
        facts: vec![
            fact("Warm start", "cloned from a noisy script to 18 % success, shared by all arms"),
            fact("Tuning", "none: published settings for every arm"),
        ],
    }
}

fn arm(
    k: usize,
    (name, parts, top, late): (&str, &str, f64, f64),
    reference: &[f64],
    points: usize,
    noise: &mut Noise,
) -> Arm {
    let steps: Vec<f64> = (0..points).map(|i| 200_000.0 * i as f64 / (points.max(2) - 1) as f64).collect();
    let finals: Vec<f64> =
        reference.iter().map(|r| (r + top - 0.52 + 0.05 * noise.next()).clamp(0.0, 1.0)).collect();
    let curves: Vec<SeedCurve> = (0u64..)
        .zip(&finals)
        .map(|(seed, end)| {
            let start = late * (1.0 + 0.25 * noise.next());
            let y = steps.iter().map(|x| {
                let t = x / 200_000.0 / start;
                let s = (t * t * (3.0 - 2.0 * t.min(1.0))).min(1.0);
                (0.15 + (end - 0.15) * s + 0.03 * noise.next()).clamp(0.0, 1.0)
            });
            SeedCurve { seed, x: steps.clone(), y: y.collect() }
        })
        .collect();
    let summary = (!finals.is_empty()).then(|| summary(k, &finals, reference));
    Arm {
        name: name.to_owned(),
        description: parts.to_owned(),
        aggregate: aggregate(&steps, &curves),
        final_scores: (0u64..).zip(&finals).map(|(seed, score)| SeedScore { seed, score: *score }).collect(),
        summary,
        ledger: Some(ledger(k, &steps)),
        hacking_gap: Some(gap(k, &steps, top)),
        counters: [
            ("groups dropped (no variance)", 41 * k as u64 + 12, Some(1600)),
            ("malformed turns", k as u64 * 3, Some(51_200)),
            ("judge abstentions", 0, None),
            ("non-finite values", 0, None),
        ]
        .map(|(name, count, total)| Counter { name: name.to_owned(), count, total })
        .to_vec(),
        throughput: Some(Throughput {
            training_steps_per_second: 5210.0 - 320.0 * k as f64,
            evaluation_steps_per_second: 18_400.0,
            wall_clock_seconds: Some(640.0 + 75.0 * k as f64),
            training_seconds: Some(600.0 + 70.0 * k as f64),
            seconds_per_credited_turn: Some(0.0032 + 0.0004 * k as f64),
            iterations: Some(400.0),
            budget_used: Some(200_000.0),
        }),
        xray: Some(xray(k)),
        curves,
    }
}

fn aggregate(steps: &[f64], curves: &[SeedCurve]) -> Option<BandCurve> {
    if curves.is_empty() {
        return None;
    }
    let column = |i: usize| {
        let mut at: Vec<f64> = curves.iter().map(|c| c.y[i]).collect();
        at.sort_by(f64::total_cmp);
        at
    };
    let columns: Vec<Vec<f64>> = (0..steps.len()).map(column).collect();
    Some(BandCurve {
        statistic: "median over seeds, lowest to highest seed".to_owned(),
        x: steps.to_vec(),
        y: columns.iter().map(|c| c[c.len() / 2]).collect(),
        lower: columns.iter().map(|c| c[0]).collect(),
        upper: columns.iter().map(|c| c[c.len() - 1]).collect(),
    })
}

fn estimate(value: f64, half: f64) -> Estimate {
    let upper = (value + half).min(1.0);
    Estimate { value, interval: Some(Interval { lower: value - half, upper }) }
}

fn summary(k: usize, finals: &[f64], reference: &[f64]) -> Summary {
    let n = finals.len() as f64;
    let mean = finals.iter().sum::<f64>() / n;
    let base = reference.iter().sum::<f64>() / n;
    let better = finals.iter().zip(reference).filter(|(a, b)| a > b).count();
    let other = |e: Estimate| (k > 0).then_some(e);
    let percentile = |percent: f64, value: f64| Percentile { percent, value };
    Summary {
        iqm: estimate(mean + 0.006, 0.045),
        mean: estimate(mean, 0.05),
        optimality_gap: Some(estimate(1.0 - mean, 0.05)),
        probability_of_improvement: other(Estimate {
            value: (0.5 + 1.4 * (mean - base)).min(1.0),
            interval: Some(Interval { lower: (0.3 + 1.4 * (mean - base)).min(0.9), upper: 1.0 }),
        }),
        paired_difference: other(estimate(mean - base, 0.05)),
        seeds_agreeing: (k > 0).then_some(Agreement { agree: better, total: finals.len() }),
        percentiles: vec![
            percentile(5.0, mean - 0.08),
            percentile(50.0, mean),
            percentile(95.0, (mean + 0.07).min(1.0)),
        ],
    }
}

fn ledger(k: usize, steps: &[f64]) -> Ledger {
    let shaped = |x: &f64| (0.75 - 0.5 * x / 200_000.0) * if k == 0 { 0.0 } else { 1.0 };
    let penalty = |x: &f64| 0.04 + 0.06 * x / 200_000.0;
    let channel = |name: &str, share: Vec<f64>| ChannelShare { name: name.to_owned(), share };
    let mut channels = vec![
        channel("outcome", steps.iter().map(|x| 1.0 - shaped(x) - penalty(x)).collect()),
        channel("step penalty", steps.iter().map(penalty).collect()),
    ];
    if k > 0 {
        let name = if k == 3 { "milestones" } else { "information gain" };
        channels.push(channel(name, steps.iter().map(shaped).collect()));
    }
    Ledger { steps: steps.to_vec(), channels }
}

fn gap(k: usize, steps: &[f64], top: f64) -> HackingGap {
    let rise = |x: &f64| 0.15 + (top - 0.15) * (x / 140_000.0).min(1.0);
    let hacked = |x: &f64| if k == 3 { 0.35 * x / 200_000.0 } else { 0.04 };
    HackingGap {
        steps: steps.to_vec(),
        proxy: steps.iter().map(|x| rise(x) + hacked(x)).collect(),
        gold: steps.iter().map(|x| rise(x) - 0.3 * hacked(x)).collect(),
    }
}

/// Column and row of the agent before each step.
const WALK: [(usize, usize, &str); 15] = [
    (1, 1, "forward"),
    (1, 2, "turn left"),
    (1, 2, "forward"),
    (2, 2, "turn right"),
    (2, 2, "forward"),
    (2, 3, "pick up key"),
    (2, 3, "turn left"),
    (2, 3, "toggle door"),
    (2, 3, "forward"),
    (3, 3, "forward"),
    (4, 3, "turn left"),
    (4, 3, "turn right"),
    (4, 3, "turn right"),
    (4, 3, "forward"),
    (4, 4, "reached goal"),
];

fn xray(k: usize) -> CreditXray {
    let exact = [0.02, -0.01, 0.03, 0.01, 0.05, 0.22, 0.01, 0.31, 0.06, 0.04, -0.12, -0.08, 0.05, 0.11];
    let steps = (0..14).map(|t| {
        let gain = [0.0, 0.0, 0.05, 0.0, 0.08, 0.3, 0.0, 0.4, 0.05, 0.0, -0.05, 0.0, 0.0, 0.0][t];
        let outcome = if t == 13 { 1.0 } else { 0.0 };
        let reward = outcome + if k == 0 { 0.0 } else { gain } - 0.01;
        XrayStep {
            action: WALK[t].2.to_owned(),
            channels: vec![(t == 13).then_some(outcome), Some(-0.01), (k > 0).then_some(gain)],
            reward,
            advantage: if k == 0 { 0.8 } else { 0.4 + 3.1 * exact[t] - 0.05 * (t % 3) as f64 - 0.45 },
            exact_advantage: Some(exact[t]),
            value: (k != 0).then_some(0.2 + 0.05 * t as f64),
            exact_value: Some(0.18 + 0.055 * t as f64 + if t > 7 { 0.1 } else { 0.0 }),
        }
    });
    CreditXray {
        caption: "Seed 0, evaluation task 3, after training: the goal is reached at step 14.".to_owned(),
        credit_rule: if k == 0 { "broadcast of the outcome" } else { "turn advantage" }.to_owned(),
        channels: ["outcome", "step penalty", "information gain"].map(str::to_owned).to_vec(),
        steps: steps.collect(),
        frames: WALK.iter().enumerate().map(|(t, (x, y, _))| Frame::Svg(grid(*x, *y, t))).collect(),
    }
}

fn grid(x: usize, y: usize, t: usize) -> String {
    let mut svg = "<svg viewBox=\"0 0 60 60\"><rect width=\"60\" height=\"60\" fill=\"#f3f1ea\"/>".to_owned();
    for c in 0..6 {
        for r in 0..6 {
            if c == 0 || r == 0 || c == 5 || r == 5 || (c == 3 && r != 3) {
                let (px, py) = (10 * c, 10 * r);
                let _ =
                    write!(svg, "<rect x=\"{px}\" y=\"{py}\" width=\"10\" height=\"10\" fill=\"#5b6472\"/>");
            }
        }
    }
    if t <= 5 {
        svg +=
            "<circle cx=\"25\" cy=\"45\" r=\"2.5\" fill=\"none\" stroke=\"#b8860b\" stroke-width=\"1.5\"/>";
    }
    let door = if t <= 7 { "#8a5a2b" } else { "none" };
    let _ =
        write!(svg, "<rect x=\"31\" y=\"31\" width=\"8\" height=\"8\" fill=\"{door}\" stroke=\"#8a5a2b\"/>");
    svg += "<rect x=\"41\" y=\"41\" width=\"8\" height=\"8\" fill=\"#2e9e6b\"/>";
    let (px, py) = (10 * x + 5, 10 * y + 5);
    svg + &format!("<circle cx=\"{px}\" cy=\"{py}\" r=\"3.4\" fill=\"#c0392b\"/></svg>")
}
