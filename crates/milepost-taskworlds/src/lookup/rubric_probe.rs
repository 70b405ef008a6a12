use milepost_core::Probe;

use super::event::LookupAction;
use super::{LookupOracle, LookupQa};

/// Records what a judge of citations finds in the answer, for rewards that are computed from it on purpose. Before an
/// answer everything but the number of statements is 0.
///
/// Several flags are recorded as one number, flag `d` of value `2^d`. As in CaRR everything is counted from the
/// answer: placeholder 0 is the answer, statement `d` joins placeholder `d` to placeholder `d + 1`, the last one to
/// the question's entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RubricProbe {
    /// Statements of the question, `h`, as `lookup-statements`.
    Statements,
    /// Which placeholders the answer gives a value to, as `lookup-named`.
    Named,
    /// How many citations the answer has, of whatever, as `lookup-cited`.
    Cited,
    /// Which statements a cited document that was shown entails, as `lookup-supported`.
    Supported,
    /// The same by a judge who does not check that what is cited was ever shown, as `lookup-supported-unseen`.
    SupportedUnseen,
}

impl RubricProbe {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Statements, Self::Named, Self::Cited, Self::Supported, Self::SupportedUnseen];

    fn of(self, oracle: &LookupOracle, action: Option<&LookupAction>) -> f64 {
        let answered = match action {
            Some(LookupAction::Answer { answer, evidence }) => Some((answer, evidence)),
            _ => None,
        };
        match (self, answered) {
            (Self::Statements, _) => oracle.hops() as f64,
            (_, None) => 0.0,
            (Self::Named, Some((answer, _))) => flags(&oracle.named(answer)),
            (Self::Cited, Some((answer, _))) => answer.citations.len() as f64,
            (Self::Supported, Some((answer, evidence))) => flags(&oracle.supported(answer, evidence)),
            (Self::SupportedUnseen, Some((answer, evidence))) => {
                flags(&oracle.supported_unseen(answer, evidence))
            }
        }
    }
}

/// `Σ_d 2^d · flag_d`.
fn flags(flags: &[bool]) -> f64 {
    flags.iter().rev().fold(0.0, |sum, flag| 2.0 * sum + f64::from(u8::from(*flag)))
}

impl Probe<LookupQa> for RubricProbe {
    fn name(&self) -> &'static str {
        match self {
            Self::Statements => "lookup-statements",
            Self::Named => "lookup-named",
            Self::Cited => "lookup-cited",
            Self::Supported => "lookup-supported",
            Self::SupportedUnseen => "lookup-supported-unseen",
        }
    }

    fn read(&mut self, environment: &LookupQa) -> f64 {
        let last = environment.events().last().map(|event| &event.action);
        environment.oracle().map_or(0.0, |oracle| self.of(&oracle, last))
    }
}
