//! Faults of the older server that must not come back, one case each.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::raw::Wire;
use crate::harness::shape::{assert_refused, succeeded};
use crate::harness::{TestServer, answer_event, event};

const AT: &str = "2025-12-03T10:11:12Z";

#[tokio::test]
async fn only_the_first_100_events_were_returned() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for _ in 0..101 {
        server.add_event(&event("a", "message", AT)).await;
    }
    let answer = succeeded(&server.get("/sessions/a/events").await);
    assert_eq!(answer["events"].as_array().map(Vec::len), Some(101));
    assert!(answer.get("next").is_none(), "there is no more");
    assert_eq!(succeeded(&server.get("/events/a").await)["events"].as_array().map(Vec::len), Some(101));
}

#[tokio::test]
async fn zero_false_and_empty_values_became_null() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let values = [json!(0), json!(false), json!(""), json!([]), json!({}), json!(0.0)];
    for value in &values {
        let mut body = event("a", "post_tool", AT);
        body["tool_output"] = value.clone();
        server.add_event(&body).await;
    }
    let events = server.events("a").await;
    let shown: Vec<&Value> = events.iter().map(|event| &event["tool_output"]).collect();
    assert_eq!(shown, values.iter().collect::<Vec<_>>());
    let mut body = event("a", "post_tool", "2025-12-03T10:11:13Z");
    for (key, value) in [
        ("tool_input", json!({})),
        ("error", json!("")),
        ("exit_code", json!(0)),
        ("reason", json!("")),
        ("content", json!([])),
    ] {
        body[key] = value;
    }
    server.add_event(&body).await;
    let last = server.events("a").await.pop().unwrap();
    for key in ["tool_input", "error", "exit_code", "reason", "content"] {
        assert_eq!(last[key], body[key], "{key}");
    }
}

#[tokio::test]
async fn events_of_equal_times_stood_newest_first() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for index in 0..20 {
        server.add_event(&answer_event("a", &index.to_string(), AT)).await;
    }
    let events = server.events("a").await;
    let shown: Vec<_> = events.iter().map(|event| event["content"][0]["text"].as_str().unwrap()).collect();
    assert_eq!(shown, (0..20).map(|index| index.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn times_were_ordered_as_text() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    // In the order of their instants, which is not that of their texts.
    let times = [
        "2025-12-03T23:00:00+14:00",
        "2025-12-03T10:11:12Z",
        "2025-12-03T10:11:12.000001+00:00",
        "2025-12-03 10:11:12.1",
        "2025-12-03T10:11:12.25Z",
        "2025-12-03T05:00:00-06:00",
    ];
    for at in times.iter().rev() {
        server.add_event(&event("a", "message", at)).await;
    }
    let events = server.events("a").await;
    assert_eq!(events.iter().map(|event| &event["timestamp"]).collect::<Vec<_>>(), times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_was_sent_before_init() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let done = tokio_util::sync::CancellationToken::new();
    let posting = async {
        while !done.is_cancelled() {
            server.add_event(&event("a", "message", AT)).await;
        }
    };
    let connecting = async {
        for _ in 0..15 {
            let firsts = join_all((0..10).map(async |_| server.ws("").await.next().await)).await;
            for first in firsts {
                assert_eq!(first["type"], "init", "{first}");
            }
        }
        done.cancel();
    };
    tokio::join!(posting, connecting);
}

#[tokio::test]
async fn one_stuck_reader_stopped_every_post() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let stuck = Wire::web_socket(server.address, "").await;
    let mut body = event("a", "post_tool", AT);
    body["tool_output"] = json!("x".repeat(100_000));
    // Far more than all the buffers between them hold.
    for _ in 0..200 {
        server.add_event(&body).await;
    }
    drop(stuck);
    assert_eq!(server.session("a").await["event_count"], 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_409_left_the_database_locked() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for round in 0..5 {
        let again = json!({"session_id": "a", "session_name": "n"});
        let conflicts = join_all((0..4).map(|_| server.post("/sessions", &again)));
        let writes = join_all((0..4).map(async |_| server.post("/events", &event("a", "message", AT)).await));
        let (conflicts, writes) = tokio::join!(conflicts, writes);
        for conflict in conflicts {
            assert_refused(&conflict, 409, "Session already exists");
        }
        assert!(writes.iter().all(|answer| answer.status == 200), "{writes:?}");
        server.create_session(&format!("after {round}")).await;
    }
    assert_eq!(server.session("a").await["event_count"], 20);
}

#[tokio::test]
async fn values_that_no_reader_takes_made_a_session_unreadable() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for value in ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", r#""\ud800""#, r#"{"\udfff":0}"#] {
        let body = event("a", "post_tool", AT).to_string();
        let body = format!(r#"{},"tool_output":{value}}}"#, body.trim_end_matches('}'));
        assert_refused(&server.post_text("/sessions/a/events", body.clone()).await, 400, "body: ");
        assert_refused(&server.post_text("/events", body).await, 400, "body: ");
    }
    assert!(server.events("a").await.is_empty());
}

#[tokio::test]
async fn an_exit_code_beyond_64_bits_was_a_500() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for code in ["9223372036854775808", "-9223372036854775809", "123456789012345678901234567890"] {
        let body = event("a", "session_stop", AT).to_string();
        let body = format!(r#"{},"exit_code":{code}}}"#, body.trim_end_matches('}'));
        assert_refused(&server.post_text("/events", body).await, 400, "exit_code: must be a 64-bit integer");
    }
    assert_eq!(server.status("a").await, "running");
}

/// An id is either reached by every path, or refused when it is made.
#[tokio::test]
async fn some_ids_were_reached_by_no_url() {
    let server = TestServer::start().await;
    for id in ["a/b", "/", "a b", "a?b", "a#b", "%2F", "ü", "...", ".", "..", "", "a\nb", &"x".repeat(300)] {
        let answer = server.post("/sessions", &json!({"session_id": id, "session_name": "n"})).await;
        if answer.status != 200 {
            assert_refused(&answer, 400, "session_id: ");
            continue;
        }
        let path = format!("/sessions/{}", crate::harness::encode(id));
        let shown = server.raw("GET", &path, &[], "").await;
        assert_eq!(succeeded(&shown)["session"]["session_id"], id);
        assert_eq!(server.raw("DELETE", &path, &[], "").await.status, 200, "{id}");
    }
    assert_eq!(server.listed("").await, [""; 0]);
}

#[tokio::test]
async fn an_empty_patch_was_accepted_and_broadcast() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    let mut socket = server.ws("").await;
    socket.next().await;
    for body in [json!({}), json!({"session_name": null}), json!({"unknown": 1})] {
        assert_refused(&server.patch("/sessions/a/metadata", &body).await, 400, "body: at least one field");
    }
    server.create_session("sentinel").await;
    assert_eq!(socket.next().await["session"]["session_id"], "sentinel", "nothing was sent before");
}

#[tokio::test]
async fn a_post_without_a_content_type_was_taken() {
    let server = TestServer::start().await;
    let session = json!({"session_id": "a", "session_name": "n"}).to_string();
    assert_refused(&server.raw("POST", "/sessions", &[], &session).await, 415, "Content-Type: ");
    let start = event("a", "session_start", AT).to_string();
    assert_refused(&server.raw("POST", "/events", &[], &start).await, 415, "Content-Type: ");
    assert_eq!(server.listed("").await, [""; 0]);
}
