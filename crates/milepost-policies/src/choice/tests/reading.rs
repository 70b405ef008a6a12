use super::*;

#[test]
fn a_forced_token_is_free_stepwise_and_costs_its_improbability_in_the_sum() {
    let model = gru(3, &Device::flex());
    let candidates = candidates(vec![vec![3, 3, 2], vec![4, 2]]);
    let scores = scores(&model, &[1], &candidates);
    let tokens = &scores.token_log_probs;
    let stepwise = settings(ChoiceRule::Stepwise).choice(&candidates, &scores).expect("finite");
    let odds = stepwise.log_probs()[0] - stepwise.log_probs()[1];
    assert!(close(odds, tokens[0][0] - tokens[1][0]), "only the first token branches");
    let sum = settings(ChoiceRule::Sum).choice(&candidates, &scores).expect("finite");
    let odds = sum.log_probs()[0] - sum.log_probs()[1];
    assert!(close(odds, tokens[0].iter().sum::<f64>() - tokens[1].iter().sum::<f64>()));
}

#[test]
fn draws_follow_the_probabilities() {
    let model = gru(5, &Device::flex());
    let candidates = candidates(vec![vec![3, 2], vec![4, 2], vec![5, 2], vec![4, 4, 2]]);
    let choice =
        settings(ChoiceRule::Mean).choice(&candidates, &scores(&model, &[1], &candidates)).expect("finite");
    let mut stream = stream(1);
    let mut counts = [0u32; 4];
    for _ in 0..20_000 {
        counts[choice.sample(&mut stream).0] += 1;
    }
    for (count, logp) in counts.iter().zip(choice.log_probs()) {
        // The largest standard error is 0.0035; five of them.
        assert!((f64::from(*count) / 20_000.0 - logp.exp()).abs() < 0.018, "{counts:?}");
    }
}

/// A network that counts the tokens it reads.
#[derive(Module, Debug)]
struct Counting {
    inner: GruPolicy,
    #[module(skip)]
    read: Arc<AtomicUsize>,
}

impl SequenceModel for Counting {
    type Cache = crate::GruCache;
    fn context(&self) -> usize {
        self.inner.context()
    }
    fn vocabulary(&self) -> usize {
        self.inner.vocabulary()
    }
    fn width(&self) -> usize {
        self.inner.width()
    }
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        self.inner.hidden(tokens)
    }
    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.inner.logits(hidden)
    }
    fn values(&self, hidden: Tensor<2>) -> Tensor<1> {
        self.inner.values(hidden)
    }
    fn prefill(
        &self,
        contexts: &[&[u32]],
        reserve: usize,
        device: &Device,
    ) -> Result<(Self::Cache, Tensor<2>), PolicyError> {
        self.read.fetch_add(contexts.iter().map(|c| c.len()).sum(), Ordering::Relaxed);
        self.inner.prefill(contexts, reserve, device)
    }
    fn decode(
        &self,
        cache: &mut Self::Cache,
        rows: &[usize],
        tokens: &[u32],
    ) -> Result<Tensor<2>, PolicyError> {
        self.read.fetch_add(tokens.len(), Ordering::Relaxed);
        self.inner.decode(cache, rows, tokens)
    }
}

#[test]
fn contexts_and_shared_prefixes_are_read_once() {
    let counting = Counting { inner: gru(2, &Device::flex()), read: Arc::default() };
    let one = candidates(vec![vec![3, 4, 2], vec![3, 4, 5, 2], vec![3, 5, 2], vec![4, 2]]);
    let other = candidates(vec![vec![5]]);
    let (long, short) = (random_tokens(9, VOCABULARY, 1), random_tokens(2, VOCABULARY, 2));
    let questions =
        [Question { context: &long, candidates: &one }, Question { context: &short, candidates: &other }];
    score_candidates(&counting, &questions, &Device::flex()).expect("fits");
    // Inner prefixes: 3, 34, 345, 35 and 4. Last tokens are predicted, never read.
    assert_eq!(counting.read.load(Ordering::Relaxed), 9 + 2 + 5);
}

#[test]
fn what_cannot_be_chosen_among_is_named() {
    let refused = |sequences: Vec<Vec<u32>>| Candidates::new(sequences).expect_err("no candidates");
    assert_eq!(refused(vec![]), ChoiceError::NoCandidates);
    assert_eq!(refused(vec![vec![3], vec![]]), ChoiceError::EmptyCandidate { index: 1 });
    assert_eq!(refused(vec![vec![3], vec![4], vec![3]]), ChoiceError::Duplicate { first: 0, second: 2 });
    let device = Device::flex();
    let model = gru(1, &device);
    let prefixed = candidates(vec![vec![3, 4], vec![5], vec![3]]);
    let scored = scores(&model, &[1], &prefixed);
    assert!(settings(ChoiceRule::Sum).choice(&prefixed, &scored).is_ok());
    let error = ChoiceError::Prefix { prefix: 2, longer: 0 };
    assert_eq!(settings(ChoiceRule::Stepwise).choice(&prefixed, &scored), Err(error.clone()));
    let questions = [Question { context: &[1], candidates: &prefixed }];
    let tensors = choice_log_probs(&model, &questions, settings(ChoiceRule::Stepwise));
    assert_eq!(tensors.map(|_| ()), Err(error));
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings = ChoiceSettings { temperature, ..ChoiceSettings::default() };
        assert!(matches!(settings.choice(&prefixed, &scored), Err(ChoiceError::Temperature { .. })));
    }
    let broken = CandidateScores { token_log_probs: vec![vec![f64::NAN]; 3], ..scored };
    assert!(matches!(
        ChoiceSettings::default().choice(&prefixed, &broken),
        Err(ChoiceError::Score { index: 0, .. })
    ));
    let count = ChoiceError::ScoreCount { scores: 1, candidates: 3 };
    assert_eq!(Choice::from_scores(&prefixed, &[0.0], 1.0), Err(count));
    let long = random_tokens(16, VOCABULARY, 1);
    for context in [&long[..], &[], &[99]] {
        let questions = [Question { context, candidates: &prefixed }];
        assert!(matches!(score_candidates(&model, &questions, &device), Err(ChoiceError::Policy(_))));
        let tensors = choice_log_probs(&model, &questions, ChoiceSettings::default());
        assert!(matches!(tensors, Err(ChoiceError::Policy(_))));
    }
    let unknown = candidates(vec![vec![77]]);
    let questions = [Question { context: &[1], candidates: &unknown }];
    assert!(matches!(score_candidates(&model, &questions, &device), Err(ChoiceError::Policy(_))));
    assert_eq!(score_candidates(&model, &[], &device), Ok(vec![]));
}
