//! Parts of lists: filters, limits, and pages that walked to the end make the whole list.

use serde_json::{Value, json};

use crate::harness::scene::ndjson;
use crate::harness::shape::{StillClock, assert_keys, assert_refused, succeeded, texts};
use crate::harness::{TestServer, event};

/// Which objects of a list a filter lets through.
type Rule<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

/// A server with session `a` of 40 events in four types and three tools, many at the same instants, and `b`.
async fn filled() -> TestServer {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.create_session("b").await;
    for index in 0..40 {
        let kind = ["message", "pre_tool", "post_tool", "other"][index % 4];
        let mut body = event("a", kind, &format!("2025-12-03T10:00:{:02}Z", (index * 7) % 10));
        body["tool_name"] = [json!("Bash"), json!("Read"), Value::Null][index % 3].clone();
        server.add_event(&body).await;
        if index % 10 == 0 {
            server.add_event(&event("b", "message", "2025-12-03T10:00:00Z")).await;
        }
    }
    server
}

fn ids(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["id"].as_i64().expect("an id")).collect()
}

impl TestServer {
    async fn event_ids(&self, query: &str) -> Vec<i64> {
        let answer = succeeded(&self.get(&format!("/sessions/a/events{query}")).await);
        ids(answer["events"].as_array().expect("events"))
    }

    /// Walks pages of `limit` by `next` to the end.
    async fn walk_events(&self, filter: &str, limit: usize) -> Vec<i64> {
        let step = if filter.contains("order=desc") { "before" } else { "after" };
        let (mut walked, mut from) = (Vec::new(), String::new());
        loop {
            let page = succeeded(&self.get(&format!("/sessions/a/events?limit={limit}{filter}{from}")).await);
            let events = ids(page["events"].as_array().expect("events"));
            assert!(events.len() <= limit);
            walked.extend(&events);
            let Some(next) = page.get("next") else {
                assert_keys(&page, &["events"]);
                return walked;
            };
            assert_keys(&page, &["events", "next"]);
            assert_eq!(events.len(), limit, "a page with more behind it is full");
            assert_eq!(next.as_i64(), events.last().copied(), "next is the last one's id");
            from = format!("&{step}={next}");
        }
    }

    /// The same for the list of sessions.
    async fn walk_sessions(&self, filter: &str, limit: usize) -> Vec<String> {
        let (mut walked, mut from) = (Vec::new(), String::new());
        loop {
            let page = succeeded(&self.get(&format!("/sessions?limit={limit}{filter}{from}")).await);
            let ids = texts(&page["sessions"], "session_id");
            assert!(ids.len() <= limit);
            walked.extend(ids);
            let Some(next) = page.get("next") else {
                assert_keys(&page, &["sessions"]);
                return walked;
            };
            from = format!("&before={}", crate::harness::encode(next.as_str().expect("text")));
        }
    }
}

#[tokio::test]
async fn pages_of_events_make_the_whole_list() {
    let server = filled().await;
    let whole = ids(&server.events("a").await);
    assert_eq!(whole.len(), 40);
    let mut reversed = whole.clone();
    reversed.reverse();
    assert_eq!(server.event_ids("?order=desc").await, reversed);
    assert_eq!(server.event_ids("?order=asc").await, whole);
    for limit in [1, 3, 7, 39, 40, 41] {
        assert_eq!(server.walk_events("", limit).await, whole, "{limit}");
        assert_eq!(server.walk_events("&order=desc", limit).await, reversed, "{limit}");
    }
}

/// More events than stay outside a store's order, out of order, with many at one instant, between others'.
#[tokio::test]
async fn pages_of_thousands_make_the_whole_list() {
    let server = TestServer::start().await;
    server.create_session("a").await;
    server.create_session("b").await;
    for request in 0..7 {
        let lines = (0..1000).map(|number| {
            let second = (request * 1000 + number) * 7919 % 1200;
            let at = format!("2025-12-03T10:{:02}:{:02}Z", second / 60, second % 60);
            event(if number % 3 == 2 { "b" } else { "a" }, "message", &at)
        });
        assert_eq!(server.ingest(ndjson(lines)).await.status, 200);
    }
    let mut sorted = server.events("a").await;
    assert_eq!(sorted.len(), 7 * 667);
    let whole = ids(&sorted);
    sorted.sort_by_key(|event| (event["timestamp"].as_str().map(str::to_owned), event["id"].as_i64()));
    assert_eq!(ids(&sorted), whole);
    assert_eq!(server.walk_events("", 500).await, whole);
    let mut reversed = whole.clone();
    reversed.reverse();
    assert_eq!(server.walk_events("&order=desc", 667).await, reversed);
    let (low, high) = (whole[100], whole[4000]);
    assert_eq!(server.event_ids(&format!("?after={low}&before={high}")).await, whole[101..4000]);
}

#[tokio::test]
async fn filtered_pages_make_the_filtered_list() {
    let server = filled().await;
    let events = server.events("a").await;
    let filters: [(&str, Rule<'_>); 5] = [
        ("&event_type=post_tool", Box::new(|event| event["event_type"] == "post_tool")),
        ("&tool_name=Read", Box::new(|event| event["tool_name"] == "Read")),
        (
            "&tool_name=Bash&event_type=other",
            Box::new(|event| event["tool_name"] == "Bash" && event["event_type"] == "other"),
        ),
        ("&tool_name=bash", Box::new(|_| false)),
        ("&event_type=none", Box::new(|_| false)),
    ];
    for (filter, matches) in filters {
        let mut expected: Vec<i64> = ids(&events.iter().filter(|event| matches(event)).cloned().collect::<Vec<_>>());
        for limit in [1, 4, 10_000] {
            assert_eq!(server.walk_events(filter, limit).await, expected, "{filter}");
        }
        expected.reverse();
        assert_eq!(server.walk_events(&format!("{filter}&order=desc"), 3).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn after_and_before_stand_for_places_in_the_order() {
    let server = filled().await;
    let whole = ids(&server.events("a").await);
    for at in [0, 1, 17, 38, 39] {
        let id = whole[at];
        assert_eq!(server.event_ids(&format!("?after={id}")).await, whole[at + 1..]);
        assert_eq!(server.event_ids(&format!("?before={id}")).await, whole[..at]);
        let mut reversed = whole[..at].to_vec();
        reversed.reverse();
        assert_eq!(server.event_ids(&format!("?before={id}&order=desc")).await, reversed);
    }
    let (low, high) = (whole[5], whole[25]);
    assert_eq!(server.event_ids(&format!("?after={low}&before={high}")).await, whole[6..25]);
    assert_eq!(server.event_ids(&format!("?after={low}&before={high}&limit=4")).await, whole[6..10]);
    assert_eq!(server.event_ids(&format!("?after={high}&before={low}")).await, [0; 0]);
    // The place of an event that the filter leaves out counts all the same.
    let answer = succeeded(&server.get(&format!("/sessions/a/events?after={low}&event_type=message")).await);
    assert!(
        answer["events"].as_array().unwrap().iter().all(|event| whole[6..].contains(&event["id"].as_i64().unwrap()))
    );
    let legacy = server.get(&format!("/events/a?after={low}&limit=4&order=desc")).await;
    assert_eq!(legacy.text, server.get(&format!("/sessions/a/events?after={low}&limit=4&order=desc")).await.text);
}

#[tokio::test]
async fn places_that_are_no_event_of_the_session_are_refused() {
    let server = filled().await;
    let of_another = ids(&server.events("b").await)[0];
    for parameter in ["after", "before"] {
        for value in ["1", "0", "-5", "999999", "9223372036854775807", &of_another.to_string()] {
            let answer = server.get(&format!("/sessions/a/events?{parameter}={value}")).await;
            assert_refused(&answer, 400, &format!("{parameter}: is no event of this session"));
        }
        for value in ["", "x", "1.0", "9223372036854775808", "0x1", "1%00"] {
            let answer = server.get(&format!("/sessions/a/events?{parameter}={value}")).await;
            assert_refused(&answer, 400, &format!("{parameter}: must be the id of an event"));
        }
    }
}

#[tokio::test]
async fn limits_are_1_to_10000_and_more_counts_as_that() {
    let server = filled().await;
    for path in ["/sessions", "/sessions/a/events", "/events/a"] {
        for limit in ["0", "-1", "", "x", "1.0", "1e3", "+5", "%201", "0x10", "٣"] {
            assert_refused(&server.get(&format!("{path}?limit={limit}")).await, 400, "limit: must be a whole number");
        }
        for limit in ["1", "10000", "10001", "007", "99999999999999999999999999"] {
            assert_eq!(server.get(&format!("{path}?limit={limit}")).await.status, 200, "{path} {limit}");
        }
        assert_refused(&server.get(&format!("{path}?limit=1&limit=2")).await, 400, "limit: stands twice");
    }
    let lines = vec![event("b", "message", "2025-12-03T10:00:00Z").to_string(); 10_100].join("\n");
    assert_eq!(server.ingest(lines).await.status, 200);
    for limit in ["10000", "10001", "99999999999999999999999999"] {
        let page = succeeded(&server.get(&format!("/sessions/b/events?limit={limit}")).await);
        assert_eq!(page["events"].as_array().map(Vec::len), Some(10_000));
        assert!(page["next"].is_i64());
    }
    assert_eq!(server.events("b").await.len(), 10_104, "without a limit all of them");
}

#[tokio::test]
async fn other_values_of_parameters_are_refused_and_other_parameters_ignored() {
    let server = filled().await;
    for (query, detail) in [
        ("/sessions/a/events?order=newest", "order: "),
        ("/sessions/a/events?order=", "order: "),
        ("/sessions/a/events?event_type=a&event_type=b", "event_type: stands twice"),
        ("/sessions/a/events?tool_name=%FF", "query: is not UTF-8"),
        ("/sessions?status=stopped", "status: "),
        ("/sessions?status=not_existent", "status: "),
        ("/sessions?status=", "status: "),
        ("/sessions?before=x", "before: "),
        ("/sessions?before=", "before: "),
        ("/sessions?before=1.2.3", "before: "),
        ("/sessions?q=%FF", "query: is not UTF-8"),
    ] {
        assert_refused(&server.get(query).await, 400, detail);
    }
    assert_eq!(server.get("/sessions?other=1&&_=%20").await.text, server.get("/sessions").await.text);
    let events = server.get("/sessions/a/events").await.text;
    assert_eq!(server.get("/sessions/a/events?status=x&_=2").await.text, events);
}

/// Thirty sessions, some created at the same instant, with every second one finished.
async fn with_sessions() -> TestServer {
    let clock = StillClock::at(0);
    let server = TestServer::start_with(|config| config.clock = clock.clone()).await;
    for index in 0..30 {
        clock.set((index * 7) % 10 * 1_000_000);
        let agent = [json!("Researcher"), json!("writer"), Value::Null][usize::try_from(index).unwrap() % 3].clone();
        let folder = if index % 5 == 0 { Value::Null } else { json!(format!("/Projects/P {}", index % 4)) };
        let body = json!({"session_id": format!("s{index:02}"), "session_name": format!("Name Ü {index}"),
            "agent_name": agent, "project_dir": folder});
        assert_eq!(server.post("/sessions", &body).await.status, 200);
        if index % 2 == 0 {
            server.add_event(&event(&format!("s{index:02}"), "session_stop", "2025-12-03T10:00:00Z")).await;
        }
    }
    server
}

#[tokio::test]
async fn pages_of_sessions_make_the_whole_list() {
    let server = with_sessions().await;
    let whole = server.listed("").await;
    assert_eq!(whole.len(), 30);
    for limit in [1, 4, 29, 30, 31] {
        assert_eq!(server.walk_sessions("", limit).await, whole, "{limit}");
    }
    let page = succeeded(&server.get("/sessions?limit=4").await);
    assert_keys(&page, &["sessions", "next"]);
    let next = crate::harness::encode(page["next"].as_str().expect("opaque text"));
    // Sessions that are created meanwhile do not move the pages behind.
    assert_eq!(server.post("/events", &event("newer", "session_start", "2025-12-03T10:00:00Z")).await.status, 200);
    assert_eq!(server.listed("").await[0], "newer");
    assert_eq!(server.listed(&format!("?before={next}")).await, whole[4..]);
    // Nor does it matter that the last one of the page is gone.
    assert_eq!(server.delete(&format!("/sessions/{}", whole[3])).await.status, 200);
    assert_eq!(server.listed(&format!("?before={next}")).await, whole[4..]);
}

#[tokio::test]
async fn session_filters_select_and_walk() {
    let server = with_sessions().await;
    let all = succeeded(&server.get("/sessions").await)["sessions"].as_array().unwrap().clone();
    let holds = |session: &Value, text: &str| {
        ["session_id", "session_name", "project_dir", "agent_name"]
            .iter()
            .any(|key| session[*key].as_str().is_some_and(|value| value.to_lowercase().contains(text)))
    };
    let filters: [(&str, Rule<'_>); 14] = [
        ("&status=running", Box::new(|session| session["status"] == "running")),
        ("&status=finished", Box::new(|session| session["status"] == "finished")),
        ("&agent_name=writer", Box::new(|session| session["agent_name"] == "writer")),
        ("&agent_name=Writer", Box::new(|_| false)),
        ("&agent_name=", Box::new(|_| false)),
        ("&project_dir=/Projects/P%202", Box::new(|session| session["project_dir"] == "/Projects/P 2")),
        ("&project_dir=/Projects/P+2", Box::new(|session| session["project_dir"] == "/Projects/P 2")),
        ("&project_dir=/Projects", Box::new(|_| false)),
        ("&q=RESEARCH", Box::new(|session| holds(session, "research"))),
        ("&q=%C3%BC%202", Box::new(|session| holds(session, "ü 2"))),
        ("&q=s1", Box::new(|session| holds(session, "s1"))),
        ("&q=p%203", Box::new(|session| holds(session, "p 3"))),
        ("&q=%25", Box::new(|_| false)),
        (
            "&status=finished&agent_name=Researcher&q=projects",
            Box::new(|session| {
                session["status"] == "finished" && session["agent_name"] == "Researcher" && holds(session, "projects")
            }),
        ),
    ];
    for (filter, rule) in filters {
        let expected: Vec<&str> =
            all.iter().filter(|session| rule(session)).map(|session| session["session_id"].as_str().unwrap()).collect();
        for limit in [1, 3, 100] {
            assert_eq!(server.walk_sessions(filter, limit).await, expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn sessions_by_activity_have_the_newest_event_first() {
    let clock = StillClock::at(1_764_756_672_000_000); // 2025-12-03T10:11:12Z
    let server = TestServer::start_with(|config| config.clock = clock).await;
    for id in ["old", "silent", "late", "early", "same"] {
        server.create_session(id).await;
    }
    for (id, at) in [
        ("early", "2025-12-03T09:00:00Z"),
        ("late", "2025-12-03T12:00:00Z"),
        ("late", "2025-12-03T08:00:00Z"),
        ("same", "2025-12-03T13:00:00+01:00"),
        ("old", "2024-12-03T10:00:00Z"),
    ] {
        server.add_event(&event(id, "message", at)).await;
    }
    let expected = ["same", "late", "silent", "early", "old"];
    for limit in [1, 2, 5, 100] {
        assert_eq!(server.walk_sessions("&order=activity", limit).await, expected, "{limit}");
    }
    assert_eq!(server.listed("?order=creation").await, server.listed("").await);
    assert_refused(&server.get("/sessions?order=name").await, 400, "order: ");
    let next = succeeded(&server.get("/sessions?limit=1").await)["next"].as_str().expect("text").to_owned();
    assert_refused(&server.get(&format!("/sessions?order=activity&before={next}")).await, 400, "before: ");
}

#[tokio::test]
async fn a_page_that_ends_with_the_list_has_no_next() {
    let server = filled().await;
    for query in ["/sessions?limit=2", "/sessions/a/events?limit=40", "/sessions/a/events?limit=10&event_type=message"]
    {
        assert!(succeeded(&server.get(query).await).get("next").is_none(), "{query}");
    }
    assert!(succeeded(&server.get("/sessions/a/events?limit=9&event_type=message").await)["next"].is_i64());
}
