//! Looking for a counterexample, and for a smaller one.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Evaluations spent on making a counterexample smaller.
const SHRINKING: usize = 2000;

/// Checks `cases` values of `strategy`, drawn from a fixed seed. The first that fails is shrunk for as long
/// as it breaks the `same` law, so that the violation that comes back shows the smallest value found.
pub(crate) fn falsify<S: Strategy, V>(
    strategy: &S,
    cases: u32,
    mut check: impl FnMut(&S::Value) -> Result<(), V>,
    same: impl Fn(&V, &V) -> bool,
) -> Result<(), V> {
    let mut runner = TestRunner::deterministic();
    for _ in 0..cases {
        // A strategy with filters may give up on a draw; the next one is as good.
        let Ok(mut tree) = strategy.new_tree(&mut runner) else { continue };
        let Err(mut found) = check(&tree.current()) else { continue };
        let mut left = SHRINKING;
        let mut go_on = tree.simplify();
        while go_on && left > 0 {
            left -= 1;
            go_on = match check(&tree.current()) {
                Err(smaller) if same(&found, &smaller) => {
                    found = smaller;
                    tree.simplify()
                }
                _ => tree.complicate(),
            };
        }
        return Err(found);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_counterexample_comes_back() {
        let check = |n: &u32| if *n < 17 { Ok(()) } else { Err(*n) };
        assert_eq!(falsify(&(0..1000_u32), 50, check, |_, _| true), Err(17));
        assert_eq!(falsify(&(0..17_u32), 50, check, |_, _| true), Ok(()));
    }

    #[test]
    fn shrinking_never_trades_one_fault_for_another() {
        let check = |n: &u32| match n {
            0..10 => Err("small"),
            500.. => Err("large"),
            _ => Ok(()),
        };
        assert_eq!(falsify(&(500..1000_u32), 5, check, |a, b| a == b), Err("large"));
    }
}
