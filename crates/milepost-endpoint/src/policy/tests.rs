use std::sync::Arc;

use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_microworlds::tokens::{ArithChain, ArithChainConfig, SingleTurn};

use super::*;
use crate::{EndpointConfig, Reply, ScriptedTransport, VirtualSleeper};

type World = SingleTurn<ArithChain>;

fn world(seed: u64) -> World {
    let mut world = World::new(ArithChain::new(ArithChainConfig::default()).expect("valid"));
    world.reset(TaskSeed::literal(seed)).expect("a task");
    world
}

fn context(world: &World) -> Vec<u32> {
    let mut said = world.new_observation();
    world.observe(&mut said);
    said
}

fn policy(transport: ScriptedTransport, config: RemotePolicyConfig) -> RemotePolicy {
    let client = Client::new(EndpointConfig::for_model("m"), None, transport, VirtualSleeper::default());
    let vocabulary = world(0).vocabulary().clone();
    RemotePolicy::new(Arc::new(client.expect("valid")), vocabulary, Version(3), config).expect("valid")
}

fn request<'a>(context: &'a [u32], environment: &'a World, step: u32) -> TurnRequest<'a, World> {
    let stream = Stream::new(StreamKey { step, ..StreamKey::new(1, Purpose::POLICY) });
    TurnRequest { context, environment, constrained: false, stream }
}

fn draw(policy: &RemotePolicy, world: &World) -> Result<DrawnTurn, PolicyError> {
    let context = context(world);
    policy.draw(vec![request(&context, world, 0)]).map(|mut turns| turns.remove(0))
}

#[test]
fn a_reply_becomes_a_turn_of_the_world() {
    let mut world = world(1);
    let said = world.vocabulary().decode(&context(&world));
    let answer = world.task().solution(world.problem().expect("posed"));
    let transport = ScriptedTransport::new([Ok(Reply::chat(&format!("ans {answer}")))]);
    let policy = policy(transport.clone(), RemotePolicyConfig::default());
    let turn = draw(&policy, &world).expect("a turn");
    assert_eq!(world.vocabulary().decode(&turn.tokens), format!("ans {answer} <end>"));
    assert_eq!(turn.log_probs, [RemotePolicy::UNKNOWN_LOG_PROB; 3]);
    assert_eq!(world.step(&turn.tokens).expect("steps").reward, 1.0);
    let body: serde_json::Value = serde_json::from_str(&transport.calls()[0].body).expect("JSON");
    assert_eq!(body["messages"][1]["content"], said.strip_prefix("<begin> ").expect("begins"));
    let system = body["messages"][0]["content"].as_str().expect("text");
    assert!(system.ends_with("forward backward pairs") && !system.contains('<'), "{system}");
    assert!(body["seed"].is_u64());
}

#[test]
fn what_cannot_be_read_is_a_malformed_turn_and_is_counted() {
    let declined = r#"{"choices": [{"message": {"content": null, "refusal": "no"}}], "usage": null}"#;
    let cut = r#"{"choices": [{"message": {"content": "1 ;"}, "finish_reason": "length"}], "usage": null}"#;
    let script = [Reply::chat("The answer is 3."), Reply::chat(""), Reply::ok(declined), Reply::ok(cut)];
    let policy = policy(ScriptedTransport::new(script.map(Ok)), RemotePolicyConfig::default());
    for _ in 0..3 {
        let mut world = world(1);
        let turn = draw(&policy, &world).expect("a turn");
        assert_eq!(turn.tokens, [RemotePolicy::UNREADABLE, Vocabulary::END]);
        world.step(&turn.tokens).expect("nonsense is no error");
        assert!(world.fault().is_some());
    }
    assert_eq!(draw(&policy, &world(1)).expect("a turn").tokens.len(), 3);
    let counters = policy.client().counters();
    assert_eq!((counters.turns, counters.unreadable_turns, counters.cut_replies), (4, 3, 1));
    assert_eq!(counters.turns_without_log_probs, 4);
}

#[test]
fn turns_come_in_the_order_of_their_requests() {
    let echo = ScriptedTransport::answering(|call, _| {
        let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        let first = body["messages"][1]["content"].as_str().expect("text").split(' ').next();
        Ok(Reply::chat(&format!("ans {}", first.expect("a word"))))
    });
    let policy = policy(echo, RemotePolicyConfig::default());
    let worlds: Vec<World> = (0..20).map(world).collect();
    let contexts: Vec<Vec<u32>> = worlds.iter().map(context).collect();
    let requests = worlds.iter().zip(&contexts).map(|(world, context)| request(context, world, 0));
    let turns = policy.draw(requests.collect()).expect("turns");
    for (turn, context) in turns.iter().zip(&contexts) {
        assert_eq!(turn.tokens[1], context[1]);
    }
}

#[test]
fn seeds_follow_the_streams() {
    let transport = ScriptedTransport::answering(|_, _| Ok(Reply::chat("ans 1")));
    let policy = policy(transport.clone(), RemotePolicyConfig::default());
    let world = world(1);
    let context = context(&world);
    for step in [0, 0, 1] {
        policy.draw(vec![request(&context, &world, step)]).expect("a turn");
    }
    let bodies: Vec<String> = transport.calls().into_iter().map(|call| call.body).collect();
    assert!(bodies[0] == bodies[1] && bodies[1] != bodies[2]);
}

/// A server that splits text into characters and knows that each has the log-probability −0.5.
fn by_characters() -> ScriptedTransport {
    ScriptedTransport::answering(|call, _| {
        let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        if body["echo"] != true {
            return Ok(Reply::completion(" ans 1\nmore"));
        }
        let prompt = body["prompt"].as_str().expect("text");
        let tokens: Vec<String> = prompt.chars().map(String::from).collect();
        let log_probs: Vec<Option<f64>> = (0..tokens.len()).map(|at| (at > 0).then_some(-0.5)).collect();
        let log_probs = serde_json::json!({ "tokens": tokens, "token_logprobs": log_probs });
        let choice = serde_json::json!({ "text": prompt, "logprobs": log_probs });
        Ok(Reply::ok(serde_json::json!({ "choices": [choice] }).to_string()))
    })
}

#[test]
fn drawn_log_probs_are_those_of_scoring() {
    let config = RemotePolicyConfig {
        interface: Interface::Completion,
        instructions: "Do the sums.".to_owned(),
        log_probs: true,
        ..RemotePolicyConfig::default()
    };
    let policy = policy(by_characters(), config);
    let world = world(1);
    let turn = draw(&policy, &world).expect("a turn");
    // ` ans`, ` 1` and the end of the line: 4, 2 and 1 characters.
    assert_eq!(world.vocabulary().decode(&turn.tokens), "ans 1 <end>");
    assert_eq!(turn.log_probs, [-2.0, -1.0, -0.5]);
    let context = context(&world);
    let request = ScoreRequest { context: &context, tokens: &turn.tokens, allowed: &[] };
    assert_eq!(policy.score(&[request, request]).expect("scores"), [turn.log_probs.clone(), turn.log_probs]);
    let odd = ScoreRequest { tokens: &[RemotePolicy::UNREADABLE], ..request };
    let error = policy.score(&[odd]).expect_err("no word");
    assert_eq!(error, PolicyError::LogProbs(LogProbsUnavailable::Wordless { token: u32::MAX }));
}

#[test]
fn what_an_endpoint_cannot_do_is_refused_by_name() {
    let chat = policy(ScriptedTransport::new([]), RemotePolicyConfig::default());
    let world = world(1);
    let context = context(&world);
    let request = TurnRequest { constrained: true, ..request(&context, &world, 0) };
    assert_eq!(chat.draw(vec![request]), Err(PolicyError::Constrained));
    let score = ScoreRequest { context: &context, tokens: &[3], allowed: &[] };
    assert_eq!(chat.score(&[score]), Err(PolicyError::LogProbs(LogProbsUnavailable::Chat)));
    let small =
        ArithChain::new(ArithChainConfig { modulus: 7, ..ArithChainConfig::default() }).expect("valid");
    let mut other = SingleTurn::new(small);
    other.reset(TaskSeed::literal(0)).expect("a task");
    assert!(matches!(draw(&chat, &other), Err(PolicyError::Vocabulary { world: 19, policy: 23 })));
    let wants = RemotePolicyConfig { log_probs: true, ..RemotePolicyConfig::default() };
    assert!(wants.check().is_err());
}
