//! Laws of returns and of critics' advantages.

use milepost_credit::{
    BiLevelGae, DoublyRobust, Gae, Lambda, OffPolicy, StepEnd, TurnGae, TurnTokens, VTrace,
    importance_corrected_errors, lambda_returns, n_step_returns, reward_to_go, reward_to_go_masked,
    td_lambda_errors,
};
use proptest::prelude::*;

fn close(got: &[f64], want: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (index, (g, w)) in got.iter().zip(want).enumerate() {
        prop_assert!((g - w).abs() <= 1e-9 * (1.0 + w.abs()), "[{}]: {} is not {}", index, g, w);
    }
    Ok(())
}

prop_compose! {
    fn gae()(gamma in 0.0..=1.0, lambda in 0.0..=1.0) -> Gae { Gae { gamma, lambda } }
}

/// Rewards and values of an episode.
fn episode() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (1..20_usize)
        .prop_flat_map(|n| (prop::collection::vec(-2.0..2.0, n), prop::collection::vec(-2.0..2.0, n)))
}

/// Reward, value, and whether a new turn begins, for each policy token; junk for environment tokens and where
/// they stand.
type Tokens = Vec<(f64, f64, bool)>;

fn tokens() -> impl Strategy<Value = (Tokens, Vec<(usize, f64, f64)>)> {
    let token = (-2.0..2.0, -2.0..2.0, any::<bool>());
    prop::collection::vec(token, 1..15).prop_flat_map(|tokens| {
        let junk = (0..=tokens.len(), -9.0..9.0, -9.0..9.0);
        (Just(tokens), prop::collection::vec(junk, 0..6))
    })
}

/// The flat sequence with the junk inserted.
struct Sequence {
    rewards: Vec<f64>,
    values: Vec<f64>,
    mask: Vec<bool>,
    turn_of: Vec<usize>,
}

impl Sequence {
    fn new(tokens: &Tokens, junk: &[(usize, f64, f64)]) -> Self {
        let mut sequence = Self { rewards: vec![], values: vec![], mask: vec![], turn_of: vec![] };
        let mut turn = 0;
        for place in 0..=tokens.len() {
            for (_, reward, value) in junk.iter().filter(|(at, ..)| *at == place) {
                sequence.push(*reward, *value, false, 99);
            }
            if let Some((reward, value, begins)) = tokens.get(place) {
                turn += usize::from(*begins);
                sequence.push(*reward, *value, true, turn);
            }
        }
        sequence
    }

    fn push(&mut self, reward: f64, value: f64, policy: bool, turn: usize) {
        self.rewards.push(reward);
        self.values.push(value);
        self.mask.push(policy);
        self.turn_of.push(turn);
    }

    fn tokens(&self) -> TurnTokens<'_> {
        TurnTokens { rewards: &self.rewards, values: &self.values, mask: &self.mask, turn_of: &self.turn_of }
    }

    /// Two outputs of a rule at the policy positions; elsewhere they must be exactly 0.
    fn at_policy(
        &self,
        rule: impl Fn(&Self, &mut [f64], &mut [f64]),
    ) -> Result<(Vec<f64>, Vec<f64>), TestCaseError> {
        let (mut a, mut b) = (vec![7.0; self.mask.len()], vec![7.0; self.mask.len()]);
        rule(self, &mut a, &mut b);
        let mut kept = (vec![], vec![]);
        for (at, &policy) in self.mask.iter().enumerate() {
            if policy {
                kept.0.push(a[at]);
                kept.1.push(b[at]);
            } else {
                prop_assert_eq!((a[at], b[at]), (0.0, 0.0));
            }
        }
        Ok(kept)
    }
}

proptest! {
    #[test]
    fn inserting_environment_tokens_changes_nothing(
        (tokens, junk) in tokens(), gae in gae(), inner in gae(), bootstrap in -2.0..2.0,
    ) {
        type Rule = Box<dyn Fn(&Sequence, &mut [f64], &mut [f64])>;
        let rules: [Rule; 4] = [
            Box::new(move |s, a, r| {
                gae.assign_masked(&s.rewards, &s.values, &s.mask, bootstrap, a, r).expect("valid");
            }),
            Box::new(move |s, a, r| {
                reward_to_go_masked(&s.rewards, &s.mask, gae.gamma, bootstrap, a).expect("valid");
                r.fill(0.0);
            }),
            Box::new(move |s, a, r| {
                TurnGae { turn: gae }.assign(&s.tokens(), bootstrap, a, r).expect("valid");
            }),
            Box::new(move |s, a, r| {
                BiLevelGae { turn: gae, token: inner }.assign(&s.tokens(), bootstrap, a, r).expect("valid");
            }),
        ];
        let (plain, mixed) = (Sequence::new(&tokens, &[]), Sequence::new(&tokens, &junk));
        for rule in &rules {
            prop_assert_eq!(plain.at_policy(rule)?, mixed.at_policy(rule)?);
        }
    }

    #[test]
    fn reward_to_go_is_the_discounted_sum((rewards, _) in episode(), gamma in 0.0..=1.0, bootstrap in -2.0..2.0) {
        let mut out = vec![0.0; rewards.len()];
        reward_to_go(&rewards, gamma, bootstrap, &mut out).expect("valid");
        let want: Vec<f64> = (0..rewards.len()).map(|t| {
            let later = rewards[t..].iter().chain([&bootstrap]);
            later.enumerate().map(|(k, r)| gamma.powi(k as i32) * r).sum()
        }).collect();
        close(&out, &want)?;
    }

    #[test]
    fn gae_with_lambda_one_has_the_monte_carlo_return_as_target(
        (rewards, values) in episode(), gamma in 0.0..=1.0, bootstrap in -2.0..2.0,
    ) {
        let mut out = [(); 3].map(|()| vec![0.0; rewards.len()]);
        let [advantages, targets, returns] = &mut out;
        Gae { gamma, lambda: 1.0 }.assign(&rewards, &values, bootstrap, advantages, targets).expect("valid");
        reward_to_go(&rewards, gamma, bootstrap, returns).expect("valid");
        close(targets, returns)?;
    }

    #[test]
    fn gae_with_lambda_zero_is_the_one_step_temporal_difference(
        (rewards, values) in episode(), gamma in 0.0..=1.0, bootstrap in -2.0..2.0,
    ) {
        let (mut advantages, mut targets) = (vec![0.0; rewards.len()], vec![0.0; rewards.len()]);
        Gae { gamma, lambda: 0.0 }
            .assign(&rewards, &values, bootstrap, &mut advantages, &mut targets).expect("valid");
        let next = values[1..].iter().chain([&bootstrap]);
        let want: Vec<f64> = rewards.iter().zip(next).zip(&values).map(|((r, n), v)| r + gamma * n - v).collect();
        close(&advantages, &want)?;
    }

    #[test]
    fn without_critic_or_discount_a_terminal_reward_credits_every_token_alike(
        length in 1..20_usize, reward in -2.0..2.0,
    ) {
        let mut rewards = vec![0.0; length];
        rewards[length - 1] = reward;
        let (mut advantages, mut targets) = (vec![0.0; length], vec![0.0; length]);
        Gae { gamma: 1.0, lambda: 1.0 }
            .assign(&rewards, &vec![0.0; length], 0.0, &mut advantages, &mut targets).expect("valid");
        prop_assert_eq!(advantages, vec![reward; length]);
    }

    #[test]
    fn gae_is_the_lambda_return_minus_the_value(
        (rewards, mut values) in episode(), gae in gae(), bootstrap in -2.0..2.0,
    ) {
        let mut out = [(); 3].map(|()| vec![0.0; rewards.len()]);
        let [advantages, targets, errors] = &mut out;
        gae.assign(&rewards, &values, bootstrap, advantages, targets).expect("valid");
        values.push(bootstrap);
        let discounts = vec![gae.gamma; rewards.len()];
        td_lambda_errors(&rewards, &discounts, &values, Lambda::Constant(gae.lambda), errors).expect("valid");
        close(advantages, errors)?;
    }

    #[test]
    fn a_rollout_is_credited_like_its_episodes_one_by_one(
        episodes in prop::collection::vec((episode(), prop::option::of(-2.0..2.0)), 1..4),
        gae in gae(), bootstrap in -2.0..2.0, cut_short in any::<bool>(),
    ) {
        let (mut rewards, mut values, mut ends) = (vec![], vec![], vec![]);
        let (mut want_a, mut want_r) = (vec![], vec![]);
        for (index, ((r, v), truncated)) in episodes.iter().enumerate() {
            let open = cut_short && index + 1 == episodes.len();
            let (end, after) = match truncated {
                _ if open => (StepEnd::Continues, bootstrap),
                None => (StepEnd::Terminated, 0.0),
                Some(value) => (StepEnd::Truncated(*value), *value),
            };
            let (mut a, mut t) = (vec![0.0; r.len()], vec![0.0; r.len()]);
            gae.assign(r, v, after, &mut a, &mut t).expect("valid");
            want_a.extend(a);
            want_r.extend(t);
            ends.extend(vec![StepEnd::Continues; r.len() - 1]);
            ends.push(end);
            rewards.extend(r);
            values.extend(v);
        }
        let (mut a, mut r) = (vec![0.0; rewards.len()], vec![0.0; rewards.len()]);
        gae.assign_rollout(&rewards, &values, &ends, bootstrap, &mut a, &mut r).expect("valid");
        prop_assert_eq!((a, r), (want_a, want_r));
    }

    #[test]
    fn bilevel_gae_with_one_turn_is_token_gae((tokens, junk) in tokens(), token in gae(), turn in gae()) {
        let mut sequence = Sequence::new(&tokens, &junk);
        sequence.turn_of.fill(0);
        let bilevel = sequence.at_policy(|s, a, r| {
            BiLevelGae { turn, token }.assign(&s.tokens(), 0.0, a, r).expect("valid");
        })?;
        let flat = sequence.at_policy(|s, a, r| {
            token.assign_masked(&s.rewards, &s.values, &s.mask, 0.0, a, r).expect("valid");
        })?;
        close(&bilevel.0, &flat.0)?;
        close(&bilevel.1, &flat.1)?;
    }

    #[test]
    fn with_turns_of_one_token_turn_bilevel_and_token_gae_agree(
        (mut tokens, junk) in tokens(), turn in gae(), token in gae(), bootstrap in -2.0..2.0,
    ) {
        for token in &mut tokens {
            token.2 = true;
        }
        let sequence = Sequence::new(&tokens, &junk);
        let flat = sequence.at_policy(|s, a, r| {
            turn.assign_masked(&s.rewards, &s.values, &s.mask, bootstrap, a, r).expect("valid");
        })?;
        let by_turn = sequence.at_policy(|s, a, r| {
            TurnGae { turn }.assign(&s.tokens(), bootstrap, a, r).expect("valid");
        })?;
        let bilevel = sequence.at_policy(|s, a, r| {
            BiLevelGae { turn, token }.assign(&s.tokens(), bootstrap, a, r).expect("valid");
        })?;
        close(&by_turn.0, &flat.0)?;
        close(&bilevel.0, &flat.0)?;
    }

    #[test]
    fn turn_gae_credits_all_tokens_of_a_turn_alike((tokens, junk) in tokens(), turn in gae()) {
        let sequence = Sequence::new(&tokens, &junk);
        let plain = Sequence::new(&tokens, &[]);
        let (advantages, _) = sequence.at_policy(|s, a, r| {
            TurnGae { turn }.assign(&s.tokens(), 0.0, a, r).expect("valid");
        })?;
        // The turns as an episode of their own.
        let (mut rewards, mut values): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
        let mut index = vec![];
        for (at, turn) in plain.turn_of.iter().enumerate() {
            if at == 0 || plain.turn_of[at - 1] != *turn {
                rewards.push(0.0);
                values.push(0.0);
            }
            let last = rewards.len() - 1;
            rewards[last] += plain.rewards[at];
            values[last] = plain.values[at];
            index.push(last);
        }
        let (mut a, mut r) = (vec![0.0; rewards.len()], vec![0.0; rewards.len()]);
        turn.assign(&rewards, &values, 0.0, &mut a, &mut r).expect("valid");
        let want: Vec<f64> = index.into_iter().map(|turn| a[turn]).collect();
        close(&advantages, &want)?;
    }

    #[test]
    fn on_policy_v_trace_targets_are_lambda_returns(
        (rewards, mut values) in episode(), gae in gae(), bootstrap in -2.0..2.0, leak in 0.0..=1.0,
    ) {
        values.push(bootstrap);
        let discounts = vec![gae.gamma; rewards.len()];
        let ratios = vec![1.0; rewards.len()];
        let trajectory = OffPolicy { rewards: &rewards, discounts: &discounts, values: &values, ratios: &ratios };
        let lambda = Lambda::Constant(gae.lambda);
        let mut out = [(); 3].map(|()| vec![0.0; rewards.len()]);
        let [v_trace, corrected, want] = &mut out;
        VTrace { lambda, leak, ..VTrace::default() }.errors(&trajectory, v_trace).expect("valid");
        importance_corrected_errors(&trajectory, lambda, corrected).expect("valid");
        td_lambda_errors(&rewards, &discounts, &values, lambda, want).expect("valid");
        close(v_trace, want)?;
        close(corrected, want)?;
    }

    #[test]
    fn n_step_returns_span_one_step_targets_to_full_returns(
        (rewards, next_values) in episode(), gamma in 0.0..=1.0,
    ) {
        let discounts = vec![gamma; rewards.len()];
        let mut out = [(); 2].map(|()| vec![0.0; rewards.len()]);
        let [n_step, want] = &mut out;
        for (n, lambda) in [(1, 0.0), (rewards.len(), 1.0), (usize::MAX, 1.0)] {
            n_step_returns(&rewards, &discounts, &next_values, n, n_step).expect("valid");
            lambda_returns(&rewards, &discounts, &next_values, Lambda::Constant(lambda), want).expect("valid");
            close(n_step, want)?;
        }
    }

    #[test]
    fn the_doubly_robust_mixture_spans_monte_carlo_to_one_step_td(
        (rewards, values) in episode(), shaping in -1.0..1.0, gamma in 0.0..=1.0, lambda in 0.0..=1.0,
        bootstrap in -2.0..2.0,
    ) {
        let shaped: Vec<f64> = rewards.iter().map(|r| r + shaping).collect();
        let (mut a, mut t) = (vec![0.0; rewards.len()], vec![0.0; rewards.len()]);
        let mut gae = |lambda: f64, rewards: &[f64]| {
            Gae { gamma, lambda }.assign(rewards, &values, bootstrap, &mut a, &mut t).expect("valid");
            a.clone()
        };
        let (monte_carlo, td) = (gae(1.0, &rewards), gae(0.0, &shaped));
        let want: Vec<f64> = monte_carlo.iter().zip(&td).map(|(m, d)| (1.0 - lambda) * m + lambda * d).collect();
        let mut out = vec![0.0; rewards.len()];
        DoublyRobust { gamma, lambda }.assign(&shaped, &rewards, &values, bootstrap, &mut out).expect("valid");
        close(&out, &want)?;
    }
}
