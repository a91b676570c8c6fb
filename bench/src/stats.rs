//! `GET /stats` over a month of a million events: a hundred projects, twenty tools, every minute of it has events.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::json;

use crate::Options;
use crate::events::session_id;
use crate::http::{Connection, request_bytes};
use crate::report::{Figure, count};
use crate::sample::Latencies;
use crate::server::Server;

const LINES: usize = 1000;
const SESSIONS: usize = 1000;
const PROJECTS: usize = 100;
const TOOLS: usize = 20;
const MONTH_SECONDS: usize = 30 * 24 * 60 * 60;
const MOST_MS: f64 = 100.0;
const MOST_OUTLINE_MS: f64 = 300.0;

/// Events of the session whose outline is read.
const OUTLINED: usize = 100_000;

pub(crate) fn measure(options: &Options) -> anyhow::Result<Vec<Figure>> {
    let (events, rounds) = if options.quick { (100_000, 10) } else { (1_000_000, 50) };
    let folder = options.fresh_folder()?;
    let server = Server::start(options, &folder.path().join("stats.db"))?;
    let mut connection = Connection::open(server.address)?;
    for number in 0..SESSIONS {
        let project_dir = format!("/home/someone/projects/{}", number % PROJECTS);
        let body = json!({"session_id": session_id(number), "session_name": "Bench", "project_dir": project_dir});
        connection.post("/sessions", &body)?;
    }
    for first in (0..events).step_by(LINES) {
        let lines: String = (first..first + LINES).map(|number| event(number, events, number % SESSIONS)).collect();
        send(&mut connection, &server, &lines)?;
    }

    let mut figures = Vec::new();
    for (name, query) in [
        ("a day by the quarter of an hour", "from=2026-11-15T00:00:00Z&to=2026-11-16T00:00:00Z&bucket=900"),
        ("a month by the hour", "from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&bucket=3600"),
        ("a month by 45 minutes", "from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&bucket=2700"),
    ] {
        let path = format!("/stats?{query}");
        let stats = connection.get(&path)?;
        let counted: u64 =
            stats["buckets"].as_array().context("buckets")?.iter().filter_map(|b| b["events"].as_u64()).sum();
        let expected = if name.starts_with("a day") { events / 30 } else { events };
        ensure!(counted == expected as u64 && stats["uncounted"] == 0, "{name}: {counted} of {expected} events");
        let what = format!("GET /stats, {} events, {name}, p50", count(events));
        figures.push(timed(&mut connection, &path, rounds, what)?.at_most(MOST_MS));
    }

    for first in (0..OUTLINED).step_by(LINES) {
        let lines: String = (first..first + LINES).map(|number| event(number, OUTLINED, SESSIONS)).collect();
        let start = if first == 0 { started(SESSIONS) } else { String::new() };
        send(&mut connection, &server, &(start + &lines))?;
    }
    let path = format!("/sessions/{}/outline", session_id(SESSIONS));
    let outline = connection.get(&path)?;
    ensure!(outline["outline"].as_array().map(Vec::len) == Some(OUTLINED + 1), "the outline is not whole");
    let what = format!("GET of the outline of a session of {} events, p50", count(OUTLINED));
    figures.push(timed(&mut connection, &path, rounds.min(20), what)?.at_most(MOST_OUTLINE_MS));
    Ok(figures)
}

fn timed(connection: &mut Connection, path: &str, rounds: usize, what: String) -> anyhow::Result<Figure> {
    let request = connection.get_bytes(path);
    let (mut times, mut bytes) = (Latencies::default(), 0);
    for _ in 0..rounds {
        let begin = Instant::now();
        let answer = connection.send_discarding(&request)?;
        times.add(begin.elapsed());
        ensure!(answer.status == 200, "{path} answered {}", answer.status);
        bytes = answer.body_bytes;
    }
    let [p50, p99] = times.percentiles_ms([50.0, 99.0]);
    let note = format!("{} bytes; p99 {p99:.1} ms", count(bytes));
    Ok(Figure::shown("stats", what, "ms", p50).note(note))
}

fn send(connection: &mut Connection, server: &Server, lines: &str) -> anyhow::Result<()> {
    let request = request_bytes(server.address, "POST", "/ingest", "application/x-ndjson", lines.as_bytes());
    ensure!(connection.send(&request)?["ok"] == true, "the events were not taken");
    Ok(())
}

fn started(session: usize) -> String {
    let id = session_id(session);
    let head = format!(r#""session_id":"{id}","session_name":"Bench","timestamp":"2026-10-31T00:00:00Z""#);
    format!("{{\"event_type\":\"session_start\",{head}}}\n")
}

/// The event of this number of so many that are spread over the month: a call, or what came of it.
fn event(number: usize, of: usize, session: usize) -> String {
    let (second, tool) = (number * (MONTH_SECONDS / 100) / (of / 100), number / 2 % TOOLS);
    let (day, hour, minute) = (second / 86_400 + 1, second / 3600 % 24, second / 60 % 60);
    let time = format!("2026-11-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60);
    let (id, tool) = (session_id(session), format!("Tool{tool}"));
    let mut line = String::with_capacity(400);
    let kind = if number.is_multiple_of(2) { "pre_tool" } else { "post_tool" };
    // infallible: writing to a String
    let _ = write!(
        line,
        r#"{{"event_type":"{kind}","session_id":"{id}","session_name":"Bench","timestamp":"{time}","tool_name":"{tool}","tool_use_id":"call-{}","tool_input":{{"command":"cargo test --workspace {number}"}}"#,
        number / 2
    );
    if kind == "post_tool" {
        let duration_ms = number * 7919 % 60_000;
        let _ = write!(line, r#","duration_ms":{duration_ms},"tool_output":"test result: ok. 412 passed; 0 failed""#);
        if number % 50 == 1 {
            line.push_str(r#","error":"exit code 101""#);
        }
    }
    line.push_str("}\n");
    line
}
