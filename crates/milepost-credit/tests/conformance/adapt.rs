//! From the suite's batches to the arguments of this crate's rules.

use milepost_credit::{CreditError, Groups, PositionIndex, Rows, TokenBatch, optimal_token_baseline};
use milepost_testkit::credit::CreditCase;

pub(crate) type Credit = Result<Vec<f64>, CreditError>;

/// The policy positions of one trajectory, without anything in between.
pub(crate) struct Decisions {
    pub(crate) rewards: Vec<f64>,
    pub(crate) values: Vec<f64>,
    pub(crate) bootstrap: f64,
    pub(crate) log_probs: Vec<f64>,
}

/// Credits each trajectory by itself, over its policy positions alone.
pub(crate) fn by_decisions(
    case: &CreditCase,
    mut rule: impl FnMut(&Decisions, &mut [f64]) -> Result<(), CreditError>,
) -> Credit {
    let mut credit = vec![0.0; case.positions()];
    for (number, row) in case.policy_rows().into_iter().enumerate() {
        let pick = |column: &[f64]| row.iter().map(|&at| column[at]).collect::<Vec<f64>>();
        let decisions = Decisions {
            rewards: pick(&case.rewards),
            values: pick(&case.values),
            bootstrap: case.bootstraps[number],
            log_probs: pick(&case.log_probs),
        };
        let mut out = vec![0.0; row.len()];
        rule(&decisions, &mut out)?;
        for (at, out) in row.into_iter().zip(out) {
            credit[at] = out;
        }
    }
    Ok(credit)
}

/// Credits each trajectory by itself, over all of its positions: range, number, output.
pub(crate) fn by_rows(
    case: &CreditCase,
    mut rule: impl FnMut(std::ops::Range<usize>, usize, &mut [f64]) -> Result<(), CreditError>,
) -> Credit {
    let mut credit = vec![0.0; case.positions()];
    for (number, row) in case.rows().enumerate() {
        rule(row.clone(), number, &mut credit[row])?;
    }
    Ok(credit)
}

/// Groups and rows of a batch.
pub(crate) fn layout(case: &CreditCase) -> (Groups, Rows) {
    (Groups::from_keys(&case.groups), Rows::ragged(&case.lengths))
}

/// A batch turn by turn. Turns that the policy did not answer are left out.
pub(crate) struct Turns {
    pub(crate) rows: Rows,
    pub(crate) rewards: Vec<f64>,
    pub(crate) anchors: Vec<u64>,
    /// The policy positions of each turn.
    pub(crate) positions: Vec<Vec<usize>>,
}

pub(crate) fn turns(case: &CreditCase) -> Turns {
    let mut out = Turns { rows: Rows::ragged(&[]), rewards: vec![], anchors: vec![], positions: vec![] };
    let mut lengths = vec![];
    for row in case.policy_rows() {
        let spans: Vec<&[usize]> = row.chunk_by(|&a, &b| case.turns[a] == case.turns[b]).collect();
        lengths.push(spans.len());
        for span in spans {
            out.rewards.push(span.iter().map(|&at| case.rewards[at]).sum());
            out.anchors.push(case.keys[span[0]]);
            out.positions.push(span.to_vec());
        }
    }
    out.rows = Rows::ragged(&lengths);
    out
}

/// One number a turn, at all of its policy positions.
pub(crate) fn at_turns(case: &CreditCase, turns: &Turns, per_turn: &[f64]) -> Vec<f64> {
    let mut credit = vec![0.0; case.positions()];
    for (positions, value) in turns.positions.iter().zip(per_turn) {
        for &at in positions {
            credit[at] = *value;
        }
    }
    credit
}

/// Runs a rule that fills a slice of `len` numbers.
pub(crate) fn filled(len: usize, rule: impl FnOnce(&mut [f64]) -> Result<(), CreditError>) -> Credit {
    let mut out = vec![0.0; len];
    rule(&mut out).map(|()| out)
}

/// The optimal token baseline, every position with the same `Σ_a π(a)²`.
pub(crate) fn token_baseline(case: &CreditCase, index: PositionIndex, sum_pi_squared: f64) -> Credit {
    let (groups, tokens) = layout(case);
    let squares = vec![sum_pi_squared; case.positions()];
    let batch = TokenBatch {
        groups: &groups,
        tokens: &tokens,
        rewards: &case.rewards,
        mask: &case.mask,
        log_probs: &case.log_probs,
        sum_pi_squared: &squares,
    };
    filled(case.positions(), |out| {
        optimal_token_baseline(&batch, index, 1e-8, out, &mut vec![0.0; case.positions()])
    })
}
