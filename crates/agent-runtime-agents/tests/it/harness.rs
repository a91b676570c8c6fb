//! Documents in the shapes that agents write, and reading what becomes of them.

use agent_runtime_agents::agent::Agent;
use agent_runtime_agents::envelope::Envelope;
use agent_runtime_agents::hook::read_hook;
use agent_runtime_agents::report::{LineReport, Options, Report, ReportedEvent, TranscriptRef};
use agent_runtime_agents::speaker::Speaker;
use agent_runtime_agents::transcript::read_transcript_line;
use agent_runtime_types::event::NewEvent;
use serde_json::{Value, json};

pub const SESSION: &str = "7c1e2a90-0b54-4f0e-9d3c-51a6f2b8e001";
pub const AT: &str = "2026-11-24T10:00:01.500000+00:00";

pub fn envelope_at(at: &str) -> Envelope {
    Envelope {
        id: "e-1".to_owned(),
        at: at.to_owned(),
        host: Some("workbench".to_owned()),
        pid: Some(4242),
        process_started: Some(99_001),
        words: true,
    }
}

/// A document of Claude Code: what every one has, and what this one adds.
pub fn document(event_name: &str, own: Value) -> Value {
    let mut document = json!({
        "session_id": SESSION,
        "transcript_path": format!("/home/ada/.claude/projects/-src-teapot/{SESSION}.jsonl"),
        "cwd": "/src/teapot",
        "hook_event_name": event_name,
    });
    let Value::Object(own) = own else { panic!("{own} is no object") };
    document.as_object_mut().unwrap().extend(own);
    document
}

#[track_caller]
pub fn report_with(agent: Agent, document: &Value, options: Options) -> Report {
    read_hook(agent, &envelope_at(AT), document.to_string().as_bytes(), &options).unwrap()
}

#[track_caller]
pub fn report(document: &Value) -> Report {
    report_with(Agent::ClaudeCode, document, Options::default())
}

/// An event as it will be shown: it must pass the checks of the wire.
#[track_caller]
pub fn shown(event: &ReportedEvent) -> Value {
    NewEvent::parse(event.body.as_bytes()).unwrap_or_else(|refused| panic!("{refused}: {}", event.body));
    serde_json::from_str(&event.body).unwrap()
}

/// The events of a report, as they will be shown.
#[track_caller]
pub fn all_shown(report: &Report) -> Vec<Value> {
    report.events.iter().map(shown).collect()
}

/// The only event of a document.
#[track_caller]
pub fn event(document: &Value) -> Value {
    let mut events = all_shown(&report(document));
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

/// Whether an event has these members, with these values.
#[track_caller]
pub fn assert_has(event: &Value, expected: &Value) {
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&event[key], value, "{key} of {event}");
    }
}

pub fn transcript_ref(session_id: &str) -> TranscriptRef {
    TranscriptRef {
        path: "/anywhere.jsonl".to_owned(),
        session_id: session_id.to_owned(),
        session_name: "teapot 7c1e".to_owned(),
        at: AT.to_owned(),
    }
}

#[track_caller]
pub fn line(agent: Agent, line: &Value) -> LineReport {
    lines(agent, SESSION, std::slice::from_ref(line)).remove(0)
}

/// The lines of one file, read one after the other.
#[track_caller]
pub fn lines(agent: Agent, session_id: &str, lines: &[Value]) -> Vec<LineReport> {
    let (transcript, mut speaker) = (transcript_ref(session_id), Speaker::default());
    let mut read = |line: &Value| {
        let text = line.to_string();
        read_transcript_line(agent, &transcript, &mut speaker, text.as_bytes(), &Options::default()).unwrap()
    };
    lines.iter().map(&mut read).collect()
}
