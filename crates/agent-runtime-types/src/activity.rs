//! What a session is doing at the moment, as far as its events tell.
//!
//! Agents send no word for it, and none at all when a person approves, presses Escape or kills the process. So each
//! event is read as a signal, and a signal stands until another follows:
//!
//! | signal | the session then |
//! | --- | --- |
//! | `session_start`; `stop`, `stop_failure` and `interrupt` (a turn ends) | is `idle` |
//! | `stop` while background tasks run; the `session_start` of a subagent | is `working` |
//! | a `message` of the role `user` that the agent reports; `task_notification` (a task in the background has ended) | is `working` |
//! | `pre_tool` | is `working` on that tool, or `waiting_input` when the tool is one that asks a person |
//! | `post_tool`, `permission_denied` | is `working`, on a tool that is still open if there is one; waiting, when an open one still waits for a person |
//! | `permission_request`, the notification `permission_prompt` | is `waiting_permission` |
//! | the notifications `idle_prompt`, `elicitation_dialog`, `elicitation_url_dialog`, `agent_needs_input`; `elicitation` | is `waiting_input` |
//! | `session_stop` | is `ended`, or `gone` when its process was found to be |
//!
//! Everything else says nothing: an assistant's text may be read from a transcript long after its turn has ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::{self, Member};

/// The `reason` of a `session_stop` that was written because the agent's process is no longer there.
pub const PROCESS_GONE: &str = "process_gone";

/// Tools whose call is a question to a person.
const ASKING_TOOLS: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// Calls that are remembered as open at once, for each session; the oldest is forgotten.
const MAX_OPEN_TOOLS: usize = 64;

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityState {
    /// The model or a tool is at work.
    Working,
    /// A person must allow something.
    WaitingPermission,
    /// A person must answer something.
    WaitingInput,
    /// Its turn has ended.
    Idle,
    /// At work, as far as it said, but silent for long, with no tool open.
    Stalled,
    /// Its process is no longer there.
    Gone,
    /// It was stopped.
    Ended,
}

/// What a session is doing, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// What it is doing.
    pub state: ActivityState,
    /// Since when: the timestamp of the event that told so, as sent.
    pub since: String,
    /// The event that told so.
    #[schema(required)]
    pub event_id: Option<i64>,
    /// The tool that it works on or asks for.
    #[schema(required)]
    pub tool: Option<String>,
}

/// What an event says of its session's activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Nothing.
    None,
    /// It is in this state now, and no tool is open any more.
    Turn(ActivityState),
    /// It asks a person; what is open stays open.
    Asks {
        /// What it waits for.
        state: ActivityState,
        /// The tool that it asks for.
        tool: Option<String>,
        /// A hash of what goes into it: the question does not name the call.
        input: Option<u64>,
    },
    /// A tool was called.
    ToolCalled {
        /// The tool.
        tool: String,
        /// The call, where it has an id.
        call: Option<String>,
        /// A hash of what goes into it.
        input: Option<u64>,
        /// What it waits for, when the tool itself asks a person.
        asks: Option<ActivityState>,
    },
    /// A call has come back.
    ToolReturned {
        /// The call, where it has an id.
        call: Option<String>,
    },
}

/// Who tells of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Teller {
    /// The agent whose session it is. What goes into its tools is hashed, however long, so that a question finds its call.
    Agent,
    /// A client of the API. What somebody writes into the session of an agent, that has not read.
    Client,
}

/// A call that has not come back; or one that came back before it was known, since hooks run side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTool {
    call: String,
    tool: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<u64>,
    /// What it waits for a person to do, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asks: Option<ActivityState>,
    /// Whether it is known only to have come back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_returned: bool,
}

impl OpenTool {
    /// Whether it is still open.
    pub fn is_open(&self) -> bool {
        !self.has_returned
    }
}

impl Signal {
    /// Reads an event; `input` goes into its tool, and `unknown` are its members that the contract does not name.
    pub(crate) fn of(
        event_type: &str,
        role: Option<&str>,
        reason: Option<&str>,
        tool: Option<&str>,
        (teller, input): (Teller, Option<&str>),
        unknown: &[&Member<'_>],
    ) -> Self {
        let member = |key: &str| unknown.iter().find(|member| member.key == key).map(|member| member.value);
        let call = || member("tool_use_id").and_then(json::string).map(std::borrow::Cow::into_owned);
        let owned = || tool.map(str::to_owned);
        let is_agent = teller == Teller::Agent;
        match event_type {
            "session_stop" if reason == Some(PROCESS_GONE) => Self::Turn(ActivityState::Gone),
            "session_stop" => Self::Turn(ActivityState::Ended),
            "message" if role == Some("user") && is_agent => Self::Turn(ActivityState::Working),
            "task_notification" => Self::Turn(ActivityState::Working),
            "pre_tool" => Self::ToolCalled {
                tool: owned().unwrap_or_default(),
                call: call(),
                input: input.filter(|_| is_agent).map(hash),
                asks: tool.filter(|tool| ASKING_TOOLS.contains(tool)).map(|_| ActivityState::WaitingInput),
            },
            "post_tool" | "permission_denied" => Self::ToolReturned { call: call() },
            "permission_request" => Self::Asks {
                state: ActivityState::WaitingPermission,
                tool: owned(),
                input: member("hook").filter(|_| is_agent).and_then(input_of).map(hash),
            },
            "elicitation" => asks(ActivityState::WaitingInput),
            "notification" => member("hook").map_or(Self::None, notification),
            "stop" if member("hook").is_some_and(has_background_tasks) => Self::Turn(ActivityState::Working),
            "session_start" if member("hook").is_some_and(is_of_subagent) => Self::Turn(ActivityState::Working),
            "session_start" | "stop" | "stop_failure" | "interrupt" => Self::Turn(ActivityState::Idle),
            _ => Self::None,
        }
    }

    /// The activity after this signal, and the tools that are then open. `None`: it says nothing.
    pub fn follow(&self, open: &mut Vec<OpenTool>) -> Option<(ActivityState, Option<String>)> {
        match self {
            Self::None => None,
            Self::Turn(state) => {
                open.clear();
                Some((*state, None))
            }
            Self::Asks { state, tool, input } => {
                let is_meant = |known: &&mut OpenTool| {
                    known.is_open()
                        && known.asks.is_none()
                        && Some(&known.tool) == tool.as_ref()
                        && known.input == *input
                };
                if let Some(known) = open.iter_mut().find(is_meant) {
                    known.asks = Some(*state);
                }
                Some((*state, tool.clone()))
            }
            Self::ToolCalled { tool, call, input, asks } => {
                if let Some(call) = call {
                    let place = open.iter().position(|known| known.call == *call);
                    let known = place.map(|place| open.remove(place));
                    if known.is_some_and(|known| known.has_returned) {
                        return Some(going_on(open));
                    }
                }
                let waits = waiting(open);
                if let Some(call) = call.clone() {
                    let (tool, input, asks) = (tool.clone(), *input, *asks);
                    remember(OpenTool { call, tool, input, asks, has_returned: false }, open);
                }
                let own = (asks.unwrap_or(ActivityState::Working), Some(tool.clone()).filter(|tool| !tool.is_empty()));
                Some(if asks.is_some() { own } else { waits.unwrap_or(own) })
            }
            Self::ToolReturned { call } => {
                if let Some(call) = call {
                    if let Some(place) = open.iter().position(|known| known.call == *call) {
                        open.remove(place);
                    } else {
                        let (call, tool) = (call.clone(), String::new());
                        remember(OpenTool { call, tool, input: None, asks: None, has_returned: true }, open);
                    }
                }
                Some(going_on(open))
            }
        }
    }
}

/// Keeps a call in mind, and forgets the oldest when there are too many: one that is not open first.
fn remember(call: OpenTool, known: &mut Vec<OpenTool>) {
    if known.len() >= MAX_OPEN_TOOLS {
        known.remove(known.iter().position(|known| known.has_returned).unwrap_or(0));
    }
    known.push(call);
}

/// What it does when a call has come back.
fn going_on(known: &[OpenTool]) -> (ActivityState, Option<String>) {
    let open = known.iter().rev().find(|known| known.is_open());
    waiting(known).unwrap_or_else(|| (ActivityState::Working, open.map(|known| known.tool.clone())))
}

/// What the newest of the open calls waits for that waits for a person: other calls go on beside it, and hide nothing.
fn waiting(open: &[OpenTool]) -> Option<(ActivityState, Option<String>)> {
    open.iter().rev().find_map(|known| Some((known.asks?, Some(known.tool.clone()))))
}

/// A subagent is started with its work.
fn is_of_subagent(hook: &str) -> bool {
    text_of(hook, "hook_event_name").as_deref() == Some("SubagentStart")
}

fn asks(state: ActivityState) -> Signal {
    Signal::Asks { state, tool: None, input: None }
}

fn input_of(hook: &str) -> Option<&str> {
    json::members(hook).iter().find(|member| member.key == "tool_input").map(|member| member.value)
}

/// FNV-1a of 64 bits: it is kept, so that it must stay the same.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn notification(hook: &str) -> Signal {
    match text_of(hook, "notification_type").as_deref() {
        Some("permission_prompt") => asks(ActivityState::WaitingPermission),
        Some("idle_prompt" | "elicitation_dialog" | "elicitation_url_dialog" | "agent_needs_input") => {
            asks(ActivityState::WaitingInput)
        }
        _ => Signal::None,
    }
}

fn text_of(object: &str, key: &str) -> Option<String> {
    let members = json::members(object);
    let member = members.iter().find(|member| member.key == key)?;
    json::string(member.value).map(std::borrow::Cow::into_owned)
}

fn has_background_tasks(hook: &str) -> bool {
    let members = json::members(hook);
    let tasks = members.iter().find(|member| member.key == "background_tasks");
    tasks.and_then(|tasks| json::elements(tasks.value)).is_some_and(|tasks| !tasks.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::NewEvent;
    use ActivityState::{Ended, Gone, Idle, WaitingInput, WaitingPermission, Working};

    /// Plays events, each `type and further members`, and tells the state and the tool after each.
    fn play(events: &[(&str, &str)]) -> Vec<Option<(ActivityState, Option<String>)>> {
        let mut open = Vec::new();
        let read = |(event_type, more): &(&str, &str)| {
            let body = format!(
                r#"{{"event_type":"{event_type}","session_id":"s","session_name":"n","timestamp":"2025-12-03T10:00:00Z"{more}}}"#
            );
            NewEvent::of_agent(body.as_bytes()).expect("an event").signal
        };
        events.iter().map(|event| read(event).follow(&mut open)).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands beside `None` in the lists")]
    fn is(state: ActivityState, tool: &str) -> Option<(ActivityState, Option<String>)> {
        Some((state, Some(tool.to_owned()).filter(|tool| !tool.is_empty())))
    }

    #[test]
    fn only_what_an_agent_reports_is_hashed() {
        let input = |read: fn(&[u8]) -> Result<NewEvent, crate::problem::Invalid>, event_type: &str| {
            let body = format!(
                r#"{{"event_type":"{event_type}","session_id":"s","session_name":"n","timestamp":"2025-12-03T10:00:00Z",
                "tool_name":"Bash","tool_input":{{"command":"ls"}},"hook":{{"tool_input":{{"command":"ls"}}}}}}"#
            );
            match read(body.as_bytes()).expect("an event").signal {
                Signal::ToolCalled { input, .. } | Signal::Asks { input, .. } => input,
                other => panic!("{other:?}"),
            }
        };
        let known = Some(hash(r#"{"command":"ls"}"#));
        for event_type in ["pre_tool", "permission_request"] {
            assert_eq!(input(NewEvent::of_agent, event_type), known, "{event_type}");
            assert_eq!(input(NewEvent::parse, event_type), None, "{event_type}");
        }
    }

    #[test]
    fn what_somebody_writes_beside_the_agent_it_has_not_read() {
        let body = br#"{"event_type":"message","session_id":"s","session_name":"n","timestamp":"2025-12-03T10:00:00Z","role":"user"}"#;
        assert_eq!(NewEvent::parse(body).expect("an event").signal, Signal::None);
        assert_eq!(NewEvent::of_agent(body).expect("an event").signal, Signal::Turn(Working));
    }

    #[test]
    fn a_turn_goes_from_prompt_over_tools_to_rest() {
        let bash = r#","tool_name":"Bash","tool_use_id":"1""#;
        let read = r#","tool_name":"Read","tool_use_id":"2""#;
        let played = play(&[
            ("session_start", ""),
            ("message", r#","role":"user""#),
            ("pre_tool", bash),
            ("pre_tool", read),
            ("post_tool", read),
            ("post_tool", bash),
            ("message", r#","role":"assistant""#),
            ("stop", ""),
            ("task_notification", ""),
            ("stop", ""),
            ("session_stop", ""),
        ]);
        let expected = [
            is(Idle, ""),
            is(Working, ""),
            is(Working, "Bash"),
            is(Working, "Read"),
            is(Working, "Bash"),
            is(Working, ""),
            None,
            is(Idle, ""),
            is(Working, ""),
            is(Idle, ""),
            is(Ended, ""),
        ];
        assert_eq!(played, expected);
    }

    #[test]
    fn a_person_is_waited_for_until_the_agent_goes_on() {
        let bash = r#","tool_name":"Bash","tool_use_id":"1""#;
        let played = play(&[
            ("pre_tool", bash),
            ("permission_request", r#","tool_name":"Bash""#),
            ("notification", r#","hook":{"notification_type":"permission_prompt"}"#),
            ("post_tool", bash),
            ("pre_tool", r#","tool_name":"AskUserQuestion","tool_use_id":"3""#),
            ("notification", r#","hook":{"notification_type":"auth_success"}"#),
            ("notification", r#","hook":{"notification_type":"idle_prompt"}"#),
        ]);
        let expected = [
            is(Working, "Bash"),
            is(WaitingPermission, "Bash"),
            is(WaitingPermission, ""),
            is(Working, ""),
            is(WaitingInput, "AskUserQuestion"),
            None,
            is(WaitingInput, ""),
        ];
        assert_eq!(played, expected);
    }

    #[test]
    fn calls_beside_it_do_not_hide_one_that_waits_for_a_person() {
        let asked = r#","tool_name":"Bash","tool_use_id":"1","tool_input":{"command":"rm -rf x"}"#;
        let twin = r#","tool_name":"Bash","tool_use_id":"2","tool_input":{"command":"ls"}"#;
        let beside = r#","tool_name":"Read","tool_use_id":"3""#;
        let asks = r#","tool_name":"Bash","hook":{"tool_input":{"command":"rm -rf x"}}"#;
        let played = play(&[
            ("pre_tool", asked),
            ("pre_tool", twin),
            ("permission_request", asks),
            ("pre_tool", beside),
            ("post_tool", twin),
            ("post_tool", beside),
            ("post_tool", asked),
        ]);
        let waits = || is(WaitingPermission, "Bash");
        let expected = [is(Working, "Bash"), is(Working, "Bash"), waits(), waits(), waits(), waits(), is(Working, "")];
        assert_eq!(played, expected);
    }

    #[test]
    fn a_turn_that_left_tasks_behind_is_at_work_and_a_lost_process_is_gone() {
        let played = play(&[
            ("session_start", r#","hook":{"hook_event_name":"SubagentStart"}"#),
            ("stop", r#","hook":{"background_tasks":[{"id":"x"}]}"#),
            ("stop", r#","hook":{"background_tasks":[]}"#),
            ("session_stop", r#","reason":"process_gone""#),
        ]);
        assert_eq!(played, [is(Working, ""), is(Working, ""), is(Idle, ""), is(Gone, "")]);
    }

    #[test]
    fn a_call_that_came_back_before_it_was_known_is_not_open() {
        let bash = r#","tool_name":"Bash","tool_use_id":"1""#;
        let read = r#","tool_name":"Read","tool_use_id":"2""#;
        let played = play(&[("pre_tool", read), ("post_tool", bash), ("pre_tool", bash), ("post_tool", read)]);
        assert_eq!(played, [is(Working, "Read"), is(Working, "Read"), is(Working, "Read"), is(Working, "")]);
        let again = play(&[("post_tool", bash), ("pre_tool", bash), ("pre_tool", bash)]);
        assert_eq!(again.last(), Some(&is(Working, "Bash")), "it came back once, and was called twice");
        let turn = play(&[("post_tool", bash), ("stop", ""), ("pre_tool", bash)]);
        assert_eq!(turn.last(), Some(&is(Working, "Bash")), "what came back in another turn is forgotten");
    }

    #[test]
    fn calls_that_only_came_back_take_no_open_ones_place() {
        let mut events = vec![("pre_tool", String::from(r#","tool_name":"Bash","tool_use_id":"open""#))];
        events.extend((0..2 * MAX_OPEN_TOOLS).map(|number| ("post_tool", format!(r#","tool_use_id":"{number}""#))));
        let events: Vec<(&str, &str)> = events.iter().map(|(kind, more)| (*kind, more.as_str())).collect();
        assert_eq!(play(&events).last(), Some(&is(Working, "Bash")));
    }

    #[test]
    fn a_call_that_never_came_back_is_closed_with_its_turn() {
        let cancelled = r#","tool_name":"Bash","tool_use_id":"1""#;
        let next = r#","tool_name":"Read","tool_use_id":"2""#;
        let played =
            play(&[("pre_tool", cancelled), ("message", r#","role":"user""#), ("pre_tool", next), ("post_tool", next)]);
        assert_eq!(played.last(), Some(&is(Working, "")), "the cancelled call is not what it works on");
    }
}
