use milepost_core::RewardLaw;
use milepost_testkit::environment::Corridor;
use proptest::prelude::*;

use super::*;
use crate::exact::{MdpBuilder, SolveError, StateGraph, TabularMdp, Transition};
use crate::reward_distance::{self, Reference};

const STATES: usize = 4;
const ACTIONS: usize = 2;

fn constant(reward: f64) -> RewardLaw {
    RewardLaw::constant(reward)
}

/// A world from its pairs: outcomes `(next, probability, reward)`, `next` = number of states for the end.
fn world(states: usize, pairs: &[Vec<(usize, f64, f64)>]) -> TabularMdp {
    let mut builder = MdpBuilder::new(pairs.len() / states);
    for outcomes in pairs {
        let total: f64 = outcomes.iter().map(|o| o.1).sum();
        let transition = |(next, weight, reward): &(usize, f64, f64)| Transition {
            next: (*next < states).then_some(*next),
            probability: weight / total,
            reward: constant(*reward),
        };
        builder.action(outcomes.iter().map(transition)).expect("a distribution");
    }
    builder.finish().expect("complete")
}

fn any_world() -> impl Strategy<Value = TabularMdp> {
    let outcome = (0..=STATES, 0.05..1.0f64, -1.0..1.0f64);
    prop::collection::vec(prop::collection::vec(outcome, 1..3), STATES * ACTIONS)
        .prop_map(|pairs| world(STATES, &pairs))
}

/// As [`any_world`], every action certain.
fn certain_world() -> impl Strategy<Value = TabularMdp> {
    prop::collection::vec((0..=STATES, Just(1.0), -1.0..1.0f64).prop_map(|o| vec![o]), STATES * ACTIONS)
        .prop_map(|pairs| world(STATES, &pairs))
}

fn potential() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-2.0..2.0f64, STATES)
}

/// The reward of every transition, changed as `f(state, next, reward)` says.
fn changed(mdp: &TabularMdp, f: impl Fn(usize, Option<usize>, f64) -> f64) -> TabularMdp {
    let mut rewards = Vec::new();
    for state in 0..mdp.states() {
        for action in 0..mdp.actions() {
            rewards.extend(mdp.transitions(state, action).map(|t| constant(f(state, t.next, t.reward.base))));
        }
    }
    mdp.with_rewards(rewards).expect("finite")
}

fn shaped(mdp: &TabularMdp, phi: &[f64], gamma: f64, at_end: f64) -> TabularMdp {
    changed(mdp, |s, next, r| r + gamma * next.map_or(at_end, |next| phi[next]) - phi[s])
}

fn pair(gold: &TabularMdp, audited: &TabularMdp) -> RewardPair {
    let mut start = vec![0.0; gold.states()];
    start[0] = 1.0;
    // Every end is a success here.
    let ends = (0..gold.states())
        .flat_map(|s| (0..gold.actions()).map(move |a| (s, a)))
        .flat_map(|(s, a)| gold.transitions(s, a).map(|t| t.next.is_none()).collect::<Vec<_>>());
    RewardPair::new(gold.clone(), audited.clone(), start, ends.collect()).expect("fits")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn potential_shaping_changes_no_best_action_costs_no_regret_and_leaves_no_residual(
        gold in any_world(), phi in potential(), gamma in 0.3..0.97f64,
    ) {
        let pair = pair(&gold, &shaped(&gold, &phi, gamma, 0.0));
        let setting = Setting::unbounded(30, gamma);
        let found = invariance(&pair, setting).expect("solves");
        prop_assert_eq!(found.states_that_differ(), 0);
        prop_assert!(found.regret_worst < 1e-8 && found.regret_mean < 1e-8);
        prop_assert!((found.gold_success - found.audited_success).abs() < 1e-9);
        let residual = potential_residual(&pair, setting).expect("solves");
        prop_assert!(residual.value < 1e-9, "{residual:?}");
    }

    #[test]
    fn undiscounted_shaping_leaves_no_residual_either(gold in any_world(), phi in potential()) {
        let pair = pair(&gold, &shaped(&gold, &phi, 1.0, 0.0));
        let residual = potential_residual(&pair, Setting::budget(30, 1.0)).expect("solves");
        prop_assert!(residual.value < 1e-9, "{residual:?}");
    }

    #[test]
    fn no_potential_beats_the_residual(
        gold in any_world(), audited in prop::collection::vec(-1.0..1.0f64, 32),
        gamma in prop_oneof![Just(1.0), 0.2..0.98f64, Just(0.0)],
        moves in prop::collection::vec((prop::collection::vec(-1.0..1.0f64, STATES), -6..0i32), 24),
    ) {
        let n = gold.transition_count();
        let audited = gold.with_rewards((0..n).map(|i| constant(audited[i])).collect()).expect("finite");
        let pair = pair(&gold, &audited);
        let found = potential_residual(&pair, Setting::unbounded(5, gamma)).expect("solves");
        prop_assert!(found.value - found.lower < 1e-8, "{found:?}");
        let miss = |phi: &[f64]| -> f64 {
            pair.pairs()
                .flat_map(|(s, a)| gold.transitions(s, a).zip(audited.transitions(s, a)).map(move |x| (s, x)))
                .map(|(s, (g, r))| {
                    let to = g.next.map_or(0.0, |next| phi[next]);
                    (r.reward.base - g.reward.base - (gamma * to - phi[s])).abs()
                })
                .fold(0.0, f64::max)
        };
        prop_assert!((miss(&found.potential) - found.value).abs() < 1e-12);
        // The miss is convex, so no near potential being better means that none is.
        for (direction, size) in moves {
            let moved: Vec<f64> =
                found.potential.iter().zip(&direction).map(|(p, d)| p + d * 10f64.powi(size)).collect();
            prop_assert!(miss(&moved) >= found.value - 1e-8);
        }
    }

    #[test]
    fn scaled_and_shifted_rewards_have_no_distance_and_prefer_the_same_returns(
        gold in any_world(), phi in potential(), scale in 0.1..4.0f64, shift in -1.0..1.0f64, gamma in 0.3..1.0f64,
    ) {
        let audited = changed(&shaped(&gold, &phi, gamma, 0.0), |_, _, r| scale * r + shift);
        let beyond = |from: Option<usize>, to: Option<usize>| {
            let at = |state: Option<usize>| state.map_or(0.0, |state| phi[state]);
            scale * (gamma * at(to) - at(from)) + shift
        };
        let pair = pair(&gold, &audited);
        let found = distances(&pair, Setting::budget(9, gamma), Extension { gold: &|_, _| 0.0, audited: &beyond });
        // A world in which gold pays alike everywhere has no distances.
        for distance in [found.epic, found.dard].into_iter().flatten() {
            prop_assert!(distance < 1e-6, "{distance}");
        }
        let scaled = self::pair(&gold, &changed(&gold, |_, _, r| scale * r));
        let found = returns(&scaled, Setting::budget(9, gamma), 50, 3).expect("plays");
        if let (Ok(pearson), Ok(spearman)) = (found.pearson, found.spearman) {
            prop_assert!(pearson > 1.0 - 1e-9 && spearman > 1.0 - 1e-9);
        }
    }

    #[test]
    fn where_nothing_ends_dard_is_that_of_the_dense_tables(
        pairs in prop::collection::vec(
            prop::collection::vec((0..STATES, 0.05..1.0f64, -1.0..1.0f64), 1..3), STATES * ACTIONS),
        audited in prop::collection::vec(-1.0..1.0f64, 32), beyond in prop::collection::vec(-1.0..1.0f64, 2 * STATES * STATES),
    ) {
        // From the first state, action 0 leads everywhere, so that all states count; and outcomes are distinct.
        let mut pairs = pairs;
        pairs[0] = (0..STATES).map(|next| (next, 1.0, 0.1 * next as f64)).collect();
        for list in &mut pairs {
            list.sort_by_key(|outcome| outcome.0);
            list.dedup_by_key(|outcome| outcome.0);
        }
        let gold = world(STATES, &pairs);
        let n = gold.transition_count();
        let audited = gold.with_rewards((0..n).map(|i| constant(audited[i])).collect()).expect("finite");
        let off = |which: usize, from: Option<usize>, to: Option<usize>| {
            beyond[which * STATES * STATES + from.expect("no end") * STATES + to.expect("no end")]
        };
        let (off_gold, off_audited) =
            (|from: Option<usize>, to: Option<usize>| if from.is_none() { 0.0 } else { off(0, from, to) },
             |from: Option<usize>, to: Option<usize>| if from.is_none() { 0.0 } else { off(1, from, to) });
        let pair = pair(&gold, &audited);
        let found = distances(&pair, Setting::budget(9, 0.9),
            Extension { gold: &off_gold, audited: &off_audited });
        let reference = Reference { discount: 0.9, states: &[0.25; STATES], actions: &[0.5; ACTIONS] };
        let table = |mdp: &TabularMdp, which: usize| reference.table(|s, a, next| {
            let there = mdp.transitions(s, a).find(|t| t.next == Some(next));
            there.map_or_else(|| off(which, Some(s), Some(next)), |t| t.reward.base)
        });
        let dynamics = reference.table(|s, a, next| {
            gold.successors(s, a).filter(|(to, _)| *to == Some(next)).map(|(_, p)| p).sum()
        });
        let (x, y) = (table(&gold, 0), table(&audited, 1));
        let dense = reward_distance::dard(&x, &y, &dynamics, reference).expect("varies");
        prop_assert!((found.dard.expect("varies") - dense).abs() < 1e-7);
        let dense = reward_distance::epic(&x, &y, reference, Some(&dynamics)).expect("varies");
        prop_assert!((found.epic.expect("varies") - dense).abs() < 1e-7);
    }

    #[test]
    fn the_hover_share_is_the_mean_over_all_histories(audited in any_world(), horizon in 1u32..6) {
        let gold = changed(&audited, |_, next, _| if next.is_none() { 1.0 } else { 0.0 });
        let pair = pair(&gold, &audited);
        let setting = Setting::budget(horizon, 1.0);
        let found = hover(&pair, setting).expect("small");
        let (plan, _) = plan::Plan::optimal(&audited, setting).expect("solves");
        let mut total = [0.0; 4];
        histories(&pair, &plan, setting, &mut vec![0], 1.0, &mut total);
        prop_assert!((found.length - total[0]).abs() < 1e-9);
        prop_assert!((found.steps - total[1] / total[0]).abs() < 1e-9);
        let share = if total[2] > 0.0 { total[3] / total[2] } else { 0.0 };
        prop_assert!((found.reward - share).abs() < 1e-9);
    }

    #[test]
    fn an_exploitable_cycle_exists_exactly_if_waiting_for_ever_can_pay(audited in certain_world()) {
        let pair = pair(&changed(&audited, |_, _, _| 0.0), &audited);
        let found = cycles(&pair);
        prop_assert_eq!(&found.certain, &found.possible);
        // A walk is simple cycles and a path of at most four steps, so the best return of many steps that never
        // end is the mean of the best cycle for each of them, up to a constant.
        let forbidden = changed(&audited, |_, next, r| if next.is_none() { -1e9 } else { r });
        let steps = 20_000;
        let episode = crate::exact::finite::Episode::new(steps);
        let value = crate::exact::finite::optimal(&forbidden, episode).expect("solves").value(0, 0);
        match found.certain {
            Some(cycle) => prop_assert!((cycle.mean * f64::from(steps) - value).abs() < 16.0, "{}", cycle.mean),
            None => prop_assert!(value < -1e8),
        }
    }
}

/// Adds up, over every history: steps, hovering steps, reward and reward while hovering.
fn histories(
    pair: &RewardPair,
    plan: &plan::Plan,
    setting: Setting,
    seen: &mut Vec<usize>,
    probability: f64,
    total: &mut [f64; 4],
) {
    let elapsed = seen.len() as u32 - 1;
    if elapsed == setting.horizon {
        return;
    }
    let state = seen[seen.len() - 1];
    // Success within the steps that are left, by trying everything.
    let finishes = can_finish(&pair.gold, state, setting.horizon - elapsed);
    let again = seen[..seen.len() - 1].contains(&state) && finishes;
    total[0] += probability;
    total[1] += if again { probability } else { 0.0 };
    for (action, p) in plan.drawn(elapsed, state) {
        for transition in pair.audited.transitions(state, action) {
            let weight = probability * p * transition.probability;
            total[2] += weight * transition.reward.base.abs();
            total[3] += if again { weight * transition.reward.base.abs() } else { 0.0 };
            if let Some(next) = transition.next {
                seen.push(next);
                histories(pair, plan, setting, seen, weight, total);
                seen.pop();
            }
        }
    }
}

fn can_finish(mdp: &TabularMdp, state: usize, steps: u32) -> bool {
    steps > 0
        && (0..mdp.actions()).any(|action| {
            mdp.successors(state, action)
                .any(|(next, _)| next.is_none_or(|next| can_finish(mdp, next, steps - 1)))
        })
}

/// A corridor of five cells whose right end is success; actions left, right, toggle (stays).
fn corridor() -> TabularMdp {
    let mut pairs = Vec::new();
    for cell in 0_usize..5 {
        pairs.push(vec![(cell.saturating_sub(1), 1.0, 0.0)]);
        pairs.push(vec![(cell + 1, 1.0, if cell == 4 { 1.0 } else { 0.0 })]);
        pairs.push(vec![(cell, 1.0, 0.0)]);
    }
    world(5, &pairs)
}

const PROGRESS: [f64; 5] = [0.0, 0.2, 0.4, 0.6, 0.8];

#[test]
fn a_level_reward_hovers_beside_the_goal() {
    let gold = corridor();
    let level = changed(&gold, |_, next, r| r + 0.5 * next.map_or(0.0, |next| PROGRESS[next]));
    let pair = pair(&gold, &level);
    let setting = Setting::unbounded(50, 0.95);
    let found = invariance(&pair, setting).expect("solves");
    assert_eq!((found.gold_success, found.audited_success), (1.0, 0.0));
    assert!((found.regret_worst - found.gold_value).abs() < 1e-9, "the goal is never reached");
    assert_eq!(found.agreement[4], Agreement::Misled);
    // The fifth cell is reached after four steps; all but its first visit hover, apart from the last step
    // but none, since success is one step away.
    let hovering = hover(&pair, setting).expect("small");
    assert!((hovering.length - 50.0).abs() < 1e-12);
    assert!((hovering.steps - 45.0 / 50.0).abs() < 1e-12, "{hovering:?}");
    let paid: f64 = [0.1, 0.2, 0.3, 0.4].iter().sum::<f64>() + 46.0 * 0.4;
    assert!((hovering.reward - 45.0 * 0.4 / paid).abs() < 1e-12, "{hovering:?}");
    let cycle = cycles(&pair).certain.expect("staying");
    assert!((cycle.mean - 0.4).abs() < 1e-12 && cycle.steps == [(4, 2)], "{cycle:?}");
    // Gold itself goes straight to the goal.
    let straight = hover(&self::pair(&gold, &gold), setting).expect("small");
    assert_eq!((straight.length, straight.steps, straight.reward), (5.0, 0.0, 0.0));
    assert!(!cycles(&self::pair(&gold, &gold)).is_exploitable());
}

#[test]
fn a_bonus_for_repeating_a_toggle_is_an_exploitable_cycle() {
    // Two states, a lamp on or off, and an exit: actions toggle, leave.
    let pairs = [vec![(1, 1.0, 0.0)], vec![(2, 1.0, 1.0)], vec![(0, 1.0, 0.0)], vec![(2, 1.0, 1.0)]];
    let gold = world(2, &pairs);
    let bonus = changed(&gold, |state, next, r| r + f64::from(u8::from(state == 0 && next == Some(1))) * 0.3);
    let found = cycles(&pair(&gold, &bonus));
    assert!(found.is_exploitable());
    let cycle = found.certain.expect("on and off");
    assert!((cycle.mean - 0.15).abs() < 1e-12);
    let mut steps = cycle.steps;
    steps.sort_unstable();
    assert_eq!(steps, [(0, 0), (1, 0)]);
    let residual = potential_residual(&pair(&gold, &bonus), Setting::budget(10, 1.0)).expect("solves");
    assert!((residual.value - 0.15).abs() < 1e-12, "half of what the round trip pays: {residual:?}");
}

#[test]
fn a_kept_terminal_potential_is_not_invariant() {
    // Two exits: a poor one nearby whose potential is high, a good one.
    let gold = world(1, &[vec![(1, 1.0, 0.2)], vec![(1, 1.0, 1.0)]]);
    let kept = gold.with_rewards(vec![constant(0.2 + 0.9 * 2.0), constant(1.0)]).expect("finite");
    let pair = pair(&gold, &kept);
    let setting = Setting::unbounded(5, 0.9);
    let found = invariance(&pair, setting).expect("solves");
    assert!((found.regret_worst - 0.8).abs() < 1e-9 && (found.regret_mean - 0.8).abs() < 1e-9);
    let residual = potential_residual(&pair, setting).expect("solves");
    assert!((residual.value - 0.9).abs() < 1e-9, "both leave for the end: {residual:?}");
}

#[test]
fn ties_are_taken_at_their_worst_and_at_random() {
    let gold = world(1, &[vec![(1, 1.0, 0.0)], vec![(1, 1.0, 1.0)]]);
    let pair = pair(&gold, &changed(&gold, |_, _, _| 0.0));
    for setting in [Setting::budget(3, 1.0), Setting::unbounded(3, 0.5)] {
        let found = invariance(&pair, setting).expect("solves");
        assert!((found.regret_worst - 1.0).abs() < 1e-12 && (found.regret_mean - 0.5).abs() < 1e-12);
        assert_eq!((found.count(Agreement::Misled), found.count(Agreement::Same)), (1, 0));
    }
    let constant = distances(&pair, Setting::budget(3, 1.0), Extension::nothing());
    assert!(constant.epic.is_err() && constant.dard.is_err());
    assert!((constant.direct.expect("two steps") - 0.5f64.sqrt()).abs() < 1e-12);
}

#[test]
fn density_counts_transitions_and_steps() {
    let gold = corridor();
    let found = density(&pair(&gold, &gold), Setting::budget(50, 0.99)).expect("solves");
    assert_eq!(found.transitions, 15);
    assert!((found.of_transitions - 1.0 / 15.0).abs() < 1e-12);
    assert!((found.under_gold - 0.2).abs() < 1e-12 && (found.under_audited - 0.2).abs() < 1e-12);
    assert!(found.under_uniform > 0.0 && found.under_uniform < 0.1);
}

#[test]
fn rewards_that_depend_on_the_clock_are_audited_within_the_budget() {
    let mut start = Corridor::new(6, 20);
    milepost_core::Environment::reset(&mut start, milepost_core::TaskSeed::literal(5)).expect("a task");
    let graph = StateGraph::enumerate(&start, 100).expect("small");
    let successes = graph.successes();
    assert_eq!(successes.iter().filter(|success| **success).count(), 1);
    let gold = graph.mdp().clone();
    let rewards =
        gold.rewards().iter().map(|law| RewardLaw { base: law.base * 2.0, per_step: law.per_step * 2.0 });
    let audited = gold.with_rewards(rewards.collect()).expect("finite");
    let pair = RewardPair::new(gold, audited, graph.start().to_vec(), successes).expect("fits");
    let found = invariance(&pair, Setting::budget(20, 1.0)).expect("solves");
    assert_eq!((found.states_that_differ(), found.regret_worst), (0, 0.0));
    assert!(found.gold_success > 0.5 && found.gold_success == found.audited_success);
    assert_eq!(
        invariance(&pair, Setting::unbounded(20, 0.9)).err(),
        Some(AuditError::Solve(SolveError::ClockedRewards))
    );
    let residual = potential_residual(&pair, Setting::budget(20, 1.0)).expect("solves");
    assert!(residual.value > 0.0 && residual.value - residual.lower < 1e-9);
}

#[test]
fn rewards_of_different_worlds_are_refused() {
    let (a, b) = (corridor(), corridor());
    let refused = RewardPair::new(a.clone(), b, vec![0.2; 5], vec![false; 15]);
    assert_eq!(refused.err(), Some(AuditError::DifferentDynamics));
    let short = RewardPair::new(a.clone(), a.clone(), vec![0.2; 5], vec![false; 14]);
    assert!(matches!(short, Err(AuditError::Solve(SolveError::Size { found: 14, expected: 15, .. }))));
    let law = RewardPair::new(a.clone(), a, vec![0.5; 5], vec![false; 15]);
    assert!(matches!(law, Err(AuditError::Solve(SolveError::NotADistribution { .. }))));
}

/// The risky insertion of the Robo-Dopamine paper's discussion (arXiv 2512.23703): ten states of progress
/// `i/10`; action 0 holds, action 1 moves on; in the last state it inserts with probability 0.1 and
/// otherwise slips to state 4. Twelve attempts fit into 80 steps: at step 10 and every six steps later.
fn risky_insertion() -> TabularMdp {
    let pairs: Vec<_> = (0_usize..10)
        .flat_map(|i| {
            let on = if i < 9 { vec![(i + 1, 1.0, 0.0)] } else { vec![(10, 0.1, 1.0), (4, 0.9, 0.0)] };
            [vec![(i, 1.0, 0.0)], on]
        })
        .collect();
    world(10, &pairs)
}

#[test]
fn of_seven_rewards_of_progress_the_shaped_and_the_sparse_ones_insert_and_the_others_hold() {
    let gold = risky_insertion();
    let phi = |state: usize| state as f64 / 10.0;
    let (gamma, kept) = (0.99, 1.0);
    let tried = 1.0 - 0.9f64.powi(12);
    // Gold or not, discount of the next potential, whether the present one is subtracted, potential of the end.
    let rewards = [
        ("sparse", 1.0, 0.0, 0.0, 0.0, tried),
        ("gold + F", 1.0, gamma, 1.0, 0.0, tried),
        ("gold + difference", 1.0, 1.0, 1.0, kept, tried),
        ("difference", 0.0, 1.0, 1.0, kept, 0.0),
        ("level", 0.0, 1.0, 0.0, kept, 0.0),
        ("gold + level", 1.0, 1.0, 0.0, kept, 0.0),
        ("F that keeps the goal's potential", 0.0, gamma, 1.0, kept, tried),
    ];
    for (name, outcome, next_weight, weight, at_end, success) in rewards {
        let audited = changed(&gold, |s, next, r| {
            outcome * r + next_weight * next.map_or(at_end, phi) - weight * phi(s)
        });
        let found = invariance(&pair(&gold, &audited), Setting::unbounded(80, gamma)).expect("solves");
        assert!((found.audited_success - success).abs() < 1e-9, "{name}: {}", found.audited_success);
        let hovering = hover(&pair(&gold, &audited), Setting::unbounded(80, gamma)).expect("small");
        // Those that insert try again after each slip, as gold would have them.
        let surplus = hovering.steps - hovering.of_gold;
        assert!(if success > 0.0 { surplus.abs() < 1e-9 } else { surplus > 0.1 }, "{name}: {hovering:?}");
    }
}

#[test]
fn dard_of_a_world_with_too_many_outcomes_is_left_out_and_the_others_are_not() {
    const MANY: usize = 50;
    let pairs: Vec<_> = (0..MANY * ACTIONS)
        .map(|pair| (0..MANY).map(|next| (next, 1.0, ((pair * next) % 7) as f64)).collect())
        .collect();
    let gold = world(MANY, &pairs);
    let audited = changed(&gold, |s, _, r| r + (s % 3) as f64);
    let found = distances(&pair(&gold, &audited), Setting::budget(9, 0.9), Extension::nothing());
    assert!(found.dard.expect_err("12.5 million pairs").to_string().contains("too many outcomes"));
    assert!(found.epic.is_ok() && found.direct.is_ok());
}
