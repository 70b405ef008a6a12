//! How far a reward is from potential shaping of another: a Chebyshev approximation.
//!
//! `|d − γ Φ(v) + Φ(s)| ≤ ε` for every transition `s → v` with `d = r' − r` is a pair of bounds on potentials
//! by other potentials,
//!
//! - `Φ(s) ≤ γ Φ(v) − d + ε` and
//! - `Φ(v) ≤ (Φ(s) + d + ε) / γ`,
//!
//! and the least `ε` for which all can hold is found by policy iteration: each state picks the bound that is
//! tightest, bounds along picked cycles are solved exactly, and a cycle that contradicts itself raises `ε` to
//! where it no longer does (Newton's method; every value on the way is a proven lower bound). For `γ = 1` only
//! differences of potentials matter, and the same `ε` is the highest mean of a cycle in the graph with an
//! edge `s → v` of weight `d` and an edge `v → s` of weight `−d` for each transition.

use super::mean_cycle::{self, Edge};
use super::{AuditError, RewardPair, Setting};
use crate::exact::SolveError;

/// Rounds of improvement at most.
const ROUNDS: usize = 20_000;

/// The least distance of the audited reward from a shaped gold reward.
#[derive(Debug, Clone, PartialEq)]
pub struct PotentialResidual {
    /// `max abs(r' − r − (γ Φ(s') − Φ(s)))` over transitions that can happen, for the potential below.
    pub value: f64,
    /// No potential has a smaller one than this. The two agree up to rounding.
    pub lower: f64,
    /// The best potential of each state, with that of an end 0; 0 for states that cannot be reached.
    pub potential: Vec<f64>,
}

/// `min_Φ max abs(r' − r − (γ Φ(s') − Φ(s)))` with `Φ = 0` at ends: 0 exactly for potential shaping. Where
/// `r' − r` depends on the clock, the first and the last step of the budget must both be met.
pub fn potential_residual(pair: &RewardPair, setting: Setting) -> Result<PotentialResidual, AuditError> {
    let gamma = setting.discount;
    if !(0.0..=1.0).contains(&gamma) {
        return Err(SolveError::Discount { discount: gamma, range: "[0, 1]" }.into());
    }
    let links = links(pair, setting);
    let (lower, mut potential) = if gamma == 0.0 {
        myopic(pair, &links)
    } else if gamma < 1.0 {
        discounted(pair, &links, gamma)
    } else {
        undiscounted(pair, &links)
    };
    potential.truncate(pair.gold.states());
    let at = |state: usize| potential.get(state).copied().unwrap_or(0.0);
    let miss = |link: &Link| {
        let shaping = gamma * at(link.to) - at(link.from);
        f64::max((link.high - shaping).abs(), (link.low - shaping).abs())
    };
    let value = links.iter().map(miss).fold(0.0, f64::max);
    Ok(PotentialResidual { value, lower: lower.min(value), potential })
}

/// Two states that follow each other (the end is the last one), with the extremes of `r' − r` between them.
struct Link {
    from: usize,
    to: usize,
    low: f64,
    high: f64,
}

fn links(pair: &RewardPair, setting: Setting) -> Vec<Link> {
    let end = pair.gold.states();
    let mut links = Vec::new();
    for state in pair.states() {
        let mut here: Vec<Link> = Vec::new();
        for action in 0..pair.gold.actions() {
            let both = pair.gold.transitions(state, action).zip(pair.audited.transitions(state, action));
            for (gold, audited) in both.filter(|(gold, _)| gold.probability > 0.0) {
                let difference = |elapsed| audited.reward.at(elapsed) - gold.reward.at(elapsed);
                let ends = [difference(0), difference(setting.horizon.saturating_sub(1))];
                let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
                let to = gold.next.unwrap_or(end);
                match here.iter_mut().find(|link| link.to == to) {
                    Some(link) => (link.low, link.high) = (link.low.min(low), link.high.max(high)),
                    None => here.push(Link { from: state, to, low, high }),
                }
            }
        }
        links.extend(here);
    }
    links
}

/// `γ = 0`: each state alone.
fn myopic(pair: &RewardPair, links: &[Link]) -> (f64, Vec<f64>) {
    let mut range = vec![(f64::INFINITY, f64::NEG_INFINITY); pair.gold.states()];
    for link in links {
        let (low, high) = range[link.from];
        range[link.from] = (low.min(link.low), high.max(link.high));
    }
    let half = range.iter().map(|(low, high)| (high - low) / 2.0).filter(|half| half.is_finite());
    let middle = |(low, high): &(f64, f64)| if low <= high { -f64::midpoint(*low, *high) } else { 0.0 };
    (half.fold(0.0, f64::max), range.iter().map(middle).collect())
}

/// `γ = 1`: the highest cycle mean.
fn undiscounted(pair: &RewardPair, links: &[Link]) -> (f64, Vec<f64>) {
    let mut edges = vec![Vec::new(); pair.gold.states() + 1];
    for (label, link) in links.iter().enumerate() {
        edges[link.from].push(Edge { to: link.to, weight: link.high, label });
        edges[link.to].push(Edge { to: link.from, weight: -link.low, label });
    }
    let solution = mean_cycle::solve(&edges);
    let lower = solution.best().map_or(0.0, |(mean, _)| mean.max(0.0));
    let end = solution.bias[pair.gold.states()];
    let touched = |(state, bias): (usize, &f64)| if edges[state].is_empty() { 0.0 } else { end - bias };
    (lower, solution.bias.iter().enumerate().map(touched).collect())
}

/// A bound on the potential of a state: `Φ ≤ gain · Φ(by) + constant + slope · ε`.
#[derive(Debug, Clone, Copy)]
struct Bound {
    by: usize,
    gain: f64,
    constant: f64,
    slope: f64,
}

/// `Φ ≤ constant + slope · ε`.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    constant: f64,
    slope: f64,
}

impl Line {
    fn at(self, epsilon: f64) -> f64 {
        self.constant + self.slope * epsilon
    }
}

impl Bound {
    fn apply(&self, line: Line) -> Line {
        Line {
            constant: self.gain * line.constant + self.constant,
            slope: self.gain * line.slope + self.slope,
        }
    }

    /// The bound by way of `next`, which bounds `by`.
    fn through(&self, next: &Self) -> Self {
        Self {
            by: next.by,
            gain: self.gain * next.gain,
            constant: self.gain * next.constant + self.constant,
            slope: self.gain * next.slope + self.slope,
        }
    }
}

/// `0 < γ < 1`: policy iteration over bounds.
fn discounted(pair: &RewardPair, links: &[Link], gamma: f64) -> (f64, Vec<f64>) {
    let end = pair.gold.states();
    let mut bounds: Vec<Vec<Bound>> = vec![Vec::new(); end + 1];
    for link in links {
        bounds[link.from].push(Bound { by: link.to, gain: gamma, constant: -link.high, slope: 1.0 });
    }
    // Picked at first: forward bounds, whose cycles all contract.
    let mut picked: Vec<Option<Bound>> = bounds.iter().map(|list| list.first().copied()).collect();
    for link in links {
        let (constant, slope) = (link.low / gamma, 1.0 / gamma);
        bounds[link.to].push(Bound { by: link.from, gain: 1.0 / gamma, constant, slope });
    }
    let scale = links.iter().map(|link| link.low.abs().max(link.high.abs())).fold(1e-3, f64::max);
    let slack = 1e-11 * scale / (1.0 - gamma);
    let mut epsilon = 0.0;
    let raise = |epsilon: f64, to: f64| f64::max(to, epsilon + 1e-12 * scale);
    let mut lines = vec![Line::default(); end + 1];
    if let Ok(first) = evaluate(&picked, &lines, gamma) {
        lines = first;
    }
    for _ in 0..ROUNDS {
        // The end's potential is given, and only checked.
        let at_end = bounds[end].iter().map(|bound| bound.apply(lines[bound.by]));
        let broken = at_end.filter(|line| line.at(epsilon) < -slack);
        if let Some(raised) = broken.map(|line| -line.constant / line.slope).reduce(f64::max) {
            epsilon = raise(epsilon, raised);
            continue;
        }
        let mut tighter = picked.clone();
        if !improve(&bounds[..end], &mut tighter, &lines, epsilon, slack) {
            break;
        }
        match evaluate(&tighter, &lines, gamma) {
            Ok(next) => (picked, lines) = (tighter, next),
            Err(raised) => epsilon = raise(epsilon, raised),
        }
    }
    (epsilon, lines.iter().map(|line| line.at(epsilon)).collect())
}

/// Switches every state to its tightest bound, where that is tighter by more than `slack`.
fn improve(
    bounds: &[Vec<Bound>],
    picked: &mut [Option<Bound>],
    lines: &[Line],
    epsilon: f64,
    slack: f64,
) -> bool {
    let mut switched = false;
    for (state, list) in bounds.iter().enumerate() {
        let value = |bound: &Bound| bound.apply(lines[bound.by]).at(epsilon);
        let tightest =
            list.iter().map(|bound| (value(bound), bound)).reduce(|a, b| if b.0 < a.0 { b } else { a });
        if let Some((_, bound)) = tightest.filter(|(value, _)| *value < lines[state].at(epsilon) - slack) {
            picked[state] = Some(*bound);
            switched = true;
        }
    }
    switched
}

/// The potentials that the picked bounds allow, as lines in `ε`; or, where bounds along a cycle contradict
/// each other for potentials as `known`, the least `ε` at which they do not.
fn evaluate(picked: &[Option<Bound>], known: &[Line], gamma: f64) -> Result<Vec<Line>, f64> {
    let mut lines = vec![Line::default(); picked.len()];
    // 0 unseen, 1 on the present walk, 2 done.
    let mut mark = vec![0_u8; picked.len()];
    let mut contradiction: Option<f64> = None;
    for first in 0..picked.len() {
        let mut walk = Vec::new();
        let mut at = first;
        while mark[at] == 0 {
            let Some(bound) = picked[at] else { break };
            mark[at] = 1;
            walk.push(at);
            at = bound.by;
        }
        if mark[at] == 1 {
            let cycle: Vec<Bound> =
                walk.iter().copied().skip_while(|node| *node != at).filter_map(|node| picked[node]).collect();
            let whole = cycle.iter().copied().reduce(|all, next| all.through(&next));
            if let Some(whole) = whole {
                match close(whole, known[at], gamma) {
                    Ok(line) => lines[at] = line,
                    Err(raised) => contradiction = Some(contradiction.map_or(raised, |c| c.max(raised))),
                }
            }
            mark[at] = 2;
        }
        for node in walk.into_iter().rev() {
            // The root of a cycle is known already.
            if let Some(bound) = picked[node].filter(|_| mark[node] == 1) {
                lines[node] = bound.apply(lines[bound.by]);
            }
            mark[node] = 2;
        }
    }
    contradiction.map_or(Ok(lines), Err)
}

/// A state bounded by itself: `Φ ≤ gain · Φ + constant + slope · ε`.
fn close(whole: Bound, known: Line, gamma: f64) -> Result<Line, f64> {
    let contraction = 1.0 - whole.gain;
    // Gains are powers of γ, so those that are not 1 differ from it by at least 1 − γ.
    if contraction > 0.5 * (1.0 - gamma) {
        return Ok(Line { constant: whole.constant / contraction, slope: whole.slope / contraction });
    }
    let contraction = if contraction.abs() < 0.5 * (1.0 - gamma) { 0.0 } else { contraction };
    let numerator = contraction * known.constant - whole.constant;
    Err(numerator / (whole.slope - contraction * known.slope))
}
