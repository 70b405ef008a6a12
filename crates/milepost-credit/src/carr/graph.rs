use crate::{CreditError, check};

/// A question taken apart into `n` single-hop statements over placeholders; placeholder 0 stands for the answer.
///
/// Source: CaRR, arXiv 2601.06021. A placeholder that no statement holds is without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RubricGraph {
    /// The placeholders of each statement.
    statements: Vec<Vec<usize>>,
}

/// What a judge found in an answer.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Whether the answer gives a value to each placeholder; those beyond the end have none.
    pub named: &'a [bool],
    /// Whether what is cited entails each statement, filled in with those values, `[n]`.
    pub supported: &'a [bool],
}

impl RubricGraph {
    /// From the placeholders of each statement.
    #[must_use]
    pub const fn new(statements: Vec<Vec<usize>>) -> Self {
        Self { statements }
    }

    /// A chain of `hops` statements, counted from the answer: statement `d` joins placeholder `d` to the next, the
    /// last one to something that the question names.
    #[must_use]
    pub fn chain(hops: usize) -> Self {
        let link = |d: usize| if d + 1 < hops { vec![d, d + 1] } else { vec![d] };
        Self { statements: (0..hops).map(link).collect() }
    }

    /// Number of statements, `n`.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether there are no statements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Which statements are *identified* (every placeholder has a value) and *supported*, `[n]`.
    ///
    /// # Errors
    /// If `supported` is not `[n]`.
    pub fn supported(&self, evidence: Evidence<'_>) -> Result<Vec<bool>, CreditError> {
        check::len("supported", self.len(), evidence.supported.len())?;
        let named = |placeholder: &usize| evidence.named.get(*placeholder).copied().unwrap_or(false);
        let pairs = self.statements.iter().zip(evidence.supported);
        Ok(pairs.map(|(holds, supported)| *supported && holds.iter().all(named)).collect())
    }

    /// Which of them are also *connected*: reached from the answer through statements that are identified and
    /// supported, `[n]`. Breadth first over the graph of placeholders and statements; the order of statements does
    /// not matter.
    ///
    /// # Errors
    /// If `supported` is not `[n]`.
    pub fn connected(&self, evidence: Evidence<'_>) -> Result<Vec<bool>, CreditError> {
        let supported = self.supported(evidence)?;
        let mut reached = vec![false; self.len()];
        let mut frontier = vec![0];
        while !frontier.is_empty() {
            let mut next = Vec::new();
            for (statement, holds) in self.statements.iter().enumerate() {
                let touches = holds.iter().any(|placeholder| frontier.contains(placeholder));
                if supported[statement] && !reached[statement] && touches {
                    reached[statement] = true;
                    next.extend_from_slice(holds);
                }
            }
            frontier = next;
        }
        Ok(reached)
    }

    /// `R_r = #counted / n`, from 0 to 1; 0 without statements.
    #[must_use]
    pub fn score(counted: &[bool]) -> f64 {
        let met = counted.iter().filter(|counts| **counts).count();
        if counted.is_empty() { 0.0 } else { met as f64 / counted.len() as f64 }
    }
}
