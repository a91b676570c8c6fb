-- The head of the change log: one row. Every number up to seq was assigned once; what lies at or below
-- floor may no longer be kept. Events up to ordered_to stand in event_order. clean_stop and durability tell whether an unclean stop can have lost commits.
CREATE TABLE log_head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    floor INTEGER NOT NULL DEFAULT 0,
    ordered_to INTEGER NOT NULL DEFAULT 0,
    durability TEXT NOT NULL,
    clean_stop INTEGER NOT NULL
) STRICT;

-- session_key is the position at which the session was created: it grows, and is never reused. The answer is
-- the newest assistant message with a text: kept here, since an index of its own would cost every commit a page.
CREATE TABLE sessions (
    session_key INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    session_name TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    project_dir TEXT,
    agent_name TEXT,
    last_resumed_at TEXT,
    parent_session_id TEXT,
    last_event_at TEXT,
    last_event_us INTEGER,
    event_count INTEGER NOT NULL,
    answer_us INTEGER,
    answer_id INTEGER
) STRICT;
CREATE INDEX sessions_by_creation ON sessions (created_us DESC, session_key DESC);

-- id is the event's position in the log. body is the event as it is shown, from behind its id.
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    session_key INTEGER NOT NULL,
    instant_us INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    tool_name TEXT,
    event_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_key ON events (session_key, event_id) WHERE event_id IS NOT NULL;

-- The order of each session's events. It is filled in sorted slices some time after the events: written with
-- each event, it would cost every commit a page for each session in it. What is not here yet is the tail of events.
CREATE TABLE event_order (
    session_key INTEGER NOT NULL,
    instant_us INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (session_key, instant_us, id)
) STRICT, WITHOUT ROWID;

-- The session messages of the log, with the session as of their position. A deletion has session_key 0.
CREATE TABLE session_messages (
    seq INTEGER PRIMARY KEY,
    session_key INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX session_messages_by_session ON session_messages (session_key) WHERE session_key > 0;

-- Sessions that are gone for every reader and whose rows are still being erased, slice by slice.
CREATE TABLE erasures (
    session_key INTEGER PRIMARY KEY
) STRICT;
