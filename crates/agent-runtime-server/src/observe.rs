//! What the server shows of itself: the numbers behind `/metrics`.
//!
//! One registry a server, handed around: nothing global, so that several servers in one process (tests)
//! do not count each other's requests.

use std::time::Duration;

use agent_runtime_agents::report::Counted;
use agent_runtime_store::command::Outcome;
use agent_runtime_store::error::CommandError;
use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// All numbers of one server.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) requests: Requests,
    pub(crate) ingest: Ingest,
    pub(crate) commit: Commit,
    pub(crate) live: Live,
    pub(crate) hooks: Hooks,
    pub(crate) taken_out: TakenOut,
    gauges: Gauges,
}

/// Answered requests.
pub(crate) struct Requests {
    answered: Family<Answered, Counter>,
    seconds: Histogram,
}

/// What was taken in.
#[derive(Default)]
pub(crate) struct Ingest {
    events: Counter,
    duplicates: Counter,
    refused: Counter,
}

/// Agents' own documents.
#[derive(Default)]
pub(crate) struct Hooks {
    documents: Family<Document, Counter>,
    forgotten: Counter,
    pub(crate) repeated: Counter,
}

impl Hooks {
    /// Counts a document by what became of it: `stored`, `kept` for later, `refused` or `lost`.
    pub(crate) fn count(&self, agent: &'static str, became: &'static str) {
        self.documents.get_or_create(&Document { agent, became }).inc();
    }
}

/// What was taken out before anything was stored.
#[derive(Default)]
pub(crate) struct TakenOut {
    redactions: Family<Redacted, Counter>,
    shortened: Counter,
    original_files: Counter,
}

impl TakenOut {
    pub(crate) fn count(&self, counted: &Counted) {
        for (kind, count) in &counted.redacted {
            self.redactions.get_or_create(&Redacted { kind }).inc_by(*count);
        }
        self.shortened.inc_by(counted.shortened);
        self.original_files.inc_by(counted.original_files);
    }
}

/// What kind of secret was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Redacted {
    kind: &'static str,
}

/// What became of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Document {
    agent: &'static str,
    became: &'static str,
}

/// Transactions of the journal.
pub(crate) struct Commit {
    pub(crate) batch_commands: Histogram,
    pub(crate) seconds: Histogram,
    pub(crate) body_bytes: Counter,
}

/// Live readers.
pub(crate) struct Live {
    pub(crate) websockets: Gauge,
    pub(crate) event_streams: Gauge,
    pub(crate) resumes: Counter,
    pub(crate) replayed_pages: Counter,
    pub(crate) closed_as_slow: Counter,
    pub(crate) lag: Histogram,
}

/// Numbers that are read when they are asked for.
#[derive(Default)]
struct Gauges {
    head: Gauge,
    queue: Gauge,
    database_bytes: Gauge,
    connections: Gauge,
}

/// The state of a server at the moment in which its numbers are asked for.
pub(crate) struct Present {
    pub(crate) head: i64,
    pub(crate) queued_commands: usize,
    pub(crate) database_bytes: u64,
    pub(crate) connections: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    status: u16,
}

const SECONDS: [f64; 12] = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];
const COUNTS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
const POSITIONS: [f64; 7] = [0.0, 1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0];

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Requests { answered: Family::default(), seconds: Histogram::new(SECONDS) };
        let commit = Commit {
            batch_commands: Histogram::new(COUNTS),
            seconds: Histogram::new(SECONDS),
            body_bytes: Counter::default(),
        };
        let live = Live {
            websockets: Gauge::default(),
            event_streams: Gauge::default(),
            resumes: Counter::default(),
            replayed_pages: Counter::default(),
            closed_as_slow: Counter::default(),
            lag: Histogram::new(POSITIONS),
        };
        let (ingest, hooks, gauges) = (Ingest::default(), Hooks::default(), Gauges::default());
        let taken_out = TakenOut::default();
        let mut all = Registry::with_prefix("agent_runtime");
        all.register("requests", "Answered requests", requests.answered.clone());
        let help = "Time from a request's head to its answer's head";
        all.register_with_unit("request_duration", help, Unit::Seconds, requests.seconds.clone());
        all.register("events_stored", "Events stored", ingest.events.clone());
        all.register(
            "events_duplicate",
            "Events not stored again, since their key was there",
            ingest.duplicates.clone(),
        );
        all.register("commands_refused", "Changes refused or failed", ingest.refused.clone());
        all.register("commit_batch_commands", "Commands in one commit", commit.batch_commands.clone());
        all.register_with_unit("commit_duration", "Time of one commit", Unit::Seconds, commit.seconds.clone());
        all.register_with_unit("commit_bodies", "Event bodies committed", Unit::Bytes, commit.body_bytes.clone());
        all.register("websocket_clients", "Open WebSockets", live.websockets.clone());
        all.register("event_stream_clients", "Open event streams", live.event_streams.clone());
        all.register("live_resumes", "Live readers that came back with a cursor", live.resumes.clone());
        all.register("live_replayed_pages", "Pages of history read for live readers", live.replayed_pages.clone());
        all.register("live_closed_as_slow", "Live readers given up as too slow", live.closed_as_slow.clone());
        all.register("live_lag_positions", "Positions a live reader was behind when it was sent to", live.lag.clone());
        all.register("hook_documents", "Documents of agents' hooks, by what became of them", hooks.documents.clone());
        all.register("hook_documents_forgotten", "Documents of deleted sessions, dropped", hooks.forgotten.clone());
        all.register("hook_documents_repeated", "Documents that were stored before", hooks.repeated.clone());
        all.register("secrets_redacted", "Secrets taken out before storing, by kind", taken_out.redactions.clone());
        all.register("strings_shortened", "Strings of which head and tail were stored", taken_out.shortened.clone());
        all.register("original_files_left_out", "Whole files left out of edits", taken_out.original_files.clone());
        all.register("log_head", "Last position of the change log", gauges.head.clone());
        all.register("journal_queue_commands", "Commands that wait to be committed", gauges.queue.clone());
        all.register_with_unit("database_size", "Database on disk", Unit::Bytes, gauges.database_bytes.clone());
        all.register("connections", "Open connections and streams", gauges.connections.clone());
        Self { registry: all, requests, ingest, commit, live, hooks, taken_out, gauges }
    }

    /// Counts what became of a command.
    pub(crate) fn count_outcome(&self, result: &Result<Outcome, CommandError>) {
        match result {
            Ok(Outcome::Stored { stored, duplicates }) => {
                self.ingest.events.inc_by(*stored);
                self.ingest.duplicates.inc_by(*duplicates);
            }
            Ok(Outcome::Forgotten) => {
                self.hooks.forgotten.inc();
            }
            Ok(Outcome::Session(_) | Outcome::Deleted { .. } | Outcome::Ready) => {}
            Err(_) => {
                self.ingest.refused.inc();
            }
        }
    }

    /// Everything as Prometheus text.
    pub(crate) fn text(&self, present: &Present) -> String {
        let as_gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.gauges.head.set(present.head);
        self.gauges.queue.set(as_gauge(present.queued_commands));
        self.gauges.database_bytes.set(i64::try_from(present.database_bytes).unwrap_or(i64::MAX));
        self.gauges.connections.set(as_gauge(present.connections));
        let mut text = String::new();
        // infallible: writing to a String
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        classic(&text)
    }
}

/// `OpenMetrics` as the older Prometheus text (version 0.0.4), which every scraper and every person reads:
/// there a counter is described under the name of its sample, and there are no units and no end mark.
fn classic(open_metrics: &str) -> String {
    let is_counter = |name: &str| open_metrics.contains(&format!("# TYPE {name} counter\n"));
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("UNIT" | "EOF"), ..) => continue,
            (Some("#"), Some(what), Some(name), Some(rest)) if is_counter(name) => {
                text.extend(["# ", what, " ", name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

impl Requests {
    /// Counts an answered request.
    pub(crate) fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        // A method of the client's own making must not make a label of its own.
        const KNOWN: [&str; 6] = ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"];
        let method = KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
        let labels = Answered { method, status: status.as_u16() };
        self.answered.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}
