use milepost_core::{Demonstrator, Ending, Outcome, Probe, TurnFault};
use proptest::prelude::*;

use super::*;

fn config() -> ToolConfig {
    ToolConfig::default()
}

/// Plays noisy demonstrations; the events of each episode.
fn played(config: &ToolConfig, noise: f64, episodes: u64) -> Vec<CodeTool> {
    let play = |seed| {
        let mut world = tool(config.clone(), seed);
        let mut draws = stream(seed);
        while world.ending().is_none() {
            let turn = world.noisy_turn(noise, &mut draws);
            world.step(&turn).expect("running");
        }
        world
    };
    (0..episodes).map(play).collect()
}

#[test]
fn a_call_is_answered_with_the_value_or_with_the_error_and_its_place() {
    let mut world = tool(config(), 4);
    assert!(said(&world).contains(" given ["));
    assert_eq!(say(&mut world, "plan run sort rev <end>"), ("parse-error at-1".to_owned(), 0.0));
    assert_eq!(world.fault(), Some(TurnFault::Refused));
    assert_eq!(say(&mut world, "run len | sort <end>").0, "type-error at-2");
    let (length, _) = say(&mut world, "run len <end>");
    assert!(length.starts_with("= ") && world.fault().is_none(), "{length}");
    assert_eq!(say(&mut world, "run <end>").0, "parse-error at-0");
    assert_eq!(world.fault(), Some(TurnFault::Malformed));
    assert_eq!((world.failed_calls(), world.elapsed()), (2, 4));
    let expert = world.expert_turn().expect("running");
    assert_eq!(world.call_of(&expert), None, "the last turn is for the answer");
    assert_eq!(world.step(&expert).expect("running").reward, 1.0);
}

#[test]
fn an_expert_runs_the_target_and_answers_what_the_tool_said() {
    let mut world = tool(config(), 9);
    let call = world.expert_turn().expect("running");
    assert_eq!(world.call_of(&call), Some(1), "after its thought");
    world.step(&call).expect("running");
    let value = said(&world).strip_prefix("= ").expect("a value").to_owned();
    let answer = world.vocabulary().decode(&world.expert_turn().expect("running"));
    assert_eq!(answer, format!("check ans {value} <end>"));
    assert_eq!(say(&mut world, &answer), ("ok".to_owned(), 1.0));
    assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Success)));
}

#[test]
fn a_wrong_answer_ends_the_episode_and_turns_without_one_run_out() {
    let mut world = tool(config(), 9);
    say(&mut world, "ans [ - 9 9 ] <end>");
    assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Failure)));
    let mut world = tool(config(), 9);
    for _ in 0..5 {
        say(&mut world, "run len <end>");
    }
    assert!(matches!(world.ending(), Some(Ending::Truncated(_))));
}

fn ratio(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole)
}

#[test]
fn demonstrations_under_noise_fail_and_repair_as_often_as_asked() {
    let worlds = played(&config(), 0.45, 300);
    let (mut first, mut failed, mut retried, mut repaired) = (0, 0, 0, 0);
    for world in &worlds {
        first += 1;
        failed += u32::from(world.events()[0].is_failed_call());
        for pair in world.events().windows(2).filter(|pair| pair[0].is_fault()) {
            let ToolAction::Run { result, .. } = &pair[1].action else { continue };
            retried += 1;
            repaired += u32::from(result.is_ok());
        }
        assert!(world.ending().is_some_and(Ending::is_success));
    }
    let (failure, repair) = (ratio(failed, first), ratio(repaired, retried));
    assert!((0.33..0.57).contains(&failure), "{failure}");
    assert!((0.4..0.7).contains(&repair), "{repair}");
}

#[test]
fn slips_of_the_tool_come_as_often_as_the_knob_says_and_always_fail() {
    let worlds = played(&ToolConfig { flaky: 0.3, ..config() }, 0.0, 300);
    let (mut calls, mut slips) = (0, 0);
    for event in worlds.iter().flat_map(CodeTool::events) {
        if let ToolAction::Run { slipped, result, .. } = &event.action {
            calls += 1;
            slips += u32::from(*slipped);
            assert_eq!(*slipped, result.is_err());
        }
    }
    let share = ratio(slips, calls);
    assert!((share - 0.3).abs() < 0.1, "{share} of {calls}");
}

#[test]
fn an_apology_that_nothing_called_for_is_out_of_place() {
    let read = |world: &CodeTool| ToolProbe::ALL.map(|mut probe| probe.read(world));
    let mut world = tool(config(), 2);
    assert_eq!(read(&world), [0.0; 3]);
    say(&mut world, "sorry run len <end>");
    assert_eq!(read(&world), [0.0, 0.0, 1.0]);
    say(&mut world, "run | <end>");
    assert_eq!(read(&world), [1.0, 0.0, 0.0]);
    say(&mut world, "sorry run len <end>");
    assert_eq!(read(&world), [0.0, 1.0, 0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_replay_of_the_turns_meets_the_same_results(seed: u64, flaky in 0.0..0.8, noise in 0.0..=1.0) {
        let config = ToolConfig { flaky, ..config() };
        let mut world = tool(config.clone(), seed);
        let (mut draws, mut turns) = (stream(seed), Vec::new());
        while world.ending().is_none() {
            turns.push(world.noisy_turn(noise, &mut draws));
            world.step(turns.last().expect("pushed")).expect("running");
        }
        let mut again = tool(config, seed);
        for turn in &turns {
            again.step(turn).expect("running");
        }
        prop_assert_eq!(again.events(), world.events());
        prop_assert_eq!(again.ending(), world.ending());
    }

    #[test]
    fn every_value_that_a_target_gives_can_be_answered(seed: u64, task in task_configs()) {
        let mut world = tool(ToolConfig { task, calls: 1, ..config() }, seed);
        let call = world.expert_turn().expect("running");
        world.step(&call).expect("running");
        let answer = world.expert_turn().expect("running");
        for at in 0..answer.len() {
            let mut allowed = Vec::new();
            prop_assert!(world.grammar(&answer[..at], &mut allowed));
            prop_assert!(allowed.contains(&answer[at]), "{}", world.vocabulary().decode(&answer));
        }
        prop_assert_eq!(world.step(&answer).expect("running").reward, 1.0);
    }
}
