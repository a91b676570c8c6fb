"""Stores a few sessions and events, so that reading them answers 200: schemathesis_seed.py BASE_URL."""

import json
import sys
import urllib.parse
import urllib.request

base_url = sys.argv[1]


def post(path, body):
    """Sends one body, which must be taken."""
    request = urllib.request.Request(base_url + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert json.load(response)["ok"] is True


def event(session_id, second, event_type, **more):
    """An event of a session, at a second of its run."""
    timestamp = f"2025-12-03T10:11:{second:02}.000000+00:00"
    required = {"event_type": event_type, "session_id": session_id, "session_name": "seed", "timestamp": timestamp}
    return {**required, **more}


for session_id in ["contract-running", "contract-finished", "contract/with a slash"]:
    new_session = {"session_id": session_id, "session_name": "seed", "project_dir": "/seed", "agent_name": "seed"}
    post("/sessions", new_session)
    answer = [{"type": "text", "text": "the answer"}]
    events = [
        event(session_id, 0, "session_start"),
        event(session_id, 1, "pre_tool", tool_name="Read", tool_input={"file": "a"}),
        event(session_id, 2, "post_tool", tool_name="Read", tool_input={"file": "a"}, tool_output=["b", 0, None]),
        event(session_id, 3, "message", role="assistant", content=answer, event_id="contract-key"),
    ]
    if session_id != "contract-running":
        events.append(event(session_id, 4, "session_stop", exit_code=0, reason="done"))
    for each in events:
        post("/sessions/" + urllib.parse.quote(session_id, safe="") + "/events", each)
