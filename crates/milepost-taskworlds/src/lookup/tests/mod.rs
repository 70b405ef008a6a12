mod conformance;
mod documents;
mod episodes;
mod grades;
mod readers;
mod retrieval;
mod rubrics;
mod search;
mod tasks;

use milepost_core::{Demonstrator, Ending, Environment, Purpose, Stream, StreamKey, TaskSeed};
use proptest::prelude::*;

use super::{Compositions, LookupConfig, LookupQa, OutcomeReward, WorldScope};

/// Configurations of every kind that can be built.
fn configs() -> impl Strategy<Value = LookupConfig> {
    let sizes = (4u32..30, 2u32..6, 1u32..5, 1u32..3, 1u32..4, 0u32..3, 0u32..4);
    let knobs = (0.0..1.0f64, prop::bool::ANY, 0.0..=1.0f64, 0u32..4, prop::bool::ANY, 0u32..4, 0u8..3);
    (sizes, knobs, any::<u64>()).prop_map(|(sizes, knobs, seed)| {
        let (entities, relations, hops, name_len, top_k, distractors, slack) = sizes;
        let (noise, clean, shortcut, thoughts, via, citations, compositions) = knobs;
        let turns = hops + 1 + slack;
        let fixed = seed % 3 == 0;
        LookupConfig {
            entities,
            relations,
            hops,
            name_len,
            retriever_noise: if clean { 0.0 } else { noise },
            top_k,
            distractors,
            turns,
            shortcut: if fixed { 0.0 } else { shortcut },
            world: if fixed { WorldScope::Fixed { seed } } else { WorldScope::PerGroup },
            compositions: match compositions {
                1 if hops > 1 => Compositions::Seen,
                2 if hops > 1 => Compositions::Unseen,
                _ => Compositions::All,
            },
            thoughts,
            via,
            citations,
            document_ids: if citations == 0 { 1 + turns % 3 } else { turns * (top_k + distractors) },
            force_answer: seed % 2 == 0,
            outcome: if seed % 5 == 0 { OutcomeReward::F1 } else { OutcomeReward::ExactMatch },
            answer_in_hint: false,
            misread: None,
        }
    })
}

fn built(config: LookupConfig) -> LookupQa {
    LookupQa::new(config).expect("the configuration is valid")
}

fn started(config: LookupConfig, seed: u64) -> LookupQa {
    let mut world = built(config);
    world.reset(TaskSeed::literal(seed)).expect("every seed is a task");
    world
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::POLICY))
}

/// What the world said last.
fn said(world: &LookupQa) -> Vec<u32> {
    let mut tokens = Vec::new();
    world.observe(&mut tokens);
    tokens
}

/// Steps a turn written in words.
fn say(world: &mut LookupQa, turn: &str) -> (f64, Option<Ending>) {
    let tokens = world.words().vocabulary().encode(turn).expect("known words");
    let outcome = world.step(&tokens).expect("the episode runs");
    (outcome.reward, outcome.ending)
}

/// Plays to the end, and returns the sum of rewards.
fn play(world: &mut LookupQa, mut choose: impl FnMut(&LookupQa) -> Vec<u32>) -> f64 {
    let mut total = 0.0;
    while world.ending().is_none() {
        let turn = choose(world);
        total += world.step(&turn).expect("the episode runs").reward;
    }
    total
}

fn follow_expert(world: &mut LookupQa) -> f64 {
    play(world, |world| world.expert_turn().expect("the episode runs"))
}
