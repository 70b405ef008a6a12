//! Policy forward passes and full PPO updates (loss, gradients, clipping, Adam) on the CPU.
//!
//! Run with `RAYON_NUM_THREADS=1` for one thread.
#![allow(missing_docs, reason = "criterion's macros generate undocumented items")]

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use milepost_algorithms::config::ObjectiveConfig;
use milepost_algorithms::{Minibatch, Objective, Tokens};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::Rows;
use milepost_policies::{ActorCritic, Adam, AdamConfig, Network, NetworkConfig};

const FEATURES: usize = 147;
const ACTIONS: usize = 7;

fn network(kind: &str, device: &Device) -> Network {
    let config = match kind {
        "cnn" => NetworkConfig::Cnn(milepost_policies::CnnConfig::default()),
        _ => NetworkConfig::default(),
    };
    config.init(FEATURES, ACTIONS, 0, device).expect("builds")
}

fn features(n: usize, device: &Device) -> Tensor<2> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::named("bench")));
    let data: Vec<f32> = (0..n * FEATURES).map(|_| stream.uniform() as f32).collect();
    Tensor::from_data(TensorData::new(data, [n, FEATURES]), device)
}

fn forward(c: &mut Criterion) {
    let device = Device::flex();
    for kind in ["mlp", "cnn"] {
        let model = network(kind, &device);
        let mut group = c.benchmark_group(format!("forward/{kind}"));
        for n in [1, 8, 16, 256, 2048] {
            let input = features(n, &device);
            group.throughput(Throughput::Elements(n as u64));
            group.bench_function(BenchmarkId::from_parameter(n), |b| {
                b.iter(|| {
                    let (logits, values) = model.forward(input.clone());
                    (logits.into_data(), values.into_data())
                });
            });
        }
        group.finish();
    }
}

fn minibatch(n: usize, device: &Device) -> Minibatch {
    let actions: Vec<i32> = (0..n).map(|i| (i % ACTIONS) as i32).collect();
    Minibatch {
        actions: Tensor::<1, Int>::from_data(TensorData::new(actions, [n]), device),
        tokens: Tokens {
            rows: Rows::ragged(&[n]),
            old_log_probs: vec![-1.9; n],
            reference: None,
            advantages: (0..n).map(|i| (i % 5) as f64 - 2.0).collect(),
            returns: vec![0.5; n],
            correction: None,
            turns: Rows::ragged(&vec![1; n]),
            old_values: vec![0.0; n],
        },
    }
}

fn update(c: &mut Criterion) {
    let device = Device::flex();
    let objective = ObjectiveConfig::ppo();
    for kind in ["mlp", "cnn"] {
        let mut group = c.benchmark_group(format!("ppo_update/{kind}"));
        for n in [64, 256, 2048] {
            let mut model = Some(network(kind, &device.clone().autodiff()));
            let mut optimizer = Adam::new(AdamConfig { learning_rate: 1e-4, ..AdamConfig::default() });
            let (input, batch) = (features(n, &device), minibatch(n, &device));
            group.throughput(Throughput::Elements(n as u64));
            group.bench_function(BenchmarkId::from_parameter(n), |b| {
                b.iter(|| {
                    let current = model.take().expect("put back below");
                    let (logits, values) = current.forward(input.clone());
                    let loss = objective.loss(logits, values, &batch).expect("finite");
                    let gradients = GradientsParams::from_grads(loss.total.backward(), &current);
                    model = Some(optimizer.step(current, gradients).0);
                });
            });
        }
        group.finish();
    }
}

fn valid_copy(c: &mut Criterion) {
    let model = network("mlp", &Device::flex().autodiff());
    c.bench_function("inference_copy/mlp", |b| b.iter(|| model.clone().valid()));
}

criterion_group!(benches, forward, update, valid_copy);
criterion_main!(benches);
