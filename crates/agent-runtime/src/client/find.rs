//! Finds the session that a person means: by its id, by the beginning of its id, or by its name.

use super::record::{Recorded, Session, Wrapped};
use super::{Client, Trouble, path};
use crate::failure::Failure;

/// How many sessions a complaint names.
const NAMED: usize = 5;
/// How many of the newest sessions are looked through for an id or a name like one that is unknown.
const LOOKED_THROUGH: &str = "1000";
/// How like two words are, from 0 to 1, to be taken for each other's misspelling.
const ALIKE: f64 = 0.8;

/// The one session that `words` name.
///
/// # Errors
/// When there is none, or more than one; the complaint names which are near.
pub(crate) async fn session(client: &Client, words: &str) -> Result<Recorded<Session>, Failure> {
    if words.trim().is_empty() {
        return Err(Failure::usage("a blank text names no session: give an id, the beginning of one, or a name"));
    }
    match client.get::<Wrapped>(&path(&["sessions", words], &[])).await {
        Ok(wrapped) => return wrapped.unwrapped().ok_or_else(|| no_session(client).into()),
        Err(trouble) if trouble.is_unknown_session() => {}
        // What can be no id may still be a name.
        Err(Trouble::Refused { status: 400 | 404, detail: Some(_), .. }) => {}
        Err(trouble) => return Err(trouble.into()),
    }
    let holding = sessions(client, &[("q", words)]).await?;
    let (meant, near): (Vec<_>, Vec<_>) = holding.into_iter().partition(|session| {
        let Session { session_id, session_name, .. } = &session.record;
        session_id.starts_with(words) || session_name == words
    });
    let meant = if meant.is_empty() { of_family(client, words).await? } else { meant };
    match first_of_family(&meant) {
        Some(place) => meant.into_iter().nth(place).ok_or_else(|| no_session(client).into()),
        None if meant.is_empty() => Err(unknown(client, words, near).await?),
        None => Err(Failure::usage(format!("'{words}' names {} sessions: {}", meant.len(), named(&meant)))),
    }
}

/// Sessions whose id continues that of another, where of both the beginning was given: `3f2a:ab` for `3f2a1111:abc`.
async fn of_family(client: &Client, words: &str) -> Result<Vec<Recorded<Session>>, Trouble> {
    let Some((parent, own)) = words.rsplit_once(':').filter(|(parent, own)| !parent.is_empty() && !own.is_empty())
    else {
        return Ok(Vec::new());
    };
    let mut holding = sessions(client, &[("q", &format!(":{own}"))]).await?;
    holding.retain(|session| {
        let parts = session.record.session_id.rsplit_once(':');
        parts.is_some_and(|(whole_parent, whole)| whole_parent.starts_with(parent) && whole.starts_with(own))
    });
    Ok(holding)
}

/// All sessions that a filter lets through, newest first.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn sessions(client: &Client, filter: &[(&str, &str)]) -> Result<Vec<Recorded<Session>>, Trouble> {
    let mut list = client.list(&path(&["sessions"], filter)).await?;
    let mut sessions = Vec::new();
    while let Some(text) = list.next().await? {
        sessions.push(Recorded::read(text).ok_or_else(|| no_session(client))?);
    }
    Ok(sessions)
}

/// The sessions that name this one as their parent, oldest first. Only these are held, however many there are.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn children(client: &Client, parent_id: &str) -> Result<Vec<Session>, Trouble> {
    children_among(client, parent_id, &[]).await
}

/// The subagents that go along when a session is deleted: those that the documents of an agent made.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn subagents(client: &Client, parent_id: &str) -> Result<Vec<Session>, Trouble> {
    let family = format!("{parent_id}:");
    let mut found = children_among(client, parent_id, &[("q", &family)]).await?;
    let is_agents = |session: &Session| {
        let source = session.more.get("source").and_then(serde_json::Value::as_str);
        source.is_some_and(|source| source != "api")
    };
    found.retain(|session| session.session_id.starts_with(&family) && is_agents(session));
    Ok(found)
}

async fn children_among(client: &Client, parent_id: &str, filter: &[(&str, &str)]) -> Result<Vec<Session>, Trouble> {
    let mut list = client.list(&path(&["sessions"], filter)).await?;
    let mut children = Vec::new();
    while let Some(text) = list.next().await? {
        let session = Recorded::<Session>::read(text).ok_or_else(|| no_session(client))?.record;
        if session.parent_session_id.as_deref() == Some(parent_id) {
            children.push(session);
        }
    }
    children.reverse();
    Ok(children)
}

/// The only one, or the one whose children all others are: `abc` means `abc1` beside `abc1:a` and `abc1:b`.
fn first_of_family(meant: &[Recorded<Session>]) -> Option<usize> {
    let is_head = |head: &Recorded<Session>| {
        let (id, family) = (&head.record.session_id, format!("{}:", head.record.session_id));
        meant.iter().all(|one| one.record.session_id == *id || one.record.session_id.starts_with(&family))
    };
    meant.iter().position(is_head)
}

async fn unknown(client: &Client, words: &str, holding: Vec<Recorded<Session>>) -> Result<Failure, Trouble> {
    let mut near = holding;
    if near.is_empty() {
        let newest = sessions(client, &[("limit", LOOKED_THROUGH)]).await?;
        let mut alike: Vec<_> = newest.into_iter().map(|one| (likeness(words, &one.record), one)).collect();
        alike.retain(|(likeness, _)| *likeness >= ALIKE);
        alike.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        near = alike.into_iter().map(|(_, one)| one).collect();
    }
    let advice = "`agent-runtime sessions` lists all";
    Ok(Failure::Unknown(if near.is_empty() {
        format!("no session '{words}': {advice}")
    } else {
        format!("no session '{words}'; near: {} ({advice})", named(&near))
    }))
}

fn likeness(words: &str, session: &Session) -> f64 {
    let words = words.to_lowercase();
    let like = |text: &str| strsim::jaro_winkler(&words, &text.to_lowercase());
    like(&session.session_id).max(like(&session.session_name))
}

fn named(sessions: &[Recorded<Session>]) -> String {
    let one = |session: &Recorded<Session>| {
        let Session { session_id, session_name, .. } = &session.record;
        if session_name == session_id { session_id.clone() } else { format!("{session_id} ({session_name})") }
    };
    let mut names: Vec<String> = sessions.iter().take(NAMED).map(one).collect();
    if sessions.len() > NAMED {
        names.push(format!("and {} more", sessions.len() - NAMED));
    }
    crate::output::plain::line(&names.join(", "))
}

fn no_session(client: &Client) -> Trouble {
    client.foreign("no session")
}
