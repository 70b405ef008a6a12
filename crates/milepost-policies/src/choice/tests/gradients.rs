use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tensors_agree_with_the_host_for_several_questions_at_once(
        sets in prop::collection::vec((sequences(true), prop::collection::vec(1u32..6, 1..5)), 1..4),
        seed: u64, temperature in 0.3f64..3.0,
    ) {
        let device = Device::flex();
        let model = gru(seed, &device);
        let sets: Vec<(Candidates, Vec<u32>)> =
            sets.into_iter().map(|(sequences, context)| (candidates(sequences), context)).collect();
        let questions: Vec<Question<'_>> =
            sets.iter().map(|(candidates, context)| Question { context, candidates }).collect();
        let scored = score_candidates(&model, &questions, &device).expect("fits");
        for rule in RULES {
            let settings = ChoiceSettings { rule, temperature };
            let tensors = choice_log_probs(&model, &questions, settings).expect("fits");
            for ((question, scores), tensor) in questions.iter().zip(&scored).zip(tensors) {
                let choice = settings.choice(question.candidates, scores).expect("finite");
                for (a, b) in host(tensor).into_iter().zip(choice.log_probs()) {
                    prop_assert!((f64::from(a) - b).abs() < 2e-4 * (1.0 + b.abs()), "{rule:?}: {a} and {b}");
                }
            }
        }
    }

    #[test]
    fn the_expected_gradient_of_the_log_probability_is_zero(sequences in sequences(true), seed: u64) {
        prop_assume!(sequences.len() > 1);
        let device = Device::flex().autodiff();
        let (model, candidates) = (gru(seed, &device), candidates(sequences));
        let questions = [Question { context: &[1, 4], candidates: &candidates }];
        for rule in RULES {
            let logp = choice_log_probs(&model, &questions, settings(rule)).expect("fits").remove(0);
            let weights = logp.clone().detach().exp();
            let expected = GradientsParams::from_grads((weights * logp.clone()).sum().backward(), &model);
            for (index, entry) in gradient(&expected, &model).into_iter().enumerate() {
                prop_assert!(entry.abs() < 1e-4, "{rule:?}, {index}: {entry}");
            }
        }
    }
}

/// The gradient of the head's bias.
fn gradient(grads: &GradientsParams, model: &GruPolicy) -> Vec<f32> {
    host(grads.get::<1>(model.head.bias.id).expect("the head is trained"))
}

#[test]
fn gradients_are_those_of_finite_differences_under_every_rule() {
    let device = Device::flex().autodiff();
    let candidates = candidates(vec![vec![3, 4, 2], vec![3, 5, 5, 2], vec![4, 2], vec![5, 3, 2]]);
    let questions = [Question { context: &[1, 4], candidates: &candidates }];
    for rule in RULES {
        let model = gru(7, &device);
        let chosen = |model: &GruPolicy| {
            choice_log_probs(model, &questions, settings(rule)).expect("fits").remove(0).narrow(0, 1, 1)
        };
        let grads = GradientsParams::from_grads(chosen(&model).backward(), &model);
        let exact = gradient(&grads, &model);
        assert!(exact.iter().any(|entry| entry.abs() > 0.05), "{rule:?}: {exact:?}");
        for (token, exact) in exact.iter().enumerate() {
            let value = |step: f32| {
                let mut moved = model.valid();
                let bias = moved.head.bias.val();
                let mut values = host(bias.clone());
                values[token] += step;
                let bias: Tensor<1> = Tensor::from_floats(values.as_slice(), &bias.device());
                moved.head.bias = burn::module::Param::from_tensor(bias);
                host(chosen(&moved))[0]
            };
            let difference = (value(1e-2) - value(-1e-2)) / 2e-2;
            assert!((difference - exact).abs() < 2e-3, "{rule:?}, token {token}: {difference}, {exact}");
        }
    }
}
