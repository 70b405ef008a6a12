use super::*;

#[test]
fn a_relevance_network_scores_candidates_alone_and_together_alike() {
    let config = GruConfig { context: 12, embedding: 4, width: 5, layers: 2 };
    let network = RelevanceNetwork::new(&config, VOCABULARY, 3, &Device::flex()).expect("valid");
    let one = candidates(vec![vec![3, 4, 2], vec![4, 2], vec![5, 5, 5, 2]]);
    let other = candidates(vec![vec![4, 2]]);
    let (x, y) = (random_tokens(7, VOCABULARY, 1), random_tokens(2, VOCABULARY, 2));
    let questions =
        [Question { context: &x, candidates: &one }, Question { context: &y, candidates: &other }];
    let together: Vec<Vec<f32>> = network.scores(&questions).expect("fits").into_iter().map(host).collect();
    for (question, together) in questions.iter().zip(&together) {
        for (tokens, score) in question.candidates.sequences().iter().zip(together) {
            let alone = candidates(vec![tokens.clone()]);
            let alone = [Question { candidates: &alone, ..*question }];
            let alone = host(network.scores(&alone).expect("fits").remove(0))[0];
            assert!((alone - score).abs() < 1e-5, "{alone} and {score}");
        }
    }
    assert_ne!(together[0][1], together[1][0], "the same candidate in another context");
    let read = |trunk: &crate::GruTrunk, tokens: &[u32]| {
        host(trunk.last_states(&[tokens], 12).expect("fits").pop().expect("layers"))
    };
    let (h, g) = (read(&network.context, &x), read(&network.candidate, &[4, 2]));
    let product: f32 = h.iter().zip(&g).map(|(a, b)| a * b).sum();
    assert!((product - together[0][1]).abs() < 1e-5);
    assert!(network.scores(&[Question { context: &[], candidates: &one }]).is_err());
    assert!(
        RelevanceNetwork::new(&GruConfig { layers: 0, ..config }, VOCABULARY, 3, &Device::flex()).is_err()
    );
}

#[test]
fn a_relevance_network_learns_which_candidate_fits_its_context() {
    let device = Device::flex().autodiff();
    let config = GruConfig { context: 8, embedding: 4, width: 8, layers: 1 };
    let mut network = RelevanceNetwork::new(&config, VOCABULARY, 1, &device).expect("valid");
    let mut adam = Adam::new(AdamConfig { learning_rate: 3e-2, ..AdamConfig::default() });
    let answers = candidates(vec![vec![3, 2], vec![4, 2], vec![5, 2]]);
    let contexts: [&[u32]; 3] = [&[1, 4], &[1, 5, 3], &[1, 3, 3]];
    let questions = contexts.map(|context| Question { context, candidates: &answers });
    // The right answer to each question is the candidate of its place.
    let log_probs = |network: &RelevanceNetwork| -> Tensor<1> {
        let scores = network.scores(&questions).expect("fits").into_iter();
        let right = |(place, scores)| log_softmax::<1>(scores, 0).narrow(0, place, 1);
        Tensor::cat(scores.enumerate().map(right).collect(), 0)
    };
    for _ in 0..60 {
        let grads = GradientsParams::from_grads(log_probs(&network).mean().neg().backward(), &network);
        (network, _) = adam.step(network, grads);
    }
    let learned = host(log_probs(&network));
    assert!(learned.iter().all(|logp| *logp > 0.9f32.ln()), "{learned:?}");
}
