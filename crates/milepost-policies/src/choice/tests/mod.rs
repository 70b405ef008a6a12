//! Laws of choices, with small networks.

mod gradients;
mod laws;
mod reading;
mod relevance;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, activation::log_softmax},
};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{
    Adam, AdamConfig, GruConfig, GruPolicy, PolicyError, SequenceModel, TransformerConfig,
    testing::{host, random_tokens},
};

const VOCABULARY: usize = 6;
const RULES: [ChoiceRule; 3] = [ChoiceRule::Sum, ChoiceRule::Mean, ChoiceRule::Stepwise];

/// A network whose tokens differ in probability.
fn gru(seed: u64, device: &Device) -> GruPolicy {
    let config = GruConfig { context: 16, embedding: 4, width: 5, layers: 1 };
    let mut model = config.init(VOCABULARY, seed, device).expect("valid");
    model.head.weight = crate::parameters::with_value(model.head.weight, |weight| weight * 150.0);
    model
}

fn settings(rule: ChoiceRule) -> ChoiceSettings {
    ChoiceSettings { rule, ..ChoiceSettings::default() }
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::POLICY))
}

/// Distinct sequences, shuffled; with an end token none begins another.
fn sequences(ended: bool) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let set = prop::collection::btree_set(prop::collection::vec(3u32..6, 1..5), 1..8);
    set.prop_map(move |set| {
        let end = |mut tokens: Vec<u32>| {
            tokens.extend(ended.then_some(2));
            tokens
        };
        set.into_iter().map(end).collect::<Vec<_>>()
    })
    .prop_shuffle()
}

fn candidates(sequences: Vec<Vec<u32>>) -> Candidates {
    Candidates::new(sequences).expect("distinct")
}

fn scores<M: SequenceModel>(model: &M, context: &[u32], candidates: &Candidates) -> CandidateScores {
    let questions = [Question { context, candidates }];
    score_candidates(model, &questions, &Device::flex()).expect("fits").remove(0)
}

/// `log p(·|tokens)` by a full pass, one number per token of the vocabulary.
fn next<M: SequenceModel>(model: &M, tokens: &[u32]) -> Vec<f64> {
    let (_, logits) = model.prefill(&[tokens], 0, &Device::flex()).expect("fits");
    let logits: Vec<f64> = host(logits).into_iter().map(f64::from).collect();
    let total = logits.iter().map(|x| x.exp()).sum::<f64>().ln();
    logits.into_iter().map(|x| x - total).collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-4 * (1.0 + b.abs())
}
