use milepost_core::{
    Budget, Demonstrator, Ending, Environment, Outcome, Probe, TaskSeed, TokenEnvironment, TurnFault,
};

use crate::rule_db::{Call, RuleDb, RuleDbConfig, RuleDbGold, RuleDbOracle, RuleDbProbe, state_rewards};

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
fn without_the_last_word_time_runs_out() {
    let mut world = started(3);
    let turn = world.write(Call::GetItem { item: 0 });
    let last = (0..11).map(|_| world.step(&turn).expect("runs")).last().expect("eleven turns");
    assert_eq!((last.reward, last.ending), (0.0, Some(Ending::Truncated(Budget::Steps))));
    assert_eq!(world.expert_turn(), None);
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
