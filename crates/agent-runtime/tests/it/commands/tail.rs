//! `tail`.

use serde_json::{Value, json};

use tokio::net::TcpListener;

use super::{Scene, answer, restarted};
use crate::process::{Launch, Lines, Running, fresh_folder, wait};

/// Waits until so many lines were printed.
async fn printed(tail: &mut Running, count: usize) -> Vec<String> {
    let enough = |lines: &Lines| lines.closed || lines.lines.len() >= count;
    wait(&mut tail.stdout, &format!("{count} lines"), enough).await;
    tail.stdout.borrow().lines.clone()
}

/// The events in messages of the change log.
fn events(lines: &[String]) -> Vec<Value> {
    let messages = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    messages.filter(|message| message["type"] == "event").map(|mut message| message["data"].take()).collect()
}

#[tokio::test]
async fn a_session_is_told_from_its_last_events_on_a_line_an_event() {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    scene.event("two", "session_start", json!({})).await;
    let mut tail = scene.command(&["tail", "one"]).spawn();
    assert_eq!(printed(&mut tail, 1).await, ["03:04:05  start"]);
    scene.event("two", "message", json!({})).await;
    scene.event("one", "pre_tool", json!({"tool_name": "Bash", "tool_input": {"command": "ls\n-l"}})).await;
    scene.run(&["rename", "one", "Named"]).await;
    scene.event("one", "session_stop", json!({"exit_code": 0})).await;
    let lines = printed(&mut tail, 4).await;
    assert_eq!(lines[1], "03:04:05  tool    Bash: ls -l");
    assert!(lines[2].ends_with("  named   Named"), "{lines:#?}");
    assert_eq!(lines[3], "03:04:05  end     exit code 0");
    tail.signal("INT");
    let ended = tail.ended().await;
    assert_eq!((ended.code, ended.stdout.len(), ended.stderr.len()), (Some(130), 4, 0), "{ended:#?}");
}

#[tokio::test]
async fn all_sessions_are_told_with_their_names() {
    for words in [&["tail"][..], &["tail", "--all"][..]] {
        // A server of its own: who has just left would still count as a follower.
        let scene = Scene::new().await;
        let mut tail = scene.command(words).spawn();
        scene.followed().await;
        let dir = json!({"project_dir": "/work/a"});
        scene.session("one", "A name that is longer than its column", dir).await;
        scene.event("one", "message", json!({"role": "user", "content": [{"type": "text", "text": "Hi"}]})).await;
        scene.run(&["delete", "one", "--yes"]).await;
        let lines = printed(&mut tail, 3).await;
        assert!(lines[0].ends_with("  A name that is long…  new     /work/a"), "{lines:#?}");
        assert_eq!(lines[1], "03:04:05  A name that is long…  user    Hi");
        assert!(lines[2].ends_with("  A name that is long…  deleted"), "{lines:#?}");
    }
}

#[tokio::test]
async fn nothing_is_missing_or_doubled_across_a_kill_and_a_restart() {
    let mut scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    let note = async |scene: &Scene, numbers: std::ops::Range<i32>| {
        for number in numbers {
            scene.event("one", "message", json!({"number": number})).await;
        }
    };
    let mut tail = scene.command(&["tail", "one", "--json", "--last", "1"]).spawn();
    printed(&mut tail, 1).await;
    note(&scene, 0..3).await;
    printed(&mut tail, 4).await;
    // While it does not look, some happens before the end of the server, and some behind its new beginning.
    tail.signal("STOP");
    note(&scene, 3..6).await;
    scene.server = restarted(scene.server, None).await;
    note(&scene, 6..9).await;
    tail.signal("CONT");
    tail.logged("waiting for it to come back").await;
    tail.logged("connected again").await;
    note(&scene, 9..12).await;
    let lines = printed(&mut tail, 13).await;
    assert_eq!(events(&lines), scene.stored("one").await);
    // While the server is away it says so once, however often it calls.
    scene.server = restarted(scene.server, None).await;
    note(&scene, 12..13).await;
    let lines = printed(&mut tail, 14).await;
    assert_eq!(events(&lines), scene.stored("one").await);
    let notices = tail.stderr.borrow().lines.iter().filter(|line| line.contains("waiting for it to come back")).count();
    assert_eq!(notices, 2, "{:#?}", tail.stderr.borrow().lines);
    let cursor = |line: &String| serde_json::from_str::<Value>(line).expect("JSON")["cursor"].clone();
    assert!(lines.iter().map(cursor).all(|cursor| cursor.is_string()), "{lines:#?}");
}

#[tokio::test]
async fn it_goes_on_behind_a_cursor() {
    let scene = Scene::new().await;
    scene.event("one", "session_start", json!({})).await;
    scene.event("one", "message", json!({"number": 1})).await;
    let mut tail = scene.command(&["tail", "one", "--json", "--last", "5"]).spawn();
    let lines = printed(&mut tail, 2).await;
    let first: Value = serde_json::from_str(&lines[0]).expect("JSON");
    drop(tail);
    let cursor = first["cursor"].as_str().expect("a cursor");
    let mut tail = scene.command(&["tail", "--json", "--since", cursor]).spawn();
    let lines = printed(&mut tail, 1).await;
    assert_eq!(events(&lines), scene.stored("one").await[1..]);
}

#[tokio::test]
async fn what_is_no_cursor_is_refused_with_how_one_looks() {
    let scene = Scene::new().await;
    for since in ["xx", "", "12", "a:", "a:b"] {
        let ended = scene.command(&["tail", "--since", since]).run().await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(2), 0), "{since}: {ended:#?}");
        let failure = ended.failure();
        assert!(failure.starts_with(&format!("--since '{since}' is no cursor")), "{failure}");
        assert!(failure.contains("of a line of `tail --json`, such as "), "{failure}");
    }
}

#[tokio::test]
async fn a_cursor_that_is_no_longer_known_is_told() {
    let mut scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let mut tail = scene.command(&["tail", "one", "--json"]).spawn();
    scene.followed().await;
    scene.event("one", "message", json!({})).await;
    printed(&mut tail, 1).await;
    let other = scene.server.folder().path().join("other.db");
    scene.server = restarted(scene.server, Some(other)).await;
    scene.event("one", "session_start", json!({"number": 2})).await;
    tail.logged("reset (epoch): ").await;
    scene.followed().await;
    scene.event("one", "message", json!({"number": 3})).await;
    let told = |lines: &Lines| lines.lines.iter().any(|line| line.contains("\"number\":3"));
    wait(&mut tail.stdout, "what happened behind the reset", told).await;
    let lines = tail.stdout.borrow().lines.clone();
    let reset: Value = serde_json::from_str(&lines[1]).expect("JSON");
    assert_eq!((&reset["type"], &reset["reason"]), (&json!("reset"), &json!("epoch")));
}

#[tokio::test]
async fn what_an_agent_does_now_is_told_where_no_event_says_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let session = |state: &str| {
        json!({"session_id": "one", "session_name": "n", "status": "running", "created_at": "",
            "activity": {"state": state, "since": ""}})
    };
    let message = |kind: &str, message: Value| format!("id: e:1\nevent: {kind}\ndata: {message}\n\n");
    let event = json!({"id": 1, "event_type": "stop", "session_id": "one", "session_name": "n", "timestamp": ""});
    let stream = [
        message("init", json!({"sessions": [session("working")]})),
        message("event", json!({"data": event, "activity": {"state": "idle", "since": ""}})),
        message("session_updated", json!({"session": session("idle")})),
        message("session_updated", json!({"session": session("gone")})),
        message("of_a_later_version", json!({"a": 1})),
    ];
    let mut tail = Launch::bare(fresh_folder()).arguments(["tail", "--url", &url]).spawn();
    answer(&listener, &stream.concat()).await;
    // It comes back with the cursor of the last message.
    tail.logged("waiting for it to come back").await;
    answer(&listener, &message("event", json!({"data": event}))).await;
    let lines = printed(&mut tail, 3).await;
    let kinds: Vec<_> = lines.iter().map(|line| line.split_whitespace().skip_while(|word| *word != "n")).collect();
    let kinds: Vec<Vec<_>> = kinds.into_iter().map(|words| words.skip(1).collect()).collect();
    assert_eq!(kinds, [vec!["turn", "over"], vec!["now", "gone"], vec!["turn", "over"]], "{lines:#?}");
}

#[tokio::test]
async fn a_server_that_comes_back_and_refuses_is_not_called_again() {
    let scene = Scene::new().await;
    let tail = scene.command(&["tail"]).spawn();
    scene.followed().await;
    let (folder, port) = (scene.server.folder(), scene.server.address.port().to_string());
    let database = format!("sqlite:{}", scene.server.database.display());
    scene.server.kill().await;
    let launch = Launch::bare(folder).arguments(["--port", &port, "--database", &database]);
    let _server = launch.variable("AGENT_RUNTIME_TOKEN", "a-long-token").start().await;
    let ended = tail.ended().await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let last = ended.stderr.last().expect("a line");
    assert!(last.contains("answered 401: ") && last.contains("AGENT_RUNTIME_TOKEN"), "{ended:#?}");
}

#[tokio::test]
async fn a_server_that_was_never_there_is_not_waited_for() {
    let scene = Scene::new().await;
    let launch = scene.command(&["tail"]);
    scene.server.kill().await;
    let ended = launch.run().await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("start one with `agent-runtime`"), "{ended:#?}");
}

#[tokio::test]
async fn a_reader_that_leaves_ends_it_quietly() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let tail = scene.command(&["tail", "one"]).stdout(writer).spawn();
    scene.followed().await;
    drop(reader);
    scene.event("one", "message", json!({})).await;
    let ended = tail.ended().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
}
