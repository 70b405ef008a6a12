//! Drafts that the policy or chance reviews before they are taken.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn decisions_that_are_not_trained_leave_no_trace_in_what_is(seed: u64) {
        let draw = |train_meta| {
            let mut trainer = trainer(review(2, ReviewerConfig::Policy, 0.0, train_meta), true, seed);
            trainer.agent.sample(&trainer.model.clone().valid(), Version(0)).expect("draws")
        };
        let (with, without) = (draw(true), draw(false));
        prop_assert_eq!(&with.batch, &without.batch);
        prop_assert_eq!(with.drawn_tokens, without.drawn_tokens, "they are paid for all the same");
        prop_assert!(without.companions.is_empty() && !with.companions.is_empty());
        let members: Vec<_> = with.batch.trajectories().collect();
        for companion in &with.companions {
            let led_to = members[companion.place];
            prop_assert_eq!(companion.trajectory.task, led_to.task);
            prop_assert_eq!(companion.trajectory.slot, led_to.slot);
        }
        // In the table they come after everything else, whose rows they do not move.
        let trainer = trainer(groups(), true, seed);
        let alone = trainer.agent.table(&with.batch).expect("fits");
        let joined = trainer.agent.table(&with.joined().expect("groups")).expect("fits");
        let (alone, joined) = (offsets(&alone), offsets(&joined));
        prop_assert_eq!(&joined[..alone.len()], &alone[..]);
        prop_assert_eq!(joined.len(), alone.len() + with.companions.len());
    }

    #[test]
    fn chance_revises_as_often_as_it_is_told(seed in 0_u64..1000) {
        let revised = |share| {
            let (rounds, noise, redo, train_meta) = (1, 0.0, Redo::FromScratch, true);
            let reviewer = ReviewerConfig::Random;
            let sampler = SamplerConfig::Refine { tasks: 40, group_size: 10, rounds, reviewer, noise, share, redo, train_meta };
            let mut trainer = build(SamplerAids::NONE, sampler, true, seed).expect("asks for nothing");
            let rollout = trainer.agent.sample(&trainer.model.clone().valid(), Version(0)).expect("draws");
            rollout.metrics.iter().find(|(name, _)| name == "sampler.refine.revised").expect("counted").1
        };
        prop_assert_eq!((revised(0.0), revised(1.0)), (0.0, 1.0));
        // Four standard errors of a share of 400 drafts.
        prop_assert!((revised(0.3) - 0.3).abs() < 0.092, "{}", revised(0.3));
    }
}

fn offsets(table: &TokenTable) -> Vec<usize> {
    DecisionTable::<CausalTransformer>::offsets(table).to_vec()
}

#[test]
fn decisions_that_are_trained_move_the_policy() {
    let after = |train_meta| {
        let mut trainer = trainer(review(1, ReviewerConfig::Policy, 0.0, train_meta), true, 3);
        let reports: Vec<_> = (0..3).map(|_| trainer.iterate().expect("trains")).collect();
        (reports, trainer.checkpoint().expect("saves"))
    };
    let ((with, moved), (without, plain)) = (after(true), after(false));
    assert_ne!(moved, plain);
    let decisions = count(&with[0], "sampler.drawn.decisions");
    assert!(decisions > 0);
    assert_eq!(with[0].policy_tokens, without[0].policy_tokens + decisions);
}

#[test]
fn the_gain_of_refining_is_the_share_of_revised_drafts_times_their_gain() {
    for reviewer in [ReviewerConfig::Oracle, ReviewerConfig::Policy, ReviewerConfig::Random] {
        let report = trainer(review(1, reviewer, 0.1, true), true, 5).iterate().expect("trains");
        let metric = |name: &str| {
            let name = format!("sampler.refine.{name}");
            report.metrics.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
        };
        let [drafts, refined, accepted] =
            ["draft_return", "refined_return", "accepted"].map(|name| metric(name).expect("measured"));
        let gain = metric("gain_of_revised").unwrap_or(0.0);
        assert!((refined - drafts - (1.0 - accepted) * gain).abs() < 1e-12, "{reviewer:?}");
        let exact = metric("cut_accuracy").unwrap_or(1.0);
        assert!(reviewer != ReviewerConfig::Oracle || exact > 0.5, "{exact}");
    }
}

#[test]
fn the_parts_of_the_gain_are_recorded_where_the_policy_decides_among_known_words_only() {
    let parts = |reviewer, constrained| {
        let report = trainer(review(2, reviewer, 0.1, false), constrained, 5).iterate().expect("trains");
        let part =
            |name: &str| report.metrics.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
        (part("sampler.refine.trimmed_return"), part("sampler.refine.discrimination"))
    };
    let (trimmed, discrimination) = parts(ReviewerConfig::Policy, true);
    assert!(trimmed.is_some_and(|value| value >= 0.0), "{trimmed:?}");
    assert!(discrimination.is_some_and(f64::is_finite), "{discrimination:?}");
    assert_eq!(parts(ReviewerConfig::Policy, false), (None, None), "what is not understood accepts as well");
    for reviewer in [ReviewerConfig::Oracle, ReviewerConfig::Random] {
        assert_eq!(parts(reviewer, true), (None, None), "{reviewer:?}");
    }
}

#[test]
fn decisions_need_an_advantage_of_the_whole_trajectory() {
    let policy = review(1, ReviewerConfig::Policy, 0.0, true);
    let by_turn = MethodConfig {
        credit: crate::config::CreditConfig::RewardToGo { gamma: 1.0 },
        normalize: crate::config::NormalizeConfig {
            pool: crate::config::Pool::Batch,
            ..MethodConfig::rloo().normalize
        },
        sampler: policy.clone(),
        ..MethodConfig::grpo()
    };
    assert!(by_turn.validate().expect_err("refused").to_string().contains("sampler.train-meta"));
    let rescued = hint_rescue(policy, 1);
    let error = build(AIDS, rescued, false, 0).err().expect("refused").to_string();
    assert!(error.contains("`sampler.inner.train-meta`"), "{error}");
}

#[test]
fn reviews_are_imitated_and_a_world_without_words_for_them_is_refused() {
    let device = Device::flex();
    let network = || {
        let config =
            TransformerConfig { context: 40, width: 16, layers: 1, heads: 2, ..TransformerConfig::default() };
        config.init(Lock::WORDS, 1, &device.clone().autodiff()).expect("builds")
    };
    let settings = TokenSettings::new(ContextRule::full(30), 4);
    let lock = Lock::new(2).expect("short");
    let warm = crate::WarmStart {
        demonstrations: 16,
        reviews: 48,
        epochs: 20,
        learning_rate: 0.01,
        ..crate::WarmStart::default()
    };
    let (model, report) = warm.apply_with(&AIDS, network(), &lock, &settings, &device, 1).expect("learns");
    assert_eq!((report.demonstrations, report.reviews), (16, 48));
    // What follows the question is a decision now: its first word is one of two.
    let policy = ModelPolicy::freeze(&model.valid(), Version(0));
    let words = (AIDS.meta.expect("lent"))(&lock);
    let asked = [Lock::LOCK, words.ask[0]];
    let request = |word| milepost_core::ScoreRequest { context: &asked, tokens: word, allowed: &[] };
    let logp = milepost_core::TokenPolicy::score(&policy, &[request(&[Lock::OPEN]), request(&[Lock::SHUT])])
        .expect("scores");
    let mass: f32 = logp.iter().map(|row| row[0].exp()).sum();
    assert!(mass > 0.8, "{mass}");
    let error =
        warm.apply(network(), &lock, &settings, &device, 1).map(drop).expect_err("refused").to_string();
    assert!(error.contains("`warm-start.reviews`"), "{error}");
}
