use super::*;
use crate::{
    Cfg, MatchingBatch, RawPlusDelta, StepKernel, StepLaw, VelocityMlp, VelocityMlpConfig, clean_prediction,
    rows::{host, host_rows},
};
use burn::optim::GradientsParams;
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::{Adam, AdamConfig};
use proptest::prelude::*;

fn small(output_gain: f64) -> VelocityMlpConfig {
    VelocityMlpConfig { hidden: vec![16, 16], output_gain, ..VelocityMlpConfig::default() }
}

fn close(a: &Tensor<2>, b: &Tensor<2>, tolerance: f64) -> bool {
    let (a, b) = (host(a.clone()).expect("read"), host(b.clone()).expect("read"));
    a.iter().zip(&b).all(|(a, b)| f64::from((a - b).abs()) <= tolerance * (1.0 + f64::from(b.abs())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_field_in_tensors_is_the_exact_one(
        point in prop::collection::vec(-3.0f64..3.0, 8), sigmas in prop::collection::vec(0.02f64..=1.0, 2), prompt in 0usize..8,
    ) {
        for arena in [FlowArena::Ring2d, FlowArena::Scene8d] {
            let x: Vec<f64> = point[..arena.dimension()].iter().map(|x| f64::from(*x as f32)).collect();
            let prompts = Prompts::new(vec![Some(prompt), Some((prompt + 3) % 8)]);
            let velocity = field(arena);
            let rows = velocity.velocity(matrix(&[x.clone(), x.clone()]), &PerRow::Rows(sigmas.clone()), &prompts);
            let rows = host_rows(rows).expect("read");
            for (row, (sigma, prompt)) in rows.iter().zip(sigmas.iter().zip(prompts.rows())) {
                let exact = arena.velocity(&x, *sigma, prompt.expect("given"));
                for (a, b) in row.iter().zip(&exact) {
                    // Between modes at little noise the responsibilities are steep in single precision.
                    prop_assert!((a - b).abs() < 2e-2 * (1.0 + b.abs()), "{} {} at {}", a, b, sigma);
                }
            }
        }
    }

    #[test]
    fn a_step_in_tensors_is_its_affine_function(
        x in prop::collection::vec(-3.0f64..3.0, 2), v in prop::collection::vec(-3.0f64..3.0, 2), k in 0usize..9, a in 0.1f64..1.0,
    ) {
        let step = linear(10).step(k);
        for kernel in [Kernel::FlowSde { a }, Kernel::DanceSde { eta: a }, Kernel::Cps { a }] {
            let affine = kernel.affine(&step);
            let law = kernel.law(matrix(std::slice::from_ref(&x)), matrix(std::slice::from_ref(&v)), &step);
            let StepLaw::Gaussian { mean, std } = law else { panic!("noise was asked for") };
            prop_assert_eq!(std, PerRow::All(affine.std));
            let expected: Vec<f64> = x.iter().zip(&v).map(|(x, v)| affine.x * x + affine.v * v).collect();
            prop_assert!(close(&mean, &matrix(&[expected]), 1e-5));
        }
    }

    #[test]
    fn the_gradient_of_the_log_probability_is_the_scaled_residual(
        x in prop::collection::vec(-2.0f64..2.0, 2), v in prop::collection::vec(-2.0f64..2.0, 2),
        next in prop::collection::vec(-2.0f64..2.0, 2), k in 0usize..9,
    ) {
        let (step, kernel) = (linear(10).step(k), Kernel::FlowSde { a: 0.7 });
        let affine = kernel.affine(&step);
        let velocity = Tensor::<2>::from_inner(matrix(std::slice::from_ref(&v))).require_grad();
        let lift = |row: &Vec<f64>| Tensor::<2>::from_inner(matrix(std::slice::from_ref(row)));
        for (reduce, dimension) in [(Reduce::Sum, 1.0), (Reduce::Mean, 2.0)] {
            let law = kernel.law(lift(&x), velocity.clone(), &step);
            let log_prob = law.log_prob(lift(&next), reduce, Form::Gaussian).expect("a density");
            let gradient = velocity.grad(&log_prob.sum().backward()).expect("tracked");
            let expected: Vec<f64> = (0..2)
                .map(|i| {
                    let mean = affine.x * x[i] + affine.v * v[i];
                    (next[i] - mean) / (affine.std * affine.std) * affine.v / dimension
                })
                .collect();
            prop_assert!(close(&gradient, &matrix(&[expected]), 1e-3));
        }
    }
}

#[test]
fn guidance_interpolates_between_the_empty_prompt_and_the_own() {
    let (x, sigma) = (matrix(&[vec![0.5, -1.0], vec![1.5, 0.3]]), PerRow::All(0.6));
    let (own, none) = (Prompts::new(vec![Some(2), Some(5)]), Prompts::none(2));
    let inner = field(FlowArena::Ring2d);
    for (scale, prompts) in [(1.0, &own), (0.0, &none)] {
        let guided = Cfg { inner: inner.clone(), scale };
        let expected = inner.velocity(x.clone(), &sigma, prompts);
        assert!(close(&guided.velocity(x.clone(), &sigma, &own), &expected, 1e-6));
        assert_eq!(guided.calls(), 2);
    }
}

#[test]
fn a_correction_that_starts_at_zero_changes_nothing() {
    let device = Device::flex();
    let delta = VelocityMlp::new(&small(0.0), 2, 8, 1, &device).expect("sizes");
    let raw = field(FlowArena::Ring2d);
    let (x, sigma, prompts) = (matrix(&[vec![0.5, -1.0]]), PerRow::All(0.3), Prompts::new(vec![Some(7)]));
    let expected = raw.velocity(x.clone(), &sigma, &prompts);
    let both = RawPlusDelta { raw, delta };
    assert!(close(&both.velocity(x, &sigma, &prompts), &expected, 0.0));
    assert_eq!((both.dimension(), both.prompts(), both.calls()), (2, 8, 2));
}

#[test]
fn the_clean_prediction_and_the_noise_make_up_the_point() {
    let (x, sigma) = (matrix(&[vec![0.5, -1.0]]), PerRow::All(0.4));
    let v = field(FlowArena::Ring2d).velocity(x.clone(), &sigma, &Prompts::new(vec![Some(0)]));
    let clean = clean_prediction(x.clone(), v.clone(), &sigma);
    let noise = x.clone() + v.mul_scalar(0.6);
    assert!(close(&(clean.mul_scalar(0.6) + noise.mul_scalar(0.4)), &x, 1e-6));
}

#[test]
fn the_same_seed_gives_the_same_network_and_another_seed_another() {
    let bits = |seed| {
        let net = VelocityMlp::new(&small(1.0), 2, 8, seed, &Device::flex()).expect("sizes");
        host(net.velocity(matrix(&[vec![0.5, -1.0]]), &PerRow::All(0.3), &Prompts::new(vec![None])))
            .expect("read")
    };
    assert_eq!(bits(4), bits(4));
    assert_ne!(bits(4), bits(5));
}

#[test]
fn rows_with_their_own_levels_get_what_they_would_get_alone() {
    let net = VelocityMlp::new(&small(1.0), 2, 8, 9, &Device::flex()).expect("sizes");
    let (a, b) = (vec![0.5, -1.0], vec![-0.2, 1.1]);
    let both = net.velocity(
        matrix(&[a.clone(), b.clone()]),
        &PerRow::Rows(vec![0.2, 0.9]),
        &Prompts::new(vec![Some(1), None]),
    );
    let alone = |x: Vec<f64>, sigma, prompt| {
        host_rows(net.velocity(matrix(&[x]), &PerRow::All(sigma), &Prompts::new(vec![prompt]))).expect("read")
            [0]
        .clone()
    };
    for (row, alone) in
        host_rows(both).expect("read").iter().zip([alone(a, 0.2, Some(1)), alone(b, 0.9, None)])
    {
        assert!(row.iter().zip(&alone).all(|(x, y)| (x - y).abs() < 1e-5));
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let device = Device::flex();
    let zero = VelocityMlpConfig { hidden: vec![0], ..VelocityMlpConfig::default() };
    assert!(VelocityMlp::new(&zero, 2, 8, 0, &device).is_err());
    let velocity = field(FlowArena::Ring2d);
    assert!(matches!(velocity.check(3, &Prompts::none(1)), Err(FlowError::Size { .. })));
    assert!(matches!(
        velocity.check(2, &Prompts::new(vec![Some(8)])),
        Err(FlowError::Prompt { prompt: 8, known: 8 })
    ));
    let empty = Blocks { centres: vec![], spreads: vec![], weights: vec![] };
    assert!(AnalyticMixture::new(&empty, &device).is_err());
}

#[test]
fn the_exact_field_minimises_the_matching_loss_by_the_square_of_any_shift() {
    let arena = FlowArena::Ring2d;
    let mut stream = Stream::new(StreamKey::new(2, Purpose::named("matching test")));
    let data: Vec<Vec<f64>> = (0..20_000).map(|i| arena.sample(i % 8, &mut stream)).collect();
    let prompts = Prompts::new((0..20_000).map(|i| Some(i % 8)).collect());
    let batch = MatchingBatch::new(&data, prompts, &mut stream, &Device::flex()).expect("data");
    let exact = field(arena);
    let loss = |shift: f32| {
        struct Shifted<'a>(&'a AnalyticMixture, f32);
        impl Velocity for Shifted<'_> {
            fn velocity(&self, x: Tensor<2>, sigma: &PerRow, prompts: &Prompts) -> Tensor<2> {
                self.0.velocity(x, sigma, prompts).add_scalar(self.1)
            }
            fn dimension(&self) -> usize {
                2
            }
            fn prompts(&self) -> usize {
                8
            }
        }
        batch.loss(&Shifted(&exact, shift)).into_scalar::<f32>()
    };
    for shift in [-0.5f32, 0.5] {
        let rise = loss(shift) - loss(0.0);
        // Two coordinates, each moved by the shift.
        assert!((rise - 2.0 * shift * shift).abs() < 0.05, "{rise}");
    }
}

#[test]
fn matching_teaches_a_network_the_exact_field() {
    let (arena, device) = (FlowArena::Ring2d, Device::flex().autodiff());
    let config = VelocityMlpConfig { hidden: vec![64, 64], ..VelocityMlpConfig::default() };
    let mut net = VelocityMlp::new(&config, 2, 8, 3, &device).expect("sizes");
    let mut adam = Adam::new(AdamConfig { learning_rate: 3e-3, ..AdamConfig::default() });
    let mut stream = Stream::new(StreamKey::new(5, Purpose::named("matching test")));
    let x = matrix(&[vec![0.5, -1.0], vec![1.5, 0.3], vec![-1.0, -0.4]]);
    let prompts = Prompts::new(vec![Some(0), Some(1), Some(2)]);
    let error = |net: &VelocityMlp| {
        let (exact, sigma) = (field(arena), PerRow::All(0.8));
        let off =
            net.velocity(x.clone(), &sigma, &prompts).inner() - exact.velocity(x.clone(), &sigma, &prompts);
        off.square().mean().into_scalar::<f32>()
    };
    let before = error(&net);
    for _ in 0..150 {
        let data: Vec<Vec<f64>> = (0..128).map(|i| arena.sample(i % 8, &mut stream)).collect();
        let prompts = Prompts::new((0..128).map(|i| Some(i % 8)).collect());
        let batch = MatchingBatch::new(&data, prompts, &mut stream, &device.clone().inner()).expect("data");
        let gradients = GradientsParams::from_grads(batch.loss(&net).backward(), &net);
        (net, _) = adam.step(net, gradients);
    }
    let after = error(&net);
    assert!(after < 0.2 * before, "{before} {after}");
}
