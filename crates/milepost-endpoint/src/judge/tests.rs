use super::*;
use crate::{EndpointConfig, Reply, ScriptedTransport, VirtualSleeper};

fn judge(transport: ScriptedTransport, scale: Scale) -> RemoteJudge {
    let client = Client::new(EndpointConfig::for_model("m"), None, transport, VirtualSleeper::default());
    let config = JudgeConfig { instructions: "Is it right?".to_owned(), scale, ..JudgeConfig::default() };
    RemoteJudge::new(Arc::new(client.expect("valid")), config).expect("valid")
}

fn read(scale: Scale, reply: &str) -> Verdict {
    let judge = judge(ScriptedTransport::new([Ok(Reply::chat(reply))]), scale);
    judge.judge("2 + 2 = 4").expect("an answer")
}

const TEN: Scale = Scale::Score { least: 0.0, most: 10.0 };

#[test]
fn verdicts_in_the_stated_form_are_numbers() {
    let value = |scale, reply| read(scale, reply).value();
    assert_eq!(value(Scale::Pass, r#"{"reason": "fine", "pass": true}"#), Some(1.0));
    assert_eq!(value(Scale::Pass, r#"{"pass": false}"#), Some(0.0));
    assert_eq!(value(TEN, "```json\n{\"score\": 7.5}\n```"), Some(7.5));
    assert_eq!(value(Scale::Preference, r#"{"preferred": "second"}"#), Some(0.0));
    assert_eq!(value(Scale::Preference, r#"{"preferred": "tie"}"#), Some(0.5));
}

#[test]
fn anything_else_is_an_abstention_and_never_a_zero() {
    for (scale, reply) in [
        (Scale::Pass, "Yes, it passes."),
        (Scale::Pass, ""),
        (Scale::Pass, r#"{"pass": "yes"}"#),
        (Scale::Pass, r#"{"score": 1}"#),
        (Scale::Pass, r#"{"pass": true} {"pass": false}"#),
        (TEN, r#"{"score": null}"#),
        (Scale::Preference, r#"{"preferred": "neither"}"#),
    ] {
        let verdict = read(scale, reply);
        assert!(matches!(verdict.abstention(), Some(Abstention::Malformed { .. })), "{reply}: {verdict:?}");
        assert_eq!(verdict.value(), None);
    }
    let off = Abstention::OffTheScale { score: 11.0, least: 0.0, most: 10.0 };
    assert_eq!(read(TEN, r#"{"score": 11}"#).abstention(), Some(&off));
    let declined = Abstention::Declined { reason: "unclear".to_owned() };
    assert_eq!(read(TEN, r#"{"abstain": "unclear"}"#).abstention(), Some(&declined));
}

#[test]
fn abstentions_are_counted_and_cut_replies_are_abstentions() {
    let cut = r#"{"choices": [{"message": {"content": "{\"pass\": true}"}, "finish_reason": "length"}]}"#;
    let refused = r#"{"choices": [{"message": {"content": null, "refusal": "I cannot"}}]}"#;
    let script = [Reply::ok(cut), Reply::ok(refused), Reply::chat(r#"{"pass": true}"#)];
    let transport = ScriptedTransport::new(script.map(Ok));
    let judge = judge(transport.clone(), Scale::Pass);
    let verdicts: Vec<Verdict> = (0..3).map(|_| judge.judge("case").expect("an answer")).collect();
    assert_eq!(verdicts[0].abstention(), Some(&Abstention::Cut));
    assert!(matches!(verdicts[1].abstention(), Some(Abstention::Declined { .. })));
    assert_eq!(verdicts[2].value(), Some(1.0));
    let counters = judge.client().counters();
    assert_eq!((counters.judgements, counters.abstentions), (3, 2));
    let body: serde_json::Value = serde_json::from_str(&transport.calls()[0].body).expect("JSON");
    assert_eq!(body["response_format"]["type"], "json_object");
    let told = body["messages"][0]["content"].as_str().expect("text");
    assert!(told.starts_with("Is it right?\n") && told.contains("\"pass\": true or false"), "{told}");
}

#[test]
fn verdicts_are_in_the_order_of_the_cases() {
    let echo = ScriptedTransport::answering(|call, _| {
        let body: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
        let case = body["messages"][1]["content"].as_str().expect("text");
        Ok(Reply::chat(&format!("{{\"score\": {case}}}")))
    });
    let judge = judge(echo, TEN);
    let cases: Vec<String> = (0..10).map(|case| case.to_string()).collect();
    let verdicts = judge.judge_all(&cases).into_iter().map(|verdict| verdict.expect("an answer").value());
    assert_eq!(verdicts.collect::<Vec<_>>(), (0..10).map(|case| Some(f64::from(case))).collect::<Vec<_>>());
}

#[test]
fn a_judge_without_instructions_or_scale_is_refused() {
    let client = Client::new(
        EndpointConfig::for_model("m"),
        None,
        ScriptedTransport::new([]),
        VirtualSleeper::default(),
    );
    let client = Arc::new(client.expect("valid"));
    RemoteJudge::new(client.clone(), JudgeConfig::default()).expect_err("no instructions");
    let scale = Scale::Score { least: 1.0, most: 1.0 };
    let config = JudgeConfig { instructions: "Judge.".to_owned(), scale, ..JudgeConfig::default() };
    RemoteJudge::new(client, config).expect_err("no scale");
}
