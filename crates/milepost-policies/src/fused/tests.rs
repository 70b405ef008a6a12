use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;

fn normal(count: usize, seed: u64) -> Vec<f32> {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("fused")));
    (0..count).map(|_| 1.5 * stream.normal() as f32).collect()
}

fn matrix([rows, columns]: [usize; 2], seed: u64, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(normal(rows * columns, seed), [rows, columns]), device)
}

fn vector(n: usize, seed: u64, device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(normal(n, seed), [n]), device)
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.try_into_vec_as::<f32>().expect("floats")
}

/// Values and input gradients of an operation, for a random gradient of its output.
fn differentiated<const D: usize>(
    inputs: &[Tensor<2>],
    f: impl Fn(Vec<Tensor<2>>) -> Tensor<D>,
) -> (Vec<f32>, Vec<Vec<f32>>) {
    let tracked: Vec<Tensor<2>> = inputs.iter().map(|x| x.clone().require_grad()).collect();
    let y = f(tracked.clone());
    let weights: Tensor<D> = vector(y.shape().num_elements(), 99, &Device::flex()).reshape(y.shape());
    let grads = (y.clone() * Tensor::from_inner(weights)).sum().backward();
    (host(y), tracked.iter().map(|x| host(x.grad(&grads).expect("tracked"))).collect())
}

fn agree(a: &[f32], b: &[f32], what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    // Relative to the largest entry: a sum of n terms is only as exact as its terms.
    let scale = b.iter().fold(1f32, |m, x| m.max(x.abs()));
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        prop_assert!((a - b).abs() <= 2e-5 * scale, "{what}[{i}]: {a}, composed {b}");
    }
    Ok(())
}

/// The kernel and the composed operation give the same values and gradients.
fn same<const D: usize>(
    inputs: &[Tensor<2>],
    fused: impl Fn(Vec<Tensor<2>>) -> Tensor<D>,
    composed: impl Fn(Vec<Tensor<2>>) -> Tensor<D>,
) -> Result<(), TestCaseError> {
    let ((y, dx), (y0, dx0)) = (differentiated(inputs, fused), differentiated(inputs, composed));
    agree(&y, &y0, "value")?;
    for (input, (dx, dx0)) in dx.iter().zip(&dx0).enumerate() {
        agree(dx, dx0, &format!("gradient of input {input}"))?;
    }
    Ok(())
}

fn row(x: Tensor<2>) -> Tensor<1> {
    x.squeeze_dim(0)
}

fn layouts() -> impl Strategy<Value = Heads> {
    (1usize..4, 1usize..4, 1usize..20).prop_map(|(kv_heads, group, half)| Heads {
        heads: kv_heads * group,
        kv_heads,
        head_dim: 2 * half,
    })
}

fn tables(period: usize, half: usize, device: &Device) -> (Tensor<2>, Tensor<2>) {
    let angle = |i: usize| (i / half) as f32 * 0.7f32.powi((i % half) as i32);
    let table = |f: fn(f32) -> f32| {
        let values: Vec<f32> = (0..period * half).map(|i| f(angle(i))).collect();
        Tensor::from_data(TensorData::new(values, [period, half]), device)
    };
    (table(f32::cos), table(f32::sin))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn linear_agrees_with_the_matrix_product(
        rows in 1usize..30, inputs in 1usize..300, outputs in 1usize..70, seed: u64,
    ) {
        let device = Device::flex().autodiff();
        same(
            &[matrix([rows, inputs], seed, &device), matrix([inputs, outputs], !seed, &device)],
            |x| linear(x[0].clone(), x[1].clone()),
            |x| x[0].clone().matmul(x[1].clone()),
        )?;
    }

    #[test]
    fn a_row_has_the_same_bits_in_every_product(
        rows in 1usize..300, inputs in 1usize..80, outputs in 1usize..70, seed: u64, at in 0f64..1.0,
    ) {
        let device = Device::flex();
        let (x, w) = (matrix([rows, inputs], seed, &device), matrix([inputs, outputs], !seed, &device));
        let row = (rows as f64 * at) as usize;
        let together = host(linear(x.clone(), w.clone()).narrow(0, row, 1));
        prop_assert_eq!(together, host(linear(x.narrow(0, row, 1), w)));
    }

    #[test]
    fn norms_agree_with_their_definitions(rows in 1usize..5, width in 1usize..70, seed: u64) {
        let device = Device::flex().autodiff();
        let inputs = [matrix([rows, width], seed, &device), matrix([1, width], !seed, &device)];
        same(
            &inputs,
            |x| rms_norm(x[0].clone(), row(x[1].clone()), 1e-5),
            |x| composed::rms_norm(x[0].clone(), row(x[1].clone()), 1e-5),
        )?;
        // A row of one or two numbers has no variance to speak of.
        let epsilon = 0.1;
        let inputs = [inputs[0].clone(), inputs[1].clone(), matrix([1, width], seed ^ 1, &device)];
        same(
            &inputs,
            |x| layer_norm(x[0].clone(), row(x[1].clone()), row(x[2].clone()), epsilon),
            |x| composed::layer_norm(x[0].clone(), row(x[1].clone()), row(x[2].clone()), epsilon),
        )?;
    }

    #[test]
    fn swiglu_agrees_with_its_definition(rows in 1usize..5, width in 1usize..70, seed: u64) {
        let device = Device::flex().autodiff();
        same(
            &[matrix([rows, 2 * width], seed, &device)],
            |x| swiglu(x[0].clone()),
            |x| composed::swiglu(x[0].clone()),
        )?;
    }

    #[test]
    fn rotary_agrees_with_its_definition(
        repeats in 1usize..4, period in 1usize..5, half in 1usize..20, heads in 1usize..4, rest in 0usize..9, seed: u64,
    ) {
        let device = Device::flex().autodiff();
        let (cos, sin) = tables(period, half, &device);
        same(
            &[matrix([repeats * period, 2 * half * heads + rest], seed, &device)],
            |x| rotary(x[0].clone(), cos.clone(), sin.clone(), heads),
            |x| composed::rotary(x[0].clone(), cos.clone(), sin.clone(), heads),
        )?;
    }

    #[test]
    fn attention_agrees_with_its_definition(
        n in 1usize..4, length in 1usize..70, heads in layouts(), seed: u64,
    ) {
        let device = Device::flex().autodiff();
        same(
            &[matrix([n * length, heads.width()], seed, &device)],
            |x| causal_attention(x[0].clone(), heads, length),
            |x| composed::causal_attention(x[0].clone(), heads, length),
        )?;
    }

    #[test]
    fn token_log_probs_agree_with_their_definition(rows in 1usize..6, classes in 1usize..70, seed: u64) {
        let device = Device::flex().autodiff();
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("targets")));
        let targets: Vec<i32> = (0..rows).map(|_| stream.below(classes as u64) as i32).collect();
        let targets = Tensor::<1, Int>::from_ints(targets.as_slice(), &device);
        same(
            &[matrix([rows, classes], seed, &device)],
            |x| token_log_probs(x[0].clone(), targets.clone()),
            |x| composed::token_log_probs(x[0].clone(), targets.clone()),
        )?;
    }

    #[test]
    fn a_step_against_the_cache_agrees_with_its_definition(
        slots in 1usize..5, capacity in 1usize..40, heads in layouts(), seed: u64, share in 0f64..1.0,
    ) {
        let device = Device::flex();
        let position = ((capacity as f64 * share) as usize).min(capacity - 1);
        // Every other slot goes on, the last of them first.
        let rows: Vec<CacheRow> =
            (0..slots).rev().step_by(2).map(|slot| CacheRow { slot, position: position.saturating_sub(slot) }).collect();
        let Heads { kv_heads, head_dim, .. } = heads;
        let cells = [slots * kv_heads, head_dim * capacity];
        let qkv = matrix([rows.len(), heads.width()], seed, &device);
        let keys: Tensor<4> = matrix(cells, seed ^ 1, &device).reshape([slots, kv_heads, head_dim, capacity]);
        let values: Tensor<4> = matrix(cells, seed ^ 2, &device).reshape([slots, kv_heads, capacity, head_dim]);
        let (y, k, v) = cached_attention(qkv.clone(), keys.clone(), values.clone(), heads, &rows);
        let (y0, k0, v0) = composed::cached_attention(qkv, keys, values, heads, &rows);
        agree(&host(y), &host(y0), "value")?;
        prop_assert_eq!(host(k), host(k0));
        prop_assert_eq!(host(v), host(v0));
    }

    #[test]
    fn rotated_attention_depends_on_relative_positions_only(
        length in 2usize..20, shift in 1usize..30, heads in layouts(), seed: u64,
    ) {
        let device = Device::flex();
        let (cos, sin) = tables(length + shift, heads.head_dim / 2, &device);
        let qkv = matrix([length, heads.width()], seed, &device);
        let attended = |first: usize| {
            let (cos, sin) = (cos.clone().narrow(0, first, length), sin.clone().narrow(0, first, length));
            let rotated = rotary(qkv.clone(), cos, sin, heads.heads + heads.kv_heads);
            host(causal_attention(rotated, heads, length))
        };
        let (here, there) = (attended(0), attended(shift));
        for (a, b) in here.iter().zip(&there) {
            prop_assert!((a - b).abs() < 1e-4, "{a} at the start, {b} shifted");
        }
    }

    #[test]
    fn threads_and_neighbours_leave_the_bits_of_attention_alone(
        n in 2usize..6, length in 1usize..40, heads in layouts(), seed: u64,
    ) {
        let device = Device::flex();
        let qkv = matrix([n * length, heads.width()], seed, &device);
        let in_pool = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("builds");
            pool.install(|| host(causal_attention(qkv.clone(), heads, length)))
        };
        let together = in_pool(1);
        prop_assert_eq!(&together, &in_pool(3));
        let alone: Vec<f32> = (0..n)
            .flat_map(|i| host(causal_attention(qkv.clone().narrow(0, i * length, length), heads, length)))
            .collect();
        prop_assert_eq!(together, alone);
    }
}

#[test]
fn shared_inputs_are_left_alone() {
    let device = Device::flex();
    let x = matrix([2, 8], 1, &device);
    let before = host(x.clone());
    let (cos, sin) = tables(2, 2, &device);
    let _ = rotary(x.clone(), cos, sin, 2);
    let _ = rms_norm(x.clone(), vector(8, 2, &device), 1e-5);
    assert_eq!(host(x), before);
}
