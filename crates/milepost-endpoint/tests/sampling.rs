//! A policy behind an endpoint can be sampled and evaluated like any other; trained with ratios it cannot.

use std::sync::Arc;

use milepost_core::{Ending, ScoreRequest, TaskSeed, TokenEnvironment, TokenPolicy, Version, Vocabulary};
use milepost_endpoint::{
    Client, EndpointConfig, LogProbsUnavailable, PolicyError, RemotePolicy, RemotePolicyConfig, Reply,
    ScriptedTransport, VirtualSleeper,
};
use milepost_microworlds::tokens::{ArithChain, ArithChainConfig, SingleTurn};
use milepost_sampling::{ContextRule, GroupSampler, SamplerSettings, TokenSampler};

/// Answers 1 in two of three replies, and chats in the third.
fn server() -> ScriptedTransport {
    ScriptedTransport::answering(|call, _| {
        let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        let chats = body["seed"].as_u64().expect("a seed").is_multiple_of(3);
        Ok(Reply::chat(if chats { "Let me think." } else { "ans 1" }))
    })
}

#[test]
fn a_remote_policy_is_sampled_and_its_unreadable_turns_are_malformed_episodes() {
    let world = SingleTurn::new(ArithChain::new(ArithChainConfig::default()).expect("valid"));
    let client = Client::new(EndpointConfig::for_model("m"), None, server(), VirtualSleeper::default());
    let client = Arc::new(client.expect("valid"));
    let config = RemotePolicyConfig::default();
    let policy =
        RemotePolicy::new(client.clone(), world.vocabulary().clone(), Version(0), config).expect("valid");
    let tasks: Vec<_> = (0..8).map(|key| (key, TaskSeed::train(1, key))).collect();
    let context = ContextRule::window(1, 64);
    let settings = SamplerSettings::training(1, context, 1);
    let rollout = GroupSampler { group_size: 16 }
        .sample(&world, &tasks, &policy, &mut [], &settings)
        .expect("a rollout");
    let (mut malformed, mut solved) = (0, 0);
    for trajectory in rollout.batch.trajectories() {
        trajectory.validate().expect("all parts fit");
        let drawn = trajectory.behaviour_logp.iter().zip(trajectory.policy_mask());
        assert!(drawn.filter(|(_, own)| *own).all(|(p, _)| *p == RemotePolicy::UNKNOWN_LOG_PROB));
        malformed += u64::from(trajectory.ending == Ending::Malformed);
        solved += u64::from(trajectory.ending.is_success());
    }
    let counters = client.counters();
    assert_eq!((counters.turns, counters.unreadable_turns), (128, malformed));
    assert!(malformed > 20 && solved > 0, "{malformed} malformed, {solved} solved");
    // The log-probabilities that a ratio would need are refused by name.
    let trajectory = rollout.batch.trajectories().next().expect("a trajectory");
    let request = ScoreRequest { context: &[Vocabulary::BEGIN], tokens: &trajectory.tokens, allowed: &[] };
    assert_eq!(policy.score(&[request]), Err(PolicyError::LogProbs(LogProbsUnavailable::Chat)));
}
