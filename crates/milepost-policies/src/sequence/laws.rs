//! The laws of [`SequenceModel`], to be held by every implementation.

use burn::tensor::Device;
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::{Demonstration, SequenceModel, behaviour_clone, padded};
use crate::testing::{host, random_tokens};
use crate::{Adam, AdamConfig, PolicyError, greedy_action, model_from_bytes, model_to_bytes};

/// Sequences of random tokens with these lengths.
fn sequences<M: SequenceModel>(model: &M, lengths: &[usize], seed: u64) -> Vec<Vec<u32>> {
    let lengths = lengths.iter().enumerate();
    lengths.map(|(index, length)| random_tokens(*length, model.vocabulary(), seed ^ index as u64)).collect()
}

/// Features of one sequence, read at its own length. `[l · width]`
fn features<M: SequenceModel>(model: &M, sequence: &[u32]) -> Vec<f32> {
    host(model.hidden(padded(&[sequence], sequence.len(), &Device::flex())))
}

/// Whether numbers agree up to rounding.
fn agree(a: &[f32], b: &[f32], what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        prop_assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{}: {} and {}", what, a, b);
    }
    Ok(())
}

/// Decoding token by token gives the logits of the full forward pass, however rows are dropped, branched and
/// moved on the way. `lengths_of` reads the lengths of a cache's rows.
pub(crate) fn decoding_is_the_full_forward_pass<M: SequenceModel>(
    model: &M,
    lengths_of: impl Fn(&M::Cache) -> Vec<usize>,
    seed: u64,
    lengths: &[usize],
    steps: usize,
) -> Result<(), TestCaseError> {
    let (words, device) = (model.vocabulary(), Device::flex());
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("order")));
    let mut sequences = sequences(model, lengths, seed);
    let contexts: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let (mut cache, mut logits) = model.prefill(&contexts, steps, &device).expect("fits");
    for step in 0..=steps {
        for (sequence, got) in sequences.iter().zip(host(logits.clone()).chunks_exact(words)) {
            let hidden = model.hidden(padded(&[sequence], sequence.len(), &device));
            let full = host(model.logits(hidden.squeeze_dim(0)));
            agree(got, &full[full.len() - words..], &format!("step {step}"))?;
        }
        if step == steps {
            break;
        }
        let count = 1 + stream.below(5);
        let rows: Vec<usize> = (0..count).map(|_| stream.below(sequences.len() as u64) as usize).collect();
        let next = random_tokens(rows.len(), words, seed ^ (77 + step as u64));
        sequences =
            rows.iter().zip(&next).map(|(row, token)| [&sequences[*row][..], &[*token]].concat()).collect();
        logits = model.decode(&mut cache, &rows, &next).expect("room");
        prop_assert_eq!(lengths_of(&cache), sequences.iter().map(Vec::len).collect::<Vec<_>>());
    }
    Ok(())
}

/// A row's features are the same alone and beside others, with and without padding up to `length`.
pub(crate) fn neither_the_batch_nor_padding_matters<M: SequenceModel>(
    model: &M,
    seed: u64,
    lengths: &[usize],
    length: usize,
) -> Result<(), TestCaseError> {
    let sequences = sequences(model, lengths, seed);
    let rows: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let together = host(model.hidden(padded(&rows, length, &Device::flex())));
    for (row, sequence) in rows.iter().enumerate() {
        let alone = features(model, sequence);
        let start = row * length * model.width();
        agree(&together[start..start + alone.len()], &alone, &format!("row {row}"))?;
    }
    Ok(())
}

/// A changed token leaves all earlier features as they are, bit for bit, and reaches its own.
pub(crate) fn a_later_token_never_reaches_an_earlier_feature<M: SequenceModel>(
    model: &M,
    seed: u64,
    at: usize,
    length: usize,
) -> Result<(), TestCaseError> {
    let one = random_tokens(length, model.vocabulary(), seed);
    let mut other = one.clone();
    other[at] = (other[at] + 1) % model.vocabulary() as u32;
    let (one, other) = (features(model, &one), features(model, &other));
    let (from, to) = (at * model.width(), (at + 1) * model.width());
    prop_assert_eq!(&one[..from], &other[..from]);
    prop_assert!(one[from..to] != other[from..to], "the changed token must reach its own position");
    Ok(())
}

/// The seed alone fixes the weights, and a checkpoint keeps them. `init` makes a network that reads so many words.
pub(crate) fn the_seed_alone_fixes_the_weights_and_checkpoints_keep_them<M: SequenceModel>(
    words: usize,
    init: impl Fn(usize, u64, &Device) -> M,
) {
    let device = Device::flex();
    let bytes = |seed| model_to_bytes(&init(words, seed, &device)).expect("readable");
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
    let loaded = model_from_bytes(init(words, 2, &device.clone().autodiff()), &bytes(1)).expect("fits");
    assert_eq!(model_to_bytes(&loaded).expect("readable"), bytes(1));
    let tokens = random_tokens(9, words, 1);
    assert_eq!(features(&loaded.valid(), &tokens), features(&init(words, 1, &device), &tokens));
    assert!(model_from_bytes(init(words + 1, 2, &device), &bytes(1)).is_err(), "of another size");
}

/// Three short texts are learned by heart, with the same bits each time. `init` makes a network of at least 9 words.
pub(crate) fn a_tiny_set_is_learned_by_heart_with_the_same_bits_each_time<M: SequenceModel>(
    learning_rate: f64,
    epochs: usize,
    init: impl Fn(&Device) -> M,
) {
    let texts: [(&[u32], &[u32]); 3] =
        [(&[1, 3, 4], &[5, 6, 2]), (&[1, 4], &[7, 2]), (&[1, 3, 3, 8], &[8, 8, 4, 2])];
    let demonstrations = texts.map(|(context, tokens)| Demonstration { context, tokens });
    let train = || {
        let mut adam = Adam::new(AdamConfig { learning_rate, ..AdamConfig::default() });
        let mut stream = Stream::new(StreamKey::new(1, Purpose::SHUFFLE));
        let model = init(&Device::flex().autodiff());
        behaviour_clone(model, &mut adam, &demonstrations, epochs, 2, &mut stream).expect("fits")
    };
    let (model, losses) = train();
    assert_eq!(losses.len(), 2 * epochs);
    let last = losses[losses.len() - 1];
    assert!(losses[0] > 1.5 && last < 0.05, "{} to {last}", losses[0]);
    for (context, wanted) in texts {
        let mut text = context.to_vec();
        for token in wanted {
            let (_, logits) = model.valid().prefill(&[&text], 0, &Device::flex()).expect("fits");
            assert_eq!(greedy_action(&host(logits)), *token);
            text.push(*token);
        }
    }
    let (again, repeated) = train();
    assert_eq!(losses, repeated);
    assert_eq!(model_to_bytes(&model), model_to_bytes(&again));
}

/// Sequences, rows and tokens that do not fit are typed errors.
pub(crate) fn what_does_not_fit_is_a_typed_error<M: SequenceModel>(model: &M) {
    let (context, vocabulary, device) = (model.context(), model.vocabulary(), Device::flex());
    let long = random_tokens(context + 1, vocabulary, 1);
    let overflow = PolicyError::ContextOverflow { length: context + 1, context };
    let prefill = |contexts: &[&[u32]]| model.prefill(contexts, 4, &device).map(|_| ());
    assert_eq!(prefill(&[&long]), Err(overflow.clone()));
    assert_eq!(prefill(&[&[1], &[]]), Err(PolicyError::EmptyContext { row: 1 }));
    assert_eq!(prefill(&[]), Err(PolicyError::EmptyBatch));
    assert_eq!(prefill(&[&[99]]), Err(PolicyError::UnknownToken { token: 99, vocabulary }));
    let (mut cache, _) = model.prefill(&[&long[..context - 1]], 9, &device).expect("fits");
    assert!(model.decode(&mut cache, &[0], &[1]).is_ok());
    let mut decode = |rows: &[usize], tokens: &[u32]| model.decode(&mut cache, rows, tokens).map(|_| ());
    assert_eq!(decode(&[0], &[1]), Err(overflow));
    assert_eq!(decode(&[1], &[1]), Err(PolicyError::UnknownRow { row: 1, live: 1 }));
    assert_eq!(decode(&[0], &[1, 2]), Err(PolicyError::RowCount { rows: 1, tokens: 2 }));
    let (mut cache, _) = model.prefill(&[&[1]], 9, &device).expect("fits");
    let unknown = model.decode(&mut cache, &[0], &[99]).map(|_| ());
    assert_eq!(unknown, Err(PolicyError::UnknownToken { token: 99, vocabulary }));
}
