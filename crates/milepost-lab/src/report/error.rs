//! Why a report could not be built. Each message names the thing and the remedy.

/// Input that no honest page can be made from. Thin input (no seeds, one arm, NaN) is not an error: the
/// page says what is missing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The experiment has no arms.
    #[error("experiment `{experiment}` has no arms; a report needs at least one")]
    NoArms {
        /// Name of the experiment.
        experiment: String,
    },
    /// A comparison of nothing.
    #[error("no runs to compare; pass at least one run")]
    NoRuns,
    /// Two arms share a name.
    #[error("two arms are called `{arm}`; arm names must be unique within an experiment")]
    DuplicateArm {
        /// The shared name.
        arm: String,
    },
    /// The reference is not among the arms.
    #[error("the reference arm `{reference}` is not among the arms ({known}); name one of them or none")]
    UnknownReference {
        /// The name that was not found.
        reference: String,
        /// The names that exist.
        known: String,
    },
    /// Arrays that belong together differ in length.
    #[error("arm `{arm}`: {what} has {found} entries where {expected} are needed")]
    Length {
        /// Arm that holds the array.
        arm: String,
        /// The array.
        what: String,
        /// Needed length.
        expected: usize,
        /// Actual length.
        found: usize,
    },
    /// A template failed: a bug in Milepost, not in the input.
    #[error("the page template failed; please report this as a bug")]
    Template(#[from] minijinja::Error),
    /// The x-ray data could not be embedded.
    #[error("the credit x-ray could not be written as JSON")]
    Json(#[from] serde_json::Error),
}
