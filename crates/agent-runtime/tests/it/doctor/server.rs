//! What is wrong with a server, or between it and us.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{examine, launch, machine, nobody, run};
use crate::machine::Machine;

const TOKEN: &str = "only-for-tests";

#[tokio::test]
async fn a_server_that_is_down_is_told_and_the_rest_is_looked_at_all_the_same() {
    let machine = machine();
    machine.must("setup claude-code --yes").await;
    let said = examine(&machine, &nobody()).await;
    assert_eq!(said.mended_by("server.reachable"), ("problem", "agent-runtime service install"));
    said.must("hooks.claude-code.user.installed", "ok", "settings.json");
    said.must("program.installed", "ok", "");
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for() {
    let machine = Machine::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let began = Instant::now();
    let said = examine(&machine, &format!("http://{}", listener.local_addr().expect("an address"))).await;
    said.must("server.reachable", "problem", "does not answer in 3 seconds");
    // A client of ours waits for 30 seconds.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[tokio::test]
async fn another_program_on_that_port_is_told() {
    let machine = Machine::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
        }
    });
    let said = examine(&machine, &url).await;
    said.must("server.reachable", "problem", "does not know");
}

#[tokio::test]
async fn a_token_that_is_wrong_or_missing_is_told_and_the_right_one_opens() {
    let machine = Machine::new();
    let server = machine.launch("serve --port 0").variable("AGENT_RUNTIME_TOKEN", TOKEN).start().await;
    let url = server.url("");
    let shown = |token: &str| run(launch(&machine, "doctor --json", &url).variable("AGENT_RUNTIME_TOKEN", token));
    for (token, fix) in [("", "put the server's token"), ("another-token", "is not that of this server")] {
        let said = shown(token).await;
        said.must("server.token", "problem", "401");
        let told = said.of("server.token")["fix"].as_str().expect("a fix");
        assert!(told.contains(fix), "{told}");
        assert!(!said.document.to_string().contains("another-token"));
    }
    let said = shown(TOKEN).await;
    said.must("server.reachable", "ok", &url);
    assert!(!said.has("server.token"));
    server.stop().await;
}

#[tokio::test]
async fn hooks_that_report_to_another_server_are_told() {
    let machine = Machine::new();
    let server = machine.launch("serve --port 0").start().await;
    let line = format!("doctor --json --url {}", server.url(""));
    let said = run(launch(&machine, &line, "http://127.0.0.1:1")).await;
    said.must("server.reachable", "ok", &server.url(""));
    said.must("hooks.server", "note", "http://127.0.0.1:1");
    server.stop().await;
}
