"""What schemathesis cannot know by itself: how newline-delimited JSON is written, and what events look like in it."""

import json

import schemathesis
from hypothesis import strategies

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")

EVENTS = strategies.fixed_dictionaries(
    {
        "event_type": strategies.sampled_from(["session_start", "message", "post_tool", "session_stop", "x"]),
        "session_id": strategies.sampled_from(["contract-running", "contract-finished", "contract/with a slash"]),
        "session_name": strategies.text(max_size=8),
        "timestamp": strategies.sampled_from(["2025-12-03T10:11:12Z", "2025-12-03T10:11:12.5+01:00"]),
    },
    optional={
        "role": strategies.sampled_from(["assistant", "user"]),
        "content": strategies.just([{"type": "text", "text": "an answer"}]),
        "tool_output": strategies.one_of(strategies.none(), strategies.booleans(), strategies.integers()),
        "event_id": strategies.sampled_from(["contract-key", "contract-line-key"]),
    },
)


@schemathesis.serializer(*NDJSON)
def write_ndjson(_context, value):
    """The description knows the body as a string: it is sent as it is."""
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")}


@schemathesis.hook.apply_to(path="/ingest")
def before_generate_body(_context, strategy):
    """Half of the bodies hold lines of events."""
    lines = strategies.lists(EVENTS.map(json.dumps), max_size=5).map("\n".join)
    return strategies.one_of(lines, strategy)
