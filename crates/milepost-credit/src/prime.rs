//! PRIME: leave-one-out over outcomes, and leave-one-out over the process rewards of every token.

use crate::reward_to_go::accumulate;
use crate::{CreditError, Groups, Normalize, Pooling, Rows, Singleton, check, whiten};

/// How a token's process reward is set against the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessBaseline {
    /// The paper's: `r^i_t − (1/(K−1)) Σ_{j≠i} r̄_j`, the others' mean token reward.
    #[default]
    Others,
    /// The released code's: `r^i_t K/(K−1) − (1/(K−1)) Σ_j r̄_j`. It exceeds the paper's by `(r^i_t − r̄_i)/(K−1)`,
    /// which sums to 0 over a response.
    ReleasedCode,
}

/// Responses of groups, as tokens of the policy.
#[derive(Debug, Clone, Copy)]
pub struct ProcessBatch<'a> {
    /// Which responses answer the same prompt.
    pub groups: &'a Groups,
    /// The tokens of each response; at least one each.
    pub tokens: &'a Rows,
    /// Outcome `o_i` of each response.
    pub outcomes: &'a [f64],
    /// Process reward `r_t` of each token, flat.
    pub rewards: &'a [f64],
    /// Responses whose process rewards are known; all without. The others get the outcome part only, and leave the
    /// baselines.
    pub known: Option<&'a [bool]>,
}

/// What happened to the groups of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PrimeReport {
    /// Groups whose outcomes were all equal: no outcome part.
    pub equal_outcomes: usize,
    /// Responses without a process part, because theirs is unknown or nobody's else is known.
    pub without_process: usize,
    /// What the process rewards were divided by; 1 where they were left alone.
    pub divisor: f64,
}

/// `A_{i,t} = c A^P_{i,t} + A^O_i`, whitened over the tokens of the batch.
///
/// `A^O_i = o_i − (1/(K−1)) Σ_{j≠i} o_j`, the same at every token. With `r̄_j = (1/|y_j|) Σ_t r^j_t`:
/// `A^P_{i,t} = Σ_{s≥t} γ^{s−t} (r^i_s − (1/(K−1)) Σ_{j≠i} r̄_j)`.
///
/// Source: arXiv 2502.01456, its released code and verl's recipe. Identities: without process rewards it is whitened
/// RLOO; a constant added to all process rewards changes nothing under [`ProcessBaseline::Others`]; at `γ = 1`
/// `A^P_t − A^P_{t+1} = r_t − r̄_{−i}`. Known failure: the whitening divides both parts by one number, so their
/// balance is set by `process_scale` alone, and long responses dominate it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prime {
    /// `c`, on `r = β q` with the log-ratio `q`. 5 is the paper's and the later recipe's; the original code takes 5 on
    /// `q` itself, which is `5/β` here (100 at `β = 0.05`).
    pub process_scale: f64,
    /// Discount `γ` over tokens; 1 in the paper.
    pub gamma: f64,
    /// What a token is set against.
    pub baseline: ProcessBaseline,
    /// Divide the process rewards of the batch by the largest `|Σ_{s≥t} r_s|` first, if it is not 0.
    pub batch_norm: bool,
    /// `ε` of the whitening `(A − mean)/√(var + ε)`; `None`: no whitening.
    pub whiten: Option<f64>,
}

impl Default for Prime {
    /// [`Prime::paper`].
    fn default() -> Self {
        Self::paper()
    }
}

impl Prime {
    /// `c = 5` on `β q`, `γ = 1`, the others' mean, no division, whitened with `ε = 1e-8`.
    #[must_use]
    pub const fn paper() -> Self {
        Self {
            process_scale: 5.0,
            gamma: 1.0,
            baseline: ProcessBaseline::Others,
            batch_norm: false,
            whiten: Some(1e-8),
        }
    }

    /// The released code: its baseline, and process rewards divided by their largest reverse cumulative sum (which
    /// makes `β` immaterial).
    #[must_use]
    pub const fn released_code() -> Self {
        Self { baseline: ProcessBaseline::ReleasedCode, batch_norm: true, ..Self::paper() }
    }

    /// The advantage of each token, flat.
    ///
    /// # Errors
    /// A group of one, a response without tokens, slices that do not fit, a number that is not finite, a parameter
    /// outside its domain.
    pub fn assign(&self, batch: &ProcessBatch<'_>, out: &mut [f64]) -> Result<PrimeReport, CreditError> {
        self.check()?;
        batch.check(out)?;
        let mut outcome = vec![0.0; batch.outcomes.len()];
        let groups = Normalize::rloo().apply_groups(batch.groups, batch.outcomes, &mut outcome)?;
        let (mut rewards, divisor) = self.scaled(batch)?;
        let mut report = PrimeReport { equal_outcomes: groups.zero_range, without_process: 0, divisor };
        report.without_process = self.centre(batch, &mut rewards)?;
        for (row, outcome) in batch.tokens.iter().zip(&outcome) {
            let process = &mut out[row.clone()];
            accumulate(&rewards[row], self.gamma, 0.0, process);
            for advantage in process {
                *advantage = self.process_scale * *advantage + outcome;
            }
        }
        check::representable("out", out)?;
        if let Some(epsilon) = self.whiten {
            whiten(out, None, epsilon)?;
        }
        Ok(report)
    }

    fn check(&self) -> Result<(), CreditError> {
        check::finite_scalar("process_scale", self.process_scale)?;
        check::unit_interval("gamma", self.gamma)?;
        self.whiten.map_or(Ok(()), |epsilon| check::non_negative("epsilon", epsilon))
    }

    /// Known process rewards, divided if so asked; 0 for the others.
    fn scaled(&self, batch: &ProcessBatch<'_>) -> Result<(Vec<f64>, f64), CreditError> {
        let mut rewards = vec![0.0; batch.rewards.len()];
        for (_, row) in batch.tokens.iter().enumerate().filter(|(response, _)| batch.knows(*response)) {
            check::finite_within("rewards", batch.rewards, row.clone())?;
            rewards[row.clone()].copy_from_slice(&batch.rewards[row]);
        }
        let divisor = if self.batch_norm { largest_reverse_sum(&rewards, batch.tokens)? } else { 1.0 };
        if divisor != 1.0 {
            for reward in &mut rewards {
                *reward /= divisor;
            }
        }
        Ok((rewards, divisor))
    }

    /// Sets each token against the group; returns how many responses have no process part.
    fn centre(&self, batch: &ProcessBatch<'_>, rewards: &mut [f64]) -> Result<usize, CreditError> {
        let means: Vec<f64> = batch
            .tokens
            .iter()
            .map(|row| rewards[row.clone()].iter().sum::<f64>() / row.len() as f64)
            .collect();
        // Leave-one-out of the means: the response's own mean less the mean of the others.
        let mut beyond_others = vec![0.0; means.len()];
        let pooling = Pooling { valid: batch.known, singleton: Singleton::Drop };
        Normalize::rloo().apply_groups_with(batch.groups, pooling, &means, &mut beyond_others)?;
        let mut without = 0;
        for members in batch.groups.iter() {
            let known = members.iter().filter(|member| batch.knows(**member)).count();
            for &member in members {
                let row = batch.tokens.range(member);
                if !batch.knows(member) || known < 2 {
                    without += 1;
                    rewards[row].fill(0.0);
                    continue;
                }
                let others = means[member] - beyond_others[member];
                let extra = match self.baseline {
                    ProcessBaseline::Others => 0.0,
                    ProcessBaseline::ReleasedCode => 1.0 / (known - 1) as f64,
                };
                for reward in &mut rewards[row] {
                    *reward = (*reward - others) + extra * (*reward - means[member]);
                }
            }
        }
        Ok(without)
    }
}

impl ProcessBatch<'_> {
    fn knows(&self, response: usize) -> bool {
        self.known.is_none_or(|known| known[response])
    }

    fn check(&self, out: &[f64]) -> Result<(), CreditError> {
        check::non_empty("outcomes", self.outcomes)?;
        check::len("groups", self.outcomes.len(), self.groups.entries())?;
        check::len("tokens", self.outcomes.len(), self.tokens.len())?;
        check::len("known", self.outcomes.len(), self.known.map_or(self.outcomes.len(), <[bool]>::len))?;
        check::len("rewards", self.tokens.entries(), self.rewards.len())?;
        check::len("out", self.tokens.entries(), out.len())?;
        if self.tokens.iter().any(|row| row.is_empty()) {
            return Err(CreditError::Empty { what: "tokens of a response" });
        }
        match self.groups.iter().map(<[usize]>::len).min() {
            Some(found @ 0..=1) => Err(CreditError::TooFew { what: "leave-one-out", needed: 2, found }),
            _ => Ok(()),
        }
    }
}

/// The largest `|Σ_{s≥t} r_s|` over the rows of a batch; 1 if it is 0.
fn largest_reverse_sum(rewards: &[f64], rows: &Rows) -> Result<f64, CreditError> {
    let mut largest = 0.0_f64;
    for row in rows.iter() {
        let mut sum = 0.0;
        for reward in rewards[row].iter().rev() {
            sum += reward;
            largest = largest.max(f64::abs(sum));
        }
    }
    check::representable("reverse cumulative sums", &[largest])?;
    Ok(if largest == 0.0 { 1.0 } else { largest })
}
