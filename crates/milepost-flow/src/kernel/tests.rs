use super::*;
use proptest::prelude::*;

fn linear(steps: usize) -> Schedule {
    Schedule::linear(steps).expect("steps")
}

/// Mean and standard deviation of the sampler's output for data `N(m, s²)`, whose exact velocity is affine in `x`.
fn terminal_moments(kernel: &Kernel, steps: usize) -> (f64, f64) {
    let (m, s) = (1.3, 0.5);
    let (mut mean, mut variance) = (0.0, 1.0);
    for step in linear(steps).iter() {
        let clean = 1.0 - step.from;
        let v = clean * clean * s * s + step.from * step.from;
        let slope = (step.from - clean * s * s) / v;
        let Affine { x: a, v: b, std } = kernel.affine(&step);
        mean = a * mean + b * (slope * (mean - clean * m) - m);
        variance = (a + b * slope) * (a + b * slope) * variance + std * std;
    }
    (mean, variance.sqrt())
}

#[test]
fn the_linear_gaussian_case_has_its_computed_moments() {
    let kernels = [
        (Kernel::Ode, 0.4308, 0.4926, 0.5),
        (Kernel::FlowSde { a: 0.7 }, 0.4796, 0.5004, 0.5004),
        (Kernel::DanceSde { eta: 0.3 }, 0.4400, 0.4938, 0.4999),
        (Kernel::Cps { a: 0.7 }, 0.3703, 0.4169, 0.4260),
    ];
    for (kernel, at_10, at_100, at_10000) in kernels {
        for (steps, expected) in [(10, at_10), (100, at_100), (10_000, at_10000)] {
            let (mean, std) = terminal_moments(&kernel, steps);
            assert!((mean - 1.3).abs() < 1e-9, "{kernel:?} {steps}: {mean}");
            assert!((std - expected).abs() < 1e-4, "{kernel:?} {steps}: {std} {expected}");
        }
    }
}

#[test]
fn small_cps_noise_recovers_the_data_law() {
    let (_, std) = terminal_moments(&Kernel::Cps { a: 1e-3 }, 10_000);
    assert!((std - 0.5).abs() < 1e-3, "{std}");
}

#[test]
fn settings_out_of_range_are_refused() {
    let schedule = linear(10);
    for kernel in [
        Kernel::FlowSde { a: -0.1 },
        Kernel::FlowSde { a: f64::NAN },
        Kernel::DanceSde { eta: f64::INFINITY },
        Kernel::Cps { a: 1.5 },
        Kernel::TableSde { psi: vec![0.3; 10] },
        Kernel::TableSde { psi: vec![-0.3; 9] },
    ] {
        assert!(kernel.check(&schedule).is_err(), "{kernel:?}");
    }
    assert!(Kernel::FlowSde { a: 0.7 }.check(&linear(1)).is_err());
    assert!(Kernel::TableSde { psi: vec![0.0; 9] }.check(&schedule).is_ok());
}

#[test]
fn a_kernel_is_read_as_an_experiment_file_writes_it() {
    let kernel: Kernel = serde_json::from_str(r#"{ "kind": "flow-sde", "a": 0.7 }"#).expect("reads");
    assert_eq!(kernel, Kernel::FlowSde { a: 0.7 });
    assert!(serde_json::from_str::<Kernel>(r#"{ "kind": "flow-sde", "b": 0.7 }"#).is_err());
}

fn kernels() -> impl Strategy<Value = Kernel> {
    prop_oneof![
        (0.0f64..1.5).prop_map(|a| Kernel::FlowSde { a }),
        (0.0f64..1.0).prop_map(|eta| Kernel::DanceSde { eta }),
        (0.0f64..1.0).prop_map(|a| Kernel::Cps { a }),
    ]
}

proptest! {
    #[test]
    fn without_noise_every_kernel_is_the_euler_step(steps in 3usize..20, kappa in 1.0f64..5.0) {
        let schedule = linear(steps).shifted(kappa).expect("valid");
        let silent = [
            Kernel::FlowSde { a: 0.0 },
            Kernel::DanceSde { eta: 0.0 },
            Kernel::Cps { a: 0.0 },
            Kernel::TableSde { psi: vec![0.0; steps - 1] },
        ];
        for step in schedule.iter() {
            let ode = Kernel::Ode.affine(&step);
            for kernel in &silent {
                let affine = kernel.affine(&step);
                prop_assert!((affine.x - ode.x).abs() < 1e-12 && (affine.v - ode.v).abs() < 1e-12);
                prop_assert_eq!(affine.std, 0.0);
            }
        }
    }

    #[test]
    fn equal_noise_means_equal_steps_whatever_the_kernel(steps in 3usize..20, a in 0.0f64..1.5) {
        let schedule = linear(steps);
        let table = Kernel::TableSde { psi: Kernel::flow_table(a, &schedule) };
        for step in schedule.iter() {
            let flow = Kernel::FlowSde { a }.affine(&step);
            prop_assert_eq!(flow, table.affine(&step));
            let eta = flow.std / step.length().sqrt();
            let dance = Kernel::DanceSde { eta }.affine(&step);
            if step.place != Place::Last {
                prop_assert!((dance.x - flow.x).abs() < 1e-12 && (dance.v - flow.v).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn flow_noise_has_one_sensitivity_at_every_level_below_one(steps in 3usize..20, a in 0.0f64..1.5, kappa in 1.0f64..4.0) {
        for step in linear(steps).shifted(kappa).expect("valid").iter() {
            let affine = Kernel::FlowSde { a }.affine(&step);
            let expected = match step.place {
                Place::Inner => step.signed() * (1.0 + a * a / 2.0),
                Place::First | Place::Last => step.signed(),
            };
            prop_assert!((affine.v - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn cps_keeps_the_coefficient_of_the_noise(steps in 2usize..20, a in 0.0f64..=1.0) {
        for step in linear(steps).iter().filter(|step| step.place != Place::Last) {
            let affine = Kernel::Cps { a }.affine(&step);
            // μ = (1−σ')·x̂₀ + c·ε̂ with x = (1−σ)x̂₀ + σε̂ and v = ε̂ − x̂₀, so A·(1−σ) − B = 1−σ' and A·σ + B = c.
            let clean = affine.x * (1.0 - step.from) - affine.v;
            let kept = affine.x * step.from + affine.v;
            prop_assert!((clean - (1.0 - step.to)).abs() < 1e-12);
            prop_assert!((kept * kept + affine.std * affine.std - step.to * step.to).abs() < 1e-12);
        }
    }

    #[test]
    fn the_step_kl_is_the_published_function_of_the_velocity_difference(
        steps in 3usize..20, g in 0.05f64..1.5, difference in -2.0f64..2.0,
    ) {
        for step in linear(steps).iter().filter(|step| step.place != Place::Last) {
            let affine = Kernel::DanceSde { eta: g }.affine(&step);
            let from_means = (affine.v * difference).powi(2) / (2.0 * affine.std * affine.std);
            let slope = g * (1.0 - step.from) / (2.0 * step.from) + 1.0 / g;
            let published = step.length() / 2.0 * slope * slope * difference * difference;
            prop_assert!((from_means - published).abs() < 1e-9 * (1.0 + published));
        }
    }

    #[test]
    fn the_last_step_draws_nothing(kernel in kernels(), steps in 2usize..20) {
        let last = linear(steps).step(steps - 1);
        prop_assert_eq!(kernel.affine(&last), Kernel::Ode.affine(&last));
    }
}
