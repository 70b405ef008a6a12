//! The real transport against a server in the same process that behaves well and badly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use milepost_endpoint::protocol::{ChatRequest, Message};
use milepost_endpoint::{
    ApiKey, Client, EndpointConfig, EndpointError, HttpTransport, RetryConfig, ThreadSleeper, VirtualSleeper,
};

/// What the server does with a request.
#[derive(Clone)]
enum Act {
    /// Answers with these bytes, head and body, and closes.
    Say(String),
    /// Answers with the head and the body slowly, or not at all, until the client has gone.
    Stall(String),
}

/// A server that does one act for each request, in order, and keeps what it was sent.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    _done: Receiver<()>,
}

impl Server {
    fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}/v1", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (keep, done) = channel();
        let seen = requests.clone();
        std::thread::spawn(move || serve(&listener, acts, &seen, &keep));
        Self { address, requests, _done: done }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn serve(listener: &TcpListener, acts: Vec<Act>, seen: &Mutex<Vec<String>>, _keep: &Sender<()>) {
    for act in acts {
        let Ok((stream, _)) = listener.accept() else { return };
        seen.lock().expect("no panic").push(read_request(&stream));
        match act {
            Act::Say(bytes) => {
                // A client that has seen enough may have gone.
                let _ = (&stream).write_all(bytes.as_bytes());
            }
            Act::Stall(bytes) => {
                let _ = (&stream).write_all(bytes.as_bytes());
                stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out");
                // Returns when the client closes the connection.
                let _ = (&stream).read(&mut [0]);
            }
        }
    }
}

/// Head and body of a request with a `content-length`.
fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).expect("a request") == 0 {
            break;
        }
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
    let mut body = vec![0; length.map_or(0, |length| length.trim().parse().expect("a number"))];
    reader.read_exact(&mut body).expect("the whole body");
    head + &String::from_utf8(body).expect("text")
}

fn reply(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    Act::Say(format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))
}

const YES: &str = r#"{"choices": [{"message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1}, "id": "x", "object": "chat.completion"}"#;

fn yes() -> Act {
    reply("200 OK", "content-type: application/json\r\n", YES)
}

struct Asked {
    answer: Result<String, EndpointError>,
    client: Client,
    sleeper: VirtualSleeper,
    requests: Vec<String>,
}

/// Asks a server that does `acts`, with at most three attempts.
fn ask(acts: Vec<Act>, change: impl FnOnce(&mut EndpointConfig)) -> Asked {
    let server = Server::start(acts);
    let mut config = EndpointConfig {
        base_url: server.address.clone(),
        timeout: 10.0,
        retry: RetryConfig { attempts: 3, ..RetryConfig::default() },
        ..EndpointConfig::for_model("m")
    };
    change(&mut config);
    let key = Some(ApiKey::new("sk-secret"));
    let transport = HttpTransport::new(&config, key.clone()).expect("a valid address");
    let sleeper = VirtualSleeper::default();
    let client = Client::new(config, key, transport, sleeper.clone()).expect("a valid configuration");
    let answer = client.chat(&question()).map(|choice| choice.message.content.expect("text"));
    Asked { answer, client, sleeper, requests: server.requests() }
}

fn question() -> ChatRequest {
    ChatRequest { messages: vec![Message::user("yes?")], max_tokens: 4, ..ChatRequest::default() }
}

#[test]
fn a_good_answer_arrives_and_the_request_is_as_the_protocol_wants_it() {
    let asked = ask(vec![yes()], |_| {});
    assert_eq!(asked.answer, Ok("yes".to_owned()));
    let request = &asked.requests[0];
    let lower = request.to_lowercase();
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{request}");
    assert!(lower.contains("authorization: bearer sk-secret\r\n"), "{request}");
    assert!(lower.contains("content-type: application/json\r\n"), "{request}");
    assert!(request.contains(r#""messages":[{"content":"yes?","role":"user"}]"#), "{request}");
    assert_eq!(asked.client.counters().completion_tokens, 1);
    assert!(!format!("{:?}", asked.client).contains("sk-secret"));
}

#[test]
fn a_server_that_fails_once_is_asked_again() {
    let asked = ask(vec![reply("500 Internal Server Error", "", "oops"), yes()], |_| {});
    assert_eq!(asked.answer, Ok("yes".to_owned()));
    let counters = asked.client.counters();
    assert_eq!((counters.attempts, counters.server_errors, counters.retries), (2, 1, 1));
}

#[test]
fn a_limited_rate_is_waited_for_as_long_as_the_server_asks() {
    let asked = ask(vec![reply("429 Too Many Requests", "Retry-After: 3\r\n", ""), yes()], |_| {});
    assert_eq!(asked.answer, Ok("yes".to_owned()));
    assert_eq!(asked.sleeper.waits(), [Duration::from_secs(3)]);
    assert_eq!(asked.client.counters().rate_limited, 1);
}

#[test]
fn a_server_that_stalls_runs_out_of_time_before_or_within_the_body() {
    let half = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", YES.len(), &YES[..20]);
    let stalls = vec![Act::Stall(String::new()), Act::Stall(half), Act::Stall("HTTP/1.1 2".to_owned())];
    let asked = ask(stalls, |config| config.timeout = 0.3);
    assert_eq!(asked.answer, Err(EndpointError::TimedOut { attempts: 3 }));
    let counters = asked.client.counters();
    assert_eq!((counters.time_outs, counters.interrupted), (3, 0));
    // The work may have been done: the most it could take is booked each time.
    assert_eq!(counters.completion_tokens, 12);
}

#[test]
fn a_connection_that_breaks_within_the_body_is_tried_again() {
    let half = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", YES.len(), &YES[..20]);
    let chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n50\r\n{\"choices\":".to_owned();
    let asked = ask(vec![Act::Say(half), Act::Say(chunk), yes()], |_| {});
    assert_eq!(asked.answer, Ok("yes".to_owned()));
    assert_eq!(asked.client.counters().interrupted, 2);
}

#[test]
fn what_is_not_json_is_tried_again_and_reported() {
    let asked = ask(vec![reply("200 OK", "", "{\"choices\": ["), yes()], |_| {});
    assert_eq!(asked.answer, Ok("yes".to_owned()));
    let asked = ask(vec![reply("200 OK", "", "<html>proxy sk-secret</html>"); 3], |_| {});
    let expected = EndpointError::Malformed {
        reason: "not JSON".to_owned(),
        excerpt: "<html>proxy <api key></html>".to_owned(),
    };
    assert_eq!(asked.answer, Err(expected));
    assert_eq!(asked.client.counters().malformed_replies, 3);
}

#[test]
fn json_of_another_form_is_an_error_at_once() {
    let asked = ask(vec![reply("200 OK", "", r#"{"answer": "yes"}"#)], |_| {});
    let Err(EndpointError::Malformed { reason, .. }) = asked.answer else { panic!("{:?}", asked.answer) };
    assert!(reason.contains("missing field `choices`"), "{reason}");
    assert_eq!(asked.requests.len(), 1);
}

#[test]
fn a_huge_reply_is_not_read_to_its_end() {
    let huge = "x".repeat(100_000);
    for body in [
        reply("200 OK", "", &huge),
        Act::Say(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{huge}")),
        Act::Say(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n186a0\r\n{huge}\r\n0\r\n\r\n"
        )),
    ] {
        let asked = ask(vec![body], |config| config.reply_limit = 1000);
        assert_eq!(asked.answer, Err(EndpointError::TooLarge { limit: 1000 }));
        assert_eq!(asked.client.counters().too_large, 1);
    }
    let asked = ask(vec![yes()], |config| config.reply_limit = YES.len());
    assert_eq!(asked.answer, Ok("yes".to_owned()), "a reply of just the limit is read");
}

#[test]
fn redirects_are_not_followed() {
    let asked = ask(vec![reply("302 Found", "location: http://127.0.0.1:9/\r\n", ""), yes()], |_| {});
    assert!(matches!(asked.answer, Err(EndpointError::Rejected { status: 302, .. })), "{:?}", asked.answer);
    assert_eq!(asked.requests.len(), 1);
}

#[test]
fn where_nobody_listens_there_is_no_connection() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = format!("http://{}/v1", free.expect("a free port"));
    let asked = ask(vec![], |config| config.base_url = address);
    assert!(
        matches!(asked.answer, Err(EndpointError::Unreachable { attempts: 3, .. })),
        "{:?}",
        asked.answer
    );
    let counters = asked.client.counters();
    assert_eq!((counters.unreachable, counters.completion_tokens), (3, 0));
}

#[test]
fn a_client_over_http_really_waits() {
    let server = Server::start(vec![reply("503 Service Unavailable", "Retry-After: 0.05\r\n", ""), yes()]);
    let config = EndpointConfig {
        base_url: format!("{}/", server.address),
        retry: RetryConfig { first_wait: 0.0, ..RetryConfig::default() },
        ..EndpointConfig::for_model("m")
    };
    let client = Client::over_http(config, None).expect("a valid configuration");
    client.chat(&question()).expect("an answer");
    assert_eq!(client.counters().waited_ms, 50);
    assert!(!server.requests()[0].to_lowercase().contains("authorization"));
    let _: ThreadSleeper = ThreadSleeper;
}

#[test]
fn a_key_that_no_header_can_hold_is_refused_and_not_shown() {
    let key = ApiKey::new("sk-secret\n");
    let error = HttpTransport::new(&EndpointConfig::for_model("m"), Some(key)).expect_err("a line break");
    assert!(!error.to_string().contains("sk-secret"), "{error}");
}

#[cfg(not(feature = "https"))]
#[test]
fn an_address_that_needs_tls_is_refused_without_it() {
    let config =
        EndpointConfig { base_url: "https://localhost/v1".to_owned(), ..EndpointConfig::for_model("m") };
    let error = HttpTransport::new(&config, None).expect_err("no TLS");
    assert!(error.to_string().contains("feature `https`"), "{error}");
}
