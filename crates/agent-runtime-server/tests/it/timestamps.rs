//! Points in time: which spellings are taken, how they are ordered, and that they come back as sent.

use serde_json::json;

use crate::harness::shape::{assert_refused, texts};
use crate::harness::{TestServer, event};

/// Every form that is taken, in the order of their instants; equal instants stand side by side.
const ACCEPTED: [&[&str]; 12] = [
    &["0001-01-01T00:00:00+23:59"],
    &["0001-01-01 00:00:00"],
    &["1969-12-31T23:59:59.999999Z"],
    &["1970-01-01T00:00:00Z", "1970-01-01 00:00:00.0", "1970-01-01T01:00:00+0100", "1969-12-31T23:30:00-00:30"],
    &["2024-02-29T00:00:00"],
    &["2025-12-03T10:11:12.123455+00:00"],
    &[
        "2025-12-03T10:11:12.123456+00:00",
        "2025-12-03T10:11:12.123456",
        "2025-12-03 10:11:12.1234567Z",
        "2025-12-03T10:11:12.123456999999999999999999999-00:00",
        "2025-12-03T15:41:12.123456+05:30",
    ],
    &["2025-12-03T10:11:12.123457Z"],
    &["2025-12-03T10:11:12.2Z", "2025-12-03T10:11:12.20Z", "2025-12-03T11:11:12.200000+01:00"],
    &["2025-12-03T10:11:13+00:00"],
    &["9999-12-31T23:59:59.999999Z"],
    &["9999-12-31T23:59:59-23:59"],
];

const REFUSED: [&str; 38] = [
    "",
    " ",
    "now",
    "1764756672",
    "2025-12-03",
    "2025-12-03T10:11",
    "2025-12-03T10:11Z",
    "2025-12-03T10",
    "20251203T101112Z",
    "2025-12-03t10:11:12Z",
    "2025-12-03_10:11:12Z",
    "2025-12-03  10:11:12Z",
    "2025-12-03T10:11:12z",
    "2025-12-03T10:11:12 Z",
    "2025-12-03T10:11:12UTC",
    "2025-12-03T10:11:12.",
    "2025-12-03T10:11:12.Z",
    "2025-12-03T10:11:12,5Z",
    "2025-12-03T10:11:12.-5Z",
    "2025-12-03T10:11:12+2",
    "2025-12-03T10:11:12+02",
    "2025-12-03T10:11:12+02:0",
    "2025-12-03T10:11:12+02:00:00",
    "2025-12-03T10:11:12+02:60",
    "2025-12-03T10:11:12+24:00",
    "2025-12-03T24:00:00Z",
    "2025-12-03T10:60:00Z",
    "2025-12-03T10:11:60Z",
    "2025-13-03T10:11:12Z",
    "2025-00-03T10:11:12Z",
    "2025-12-00T10:11:12Z",
    "2025-02-29T10:11:12Z",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-2025-12-03T10:11:12Z",
    " 2025-12-03T10:11:12Z",
    "2025-12-03T10:11:12Z\n",
    "２025-12-03T10:11:12Z",
];

#[tokio::test]
async fn every_accepted_form_is_ordered_and_returned_as_sent() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    // Sent from the latest instant to the earliest, but equal ones in their order.
    for at in ACCEPTED.iter().rev().copied().flatten() {
        server.add_event(&event("a", "message", at)).await;
    }
    let expected: Vec<&str> = ACCEPTED.iter().copied().flatten().copied().collect();
    assert_eq!(texts(&json!(server.events("a").await), "timestamp"), expected);
    assert_eq!(server.session("a").await["last_event_at"], *expected.last().unwrap());
}

#[tokio::test]
async fn sessions_are_ordered_by_the_same_instants() {
    let server = TestServer::start().await;
    for at in ACCEPTED.iter().rev().copied().flatten() {
        assert_eq!(server.post("/events", &event(at, "session_start", at)).await.status, 200, "{at}");
    }
    let mut expected: Vec<&str> = ACCEPTED.iter().copied().flatten().copied().collect();
    expected.reverse();
    assert_eq!(server.listed("").await, expected);
    assert_eq!(server.session(expected[3]).await["created_at"], expected[3]);
}

#[tokio::test]
async fn everything_else_is_refused_wherever_a_time_is_taken() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for at in REFUSED {
        let body = event("a", "message", at);
        assert_refused(&server.post("/sessions/a/events", &body).await, 400, "timestamp: must be a timestamp");
        assert_refused(&server.post("/events", &body).await, 400, "timestamp: must be a timestamp");
        assert_refused(&server.ingest(body.to_string()).await, 400, "line 1: timestamp: must be a timestamp");
        let resumed = json!({"last_resumed_at": at});
        let answer = server.patch("/sessions/a/metadata", &resumed).await;
        assert_refused(&answer, 400, "last_resumed_at: must be a timestamp");
    }
    assert!(server.events("a").await.is_empty());
    assert!(server.session("a").await["last_resumed_at"].is_null());
}

#[tokio::test]
async fn a_resume_keeps_its_time_as_sent() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for at in ACCEPTED.iter().copied().flatten() {
        let answer = server.patch("/sessions/a/metadata", &json!({"last_resumed_at": at})).await;
        assert_eq!(answer.json()["session"]["last_resumed_at"], *at);
    }
}
