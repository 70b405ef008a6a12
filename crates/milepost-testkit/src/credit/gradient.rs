//! The gradient that credit makes, exactly.

use super::{CaseTrajectory, CreditCase, Law, Position, Rule, Violation};
use crate::enumeration::{Gradient, Path, Paths};

/// Groups that are tried at most; more are refused rather than waited for.
const MAX_GROUPS: usize = 1_000_000;

/// The gradient that a rule makes in expectation, beside the exact one.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientReport {
    /// `E[(1/G) Σ_i Σ_t c_{i,t} ∇ log π(a_{i,t}|s_{i,t})]` over all groups of `G` paths.
    pub expected: Gradient,
    /// `∇J`.
    pub exact: Gradient,
}

impl GradientReport {
    /// Largest difference between `expected` and `factor · exact`.
    #[must_use]
    pub fn error(&self, factor: f64) -> f64 {
        let of = |gradient: &Gradient, at| gradient.get(at).copied().unwrap_or_default();
        let places = self.exact.keys().chain(self.expected.keys());
        places.map(|at| (of(&self.expected, at) - factor * of(&self.exact, at)).abs()).fold(0.0, f64::max)
    }

    /// Cosine of the angle between the two; `None` where either is 0.
    #[must_use]
    pub fn cosine(&self) -> Option<f64> {
        let norm = |gradient: &Gradient| gradient.values().map(|x| x * x).sum::<f64>().sqrt();
        let product: f64 = self.exact.iter().filter_map(|(at, x)| Some(x * self.expected.get(at)?)).sum();
        let norms = norm(&self.exact) * norm(&self.expected);
        (norms > 0.0).then(|| product / norms)
    }
}

/// A group of paths as a batch: one position and one turn a step, exact values, no bootstrap. Keys tell state
/// and time apart only as far as the world does.
#[must_use]
pub fn case_of<'p>(paths: &Paths, group: impl IntoIterator<Item = &'p Path>) -> CreditCase {
    let trajectories: Vec<CaseTrajectory> = group
        .into_iter()
        .map(|path| CaseTrajectory {
            group: 0,
            bootstrap: 0.0,
            positions: path
                .steps
                .iter()
                .enumerate()
                .map(|(elapsed, step)| Position {
                    reward: step.reward,
                    value: paths.value(elapsed, step.key),
                    policy: true,
                    turn: elapsed,
                    key: step.key,
                    action: step.action,
                    log_prob: libm::log(step.probability()),
                })
                .collect(),
        })
        .collect();
    CreditCase::new(&trajectories)
}

/// The expected gradient of `rule` over *all* ordered groups of `size` paths, each weighed by its probability:
/// `E ĝ = Σ_{τ_1..τ_G} Π p(τ_i) (1/G) Σ_i Σ_t c_{i,t} ∇ log π`.
///
/// More than a million groups are a [`Violation`] too: the law cannot be checked.
pub fn gradient_of(rule: &mut Rule<'_>, paths: &Paths, size: usize) -> Result<GradientReport, Violation> {
    let groups = u32::try_from(size).ok().filter(|size| *size > 0);
    let groups = groups.and_then(|size| paths.len().checked_pow(size)).filter(|n| *n <= MAX_GROUPS);
    let Some(groups) = groups else {
        let what = format!(
            "{} paths do not make 1 to {MAX_GROUPS} groups of {size}; take a smaller world or group",
            paths.len()
        );
        return Err(Violation::new(Law::GradientIsExact, &CreditCase::default(), what));
    };
    let all: Vec<&Path> = paths.iter().collect();
    let mut expected = Gradient::new();
    for number in 0..groups {
        let mut rest = number;
        let group: Vec<&Path> = (0..size)
            .map(|_| {
                let path = all[rest % all.len()];
                rest /= all.len();
                path
            })
            .collect();
        let weight: f64 = group.iter().map(|path| path.probability).product();
        let credit = rule.credit(&case_of(paths, group.iter().copied()))?;
        for (step, credit) in group.iter().flat_map(|path| &path.steps).zip(credit) {
            step.add_score(weight * credit / size as f64, &mut expected);
        }
    }
    Ok(GradientReport { expected, exact: paths.exact_gradient() })
}

/// `E ĝ = factor · ∇J`, to `tolerance` in every entry. The factor is 1 for an unbiased rule and `(G − 1)/G` for
/// centring on a mean that holds the member itself.
pub fn gradient_is_exact(
    rule: &mut Rule<'_>,
    paths: &Paths,
    size: usize,
    factor: f64,
    tolerance: f64,
) -> Result<(), Violation> {
    let report = gradient_of(rule, paths, size)?;
    let error = report.error(factor);
    if error <= tolerance {
        return Ok(());
    }
    let what = format!(
        "over all groups of {size} the expected gradient differs from {factor} times the exact one by {error:e} \
         (cosine {:?}): expected {:?}, exact {:?}",
        report.cosine(),
        report.expected,
        report.exact
    );
    Err(Violation::new(Law::GradientIsExact, &CreditCase::default(), what))
}
