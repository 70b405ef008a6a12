//! Each law must be able to fail.

use super::{AggregationLaws, Law, Sum, Totals};

#[derive(Debug, thiserror::Error)]
#[error("the batch has no policy token")]
struct NoTokens;

/// Weights from the length of a sequence and the totals; 0 for an empty one.
fn rule(weight: impl Fn(f64, Totals) -> f64) -> impl FnMut(&[usize], Totals) -> Result<Vec<f64>, NoTokens> {
    move |lengths, totals| {
        if totals.tokens == 0 {
            return Err(NoTokens);
        }
        let of = |length: &usize| if *length == 0 { 0.0 } else { weight(*length as f64, totals) };
        Ok(lengths.iter().map(of).collect())
    }
}

#[test]
fn lawful_rules_pass() {
    AggregationLaws::new(rule(|_, totals| 1.0 / totals.tokens as f64)).sums_to(Sum::One).conformance(60);
    AggregationLaws::new(rule(|length, totals| 1.0 / (totals.sequences as f64 * length)))
        .sums_to(Sum::One)
        .conformance(60);
    AggregationLaws::new(rule(|_, totals| 0.25 / totals.sequences as f64))
        .sums_to(Sum::MeanLength { over: 4.0 })
        .conformance(60);
    AggregationLaws::new(rule(|_, _| 1.0)).sums_to(Sum::Tokens).conformance(60);
}

#[track_caller]
fn broken(law: Law, mut laws: AggregationLaws<'_>) {
    let violation = laws.check(60).expect_err("the rule is broken");
    assert_eq!(violation.law, law, "{violation}");
}

#[test]
fn every_law_can_fail() {
    let mean = |_: f64, totals: Totals| 1.0 / totals.tokens as f64;
    let short = |lengths: &[usize], totals: Totals| {
        rule(mean)(lengths, totals).map(|mut weights| weights.split_off(1))
    };
    broken(Law::AcceptsLawfulInput, AggregationLaws::new(short));
    let everyone = |lengths: &[usize], totals: Totals| {
        rule(mean)(lengths, totals).map(|weights| vec![0.1; weights.len()])
    };
    broken(Law::WeightsAreNumbers, AggregationLaws::new(everyone));
    let centred = rule(|length, totals| length - totals.tokens as f64 / totals.sequences as f64);
    broken(Law::WeightsAreNumbers, AggregationLaws::new(centred));
    let favours_the_first = |lengths: &[usize], totals: Totals| {
        rule(mean)(lengths, totals).map(|mut weights| {
            weights[0] *= 2.0;
            weights
        })
    };
    let violation = AggregationLaws::new(favours_the_first).check_lengths(&[3, 3]).expect_err("one weighs 2");
    assert_eq!(violation.law, Law::EqualLengthsWeighAlike, "{violation}");
    let counts_empty = |lengths: &[usize], totals: Totals| {
        let rows = lengths.len() as f64;
        rule(move |length, _| 1.0 / (rows * length))(lengths, totals)
    };
    let off_by_one = rule(|length, totals| 1.0 / (totals.sequences as f64 * (length + 1.0)));
    broken(Law::WeightsSum, AggregationLaws::new(off_by_one).sums_to(Sum::One));
    broken(Law::MicroBatchesAdd, AggregationLaws::new(counts_empty));
    let own_totals = |lengths: &[usize], totals: Totals| match Totals::of(lengths) {
        Totals { tokens: 0, .. } => rule(mean)(lengths, totals),
        own => rule(mean)(lengths, own),
    };
    broken(Law::MicroBatchesAdd, AggregationLaws::new(own_totals));
    let by_the_last = |lengths: &[usize], totals: Totals| {
        let last = lengths[lengths.len() - 1] as f64;
        rule(move |_, _| 1.0 / (1.0 + last))(lengths, totals)
    };
    broken(Law::FollowsTheOrderOfRows, AggregationLaws::new(by_the_last));
    let rows_when_whole = |lengths: &[usize], totals: Totals| {
        let rows = if lengths.len() > 1 { 2.0 } else { 1.0 };
        rule(move |_, _| 1.0 / rows)(lengths, totals)
    };
    let violation =
        AggregationLaws::new(rows_when_whole).check_lengths(&[3]).expect_err("an empty row shows");
    assert_eq!(violation.law, Law::IgnoresEmptyRows, "{violation}");
    let divides = |lengths: &[usize], totals: Totals| {
        Ok::<_, NoTokens>(lengths.iter().map(|_| 1.0 / totals.tokens as f64).collect())
    };
    broken(Law::RefusesABatchWithoutTokens, AggregationLaws::new(divides));
}
