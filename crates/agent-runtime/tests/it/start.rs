//! Starting: where it listens, where it stores, and what it warns of.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::process::{Launch, PATIENCE, fresh_folder};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

fn addresses(lines: &[String]) -> Vec<SocketAddr> {
    lines.iter().filter_map(|line| line.strip_prefix("listening on http://")?.parse().ok()).collect()
}

#[tokio::test]
async fn it_serves_without_a_command_and_with_serve() {
    for command in [None, Some("serve")] {
        let folder = fresh_folder();
        let database = format!("sqlite:{}", folder.path().join("runs.db").display());
        let words = command.into_iter().chain(["--port", "0", "--database", &database]);
        let server = Launch::bare(folder.clone()).arguments(words).start().await;
        let answer = server.http.get(server.url("/healthz")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(server.database, folder.path().join("runs.db"));
        server.stop().await;
    }
}

#[tokio::test]
async fn both_loopback_addresses_answer_on_one_port() {
    for host in [None, Some("localhost"), Some("loopback")] {
        let launch = host.map_or_else(Launch::new, |host| Launch::new().arguments(["--host", host]));
        let server = launch.start().await;
        let listening = addresses(&server.running.stdout.borrow().lines);
        assert_eq!(listening[0], SocketAddr::from(([127, 0, 0, 1], server.address.port())));
        assert_ne!(server.address.port(), 0);
        for address in &listening {
            let answer = server.http.get(format!("http://{address}/sessions")).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{address}");
        }
        // A machine without IPv6 has one address; one with it must have both.
        let both = TcpListener::bind("[::1]:0").is_ok();
        assert_eq!(listening.len(), if both { 2 } else { 1 }, "{listening:?}");
        assert!(listening.iter().all(|address| address.port() == server.address.port()), "{listening:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_taken_ipv6_port_is_a_warning_only() {
    let Ok(taken) = TcpListener::bind("[::1]:0") else { return };
    let port = taken.local_addr().expect("an address").port();
    if TcpListener::bind(("127.0.0.1", port)).is_err() {
        return; // The same number is taken by someone else on IPv4: nothing can be said here.
    }
    let folder = fresh_folder();
    let database = format!("sqlite:{}", folder.path().join("runs.db").display());
    let port = port.to_string();
    let server = Launch::bare(folder).arguments(["--port", &port, "--database", &database]).start().await;
    assert_eq!(addresses(&server.running.stdout.borrow().lines).len(), 1);
    let ended = server.stop().await;
    assert!(ended.stderr.iter().any(|line| line.contains("WARN") && line.contains("[::1]")), "{ended:#?}");
}

#[tokio::test]
async fn one_address_alone_can_be_chosen() {
    for (host, expected) in
        [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("127.0.0.2", "127.0.0.2")]
    {
        if TcpListener::bind((host.trim_matches(['[', ']']), 0)).is_err() {
            continue; // Not every machine has every loopback address.
        }
        let server = Launch::new().arguments(["--host", host]).start().await;
        let listening = addresses(&server.running.stdout.borrow().lines);
        let place = format!("{expected}:{}", server.address.port());
        assert_eq!(listening.iter().map(ToString::to_string).collect::<Vec<_>>(), [place]);
        let answer = server.http.get(server.url("/sessions")).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "the bound address is an allowed host");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_name_is_resolved_and_is_an_allowed_host() {
    // The resolver reads this as 127.0.0.1, on every machine.
    let server = Launch::new().arguments(["--host", "127.1"]).start().await;
    let listening = addresses(&server.running.stdout.borrow().lines);
    assert_eq!(listening, [SocketAddr::from(([127, 0, 0, 1], server.address.port()))]);
    for (name, status) in [("127.1", 200), ("127.2", 403)] {
        let request = server.http.get(server.url("/sessions")).header("host", name);
        assert_eq!(request.send().await.expect("an answer").status(), status, "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_foreign_address_with_a_token_asks_for_it() {
    let server =
        Launch::new().arguments(["--host", "0.0.0.0"]).variable("AGENT_RUNTIME_TOKEN", "a-long-token").start().await;
    let url = format!("http://127.0.0.1:{}/sessions", server.address.port());
    assert_eq!(server.http.get(&url).send().await.expect("an answer").status(), 401);
    let shown = server.http.get(&url).bearer_auth("a-long-token");
    assert_eq!(shown.send().await.expect("an answer").status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn a_foreign_address_can_be_meant() {
    for by_flag in [true, false] {
        let launch = Launch::new().arguments(["--host", "0.0.0.0"]);
        let launch = if by_flag {
            launch.argument("--insecure-no-token")
        } else {
            launch.variable("AGENT_RUNTIME_INSECURE_NO_TOKEN", "true")
        };
        let server = launch.start().await;
        let url = format!("http://127.0.0.1:{}/sessions", server.address.port());
        assert_eq!(server.http.get(&url).send().await.expect("an answer").status(), 200);
        let ended = server.stop().await;
        assert!(ended.stderr.iter().any(|line| line.contains("WARN") && line.contains("no token")), "{ended:#?}");
    }
}

#[tokio::test]
async fn a_star_is_warned_of() {
    let server = Launch::new().arguments(["--allowed-host", "*"]).variable("CORS_ORIGINS", "*").start().await;
    let ended = server.stop().await;
    for words in ["CORS_ORIGINS", "allowed host"] {
        assert!(ended.stderr.iter().any(|line| line.contains("WARN") && line.contains(words)), "{words}: {ended:#?}");
    }
    let quiet = Launch::new().start().await.stop().await;
    assert!(!quiet.stderr.iter().any(|line| line.contains("WARN")), "{quiet:#?}");
}

#[tokio::test]
async fn the_default_place_is_the_users_data_folder_for_their_eyes_only() {
    let folder = fresh_folder();
    let server = Launch::bare(folder.clone()).arguments(["--port", "0"]).start().await;
    let data = folder.path().join("data/agent-runtime");
    assert_eq!(server.database, data.join("agent-runtime.db"));
    let body = serde_json::json!({"session_id": "a", "session_name": "a"});
    let answer = server.http.post(server.url("/sessions")).json(&body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(mode(&data), 0o700);
    for name in ["agent-runtime.db", "agent-runtime.db-wal", "agent-runtime.db-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    for entry in fs::read_dir(&data).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path) & 0o077, 0, "{} is for its user alone", path.display());
    }
    server.stop().await;
}

#[tokio::test]
async fn a_database_is_private_even_in_an_open_folder_and_under_a_lax_mask() {
    let folder = fresh_folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
    let server = Launch::on(folder.clone()).after_shell("umask 000").start().await;
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_missing_folder_is_made_for_its_users_eyes_only() {
    let folder = fresh_folder();
    let database = folder.path().join("missing/too/runs.db");
    let url = format!("sqlite:{}", database.display());
    let launch = Launch::bare(folder.clone()).arguments(["--port", "0", "--database", &url]);
    let server = launch.after_shell("umask 000").start().await;
    assert_eq!(mode(&folder.path().join("missing")), 0o700);
    assert_eq!(mode(&folder.path().join("missing/too")), 0o700);
    server.stop().await;
}

#[tokio::test]
async fn few_files_mean_fewer_connections_not_a_server_without_files() {
    let server = Launch::new().after_shell("ulimit -Sn 128; ulimit -Hn 300").start().await;
    let body = serde_json::json!({"session_id": "a", "session_name": "a"});
    let post = async || {
        let answer = server.http.post(server.url("/sessions")).json(&body).send().await.expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(post().await, 200);
    // As many connections as files. The client above keeps its own.
    let mut open = Vec::new();
    for _ in 0..300 {
        open.push(tokio::net::TcpStream::connect(server.address).await.expect("a connection"));
    }
    let mut last = open.pop().expect("the last");
    let mut told = Vec::new();
    let told_all = tokio::io::AsyncReadExt::read_to_end(&mut last, &mut told);
    let ended = tokio::time::timeout(PATIENCE, told_all).await;
    assert!(ended.is_ok(), "one too many is turned away, and does not wait for a file that never comes free");
    assert_eq!(post().await, 409, "those inside are served");
    drop(open);
    let ended = server.stop().await;
    assert!(ended.stderr.iter().any(|line| line.contains("only 300 files may be open")), "{ended:#?}");
    assert!(!ended.stderr.iter().any(|line| line.contains("no connection could be accepted")), "{ended:#?}");
}

#[tokio::test]
async fn the_soft_limit_of_files_is_raised() {
    let server = Launch::new().after_shell("ulimit -Sn 128").start().await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.running.pid)).expect("a process's limits");
    let row = limits.lines().find(|line| line.starts_with("Max open files")).expect("a row");
    let numbers: Vec<&str> = row.split_whitespace().skip(3).take(2).collect();
    assert_eq!(numbers[0], numbers[1], "soft is hard: {row}");
    server.stop().await;
}
