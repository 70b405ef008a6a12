use super::turn::Answer;
use super::{Fact, LookupOracle};

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
}
