use crate::{SignalError, StateRecords};

/// Flags that one record holds: a bit each, exact in an `f64`.
pub const FLAGS_OF_A_RECORD: usize = 32;

/// Which flags each turn raised, `M` and `[T · M]` turn by turn, from records that hold them 32 at a time.
///
/// `count` is the record of `M`; the flags lie in the records `prefix-0`, `prefix-1`, …, the first as the lowest bit. A
/// turn's flags are those of the state after it.
///
/// # Errors
/// Names the record that is missing.
pub fn recorded_flags(
    records: &StateRecords,
    count: &str,
    prefix: &str,
) -> Result<(usize, Vec<bool>), SignalError> {
    let states = records.require(count)?;
    let flags = states.last().copied().unwrap_or(0.0) as usize;
    let words = (0..flags.div_ceil(FLAGS_OF_A_RECORD))
        .map(|word| records.require(&format!("{prefix}-{word}")))
        .collect::<Result<Vec<_>, _>>()?;
    let raised = |state: usize, flag: usize| {
        let bits = words[flag / FLAGS_OF_A_RECORD].get(state).copied().unwrap_or(0.0) as u32;
        bits >> (flag % FLAGS_OF_A_RECORD) & 1 == 1
    };
    let turns = 1..states.len();
    Ok((
        flags,
        turns
            .flat_map(|state| (0..flags).map(move |flag| (state, flag)))
            .map(|(s, f)| raised(s, f))
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_back_turn_by_turn() {
        let mut records = StateRecords::named(["tests", "passed-0", "passed-1"]);
        records.push(&[33.0, 0.0, 0.0]);
        records.push(&[33.0, 5.0, 1.0]);
        records.push(&[33.0, f64::from(u32::MAX), 0.0]);
        let (flags, raised) = recorded_flags(&records, "tests", "passed").expect("recorded");
        assert_eq!((flags, raised.len()), (33, 66));
        let of = |turn: usize| -> Vec<usize> { (0..33).filter(|flag| raised[turn * 33 + flag]).collect() };
        assert_eq!(of(0), [0, 2, 32]);
        assert_eq!(of(1), (0..32).collect::<Vec<_>>());
        let missing = StateRecords::named(["tests"]);
        assert!(
            recorded_flags(&missing, "test", "passed").expect_err("missing").to_string().contains("`test`")
        );
    }
}
