//! One PPO update of each kind of network on the CPU and through wgpu: the same losses and gradients.
//!
//! Slow, because kernels are compiled for the adapter: one test, few shapes. A software adapter will do.
#![cfg(feature = "wgpu")]
#![allow(clippy::print_stdout, reason = "the adapter, the differences and a skip are worth seeing")]

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_algorithms::config::ObjectiveConfig;
use milepost_algorithms::{Minibatch, Objective, Tokens};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::Rows;
use milepost_policies::{
    ActorCritic, Adam, AdamConfig, CnnConfig, DeviceChoice, GruConfig, MlpConfig, NetworkConfig,
    SequenceModel, TransformerConfig, ValueKind, open_device,
};

const FEATURES: usize = 147;
const ACTIONS: usize = 7;
const BATCH: usize = 32;
/// Tokens of a sequence; `BATCH` of them in all.
const LENGTH: usize = 8;

/// Everything one update computes, on the host.
struct Outcome {
    numbers: Vec<(&'static str, Vec<f32>)>,
}

struct Gradients<'a> {
    of: &'a GradientsParams,
    read: Vec<f32>,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.of.get::<D>(parameter.id) {
            self.read.extend(host(gradient));
        }
    }
}

struct Weights(Vec<f32>);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        self.0.extend(host(parameter.val().inner()));
    }
}

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("floats can be read back")
}

fn stream() -> Stream {
    Stream::new(StreamKey::new(5, Purpose::named("wgpu test")))
}

/// Losses, gradients and one Adam step of a model whose forward pass is given: `BATCH` rows of logits and values.
fn update<M: Module>(
    model: M,
    forward: impl Fn(&M) -> (Tensor<2>, Tensor<1>),
    mut stream: Stream,
    device: &Device,
) -> Outcome {
    let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| stream.uniform()).collect() };
    let actions: Vec<i32> = (0..BATCH).map(|i| (i % ACTIONS) as i32).collect();
    let tokens = Tokens {
        rows: Rows::ragged(&[BATCH]),
        old_log_probs: draw(BATCH).into_iter().map(|u| -2.4 + u).collect(),
        reference: None,
        advantages: draw(BATCH).into_iter().map(|u| 4.0 * u - 2.0).collect(),
        returns: draw(BATCH),
        old_values: draw(BATCH),
        correction: None,
        turns: Rows::ragged(&[1; BATCH]),
    };
    let actions = Tensor::<1, Int>::from_data(TensorData::new(actions, [BATCH]), device);
    let minibatch = Minibatch { actions, tokens };
    let (logits, values) = forward(&model);
    let loss = ObjectiveConfig::ppo().loss(logits.clone(), values.clone(), &minibatch).expect("finite");
    let mut numbers = vec![("logits", host(logits.inner())), ("values", host(values.inner()))];
    numbers.extend(loss.numbers.into_iter().map(|(name, value)| (name, vec![value as f32])));
    numbers.extend(loss.metrics.into_iter().map(|(name, value)| (name, host(value))));
    let gradients = GradientsParams::from_grads(loss.total.backward(), &model);
    let mut visitor = Gradients { of: &gradients, read: Vec::new() };
    model.visit(&mut visitor);
    numbers.push(("gradients", visitor.read));
    let (model, norm) = Adam::new(AdamConfig::default()).step(model, gradients);
    numbers.push(("gradient norm", host(norm.expect("there are gradients"))));
    let mut weights = Weights(Vec::new());
    model.visit(&mut weights);
    numbers.push(("weights after the step", weights.0));
    Outcome { numbers }
}

fn on_features(config: &NetworkConfig, device: &Device) -> Outcome {
    let mut stream = stream();
    let features: Vec<f32> = (0..BATCH * FEATURES).map(|_| stream.uniform() as f32).collect();
    let features = Tensor::<2>::from_data(TensorData::new(features, [BATCH, FEATURES]), device);
    let model = config.init(FEATURES, ACTIONS, 3, &device.clone().autodiff()).expect("builds");
    update(model, |model| model.forward(features.clone()), stream, device)
}

/// The same over sequences, and what a session with a cache says of two more tokens.
fn on_tokens<M: SequenceModel>(model: M, device: &Device) -> Outcome {
    let rows: Vec<Vec<u32>> = (0..BATCH / LENGTH)
        .map(|row| (0..LENGTH).map(|t| ((row + t * t) % ACTIONS) as u32).collect())
        .collect();
    let frozen = model.valid();
    let contexts: Vec<&[u32]> =
        rows.iter().enumerate().map(|(row, tokens)| &tokens[..LENGTH - row]).collect();
    let (mut cache, first) = frozen.prefill(&contexts, 2, device).expect("fits");
    let all: Vec<usize> = (0..rows.len()).collect();
    let mut read = host(first);
    for token in 0..2 {
        read.extend(host(frozen.decode(&mut cache, &all, &vec![token; rows.len()]).expect("has room")));
    }
    let tokens: Vec<i32> = rows.iter().flatten().map(|token| *token as i32).collect();
    let tokens = Tensor::<2, Int>::from_data(TensorData::new(tokens, [rows.len(), LENGTH]), device);
    let forward = |model: &M| {
        let features = model.hidden(tokens.clone()).flatten::<2>(0, 1);
        (model.logits(features.clone()), model.values(features))
    };
    let mut outcome = update(model, forward, stream(), device);
    outcome.numbers.push(("logits with the cache", read));
    outcome
}

/// Differences relative to the largest magnitude of the CPU's numbers.
fn compare(name: &str, cpu: &Outcome, gpu: &Outcome) {
    for ((what, a), (_, b)) in cpu.numbers.iter().zip(&gpu.numbers) {
        assert_eq!(a.len(), b.len(), "{name}: {what}");
        let scale = a.iter().fold(0f32, |m, x| m.max(x.abs())).max(1e-6);
        let worst = a.iter().zip(b).fold(0f32, |m, (x, y)| m.max((x - y).abs())) / scale;
        println!("{name}: {what}: {} numbers, worst relative difference {worst:e}", a.len());
        assert!(worst < 1e-4, "{name}: {what} differ by {worst:e} relative to {scale:e}");
    }
}

#[test]
fn cpu_and_wgpu_agree_on_one_ppo_update() {
    let gpu = match open_device(DeviceChoice::Wgpu) {
        Ok(open) => open,
        Err(error) => {
            println!("skipped: {error}");
            return;
        }
    };
    println!("{}; fusion {}", gpu.message, if cfg!(feature = "fusion") { "on" } else { "off" });
    let networks = [
        ("mlp", NetworkConfig::Mlp(MlpConfig::default())),
        ("cnn", NetworkConfig::Cnn(CnnConfig::default())),
    ];
    for (name, config) in networks {
        compare(name, &on_features(&config, &Device::flex()), &on_features(&config, &gpu.device));
    }
    let transformer = TransformerConfig {
        context: LENGTH + 2,
        width: 16,
        layers: 1,
        heads: 4,
        kv_heads: Some(2),
        value: ValueKind::Head,
        ..TransformerConfig::default()
    };
    let outcome = |device: &Device| {
        on_tokens(transformer.init(ACTIONS, 3, &device.clone().autodiff()).expect("builds"), device)
    };
    compare("transformer", &outcome(&Device::flex()), &outcome(&gpu.device));
    let gru = GruConfig { context: LENGTH + 2, embedding: 8, width: 16, layers: 1 };
    let outcome = |device: &Device| {
        on_tokens(gru.init(ACTIONS, 3, &device.clone().autodiff()).expect("builds"), device)
    };
    compare("gru", &outcome(&Device::flex()), &outcome(&gpu.device));
}
