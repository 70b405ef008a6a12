use super::*;
use crate::{
    Broadcast, CreditRule, FlowSurrogate, Scope, ScoreTable, StepBatch, StepCredit, StepKl, StepNormalizer,
    SurrogateReport, VelocityMlp, VelocityMlpConfig, path_kl, rows::host,
};
use burn::{module::Module, optim::GradientsParams};
use milepost_policies::{Adam, AdamConfig};

fn network(seed: u64) -> VelocityMlp {
    let config = VelocityMlpConfig { hidden: vec![16], ..VelocityMlpConfig::default() };
    VelocityMlp::new(&config, 2, 8, seed, &Device::flex().autodiff()).expect("sizes")
}

fn advantages(rollout: &Rollout, value: impl Fn(&[f64]) -> f64) -> StepCredit {
    let mut scores = vec![vec![None; 6]; rollout.steps()];
    scores.push(rollout.samples().expect("read").iter().map(|x| Some(value(x))).collect());
    let table = ScoreTable::new(scores).expect("a table");
    let normalizer = StepNormalizer::flow_grpo(Scope::GroupStep);
    normalizer.apply(&Broadcast.credit(&table), &rollout.groups).expect("finite").0
}

fn batch(net: &VelocityMlp, kernel: &Kernel, least_std: f64) -> (Rollout, Option<StepBatch>) {
    let rollout = roll(&net.valid(), kernel, 6, 8).expect("finite");
    let advantages = advantages(&rollout, |x| x[0]);
    let batch = StepBatch::new(&rollout, &linear(6), &advantages, least_std).expect("sizes");
    (rollout, batch)
}

#[test]
fn at_the_old_parameters_the_ratio_is_one_nothing_is_clipped_and_the_kl_is_zero() {
    let net = network(1);
    for kernel in [Kernel::FlowSde { a: 0.7 }, Kernel::DanceSde { eta: 0.3 }, Kernel::Cps { a: 0.7 }] {
        let (rollout, batch) = batch(&net, &kernel, 0.0);
        let batch = batch.expect("stochastic steps");
        assert_eq!((batch.rows(), batch.version()), (5 * 6, Version(3)));
        for kl in [StepKl::Exact, StepKl::WithoutLength] {
            let surrogate = FlowSurrogate { kl, ..FlowSurrogate::default() };
            let reference = batch.velocities(&net.valid());
            let (_, read) = surrogate.loss(&net, &batch, Some(&reference));
            let report = SurrogateReport::read(read).expect("read");
            assert!((report.ratio - 1.0).abs() < 1e-5, "{report:?}");
            assert_eq!(report.clipped, 0.0);
            assert!(report.kl.abs() < 1e-9);
            // Advantages have mean 0, so the surrogate is 0 at ratio 1.
            assert!(report.loss.abs() < 1e-5);
        }
        assert!(rollout.log_probs[5].is_none());
    }
}

#[test]
fn the_gradient_at_the_old_parameters_is_that_of_the_weighted_log_probability() {
    let net = network(2);
    let (_, batch) = batch(&net, &Kernel::FlowSde { a: 0.7 }, 0.0);
    let batch = batch.expect("stochastic steps");
    let gradient = |clip: f64| {
        let surrogate = FlowSurrogate { clip, ..FlowSurrogate::default() };
        let (loss, _) = surrogate.loss(&net, &batch, None);
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        let mut adam = Adam::new(AdamConfig { learning_rate: 1e-3, ..AdamConfig::default() });
        adam.step(net.clone(), grads).1.expect("gradients").into_scalar::<f32>()
    };
    // At ratio 1 the clip range does not matter, and the gradient is not zero.
    assert!((gradient(0.2) - gradient(1e-4)).abs() < 1e-6 && gradient(0.2) > 0.0);
}

#[test]
fn updates_raise_what_is_rewarded() {
    let mut net = network(3);
    let mut adam = Adam::new(AdamConfig { learning_rate: 1e-2, ..AdamConfig::default() });
    let mean = |net: &VelocityMlp| {
        let samples = roll(&net.valid(), &Kernel::Ode, 6, 99).expect("finite").samples().expect("read");
        samples.iter().map(|x| x[0]).sum::<f64>() / 6.0
    };
    let before = mean(&net);
    for seed in 0..20 {
        let rollout = roll(&net.valid(), &Kernel::FlowSde { a: 0.7 }, 6, seed).expect("finite");
        let advantages = advantages(&rollout, |x| x[0]);
        let batch = StepBatch::new(&rollout, &linear(6), &advantages, 0.0).expect("sizes").expect("steps");
        let (loss, _) = FlowSurrogate::default().loss(&net, &batch, None);
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        (net, _) = adam.step(net, grads);
    }
    assert!(mean(&net) > before + 0.3, "{before} {}", mean(&net));
}

#[test]
fn steps_without_noise_with_too_little_or_without_an_advantage_are_left_out() {
    let net = network(1);
    assert!(batch(&net, &Kernel::Ode, 0.0).1.is_none());
    let psi = vec![0.5, 1e-3, 0.5, 0.0, 0.5];
    assert_eq!(batch(&net, &Kernel::TableSde { psi: psi.clone() }, 0.0).1.expect("steps").rows(), 4 * 6);
    assert_eq!(batch(&net, &Kernel::TableSde { psi }, 1e-3).1.expect("steps").rows(), 3 * 6);
    let rollout = roll(&net.valid(), &Kernel::FlowSde { a: 0.7 }, 6, 8).expect("finite");
    let mut values = vec![vec![Some(1.0); 6]; 6];
    values[2] = vec![None; 6];
    values[3][5] = None;
    let credit = StepCredit::new(values, false);
    let kept = StepBatch::new(&rollout, &linear(6), &credit, 0.0).expect("sizes").expect("steps");
    assert_eq!(kept.rows(), 5 * 6 - 6 - 1);
    let zeros = StepCredit::new(vec![vec![Some(0.0); 6]; 6], false);
    let silent = StepBatch::new(&rollout, &linear(6), &zeros, 0.0).expect("sizes").expect("steps");
    assert!(kept.has_signal() && !silent.has_signal());
    assert!(StepBatch::new(&rollout, &linear(6), &StepCredit::new(vec![], false), 0.0).is_err());
}

#[test]
fn the_path_kl_is_the_sum_of_the_step_kls() {
    let (net, other) = (network(1), network(2));
    let kernel = Kernel::DanceSde { eta: 0.3 };
    let (rollout, batch) = batch(&net, &kernel, 0.0);
    let batch = batch.expect("steps");
    let total = path_kl(&net.valid(), &other.valid(), &batch, 6).expect("read");
    let mut expected = 0.0;
    for k in 0..5 {
        let (step, prompts) = (linear(6).step(k), rollout.groups.row_prompts());
        let x = rollout.states[k].clone();
        let at = |net: &VelocityMlp| {
            host(net.valid().velocity(x.clone(), &PerRow::All(step.from), &prompts)).expect("read")
        };
        let affine = kernel.affine(&step);
        let square: f64 = at(&net).iter().zip(at(&other)).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>()
            * affine.v
            * affine.v;
        expected += square / (2.0 * affine.std * affine.std) / 6.0;
    }
    assert!((total - expected).abs() < 1e-3 * expected, "{total} {expected}");
    // Without the length of the step, and averaged over two coordinates: Δ/2 of the exact one.
    let (v, w) = (batch.velocities(&net.valid()), batch.velocities(&other.valid()));
    let exact = host(batch.kl(v.clone(), w.clone(), StepKl::Exact, Reduce::Sum)).expect("read");
    let released = host(batch.kl(v, w, StepKl::WithoutLength, Reduce::Sum)).expect("read");
    for (exact, released) in exact.iter().zip(released) {
        assert!((released - exact * (1.0 / 6.0) / 2.0).abs() < 1e-5 * (1.0 + exact));
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    assert!(FlowSurrogate { clip: 0.0, ..FlowSurrogate::default() }.check().is_err());
    assert!(FlowSurrogate { beta: -1.0, ..FlowSurrogate::default() }.check().is_err());
    assert!(FlowSurrogate::default().check().is_ok());
}
