-- When a session's earliest event happened: where the server was told of it afterwards, that is when it began, and not
-- created_at. turned_us is where its last end or resume was counted: none of the next may count before it.
ALTER TABLE sessions ADD COLUMN first_event_at TEXT;
ALTER TABLE sessions ADD COLUMN first_event_us INTEGER;
ALTER TABLE sessions ADD COLUMN turned_us INTEGER;

-- The first of the events that stand in the order, then any earlier one of the tail.
UPDATE sessions SET first_event_us = first.instant_us, first_event_at = json_extract('{' || events.body, '$.timestamp')
FROM (SELECT session_key, min(instant_us) AS instant_us, id FROM event_order GROUP BY session_key) AS first
    JOIN events ON events.id = first.id
WHERE first.session_key = sessions.session_key;

UPDATE sessions SET first_event_us = first.instant_us, first_event_at = json_extract('{' || events.body, '$.timestamp')
FROM (
    SELECT session_key, min(instant_us) AS instant_us, id FROM events
    WHERE id > (SELECT ordered_to FROM log_head) GROUP BY session_key
) AS first
    JOIN events ON events.id = first.id
WHERE first.session_key = sessions.session_key
    AND (first_event_us IS NULL OR first.instant_us < first_event_us);

-- No end or resume was counted later than this.
UPDATE sessions SET turned_us =
    max(created_us, ifnull(started_us, created_us), iif(status = 'finished', ifnull(last_event_us, created_us), created_us))
WHERE status = 'finished' OR last_resumed_at IS NOT NULL;

-- Starts were counted where sessions were made.
INSERT INTO rollups (kind, span, at, name, started)
WITH
    spans (span) AS (VALUES (60), (3600), (86400)),
    moves (us, started) AS (
        SELECT created_us, -1 FROM sessions WHERE first_event_us < created_us
        UNION ALL
        SELECT first_event_us, 1 FROM sessions WHERE first_event_us < created_us
    ),
    seconds (second, started) AS (SELECT us / 1000000 - (us % 1000000 < 0), started FROM moves)
SELECT 0, span, second / span - (second % span < 0), '', sum(started) FROM seconds, spans WHERE true GROUP BY 1, 2, 3
ON CONFLICT DO UPDATE SET started = started + excluded.started;
