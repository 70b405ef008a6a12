use crate::StatsError;
use crate::exact::SolveError;

/// Why a reward could not be audited.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The world could not be solved.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// A statistic does not exist.
    #[error(transparent)]
    Stats(#[from] StatsError),
    /// The two rewards do not belong to one world.
    #[error(
        "the two rewards have different dynamics; make the audited one from the gold one with `TabularMdp::with_rewards`"
    )]
    DifferentDynamics,
    /// An exact answer would take too long.
    #[error(
        "{what} needs more than {limit} visits of transitions; choose a smaller level or a shorter budget"
    )]
    TooMuchWork {
        /// What was to be computed.
        what: &'static str,
        /// How many visits are allowed.
        limit: u64,
    },
}
