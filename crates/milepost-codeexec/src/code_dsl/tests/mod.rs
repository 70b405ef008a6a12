mod conformance;
mod episodes;
mod languages;
mod tasks;
mod tools;

use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment};
use proptest::prelude::*;

use super::*;

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("code-dsl tests")))
}

/// What a world says to a turn of these words, and its reward.
fn say<E: TokenEnvironment>(world: &mut E, text: &str) -> (String, f64) {
    let turn = world.vocabulary().encode(text).expect("words");
    let outcome = world.step(&turn).expect("the episode runs");
    (said(world), outcome.reward)
}

fn said<E: TokenEnvironment>(world: &E) -> String {
    let mut tokens = world.new_observation();
    world.observe(&mut tokens);
    world.vocabulary().decode(&tokens)
}

fn dsl(config: CodeConfig, seed: u64) -> CodeDsl {
    let mut world = CodeDsl::new(config).expect("parameters");
    world.reset(TaskSeed::literal(seed)).expect("a task");
    world
}

fn tool(config: ToolConfig, seed: u64) -> CodeTool {
    let mut world = CodeTool::new(config).expect("parameters");
    world.reset(TaskSeed::literal(seed)).expect("a task");
    world
}

fn task(seed: u64) -> CodeTask {
    CodeTask::draw(&TaskConfig::default(), TaskSeed::literal(seed)).expect("a task")
}

prop_compose! {
    fn task_configs()(
        least_ops in 2u32..=3, more in 0u32..=1, guards in 0u32..=2, examples in 0u32..=2, shown in 0u32..=4,
        easy in 0u32..=8, medium in 2u32..=4, harder in 0u32..=1, copies in 1u32..=4, synonyms in 0.0..=1.0,
    ) -> TaskConfig {
        let hard = guards + harder;
        TaskConfig {
            least_ops, most_ops: least_ops + more, guards, synonyms, examples, shown, easy, medium, hard, copies,
        }
    }
}
