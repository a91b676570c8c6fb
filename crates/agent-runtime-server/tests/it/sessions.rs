//! Sessions: create, list, show, tell the status, change. What events do to them is in `lifecycle`.

use serde_json::{Value, json};

use crate::harness::shape::{SESSION_KEYS, StillClock, assert_keys, assert_refused, succeeded, texts};
use crate::harness::{TestServer, encode, event};

/// 2025-12-03T10:11:12Z in microseconds since 1970.
const NOON: i64 = 1_764_756_672_000_000;

/// Ids that are hard to carry in a URL.
const ODD_IDS: [&str; 24] = [
    "a/b",
    "/",
    "a//b",
    "a b",
    " ",
    "...",
    ".a",
    "a.",
    "a/../b",
    "./a",
    "%",
    "%2F",
    "a%2Fb",
    "%41",
    "a+b",
    "a?b=c",
    "a#b",
    "a;b",
    "ü/日本/🎉",
    "events",
    "status",
    "a/status",
    "\"\\",
    "{session_id}",
];

#[tokio::test]
async fn creating_answers_with_the_whole_session() {
    let server = TestServer::start_with(|config| config.clock = StillClock::at(NOON)).await;
    let answer = server.post("/sessions", &json!({"session_id": "abc-123", "session_name": "My Session"})).await;
    let session = json!({
        "session_id": "abc-123", "session_name": "My Session", "status": "running",
        "created_at": "2025-12-03T10:11:12.000000+00:00", "project_dir": null, "agent_name": null,
        "last_resumed_at": null, "parent_session_id": null, "first_event_at": null, "last_event_at": null,
        "event_count": 0,
        "source": "api", "host": null, "model": null, "branch": null, "ended_at": null, "exit_code": null, "error_count": 0,
        "activity": null,
    });
    assert_eq!(succeeded(&answer), json!({"ok": true, "session": session}));
    assert_eq!(succeeded(&server.get("/sessions/abc-123").await), json!({"session": session}));
    assert_eq!(succeeded(&server.get("/sessions").await), json!({"sessions": [session]}));
}

#[tokio::test]
async fn creating_takes_the_optional_fields_and_ignores_unknown_ones() {
    let server = TestServer::start().await;
    let body = json!({
        "session_id": "a", "session_name": "", "project_dir": "/path/to/project", "agent_name": "researcher",
        "parent_session_id": "nowhere", "status": "finished", "created_at": 5, "event_count": 7, "other": {},
    });
    let session = succeeded(&server.post("/sessions", &body).await)["session"].clone();
    assert_keys(&session, &SESSION_KEYS);
    let expected = json!(["", "/path/to/project", "researcher", "nowhere", "running", 0]);
    let found = ["session_name", "project_dir", "agent_name", "parent_session_id", "status", "event_count"];
    assert_eq!(json!(found.map(|key| session[key].clone())), expected);
    let nulls = json!({"session_id": "b", "session_name": "n", "project_dir": null, "agent_name": null,
        "parent_session_id": null});
    assert_eq!(succeeded(&server.post("/sessions", &nulls).await)["session"]["project_dir"], Value::Null);
}

#[tokio::test]
async fn a_session_that_exists_is_not_created_again() {
    let server = TestServer::start().await;
    let first = server.create_session("a").await;
    let again = server.post("/sessions", &json!({"session_id": "a", "session_name": "other"})).await;
    assert_eq!((again.status, again.text.as_str()), (409, r#"{"detail":"Session already exists"}"#));
    assert_eq!(server.session("a").await, first);
}

#[tokio::test]
async fn several_sessions_may_share_a_name() {
    let server = TestServer::start().await;
    for id in ["a", "b"] {
        assert_eq!(server.post("/sessions", &json!({"session_id": id, "session_name": "same"})).await.status, 200);
    }
    assert_eq!(server.listed("").await, ["b", "a"]);
}

#[tokio::test]
async fn required_fields_are_named_when_they_are_missing() {
    let server = TestServer::start().await;
    for (body, detail) in [
        (json!({}), "session_id: is required"),
        (json!({"session_name": "n"}), "session_id: is required"),
        (json!({"session_id": null, "session_name": "n"}), "session_id: is required"),
        (json!({"session_id": "a"}), "session_name: is required"),
        (json!({"session_id": "a", "session_name": null}), "session_name: is required"),
    ] {
        assert_refused(&server.post("/sessions", &body).await, 400, detail);
    }
    assert_eq!(server.listed("").await, [""; 0]);
}

#[tokio::test]
async fn ids_and_names_keep_their_bounds() {
    let server = TestServer::start().await;
    let create =
        async |id: &str, name: &str| server.post("/sessions", &json!({"session_id": id, "session_name": name})).await;
    for id in ["x".repeat(256), "ü".repeat(128), "x".to_owned(), "\u{200b}".to_owned()] {
        assert_eq!(succeeded(&create(&id, "n").await)["session"]["session_id"], id);
    }
    let (long, wide) = ("x".repeat(257), "ü".repeat(129));
    for id in ["", &long, &wide, ".", "..", "a\nb", "\0", "a\u{7f}", "\u{85}", "\t"] {
        assert_refused(&create(id, "n").await, 400, "session_id: ");
        let started = event(id, "session_start", "2025-12-03T10:11:12Z");
        assert_refused(&server.post("/events", &started).await, 400, "session_id: ");
        let parent = json!({"session_id": "p", "session_name": "n", "parent_session_id": id});
        assert_refused(&server.post("/sessions", &parent).await, 400, "parent_session_id: ");
    }
    for (index, name) in ["", &"x".repeat(1024), &"ü".repeat(512), "a\nb\u{1}"].into_iter().enumerate() {
        assert_eq!(succeeded(&create(&format!("n{index}"), name).await)["session"]["session_name"], name);
    }
    for name in [&"x".repeat(1025), &"ü".repeat(513), "a\0b"] {
        assert_refused(&create("m", name).await, 400, "session_name: ");
        assert_refused(
            &server.patch("/sessions/x/metadata", &json!({"session_name": name})).await,
            400,
            "session_name: ",
        );
        let mut started = event("m", "session_start", "2025-12-03T10:11:12Z");
        started["session_name"] = json!(name);
        assert_refused(&server.post("/events", &started).await, 400, "session_name: ");
    }
}

/// `GET`, `POST`, `PATCH` and `DELETE` reach every id, and each id by one spelling alone.
#[tokio::test]
async fn every_id_is_reached_by_every_path() {
    let server = TestServer::start().await;
    for id in ODD_IDS {
        let created = server.create_session(id).await;
        assert_eq!(created["session_id"], id);
    }
    for id in ODD_IDS {
        let path = format!("/sessions/{}", encode(id));
        let answer = async |method, path: &str, body: &str| {
            let headers: &[_] = if body.is_empty() { &[] } else { &[("content-type", "application/json")] };
            succeeded(&server.raw(method, path, headers, body).await)
        };
        assert_eq!(answer("GET", &path, "").await["session"]["session_name"], format!("name of {id}"));
        assert_eq!(answer("GET", &format!("{path}/status"), "").await["status"], "running");
        let renamed = json!({"session_name": format!("new {id}")}).to_string();
        assert_eq!(answer("PATCH", &format!("{path}/metadata"), &renamed).await["session"]["session_id"], id);
        let stop = event(id, "session_stop", "2025-12-03T10:11:12Z").to_string();
        assert_eq!(answer("POST", &format!("{path}/events"), &stop).await, json!({"ok": true}));
        assert_eq!(answer("GET", &format!("{path}/events"), "").await["events"][0]["session_id"], id);
        assert_eq!(answer("GET", &format!("/events/{}", encode(id)), "").await["events"][0]["session_id"], id);
        assert_refused(&server.raw("GET", &format!("{path}/result"), &[], "").await, 404, "No result found");
        assert_eq!(answer("DELETE", &path, "").await["session_id"], id);
        assert_refused(&server.raw("GET", &path, &[], "").await, 404, "Session not found");
    }
    assert_eq!(server.listed("").await, [""; 0]);
}

#[tokio::test]
async fn a_path_is_decoded_once_and_after_routing() {
    let server = TestServer::start().await;
    server.create_session("A").await;
    server.create_session("a/status").await;
    let shown = async |path: &str| server.raw("GET", path, &[], "").await;
    assert_eq!(succeeded(&shown("/sessions/%41").await)["session"]["session_id"], "A");
    assert_refused(&shown("/sessions/%2541").await, 404, "Session not found");
    assert_eq!(succeeded(&shown("/sessions/a%2Fstatus").await)["session"]["session_id"], "a/status");
    assert_eq!(succeeded(&shown("/sessions/a/status").await), json!({"status": "not_existent"}));
    assert_refused(&shown("/sessions/%2E%2E").await, 404, "Session not found");
    assert_refused(&shown("/sessions/a/b").await, 404, "Not Found");
    assert_refused(&shown("/sessions/%FF").await, 400, "session_id: ");
    assert_refused(&shown(&format!("/sessions/{}", "x".repeat(300))).await, 404, "Session not found");
}

#[tokio::test]
async fn a_slash_at_the_end_names_the_same_resource() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.add_event(&event("a", "session_stop", "2025-12-03T10:11:12Z")).await;
    for path in ["/sessions", "/sessions/a", "/sessions/a/status", "/sessions/a/events", "/events/a", "/healthz"] {
        let (without, with) = (server.get(path).await, server.get(&format!("{path}/")).await);
        assert_eq!((with.status, with.text), (200, without.text), "{path}");
    }
    assert_eq!(server.get("/sessions/?limit=1").await.status, 200);
    let body = json!({"session_id": "b", "session_name": "n"});
    assert_eq!(server.post("/sessions/", &body).await.status, 200);
    assert_eq!(server.post("/sessions/a/events/", &event("a", "message", "2025-12-03T10:11:12Z")).await.status, 200);
    assert_eq!(server.post("/events/", &event("a", "message", "2025-12-03T10:11:12Z")).await.status, 200);
    assert_eq!(server.patch("/sessions/a/metadata/", &json!({"agent_name": "x"})).await.status, 200);
    assert_eq!(server.ingest("").await.status, server.post_bytes("/ingest/", "application/jsonl", "").await.status);
    assert_eq!(server.delete("/sessions/b/").await.status, 200);
    assert_eq!(server.session("a").await["event_count"], 3);
}

#[tokio::test]
async fn the_list_is_newest_first_then_later_created_first() {
    let clock = StillClock::at(NOON);
    let server = TestServer::start_with(|config| config.clock = clock.clone()).await;
    assert_eq!(succeeded(&server.get("/sessions").await), json!({"sessions": []}));
    for id in ["first at noon", "second at noon"] {
        server.create_session(id).await;
    }
    clock.set(NOON - 1);
    server.create_session("a microsecond earlier").await;
    for (id, at) in [
        ("an hour later, in text earlier", "2025-12-03T09:11:12-02:00"),
        ("third at noon", "2025-12-03T12:11:12+02:00"),
        ("long ago", "0001-01-01 00:00:00"),
    ] {
        assert_eq!(server.post("/events", &event(id, "session_start", at)).await.status, 200);
    }
    let order = [
        "an hour later, in text earlier",
        "third at noon",
        "second at noon",
        "first at noon",
        "a microsecond earlier",
        "long ago",
    ];
    assert_eq!(server.listed("").await, order);
    assert_eq!(texts(&server.ws("").await.next().await["sessions"], "session_id"), order);
}

#[tokio::test]
async fn the_status_is_running_finished_or_not_existent() {
    let server = TestServer::start().await;
    let status = async || server.get("/sessions/a/status").await.text;
    assert_eq!(status().await, r#"{"status":"not_existent"}"#);
    server.create_session("a").await;
    assert_eq!(status().await, r#"{"status":"running"}"#);
    server.add_event(&event("a", "session_stop", "2025-12-03T10:11:12Z")).await;
    assert_eq!(status().await, r#"{"status":"finished"}"#);
    assert_eq!(server.delete("/sessions/a").await.status, 200);
    assert_eq!(status().await, r#"{"status":"not_existent"}"#);
}

#[tokio::test]
async fn a_patch_changes_what_it_gives_and_nothing_else() {
    let server = TestServer::start().await;
    let mut expected = server.create_session("a").await;
    for (field, value) in [
        ("session_name", json!("New Name")),
        ("session_name", json!("")),
        ("project_dir", json!("/new/path")),
        ("project_dir", json!("")),
        ("agent_name", json!("new-agent \u{0} ü")),
        ("last_resumed_at", json!("2025-12-03 10:11:12.5-0130")),
        ("parent_session_id", json!("not/there")),
    ] {
        let mut body = json!({"session_name": null, "project_dir": null, "agent_name": null, "last_resumed_at": null,
            "parent_session_id": null, "status": "finished", "session_id": "other", "event_count": 9});
        body[field] = value.clone();
        expected[field] = value;
        let answer = server.patch("/sessions/a/metadata", &body).await;
        assert_eq!(succeeded(&answer), json!({"ok": true, "session": expected}), "{body}");
        assert_eq!(server.session("a").await, expected);
    }
}

#[tokio::test]
async fn a_patch_that_gives_nothing_is_refused() {
    let server = TestServer::start().await;
    let before = server.create_session("a").await;
    for body in [json!({}), json!({"session_name": null, "agent_name": null}), json!({"other": 1})] {
        assert_refused(&server.patch("/sessions/a/metadata", &body).await, 400, "body: at least one field");
    }
    for (body, detail) in [
        (json!({"session_name": 5}), "session_name: must be a string"),
        (json!({"project_dir": []}), "project_dir: must be a string"),
        (json!({"agent_name": {}}), "agent_name: must be a string"),
        (json!({"last_resumed_at": "yesterday"}), "last_resumed_at: "),
        (json!({"last_resumed_at": 1_764_756_672}), "last_resumed_at: must be a string"),
        (json!({"parent_session_id": "a"}), "parent_session_id: must not be the session's own id"),
        (json!({"agent_name": "good", "parent_session_id": false}), "parent_session_id: must be a string"),
    ] {
        assert_refused(&server.patch("/sessions/a/metadata", &body).await, 400, detail);
    }
    assert_eq!(server.session("a").await, before);
    let unknown = server.patch("/sessions/b/metadata", &json!({"agent_name": "x"})).await;
    assert_refused(&unknown, 404, "Session not found");
}

#[tokio::test]
async fn a_parent_need_not_exist_and_stays_when_it_is_deleted() {
    let server = TestServer::start().await;
    server.create_session("parent").await;
    let body = json!({"session_id": "child", "session_name": "n", "parent_session_id": "parent"});
    assert_eq!(server.post("/sessions", &body).await.status, 200);
    assert_eq!(server.delete("/sessions/parent").await.status, 200);
    assert_eq!(server.session("child").await["parent_session_id"], "parent");
    let own = json!({"session_id": "own", "session_name": "n", "parent_session_id": "own"});
    assert_refused(&server.post("/sessions", &own).await, 400, "parent_session_id: must not be the session's own id");
}

#[tokio::test]
async fn an_event_never_renames_a_session() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    for (index, kind) in ["session_start", "message", "session_stop", "session_start"].into_iter().enumerate() {
        let mut body = event("a", kind, "2025-12-03T10:11:12Z");
        body["session_name"] = json!("another name");
        let path = if index % 2 == 0 { "/events" } else { "/sessions/a/events" };
        assert_eq!(server.post(path, &body).await.status, 200);
    }
    assert_eq!(server.session("a").await["session_name"], "name of a");
    assert_eq!(server.events("a").await[0]["session_name"], "another name");
}
