//! Laws of VeRPO: weights of tests, rewards of turns, advantages.

mod common;

use common::laws::close;
use milepost_credit::{CreditError, Density, Normalize, PassMatrix, Rows, TestWeighting, VeRpo};
use proptest::prelude::*;

/// A group: turns of each trajectory, number of tests, what was passed.
#[derive(Debug, Clone)]
struct Group {
    turns: Vec<usize>,
    tests: usize,
    passed: Vec<bool>,
}

impl Group {
    fn matrix(&self) -> PassMatrix<'_> {
        PassMatrix { tests: self.tests, passed: &self.passed, valid: None }
    }

    fn rates(&self) -> Vec<f64> {
        let mut rates = vec![0.0; self.tests];
        self.matrix().rates(&mut rates).expect("a matrix");
        rates
    }

    fn rewards(&self, weighting: &TestWeighting) -> Vec<f64> {
        let mut rewards = vec![0.0; self.matrix().submissions()];
        self.matrix().rewards(&weights(weighting, &self.rates()), &mut rewards).expect("weights");
        rewards
    }

    fn assign(&self, rule: &VeRpo) -> Vec<f64> {
        let mut out = vec![0.0; self.matrix().submissions()];
        rule.assign(&self.matrix(), &Rows::ragged(&self.turns), &mut out).expect("a group");
        out
    }

    /// The group with test `test` of each submission computed from its row.
    fn with_tests(&self, tests: usize, value: impl Fn(&[bool], usize) -> bool) -> Self {
        let rows = self.passed.chunks(self.tests);
        let passed = rows.flat_map(|row| (0..tests).map(|j| value(row, j)).collect::<Vec<_>>()).collect();
        Self { tests, passed, turns: self.turns.clone() }
    }
}

fn weights(weighting: &TestWeighting, rates: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; rates.len()];
    weighting.weights(rates, &mut out).expect("rates");
    out
}

fn with_turns(turns: impl Strategy<Value = Vec<usize>>) -> impl Strategy<Value = Group> {
    (turns, 1..9_usize).prop_flat_map(|(turns, tests)| {
        let entries = turns.iter().sum::<usize>() * tests;
        prop::collection::vec(any::<bool>(), entries).prop_map(move |passed| Group {
            turns: turns.clone(),
            tests,
            passed,
        })
    })
}

fn group() -> impl Strategy<Value = Group> {
    with_turns(prop::collection::vec(1..5_usize, 1..7))
}

fn single_turn() -> impl Strategy<Value = Group> {
    with_turns((1..9_usize).prop_map(|size| vec![1; size]))
}

fn weighting() -> impl Strategy<Value = TestWeighting> {
    let sigma = prop_oneof![Just(0.0), 0.01..2.0, Just(f64::INFINITY)];
    (0.0..6.0, prop::option::of((sigma, 0.0..0.5)), any::<bool>()).prop_map(|(alpha, density, normalise)| {
        TestWeighting { alpha, density: density.map(|(sigma, delta)| Density { sigma, delta }), normalise }
    })
}

fn equal_rates(alpha: f64) -> TestWeighting {
    TestWeighting { alpha, density: Some(Density { sigma: 0.0, delta: 0.0 }), normalise: false }
}

proptest! {
    #[test]
    fn copies_of_a_test_change_no_reward_where_equal_rates_share_a_weight(
        group in group(), copied in 0..9_usize, copies in 1..20_usize, alpha in 0.0..5.0,
    ) {
        let copied = copied % group.tests;
        // Other tests of its rate must be copies of it already, else they share the weight that the copies take.
        let rates = group.rates();
        let differs = |j: usize| group.passed.chunks(group.tests).any(|row| row[j] != row[copied]);
        prop_assume!((0..group.tests).all(|j| rates[j] != rates[copied] || !differs(j)));
        let more = group.with_tests(group.tests + copies, |row, j| row[if j < row.len() { j } else { copied }]);
        close(&more.rewards(&equal_rates(alpha)), &group.rewards(&equal_rates(alpha)))?;
        // The number of tests passed does change, for whoever passed it.
        let (few, many) = (group.rewards(&TestWeighting::pass_count()), more.rewards(&TestWeighting::pass_count()));
        for ((few, many), row) in few.iter().zip(&many).zip(group.passed.chunks(group.tests)) {
            prop_assert_eq!(many - few, if row[copied] { copies as f64 } else { 0.0 });
        }
    }

    #[test]
    fn an_isolated_cluster_weighs_what_one_test_of_its_rate_would(
        sizes in prop::collection::vec(1..10_usize, 1..4), alpha in 0.0..5.0,
    ) {
        // Rates 0, 0.4 and 0.8 are a hundred bandwidths apart.
        let rates: Vec<f64> = sizes.iter().enumerate().flat_map(|(c, n)| vec![0.4 * c as f64; *n]).collect();
        let density = Some(Density { sigma: 0.004, delta: 0.0 });
        let weights = weights(&TestWeighting { alpha, density, normalise: false }, &rates);
        let mut start = 0;
        for (cluster, size) in sizes.iter().enumerate() {
            let total: f64 = weights[start..start + size].iter().sum();
            prop_assert!((total - (-alpha * 0.4 * cluster as f64).exp()).abs() < 1e-9);
            start += size;
        }
    }

    #[test]
    fn rates_densities_and_weights_keep_their_bounds(group in group(), weighting in weighting()) {
        let rates = group.rates();
        prop_assert!(rates.iter().all(|rate| (0.0..=1.0).contains(rate)));
        if let Some(density) = weighting.density {
            let mut densities = vec![0.0; rates.len()];
            density.estimate(&rates, &mut densities).expect("rates");
            prop_assert!(densities.iter().all(|n| (1.0..=rates.len() as f64 + 1e-9).contains(n)));
        }
        for weight in weights(&TestWeighting { normalise: false, ..weighting }, &rates) {
            prop_assert!(weight > 0.0 && weight <= 1.0, "{}", weight);
        }
        let shares = weights(&TestWeighting { normalise: true, ..weighting }, &rates);
        prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_infinite_bandwidth_divides_every_weight_by_the_number_of_tests(group in group(), alpha in 0.0..5.0) {
        let (rates, m) = (group.rates(), group.tests as f64);
        let density = Some(Density { sigma: f64::INFINITY, delta: 0.0 });
        let with = TestWeighting { alpha, density, normalise: false };
        let without: Vec<f64> =
            weights(&TestWeighting::difficulty(alpha), &rates).iter().map(|w| w / m).collect();
        close(&weights(&with, &rates), &without)?;
        let shares = group.rewards(&TestWeighting { alpha: 0.0, ..with });
        close(&shares, &group.rewards(&TestWeighting::pass_rate()))?;
        for (share, row) in shares.iter().zip(group.passed.chunks(group.tests)) {
            prop_assert!((share - row.iter().filter(|p| **p).count() as f64 / m).abs() < 1e-12);
        }
    }

    #[test]
    fn passing_one_more_test_never_lowers_a_reward_at_fixed_weights(
        group in group(), weighting in weighting(), entry in 0..300_usize,
    ) {
        let weights = weights(&weighting, &group.rates());
        let mut better = group.clone();
        let entry = entry % better.passed.len();
        better.passed[entry] = true;
        let (mut before, mut after) = (vec![0.0; group.matrix().submissions()], vec![0.0; group.matrix().submissions()]);
        group.matrix().rewards(&weights, &mut before).expect("weights");
        better.matrix().rewards(&weights, &mut after).expect("weights");
        for (submission, (before, after)) in before.iter().zip(&after).enumerate() {
            prop_assert!(after >= before);
            prop_assert!(submission == entry / group.tests || after == before);
        }
    }

    #[test]
    fn permuting_tests_changes_no_advantage(group in group(), weighting in weighting(), shift in 0..9_usize) {
        let rule = VeRpo { weighting, ..VeRpo::default() };
        let rotated = group.with_tests(group.tests, |row, j| row[(j + shift) % row.len()]);
        close(&rotated.assign(&rule), &group.assign(&rule))?;
    }

    #[test]
    fn permuting_trajectories_permutes_advantages(group in group(), weighting in weighting()) {
        let rule = VeRpo { weighting, ..VeRpo::default() };
        let rows: Vec<Vec<bool>> = Rows::ragged(&group.turns)
            .iter()
            .map(|row| group.passed[row.start * group.tests..row.end * group.tests].to_vec())
            .collect();
        let reversed = Group {
            turns: group.turns.iter().rev().copied().collect(),
            passed: rows.into_iter().rev().flatten().collect(),
            tests: group.tests,
        };
        let (forward, backward) = (group.assign(&rule), reversed.assign(&rule));
        let (there, here) = (Rows::ragged(&reversed.turns), Rows::ragged(&group.turns));
        for (index, row) in here.iter().enumerate() {
            close(&forward[row], &backward[there.range(group.turns.len() - 1 - index)])?;
        }
    }

    #[test]
    fn each_part_sums_to_zero_over_its_pool(group in group(), weighting in weighting(), gamma in 0.0..=1.0) {
        let turn = group.assign(&VeRpo { weighting, gamma, eta: 0.0, ..VeRpo::default() });
        prop_assert!(turn.iter().sum::<f64>().abs() < 1e-9);
        let episode = group.assign(&VeRpo { weighting, gamma, beta: 0.0, ..VeRpo::default() });
        let first: f64 = Rows::ragged(&group.turns).iter().map(|row| episode[row.start]).sum();
        prop_assert!(first.abs() < 1e-9);
    }

    #[test]
    fn without_the_turns_part_and_the_discount_it_is_dr_grpo(group in group(), weighting in weighting()) {
        let got = group.assign(&VeRpo { weighting, beta: 0.0, gamma: 1.0, ..VeRpo::default() });
        let rows = Rows::ragged(&group.turns);
        let last = |row: std::ops::Range<usize>| &group.passed[(row.end - 1) * group.tests..row.end * group.tests];
        let solved: Vec<f64> =
            rows.iter().map(|row| f64::from(u8::from(last(row).iter().all(|p| *p)))).collect();
        let (mut episode, mut want) = (vec![0.0; solved.len()], vec![0.0; got.len()]);
        Normalize::dr_grpo().apply(&solved, &mut episode).expect("outcomes");
        rows.broadcast(&episode, None, &mut want).expect("rows");
        close(&got, &want)?;
    }

    #[test]
    fn in_one_turn_it_is_a_mixture_of_two_centred_rewards(
        group in single_turn(), weighting in weighting(), beta in 0.0..3.0, gamma in 0.0..=1.0,
    ) {
        let got = group.assign(&VeRpo { weighting, beta, gamma, ..VeRpo::default() });
        let rewards = group.rewards(&weighting);
        let solved = group.passed.chunks(group.tests).map(|row| f64::from(u8::from(row.iter().all(|p| *p))));
        let mixed: Vec<f64> = solved.zip(&rewards).map(|(s, r)| gamma * s + beta * r).collect();
        let mean = mixed.iter().sum::<f64>() / mixed.len() as f64;
        let want: Vec<f64> = mixed.iter().map(|m| m - mean).collect();
        close(&got, &want)?;
    }

    #[test]
    fn a_test_passed_by_nobody_weighs_most_and_pays_nothing(group in group(), alpha in 0.0..5.0) {
        let tests = group.tests;
        let more = group.with_tests(tests + 1, |row, j| j < tests && row[j]);
        let weighting = TestWeighting::difficulty(alpha);
        let weights = weights(&weighting, &more.rates());
        prop_assert!(weights.iter().all(|weight| *weight <= weights[tests]));
        close(&more.rewards(&weighting), &group.rewards(&weighting))?;
    }

    #[test]
    fn a_test_passed_by_all_pays_everybody_the_same_and_gives_no_advantage(group in group(), alpha in 0.0..5.0) {
        let tests = group.tests;
        let more = group.with_tests(tests + 1, |row, j| j == tests || row[j]);
        let weighting = TestWeighting::difficulty(alpha);
        let shifted: Vec<f64> = group.rewards(&weighting).iter().map(|r| r + (-alpha).exp()).collect();
        close(&more.rewards(&weighting), &shifted)?;
        let rule = VeRpo { weighting, eta: 0.0, ..VeRpo::default() };
        close(&more.assign(&rule), &group.assign(&rule))?;
    }

    #[test]
    fn of_two_successes_the_shorter_is_worth_more(short in 1..6_usize, longer in 1..6_usize, gamma in 0.01..0.99) {
        let turns = Rows::ragged(&[short, short + longer]);
        let passed = vec![true; turns.entries()];
        let matrix = PassMatrix { tests: 1, passed: &passed, valid: None };
        let mut outcomes = [0.0; 2];
        let rule = VeRpo { gamma, ..VeRpo::default() };
        prop_assert_eq!(rule.outcomes(&matrix, &turns, &mut outcomes), Ok(2));
        prop_assert!(outcomes[0] > outcomes[1] && outcomes[1] > 0.0);
    }

    #[test]
    fn a_group_in_which_all_pass_everything_or_nothing_is_degenerate(tests in 1..6_usize, size in 1..6_usize, all: bool) {
        let group = Group { turns: vec![1; size], tests, passed: vec![all; size * tests] };
        let mut out = vec![9.0; size];
        let report = VeRpo::default().assign(&group.matrix(), &Rows::ragged(&group.turns), &mut out);
        let report = report.expect("a group");
        prop_assert!(report.degenerate && out == vec![0.0; size]);
        let counts = if all { (size, 0, tests) } else { (0, tests, 0) };
        prop_assert_eq!((report.solved, report.never_passed, report.always_passed), counts);
    }

    #[test]
    fn entries_that_say_nothing_count_neither_way(group in group(), weighting in weighting()) {
        // Whatever stands in a column that is never valid, the other tests decide.
        let tests = group.tests;
        let [yes, no] = [true, false].map(|x| group.with_tests(tests + 1, |row, j| if j == tests { x } else { row[j] }));
        let valid: Vec<bool> = (0..yes.passed.len()).map(|entry| entry % (tests + 1) < tests).collect();
        let rule = VeRpo { weighting, ..VeRpo::default() };
        let [yes, no] = [yes, no].map(|group| {
            let mut out = vec![0.0; group.matrix().submissions()];
            let matrix = PassMatrix { valid: Some(&valid), ..group.matrix() };
            rule.assign(&matrix, &Rows::ragged(&group.turns), &mut out).map(|report| (report, out))
        });
        prop_assert_eq!(yes, no);
    }
}

#[test]
fn bad_input_is_named() {
    let rule = VeRpo::default();
    let assign = |rule: &VeRpo, tests, passed: &[bool], turns: &[usize]| {
        let matrix = PassMatrix { tests, passed, valid: None };
        rule.assign(&matrix, &Rows::ragged(turns), &mut vec![0.0; turns.iter().sum()])
    };
    assert_eq!(assign(&rule, 0, &[], &[]), Err(CreditError::Empty { what: "tests" }));
    assert_eq!(assign(&rule, 1, &[true], &[1, 0]), Err(CreditError::Empty { what: "turns" }));
    let uneven = assign(&rule, 2, &[true; 3], &[1]);
    assert!(matches!(uneven, Err(CreditError::LengthMismatch { what: "passed", .. })), "{uneven:?}");
    let parameter = |rule: VeRpo| match assign(&rule, 1, &[true, false], &[1, 1]) {
        Err(CreditError::InvalidParameter { name, .. } | CreditError::NotFinite { what: name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let density = |sigma, delta| {
        let weighting = TestWeighting { density: Some(Density { sigma, delta }), ..TestWeighting::default() };
        VeRpo { weighting, ..rule }
    };
    assert_eq!(parameter(density(-1.0, 0.0)), "sigma");
    assert_eq!(parameter(density(f64::NAN, 0.0)), "sigma");
    assert_eq!(parameter(density(0.1, -1.0)), "delta");
    assert_eq!(parameter(VeRpo { weighting: TestWeighting::difficulty(-1.0), ..rule }), "alpha");
    assert_eq!(parameter(VeRpo { gamma: 1.5, ..rule }), "gamma");
    assert_eq!(parameter(VeRpo { beta: f64::NAN, ..rule }), "beta");
}

/// Two tests of rates ½ and 1, worked by hand: `α = 0`, `σ = ½`, `δ = 0`, so `N̂ = 1 + e^{−1/2}` for both.
#[test]
fn a_group_worked_by_hand() {
    let density = Some(Density { sigma: 0.5, delta: 0.0 });
    let weighting = TestWeighting { alpha: 0.0, density, normalise: false };
    let rule = VeRpo { weighting, gamma: 0.5, ..VeRpo::default() };
    let group = Group { turns: vec![1, 1], tests: 2, passed: vec![true, true, false, true] };
    let weight = 1.0 / (1.0 + (-0.5_f64).exp());
    // Outcomes ½ and 0; rewards 2w and w.
    let half = 0.25 + weight / 2.0;
    let got = group.assign(&rule);
    assert!((got[0] - half).abs() < 1e-12 && (got[1] + half).abs() < 1e-12, "{got:?}");
}
