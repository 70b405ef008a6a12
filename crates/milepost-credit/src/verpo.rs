//! VeRPO: rewards from tests, weighed by how hard each is and how many are like it.

use crate::{CreditError, Normalize, Rows, check};

/// Which submission passed which test, `[S, M]` row by row: the submissions of one group, all turns of all its
/// trajectories.
#[derive(Debug, Clone, Copy)]
pub struct PassMatrix<'a> {
    /// `M`, at least 1.
    pub tests: usize,
    /// `p[s, j]`, `[S · M]`. A submission that does not compile passes nothing; a test that ran out of time is failed.
    pub passed: &'a [bool],
    /// Which entries say anything, `[S · M]`; the others (an executor that broke down) are neither passed nor failed.
    pub valid: Option<&'a [bool]>,
}

impl PassMatrix<'_> {
    /// `S`.
    pub fn submissions(&self) -> usize {
        self.passed.len() / self.tests.max(1)
    }

    fn check(&self) -> Result<(), CreditError> {
        if self.tests == 0 {
            return Err(CreditError::Empty { what: "tests" });
        }
        check::non_empty("passed", self.passed)?;
        check::len("passed", self.submissions() * self.tests, self.passed.len())?;
        check::len("valid", self.passed.len(), self.valid.map_or(self.passed.len(), <[bool]>::len))
    }

    fn is_valid(&self, entry: usize) -> bool {
        self.valid.is_none_or(|valid| valid[entry])
    }

    fn row(&self, submission: usize) -> std::ops::Range<usize> {
        submission * self.tests..(submission + 1) * self.tests
    }

    /// Pass rates `ρ_j = mean_s p[s, j]`, `[M]`, over valid entries; 0 for a test without one.
    ///
    /// # Errors
    /// No test, no submission, slices that do not fit.
    pub fn rates(&self, out: &mut [f64]) -> Result<(), CreditError> {
        self.check()?;
        check::len("out", self.tests, out.len())?;
        for (test, rate) in out.iter_mut().enumerate() {
            let entries = (test..self.passed.len()).step_by(self.tests).filter(|entry| self.is_valid(*entry));
            let (mut seen, mut passed) = (0_u32, 0_u32);
            for entry in entries {
                seen += 1;
                passed += u32::from(self.passed[entry]);
            }
            *rate = f64::from(passed) / f64::from(seen.max(1));
        }
        Ok(())
    }

    /// `R_s = Σ_j w_j p[s, j]`, `[S]`, over valid entries.
    ///
    /// # Errors
    /// As [`PassMatrix::rates`], and a weight that is not finite.
    pub fn rewards(&self, weights: &[f64], out: &mut [f64]) -> Result<(), CreditError> {
        self.check()?;
        check::len("weights", self.tests, weights.len())?;
        check::finite("weights", weights)?;
        check::len("out", self.submissions(), out.len())?;
        for (submission, reward) in out.iter_mut().enumerate() {
            let row = self.row(submission).zip(weights);
            *reward = row.filter(|(e, _)| self.passed[*e] && self.is_valid(*e)).map(|(_, w)| w).sum();
        }
        check::representable("rewards", out)
    }

    /// Whether a submission passed every test that says anything, and there is one.
    fn solves(&self, submission: usize) -> bool {
        let mut valid = self.row(submission).filter(|entry| self.is_valid(*entry)).peekable();
        valid.peek().is_some() && valid.all(|entry| self.passed[entry])
    }
}

/// How the number of tests that are alike is estimated: a Gaussian kernel over pass rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    /// Bandwidth `σ`, from 0 (only equal rates are alike) to infinity (all tests are).
    pub sigma: f64,
    /// `δ ≥ 0`, added to the density.
    pub delta: f64,
}

impl Density {
    /// `N̂(ρ_j) = Σ_k exp(−(ρ_j − ρ_k)²/(2σ²))`, `[M]`, itself included: from 1 to `M`.
    ///
    /// # Errors
    /// No rate, slices that do not fit, a rate outside `[0, 1]`, `σ < 0`, a bad `δ`.
    pub fn estimate(&self, rates: &[f64], out: &mut [f64]) -> Result<(), CreditError> {
        check_rates(rates, out)?;
        if self.sigma.is_nan() || self.sigma < 0.0 {
            let allowed = "at least 0, or infinite";
            return Err(CreditError::InvalidParameter { name: "sigma", value: self.sigma, allowed });
        }
        check::non_negative("delta", self.delta)?;
        for (density, rate) in out.iter_mut().zip(rates) {
            *density = rates.iter().map(|other| self.kernel(rate - other)).sum();
        }
        Ok(())
    }

    fn kernel(&self, distance: f64) -> f64 {
        if distance == 0.0 {
            return 1.0;
        }
        let scaled = distance / self.sigma; // infinite for a bandwidth of 0
        libm::exp(-scaled * scaled / 2.0)
    }
}

fn check_rates(rates: &[f64], out: &[f64]) -> Result<(), CreditError> {
    check::non_empty("tests", rates)?;
    check::len("out", rates.len(), out.len())?;
    rates.iter().try_for_each(|rate| check::unit_interval("rate", *rate))
}

/// What a test is worth, from the pass rates of its group.
///
/// `w_j = exp(−α ρ_j)`, and with a density `w'_j = w_j/(N̂(ρ_j) + δ)`, so that a pile of tests of one difficulty counts
/// once. Weights are constants of the update, shared by the group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestWeighting {
    /// `α ≥ 0`: how much more a rarely passed test weighs.
    pub alpha: f64,
    /// How tests that are alike share a weight; `None` leaves each its own.
    pub density: Option<Density>,
    /// Whether weights are divided by their sum, so that rewards are at most 1.
    pub normalise: bool,
}

impl Default for TestWeighting {
    /// `α = 2`, `σ = 0.1`, `δ = 1e-6`, not normalised. The paper does not state its constants.
    fn default() -> Self {
        Self { alpha: 2.0, density: Some(Density { sigma: 0.1, delta: 1e-6 }), normalise: false }
    }
}

impl TestWeighting {
    /// The first version's weights: difficulty without density.
    #[must_use]
    pub const fn difficulty(alpha: f64) -> Self {
        Self { alpha, density: None, normalise: false }
    }

    /// Every test weighs 1: the number of tests passed.
    #[must_use]
    pub const fn pass_count() -> Self {
        Self { alpha: 0.0, density: None, normalise: false }
    }

    /// The share of tests passed.
    #[must_use]
    pub const fn pass_rate() -> Self {
        Self { alpha: 0.0, density: None, normalise: true }
    }

    /// The weights of tests with these pass rates, `[M]`.
    ///
    /// # Errors
    /// As [`Density::estimate`]; `α < 0` or not finite.
    pub fn weights(&self, rates: &[f64], out: &mut [f64]) -> Result<(), CreditError> {
        check_rates(rates, out)?;
        check::non_negative("alpha", self.alpha)?;
        out.fill(1.0);
        let mut delta = 0.0;
        if let Some(density) = &self.density {
            density.estimate(rates, out)?;
            delta = density.delta;
        }
        for (weight, rate) in out.iter_mut().zip(rates) {
            *weight = libm::exp(-self.alpha * rate) / (*weight + delta);
        }
        if self.normalise {
            let total: f64 = out.iter().sum();
            if total > 0.0 {
                for weight in &mut *out {
                    *weight /= total;
                }
            }
        }
        Ok(())
    }
}

/// VeRPO: `A_{i,t} = η A^traj_i + β A^turn_{i,t}`.
///
/// - `R^turn_{i,t} = Σ_j w'_j p_{i,t,j}` ([`TestWeighting`], [`PassMatrix::rewards`]), relative to all turns of the group;
/// - `R^traj_i = γ^{T_i} 1[the last submission passes all tests]`, relative to the trajectories of the group.
///
/// Source: arXiv 2601.03525. No standard deviation is divided by; `A^turn` is that of the turn alone, not a return.
/// Identities: both parts sum to 0 over their pool; `β = 0` and `γ = 1` is [`Normalize::dr_grpo`] of solved or not.
/// With `σ = 0` and `δ = 0`, copies of a test change no reward as long as no other test has its pass rate: different tests of
/// one rate share one weight, and copies of one of them take from the others. Known property: means over turns weigh long
/// trajectories more, and a trajectory that ends on success has fewer turns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VeRpo {
    /// What a test is worth.
    pub weighting: TestWeighting,
    /// `η`: weight of the trajectory's part; 1 in the paper, 0 for its ablation.
    pub eta: f64,
    /// `β`: weight of the turn's part.
    pub beta: f64,
    /// `γ` in `[0, 1]`: discount for each turn that a trajectory has.
    pub gamma: f64,
    /// Relative to whom; [`Normalize::dr_grpo`] in the paper.
    pub normalize: Normalize,
}

impl Default for VeRpo {
    /// The default weights, `η = β = 1`, `γ = 0.95`, mean only.
    fn default() -> Self {
        Self {
            weighting: TestWeighting::default(),
            eta: 1.0,
            beta: 1.0,
            gamma: 0.95,
            normalize: Normalize::dr_grpo(),
        }
    }
}

/// What a group's tests said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VeRpoReport {
    /// Trajectories whose last submission passes all tests.
    pub solved: usize,
    /// Tests that no submission passed.
    pub never_passed: usize,
    /// Tests that every submission passed.
    pub always_passed: usize,
    /// Whether every advantage is 0: the group teaches nothing.
    pub degenerate: bool,
}

impl VeRpo {
    /// The advantage of each turn of one group, `[S]`. `turns` has a row for each trajectory; its entries are the rows of
    /// `tests`.
    ///
    /// # Errors
    /// No test, a trajectory without a turn, slices that do not fit, a parameter outside its domain.
    pub fn assign(
        &self,
        tests: &PassMatrix<'_>,
        turns: &Rows,
        out: &mut [f64],
    ) -> Result<VeRpoReport, CreditError> {
        tests.check()?;
        check::len("turns", tests.submissions(), turns.entries())?;
        check::len("out", tests.submissions(), out.len())?;
        check::finite_scalar("eta", self.eta)?;
        check::finite_scalar("beta", self.beta)?;
        let mut outcomes = vec![0.0; turns.len()];
        let solved = self.outcomes(tests, turns, &mut outcomes)?;
        let (mut rates, mut weights) = (vec![0.0; tests.tests], vec![0.0; tests.tests]);
        tests.rates(&mut rates)?;
        self.weighting.weights(&rates, &mut weights)?;
        let mut rewards = vec![0.0; out.len()];
        tests.rewards(&weights, &mut rewards)?;
        let mut episode = vec![0.0; turns.len()];
        self.normalize.apply(&outcomes, &mut episode)?;
        self.normalize.apply(&rewards, out)?;
        for (row, episode) in turns.iter().zip(episode) {
            for turn in &mut out[row] {
                *turn = self.eta * episode + self.beta * *turn;
            }
        }
        check::representable("out", out)?;
        Ok(VeRpoReport {
            solved,
            never_passed: rates.iter().filter(|rate| **rate == 0.0).count(),
            always_passed: rates.iter().filter(|rate| **rate == 1.0).count(),
            degenerate: out.iter().all(|advantage| *advantage == 0.0),
        })
    }

    /// `R^traj_i γ^{T_i}`, `[G]`, and how many trajectories are solved.
    ///
    /// # Errors
    /// A trajectory without a turn, slices that do not fit, `γ` outside `[0, 1]`.
    pub fn outcomes(
        &self,
        tests: &PassMatrix<'_>,
        turns: &Rows,
        out: &mut [f64],
    ) -> Result<usize, CreditError> {
        tests.check()?;
        check::len("turns", tests.submissions(), turns.entries())?;
        check::len("out", turns.len(), out.len())?;
        check::unit_interval("gamma", self.gamma)?;
        let mut solved = 0;
        for (outcome, row) in out.iter_mut().zip(turns.iter()) {
            let Some(last) = row.clone().last() else { return Err(CreditError::Empty { what: "turns" }) };
            let success = tests.solves(last);
            solved += usize::from(success);
            *outcome = if success { libm::pow(self.gamma, row.len() as f64) } else { 0.0 };
        }
        Ok(solved)
    }
}
