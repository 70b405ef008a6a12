use burn::{
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_microworlds::flows::MarkovChain;
use milepost_policies::{Adam, AdamConfig};
use proptest::prelude::*;

use crate::{
    FlowError, PerRow,
    masked::{
        Ancestral, Denoiser, DenoiserMlp, DenoiserMlpConfig, ExactDenoiser, LogLinear, TokenLaw, Tokens,
        UniformDiffusion, antithetic_times, fill, mask_tokens, nelbo,
    },
    rows::host,
};

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("masked test")))
}

fn chain() -> MarkovChain {
    MarkovChain::new(vec![0.5, 0.3, 0.2], vec![vec![0.8, 0.1, 0.1], vec![0.2, 0.7, 0.1], vec![0.3, 0.3, 0.4]])
        .expect("laws")
}

fn exact(chain: &MarkovChain) -> ExactDenoiser<impl Fn(&[Option<usize>]) -> Vec<Vec<f64>>> {
    let chain = chain.clone();
    ExactDenoiser::new(move |revealed: &[Option<usize>]| chain.posterior(revealed).expect("possible"))
}

fn predict(denoiser: &impl Denoiser, tokens: &Tokens, t: f64) -> Tensor<3> {
    denoiser.log_probs(tokens.one_hot(&Device::flex()), &PerRow::All(t))
}

fn sequences() -> impl Strategy<Value = Vec<Vec<Option<u32>>>> {
    prop::collection::vec(prop::collection::vec(prop::option::of(0u32..3), 4), 1..4)
}

fn tokens(rows: Vec<Vec<Option<u32>>>) -> Tokens {
    Tokens::new(rows, 3).expect("in the vocabulary")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn rows_of_the_reverse_kernel_sum_to_one_and_revealed_tokens_stay(
        rows in sequences(), t in 0.2f64..1.0, share in 0.0f64..0.9, seed: u64,
    ) {
        let tokens = tokens(rows);
        let s = t * share;
        let law = Ancestral::default().law(tokens.clone(), predict(&exact(&chain()), &tokens, t), t, s).expect("ordered");
        for (row, positions) in law.probabilities().expect("read").iter().enumerate() {
            for (position, law) in positions.iter().enumerate() {
                prop_assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-5);
                match tokens.rows()[row][position] {
                    Some(token) => prop_assert_eq!(law[token as usize], 1.0),
                    None => prop_assert!((law[3] - s / t).abs() < 1e-12),
                }
            }
        }
        let mut streams: Vec<Stream> = (0..tokens.rows().len() as u64).map(|i| stream(seed ^ i)).collect();
        let next = law.sample(&mut streams).expect("a law");
        for row in 0..tokens.rows().len() {
            prop_assert!(next.masks(row) <= tokens.masks(row));
            for (before, after) in tokens.rows()[row].iter().zip(&next.rows()[row]) {
                prop_assert!(before.is_none() || before == after);
            }
        }
        let log_prob = host(law.log_prob(&next).expect("possible")).expect("read");
        for (row, log_prob) in log_prob.into_iter().enumerate() {
            let laws = &law.probabilities().expect("read")[row];
            let product: f64 = next.rows()[row].iter().zip(laws).map(|(token, law)| {
                libm::log(law[token.map_or(3, |t| t as usize)])
            }).sum();
            prop_assert!((f64::from(log_prob) - product).abs() < 1e-4 * (1.0 + product.abs()));
        }
    }

    #[test]
    fn relabelling_the_vocabulary_commutes_with_the_kernel(rows in sequences()) {
        let order = [2usize, 0, 1];
        let (chain, turned) = (chain(), {
            let c = chain();
            let log = |sequence: &[usize]| libm::exp(c.log_probability(sequence));
            let back = |y: usize| order.iter().position(|o| *o == y).expect("a permutation");
            let initial: Vec<f64> = (0..3).map(|y| log(&[back(y)])).collect();
            let transition = (0..3)
                .map(|from| (0..3).map(|to| log(&[back(from), back(to)]) / log(&[back(from)])).collect())
                .collect();
            MarkovChain::new(initial, transition).expect("laws")
        });
        let relabelled: Vec<Vec<Option<u32>>> =
            rows.iter().map(|row| row.iter().map(|t| t.map(|t| order[t as usize] as u32)).collect()).collect();
        let law = |rows: Vec<Vec<Option<u32>>>, chain: &MarkovChain| {
            let tokens = tokens(rows);
            let log_probs = predict(&exact(chain), &tokens, 0.5);
            Ancestral::default().law(tokens, log_probs, 0.5, 0.25).expect("ordered").probabilities().expect("read")
        };
        let (plain, turned) = (law(rows, &chain), law(relabelled, &turned));
        for (plain, turned) in plain.iter().flatten().zip(turned.iter().flatten()) {
            for y in 0..3 {
                prop_assert!((plain[y] - turned[order[y]]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_path_kl_of_a_step_is_that_of_enumeration(rows in sequences(), t in 0.2f64..1.0) {
        let tokens = tokens(rows);
        let uniform = MarkovChain::uniform(3);
        let law = |chain: &MarkovChain| {
            let log_probs = predict(&exact(chain), &tokens, t);
            Ancestral::default().law(tokens.clone(), log_probs, t, 0.5 * t).expect("ordered")
        };
        let (p, q) = (law(&chain()), law(&uniform));
        let kl = host(p.kl(&q).expect("the same step")).expect("read");
        let (p, q) = (p.probabilities().expect("read"), q.probabilities().expect("read"));
        for (row, kl) in kl.into_iter().enumerate() {
            let slow: f64 = p[row].iter().flatten().zip(q[row].iter().flatten())
                .filter(|(p, _)| **p > 0.0).map(|(p, q)| p * libm::log(p / q)).sum();
            prop_assert!((f64::from(kl) - slow).abs() < 1e-4);
        }
    }

    #[test]
    fn the_loss_of_the_exact_denoiser_of_uniform_tokens_is_masks_times_log_v_over_t(rows in sequences(), t in 0.1f64..1.0) {
        let data = tokens(rows.iter().map(|row| row.iter().map(|x| Some(x.unwrap_or(0))).collect()).collect());
        let noisy = tokens(rows);
        let times = vec![t; noisy.rows().len()];
        let loss = nelbo(&exact(&MarkovChain::uniform(3)), &data, &noisy, &times, &LogLinear::default(), &Device::flex());
        let masks: usize = (0..noisy.rows().len()).map(|row| noisy.masks(row)).sum();
        let expected = masks as f64 * libm::log(3.0) / t / noisy.rows().len() as f64;
        let loss = f64::from(loss.expect("sizes").into_scalar::<f32>());
        prop_assert!((loss - expected).abs() < 1e-4 * (1.0 + expected), "{} {}", loss, expected);
    }

    #[test]
    fn antithetic_times_lie_one_in_each_part(rows in 1usize..50, seed: u64) {
        let times = antithetic_times(rows, 1e-3, &mut stream(seed));
        for (i, t) in times.iter().enumerate() {
            let part = (t - 1e-3) / (1.0 - 1e-3) * rows as f64;
            prop_assert!(part >= i as f64 - 1e-9 && part <= i as f64 + 1.0 + 1e-9);
            prop_assert!(*t >= 1e-3 && *t <= 1.0 + 1e-12);
        }
    }

    #[test]
    fn the_uniform_reverse_law_is_the_average_of_the_posterior(
        rows in prop::collection::vec(prop::collection::vec(0u32..3, 2), 1..3), alpha_t in 0.05f64..0.6, up in 0.05f64..0.4,
    ) {
        let alpha_s = alpha_t + up;
        let tokens = tokens(rows.iter().map(|row| row.iter().map(|t| Some(*t)).collect()).collect());
        let p0 = [0.2f64, 0.5, 0.3];
        let denoiser = ExactDenoiser::new(move |revealed: &[Option<usize>]| vec![p0.to_vec(); revealed.len()]);
        let law = UniformDiffusion.law(&tokens, predict(&denoiser, &tokens, 0.5), alpha_t, alpha_s).expect("ordered");
        let same = |a: usize, b: usize| f64::from(u8::from(a == b));
        for (row, laws) in law.probabilities().expect("read").iter().enumerate() {
            for (position, law) in laws.iter().enumerate() {
                let xt = rows[row][position] as usize;
                let ratio = alpha_t / alpha_s;
                for xs in 0..3 {
                    let average: f64 = (0..3).map(|x0| {
                        let q = |xs: usize| (ratio * same(xs, xt) + (1.0 - ratio) / 3.0) * (alpha_s * same(xs, x0) + (1.0 - alpha_s) / 3.0);
                        p0[x0] * q(xs) / (0..3).map(q).sum::<f64>()
                    }).sum();
                    prop_assert!((law[xs] - average).abs() < 1e-5);
                }
                prop_assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn the_bound_of_the_exact_denoiser_of_uniform_tokens_is_the_known_constant() {
    let (length, rows) = (6, 4000);
    let chain = MarkovChain::uniform(3);
    let mut stream = stream(11);
    let row =
        |stream: &mut Stream| chain.sample(length, stream).into_iter().map(|x| Some(x as u32)).collect();
    let data = tokens((0..rows).map(|_| row(&mut stream)).collect());
    let (noise, times) = (LogLinear::default(), antithetic_times(rows, 1e-3, &mut stream));
    let noisy = mask_tokens(&data, &times, &noise, &mut stream).expect("sizes");
    let loss = nelbo(&exact(&chain), &data, &noisy, &times, &noise, &Device::flex()).expect("sizes");
    let expected = (1.0 - 1e-3) * length as f64 * libm::log(3.0);
    let loss = f64::from(loss.into_scalar::<f32>());
    assert!((loss - expected).abs() < 0.05 * expected, "{loss} {expected}");
}

#[test]
fn ancestral_sampling_with_the_exact_denoiser_follows_the_chain() {
    let (chain, rows, steps) = (chain(), 3000, 12);
    let (denoiser, grid) = (exact(&chain), LogLinear::grid(steps));
    let mut tokens = Tokens::masked(rows, 2, 3).expect("sizes");
    let mut streams: Vec<Stream> = (0..rows as u64).map(stream).collect();
    for pair in grid.windows(2) {
        let log_probs = predict(&denoiser, &tokens, pair[0]);
        let law = Ancestral::default().law(tokens.clone(), log_probs, pair[0], pair[1]).expect("ordered");
        tokens = law.sample(&mut streams).expect("laws");
    }
    tokens = fill(&tokens, predict(&denoiser, &tokens, 1e-5)).expect("laws");
    for a in 0..3u32 {
        for b in 0..3u32 {
            let seen =
                tokens.rows().iter().filter(|row| **row == [Some(a), Some(b)]).count() as f64 / rows as f64;
            let p = libm::exp(chain.log_probability(&[a as usize, b as usize]));
            // Revealing both tokens in one step ignores their correlation: an error of at most 1/steps on top of
            // the sampling error.
            assert!((seen - p).abs() < 0.045, "{a}{b}: {seen} {p}");
        }
    }
}

#[test]
fn a_trained_denoiser_comes_near_the_exact_bound() {
    let (chain, length, device) = (chain(), 4, Device::flex().autodiff());
    let config = DenoiserMlpConfig { hidden: vec![48] };
    let mut net = DenoiserMlp::new(&config, length, 3, 1, &device).expect("sizes");
    let mut adam = Adam::new(AdamConfig { learning_rate: 1e-2, ..AdamConfig::default() });
    let (noise, mut stream) = (LogLinear::default(), stream(3));
    let mut draw = |rows: usize| {
        let row =
            |stream: &mut Stream| chain.sample(length, stream).into_iter().map(|x| Some(x as u32)).collect();
        let data = tokens((0..rows).map(|_| row(&mut stream)).collect());
        let times = antithetic_times(rows, 1e-2, &mut stream);
        let noisy = mask_tokens(&data, &times, &noise, &mut stream).expect("sizes");
        (data, noisy, times)
    };
    for _ in 0..200 {
        let (data, noisy, times) = draw(128);
        let loss = nelbo(&net, &data, &noisy, &times, &noise, &device.clone().inner()).expect("sizes");
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        (net, _) = adam.step(net, gradients);
    }
    let (data, noisy, times) = draw(2000);
    let plain = device.inner();
    let bound = |denoiser: &dyn Fn() -> Tensor<1>| f64::from(denoiser().into_scalar::<f32>());
    let learned = bound(&|| nelbo(&net, &data, &noisy, &times, &noise, &plain).expect("sizes"));
    let best = bound(&|| nelbo(&exact(&chain), &data, &noisy, &times, &noise, &plain).expect("sizes"));
    let blind = bound(&|| {
        nelbo(&exact(&MarkovChain::uniform(3)), &data, &noisy, &times, &noise, &plain).expect("sizes")
    });
    assert!(learned > best - 0.05 && learned < best + 0.3 * (blind - best), "{best} {learned} {blind}");
}

#[test]
fn a_revealed_token_is_certain_and_a_mask_never_predicted() {
    let net = DenoiserMlp::new(&DenoiserMlpConfig::default(), 3, 3, 0, &Device::flex()).expect("sizes");
    let tokens = tokens(vec![vec![Some(1), None, Some(2)]]);
    let p = host(predict(&net, &tokens, 0.5).exp()).expect("read");
    assert_eq!((p[0], p[1], p[2], p[8]), (0.0, 1.0, 0.0, 1.0));
    assert!((p[3] + p[4] + p[5] - 1.0).abs() < 1e-6);
}

#[test]
fn what_cannot_happen_is_refused() {
    assert!(matches!(Tokens::new(vec![vec![Some(3)]], 3), Err(FlowError::Token { token: 3, .. })));
    assert!(Tokens::new(vec![vec![None], vec![None, None]], 3).is_err());
    let before = tokens(vec![vec![Some(1), None]]);
    let log_probs = predict(&exact(&chain()), &before, 0.5);
    assert!(Ancestral::default().law(before.clone(), log_probs.clone(), 0.5, 0.5).is_err());
    let law = Ancestral::default().law(before.clone(), log_probs.clone(), 0.5, 0.2).expect("ordered");
    let changed = tokens(vec![vec![Some(2), None]]);
    assert!(matches!(law.log_prob(&changed), Err(FlowError::Impossible { row: 0, position: 0 })));
    assert!(law.kl(&TokenLaw::Categorical { log_probs: log_probs.clone() }).is_none());
    assert!(UniformDiffusion.law(&before, log_probs, 0.2, 0.5).is_err());
}
