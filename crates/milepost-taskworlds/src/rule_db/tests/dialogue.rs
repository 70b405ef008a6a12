use milepost_core::{
    Budget, Demonstrator, Ending, Environment, Outcome, Probe, TaskSeed, TokenEnvironment, TurnFault,
};

use crate::rule_db::{
    Call, RuleDb, RuleDbConfig, RuleDbGold, RuleDbOracle, RuleDbProbe, exact_key, state_rewards,
};

fn started(seed: u64) -> RuleDb {
    let mut world = RuleDb::new(RuleDbConfig::default()).expect("valid");
    world.reset(TaskSeed::literal(seed)).expect("a task is made");
    world
}

fn said(world: &RuleDb) -> String {
    let mut tokens = Vec::new();
    world.observe(&mut tokens);
    world.vocabulary().decode(&tokens)
}

#[test]
fn the_prompt_names_rules_role_and_wishes() {
    let heard = said(&started(3));
    let (policy, rest) = heard.split_once(" acting-as ").expect("the role follows the rules");
    assert!(policy.starts_with("<begin> policy ") && policy.contains("rule:"), "{heard}");
    assert!(rest.starts_with("clerk ") || rest.starts_with("manager "), "{heard}");
    assert!(rest.contains("-order wish u"), "{heard}");
}

#[test]
fn the_scores_of_the_expert_rise_to_one_and_telescope() {
    for seed in 0..20 {
        let mut world = started(seed);
        let mut scores = vec![RuleDbProbe::F1.read(&world)];
        while let Some(turn) = world.expert_turn() {
            world.step(&turn).expect("runs");
            scores.push(RuleDbProbe::F1.read(&world));
        }
        assert_eq!((scores[0], scores[scores.len() - 1]), (0.0, 1.0), "{scores:?}");
        let paid: f64 = state_rewards(&scores, 1.0, true).iter().sum();
        assert!((paid - 2.0).abs() < 1e-12);
        let gold = RuleDbGold::of(&world).expect("started");
        assert!(gold.success && gold.exact && gold.rejected == 0 && gold.collateral == 0, "{gold:?}");
        assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Success)));
    }
}

#[test]
fn a_rejected_call_is_refused_by_rule_and_field_and_costs_a_turn() {
    let mut world = started(3);
    let before = RuleDbOracle::of(&world).expect("started").made;
    let turn = world.write(Call::GetUser { user: 7 });
    world.step(&turn).expect("runs");
    assert_eq!((said(&world).as_str(), world.fault()), ("err schema:missing user", Some(TurnFault::Refused)));
    assert_eq!((world.elapsed(), RuleDbOracle::of(&world).expect("started").made), (1, before));
    world.step(&vec![1, 1, 1]).expect("runs");
    assert_eq!((said(&world).as_str(), world.fault()), ("malformed", Some(TurnFault::Malformed)));
    let gold = RuleDbGold::of(&world).expect("started");
    assert_eq!((gold.calls, gold.rejected, gold.malformed), (1, 1, 1));
}

#[test]
fn at_a_boundary_the_rule_itself_rejects_the_call_and_the_state_stays_as_it_was() {
    let config = RuleDbConfig { boundary_share: 1.0, ..RuleDbConfig::default() };
    let mut world = RuleDb::new(config).expect("valid");
    for seed in 0..30 {
        world.reset(TaskSeed::literal(seed)).expect("a task is made");
        let (rule, call) = world.task().expect("started").boundary.expect("every task is at a boundary");
        let state = |world: &RuleDb| exact_key(&world.episode().expect("started").state);
        let before = state(&world);
        let outcome = world.step(&world.write(call)).expect("runs");
        assert_eq!(state(&world), before, "{call:?}");
        let heard = said(&world);
        assert!(heard.starts_with(&format!("err rule:{} ", rule.name())), "{call:?} was answered {heard}");
        assert_eq!((world.fault(), outcome.reward), (Some(TurnFault::Refused), 0.0));
        let gold = RuleDbGold::of(&world).expect("started");
        assert_eq!((gold.calls, gold.rejected, gold.malformed), (1, 1, 0));
    }
}

#[test]
fn without_the_last_word_time_runs_out() {
    let mut world = started(3);
    let turn = world.write(Call::GetItem { item: 0 });
    let last = (0..11).map(|_| world.step(&turn).expect("runs")).last().expect("eleven turns");
    assert_eq!((last.reward, last.ending), (0.0, Some(Ending::Truncated(Budget::Steps))));
    assert_eq!(world.expert_turn(), None);
}

#[test]
fn time_that_runs_out_in_the_goal_pays_its_score_and_no_bonus() {
    for seed in 0..20 {
        let mut world = started(seed);
        let task = world.task().expect("started").clone();
        let item = *task.start.items.keys().next().expect("there are items");
        let solution = task.solution.expect("verified").into_iter();
        let mut paid = 0.0;
        for call in solution.chain(std::iter::repeat(Call::GetItem { item })) {
            paid += world.step(&world.write(call)).expect("runs").reward;
            if world.ending().is_some() {
                break;
            }
        }
        assert_eq!((world.ending(), paid), (Some(Ending::Truncated(Budget::Steps)), 0.0));
        assert_eq!(world.elapsed(), world.config().max_turns);
        let gold = RuleDbGold::of(&world).expect("started");
        assert!(gold.exact && !gold.success, "{gold:?}");
        assert_eq!((gold.f1, RuleDbProbe::F1.read(&world)), (1.0, 1.0));
    }
}

#[test]
fn what_is_created_is_named() {
    let mut world = started(3);
    let (solution, orders) = {
        let task = world.task().expect("started");
        (task.solution.clone().expect("verified"), task.start.next_order())
    };
    for call in solution {
        let turn = world.write(call);
        world.step(&turn).expect("runs");
        if matches!(call, Call::CreateOrder { .. }) {
            assert_eq!(said(&world), format!("ok o{orders}"));
            return;
        }
        assert_eq!(said(&world), "ok");
    }
}

/// Whatever is called: the potential starts at 0, its steps sum to where it ends, and the goal pays the bonus.
#[test]
fn dense_rewards_of_any_episode_sum_to_the_last_score_and_the_bonus() {
    let mut won = 0;
    for seed in 0..60 {
        let mut world = started(seed);
        let mut luck = super::stream(seed);
        let mut scores = vec![RuleDbProbe::F1.read(&world)];
        let mut bonus = 0.0;
        while world.ending().is_none() {
            let turn = world.noisy_turn(0.3, &mut luck);
            bonus += world.step(&turn).expect("runs").reward;
            scores.push(RuleDbProbe::F1.read(&world));
        }
        let gold = RuleDbGold::of(&world).expect("started");
        assert_eq!(scores[0], 0.0);
        assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
        assert_eq!(bonus, f64::from(u8::from(gold.success)), "the world itself pays for success alone");
        let paid: f64 = state_rewards(&scores, 1.0, gold.success).iter().sum();
        assert!((paid - (gold.f1 + f64::from(u8::from(gold.success)))).abs() < 1e-12);
        won += u32::from(gold.success);
    }
    assert!((5..60).contains(&won), "both kinds of ending occur: {won} of 60 won");
}

/// What makes recall alone hackable: a change that nobody wanted costs `F`, but not recall.
#[test]
fn collateral_changes_cost_f1_and_not_recall() {
    let mut seen = 0;
    for seed in 0..60 {
        let mut world = started(seed);
        while let Some(turn) = world.expert_turn().filter(|turn| *turn != world.done()) {
            world.step(&turn).expect("runs");
        }
        let task = world.task().expect("started").clone();
        let user = *task.start.users.keys().next().expect("there are users");
        for item in task.start.items.keys() {
            let call = Call::CreateOrder { user, item: *item, qty: 1 };
            let mut other = world.clone();
            other.step(&other.write(call)).expect("runs");
            if other.fault().is_some() || other.ending().is_some() {
                continue;
            }
            let gold = RuleDbGold::of(&other).expect("started");
            assert_eq!(RuleDbProbe::Exact.read(&other), 0.0);
            assert!(gold.f1 < 1.0);
            // Unless the order undoes a number that was to change, all that was wanted is still there.
            if RuleDbProbe::Recall.read(&other) == 1.0 {
                assert!(gold.collateral > 0);
                seen += 1;
            }
        }
    }
    assert!(seen > 5, "{seen} collateral orders leave recall at 1");
}

#[test]
fn every_goal_of_a_set_counts_and_the_nearest_gives_the_score() {
    for seed in 0..20 {
        let mut world = started(seed);
        let task = world.task().expect("started").clone();
        // Doing nothing becomes as good as the goal.
        let either = crate::rule_db::RuleDbTask { alternatives: vec![task.start.clone()], ..task.clone() };
        world.reset_to(either).expect("valid");
        assert_eq!((RuleDbProbe::F1.read(&world), RuleDbProbe::Exact.read(&world)), (1.0, 1.0));
        let outcome = world.step(&world.done()).expect("runs");
        assert!(outcome.ending.is_some_and(Ending::is_success));
        // On the way to the first goal the better of both scores counts.
        let both = [&task.goal, &task.start].map(Clone::clone);
        let either = crate::rule_db::RuleDbTask { alternatives: both.to_vec(), ..task.clone() };
        world.reset_to(either).expect("valid");
        let mut alone = started(seed);
        alone.reset_to(task).expect("valid");
        while let Some(turn) = alone.expert_turn() {
            alone.step(&turn).expect("runs");
            if world.ending().is_none() {
                world.step(&turn).expect("runs");
                assert!(RuleDbProbe::F1.read(&world) >= RuleDbProbe::F1.read(&alone));
            }
        }
    }
}
