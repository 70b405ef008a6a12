use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use proptest::prelude::*;

use super::ActorCritic;
use crate::{
    Adam, AdamConfig, CnnConfig, MlpConfig, NetworkConfig, PolicyError, TabularConfig, model_to_bytes,
    testing::{batch, every_kind, trainable, update},
};

fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.try_into_vec_as::<f32>().expect("floats")
}

#[test]
fn every_kind_maps_features_to_logits_and_values() {
    for (config, features) in every_kind() {
        let net = trainable(&config, features, 1);
        let (logits, values) = net.forward(batch(3, features, 0));
        assert_eq!((logits.dims(), values.dims()), ([3, 4], [3]), "{}", net.kind());
        assert_eq!((net.feature_count(), net.action_count()), (features, 4));
        assert!(host(logits).iter().chain(&host(values)).all(|x| x.is_finite()));
    }
}

#[test]
fn a_wrong_encoder_is_refused_naming_both_sides() {
    for (config, features) in every_kind() {
        let net = trainable(&config, features, 1);
        assert_eq!(net.check_features(features), Ok(()));
        let error = net.check_features(features + 1).expect_err("too wide").to_string();
        assert!(error.contains(&format!("gives {} features", features + 1)), "{error}");
        assert!(error.contains(&format!("reads {features}")), "{error}");
    }
    let device = Device::flex();
    let cnn = NetworkConfig::Cnn(CnnConfig::default()).init(146, 7, 0, &device);
    assert!(matches!(cnn, Err(PolicyError::FeatureCount { network: "cnn", expected: 147, found: 146 })));
    let table = NetworkConfig::Tabular(TabularConfig::default()).init(2, 7, 0, &device);
    assert!(matches!(table, Err(PolicyError::FeatureCount { network: "tabular", expected: 1, found: 2 })));
}

#[test]
fn sizes_that_make_no_network_are_refused_by_name() {
    let device = Device::flex();
    let field = |config: NetworkConfig, features, actions| match config.init(features, actions, 0, &device) {
        Err(PolicyError::Config { field, .. }) => field,
        other => panic!("expected a configuration error, not {other:?}"),
    };
    let mlp =
        |hidden: &[usize]| NetworkConfig::Mlp(MlpConfig { hidden: hidden.to_vec(), ..MlpConfig::default() });
    assert_eq!(field(mlp(&[4]), 0, 2), "features");
    assert_eq!(field(mlp(&[4]), 3, 0), "actions");
    assert_eq!(field(mlp(&[4, 0]), 3, 2), "hidden");
    let cnn = CnnConfig { feature_scale: f64::NAN, ..CnnConfig::default() };
    assert_eq!(field(NetworkConfig::Cnn(cnn), 147, 7), "feature_scale");
    assert_eq!(field(NetworkConfig::Tabular(TabularConfig { states: 1 }), 1, 2), "states");
}

#[test]
fn configurations_are_tagged_by_kind_and_refuse_unknown_keys() {
    let read = |text: &str| toml::from_str::<NetworkConfig>(text);
    assert_eq!(read("kind = \"mlp\"").expect("defaults"), NetworkConfig::default());
    let text = "kind = \"mlp\"\nhidden = [32]\nactivation = \"relu\"";
    let config = read(text).expect("valid");
    assert_eq!(toml::to_string(&config).expect("writes").trim(), text);
    assert!(read("kind = \"mlp\"\nhiden = [32]").expect_err("misspelt").to_string().contains("hiden"));
    assert!(
        read("kind = \"gru\"").expect_err("unknown kind").to_string().contains("`mlp`, `cnn`, `tabular`")
    );
}

#[test]
fn a_first_policy_is_almost_uniform_and_a_table_exactly() {
    let mlp = trainable(&NetworkConfig::default(), 20, 3);
    let (logits, values) = mlp.forward(batch(50, 20, 1));
    assert!(host(logits).iter().all(|l| l.abs() < 0.1));
    assert!(host(values).iter().any(|v| v.abs() > 0.1), "the value head is not shrunk");
    let table = trainable(&NetworkConfig::Tabular(TabularConfig { states: 5 }), 1, 3);
    assert!(host(table.forward(batch(50, 1, 1)).0).iter().all(|l| *l == 0.0));
}

#[test]
fn an_mlp_without_hidden_layers_is_affine() {
    let config = NetworkConfig::Mlp(MlpConfig { hidden: vec![], ..MlpConfig::default() });
    let net = trainable(&config, 3, 1);
    assert_eq!((net.feature_count(), net.action_count()), (3, 4));
    let (a, b) = (batch(1, 3, 1), batch(1, 3, 2));
    let value = |x: Tensor<2>| host(net.forward(x).1)[0];
    let sum = value(a.clone() + b.clone());
    assert!((sum - value(a) - value(b)).abs() < 1e-5, "biases are 0, so the map is linear");
}

#[test]
fn a_table_learns_one_state_without_touching_another() {
    let config = NetworkConfig::Tabular(TabularConfig { states: 5 });
    let mut net = trainable(&config, 1, 0);
    let mut adam = Adam::new(AdamConfig::default());
    let visited = Tensor::<2>::from_floats([[2.0], [2.0]], &Device::flex());
    for _ in 0..3 {
        (net, _) = update(net, &mut adam, visited.clone());
    }
    let all = Tensor::<2>::from_floats([[0.0], [1.0], [2.0], [3.0], [4.0]], &Device::flex());
    let (logits, values) = net.forward(all);
    let moved: Vec<bool> = host(logits).chunks(4).map(|row| row.iter().any(|l| *l != 0.0)).collect();
    assert_eq!(moved, [false, false, true, false, false]);
    assert_eq!(host(values).iter().map(|v| *v != 0.0).collect::<Vec<_>>(), moved);
}

/// Weights, and weights after three updates, as bytes.
fn bytes_of_a_short_run(config: &NetworkConfig, features: usize, seed: u64) -> (Vec<u8>, Vec<u8>) {
    let mut net = trainable(config, features, seed);
    let initial = model_to_bytes(&net).expect("readable");
    let mut adam = Adam::new(AdamConfig::default());
    for step in 0..3 {
        (net, _) = update(net, &mut adam, batch(33, features, step));
    }
    (initial, model_to_bytes(&net).expect("readable"))
}

#[test]
fn weights_and_updates_depend_on_the_seed_alone_not_on_threads_or_order() {
    let wide = NetworkConfig::Mlp(MlpConfig { hidden: vec![256, 256], ..MlpConfig::default() });
    let mut jobs: Vec<(NetworkConfig, usize, u64)> = vec![(wide, 147, 1)];
    for (config, features) in every_kind() {
        jobs.push((config.clone(), features, 1));
        jobs.push((config, features, 2));
    }
    let run = |(config, features, seed): &(NetworkConfig, usize, u64)| {
        bytes_of_a_short_run(config, *features, *seed)
    };
    let expected: Vec<_> = jobs.iter().map(run).collect();
    assert_ne!(expected[1], expected[2], "seeds matter");
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let mut shuffled: Vec<usize> = (0..jobs.len()).collect();
        shuffled.reverse();
        for job in shuffled {
            assert_eq!(pool.install(|| run(&jobs[job])), expected[job], "job {job}, {threads} threads");
        }
    }
    let together: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = jobs.iter().map(|job| scope.spawn(|| run(job))).collect();
        handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
    });
    assert_eq!(together, expected, "interleaved in one process");
}

#[test]
fn an_inference_copy_computes_the_same() {
    for (config, features) in every_kind() {
        let net = trainable(&config, features, 1);
        let x = batch(5, features, 0);
        let ((a, v), (b, w)) = (net.forward(x.clone()), net.valid().forward(x));
        assert_eq!((host(a), host(v)), (host(b), host(w)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_gradient_equals_a_difference_quotient(seed in 0u64..1000) {
        for (config, features) in every_kind() {
            let net = trainable(&config, features, seed);
            let x = batch(6, features, seed);
            let objective = |net: &crate::Network| {
                let (logits, values) = net.forward(x.clone());
                (logits.square().sum() + values.clone().square().sum() + values.sum() * 3.0).into_scalar::<f32>()
            };
            // Along the gradient itself the slope is the gradient's norm, over the step's length.
            let (logits, values) = net.forward(x.clone());
            let loss = logits.square().sum() + values.clone().square().sum() + values.sum() * 3.0;
            let grads = burn::optim::GradientsParams::from_grads(loss.backward(), &net);
            let norm = crate::global_norm(&net, &grads).expect("gradients").into_scalar::<f32>();
            let step = 1e-3 / norm;
            let moved = |sign: f32| objective(&moved_along(net.clone(), &grads, sign * step));
            let slope = (moved(1.0) - moved(-1.0)) / 2e-3;
            // Rectifiers and pooling have kinks, and a step across one bends the quotient; tanh has none.
            let tolerance = if matches!(net, crate::Network::Cnn(_)) { 0.1 } else { 0.02 };
            prop_assert!((slope - norm).abs() < tolerance * norm, "{}: {slope} against {norm}", net.kind());
        }
    }
}

/// `θ + step · g`.
fn moved_along(net: crate::Network, grads: &burn::optim::GradientsParams, step: f32) -> crate::Network {
    struct Move<'a>(&'a burn::optim::GradientsParams, f32);
    impl burn::module::ModuleMapper for Move<'_> {
        fn map_float<const D: usize>(
            &mut self,
            param: burn::module::Param<Tensor<D>>,
        ) -> burn::module::Param<Tensor<D>> {
            let gradient = self.0.get::<D>(param.id).expect("every parameter has one");
            crate::parameters::with_value(param, |value| value + gradient * self.1)
        }
    }
    net.map(&mut Move(grads, step))
}
