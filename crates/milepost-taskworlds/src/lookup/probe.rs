use milepost_core::Probe;

use super::LookupQa;

/// Records how many leading hops are resolved, from 0 to the number of hops: a potential that grows with what was
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResolvedHops;

impl Probe<LookupQa> for ResolvedHops {
    fn name(&self) -> &'static str {
        "resolved-hops"
    }

    fn read(&mut self, environment: &LookupQa) -> f64 {
        environment.resolved() as f64
    }
}
