//! Laws of reward models that are log-ratios of two policies.

use std::f64::consts::LN_2;

use milepost_credit::Rows;
use milepost_objectives::{
    ImplicitReward, ImplicitRewardLoss, ImplicitRewardReport, LabelledBatch, ObjectiveError,
};
use proptest::prelude::*;

const CE: ImplicitRewardLoss = ImplicitRewardLoss::CrossEntropy {};
const DPO: ImplicitRewardLoss = ImplicitRewardLoss::TrajectoryDpo { mean_over_steps: false };

/// Trajectories: an outcome, and `log π_φ` and `log π_ref` of each token. The first succeeds, the second fails.
type Trajectories = Vec<(bool, Vec<(f64, f64)>)>;

fn trajectories() -> impl Strategy<Value = Trajectories> {
    let tokens = || prop::collection::vec((-3.0..0.0, -3.0..0.0), 1..6);
    prop::collection::vec((any::<bool>(), tokens()), 2..6).prop_map(|mut trajectories| {
        (trajectories[0].0, trajectories[1].0) = (true, false);
        trajectories
    })
}

struct Case {
    rows: Rows,
    log_probs: Vec<f64>,
    reference: Vec<f64>,
    outcomes: Vec<f64>,
    steps: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Case {
    fn new(trajectories: &Trajectories) -> Self {
        let (log_probs, reference) =
            trajectories.iter().flat_map(|(_, tokens)| tokens.iter().copied()).unzip();
        let lengths: Vec<usize> = trajectories.iter().map(|(_, tokens)| tokens.len()).collect();
        let all = || trajectories.iter().enumerate();
        let failures = |_| all().filter(|(_, (success, _))| !success).map(|(index, _)| index);
        let successes = all().filter(|(_, (success, _))| *success).map(|(index, _)| index);
        Self {
            rows: Rows::ragged(&lengths),
            log_probs,
            reference,
            outcomes: trajectories.iter().map(|(success, _)| f64::from(u8::from(*success))).collect(),
            steps: lengths.iter().map(|length| length.div_ceil(2)).collect(),
            pairs: successes.flat_map(|won| failures(won).map(move |lost| (won, lost))).collect(),
        }
    }

    fn batch(&self) -> LabelledBatch<'_> {
        LabelledBatch {
            rows: &self.rows,
            log_probs: &self.log_probs,
            reference: &self.reference,
            outcomes: &self.outcomes,
            steps: &self.steps,
            pairs: &self.pairs,
        }
    }

    fn evaluate(&self, loss: ImplicitRewardLoss, beta: f64) -> (ImplicitRewardReport, Vec<f64>) {
        let mut gradient = vec![f64::NAN; self.log_probs.len()];
        let report = ImplicitReward { loss, beta }.evaluate(&self.batch(), &mut gradient).expect("valid");
        (report, gradient)
    }

    /// `r(y)` of each trajectory.
    fn rewards(&self, beta: f64) -> Vec<f64> {
        let mut rewards = vec![0.0; self.log_probs.len()];
        let model = ImplicitReward { loss: CE, beta };
        model.rewards(&self.log_probs, &self.reference, &mut rewards).expect("valid");
        self.rows.iter().map(|row| rewards[row].iter().sum()).collect()
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

proptest! {
    #[test]
    fn token_rewards_add_up_to_the_log_ratio_of_the_whole(trajectories in trajectories(), beta in 0.01..2.0) {
        let case = Case::new(&trajectories);
        for (reward, row) in case.rewards(beta).iter().zip(case.rows.iter()) {
            let whole = case.log_probs[row.clone()].iter().sum::<f64>() - case.reference[row].iter().sum::<f64>();
            prop_assert!((reward - beta * whole).abs() < 1e-12);
        }
    }

    #[test]
    fn a_model_equal_to_its_reference_pays_nothing_and_loses_ln_2(trajectories in trajectories()) {
        let mut case = Case::new(&trajectories);
        case.reference.clone_from(&case.log_probs);
        prop_assert!(case.rewards(0.05).iter().all(|reward| *reward == 0.0));
        for loss in [CE, DPO, ImplicitRewardLoss::TrajectoryDpo { mean_over_steps: true }] {
            prop_assert!((case.evaluate(loss, 0.05).0.loss - LN_2).abs() < 1e-12);
        }
    }

    #[test]
    fn the_cross_entropy_pulls_every_token_by_beta_times_sigma_minus_outcome(
        trajectories in trajectories(), beta in 0.01..2.0,
    ) {
        let case = Case::new(&trajectories);
        let (report, gradient) = case.evaluate(CE, beta);
        let n = case.outcomes.len() as f64;
        let (mut loss, rewards) = (0.0, case.rewards(beta));
        for ((reward, outcome), row) in rewards.iter().zip(&case.outcomes).zip(case.rows.iter()) {
            let p = sigmoid(*reward);
            loss -= (outcome * p.ln() + (1.0 - outcome) * (1.0 - p).ln()) / n;
            for slope in &gradient[row] {
                prop_assert!((slope - beta * (p - outcome) / n).abs() < 1e-12);
            }
        }
        prop_assert!((report.loss - loss).abs() < 1e-9);
        let right = rewards.iter().zip(&case.outcomes).filter(|(r, o)| (**r > 0.0) == (**o == 1.0)).count();
        prop_assert_eq!(report.correct, right);
    }

    #[test]
    fn a_small_step_raises_successes_and_lowers_failures(trajectories in trajectories(), beta in 0.01..2.0) {
        for loss in [CE, DPO] {
            let mut case = Case::new(&trajectories);
            let (before, gradient) = case.evaluate(loss, beta);
            let rewards = case.rewards(beta);
            case.log_probs.iter_mut().zip(&gradient).for_each(|(log_prob, slope)| *log_prob -= 1e-2 * slope);
            for ((new, old), outcome) in case.rewards(beta).iter().zip(&rewards).zip(&case.outcomes) {
                prop_assert!(if *outcome == 1.0 { new > old } else { new < old }, "{old} became {new}");
            }
            prop_assert!(case.evaluate(loss, beta).0.loss < before.loss);
        }
    }

    #[test]
    fn the_gradient_is_that_of_the_loss(trajectories in trajectories(), beta in 0.05..2.0, which in any::<prop::sample::Index>()) {
        for loss in [CE, DPO, ImplicitRewardLoss::TrajectoryDpo { mean_over_steps: true }] {
            let mut case = Case::new(&trajectories);
            let gradient = case.evaluate(loss, beta).1;
            let t = which.index(gradient.len());
            let mut at = |h: f64| {
                let before = case.log_probs[t];
                case.log_probs[t] += h;
                let value = case.evaluate(loss, beta).0.loss;
                case.log_probs[t] = before;
                value
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            prop_assert!((slope - gradient[t]).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} is not {}", gradient[t]);
        }
    }

    #[test]
    fn a_pair_s_loss_depends_on_the_difference_alone(
        trajectories in trajectories(), beta in 0.05..2.0, shift in -3.0..3.0,
    ) {
        let mut case = Case::new(&trajectories);
        case.pairs.truncate(1);
        let before = case.evaluate(DPO, beta).0.loss;
        // The same amount for both sides, at any of their tokens.
        for trajectory in [case.pairs[0].0, case.pairs[0].1] {
            case.log_probs[case.rows.range(trajectory).start] += shift;
        }
        prop_assert!((case.evaluate(DPO, beta).0.loss - before).abs() < 1e-9);
        let x = { let r = case.rewards(beta); r[case.pairs[0].0] - r[case.pairs[0].1] };
        prop_assert!((before + sigmoid(x).ln()).abs() < 1e-9);
    }

    #[test]
    fn losses_of_both_orders_are_probabilities_of_one(trajectories in trajectories(), beta in 0.05..2.0) {
        let mut case = Case::new(&trajectories);
        case.pairs.truncate(1);
        let right = case.evaluate(DPO, beta).0.loss;
        let (won, lost) = case.pairs[0];
        case.pairs[0] = (lost, won);
        let wrong = case.evaluate(DPO, beta).0.loss;
        prop_assert!(((-right).exp() + (-wrong).exp() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_pair_pulls_no_token_harder_than_beta(trajectories in trajectories(), beta in 0.01..2.0) {
        let mut case = Case::new(&trajectories);
        case.pairs.truncate(1);
        let (_, gradient) = case.evaluate(DPO, beta);
        let rewards = case.rewards(beta);
        let (won, lost) = case.pairs[0];
        let pull = beta * sigmoid(rewards[lost] - rewards[won]);
        for (index, row) in case.rows.iter().enumerate() {
            let want = if index == won { -pull } else if index == lost { pull } else { 0.0 };
            prop_assert!(gradient[row].iter().all(|slope| (slope - want).abs() < 1e-12 && slope.abs() <= beta));
        }
    }

    #[test]
    fn splitting_an_action_into_tokens_changes_nothing(
        trajectories in trajectories(), beta in 0.05..2.0, share in 0.0..1.0,
    ) {
        let split: Trajectories = trajectories
            .iter()
            .map(|(success, tokens)| {
                let halves = |(p, q): &(f64, f64)| [(p * share, q * share), (p * (1.0 - share), q * (1.0 - share))];
                (*success, tokens.iter().flat_map(halves).collect())
            })
            .collect();
        let (whole, split) = (Case::new(&trajectories), Case::new(&split));
        for (a, b) in whole.rewards(beta).iter().zip(split.rewards(beta)) {
            prop_assert!((a - b).abs() < 1e-9);
        }
        for loss in [CE, DPO] {
            prop_assert!((whole.evaluate(loss, beta).0.loss - split.evaluate(loss, beta).0.loss).abs() < 1e-9);
        }
    }

    #[test]
    fn means_over_steps_are_the_sums_divided_by_the_steps(trajectories in trajectories(), beta in 0.05..2.0) {
        let mut case = Case::new(&trajectories);
        case.pairs.truncate(1);
        let (won, lost) = case.pairs[0];
        let rewards = case.rewards(beta);
        let x = rewards[won] / case.steps[won] as f64 - rewards[lost] / case.steps[lost] as f64;
        let (report, _) = case.evaluate(ImplicitRewardLoss::TrajectoryDpo { mean_over_steps: true }, beta);
        prop_assert!((report.loss + sigmoid(x).ln()).abs() < 1e-9);
        case.steps.fill(1);
        let (sums, _) = case.evaluate(DPO, beta);
        let (means, _) = case.evaluate(ImplicitRewardLoss::TrajectoryDpo { mean_over_steps: true }, beta);
        prop_assert!((sums.loss - means.loss).abs() < 1e-12);
    }
}

/// A deterministic tree: two actions a node, `DEPTH` steps, a reward for every edge.
const DEPTH: usize = 3;
const EDGES: usize = (1 << (DEPTH + 1)) - 2;

/// Edge number of `action` at `node` (nodes as in a heap, the root is 1), and where it leads.
const fn edge(node: usize, action: usize) -> (usize, usize) {
    let next = 2 * node + action;
    (next - 2, next)
}

/// The optimum of `E[Σ r] − β KL(π ‖ π_ref)` on the tree, backwards: `V*` by node and `Q*` by edge.
fn soft_optimum(reference: &[f64; EDGES], rewards: &[f64; EDGES], beta: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut values, mut qs) = (vec![0.0; 1 << (DEPTH + 1)], vec![0.0; EDGES]);
    for node in (1..1 << DEPTH).rev() {
        let mut sum = 0.0;
        for action in 0..2 {
            let (edge, next) = edge(node, action);
            qs[edge] = rewards[edge] + values[next];
            sum += reference[edge] * (qs[edge] / beta).exp();
        }
        values[node] = beta * sum.ln();
    }
    (values, qs)
}

proptest! {
    /// The shaping claim of iStar, exactly: with `π_φ` the KL-regularised optimum the step reward is
    /// `Q*(o, a) − V*(o)`, so its sum differs from the return by `V*` of the start alone, and trajectory DPO is
    /// stationary there if preferences follow the returns.
    #[test]
    fn at_the_regularised_optimum_step_rewards_are_advantages(
        odds in prop::array::uniform7(0.1..0.9_f64),
        paid in prop::collection::vec(-1.0..1.0_f64, EDGES),
        beta in 0.2..2.0,
    ) {
        let (mut reference, mut rewards) = ([0.0; EDGES], [0.0; EDGES]);
        rewards.copy_from_slice(&paid);
        for node in 1..1 << DEPTH {
            reference[edge(node, 0).0] = odds[node - 1];
            reference[edge(node, 1).0] = 1.0 - odds[node - 1];
        }
        let (values, qs) = soft_optimum(&reference, &rewards, beta);
        let mut optimum = [0.0; EDGES];
        for node in 1..1 << DEPTH {
            let edges = [edge(node, 0).0, edge(node, 1).0];
            for e in edges {
                optimum[e] = reference[e] * ((qs[e] - values[node]) / beta).exp();
            }
            prop_assert!((edges.iter().map(|e| optimum[*e]).sum::<f64>() - 1.0).abs() < 1e-9, "a distribution");
        }
        // Every trajectory of the tree.
        let leaves = 1 << DEPTH;
        let paths: Vec<Vec<usize>> = (0..leaves)
            .map(|leaf: usize| {
                let mut node = 1;
                (0..DEPTH).map(|step| { let (e, next) = edge(node, leaf >> step & 1); node = next; e }).collect()
            })
            .collect();
        let log = |table: &[f64; EDGES]| -> Vec<f64> {
            paths.iter().flatten().map(|e| table[*e].ln()).collect()
        };
        let (log_probs, log_reference) = (log(&optimum), log(&reference));
        let model = ImplicitReward { loss: DPO, beta };
        let mut steps = vec![0.0; log_probs.len()];
        model.rewards(&log_probs, &log_reference, &mut steps).expect("valid");
        let returns: Vec<f64> = paths.iter().map(|path| path.iter().map(|e| rewards[*e]).sum()).collect();
        for (leaf, path) in paths.iter().enumerate() {
            let mut node = 1;
            for (step, e) in path.iter().enumerate() {
                prop_assert!((steps[leaf * DEPTH + step] - (qs[*e] - values[node])).abs() < 1e-9);
                node = e + 2;
            }
            let sum: f64 = steps[leaf * DEPTH..(leaf + 1) * DEPTH].iter().sum();
            prop_assert!((sum - (returns[leaf] - values[1])).abs() < 1e-9);
        }
        // Both orders of every pair, as often as P(τ1 ≻ τ2) = σ(R1 − R2) says.
        let (rows, mut total) = (Rows::padded(leaves, DEPTH), vec![0.0; log_probs.len()]);
        for first in 0..leaves {
            for second in (0..leaves).filter(|second| *second != first) {
                let batch = LabelledBatch {
                    rows: &rows,
                    log_probs: &log_probs,
                    reference: &log_reference,
                    outcomes: &[],
                    steps: &[],
                    pairs: &[(first, second)],
                };
                let mut gradient = vec![0.0; log_probs.len()];
                model.evaluate(&batch, &mut gradient).expect("valid");
                let odds = sigmoid(returns[first] - returns[second]);
                total.iter_mut().zip(gradient).for_each(|(total, slope)| *total += odds * slope);
            }
        }
        prop_assert!(total.iter().all(|slope| slope.abs() < 1e-9), "stationary: {total:?}");
    }
}

#[test]
fn bad_batches_are_refused_by_name() {
    let case = Case::new(&vec![(true, vec![(-1.0, -1.0)]), (false, vec![(-1.0, -2.0)])]);
    let evaluate = |batch: &LabelledBatch<'_>, loss, beta| {
        ImplicitReward { loss, beta }.evaluate(batch, &mut [0.0; 2]).expect_err("bad")
    };
    let none = LabelledBatch { pairs: &[], ..case.batch() };
    assert!(matches!(evaluate(&none, DPO, 0.05), ObjectiveError::Empty { what: "pairs" }));
    let beyond = LabelledBatch { pairs: &[(0, 2)], ..case.batch() };
    assert!(matches!(evaluate(&beyond, DPO, 0.05), ObjectiveError::IndexOutOfRange { index: 2, .. }));
    let label = LabelledBatch { outcomes: &[1.0, 2.0], ..case.batch() };
    assert!(matches!(evaluate(&label, CE, 0.05), ObjectiveError::InvalidParameter { .. }));
    let nan = LabelledBatch { log_probs: &[-1.0, f64::NAN], ..case.batch() };
    assert!(matches!(evaluate(&nan, CE, 0.05), ObjectiveError::NotFinite { index: 1, .. }));
    assert!(matches!(
        evaluate(&case.batch(), CE, 0.0),
        ObjectiveError::InvalidParameter { name: "beta", .. }
    ));
}
