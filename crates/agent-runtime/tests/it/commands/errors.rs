//! What goes wrong, and what a person is told to do about it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Scene, URL};
use crate::process::{Launch, fresh_folder};

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_with_how_to_start_one() {
    let scene = Scene::new().await;
    let url = format!("http://{}", scene.server.address);
    let launches = [&["sessions"][..], &["show", "x"], &["wait", "x"], &["export", "x"], &["tail"]];
    let launches = launches.map(|words| scene.command(words));
    scene.server.kill().await;
    for launch in launches {
        let ended = launch.run().await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
        let failure = ended.failure();
        assert!(failure.starts_with(&format!("no server answers at {url} (")), "{failure}");
        assert!(failure.contains("start one with `agent-runtime`, or say where it is with --url"), "{failure}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_told_in_time_and_not_taken_for_one_that_is_away() {
    let scene = Scene::new().await;
    let launches = [&["sessions"][..], &["show", "x"], &["tail"], &["delete", "x", "--yes"]];
    let launches = launches.map(|words| scene.command(words));
    scene.server.signal("STOP");
    let began = Instant::now();
    let runs = launches.map(Launch::spawn);
    for run in runs {
        let ended = run.ended().await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
        let failure = ended.failure();
        assert!(
            failure.starts_with(&format!("http://{} listens, but does not answer", scene.server.address)),
            "{failure}"
        );
        assert!(failure.contains("`agent-runtime doctor`") && !failure.contains("start one with"), "{failure}");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    scene.server.signal("CONT");
}

#[tokio::test]
async fn a_flag_wins_over_the_variable_over_the_file() {
    let scene = Scene::new().await;
    let url = format!("http://{}", scene.server.address);
    let folder = fresh_folder();
    let config = folder.path().join("config.toml");
    let nowhere = "http://127.0.0.1:1";
    let written = |url: &str| fs::write(&config, format!("server_url = \"{url}\"\n")).expect("written");
    let by = |variable: Option<&str>, flag: Option<&str>| {
        let launch = Launch::bare(folder.clone()).argument("sessions").argument("--config").argument(&config);
        let launch = variable.into_iter().fold(launch, |launch, url| launch.variable(URL, url));
        flag.into_iter().fold(launch, |launch, url| launch.arguments(["--url", url]))
    };
    written(&url);
    assert_eq!(by(None, None).run().await.code, Some(0));
    written(nowhere);
    assert_eq!(by(None, None).run().await.code, Some(1));
    assert_eq!(by(Some(&url), None).run().await.code, Some(0));
    assert_eq!(by(Some(nowhere), Some(&url)).run().await.code, Some(0));
    assert_eq!(by(Some(&url), Some(nowhere)).run().await.code, Some(1));
}

#[tokio::test]
async fn a_token_is_shown_from_its_variable_or_the_file_and_its_place_is_told() {
    let secret = "a-very-secret-token";
    let server = Launch::new().variable("AGENT_RUNTIME_TOKEN", secret).start().await;
    let scene = Scene { server };
    let ended = scene.run(&["sessions"]).await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("answered 401: "), "{ended:#?}");
    assert!(ended.failure().contains("AGENT_RUNTIME_TOKEN, or as token = "), "{ended:#?}");
    let ended = scene.command(&["sessions"]).variable("AGENT_RUNTIME_TOKEN", "another-secret").run().await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("is not that of this server"), "{ended:#?}");
    assert!(!format!("{ended:?}").contains("another-secret"), "{ended:#?}");
    let ended = scene.command(&["sessions", "--json"]).variable("AGENT_RUNTIME_TOKEN", secret).run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
    let folder = fresh_folder();
    let config = folder.path().join("config.toml");
    fs::write(&config, format!("token = \"{secret}\"\n")).expect("written");
    let ended = scene.command(&["sessions", "--json", "--config"]).argument(&config).run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
}

#[tokio::test]
async fn a_bad_setting_of_the_server_is_no_reason_to_refuse_a_question() {
    let scene = Scene::new().await;
    let ended = scene.command(&["sessions", "--json"]).variable("AGENT_RUNTIME_PORT", "none").run().await;
    assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{ended:#?}");
}

#[tokio::test]
async fn an_address_that_is_none_is_a_usage_error() {
    for url in ["127.0.0.1:8765", "ftp://a", "http://", "http://me:secret@127.0.0.1"] {
        let ended = Launch::bare(fresh_folder()).arguments(["sessions", "--url", url]).run().await;
        assert_eq!(ended.code, Some(2), "{url}: {ended:#?}");
        assert!(!format!("{ended:?}").contains("secret"), "{ended:#?}");
    }
}

#[tokio::test]
async fn a_listener_that_is_no_agent_runtime_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    for (answer, told) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", "(no list)"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"sessions\":[", "broke ("),
        ("HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{\"sessions\":[1]}", "no list of objects"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", "is it agent-runtime that listens there?"),
        ("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n", "redirects are not followed"),
        ("SSH-2.0-OpenSSH\r\n", "is it agent-runtime that listens there?"),
    ] {
        let command = Launch::bare(fresh_folder()).arguments(["sessions", "--url", &url]).spawn();
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = [0; 4096];
        tokio::io::AsyncReadExt::read(&mut stream, &mut head).await.expect("a request");
        tokio::io::AsyncWriteExt::write_all(&mut stream, answer.as_bytes()).await.expect("sent");
        tokio::io::AsyncWriteExt::shutdown(&mut stream).await.expect("closed");
        let ended = command.ended().await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{answer}: {ended:#?}");
        assert!(ended.failure().contains(told), "{answer}: {ended:#?}");
    }
}

#[tokio::test]
async fn a_reader_that_leaves_early_is_no_failure() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    scene.event("one", "message", json!({})).await;
    for words in [&["sessions"][..], &["show", "one"], &["events", "one"], &["export", "one"], &["man"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let ended = scene.command(words).stdout(writer).run().await;
        assert_eq!((ended.code, ended.stderr.len()), (Some(0), 0), "{words:?}: {ended:#?}");
    }
}

#[tokio::test]
async fn stdout_that_cannot_be_written_is_told() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    for words in [&["sessions"][..], &["export", "one"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device that is full");
        let ended = scene.command(words).stdout(full).run().await;
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        assert!(ended.failure().starts_with("cannot write to stdout: "), "{ended:#?}");
    }
}
