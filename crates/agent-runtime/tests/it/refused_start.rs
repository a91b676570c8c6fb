//! Starts that cannot be: each says so in one line that tells what to do, and ends with the right exit code.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::process::{Ended, Launch, fresh_folder};

/// The user that owns nothing.
const NOBODY: u32 = 65534;

/// What a start that fails must look like: the exit code, and all parts of its one line.
#[track_caller]
fn fails(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    assert!(ended.stdout.is_empty(), "nothing on stdout: {ended:#?}");
    let line = ended.failure();
    for part in parts {
        assert!(line.contains(part), "{part:?} in {line:?}");
    }
}

/// A launch that would show a backtrace if anything could.
fn start() -> Launch {
    Launch::new().variable("RUST_BACKTRACE", "1")
}

#[tokio::test]
async fn a_foreign_address_needs_a_token() {
    for host in ["0.0.0.0", "::", "[::]", "::ffff:0.0.0.0", "192.0.2.1", "::ffff:192.0.2.1", "0"] {
        let ended = start().arguments(["--host", host]).run().await;
        fails(&ended, 2, &["refusing to listen on", "without a token", "AGENT_RUNTIME_TOKEN", "--insecure-no-token"]);
    }
}

#[tokio::test]
async fn a_port_in_use_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = fresh_folder();
    let database = format!("sqlite:{}", folder.path().join("runs.db").display());
    let launch = Launch::bare(folder.clone()).arguments(["--port", &port, "--database", &database]);
    let ended = launch.variable("RUST_BACKTRACE", "1").run().await;
    fails(&ended, 1, &[&format!("127.0.0.1:{port}"), "stop it", "--port"]);
    assert!(!folder.path().join("runs.db").exists(), "no database is left behind by a start that failed");
}

#[tokio::test]
async fn an_address_of_another_machine_is_told() {
    let ended = start().arguments(["--host", "192.0.2.1", "--token", "a-long-token"]).run().await;
    fails(&ended, 1, &["192.0.2.1", "no such address", "--host"]);
}

#[tokio::test]
async fn an_unknown_name_is_told() {
    let ended = start().arguments(["--host", "no-such-name.invalid"]).run().await;
    fails(&ended, 1, &["no-such-name.invalid", "--host"]);
}

#[tokio::test]
async fn an_unwritable_folder_is_told() {
    let folder = fresh_folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("set");
    let database = format!("sqlite:{}", closed.join("runs.db").display());
    let mut launch = Launch::bare(folder.clone()).arguments(["--port", "0", "--database", &database]);
    if fs::write(closed.join("probe"), "").is_ok() {
        // Root may write everywhere: become nobody, with a copy of the program that nobody may run.
        fs::remove_file(closed.join("probe")).expect("removed");
        let program = folder.path().join("agent-runtime");
        fs::copy(env!("CARGO_BIN_EXE_agent-runtime"), &program).expect("copied");
        for path in [folder.path(), &program] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
        }
        launch = launch.program(&program).user(NOBODY);
    }
    fails(&launch.variable("RUST_BACKTRACE", "1").run().await, 1, &["runs.db", "--database"]);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_told() {
    let folder = fresh_folder();
    fs::write(folder.path().join("data"), "a file, where a folder is needed").expect("written");
    let ended = Launch::bare(folder).arguments(["--port", "0"]).variable("RUST_BACKTRACE", "1").run().await;
    fails(&ended, 1, &["data/agent-runtime", "--database"]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_and_left_alone() {
    let folder = fresh_folder();
    let path = folder.path().join("test.db");
    let text = "These are my notes, and no database.\n".repeat(300);
    fs::write(&path, &text).expect("written");
    fails(&Launch::on(folder.clone()).variable("RUST_BACKTRACE", "1").run().await, 1, &["test.db", "--database"]);
    assert_eq!(fs::read_to_string(&path).expect("read"), text);
}

#[tokio::test]
async fn a_database_of_another_program_is_told_and_left_alone() {
    let folder = fresh_folder();
    let path = folder.path().join("test.db");
    let other = rusqlite::Connection::open(&path).expect("made");
    other.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');").expect("filled");
    drop(other);
    let before = fs::read(&path).expect("read");
    fails(&Launch::on(folder.clone()).run().await, 1, &["test.db", "not a database of agent-runtime", "--database"]);
    assert_eq!(fs::read(&path).expect("read"), before, "not a byte is changed");
}

#[tokio::test]
async fn a_broken_database_is_told() {
    let folder = fresh_folder();
    let server = Launch::on(folder.clone()).start().await;
    server.stop().await;
    let path = folder.path().join("test.db");
    let mut bytes = fs::read(&path).expect("read");
    // The first page, with the schema, keeps only its header.
    bytes[100..4096].fill(0xa5);
    fs::write(&path, bytes).expect("written");
    let ended = Launch::on(folder).variable("RUST_BACKTRACE", "1").run().await;
    fails(&ended, 1, &["test.db", "damaged", "backup"]);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_told_and_left_alone() {
    let folder = fresh_folder();
    Launch::on(folder.clone()).start().await.stop().await;
    let file = rusqlite::Connection::open(folder.path().join("test.db")).expect("opened");
    let raise = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
                 SELECT max(version) + 1, 'from_the_future', max(applied_on), '1' FROM refinery_schema_history";
    assert_eq!(file.execute(raise, []).expect("raised"), 1);
    drop(file);
    fails(&Launch::on(folder.clone()).run().await, 1, &["test.db", "newer"]);
    let file = rusqlite::Connection::open(folder.path().join("test.db")).expect("opened");
    let query = "SELECT count(*) FROM refinery_schema_history WHERE name = 'from_the_future'";
    assert_eq!(file.query_row(query, [], |row| row.get::<_, i64>(0)).expect("counted"), 1);
}

#[tokio::test]
async fn a_database_has_one_server_at_a_time() {
    let first = Launch::new().start().await;
    let folder = first.folder();
    fails(&Launch::on(folder.clone()).run().await, 1, &["test.db", "another", "--database"]);
    let answer = first.http.get(first.url("/readyz")).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "the first is not disturbed");
    first.kill().await;
    let second = Launch::on(folder).start().await;
    second.stop().await;
}

#[tokio::test]
async fn postgres_is_refused_for_now() {
    let launch = Launch::bare(fresh_folder()).arguments(["--port", "0", "--database", "postgres://me:secret@db/runs"]);
    let ended = launch.run().await;
    fails(&ended, 2, &["SQLite"]);
    assert!(!ended.failure().contains("secret"), "{ended:#?}");
}

#[tokio::test]
async fn a_bad_setting_is_told() {
    for (flag, value) in [
        ("--port", "eighty"),
        ("--host", "http://localhost"),
        ("--max-body", "16MiB"),
        ("--max-ingest-body", "0"),
        ("--durability", "some"),
        ("--log-format", "xml"),
        ("--token", "short"),
        ("--allowed-host", "http://a"),
        ("--config", "missing.toml"),
    ] {
        let ended = Launch::bare(fresh_folder()).arguments([flag, value]).variable("RUST_BACKTRACE", "1").run().await;
        let named = if flag == "--config" { "missing.toml" } else { flag };
        fails(&ended, 2, &[named]);
    }
    for (variable, value) in [
        ("AGENT_RUNTIME_PORT", "70000"),
        ("AGENT_RUNTIME_DATABASE", "runs.db"),
        ("AGENT_RUNTIME_INSECURE_NO_TOKEN", "perhaps"),
        ("CORS_ORIGINS", "localhost:3000"),
        ("DEBUG_LOGGING", "loud"),
        ("RUST_LOG", "agent_runtime=loud"),
        ("AGENT_ORCHESTRATOR_SESSION_MANAGER_URL", "localhost"),
    ] {
        let ended = Launch::bare(fresh_folder()).variable(variable, value).variable("RUST_BACKTRACE", "1").run().await;
        fails(&ended, 2, &[variable]);
    }
}

#[tokio::test]
async fn a_bad_configuration_file_is_told() {
    for (text, parts) in [
        ("prot = 1\n", &["unknown key 'prot'", "config.toml", "did you mean 'port'?"][..]),
        ("colour = 1\n", &["unknown key 'colour'", "config.toml: there are host, "][..]),
        ("port = \n", &["config.toml, line 1"][..]),
        ("port = \"x\"\n", &["port in ", "config.toml"][..]),
    ] {
        let folder = fresh_folder();
        let place = folder.path().join("config/agent-runtime");
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join("config.toml"), text).expect("written");
        fails(&Launch::bare(folder).run().await, 2, parts);
    }
}

#[tokio::test]
async fn an_unknown_flag_is_told() {
    for (words, help) in [
        (&["--prot", "1"][..], "agent-runtime --help"),
        (&["--port"][..], "agent-runtime --help"),
        (&["fly"][..], "agent-runtime --help"),
        (&["openapi", "--port", "1"][..], "agent-runtime openapi --help"),
    ] {
        let ended = Launch::bare(fresh_folder()).arguments(words).variable("RUST_BACKTRACE", "1").run().await;
        fails(&ended, 2, &[help]);
    }
}
