//! Coming back with a cursor: what was missed, then live, or a reset that says why not.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::harness::follow::{EventStream, Follower, Transport, cursor, keys, seq, seqs, types};
use crate::harness::scene::SCENE;
use crate::harness::{TestServer, answer_event, event};

/// Plays the scene before a follower, and returns what that was sent live.
async fn played() -> (TestServer, String, Vec<Value>) {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    let epoch = cursor(&socket.next().await).0;
    server.play().await;
    let live = socket.take(SCENE.len()).await;
    (server, epoch, live)
}

/// Makes sure that a cursor is answered by a reset, its reason, and an `init`, and that what follows is live.
async fn assert_reset(server: &TestServer, follower: &mut Follower, reason: &str, sentinel: &str) {
    let (reset, init) = (follower.next().await, follower.next().await);
    assert_eq!(keys(&reset), ["cursor", "reason", "type"].into(), "{reset}");
    assert_eq!((&reset["type"], &reset["reason"]), (&json!("reset"), &json!(reason)), "{reset}");
    assert_eq!(init["type"], "init");
    assert_eq!(init["cursor"], reset["cursor"], "the reset says where one is set to");
    assert_eq!(init["sessions"], server.get("/sessions").await.json()["sessions"]);
    let next = follower.next_is_sentinel(server, sentinel).await;
    assert_eq!(seq(&next), seq(&init) + 1);
}

#[tokio::test]
async fn from_every_position_the_replay_equals_what_was_sent_live() {
    let (server, epoch, mut live) = played().await;
    for transport in Transport::BOTH {
        for position in 0..=live.len() {
            let mut follower = transport.follow(&server, &format!("?since={epoch}:{position}")).await;
            let rest = live.len() - position;
            assert_eq!(follower.take(rest).await, live[position..], "{transport:?} from {position}");
            if position % 6 == 5 {
                let next = follower.next_is_sentinel(&server, &format!("{transport:?} {position}")).await;
                assert_eq!(seq(&next), seq(&live[live.len() - 1]) + 1);
                live.push(next);
            }
        }
    }
}

#[tokio::test]
async fn last_event_id_resumes_a_stream_and_wins_over_since() {
    let (server, epoch, live) = played().await;
    let at = |position: usize| format!("{epoch}:{position}");
    let mut stream = server.stream_after("", Some(&at(5))).await;
    assert_eq!(stream.take(12).await, live[5..]);
    let mut stream = server.stream_after(&format!("?since={}", at(2)), Some(&at(9))).await;
    assert_eq!(stream.take(8).await, live[9..]);
    let mut stream = server.stream_after("?since=nonsense", Some(&at(16))).await;
    assert_eq!(stream.next().await, live[16]);
    for nonsense in ["nonsense", "17"] {
        let stream = server.stream_after(&format!("?since={}", at(3)), Some(nonsense)).await;
        let mut follower = Follower::EventStream(Box::new(stream));
        assert_reset(&server, &mut follower, "malformed", nonsense).await;
    }
}

#[tokio::test]
async fn a_cursor_at_the_head_skips_init_and_waits_for_news() {
    let (server, epoch, live) = played().await;
    for transport in Transport::BOTH {
        let head = server.head().await;
        let mut follower = transport.follow(&server, &format!("?since={epoch}:{head}")).await;
        let next = follower.next_is_sentinel(&server, &format!("{transport:?}")).await;
        assert_eq!(seq(&next), head + 1);
    }
    assert_eq!(server.head().await, seq(&live[live.len() - 1]) + 2);
}

#[tokio::test]
async fn cursors_that_cannot_be_honoured_are_answered_by_a_reset() {
    let (server, epoch, _) = played().await;
    let other = epoch.chars().rev().collect::<String>();
    assert_ne!(other, epoch);
    let cases = [
        ("epoch", format!("{other}:3")),
        ("epoch", "0:0".to_owned()),
        ("epoch", format!("{epoch}x:3")),
        ("epoch", format!("{other}:99999")),
        ("future", format!("{epoch}:100000")),
        ("future", format!("{epoch}:{}", i64::MAX)),
        ("malformed", String::new()),
        ("malformed", "nonsense".to_owned()),
        ("malformed", "17".to_owned()),
        ("malformed", epoch.clone()),
        ("malformed", format!("{epoch}:")),
        ("malformed", ":3".to_owned()),
        ("malformed", format!("{epoch}:-1")),
        ("malformed", format!("{epoch}:3.0")),
        ("malformed", format!("{epoch}:3:4")),
        ("malformed", format!("{epoch}:3%20")),
        ("malformed", format!("{epoch}:%00")),
        ("malformed", format!("%22{epoch}:3%22")),
        ("malformed", "%F0%9F%A6%80:%D9%A3".to_owned()),
    ];
    for transport in Transport::BOTH {
        for (index, (reason, since)) in cases.iter().enumerate() {
            let mut follower = transport.follow(&server, &format!("?since={since}")).await;
            assert_reset(&server, &mut follower, reason, &format!("{transport:?} {index}")).await;
        }
    }
}

#[tokio::test]
async fn a_cursor_that_is_no_text_is_answered_by_a_reset_too() {
    let (server, epoch, _) = played().await;
    let stream = server.stream_after("", Some("ü:3")).await;
    assert_reset(&server, &mut Follower::EventStream(Box::new(stream)), "malformed", "first").await;
    for transport in Transport::BOTH {
        let mut follower = transport.follow(&server, &format!("?since={epoch}:%ff")).await;
        assert_reset(&server, &mut follower, "malformed", &format!("{transport:?}")).await;
    }
}

#[tokio::test]
async fn one_position_ahead_of_the_head_is_the_future() {
    let (server, epoch, live) = played().await;
    let ahead = seq(&live[live.len() - 1]) + 1;
    let mut follower = Transport::WebSocket.follow(&server, &format!("?since={epoch}:{ahead}")).await;
    assert_reset(&server, &mut follower, "future", "sentinel").await;
}

#[tokio::test]
async fn below_the_floor_a_cursor_has_expired() {
    let (server, epoch, live) = played().await;
    let server = server
        .restart_after(|database| {
            let connection = Connection::open(database).expect("the database file");
            assert_eq!(connection.execute("UPDATE log_head SET floor = 6", ()).expect("a floor"), 1);
        })
        .await;
    for transport in Transport::BOTH {
        // At the floor everything that follows is kept.
        let mut follower = transport.follow(&server, &format!("?since={epoch}:6")).await;
        assert_eq!(follower.take(11).await, live[6..]);
        for position in [0, 5] {
            let mut follower = transport.follow(&server, &format!("?since={epoch}:{position}")).await;
            assert_reset(&server, &mut follower, "expired", &format!("{transport:?} {position}")).await;
        }
    }
}

#[tokio::test]
async fn erased_positions_are_never_sent_and_the_deletion_is() {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    let epoch = cursor(&socket.next().await).0;
    for id in ["kept", "gone"] {
        server.create_session(id).await;
    }
    for second in 0..4 {
        for id in ["kept", "gone"] {
            server.add_event(&answer_event(id, "x", &format!("2025-12-03T10:00:0{second}Z"))).await;
        }
    }
    server.patch("/sessions/gone/metadata", &json!({"agent_name": "x"})).await;
    assert_eq!(server.delete("/sessions/gone").await.status, 200);
    server.create_session("gone").await; // the same id, but another session
    let live = socket.take(13).await;
    let left: Vec<Value> = live.into_iter().filter(|m| matches!(seq(m), 1 | 3 | 5 | 7 | 9 | 12 | 13)).collect();
    let expected = ["session_created", "event", "event", "event", "event", "session_deleted", "session_created"];
    assert_eq!(types(&left), expected);

    let check = async |server: &TestServer, sentinel: &str| {
        for transport in Transport::BOTH {
            for since in 0..=13 {
                let mut follower = transport.follow(server, &format!("?since={epoch}:{since}")).await;
                let expected: Vec<Value> = left.iter().filter(|m| seq(m) > since).cloned().collect();
                assert_eq!(follower.take(expected.len()).await, expected, "{transport:?} from {since} {sentinel}");
            }
        }
    };
    check(&server, "at once").await;
    let server = server.restart().await;
    check(&server, "after a restart").await;
    let mut follower = Transport::WebSocket.follow(&server, &format!("?since={epoch}:13")).await;
    assert_eq!(seq(&follower.next_is_sentinel(&server, "after").await), 14, "used positions stay used");
}

#[tokio::test]
async fn a_cursor_outlives_the_server() {
    let (server, epoch, mut live) = played().await;
    let mut socket = server.ws(&format!("?since={epoch}:17")).await;
    let server = server.restart().await;
    assert_eq!(socket.close_code().await, Some(1012));
    server.create_session("after the restart").await;
    for transport in Transport::BOTH {
        let mut follower = transport.follow(&server, &format!("?since={epoch}:9")).await;
        let replay = follower.take(9).await;
        assert_eq!(replay[..8], live[9..17]);
        assert_eq!((&replay[8]["type"], seq(&replay[8])), (&json!("session_created"), 18));
        live.truncate(17);
    }
}

#[tokio::test]
async fn a_replay_of_many_pages_goes_over_into_live_without_a_seam() {
    let server = TestServer::start_with(|config| {
        config.limits.page_rows = 3;
        config.limits.ring_frames = 8;
        config.limits.take_frames = 2;
        config.limits.replays = 1;
    })
    .await;
    let epoch = server.epoch().await;
    server.create_session("s").await;
    let lines = |count: usize| format!("{}\n", event("s", "message", "2025-12-03T10:00:00Z")).repeat(count);
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", lines(300)).await.status, 200);
    let mut followers = Vec::new();
    for n in 0..12 {
        followers.push(Transport::BOTH[n % 2].follow(&server, &format!("?since={epoch}:{}", n * 20)).await);
    }
    // Each burst runs over the ring several times while the followers still read history.
    for _ in 0..5 {
        assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", lines(40)).await.status, 200);
    }
    for (n, follower) in followers.iter_mut().enumerate() {
        let expected: Vec<i64> = (i64::try_from(n).expect("small") * 20 + 1..=501).collect();
        assert_eq!(seqs(&follower.take(expected.len()).await), expected, "follower {n}");
    }
}

#[tokio::test]
async fn a_follower_whom_the_ring_overtook_misses_nothing() {
    let server = TestServer::start_with(|config| {
        config.limits.ring_frames = 4;
        config.limits.take_frames = 1;
    })
    .await;
    let (mut socket, mut stream) = (server.ws("").await, server.stream("").await);
    assert_eq!((seq(&socket.next().await), seq(&stream.next().await)), (0, 0));
    let start = format!("{}\n", event("s", "session_start", "2025-12-03T10:00:00Z"));
    let lines = start + &format!("{}\n", event("s", "message", "2025-12-03T10:00:00Z")).repeat(998);
    assert_eq!(server.post_bytes("/ingest", "application/x-ndjson", lines).await.status, 200);
    let expected: Vec<i64> = (1..=1000).collect();
    assert_eq!(seqs(&socket.take(1000).await), expected);
    assert_eq!(seqs(&stream.take(1000).await), expected);
}

#[tokio::test]
async fn a_reset_stream_keeps_its_format() {
    let server = TestServer::start().await;
    let mut stream: EventStream = server.stream_after("", Some("nonsense")).await;
    // `next` holds each block against its message: id, event and one line of data.
    assert_eq!(types(&stream.take(2).await), ["reset", "init"]);
}
