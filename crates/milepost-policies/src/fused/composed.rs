//! The operations of a transformer block, composed of Burn's own: the definition that the CPU kernels are
//! tested against, and what runs on every other device.

use burn::tensor::{
    Bool, Int, Tensor, TensorData, activation::log_softmax, activation::sigmoid, activation::softmax, s,
};

use super::{CacheRow, Heads};

pub(crate) fn rms_norm(x: Tensor<2>, gain: Tensor<1>, epsilon: f64) -> Tensor<2> {
    let mean_square = x.clone().square().mean_dim(1);
    x * mean_square.add_scalar(epsilon).sqrt().recip() * gain.unsqueeze()
}

pub(crate) fn layer_norm(x: Tensor<2>, gain: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = centred.clone().square().mean_dim(1);
    centred * variance.add_scalar(epsilon).sqrt().recip() * gain.unsqueeze() + bias.unsqueeze()
}

pub(crate) fn swiglu(gate_up: Tensor<2>) -> Tensor<2> {
    let width = gate_up.dims()[1] / 2;
    let gate = gate_up.clone().narrow(1, 0, width);
    gate.clone() * sigmoid(gate) * gate_up.narrow(1, width, width)
}

pub(crate) fn rotary(x: Tensor<2>, cos: Tensor<2>, sin: Tensor<2>, heads: usize) -> Tensor<2> {
    let ([rows, width], [period, half]) = (x.dims(), cos.dims());
    let rotated = 2 * half * heads;
    let pairs: Tensor<5> = x.clone().narrow(1, 0, rotated).reshape([rows / period, period, heads, 2, half]);
    let (first, second) =
        (pairs.clone().slice(s![.., .., .., 0..1, ..]), pairs.slice(s![.., .., .., 1..2, ..]));
    let cos: Tensor<5> = cos.reshape([1, period, 1, 1, half]);
    let sin: Tensor<5> = sin.reshape([1, period, 1, 1, half]);
    let turned = Tensor::cat(
        vec![first.clone() * cos.clone() - second.clone() * sin.clone(), second * cos + first * sin],
        3,
    );
    let turned: Tensor<2> = turned.reshape([rows, rotated]);
    if rotated == width {
        return turned;
    }
    Tensor::cat(vec![turned, x.narrow(1, rotated, width - rotated)], 1)
}

pub(crate) fn causal_attention(qkv: Tensor<2>, heads: Heads, length: usize) -> Tensor<2> {
    let n = qkv.dims()[0] / length;
    let [q, k, v] = split(qkv, heads, n, length);
    let (k, v) = (shared(k, heads), shared(v, heads));
    let scores = q.matmul(k.swap_dims(2, 3)).mul_scalar(heads.scale());
    let future: Tensor<2, Bool> = Tensor::tril_mask([length, length], 0, &scores.device());
    let weights = softmax(scores.mask_fill(future.unsqueeze(), -1.0e9), 3);
    weights.matmul(v).swap_dims(1, 2).reshape([n * length, heads.query_width()])
}

/// Queries, keys and values as `[n, heads, length, head size]`.
fn split(qkv: Tensor<2>, heads: Heads, n: usize, length: usize) -> [Tensor<4>; 3] {
    let part = |qkv: Tensor<2>, start: usize, count: usize| -> Tensor<4> {
        let part = qkv.narrow(1, start, count * heads.head_dim);
        part.reshape([n, length, count, heads.head_dim]).swap_dims(1, 2)
    };
    let (query, key) = (heads.query_width(), heads.key_width());
    [
        part(qkv.clone(), 0, heads.heads),
        part(qkv.clone(), query, heads.kv_heads),
        part(qkv, query + key, heads.kv_heads),
    ]
}

/// Keys or values repeated for the query heads that share them.
fn shared(x: Tensor<4>, heads: Heads) -> Tensor<4> {
    let group = heads.group();
    if group == 1 {
        return x;
    }
    let [n, kv, length, size] = x.dims();
    let grouped: Tensor<5> = x.reshape([n, kv, 1, length, size]);
    grouped.repeat_dim(2, group).reshape([n, kv * group, length, size])
}

/// See [`super::cached_attention`]. `keys` is `[slots, kv heads, head size, capacity]`, `values`
/// `[slots, kv heads, capacity, head size]`.
pub(crate) fn cached_attention(
    qkv: Tensor<2>,
    keys: Tensor<4>,
    values: Tensor<4>,
    heads: Heads,
    rows: &[CacheRow],
) -> (Tensor<2>, Tensor<4>, Tensor<4>) {
    let device = qkv.device();
    let [slots, kv, size, capacity] = keys.dims();
    // Every slot computes; a slot that no row names reads the first row and writes nothing.
    let mut source = vec![0i32; slots];
    let mut position = vec![-1i32; slots];
    for (index, row) in rows.iter().enumerate() {
        source[row.slot] = index as i32;
        position[row.slot] = row.position as i32;
    }
    let ints =
        |values: Vec<i32>| -> Tensor<1, Int> { Tensor::from_data(TensorData::new(values, [slots]), &device) };
    let position: Tensor<4, Int> = ints(position).reshape([slots, 1, 1, 1]);
    let time: Tensor<4, Int> =
        Tensor::<1, Int>::arange(0..capacity as i64, &device).reshape([1, 1, 1, capacity]);
    let time = time.expand([slots, 1, 1, capacity]);
    let here: Tensor<4, Bool> = time.clone().equal(position.clone().expand([slots, 1, 1, capacity]));
    let after: Tensor<4, Bool> = time.greater(position.expand([slots, 1, 1, capacity]));
    let [q, k, v] = split(qkv.select(0, ints(source)), heads, slots, 1);
    let full = [slots, kv, size, capacity];
    let keys = keys.mask_where(here.clone().expand(full), k.swap_dims(2, 3).expand(full));
    let here = here.swap_dims(2, 3);
    let full = [slots, kv, capacity, size];
    let values = values.mask_where(here.expand(full), v.expand(full));
    // `[slots, kv heads, group, capacity]`
    let grouped = q.reshape([slots, kv, heads.group(), size]);
    let scores = grouped.matmul(keys.clone()).mul_scalar(heads.scale());
    let weights = softmax(scores.mask_fill(after.expand([slots, kv, heads.group(), capacity]), -1.0e9), 3);
    let out: Tensor<2> = weights.matmul(values.clone()).reshape([slots, heads.query_width()]);
    let picked: Vec<i32> = rows.iter().map(|row| row.slot as i32).collect();
    let n = picked.len();
    (out.select(0, Tensor::from_data(TensorData::new(picked, [n]), &device)), keys, values)
}

pub(crate) fn token_log_probs(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    log_softmax(logits, 1).gather(1, targets.unsqueeze_dim(1)).squeeze_dim(1)
}
