//! What a rule may claim beside the contract that every rule owes.

/// A sum that credit keeps. Sums run over policy positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conserved {
    /// `Σ_t c_{i,t} = Σ_t r_{i,t}`: a redistribution.
    Return,
    /// `Σ_t c_{i,t} = Σ_t r_{i,t} + b_i − V_{i,0}`, `b` the bootstrap and `V_0` the value of the first policy
    /// position: temporal differences at `γ = 1`, with what the critic expected subtracted once.
    ReturnMinusValue,
    /// `Σ_{i∈g} c_i = 0` in every group, where each trajectory has one number `c_i` at all of its policy
    /// positions.
    GroupZero,
    /// `Σ_{i,t} c_{i,t} = 0` over the batch: whitening.
    BatchZero,
}

/// What `a · R` does, `a > 0`, with values and bootstraps scaled alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// Nothing: `c(aR) = c(R)`.
    Invariant,
    /// `c(aR) = a c(R)`.
    Proportional,
}

/// What `R + b` does, the same `b` for every trajectory, paid at its last policy position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Nothing: a baseline takes it away.
    Cancels,
    /// `c(R + b) = c(R) + b` at every policy position.
    Adds,
}

/// What a trajectory without peers gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Singletons {
    /// 0: there is nobody to compare with.
    Zero,
    /// Its return at every policy position: a baseline of 0.
    Return,
    /// A typed error.
    Refused,
}

/// What rewards of difference form do, `F_t = γ Φ_{t+1} − Φ_t` with any potential `Φ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Telescoping {
    /// Nothing, if values and bootstrap fall by `Φ` too: temporal differences with a critic.
    AbsorbedByValues {
        /// The rule's discount.
        gamma: f64,
    },
    /// `c_t` falls by `Φ_t`, where nothing follows the end (`Φ_T = 0`): rewards-to-go.
    AddsMinusPotential {
        /// The rule's discount.
        gamma: f64,
    },
    /// Nothing, at `γ = 1` and `Φ_0 = Φ_T = 0`: rules that look at returns only.
    OnlyEndpoints,
}
