//! The CPU operations as an extension of Burn's backend.

use burn::backend::{
    Autodiff, Backend, Flex,
    autodiff::checkpoint::strategy::CheckpointStrategy,
    backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn_flex::FlexTensor;

use super::{
    Heads,
    flex::{self, Numbers},
    kernels::{attention, linear, log_probs, norm, rotary, swiglu},
    record::recorded,
};
use crate::simd::widest;

/// See the functions of [`crate::fused`].
#[backend_extension(Autodiff, Flex)]
pub(super) trait Fused: Backend {
    fn linear(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self>;
    fn row_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f64,
        centred: bool,
    ) -> FloatTensor<Self>;
    fn swiglu(gate_up: FloatTensor<Self>) -> FloatTensor<Self>;
    fn rotary(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self>;
    fn causal_attention(qkv: FloatTensor<Self>, heads: Heads, length: usize) -> FloatTensor<Self>;
    fn token_log_probs(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self>;
}

impl Fused for Flex {
    fn linear(x: FlexTensor, weight: FlexTensor) -> FlexTensor {
        let ([rows, depth], [_, n]) = (flex::dims(&x), flex::dims(&weight));
        let (x, weight) = (Numbers::of(&x), Numbers::of(&weight));
        flex::tensor(multiplied(x.slice(), weight.slice(), [rows, depth, n]), [rows, n])
    }

    fn row_norm(x: FlexTensor, gain: FlexTensor, epsilon: f64, centred: bool) -> FlexTensor {
        let (gain, epsilon) = (Numbers::of(&gain), epsilon as f32);
        flex::updated(x, |x| widest(norm::Forward { x, gain: gain.slice(), epsilon, centred }))
    }

    fn swiglu(gate_up: FlexTensor) -> FlexTensor {
        let [rows, columns] = flex::dims(&gate_up);
        let width = columns / 2;
        let mut out = vec![0f32; rows * width];
        let gate_up = Numbers::of(&gate_up);
        widest(swiglu::Forward { gate_up: gate_up.slice(), out: &mut out, width });
        flex::tensor(out, [rows, width])
    }

    fn rotary(x: FlexTensor, cos: FlexTensor, sin: FlexTensor, heads: usize) -> FlexTensor {
        rotate(x, &cos, &sin, heads, 1.0)
    }

    fn causal_attention(qkv: FlexTensor, heads: Heads, length: usize) -> FlexTensor {
        let [rows, width] = flex::dims(&qkv);
        let mut out = vec![0f32; rows * heads.query_width()];
        let qkv = Numbers::of(&qkv);
        flex::each_part(&mut out, length * heads.query_width(), |n, out| {
            let qkv = &qkv.slice()[n * length * width..][..length * width];
            widest(attention::Forward { qkv, out, heads });
        });
        flex::tensor(out, [rows, heads.query_width()])
    }

    fn token_log_probs(logits: FlexTensor, targets: FlexTensor) -> FlexTensor {
        let targets = flex::indices(&targets);
        let logits = Numbers::of(&logits);
        let mut out = vec![0f32; targets.len()];
        widest(log_probs::Forward { logits: logits.slice(), targets: &targets, out: &mut out });
        let rows = out.len();
        flex::tensor(out, [rows])
    }
}

impl<C: CheckpointStrategy> Fused for Autodiff<Flex, C> {
    fn linear(x: FloatTensor<Self>, weight: FloatTensor<Self>) -> FloatTensor<Self> {
        recorded::<C, _, 2>(
            [x, weight],
            |[x, weight]| (Flex::linear(x.clone(), weight.clone()), (x, weight)),
            |g, (x, weight)| linear_gradients(&g, &x, &weight),
        )
    }

    fn row_norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        epsilon: f64,
        centred: bool,
    ) -> FloatTensor<Self> {
        recorded::<C, _, 2>(
            [x, gain],
            |[x, gain]| {
                let y = Flex::row_norm(x.clone(), gain.clone(), epsilon, centred);
                (y, (x, gain, epsilon as f32, centred))
            },
            |g, (x, gain, epsilon, centred)| {
                let (x, gain) = (Numbers::of(&x), Numbers::of(&gain));
                let (x, gain) = (x.slice(), gain.slice());
                let width = gain.len();
                let mut dgain = vec![0f32; width];
                let dx = flex::updated(g, |g| {
                    let gain_gradient = dgain.as_mut_slice();
                    widest(norm::Backward { x, gain, g, gain_gradient, epsilon, centred });
                });
                [dx, flex::tensor(dgain, [width])]
            },
        )
    }

    fn swiglu(gate_up: FloatTensor<Self>) -> FloatTensor<Self> {
        recorded::<C, _, 1>(
            [gate_up],
            |[gate_up]| (Flex::swiglu(gate_up.clone()), gate_up),
            |g, gate_up| {
                let [rows, width] = flex::dims(&g);
                let mut gradient = vec![0f32; rows * width * 2];
                let (gate_up, g) = (Numbers::of(&gate_up), Numbers::of(&g));
                let (gate_up, g) = (gate_up.slice(), g.slice());
                widest(swiglu::Backward { gate_up, g, gradient: &mut gradient, width });
                [flex::tensor(gradient, [rows, width * 2])]
            },
        )
    }

    fn rotary(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        let (cos, sin) = (cos.into_primitive(), sin.into_primitive());
        recorded::<C, _, 1>(
            [x],
            |[x]| (rotate(x, &cos, &sin, heads, 1.0), (cos, sin, heads)),
            |g, (cos, sin, heads)| [rotate(g, &cos, &sin, heads, -1.0)],
        )
    }

    fn causal_attention(qkv: FloatTensor<Self>, heads: Heads, length: usize) -> FloatTensor<Self> {
        recorded::<C, _, 1>(
            [qkv],
            |[qkv]| {
                let out = Flex::causal_attention(qkv.clone(), heads, length);
                (out.clone(), (qkv, out, heads, length))
            },
            |g, (qkv, out, heads, length)| [attention_gradient(&g, &qkv, &out, heads, length)],
        )
    }

    fn token_log_probs(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self> {
        recorded::<C, _, 1>(
            [logits],
            |[logits]| (Flex::token_log_probs(logits.clone(), targets.clone()), (logits, targets)),
            |g, (logits, targets)| {
                let (g, targets) = (Numbers::of(&g), flex::indices(&targets));
                let backward = |logits: &mut [f32]| {
                    widest(log_probs::Backward { logits, targets: &targets, g: g.slice() });
                };
                [flex::updated(logits, backward)]
            },
        )
    }
}

/// Rows of a product that are computed together.
const PART: usize = 128;

/// `x[rows, depth] · weight[depth, n]`.
fn multiplied(x: &[f32], weight: &[f32], [rows, depth, n]: [usize; 3]) -> Vec<f32> {
    let mut out = vec![0f32; rows * n];
    // A small product is not worth a second thread.
    let part = if rows * n * depth < 1 << 20 { rows } else { PART };
    flex::each_part(&mut out, part * n, |index, out| {
        let first = index * part;
        widest(linear::Product::<false> { x, w: weight, out, first, stride: depth, depth, n });
    });
    out
}

/// `dx = g Wᵀ`, `dW = xᵀ g`.
fn linear_gradients(g: &FlexTensor, x: &FlexTensor, weight: &FlexTensor) -> [FlexTensor; 2] {
    let ([rows, depth], [_, n]) = (flex::dims(x), flex::dims(weight));
    let (g, x, weight) = (Numbers::of(g), Numbers::of(x), Numbers::of(weight));
    let turned = linear::transposed(weight.slice(), depth, n);
    let dx = multiplied(g.slice(), &turned, [rows, n, depth]);
    let mut dw = vec![0f32; depth * n];
    flex::each_part(&mut dw, PART * n, |index, out| {
        let first = index * PART;
        let (x, w) = (x.slice(), g.slice());
        widest(linear::Product::<true> { x, w, out, first, stride: depth, depth: rows, n });
    });
    [flex::tensor(dx, [rows, depth]), flex::tensor(dw, [depth, n])]
}

fn rotate(x: FlexTensor, cos: &FlexTensor, sin: &FlexTensor, heads: usize, direction: f32) -> FlexTensor {
    let ([_, width], [_, half]) = (flex::dims(&x), flex::dims(cos));
    let (cos, sin) = (Numbers::of(cos), Numbers::of(sin));
    flex::updated(x, |x| {
        widest(rotary::Rotate { x, cos: cos.slice(), sin: sin.slice(), width, half, heads, direction });
    })
}

fn attention_gradient(
    g: &FlexTensor,
    qkv: &FlexTensor,
    out: &FlexTensor,
    heads: Heads,
    length: usize,
) -> FlexTensor {
    let [rows, width] = flex::dims(qkv);
    let mut gradient = vec![0f32; rows * width];
    let (qkv, out, g) = (Numbers::of(qkv), Numbers::of(out), Numbers::of(g));
    let query = heads.query_width();
    flex::each_part(&mut gradient, length * width, |n, gradient| {
        let qkv = &qkv.slice()[n * length * width..][..length * width];
        let out = &out.slice()[n * length * query..][..length * query];
        let g = &g.slice()[n * length * query..][..length * query];
        widest(attention::Backward { qkv, out, g, gradient, heads });
    });
    flex::tensor(gradient, [rows, width])
}
