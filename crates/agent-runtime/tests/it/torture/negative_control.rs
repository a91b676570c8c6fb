//! The checker must find what it is there to find: each doctored piece of evidence is refused with the right words.

use agent_runtime_types::cursor::Cursor;

use super::checker::{Evidence, Stored, StoredSession, check};
use super::log::{Kind, Log, Sighting};
use super::record::{EventRecord, Existence, SessionRecord};

/// Two sessions and one that was deleted: 1 to 4 are `a` and its events, 5 and 6 were `gone`, erased by 7, 8 and 9
/// are `b` and a request without an answer that was stored.
struct Case {
    records: Vec<(&'static str, SessionRecord)>,
    logs: Vec<Log>,
    stored: Stored,
}

fn honest() -> Case {
    let mut a = SessionRecord::new("A");
    a.existence = Existence::Present;
    a.events = (1..=3).map(|number| event(number, true)).collect();
    let mut gone = SessionRecord::new("Gone");
    (gone.existence, gone.positions_sent) = (Existence::Deleted, 2);
    let mut b = SessionRecord::new("B");
    b.existence = Existence::Present;
    b.events = vec![event(7, false), event(8, false)];
    b.events[1].request = "7".into();

    let mut stored = Stored { head: 10, ..Stored::default() };
    for (id, name, events) in [("a", "A", vec![(2, 1), (3, 2), (4, 3)]), ("b", "B", vec![(9, 7), (10, 8)])] {
        let session = StoredSession { name: name.into(), status: "running".into(), event_count: events.len() };
        stored.sessions.insert(id.into(), session);
        stored.events.insert(id.into(), events);
    }
    let mut live = follower("live");
    see(&mut live, 1, Kind::Created, "a", 0);
    see(&mut live, 2, Kind::Event, "a", 1);
    see(&mut live, 3, Kind::Event, "a", 2);
    see(&mut live, 4, Kind::Event, "a", 3);
    let mut late = live.clone();
    late.name = "late".into();
    see(&mut live, 5, Kind::Created, "gone", 0);
    see(&mut live, 6, Kind::Event, "gone", 4);
    for log in [&mut live, &mut late] {
        see(log, 7, Kind::Deleted, "gone", 0);
        see(log, 8, Kind::Created, "b", 0);
        see(log, 9, Kind::Event, "b", 7);
        see(log, 10, Kind::Event, "b", 8);
    }
    Case { records: vec![("a", a), ("gone", gone), ("b", b)], logs: vec![live, late], stored }
}

fn event(number: u64, acknowledged: bool) -> EventRecord {
    EventRecord { number, fingerprint: number, acknowledged, request: number.to_string() }
}

fn follower(name: &str) -> Log {
    let mut log = Log::new(name);
    log.cursor = Some(Cursor { epoch: "e".into(), seq: 0 });
    log
}

fn see(log: &mut Log, position: i64, kind: Kind, session: &str, fingerprint: u64) {
    log.see(Cursor { epoch: "e".into(), seq: position }, Sighting { kind, session: session.into(), fingerprint });
    if kind == Kind::Deleted {
        log.deleted.insert(session.into(), position);
    }
}

/// Takes a position out of a follower's memory.
fn forget(log: &mut Log, position: i64) {
    let sighting = log.seen.remove(&position).expect("it saw that position");
    log.by_session.get_mut(&sighting.session).expect("it knows the session").retain(|at| *at != position);
}

fn verdict(case: &Case) -> Vec<String> {
    let sessions: Vec<_> = case.records.iter().map(|(id, record)| (*id, record)).collect();
    let logs: Vec<&Log> = case.logs.iter().collect();
    check(Evidence { sessions: &sessions, complete: true, logs: &logs, stored: &case.stored, since: 0 })
}

/// Doctors honest evidence and expects the checker to say `words`.
#[track_caller]
fn refuses(words: &str, doctor: impl FnOnce(&mut Case)) {
    let mut case = honest();
    doctor(&mut case);
    let faults = verdict(&case);
    assert!(faults.iter().any(|fault| fault.contains(words)), "{words:?} is not among {faults:#?}");
}

#[test]
fn honest_evidence_passes() {
    assert_eq!(verdict(&honest()), Vec::<String>::new());
}

#[test]
fn an_acknowledged_event_that_is_gone_is_found() {
    refuses("event 2 was acknowledged and is lost", |case| {
        case.stored.events.get_mut("a").expect("a").remove(1);
    });
}

#[test]
fn an_acknowledged_session_that_is_gone_is_found() {
    refuses("a was acknowledged and is lost", |case| {
        case.stored.sessions.remove("a");
    });
}

#[test]
fn a_doubled_event_is_found() {
    refuses("event 3 is stored 2 times", |case| case.stored.events.get_mut("a").expect("a").push((11, 3)));
}

#[test]
fn an_event_that_nobody_sent_is_found() {
    refuses("none of those that were sent", |case| case.stored.events.get_mut("b").expect("b").push((11, 99)));
}

#[test]
fn events_in_another_order_are_found() {
    refuses("stands before one that was sent earlier", |case| {
        case.stored.events.insert("a".into(), vec![(2, 1), (3, 3), (4, 2)]);
    });
}

#[test]
fn a_request_stored_in_part_is_found() {
    refuses("request 7 was stored in part: 1 of 2", |case| {
        case.stored.events.get_mut("b").expect("b").pop();
    });
}

#[test]
fn a_deleted_session_that_comes_back_is_found() {
    refuses("gone was deleted and is back", |case| {
        let session = case.stored.sessions["a"].clone();
        case.stored.sessions.insert("gone".into(), session);
    });
}

#[test]
fn a_session_that_nobody_created_is_found() {
    refuses("nobody created stranger", |case| {
        let session = case.stored.sessions["a"].clone();
        case.stored.sessions.insert("stranger".into(), session);
    });
}

#[test]
fn a_lost_change_is_found() {
    refuses("a is named \"A\" instead", |case| case.records[0].1.names = vec!["renamed".into()]);
    refuses("a is running instead", |case| case.records[0].1.statuses = vec!["finished"]);
    refuses("saw 0 changes of a instead of 1 to 1", |case| {
        (case.records[0].1.updates_acknowledged, case.records[0].1.updates_sent) = (1, 1);
    });
}

#[test]
fn a_hole_in_one_follower_is_found() {
    refuses("late never saw position 3", |case| forget(&mut case.logs[1], 3));
}

#[test]
fn a_missed_deletion_is_found() {
    refuses("late never saw position 7", |case| {
        case.logs[1].seen.remove(&7);
    });
}

#[test]
fn a_position_that_nobody_was_given_is_found() {
    refuses("nobody saw positions [11]", |case| {
        case.stored.head = 12;
        for log in &mut case.logs {
            see(log, 12, Kind::Event, "b", 9);
        }
    });
}

#[test]
fn a_repeat_is_found() {
    refuses("again or out of order", |case| see(&mut case.logs[0], 10, Kind::Event, "b", 8));
}

#[test]
fn followers_that_disagree_are_found() {
    refuses("position 4 differs", |case| case.logs[1].seen.get_mut(&4).expect("4").fingerprint = 99);
    refuses("first difference", |case| case.logs[0].seen.get_mut(&4).expect("4").fingerprint = 99);
}

#[test]
fn a_follower_that_stops_early_is_found() {
    refuses("stands at 9 and the head is 10", |case| {
        case.logs[1].cursor = Some(Cursor { epoch: "e".into(), seq: 9 });
    });
}

#[test]
fn another_epoch_is_found() {
    refuses("another epoch", |case| {
        let sighting = Sighting { kind: Kind::Event, session: "b".into(), fingerprint: 9 };
        case.logs[0].see(Cursor { epoch: "other".into(), seq: 11 }, sighting);
    });
}
