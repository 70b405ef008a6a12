//! A credit rule under test, and what the suite says about it.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::CreditCase;

/// What a credit rule may promise. Each is checked by the function named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// [`super::laws::accepts_lawful_input`].
    AcceptsLawfulInput,
    /// [`super::laws::is_deterministic`].
    IsDeterministic,
    /// [`super::laws::stays_finite`].
    StaysFinite,
    /// [`super::laws::refuses_what_is_not_finite`].
    RefusesWhatIsNotFinite,
    /// [`super::laws::masked_positions_are_zero`].
    MaskedPositionsAreZero,
    /// [`super::laws::follows_the_order_of_trajectories`].
    FollowsTheOrderOfTrajectories,
    /// [`super::laws::ignores_names_of_groups`].
    IgnoresNamesOfGroups,
    /// [`super::laws::ignores_names_of_states`].
    IgnoresNamesOfStates,
    /// [`super::laws::ignores_environment_positions`].
    IgnoresEnvironmentPositions,
    /// [`super::laws::ignores_padding`].
    IgnoresPadding,
    /// [`super::laws::conserves`].
    Conserves,
    /// [`super::laws::answers_scale`].
    AnswersScale,
    /// [`super::laws::answers_shift`].
    AnswersShift,
    /// [`super::laws::equal_groups_are_zero`].
    EqualGroupsAreZero,
    /// [`super::laws::treats_singletons`].
    TreatsSingletons,
    /// [`super::laws::groups_are_independent`].
    GroupsAreIndependent,
    /// [`super::laws::trajectories_are_independent`].
    TrajectoriesAreIndependent,
    /// [`super::laws::is_causal`].
    IsCausal,
    /// [`super::laws::telescopes`].
    Telescopes,
    /// [`super::gradient_of`] against [`crate::enumeration::Paths::exact_gradient`].
    GradientIsExact,
}

/// A broken law, with the batch that shows it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("law {law:?} is broken: {what}\nshown by {case:?}")]
pub struct Violation {
    /// Which law.
    pub law: Law,
    /// What was found, and what was expected.
    pub what: String,
    /// The batch that shows it, the smallest one found.
    pub case: Box<CreditCase>,
}

impl Violation {
    pub(super) fn new(law: Law, case: &CreditCase, what: impl Into<String>) -> Self {
        Self { law, what: what.into(), case: Box::new(case.clone()) }
    }
}

/// How a rule answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// Credit, one number a position.
    Credit(Vec<f64>),
    /// A typed error.
    Refused(String),
    /// A panic, which is never an answer.
    Panicked(String),
}

/// A rule whose error is text.
type Call<'a> = dyn FnMut(&CreditCase) -> Result<Vec<f64>, String> + 'a;

/// A credit rule under test: `[P]` numbers for a [`CreditCase`] of `P` positions, or a typed error. A panic is
/// caught and reported as a violation; its message still appears where panics are printed.
pub struct Rule<'a> {
    call: Box<Call<'a>>,
}

impl std::fmt::Debug for Rule<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rule")
    }
}

impl<'a> Rule<'a> {
    /// Wraps a function. Its error must be a type, so that a caller can tell what was refused.
    pub fn new<E: Error>(mut rule: impl FnMut(&CreditCase) -> Result<Vec<f64>, E> + 'a) -> Self {
        Self { call: Box::new(move |case| rule(case).map_err(|error| error.to_string())) }
    }

    /// Wraps a normaliser: one score a trajectory and its group in, one number a trajectory out. The score is
    /// the return, the number goes to all policy positions, and so every law of credit is one of
    /// normalisation too.
    pub fn of_returns<E: Error>(mut rule: impl FnMut(&[f64], &[u64]) -> Result<Vec<f64>, E> + 'a) -> Self {
        Self::new(move |case| rule(&case.returns(), &case.groups).map(|out| case.broadcast(&out)))
    }

    pub(super) fn answer(&mut self, case: &CreditCase) -> Answer {
        match catch_unwind(AssertUnwindSafe(|| (self.call)(case))) {
            Ok(Ok(credit)) => Answer::Credit(credit),
            Ok(Err(error)) => Answer::Refused(error),
            Err(payload) => {
                let text = payload.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
                Answer::Panicked(text.unwrap_or("no message").to_owned())
            }
        }
    }

    /// The credit of a batch that the rule must accept.
    pub(super) fn credit(&mut self, case: &CreditCase) -> Result<Vec<f64>, Violation> {
        let fail = |what: String| Err(Violation::new(Law::AcceptsLawfulInput, case, what));
        match self.answer(case) {
            Answer::Credit(credit) if credit.len() == case.positions() => Ok(credit),
            Answer::Credit(credit) => {
                fail(format!("{} numbers came back for {} positions", credit.len(), case.positions()))
            }
            Answer::Refused(error) => fail(format!("a lawful batch was refused: {error}")),
            Answer::Panicked(message) => fail(format!("the rule panicked: {message}")),
        }
    }
}
