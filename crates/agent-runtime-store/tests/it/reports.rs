//! What agents' own documents do: they make their sessions, add to what is known, and end what belongs to them.

use agent_runtime_store::Durability;
use agent_runtime_store::command::{Command, Outcome};
use agent_runtime_types::activity::ActivityState;
use agent_runtime_types::live::ChangeKind::{self, Event, SessionCreated, SessionDeleted, SessionUpdated};
use agent_runtime_types::live::SessionChanged;
use agent_runtime_types::page::EventQuery;
use agent_runtime_types::report::{Between, Facts, NameRank, Process, Report, ReportedEvent, Source, TranscriptNews};
use agent_runtime_types::session::SessionStatus;
use serde_json::{Value, json};

use crate::harness::{Opened, append, create, event};

pub(crate) fn facts(id: &str) -> Facts {
    Facts {
        session_id: id.into(),
        parent_session_id: None,
        session_name: format!("work {id}"),
        name_rank: NameRank::Folder,
        agent_name: None,
        project_dir: Some("/work".into()),
        source: Source::ClaudeCode,
        host: Some("here".into()),
        model: None,
        branch: None,
        process: None,
        at: "2025-12-03T10:00:00.000000+00:00".into(),
        at_us: 1_764_756_000_000_000,
        continues_process: false,
        is_start: false,
    }
}

fn reported(id: &str, event_type: &str, second: u32, key: &str) -> ReportedEvent {
    ReportedEvent::new(event(id, event_type, second, &json!({"event_id": key})))
}

fn report(facts: Facts, events: Vec<ReportedEvent>) -> Command {
    Command::Report(Box::new(Report { facts, events, of_process: None, transcript: None }))
}

/// A report that says nothing but this of the transcript.
pub(crate) fn of_transcript(facts: Facts, news: TranscriptNews) -> Command {
    Command::Report(Box::new(Report { facts, events: Vec::new(), of_process: None, transcript: Some(news) }))
}

const STORED: Outcome = Outcome::Stored { stored: 1, duplicates: 0 };

#[tokio::test]
async fn any_document_creates_its_session() {
    let mut opened = Opened::fresh();
    let committed = opened.commit(vec![report(facts("a"), vec![reported("a", "pre_tool", 1, "k")])]);
    assert_eq!(committed.results, [Ok(STORED)]);
    let kinds: Vec<ChangeKind> = committed.changes.iter().map(SessionChanged::kind).collect();
    assert_eq!(kinds, [SessionCreated, Event]);
    let session = opened.store.session("a").await.unwrap().unwrap();
    assert_eq!(
        json!(session),
        json!({"session_id": "a", "session_name": "work a", "status": "running",
            "created_at": "2025-12-03T10:00:00.000000+00:00", "project_dir": "/work", "agent_name": null,
            "last_resumed_at": null, "parent_session_id": null, "first_event_at": "2025-12-03T10:00:01Z",
            "last_event_at": "2025-12-03T10:00:01Z", "event_count": 1, "source": "claude-code", "host": "here", "model": null, "branch": null,
            "ended_at": null, "exit_code": null, "error_count": 0,
            "activity": {"state": "working", "since": "2025-12-03T10:00:01Z", "event_id": 2, "tool": null}})
    );
}

#[tokio::test]
async fn what_a_document_adds_is_told_once_and_a_persons_name_stays() {
    let mut opened = Opened::fresh();
    opened.one(report(facts("a"), vec![])).unwrap();
    let named = |name: &str, rank| Facts { session_name: name.into(), name_rank: rank, ..facts("a") };
    let name = async |opened: &Opened| opened.store.session("a").await.unwrap().unwrap().session_name;

    let first =
        opened.commit(vec![report(Facts { model: Some("m".into()), ..named("first", NameRank::Prompt) }, vec![])]);
    assert_eq!(first.changes.iter().map(SessionChanged::kind).collect::<Vec<_>>(), [SessionUpdated]);
    assert_eq!(name(&opened).await, "first");
    let second = opened.commit(vec![report(named("second", NameRank::Prompt), vec![])]);
    assert!(second.changes.is_empty(), "the first prompt names it, and nothing else is new: {second:?}");
    opened.one(report(named("title", NameRank::Title), vec![])).unwrap();
    opened.one(report(named("better title", NameRank::Title), vec![])).unwrap();
    opened.one(report(named("folder", NameRank::Folder), vec![])).unwrap();
    assert_eq!(name(&opened).await, "better title");

    let patch = agent_runtime_types::session::SessionPatch::parse(br#"{"session_name": "mine"}"#, "a").unwrap();
    opened.one(Command::PatchSession { session_id: "a".into(), patch }).unwrap();
    opened.one(report(named("title again", NameRank::Title), vec![])).unwrap();
    assert_eq!(name(&opened).await, "mine");
    assert_eq!(opened.store.session("a").await.unwrap().unwrap().model.as_deref(), Some("m"));
}

#[tokio::test]
async fn a_report_is_known_again_by_any_of_its_keys() {
    let mut opened = Opened::fresh();
    let again = ReportedEvent { also_keys: vec!["window 1".into()], ..reported("a", "notification", 2, "window 2") };
    let results = opened
        .commit(vec![
            report(facts("a"), vec![reported("a", "notification", 1, "window 1")]),
            report(facts("a"), vec![again]),
            report(facts("a"), vec![reported("a", "notification", 1, "window 1")]),
            report(facts("a"), vec![reported("a", "notification", 60, "window 7")]),
        ])
        .results;
    let doubled = Outcome::Stored { stored: 0, duplicates: 1 };
    assert_eq!(results, [Ok(STORED), Ok(doubled.clone()), Ok(doubled), Ok(STORED)]);
}

#[tokio::test]
async fn the_same_again_behind_another_turn_is_no_copy() {
    let mut opened = Opened::fresh();
    let prompt = |second, key: &str, also: &[&str]| {
        let more = json!({"event_id": key, "role": "user", "content": []});
        let also_keys = also.iter().map(|key| (*key).to_owned()).collect();
        let between = Some(Between::TurnEnd);
        ReportedEvent { also_keys, between, ..ReportedEvent::new(event("a", "message", second, &more)) }
    };
    let stop =
        |second, key: &str| ReportedEvent { between: Some(Between::Prompt), ..reported("a", "stop", second, key) };
    let copy = Outcome::Stored { stored: 0, duplicates: 1 };
    for (said, expected, why) in [
        (prompt(1, "p 1", &[]), STORED, "the first"),
        (prompt(2, "p 2", &["p 1"]), copy.clone(), "a copy, which fell into the next stretch of time"),
        (stop(3, "s 1"), STORED, "the end of its turn"),
        (stop(4, "s 1"), copy.clone(), "a copy of that"),
        (prompt(5, "p 1", &["p 2"]), STORED, "the same prompt in another turn"),
        (prompt(5, "p 1", &["p 2"]), copy.clone(), "sent again"),
        (prompt(6, "p 2", &["p 1"]), copy.clone(), "a copy of the second"),
        (stop(7, "s 1"), STORED, "the end of the second turn"),
        (prompt(1, "p 1", &[]), copy.clone(), "the first, sent again late"),
        (stop(7, "s 1"), copy.clone(), "sent again"),
        (prompt(8, "p 2", &[]), STORED, "a third"),
        // What comes late, and lies between what is stored.
        (reported("a", "interrupt", 6, "i"), STORED, "a person who broke in"),
        (prompt(5, "p 1", &["p 2"]), copy, "the second, sent again"),
    ] {
        assert_eq!(opened.one(report(facts("a"), vec![said])), Ok(expected), "{why}");
    }
    let events = opened.events("a", EventQuery::default()).await;
    let keys: Vec<&Value> = events.iter().map(|event| &event["event_id"]).collect();
    assert_eq!(json!(keys), json!(["p 1", "s 1", "p 1:1764756005000000", "i", "s 1:1764756007000000", "p 2"]));
}

#[tokio::test]
async fn an_end_that_comes_late_does_not_finish_what_was_taken_up_again() {
    let mut opened = Opened::fresh();
    let status = async |opened: &Opened| opened.store.session("a").await.unwrap().unwrap().status;
    opened.one(report(facts("a"), vec![reported("a", "session_start", 10, "s1")])).unwrap();
    opened.one(report(facts("a"), vec![reported("a", "session_start", 30, "s2")])).unwrap();
    assert_eq!(opened.one(report(facts("a"), vec![reported("a", "session_stop", 20, "e1")])), Ok(STORED));
    assert_eq!(status(&opened).await, SessionStatus::Running);
    opened.one(report(facts("a"), vec![reported("a", "session_stop", 40, "e2")])).unwrap();
    assert_eq!(status(&opened).await, SessionStatus::Finished);
    assert_eq!(
        opened.store.session("a").await.unwrap().unwrap().ended_at.as_deref(),
        Some("2025-12-03T10:00:40Z"),
        "of the end that counts"
    );
    // The rule is the reports' own: for clients of the API the order of commits decides.
    opened.one(append("a", "session_start", 50)).unwrap();
    opened.one(append("a", "session_stop", 45)).unwrap();
    assert_eq!(status(&opened).await, SessionStatus::Finished);
}

#[tokio::test]
async fn subagents_end_with_their_parent_and_go_with_it() {
    let mut opened = Opened::fresh();
    let child =
        |id: &str| Facts { parent_session_id: Some("a".into()), agent_name: Some("Explore".into()), ..facts(id) };
    opened.one(report(facts("a"), vec![reported("a", "session_start", 1, "s")])).unwrap();
    opened.one(report(child("a:1"), vec![reported("a:1", "pre_tool", 2, "t")])).unwrap();
    opened.one(report(child("a:2"), vec![reported("a:2", "session_stop", 3, "e")])).unwrap();
    opened.one(create("a:3")).unwrap();
    let committed = opened.commit(vec![report(facts("a"), vec![reported("a", "session_stop", 9, "e")])]);
    let told: Vec<(ChangeKind, &str)> = committed.changes.iter().map(|c| (c.kind(), c.session_id())).collect();
    assert_eq!(told, [(SessionUpdated, "a"), (Event, "a"), (SessionUpdated, "a:1"), (Event, "a:1")]);
    let ended = opened.log_after(0).await.pop().unwrap();
    let body: Value = serde_json::from_str(&ended.message("e")).unwrap();
    assert_eq!(body["data"]["reason"], "parent_ended");

    let committed = opened.commit(vec![Command::DeleteSession { session_id: "a".into() }]);
    let told: Vec<(ChangeKind, &str)> = committed.changes.iter().map(|c| (c.kind(), c.session_id())).collect();
    assert_eq!(told, [(SessionDeleted, "a"), (SessionDeleted, "a:1"), (SessionDeleted, "a:2")]);
    assert!(opened.store.session("a:3").await.unwrap().is_some(), "a client's own session only looks like one");
}

#[tokio::test]
async fn a_deleted_session_stays_away_until_its_agent_starts_it_anew() {
    let mut opened = Opened::fresh();
    let child = Facts { parent_session_id: Some("a".into()), ..facts("a:1") };
    opened.one(report(facts("a"), vec![reported("a", "session_start", 1, "s")])).unwrap();
    opened.one(Command::DeleteSession { session_id: "a".into() }).unwrap();
    let late = || report(facts("a"), vec![reported("a", "pre_tool", 2, "t")]);
    assert_eq!(opened.one(late()), Ok(Outcome::Forgotten));
    let child = Facts { is_start: true, ..child };
    assert_eq!(opened.one(report(child, vec![])), Ok(Outcome::Forgotten), "its subagents' documents go the same way");
    assert!(opened.store.session("a").await.unwrap().is_none());
    let anew = Facts { is_start: true, ..facts("a") };
    assert_eq!(opened.one(report(anew, vec![reported("a", "session_start", 5, "s")])), Ok(STORED));
    assert_eq!(opened.one(late()), Ok(STORED));
}

#[tokio::test]
async fn an_event_that_changes_the_activity_says_so_live_and_in_replay() {
    let mut opened = Opened::fresh();
    let tool = |event_type, second, key: &str, call: &str| {
        let more = json!({"event_id": key, "tool_name": "Bash", "tool_use_id": call});
        ReportedEvent::new(event("a", event_type, second, &more))
    };
    let mut changes = opened
        .commit(vec![report(
            facts("a"),
            vec![
                reported("a", "session_start", 1, "s"),
                tool("pre_tool", 10, "t1", "1"),
                tool("pre_tool", 11, "t2", "2"),
                reported("a", "notification", 5, "late, and says nothing"),
            ],
        )])
        .changes;
    let mut opened = opened.reopen(Durability::Full, "second");
    changes.extend(opened.commit(vec![report(facts("a"), vec![tool("post_tool", 12, "t3", "2")])]).changes);
    changes.extend(opened.commit(vec![report(facts("a"), vec![tool("post_tool", 13, "t4", "1")])]).changes);
    let messages: Vec<String> = changes.iter().map(|changed| changed.message("e")).collect();
    let replayed: Vec<String> = opened.log_after(0).await.iter().map(|change| change.message("e")).collect();
    assert_eq!(replayed, messages);
    let told = messages.iter().map(|message| serde_json::from_str::<Value>(message).unwrap());
    let told: Vec<Value> =
        told.map(|message| json!([message["activity"]["state"], message["activity"]["tool"]])).collect();
    let (idle, bash, thinking, nothing) =
        (json!(["idle", null]), json!(["working", "Bash"]), json!(["working", null]), json!([null, null]));
    assert_eq!(told, [nothing.clone(), idle, bash, nothing.clone(), nothing.clone(), nothing, thinking]);
    let activity = opened.store.session("a").await.unwrap().unwrap().activity.unwrap();
    assert_eq!((activity.since.as_str(), activity.event_id), ("2025-12-03T10:00:13Z", Some(7)));
}

#[tokio::test]
async fn a_client_of_the_api_follows_no_agents_rules() {
    let mut opened = Opened::fresh();
    opened.create("a");
    let committed = opened.commit(vec![append("a", "pre_tool", 1)]);
    assert!(!committed.changes[0].message("e").contains("activity"));
    assert_eq!(opened.store.session("a").await.unwrap().unwrap().activity, None);
}

#[tokio::test]
async fn what_the_same_process_begins_next_is_linked_to_what_it_ran_before() {
    let mut opened = Opened::fresh();
    let by = |id: &str, pid, continues_process| Facts {
        process: Some(Process { pid, started: Some(u64::MAX) }),
        continues_process,
        ..facts(id)
    };
    for told in [by("a", 7, false), by("other", 8, false), by("b", 7, true), by("c", 7, false)] {
        opened.one(report(told, vec![])).unwrap();
    }
    let parent = async |id: &str| opened.store.session(id).await.unwrap().unwrap().parent_session_id;
    assert_eq!(parent("b").await.as_deref(), Some("a"));
    assert_eq!(parent("c").await, None);
}

#[tokio::test]
async fn another_sessions_document_ends_a_subagent_once() {
    let mut opened = Opened::fresh();
    let child = Facts { parent_session_id: Some("a".into()), ..facts("a:1") };
    opened.one(report(child, vec![reported("a:1", "session_start", 1, "s")])).unwrap();
    let ends = |key: &str| report(facts("a"), vec![reported("a:1", "session_stop", 9, key)]);
    assert_eq!(opened.one(ends("by the call")), Ok(STORED));
    assert_eq!(opened.one(ends("once more")), Ok(Outcome::Stored { stored: 0, duplicates: 1 }));
    let unknown = report(facts("a"), vec![reported("a:2", "session_stop", 9, "k")]);
    assert_eq!(opened.one(unknown), Ok(Outcome::Stored { stored: 0, duplicates: 1 }), "it makes none");
    assert!(opened.store.session("a:2").await.unwrap().is_none());
}

#[tokio::test]
async fn only_silence_without_an_open_tool_is_a_stall() {
    let mut opened = Opened::fresh();
    let state = async |opened: &Opened| opened.store.running_agents().await.unwrap()[0].clone();
    opened.one(report(facts("a"), vec![reported("a", "pre_tool", 1, "no id, so never known to be open")])).unwrap();
    let call = json!({"event_id": "c", "tool_name": "Bash", "tool_use_id": "1"});
    let call = |event_type| ReportedEvent::new(event("a", event_type, 2, &call));
    opened.one(report(facts("a"), vec![call("pre_tool")])).unwrap();
    let stall = |last_event_us| Command::Stall { session_id: "a".into(), last_event_us, since: "now".into() };
    let silent_since = state(&opened).await.last_event_us;
    assert!(opened.commit(vec![stall(silent_since)]).changes.is_empty(), "its tool is still open");
    let returned = json!({"event_id": "r", "tool_use_id": "1"});
    let returned = ReportedEvent::new(event("a", "post_tool", 3, &returned));
    opened.one(report(facts("a"), vec![returned])).unwrap();
    assert!(opened.commit(vec![stall(silent_since)]).changes.is_empty(), "it has said something since");
    let silent_since = state(&opened).await.last_event_us;
    let committed = opened.commit(vec![stall(silent_since), stall(silent_since)]);
    assert_eq!(committed.changes.iter().map(SessionChanged::kind).collect::<Vec<_>>(), [SessionUpdated]);
    let activity = state(&opened).await.session.activity.unwrap();
    assert_eq!((activity.state, activity.since.as_str()), (ActivityState::Stalled, "now"));
    opened.one(report(facts("a"), vec![reported("a", "stop", 9, "s")])).unwrap();
    assert_eq!(state(&opened).await.session.activity.unwrap().state, ActivityState::Idle);
    opened.one(report(facts("a"), vec![reported("a", "session_stop", 10, "e")])).unwrap();
    assert_eq!(opened.store.running_agents().await.unwrap(), []);
}

#[tokio::test]
async fn a_process_is_remembered_though_nobody_sees_it_and_a_late_document_does_not_change_it() {
    let mut opened = Opened::fresh();
    let by = |pid, at_us| Facts { process: Some(Process { pid, started: None }), at_us, ..facts("a") };
    // The instant of the start, which is ten seconds after ten o'clock.
    let began = 1_764_756_010_000_000;
    opened.one(report(by(1, began), vec![reported("a", "session_start", 10, "s")])).unwrap();
    let silent = opened.commit(vec![report(by(2, began + 1), vec![])]);
    assert!(silent.changes.is_empty(), "clients do not see it: {silent:?}");
    let mut opened = opened.reopen_after_a_kill(Durability::Full, "second");
    let process = async |opened: &Opened| opened.store.running_agents().await.unwrap()[0].process;
    assert_eq!(process(&opened).await, Some(Process { pid: 2, started: None }));
    opened.one(report(by(1, began - 1), vec![reported("a", "notification", 11, "late")])).unwrap();
    assert_eq!(process(&opened).await, Some(Process { pid: 2, started: None }), "told before the newest start");
    let gone = |pid, key: &str| {
        let of_process = Some(Process { pid, started: None });
        let events = vec![reported("a", "session_stop", 30, key)];
        Command::Report(Box::new(Report { facts: facts("a"), events, of_process, transcript: None }))
    };
    assert_eq!(opened.one(gone(1, "old")), Ok(Outcome::Forgotten), "it runs in another process by now");
    assert_eq!(opened.one(gone(2, "new")), Ok(STORED));
}

#[tokio::test]
async fn what_is_too_long_for_every_list_is_not_learnt() {
    let mut opened = Opened::fresh();
    let long = || Some("x".repeat(5000));
    let told = Facts { model: long(), branch: long(), host: long(), session_name: "n".repeat(2000), ..facts("a") };
    opened.one(report(told, vec![])).unwrap();
    let session = opened.store.session("a").await.unwrap().unwrap();
    assert_eq!((session.model, session.branch, session.host, session.session_name), (None, None, None, "a".into()));
}

#[tokio::test]
async fn a_call_that_is_told_late_is_not_open_for_ever() {
    let mut opened = Opened::fresh();
    let tool = |event_type, second, call: &str| {
        let more = json!({"event_id": format!("{event_type} {call}"), "tool_name": call, "tool_use_id": call});
        ReportedEvent::new(event("a", event_type, second, &more))
    };
    let told =
        vec![tool("pre_tool", 1, "1"), tool("pre_tool", 3, "2"), tool("post_tool", 2, "1"), tool("post_tool", 4, "2")];
    opened.one(report(facts("a"), told)).unwrap();
    let activity = opened.store.session("a").await.unwrap().unwrap().activity.unwrap();
    assert_eq!((activity.state, activity.tool), (ActivityState::Working, None));
    // Hooks run side by side: that it came back may be told, and kept, before the call itself.
    opened.one(report(facts("a"), vec![tool("post_tool", 6, "3")])).unwrap();
    let mut opened = opened.reopen(Durability::Full, "first");
    let told = vec![tool("pre_tool", 5, "3"), tool("pre_tool", 7, "4"), tool("post_tool", 8, "4")];
    opened.one(report(facts("a"), told)).unwrap();
    let activity = opened.store.session("a").await.unwrap().unwrap().activity.unwrap();
    assert_eq!((activity.state, activity.tool), (ActivityState::Working, None), "the call is not open");
    // One whose call is never told keeps nobody from being silent, either.
    opened.one(report(facts("a"), vec![tool("post_tool", 9, "5")])).unwrap();
    let last_event_us = opened.store.running_agents().await.unwrap()[0].last_event_us;
    let stall = Command::Stall { session_id: "a".into(), last_event_us, since: "now".into() };
    assert_eq!(opened.commit(vec![stall]).changes.len(), 1);
}

#[tokio::test]
async fn each_agent_is_heard_of_by_its_own_latest_session_on_each_machine() {
    let mut opened = Opened::fresh();
    opened.create("of a client");
    opened.one(append("of a client", "message", 9)).unwrap();
    let elsewhere = Facts { host: Some("there".into()), ..facts("far") };
    let codex = Facts { source: Source::Codex, ..facts("c") };
    let subagent = Facts { parent_session_id: Some("late".into()), ..facts("late:sub") };
    let cleared = Facts { parent_session_id: Some("early".into()), ..facts("late") };
    for (facts, second) in [(facts("early"), 1), (cleared, 7), (subagent, 8), (elsewhere, 3), (codex, 2)] {
        let event = reported(&facts.session_id, "stop", second, "k");
        opened.one(report(facts, vec![event])).unwrap();
    }
    let heard = opened.store.last_heard().await.unwrap();
    let heard: Vec<_> = heard.iter().map(|one| (one.source.as_str(), one.host.as_deref(), &*one.session_id)).collect();
    assert_eq!(
        heard,
        [("claude-code", Some("here"), "late"), ("claude-code", Some("there"), "far"), ("codex", Some("here"), "c")]
    );
}
