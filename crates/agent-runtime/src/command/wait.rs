//! `agent-runtime wait ID`: until the session, or the agent's turn, has ended. Its exit code says how.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::caller::Caller;
use super::show::last_stop;
use crate::cli::arguments::Wait as Arguments;
use crate::client::follow::{Follower, Message};
use crate::client::record::{Activity, Event, Recorded, Session};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::plain;

/// The exit code for an agent whose process is gone.
const GONE: u8 = 3;
/// The reason by which the end of such a session is marked.
const PROCESS_GONE: &str = "process_gone";
/// How many of the newest events are looked at to see whether a turn has ended already.
const LOOKED_AT: &str = "50";

/// Waits.
///
/// # Errors
/// When there is no such session, it is deleted, or the time is over.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut caller = Caller::new(&arguments.remote)?;
    let id = caller.session(&arguments.session).await?.record.session_id;
    let ended = ended(&caller.client, &id, arguments.turn);
    let ended = match arguments.timeout {
        None => ended.await?,
        Some(limit) => match tokio::time::timeout(limit, ended).await {
            Ok(ended) => ended?,
            Err(_) => return Err(too_late(&mut caller, &arguments, &id, limit)?),
        },
    };
    let code = ended.code();
    if arguments.json {
        caller.output.json(&ended.document(&id).to_string())?;
    } else {
        caller.output.line(&plain::line(&ended.words()))?;
    }
    caller.output.flush()?;
    Ok(ExitCode::from(code))
}

fn too_late(caller: &mut Caller, arguments: &Arguments, id: &str, limit: Duration) -> Result<Failure, Failure> {
    if arguments.json {
        let document = json!({"session_id": id, "outcome": "timed_out", "exit_code": null, "reason": null});
        caller.output.json(&document.to_string())?;
        caller.output.flush()?;
    }
    let what = if arguments.turn { "its turn has not ended" } else { "it has not finished" };
    let seconds = if limit == Duration::from_secs(1) { "second" } else { "seconds" };
    Ok(Failure::TimedOut(format!("'{}': {what} within {} {seconds}", plain::line(id), limit.as_secs_f64())))
}

/// How a wait ended.
enum Ended {
    /// The agent's turn is over, and its session goes on.
    Turn,
    /// The session is finished.
    Session { exit_code: Option<i64>, reason: Option<String> },
}

impl Ended {
    fn by(stop: Option<Event>) -> Self {
        let (exit_code, reason) = stop.map_or((None, None), |stop| (stop.exit_code, stop.reason));
        Self::Session { exit_code, reason }
    }

    fn gone(&self) -> bool {
        matches!(self, Self::Session { exit_code: None, reason: Some(reason) } if reason == PROCESS_GONE)
    }

    fn code(&self) -> u8 {
        match self {
            // A system keeps the lowest byte of a code; one that is not 0 must not become 0 by that.
            Self::Session { exit_code: Some(code), .. } => match u8::try_from(code & 0xff).unwrap_or(1) {
                0 if *code != 0 => 1,
                byte => byte,
            },
            _ if self.gone() => GONE,
            Self::Session { .. } | Self::Turn => 0,
        }
    }

    fn outcome(&self) -> &'static str {
        match self {
            Self::Turn => "turn_ended",
            _ if self.gone() => "gone",
            Self::Session { .. } => "finished",
        }
    }

    fn words(&self) -> String {
        let Self::Session { exit_code, reason } = self else { return "turn ended".to_owned() };
        let mut words = self.outcome().to_owned();
        if let Some(code) = exit_code {
            words = format!("{words}, exit code {code}");
        }
        reason.as_ref().map_or(words.clone(), |reason| format!("{words} ({reason})"))
    }

    fn document(&self, id: &str) -> serde_json::Value {
        let (exit_code, reason) = match self {
            Self::Turn => (None, None),
            Self::Session { exit_code, reason } => (*exit_code, reason.as_deref()),
        };
        json!({"session_id": id, "outcome": self.outcome(), "exit_code": exit_code, "reason": reason})
    }
}

/// Events that end a turn of a session whose activity the server does not tell.
const ENDS_TURN: [&str; 3] = ["stop", "stop_failure", "interrupt"];

/// Waits for the end.
async fn ended(client: &Client, id: &str, turn: bool) -> Result<Ended, Failure> {
    let deleted = || Failure::Unknown(format!("'{}' was deleted", plain::line(id)));
    let mut follower = Follower::new(client, vec![id.to_owned()], None);
    let (mut finished, mut has_activity) = (false, false);
    loop {
        match follower.next().await? {
            // What ended before is seen here, what ends from now on is told below: nothing lies between.
            Message::Begin { sessions, .. } => {
                let session = sessions.into_iter().find(|one| one.record.session_id == id).ok_or_else(deleted)?;
                (finished, has_activity) = (session.record.finished(), session.record.activity.is_some());
                if finished {
                    return Ok(Ended::by(last_stop(client, id).await?));
                }
                if turn && turn_is_over(client, &session.record).await? {
                    return Ok(Ended::Turn);
                }
            }
            Message::Event { event, activity, .. } => {
                let event = client.event(&event)?;
                // One that came too late, behind a newer start, ends nothing.
                if event.event_type == "session_stop" && finished {
                    return Ok(Ended::by(Some(event)));
                }
                let over = activity.map(|activity| rests(&activity));
                if turn && over.unwrap_or(!has_activity && ENDS_TURN.contains(&event.event_type.as_str())) {
                    return Ok(Ended::Turn);
                }
            }
            Message::Deleted { .. } => return Err(deleted()),
            // What an event does to its session is told before it.
            Message::Session { session, .. } => {
                let session: Option<Recorded<Session>> = Recorded::read(session);
                finished = session.as_ref().is_some_and(|session| session.record.finished());
                has_activity = session.is_some_and(|session| session.record.activity.is_some());
            }
            Message::Reset { .. } | Message::Other { .. } => {}
        }
    }
}

/// What an agent does between two turns, or has stopped doing for good.
fn rests(activity: &Activity) -> bool {
    matches!(activity.state.as_str(), "idle" | "waiting_input" | "gone" | "ended")
}

/// Whether the agent has nothing to do: its turn ended, and nobody gave it another.
async fn turn_is_over(client: &Client, session: &Session) -> Result<bool, Failure> {
    if let Some(activity) = &session.activity {
        return Ok(rests(activity));
    }
    let newest = [("order", "desc"), ("limit", LOOKED_AT)];
    let mut list = client.list(&path(&["sessions", &session.session_id, "events"], &newest)).await?;
    while let Some(text) = list.next().await? {
        let event = client.event(&text)?;
        match event.event_type.as_str() {
            ends if ENDS_TURN.contains(&ends) => return Ok(true),
            "message" | "pre_tool" | "post_tool" | "session_start" => return Ok(false),
            // A notification, say: the turn is what it was.
            _ => {}
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::Ended;

    #[test]
    fn the_exit_code_says_how_it_ended() {
        let code =
            |exit_code, reason: Option<&str>| Ended::Session { exit_code, reason: reason.map(str::to_owned) }.code();
        assert_eq!((code(None, None), code(Some(0), None), Ended::Turn.code()), (0, 0, 0));
        assert_eq!((code(Some(7), None), code(Some(255), None), code(Some(-1), None)), (7, 255, 255));
        assert_eq!((code(Some(256), None), code(Some(i64::MIN), None)), (1, 1));
        assert_eq!((code(None, Some("process_gone")), code(Some(9), Some("process_gone"))), (3, 9));
        assert_eq!(code(None, Some("logout")), 0);
    }
}
