//! Weights of tokens.

use milepost_credit::{Aggregation, BatchTotals};
use milepost_testkit::aggregation::{AggregationLaws, Sum, Totals};

use crate::CASES;
use crate::adapt::filled;

#[test]
fn every_mode_conforms() {
    let modes = [
        (Aggregation::TokenMean, Sum::One),
        (Aggregation::SeqMeanTokenMean, Sum::One),
        (Aggregation::SeqMeanTokenSum, Sum::MeanLength { over: 1.0 }),
        (Aggregation::SeqMeanTokenSumNorm { constant: 16.0 }, Sum::MeanLength { over: 16.0 }),
        (Aggregation::TokenSum, Sum::Tokens),
    ];
    for (mode, sum) in modes {
        AggregationLaws::new(|lengths: &[usize], totals: Totals| {
            let totals = BatchTotals { tokens: totals.tokens, sequences: totals.sequences };
            filled(lengths.len(), |out| mode.weights_within(totals, lengths, out))
        })
        .sums_to(sum)
        .conformance(CASES);
    }
}
