//! Replays a trajectory's turns in a fresh world, for tests.

use milepost_core::{SpanKind, TokenEnvironment, Trajectory};

/// Demands that prompt, replies, rewards and state keys are those of a fresh world that takes the same turns.
pub(crate) fn assert_replays<E: TokenEnvironment>(prototype: &E, trajectory: &Trajectory<()>) {
    let mut world = prototype.clone();
    world.reset(trajectory.task).expect("the task exists");
    let said = |kind, turn| -> Vec<u32> {
        let spans = trajectory.spans.iter().filter(|span| span.kind == kind && span.turn as usize == turn);
        spans.flat_map(|span| &trajectory.tokens[span.range()]).copied().collect()
    };
    let heard = |world: &E| {
        let mut words = world.new_observation();
        world.observe(&mut words);
        words
    };
    assert_eq!(heard(&world), said(SpanKind::Prompt, 0), "the prompt");
    assert_eq!(world.state_key(), trajectory.state_keys[0], "the first state");
    for turn in 0..trajectory.turns.len() {
        let outcome = world.step(&said(SpanKind::Policy, turn)).expect("a turn was taken here");
        assert_eq!(heard(&world), said(SpanKind::Environment, turn), "the reply to turn {turn}");
        assert_eq!(outcome.reward, trajectory.turns[turn].reward, "the reward of turn {turn}");
        assert_eq!(world.state_key(), trajectory.state_keys[turn + 1], "the state after turn {turn}");
    }
}
