//! `agent-runtime sessions`: what the agents do, and which of them needs a person.

use std::collections::HashMap;
use std::process::ExitCode;

use agent_runtime_types::timestamp;

use super::caller::Caller;
use crate::cli::arguments::{Sessions as Arguments, Status};
use crate::client::find;
use crate::client::record::{Recorded, Session};
use crate::failure::Failure;
use crate::output::notice;
use crate::output::style::{self, Tone};
use crate::output::table::{self, Cell, Column};

/// How many sessions a terminal is shown when nobody says: more would push what needs a person off the screen.
const ON_A_TERMINAL: usize = 50;
/// The least of an id that is shown: enough to tell sessions apart tomorrow, too.
const LEAST_ID: usize = 8;
const COLUMNS: [Column; 8] = [
    Column::fixed("STATE"),
    Column::cut("NAME"),
    Column::cut("ID"),
    Column::cut("AGENT"),
    Column::cut("FOLDER"),
    Column::number("EVENTS"),
    Column::number("ERRORS"),
    Column::number("LAST"),
];

/// Lists them.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let project = arguments.project.as_deref().map(whole_path).transpose()?;
    let status = arguments.status.map(|status| match status {
        Status::Running => "running",
        Status::Finished => "finished",
    });
    let wanted = [("status", status), ("project_dir", project.as_deref()), ("q", arguments.text.as_deref())];
    let filter: Vec<_> = wanted.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let mut found = find::sessions(&caller.client, &filter).await?;
    if let Some(agent) = &arguments.agent {
        found.retain(|session| session.record.agent_name.as_ref() == Some(agent) || session.record.source() == agent);
    }
    let mut ordered = tree(found);
    let all = ordered.len();
    let by_default = (caller.output.terminal && !arguments.all && !arguments.json).then_some(ON_A_TERMINAL);
    let limit = arguments.limit.and_then(|limit| usize::try_from(limit).ok()).or(by_default);
    let ids = shown_ids(&ordered, caller.output.terminal);
    ordered.truncate(limit.unwrap_or(all));
    if arguments.json {
        for (_, session) in &ordered {
            caller.output.json(&session.text)?;
        }
        return caller.done();
    }
    let rows: Vec<_> =
        ordered.iter().zip(&ids).map(|((depth, session), id)| row(&caller, *depth, session, id)).collect();
    if rows.is_empty() {
        let words =
            if filter.is_empty() && arguments.agent.is_none() { "no sessions yet" } else { "no sessions that fit" };
        notice(words);
        return caller.done();
    }
    for line in table::lines(&COLUMNS, &rows, caller.output.table_columns(), caller.output.style) {
        caller.output.line(&line)?;
    }
    if ordered.len() < all {
        caller.output.flush()?;
        notice(&format!("{} more: --all shows them", all - ordered.len()));
    }
    caller.done()
}

fn row(caller: &Caller, depth: usize, session: &Recorded<Session>, id: &str) -> Vec<Cell> {
    let session = &session.record;
    let state = session.state();
    let number = |number: Option<u64>| number.filter(|number| *number > 0).map_or(String::new(), |n| n.to_string());
    let errors = session.more.get("error_count").and_then(serde_json::Value::as_u64);
    let name = Cell::new(Tone::Strong, session.label());
    let last = session.activity.as_ref().and_then(|activity| activity.since.as_deref());
    vec![
        Cell::new(style::of_state(state), &state.replace('_', " ")),
        if depth > 0 { name.indented(&format!("{}└ ", "  ".repeat(depth - 1))) } else { name },
        Cell::new(Tone::Quiet, id),
        Cell::new(Tone::Plain, session.agent()),
        Cell::new(Tone::Plain, session.project_dir.as_deref().unwrap_or_default()),
        Cell::new(Tone::Plain, &number(session.event_count)),
        Cell::new(Tone::Bad, &number(errors)),
        Cell::new(Tone::Plain, &caller.moments.ago(last.unwrap_or(session.last_seen()))),
    ]
}

/// A folder as agents name theirs: from the root, without a slash at its end.
fn whole_path(folder: &std::path::Path) -> Result<String, Failure> {
    let whole = std::path::absolute(folder);
    let whole = whole.map_err(|error| Failure::usage(format!("--project {}: {error}", folder.display())))?;
    // Put together from its parts, it has neither `.` nor a slash at its end.
    Ok(whole.components().collect::<std::path::PathBuf>().display().to_string())
}

/// How soon a session wants to be looked at: the less, the sooner.
fn urgency(session: &Session) -> u8 {
    match session.state() {
        "waiting_permission" => 0,
        "waiting_input" => 1,
        "stalled" => 2,
        "gone" if !session.finished() => 3,
        "idle" if !session.finished() => 4,
        _ if !session.finished() => 5,
        _ => 6,
    }
}

/// Children under their parents, with their depth. Whole families stand in the order of their most urgent member,
/// then of whoever did something last.
fn tree(sessions: Vec<Recorded<Session>>) -> Vec<(usize, Recorded<Session>)> {
    let places: HashMap<String, usize> =
        sessions.iter().enumerate().map(|(place, one)| (one.record.session_id.clone(), place)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); sessions.len()];
    let mut roots = Vec::new();
    for (place, one) in sessions.iter().enumerate() {
        let parent = one.record.parent_session_id.as_ref().and_then(|id| places.get(id)).copied();
        match parent.filter(|parent| !is_above(place, *parent, &sessions, &places)) {
            Some(parent) => children[parent].push(place),
            None => roots.push(place),
        }
    }
    let ranks: Vec<_> = (0..sessions.len()).map(|place| rank(place, &children, &sessions)).collect();
    for family in children.iter_mut().chain([&mut roots]) {
        family.sort_by_key(|place| ranks[*place]);
    }
    let mut order = Vec::with_capacity(sessions.len());
    let mut waiting: Vec<(usize, usize)> = roots.into_iter().rev().map(|place| (0, place)).collect();
    while let Some((depth, place)) = waiting.pop() {
        order.push((depth, place));
        waiting.extend(children[place].iter().rev().map(|child| (depth + 1, *child)));
    }
    let mut taken: Vec<Option<Recorded<Session>>> = sessions.into_iter().map(Some).collect();
    order.into_iter().filter_map(|(depth, place)| Some((depth, taken[place].take()?))).collect()
}

/// Whether a session stands above its own parent: such a circle has no top, and each in it is shown as one.
fn is_above(place: usize, parent: usize, sessions: &[Recorded<Session>], places: &HashMap<String, usize>) -> bool {
    let mut at = parent;
    for _ in 0..sessions.len() {
        if at == place {
            return true;
        }
        let above = sessions[at].record.parent_session_id.as_ref().and_then(|id| places.get(id));
        let Some(above) = above else { return false };
        at = *above;
    }
    // A circle further up, in which this one is not.
    false
}

/// Of a session and all below it: the highest urgency, and the last moment, negated.
fn rank(place: usize, children: &[Vec<usize>], sessions: &[Recorded<Session>]) -> (u8, i64) {
    let (mut most_urgent, mut last) = (u8::MAX, i64::MIN);
    let mut waiting = vec![place];
    while let Some(at) = waiting.pop() {
        let session = &sessions[at].record;
        most_urgent = most_urgent.min(urgency(session));
        last = last.max(timestamp::parse("timestamp", session.last_seen()).unwrap_or(i64::MIN));
        waiting.extend(&children[at]);
    }
    (most_urgent, last.saturating_neg())
}

/// The short id of a session whose id continues that of another one here: both parts are short.
fn of_family(id: &str, sorted: &[&str]) -> Option<String> {
    let (parent, own) = id.rsplit_once(':')?;
    sorted.binary_search(&parent).ok()?;
    let parts = sorted.iter().filter_map(|other| other.rsplit_once(':'));
    let siblings: Vec<&str> = parts.filter(|(above, _)| *above == parent).map(|(_, own)| own).collect();
    Some(format!("{}:{}", shortened(parent, sorted), shortened(own, &siblings)))
}

/// The ids as they are shown: whole for programs; for people as much as tells a session from all others here.
fn shown_ids(sessions: &[(usize, Recorded<Session>)], terminal: bool) -> Vec<String> {
    let ids: Vec<&str> = sessions.iter().map(|(_, one)| one.record.session_id.as_str()).collect();
    if !terminal {
        return ids.into_iter().map(str::to_owned).collect();
    }
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    ids.into_iter().map(|id| of_family(id, &sorted).unwrap_or_else(|| shortened(id, &sorted))).collect()
}

fn shortened(id: &str, sorted: &[&str]) -> String {
    let letters = id.chars().count();
    let family = format!("{id}:");
    for wanted in LEAST_ID..letters {
        let beginning: String = id.chars().take(wanted).collect();
        let from = sorted.partition_point(|other| *other < beginning.as_str());
        let mut alike = sorted[from..].iter().take_while(|other| other.starts_with(&beginning));
        // One's own children do not count: the beginning of an id means the parent of a family.
        if alike.all(|other| *other == id || other.starts_with(&family)) {
            return beginning;
        }
    }
    id.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{shortened, tree};
    use crate::client::record::Recorded;
    use serde_json::json;

    fn order(sessions: &[(&str, Option<&str>, &str, &str)]) -> Vec<String> {
        let recorded = sessions.iter().map(|(id, parent, state, last)| {
            let status = if *state == "finished" { "finished" } else { "running" };
            let activity = (*state != status).then(|| json!({"state": state, "since": last}));
            let session = json!({"session_id": id, "session_name": "", "status": status, "created_at": last,
                "parent_session_id": parent, "activity": activity});
            Recorded::read(session.to_string()).expect("a session")
        });
        let shown = tree(recorded.collect());
        shown.into_iter().map(|(depth, one)| format!("{}{}", ">".repeat(depth), one.record.session_id)).collect()
    }

    #[test]
    fn what_needs_a_person_comes_first_and_children_stand_under_their_parents() {
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+00:00");
        let sessions = [
            ("done", None, "finished", late),
            ("runs-early", None, "running", early),
            ("runs-late", None, "running", late),
            ("works", None, "working", early),
            ("parent", None, "finished", early),
            ("child", Some("parent"), "working", early),
            ("grandchild", Some("child"), "waiting_permission", early),
            ("asks", None, "waiting_input", late),
            ("orphan", Some("unknown"), "stalled", late),
        ];
        let expected =
            ["parent", ">child", ">>grandchild", "asks", "orphan", "runs-late", "runs-early", "works", "done"];
        assert_eq!(order(&sessions), expected);
    }

    #[test]
    fn a_circle_of_parents_loses_nobody() {
        let time = "2026-01-01T00:00:00Z";
        let sessions =
            [("a", Some("b"), "running", time), ("b", Some("a"), "running", time), ("c", Some("a"), "running", time)];
        assert_eq!(order(&sessions), ["a", ">c", "b"]);
    }

    #[test]
    fn an_id_is_shown_as_far_as_it_tells() {
        let sorted = ["0123456789a", "0123456789b", "family-0", "family-0:child", "short"];
        let shown = sorted.map(|id| shortened(id, &sorted));
        assert_eq!(shown, ["0123456789a", "0123456789b", "family-0", "family-0:", "short"]);
    }
}
