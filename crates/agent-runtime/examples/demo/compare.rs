//! What was stored against what was seen live, session by session, value by value.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use serde_json::Value;

use super::live::{Live, Seen, position};

/// Prints both sides of every session. Whether all are equal.
pub(crate) async fn compare(http: &reqwest::Client, address: &str, mut live: Live) -> anyhow::Result<bool> {
    let sessions = get(http, address, &["sessions"]).await?["sessions"].take();
    // The head of the change log is the cursor of a fresh `init`: the client that followed must get there.
    let stream = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await?.0;
    live.reach(head(stream).await?).await?;

    let mut all_equal = true;
    if sessions.as_array().is_some_and(Vec::is_empty) {
        println!("nothing was stored");
        all_equal = false;
    }
    let sessions = sessions.as_array().context("GET /sessions answered no list")?;
    // The API lists the newest first; people read from the oldest.
    for session in sessions.iter().rev() {
        let id = session["session_id"].as_str().context("a session without an id")?;
        let stored = get(http, address, &["sessions", id, "events"]).await?["events"].take();
        let Value::Array(mut stored) = stored else { bail!("the events of {id} are no list") };
        // Reading is in the order of their times, live is in the order of storing.
        stored.sort_by_key(|event| event["id"].as_i64());
        let seen = live.sessions.remove(id).unwrap_or_default();
        let difference = difference(session, &stored, &seen);
        println!("session {id} ({}, {})", text(session, "session_name"), text(session, "status"));
        println!("  stored    {}", summary(&stored));
        println!("  seen live {}", summary(&seen.events));
        println!("  {}", difference.as_deref().unwrap_or("equal"));
        all_equal &= difference.is_none();
    }
    for id in live.sessions.keys() {
        println!("session {id} was seen live and is not stored");
        all_equal = false;
    }
    Ok(all_equal)
}

/// The first thing that differs.
fn difference(session: &Value, stored: &[Value], seen: &Seen) -> Option<String> {
    for key in ["session_id", "session_name", "status", "created_at", "agent_name", "project_dir", "parent_session_id"]
    {
        if session[key] != seen.session[key] {
            return Some(format!("different: {key} is {}, live {}", session[key], seen.session[key]));
        }
    }
    if let Some((stored, live)) = stored.iter().zip(&seen.events).find(|(stored, live)| stored != live) {
        return Some(format!("different: stored {stored}\n             live   {live}"));
    }
    (stored.len() != seen.events.len()).then(|| "different: one side has more events".into())
}

/// `12 events, 3,456 bytes: 5 message, 7 post_tool`.
fn summary(events: &[Value]) -> String {
    let bytes: usize = events.iter().map(|event| event.to_string().len()).sum();
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        *types.entry(text(event, "event_type")).or_default() += 1;
    }
    let types: Vec<String> = types.iter().map(|(name, count)| format!("{count} {name}")).collect();
    format!("{} events, {bytes} bytes: {}", events.len(), types.join(", "))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

async fn get(http: &reqwest::Client, address: &str, path: &[&str]) -> anyhow::Result<Value> {
    let mut url = reqwest::Url::parse(&format!("http://{address}"))?;
    // Each part is percent-encoded: a session's id may hold anything.
    url.path_segments_mut().ok().context("an address with a path")?.extend(path);
    let answer = http.get(url.clone()).send().await?.error_for_status()?;
    answer.json().await.with_context(|| format!("GET {url}: no whole JSON answer"))
}

async fn head<S>(mut stream: S) -> anyhow::Result<i64>
where
    S: futures_util::Stream<
            Item = Result<tokio_tungstenite::tungstenite::Message, tokio_tungstenite::tungstenite::Error>,
        > + Unpin,
{
    let first = futures_util::StreamExt::next(&mut stream).await.context("no init")??;
    position(&serde_json::from_str(first.to_text()?)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Seen, difference};

    /// The comparison must find what it is there to find.
    #[test]
    fn finds_what_differs() {
        let session = json!({"session_id": "s", "session_name": "S", "status": "running"});
        let events = vec![json!({"id": 2, "exit_code": 0}), json!({"id": 3, "content": []})];
        let seen = |events: &[_]| Seen { events: events.to_vec(), session: session.clone() };
        let found = |seen: &Seen| difference(&session, &events, seen);

        assert_eq!(found(&seen(&events)), None);
        assert!(found(&seen(&events[..1])).is_some_and(|text| text.contains("one side has more")), "missing");
        let doubled = [&events[..], &events[1..]].concat();
        assert!(found(&seen(&doubled)).is_some_and(|text| text.contains("one side has more")), "doubled");
        let changed = [events[0].clone(), json!({"id": 3, "content": null})];
        assert!(found(&seen(&changed)).is_some_and(|text| text.contains("live   {\"content\":null")), "changed");
        let mut stopped = seen(&events);
        stopped.session["status"] = "finished".into();
        assert!(found(&stopped).is_some_and(|text| text.contains("status is")), "another status");
    }
}
