//! Recorded episodes of TextWorld's two engines, replayed step by step.

use crate::recorded;
use std::collections::BTreeMap;

use milepost_testkit::fixtures;
use milepost_textworld::engine::{ActionId, Reply, Resolve, Session};
use serde::Deserialize;

type RecordedInstance = (String, BTreeMap<String, String>);

#[derive(Deserialize)]
struct Trace {
    game: String,
    policy: String,
    reset: Reset,
    steps: Vec<Step>,
    commands: Vec<String>,
    #[serde(default)]
    end_valid: Option<Vec<RecordedInstance>>,
}

#[derive(Deserialize)]
struct Reset {
    facts: String,
    adm: Vec<usize>,
    valid: Vec<RecordedInstance>,
    valid_commands: Option<Vec<usize>>,
    policy: Vec<usize>,
    won: bool,
    lost: bool,
    ir: i32,
}

#[derive(Deserialize)]
struct Step {
    cmd: String,
    act: Option<RecordedInstance>,
    add: Vec<String>,
    del: Vec<String>,
    facts: String,
    adm: Vec<usize>,
    n_valid: usize,
    policy: Vec<usize>,
    score: i64,
    ir: i32,
    won: bool,
    lost: bool,
    done: bool,
    moves: u32,
}

fn facts(session: &Session) -> Vec<String> {
    let mut facts: Vec<String> = session.facts().map(|fact| fact.to_string()).collect();
    facts.sort();
    facts
}

/// The rule and what its placeholders stand for; as recorded, with every constant.
fn instance(session: &Session, action: ActionId) -> RecordedInstance {
    let world = session.world();
    let constants = world.game().knowledge.types.constants();
    let mut bindings: BTreeMap<String, String> =
        constants.map(|constant| (constant.to_string(), constant.to_string())).collect();
    bindings
        .extend(world.bindings_of(action).map(|(p, variable)| (p.to_string(), variable.name.to_string())));
    (world.rule_of(action).expect("a known action").to_string(), bindings)
}

fn valid(session: &Session) -> Vec<RecordedInstance> {
    session.valid_actions().map(|action| instance(session, action)).collect()
}

struct Replay {
    session: Session,
    place: String,
    compiled: bool,
}

impl Replay {
    fn check_common(&self, trace: &Trace, hash: &str, adm: &[usize], policy: &[usize]) {
        let text =
            |indices: &[usize]| indices.iter().map(|i| trace.commands[*i].as_str()).collect::<Vec<_>>();
        let place = &self.place;
        assert_eq!(recorded::fnv(&facts(&self.session).join("\n")), hash, "facts, {place}");
        assert_eq!(self.session.admissible_commands().collect::<Vec<_>>(), text(adm), "admissible, {place}");
        let found = self.session.policy().unwrap_or_default();
        assert_eq!(found, text(policy), "policy, {place}");
    }

    fn reset(&self, trace: &Trace) {
        let expected = &trace.reset;
        let session = &self.session;
        let place = &self.place;
        self.check_common(trace, &expected.facts, &expected.adm, &expected.policy);
        assert_eq!(valid(session), expected.valid, "valid actions, {place}");
        if let Some(commands) = &expected.valid_commands {
            let of_action = |action| session.world().command_of_action(action).expect("every action has one");
            let found = session.valid_actions().map(of_action);
            let found: Vec<_> = found.filter_map(|command| session.world().command(command)).collect();
            let expected: Vec<_> = commands.iter().map(|i| trace.commands[*i].as_str()).collect();
            assert_eq!(found, expected, "valid commands, {place}");
        }
        let found = (session.is_won(), session.is_lost(), session.intermediate_reward());
        assert_eq!(found, (expected.won, expected.lost, expected.ir), "won, lost, reward, {place}");
    }

    fn step(&mut self, trace: &Trace, expected: &Step) {
        let before = facts(&self.session);
        let reply = self.session.step(&expected.cmd);
        let session = &self.session;
        let place = &self.place;
        self.check_common(trace, &expected.facts, &expected.adm, &expected.policy);
        let after = facts(session);
        let only = |these: &[String], others: &[String]| -> Vec<String> {
            these.iter().filter(|fact| others.binary_search(fact).is_err()).cloned().collect()
        };
        assert_eq!(only(&after, &before), expected.add, "added facts, {place}");
        assert_eq!(only(&before, &after), expected.del, "removed facts, {place}");
        assert_eq!(session.valid_actions().count(), expected.n_valid, "number of valid actions, {place}");
        let found = (session.score(), session.intermediate_reward(), session.is_won(), session.is_lost());
        assert_eq!(found, (expected.score, expected.ir, expected.won, expected.lost), "outcome, {place}");
        assert_eq!(session.is_done(), expected.done, "done, {place}");
        if !self.compiled {
            // The compiled game's record keeps the last action through refusals, and counts its own turns.
            let done = if let Reply::Done(action) = reply { Some(instance(session, action)) } else { None };
            assert_eq!(done, expected.act, "action, {place}");
            assert_eq!(session.moves(), expected.moves, "moves, {place}");
        }
    }
}

fn replay(file: &str, resolve: Resolve) {
    let worlds = recorded::worlds();
    let traces: Vec<Trace> = fixtures::json_lines(file).expect("the fixture can be read");
    assert!(!traces.is_empty(), "{file} holds no traces");
    for trace in &traces {
        let session = Session::with_resolve(worlds[&trace.game].clone(), resolve);
        let place = format!("{} ({}), reset", trace.game, trace.policy);
        let mut replay = Replay { session, place, compiled: resolve == Resolve::MostPreconditions };
        replay.reset(trace);
        for (index, step) in trace.steps.iter().enumerate() {
            replay.place = format!("{} ({}), step {index} `{}`", trace.game, trace.policy, step.cmd);
            replay.step(trace, step);
        }
        if let Some(expected) = &trace.end_valid {
            assert_eq!(&valid(&replay.session), expected, "valid actions at the end, {}", replay.place);
        }
    }
}

#[test]
fn fixture_traces_of_the_json_engine_replay_exactly() {
    replay("parity/textworld/traces.jsonl.gz", Resolve::FirstRule);
}

#[test]
fn fixture_traces_of_the_compiled_game_replay_exactly() {
    replay("parity/textworld/ztraces.jsonl.gz", Resolve::MostPreconditions);
}
