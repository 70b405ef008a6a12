mod conformance;
mod dialogue;
mod differences;
mod laws;
mod refusals;
mod searches;
mod tasks;

use milepost_core::{Purpose, Stream, StreamKey, TaskSeed};
use proptest::prelude::*;

use super::architect::draw_rules;
use super::{Generator, Role, RuleBook, RuleDbConfig, RuleDbTask, synthesise};

/// A stream of one test.
fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("rule-db test")))
}

/// Rules that an architect might draw.
fn drawn_book(seed: u64) -> RuleBook {
    draw_rules(&RuleDbConfig::default(), &mut stream(seed))
}

/// A task of a generator.
fn task(generator: Generator, seed: u64) -> RuleDbTask {
    let config = RuleDbConfig { generator, ..RuleDbConfig::default() };
    synthesise(&config, TaskSeed::literal(seed)).expect("the default parameters make tasks")
}

/// The generators whose tasks are verified.
fn verified() -> impl Strategy<Value = Generator> {
    prop::sample::select(vec![
        Generator::Logigen,
        Generator::WithoutBoundaries,
        Generator::WithoutDistractors,
    ])
}

fn roles() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}
