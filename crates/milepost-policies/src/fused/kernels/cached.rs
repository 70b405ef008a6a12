//! One step of attention against a cache.

use super::math::softmax;
use crate::{
    fused::{CacheRow, Heads},
    simd::Kernel,
};

pub(crate) struct Step<'a> {
    /// `[n, width]`.
    pub(crate) qkv: &'a [f32],
    /// `[slots, kv_heads, head_dim, capacity]`.
    pub(crate) keys: &'a mut [f32],
    /// `[slots, kv_heads, capacity, head_dim]`.
    pub(crate) values: &'a mut [f32],
    /// `[n, query width]`, zeros.
    pub(crate) out: &'a mut [f32],
    pub(crate) rows: &'a [CacheRow],
    pub(crate) heads: Heads,
    pub(crate) capacity: usize,
}

impl Kernel for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Self { qkv, keys, values, out, rows, heads, capacity } = self;
        let size = heads.head_dim;
        let (query, key) = (heads.query_width(), heads.key_width());
        let scale = heads.scale() as f32;
        let mut scores = vec![0f32; capacity];
        let projections = qkv.chunks_exact(heads.width()).zip(out.chunks_exact_mut(query));
        for ((qkv, out), CacheRow { slot, position }) in projections.zip(rows) {
            let (q, kv) = qkv.split_at(query);
            let (new_keys, new_values) = kv.split_at(key);
            for head in 0..heads.kv_heads {
                let part = (slot * heads.kv_heads + head) * size * capacity..;
                let keys = &mut keys[part.clone()][..size * capacity];
                let values = &mut values[part][..size * capacity];
                let new = head * size..(head + 1) * size;
                for (column, key) in keys.chunks_exact_mut(capacity).zip(&new_keys[new.clone()]) {
                    column[*position] = *key;
                }
                values[position * size..][..size].copy_from_slice(&new_values[new]);
                for query_head in head * heads.group()..(head + 1) * heads.group() {
                    let at = query_head * size..(query_head + 1) * size;
                    let scores = &mut scores[..=*position];
                    score(scores, &q[at.clone()], keys, capacity, scale);
                    softmax(scores, position + 1);
                    mix(&mut out[at], scores, values);
                }
            }
        }
    }
}

/// `scores ← scale · q keys`, keys `[head_dim, capacity]`.
#[inline(always)]
fn score(scores: &mut [f32], q: &[f32], keys: &[f32], capacity: usize, scale: f32) {
    let n = scores.len();
    scores.fill(0.0);
    let (fours, rest) = q.as_chunks::<4>();
    let mut columns = keys.chunks_exact(capacity);
    for q in fours {
        let [a, b, c, d]: [&[f32]; 4] =
            std::array::from_fn(|_| &columns.next().expect("a column for each feature")[..n]);
        for i in 0..n {
            let sum = (q[0] * scale).mul_add(a[i], scores[i]);
            let sum = (q[1] * scale).mul_add(b[i], sum);
            let sum = (q[2] * scale).mul_add(c[i], sum);
            scores[i] = (q[3] * scale).mul_add(d[i], sum);
        }
    }
    for (q, column) in rest.iter().zip(columns) {
        for (score, key) in scores.iter_mut().zip(column) {
            *score = (q * scale).mul_add(*key, *score);
        }
    }
}

/// `out ← out + weights · values`, values `[time, head_dim]`.
#[inline(always)]
fn mix(out: &mut [f32], weights: &[f32], values: &[f32]) {
    for (weight, value) in weights.iter().zip(values.chunks_exact(out.len())) {
        for (out, value) in out.iter_mut().zip(value) {
            *out = weight.mul_add(*value, *out);
        }
    }
}
