//! A small transformer on the CPU, the same work as the PyTorch peer's: a training step (forward,
//! cross-entropy, backward, Adam; width 128, 4 layers, context 128, batch 16, 256 tokens) and cached
//! sampling of 128 tokens at batch 32.
//!
//! Run with `RAYON_NUM_THREADS=1` for one thread.
#![allow(missing_docs, reason = "criterion's macros generate undocumented items")]

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::{
    Adam, AdamConfig, CausalTransformer, SequenceModel, TransformerConfig, fused, sample_action,
};

const VOCABULARY: usize = 256;
const CONTEXT: usize = 128;
const BATCH: usize = 16;
const ROWS: usize = 32;

fn model(device: &Device) -> CausalTransformer {
    TransformerConfig::default().init(VOCABULARY, 0, device).expect("valid")
}

fn tokens(n: usize, device: &Device) -> Tensor<2, Int> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::named("bench")));
    let data: Vec<i32> = (0..n * CONTEXT).map(|_| stream.below(VOCABULARY as u64) as i32).collect();
    Tensor::from_data(TensorData::new(data, [n, CONTEXT]), device)
}

fn token_log_probs(model: &CausalTransformer, tokens: &Tensor<2, Int>) -> Tensor<1> {
    let rows = BATCH * CONTEXT;
    let hidden = model.hidden(tokens.clone()).reshape([rows, model.width()]);
    fused::token_log_probs(model.logits(hidden), tokens.clone().reshape([rows]))
}

fn training(c: &mut Criterion) {
    let mut group = c.benchmark_group("transformer");
    group.throughput(Throughput::Elements((BATCH * CONTEXT) as u64)).sample_size(20);
    let input = tokens(BATCH, &Device::flex());
    let plain = model(&Device::flex());
    group.bench_function("forward", |b| b.iter(|| token_log_probs(&plain, &input).into_data()));

    let mut model = Some(model(&Device::flex().autodiff()));
    let mut adam = Adam::new(AdamConfig { max_grad_norm: None, ..AdamConfig::default() });
    group.bench_function("training-step", |b| {
        b.iter(|| {
            let current = model.take().expect("put back below");
            let loss = token_log_probs(&current, &input).mean().neg();
            let grads = GradientsParams::from_grads(loss.backward(), &current);
            model = Some(adam.step(current, grads).0);
        });
    });
    group.finish();
}

fn sampling(c: &mut Criterion) {
    let mut group = c.benchmark_group("transformer");
    group.throughput(Throughput::Elements((ROWS * CONTEXT) as u64)).sample_size(20);
    let device = Device::flex();
    let model = model(&device.clone().autodiff()).valid();
    let contexts: [&[u32]; ROWS] = [&[1]; ROWS];
    let rows: Vec<usize> = (0..ROWS).collect();
    group.bench_function("sample-128", |b| {
        b.iter(|| {
            let mut streams: Vec<Stream> = (0..ROWS as u64)
                .map(|task| Stream::new(StreamKey { task, ..StreamKey::new(0, Purpose::POLICY) }))
                .collect();
            let (mut cache, mut logits) = model.prefill(&contexts, CONTEXT - 1, &device).expect("fits");
            for step in 1..=CONTEXT {
                let host = logits.try_into_vec_as::<f32>().expect("floats");
                let drawn: Vec<u32> = host
                    .chunks_exact(VOCABULARY)
                    .zip(&mut streams)
                    .map(|(logits, stream)| sample_action(logits, stream).expect("finite").0)
                    .collect();
                if step == CONTEXT {
                    return drawn;
                }
                logits = model.decode(&mut cache, &rows, &drawn).expect("room");
            }
            unreachable!("the loop returns")
        });
    });
    group.finish();
}

criterion_group!(benches, training, sampling);
criterion_main!(benches);
