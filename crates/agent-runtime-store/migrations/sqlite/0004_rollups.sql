-- What happened, counted: of everything (kind 0, without a name) by the minute, the hour and the day; of projects (1)
-- and tools (2) by the hour and the day. span is the length in seconds, at the number of such spans since 1970.
-- latencies says how many calls fell into each step of time. Deleting a session takes nothing back.
CREATE TABLE rollups (
    kind INTEGER NOT NULL,
    span INTEGER NOT NULL,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    started INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    tool_calls INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    latencies BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (kind, span, at, name)
) STRICT, WITHOUT ROWID;

-- Starts and ends of sessions are counted in their commit; events some time later, up to rolled_to, as they are sorted
-- in. Those of an older database are counted from 0 on, a slice at a time.
ALTER TABLE log_head ADD COLUMN rolled_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE erasures ADD COLUMN project_dir TEXT;

-- Of sessions that are here already only one stretch is known: from their creation to their last event.
INSERT INTO rollups (kind, span, at, name, started, ended)
WITH
    spans (span) AS (VALUES (60), (3600), (86400)),
    turns (seconds, started, ended) AS (
        SELECT created_us / 1000000 - (created_us % 1000000 < 0), 1, 0 FROM sessions
        UNION ALL
        SELECT max(created_us, ifnull(last_event_us, created_us)) / 1000000
            - (max(created_us, ifnull(last_event_us, created_us)) % 1000000 < 0), 0, 1
        FROM sessions WHERE status = 'finished'
    )
SELECT 0, span, seconds / span - (seconds % span < 0), '', sum(started), sum(ended) FROM turns, spans GROUP BY 1, 2, 3;

INSERT INTO rollups (kind, span, at, name, started)
WITH
    spans (span) AS (VALUES (3600), (86400)),
    turns (seconds, project_dir) AS (
        SELECT created_us / 1000000 - (created_us % 1000000 < 0), project_dir
        FROM sessions WHERE length(CAST(project_dir AS BLOB)) <= 1024
    )
SELECT 1, span, seconds / span - (seconds % span < 0), project_dir, count(*) FROM turns, spans GROUP BY 1, 2, 3, 4;
