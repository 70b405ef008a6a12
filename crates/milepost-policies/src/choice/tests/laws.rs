use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_token_scores_what_the_model_says_after_context_and_prefix(
        sequences in sequences(false), context in prop::collection::vec(1u32..6, 1..5), seed: u64,
    ) {
        let transformer = TransformerConfig { context: 16, width: 8, layers: 1, ..TransformerConfig::default() };
        let transformer = transformer.init(VOCABULARY, seed, &Device::flex()).expect("valid");
        let gru = gru(seed, &Device::flex());
        let candidates = candidates(sequences);
        for (scores, next) in [
            (scores(&gru, &context, &candidates), &(|t: &[u32]| next(&gru, t)) as &dyn Fn(&[u32]) -> Vec<f64>),
            (scores(&transformer, &context, &candidates), &|t: &[u32]| next(&transformer, t)),
        ] {
            for (index, tokens) in candidates.sequences().iter().enumerate() {
                for (t, token) in tokens.iter().enumerate() {
                    let distribution = next(&[&context, &tokens[..t]].concat());
                    prop_assert!(close(scores.token_log_probs[index][t], distribution[*token as usize]));
                    let admissible: std::collections::BTreeSet<u32> = candidates.sequences().iter()
                        .filter(|other| other.len() > t && other[..t] == tokens[..t])
                        .map(|other| other[t])
                        .collect();
                    let mass: f64 = admissible.iter().map(|token| distribution[*token as usize].exp()).sum();
                    prop_assert!(close(scores.branch_log_mass[index][t], mass.ln()));
                }
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one_under_every_rule_and_temperature(
        sequences in sequences(true), seed: u64, temperature in 0.2f64..5.0,
    ) {
        let (model, candidates) = (gru(seed, &Device::flex()), candidates(sequences));
        let scores = scores(&model, &[1, 4], &candidates);
        for rule in RULES {
            let choice = ChoiceSettings { rule, temperature }.choice(&candidates, &scores).expect("finite");
            let total: f64 = choice.log_probs().iter().map(|logp| logp.exp()).sum();
            prop_assert!((total - 1.0).abs() < 1e-12, "{total}");
            let entropy: f64 = choice.log_probs().iter().map(|logp| -logp.exp() * logp).sum();
            prop_assert!((choice.entropy() - entropy).abs() < 1e-9);
        }
    }

    #[test]
    fn the_order_of_candidates_changes_neither_probabilities_nor_draws(
        sequences in sequences(true), seed: u64, turn in 0usize..8,
    ) {
        let model = gru(seed, &Device::flex());
        let mut turned = sequences.clone();
        turned.rotate_left(turn % sequences.len());
        let (one, other) = (candidates(sequences), candidates(turned));
        let (a, b) = (scores(&model, &[1], &one), scores(&model, &[1], &other));
        for rule in RULES {
            let a = settings(rule).choice(&one, &a).expect("finite");
            let b = settings(rule).choice(&other, &b).expect("finite");
            for (index, tokens) in one.sequences().iter().enumerate() {
                let place = other.sequences().iter().position(|t| t == tokens).expect("the same set");
                prop_assert_eq!(a.log_probs()[index].to_bits(), b.log_probs()[place].to_bits());
            }
            let (drawn, redrawn) = (a.sample(&mut stream(seed)), b.sample(&mut stream(seed)));
            prop_assert_eq!(&one.sequences()[drawn.0], &other.sequences()[redrawn.0]);
            prop_assert_eq!(drawn.1.to_bits(), redrawn.1.to_bits());
            prop_assert_eq!(&one.sequences()[a.greedy().0], &other.sequences()[b.greedy().0]);
        }
    }

    #[test]
    fn stepwise_probability_is_that_of_drawing_token_by_token_under_the_candidates_as_grammar(
        sequences in sequences(true), seed: u64,
    ) {
        let (model, candidates) = (gru(seed, &Device::flex()), candidates(sequences));
        let scores = scores(&model, &[1, 5], &candidates);
        let choice = settings(ChoiceRule::Stepwise).choice(&candidates, &scores).expect("finite");
        for (tokens, logp) in candidates.sequences().iter().zip(choice.log_probs()) {
            let mut drawn = 0.0;
            for (t, token) in tokens.iter().enumerate() {
                let distribution = next(&model, &[&[1, 5], &tokens[..t]].concat());
                let mut allowed: Vec<u32> = candidates.sequences().iter()
                    .filter(|other| other.len() > t && other[..t] == tokens[..t])
                    .map(|other| other[t])
                    .collect();
                allowed.sort_unstable();
                allowed.dedup();
                let restricted: f64 = allowed.iter().map(|a| distribution[*a as usize].exp()).sum();
                drawn += distribution[*token as usize] - restricted.ln();
            }
            prop_assert!(close(*logp, drawn), "{logp} and {drawn}");
        }
    }

    #[test]
    fn sum_and_stepwise_differ_by_the_mass_of_the_branches_that_were_passed(
        sequences in sequences(true), seed: u64,
    ) {
        let (model, candidates) = (gru(seed, &Device::flex()), candidates(sequences));
        let scores = scores(&model, &[1], &candidates);
        let log_probs = |rule| settings(rule).choice(&candidates, &scores).expect("finite");
        let (sum, stepwise) = (log_probs(ChoiceRule::Sum), log_probs(ChoiceRule::Stepwise));
        let all = scores.by(ChoiceRule::Sum).iter().map(|score| score.exp()).sum::<f64>().ln();
        let passed: Vec<f64> = scores.branch_log_mass.iter().map(|masses| masses.iter().sum()).collect();
        for ((sum, stepwise), passed) in sum.log_probs().iter().zip(stepwise.log_probs()).zip(&passed) {
            prop_assert!(close(*stepwise, sum + all - passed));
        }
        // Equal exactly when every candidate passes the same mass.
        let equal = sum.log_probs().iter().zip(stepwise.log_probs()).all(|(a, b)| (a - b).abs() < 1e-6);
        let same = passed.iter().all(|other| (other - passed[0]).abs() < 1e-6);
        let doubtful = passed.iter().any(|p| { let gap = (p - passed[0]).abs(); gap > 1e-8 && gap < 1e-4 });
        prop_assume!(!doubtful);
        prop_assert_eq!(equal, same);
    }

    #[test]
    fn all_rules_agree_on_single_tokens(tokens in prop::collection::btree_set(0u32..6, 1..6), seed: u64) {
        let model = gru(seed, &Device::flex());
        let candidates = candidates(tokens.into_iter().map(|token| vec![token]).collect());
        let scores = scores(&model, &[1, 3], &candidates);
        let all = RULES.map(|rule| settings(rule).choice(&candidates, &scores).expect("finite"));
        for choice in &all[1..] {
            for (a, b) in all[0].log_probs().iter().zip(choice.log_probs()) {
                prop_assert!(close(*a, *b));
            }
        }
    }
}
