//! The verdict: what the clients know, what the followers saw and what is stored must agree. Pure, so that it can
//! be shown to find each kind of fault (`negative_control.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};

use super::log::{Kind, Log};
use super::record::{Existence, SessionRecord};

/// What the server answers when nobody writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    /// The position of the newest change.
    pub(crate) head: i64,
    /// All sessions.
    pub(crate) sessions: BTreeMap<String, StoredSession>,
    /// The events of the sessions that are checked, in the answer's order: id and fingerprint.
    pub(crate) events: BTreeMap<String, Vec<(i64, u64)>>,
}

/// What is checked of a Session.
#[derive(Clone, Debug)]
pub(crate) struct StoredSession {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) event_count: usize,
}

/// All that is compared.
#[derive(Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// The sessions to check.
    pub(crate) sessions: &'a [(&'a str, &'a SessionRecord)],
    /// Whether these are all that were ever sent.
    pub(crate) complete: bool,
    /// Followers that have received everything up to the head.
    pub(crate) logs: &'a [&'a Log],
    pub(crate) stored: &'a Stored,
    /// Positions up to this one have been checked before.
    pub(crate) since: i64,
}

/// Everything that is wrong, in words; empty when all is well.
pub(crate) fn check(evidence: Evidence<'_>) -> Vec<String> {
    let mut faults: Vec<String> = evidence.logs.iter().flat_map(|log| log.faults.clone()).collect();
    let mut requests = BTreeMap::new();
    for (id, record) in evidence.sessions {
        match (record.existence, evidence.stored.sessions.get(*id)) {
            (Existence::Present, None) => faults.push(format!("{id} was acknowledged and is lost")),
            (Existence::Deleted, Some(_)) => faults.push(format!("{id} was deleted and is back")),
            (Existence::Deleted | Existence::Unknown | Existence::DeletionUnknown, None) => {}
            (_, Some(stored)) => {
                let events = evidence.stored.events.get(*id).map_or(&[][..], Vec::as_slice);
                check_session(id, record, stored, events, &mut requests, &mut faults);
                for log in evidence.logs {
                    check_sightings(id, record, events, log, &mut faults);
                }
            }
        }
    }
    for (request, (stored, sent)) in requests {
        if stored != 0 && stored != sent {
            faults.push(format!("request {request} was stored in part: {stored} of {sent} events"));
        }
    }
    if evidence.complete {
        let sent: HashSet<&str> = evidence.sessions.iter().map(|(id, _)| *id).collect();
        let strangers = evidence.stored.sessions.keys().filter(|id| !sent.contains(id.as_str()));
        faults.extend(strangers.map(|id| format!("nobody created {id}")));
    }
    check_positions(evidence, &mut faults);
    faults
}

/// Nothing acknowledged is lost, nothing is doubled, nothing came from elsewhere, and the order is that of sending.
fn check_session(
    id: &str,
    record: &SessionRecord,
    stored: &StoredSession,
    events: &[(i64, u64)],
    requests: &mut BTreeMap<String, (usize, usize)>,
    faults: &mut Vec<String>,
) {
    if !record.names.contains(&stored.name) {
        faults.push(format!("{id} is named {:?} instead of one of {:?}", stored.name, record.names));
    }
    if !record.statuses.contains(&stored.status.as_str()) {
        faults.push(format!("{id} is {} instead of one of {:?}", stored.status, record.statuses));
    }
    if stored.event_count != events.len() {
        faults.push(format!("{id} counts {} events and has {}", stored.event_count, events.len()));
    }
    if !events.is_sorted_by(|before, after| before.0 < after.0) {
        faults.push(format!("the events of {id} do not stand in the order of their ids"));
    }
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, (_, fingerprint)) in events.iter().enumerate() {
        places.entry(*fingerprint).or_default().push(place);
    }
    let mut last = None;
    for event in &record.events {
        let found = places.remove(&event.fingerprint).unwrap_or_default();
        let number = event.number;
        match found[..] {
            [] if event.acknowledged => faults.push(format!("{id}: event {number} was acknowledged and is lost")),
            [] => {}
            [place] => {
                if last.is_some_and(|last| last > place) {
                    faults.push(format!("{id}: event {number} stands before one that was sent earlier"));
                }
                last = Some(place);
            }
            _ => faults.push(format!("{id}: event {number} is stored {} times", found.len())),
        }
        if !event.acknowledged {
            let (stored, sent) = requests.entry(event.request.clone()).or_default();
            *stored += found.len().min(1);
            *sent += 1;
        }
    }
    let strange: usize = places.values().map(Vec::len).sum();
    if strange > 0 {
        faults.push(format!("{id}: {strange} stored events are none of those that were sent"));
    }
}

/// A follower saw of a session what is stored of it.
fn check_sightings(id: &str, record: &SessionRecord, events: &[(i64, u64)], log: &Log, faults: &mut Vec<String>) {
    let positions = log.by_session.get(id).map_or(&[][..], Vec::as_slice);
    let of_kind = |kind: Kind| positions.iter().filter(move |position| log.seen[position].kind == kind);
    let seen: Vec<(i64, u64)> = of_kind(Kind::Event).map(|at| (*at, log.seen[at].fingerprint)).collect();
    if seen != events {
        let (saw, has) = (seen.len(), events.len());
        let differs = seen.iter().zip(events).find(|(seen, stored)| seen != stored);
        faults.push(format!("{}: saw {saw} events of {id}, which has {has}; first difference {differs:?}", log.name));
    }
    let created = of_kind(Kind::Created).count();
    if created != 1 {
        faults.push(format!("{}: saw {created} creations of {id}", log.name));
    }
    let updated = of_kind(Kind::Updated).count();
    if updated < record.updates_acknowledged || updated > record.updates_sent {
        let (least, most) = (record.updates_acknowledged, record.updates_sent);
        faults.push(format!("{}: saw {updated} changes of {id} instead of {least} to {most}", log.name));
    }
}

/// Every position up to the head was seen by every follower, but for those that a deletion has erased; and whoever
/// saw a position saw the same message there.
fn check_positions(evidence: Evidence<'_>, faults: &mut Vec<String>) {
    let logs = evidence.logs;
    let deleted_at = |session: &str| logs.iter().filter_map(|log| log.deleted.get(session)).max();
    let mut unseen = Vec::new();
    for position in evidence.since + 1..=evidence.stored.head {
        let mut sightings = logs.iter().filter_map(|log| Some((log, log.seen.get(&position)?)));
        let Some((first, sighting)) = sightings.next() else {
            unseen.push(position);
            continue;
        };
        for (log, other) in sightings {
            if other != sighting {
                faults.push(format!("position {position} differs between {} and {}", first.name, log.name));
            }
        }
        let erased = sighting.kind != Kind::Deleted && deleted_at(&sighting.session).is_some_and(|at| *at > position);
        for log in logs.iter().filter(|log| !erased && !log.seen.contains_key(&position)) {
            let (kind, session) = (sighting.kind, &sighting.session);
            faults.push(format!("{} never saw position {position}, {kind:?} of {session}", log.name));
        }
    }
    // What nobody saw must have been erased before anyone came by. Deleted sessions account for that many.
    let deleted = evidence.sessions.iter().filter(|(id, _)| deleted_at(id).is_some());
    let accounted: usize = deleted
        .map(|(id, record)| {
            let seen: HashSet<i64> = logs.iter().filter_map(|log| log.by_session.get(*id)).flatten().copied().collect();
            record.positions_sent.saturating_sub(seen.len())
        })
        .sum();
    if unseen.len() > accounted {
        faults.push(format!("nobody saw positions {unseen:?}; deleted sessions account for {accounted} of them"));
    }
    if let Some(log) = logs.iter().find(|log| log.position() != evidence.stored.head) {
        faults.push(format!("{} stands at {} and the head is {}", log.name, log.position(), evidence.stored.head));
    }
}
