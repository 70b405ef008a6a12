use std::time::Duration;

use super::*;
use crate::protocol::Message;
use crate::{BudgetConfig, Reply, RetryConfig, ScriptedTransport, TransportError, VirtualSleeper};

type Script = Vec<Result<Reply, TransportError>>;

struct Desk {
    client: Client,
    transport: ScriptedTransport,
    sleeper: VirtualSleeper,
}

fn desk(script: Script, change: impl FnOnce(&mut EndpointConfig)) -> Desk {
    let mut config = EndpointConfig::for_model("m");
    config.retry = RetryConfig { attempts: 3, jitter: 0.0, ..RetryConfig::default() };
    change(&mut config);
    let (transport, sleeper) = (ScriptedTransport::new(script), VirtualSleeper::default());
    let key = Some(ApiKey::new("sk-secret"));
    let client = Client::new(config, key, transport.clone(), sleeper.clone()).expect("a valid configuration");
    Desk { client, transport, sleeper }
}

fn question(text: &str) -> ChatRequest {
    ChatRequest { messages: vec![Message::user(text)], max_tokens: 50, ..ChatRequest::default() }
}

fn content(answer: &ChatChoice) -> &str {
    answer.message.content.as_deref().expect("text")
}

#[test]
fn an_answer_is_returned_and_its_tokens_are_booked() {
    let desk = desk(vec![Ok(Reply::chat("yes"))], |config| {
        config.extra.insert("top_k".to_owned(), 1.into());
        config.extra.insert("model".to_owned(), "other".into());
    });
    assert_eq!(content(&desk.client.chat(&question("?")).expect("an answer")), "yes");
    let counters = desk.client.counters();
    assert_eq!((counters.attempts, counters.prompt_tokens, counters.completion_tokens), (1, 10, 5));
    let call = &desk.transport.calls()[0];
    assert_eq!(call.path, "/chat/completions");
    let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
    assert_eq!((&body["model"], &body["top_k"], &body["max_tokens"]), (&"m".into(), &1.into(), &50.into()));
    assert!(body.get("temperature").is_none() && body.get("stop").is_none());
}

#[test]
fn failures_that_may_go_away_are_tried_again_after_growing_waits() {
    let lost = || Err(TransportError::Unreachable { reason: "refused".to_owned() });
    let script = vec![Ok(Reply::status(500, "oops")), lost(), Ok(Reply::chat("yes"))];
    let desk = desk(script, |_| {});
    desk.client.chat(&question("?")).expect("an answer in the end");
    let counters = desk.client.counters();
    assert_eq!(
        (counters.attempts, counters.retries, counters.server_errors, counters.unreachable),
        (3, 2, 1, 1)
    );
    assert_eq!(desk.sleeper.waits(), [Duration::from_millis(500), Duration::from_secs(1)]);
    assert_eq!(counters.waited_ms, 1500);
}

#[test]
fn what_stays_is_an_error_that_says_what_happened() {
    let cases: Vec<(Script, EndpointError)> = vec![
        (vec![Err(TransportError::TimedOut); 3], EndpointError::TimedOut { attempts: 3 }),
        (
            vec![Ok(Reply::status(503, "later")); 3],
            EndpointError::Server { status: 503, attempts: 3, excerpt: "later".to_owned() },
        ),
        (
            vec![Ok(Reply::ok("<html>")); 3],
            EndpointError::Malformed { reason: "not JSON".to_owned(), excerpt: "<html>".to_owned() },
        ),
        (
            vec![Ok(Reply::status(401, "bad key sk-secret"))],
            EndpointError::Unauthorized { status: 401, excerpt: "bad key <api key>".to_owned() },
        ),
        (
            vec![Ok(Reply::status(400, "no such model"))],
            EndpointError::Rejected { status: 400, excerpt: "no such model".to_owned() },
        ),
        (
            vec![Ok(Reply::ok(r#"{"choices": []}"#))],
            EndpointError::Malformed {
                reason: "no choices".to_owned(),
                excerpt: r#"{"choices": []}"#.to_owned(),
            },
        ),
        (vec![Err(TransportError::TooLarge)], EndpointError::TooLarge { limit: 4 << 20 }),
    ];
    for (script, expected) in cases {
        let calls = script.len();
        let desk = desk(script, |_| {});
        assert_eq!(desk.client.chat(&question("?")).expect_err("no answer"), expected);
        assert_eq!(desk.transport.calls().len(), calls, "{expected}");
    }
}

#[test]
fn a_limited_rate_is_waited_for_as_long_as_asked_but_not_for_ever() {
    let limited = |seconds| {
        Ok(Reply { retry_after: Some(Duration::from_secs(seconds)), ..Reply::status(429, "slow down") })
    };
    let patient = desk(vec![limited(7), Ok(Reply::chat("yes"))], |_| {});
    patient.client.chat(&question("?")).expect("an answer in the end");
    assert_eq!(patient.sleeper.waits(), [Duration::from_secs(7)]);
    assert_eq!(patient.client.counters().rate_limited, 1);
    let hopeless = desk(vec![limited(3600)], |_| {});
    let error = hopeless.client.chat(&question("?")).expect_err("an hour is too long");
    assert_eq!(error, EndpointError::RateLimited { attempts: 1, wait: Some(Duration::from_hours(1)) });
    assert!(hopeless.sleeper.waits().is_empty());
}

#[test]
fn the_budget_refuses_before_anything_is_sent() {
    let budget = BudgetConfig { completion_tokens: Some(60), ..BudgetConfig::default() };
    let desk = desk(vec![Ok(Reply::chat("yes")), Ok(Reply::chat("no"))], |config| config.budget = budget);
    // 50 could be written, 5 were: 55 are left for the second, 10 are used after it.
    desk.client.chat(&question("a")).expect("within the budget");
    desk.client.chat(&question("b")).expect("within the budget");
    let error = desk.client.chat(&ChatRequest { max_tokens: 51, ..question("c") }).expect_err("too much");
    let EndpointError::Budget(refused) = error else { panic!("{error}") };
    assert_eq!((refused.what, refused.spent, refused.asked), ("completion tokens", 10.0, 51.0));
    assert_eq!((desk.transport.calls().len(), desk.client.counters().budget_refusals), (2, 1));
}

#[test]
fn what_a_lost_reply_may_have_taken_stays_booked() {
    let desk = desk(vec![Err(TransportError::TimedOut), Ok(Reply::chat("yes"))], |_| {});
    desk.client.chat(&question("a")).expect("an answer in the end");
    assert_eq!(desk.client.counters().completion_tokens, 50 + 5);
}

#[test]
fn a_reply_without_usage_is_booked_in_full() {
    let body = r#"{"choices": [{"message": {"content": "yes"}}], "usage": null}"#;
    let desk = desk(vec![Ok(Reply::ok(body))], |_| {});
    desk.client.chat(&question("a")).expect("an answer");
    let counters = desk.client.counters();
    assert_eq!((counters.completion_tokens, counters.usage_missing), (50, 1));
}

#[test]
fn identical_requests_are_answered_from_the_cache() {
    let desk = desk(vec![Ok(Reply::chat("yes")), Ok(Reply::chat("no"))], |config| config.cache = 8);
    let answers = ["a", "a", "b", "a"].map(|text| desk.client.chat(&question(text)).expect("an answer"));
    assert_eq!(answers.each_ref().map(content), ["yes", "yes", "no", "yes"]);
    let counters = desk.client.counters();
    assert_eq!((counters.questions, counters.cache_hits, counters.attempts), (4, 2, 2));
}

#[test]
fn many_questions_are_answered_in_their_order() {
    let echo = ScriptedTransport::answering(|call, _| {
        let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        Ok(Reply::chat(body["messages"][0]["content"].as_str().expect("text")))
    });
    let config = EndpointConfig { concurrency: 8, ..EndpointConfig::for_model("m") };
    let client = Client::new(config, None, echo, VirtualSleeper::default()).expect("valid");
    let questions: Vec<ChatRequest> = (0..40).map(|index| question(&index.to_string())).collect();
    let answers = client.for_each(&questions, |question| client.chat(question).expect("an answer"));
    let expected: Vec<String> = (0..40).map(|index| index.to_string()).collect();
    assert_eq!(answers.iter().map(content).collect::<Vec<_>>(), expected);
}

#[test]
fn the_waits_of_a_request_are_the_same_in_every_run() {
    let waits = |text: &str| {
        let desk = desk(vec![Err(TransportError::TimedOut); 3], |config| config.retry.jitter = 1.0);
        desk.client.chat(&question(text)).expect_err("no answer");
        desk.sleeper.waits()
    };
    assert_eq!(waits("a"), waits("a"));
    assert_ne!(waits("a"), waits("b"));
}

#[test]
fn nothing_that_is_shown_holds_the_key() {
    let desk = desk(vec![], |_| {});
    assert!(!format!("{:?}", desk.client).contains("sk-secret"));
}
