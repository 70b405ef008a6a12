//! The laws that a rule claims, checked together.

use std::collections::BTreeMap;
use std::error::Error;

use super::{
    Conserved, CreditCase, Rule, Scaling, Shift, Singletons, Telescoping, Violation, gradient, laws,
};
use crate::enumeration::Paths;
use crate::search::falsify;
use crate::strategies::{CaseShape, credit_case};

/// A law with what it needs: a rule, a batch and a tolerance.
type Check<'a> = Box<dyn Fn(&mut Rule<'_>, &CreditCase, f64) -> Result<(), Violation> + 'a>;

/// A credit rule with its claims.
///
/// Every rule owes the contract: lawful input is accepted, results are deterministic and finite, a reward that
/// is not finite is refused by a typed error, masked positions get exactly 0, and neither the order of
/// trajectories nor the names of groups and states matter. What a rule promises beyond that it says by a method
/// here.
///
/// ```
/// use milepost_testkit::credit::{CreditCase, CreditLaws, Scaling, Shift};
/// use milepost_testkit::strategies::CaseShape;
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("reward {0} is not finite; reject the trajectory")]
/// struct NotFinite(usize);
///
/// // The rule under test: undiscounted rewards-to-go.
/// let rule = |case: &CreditCase| {
///     let mut credit = vec![0.0; case.positions()];
///     for row in case.policy_rows() {
///         let mut to_go = 0.0;
///         for at in row.into_iter().rev() {
///             if !case.rewards[at].is_finite() {
///                 return Err(NotFinite(at));
///             }
///             to_go += case.rewards[at];
///             if !f64::is_finite(to_go) {
///                 return Err(NotFinite(at));
///             }
///             credit[at] = to_go;
///         }
///     }
///     Ok(credit)
/// };
/// let met = CreditLaws::new(rule)
///     .ignores_environment_positions()
///     .scales(Scaling::Proportional)
///     .shifts(Shift::Adds)
///     .trajectories_are_independent()
///     .is_causal()
///     .conformance(&CaseShape::default(), 64);
/// assert!(met.environment_positions > 0 && met.peers > 0);
/// ```
pub struct CreditLaws<'a> {
    rule: Rule<'a>,
    claims: Vec<Check<'a>>,
    gradients: Vec<(&'a Paths, usize, f64)>,
    tolerance: f64,
    reads_values: bool,
}

impl std::fmt::Debug for CreditLaws<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreditLaws").field("claims", &self.claims.len()).finish_non_exhaustive()
    }
}

/// What the batches of a check held. A law about groups says nothing where every trajectory is alone: assert
/// on these counts where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Batches.
    pub cases: usize,
    /// Trajectories.
    pub trajectories: usize,
    /// Trajectories that share their group with another.
    pub peers: usize,
    /// Trajectories that are alone in their group.
    pub singletons: usize,
    /// Groups of several whose returns are all equal.
    pub equal_groups: usize,
    /// Positions that the policy produced.
    pub policy_positions: usize,
    /// Positions that it did not.
    pub environment_positions: usize,
}

impl Coverage {
    fn count(&mut self, case: &CreditCase) {
        let policy = case.mask.iter().filter(|policy| **policy).count();
        let mut groups = BTreeMap::<u64, Vec<f64>>::new();
        for (group, total) in case.groups.iter().zip(case.returns()) {
            groups.entry(*group).or_default().push(total);
        }
        let equal = |returns: &&Vec<f64>| returns.len() > 1 && returns.iter().all(|r| *r == returns[0]);
        let singletons = groups.values().filter(|returns| returns.len() == 1).count();
        self.equal_groups += groups.values().filter(equal).count();
        self.cases += 1;
        self.trajectories += case.groups.len();
        self.singletons += singletons;
        self.peers += case.groups.len() - singletons;
        self.policy_positions += policy;
        self.environment_positions += case.positions() - policy;
    }
}

impl<'a> CreditLaws<'a> {
    /// A rule that claims nothing yet: one number for each position, 0 where the mask is false, or a typed
    /// error.
    pub fn new<E: Error>(rule: impl FnMut(&CreditCase) -> Result<Vec<f64>, E> + 'a) -> Self {
        Self::of(Rule::new(rule))
    }

    /// A normaliser: one score a trajectory and its group in, one number a trajectory out.
    pub fn of_returns<E: Error>(rule: impl FnMut(&[f64], &[u64]) -> Result<Vec<f64>, E> + 'a) -> Self {
        Self::of(Rule::of_returns(rule))
    }

    fn of(rule: Rule<'a>) -> Self {
        Self { rule, claims: Vec::new(), gradients: Vec::new(), tolerance: 1e-9, reads_values: false }
    }

    fn claim(
        mut self,
        check: impl Fn(&mut Rule<'_>, &CreditCase, f64) -> Result<(), Violation> + 'a,
    ) -> Self {
        self.claims.push(Box::new(check));
        self
    }

    /// How close numbers must be, relative to one plus their size; `1e-9` unless it is said here.
    #[must_use]
    pub const fn within(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The rule reads values and bootstraps, so those that are not finite are refused too.
    #[must_use]
    pub const fn reads_values(mut self) -> Self {
        self.reads_values = true;
        self
    }

    /// Claims [`laws::conserves`].
    #[must_use]
    pub fn conserves(self, conserved: Conserved) -> Self {
        self.claim(move |rule, case, tolerance| laws::conserves(rule, case, conserved, tolerance))
    }

    /// Claims [`laws::ignores_environment_positions`] and [`laws::ignores_padding`].
    #[must_use]
    pub fn ignores_environment_positions(self) -> Self {
        self.claim(laws::ignores_environment_positions).claim(laws::ignores_padding)
    }

    /// Claims [`laws::answers_scale`].
    #[must_use]
    pub fn scales(self, scaling: Scaling) -> Self {
        self.claim(move |rule, case, tolerance| laws::answers_scale(rule, case, scaling, tolerance))
    }

    /// Claims [`laws::answers_shift`].
    #[must_use]
    pub fn shifts(self, shift: Shift) -> Self {
        self.claim(move |rule, case, tolerance| laws::answers_shift(rule, case, shift, tolerance))
    }

    /// Claims [`laws::equal_groups_are_zero`].
    #[must_use]
    pub fn equal_groups_are_zero(self) -> Self {
        self.claim(|rule, case, _| laws::equal_groups_are_zero(rule, case))
    }

    /// Claims [`laws::treats_singletons`].
    #[must_use]
    pub fn singletons(self, singletons: Singletons) -> Self {
        self.claim(move |rule, case, tolerance| laws::treats_singletons(rule, case, singletons, tolerance))
    }

    /// Claims [`laws::groups_are_independent`].
    #[must_use]
    pub fn groups_are_independent(self) -> Self {
        self.claim(laws::groups_are_independent)
    }

    /// Claims [`laws::trajectories_are_independent`].
    #[must_use]
    pub fn trajectories_are_independent(self) -> Self {
        self.claim(laws::trajectories_are_independent)
    }

    /// Claims [`laws::is_causal`].
    #[must_use]
    pub fn is_causal(self) -> Self {
        self.claim(laws::is_causal)
    }

    /// Claims [`laws::telescopes`].
    #[must_use]
    pub fn telescopes(self, telescoping: Telescoping) -> Self {
        self.claim(move |rule, case, tolerance| laws::telescopes(rule, case, telescoping, tolerance))
    }

    /// Claims that over all groups of `size` paths the expected gradient is `factor` times the exact one
    /// ([`gradient::gradient_is_exact`], to `1e-12`).
    #[must_use]
    pub fn gradient(mut self, paths: &'a Paths, size: usize, factor: f64) -> Self {
        self.gradients.push((paths, size, factor));
        self
    }

    /// Checks the contract and every claim on one batch.
    pub fn check_case(&mut self, case: &CreditCase) -> Result<(), Violation> {
        let (rule, tolerance) = (&mut self.rule, self.tolerance);
        laws::accepts_lawful_input(rule, case)?;
        laws::is_deterministic(rule, case)?;
        laws::stays_finite(rule, case)?;
        laws::refuses_what_is_not_finite(rule, case, self.reads_values)?;
        laws::masked_positions_are_zero(rule, case)?;
        laws::follows_the_order_of_trajectories(rule, case, tolerance)?;
        laws::ignores_names_of_groups(rule, case, tolerance)?;
        laws::ignores_names_of_states(rule, case, tolerance)?;
        self.claims.iter().try_for_each(|claim| claim(rule, case, tolerance))
    }

    /// Checks `cases` batches of the given shape and the gradients that are claimed. The violation shows the
    /// smallest batch that breaks the law; the same call finds the same one again.
    pub fn check(&mut self, shape: &CaseShape, cases: u32) -> Result<Coverage, Violation> {
        for (paths, size, factor) in self.gradients.clone() {
            gradient::gradient_is_exact(&mut self.rule, paths, size, factor, 1e-12)?;
        }
        let mut coverage = Coverage::default();
        let same = |a: &Violation, b: &Violation| a.law == b.law;
        falsify(
            &credit_case(shape),
            cases,
            |case| {
                coverage.count(case);
                self.check_case(case)
            },
            same,
        )?;
        Ok(coverage)
    }

    /// As [`CreditLaws::check`].
    ///
    /// # Panics
    /// With the [`Violation`].
    #[track_caller]
    pub fn conformance(&mut self, shape: &CaseShape, cases: u32) -> Coverage {
        self.check(shape, cases).unwrap_or_else(|violation| panic!("{violation}"))
    }
}
