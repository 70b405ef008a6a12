use super::turn::Answer;
use super::{Fact, LookupOracle};

/// Citations of an answer that are read; the rest is ignored, as in CaRR.
const CITATIONS_READ: usize = 20;

/// One single-hop statement `(E_{u−1}, r_u, E_u)` of a question, as an answer fills it in.
///
/// Entities are numbered along the chain: `E_0` is the question's own and always known, the others are
/// placeholders: `E_1 … E_{h−1}` have the values that the answer names with `via`, `E_h` is the answer. (CaRR counts
/// from the answer; its `<E0>` is `E_h`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RubricItem {
    /// Number of the entity that the statement is about, `u − 1`.
    pub subject: usize,
    /// Number of its value, `u`.
    pub object: usize,
    /// The statement with the answer's values; `None` where it is not *identified*: a placeholder has no value.
    pub claim: Option<Fact>,
    /// Whether it is *supported*: identified, and stated by a cited document that was shown.
    pub supported: bool,
}

impl LookupOracle {
    /// The rubric of the question, `[h]`, read against an answer and what its citations state
    /// ([`super::LookupAction::Answer`]). Whether a statement is *connected* to the answer is the scorer's to find:
    /// `subject` and `object` are the edges.
    #[must_use]
    pub fn rubric(&self, answer: &Answer, evidence: &[Option<Fact>]) -> Vec<RubricItem> {
        let hops = self.hops();
        let evidence = &evidence[..evidence.len().min(CITATIONS_READ)];
        let value = |entity: usize| match entity {
            0 => Some(self.entities()[0]),
            _ if entity == hops => Some(answer.entity),
            _ => answer.via.get(entity - 1).copied(),
        };
        let item = |(subject, relation): (usize, &u32)| {
            let object = subject + 1;
            let claim = value(subject).zip(value(object)).map(|(subject, object)| Fact {
                subject,
                relation: *relation,
                object,
            });
            let supported = claim.is_some() && evidence.contains(&claim);
            RubricItem { subject, object, claim, supported }
        };
        self.relations().iter().enumerate().map(item).collect()
    }

    /// Which placeholders an answer gives a value to, counted from the answer. `[h]`
    #[must_use]
    pub fn named(&self, answer: &Answer) -> Vec<bool> {
        let hops = self.hops();
        (0..hops).map(|placeholder| placeholder == 0 || answer.via.len() >= hops - placeholder).collect()
    }

    /// Which statements are supported, counted from the answer. `[h]`
    #[must_use]
    pub fn supported(&self, answer: &Answer, evidence: &[Option<Fact>]) -> Vec<bool> {
        self.rubric(answer, evidence).iter().rev().map(|item| item.supported).collect()
    }

    /// The same by a judge who takes a citation of what was never shown at its word: each one supports the first
    /// statement, counted from the answer, that is true and not supported yet. `[h]`
    #[must_use]
    pub fn supported_unseen(&self, answer: &Answer, evidence: &[Option<Fact>]) -> Vec<bool> {
        let read = &evidence[..evidence.len().min(CITATIONS_READ)];
        let mut unseen = read.iter().filter(|fact| fact.is_none()).count();
        let mut judge = |item: &RubricItem| {
            let believed =
                !item.supported && unseen > 0 && item.claim.is_some_and(|claim| self.is_true(claim));
            unseen -= usize::from(believed);
            item.supported || believed
        };
        self.rubric(answer, evidence).iter().rev().map(&mut judge).collect()
    }
}
